package e2e

import (
	"os"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
)

// certificatePage is the address of the page of a migration's client certificate.
func certificatePage(t *testing.T, p *portal, m string) string {
	t.Helper()
	_, body := p.get(m + "/certificates")
	found := regexp.MustCompile(`href="([^"]+)" data-testid="other-forms"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatal("the certificates do not lead to their page")
	}
	return found[1]
}

// TestInspectLooksRight: what was found, in the browser: pasted and sent by the script, wide and narrow, light and
// dark, without a violation of WCAG 2.2 AA.
func TestInspectLooksRight(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	dir := t.TempDir()
	for _, args := range [][]string{
		{"cert", "ca", "--out", dir, "--cn", "Payments CA", "--org", "Payments"},
		{"cert", "leaf", "--out", dir, "--ca", dir + "/ca.pem", "--ca-key", dir + "/ca.key", "--cn", "payments", "--days", "20"},
	} {
		if a := run(t, cleanEnv(), args...); a.code != 0 {
			t.Fatal(a.err)
		}
	}
	p := openPortalAtHome(t)
	b := openBrowser(t, true, 1280, 900)
	for _, width := range []int64{1280, 320} {
		for _, theme := range []string{"light", "dark"} {
			b.look(width, theme)
			b.do(chromedp.Navigate(p.url+"/certificates/inspect"),
				chromedp.SetUploadFiles(`[data-testid="inspect-files"]`, []string{dir + "/client.key", dir + "/ca.pem", dir + "/ca.key", dir + "/client.pem"}),
				chromedp.Click(`[data-testid="inspect"]`),
				chromedp.WaitVisible(`[data-testid="ca-key-warning"]`))
			var scroll int64
			b.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &scroll))
			if scroll > width {
				t.Errorf("what was found is %d px wide at %d", scroll, width)
			}
			b.judge("/certificates/inspect, answered", theme, width, string(axe))
			if os.Getenv("ONRAMP_E2E_SCREENSHOTS") != "" {
				b.write("inspect-found", theme, width)
			}
		}
	}
	b.clean(p.url)
}
