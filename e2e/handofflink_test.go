package e2e

import (
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// browse is a person's browser at the portal.
func (s *sharedPortal) browse(script bool) *browser {
	s.t.Helper()
	host, err := url.Parse(s.public)
	if err != nil {
		s.t.Fatal(err)
	}
	return openBrowserWith(s.t, script, 1280, 900, chromedp.Flag("host-resolver-rules", "MAP "+host.Hostname()+":443 "+s.line.Listen), chromedp.Flag("ignore-certificate-errors", true))
}

// signIn signs a person in, in a browser.
func (s *sharedPortal) signIn(b *browser, email, word string) {
	s.t.Helper()
	b.open(s.public + "/signin")
	b.fill(`[name="email"]`, email)
	b.fill(`[name="password"]`, word)
	b.clickTo("sign-in", "/")
	b.has(email[:strings.IndexByte(email, '@')])
}

// TestHandoffLink: a developer hands step 3 to an admin without an account, by a link; the admin does it in the rehearsal
// cloud through the link, with and without JavaScript; the developer's open page ticks by itself, the admin's too; a viewer
// sees all of it and can change nothing.
func TestHandoffLink(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	for name, script := range map[string]bool{"with JavaScript": true, "without": false} {
		t.Run(name, func(t *testing.T) { handsOff(t, script, string(axe)) })
	}
}

func handsOff(t *testing.T, script bool, axe string) {
	const word, m = "otter lantern brisk 41 gravel", "/m/money-transfer-rehearsal"
	s := openShared(t, "--rehearsal", "on")
	owner := s.person()
	s.want(200, owner, "GET", strings.TrimPrefix(s.line.First, s.public))
	s.want(303, owner, "POST", "/start", "name", "owner", "email", "owner@example.com", "password", word)
	for _, who := range []string{"developer", "viewer"} {
		page := s.want(200, owner, "POST", "/people", "email", who+"@example.com", "name", who, "role", who)
		link := regexp.MustCompile(`/start\?t=[0-9a-f]{64}`).FindString(page)
		person := s.person()
		s.want(303, person, "POST", link, "name", who, "password", word)
	}
	dev := s.person()
	s.want(303, dev, "POST", "/signin", "email", "developer@example.com", "password", word)
	s.want(303, dev, "POST", "/rehearse-now")
	s.want(303, dev, "POST", m+"/namespace", "namespace", "docs-assembly.a2dd6")
	s.want(303, dev, "POST", m+"/certificates", "lane", "make", "maker", "server", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256")

	developer, admin, viewer := s.browse(true), s.browse(script), s.browse(true)
	s.signIn(developer, "developer@example.com", word)
	developer.open(s.public + m + "/upload")
	developer.fill(`[name="for"]`, "Omar")
	developer.click("handoff-make")
	developer.has("Send this link to Omar")
	link := strings.TrimSpace(developer.valueOf(testID("handoff-link")))
	if !regexp.MustCompile(`^https://onramp\.test/h/[0-9a-z]{52}$`).MatchString(link) {
		t.Fatalf("the link is %s", link)
	}
	developer.open(s.public + m + "/upload") // and leaves it open
	developer.has("Waiting for Omar")
	developer.has("Not opened yet")

	s.signIn(viewer, "viewer@example.com", word)
	viewer.open(s.public + m + "/upload")
	viewer.has("Waiting for Omar")
	viewer.click("handoff-revoke-1")
	viewer.has("It needs a developer of its team")
	viewer.open(s.public + m + "/upload")
	viewer.fill(`[name="for"]`, "Eve")
	viewer.click("handoff-make")
	viewer.has("It needs a developer of its team")
	viewer.open(s.public + m + "/upload") // and watches

	admin.open(link)
	admin.has("Add one CA certificate to docs-assembly.a2dd6")
	admin.has("developer (Default team) asks you")
	if script {
		developer.has("Link 1, opened on") // by itself
		for _, width := range []int64{1280, 320} {
			for _, theme := range []string{"light", "dark"} {
				admin.look(width, theme)
				admin.judge("the page of a link", theme, width, axe)
				admin.shot("task-" + theme)
			}
		}
		admin.look(1280, "light")
	}
	if got, want := strings.TrimSpace(admin.valueOf("#ca-pem")), strings.TrimSpace(s.want(200, dev, "GET", m+"/certificates/ca.pem")); got != want {
		t.Errorf("the page of the link holds\n%s\nwant\n%s", got, want)
	}
	admin.click("done") // before anything is there
	admin.has("You said that it is done")
	admin.has("does not hold this CA certificate yet")
	developer.has("Waiting for a check")
	admin.click("upload-here")
	admin.has("Onramp has seen it: accepted at")
	developer.has("saved in the rehearsal cloud") // by itself
	developer.is(testID("continue"))
	developer.has("Done, seen by Onramp")
	viewer.has("saved in the rehearsal cloud")
	developer.clickTo("continue", "/test")
	for _, b := range []*browser{developer, admin} {
		b.clean(s.public)
	}
	if page := s.want(200, owner, "GET", "/audit.json"); strings.Count(page, `"link 1 for Omar"`) < 2 || strings.Contains(page, strings.TrimPrefix(link, s.public+"/h/")) {
		t.Errorf("the audit does not tell of the link, or tells its token: %.600s", page)
	}
	s.want(200, s.person(), "GET", strings.TrimPrefix(link, s.public))
}
