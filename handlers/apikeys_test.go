package handlers_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"onramp/limit"
	"onramp/transfer"
)

// TestAPIKeyLane: a migration that signs in with an API key makes sense on every page, and the key is on none.
func TestAPIKeyLane(t *testing.T) {
	var asked []transfer.Request
	var polling []transfer.Poller
	d := sit(t, deskOptions{pollers: func(_ context.Context, req transfer.Request) ([]transfer.Poller, error) {
		asked = append(asked, req)
		return polling, nil
	}})
	d.get("/new").want(t, 200, `value="api-key"`, "What Temporal recommends where there is no PKI").lacks(t, "This version walks")
	m := strings.TrimSuffix(d.post("/new", "name", "Payments", "lang", "go", "mode", "rehearsal", "auth", "api-key").to(t), "/namespace")
	d.get(m+"/certificates").want(t, 200, "Not needed with API keys", "Get an API key", "Choose the namespace first")
	d.post(m+"/namespace", "namespace", "orders.a1b2c").to(t)
	d.get(m+"/certificates").want(t, 200, "/cloud/orders.a1b2c?m=payments#sign-in", "TEMPORAL_CLOUD_API_KEY")
	d.get(m+"/upload").want(t, 200, "Not needed with API keys", "no CA certificate to upload").lacks(t, "ca_bundle")
	d.get("/cloud/orders.a1b2c").want(t, 200, "No API key: every worker is refused")

	made := d.post("/cloud/orders.a1b2c/keys", "key_name", "worker", "key_days", "30", "m", "payments").want(t, 200, fakeKey, "it is shown only once")
	if cache := made.header.Get("Cache-Control"); !strings.Contains(cache, "no-store") {
		t.Errorf("Cache-Control %q", cache)
	}
	d.get("/cloud/orders.a1b2c").want(t, 200, "worker").lacks(t, fakeKey)
	d.post("/cloud/orders.a1b2c/keys", "key_name", "", "key_days", "30").want(t, 422, "The API key needs a name")
	d.post("/cloud/orders.a1b2c/keys", "key_name", "x", "key_days", "9999").want(t, 422, "1 to 730 days")

	d.get(m+"/test").want(t, 200, `name="api_key"`, "localhost:7298", "--api-key-path api-key.txt").lacks(t, "TLS server name", "key_source", "Create certificates</a>")
	d.post(m+"/test").want(t, 422, "The API key is missing")
	d.post(m+"/test", "api_key", strings.Repeat("x", 64<<10+1)).lacks(t, "xxxxxxxx")
	run := d.post(m+"/test", "api_key", fakeKey+"\n").to(t)
	d.get(run).lacks(t, fakeKey)
	d.get(m+"/transfer").want(t, 200, `name="api_key"`).lacks(t, "key_source")
	d.post(m+"/transfer", "scenario", "success", "worker", "builtin", "amount", "250").want(t, 422, "The API key is missing")

	d.get(m+"/code").want(t, 200, "NewAPIKeyStaticCredentials", "Only in the rehearsal", "look-for-worker", `name="api_key"`).lacks(t, "TEMPORAL_TLS_SERVER_NAME")
	d.get(m+"/code?auth=mtls").want(t, 200, "LoadX509KeyPair", "signs in with API key; the code below is for mTLS")
	d.post(m+"/code/worker?lang=go").want(t, 422, "The API key is missing")
	d.post(m+"/code/worker?lang=go", "api_key", fakeKey, "queue", "TRANSFER_MONEY_TASK_QUEUE").want(t, 200, "Nobody polls").lacks(t, fakeKey)
	polling = []transfer.Poller{{Identity: "worker@host", LastAccess: time.Now()}}
	d.post(m+"/code/worker?lang=go", "api_key", fakeKey, "queue", "TRANSFER_MONEY_TASK_QUEUE").to(t)
	d.get(m).want(t, 200, "worker@host").lacks(t, fakeKey)
	if len(asked) != 2 || asked[0].Target.APIKey != fakeKey || asked[0].Target.ServerName != "" || asked[0].Target.Address != "localhost:7298" {
		t.Errorf("asked %d times", len(asked))
	}

	d.post("/cloud/orders.a1b2c/keys/delete", "key", "key1", "m", "payments").to(t)
	d.get("/cloud/orders.a1b2c").want(t, 200, "No API key: every worker is refused")
	d.post("/cloud/orders.a1b2c/auth", "auth", "mtls").to(t)
	d.get("/cloud/orders.a1b2c").want(t, 200, "No CA certificate: every client certificate is refused").lacks(t, "No API key")
}

// TestEnvironmentPage: a pasted environment is checked and repaired where it stands, comes back in its box, and no secret
// of it does.
func TestEnvironmentPage(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/new", "name", "Orders", "lang", "python", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	page := m + "/code/environment"
	d.get(m+"/code").want(t, 200, `href="`+page+`"`, "Check the environment you have")
	d.get(page).want(t, 200, "Check your environment", "Bicep", "Spring Boot", "Markdown", "onramp code --judge -").lacks(t, "--namespace")
	d.post(page).want(t, 422, "There is nothing to check")
	d.post(page, "environment", "TEMPORAL_ADDRESS=http://localhost:7233\nTEMPORAL_PORT=7233\nTEMPORAL_NAMESPACE=default\n").
		want(t, 200, "Still pointing at the local server", "Not repaired", "TEMPORAL_PORT").lacks(t, "Repaired:", "needs a repair")
	d.post(page, "environment", "TEMPORAL_ADDRESS=https://orders.a1b2c.tmprl.cloud\nTEMPORAL_NAMESPACE=invoices.a1b2c\n").
		want(t, 200, "Not repaired", "To repair:").lacks(t, "Repaired:", `"Repaired"`)
	const secret = "eyJhbGciOiJIUzI1NiJ9.c4nary"
	d.post(page, "environment", "A=1\nTEMPORAL_API_KEY="+secret, "shell", "tcsh").want(t, 422, "not one of the choices", "A=1\nTEMPORAL_API_KEY=••••••").lacks(t, "c4nary")
	d.post(page, "shell", "kubernetes", "environment", "export TEMPORAL_HOST_URL=https://orders.a1b2c.tmprl.cloud:7233\n"+
		"TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_MTLS_TLS_CERT=/c/client.pem\nTEMPORAL_MTLS_TLS_KEY=/c/client.key\nTEMPORAL_TLS_SERVER_CA_CERT_PATH=/c/ca.pem\n"+
		"TEMPORAL_CLOUD_API_KEY="+secret+"\n").
		want(t, 200, "Danger", "IN-01", "SV-01", "/help/SV-01", "Cloud needs no CA here", "Deployment", "Tutorial", "orders.a1b2c.tmprl.cloud:7233", "settings for another form", "stands for each of your secrets").lacks(t, secret, "c4nary")
	d.post(page, "environment", "services:\n  db:\n    image: postgres\n  worker:\n    environment:\n      SSL_CERT_FILE: /etc/ssl/cert.pem\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: orders\n      TEMPORAL_TLS_CLIENT_CERT_PATH: /c/client.pem\n      TEMPORAL_TLS_CLIENT_KEY_PATH: /c/client.key\n").
		want(t, 200, "Compose YAML, service worker", "IN-11", "orders.a1b2c", "In the form you pasted", "everything else is unchanged", "SSL_CERT_FILE: /etc/ssl/cert.pem", "image: postgres")
	d.post(page, "environment", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\n").
		want(t, 200, "Nothing to change", "/c/client.key\n").lacks(t, `id="repaired-environment"`)
	d.post(page, "environment", "HOME=/root").want(t, 200, "This text contains no Temporal setting", "cannot be repaired yet")
	d.post(page, "environment", strings.Repeat("TEMPORAL_ADDRESS=x\n", 10000)).want(t, 413)
	d.post(page, "environment", strings.Repeat("TEMPORAL_API_KEY=c4nary\n", 300)).want(t, 200, "Your text is not shown again").lacks(t, "c4nary")

	const two = "services:\n  a-worker:\n    environment: {TEMPORAL_ADDRESS: \"a.a1b2c.tmprl.cloud:7233\", TEMPORAL_NAMESPACE: a.a1b2c, TEMPORAL_API_KEY: $K}\n  b:\n    environment: {TEMPORAL_ADDRESS: \"b.a1b2c.tmprl.cloud:7233\", TEMPORAL_NAMESPACE: b.a1b2c, TEMPORAL_API_KEY: $K}\n"
	d.post(page, "environment", two).want(t, 200, "Compose YAML, service a-worker", `name="part"`)
	d.post(page, "environment", two, "part", "service b").want(t, 200, "Compose YAML, service b")

	d.post(m+"/namespace", "namespace", "orders.a1b2c").to(t)
	d.get(page).want(t, 200, "onramp code --judge - --namespace orders.a1b2c")
	d.post(page, "environment", "TEMPORAL_ADDRESS=bill.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=bill.a1b2c\nTEMPORAL_API_KEY=$KEY\n").
		want(t, 200, "Danger", "This is a different namespace", "An API key, and no client certificate", "This migration uses client certificates").lacks(t, "Nothing to change")
	d.post(page, "environment", "TEMPORAL_ADDRESS=orders.z9y8x.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.z9y8x\n").want(t, 200, "This is a different account")

	r := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(r+"/namespace", "namespace", "orders.a1b2c").to(t)
	d.post(r+"/code/environment", "environment", "TEMPORAL_ADDRESS=localhost:7299\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=client.key").
		want(t, 200, "Nothing to change").lacks(t, "IN-10")
}

// TestJudgesAreBounded: where too much is read at once, a pasted text waits and is then refused.
func TestJudgesAreBounded(t *testing.T) {
	before := limit.Shared
	limit.Shared = limit.New(limit.Options{Slots: 1, Wait: time.Nanosecond})
	defer func() { limit.Shared = before }()
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/new", "name", "Orders", "lang", "python", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	ask := func(status int, text string) {
		d.post(m+"/code/environment", "environment", "TEMPORAL_ADDRESS=x:7233").want(t, status, text)
		d.post(m+"/code/judge", "lang", "go", "command", "temporal workflow start").want(t, status, text)
	}
	ask(200, "")
	_ = limit.Shared.Do(t.Context(), 0, func(context.Context) error {
		ask(429, "Too many texts are being read")
		return nil
	})
}

// TestCodeForms: what is not offered is named and falls back, what cannot be read is refused.
func TestCodeForms(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "orders.a1b2c").to(t)
	d.get(m+"/code?lang=cobol&auth=password&style=magic&vars=mine&shell=tcsh").want(t, 422, "There is no such auth method", `data-testid="lang-python"`, "TEMPORAL_TLS_CLIENT_CERT_PATH")
	for shell, line := range map[string]string{"bash": "export SSL_CERT_FILE=", "fish": "set -gx SSL_CERT_FILE ", "powershell": "$env:SSL_CERT_FILE = ", "cmd": "set &#34;SSL_CERT_FILE=",
		"systemd": "Environment=&#34;SSL_CERT_FILE=", "compose": "SSL_CERT_FILE: ", "dotenv": "SSL_CERT_FILE="} {
		d.get(m+"/code.md?shell="+shell).want(t, 200, strings.ReplaceAll(line, "&#34;", `"`))
	}
	d.post(m+"/code/judge?style=envconfig&shell=fish", "lang", "go").want(t, 422, "Paste the command", m+"/code?auth=mtls")
}
