package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// switches are those of "break it on purpose" with the code that the check must name.
var switches = []struct{ id, code string }{
	{"endpoint-typo", "IN-12"}, {"ca-key", "KP-10"}, {"other-key", "KP-06"}, {"expired-leaf", "CH-09"}, {"clock", "CH-10"},
	{"port-closed", "TC-01"}, {"port-silent", "TC-02"}, {"cut", "TC-06"}, {"no-answer", "TC-05"}, {"slow-line", "PR-15"},
	{"plaintext", "PR-01"}, {"web-server", "PR-02"}, {"flapping", "TC-10"}, {"server-name", "SV-04"}, {"tls-inspection", "PX-08"},
	{"server-expired", "SV-08"}, {"no-certificate", "CL-01"}, {"wrong-ca", "CL-03"}, {"account-left-out", "IN-11"},
	{"namespace-missing", "NS-01"}, {"filters", "NS-02"}, {"slow-answers", "SY-03"}, {"wrong-queue", "TQ-02"},
}

// TestBreakItOnPurpose: an empty install, one click for a migration to practise on, then each switch in a
// real browser: it leads to the check, which names exactly the expected code; the banner turns it off, and
// the check passes again.
func TestBreakItOnPurpose(t *testing.T) {
	for _, tt := range []struct {
		name   string
		script bool
	}{{"with JavaScript", true}, {"without JavaScript", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a portal and a browser each
			p := openPortal(t, t.TempDir(), "127.0.0.1:0")
			b := openBrowser(t, tt.script, 1280, 900)
			b.open(p.url + "/rehearsal")
			b.click("make-practice")
			b.is(testID("practise-practice"))
			for _, s := range switches {
				began := time.Now()
				b.open(p.url + "/rehearsal?m=practice")
				b.clickTo("break-"+s.id, "/m/practice/test/")
				run := strings.Split(b.path(), "?")[0]
				b.settled(p, run, tt.script)
				if got := b.verdictCode(); got != s.code {
					t.Errorf("%s: the page names %q, want %s", s.id, got, s.code)
				}
				b.is(testID("broken"))
				took := time.Since(began)
				b.click("mend")
				b.has("Turned off")
				b.open(p.url + run)
				b.click("run-again")
				b.until("another run", func() bool {
					return strings.Contains(b.path(), "/m/practice/test/") && !strings.Contains(b.path(), run)
				})
				b.settled(p, strings.Split(b.path(), "?")[0], tt.script)
				if got := b.verdictCode(); got != "OK" {
					t.Errorf("%s turned off: the page names %q, want OK", s.id, got)
				}
				if html := b.html(); strings.Contains(html, `data-testid="broken"`) {
					t.Errorf("%s turned off: the banner is still there", s.id)
				}
				t.Logf("%-18s %s, named on the page after %s", s.id, s.code, took.Round(time.Millisecond))
			}
			b.clean(p.url)
			noKeyAnywhere(t, p)
		})
	}
}

// settled waits until the page of a run shows its verdict and its stream has ended: nothing moves under a click then.
func (b *browser) settled(p *portal, run string, script bool) {
	b.t.Helper()
	if !script {
		b.open(p.url + run)
		b.follow(p)
	}
	b.until("the verdict of "+run, func() bool { c := b.verdictCode(); return c != "" })
	if script {
		b.is(`html:not(:has(live-feed:not([data-state="done"])))`)
	}
}

// verdictCode is the code that a run's page names, "" while there is none.
func (b *browser) verdictCode() string {
	m := verdictPart.FindStringSubmatch(b.html())
	switch {
	case m == nil || strings.Contains(m[1], "pending"):
		return ""
	case strings.Contains(m[2], "Connected"):
		return "OK"
	}
	if code := codeLink.FindStringSubmatch(m[2]); code != nil && code[1] == code[2] {
		return code[1]
	}
	return "no code"
}

// The verdict as the page shows it: its class, and what stands before its title; and the code therein.
var (
	verdictPart = regexp.MustCompile(`(?s)<section id="verdict" class="([^"]*)"(.*?)<h2 id="verdict-title"`)
	codeLink    = regexp.MustCompile(`href="/help/([^"]+)"[^>]*>\s*([^<\s]+)\s*</a>`)
)

// TestBreakSurvives: what is on is on after kill -9, its page says so, and turned off all is as it was;
// switches flipped by many at once while checks run leave the neighbour healthy and nothing behind.
func TestBreakSurvives(t *testing.T) {
	data := t.TempDir()
	p := openPortal(t, data, "127.0.0.1:0")
	v := visit(t, p.url)
	v.form("/rehearsal/practice").ok(t, "a practice migration")
	v.form("/rehearsal/practice").ok(t, "a second one")
	turn := func(n, id, state string) {
		t.Helper()
		s := v.form("/rehearsal/break", "m", n, "namespace", n+".a2dd6", "switch", id, "state", state)
		if s.status != http.StatusOK {
			t.Errorf("%s %s on %s: %d\n%s", id, state, n, s.status, mainOf(s.body))
		}
	}
	check := func(n string) any {
		t.Helper()
		run := v.form("/m/"+n+"/test", "key_source", "lent").ok(t, "a check").path
		return v.ended(run)["verdict"].(map[string]any)["code"]
	}
	var all sync.WaitGroup
	for _, id := range []string{"plaintext", "wrong-ca", "filters", "expired-leaf"} {
		all.Go(func() {
			for range 5 {
				turn("practice", id, "on")
				turn("practice", id, "off")
			}
		})
	}
	all.Go(func() {
		for range 5 {
			if code := check("practice-2"); code != "OK" {
				t.Errorf("the neighbour's check says %v", code)
			}
		}
	})
	all.Wait()
	if code := check("practice"); code != "OK" {
		t.Errorf("all is off again: the check says %v", code)
	}
	// Turned off in the middle of the check that it slows down: that check ends, and the next one passes.
	cut := v.form("/rehearsal/break", "m", "practice", "namespace", "practice.a2dd6", "switch", "slow-line", "state", "on").ok(t, "a slow line").path
	turn("practice", "slow-line", "off")
	if code := v.ended(cut)["verdict"].(map[string]any)["code"]; code == "OK" {
		t.Error("a check whose line was taken away says OK")
	}
	if code := check("practice"); code != "OK" {
		t.Errorf("after the slow line: the check says %v", code)
	}
	turn("practice", "wrong-ca", "on")
	turn("practice", "plaintext", "on")
	if code := check("practice"); code != "PR-01" {
		t.Errorf("two are on: the check says %v, want the first on the way, PR-01", code)
	}
	p.kill()

	p = openPortal(t, data, "127.0.0.1:0")
	v = visit(t, p.url)
	within(t, "the rehearsal cloud", func() bool {
		return strings.Contains(string(v.get("/rehearsal").body), `data-testid="mend-plaintext"`)
	})
	for _, path := range []string{"/m/practice", "/m/practice/test", "/cloud/practice.a2dd6"} {
		if body := string(v.get(path).ok(t, path).body); !strings.Contains(body, "A server without TLS; Another CA in the namespace") {
			t.Errorf("%s does not say that it is broken on purpose", path)
		}
	}
	v.form("/rehearsal/practice", "m", "practice").ok(t, "a new key while it is broken")
	if body := string(v.get("/m/practice/test").body); !strings.Contains(body, "A server without TLS; Another CA in the namespace") {
		t.Error("a new key turned a switch off")
	}
	if code := check("practice"); code != "PR-01" {
		t.Errorf("broken, with a new key: the check says %v, want PR-01", code)
	}
	turn("practice", "plaintext", "off")
	if code := check("practice"); code != "CL-03" {
		t.Errorf("one of two is off: the check says %v, want CL-03", code)
	}
	own := string(v.get("/m/practice/certificates/ca.pem").ok(t, "its CA").body)
	v.form("/cloud/practice.a2dd6", "ca_bundle", own).ok(t, "the CA saved in the rehearsal cloud")
	if body := string(v.get("/m/practice").body); strings.Contains(body, `data-testid="broken"`) {
		t.Error("repaired in the rehearsal cloud, and still said to be broken")
	}
	v.form("/rehearsal/practice", "m", "practice").ok(t, "a new key after the restart")
	if code := check("practice"); code != "OK" {
		t.Errorf("repaired by hand, with a new key: %v", code)
	}
	turn("practice", "filters", "on")
	v.form("/rehearsal/reset").ok(t, "a reset")
	if body := string(v.get("/m/practice").body); strings.Contains(body, `data-testid="broken"`) {
		t.Error("after a reset the banner is still there")
	}
	if got := v.form("/rehearsal/break", "m", "practice-2", "switch", "no-such", "state", "on"); got.status == http.StatusOK {
		t.Errorf("after the reset a switch of the other namespace: %d at %s", got.status, got.path)
	}
}
