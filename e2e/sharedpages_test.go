package e2e

import (
	"net"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestSharedPagesLookRight: what TestPagesLookRight asks of a page, of those that only a shared portal has: the first
// owner's, signing in, people and their links, the account, a second look, and the audit of several people.
func TestSharedPagesLookRight(t *testing.T) {
	const word = "otter lantern brisk 41 gravel"
	axe := axeCore(t)
	s := openShared(t)
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
	dana.fill(testID("name"), "Dana")
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
	dana.clean(s.public)
}
