package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// cloudMigration makes a migration to Cloud whose client certificate lasts so many days, by forms.
func (v *visitor) cloudMigration(name, days string) string {
	v.t.Helper()
	m := "/m/" + strings.ToLower(name)
	v.form("/new", "name", name, "lang", "python", "mode", "cloud", "auth", "mtls").ok(v.t, "a migration")
	v.form(m+"/namespace", "namespace", strings.ToLower(name)+".f45a2").ok(v.t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", name, "common_name", strings.ToLower(name),
		"ca_common_name", name+" CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", days).ok(v.t, "its certificates")
	return m
}

// TestKeptKeyAndExpiry: a person lets Onramp keep a CA key, opens it, signs with it, sees when everything ends
// and what was signed, builds filters and forgets the key; with JavaScript, judged by axe in every look, and
// without. In the end the key is in no file and no line of the log.
func TestKeptKeyAndExpiry(t *testing.T) {
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
			p := openPortal(t, t.TempDir(), "127.0.0.1:0", "--rehearsal", "off")
			v := visit(t, p.url)
			v.cloudMigration("Orders", "12")
			v.cloudMigration("Ledger", "200")
			m := v.cloudMigration("Payments", "45")
			key := v.form(m+"/certificates/ca-key.zip").ok(t, "the CA's key").files(t)["ca.key"]
			b := openBrowser(t, tt.script, 1280, 900)
			look := func(name, path string) {
				if tt.script {
					b.page(name, path, string(axe), p)
				}
			}
			b.open(p.url + m + "/certificates")
			b.clickTo("ca-key-link", "/certificates/key")
			b.has("Onramp has no copy.")
			look("ca-key", m+"/certificates/key")
			b.open(p.url + m + "/certificates/key")
			keep := func(phrase string) {
				b.on("#keep", `e.open || e.querySelector('summary').click()`)
				b.fill("#ca_key", key)
				b.fill(testID("passphrase"), phrase)
				b.fill(testID("repeat"), phrase)
				b.click("keep-key")
			}
			keep("Payments-2026")
			b.has("easy to guess")
			if h := b.html(); strings.Contains(h, "PRIVATE KEY") || strings.Contains(h, "Payments-2026") {
				t.Error("a secret came back with the refused form")
			}
			const phrase = "otter lantern brisk 41 gravel"
			keep(phrase)
			b.has("Kept here, locked")
			look("ca-key-locked", m+"/certificates/key")
			b.open(p.url + m + "/certificates/key")
			b.fill(testID("passphrase"), "not this one at all")
			b.click("open-key")
			b.has("Tries left before a pause of 15 minutes: 4")
			b.fill(testID("passphrase"), phrase)
			b.click("open-key")
			b.has("Kept here, open")
			look("ca-key-open", m+"/certificates/key")
			v.form(m+"/certificates/clients", "ca_from", "kept", "name", "eu-west", "maker", "server", "key_type", "ec-p256", "leaf_days", "25").ok(t, "a client under the kept key")

			b.open(p.url + "/expiry")
			b.has("3 certificates expire in the next 60 days")
			b.has("for eu-west")
			look("expiry", "/expiry")
			b.open(p.url + "/audit?m=payments")
			b.has("Wrong passphrase")
			b.has("CN=eu-west")
			look("audit", "/audit")

			b.open(p.url + m + "/certificates/filters")
			b.has("This client would be admitted")
			b.fill("#f1_cn", "worker-*")
			b.click("filters-test")
			b.has("This client would be refused")
			b.click("filters-add")
			b.fill("#f2_cn", "PAY*")
			b.click("filters-test")
			b.has("This client would be admitted")
			if text := b.valueOf(testID("filters-json")); !strings.Contains(text, `"commonName": "PAY*"`) {
				t.Errorf("the JSON for tcld is %s", text)
			}
			look("filters", m+"/certificates/filters")

			b.open(p.url + m + "/certificates/key")
			b.click("lock-key")
			b.has("Kept here, locked")
			b.on("#forget > summary", `e.click()`)
			b.click("sure")
			b.click("forget-key")
			b.has("Onramp has no copy.")
			b.clean(p.url)

			if code, took := p.stop(); code != 0 {
				t.Errorf("exit %d after %s", code, took)
			}
			lines := strings.Split(strings.TrimSpace(key), "\n")
			for _, canary := range append(lines[1:len(lines)-1], phrase, "not this one at all", "age-encryption.org/v1") {
				grepFiles(t, p.data, strings.TrimSpace(canary))
				if strings.Contains(p.output(), strings.TrimSpace(canary)) {
					t.Errorf("the log holds %q", canary)
				}
			}
			grepFiles(t, p.data, "PRIVATE KEY")
		})
	}
}

// inbox is a webhook's receiver that checks signatures as Standard Webhooks says, and counts what it took.
type inbox struct {
	mu   sync.Mutex
	down bool
	took map[string]int // by webhook-id
	asks int
	bad  string
	last map[string]any
}

func (i *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asks++
	body, _ := io.ReadAll(r.Body)
	mac := hmac.New(sha256.New, []byte(hookSecret))
	fmt.Fprintf(mac, "%s.%s.%s", r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), body)
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); r.Header.Get("webhook-signature") != want {
		i.bad = r.Header.Get("webhook-signature")
	}
	if i.down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	i.took[r.Header.Get("webhook-id")]++
	_ = json.Unmarshal(body, &i.last)
}

func (i *inbox) counts() (asks, ids, all int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, n := range i.took {
		all += n
	}
	return i.asks, len(i.took), all
}

const hookSecret = "a secret that e2e and the program share"

// TestWebhookOnce: a receiver that is down shows on the board and is asked again; after a kill -9 and a start
// the message comes once, and after another start not again.
func TestWebhookOnce(t *testing.T) {
	in := &inbox{down: true, took: map[string]int{}}
	srv := httptest.NewServer(in)
	defer srv.Close()
	data := filepath.Join(t.TempDir(), "data")
	open := func() *portal {
		p := start(t, "", cleanEnv("ONRAMP_WEBHOOK_SECRET="+hookSecret, "ONRAMP_WEBHOOK="+srv.URL+"/secret-path"), program, "serve", "--addr", "127.0.0.1:0", "--data", data, "--rehearsal", "off")
		return &portal{process: p, url: p.line(`(http://[0-9.:]+)/`)[1], data: data}
	}
	p := open()
	v := visit(t, p.url)
	v.cloudMigration("Payments", "20")
	v.cloudMigration("Ledger", "200")
	within(t, "a first attempt", func() bool { asks, _, _ := in.counts(); return asks > 0 })
	within(t, "the failure on the board", func() bool {
		return strings.Contains(string(v.get("/expiry").body), "The receiver answered 503")
	})
	p.kill()
	in.mu.Lock()
	in.down = false
	in.mu.Unlock()
	p = open()
	within(t, "the message after the start", func() bool { _, ids, _ := in.counts(); return ids == 1 })
	v = visit(t, p.url)
	within(t, "the success on the board", func() bool { return strings.Contains(string(v.get("/expiry").body), ">Sent<") })
	if strings.Contains(string(v.get("/expiry").body), "secret-path") {
		t.Error("the board shows the path of the webhook")
	}
	if code, _ := p.stop(); code != 0 {
		t.Errorf("exit %d", code)
	}
	p = open()
	v = visit(t, p.url)
	v.cloudMigration("Orders", "4") // the second message proves that the third start has looked
	within(t, "a message about another certificate", func() bool { _, ids, _ := in.counts(); return ids == 2 })
	if _, ids, all := in.counts(); ids != all {
		t.Errorf("%d messages were taken %d times", ids, all)
	}
	if in.bad != "" {
		t.Errorf("a signature that does not fit: %s", in.bad)
	}
	if in.last["schema"] != "onramp.expiry/1" || !strings.Contains(fmt.Sprint(in.last["text"]), "Orders") {
		t.Errorf("%v", in.last)
	}
	if strings.Contains(p.output(), "secret-path") || strings.Contains(p.output(), hookSecret) {
		t.Error("the log tells a secret of the webhook")
	}
	for _, args := range [][]string{{"--webhook", "http://example.com/"}, {"--webhook", "ftp://x"}} {
		if a := run(t, cleanEnv(), append([]string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir()}, args...)...); a.code != 2 || !strings.Contains(a.err, "webhook") {
			t.Errorf("%v: exit %d, %s", args, a.code, a.err)
		}
	}
}
