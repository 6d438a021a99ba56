package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEnvconfigLoaders: the loaders of the Go, Python, TypeScript and Java SDKs understand what `onramp code`
// gives, as variables and as temporal.toml, to mean what it says is in effect.
func TestEnvconfigLoaders(t *testing.T) {
	cases, want := envconfigCases(t)
	in, err := json.Marshal(cases)
	if err != nil {
		t.Fatal(err)
	}
	h := rehearsalLine{Namespace: "orders.a1b2c", Address: "orders.a1b2c.tmprl.cloud:7233", Cert: "client.pem", Key: "client.key"}
	for lang, load := range map[string]func(t *testing.T) (dir, line string){
		"python": func(t *testing.T) (string, string) {
			return "testdata/envconfig", pythonTool(t, "python") + " -B load.py"
		},
		"typescript": func(*testing.T) (string, string) { return "testdata/envconfig", "node load.js" },
		"go": func(t *testing.T) (string, string) {
			dir, c := project(t, h, "go", "--style", "envconfig")
			copyTo(t, "testdata/envconfig/load.go", filepath.Join(dir, "load", "main.go"))
			shell(t, dir, cleanEnv(), c.Commands.Install[0])
			return dir, "go run load/main.go"
		},
		"java": func(t *testing.T) (string, string) {
			dir, _ := project(t, h, "java", "--style", "envconfig")
			copyTo(t, "testdata/envconfig/Load.java", filepath.Join(dir, "src/main/java/moneytransferapp/Load.java"))
			return dir, "mvn -q compile exec:java -Dexec.mainClass=moneytransferapp.Load"
		},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			dir, line := load(t)
			ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, "bash", "-c", line)
			cmd.Dir, cmd.Env, cmd.Stdin = dir, cleanEnv("XDG_CONFIG_HOME="+t.TempDir()), strings.NewReader(string(in))
			var errOut strings.Builder
			cmd.Stderr = &errOut
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, errOut.String())
			}
			var read map[string]map[string]string
			if err := json.NewDecoder(bytes.NewReader(out)).Decode(&read); err != nil { // Maven ends its output in colours
				t.Fatalf("%v\n%s", err, out)
			}
			for _, got := range read {
				maps.DeleteFunc(got, func(_, v string) bool { return v == "" })
			}
			if diff := cmp.Diff(want, read); diff != "" {
				t.Errorf("what is in effect (-onramp +%s):\n%s", lang, diff)
			}
		})
	}
}

// envconfigCases are environments by name, made of what `onramp code` prints, and what must be in effect in each.
func envconfigCases(t *testing.T) (cases, want map[string]map[string]string) {
	t.Helper()
	cases, want = map[string]map[string]string{}, map[string]map[string]string{}
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"certificate":       {"--auth", "mtls"},
		"server name":       {"--auth", "mtls", "--tls-server-name", "name.example.com"},
		"API key":           {"--auth", "api-key"},
		"awkward paths":     {"--cert-path", `/it's/a "b"/c d/é.pem`, "--key-path", `C:\new\table\x.key`},
		"regional endpoint": {"--address", "us-east-1.aws.api.temporal.io:7233"},
	} {
		args = append([]string{"--lang", "go", "--namespace", "orders.a1b2c", "--style", "envconfig"}, args...)
		c := code(t, args...)
		key := map[string]string{}
		if _, ok := c.Env["TEMPORAL_API_KEY"]; ok {
			key["TEMPORAL_API_KEY"] = "the-key" // Onramp prints it empty: it does not know it
		}
		env := maps.Clone(c.Env)
		maps.Copy(env, key)
		cases[name], want[name] = env, effect(env)

		text := run(t, cleanEnv(), append([]string{"code", "--shell", "toml"}, args...)...).out
		_, text, _ = strings.Cut(text, "\n")
		text, _, _ = strings.Cut(text, "\n# 2.")
		file := filepath.Join(dir, name+".toml")
		named := filepath.Join(dir, name+"-named.toml")
		for f, s := range map[string]string{file: text, named: strings.ReplaceAll(text, "[profile.default", "[profile.cloud")} {
			if err := os.WriteFile(f, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		inFile := maps.Clone(key)
		inFile["TEMPORAL_CONFIG_FILE"] = file
		cases[name+", temporal.toml"], want[name+", temporal.toml"] = inFile, effect(env)
		inNamed := maps.Clone(key)
		inNamed["TEMPORAL_CONFIG_FILE"], inNamed["TEMPORAL_PROFILE"] = named, "cloud"
		cases[name+", named profile"], want[name+", named profile"] = inNamed, effect(env)
		over := maps.Clone(inFile) // a variable wins over the file
		over["TEMPORAL_NAMESPACE"] = "other.a1b2c"
		e := effect(env)
		e["namespace"] = "other.a1b2c"
		cases[name+", both"], want[name+", both"] = over, e
	}
	return cases, want
}

// effect is what an environment means, in the words of the loaders' programs.
func effect(env map[string]string) map[string]string {
	out := map[string]string{}
	for name, as := range map[string]string{"TEMPORAL_ADDRESS": "address", "TEMPORAL_NAMESPACE": "namespace", "TEMPORAL_API_KEY": "api_key",
		"TEMPORAL_TLS_CLIENT_CERT_PATH": "cert", "TEMPORAL_TLS_CLIENT_KEY_PATH": "key", "TEMPORAL_TLS_SERVER_NAME": "server_name"} {
		if v := env[name]; v != "" {
			out[as] = v
		}
	}
	return out
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTemporalCLIEnvironment: the official CLI takes the standard variables and temporal.toml as they are
// printed, and the legacy ones; where both are set the legacy ones win.
func TestTemporalCLIEnvironment(t *testing.T) {
	h, _ := hold(t)
	args := []string{"--lang", "go", "--namespace", h.Namespace, "--address", h.Address, "--style", "envconfig", "--cert-path", h.Cert, "--key-path", h.Key}
	standard := code(t, args...).Env
	text := run(t, cleanEnv(), append([]string{"code", "--shell", "toml"}, args...)...).out
	_, text, _ = strings.Cut(text, "\n")
	text, _, _ = strings.Cut(text, "\n# 2.")
	file := filepath.Join(t.TempDir(), "temporal.toml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	with := func(more map[string]string) map[string]string {
		env := maps.Clone(standard)
		maps.Copy(env, more)
		return env
	}
	for _, tt := range []struct {
		name string
		env  map[string]string
		want string // in the error; "" for success
	}{
		{"standard", standard, ""},
		{"temporal.toml", map[string]string{"TEMPORAL_CONFIG_FILE": file}, ""},
		{"legacy", map[string]string{"TEMPORAL_ADDRESS": h.Address, "TEMPORAL_NAMESPACE": h.Namespace, "TEMPORAL_TLS_CERT": h.Cert, "TEMPORAL_TLS_KEY": h.Key}, ""},
		{"legacy wins", with(map[string]string{"TEMPORAL_TLS_CERT": "/old/client.pem", "TEMPORAL_TLS_KEY": "/old/client.key"}), "/old/client.pem"},
		{"a URL", with(map[string]string{"TEMPORAL_ADDRESS": "https://" + h.Address}), "too many colons"},
		{"another server root", with(map[string]string{"TEMPORAL_TLS_SERVER_CA_CERT_PATH": h.CA}), "unknown authority"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		a := runCommand(t, ctx, "", cleanEnv(append(pairs(tt.env), onlyTrust(h))...), pythonTool(t, "temporal"), "workflow", "count")
		cancel()
		if (a.code == 0) != (tt.want == "") || !strings.Contains(a.err, tt.want) {
			t.Errorf("%s: exit %d\n%s\n%s\nwant %q in the error", tt.name, a.code, a.out, a.err, tt.want)
		}
	}
}
