package snippet

import (
	"bytes"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// nasty are paths that people have, and those that break quoting.
var nasty = []string{
	"client.pem", "/etc/temporal/client.pem", "/home/me/my certs/client.pem", `C:\Users\me\certs\client.pem`, `C:\new\table\x.pem`,
	`\\server\share\client.pem`, "/it's/client.pem", `/say "hi"/client.pem`, "/$HOME/client.pem", "/${HOME}/client.pem", "/$(id)/client.pem",
	"/`id`/client.pem", "/a;b&c|d<e>f(g)*h?i[j]{k}~l#m!n/client.pem", "/a#b", "/a #b", "/%PATH%/client.pem", "/100%/client.pem", "%h/client.pem",
	"/trailing\\", `/back\slash`, `/double\\back`, "/ünïcödé/证书.pem", "/‘curly’/“quotes”", "/${{ secrets.X }}/x", "/$$/x", "/{{ x }}", "-rf", "=x", "/a:b", "/a: b", "/@x", "/!x", "/&x", "/*x",
	"/null", "yes", "1.0", "/\u00a0x", "/'\\''/x", `/\'/x`, "^caret^", "/🔑.pem",
	"../up.pem", "./here.pem", "a/./b.pem", "/a/../b.pem", "/a//b.pem", "//a.pem", "/./c.pem", "...", "/...", "/.pem", `..\up.pem`, `C:c.pem`, "/C:/c.pem",
}

// TestShellsReadBackEqual: the real shells read what we write, for every nasty value at once.
func TestShellsReadBackEqual(t *testing.T) {
	for _, sh := range []struct {
		program string
		set     func(name, value string) string
	}{
		{"bash", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }},
		{"zsh", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }},
		{"fish", func(n, v string) string { return "set -gx " + n + " " + quoteFish(v) }},
	} {
		values := append(slices.Clone(nasty), "-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n", "")
		checkShell(t, sh.program, sh.set, values)
	}
}

func checkShell(t *testing.T, program string, set func(name, value string) string, values []string) {
	t.Helper()
	var script strings.Builder
	want := map[string]string{}
	for i, v := range values {
		name := fmt.Sprintf("ONRAMP_%03d", i)
		want[name] = v
		script.WriteString(set(name, v) + "\n")
	}
	script.WriteString("env -0\n")
	got := environment(t, exec.Command(program, "-c", script.String()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", program, diff)
	}
}

// environment runs a command that ends in `env -0` and returns its ONRAMP_ and TEMPORAL_ variables.
func environment(t *testing.T, cmd *exec.Cmd) map[string]string {
	t.Helper()
	var stderr bytes.Buffer
	cmd.Stderr, cmd.Env = &stderr, []string{"PATH=/usr/bin:/bin", "HOME=/nonexistent", "LC_ALL=C.UTF-8"}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args[0], err, stderr.String())
	}
	got := map[string]string{}
	for pair := range strings.SplitSeq(string(out), "\x00") {
		if k, v, ok := strings.Cut(pair, "="); ok && (strings.HasPrefix(k, "ONRAMP_") || strings.HasPrefix(k, "TEMPORAL_")) {
			got[k] = v
		}
	}
	return got
}

// TestHoldersReadBackEqual: each holder of each nasty path gives the worker exactly Code.Env, read by a real
// parser or by the shell itself, or by the documented rules of the shells that Debian does not have.
func TestHoldersReadBackEqual(t *testing.T) {
	readers := map[string]func(*testing.T, string) map[string]string{
		"bash": func(t *testing.T, s string) map[string]string {
			got := environment(t, exec.Command("bash", "-c", s+"env -0"))
			if diff := cmp.Diff(got, environment(t, exec.Command("zsh", "-c", s+"env -0"))); diff != "" {
				t.Errorf("bash and zsh differ (-bash +zsh):\n%s", diff)
			}
			return got
		},
		"fish": func(t *testing.T, s string) map[string]string {
			return environment(t, exec.Command("fish", "-c", s+"env -0"))
		},
		"powershell":     readPowerShell,
		"cmd":            readCmd,
		"dotenv":         readDotenv,
		"compose":        readCompose,
		"kubernetes":     readKubernetes,
		"systemd":        readSystemd,
		"github-actions": readActions,
		"toml":           readTOML,
	}
	for _, shell := range Shells {
		written := 0
		for i, path := range nasty {
			if i%4 != 0 && (shell == "bash" || shell == "fish") {
				continue // every value went through TestShellsReadBackEqual; a process each is slow
			}
			r := Request{Lang: "python", Namespace: "orders.a1b2c", Shell: shell, CertPath: path, KeyPath: path + ".key", ServerName: "name.example.com", Style: "envconfig"}
			c, err := Write(r)
			if err != nil {
				continue // refused: TestRefusals says when
			}
			written++
			want := maps.Clone(c.Env)
			if diff := cmp.Diff(want, readers[shell](t, c.Holder)); diff != "" {
				t.Errorf("%s, %q (-want +got):\n%s\n%s", shell, path, diff, c.Holder)
			}
		}
		if written < 8 {
			t.Errorf("%s: only %d of the paths could be written", shell, written)
		}
	}
}

// readPowerShell reads `$env:NAME = '…'` by about_Quoting_Rules: a doubled quote is one, nothing else means anything.
func readPowerShell(t *testing.T, s string) map[string]string {
	got := map[string]string{}
	line := regexp.MustCompile(`(?s)^\$env:([A-Z_]+) = '(.*)'$`)
	for l := range strings.Lines(s) {
		m := line.FindStringSubmatch(strings.TrimSuffix(l, "\n"))
		if m == nil {
			t.Errorf("PowerShell does not read %q", l)
			continue
		}
		var v strings.Builder
		runes := []rune(m[2])
		for i := 0; i < len(runes); i++ {
			if strings.ContainsRune("'‘’‚‛", runes[i]) {
				if i++; i == len(runes) || !strings.ContainsRune("'‘’‚‛", runes[i]) {
					t.Errorf("PowerShell ends the value early: %q", l)
					break
				}
			}
			v.WriteRune(runes[i])
		}
		got[m[1]] = v.String()
	}
	return got
}

// readCmd reads `set "NAME=value"` by set /?: all up to the last quote, %NAME% expanded.
func readCmd(t *testing.T, s string) map[string]string {
	got := map[string]string{}
	for l := range strings.Lines(s) {
		l, ok := strings.CutPrefix(strings.TrimSuffix(l, "\n"), `set "`)
		k, v, pair := strings.Cut(l, "=")
		if !ok || !pair || strings.Count(v, `"`) != 1 || !strings.HasSuffix(v, `"`) || strings.Contains(v, "%") {
			t.Errorf("cmd does not read %q", l)
		}
		got[k] = strings.TrimSuffix(v, `"`)
	}
	return got
}

// readDotenv reads a .env by bash's source and by docker compose's own code, which must agree.
// TestProgramsReadHoldersEqual does so by Node and python-dotenv.
func readDotenv(t *testing.T, s string) map[string]string {
	got := environment(t, exec.Command("bash", "-c", "set -a\n"+s+"env -0"))
	if diff := cmp.Diff(got, composeDotenv(t, s)); diff != "" {
		t.Errorf(".env (-bash +docker compose):\n%s", diff)
	}
	return got
}

// kubeletValue expands as the kubelet does: $$ is $, $(NAME) a variable (none is set here: it stays), any
// other $ stays.
func kubeletValue(s string) string {
	return strings.ReplaceAll(s, "$$", "$")
}

// readSystemd reads Environment="NAME=value" by systemd.syntax(7): C escapes, %% is %, another % a specifier.
func readSystemd(t *testing.T, s string) map[string]string {
	got := map[string]string{}
	for l := range strings.Lines(s) {
		q, ok := strings.CutPrefix(strings.TrimSuffix(l, "\n"), "Environment=")
		if !ok {
			continue
		}
		if strings.Contains(strings.ReplaceAll(q, "%%", ""), "%") {
			t.Errorf("systemd would expand a specifier in %q", l)
		}
		pair, err := strconv.Unquote(strings.ReplaceAll(q, "%%", "%"))
		if err != nil {
			t.Errorf("systemd does not read %q: %v", l, err)
		}
		k, v, _ := strings.Cut(pair, "=")
		got[k] = v
	}
	return got
}

func readActions(t *testing.T, s string) map[string]string {
	var doc struct {
		Name string
		On   string
		Jobs map[string]struct {
			RunsOn string `yaml:"runs-on"`
			Env    map[string]string
			Steps  []struct {
				Name, Uses, Run string
				Env             map[string]string
			}
		}
	}
	strictYAML(t, s, &doc)
	got := map[string]string{}
	for k, v := range doc.Jobs["transfer"].Env {
		v = strings.ReplaceAll(v, "${{ '${{' }}", "\x00")
		if strings.Contains(v, "${{") {
			t.Errorf("GitHub would expand an expression in %q", v)
		}
		got[k] = strings.ReplaceAll(v, "\x00", "${{")
	}
	if len(doc.Jobs["transfer"].Steps) != 4 {
		t.Errorf("%d steps, want 4", len(doc.Jobs["transfer"].Steps))
	}
	return got
}

func strictYAML(t *testing.T, s string, to any) {
	t.Helper()
	dec := yaml.NewDecoder(strings.NewReader(s))
	dec.KnownFields(true)
	if err := dec.Decode(to); err != nil {
		t.Errorf("%v in\n%s", err, s)
	}
}

func readTOML(t *testing.T, s string) map[string]string {
	var doc struct {
		Profile map[string]struct {
			Address, Namespace string
			TLS                map[string]string
		}
	}
	if _, err := toml.Decode(s, &doc); err != nil {
		t.Errorf("%v in\n%s", err, s)
	}
	p := doc.Profile["default"]
	return map[string]string{"TEMPORAL_ADDRESS": p.Address, "TEMPORAL_NAMESPACE": p.Namespace, "TEMPORAL_TLS_CLIENT_CERT_PATH": p.TLS["client_cert_path"],
		"TEMPORAL_TLS_CLIENT_KEY_PATH": p.TLS["client_key_path"], "TEMPORAL_TLS_SERVER_NAME": p.TLS["server_name"]}
}

// TestStartCommandReachesTheProgram: bash and fish hand `temporal` the arguments that we mean; cmd's are read
// by Microsoft's rules for a command line.
func TestStartCommandReachesTheProgram(t *testing.T) {
	const path = `/my 'cert' "dir" $X \/client.pem`
	want := []string{"workflow", "start", "--type", "MoneyTransfer", "--task-queue", "TRANSFER_MONEY_TASK_QUEUE", "--input",
		`{"source_account":"85-150","target_account":"43-812","amount":250,"reference_id":"12345"}`,
		"--address", "orders.a1b2c.tmprl.cloud:7233", "--namespace", "orders.a1b2c", "--tls-cert-path", path, "--tls-key-path", "client.key"}
	for _, shell := range []string{"bash", "fish"} {
		c := write(t, Request{Lang: "python", Namespace: "orders.a1b2c", Shell: shell, CertPath: path})
		define := map[string]string{"bash": "temporal() { printf '%s\\0' \"$@\"; }\n", "fish": "function temporal; printf '%s\\0' $argv; end\n"}[shell]
		out, err := exec.Command(shell, "-c", define+c.Start).Output()
		if err != nil {
			t.Fatalf("%s: %v", shell, err)
		}
		if diff := cmp.Diff(want, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", shell, diff)
		}
	}
	c := write(t, Request{Lang: "python", Namespace: "orders.a1b2c", Shell: "cmd", CertPath: `C:\my certs\c.pem`})
	want[13] = `C:\my certs\c.pem`
	if diff := cmp.Diff(want, microsoftArgs(strings.ReplaceAll(c.Start, "^\n", ""))[1:]); diff != "" {
		t.Errorf("cmd (-want +got):\n%s", diff)
	}
}

// TestPowerShellArgumentsAreQuoted: what PowerShell would split, splat or take for a list stands in quotes.
func TestPowerShellArgumentsAreQuoted(t *testing.T) {
	for _, path := range []string{"@client.pem", "-client.pem", "a,b.pem", "a b.pem", "$x.pem"} {
		c := write(t, Request{Lang: "go", Namespace: "orders.a1b2c", Shell: "powershell", CertPath: path})
		if !strings.Contains(c.Start, "--tls-cert-path '"+path+"' ") {
			t.Errorf("%q is not quoted:\n%s", path, c.Start)
		}
	}
}

func TestQuoteArgument(t *testing.T) {
	for _, s := range append(slices.Clone(nasty), `a\"b`, `a\\"b`, `\\`, `"`, ``) {
		if got := microsoftArgs(quoteArgument(s)); len(got) != 1 || got[0] != s {
			t.Errorf("quoteArgument(%q) = %s, which a program reads as %q", s, quoteArgument(s), got)
		}
	}
}

// microsoftArgs splits a command line by the rules of CommandLineToArgvW: 2n backslashes before a quote are n
// and the quote delimits, 2n+1 are n and a quote.
func microsoftArgs(s string) []string {
	var out []string
	var b strings.Builder
	quoted, in, slashes := false, false, 0
	for _, r := range s {
		if r == '\\' {
			slashes++
			in = true
			continue
		}
		if r == '"' {
			b.WriteString(strings.Repeat(`\`, slashes/2))
			if slashes%2 == 1 {
				b.WriteRune('"')
			} else {
				quoted = !quoted
			}
			slashes, in = 0, true
			continue
		}
		b.WriteString(strings.Repeat(`\`, slashes))
		slashes = 0
		if r == ' ' && !quoted {
			if in {
				out = append(out, b.String())
			}
			b.Reset()
			in = false
			continue
		}
		b.WriteRune(r)
		in = true
	}
	b.WriteString(strings.Repeat(`\`, slashes))
	return append(out, b.String())
}

// FuzzQuoting: any path that we write is read back the same by the shells, and by the parsers of docker compose,
// Kubernetes, YAML and TOML. For systemd, Node and python-dotenv see TestProgramsReadHoldersEqual, random too.
func FuzzQuoting(f *testing.F) {
	for _, p := range nasty {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if judgePath("cert-path", path) != nil || path == "" {
			return
		}
		checkShell(t, "bash", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }, []string{path})
		checkShell(t, "zsh", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }, []string{path})
		checkShell(t, "fish", func(n, v string) string { return "set -gx " + n + " " + quoteFish(v) }, []string{path})
		for _, shell := range []string{"powershell", "cmd", "dotenv", "compose", "kubernetes", "systemd", "github-actions", "toml"} {
			r := Request{Lang: "python", Namespace: "orders.a1b2c", Shell: shell, CertPath: path, KeyPath: path + ".key", ServerName: "name.example.com", Style: "envconfig"}
			c, err := Write(r)
			if err != nil {
				continue
			}
			got := map[string]func(*testing.T, string) map[string]string{"powershell": readPowerShell, "cmd": readCmd, "dotenv": readDotenv, "compose": readCompose,
				"kubernetes": readKubernetes, "systemd": readSystemd, "github-actions": readActions, "toml": readTOML}[shell](t, c.Holder)
			if diff := cmp.Diff(c.Env, got); diff != "" {
				t.Errorf("%s, %q (-want +got):\n%s", shell, path, diff)
			}
		}
	})
}
