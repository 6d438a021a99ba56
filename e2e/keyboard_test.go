package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// typist walks pages with the keys Tab, Enter, Space and the arrows alone.
type typist struct {
	*browser
	presses int
	stood   string // where the focus was before
}

// standsOn says whether an element of a selector has the focus, and what is wrong with the one that has it: it is body, or
// nothing shows where one stands.
const standsOn = `(selector => {
  const e = document.activeElement, wrong = [];
  if (!e || e === document.body || e === document.documentElement) return { there: false, wrong: ['the focus is on body'], on: 'body' };
  const ring = e => { const s = getComputedStyle(e); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; };
  if (!ring(e) && e.id !== 'main') wrong.push('no ring around ' + e.tagName + ' ' + e.className + ' "' + e.textContent.trim().slice(0, 40) + '"');
  return { there: e.matches(selector), wrong, on: e.outerHTML.slice(0, 120) };
})(%q)`

// press presses a key and looks where the focus is, which a key that stays on the page may not lose.
func (k *typist) press(key, selector string, more ...chromedp.KeyOption) bool {
	k.t.Helper()
	k.presses++
	k.do(chromedp.KeyEvent(key, more...))
	return k.onto(selector)
}

// onto says whether the focus is on an element of a selector, and reports where it may not be.
func (k *typist) onto(selector string) bool {
	k.t.Helper()
	var at struct {
		There bool     `json:"there"`
		Wrong []string `json:"wrong"`
		On    string   `json:"on"`
	}
	k.do(chromedp.Evaluate(fmt.Sprintf(standsOn, selector), &at))
	for _, w := range at.Wrong {
		k.t.Errorf("at %s, after %d keys: %s; before that it was on %s", k.path(), k.presses, w, k.stood)
	}
	k.stood = at.On
	return at.There
}

// reach goes to an element with Tab, or with Shift and Tab from the end, as far as a person would bear.
func (k *typist) reach(selector string, more ...chromedp.KeyOption) {
	k.t.Helper()
	k.is(selector)
	for range 150 {
		if k.press(kb.Tab, selector, more...) {
			return
		}
		if k.t.Failed() {
			k.t.FailNow()
		}
	}
	k.t.Fatalf("at %s Tab never comes to %s\n%s", k.path(), selector, k.text())
}

// past goes over the bar, which the first Tab of a page offers.
func (k *typist) past() {
	k.t.Helper()
	if !k.press(kb.Tab, ".skip") {
		k.t.Errorf("the first Tab at %s is not the way past the bar", k.path())
	}
	if !k.press(kb.Enter, "#main") {
		k.t.Errorf("past the bar at %s is not main", k.path())
	}
}

// follow goes to an element past the bar, presses a key on it and waits for the page it leads to.
func (k *typist) follow(selector, key, to string) {
	k.t.Helper()
	k.past()
	k.reach(selector)
	k.do(chromedp.KeyEvent(key))
	k.waitPath(to)
}

// TestByKeyboard: from the empty first page to a completed rehearsed transfer with the keyboard alone: each first Tab leads
// past the bar, the focus is never on body, and where it is can be seen.
func TestByKeyboard(t *testing.T) {
	p := openPortalAtHome(t)
	k := &typist{browser: openBrowser(t, true, 1280, 800)}
	k.open(p.url + "/")
	k.follow(testID("rehearse-now"), kb.Enter, "/namespace")
	m := strings.TrimSuffix(strings.Split(k.path(), "?")[0], "/namespace")
	k.follow(testID("save-namespace"), kb.Enter, "/certificates")

	k.past()
	k.reach(`[name="maker"]`)
	k.press(kb.ArrowDown, `[name="maker"][value="server"]:checked`)
	k.press(kb.ArrowUp, `[name="maker"][value="browser"]:checked`)
	k.reach(`#make-more > summary`)
	k.press(kb.Enter, `#make-more > summary`)
	k.reach(testID("create-certificates"), chromedp.KeyModifiers(input.ModifierShift))
	k.do(chromedp.KeyEvent(" "))
	k.is(testID("save-key"))
	if !k.onto("#main, #main *") { // the form that had it is gone
		t.Error("once the certificates are made, the focus is not beside them")
	}
	k.reach(testID("save-key"))
	k.do(chromedp.KeyEvent(kb.Enter))
	k.waitPath("/certificates/unsaved") // the CA's key is still here
	k.follow(testID("download-ca-key"), kb.Enter, "/upload")

	ca := strings.TrimSpace(k.valueOf("#ca-pem")) + "\n"
	k.follow(testID("open-cloud"), kb.Enter, "/cloud/")
	k.past()
	k.reach(testID("ca-bundle"))
	k.do(input.InsertText(ca))
	k.reach(testID("save-ca"))
	k.do(chromedp.KeyEvent(kb.Enter))
	k.has("Saved")
	k.follow(`main a[href^="`+m+`"]`, kb.Enter, m)
	k.follow(testID("continue"), kb.Enter, m+"/test")
	k.follow(testID("run-checks"), " ", m+"/test/")
	k.is(`[data-testid="verdict"]`)
	k.reach(testID("rail-transfer"))
	k.do(chromedp.KeyEvent(kb.Enter))
	k.waitPath(m + "/transfer")
	k.follow(testID("start-transfer"), kb.Enter, m+"/transfer/")
	k.has("WorkflowExecutionCompleted")
	t.Logf("empty install to completed transfer: %d keys", k.presses)
	k.clean(p.url)
}

// printed says what is wrong with a page on paper: what can only be clicked is there, or something is wider than the paper.
const printed = `(() => {
  const wrong = [...document.querySelectorAll('nav, .bar, .btn, .foot, .toast, copy-button, .skip')]
    .filter(e => e.checkVisibility()).slice(0, 4).map(e => e.tagName + '.' + e.className + ' "' + e.textContent.trim().slice(0, 40) + '" is printed');
  const root = document.documentElement;
  for (const e of document.querySelectorAll('main *')) {
    const r = e.getBoundingClientRect();
    if (r.width && r.right > root.clientWidth + 1 && e.checkVisibility() && !e.closest('svg') && !e.closest('.sr')) {
      wrong.push(e.tagName + '.' + e.className + ' is cut on paper: "' + e.textContent.trim().slice(0, 40) + '"');
      break;
    }
  }
  return wrong;
})()`

// forced says what cannot be told apart where the reader's system gives the colours.
const forced = `(() => {
  const wrong = [];
  if (!matchMedia('(forced-colors: active)').matches) wrong.push('the colours are not forced');
  for (const e of document.querySelectorAll('.btn, .tag, .mark')) {
    if (!e.checkVisibility() || e.matches('.quiet, .plain')) continue;
    const s = getComputedStyle(e);
    if (s.borderTopStyle === 'none' || parseFloat(s.borderTopWidth) < 1 || s.borderTopColor === s.backgroundColor) wrong.push(e.className + ' "' + e.textContent.trim() + '" has no border');
    if (e.matches('.tag, .mark') && !e.textContent.trim() && !e.querySelector('svg')) wrong.push(e.className + ' says its state by colour alone');
  }
  for (const here of document.querySelectorAll('nav a[aria-current]')) {
    const look = e => { const s = getComputedStyle(e); return s.borderBlockEndColor + s.borderBlockEndWidth + s.textDecorationLine; };
    const other = here.closest('ul, ol')?.querySelector('a:not([aria-current])');
    if (here.closest('.bar, .inside') && other && look(other) === look(here)) wrong.push('"' + here.textContent.trim() + '" looks as the pages beside it');
  }
  const go = document.querySelector('main .btn.go'), plain = document.querySelector('main .btn:not(.go, .quiet, .off)');
  if (go && plain && getComputedStyle(go).borderTopWidth === getComputedStyle(plain).borderTopWidth) wrong.push('the primary action looks as the others');
  return wrong.slice(0, 5);
})()`

// TestOtherWaysToLook: one of each page, and a check that failed, at 200 %, in forced colours and on paper.
func TestOtherWaysToLook(t *testing.T) {
	p := openPortalAtHome(t)
	all := furnished(t, p)
	pages := oneOfEach(t, all)
	for _, path := range all {
		if strings.HasPrefix(path, "/m/orders/test/") && !slices.Contains(pages, path) {
			pages = append(pages, path)
		}
	}
	k := &typist{browser: openBrowser(t, true, 1280, 800)}
	b := k.browser
	judge := func(what, expression string) {
		b.t.Helper()
		var wrong []string
		b.do(chromedp.Evaluate(expression, &wrong))
		for _, w := range wrong {
			b.t.Errorf("%s: %s", what, w)
		}
	}
	for _, path := range pages {
		t.Run(strings.ReplaceAll(strings.Trim(path, "/"), "/", "_"), func(t *testing.T) {
			b.t = t
			b.do(emulation.SetEmulatedMedia(), emulation.SetDeviceMetricsOverride(640, 400, 2, false))
			b.open(p.url + path)
			judge("at 200 %", laidOut)
			b.shot("zoom")
			b.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}}), emulation.SetDeviceMetricsOverride(1280, 800, 1, false))
			judge("in forced colours", forced)
			k.press(kb.Tab, ".skip")
			k.press(kb.Tab, ".brand")
			b.shot("forced")
			b.do(emulation.SetEmulatedMedia().WithMedia("print"), emulation.SetDeviceMetricsOverride(688, 1000, 1, false)) // A4 within its margins
			judge("on paper", printed)
			b.shot("print")
			b.do(emulation.SetEmulatedMedia())
			var paper []byte
			b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
				paper, _, err = page.PrintToPDF().WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
				return err
			}))
			if len(paper) < 1000 {
				t.Errorf("the paper has %d bytes", len(paper))
			}
		})
	}
	b.t = t
	b.clean(p.url)
}
