package handlers_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestASVS_3_5_1: at a shared portal, forms of other sites' pages, and requests under other names, are refused on every
// route that changes something; a page of ours, and a program that says where it belongs, are let in.
// ASVS 3.5.1, 3.5.2.
func TestASVS_3_5_1(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	own := strings.TrimSuffix(d.srv.URL, "/")
	_, port, _ := strings.Cut(strings.TrimPrefix(own, "https://"), ":")
	cases := []struct {
		name    string
		headers []string
		let     bool
	}{
		{"our page", []string{"Sec-Fetch-Site", "same-origin"}, true},
		{"our page, a browser without Sec-Fetch-Site", nil, true},
		{"typed by a person", []string{"Sec-Fetch-Site", "none"}, true},
		{"another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, false},
		{"another site, an old browser", []string{"Origin", "https://evil.example"}, false},
		{"a sibling of the same site", []string{"Origin", "https://other.127.0.0.1:" + port, "Sec-Fetch-Site", "same-site"}, false},
		{"the same host on another port", []string{"Origin", "https://127.0.0.1:1"}, false},
		{"the same host without TLS", []string{"Origin", "http://127.0.0.1:" + port}, false},
		{"no origin", []string{"Origin", "null"}, false},
		{"an origin with a path", []string{"Origin", own + "/"}, false},
		{"an origin that begins as ours", []string{"Origin", own + ".evil.example"}, false},
		{"our origin, and the browser says another site", []string{"Sec-Fetch-Site", "cross-site"}, false},
		{"a program that does not say where it belongs", []string{"Origin", ""}, false},
		{"a made-up Sec-Fetch-Site", []string{"Sec-Fetch-Site", "SAME-ORIGIN"}, false},
		{"a name that was made to point here", []string{"Host", "evil.example:" + port, "Origin", "https://evil.example:" + port, "Sec-Fetch-Site", "same-origin"}, false},
		{"the same, an old browser", []string{"Host", "evil.example:" + port, "Origin", "https://evil.example:" + port}, false},
	}
	forms, cells, wrong := 0, 0, 0
	for _, x := range d.h.Declared() {
		if x.Method != http.MethodPost || x.Pattern == "/signout" {
			continue
		}
		forms++
		path := strings.NewReplacer("{m}", "nope", "{run}", "r", "{fp:[0-9a-f]{64}}", strings.Repeat("ab", 32), "{ns}", "n.a1b2c", "{person}", "u", "{token}", "t").Replace(x.Pattern)
		for _, c := range cases {
			r := d.send(d.request("POST", path, strings.NewReader("a=%zz"), append([]string{"Content-Type", "application/x-www-form-urlencoded"}, c.headers...)...))
			report := (strings.HasPrefix(path, "/report/") || path == "/unsubscribe") && c.headers != nil && c.headers[0] == "Origin" && c.headers[1] == ""
			refused := r.status == http.StatusForbidden && strings.Contains(r.body, "another site") || r.status == http.StatusMisdirectedRequest
			link := strings.HasPrefix(path, "/h/") && c.name == "no origin" // its pages tell nobody their address, and ask no cookie
			cells++
			if refused == (c.let || report || link) {
				wrong++
				t.Errorf("POST %s from %s answers %d", path, c.name, r.status)
			}
		}
		r := d.request("POST", path, strings.NewReader(""))
		r.Header.Add("Origin", "https://evil.example") // beside our own
		if got := d.send(r); got.status != http.StatusForbidden {
			t.Errorf("POST %s with two origins answers %d", path, got.status)
		}
	}
	if forms < 55 {
		t.Errorf("only %d forms", forms)
	}
	t.Logf("figure: S4 wrong=%d cells=%d senders=%d forms=%d", wrong, cells, len(cases), forms)
	for host, want := range map[string]int{"127.0.0.1:" + port: 200, "localhost:" + port: 421, "[::1]:" + port: 421, "evil.example": 421, "127.0.0.1": 421, "127.0.0.1:1": 421, "": 421} {
		r := d.request("GET", "/help", nil)
		if r.Host = host; host == "" {
			r.Host = "x"
		}
		if got := d.send(r); got.status != want {
			t.Errorf("GET under %q answers %d, want %d", host, got.status, want)
		}
	}
}

// TestASVS_4_1_3: what a request says of where it came from is believed of the reverse proxy that is named, and of
// nobody else.
// ASVS 4.1.3, 15.3.4.
func TestASVS_4_1_3(t *testing.T) {
	from := func(d *desk, headers ...string) string {
		t.Helper()
		d.get("/healthz", headers...).want(t, 200) // so short that its line is written before it is sent
		lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
		_, rest, _ := strings.Cut(lines[len(lines)-1], "from=")
		return strings.Fields(rest)[0]
	}
	direct := sharedDesk(t, deskOptions{})
	for _, forged := range [][]string{{"X-Forwarded-For", "203.0.113.9"}, {"X-Real-Ip", "203.0.113.9"}, {"Forwarded", "for=203.0.113.9"}, {"True-Client-Ip", "203.0.113.9"}, {"X-Forwarded-Host", "evil.example"}} {
		if got := from(direct, forged...); got != "127.0.0.1" {
			t.Errorf("%v makes the address %s", forged, got)
		}
	}
	behind := sharedDesk(t, deskOptions{proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.9.0.0/16")}})
	for said, want := range map[string]string{
		"203.0.113.9": "203.0.113.9", "198.51.100.1, 203.0.113.9": "203.0.113.9", "198.51.100.1, 203.0.113.9, 10.9.1.1": "203.0.113.9",
		"evil\"; drop, 203.0.113.9": "203.0.113.9", "nonsense": "127.0.0.1", "2001:db8::7": "2001:db8::7", "::ffff:203.0.113.9": "203.0.113.9", "": "127.0.0.1",
	} {
		if got := from(behind, "X-Forwarded-For", said); got != want {
			t.Errorf("X-Forwarded-For %q makes the address %s, want %s", said, got, want)
		}
	}
	port := behind.srv.URL[strings.LastIndexByte(behind.srv.URL, ':'):]
	behind.get("/help", "Host", "internal:8686", "X-Forwarded-Host", "127.0.0.1"+port).want(t, 200)
	behind.get("/help", "Host", "internal:8686", "X-Forwarded-Host", "evil.example").want(t, 421)
	behind.get("/healthz", "Host", "10.0.0.1:8686").want(t, 200, "ok")
	// Without TLS, and not from the proxy, nobody is served.
	other := sharedDesk(t, deskOptions{proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	other.get("/help").want(t, 421)
	other.get("/readyz").want(t, 200)
}

// TestASVS_13_4: nothing of the inside is answered to the outside: no metrics, no profiles, no files of the source, no
// TRACE; and metrics on loopback are for who asks by its address.
// ASVS 13.4.1, 13.4.2, 13.4.4, 13.4.5.
func TestASVS_13_4(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	for _, as := range []string{d.as, ""} {
		d.as = as
		for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/.git/config", "/.env", "/onramp.db", "/a/", "/a/..%2fonramp.db", "/server-status", "/swagger"} {
			if r := d.get(path); r.status != http.StatusNotFound && r.status != http.StatusUnauthorized {
				t.Errorf("%s answers %d", path, r.status)
			}
		}
		d.send(d.request("TRACE", "/", nil)).want(t, http.StatusMethodNotAllowed)
	}
	for host, want := range map[string]int{"127.0.0.1:9090": 200, "localhost:9090": 200, "[::1]:9090": 200, "evil.example:9090": 421, "evil.example": 421} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if d.h.MetricsRouter().ServeHTTP(w, r); w.Code != want {
			t.Errorf("metrics under %s answer %d, want %d", host, w.Code, want)
		}
	}
}

// TestASVS_14_2_1: no secret is in the log: passwords, tokens, links, what a form or an address holds (16.2.5 too).
// ASVS 14.2.1.
func TestASVS_14_2_1(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	token := d.join("omar@example.com", 1)
	d.as = ""
	d.get("/start?t=canary-link-token")
	d.post("/signin", "email", "canary-email@example.com", "password", "canary password 77")
	d.get("/search?q=canary-query", "Cookie", "__Host-onramp=canary-session")
	d.get("/canary-path")
	d.get("/signin/callback?code=canary-code&state=canary-state")
	d.as = token
	d.get("/audit?m=canary-move", "Referer", "https://127.0.0.1/canary-referer", "User-Agent", "canary-agent")
	d.send(d.request("HEAD", "/account", nil)).want(t, 200)
	for _, line := range strings.Split(d.log.String(), "\n") {
		if strings.Contains(line, "canary") || strings.Contains(line, token) || strings.Contains(line, word) {
			t.Errorf("the log holds %s", line)
		}
	}
	if !strings.Contains(d.log.String(), "person=u") {
		t.Error("the log does not say who")
	}
}
