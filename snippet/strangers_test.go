package snippet

import (
	"context"
	"strings"
	"testing"
)

// TestStrangersTexts: forms of configuration as strangers brought them, with the answer that was written down before Onramp
// was asked. Findings are as said writes them; a text that leaves something open is told so and not judged as if it were all.
func TestStrangersTexts(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"supervisor's line of variables (supervisord.org/configuration.html)",
			"[program:worker]\ncommand=/app/venv/bin/python -m worker\nenvironment=TEMPORAL_ADDRESS=\"orders.k2m4p.tmprl.cloud:7233\",TEMPORAL_NAMESPACE=\"orders.k2m4p\",TEMPORAL_API_KEY=\"%(ENV_TEMPORAL_API_KEY)s\"\n",
			"lines |  | orders.k2m4p.tmprl.cloud:7233 | orders.k2m4p | orders.k2m4p | "},
		{"a table with a column for the local server and one for Temporal Cloud",
			"| Setting (env) | Local default | Temporal Cloud |\n|---|---|---|\n| `TEMPORAL_ADDRESS` | `localhost:7233` | `orders.k2m4p.tmprl.cloud:7233` |\n| `TEMPORAL_NAMESPACE` | `shop` | `orders.k2m4p` |\n",
			"lines |  | orders.k2m4p.tmprl.cloud:7233 | orders.k2m4p | orders.k2m4p | note “This text contains”"},
		{"code with a regional endpoint, whose API key is read elsewhere: no TLS server name is put in",
			"TEMPORAL_ADDRESS   = \"ap-northeast-1.aws.api.temporal.io:7233\"\nTEMPORAL_NAMESPACE = \"quickstart.k2m4p\"\nTASK_QUEUE         = \"campaigns\"\nAPI_KEY = get_api_key()\n",
			"lines |  | ap-northeast-1.aws.api.temporal.io:7233 | quickstart.k2m4p | quickstart.k2m4p | note “This text contains”; note IN-18 → quickstart.k2m4p.tmprl.cloud"},
		{"aspire secret set",
			"aspire secret set Parameters:temporal-address \"orders.k2m4p.tmprl.cloud:7233\" \\\n  --apphost samples/AppHost.csproj\naspire secret set Parameters:temporal-namespace \"orders\" --apphost samples/AppHost.csproj\n",
			"lines |  | orders.k2m4p.tmprl.cloud:7233 | orders | orders.k2m4p | note “Perhaps your code's”; repair IN-11 → orders.k2m4p; note “This text contains”"},
		{"gh secret set",
			"gh secret set API_URL --body \"https://engram.example.com\"\ngh secret set TEMPORAL_HOST --body \"temporal.example.com:7233\"\ngh variable set TEMPORAL_NAMESPACE -b orders\n",
			"lines |  | temporal.example.com:7233 | orders | not repaired | note “Perhaps your code's”; note “The address is”"},
		{"config set of a program; the account stands in the namespace alone",
			"tempo config set temporalAddress my-ns.tmprl.cloud:7233\ntempo config set temporalNamespace my-ns.k2m4p\n",
			"lines |  | my-ns.tmprl.cloud:7233 | my-ns.k2m4p | my-ns.k2m4p | note “Perhaps your code's”; repair IN-11 → my-ns.k2m4p.tmprl.cloud:7233; note “This text contains”"},
		{"pulumi config set, with a CA that is perhaps the clients'",
			"pulumi config set temporalNamespace \"orders.k2m4p\"\npulumi config set temporalAddress \"orders.k2m4p.tmprl.cloud:7233\"\npulumi config set --secret temporalCaCert \"$(cat ca.pem)\"\npulumi config set --secret temporalClientCert \"$(cat client.pem)\"\npulumi config set --secret temporalClientKey \"$(cat client.key)\"\n",
			"lines |  | orders.k2m4p.tmprl.cloud:7233 | orders.k2m4p | orders.k2m4p | note “Perhaps your code's”; conflict SV-01"},
		{"TypeScript with a template literal and an object for TLS",
			"const connection = await Connection.connect({\n  address: `${process.env.TEMPORAL_SERVER || \"shop.k2m4p.tmprl.cloud:7233\"}`,\n  tls: {\n    clientCertPair: {\n      crt: cert,\n      key: key,\n    }\n  },\n});\nconst client = new Client({\n  connection,\n  namespace: \"shop.k2m4p\"\n});\n",
			"lines |  | shop.k2m4p.tmprl.cloud:7233 | shop.k2m4p | shop.k2m4p | note “Perhaps your code's”; note KP-36 → TEMPORAL_TLS_CLIENT_KEY_PATH"},
	} {
		e := judgeEnvironment(context.Background(), tt.text, EnvChoice{})
		if got := said(e); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
		for _, f := range e.Findings {
			if f.Code == "SV-01" && !strings.HasPrefix(f.Text, "If your code") {
				t.Errorf("%s: a name of the code's own is judged as an SDK's: %s", tt.name, f.Text)
			}
		}
	}
}
