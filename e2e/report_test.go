package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// TestReportAfterRehearsal walks a rehearsal to its end in a browser, drills twice, and looks at what can be shown of
// it: the report on the screen and on paper, the drill's plots on the page and as a file, and the times of checks.
func TestReportAfterRehearsal(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	v.ended(v.upload(m+"/test", "key_source", "lent").ok(t, "a second check").path)
	moved := v.upload(m+"/transfer", transferForm("flaky")...).ok(t, "a transfer").path
	v.ended(moved)

	b := openBrowser(t, true, 1280, 900)
	drill := func(count, rate string) string {
		b.open(p.url + m + "/transfer/drill")
		b.fill("#count", count)
		b.fill("#rate", rate)
		b.clickTo("start-drill", m+"/transfer/drill/")
		return strings.Split(b.path(), "?")[0]
	}
	first := drill("120", "40")
	b.is(testID("drill-left"))
	b.has("120 transfers ended as they should")
	b.until("nothing says that the drill is under way", func() bool { return !strings.Contains(strings.ToLower(b.valueOf("#main")), "running") })
	live := b.everything()
	b.do(chromedp.Reload())
	b.is("#main")
	if d := cmp.Diff(live, b.everything()); d != "" {
		t.Errorf("the drill's page at its end (-) and after a reload (+):\n%s", d)
	}
	b.has("99 %")
	second := drill("20", "20")
	b.has("20 transfers ended as they should")
	b.has("No 99th percentile: it needs 100 transfers, this drill has 20.")
	beside := second + "?with=" + first[strings.LastIndexByte(first, '/')+1:]

	for _, pg := range []struct{ name, path string }{{"report", m + "/report"}, {"overview", m}, {"drill-compared", beside}, {"drill-one", first}, {"transfer-timeline", moved}, {"test", m + "/test"}} {
		t.Run(pg.name, func(t *testing.T) {
			b.t = t
			b.page(pg.name, pg.path, string(axe), p)
			b.shot("dark-320")
			b.look(1280, "light")
			b.open(p.url + pg.path)
			b.shot("light-1280")
		})
	}
	b.t = t
	b.clean(p.url)

	t.Run("on paper", func(t *testing.T) { onPaper(t, b, p.url+m+"/report", p.url+moved) })
	t.Run("as files", func(t *testing.T) {
		md := string(v.get(m+"/report.md").ok(t, "the report as Markdown").body)
		var rep struct {
			Schema string
			Steps  []struct{ ID, Status, Proof string }
		}
		if err := json.Unmarshal(v.get(m+"/report.json").ok(t, "the report as JSON").body, &rep); err != nil || rep.Schema != "onramp.report/1" || len(rep.Steps) != 6 {
			t.Errorf("the report as JSON: %v, %+v", err, rep)
		}
		for _, s := range rep.Steps {
			if own := s.ID == "code"; (s.Status == "done" && s.Proof != "") == own { // no worker of the reader's own was there
				t.Errorf("after a whole rehearsal step %s is %s, %q", s.ID, s.Status, s.Proof)
			}
		}
		if !strings.Contains(md, "5 of 6 steps are done") || strings.Contains(md, "PRIVATE KEY") || strings.Contains(md, "85-150") {
			t.Errorf("the report as Markdown:\n%s", md)
		}
	})
	t.Run("the plots alone", func(t *testing.T) {
		plotsAlone(t, v.get(strings.Replace(beside, "?", ".svg?", 1)).ok(t, "the plots").body)
	})
}

// onPaper looks at a report as it is printed: from a dark page too, nothing but the report, with addresses in full.
func onPaper(t *testing.T, b *browser, report, run string) {
	b.t = t
	b.look(794, "dark") // A4 at 96 dots an inch
	b.open(report)
	b.do(emulation.SetEmulatedMedia().WithMedia("print"))
	var seen struct {
		Paper, Ink    string
		Around, Words string
		Wide          float64
	}
	b.do(chromedp.Evaluate(`(() => {
		const shows = e => e.getClientRects().length > 0;
		const body = getComputedStyle(document.body);
		return { paper: body.backgroundColor, ink: getComputedStyle(document.querySelector('.report h1')).color, wide: document.documentElement.scrollWidth,
			around: [...document.querySelectorAll('nav, form, button, .bar, .rail, .foot, .btn, live-feed')].filter(shows).map(e => e.tagName + '.' + e.className).join(', '),
			words: document.body.innerText };
	})()`, &seen))
	if seen.Paper != "rgb(255, 255, 255)" || seen.Ink != "rgb(0, 0, 0)" || seen.Around != "" || seen.Wide > 794 {
		t.Errorf("on paper: %s on %s, %v px wide, and %q beside the report", seen.Ink, seen.Paper, seen.Wide, seen.Around)
	}
	for _, want := range []string{"Rehearsal.", "5 of 6 steps are done", "SHA-256 fingerprint", run} {
		if !strings.Contains(seen.Words, want) {
			t.Errorf("the paper lacks %q:\n%s", want, seen.Words)
		}
	}
	var pdf []byte
	b.do(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPrintBackground(true).WithPreferCSSPageSize(true).Do(ctx)
		return err
	}))
	if n := bytes.Count(pdf, []byte("/Type /Page\n")); n < 1 || n > 4 {
		t.Errorf("the report is %d pages long", n)
	}
	if dir := os.Getenv("ONRAMP_E2E_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "report.pdf"), pdf, 0o600); err != nil {
			t.Error(err)
		}
	}
	b.do(emulation.SetEmulatedMedia())
}

// plotsAlone opens a drill's plots as a file, in a browser that has nothing else: they are readable in light and dark.
func plotsAlone(t *testing.T, svg []byte) {
	file := filepath.Join(t.TempDir(), "plots.svg")
	if err := os.WriteFile(file, svg, 0o600); err != nil {
		t.Fatal(err)
	}
	b := openBrowser(t, true, 1000, 1200)
	papers := map[string]string{}
	for _, theme := range []string{"light", "dark"} {
		b.look(1000, theme)
		b.open("file://" + file)
		var seen struct {
			Root, Paper, Ink string
			Bars, Outside    int
		}
		b.do(chromedp.Evaluate(`(() => {
			const all = s => [...document.querySelectorAll(s)], box = document.documentElement.getBoundingClientRect();
			return { root: document.documentElement.nodeName, paper: getComputedStyle(document.querySelector('.plot-paper')).fill, ink: getComputedStyle(document.querySelector('text')).fill,
				bars: all('.plot-bar, .plot-second').filter(e => e.getBoundingClientRect().height > 1).length,
				outside: all('text').filter(e => { const r = e.getBoundingClientRect(); return r.left < box.left || r.right > box.right + 1 || r.bottom > box.bottom }).length };
		})()`, &seen))
		if seen.Root != "svg" || seen.Bars < 6 || seen.Outside > 0 || seen.Paper == seen.Ink {
			t.Errorf("%s: %+v", theme, seen)
		}
		papers[seen.Paper] = theme
		b.shot("plots-" + theme)
	}
	if len(papers) != 2 {
		t.Errorf("light and dark are both on %v", papers)
	}
}
