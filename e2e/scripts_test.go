package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// scripts are what an attacker writes into a field: an element, an event, the end of an attribute or of an element, an
// address, a template. Each is marked, so that it is seen where it became part of a page without running.
var scripts = []string{
	`<script data-planted>planted()</script>`,
	`"><img data-planted src=x onerror=planted()>`,
	`" autofocus onfocus=planted() data-planted="`,
	`' autofocus onfocus=planted() data-planted='`,
	`javascript:planted()`,
	`</textarea></title></pre><svg data-planted onload=planted()>`,
	`{{constructor.constructor('planted()')()}}${planted()}<%= planted() %>`,
}

// counter counts, in a browser, the planted scripts that ran and the violations of the Content-Security-Policy.
type counter struct {
	*browser
	mu         sync.Mutex
	pages      int
	ran        []string
	violations []string
	inserted   []string
}

func count(b *browser) *counter {
	b.t.Helper()
	c := &counter{browser: b}
	chromedp.ListenTarget(b.ctx, func(ev any) {
		call, ok := ev.(*cdpruntime.EventBindingCalled)
		if !ok {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		switch call.Name {
		case "plantedRan":
			c.ran = append(c.ran, call.Payload)
		case "policyViolated":
			c.violations = append(c.violations, call.Payload)
		}
	})
	b.do(cdpruntime.AddBinding("plantedRan"), cdpruntime.AddBinding("policyViolated"),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := page.AddScriptToEvaluateOnNewDocument(`window.planted = () => plantedRan(location.pathname);
				document.addEventListener('securitypolicyviolation', e => policyViolated(location.pathname + ' ' + e.effectiveDirective + ' ' + e.blockedURI))`).Do(ctx)
			return err
		}))
	return c
}

// looked counts the page that is shown, and what of a planted text became part of it.
func (c *counter) looked() {
	c.t.Helper()
	var n int
	c.do(chromedp.Evaluate(`document.querySelectorAll('[data-planted],[onerror],[onload],[onfocus],[href^="javascript:" i],[src^="javascript:" i],[action^="javascript:" i]').length`, &n))
	c.pages++
	if n > 0 {
		c.inserted = append(c.inserted, c.path())
	}
}

// visit opens a page and counts it.
func (c *counter) visit(url string) {
	c.t.Helper()
	c.open(url)
	c.looked()
}

// TestCounterCounts: a page without a policy runs what is planted in it; one with the portal's own only violates it.
func TestCounterCounts(t *testing.T) {
	policy := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if policy != "" {
			w.Header().Set("Content-Security-Policy", policy)
		}
		fmt.Fprintf(w, `<!DOCTYPE html><title>t</title><p>%s<p>"%s`, scripts[0], scripts[1])
	}))
	defer srv.Close()
	c := count(openBrowser(t, true, 1280, 900))
	c.visit(srv.URL)
	c.until("two scripts that ran", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.ran) >= 2 })
	if len(c.violations) != 0 || len(c.inserted) != 1 {
		t.Errorf("without a policy: %q violated, %q inserted", c.violations, c.inserted)
	}
	policy = "default-src 'none'; script-src 'self'"
	ran := len(c.ran)
	c.visit(srv.URL)
	c.until("three violations", func() bool { c.mu.Lock(); defer c.mu.Unlock(); return len(c.violations) >= 3 })
	if len(c.ran) != ran {
		t.Errorf("with a policy %d ran", len(c.ran)-ran)
	}
}

// sent is a form of a page that was filled.
type sent struct {
	Action string
	Fields []string
}

// fillForms fills the forms of the page that is open, one at a time, and sends them as a reader does. text gives what to
// write into a field; "" leaves it as it is. A form that met has is left out.
func (c *counter) fillForms(at string, met func(sent) bool, text func(form sent, field int) string) (n int) {
	c.t.Helper()
	c.visit(at)
	var forms []sent
	c.do(chromedp.Evaluate(`[...document.forms].map(f => ({ Action: f.method + ' ' + new URL(f.action).pathname, Fields: [...f.elements].filter(`+fillable+`).map(e => e.name) }))`, &forms))
	for i, f := range forms {
		if len(f.Fields) == 0 || dangerous.MatchString(f.Action) || met(f) {
			continue
		}
		if n > 0 {
			c.open(at)
		}
		values := make([]string, len(f.Fields))
		for k := range f.Fields {
			values[k] = text(f, k)
		}
		with, err := json.Marshal(values)
		if err != nil {
			c.t.Fatal(err)
		}
		var there bool
		c.do(chromedp.Evaluate(fmt.Sprintf(`((i, values, action) => {
			const f = document.forms[i];
			if (!f || f.method + ' ' + new URL(f.action).pathname !== action) return false; // the page is another one since
			[...f.elements].filter(%s).forEach((e, k) => {
				if (values[k]) { e.value = values[k]; e.removeAttribute('maxlength'); e.removeAttribute('pattern'); }
				else if (e.required && !e.value) e.value = 'x';
			});
			for (const e of f.elements) if (e.type === 'email' && !e.value) e.value = 'somebody' + i + '@example.com';
			f.noValidate = true;
			window.before = true;
			f.requestSubmit(); return true;
		})(%d, %s, %q)`, fillable, i, with, f.Action), &there))
		if !there {
			continue
		}
		n++
		// Another page, or what a script of ours put into this one.
		for end := time.Now().Add(1200 * time.Millisecond); time.Now().Before(end); {
			var gone bool
			if err := chromedp.Run(c.ctx, chromedp.Evaluate(`!window.before && document.readyState === 'complete'`, &gone)); err == nil && gone {
				break
			}
			<-time.After(30 * time.Millisecond)
		}
		c.looked()
	}
	return n
}

const fillable = `e => (e.tagName === 'TEXTAREA' || e.tagName === 'INPUT' && ['text', 'search', 'url', 'tel'].includes(e.type)) && e.name`

// dangerous are the forms that would end the journey.
var dangerous = regexp.MustCompile(`/(signout|signin|again|start|theme|delete|disable|reset|break|archive)$`)

// TestPlantedScripts: scripts of every kind are written into every text field that a person can fill, into addresses, into
// what is posted and imported, and into the name of a browser; then every page is opened in Chromium. None runs, none
// becomes part of a page, and no page violates its own policy.
func TestPlantedScripts(t *testing.T) {
	if !*patient {
		t.Skip("it takes minutes: make figures ONLY=S15")
	}
	s := openShared(t, "--rehearsal", "on", "--targets", "127.0.0.1")
	dana := s.person()
	const first = "otter lantern brisk 41 gravel"
	s.want(303, dana, "POST", "/start", "t", strings.SplitN(s.line.First, "t=", 2)[1], "name", "dana", "email", "dana@example.com", "password", first)
	follows := *dana
	follows.CheckRedirect = nil
	v := &visitor{t: t, client: &follows, base: s.public}

	// Migrations in which each page has something to show; their names are scripts too.
	m, _ := v.tested(true)
	v.upload(m+"/transfer", transferForm("success", "once", "t")...).ok(t, "a transfer")
	v.upload(m+"/transfer/drill", "once", "d", "count", "5", "rate", "20", "scenario", "flaky", "worker", "builtin", "beside", "none", "key_source", "lent").ok(t, "a drill")
	keyed := keyedMove(t, v)
	cloud := strings.TrimSuffix(v.form("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration to Temporal Cloud").path, "/namespace")
	v.form(cloud+"/namespace", "namespace", "ledger.a1b2c").ok(t, "its namespace")
	v.form(cloud+"/certificates", append(slices.Clone(serverMade), "organization", scripts[0], "lend", "on")...)
	v.form(cloud+"/certificates", append(slices.Clone(serverMade), "lend", "on")...).ok(t, "its certificates")
	handed := regexp.MustCompile(`/h/[0-9a-z]{52}`).FindString(string(v.form(cloud+"/upload/links", "for", scripts[1]).ok(t, "a link").body))
	v.form(cloud+"/certificates/replace", "what", "ca").ok(t, "its replacement")
	for i, script := range scripts {
		agent, err := http.NewRequestWithContext(t.Context(), "POST", s.public+"/signin", strings.NewReader(url.Values{"email": {"dana@example.com"}, "password": {first}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		agent.Header.Set("User-Agent", script)
		agent.Header.Set("Origin", s.public)
		agent.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if resp, err := s.person().Do(agent); err != nil {
			t.Fatal(err)
		} else {
			resp.Body.Close()
		}
		named := v.form("/new", "name", script, "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration with a script for its name").path
		named = strings.TrimSuffix(named, "/namespace")
		v.form(named+"/note", "step", "upload", "why", script)
		v.form("/people/teams", "team_name", script)
		v.form("/people", "email", fmt.Sprintf("p%d@example.com", i), "name", script, "role", "viewer")
		v.form("/migrations/import", "lang", "go", "auth", "mtls", "list", "cluster,namespace,cloud_namespace,region,name\n"+strings.Repeat(`"`+strings.ReplaceAll(script, `"`, `""`)+`",`, 5)+"\n")
		v.form("/migrations/import", "lang", "go", "auth", "mtls", "confirm", "yes", "list", fmt.Sprintf("namespace,cloud_namespace,name\nn%d,n%d.a1b2c,\"%s\"\n", i, i, strings.ReplaceAll(script, `"`, `""`)))
		v.form(m+"/test/report", "report_by", script, "report", `{"schema":"onramp.check/1","tested_from":`+quoted(script)+`,"stages":[{"id":"tls","status":"fail","summary":`+quoted(script)+`,"evidence":{"server_name":`+quoted(script)+`}}],"verdict":{"code":"TL-01","level":"likely","title":`+quoted(script)+`,"cause":`+quoted(script)+`,"fix":`+quoted(script)+`}}`)
	}

	c := count(s.browse(true))
	s.signIn(c.browser, "dana@example.com", first)
	from := []string{"/", "/?archived=1", "/people", "/operations", "/account", "/audit", "/migrations", "/decode", "/certificates/inspect", "/assess", "/nowhere", m, keyed, cloud, m + "/certificates/filters", cloud + "/certificates/replace"}
	forms, fields, submissions := map[string]bool{}, map[string]bool{}, 0
	pages := everyPage(t, v, from...)
	// What ends an element, what ends an attribute, and what is an address; then one field at a time.
	typed := []string{scripts[0] + scripts[1] + scripts[5], scripts[2] + scripts[3], scripts[4] + scripts[6]}
	for round := range len(typed) + 1 {
		met := map[string]bool{}
		for _, at := range pages {
			if strings.Contains(at, "/test/") || strings.Contains(at, "/help/") {
				continue // the forms of other pages, again
			}
			submissions += c.fillForms(s.public+at, func(f sent) bool {
				kind := perMigration.ReplaceAllString(f.Action, "/m/*") + " " + strings.Join(f.Fields, " ")
				again := met[kind]
				met[kind], forms[kind] = true, true
				return again
			}, func(f sent, k int) string {
				fields[perMigration.ReplaceAllString(f.Action, "/m/*")+" "+f.Fields[k]] = true
				if round == len(typed) && k != len(f.Action)%len(f.Fields) { // one field alone, so that the others do not refuse it
					return ""
				}
				return typed[(round+k)%len(typed)]
			})
		}
	}
	submissions += c.fillForms(s.public+handed, func(sent) bool { return false }, func(_ sent, k int) string { return scripts[k%len(scripts)] })
	c.visit(s.public + handed)
	for _, script := range scripts {
		for _, at := range []string{"/search?q=%s", "/migrations?q=%s", "/migrations?sort=%s", "/nowhere/%s", "/help/%s", "/m/%s", "/signin?next=%s", "/again?next=%s", "/?show=%s", m + "/code?lang=%s", "/start?t=%s", "/h/%s", "/unsubscribe?t=%s", m + "/test?said=%s"} {
			c.visit(s.public + fmt.Sprintf(at, url.QueryEscape(script)))
		}
	}
	c.signedIn(s, first)
	for _, at := range everyPage(t, v, from...) {
		c.visit(s.public + at)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.inserted)
	for what, list := range map[string][]string{"violates its policy": c.violations, "ran a planted script": c.ran, "has a planted element": slices.Compact(c.inserted)} {
		for _, at := range list {
			t.Errorf("%s %s", at, what)
		}
	}
	t.Logf("figure: S15 violations=%d scripts_that_ran=%d elements_planted=%d pages=%d submissions=%d forms=%d text_fields=%d", len(c.violations), len(c.ran), len(c.inserted), c.pages, submissions, len(forms), len(fields))
}

// signedIn signs in again where a form has ended the session.
func (c *counter) signedIn(s *sharedPortal, word string) {
	c.t.Helper()
	c.open(s.public + "/account")
	if strings.HasPrefix(c.path(), "/signin") {
		s.signIn(c.browser, "dana@example.com", word)
	}
}

var perMigration = regexp.MustCompile(`/m/[^/]+`)

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}
