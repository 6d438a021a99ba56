package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// hide makes the page believe that its tab is hidden, or shown again: a headless Chromium hides none.
func (b *browser) hide(hidden bool) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => %t }); document.dispatchEvent(new Event('visibilitychange'))`, hidden), nil))
}

// notes puts a recorder in the place of the browser's notifications. permission is what the browser has been told.
func (b *browser) notes(permission string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(fmt.Sprintf(`window.told = []; window.Notification = class { constructor(title) { window.told.push(title); } };
		Notification.permission = %q; Notification.requestPermission = async () => { window.requested = (window.requested || 0) + 1; return Notification.permission = 'granted'; }`, permission), nil))
}

func (b *browser) told() (all []string) {
	b.t.Helper()
	b.do(chromedp.Evaluate(`window.told`, &all))
	return all
}

// TestTelling: the tab's title and icon say how a run stands, also while nobody looks at it; who asked for it is told of
// the end, once, and nobody else is asked anything.
func TestTelling(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	icon := func(b *browser) (s string) {
		b.do(chromedp.Evaluate(`document.querySelector('link[rel=icon]').href`, &s))
		return s
	}
	for _, tt := range []struct {
		name          string
		asks, hidden  bool
		permission    string
		notifications int
	}{
		{"asked for, in another tab", true, true, "default", 1},
		{"asked for, and looked at", true, false, "default", 0},
		{"not asked for", false, true, "default", 0},
		{"blocked in the browser", false, true, "denied", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := openBrowser(t, true, 1280, 800)
			run := v.upload(m+"/transfer", transferForm("success", "worker", "own", "task_queue", "nobody", "once", t.Name())...).ok(t, "start a transfer").path
			b.open(p.url + run)
			b.is(`live-feed[data-state="live"]`)
			b.notes(tt.permission)
			if title := b.title(); !strings.HasPrefix(title, "Running · [Rehearsal] Test transfer ") {
				t.Errorf("while it runs the title is %q", title)
			}
			running := icon(b)
			var requested int
			if tt.asks {
				b.click("tell-me")
				b.is(`#tell-me[aria-pressed="true"]`)
				b.do(chromedp.Evaluate(`window.requested || 0`, &requested))
			}
			if want := map[bool]int{true: 1}[tt.asks]; requested != want {
				t.Errorf("the reader was asked for the permission %d times, want %d", requested, want)
			}
			if tt.hidden {
				b.hide(true)
				b.is(`live-feed[data-state="paused"]`)
			}
			v.upload(run+"/terminate", "reason", "test").ok(t, "terminate")
			b.until("the title says it", func() bool { return strings.HasPrefix(b.title(), "Failed · [Rehearsal] Test transfer ") })
			if now := icon(b); now == running {
				t.Error("the icon is that of a run under way")
			}
			b.is(`live-feed[data-state="done"]`)
			if got := b.told(); len(got) != tt.notifications || len(got) == 1 && got[0] != b.title() {
				t.Errorf("told %q, want %d", got, tt.notifications)
			}
			if n := b.count("#tell-me"); n != 0 {
				t.Error("a run that has ended offers to tell its end")
			}
			b.hide(false)
			b.clean(p.url)
		})
	}
	t.Run("without JavaScript", func(t *testing.T) {
		b := openBrowser(t, false, 1280, 800)
		run := v.upload(m+"/transfer", transferForm("success", "once", "plain")...).ok(t, "start a transfer").path
		v.ended(run)
		b.open(p.url + run)
		if title := b.title(); !strings.HasPrefix(title, "Passed · [Rehearsal] Test transfer ") {
			t.Errorf("the title is %q", title)
		}
		if n := b.count("#tell-me:not([hidden])"); n != 0 {
			t.Error("a button that does nothing is shown")
		}
	})
}
