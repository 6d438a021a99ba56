package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFocusStays: a person who reads a live page with the keyboard stays where they are through every push, and where
// what they stood on is gone at the end, they stand beside it: never at the top of the page, on body.
func TestFocusStays(t *testing.T) {
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	m := strings.TrimSuffix(v.form("/rehearse-now").ok(t, "a rehearsal").path, "/namespace")
	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA",
		"key_type", "ec-p256", "ca_days", "365", "leaf_days", "364", "lend", "on").ok(t, "its certificates")
	v.form("/cloud/docs-assembly.a2dd6", "ca_bundle", string(v.get(m+"/certificates/ca.pem").ok(t, "the CA").body), "m", strings.TrimPrefix(m, "/m/")).ok(t, "the upload")
	v.ended(v.upload(m+"/test", "key_source", "lent").ok(t, "a check").path)
	b := openBrowser(t, true, 1280, 900)
	const ended = `document.querySelector('live-feed')?.dataset.state === 'done' || !document.querySelector('live-feed')`
	for _, tt := range []struct{ name, on, lands string }{
		{"on a link of the rail", `#rail a[data-testid="rail-code"]`, `document.activeElement.dataset.testid === 'rail-code'`},
		{"on the pages beside the steps", testID("inside-drill"), `document.activeElement.dataset.testid === 'inside-drill'`},
		{"on the search field", testID("find"), `document.activeElement.dataset.testid === 'find'`},
		{"on a button that goes at the end", `#transfer-acts button`, `document.activeElement !== document.body && document.activeElement !== document.documentElement`},
		{"on a link of the table of runs", `main table a`, `document.activeElement.matches('main *')`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b.t = t
			run := v.upload(m+"/transfer", transferForm("slow", "key_source", "lent")...).ok(t, "a slow transfer").path
			b.open(p.url + run)
			b.is(tt.on)
			var stood bool
			b.do(chromedp.Evaluate(fmt.Sprintf(`(() => {
  globalThis.lost = 0;
  const e = document.querySelector(%q);
  for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
  e.focus();
  new MutationObserver(() => queueMicrotask(() => { if (document.activeElement === document.body) globalThis.lost++; })).observe(document.body, { childList: true, subtree: true });
  return document.activeElement === e;
})()`, tt.on), &stood))
			if !stood {
				t.Fatalf("nothing can be focused at %s", tt.on)
			}
			b.until("the end of the run", func() bool {
				var over bool
				_ = b.ask(chromedp.Evaluate(ended, &over))
				return over && strings.Contains(string(v.get(run).body), "WorkflowExecutionCompleted")
			})
			b.until("where the focus is in the end", func() bool {
				var there bool
				_ = b.ask(chromedp.Evaluate(tt.lands, &there))
				return there
			})
			var lost int
			b.do(chromedp.Evaluate(`globalThis.lost`, &lost))
			if lost > 0 {
				t.Errorf("the focus was lost to body %d times", lost)
			}
		})
	}
	b.t = t
	b.open(p.url + m)
	b.do(chromedp.Evaluate(`document.activeElement.blur(); document.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))`, nil))
	var there bool
	b.do(chromedp.Evaluate(`document.activeElement.dataset.testid === 'find'`, &there))
	if !there {
		t.Error("the key / does not lead to the search")
	}
	b.clean(p.url)
}
