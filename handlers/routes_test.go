package handlers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"onramp/static"
)

// route is one entry of the table with its parameters filled in.
type route struct{ method, pattern, path string }

// routes are all routes, about a migration that has everything.
func (d *desk) routes() (m string, all []route) {
	d.t.Helper()
	m, check, transfer, k := d.moved()
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(d.t)
	drill := d.upload(m+"/transfer/drill", drillForm...).to(d.t)
	d.finish(drill)
	d.replacing(m)
	last := func(page string) string { return page[strings.LastIndexByte(page, '/')+1:] }
	err := chi.Walk(d.h.Router().(chi.Router), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		run := last(check)
		if strings.Contains(pattern, "/transfer/") {
			run = last(transfer)
		}
		if strings.Contains(pattern, "/drill/") {
			run = last(drill)
		}
		print := ""
		if v, err := d.acts.Book.View(d.t.Context(), strings.TrimPrefix(m, "/m/")); err == nil {
			print = v.Certificate.LeafFingerprint
		}
		path := strings.NewReplacer("/m/{m}", m, "{run}", run, "{other}", run, "{fp:[0-9a-f]{64}}", print, "{file}", "full-chain.pem", "{ns}", "docs-assembly.a2dd6", "{code}", "CL-01",
			static.Prefix+"*", static.URL("app.css")).Replace(pattern)
		if path == m+"/events" {
			path += "?on=run:" + last(check)
		}
		all = append(all, route{method, pattern, strings.TrimSuffix(path, "/")})
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return m, all
}

// TestGetChangesNothing: every GET answers about a full migration, and nothing is stored by it.
func TestGetChangesNothing(t *testing.T) {
	d := sit(t, deskOptions{})
	_, all := d.routes()
	before := d.snapshot()
	n := 0
	for _, rt := range all {
		if rt.method != http.MethodGet {
			continue
		}
		n++
		for _, suffix := range []string{"", "?follow=1"} {
			path := rt.path
			if strings.Contains(path, "?") && suffix != "" {
				continue
			}
			if r := d.get(path + suffix); r.status != http.StatusOK {
				t.Errorf("GET %s answered %d, want 200\n%.600s", path+suffix, r.status, mainOf(r.body))
			}
		}
		if r := d.send(d.request("HEAD", rt.path, nil)); r.status != http.StatusOK || r.body != "" {
			t.Errorf("HEAD %s answered %d with %d bytes, want 200 without a body", rt.path, r.status, len(r.body))
		}
	}
	if after := d.snapshot(); after != before {
		t.Errorf("a GET changed what is stored:\n%s\n%s", before, after)
	}
	if n < 25 {
		t.Errorf("only %d GET routes were walked", n)
	}
}

// TestStrangersPostsAreRefused: each state-changing route refuses what another site's page sends.
func TestStrangersPostsAreRefused(t *testing.T) {
	d := sit(t, deskOptions{})
	_, all := d.routes()
	before := d.snapshot()
	n := 0
	for _, rt := range all {
		if rt.method == http.MethodGet {
			continue
		}
		n++
		for _, h := range [][]string{
			{"Sec-Fetch-Site", "cross-site"},
			{"Sec-Fetch-Site", "same-site"}, // a sibling subdomain, or another port of this computer
			{"Origin", "https://evil.example"},
			{"Origin", "null"},
		} {
			r := d.send(d.request(rt.method, rt.path, strings.NewReader("namespace=evil.a1b2c&name=Evil&lang=go&mode=cloud&auth=mtls"),
				append([]string{"Content-Type", "application/x-www-form-urlencoded"}, h...)...))
			if r.status != http.StatusForbidden {
				t.Errorf("%s %s with %v answered %d, want 403", rt.method, rt.path, h, r.status)
			}
		}
	}
	if after := d.snapshot(); after != before {
		t.Error("a refused request changed what is stored")
	}
	if n < 15 {
		t.Errorf("only %d state-changing routes were walked", n)
	}
	// The same from a page of our own is let in, and so is a program without any of these headers.
	own := d.request("POST", "/theme", strings.NewReader("theme=dark"), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "same-origin", "Origin", d.srv.URL)
	d.send(own).want(t, http.StatusSeeOther)
}

// TestForeignHostsAreRefused: a name that was made to point at this computer gets nothing, on any route.
func TestForeignHostsAreRefused(t *testing.T) {
	d := sit(t, deskOptions{})
	_, all := d.routes()
	before := d.snapshot()
	port := d.srv.URL[strings.LastIndexByte(d.srv.URL, ':'):]
	for _, rt := range all {
		r := d.send(d.request(rt.method, rt.path, nil, "Host", "evil.example"+port))
		if r.status != http.StatusMisdirectedRequest || strings.Contains(r.body, "docs-assembly") {
			t.Errorf("%s %s under a foreign name answered %d", rt.method, rt.path, r.status)
		}
	}
	if d.snapshot() != before {
		t.Error("a refused request changed what is stored")
	}
	for host, want := range map[string]int{
		"localhost" + port: 200, "127.0.0.1" + port: 200, "[::1]" + port: 200, "LOCALHOST" + port: 200,
		"localhost": 421, "localhost:1": 421, "localhost." + port: 421, "127.0.0.2" + port: 421, "evil.localhost" + port: 421, "[::2]" + port: 421,
	} {
		if r := d.get("/", "Host", host); r.status != want {
			t.Errorf("GET / under %q answered %d, want %d", host, r.status, want)
		}
	}
}

// TestHeaders: every answer carries the security headers, whatever its status.
func TestHeaders(t *testing.T) {
	d := sit(t, deskOptions{})
	m, all := d.routes()
	var answers []reply
	for _, rt := range all {
		if rt.method == http.MethodGet {
			answers = append(answers, d.get(rt.path).want(t, 200))
		}
	}
	d.cloud.broken = true
	answers = append(answers,
		d.get("/nope").want(t, 404),
		d.get("/m/nope").want(t, 404),
		d.get(m+"/test/nope.json").want(t, 404),
		d.get(m+"/events?on=run:nope").want(t, 404),
		d.get(static.Prefix+"nope.js").want(t, 404),
		d.send(d.request("DELETE", "/new", nil)).want(t, 405),
		d.send(d.request("TRACE", "/", nil)).want(t, 405),
		d.post("/new", "name", "").want(t, 422),
		d.post(m+"/certificates/bundle.zip").want(t, 410),
		d.post("/new", "name", strings.Repeat("x", 70<<10)).want(t, 413),
		d.get("/", "Host", "evil.example").want(t, 421),
		d.send(d.request("POST", "/new", nil, "Sec-Fetch-Site", "cross-site")).want(t, 403),
		d.get("/rehearsal").want(t, 500, "Request").lacks(t, "hunter2", "goroutine"),
		d.post("/theme", "theme", "dark").want(t, 303),
		d.get("/favicon.ico").want(t, 200),
	)
	for _, r := range answers {
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types onramp",
		} {
			if got := r.header.Get(name); got != want {
				t.Errorf("%s (%d): %s is %q, want %q", r.path, r.status, name, got, want)
			}
		}
		if r.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s lets other sites read it", r.path)
		}
		cached := strings.HasPrefix(r.path, static.Prefix) && r.status == 200 || r.path == "/favicon.ico"
		if got := r.header.Get("Cache-Control"); !cached && got != "no-store" {
			t.Errorf("%s (%d): Cache-Control is %q, want no-store", r.path, r.status, got)
		}
		if r.header.Get("X-Request-Id") == "" {
			t.Errorf("%s (%d) has no request id", r.path, r.status)
		}
		if len(r.body) > 0 && r.header.Get("Content-Type") == "" {
			t.Errorf("%s (%d) has no content type", r.path, r.status)
		}
		for _, c := range r.header.Values("Set-Cookie") {
			if !strings.Contains(c, "SameSite=Strict") || !strings.Contains(c, "HttpOnly") {
				t.Errorf("%s sets a lax cookie: %s", r.path, c)
			}
		}
	}
	if !strings.Contains(d.log.String(), "hunter2") {
		t.Error("the cause of the 500 is not in the log")
	}
}
