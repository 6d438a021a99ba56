package snippet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"
)

// TestProgramsReadHoldersEqual: the programs themselves read what we write as Code.Env: systemd's own code, Node,
// python-dotenv and the three shells. Each gets the nasty paths and 300 random ones at once.
func TestProgramsReadHoldersEqual(t *testing.T) {
	paths := randomPaths(t, 300)
	for _, sh := range []struct {
		program string
		set     func(name, value string) string
	}{
		{"bash", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }},
		{"zsh", func(n, v string) string { return "export " + n + "=" + quoteBash(v) }},
		{"fish", func(n, v string) string { return "set -gx " + n + " " + quoteFish(v) }},
	} {
		checkShell(t, sh.program, sh.set, paths)
	}
	for shell, reads := range map[string][]func(*testing.T, []string) []map[string]string{
		"systemd": {systemdReads},
		"dotenv":  {nodeReads, pythonDotenvReads},
	} {
		var texts []string
		var want []map[string]string
		for _, p := range paths {
			c, err := Write(Request{Lang: "python", Namespace: "orders.a1b2c", Shell: shell, CertPath: p, KeyPath: p + ".key", ServerName: "name.example.com"})
			if err == nil { // TestRefusals says what is refused
				texts, want = append(texts, c.Holder), append(want, c.Env)
			}
		}
		if len(texts) < 100 {
			t.Errorf("%s: only %d of %d paths could be written", shell, len(texts), len(paths))
		}
		for i, read := range reads {
			if diff := cmp.Diff(want, read(t, texts)); diff != "" {
				t.Errorf("%s, reader %d (-want +got):\n%s", shell, i, diff)
			}
		}
	}
}

// randomPaths are the nasty paths and n random ones made of what quoting trips over. Other ones at each run; a
// failure shows them.
func randomPaths(t *testing.T, n int) []string {
	t.Helper()
	pieces := []string{"a", "Z", "9", "/", `\`, "'", `"`, "$", "{", "}", "(", ")", "%", "%%", "`", " ", "#", "!", "&", ";", "=", "-", "~", "*", "?", "[", "]", "<", ">",
		"|", "^", ":", ",", "@", "\\n", "\\x41", "$$", "${A}", "$(A)", "${{ a }}", "é", "证", "🔑", "’", "“", "\u00a0", "n", "t", "u0041"}
	out := append([]string{}, nasty...)
	for len(out) < len(nasty)+n {
		var b strings.Builder
		for range 1 + rand.IntN(8) {
			b.WriteString(pieces[rand.IntN(len(pieces))])
		}
		if judgePath("cert-path", b.String()) == nil {
			out = append(out, b.String())
		}
	}
	return out
}

// systemdReads lets systemd load each text as a unit's drop-in and say what environment it took.
func systemdReads(t *testing.T, texts []string) []map[string]string {
	t.Helper()
	dir := t.TempDir()
	args := []string{"verify", "--man=no"}
	for i, text := range texts {
		unit := filepath.Join(dir, fmt.Sprintf("onramp%d.service", i))
		if err := os.MkdirAll(unit+".d", 0o700); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{unit: "[Service]\nExecStart=/bin/true\n", filepath.Join(unit+".d", "override.conf"): text} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		args = append(args, unit)
	}
	cmd := exec.Command("systemd-analyze", args...)
	// At this level verify prints each unit as it was loaded.
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=" + dir, "XDG_RUNTIME_DIR=" + dir, "SYSTEMD_LOG_LEVEL=debug", "SYSTEMD_LOG_TARGET=console", "SYSTEMD_UNIT_PATH=" + dir + ":"}
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	runErr := cmd.Run() // not 0 for other units of the machine too; what it took counts
	got := make([]map[string]string, len(texts))
	at := -1
	for line := range strings.Lines(out.String()) {
		line = strings.TrimSuffix(line, "\n")
		if _, err := fmt.Sscanf(strings.TrimSpace(line), "-> Unit onramp%d.service:", &at); err == nil {
			got[at] = map[string]string{}
		} else if strings.HasPrefix(strings.TrimSpace(line), "Environment: ") && at >= 0 {
			// Not TrimSpace of the end: a value may end in a blank.
			_, pair, _ := strings.Cut(line, "Environment: ")
			name, value, _ := strings.Cut(pair, "=")
			got[at][name] = value
		} else if strings.HasPrefix(strings.TrimSpace(line), "-> Unit ") {
			at = -1
		}
	}
	for i := range got {
		if got[i] == nil {
			t.Fatalf("systemd did not load unit %d (%v):\n%.2000s\nof\n%s", i, runErr, said.String(), texts[i])
		}
	}
	for line := range strings.Lines(said.String()) {
		if strings.Contains(line, dir) && strings.Contains(line, "ignoring") {
			t.Errorf("systemd: %s", line)
		}
	}
	return got
}

// program runs a reader: texts as JSON in, their variables as JSON out.
func program(t *testing.T, texts []string, name string, args ...string) []map[string]string {
	t.Helper()
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	var said bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said.String())
	}
	var got []map[string]string
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return got
}

// nodeReads reads .env files as node --env-file does.
func nodeReads(t *testing.T, texts []string) []map[string]string {
	return program(t, texts, "node", "-e", `const {parseEnv} = require("util");
console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map(s => parseEnv(s))))`)
}

// pythonDotenvReads reads .env files by python-dotenv, which make setup installs.
func pythonDotenvReads(t *testing.T, texts []string) []map[string]string {
	return program(t, texts, "../e2e/.venv/bin/python", "-c", `import dotenv, io, json, sys
print(json.dumps([dict(dotenv.dotenv_values(stream=io.StringIO(s))) for s in json.load(sys.stdin)]))`)
}

// composeDotenv reads a .env by docker compose's own code.
func composeDotenv(t *testing.T, s string) map[string]string {
	t.Helper()
	got, err := dotenv.UnmarshalWithLookup(s, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Errorf("docker compose does not read this .env: %v\n%s", err, s)
	}
	return got
}

// composeService loads a compose file by docker compose's own code, with interpolation, and returns its one service.
// env is what is set in the shell that runs docker compose.
func composeService(t *testing.T, s string, env types.Mapping) types.ServiceConfig {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p, err := loader.LoadWithContext(ctx, types.ConfigDetails{WorkingDir: "/project", Environment: env,
		ConfigFiles: []types.ConfigFile{{Filename: "/project/compose.yaml", Content: []byte(s)}}}, func(o *loader.Options) { o.SetProjectName("onramp", true) })
	if err != nil {
		t.Errorf("docker compose does not load this: %v\n%s", err, s)
		return types.ServiceConfig{}
	}
	return p.Services["worker"]
}

// readCompose reads the environment by docker compose's own code, and checks that the files are mounted where it points.
func readCompose(t *testing.T, s string) map[string]string {
	t.Helper()
	w := composeService(t, s, types.Mapping{"HOME": "/wrong", "PATH": "/wrong", "x": "wrong"})
	got := map[string]string{}
	for k, v := range w.Environment {
		if v == nil {
			t.Errorf("compose: %s has no value", k)
			continue
		}
		got[k] = *v
	}
	if vs := w.Volumes; len(vs) != 2 || vs[0].Target != got["TEMPORAL_TLS_CLIENT_CERT_PATH"] || vs[1].Target != got["TEMPORAL_TLS_CLIENT_KEY_PATH"] ||
		!vs[0].ReadOnly || !vs[1].ReadOnly || vs[0].Type != "bind" || vs[1].Type != "bind" {
		t.Errorf("compose mounts %+v, not where the variables point", vs)
	}
	noColon(t, got)
	return got
}

// TestComposeMountsTheGivenFiles: docker compose mounts the very files that were named.
func TestComposeMountsTheGivenFiles(t *testing.T) {
	for path, want := range map[string]string{"client.pem": "/project/client.pem", "-rf": "/project/-rf", "~x": "/project/~x", "/$HOME/${x:-a}/$$/c.pem": "/$HOME/${x:-a}/$$/c.pem",
		`C:\me\client.pem`: `C:\me\client.pem`, `/it's "a"/c.pem`: `/it's "a"/c.pem`, "../c.pem": "/c.pem",
		"a:b.pem": "/project/a:b.pem", "certs:old/c.pem": "/project/certs:old/c.pem", "C:/me/c.pem": "C:/me/c.pem", `\\server\share\c.pem`: `\\server\share\c.pem`} {
		w := composeService(t, write(t, Request{Lang: "go", Namespace: "orders.a1b2c", Shell: "compose", CertPath: path}).Holder, types.Mapping{"HOME": "/wrong"})
		if len(w.Volumes) != 2 || w.Volumes[0].Source != want {
			t.Errorf("%q: compose mounts %+v, want the source %q", path, w.Volumes, want)
		}
	}
}

// TestComposeTakesTheKeyFromTheShell: the API key is in no compose file; docker compose takes it from the shell.
func TestComposeTakesTheKeyFromTheShell(t *testing.T) {
	c := write(t, Request{Lang: "go", Namespace: "orders.a1b2c", Shell: "compose", Auth: "api-key"})
	w := composeService(t, c.Holder, types.Mapping{"TEMPORAL_API_KEY": "$the ${key}"})
	if v := w.Environment["TEMPORAL_API_KEY"]; v == nil || *v != "$the ${key}" {
		t.Errorf("docker compose has %v in\n%s", v, c.Holder)
	}
}

// readKubernetes reads the Deployment by Kubernetes' own types, refusing fields that they do not have.
func readKubernetes(t *testing.T, s string) map[string]string {
	t.Helper()
	var d appsv1.Deployment
	if err := yaml.UnmarshalStrict([]byte(s), &d); err != nil {
		t.Errorf("%v in\n%s", err, s)
	}
	pod := d.Spec.Template.Spec
	if d.Kind != "Deployment" || d.APIVersion != "apps/v1" || len(pod.Containers) != 1 || len(pod.Volumes) != 1 || d.Spec.Selector == nil ||
		!maps.Equal(d.Spec.Selector.MatchLabels, d.Spec.Template.Labels) {
		t.Errorf("not a Deployment of one container that selects its pods:\n%s", s)
		return nil
	}
	got := map[string]string{}
	for _, e := range pod.Containers[0].Env {
		got[e.Name] = kubeletValue(e.Value)
	}
	ms, v := pod.Containers[0].VolumeMounts, pod.Volumes[0]
	if len(ms) != 2 || ms[0].MountPath != got["TEMPORAL_TLS_CLIENT_CERT_PATH"] || ms[1].MountPath != got["TEMPORAL_TLS_CLIENT_KEY_PATH"] || ms[0].SubPath != "tls.crt" ||
		ms[1].SubPath != "tls.key" || ms[0].Name != v.Name || ms[1].Name != v.Name || v.Secret == nil || v.Secret.SecretName != "temporal-client" {
		t.Errorf("Kubernetes mounts %+v of %+v, not where the variables point", ms, v)
	}
	noColon(t, got)
	return got
}

// TestActionsWritesTheGivenFiles: the workflow's own script writes certificate and key where the variables point, in
// folders that a checkout does not have.
func TestActionsWritesTheGivenFiles(t *testing.T) {
	for _, path := range []string{"client.pem", "certs/client.pem", "./my certs/it's/client.pem", "-rf/-c.pem", "../up/c.pem", "a/../$x/`id`/c.pem"} {
		c := write(t, Request{Lang: "go", Namespace: "orders.a1b2c", Shell: "github-actions", CertPath: path, KeyPath: path + ".key"})
		var doc struct {
			Jobs map[string]struct {
				Env   map[string]string
				Steps []struct{ Run string }
			}
		}
		if err := yaml.Unmarshal([]byte(c.Holder), &doc); err != nil {
			t.Fatal(err)
		}
		job, work := doc.Jobs["transfer"], filepath.Join(t.TempDir(), "checkout")
		if err := os.Mkdir(work, 0o700); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("bash", "-e", "-c", job.Steps[1].Run)
		cmd.Dir, cmd.Env = work, []string{"PATH=/usr/bin:/bin", "CLIENT_CERT=the certificate", "CLIENT_KEY=the key"}
		for k, v := range job.Env {
			cmd.Env = append(cmd.Env, k+"="+v)
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%q: %v\n%s", path, err, out)
		}
		for name, want := range map[string]string{path: "the certificate\n", path + ".key": "the key\n"} {
			if got, err := os.ReadFile(work + "/" + name); err != nil || string(got) != want {
				t.Errorf("%q holds %q, %v", name, got, err)
			}
		}
	}
}

// noColon: Docker parts a mount at colons, and Kubernetes' mountPath must hold none.
func noColon(t *testing.T, env map[string]string) {
	t.Helper()
	for _, name := range []string{"TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH"} {
		if strings.Contains(env[name], ":") {
			t.Errorf("a file is mounted at %q", env[name])
		}
	}
}
