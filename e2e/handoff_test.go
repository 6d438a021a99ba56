package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestHandoffFile: the file for the Cloud admin, opened from a disk, asks for nothing, fits a narrow screen in both
// themes, and holds the certificate that the migration has.
func TestHandoffFile(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	v.form("/new", "name", "Orders", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration")
	v.form("/m/orders/namespace", "namespace", "orders-production-with-a-long-name.a1b2c").ok(t, "its namespace")
	v.form("/m/orders/certificates", "lane", "make", "maker", "server", "organization", "Orders", "common_name", "orders", "ca_common_name", "Orders CA", "key_type", "ec-p384").ok(t, "its certificates")
	v.form("/new", "name", "Keyed", "lang", "go", "mode", "cloud", "auth", "api-key").ok(t, "a migration with an API key")
	v.form("/m/keyed/namespace", "namespace", "keyed.a1b2c").ok(t, "its namespace")
	v.form("/rehearse-now").ok(t, "a rehearsal")
	v.form("/m/money-transfer-rehearsal/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "its namespace")
	v.form("/m/money-transfer-rehearsal/certificates", "lane", "make", "maker", "server", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256").ok(t, "its certificates")
	b := openBrowser(t, true, 1280, 900)
	for _, m := range []string{"orders", "keyed", "money-transfer-rehearsal"} {
		file := filepath.Join(t.TempDir(), "handoff.html")
		if err := os.WriteFile(file, v.get("/m/"+m+"/handoff.html").ok(t, "the file").body, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{1280, 320} {
			for _, theme := range []string{"light", "dark"} {
				b.look(width, theme)
				b.open("file://" + file)
				b.judge(m+"'s hand-off", theme, width, string(axe))
				var scroll int64
				b.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &scroll))
				if scroll > width {
					t.Errorf("%s's hand-off is %d px wide at %d", m, scroll, width)
				}
				b.shot(m + "-handoff-" + theme)
			}
		}
		if m == "keyed" {
			b.has("never send it by email or chat")
			continue
		}
		if got, want := strings.TrimSpace(b.valueOf("#ca-pem")), strings.TrimSpace(string(v.get("/m/"+m+"/certificates/ca.pem").body)); got != want {
			t.Errorf("%s's hand-off holds\n%s\nwant\n%s", m, got, want)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.requests {
		if !strings.HasPrefix(r, "file://") && !strings.HasPrefix(r, "data:") {
			t.Errorf("the file asked for %s", r)
		}
	}
	for _, s := range b.troubles {
		t.Errorf("in the browser: %s", s)
	}
}

// TestHandoffJourney: the developer waits on step 3 with the page open and hands the file over; the admin follows it in the
// rehearsal cloud; the developer's page updates by itself. It has looked by itself too, and said so.
func TestHandoffJourney(t *testing.T) {
	p := openPortal(t, t.TempDir(), "127.0.0.1:0")
	v := visit(t, p.url)
	const m = "/m/money-transfer-rehearsal"
	v.form("/rehearse-now").ok(t, "a rehearsal")
	v.form(m+"/namespace", "namespace", "docs-assembly.a2dd6").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256").ok(t, "its certificates")

	developer := openBrowser(t, true, 1280, 800)
	developer.open(p.url + m + "/upload")
	developer.is(testID("handoff-file"))
	developer.is(testID("last-look")) // by itself, without a click
	developer.has("does not hold this CA certificate yet")

	file := filepath.Join(t.TempDir(), "handoff.html")
	if err := os.WriteFile(file, v.get(m+"/handoff.html").ok(t, "the file").body, 0o600); err != nil {
		t.Fatal(err)
	}
	admin := openBrowser(t, true, 1280, 800)
	admin.open("file://" + file)
	ca := strings.TrimSpace(admin.valueOf("#ca-pem"))
	var there string
	admin.do(chromedp.Evaluate(`[...document.querySelectorAll('ol + p a')].at(-1).href`, &there))
	if !strings.HasPrefix(there, p.url+"/cloud/docs-assembly.a2dd6") {
		t.Fatalf("the file leads to %s", there)
	}
	admin.open(there)
	admin.fill(testID("ca-bundle"), ca+"\n")
	admin.click("save-ca")
	admin.has("Saved")

	developer.is(testID("continue"))
	developer.until("the page says so", func() bool {
		return strings.Contains(developer.html(), "saved in the rehearsal cloud") || strings.Contains(developer.html(), "saved in the")
	})
	if strings.Contains(developer.html(), `data-testid="look-ca"`) {
		t.Error("the page goes on looking for what is there")
	}
	developer.clean(p.url)

	// Without JavaScript the page says that it does not look by itself, and the button does.
	v.form("/new", "name", "Plain", "lang", "go", "mode", "rehearsal", "auth", "mtls").ok(t, "another")
	v.form("/m/plain/namespace", "namespace", "plain.a2dd6").ok(t, "its namespace")
	v.form("/m/plain/certificates", "lane", "make", "maker", "server", "common_name", "plain", "ca_common_name", "Plain CA", "key_type", "ec-p256").ok(t, "its certificates")
	plain := openBrowser(t, false, 1280, 800)
	plain.open(p.url + "/m/plain/upload")
	plain.has("Without JavaScript this page does not check by itself")
	plain.click("look-ca")
	plain.has("Last checked")
	plain.clean(p.url)
}
