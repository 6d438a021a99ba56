package snippet

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// judged is a text judged as a whole.
func judged(text string) Environment {
	return judgeEnvironment(context.Background(), text, EnvChoice{})
}

const pemKey = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n-----END PRIVATE KEY-----"

// goodLines is an environment with nothing wrong.
const goodLines = "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nTEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\n"

// TestRemovalIsOffered: names that no SDK reads may be read by the person's own code, which taking them out would break.
func TestRemovalIsOffered(t *testing.T) {
	for _, text := range []string{
		"export TEMPORAL_HOST_URL=orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\nexport TEMPORAL_TLS_CERT=/c/client.pem\nexport TEMPORAL_TLS_KEY=/c/client.key\nexport TEMPORAL_SERVER_ROOT_CA_CERT=\n",
		goodLines + "TEMPORAL_TLS_CERT=/old/client.pem\nTEMPORAL_TLS_KEY=/old/client.key\n",
		goodLines + "TEMPORAL_HOST_URL=old.a1b2c.tmprl.cloud:7233\n",
		goodLines + "TEMPORAL_CLOUD_PEM=x\nTEMPORAL_CLOUD_PRIVATE_KEY=x\n",
	} {
		seen := false
		for _, f := range judged(text).Findings {
			if !strings.HasPrefix(f.Title, "Names from another convention") {
				continue
			}
			if seen = true; !strings.Contains(f.Text, "your own code") {
				t.Errorf("%q: %s", text, f.Text)
			}
		}
		if !seen {
			t.Errorf("%q: nothing is said of its names", text)
		}
	}
}

// TestJudgeEnvironment: what people paste, what is wrong with it, and the repaired lines for bash ("" for none).
func TestJudgeEnvironment(t *testing.T) {
	good := "export TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\nexport TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nexport TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\n"
	key := "export TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\nprintf 'API key: '; read -rs TEMPORAL_API_KEY; export TEMPORAL_API_KEY\n"
	tutorial := "export TEMPORAL_HOST_URL=orders.a1b2c.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=orders.a1b2c\nexport TEMPORAL_MTLS_TLS_CERT=/c/client.pem\nexport TEMPORAL_MTLS_TLS_KEY=/c/client.key\n"
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tt := range []struct {
		name, in   string
		vocabulary string
		want       string // code or level of each finding, in order
		repaired   string
	}{
		{"all is well", goodLines, "standard", "", good},
		{"output of env, with other things", "HOME=/root\nPATH=/bin\n" + goodLines + "SHELL=/bin/bash\n", "standard", "", good},
		{"export with quotes and comments", "# cloud\nexport TEMPORAL_ADDRESS='orders.a1b2c.tmprl.cloud:7233' # here\nexport TEMPORAL_NAMESPACE=\"orders.a1b2c\"\nexport TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key", "standard", "", good},
		{"prompts and Windows line ends", "$ export TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\r\n$ export TEMPORAL_NAMESPACE=orders.a1b2c\r\n$ export TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\r\n$ export TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\r\n", "standard", "", good},
		{"fish", "set -gx TEMPORAL_ADDRESS orders.a1b2c.tmprl.cloud:7233\nset -x TEMPORAL_NAMESPACE orders.a1b2c\nset --global --export TEMPORAL_TLS_CLIENT_CERT_PATH '/c/client.pem'\nset -gx TEMPORAL_TLS_CLIENT_KEY_PATH /c/client.key", "standard", "", good},
		{"PowerShell", "$env:TEMPORAL_ADDRESS = 'orders.a1b2c.tmprl.cloud:7233'\n$Env:TEMPORAL_NAMESPACE=\"orders.a1b2c\"\n[Environment]::SetEnvironmentVariable('TEMPORAL_TLS_CLIENT_CERT_PATH', '/c/client.pem', 'User')\n$env:TEMPORAL_TLS_CLIENT_KEY_PATH = '/c/client.key'", "standard", "", good},
		{"cmd", "set \"TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\"\nset TEMPORAL_NAMESPACE=orders.a1b2c\nSETX TEMPORAL_TLS_CLIENT_CERT_PATH /c/client.pem /M\nset TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key", "standard", "", good},
		{"systemd", "[Service]\nEnvironment=\"TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\" \"TEMPORAL_NAMESPACE=orders.a1b2c\"\nEnvironment=TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem\nEnvironment=\"TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key\"", "standard", "", good},
		{"docker run", "docker run -e TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233 -e TEMPORAL_NAMESPACE=orders.a1b2c \\\n -e TEMPORAL_TLS_CLIENT_CERT_PATH=/c/client.pem -e TEMPORAL_TLS_CLIENT_KEY_PATH=/c/client.key worker", "standard", "", good},
		{"compose, map and list", "services:\n  worker:\n    environment:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: \"orders.a1b2c\"\n      TEMPORAL_TLS_CLIENT_CERT_PATH: /c/client.pem\n      TEMPORAL_TLS_CLIENT_KEY_PATH: /c/client.key\n  other:\n    environment:\n      - TEMPORAL_ADDRESS=other.a1b2c.tmprl.cloud:7233\n", "standard", "note", good},
		{"Kubernetes, Secret and Deployment", "apiVersion: v1\nkind: Secret\ndata:\n  TEMPORAL_NAMESPACE: " + b64("orders.a1b2c") + "\nstringData:\n  TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n---\napiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: worker\n          env:\n            - name: TEMPORAL_API_KEY\n              valueFrom: {secretKeyRef: {name: k, key: k}}\n", "standard", "", key},
		{"GitHub Actions", "jobs:\n  run:\n    env:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n      TEMPORAL_NAMESPACE: orders.a1b2c\n      TEMPORAL_API_KEY: ${{ secrets.TEMPORAL_API_KEY }}\n", "standard", "", key},
		{"temporal.toml", "[profile.default]\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"orders.a1b2c\"\n[profile.default.tls]\nclient_cert_path = \"/c/client.pem\"\nclient_key_path = '/c/client.key'\n", "", "", good},
		{"temporal.toml and a variable", "TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_PROFILE=cloud\n[profile.cloud]\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"invoices.a1b2c\"\napi_key = \"k\"\n", "standard", "conflict", key},
		{"no profile chosen", "[profile.cloud]\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\nnamespace = \"orders.a1b2c\"\napi_key = \"k\"\n", "", "danger", key},
		{"a profile that is not there", "TEMPORAL_PROFILE=prod\n[profile.cloud]\nnamespace = \"orders.a1b2c\"\naddress = \"orders.a1b2c.tmprl.cloud:7233\"\napi_key = \"k\"\n", "standard", "danger", key},

		{"profiles of a tool in YAML, with placeholders", "theme: dark\nactive_profile: work\nprofiles:\n  default:\n    address: localhost:7233\n    namespace: default\n  work:\n    address: ap-<region>.aws.api.temporal.io:7233\n    namespace: <namespace>\n    api_key: \"$TEMPORAL_CLOUD_API_KEY\"\n", "own", "note IN-26 IN-26 note", ""},
		{"profiles of a tool in YAML", "profiles:\n  local:\n    address: localhost:7233\n    namespace: default\n  cloud:\n    address: orders.a1b2c.tmprl.cloud:7233\n    namespace: orders.a1b2c\n    tls:\n      cert: /c/client.pem\n      key: /c/client.key\n", "own", "note note", good},
		{"environments of the old temporal.yaml", "env:\n  default:\n    address: localhost:7233\n  prod:\n    address: orders.a1b2c.tmprl.cloud:7233\n    namespace: orders.a1b2c\n    tls-cert-path: /c/client.pem\n    tls-key-path: /c/client.key\n", "own", "note note", good},
		{"profiles that are not Temporal's", "profiles:\n  default:\n    address: db.example.com:5432\n    namespace: orders\n", "", "note", ""},
		{"Java's properties in a variable", "export APP_COMMANDS=\"-Dspring.profiles.active=tc -Dspring.temporal.namespace=orders.a1b2c -Dspring.temporal.connection.target=orders.a1b2c.tmprl.cloud:7233 -Dspring.temporal.connection.mtls.key-file=/c/client.key -Dspring.temporal.connection.mtls.cert-chain-file=/c/client.pem\"\njava $APP_COMMANDS -jar app.jar\n", "spring", "", good},
		{"Java's properties in a variable of compose", "services:\n  worker:\n    image: orders\n    environment:\n      JAVA_TOOL_OPTIONS: >-\n        -Xmx512m -Dspring.temporal.namespace=orders.a1b2c\n        -Dspring.temporal.connection.target=orders.a1b2c.tmprl.cloud:7233\n        -Dspring.temporal.connection.mtls.key-file=/c/client.key -Dspring.temporal.connection.mtls.cert-chain-file=/c/client.pem\n", "spring", "", good},
		{"one of Java's properties alone in a variable", "JAVA_OPTS=-Dspring.temporal.connection.target=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=k\n", "standard spring", "", key},
		{"Java's properties with variables", "APP_COMMANDS=\"-Dspring.temporal.namespace=$NS -Dspring.temporal.connection.target=$NS.tmprl.cloud:7233 -Dspring.temporal.connection.mtls.key-file=/c/client.key -Dspring.temporal.connection.mtls.cert-chain-file=/c/client.pem\"\nNS=orders.a1b2c\n", "spring", "", good},
		{"a dollar sign before the name that is set", goodLines + "export $TEMPORAL_INSECURE_TRUST_MANAGER=false\nexport ${TEMPORAL_TLS_SERVER_NAME}=orders.a1b2c.tmprl.cloud\n", "standard", "dead", good},
		{"the tutorial's", "export TEMPORAL_NAMESPACE=orders.a1b2c\nexport TEMPORAL_HOST_URL=\"https://$TEMPORAL_NAMESPACE.tmprl.cloud:7233\"\nexport TEMPORAL_MTLS_TLS_CERT=/c/client.pem\nexport TEMPORAL_MTLS_TLS_KEY=/c/client.key", "standard tutorial", "note IN-01", tutorial},
		{"the tutorial's beside standard ones", goodLines + "TEMPORAL_HOST_URL=https://old.a1b2c.tmprl.cloud:7233\n", "standard tutorial", "dead conflict", good},
		{"legacy names for the CLI", goodLines + "TEMPORAL_TLS_CERT=/old/client.pem\nTEMPORAL_TLS_KEY=/old/client.key\n", "standard legacy CLI", "conflict conflict conflict", good},
		{"the course's names", "TEMPORAL_CLOUD_NAMESPACE=orders.a1b2c\nTEMPORAL_CLOUD_ADDRESS=orders.a1b2c.tmprl.cloud\nTEMPORAL_CLOUD_PORT=7233\nTEMPORAL_CLIENT_CERT_PATH=/c/client.pem\nTEMPORAL_CLIENT_KEY_PATH=/c/client.key", "course sample", "note note", good},
		{"API key of tcld", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_CLOUD_API_KEY=k\n", "standard", "AK-06", key},
		{"both API keys", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=k\nTEMPORAL_CLOUD_API_KEY=k\n", "standard", "AK-06", key},
		{"an API key in quotes", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY='\"k\"'\n", "standard", "IN-20", key},
		{"API key and certificate", goodLines + "TEMPORAL_API_KEY=k\n", "standard", "conflict", good},
		{"own CA as server root", goodLines + "TEMPORAL_TLS_SERVER_CA_CERT_PATH=/c/ca.pem\n", "standard", "SV-01", good},
		{"the tutorial's CA", goodLines + "TEMPORAL_MTLS_TLS_CA=/c/ca.pem\n", "standard tutorial", "dead SV-01", good},
		{"verification off", goodLines + "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION=true\n", "standard", "SV-10", good},
		{"TEMPORAL_TLS", goodLines + "TEMPORAL_TLS=true\n", "standard", "note", good},
		{"TLS off", goodLines + "TEMPORAL_TLS=false\n", "standard", "TC-06", good},
		{"TLS off with an API key", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_API_KEY=k\nTEMPORAL_TLS=0\n", "standard", "AK-09", key},
		{"a URL", strings.Replace(goodLines, "=orders.a1b2c.tmprl", "=https://orders.a1b2c.tmprl", 1), "standard", "IN-01", good},
		{"no port", strings.Replace(goodLines, ":7233", "", 1), "standard", "IN-02", good},
		{"the Web UI", strings.Replace(goodLines, "orders.a1b2c.tmprl.cloud:7233", "https://cloud.temporal.io", 1), "standard", "IN-01 IN-08", good},
		{"set twice", goodLines + "TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_PATH=/d/client.pem\n", "standard", "conflict", strings.Replace(good, "/c/client.pem", "/d/client.pem", 1)},
		{"another namespace's endpoint", strings.Replace(goodLines, "NAMESPACE=orders", "NAMESPACE=invoices", 1), "standard", "IN-12", ""},
		{"local, as a URL, with a port of its own", "TEMPORAL_ADDRESS=http://localhost:7233\nTEMPORAL_PORT=7233\nTEMPORAL_NAMESPACE=default\n", "standard own", "note NS-11 IN-10", ""},
		{"local", "TEMPORAL_ADDRESS=localhost:7233\nTEMPORAL_NAMESPACE=default\n", "standard", "NS-11 IN-10", ""},
		{"no address", strings.SplitN(goodLines, "\n", 2)[1], "standard", "IN-22", good},
		{"no namespace", strings.Replace(goodLines, "TEMPORAL_NAMESPACE=orders.a1b2c", "", 1), "standard", "NS-04", good},
		{"the namespace under a name that no SDK reads", strings.Replace(goodLines, "TEMPORAL_NAMESPACE", "TEMPORAL_NAME_SPACE", 1), "standard own", "note NS-04", good},
		{"no key", strings.Split(goodLines, "TEMPORAL_TLS_CLIENT_KEY")[0], "standard", "KP-36", strings.Replace(good, "/c/client.key", "client.key", 1)},
		{"no certificate", strings.Replace(goodLines, "TEMPORAL_TLS_CLIENT_CERT_PATH", "OTHER", 1), "standard", "KP-01 CL-01", strings.Replace(good, "/c/client.pem", "client.pem", 1)},
		{"swapped", strings.NewReplacer("client.pem", "client.key", "client.key", "client.pem").Replace(goodLines), "standard", "KP-02", good},
		{"the CA", strings.Replace(goodLines, "client.pem", "ca.pem", 1), "standard", "KP-08", strings.Replace(good, "client.pem", "ca.pem", 1)},
		{"one file", strings.Replace(goodLines, "client.key", "client.pem", 1), "standard", "KP-30", strings.ReplaceAll(good, "/c/", "")},
		{"home folder", strings.Replace(goodLines, "/c/client.pem", "~/client.pem", 1), "standard", "KP-35", strings.Replace(good, "/c/client.pem", "client.pem", 1)},
		{"a key in the certificate's content", "TEMPORAL_ADDRESS=orders.a1b2c.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_TLS_CLIENT_CERT_DATA=\"" + pemKey + "\"\nTEMPORAL_TLS_CLIENT_KEY_DATA=\"" + pemKey + "\"\n", "standard", "IN-16", strings.ReplaceAll(good, "/c/", "")},
		{"a key for a path", strings.Replace(goodLines, "/c/client.key", "\""+pemKey+"\"", 1), "standard", "danger", strings.Replace(good, "/c/client.key", "client.key", 1)},
		{"a path for a content", strings.Replace(goodLines, "KEY_PATH", "KEY_DATA", 1), "standard", "IN-17", strings.Replace(good, "/c/client.key", "client.key", 1)},
		{"path and content", goodLines + "TEMPORAL_TLS_CLIENT_KEY_DATA='" + pemKey + "'\n", "standard", "danger", good},
		{"regional endpoint", strings.Replace(goodLines, "orders.a1b2c.tmprl.cloud", "us-east-1.aws.api.temporal.io", 1), "standard", "IN-18",
			strings.Replace(good, "orders.a1b2c.tmprl.cloud", "us-east-1.aws.api.temporal.io", 1) + "export TEMPORAL_TLS_SERVER_NAME=orders.a1b2c.tmprl.cloud\n"},
		{"server name says nothing", goodLines + "TEMPORAL_TLS_SERVER_NAME=orders.a1b2c.tmprl.cloud\n", "standard", "dead", good},
		{"placeholder", "TEMPORAL_ADDRESS=<namespace>.<account>.tmprl.cloud:7233\nTEMPORAL_NAMESPACE=<namespace>.<account>\n", "standard", "IN-26 IN-26", ""},
		{"empty variable over the file", "TEMPORAL_NAMESPACE=\n[profile.default]\nnamespace=\"orders.a1b2c\"\naddress=\"orders.a1b2c.tmprl.cloud:7233\"\napi_key=\"k\"\n", "standard", "conflict conflict", key},
		{"nothing of Temporal's", "HOME=/root\n", "", "note", ""},
		{"nothing", "", "", "note", ""},
		{"broken TOML", "[profile.default]\naddress = orders\n", "", "danger note", ""},
		{"broken YAML still read", "services:\n  worker:\n   environment:\n      TEMPORAL_ADDRESS: orders.a1b2c.tmprl.cloud:7233\n    TEMPORAL_NAMESPACE: orders.a1b2c\n  TEMPORAL_API_KEY: k\n", "standard", "danger", key},
	} {
		e := judged(tt.in)
		var got []string
		for _, f := range e.Findings {
			if f.Code == "" {
				f.Code = f.Level
			}
			got = append(got, f.Code)
			if f.Title == "" || f.Text == "" || !strings.Contains(" danger conflict dead repair note ", " "+f.Level+" ") {
				t.Errorf("%s: finding %+v lacks title, text or level", tt.name, f)
			}
		}
		repaired, err := e.Repaired("bash")
		if diff := cmp.Diff([]string{tt.vocabulary, tt.want, tt.repaired}, []string{strings.Join(e.Vocabularies, " "), strings.Join(got, " "), repaired}); diff != "" {
			t.Errorf("%s (-want +got):\n%s%+v", tt.name, diff, e.Findings)
		}
		if (err == nil) != (tt.repaired != "") || err != nil && fault.Title(err) == "" {
			t.Errorf("%s: Repaired: %v", tt.name, err)
		}
		if tt.repaired == "" || strings.Contains(tt.repaired, "us-east-1") {
			continue
		}
		for _, shell := range Shells { // a repaired environment needs no more repair, whatever holds it
			again, err := e.Repaired(shell)
			for _, f := range judged(again).Findings {
				left := shell == "cmd" || shell == "powershell" || shell == "fish" || shell == "bash" || shell == "systemd" || shell == "toml" // where the API key is asked for, or elsewhere
				if f.Level != "note" && f.Level != "dead" && f.Code != "KP-08" && !(left && f.Code == "CL-01") {
					t.Errorf("%s: repaired for %s (%v) is judged %+v:\n%s", tt.name, shell, err, f, again)
				}
			}
		}
	}
}

// TestEnvironmentInEffect: variables over the file, standard names for the SDKs, legacy ones for the CLI.
func TestEnvironmentInEffect(t *testing.T) {
	e := judged("TEMPORAL_NAMESPACE=orders.a1b2c\nTEMPORAL_HOST_URL=x.a1b2c.tmprl.cloud:7233\nTEMPORAL_TLS_CERT=/old.pem\nTEMPORAL_API_KEY=k1\n" +
		"[profile.default]\nnamespace = 'invoices.a1b2c'\naddress = 'orders.a1b2c.tmprl.cloud:7233'\n")
	want := []EnvVar{
		{"address", "orders.a1b2c.tmprl.cloud:7233", "address", "temporal.toml"},
		{"TEMPORAL_NAMESPACE", "orders.a1b2c", "namespace", "variable"},
		{"TEMPORAL_API_KEY", "••••••", "API key", "variable"},
	}
	if diff := cmp.Diff(want, e.InEffect); diff != "" {
		t.Errorf("in effect (-want +got):\n%s", diff)
	}
	own := judged("TEMPORAL_HOST=localhost\nTEMPORAL_PORT=7233\nTEMPORAL_NAMESPACE=default\n").InEffect
	if !slices.Contains(own, EnvVar{"TEMPORAL_PORT", "7233", "port", "perhaps your code's own"}) {
		t.Errorf("a port is called one and not shown: %v", own)
	}
	if diff := cmp.Diff([]EnvVar{{"TEMPORAL_TLS_CERT", "/old.pem", "client certificate", "variable"}}, e.CLI); diff != "" {
		t.Errorf("the CLI takes (-want +got):\n%s", diff)
	}
}

// TestVocabularyIsKnown: every name belongs to a vocabulary that has its readers.
func TestVocabularyIsKnown(t *testing.T) {
	for name, k := range vocabulary {
		if k.set != "ops" && readers[k.set] == "" {
			t.Errorf("%s: nobody is said to read %q", name, k.set)
		}
	}
	for _, r := range cells() {
		for name := range write(t, r).Env {
			if vocabulary[name] == (known{}) {
				t.Errorf("%s: our own variable %s is not known", r.cell(), name)
			}
		}
	}
}

// TestOurOwnHoldersAreWell: what Write gives for any holder is judged to be well.
func TestOurOwnHoldersAreWell(t *testing.T) {
	for _, r := range cells() {
		for _, r.Shell = range r.shells() {
			for _, f := range judged(write(t, r).Holder).Findings {
				if f.Level != "note" && f.Level != "dead" && f.Code != "CL-01" {
					t.Errorf("%s for %s: %+v", r.cell(), r.Shell, f)
				}
			}
		}
	}
}

// FuzzJudgeEnvironment: no panic; a secret that is pasted is nowhere in what comes out; what is repaired stays so.
func FuzzJudgeEnvironment(f *testing.F) {
	for _, s := range []string{goodLines, "services:\n  w:\n    environment:\n      TEMPORAL_API_KEY: ", "[profile.default]\napi_key = ", "export TEMPORAL_ADDRESS=\"", "apiVersion: v1\nkind: Secret\ndata:\n  TEMPORAL_API_KEY: ",
		"$env:TEMPORAL_HOST_URL = '", "set TEMPORAL_NAMESPACE=", "TEMPORAL_TLS_CLIENT_KEY_DATA='", "TEMPORAL_TLS_SERVER_NAME=", "TEMPORAL_ADDRESS=https://u:", "- name: TEMPORAL_API_KEY\n  value: ", "TEMPORAL_TLS_CERT="} {
		f.Add(s, "\n"+goodLines)
	}
	const token = "eyJhbGciOiJFUzI1NiJ9c2VjcmV0LXNlY3JldC1zZWNyZXQ" // as Temporal Cloud's API keys begin
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, secret := range []string{token, pemKey} {
			e := judged(before + secret + after)
			out := e.Given + strings.Join(e.ByHand, "") + fmt.Sprintf("%+v", e.Findings) + fmt.Sprintf("%+v%+v%v%v%v", e.InEffect, e.CLI, e.missing, e.Part, e.Parts)
			shown, err := e.Repaired(Shells[len(before)%len(Shells)])
			out += shown
			shown, _ = e.Repaired("")
			out += shown
			if err != nil {
				out += fmt.Sprint(err, fault.From(err).Cause, fault.From(err).Fix)
			}
			for _, part := range []string{"eyJhbGciOiJ", "MIGHAgEAMBM"} {
				if strings.Contains(out, part) && !strings.Contains(before+after, part) {
					t.Errorf("%q + a secret + %q: the secret comes out:\n%s", before, after, out)
				}
			}
			if repaired, err := e.Repaired("bash"); err == nil {
				again, err := judged(repaired).Repaired("bash")
				if err != nil || again != repaired && !strings.Contains(repaired, "read -rs") {
					t.Errorf("repaired:\n%s\nagain (%v):\n%s", repaired, err, again)
				}
			}
		}
	})
}
