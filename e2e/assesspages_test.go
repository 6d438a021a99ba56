package e2e

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestAssessAndCutoverPages: an assessment and a look at a cut-over with much to say, every fold of them open: judged by axe in
// each look, no wider than the screen; a finding is marked as reviewed and a gate is passed by hand with the keyboard alone.
func TestAssessAndCutoverPages(t *testing.T) {
	axe := axeCore(t)
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	m, _ := v.tested(true)
	assessment := v.assessed(m)
	look := v.crossed(m)
	k := &typist{browser: openBrowser(t, true, 1280, 800)}
	b := k.browser
	for name, path := range map[string]string{"assess-form": m + "/assess", "assess-report": assessment, "assess-warnings": assessment + "?verdict=WARNING", "cutover-page": m + "/cutover", "cutover-look": look,
		"found-namespace": m + "/namespace", "found-test": m + "/test", "found-code": m + "/code", "report": m + "/report"} {
		b.pictures(name, path, axe, func() {
			b.open(p.url + path)
			b.do(chromedp.Evaluate(`document.querySelectorAll('main details').forEach(d => d.open = true)`, nil))
		})
		b.shot(name + "-320-dark")
		b.look(320, "light")
		b.shot(name + "-320")
		b.look(1280, "light")
		b.shot(name)
		b.look(1280, "dark")
		b.shot(name + "-dark")
	}
	b.look(1280, "light")
	for _, c := range []struct{ page, fold, field, button, says string }{
		{assessment, `details[id^="review-S1-"] > summary`, `input[id^="why-S1-"]`, testID("review-S1"), "Reviewed 1"},
		{m + "/cutover", `#by-hand-G9 > summary`, `#why-G9`, testID("override-G9"), "because "},
	} {
		b.open(p.url + c.page)
		k.past()
		k.reach(c.fold)
		k.press(kb.Enter, c.fold)
		k.reach(c.field)
		b.do(chromedp.KeyEvent("the platform team knows"))
		k.reach(c.button)
		b.do(chromedp.KeyEvent(kb.Enter))
		b.until("the mark", func() bool { return strings.Contains(b.html(), c.says) })
		b.has("the platform team knows")
	}
	b.clean(p.url)
}
