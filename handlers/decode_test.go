package handlers_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestDecodePage: a pasted error is explained or honestly not known, with the way on; no script is needed.
func TestDecodePage(t *testing.T) {
	d := sit(t, deskOptions{})
	d.get("/help").want(t, 200, `href="/decode"`)
	d.get("/nowhere").want(t, 404, `href="/decode"`)
	d.get("/decode").want(t, 200, `method="post" action="/decode"`, `name="error_text"`)
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"Rust core", `Failed client connect: received fatal alert: UnknownCA`, []string{"CL-03", `href="/help/CL-03"`, "This is", "received fatal alert: UnknownCA"}},
		{"Go", `dial tcp 3.4.5.6:7233: i/o timeout`, []string{"TC-02", `href="/help/TC-02"`, "Most likely this is"}},
		{"temporal", `Namespace default is not found.`, []string{"NS-11", `href="/help/NS-11"`}},
		{"not known", `Hello, is anybody there?`, []string{"Onramp does not recognise this text", "onramp check", `href="/help"`, "Test the connection of a migration"}},
		{"a long log", "tls: private key does not match public key\n" + strings.Repeat("x", 60<<10), []string{"KP-06"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d.post("/decode", "error_text", tt.text).want(t, 200, tt.want...)
			d.upload("/decode", "error_text", tt.text).want(t, 200, tt.want...)
		})
	}
}

// TestDecodeAttacked: what is pasted comes back harmless and bounded, and leaves no trace.
func TestDecodeAttacked(t *testing.T) {
	d := sit(t, deskOptions{})
	before := d.snapshot()
	for _, tt := range []struct {
		name, text string
		status     int
		lacks      []string
	}{
		{"HTML", `<script>alert("canary")</script><img src=x onerror=alert(1)> remote error: tls: bad certificate`, 200, []string{"<script>alert", "<img"}},
		{"terminal escapes", "\x1b]0;title\x07\x1b[31mremote error: tls: bad certificate\x00", 200, []string{"\x1b", "\x07", "\x00"}},
		{"bidirectional", "\u202eetacifitrec dab :slt \u2066 remote error: tls: bad certificate", 200, []string{"\u202e", "\u2066"}},
		{"a key", "-----BEGIN PRIVATE KEY-----\nc4naryKEY\n-----END PRIVATE KEY-----\nremote error: tls: bad certificate", 200, []string{"c4naryKEY"}},
		{"an API key", "TEMPORAL_API_KEY=c4naryKEY --api-key c4naryKEY remote error: tls: bad certificate", 200, []string{"c4naryKEY"}},
		{"a key that is cut off", "error: -----BEGIN EC PRIVATE KEY-----\nc4naryKEY" + strings.Repeat("A", 50<<10), 200, []string{"c4naryKEY"}},
		{"not UTF-8", "\xff\xfe remote error: tls: bad certificate", 200, []string{"\xff"}},
		{"nothing", " \n\t ", 422, nil},
		{"too long", strings.Repeat("x", 64<<10+1), 413, []string{"xxxxxxxx"}},
		{"far too long", strings.Repeat("c4naryKEY ", 20<<10), 413, []string{"c4naryKEY"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := d.upload("/decode", "error_text", tt.text).want(t, tt.status)
			r.lacks(t, tt.lacks...)
			if strings.Contains(tt.name, "key") {
				r.want(t, 200, "This text contained a secret")
			}
			if r.header.Get("Cache-Control") != "no-store" {
				t.Error("a cache may keep the answer")
			}
		})
	}
	d.send(d.request("POST", "/decode", strings.NewReader("error_text=x"), "Content-Type", "application/x-www-form-urlencoded", "Sec-Fetch-Site", "cross-site")).want(t, http.StatusForbidden)
	if d.snapshot() != before {
		t.Error("decoding stored something")
	}
	if log := d.log.String(); strings.Contains(log, "canary") || strings.Contains(log, "c4nary") || strings.Contains(log, "bad certificate") {
		t.Errorf("what was pasted is in the log:\n%s", log)
	}
}
