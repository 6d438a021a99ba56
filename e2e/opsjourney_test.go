package e2e

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestOpsJourney: by clicking only, with a Cloud Ops key and without a word copied or pasted: a namespace is created with its
// CA certificate, the connection tested, money transferred; then a second migration chooses another namespace from the list
// and adds its CA certificate there. With JavaScript and without. TestJourney is the way without a key.
func TestOpsJourney(t *testing.T) {
	axe, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs axe-core.", err)
	}
	for _, tt := range []struct {
		name   string
		script bool
	}{{"with JavaScript", true}, {"without JavaScript", false}} {
		t.Run(tt.name, func(t *testing.T) {
			p := openPortal(t, t.TempDir(), "127.0.0.1:0")
			b := openBrowser(t, tt.script, 1280, 900)
			judged := func(what string) {
				if tt.script { // axe needs the script engine
					b.judged(what, string(axe))
				}
			}
			began := time.Now()
			m := b.newRehearsal(p, "Orders")
			b.clickTo("open-ops", m+"/ops")
			judged("no key yet")
			b.click("own-ops-key")
			b.has("owner@a2dd6.rehearsal.invalid")
			judged("an empty account")
			b.clickTo("certificates-first", m+"/certificates")
			b.certified(tt.script)
			b.open(p.url + m + "/namespace")
			b.clickTo("open-ops", m+"/ops")
			b.click("ops-create")
			b.has("namespace orders.a2dd6")
			judged("the difference")
			b.click("ops-apply")
			b.has("The change is made")
			judged("the change is made")
			b.clickTo("continue", m+"/test")
			b.connectedAndPaid(p, m, tt.script)
			t.Logf("empty account to completed transfer: %s", time.Since(began).Round(time.Millisecond))
			b.open(p.url + m)
			b.has("5 of 6")

			second := b.newRehearsal(p, "Billing")
			b.open(p.url + "/cloud")
			b.fill(`[name="namespace"]`, "billing.a2dd6") // somebody else makes it
			b.on(`[name="namespace"]`, `e.form.requestSubmit ? e.form.requestSubmit() : e.form.submit()`)
			b.has("billing.a2dd6")
			b.open(p.url + second + "/namespace")
			b.clickTo("open-ops", second+"/ops")
			b.click("own-ops-key")
			b.has("Use this one")
			b.clickTo("choose-billing-a2dd6", second+"/certificates")
			b.certified(tt.script)
			b.open(p.url + second + "/upload")
			b.clickTo("open-ops", second+"/ops")
			b.click("ops-add-ca")
			b.is(testID("ops-apply"))
			b.click("ops-apply")
			b.has("The change is made")
			b.clickTo("continue", second+"/test")
			b.connectedAndPaid(p, second, tt.script)
			b.open(p.url + second + "/settings")
			b.has("The namespace in the rehearsal cloud")
			judged("settings with the namespace as read")
			b.open(p.url + second + "/ops")
			b.click("forget-ops-key")
			b.has("Use a key of the rehearsal cloud")
			b.clean(p.url)
			noKeyAnywhere(t, p)
		})
	}
}

// newRehearsal makes a migration of a rehearsal and opens its step 1.
func (b *browser) newRehearsal(p *portal, name string) string {
	b.t.Helper()
	b.open(p.url + "/new")
	b.fill(testID("name"), name)
	b.click("mode-rehearsal")
	b.clickTo("create-migration", "/m/")
	return "/" + strings.Join(strings.Split(strings.Trim(strings.Split(b.path(), "?")[0], "/"), "/")[:2], "/")
}

// certified makes certificates on the page of step 2.
func (b *browser) certified(script bool) {
	b.t.Helper()
	b.click("create-certificates")
	b.is(testID("download-ca"))
	if script { // the key is only in this page
		b.clickTo("save-key", "/certificates/unsaved")
	}
}

// connectedAndPaid runs the checks with the key that Onramp may use, then a test transfer.
func (b *browser) connectedAndPaid(p *portal, m string, script bool) {
	b.t.Helper()
	follow := func() {
		if !script {
			b.follow(p)
		}
	}
	b.clickTo("run-checks", m+"/test/")
	follow()
	b.until("the verdict", func() bool {
		return strings.Contains(b.html(), `data-testid="verdict"`) && strings.Contains(b.html(), "Connected")
	})
	b.open(p.url + m + "/transfer")
	b.clickTo("start-transfer", m+"/transfer/")
	follow()
	b.until("a completed transfer", func() bool { return strings.Contains(b.html(), "WorkflowExecutionCompleted") })
}
