package e2e

import (
	"context"
	"crypto/tls"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"go.temporal.io/sdk/client"
)

// checkedAt is where the wizard of the sign-in method checks with one of the methods.
func checkedAt(t *testing.T, page, which string) string {
	t.Helper()
	at := regexp.MustCompile(`(?s)id="check-` + which + `".*?At <code>(localhost:\d+)</code>`).FindStringSubmatch(page)
	if at == nil {
		t.Fatalf("the page names no address for the %s method:\n%s", which, page)
	}
	return at[1]
}

// refusedAt reports whether a program of the Go SDK is refused.
func refusedAt(o client.Options) bool {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cl, err := client.DialContext(ctx, o)
	if err == nil {
		_, err = cl.CheckHealth(ctx, nil)
		if err == nil {
			_, err = cl.DescribeTaskQueue(ctx, "keyed", 0)
		}
		cl.Close()
	}
	return err != nil
}

// TestSwitchUnderLoad changes the sign-in method of a namespace by the page's forms while two fleets of Go workers pay on one
// task queue: from client certificates to API keys, and back. Each time the gate is shut while the old fleet is seen and opens
// after it has gone, no call fails, and the old credential is refused at the end.
func TestSwitchUnderLoad(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	made := v.form("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "keyed.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	files := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form("/cloud/keyed.f45a2", "ca_bundle", files["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "its CA saved")
	v.get(m+"/code").ok(t, "the code page, which writes the trust files")
	at := m + "/switch"
	page := func() string { return string(v.get(at).ok(t, "the page").body) }
	says := func(what, text string) {
		t.Helper()
		within(t, what, func() bool { return strings.Contains(page(), text) })
	}
	shut := func(why string) {
		t.Helper()
		if r := v.form(at + "/off"); r.status != 409 || !strings.Contains(string(r.body), "still in use") {
			t.Errorf("%s: turning it off answers %d:\n%s", why, r.status, r.body)
		}
	}
	pair, err := tls.X509KeyPair([]byte(files["client.pem"]), []byte(files["client.key"]))
	if err != nil {
		t.Fatal(err)
	}
	roots := rootsOf(t, p)
	withCertificate := func(address string) client.Options {
		return client.Options{HostPort: address, Namespace: "keyed.f45a2", ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}}}
	}
	withKey := func(address, key string) client.Options {
		return client.Options{HostPort: address, Namespace: "keyed.f45a2", Credentials: client.NewAPIKeyStaticCredentials(key), ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{RootCAs: roots}}}
	}
	proves := func(which string, form ...string) {
		t.Helper()
		v.upload(at+"/check", append([]string{"which", which}, form...)...).ok(t, "a check with the "+which+" method")
	}
	n := &counted{}
	goesOn := func(what string, done *atomic.Int64) {
		t.Helper()
		was := done.Load()
		within(t, what+" pays", func() bool { return done.Load() > was+3 })
	}

	// From client certificates to API keys.
	certificates := v.ended(v.upload(m+"/test", "key_source", "paste", "key_pem", files["client.key"]).ok(t, "a check").path)["target"].(map[string]any)["address"].(string)
	first, stopFirst := pays(t, withCertificate(certificates), n)
	defer stopFirst()
	goesOn("the fleet with certificates", first)
	v.form(at).ok(t, "the beginning")
	if r := v.form(at + "/both"); r.status != 409 {
		t.Errorf("without both methods the first step answers %d", r.status)
	}
	says("what the account lacks", "Temporal Support has turned it on")
	v.form(at+"/account").ok(t, "an account with both")
	v.form(at+"/both").ok(t, "the first step")
	key := shownKey.FindString(string(v.form(at+"/new", "do", "make", "key_name", "fleet", "key_days", "30").ok(t, "an API key").body))
	if key == "" {
		t.Fatal("no key is shown")
	}
	proves("old", "key_source", "paste", "key_pem", files["client.key"])
	says("both have passed", "Move every worker, then turn client certificates off")
	says("the last step", "Waiting for workers")
	shut("one fleet with certificates")
	keys := checkedAt(t, page(), "new")
	if !refusedAt(withKey(certificates, key)) {
		t.Error("the namespace endpoint takes an API key while the namespace takes both methods")
	}
	second, stopSecond := pays(t, withKey(keys, key), n)
	defer stopSecond()
	goesOn("the fleet with keys", second)
	goesOn("the fleet with certificates beside it", first)
	shut("two fleets")
	stopFirst()
	says("nobody is seen with a certificate", "can be turned off now")
	v.form(at+"/off").ok(t, "the end")
	says("the end", "sign in with API keys now")
	goesOn("the fleet with keys alone", second)
	if !refusedAt(withCertificate(certificates)) {
		t.Error("a client certificate is still accepted")
	}
	proves("old", "key_source", "paste", "key_pem", files["client.key"])
	says("the old one is refused", "The namespace does not accept the client certificate")
	proves("new", "api_key", key)
	says("the new one passes after it", "The check with the API key passed")

	// And back, with the certificate of before.
	v.form(at).ok(t, "the way back")
	v.form(at+"/both").ok(t, "the first step")
	proves("new", "key_source", "paste", "key_pem", files["client.key"])
	proves("old", "api_key", key)
	says("the last step", "Waiting for workers")
	shut("one fleet with keys")
	third, stopThird := pays(t, withCertificate(certificates), n)
	defer stopThird()
	goesOn("the fleet with certificates", third)
	goesOn("the fleet with keys beside it", second)
	shut("two fleets")
	stopSecond()
	says("nobody is seen with a key", "can be turned off now")
	v.form(at+"/off").ok(t, "the end")
	says("the end", "sign in with client certificates now")
	goesOn("the fleet with certificates alone", third)
	if !refusedAt(withKey(keys, key)) {
		t.Error("the API key is still accepted")
	}
	proves("old", "api_key", key)
	says("the old one is refused", "The namespace does not accept the API key")
	proves("new", "key_source", "paste", "key_pem", files["client.key"])
	says("the new one passes after it", "The check with the client certificate passed")
	stopThird()
	if len(n.failed) > 0 {
		t.Errorf("%d of %d calls failed:\n%s", len(n.failed), n.made.Load(), strings.Join(n.failed, "\n"))
	}
	grepFiles(t, p.data, key[len(key)-24:])
	t.Logf("to API keys and back: %d payments with certificates, %d with API keys, %d with certificates again; %d calls, %d failed", first.Load(), second.Load(), third.Load(), n.made.Load(), len(n.failed))
}

// TestSwitchInABrowser walks the steps from client certificates to API keys in a browser, and judges the page at each step as
// TestPagesLookRight does the others.
func TestSwitchInABrowser(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	m, _ := v.tested(true)
	at := m + "/switch"
	b := openBrowser(t, true, 1280, 900)
	look := func(name string) {
		t.Helper()
		b.page(name, at, string(axe), p)
		b.open(p.url + at)
	}
	b.open(p.url + m + "/settings")
	b.click("switch-method")
	b.waitPath("/switch")
	look("method")
	b.click("start-switch")
	b.until("what the account lacks", func() bool { return b.count(testID("have-both")) == 1 })
	look("method-lacks")
	b.click("have-both")
	b.until("it may take both", func() bool { return b.count(testID("let-both")) == 1 })
	b.click("let-both")
	b.until("a key is to be made", func() bool { return b.count(testID("make-key")) == 1 })
	look("method-key")
	b.click("make-key")
	b.until("the key is shown", func() bool { return b.count(testID("api-key")) == 1 })
	key := shownKey.FindString(b.html())
	b.open(p.url + at)
	b.until("its check has passed", func() bool { return strings.Contains(b.html(), "The check with the API key passed") })
	if key == "" || strings.Contains(b.html(), key) {
		t.Error("the key is shown again, or never")
	}
	look("method-proof")
	b.click("check-old")
	b.until("both have passed", func() bool { return strings.Contains(b.html(), "with the old one") })
	look("method-workers")
	b.until("nobody is seen with a certificate", func() bool { return b.count(testID("turn-off")+":not([disabled])") == 1 })
	b.click("turn-off")
	b.has("Done on")
	look("method-done")
	b.clean(p.url)
}
