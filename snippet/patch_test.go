package snippet

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRepairedWhereItStands: what was given comes back byte for byte, but for what was wrong.
func TestRepairedWhereItStands(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		changes  []string // pairs of what was given and what comes back
	}{
		{"nothing is wrong", "# ours\nDATABASE_URL=postgres://db/orders\n" + goodLines, nil},
		{"variables of others, comments and blanks", "# cloud\nSSL_CERT_FILE=/etc/ssl/cert.pem\n\nTEMPORAL_ADDRESS=https://orders.a1b2c.tmprl.cloud:7233   # here\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\nHTTPS_PROXY=http://proxy:3128\n", []string{"https://orders", "orders"}},
		{"quotes stay", "export TEMPORAL_ADDRESS=\"orders.a1b2c.tmprl.cloud\"\nexport TEMPORAL_NAMESPACE='orders'\nTEMPORAL_API_KEY=$KEY\n", []string{"tmprl.cloud\"", "tmprl.cloud:7233\"", "'orders'", "'orders.a1b2c'"}},
		{"a reference stays one", "TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_HOST_URL=\"https://$TEMPORAL_NAMESPACE.tmprl.cloud:7233\"\nTEMPORAL_MTLS_TLS_CERT=/c/client.pem\nTEMPORAL_MTLS_TLS_KEY=/c/client.key\n", []string{"https://", ""}},
		{"PowerShell", "$ErrorActionPreference = 'Stop'\n$env:TEMPORAL_ADDRESS = 'https://orders.a1b2c.tmprl.cloud:7233'\n$env:TEMPORAL_NAMESPACE = \"orders.a1b2c\"\n$env:TEMPORAL_API_KEY = (Get-Secret temporal)\n", []string{"https://", ""}},
		{"cmd", "@echo off\nset APP=orders\nset \"TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud\"\nset TEMPORAL_NAMESPACE=orders.a1b2c\nset TEMPORAL_TLS_CLIENT_CERT_PATH=%USERPROFILE%\\client.pem\nset TEMPORAL_TLS_CLIENT_KEY_PATH=%USERPROFILE%\\client.key\n", []string{"tmprl.cloud\"", "tmprl.cloud:7233\""}},
		{"compose with another service", "services:\n  db:\n    image: postgres:16\n    environment: {POSTGRES_DB: orders}\n  worker:\n    image: orders\n    environment:\n      - TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\n      - TEMPORAL_NAMESPACE=orders\n      - TEMPORAL_TLS_SERVER_CA_CERT_PATH=/c/ca.pem\n      - TEMPORAL_API_KEY=${KEY}\n    depends_on: [db]\n", []string{"NAMESPACE=orders\n", "NAMESPACE=orders.a1b2c\n", "      - TEMPORAL_TLS_SERVER_CA_CERT_PATH=/c/ca.pem\n", ""}},
		{"pairs of YAML, the namespace missing", "env:\n  - name: LOG\n    value: debug\n  - name: TEMPORAL_ADDRESS\n    value: orders.a1b2c.tmprl.cloud:7233\n  - name: TEMPORAL_API_KEY\n    valueFrom: {secretKeyRef: {name: t, key: k}}\n", []string{"cloud:7233\n", "cloud:7233\n  - name: TEMPORAL_NAMESPACE\n    value: orders.a1b2c\n"}},
		{"pairs of JSON", "{\"containerDefinitions\": [{\"name\": \"worker\", \"environment\": [\n  {\"name\": \"A\", \"value\": \"1\"},\n  {\"name\": \"TEMPORAL_ADDRESS\", \"value\": \"orders.a1b2c.tmprl.cloud:7233\"},\n  {\"name\": \"TEMPORAL_NAMESPACE\", \"value\": \"orders.a1b2c\"},\n  {\"name\": \"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION\", \"value\": \"true\"}\n], \"secrets\": [{\"name\": \"TEMPORAL_API_KEY\", \"valueFrom\": \"arn:aws:ssm:x\"}]}]}\n", []string{",\n  {\"name\": \"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION\", \"value\": \"true\"}\n", "\n"}},
		{"the last of a JSON object", "{\n  \"temporal\": {\n    \"target\": \"orders.a1b2c.tmprl.cloud\",\n    \"apiKey\": \"${KEY}\",\n    \"namespace\": \"orders\"\n  },\n  \"port\": 80\n}\n", []string{"tmprl.cloud\"", "tmprl.cloud:7233\"", "\"orders\"\n", "\"orders.a1b2c\"\n"}},
		{"temporal.toml with other profiles", "# mine\n[profile.default]\naddress = \"localhost:7233\"\nnamespace = \"default\"\n\n[profile.cloud]\naddress = \"https://orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"orders.a1b2c\"\n[profile.cloud.tls]\nclient_cert_path = \"/c/client.pem\"\nclient_key_path = \"/c/client.key\"\n", []string{"https://", ""}},
		{"keys of the table tls beside it", "[profile.default]\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"orders.a1b2c\"\ntls_client_cert_path = \"/c/client.pem\"\ntls_client_key_path = \"/c/client.key\"\n", []string{"tls_client_cert_path", "tls.client_cert_path", "tls_client_key_path", "tls.client_key_path"}},
		{"Spring, the namespace missing", "server:\n  port: 80\nspring:\n  temporal:\n    connection:\n      target: orders.a1b2c.tmprl.cloud:7233\n      api-key: ${KEY}\n", []string{"  temporal:\n", "  temporal:\n    namespace: \"orders.a1b2c\"\n"}},
		{"properties", "# app\nserver.port=80\nspring.temporal.namespace=orders\nspring.temporal.connection.target=orders.a1b2c.tmprl.cloud:7233\nspring.temporal.connection.api-key=${KEY}\n", []string{"namespace=orders\n", "namespace=orders.a1b2c\n"}},
		{"Terraform by a variable", "variable \"address\" {\n  default = \"orders.a1b2c.tmprl.cloud\"\n}\nresource \"x\" \"worker\" {\n  environment = [\n    { name = \"TEMPORAL_ADDRESS\", value = var.address },\n    { name = \"TEMPORAL_NAMESPACE\", value = \"orders.a1b2c\" },\n    { name = \"TEMPORAL_API_KEY\", value = var.key },\n  ]\n}\n", []string{"tmprl.cloud\"", "tmprl.cloud:7233\""}},
		{"Bicep", "param image string = 'orders:1'\nresource app 'Microsoft.App/containerApps@2024-03-01' = {\n  properties: {\n    template: {\n      containers: [\n        {\n          name: 'worker'\n          env: [\n            {\n              name: 'TEMPORAL_ADDRESS'\n              value: 'orders.a1b2c.tmprl.cloud'\n            }\n            {\n              name: 'TEMPORAL_NAMESPACE'\n              value: 'orders.a1b2c'\n            }\n            {\n              name: 'TEMPORAL_API_KEY'\n              secretRef: 'k'\n            }\n          ]\n        }\n      ]\n    }\n  }\n}\n", []string{"tmprl.cloud'", "tmprl.cloud:7233'"}},
		{"a command", "docker run --name worker -v /c:/c \\\n  -e TEMPORAL_ADDRESS=https://orders.a1b2c.tmprl.cloud:7233 -e TEMPORAL_NAMESPACE=orders.a1b2c \\\n  -e TEMPORAL_TLS_DISABLE_HOST_VERIFICATION=true -e TEMPORAL_API_KEY=\"$KEY\" orders:1\n", []string{"https://", "", " \\\n  -e TEMPORAL_TLS_DISABLE_HOST_VERIFICATION=true", ""}},
		{"a list in a command", "gcloud run deploy worker --image x --set-env-vars TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233,TEMPORAL_NAMESPACE=orders --set-secrets TEMPORAL_API_KEY=k:latest --region us-east1\n", []string{"NAMESPACE=orders ", "NAMESPACE=orders.a1b2c "}},
		{"base64 of a Secret", "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\ndata:\n  TEMPORAL_ADDRESS: b3JkZXJzLmExYjJjLnRtcHJsLmNsb3VkOjcyMzM=\n  TEMPORAL_NAMESPACE: b3JkZXJz\n", []string{"b3JkZXJz\n", "b3JkZXJzLmExYjJj\n"}},
		{"swapped", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=/c/tls.key\nTEMPORAL_TLS_CLIENT_KEY_PATH=/c/tls.crt\n", []string{"CERT_PATH=/c/tls.key", "CERT_PATH=/c/tls.crt", "KEY_PATH=/c/tls.crt", "KEY_PATH=/c/tls.key"}},
		{"Markdown", "# Run it\n\nFirst:\n\n```yaml\nservices:\n  worker:\n    image: orders\n    environment:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud\n      TEMPORAL_NAMESPACE: orders.a1b2c\n      TEMPORAL_API_KEY: ${KEY}\n```\n\nor by hand\n\n```json\n{\"a\": 1}\n```\n", []string{"tmprl.cloud\n", "tmprl.cloud:7233\n"}},
	} {
		want := tt.in
		for i := 0; i < len(tt.changes); i += 2 {
			if strings.Count(want, tt.changes[i]) != 1 {
				t.Fatalf("%s: %q is not once in the text", tt.name, tt.changes[i])
			}
			want = strings.Replace(want, tt.changes[i], tt.changes[i+1], 1)
		}
		e := judged(tt.in)
		got, err := e.Repaired("")
		if err != nil {
			t.Errorf("%s: %v\n%+v", tt.name, err, e.Findings)
			continue
		}
		if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s (-want +got):\n%sby hand: %q", tt.name, diff, e.ByHand)
		}
		if e.Given != tt.in || e.Changed != (tt.changes != nil) || e.Masked {
			t.Errorf("%s: changed %v, masked %v, given:\n%s", tt.name, e.Changed, e.Masked, e.Given)
		}
	}
}

// TestGivenWithoutSecrets: what comes back holds no secret, and all else.
func TestGivenWithoutSecrets(t *testing.T) {
	const jwt = "eyJhbGciOiJFUzI1NiJ9.c4narySecret.c4narySignature"
	for _, tt := range []struct{ in, want string }{
		{"TEMPORAL_API_KEY=k\n", "TEMPORAL_API_KEY=••••••\n"},
		{"TEMPORAL_API_KEY='s3cret pass'\nA=1\n", "TEMPORAL_API_KEY='••••••'\nA=1\n"},
		{"# TEMPORAL_API_KEY=c4nary-old\nTEMPORAL_ADDRESS=a\n", "# TEMPORAL_API_KEY=••••••\nTEMPORAL_ADDRESS=a\n"},
		{"# TEMPORAL_API_KEY=c4nary-old\nTEMPORAL_API_KEY=$KEY\n", "# TEMPORAL_API_KEY=••••••\nTEMPORAL_API_KEY=$KEY\n"},
		{"DATABASE_URL=postgres://orders:pa55@db/orders\nTEMPORAL_ADDRESS=a\n", "DATABASE_URL=postgres://••••••@db/orders\nTEMPORAL_ADDRESS=a\n"},
		{"DB_PASSWORD: hunter2\nSMTP_TOKEN: \"abc\"\nTEMPORAL_ADDRESS: a\n", "DB_PASSWORD: ••••••\nSMTP_TOKEN: \"••••••\"\nTEMPORAL_ADDRESS: a\n"},
		{"- name: STRIPE_SECRET\n  value: whsec_1\n- name: TEMPORAL_ADDRESS\n  value: a\n", "- name: STRIPE_SECRET\n  value: ••••••\n- name: TEMPORAL_ADDRESS\n  value: a\n"},
		{"x\n" + jwt + "\nTEMPORAL_ADDRESS=a\n", "x\n••••••\nTEMPORAL_ADDRESS=a\n"},
		{"KEY=AKIAIOSFODNN7EXAMPLE\nTEMPORAL_ADDRESS=a\n", "KEY=••••••\nTEMPORAL_ADDRESS=a\n"},
		{"data:\n  tls.key: |\n    " + strings.ReplaceAll(pemKey, "\n", "\n    ") + "\n  TEMPORAL_ADDRESS: a\n", "data:\n  tls.key: |\n    ••••••\n  TEMPORAL_ADDRESS: a\n"},
		{"TEMPORAL_API_KEY: ${{ secrets.KEY }}\nA_TOKEN: ${TOKEN}\nTLS_SECRET_NAME: tls\nkey: TEMPORAL_KEY\n", ""},
		{"TEMPORAL_API_KEY_FILE=/run/key\nAUTH_ENABLED=true\nTOKEN_TTL=3600\nimage: a@sha256:" + strings.Repeat("0a", 32) + "\n", ""},
		{"temporal workflow list --api-key c4nary-key --address a\n", "temporal workflow list --api-key •••••• --address a\n"},
		{"$env:TEMPORAL_ADDRESS = 'a'\n$env:TEMPORAL_API_KEY = 'it''s mine'\n", "$env:TEMPORAL_ADDRESS = 'a'\n$env:TEMPORAL_API_KEY = '••••••'\n"},
		{"TEMPORAL_ADDRESS=a\nexport TEMPORAL_API_KEY=$'tab\\there'\n", "TEMPORAL_ADDRESS=a\nexport TEMPORAL_API_KEY=$'••••••'\n"},
		{"doppler secrets set TEMPORAL_API_KEY c4nary1 --silent\n", "doppler secrets set TEMPORAL_API_KEY •••••• --silent\n"},
	} {
		if tt.want == "" {
			tt.want = tt.in
		}
		if got := judged(tt.in); got.Given != tt.want || got.Masked != (tt.want != tt.in) {
			t.Errorf("%q comes back as\n%s\nmasked %v, want\n%s", tt.in, got.Given, got.Masked, tt.want)
		}
	}
	var many strings.Builder
	for range maxSecrets + 1 {
		many.WriteString("TEMPORAL_API_KEY=c4nary\n")
	}
	if e := judged(many.String()); e.Given != "" || !e.Masked {
		t.Error("a text with too many secrets comes back")
	}
	if e := judged("TEMPORAL_ADDRESS=a\nTEMPORAL_API_KEY=••••••\n"); e.Given == "" || len(e.Findings) == 0 {
		t.Errorf("what came back cannot be given again: %+v", e)
	}
}

// TestMarkdown: the code blocks of a text are read apart, each by its own format.
func TestMarkdown(t *testing.T) {
	const cloud = "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=$KEY\n"
	fenced := func(info, text string) string { return "```" + info + "\n" + text + "```\n" }
	for _, tt := range []struct {
		name, in, service     string
		form, part, id, parts string
	}{
		{"local and cloud", "# Local\n" + fenced("bash", "export TEMPORAL_ADDRESS=localhost:7233\n") + "# Cloud\n" + fenced("bash", cloud), "", "lines", "block 2 (Cloud)", "orders.a1b2c", "block 1 (Local), block 2 (Cloud)"},
		{"several formats", "Run it.\n" + fenced("env", "TEMPORAL_ADDRESS=localhost:7233\n") + "or\n" + fenced("yaml", "services:\n  worker:\n    environment:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: orders.a1b2c\n") + fenced("json", `{"temporal": {"address": "x:7233"}}`+"\n") + fenced("toml", "[profile.default]\naddress = \"y:7233\"\n") + fenced("hcl", "resource \"a\" \"b\" {\n  environment = { TEMPORAL_ADDRESS = \"z:7233\" }\n}\n"), "", "compose", "service worker in block 2", "orders.a1b2c", ""},
		{"one by its number", "# A\n" + fenced("bash", cloud) + "# B\n" + fenced("sh", strings.ReplaceAll(cloud, "orders", "bill")), "block 2", "lines", "block 2 (B)", "bill.a1b2c", ""},
		{"one by its heading", "# A\n" + fenced("bash", cloud) + "# B\n" + fenced("sh", strings.ReplaceAll(cloud, "orders", "bill")), "b", "lines", "block 2 (B)", "bill.a1b2c", ""},
		{"steps of one session", "## Cloud\nfirst\n" + fenced("bash", "export TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\n") + "then\n" + fenced("bash", "export TEMPORAL_NAMESPACE=orders.a1b2c\n") + fenced("go", "package main\n"), "", "lines", "block 1 (Cloud)", "orders.a1b2c", ""},
		{"in lists and quotations", "1. do\n\n   ```yaml\n   env:\n     TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n     TEMPORAL_NAMESPACE: orders.a1b2c\n   ```\n\n2. or\n\n   ~~~bash\n   export TEMPORAL_ADDRESS=localhost:7233\n   ~~~\n", "", "yaml", "block 1", "orders.a1b2c", ""},
		{"a table beside code", "| Variable | Value |\n|---|---|\n| `TEMPORAL_ADDRESS` | `localhost:7233` |\n\n" + fenced("bash", cloud), "", "lines", "block 1", "orders.a1b2c", "block 1, block text"},
		{"one block alone", fenced("yaml", "services:\n  worker:\n    environment:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: orders.a1b2c\n      TEMPORAL_API_KEY: ${KEY}\n"), "", "compose", "service worker", "orders.a1b2c", ""},
		{"a file whose text holds a fence", "env:\n  TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n  TEMPORAL_NAMESPACE: orders.a1b2c\n  HELP: |\n    ```\n    x\n    ```\n", "", "yaml", "", "orders.a1b2c", ""},
	} {
		e := judgeEnvironment(context.Background(), tt.in, EnvChoice{Service: tt.service})
		id := ""
		if e.request != nil {
			id = e.request.Namespace
		}
		if e.Form != tt.form || e.Part != tt.part || id != tt.id || tt.parts != "" && strings.Join(e.Parts, ", ") != tt.parts {
			t.Errorf("%s: form %q, part %q of %q, namespace %q, want %q, %q, %q\n%+v", tt.name, e.Form, e.Part, e.Parts, id, tt.form, tt.part, tt.id, e.Findings)
		}
		for _, f := range e.Findings {
			if f.Level == "danger" || f.Level == "conflict" {
				t.Errorf("%s: blocks are mixed: %+v", tt.name, f)
			}
		}
	}
}
