package e2e

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestPagesLookRight opens every page of a finished journey at 1280 and 320 px, light and dark: nothing
// overflows, axe finds no violation of WCAG 2.2 AA, nothing is asked of another host, and the
// Content-Security-Policy is kept. With ONRAMP_E2E_SCREENSHOTS set it also writes docs/screenshots.
func TestPagesLookRight(t *testing.T) {
	axe := axeCore(t)
	p := openPortalAtHome(t)
	b := openBrowser(t, true, 1280, 900)
	b.home = strings.TrimSuffix(p.data, filepath.Join("/.local", "share", "onramp"))
	b.open(p.url + "/")
	b.page("home-empty", "/", axe, p)
	m := walkJourney(t, p, b, true)
	v := visit(t, p.url)
	failing := failingRun(t, v)
	orders := failing[:strings.Index(failing, "/test/")]
	reported := v.reportAgain(t, failing)
	keyed := keyedMove(t, v)
	check := latest(t, v, m+"/test")
	transfer := latest(t, v, m+"/transfer")
	more := transfersOfAllKinds(t, v, m)
	for _, pg := range []struct{ name, path string }{
		{"home", "/"}, {"new", "/new"}, {"overview", m}, {"namespace", m + "/namespace"}, {"certificates", m + "/certificates"},
		{"certificates-own-ca", m + "/certificates?lane=own-ca"}, {"clients", m + "/certificates/clients"}, {"certificate", certificatePage(t, p, m)}, {"inspect", "/certificates/inspect"},
		{"upload", m + "/upload"}, {"test", m + "/test"}, {"test-run", check}, {"test-run-failed", failing}, {"test-run-reported", reported},
		{"compare", reported + "/compare/" + failing[strings.LastIndexByte(failing, '/')+1:]}, {"compare-choice", reported + "/compare"}, {"test-reports", orders + "/test"},
		{"code", m + "/code"}, {"transfer", m + "/transfer"}, {"transfer-run", transfer}, {"runs", m + "/runs"},
		{"transfer-refund", more["refund"]}, {"transfer-stuck", more["stuck"]}, {"transfer-interrupted", more["interrupted"]},
		{"drill", m + "/transfer/drill"}, {"drill-run", more["drill"]},
		{"expiry", "/expiry"}, {"audit", "/audit"}, {"ca-key", m + "/certificates/key"}, {"filters", m + "/certificates/filters"},
		{"help", "/help"}, {"help-entry", "/help/CL-03"}, {"decode", "/decode"}, {"rehearsal", "/rehearsal"}, {"cloud", "/cloud"},
		{"cloud-namespace", cloudPage(t, v, m)}, {"not-found", "/nowhere"},
		{"certificates-api-key", keyed + "/certificates"}, {"upload-api-key", keyed + "/upload"}, {"test-api-key", keyed + "/test"}, {"code-api-key", keyed + "/code"}, {"rotate", keyed + "/keys"}, {"method", keyed + "/switch"},
		{"settings", m + "/settings"}, {"report", m + "/report"}, {"replace", m + "/certificates/replace"}, {"unsaved", orders + "/certificates/unsaved"},
		{"board", "/migrations"}, {"board-import", "/migrations/import"}, {"board-checks", v.checkedTogether(m, orders, keyed)}, {"operations", "/operations"},
		{"assess-facts", "/assess"}, {"assess", m + "/assess"}, {"assess-run", v.assessed(m)}, {"cutover", m + "/cutover"}, {"cutover-run", v.crossed(m)}, {"ops", m + "/ops"},
		{"search", "/search?q=payments"}, {"cloud-namespace-keys", "/cloud/keyed.f45a2"}, {"environment", keyed + "/code/environment"},
	} {
		t.Run(pg.name, func(t *testing.T) {
			b.t = t
			b.page(pg.name, pg.path, axe, p)
		})
	}
	b.t = t
	v.form("/rehearsal/practice").ok(t, "a practice migration")
	b.open(p.url + "/migrations")
	b.click("check-shown")
	b.has("What will be dialled")
	b.shown("board-plan", axe)
	b.open(p.url + m + "/ops")
	b.click("own-ops-key")
	b.has("owner@")
	b.shown("ops-key", axe)
	broken := v.form("/rehearsal/break", "m", "practice", "switch", "filters", "state", "on").ok(t, "a switch").path
	v.ended(broken)
	v.form("/rehearsal/break", "m", "practice", "switch", "flapping", "state", "on").ok(t, "a second switch")
	for _, pg := range []struct{ name, path string }{{"rehearsal-broken", "/rehearsal?m=practice"}, {"test-run-broken", broken}} {
		t.Run(pg.name, func(t *testing.T) {
			b.t = t
			b.page(pg.name, pg.path, axe, p)
		})
	}
	b.t = t
	b.clean(p.url)
	allWalked(t, b.walked, atHome)
	if _, err := os.Stat(filepath.Join(p.data, "rehearsal-trust", "trust.pem")); err != nil {
		t.Errorf("the trust files that the pages name are not below the data directory: %v", err)
	}
}

// axeCore is the script that judges accessibility.
func axeCore(t testing.TB) string {
	t.Helper()
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	return string(axe)
}

// page opens one page in each width and judges it in both themes.
func (b *browser) page(name, path, axe string, p *portal) {
	b.t.Helper()
	b.pictures(name, path, axe, func() { b.open(p.url + path) })
}

// shown judges the page that is there already, because only a form leads to it.
func (b *browser) shown(name, axe string) {
	b.t.Helper()
	b.pictures(name, b.path(), axe, func() {})
}

// pictures judges a page in each width and both themes, and with ONRAMP_E2E_SCREENSHOTS writes what it looks like. open
// opens it, in each width; the other theme is the reader's change of mind, for which nothing is asked of the server.
func (b *browser) pictures(name, path, axe string, open func()) {
	b.t.Helper()
	shots := os.Getenv("ONRAMP_E2E_SCREENSHOTS") != ""
	b.walked = append(b.walked, path)
	for _, width := range []int64{1280, 768, 320} {
		for i, theme := range []string{"light", "dark"} {
			b.look(width, theme)
			if i == 0 {
				open()
			}
			var moving, scroll int64
			b.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &scroll),
				chromedp.Evaluate(`document.getAnimations().length`, &moving))
			if scroll > width {
				var wide string
				b.do(chromedp.Evaluate(`[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 5).map(e => e.tagName + '.' + e.className + '#' + e.id).join(', ')`, &wide))
				b.t.Errorf("%s at %d px is %d px wide: %s", path, width, scroll, wide)
			}
			if moving > 0 {
				b.t.Errorf("%s animates although the reader asked for less motion", path)
			}
			if width != 768 { // what axe judges there is what it judges beside it
				b.judge(path, theme, width, axe)
			}
			if shots {
				b.write(name, theme, width)
			}
		}
	}
}

// judge runs axe, once nothing fades or moves any more, in an isolated world, because Trusted Types keeps scripts out
// of the page itself.
func (b *browser) judge(path, theme string, width int64, axe string) {
	b.t.Helper()
	b.until("a page at rest", func() bool {
		moving := -1
		_ = b.ask(chromedp.Evaluate(`document.getAnimations().length`, &moving))
		return moving == 0
	})
	var result string
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		tree, err := page.GetFrameTree().Do(ctx)
		if err != nil {
			return err
		}
		world, err := page.CreateIsolatedWorld(tree.Frame.ID).WithWorldName("axe").Do(ctx)
		if err != nil {
			return err
		}
		if _, _, err := cdpruntime.Evaluate(axe).WithContextID(world).Do(ctx); err != nil {
			return err
		}
		value, exception, err := cdpruntime.Evaluate(`axe.run(document, {runOnly: ['wcag2a','wcag2aa','wcag21a','wcag21aa','wcag22aa','best-practice']})
			.then(r => r.violations.map(v => v.id + ': ' + v.help + ' at ' + v.nodes.slice(0, 3).map(n => n.target.join(' ')).join(' | ')).join('\n'))`).
			WithContextID(world).WithAwaitPromise(true).WithReturnByValue(true).Do(ctx)
		if err != nil {
			return err
		}
		if exception != nil {
			return exception
		}
		result = strings.Trim(string(value.Value), `"`)
		return nil
	}))
	if result != "" {
		b.t.Errorf("axe on %s, %s, %d px:\n%s", path, theme, width, strings.ReplaceAll(result, `\n`, "\n"))
	}
}

// write saves a screenshot of the whole page as NAME-light.png or NAME-dark.png. Narrow ones are for a person
// to look at and go where ONRAMP_E2E_SHOTS says.
func (b *browser) write(name, theme string, width int64) {
	b.t.Helper()
	if width != 1280 {
		b.shot(fmt.Sprint(name, "-", width, "-", theme))
		return
	}
	// The pictures show nobody's own directories.
	b.do(chromedp.Evaluate(fmt.Sprintf(`(home => {
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(home, '/home/dana');
	})(%q)`, cmp.Or(b.home, b.t.TempDir())), nil))
	var shot []byte
	b.do(chromedp.FullScreenshot(&shot, 100))
	full, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		b.t.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, fewColours(full)); err != nil {
		b.t.Fatal(err)
	}
	file := filepath.Join("..", "docs", "screenshots", name+"-"+theme+".png")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// fewColours is the picture in its 256 commonest colours, each other colour as the nearest of them: our pages
// have few, and the files become a quarter of their size.
func fewColours(full image.Image) image.Image {
	count := map[color.RGBA]int{}
	r := full.Bounds()
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			count[color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)]++
		}
	}
	all := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return count[b] - count[a] })
	var palette color.Palette
	for _, c := range all[:min(256, len(all))] {
		palette = append(palette, c)
	}
	out, nearest := image.NewPaletted(r, palette), map[color.RGBA]uint8{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := color.RGBAModel.Convert(full.At(x, y)).(color.RGBA)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}

// failingRun makes a migration whose check fails: its CA was never uploaded.
func failingRun(t *testing.T, v *visitor) string {
	t.Helper()
	made := v.form("/new", "name", "Orders", "lang", "python", "mode", "rehearsal", "auth", "mtls").ok(t, "a second migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	bundle := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	run := v.upload(m+"/test", "key_source", "paste", "cert_pem", bundle["client.pem"], "key_pem", bundle["client.key"]).ok(t, "its check").path
	v.ended(run)
	return run
}

// latest is the newest run that a page links to.
func latest(t *testing.T, v *visitor, page string) string {
	t.Helper()
	body := string(v.get(page).ok(t, page).body)
	link := regexp.MustCompile(`href="` + regexp.QuoteMeta(page) + `/([a-z0-9]{10,})"`).FindStringSubmatch(body) // not its drills
	if link == nil {
		t.Fatalf("%s links to no run", page)
	}
	return page + "/" + link[1]
}

var namespaceValue = regexp.MustCompile(`name="namespace"[^>]* value="([^"]+)"|value="([^"]+)"[^>]* name="namespace"`)

// cloudPage is the rehearsal cloud's page of a migration's namespace.
func cloudPage(t *testing.T, v *visitor, m string) string {
	t.Helper()
	found := namespaceValue.FindStringSubmatch(string(v.get(m+"/namespace").ok(t, "step 1").body))
	if found == nil {
		t.Fatal("step 1 shows no namespace")
	}
	return "/cloud/" + found[1] + found[2]
}
