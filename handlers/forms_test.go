package handlers_test

import (
	"html"
	"strings"
	"testing"

	"onramp/certsvc"
)

// TestRefusedForms posts what each form must refuse straight to the server: 422, the same page with the
// values kept and the problem at its field, and nothing stored.
func TestRefusedForms(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed() // not tested yet: a transfer is refused
	full, _, _ := d.tested()
	junk := `<script>alert("x")</script>`
	form := func(base []string, change ...string) []string {
		out := append([]string{}, base...)
		for i := 0; i < len(change); i += 2 {
			found := false
			for j := 0; j < len(out); j += 2 {
				if out[j] == change[i] {
					out[j+1], found = change[i+1], true
				}
			}
			if !found {
				out = append(out, change[i], change[i+1])
			}
		}
		return out
	}
	certForm := func(change ...string) []string { return form(serverLane, change...) }
	csrLane := form(serverLane, "lane", "csr")
	xfer := func(change ...string) []string {
		return form(form(transferForm, "key_source", "paste", "key_pem", k.key), change...)
	}
	for _, tt := range []struct {
		name, path string
		fields     []string
		keeps      string // shown again
		says       string
	}{
		{"no name", "/new", []string{"name", "", "lang", "python", "mode", "rehearsal", "auth", "mtls"}, "", "needs a name"},
		{"a name beyond 80 characters", "/new", []string{"name", strings.Repeat("é", 81), "lang", "python", "mode", "rehearsal", "auth", "mtls"}, strings.Repeat("é", 81), "too long"},
		{"a name with a control character", "/new", []string{"name", "Pay\x07ments", "lang", "python", "mode", "rehearsal", "auth", "mtls"}, "", "cannot be shown"},
		{"markup as language", "/new", []string{"name", "Pay", "lang", junk, "mode", "rehearsal", "auth", "mtls"}, "Pay", "language"},
		{"no mode", "/new", []string{"name", "Pay", "lang", "go", "auth", "mtls"}, "Pay", "goes nowhere"},
		{"no auth", "/new", []string{"name", "Pay", "lang", "go", "mode", "cloud", "auth", "kerberos"}, "Pay", "sign in"},
		{"everything wrong", "/new", []string{"name", junk + strings.Repeat("x", 90)}, junk, "4 things to change"},
		{"a taken name", "/new", []string{"name", "money TRANSFER rehearsal", "lang", "go", "mode", "cloud", "auth", "mtls"}, "money TRANSFER rehearsal", "already a migration"},

		{"no namespace", m + "/namespace", []string{"namespace", ""}, "", "namespace"},
		{"blanks", m + "/namespace", []string{"namespace", "  \u00a0 "}, "", "namespace"},
		{"no account", m + "/namespace", []string{"namespace", "payments"}, "payments", "account"},
		{"markup", m + "/namespace", []string{"namespace", junk}, junk, "thing"},
		{"the Ops API", m + "/namespace", []string{"namespace", "saas-api.tmprl.cloud:443"}, "saas-api.tmprl.cloud:443", "IN-09"},
		{"a made-up region", m + "/namespace", []string{"namespace", "pay.a1b2c", "region", "mars-north-1"}, "pay.a1b2c", "no such region"},
		{"64 kB", m + "/namespace", []string{"namespace", strings.Repeat("a", 60000)}, "", "thing"},

		{"a made-up lane", m + "/certificates", certForm("lane", "magic"), "Payments CA", "not one of the choices"},
		{"a made-up maker", m + "/certificates", certForm("maker", "magic"), "Payments CA", "Who makes the key"},
		{"the browser without a request", m + "/certificates", certForm("maker", "browser"), "Payments CA", "made no key"},
		{"days in words", m + "/certificates", certForm("ca_days", "a year"), "a year", "number of days"},
		{"no day at all", m + "/certificates", certForm("ca_days", "-3"), "-3", "not a validity"},
		{"not one day", m + "/certificates", certForm("ca_days", "0"), "Payments CA", "number of days"},
		{"not one day for the client", m + "/certificates", certForm("leaf_days", "0"), "Payments CA", "number of days"},
		{"the client outlives its CA", m + "/certificates", certForm("ca_days", "10", "leaf_days", "20"), "20", "CH-12"},
		{"a key type of its own", m + "/certificates", certForm("key_type", "dsa-512"), "Payments CA", "no key type"},
		{"client and CA of one name", m + "/certificates", certForm("common_name", "X", "ca_common_name", "x"), "", "CH-21"},
		{"markup in a name", m + "/certificates", certForm("common_name", junk, "leaf_days", "0x"), junk, "number of days"},
		{"no request", m + "/certificates", form(csrLane, "csr", ""), "Payments CA", "request is missing"},
		{"a request that is none", m + "/certificates", form(csrLane, "csr", "hello"), "hello", "thing"},
		{"a key for a request", m + "/certificates", form(csrLane, "csr", k.key), "", "IN-16"},
		{"nothing to import", m + "/certificates", []string{"lane", "import"}, "", "things to change"},
		{"a CA as client certificate", m + "/certificates", []string{"lane", "import", "ca_pem", k.cert, "leaf_pem", k.ca}, "BEGIN CERTIFICATE", "thing"},
		{"a key among the certificates", m + "/certificates", []string{"lane", "import", "ca_pem", k.ca + k.key, "leaf_pem", k.cert}, "", "IN-16"},
		{"a key beside the client certificate", m + "/certificates", []string{"lane", "import", "ca_pem", k.ca, "leaf_pem", k.cert + k.key}, "", "IN-16"},

		{"no bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", ""}, "", "thing"},
		{"a client certificate as CA", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", k.cert}, "BEGIN CERTIFICATE", "thing"},
		{"a key in the bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", k.ca + k.key}, "", "private key"},
		{"markup in the bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", junk}, junk, "thing"},
		{"a namespace that is none", "/cloud", []string{"namespace", junk}, junk, "thing"},

		{"a test without a key", m + "/test", []string{"key_source", "paste", "task_queue", "q-7"}, "q-7", "private key is missing"},
		{"a key that is not lent", m + "/test", []string{"key_source", "lent", "task_queue", "q-7"}, "q-7", "No key is lent"},
		{"files without paths", m + "/test", []string{"key_source", "files", "task_queue", "q-7"}, "q-7", "2 things to change"},
		{"another source", m + "/test", []string{"key_source", "stolen", "task_queue", "q-7"}, "q-7", "not one of the choices"},
		{"a queue beyond Temporal's limit", m + "/test", []string{"key_source", "paste", "key_pem", k.key, "task_queue", strings.Repeat("q", 1001)}, "", "too long"},

		{"a transfer before the test", m + "/transfer", xfer(), "43-812", "has not been tested"},
		{"no money", full + "/transfer", xfer("amount", "0"), "43-812", "Nothing would be transferred"},
		{"an amount in words", full + "/transfer", xfer("amount", "ten"), "ten", "not a whole number"},
		{"less than nothing", full + "/transfer", xfer("amount", "-1"), "-1", "negative"},
		{"to oneself", full + "/transfer", xfer("source", "43-812"), "43-812", "Both accounts"},
		{"an account with markup", full + "/transfer", xfer("source", junk), junk, "may not"},
		{"a made-up scenario", full + "/transfer", xfer("scenario", "robbery"), "43-812", "no scenario"},
		{"a made-up worker", full + "/transfer", xfer("worker", "theirs"), "43-812", "no worker"},
		{"a made-up template", full + "/transfer", xfer("worker", "own", "template", "cobol"), "43-812", "no template"},
		{"no key", full + "/transfer", xfer("key_pem", ""), "43-812", "private key is missing"},

		{"no command", m + "/code/judge", []string{"command", " ", "lang", "python"}, "", "Paste the command"},
		{"a note without a reason", m + "/note", []string{"step", "code", "why", ""}, "", "reason is missing"},
		{"a note beyond 500 characters", m + "/note", []string{"step", "code", "why", strings.Repeat("y", 501)}, strings.Repeat("y", 501), "too long"},
		{"a note about step 1", m + "/note", []string{"step", "namespace", "why", "because"}, "", "cannot be noted"},
		{"a note about no step", m + "/note", []string{"step", junk, "why", "because"}, "", "cannot be noted"},
		{"a made-up theme", "/theme", []string{"theme", "neon"}, "", "not one of the choices"},
		{"lending nothing", m + "/certificates/lend", []string{"lend", "on"}, "", "no key to lend"},
		{"lending another key", m + "/certificates/lend", []string{"lend", "on", "lent_key", otherKey(t)}, "", "pair"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := d.snapshot()
			r := d.post(tt.path, tt.fields...).want(t, 422)
			if tt.says != "" && !strings.Contains(html.UnescapeString(r.body), tt.says) {
				t.Errorf("the page does not say %q\n%.2000s", tt.says, mainOf(r.body))
			}
			if tt.keeps != "" && !strings.Contains(html.UnescapeString(r.body), tt.keeps) {
				t.Errorf("the page does not keep %.80q\n%.3000s", tt.keeps, mainOf(r.body))
			}
			r.lacks(t, junk, "PRIVATE KEY", keyLine(k.key))
			if !strings.Contains(r.body, "<!doctype html>") || !strings.Contains(r.body, `id="rail"`) && strings.HasPrefix(tt.path, "/m/") && !strings.Contains(tt.path, "/lend") {
				t.Error("this is not the whole page")
			}
			if d.snapshot() != before {
				t.Error("something was stored")
			}
			// The script gets the same as fragments.
			d.fragment(tt.path, tt.fields...).want(t, 422).lacks(t, "<!doctype", "<head>")
		})
	}
}

// keyLine is a line that only the private key has.
func keyLine(pem string) string { return strings.Split(pem, "\n")[1] }

// otherKey is a private key that belongs to nothing here.
func otherKey(t *testing.T) string {
	t.Helper()
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "other", KeyType: certsvc.ECP256})
	check(t, err)
	return string(ca.Key.Reveal())
}

// TestLimits: a body beyond 64 kB, or 128 kB with files, is refused; files may be larger than what is typed.
func TestLimits(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	d.post(m+"/namespace", "namespace", strings.Repeat("a", 65<<10)).want(t, 413, "too much")
	d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "filler", strings.Repeat("a", 129<<10)).want(t, 413, "too much")
	d.finish(d.upload(m+"/test", "key_source", "paste", "@key_file", k.key, "filler", strings.Repeat("a", 100<<10)).to(t))
	d.send(d.request("POST", m+"/test", strings.NewReader("junk"), "Content-Type", "multipart/form-data; boundary=x")).want(t, 422, "cannot be read")
}

// TestRedirectsStayHere: where a form leads is a page of the portal, whatever it asks for.
func TestRedirectsStayHere(t *testing.T) {
	d := sit(t, deskOptions{})
	for _, tt := range []struct{ asked, want string }{
		{"/m/x/code?lang=go", "/m/x/code?lang=go"}, {"/", "/"}, {"", "/"}, {"//evil.example", "/"}, {"https://evil.example/", "/"},
		{`/\evil.example`, "/"}, {`\\evil.example`, "/"}, {"javascript:alert(1)", "/"}, {"evil.example", "/"}, {"/%2f/evil.example", "/"},
		{"/\r\nSet-Cookie: a=b", "/"}, {"///evil.example", "/"}, {"//evil.example/x", "/"}, {"/a\tb", "/"},
	} {
		r := d.post("/theme", "theme", "dark", "return", tt.asked)
		if got := r.to(t); got != tt.want {
			t.Errorf("return=%q leads to %q, want %q", tt.asked, got, tt.want)
		}
	}
}
