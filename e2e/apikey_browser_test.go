package e2e

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestAPIKeyInBrowser: by clicking only, with JavaScript and without: a migration that signs in with an API key, its key
// made in the rehearsal cloud, the test with it, and an environment judged; the answers are clean for axe and at 320 px.
func TestAPIKeyInBrowser(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	for _, tt := range []struct {
		name   string
		script bool
	}{{"with JavaScript", true}, {"without JavaScript", false}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // a portal and a browser each
			p := openPortal(t, t.TempDir(), "127.0.0.1:0")
			b := openBrowser(t, tt.script, 1280, 900)
			b.open(p.url + "/new")
			b.fill(testID("name"), "Keyed")
			b.click("mode-rehearsal")
			b.click("auth-api-key")
			b.clickTo("create-migration", "/m/keyed")
			b.fill(`[name="namespace"]`, "keyed.f45a2")
			b.clickTo("save-namespace", "/m/keyed/certificates")
			b.has("Namespace saved")
			b.has("Not needed with API keys")
			b.clickTo("open-cloud", "/cloud/keyed.f45a2")
			b.click("create-key")
			b.is(testID("new-key"))
			if tt.script { // axe needs the script engine
				b.judged("the new key", string(axe))
			}
			key := strings.TrimSpace(b.valueOf("#api-key"))
			if !shownKey.MatchString(key) {
				t.Fatalf("the key is %q", key)
			}
			b.open(p.url + "/m/keyed/test")
			b.fill(`[name="api_key"]`, key)
			b.clickTo("run-checks", "/m/keyed/test/")
			if !tt.script {
				b.follow(p)
			}
			b.until("the verdict", func() bool { return strings.Contains(b.html(), "Connected") })

			b.open(p.url + "/m/keyed/code")
			b.fill(`[name="api_key"]`, key)
			b.click("look-for-worker")
			b.has("Nobody polls TRANSFER_MONEY_TASK_QUEUE yet")
			b.clickTo("environment-link", "/code/environment")
			b.fill(testID("environment"), "TEMPORAL_HOST_URL=https://keyed.f45a2.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=keyed.f45a2\nTEMPORAL_TLS_SERVER_CA_CERT_PATH=/certs/ca.pem\n"+
				"TEMPORAL_TLS_CERT=/old/client.pem\nTEMPORAL_API_KEY="+key+"\nTEMPORAL_TLS=true\n")
			b.click("judge-environment")
			b.is(testID("environment-answer"))
			b.has("Cloud needs no CA here")
			if strings.Contains(b.html(), key) {
				t.Error("the key comes back")
			}
			if tt.script {
				b.judged("the judged environment", string(axe))
			}
			b.clean(p.url)
		})
	}
}

// judged looks at the page as it stands, which no address gives again: axe, and no overflow at 320 px.
func (b *browser) judged(what, axe string) {
	b.t.Helper()
	name := strings.ReplaceAll(what, " ", "-")
	b.look(1280, "light")
	b.judge(what, "light", 1280, axe)
	b.shot(name)
	var wide int64
	b.look(320, "dark")
	b.do(chromedp.Evaluate(`document.documentElement.scrollWidth`, &wide))
	if wide > 320 {
		b.t.Errorf("%s at 320 px is %d px wide", what, wide)
	}
	b.judge(what, "dark", 320, axe)
	b.shot(name + "-320-dark")
	b.do(emulation.SetEmulatedMedia(), emulation.SetDeviceMetricsOverride(1280, 900, 1, false))
}
