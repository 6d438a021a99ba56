package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestSharedPagesLookRight: what TestPagesLookRight asks of a page, of those that only a shared portal has: the first
// owner's, signing in, people and their links, the account, mails and calendar, a second look, the audit of several people,
// the board of teams, a text to send, hand-off links and the page behind one; with the longest names that can be typed.
func TestSharedPagesLookRight(t *testing.T) {
	const word = "otter lantern brisk 41 gravel"
	axe := axeCore(t)
	s := openShared(t, "--rehearsal", "on")
	_, port, err := net.SplitHostPort(s.line.Listen)
	if err != nil {
		t.Fatal(err)
	}
	// The portal's name leads to it; its certificate is its own.
	at := func() *browser {
		b := openBrowserWith(t, true, 1280, 900, chromedp.Flag("host-resolver-rules", "MAP onramp.test:443 127.0.0.1:"+port), chromedp.Flag("ignore-certificate-errors", true))
		b.home = s.data
		return b
	}
	p := &portal{process: s.process, url: s.public, data: s.data}
	dana := at()
	dana.page("start", strings.TrimPrefix(s.line.First, s.public), axe, p)
	dana.fill(testID("email"), "dana@example.com")
	dana.fill(testID("name"), long("Zahlungsverkehr", 80))
	dana.fill(testID("password"), word)
	dana.click("start")
	dana.is(`main a[href="/new"]`)
	dana.page("home-shared", "/", axe, p)
	dana.page("people", "/people", axe, p)
	dana.fill(testID("invite-email"), "omar@example.com")
	dana.click("invite")
	dana.is(testID("link"))
	dana.shown("people-link", axe)
	link := strings.TrimSpace(dana.valueOf(testID("link") + " pre"))
	omar := at()
	omar.page("signin", "/signin", axe, p)
	omar.page("start-invited", strings.TrimPrefix(link, s.public), axe, p)
	omar.fill(testID("password"), word+" two")
	omar.click("start")
	omar.is(`nav[aria-label="Main"] a[href="/account"]`)
	omar.page("people-refused", "/people", axe, p)
	omar.page("account", "/account", axe, p)
	dana.page("again", "/again?next=/people", axe, p)
	dana.page("audit-shared", "/audit", axe, p)
	owner := s.person()
	s.want(303, owner, "POST", "/signin", "email", "dana@example.com", "password", word)
	s.want(303, owner, "POST", "/people/teams", "team_name", long("Abteilung", 80))
	for _, name := range []string{long("Zahlungsverkehrsabwicklung", 80), "Payments"} {
		resp, _ := s.send(owner, "POST", "/new", "name", name, "lang", "go", "mode", "rehearsal", "auth", "mtls")
		m := strings.TrimSuffix(resp.Header.Get("Location"), "/namespace")
		if m == "" {
			t.Fatalf("no migration %s: %d", name, resp.StatusCode)
		}
		ns := "zahlungsverkehrsabwicklungssystem-0001.f45a2"
		if name == "Payments" {
			ns = "payments.a1b2c"
		}
		s.want(303, owner, "POST", m+"/namespace", "namespace", ns)
		s.want(303, owner, "POST", m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", "20")
		end := map[bool]string{true: "", false: "-long"}[name == "Payments"]
		dana.page("upload-shared"+end, m+"/upload", axe, p)
		dana.fill(`[name="for"]`, map[bool]string{true: "Omar", false: long("Plattform", 60)}[name == "Payments"])
		dana.click("handoff-make")
		dana.is(testID("handoff-link"))
		dana.shown("handoff-made"+end, axe)
		guest := strings.TrimSpace(dana.valueOf(testID("handoff-link")))
		dana.page("handoff-links"+end, m+"/upload/links", axe, p)
		dana.page("overview-shared"+end, m, axe, p)
		dana.page("send"+end, m+"/send", axe, p)
		dana.page("settings-shared"+end, m+"/settings", axe, p)
		stranger := at()
		stranger.page("handoff-task"+end, strings.TrimPrefix(guest, s.public), axe, p)
		stranger.clean(s.public)
		dana.walked = append(dana.walked, stranger.walked...)
	}
	for _, pg := range []struct{ name, path string }{{"board-shared", "/migrations"}, {"people-many", "/people"}, {"mails", "/account/mails"}, {"calendar", "/account/calendar"}, {"operations-shared", "/operations"}} {
		dana.page(pg.name, pg.path, axe, p)
	}
	dana.clean(s.public)
	allWalked(t, append(dana.walked, omar.walked...), func(pattern string) bool { return !atHome(pattern) && pattern != byMail })
}
