package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestReplaceInABrowser walks the wizard in a browser, the new key made there, and judges its pages at each gate
// as TestPagesLookRight does the others.
func TestReplaceInABrowser(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--replace-window", "1s")
	v := visit(t, p.url)
	made := v.form("/new", "name", "Orders", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "orders.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders",
		"ca_common_name", "Orders CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	old := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form("/cloud/orders.f45a2", "ca_bundle", old["ca.pem"], "m", strings.TrimPrefix(m, "/m/")).ok(t, "its CA saved")
	at := m + "/certificates/replace"

	b := openBrowser(t, true, 1280, 900)
	look := func(name string) {
		t.Helper()
		b.page(name, at, string(axe), p)
		b.open(p.url + at)
	}
	b.open(p.url + m + "/certificates")
	b.do(chromedp.Click(`#again > summary`, chromedp.NodeVisible))
	b.click("replace-wizard")
	b.waitPath("/certificates/replace")
	look("replace")
	b.click("replace-ca")
	b.do(chromedp.WaitVisible(`[data-testid="make-ca"]`))
	look("replace-begin")
	b.click("make-ca")
	b.do(chromedp.WaitVisible(`[data-testid="save-bundle"]`))
	look("replace-bundle")
	b.click("save-bundle")
	b.until("both CAs are seen", func() bool { return strings.Contains(b.html(), "Both CAs were seen in the namespace") })

	// The new key is made in this browser; Onramp gets a copy only because it is lent.
	b.is(`#maker-browser:checked`)
	b.click("make-leaf")
	b.do(chromedp.WaitVisible(`[data-testid="save-key"]`))
	b.until("the new certificate", func() bool { return strings.Contains(b.html(), "New client certificate") })
	b.click("save-key")

	// A check with each: the old key is pasted, the new one lent.
	for _, which := range []string{"old", "new"} {
		source := map[string]string{"old": "paste", "new": "lent"}[which]
		run := v.upload(at+"/check", "which", which, "key_source", source, "key_pem", old["client.key"]).ok(t, "a check with the "+which+" one").path
		if verdict := v.ended(run)["verdict"].(map[string]any); verdict["code"] != "OK" {
			t.Fatalf("the check with the %s certificate: %v", which, verdict["code"])
		}
	}
	look("replace-workers")
	b.has("GetClientCertificate")
	gone := func() bool { return strings.Contains(b.html(), "Put the old CA back") }
	within(t, "nobody is seen with the old one, and it goes", func() bool {
		b.open(p.url + at)
		b.click("remove-old")
		b.until("an answer", func() bool { return gone() || strings.Contains(b.html(), `id="problems"`) })
		return gone()
	})
	look("replace-done")
	if run := v.ended(v.upload(at+"/check", "which", "old", "key_source", "paste", "key_pem", old["client.key"]).ok(t, "the old one again").path); run["verdict"].(map[string]any)["code"] != "CL-03" {
		t.Errorf("the old certificate after its CA is gone: %v", run["verdict"])
	}
	b.clean(p.url)
}
