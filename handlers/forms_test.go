package handlers_test

import (
	"html"
	"strings"
	"testing"

	nethtml "golang.org/x/net/html"

	"onramp/certsvc"
)

// TestRefusedForms posts what each form must refuse straight to the server: 422, the same page with the
// values kept and the problem at its field, and nothing stored.
// ASVS 2.2.1, 2.2.2.
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
		at         string // the fields that it says it at
	}{
		{"no name", "/new", []string{"name", "", "lang", "python", "mode", "rehearsal", "auth", "mtls"}, "", "needs a name", "name"},
		{"a name beyond 80 characters", "/new", []string{"name", strings.Repeat("é", 81), "lang", "python", "mode", "rehearsal", "auth", "mtls"}, strings.Repeat("é", 81), "too long", "name"},
		{"a name with a control character", "/new", []string{"name", "Pay\x07ments", "lang", "python", "mode", "rehearsal", "auth", "mtls"}, "", "invisible character", "name"},
		{"markup as language", "/new", []string{"name", "Pay", "lang", junk, "mode", "rehearsal", "auth", "mtls"}, "Pay", "Onramp does not support this language", "lang"},
		{"no mode", "/new", []string{"name", "Pay", "lang", "go", "auth", "mtls"}, "Pay", "no destination", "mode"},
		{"no auth", "/new", []string{"name", "Pay", "lang", "go", "mode", "cloud", "auth", "kerberos"}, "Pay", "sign-in method", "auth"},
		{"everything wrong", "/new", []string{"name", junk + strings.Repeat("x", 90)}, junk, "4 things to change", "name lang mode auth"},
		{"a taken name", "/new", []string{"name", "money TRANSFER rehearsal", "lang", "go", "mode", "cloud", "auth", "mtls"}, "money TRANSFER rehearsal", "already a migration", "name"},

		{"no namespace", m + "/namespace", []string{"namespace", ""}, "", "There is no namespace", "namespace"},
		{"blanks", m + "/namespace", []string{"namespace", "  \u00a0 "}, "", "There is no namespace", "namespace"},
		{"no account", m + "/namespace", []string{"namespace", "payments"}, "payments", "The account ID is missing", "namespace"},
		{"markup", m + "/namespace", []string{"namespace", junk}, junk, "A placeholder was not filled in", "namespace"},
		{"the Ops API", m + "/namespace", []string{"namespace", "saas-api.tmprl.cloud:443"}, "saas-api.tmprl.cloud:443", "IN-09", "namespace"},
		{"a made-up region", m + "/namespace", []string{"namespace", "pay.a1b2c", "region", "mars-north-1"}, "pay.a1b2c", "no such region", "region"},
		{"64 kB", m + "/namespace", []string{"namespace", strings.Repeat("a", 60000)}, "", "This is too long", "namespace"},

		{"a made-up lane", m + "/certificates", certForm("lane", "magic"), "Payments CA", "not one of the choices", ""}, // which form it is: there is no such field
		{"a made-up maker", m + "/certificates", certForm("maker", "magic"), "Payments CA", "Where the key is made", "maker"},
		{"the browser without a request", m + "/certificates", certForm("maker", "browser"), "Payments CA", "did not create a key", "maker"},
		{"days in words", m + "/certificates", certForm("ca_days", "a year"), "a year", "number of days", "ca_days"},
		{"no day at all", m + "/certificates", certForm("ca_days", "-3"), "-3", "A validity of", "ca_days"},
		{"not one day", m + "/certificates", certForm("ca_days", "0"), "Payments CA", "number of days", "ca_days"},
		{"not one day for the client", m + "/certificates", certForm("leaf_days", "0"), "Payments CA", "number of days", "leaf_days"},
		{"the client outlives its CA", m + "/certificates", certForm("ca_days", "10", "leaf_days", "20"), "20", "CH-12", "leaf_days"},
		{"a key type of its own", m + "/certificates", certForm("key_type", "dsa-512"), "Payments CA", "Unknown key type", "key_type"},
		{"client and CA of one name", m + "/certificates", certForm("common_name", "X", "ca_common_name", "x"), "", "CH-21", "common_name"},
		{"markup in a name", m + "/certificates", certForm("common_name", junk, "leaf_days", "0x"), junk, "number of days", "leaf_days"},
		{"no request", m + "/certificates", form(csrLane, "csr", ""), "Payments CA", "request is missing", "csr"},
		{"a request that is none", m + "/certificates", form(csrLane, "csr", "hello"), "hello", "There is no PEM data in this text", "csr"},
		{"a key for a request", m + "/certificates", form(csrLane, "csr", k.key), "", "IN-16", "csr"},
		{"nothing to import", m + "/certificates", []string{"lane", "import"}, "", "things to change", "ca_pem leaf_pem"},
		{"a CA as client certificate", m + "/certificates", []string{"lane", "import", "ca_pem", k.cert, "leaf_pem", k.ca}, "BEGIN CERTIFICATE", "This is a client certificate, not the CA that signed it (CN=Payments CA,O=Payments)", "ca_pem"},
		{"a key among the certificates", m + "/certificates", []string{"lane", "import", "ca_pem", k.ca + k.key, "leaf_pem", k.cert}, "", "IN-16", "ca_pem"},
		{"a key beside the client certificate", m + "/certificates", []string{"lane", "import", "ca_pem", k.ca, "leaf_pem", k.cert + k.key}, "", "IN-16", "leaf_pem"},

		{"no bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", ""}, "", "There is no CA certificate", "ca_bundle"},
		{"a client certificate as CA", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", k.cert}, "BEGIN CERTIFICATE", "This is a client certificate, not the CA that signed it (CN=Payments CA,O=Payments)", "ca_bundle"},
		{"a key in the bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", k.ca + k.key}, "", "private key", "ca_bundle"},
		{"markup in the bundle", "/cloud/docs-assembly.a2dd6", []string{"ca_bundle", junk}, junk, "There is no CA certificate in this text", "ca_bundle"},
		{"a namespace that is none", "/cloud", []string{"namespace", junk}, junk, "A placeholder was not filled in", "namespace"},

		{"a test without a key", m + "/test", []string{"key_source", "paste", "task_queue", "q-7"}, "q-7", "private key is missing", "key_pem"},
		{"a key that is not lent", m + "/test", []string{"key_source", "lent", "task_queue", "q-7"}, "q-7", "no longer has the key", "key_source"},
		{"files without paths", m + "/test", []string{"key_source", "files", "task_queue", "q-7"}, "q-7", "2 things to change", "cert_path key_path"},
		{"another source", m + "/test", []string{"key_source", "stolen", "task_queue", "q-7"}, "q-7", "not one of the choices", "key_source"},
		{"a queue beyond Temporal's limit", m + "/test", []string{"key_source", "paste", "key_pem", k.key, "task_queue", strings.Repeat("q", 1001)}, "", "too long", "task_queue"},

		{"a transfer before the test", m + "/transfer", xfer(), "43-812", "has not been tested", ""},
		{"no money", full + "/transfer", xfer("amount", "0"), "43-812", "Nothing would be transferred", "amount"},
		{"an amount in words", full + "/transfer", xfer("amount", "ten"), "ten", "not a whole number", "amount"},
		{"less than nothing", full + "/transfer", xfer("amount", "-1"), "-1", "negative", "amount"},
		{"to oneself", full + "/transfer", xfer("source", "43-812"), "43-812", "Both accounts", "target"},
		{"an account with markup", full + "/transfer", xfer("source", junk), junk, "not allowed", "source"},
		{"a made-up scenario", full + "/transfer", xfer("scenario", "robbery"), "43-812", "Unknown scenario", "scenario"},
		{"a made-up worker", full + "/transfer", xfer("worker", "theirs"), "43-812", "Unknown worker", "worker"},
		{"a made-up template", full + "/transfer", xfer("worker", "own", "template", "cobol"), "43-812", "Unknown template", "template"},
		{"no key", full + "/transfer", xfer("key_pem", ""), "43-812", "private key is missing", "key_pem"},

		{"no command", m + "/code/judge", []string{"command", " ", "lang", "python"}, "", "Paste the command", "command"},
		{"a note without a reason", m + "/note", []string{"step", "code", "why", ""}, "", "reason is missing", "why"},
		{"a note beyond 500 characters", m + "/note", []string{"step", "code", "why", strings.Repeat("y", 501)}, strings.Repeat("y", 501), "too long", "why"},
		{"a note about step 1", m + "/note", []string{"step", "namespace", "why", "because"}, "", "cannot be marked", "step"},
		{"a note about no step", m + "/note", []string{"step", junk, "why", "because"}, "", "cannot be marked", "step"},
		{"a made-up theme", "/theme", []string{"theme", "neon"}, "", "not one of the choices", ""},
		{"lending nothing", m + "/certificates/lend", []string{"lend", "on"}, "", "no key that Onramp could use", ""},
		{"lending another key", m + "/certificates/lend", []string{"lend", "on", "lent_key", otherKey(t)}, "", "pair", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := d.snapshot()
			r := d.post(tt.path, tt.fields...).want(t, 422)
			if !strings.Contains(html.UnescapeString(r.body), tt.says) {
				t.Errorf("the page does not say %q\n%.2000s", tt.says, mainOf(r.body))
			}
			for _, field := range strings.Fields(tt.at) {
				title, fix := problemAt(t, r.body, field)
				if tt.at == field && field != "command" && !strings.Contains(title, tt.says) { // that has no list of its own
					t.Errorf("what leads to %s says %q, want %q", field, title, tt.says)
				}
				if fix == "" {
					t.Errorf("nothing stands under %s", field)
				}
			}
			if tt.keeps != "" && !strings.Contains(html.UnescapeString(r.body), tt.keeps) {
				t.Errorf("the page does not keep %.80q\n%.3000s", tt.keeps, mainOf(r.body))
			}
			r.lacks(t, junk, "PRIVATE KEY", keyLine(k.key))
			if !strings.Contains(r.body, "<!doctype html>") || !strings.Contains(r.body, `id="rail"`) && !strings.Contains(r.body, `id="steps"`) && strings.HasPrefix(tt.path, "/m/") && !strings.Contains(tt.path, "/lend") {
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

// problemAt is what the list of problems says and leads to a field with, and what stands under that field.
func problemAt(t *testing.T, page, field string) (title, fix string) {
	t.Helper()
	doc, err := nethtml.Parse(strings.NewReader(page))
	check(t, err)
	for n := range doc.Descendants() {
		switch {
		case n.Type != nethtml.ElementNode:
		case attribute(n, "href") == "#"+field:
			title += shownText(n.Parent)
		case attribute(n, "id") == field+"-error":
			fix += strings.TrimSpace(shownText(n))
		}
	}
	return title, fix
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
// ASVS 5.2.1.
func TestLimits(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	d.post(m+"/namespace", "namespace", strings.Repeat("a", 65<<10)).want(t, 413, "too large")
	d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "filler", strings.Repeat("a", 129<<10)).want(t, 413, "too large")
	d.finish(d.upload(m+"/test", "key_source", "paste", "@key_file", k.key, "filler", strings.Repeat("a", 100<<10)).to(t))
	d.send(d.request("POST", m+"/test", strings.NewReader("junk"), "Content-Type", "multipart/form-data; boundary=x")).want(t, 422, "cannot be read")
}

// TestRedirectsStayHere: where a form leads is a page of the portal, whatever it asks for.
// ASVS 3.7.2.
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
