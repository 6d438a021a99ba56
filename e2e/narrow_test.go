package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestNarrowPages: the brand keeps its line beside the live sign, whatever the sign says, and title and heading of a page name
// its migration.
func TestNarrowPages(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--rehearsal", "off")
	send(t, p, "/new", url.Values{"name": {"payments"}, "lang": {"go"}, "mode": {"cloud"}, "auth": {"mtls"}})
	send(t, p, "/m/payments/namespace", url.Values{"namespace": {"payments.a1b2c"}})
	b := openBrowser(t, true, 320, 800)
	b.open(p.url + "/m/payments/upload")
	b.until("the sign is live", func() bool { return b.value(`document.querySelector('live-feed')?.dataset.state`) == "live" })
	for _, state := range []string{"live", "retry", "lost", "done"} {
		at := b.value(`(() => { document.querySelector('live-feed').dataset.state = '` + state + `';
			const line = s => document.querySelector(s).getBoundingClientRect();
			const brand = line('.brand'), theme = line('.theme'), feed = line('live-feed');
			if (brand.height > 2.8 * parseFloat(getComputedStyle(document.documentElement).fontSize)) return 'the brand has two lines';
			if (brand.top > theme.bottom || brand.right > theme.left) return 'brand and theme do not share a line';
			if (feed.height > 40) return 'the sign is a column of letters';
			return document.documentElement.scrollWidth > innerWidth ? 'the page is too wide' : 'fits'; })()`)
		if at != "fits" {
			t.Errorf("%s: %s", state, at)
		}
	}
	if title := b.value(`document.title`); !strings.Contains(title, "Upload the CA certificate · payments") {
		t.Errorf("title %q", title)
	}
	if h1 := b.value(`document.querySelector('h1').textContent.replace(/\s+/g, ' ').trim()`); h1 != "Upload the CA certificate for payments" {
		t.Errorf("heading %q", h1)
	}
}

// value is what an expression on the page gives, as text.
func (b *browser) value(expression string) string {
	b.t.Helper()
	var s string
	b.do(chromedp.Evaluate("String("+expression+")", &s))
	return s
}

// send posts a form as the portal's own page does.
func send(t *testing.T, p *portal, path string, form url.Values) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", p.url)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		t.Fatalf("%s: %d", path, resp.StatusCode)
	}
}
