package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser is one page of a real Chromium with a fresh profile. It records what must not happen: requests
// to another host, console errors, violations of the Content-Security-Policy.
type browser struct {
	t        testing.TB
	ctx      context.Context
	close    func() // ends the browser; may be called twice
	mu       sync.Mutex
	home     string   // of the portal under test, for pictures
	walked   []string // the pages that were judged
	hangs    bool     // the last question was not answered
	requests []string
	troubles []string
}

// openBrowser starts Chromium. With script false, pages run no JavaScript.
func openBrowser(t testing.TB, script bool, width, height int64) *browser {
	t.Helper()
	return openBrowserWith(t, script, width, height)
}

// openBrowserWith is openBrowser with more of Chromium's flags.
func openBrowserWith(t testing.TB, script bool, width, height int64, more ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs Chromium.", err)
	}
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(patience))
	opts = append(opts, more...)
	alloc, cancelAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(alloc)
	b := &browser{t: t, ctx: ctx, close: sync.OnceFunc(func() { chromedp.Cancel(ctx); cancel(); cancelAlloc() })}
	t.Cleanup(b.close)
	chromedp.ListenTarget(ctx, b.record)
	b.do(network.Enable(), log.Enable(), emulation.SetDeviceMetricsOverride(width, height, 1, false),
		emulation.SetScriptExecutionDisabled(!script))
	return b
}

func (b *browser) record(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, ev.Request.URL)
	case *cdpruntime.EventExceptionThrown:
		b.troubles = append(b.troubles, "exception: "+ev.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		// A refused form (422), a used-up download (410) and the page that is not there are what the tests ask for.
		if ev.Entry.Level == log.LevelError && !strings.Contains(ev.Entry.Text, "422") && !strings.Contains(ev.Entry.Text, "410") && !strings.HasSuffix(ev.Entry.URL, "/nowhere") {
			b.troubles = append(b.troubles, "console: "+ev.Entry.Text+" "+ev.Entry.URL)
		}
	}
}

// ask looks at the page. It gives up after half a minute: a renderer that hangs, as Chromium's now and then does on a busy
// machine, answers nothing any more, and until says so at its end.
func (b *browser) ask(actions ...chromedp.Action) error {
	ctx, cancel := context.WithTimeout(b.ctx, patience/6)
	defer cancel()
	err := chromedp.Run(ctx, actions...)
	b.hangs = err != nil && ctx.Err() != nil && b.ctx.Err() == nil
	return err
}

// do runs actions.
func (b *browser) do(actions ...chromedp.Action) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// The first Run of a context starts the browser and must not be bound to a shorter life.
	if chromedp.FromContext(b.ctx).Browser == nil {
		if err := chromedp.Run(b.ctx); err != nil {
			b.t.Fatalf("chromium does not start: %v", err)
		}
	}
	if err := chromedp.Run(ctx, actions...); err != nil {
		b.shot("failed")
		b.t.Fatalf("%v\nat %s\n%s", err, b.url(), b.text())
	}
}

// open goes to a page. A page that refreshes itself, as a run's does without JavaScript, is stopped first. Where its own
// refresh comes between the two, it ends the navigation or takes the page away under the command: open goes there again.
func (b *browser) open(url string) {
	b.t.Helper()
	b.until("the way to "+url, func() bool {
		there := true
		b.do(chromedp.ActionFunc(func(ctx context.Context) error {
			err := chromedp.Tasks{page.StopLoading(), chromedp.Navigate(url)}.Do(ctx)
			if err != nil && (strings.Contains(err.Error(), "net::ERR_ABORTED") || strings.Contains(err.Error(), "Not attached to an active page")) {
				b.t.Logf("on the way to %s the page went elsewhere by itself: %v", url, err)
				there = false
				return nil
			}
			return err
		}))
		return there
	})
}

// follow follows the run on the page as a reader without JavaScript does, to its end: the streamed page leads to the run's own.
func (b *browser) follow(p *portal) {
	b.t.Helper()
	b.open(p.url + strings.Split(b.path(), "?")[0] + "?follow=1")
	b.until("the run's own page", func() bool { return !strings.Contains(b.path(), "follow") && b.loaded() != "" })
}

// url is where the page is.
func (b *browser) url() string {
	var u string
	_ = b.ask(chromedp.Location(&u))
	return u
}

// path is the path and query of url.
func (b *browser) path() string {
	u := b.url()
	if i := strings.Index(u, "://"); i >= 0 {
		u = u[i+3:]
	}
	if i := strings.IndexByte(u, '/'); i >= 0 {
		return u[i:]
	}
	return "/"
}

// html is the page as it is now. The DevTools may evaluate even where the page's own scripts may not run.
// (DOM.getDocument would give every node a new id behind chromedp's back.)
func (b *browser) html() string {
	var out string
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(`document.documentElement.outerHTML`, &out))
	return out
}

// loaded is html once the whole page is there, "" before: what stands at the end of a page comes after its title.
func (b *browser) loaded() string {
	var out string
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	_ = chromedp.Run(ctx, chromedp.Evaluate(`document.readyState === 'complete' ? document.documentElement.outerHTML : ''`, &out))
	return out
}

// text is html, shortened for messages.
func (b *browser) text() string {
	h := b.html()
	if i := strings.Index(h, "<main"); i > 0 {
		h = h[i:]
	}
	if len(h) > 4000 {
		h = h[:4000] + " …"
	}
	return h
}

func testID(id string) string { return fmt.Sprintf(`[data-testid=%q]`, id) }

// place finds an element, unfolds what it stands in, scrolls to it, and says where its middle is once it can be clicked
// there: the page has loaded, nothing covers it, and it is not disabled.
const place = `(selector => {
  const e = document.querySelector(selector);
  for (let d = e?.parentElement?.closest('details:not([open])'); d; d = d.parentElement.closest('details:not([open])')) {
    if (e.closest('summary')?.parentElement !== d) d.open = true; else break;
  }
  if (!e || document.readyState !== 'complete' || e.disabled || e.getAttribute('aria-disabled') === 'true') return [];
  e.scrollIntoView({ block: 'center', behavior: 'instant' });
  const r = e.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2, top = document.elementFromPoint(x, y);
  return top && (e === top || e.contains(top)) ? [x, y] : [];
})(%q)`

// click clicks the element with a test id, with the mouse, as soon as a person could.
func (b *browser) click(id string) {
	b.t.Helper()
	var at []float64
	b.until("something to click: "+id, func() bool {
		was := at
		at = nil
		_ = b.ask(chromedp.Evaluate(fmt.Sprintf(place, testID(id)), &at))
		return len(at) == 2 && slices.Equal(at, was) // it rests where it was a moment ago, and the screen shows it there
	})
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// go to the page that a click leads to.
func (b *browser) clickTo(id, pathPart string) {
	b.t.Helper()
	b.click(id)
	b.waitPath(pathPart)
}

func (b *browser) waitPath(part string) {
	b.t.Helper()
	b.until("the page "+part, func() bool { return strings.Contains(b.path(), part) && strings.Contains(b.loaded(), "</main>") })
}

// until polls the page.
func (b *browser) until(what string, ok func() bool) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			if b.hangs {
				b.t.Fatalf("Chromium hangs: its renderer does not answer\nwhile waiting for %s", what)
			}
			b.shot("waited")
			b.t.Fatalf("not within %s: %s\nat %s\n%s", patience, what, b.url(), b.text())
		}
		<-time.After(50 * time.Millisecond)
	}
}

// has waits until the page has loaded and holds a text.
func (b *browser) has(s string) {
	b.t.Helper()
	b.until(fmt.Sprintf("%q on the page", s), func() bool { return strings.Contains(b.loaded(), s) })
}

// is waits until the page has loaded and holds the element of a CSS selector.
func (b *browser) is(selector string) {
	b.t.Helper()
	b.until(selector, func() bool {
		var there bool
		_ = b.ask(chromedp.Evaluate(fmt.Sprintf(`document.readyState === 'complete' && !!document.querySelector(%q)`, selector), &there))
		return there
	})
}

// fill sets what a field holds, as pasting does.
func (b *browser) fill(selector, value string) {
	b.t.Helper()
	b.on(selector, fmt.Sprintf(`e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true }))`, value))
}

// on runs an expression over the element e of a CSS selector once it is there, as the hand of a person would.
func (b *browser) on(selector, expression string) {
	b.t.Helper()
	b.is(selector)
	b.do(chromedp.Evaluate(fmt.Sprintf(`(e => { %s })(document.querySelector(%q))`, expression, selector), nil))
}

// look sets how wide the page is shown and in which theme, for a reader who asked for less motion: what fades from
// one theme to the other has colours of neither.
func (b *browser) look(width int64, theme string) {
	b.t.Helper()
	b.do(emulation.SetDeviceMetricsOverride(width, 900, 1, false), emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme}, {Name: "prefers-reduced-motion", Value: "reduce"}}))
}

// valueOf is the text of an element.
func (b *browser) valueOf(selector string) string {
	b.t.Helper()
	b.is(selector)
	var s string
	b.do(chromedp.Evaluate(fmt.Sprintf(`document.querySelector(%q).textContent`, selector), &s))
	return s
}

// shot writes a screenshot for a person when a test fails and ONRAMP_E2E_SHOTS names a directory.
func (b *browser) shot(name string) {
	dir := os.Getenv("ONRAMP_E2E_SHOTS")
	if dir == "" {
		return
	}
	var png []byte
	if b.ask(chromedp.FullScreenshot(&png, 100)) == nil {
		_ = os.WriteFile(fmt.Sprintf("%s/%s-%s.png", dir, strings.ReplaceAll(b.t.Name(), "/", "-"), name), png, 0o600)
	}
}

// clean reports what must not have happened: foreign requests, console errors, CSP violations.
func (b *browser) clean(origin string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		if !strings.HasPrefix(r, origin+"/") && !strings.HasPrefix(r, "blob:"+origin) && !strings.HasPrefix(r, "data:") && r != "about:blank" {
			b.t.Errorf("the page asked another host: %s", r)
		}
	}
	for _, s := range b.troubles {
		b.t.Errorf("in the browser: %s", s)
	}
}
