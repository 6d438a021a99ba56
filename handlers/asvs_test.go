package handlers_test

import (
	"mime"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"onramp/custody"
)

// TestASVS_2_3_1: nobody gets to a step by its address: what a step stands on has to be there, whoever asks and however.
// ASVS 2.3.1.
func TestASVS_2_3_1(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	k := func() keys { _, k := d.rehearsed(); return k }()
	m := strings.TrimSuffix(d.post("/new", "name", "Fresh", "lang", "go", "mode", "rehearsal", "auth", "mtls").to(t), "/namespace")
	pasted := []string{"key_source", "paste", "key_pem", k.key}
	steps := []struct {
		name, path string
		fields     []string
		says       string
	}{
		{"a check without a namespace", m + "/test", pasted, "no namespace"},
		{"a transfer without a namespace", m + "/transfer", append(append([]string{}, transferForm...), pasted...), ""},
		{"certificates' download before there are any", m + "/certificates/bundle.zip", nil, ""},
		{"a CA's key before there is one", m + "/certificates/ca-key.zip", nil, ""},
		{"keeping a key that nobody has", m + "/certificates/key/keep", []string{"ca_source", "held", "passphrase", phrase, "repeat", phrase}, ""},
		{"opening a key that was not kept", m + "/certificates/key/open", []string{"passphrase", phrase}, ""},
		{"another client before the first", m + "/certificates/clients", []string{"ca_from", "kept", "name", "eu", "maker", "server", "key_type", "ec-p256", "leaf_days", "30"}, ""},
		{"a replacement's second step before its first", m + "/certificates/replace/ca", newCAForm, ""},
		{"a replacement's end before its begin", m + "/certificates/replace/remove", []string{"gate", "ca"}, ""},
		{"taking back what was not begun", m + "/certificates/replace/back", []string{"gate", "ca"}, ""},
		{"a drill before a transfer", m + "/transfer/drill", drillForm, ""},
		{"looking for a worker without a namespace", m + "/code/worker", []string{"queue", "q"}, ""},
		{"a report of a check that nobody asked for", m + "/test/report", []string{"report", "{}"}, ""},
	}
	for _, x := range steps {
		before := d.snapshot()
		r := d.upload(x.path, x.fields...)
		if r.status < 400 || r.status >= 500 || !strings.Contains(r.body, x.says) {
			t.Errorf("%s answers %d, want a refusal that says %q\n%.800s", x.name, r.status, x.says, mainOf(r.body))
		}
		if d.snapshot() != before {
			t.Errorf("%s stored something", x.name)
		}
	}
	// And the same at each later step, until what it stands on is there.
	d.post(m+"/namespace", "namespace", "fresh.a1b2c").to(t)
	d.upload(m+"/transfer", append(append([]string{}, transferForm...), pasted...)...).want(t, 422)
}

// TestASVS_5_4: whatever is a file and no page is saved and not shown, under a name of ours that no text of a person can
// break out of.
// ASVS 3.2.1, 5.4.1, 5.4.2.
func TestASVS_5_4(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, all := d.routes()
	d.post(m+"/settings/name", "name", `evil"; filename="x.html ../../ü <b>`).to(t)
	name := regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*\.[a-z0-9]+$`)
	files := 0
	for _, rt := range all {
		if rt.method != http.MethodGet || strings.HasSuffix(rt.pattern, "/events") || strings.Contains(rt.pattern, "*") || rt.pattern == "/favicon.ico" {
			continue
		}
		r := d.get(rt.path + "?filename=x.html&name=x.html")
		kind, _, err := mime.ParseMediaType(r.header.Get("Content-Type"))
		check(t, err)
		saved := r.header.Get("Content-Disposition")
		switch ext := rt.pattern[strings.LastIndexByte(rt.pattern, '/')+1:]; {
		case kind == "text/html" && !strings.Contains(ext, "."), kind == "application/json", kind == "text/plain" && strings.HasSuffix(ext, "z"), saved == "" && r.status >= 300:
			continue
		case saved == "" && (kind == "text/plain" || kind == "text/markdown"): // to be read, and text to every browser
		case strings.HasPrefix(saved, "inline;") && kind == "text/calendar": // calendars read it by its address; no browser shows it as a page
		default:
			how, with, err := mime.ParseMediaType(saved)
			if err != nil || how != "attachment" || !name.MatchString(with["filename"]) || len(with) != 1 {
				t.Errorf("%s (%s) is given as %q", rt.path, kind, saved)
			}
		}
		files++
		if r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s could be read as something else", rt.path)
		}
	}
	if files < 10 {
		t.Errorf("only %d files", files)
	}
}

// lineOf is the newest line of the log for a route.
func (d *desk) lineOf(route string) string {
	lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "route="+route+" ") {
			return lines[i]
		}
	}
	return ""
}

// TestASVS_16_3: sign-ins, refused ones and sign-outs are in the audit; what was refused is in the log with who, when in
// which zone, what and where from; and so is a defect.
// ASVS 16.2.1, 16.2.2, 16.3.1, 16.3.2, 16.3.4.
func TestASVS_16_3(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	dana := d.as
	began := time.Now().Add(-time.Second)
	d.as = ""
	d.post("/signin", "email", "dana@example.com", "password", word).to(t)
	d.post("/signin", "email", "dana@example.com", "password", "wrong and wrong again").want(t, 401)
	d.post("/signin", "email", "eve@example.com", "password", "wrong and wrong again").want(t, 401)
	d.as = dana
	d.post("/again", "password", "wrong and wrong again").want(t, 401)
	d.as = d.signIn("dana@example.com")
	d.post("/signout").to(t)
	d.as = dana
	counts := map[custody.Verb]int{}
	rs, err := d.db.Records(t.Context(), custody.Query{})
	check(t, err)
	for _, r := range rs {
		if r.At.Before(began) || r.At.After(time.Now().Add(time.Second)) {
			continue
		}
		counts[r.Verb]++
		if r.Verb == custody.SignedIn || r.Verb == custody.SignInRefused || r.Verb == custody.SignedOut {
			if r.From == "" || r.Via == "" && r.From == "127.0.0.1" || r.Verb != custody.SignInRefused && r.Person == "" {
				t.Errorf("%s does not say who and where: %+v", r.Verb, r)
			}
		}
	}
	if counts[custody.SignedIn] < 2 || counts[custody.SignInRefused] != 3 || counts[custody.SignedOut] != 1 {
		t.Errorf("the audit has %d sign-ins, %d refused, %d sign-outs", counts[custody.SignedIn], counts[custody.SignInRefused], counts[custody.SignedOut])
	}
	at := regexp.MustCompile(`^time=(\S+) `)
	line := func(route, status, person, level string) {
		t.Helper()
		l := d.lineOf(route)
		m := at.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("no line for %s", route)
		}
		when, err := time.Parse(time.RFC3339Nano, m[1]) // which has a zone
		if err != nil || when.Before(began) || time.Since(when) > time.Minute {
			t.Errorf("the line of %s is of %s: %v", route, m[1], err)
		}
		for _, s := range []string{"status=" + status, "from=127.0.0.1", "person=" + person, "level=" + level, "id=", "method="} {
			if !strings.Contains(l, s) {
				t.Errorf("the line of %s lacks %s: %s", route, s, l)
			}
		}
	}
	d.as = d.join("viewer@example.com", custody.Viewer)
	viewer, err := d.people.Find(t.Context(), "viewer@example.com")
	check(t, err)
	d.post("/new", "name", "x").want(t, 403)
	line("/new", "403", viewer.ID, "INFO")
	d.get("/people").want(t, 403)
	line("/people", "403", viewer.ID, "INFO")
	d.get("/m/nope/report").want(t, 404)
	line("/m/{m}/report", "404", viewer.ID, "INFO")
	d.cloud.broken = true
	d.get("/rehearsal").want(t, 500)
	line("/rehearsal", "500", viewer.ID, "ERROR")
	d.as = ""
	d.get("/expiry").want(t, 401)
	if l := d.lineOf("/expiry"); !strings.Contains(l, "status=401") || strings.Contains(l, "person=") {
		t.Errorf("nobody's request is logged as %s", l)
	}
}

// TestASVS_16_4_1: nothing that somebody sends splits a line of the log, colours it or turns it around.
// ASVS 16.4.1.
func TestASVS_16_4_1(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	evil := []string{"a\r\nlevel=ERROR msg=forged", "\x1b[31mred", "\u202etxt", "\u2028level=ERROR", "\x00\x07\x9b", "a\" level=ERROR b=\""}
	for _, text := range evil {
		before := strings.Count(d.log.String(), "\n")
		sent := 0
		for _, path := range []string{"/new", "/m/nope/note", "/decode", "/signin", "/people", "/certificates/inspect", "/theme", "/search"} {
			d.post(path, "name", text, "lang", text, "step", text, "why", text, "error_text", text, "email", text, "password", text, "role", text, "text", text, "theme", text)
			sent++
		}
		for _, path := range []string{"/", "/search", "/m/nope", "/help/nope", "/start", "/signin/callback"} {
			r := d.request("GET", path, nil, "User-Agent", strings.Map(printableOnly, text), "X-Forwarded-For", strings.Map(printableOnly, text))
			r.URL.RawQuery = values([]string{"q", text, "t", text, "code", text, "state", text}).Encode()
			d.send(r)
			r = d.request("GET", "/", nil)
			r.URL.Path += text
			d.send(r)
			sent += 2
		}
		lines := strings.Split(strings.TrimSuffix(d.log.String(), "\n"), "\n")
		if got := len(lines) - before; got != sent {
			t.Errorf("%q: %d requests made %d lines", text, sent, got)
		}
		for _, l := range lines[before:] {
			if !strings.HasPrefix(l, "time=") || strings.ContainsAny(l, "\x1b\u202e\u2028\x00\x07\r") || strings.Contains(l, "level=ERROR") {
				t.Errorf("%q makes the line %q", text, l)
			}
		}
	}
}

// printableOnly drops what no header can hold.
func printableOnly(r rune) rune {
	if r < ' ' || r > '~' {
		return -1
	}
	return r
}

// TestASVS_16_5: a defect, and a database that fails, answer one request with a page that shows its number and nothing
// of the inside; nothing is changed, and the portal goes on.
// ASVS 16.5.1, 16.5.3, 16.5.4.
func TestASVS_16_5(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, _ := d.rehearsed()
	inside := []string{"hunter2", "goroutine", ".go:", "panic", "SQL", "disk full", "TRIGGER", "onramp/", d.dir}
	shown := func(r reply) {
		t.Helper()
		if r.status != http.StatusInternalServerError && r.status != http.StatusServiceUnavailable || !strings.Contains(r.body, r.header.Get("X-Request-Id")) {
			t.Errorf("%s answers %d", r.path, r.status)
		}
		r.lacks(t, inside...)
		if !strings.Contains(d.log.String(), "id="+r.header.Get("X-Request-Id")) {
			t.Error("the log does not have the number that the page shows")
		}
	}
	d.cloud.broken = true
	shown(d.get("/rehearsal"))
	shown(d.get("/rehearsal", "Accept", "application/json"))
	d.cloud.broken = false
	d.get("/rehearsal").want(t, 200)
	if !strings.Contains(d.log.String(), "hunter2") {
		t.Error("the log does not say what the defect was")
	}
	d.refuseAudit(t, true)
	before := d.dump(t)
	for path, fields := range map[string][]string{
		"/new":                {"name", "More", "lang", "go", "mode", "cloud", "auth", "mtls"},
		m + "/namespace":      {"namespace", "other.a1b2c"},
		m + "/certificates":   serverLane,
		m + "/note":           {"step", "code", "why", "deployed"},
		m + "/settings/name":  {"name", "Other"},
		"/people":             {"email", "x@example.com", "role", "viewer"},
		"/people/teams":       {"team_name", "Others"},
		"/signout":            nil,
		m + "/test/elsewhere": nil,
	} {
		shown(d.post(path, fields...))
	}
	if after := d.dump(t); after != before {
		t.Error("something was stored while the audit could not be written")
	}
	d.refuseAudit(t, false)
	d.get("/").want(t, 200)
	d.post("/new", "name", "More", "lang", "go", "mode", "cloud", "auth", "mtls").to(t)
}
