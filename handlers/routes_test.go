package handlers_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"onramp/doctor"
	"onramp/migration"
	"onramp/static"
	"onramp/transfer"
)

// route is one entry of the table with its parameters filled in.
type route struct{ method, pattern, path string }

// routes are all routes, about a migration that has everything.
func (d *desk) routes() (m string, all []route) {
	d.t.Helper()
	m, check, moved, k := d.moved()
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(d.t)
	drill := d.upload(m+"/transfer/drill", drillForm...).to(d.t)
	d.finish(drill)
	assessed := d.upload(m+"/assess", assessForm...).to(d.t)
	d.finish(assessed)
	crossed := d.upload(m+"/cutover", cutoverForm...).to(d.t)
	d.finish(crossed)
	d.replacing(m)
	keyed, changing := d.rotating(), d.changing()
	last := func(page string) string { return page[strings.LastIndexByte(page, '/')+1:] }
	bulk := d.manyChecked(strings.TrimPrefix(m, "/m/"))
	err := chi.Walk(d.h.Router().(chi.Router), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		run := last(check)
		if strings.Contains(pattern, "/transfer/") {
			run = last(moved)
		}
		if strings.Contains(pattern, "/drill/") {
			run = last(drill)
		}
		if strings.Contains(pattern, "/assess/") {
			run = last(assessed)
		}
		if strings.Contains(pattern, "/cutover/") {
			run = last(crossed)
		}
		print := ""
		if v, err := d.acts.Book.View(d.t.Context(), strings.TrimPrefix(m, "/m/")); err == nil {
			print = v.Certificate.LeafFingerprint
		}
		path := strings.NewReplacer("/m/{m}", m, "{run}", run, "{other}", run, "{fp:[0-9a-f]{64}}", print, "{file}", "full-chain.pem", "{ns}", "docs-assembly.a2dd6", "{code}", "CL-01", "{bulk}", bulk,
			static.Prefix+"*", static.URL("app.css")).Replace(pattern)
		if path == m+"/events" {
			for _, on := range append(d.h.Feeds(), "run:"+last(check), "run:"+last(moved), "run:"+last(drill), "run:"+last(assessed), "poller&queue=q") {
				if on == "keys" { // a migration has certificates or API keys
					all = append(all, route{method, pattern, keyed + "/events?on=" + on})
					continue
				}
				if on == "switch" { // one of these is under way at a time
					all = append(all, route{method, pattern, changing + "/events?on=" + on})
					continue
				}
				all = append(all, route{method, pattern, path + "?on=" + on})
			}
			return nil
		}
		all = append(all, route{method, pattern, strings.TrimSuffix(path, "/")})
		return nil
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return m, all
}

// touched is everything that a request could have changed or dialled.
type touched struct {
	stored                  string
	changed, asked, dialled int64 // the cloud was changed, and asked; checks and transfers dialled
}

func (d *desk) touched() touched {
	d.t.Helper()
	return touched{d.snapshot(), d.cloud.changed.Load(), d.cloud.asked.Load(), d.asked.Load()}
}

// TestGetChangesNothing: every GET answers about a full migration, every stream too, and nothing is stored or dialled
// by it.
// ASVS 3.5.3.
func TestGetChangesNothing(t *testing.T) {
	d := sit(t, deskOptions{pollers: func(context.Context, transfer.Request) ([]transfer.Poller, error) {
		return []transfer.Poller{{Identity: "a worker that nobody looked for", LastAccess: time.Now()}}, nil
	}})
	m, all := d.routes()
	n := 0
	for _, rt := range all {
		if rt.method != http.MethodGet {
			continue
		}
		n++
		before := d.touched()
		if strings.HasSuffix(rt.pattern, "/events") {
			s := d.follow(rt.path)
			s.swap()
			s.close()
		} else {
			for _, suffix := range []string{"", "?follow=1"} {
				if r := d.get(rt.path + suffix); r.status != http.StatusOK {
					t.Errorf("GET %s answered %d, want 200\n%.600s", rt.path+suffix, r.status, mainOf(r.body))
				}
			}
		}
		if r := d.send(d.request("HEAD", rt.path, nil)); r.status != http.StatusOK || r.body != "" {
			t.Errorf("HEAD %s answered %d with %d bytes, want 200 without a body", rt.path, r.status, len(r.body))
		}
		after := d.touched()
		if after.stored != before.stored || after.changed != before.changed {
			t.Errorf("GET %s changed something: %s", rt.path, cmp.Diff(before.stored, after.stored))
		}
		if after.dialled != before.dialled && !strings.HasSuffix(rt.pattern, "/history.json") { // that is the server's to give
			t.Errorf("GET %s dialled %d times", rt.path, after.dialled-before.dialled)
		}
	}
	if n < 55 {
		t.Errorf("only %d GET routes were walked", n)
	}
	if v := d.view(m); v.Step(migration.StepCode).Status == migration.Done {
		t.Errorf("step 5 is done, and nobody looked for the worker: %s", v.Step(migration.StepCode).Evidence)
	}
}

// TestStreamsOnlyListen: a stream of a page asks nobody and writes nothing, also where a key is lent and a worker is
// there that has not been seen, and while a run is under way. That of a replacement reads who calls in the book of a
// cloud in this process, which costs no dial.
func TestStreamsOnlyListen(t *testing.T) {
	d := sit(t, deskOptions{byHand: true, pollers: func(context.Context, transfer.Request) ([]transfer.Poller, error) {
		return []transfer.Poller{{Identity: "a worker that nobody looked for", LastAccess: time.Now()}}, nil
	}})
	m, run, id := d.byHand()
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", d.lastKey).to(t)
	d.stage("input", doctor.Pass)
	d.logged(id, 1)
	if s := d.view(m).Step(migration.StepCode).Status; s == migration.Done {
		t.Fatal("the worker is seen already")
	}
	d.post(m+"/certificates/replace", "what", "ca").to(t)
	keyed, changing := d.rotating(), d.changing()
	before := d.touched()
	for _, on := range append(d.h.Feeds(), "run:"+id, "run:"+id+"&after=0", "poller&queue=TRANSFER_MONEY_TASK_QUEUE") {
		of := m
		switch on {
		case "keys":
			of = keyed
		case "switch":
			of = changing
		}
		s := d.follow(of + "/events?on=" + on)
		s.swap()
		if on == "replace" || on == "keys" || on == "switch" {
			before.asked = d.touched().asked
		}
		if after := d.touched(); after != before {
			t.Errorf("on=%s touched something: %d changes, %d questions to the cloud, %d dials\n%s", on, after.changed-before.changed, after.asked-before.asked,
				after.dialled-before.dialled, cmp.Diff(before.stored, after.stored))
		}
		s.close()
	}
	d.checks.close()
	d.finish(run)
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
			if strings.HasSuffix(rt.pattern, "/events") && !strings.Contains(rt.path, "on=run:") { // it does not end by itself
				s := d.follow(rt.path)
				answers = append(answers, reply{s.resp.StatusCode, s.resp.Header, s.swap().data, rt.path})
				s.close()
				continue
			}
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
