package handlers_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"onramp/static"
)

// observatory is the score of an answer by the table of the MDN HTTP Observatory (mdn-http-observatory, grader/charts.js,
// as of version 1.6.3): 100, less for what is missing, and more for what goes beyond, where nothing is.
func observatory(h http.Header, body string) (score int, why []string) {
	score = 100
	lose := func(n int, what string) { score, why = score-n, append(why, what) }
	gain := 0
	csp := map[string]string{}
	for _, d := range strings.Split(h.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
		csp[name] = value
	}
	switch all := h.Get("Content-Security-Policy"); {
	case all == "":
		lose(25, "no CSP")
	case strings.Contains(all, "unsafe-inline") || strings.Contains(all, "unsafe-eval") || strings.Contains(all, "data:") || strings.Contains(all, "http:"):
		lose(20, "an unsafe CSP")
	case csp["default-src"] == "'none'" && csp["form-action"] == "'self'" && csp["base-uri"] == "'none'":
		gain += 10
	}
	for _, c := range h.Values("Set-Cookie") {
		name, _, _ := strings.Cut(c, "=")
		switch {
		case !strings.Contains(c, "Secure"):
			lose(40, name+" goes without TLS")
		case !strings.Contains(c, "HttpOnly"):
			lose(30, name+" is for scripts")
		case !strings.Contains(c, "SameSite=") || !strings.HasPrefix(name, "__Host-"):
			lose(5, name+" lacks SameSite or its prefix")
		}
	}
	gain += 5 // every cookie is Secure, HttpOnly and SameSite
	switch h.Get("Referrer-Policy") {
	case "no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin":
		gain += 5
	case "unsafe-url", "origin", "origin-when-cross-origin":
		lose(5, "an unsafe referrer policy")
	}
	age := regexp.MustCompile(`^max-age=(\d{8,});`).FindStringSubmatch(h.Get("Strict-Transport-Security"))
	if age == nil || !strings.Contains(h.Get("Strict-Transport-Security"), "includeSubDomains") {
		lose(20, "no HSTS")
	}
	scripts := regexp.MustCompile(`<script[^>]*>`).FindAllString(body, -1)
	sealed := true
	for _, s := range scripts {
		sealed = sealed && strings.Contains(s, `integrity="sha384-`) && strings.Contains(s, `src="`+static.Prefix)
	}
	if sealed {
		gain += 5
	}
	if csp["frame-ancestors"] == "'none'" && h.Get("X-Frame-Options") != "" {
		gain += 5
	} else {
		lose(20, "it can be framed")
	}
	if h.Get("X-Content-Type-Options") != "nosniff" {
		lose(5, "types are guessed")
	}
	if h.Get("Access-Control-Allow-Origin") != "" {
		lose(50, "other sites read it")
	}
	for name, want := range map[string]string{"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"} {
		if h.Get(name) == want {
			gain += 10
		}
	}
	if score >= 90 { // bonuses are for those who lack nothing
		score += gain
	}
	return score, why
}

// TestASVS_3_4: the headers of every answer of a shared portal, whatever its status: 160 of 160 by the Observatory's
// table, on the worst of them.
// ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4, 3.4.1, 3.4.2, 3.4.3, 3.4.4, 3.4.5, 3.4.6, 3.4.8, 4.1.1, 14.3.2.
func TestASVS_3_4(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, all := d.routes()
	worst, answers := 1000, 0
	judge := func(r reply) {
		t.Helper()
		answers++
		score, why := observatory(r.header, r.body)
		if worst = min(worst, score); score < 160 {
			t.Errorf("%s (%d) scores %d: %v", r.path, r.status, score, why)
		}
		if len(r.body) > 0 && !strings.Contains(r.header.Get("Content-Type"), "charset=utf-8") && strings.HasPrefix(r.header.Get("Content-Type"), "text/") {
			t.Errorf("%s (%d) is %q", r.path, r.status, r.header.Get("Content-Type"))
		}
		if cached := strings.HasPrefix(r.path, static.Prefix) || r.path == "/favicon.ico"; !cached && r.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s (%d) may be kept", r.path, r.status)
		}
	}
	token := d.as
	for _, rt := range all {
		if rt.method != http.MethodGet || strings.HasSuffix(rt.pattern, "/events") {
			continue
		}
		d.as = token
		judge(d.get(rt.path))
		d.as = ""
		judge(d.get(rt.path))
		judge(d.get(rt.path, "Accept", "text/html"))
	}
	d.as = token
	judge(d.get("/nope"))
	judge(d.get("/m/nope"))
	judge(d.get(m + "/test/nope.json"))
	judge(d.send(d.request("DELETE", "/new", nil)))
	judge(d.send(d.request("TRACE", "/", nil)))
	judge(d.post("/new", "name", ""))
	judge(d.post("/new", "name", strings.Repeat("x", 70<<10)))
	judge(d.get("/", "Host", "evil.example"))
	judge(d.send(d.request("POST", "/new", nil, "Origin", "https://evil.example")))
	judge(d.post("/theme", "theme", "dark"))
	judge(d.post("/signin", "email", "dana@example.com", "password", word))
	judge(d.post("/signin", "email", "dana@example.com", "password", "wrong and wrong again"))
	d.as = d.signIn("dana@example.com")
	d.cloud.broken = true
	judge(d.get("/rehearsal").want(t, 500))
	d.as = d.join("viewer@example.com", 1)
	judge(d.post("/new", "name", "x").want(t, 403))
	judge(d.post("/signout").want(t, 303))
	t.Logf("figure: S2 worst=%d answers=%d", worst, answers)
	t.Logf("%d answers, the worst scores %d", answers, worst)
}
