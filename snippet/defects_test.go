package snippet

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// placeholder is what a copied snippet must not ask the reader to fill in. GitHub's expressions and shells' variables
// are no placeholders; PHP begins with <?php.
var placeholder = regexp.MustCompile(`(?i)<<|>>[^\n]*<<|<no value>|<(?:your|namespace|account|address|path|key|cert)[^>\n]*>|\byour[-_](?:namespace|account|api|cert|key|domain)|\bTODO\b|\bFIXME\b|\bxxx+\b|\bchangeme\b|example\.com|\{\{ *\.`)

// defects are what learn.temporal.io's "Run Workers with Temporal Cloud" gets wrong, and the old texts that
// went with it.
var defects = map[string]*regexp.Regexp{
	"(a) a URL where host:port belongs":       regexp.MustCompile(`https?://[^\s"']*(?:tmprl\.cloud|temporal\.io|localhost)`),
	"(a) the tutorial's variable holds a URL": regexp.MustCompile(`TEMPORAL_HOST_URL[ =:"']+https?:`),
	"(b) a task queue that nobody polls":      regexp.MustCompile(`--task-queue[ =]+"?(?:money-transfer-queue|MONEY_TRANSFER\b|your)`),
	"(d) an old import path":                  regexp.MustCompile(`temporalio\.contrib\.|go\.temporal\.io/temporal\b|github\.com/temporalio/(?:temporal-)?go-sdk|temporalio\.client\.TLSConfig|@temporalio/proto|Temporalio\.Client\.EnvConfig`),
	"the CA is taken for the server's root":   regexp.MustCompile(`(?i)server_?root_?ca|SERVER_CA_CERT|tls-ca-path|root_ca|ca\.pem`),
	"the server is not checked":               regexp.MustCompile(`(?i)disable_?host_?verification|InsecureSkipVerify|rejectUnauthorized`),
	"TEMPORAL_TLS is set":                     regexp.MustCompile(`TEMPORAL_TLS\b[^_]`),
	"the variable of tcld":                    regexp.MustCompile(`TEMPORAL_CLOUD_API_KEY`),
	"the namespace default":                   regexp.MustCompile(`(?m)TEMPORAL_NAMESPACE[ =:"']+default\b`),
	"a local server":                          regexp.MustCompile(`(?:localhost|127\.0\.0\.1):7233|newLocalServiceStubs`),
}

// TestEveryCell looks at everything that is given away, for every cell of the table: language × style × auth × names ×
// holder, without and with a TLS server name. No placeholder is left, and none of the tutorial's defects occurs.
func TestEveryCell(t *testing.T) {
	count := 0
	for _, lang := range Langs() {
		for _, style := range Styles {
			for _, auth := range Auths {
				for _, vars := range Vars {
					for _, shell := range Shells {
						for _, name := range []string{"", "orders.a1b2c.tmprl.cloud"} {
							r := Request{Lang: lang, Namespace: "orders.a1b2c", Style: style, Auth: auth, Vars: vars, Shell: shell, ServerName: name}
							if name != "" {
								r.Address = "us-east-1.aws.api.temporal.io:7233"
							}
							c, err := Write(r)
							if excluded := style == "envconfig" && vars == "tutorial" || shell == "toml" && style == "explicit"; excluded != (err != nil) {
								t.Errorf("%s on %s: %v", r.cell(), shell, err)
								continue
							} else if excluded {
								continue
							}
							count++
							everything(t, r, c)
						}
					}
				}
			}
		}
	}
	// 7 languages × 2 auths × 2 server names × (2 sets of names × 9 holders in code + 10 holders with envconfig).
	if want := 7 * 2 * 2 * (2*9 + 10); count != want {
		t.Errorf("%d cells, want %d", count, want)
	}
}

func everything(t *testing.T, r Request, c Code) {
	t.Helper()
	given := map[string]string{"environment": c.Holder, "start command": c.Start, "commands": strings.Join(append(append(c.Commands.Install, c.Commands.Worker...), c.Commands.Starter...), "\n")}
	for _, f := range c.Files {
		given["file "+f.Path] = f.Content
	}
	for i, e := range c.Edits {
		given[fmt.Sprintf("edit %d of %s", i, e.File)] = e.After
	}
	for what, text := range given {
		if m := placeholder.FindString(text); m != "" {
			t.Errorf("%s on %s, %s: the placeholder %q is left:\n%s", r.cell(), r.Shell, what, m, text)
		}
		for name, defect := range defects {
			if m := defect.FindString(text); m != "" {
				t.Errorf("%s on %s, %s: %s: %q", r.cell(), r.Shell, what, name, m)
			}
		}
	}
	if !strings.Contains(c.Start, "--input") || !strings.Contains(c.Start, " "+c.Transfer.TaskQueue) || !strings.Contains(c.Start, " "+c.Transfer.WorkflowType) {
		t.Errorf("%s on %s: (b, c) the start command lacks queue, type or input:\n%s", r.cell(), r.Shell, c.Start)
	}
}

// TestDefectsAreSeen: the looks above see what they look for.
func TestDefectsAreSeen(t *testing.T) {
	for name, text := range map[string]string{
		"(a) a URL where host:port belongs": "--address https://orders.a1b2c.tmprl.cloud:7233", "(a) the tutorial's variable holds a URL": "export TEMPORAL_HOST_URL=https://x",
		"(b) a task queue that nobody polls": "--task-queue your-queue", "(d) an old import path": "import go.temporal.io/temporal/client", "the CA is taken for the server's root": "server_root_ca_cert=ca",
		"the server is not checked": "InsecureSkipVerify: true", "TEMPORAL_TLS is set": "export TEMPORAL_TLS=true", "the variable of tcld": "TEMPORAL_CLOUD_API_KEY=x",
		"the namespace default": "TEMPORAL_NAMESPACE=default", "a local server": `connect("localhost:7233")`,
	} {
		if !defects[name].MatchString(text) {
			t.Errorf("%s is not seen in %q", name, text)
		}
	}
	for _, text := range []string{"<<.Address>>", "<your-namespace>", "your-namespace.a1b2c", "TODO", "x.example.com", "<no value>", "xxxx"} {
		if !placeholder.MatchString(text) {
			t.Errorf("%q is no placeholder", text)
		}
	}
}
