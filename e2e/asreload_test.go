package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// shown are the lines that a reader sees of the steps and the page.
func (b *browser) shown() []string {
	b.t.Helper()
	var text string
	b.do(chromedp.Evaluate(`['rail', 'main'].map(id => document.getElementById(id).innerText).join('\n')`, &text))
	return strings.Split(text, "\n")
}

// TestEndAsAfterReload: a page that followed a run to its end says everywhere what it says after a reload: in the steps,
// in the table of runs, in what can be done next.
func TestEndAsAfterReload(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	for _, tt := range []struct{ name, path, choice, button, followed string }{
		{"a check", "/test", "", "run-checks", m + "/test/"}, // at times over before its page is there
		{"a transfer", "/transfer", "scenario-flaky", "start-transfer", m + "/transfer/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBrowser(t, true, 1280, 900)
			b.open(p.url + m + tt.path)
			if tt.choice != "" {
				b.click(tt.choice)
			}
			b.clickTo(tt.button, tt.followed)
			b.until("nothing says that the run is under way", func() bool { return !strings.Contains(strings.ToLower(strings.Join(b.shown(), "\n")), "running") })
			live := b.shown()
			b.do(chromedp.Reload())
			b.is("#main")
			if d := cmp.Diff(live, b.shown()); d != "" {
				t.Errorf("the page at the end (-) and after a reload (+):\n%s", d)
			}
		})
	}
}
