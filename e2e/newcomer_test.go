package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The screen of a newcomer, in CSS pixels.
const (
	screenWidth  = 1280
	screenHeight = 800
)

// primary is what a newcomer sees of the page's primary actions.
type primary struct {
	Label  string  `json:"label"`
	Bottom float64 `json:"bottom"` // in px from the top of the page
	X      float64 `json:"x"`      // its middle, on the screen
	Y      float64 `json:"y"`
}

// primaries finds the primary actions of a page as it stands: shown, not folded away, and in a shown rehearsal those of
// its bar alone, for there the others look like any button.
const primaries = `(() => {
  if (document.readyState !== 'complete') return [];
  const bar = document.querySelector('main > .show');
  return [...(bar || document).querySelectorAll('main .btn.go, .show .btn.go')]
    .filter(e => e.checkVisibility() && (!bar || bar.contains(e)) && e.getAttribute('aria-disabled') !== 'true')
    .map(e => { const r = e.getBoundingClientRect(); return { label: e.innerText.trim(), bottom: r.bottom + scrollY, x: r.left + r.width / 2, y: r.top + r.height / 2 }; });
})()`

func (b *browser) primaries() []primary {
	var out []primary
	_ = b.ask(chromedp.Evaluate(primaries, &out))
	return out
}

// newcomer is a person who has never seen Onramp and only follows primary actions.
type newcomer struct {
	*browser
	clicks   int
	scrolled float64 // px
	began    time.Time
	words    map[string]string // what they type into an empty field, by its name
}

// follow clicks the page's primary action and waits for what it leads to: another page, or the same with another action.
func (n *newcomer) follow() {
	n.t.Helper()
	var p, was primary
	n.until("a primary action", func() bool {
		all := n.primaries()
		if len(all) == 0 {
			return false
		}
		was, p = p, all[0]
		return p == was // it rests
	})
	for name, text := range n.words {
		_ = n.ask(chromedp.Evaluate(fmt.Sprintf(`(e => { if (e && e.required && !e.value) { e.value = %q; e.dispatchEvent(new Event('input', { bubbles: true })); } })(document.querySelector('main [name=%q]'))`, text, name), nil))
	}
	if p.Bottom > screenHeight {
		n.t.Errorf("at %s the primary action %q ends at %.0f px, below the first screen", n.path(), p.Label, p.Bottom)
		n.scrolled += p.Bottom - screenHeight
	}
	before := n.path() + p.Label
	n.clicks++
	n.do(chromedp.Evaluate(`scrollTo(0, 0)`, nil), chromedp.MouseClickXY(p.X, p.Y))
	n.until("what "+p.Label+" leads to", func() bool {
		all := n.primaries()
		return n.loaded() != "" && len(all) > 0 && n.path()+all[0].Label != before
	})
}

// printed says how far it was.
func (n *newcomer) printed(what string) {
	n.t.Logf("%s: %d clicks, %.1f s, %.0f px scrolled", what, n.clicks, time.Since(n.began).Seconds(), n.scrolled)
}

// arrive opens the portal as a newcomer.
func arrive(t *testing.T, script bool) *newcomer {
	t.Helper()
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	n := &newcomer{browser: openBrowser(t, script, screenWidth, screenHeight), words: map[string]string{"name": "Payments", "namespace": "payments-prod.a1b2c"}}
	n.home = p.url
	n.open(p.url + "/")
	n.began = time.Now()
	t.Cleanup(func() { n.clean(p.url) })
	return n
}

// TestNewcomer: who only follows primary actions has a completed rehearsed transfer after four clicks at most, with
// JavaScript and without; and comes as far as the upload on the way to Temporal Cloud. The times are printed.
func TestNewcomer(t *testing.T) {
	const done = "That was the whole way."
	for _, tt := range []struct {
		name   string
		script bool
		first  string // clicked first, where it is not the primary action
	}{
		{"rehearsal", true, ""}, {"rehearsal without JavaScript", false, ""}, {"rehearsal with an API key", true, "show-me-key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := arrive(t, tt.script)
			if tt.first != "" {
				n.click(tt.first)
				n.clicks++
				n.is(testID("show-next"))
			}
			for !strings.Contains(n.loaded(), done) {
				if n.clicks >= 4 { // no more: what is under way may end
					n.until("the end", func() bool { return strings.Contains(n.loaded(), done) })
					break
				}
				n.follow()
			}
			n.printed(tt.name)
			n.has("WorkflowExecutionCompleted")
		})
	}
	t.Run("rehearsal that is only watched", func(t *testing.T) {
		t.Parallel()
		n := arrive(t, true)
		n.follow()
		n.until("the end", func() bool { return strings.Contains(n.loaded(), done) })
		n.printed("rehearsal that is only watched")
		if n.clicks != 1 {
			t.Errorf("%d clicks", n.clicks)
		}
	})
	t.Run("to Temporal Cloud, up to the upload", func(t *testing.T) {
		t.Parallel()
		n := arrive(t, true)
		n.click("new-migration")
		n.clicks++
		n.waitPath("/new")
		for !strings.Contains(n.path(), "/upload") {
			if n.clicks >= 8 {
				t.Fatalf("after %d clicks: %s\n%s", n.clicks, n.path(), n.text())
			}
			n.follow()
		}
		n.printed("to Temporal Cloud, up to the upload")
		n.firstScreen(1)
	})
}

// firstScreen reports primary actions that are not in the first screen, or fewer than there must be.
func (n *newcomer) firstScreen(atLeast int) {
	n.t.Helper()
	n.until("the page", func() bool { return n.loaded() != "" })
	all := n.primaries()
	if len(all) < atLeast {
		n.t.Errorf("%s has %d primary actions, want %d", n.path(), len(all), atLeast)
	}
	for _, p := range all {
		if p.Bottom > screenHeight {
			n.t.Errorf("%s: %q ends at %.0f px, below the first screen", n.path(), p.Label, p.Bottom)
		}
	}
}

// TestFirstScreen: on every page where the reader is to do something, what is done first is in the first screen.
func TestFirstScreen(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	n := &newcomer{browser: openBrowser(t, true, screenWidth, screenHeight)}
	see := func(atLeast int, paths ...string) {
		t.Helper()
		for _, path := range paths {
			n.open(p.url + path)
			n.firstScreen(atLeast)
		}
	}
	see(1, "/", "/new", "/rehearsal")
	for _, mode := range []string{"rehearsal", "cloud"} {
		for _, auth := range []string{"mtls", "api-key"} {
			name := mode + " " + auth
			made := v.form("/new", "name", name, "lang", "go", "mode", mode, "auth", auth).ok(t, name).path
			m := strings.TrimSuffix(made, "/namespace")
			see(1, m+"/namespace")
			v.form(m+"/namespace", "namespace", mode+"-"+auth+".a1b2c").ok(t, "its namespace")
			see(1, m, m+"/namespace", m+"/certificates", m+"/test", m+"/transfer")
			see(0, m+"/upload", m+"/code")
			if auth == "mtls" {
				v.form(m+"/certificates", append(serverMade, "lend", "on")...).ok(t, "certificates")
				see(1, m, m+"/certificates", m+"/certificates/unsaved", m+"/upload", m+"/test", m+"/code", m+"/transfer")
				see(0, m+"/certificates/key")
			}
		}
	}
}

// TestEveryPrimaryAction: wherever a page of a portal that holds something of everything has a primary action, it is in the
// first screen.
func TestEveryPrimaryAction(t *testing.T) {
	p := openPortalAtHome(t)
	pages := furnished(t, p)
	n := &newcomer{browser: openBrowser(t, true, screenWidth, screenHeight)}
	with := 0
	for _, path := range pages {
		n.open(p.url + path)
		n.firstScreen(0)
		if len(n.primaries()) > 0 {
			with++
		}
	}
	if with < 30 {
		t.Errorf("only %d of %d pages have a primary action: %q", with, len(pages), pages)
	}
	t.Logf("%d of %d pages have a primary action", with, len(pages))
}

// serverMade is the form of step 2 with keys made by Onramp.
var serverMade = []string{"lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA",
	"key_type", "ec-p256", "ca_days", "365", "leaf_days", "364"}

// TestOwnNamespaces: a second rehearsal, whichever way its workers sign in, leaves the first as it is; and where the
// sign-in method of a namespace was changed, the check says that and not that a CA is missing.
func TestOwnNamespaces(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	first := shownWhole(t, v, "mtls")
	second := shownWhole(t, v, "api-key")
	if first == second {
		t.Fatalf("both are %s", first)
	}
	spaces := map[string]string{}
	for _, m := range []string{first, second} {
		page := string(v.get(m+"/namespace").ok(t, "its namespace").body)
		_, rest, _ := strings.Cut(page, `name="namespace" type="text" value="`)
		ns, _, _ := strings.Cut(rest, `"`)
		if ns == "" || spaces[ns] != "" {
			t.Errorf("%s has the namespace %q, as %s", m, ns, spaces[ns])
		}
		spaces[ns] = m
	}
	check := func() map[string]any {
		t.Helper()
		return v.ended(v.form(first+"/test", "key_source", "lent").ok(t, "a check").path)["verdict"].(map[string]any)
	}
	if verdict := check(); verdict["code"] != "OK" {
		t.Errorf("the first rehearsal after the second: %v", verdict)
	}
	for ns, m := range spaces {
		if m == first {
			v.form("/cloud/"+ns+"/auth", "auth", "api-key").ok(t, "another sign-in method")
		}
	}
	if verdict := check(); verdict["code"] != "AK-02" {
		t.Errorf("a certificate at a namespace that takes API keys: %v", verdict)
	}
}

// shownWhole has a rehearsal shown to its end, without a script, and returns its path.
func shownWhole(t testing.TB, v *visitor, auth string) string {
	t.Helper()
	page := v.form("/rehearse-now", "how", "show", "auth", auth).ok(t, "Just show me")
	m := strings.Join(strings.Split(page.path, "/")[:3], "/")
	for n := 0; !strings.Contains(string(page.body), "That was the whole way."); n++ {
		if n == 3 {
			t.Fatalf("not at the end after %d presses: %s\n%s", n, page.path, mainOf(page.body))
		}
		at := ""
		if strings.Contains(page.path, "/test/") {
			at = "test"
		}
		page = v.form(m+"/show", "at", at).ok(t, "the next part")
	}
	return m
}

// TestPortIsKept: the rehearsal cloud has the same address after a restart; where somebody else has taken it meanwhile it
// has another, and the pages say so.
func TestPortIsKept(t *testing.T) {
	dir := t.TempDir()
	address := func(p *portal) string {
		t.Helper()
		page := string(visit(t, p.url).get("/rehearsal").ok(t, "the rehearsal cloud").body)
		_, rest, _ := strings.Cut(page, ">localhost:")
		port, _, _ := strings.Cut(rest, "<")
		if port == "" {
			t.Fatalf("no address on the page:\n%s", mainOf([]byte(page)))
		}
		return port
	}
	moved := func(p *portal) bool {
		return strings.Contains(string(visit(t, p.url).get("/rehearsal").body), `data-testid="moved"`)
	}
	p := openPortal(t, dir, "127.0.0.1:0")
	was := address(p)
	p.stop()
	p = openPortal(t, dir, "127.0.0.1:0")
	if now := address(p); now != was || moved(p) {
		t.Errorf("port %s after a restart, it was %s; said to have moved: %v", now, was, moved(p))
	}
	p.stop()
	taken, err := net.Listen("tcp", "127.0.0.1:"+was)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p = openPortal(t, dir, "127.0.0.1:0")
	if now := address(p); now == was || !moved(p) {
		t.Errorf("port %s while somebody else has %s; said to have moved: %v", now, was, moved(p))
	}
}
