package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestOwnCAInTheBrowser: the browser makes the client's key, and the CA that was dropped with it signs the request;
// the page keeps the key, and Onramp keeps neither. Then one more client is issued by dropping the CA again.
func TestOwnCAInTheBrowser(t *testing.T) {
	dir := t.TempDir()
	if a := run(t, cleanEnv(), "cert", "ca", "--out", dir, "--cn", "Our PKI", "--org", "Acme"); a.code != 0 {
		t.Fatal(a.err)
	}
	p := openPortalAtHome(t)
	b := openBrowser(t, true, 1280, 900)
	b.open(p.url + "/")
	b.click("rehearse-now")
	b.waitPath("/namespace")
	m := b.path()[:len(b.path())-len("/namespace")]
	b.open(p.url + m + "/certificates?lane=own-ca")
	b.is(`#maker-browser:checked`)
	b.do(chromedp.SetUploadFiles(`[data-testid="own-ca-files"]`, []string{dir + "/ca.key", dir + "/ca.pem"}))
	b.fill(`[name="common_name"]`, "worker")
	b.click("create-certificates")
	b.do(chromedp.WaitVisible(`[data-testid="save-key"]`))
	b.has("CN=Our PKI")
	b.has("Signed by your CA")
	b.clickTo("save-key", "/upload")

	b.open(p.url + m + "/certificates/clients")
	b.fill(`[data-testid="client-name"]`, "worker-eu")
	b.do(chromedp.SetUploadFiles(`[data-testid="client-ca-files"]`, []string{dir + "/ca.pem", dir + "/ca.key"}))
	b.click("issue-client")
	b.do(chromedp.WaitVisible(`[data-testid="take-key"]`))
	b.has("CN=worker-eu")
	b.clean(p.url)
	noKeyAnywhere(t, p)
}
