package e2e

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// handedTask is a task besides the steps that a person without an account is asked for.
type handedTask struct {
	name   string
	page   string // below the migration, where it is asked for
	ask    func(b *browser)
	title  string // of the link's page
	does   string // what the button there says
	seen   string // what both pages say then
	beside string // what the overview and the board say while it waits
}

// handedTasks are they.
var handedTasks = []handedTask{
	{"filters", "/certificates/filters", func(b *browser) {
		b.fill(`[name="f1_cn"]`, "payments")
		b.click("filters-test")
		b.has("Ask somebody else to do it")
	}, "Set the certificate filters of docs-assembly.a2dd6", "Set the filters of the namespace", "the filters were there", "Omar is asked to set the certificate filters"},
	{"removal", "/certificates/replace", func(*browser) {}, "Remove one CA certificate from docs-assembly.a2dd6", "Remove the old CA certificate", "the old CA certificate was gone", "Omar is asked to remove the old CA certificate"},
}

// TestHandoffTasksInBrowsers: what TestHandoffLink is for the upload, for the tasks besides the steps: a developer asks a person
// without an account, who does it in the rehearsal cloud through the link, with and without JavaScript; overview and board say
// whose turn it is meanwhile; the developer's open page ticks by itself, the other's too; a viewer sees all of it and changes
// nothing. The pages are judged at both widths, in both themes.
func TestHandoffTasksInBrowsers(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	for name, script := range map[string]bool{"with JavaScript": true, "without": false} {
		t.Run(name, func(t *testing.T) { handsTasksOff(t, script, string(axe)) })
	}
}

func handsTasksOff(t *testing.T, script bool, axe string) {
	const word, m = "otter lantern brisk 41 gravel", "/m/money-transfer-rehearsal"
	s := openShared(t, "--rehearsal", "on", "--replace-window", "1s")
	owner, dev := s.person(), s.person()
	s.want(200, owner, "GET", strings.TrimPrefix(s.line.First, s.public))
	s.want(303, owner, "POST", "/start", "name", "owner", "email", "owner@example.com", "password", word)
	for _, who := range []string{"developer", "viewer"} {
		page := s.want(200, owner, "POST", "/people", "email", who+"@example.com", "name", who, "role", who)
		s.want(303, s.person(), "POST", regexp.MustCompile(`/start\?t=[0-9a-f]{64}`).FindString(page), "name", who, "password", word)
	}
	s.want(303, dev, "POST", "/signin", "email", "developer@example.com", "password", word)
	s.replacingTheCA(dev, m)

	developer, admin, viewer := s.browse(true), s.browse(script), s.browse(true)
	s.signIn(developer, "developer@example.com", word)
	s.signIn(viewer, "viewer@example.com", word)
	for i, task := range handedTasks {
		n := fmt.Sprint(i + 1)
		tells := func(b *browser, text string) { // the list of links, of this one
			b.t.Helper()
			b.until(fmt.Sprintf("link %s: %q", n, text), func() bool { return strings.Contains(b.valueOf(testID("handoff-state-"+n)), text) })
		}
		developer.open(s.public + m + task.page)
		task.ask(developer)
		developer.on("#ask", "e.open = true")
		developer.fill(`#ask [name="for"]`, "Omar")
		developer.click("handoff-make")
		developer.has("Send this link to Omar")
		link := strings.TrimSpace(developer.valueOf(testID("handoff-link")))
		developer.open(s.public + m + "/upload/links") // and leaves it open
		tells(developer, "Not opened yet")

		for _, path := range []string{m, "/migrations"} {
			viewer.open(s.public + path)
			viewer.has(task.beside)
			if script {
				viewer.judged(task.name+" "+strings.ReplaceAll(path, "/", " "), axe)
			}
		}
		viewer.open(s.public + m + "/upload/links")
		viewer.click("handoff-revoke-" + n)
		viewer.has("It needs a developer of its team")
		viewer.open(s.public + m + task.page)
		if viewer.count("#ask [name=\"for\"]") > 0 {
			viewer.on("#ask", "e.open = true")
			viewer.fill(`#ask [name="for"]`, "Eve")
			viewer.click("handoff-make")
			viewer.has("It needs a developer of its team")
		}
		viewer.open(s.public + m + "/upload/links") // and watches

		admin.open(link)
		admin.has(task.title)
		admin.has("developer (Default team) asks you")
		if title := admin.title(); !strings.Contains(title, task.title) {
			t.Errorf("the page of the link is titled %q", title)
		}
		if script {
			tells(developer, "opened on") // by itself
			for _, width := range []int64{1280, 320} {
				for _, theme := range []string{"light", "dark"} {
					admin.look(width, theme)
					var wide int64
					admin.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
					if wide > width {
						t.Errorf("%s at %d px is %d px wide", task.name, width, wide)
					}
					admin.judge("the page of a link: "+task.name, theme, width, axe)
					admin.shot(fmt.Sprintf("%s-%s-%d", task.name, theme, width))
				}
			}
			admin.look(1280, "light")
		}
		admin.has(task.does)
		admin.click("done") // before anything is there
		admin.has("You said that it is done")
		tells(developer, "Says done")
		admin.click("upload-here")
		admin.has("Onramp has seen it: " + task.seen)
		tells(developer, "Done, seen by Onramp") // by itself
		tells(viewer, "Done, seen by Onramp")
		developer.open(s.public + m)
		if strings.Contains(developer.html(), task.beside) {
			t.Errorf("%s: the overview still waits", task.name)
		}
		if page := s.want(200, owner, "GET", "/audit.json"); strings.Count(page, `"link `+n+` for Omar"`) < 2 || strings.Contains(page, strings.TrimPrefix(link, s.public+"/h/")) {
			t.Errorf("%s: the audit does not tell of the link, or tells its token: %.600s", task.name, page)
		}
	}
	for _, b := range []*browser{developer, admin} {
		b.clean(s.public)
	}
}

// replacingTheCA is a rehearsal whose CA is being replaced: both client certificates were checked, and the old CA may go.
func (s *sharedPortal) replacingTheCA(dev *http.Client, m string) {
	s.t.Helper()
	at := m + "/certificates/replace"
	s.want(303, dev, "POST", "/rehearse-now")
	s.want(303, dev, "POST", m+"/namespace", "namespace", "docs-assembly.a2dd6")
	s.want(303, dev, "POST", m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "lend", "on")
	old := unzip(s.t, s.want(200, dev, "POST", m+"/certificates/bundle.zip"))
	s.want(303, dev, "POST", "/cloud/docs-assembly.a2dd6", "ca_bundle", old["ca.pem"], "m", strings.TrimPrefix(m, "/m/"))
	s.want(303, dev, "POST", at, "what", "ca")
	s.want(303, dev, "POST", at+"/ca", "lane", "make", "ca_common_name", "Payments CA 2", "organization", "Payments", "ca_days", "365", "key_type", "ec-p256")
	s.want(303, dev, "POST", at+"/bundle", "do", "save")
	s.want(303, dev, "POST", at+"/leaf", "lane", "make", "maker", "server", "common_name", "payments", "key_type", "ec-p256", "lend", "on")
	for which, source := range map[string]string{"old": "paste", "new": "lent"} {
		s.want(303, dev, "POST", at+"/check", "which", which, "key_source", source, "key_pem", map[string]string{"old": old["client.key"]}[which])
	}
	within(s.t, "both client certificates are checked", func() bool {
		return strings.Contains(s.want(200, dev, "GET", at), "Move every worker")
	})
	within(s.t, "the removal can be asked for", func() bool {
		return strings.Contains(s.want(200, dev, "GET", at), "Ask somebody else to do it")
	})
}

// unzip reads an archive.
func unzip(t testing.TB, body string) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		out[f.Name] = string(b)
	}
	return out
}
