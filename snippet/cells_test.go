package snippet

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// cells are all requests of the table but for the shell: language, style, auth and names.
func cells() []Request {
	var out []Request
	for _, lang := range Langs() {
		for _, auth := range Auths {
			for _, kind := range [][2]string{{"explicit", "standard"}, {"explicit", "tutorial"}, {"envconfig", "standard"}} {
				out = append(out, Request{Lang: lang, Namespace: "orders.a1b2c", Auth: auth, Style: kind[0], Vars: kind[1]})
			}
		}
	}
	return out
}

func (r Request) cell() string { return strings.Join([]string{r.Lang, r.Auth, r.Style, r.Vars}, "-") }

// shells are those that a request can have.
func (r Request) shells() []string {
	if r.Style == "explicit" {
		return Shells[:len(Shells)-1] // toml is the last
	}
	return Shells
}

// TestGolden keeps every cell of the table: what is printed is what was reviewed.
func TestGolden(t *testing.T) {
	for _, r := range cells() {
		var b strings.Builder
		c := write(t, r)
		fmt.Fprintf(&b, "%s %s\n", c.SDK.Package, c.SDK.MinVersion)
		for _, f := range c.Files {
			fmt.Fprintf(&b, "\n== new file %s\n%s", f.Path, f.Content)
		}
		for _, e := range c.Edits {
			fmt.Fprintf(&b, "\n== %s\n-%s\n+%s\n", e.File, strings.ReplaceAll(e.Before, "\n", "\n-"), strings.ReplaceAll(e.After, "\n", "\n+"))
		}
		fmt.Fprintf(&b, "\n== commands\n%s\n", strings.Join(append(append(c.Commands.Install, c.Commands.Worker...), c.Commands.Starter...), "\n"))
		for _, v := range c.EnvOrder {
			fmt.Fprintf(&b, "\n== %s: %s\n%s (%s)\n", v.Name, v.Value, v.What, v.From)
		}
		for _, n := range c.Notes {
			fmt.Fprintf(&b, "\n== note\n%s\n", n)
		}
		for _, r.Shell = range r.shells() {
			c := write(t, r)
			fmt.Fprintf(&b, "\n== %s\n%s\n%s\n", r.Shell, c.Holder, c.Start)
		}
		golden(t, r.cell(), b.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), -update if intended:\n%s", name, diff)
	}
}

func write(t *testing.T, r Request) Code {
	t.Helper()
	c, err := Write(r)
	if err != nil {
		t.Fatalf("Write(%+v): %v", r, err)
	}
	return c
}

// TestEditsCanBeMadeAndUndone: each edit finds its text once after the edits before it, and Reverse gives
// back the file. The files here hold the replaced texts only; e2e applies them to whole projects.
func TestEditsCanBeMadeAndUndone(t *testing.T) {
	for _, r := range cells() {
		c := write(t, r)
		files := map[string]string{}
		for _, e := range c.Edits {
			if e.Before == "" || e.Before == e.After {
				t.Errorf("%s: an edit of %s changes nothing: %q", r.cell(), e.File, e.Before)
			}
			files[e.File] += e.Before + "\n//\n"
		}
		was := map[string]string{}
		for name, text := range files {
			was[name] = text
		}
		apply(t, r, files, c.Edits)
		apply(t, r, files, c.Reverse)
		if diff := cmp.Diff(was, files); diff != "" {
			t.Errorf("%s: edits and their reverse (-want +got):\n%s", r.cell(), diff)
		}
	}
}

func apply(t *testing.T, r Request, files map[string]string, edits []Edit) {
	t.Helper()
	for _, e := range edits {
		if n := strings.Count(files[e.File], e.Before); n != 1 {
			t.Errorf("%s: %s has the text %d times, want once: %q", r.cell(), e.File, n, e.Before)
		}
		files[e.File] = strings.Replace(files[e.File], e.Before, e.After, 1)
	}
}

// TestCodeReadsItsEnvironment: what is set is read, and nothing else: a variable that no one reads, or that
// is not set, is the commonest mistake of copied snippets.
func TestCodeReadsItsEnvironment(t *testing.T) {
	all := []string{"TEMPORAL_ADDRESS", "TEMPORAL_HOST_URL", "TEMPORAL_NAMESPACE", "TEMPORAL_API_KEY", "TEMPORAL_TLS_SERVER_NAME",
		"TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_MTLS_TLS_CERT", "TEMPORAL_MTLS_TLS_KEY"}
	for _, r := range cells() {
		for _, r.ServerName = range []string{"", "name.example.com"} {
			c := write(t, r)
			code := ""
			for _, f := range c.Files {
				code += f.Content
			}
			for _, e := range c.Edits {
				code += e.After
			}
			for _, name := range all {
				_, set := c.Env[name]
				if read := strings.Contains(code, name); r.Style == "explicit" && read != set {
					t.Errorf("%s, server name %q: %s is set: %v, read: %v", r.cell(), r.ServerName, name, set, read)
				}
			}
			if want := r.ServerName != ""; (c.Env["TEMPORAL_TLS_SERVER_NAME"] != "") != want {
				t.Errorf("%s, server name %q: environment %v", r.cell(), r.ServerName, c.Env)
			}
		}
	}
}

// TestNoKnownDefect: none of what the tutorial gets wrong (defects) is in anything we print.
func TestNoKnownDefect(t *testing.T) {
	for _, r := range cells() {
		for _, r.Shell = range r.shells() {
			c := write(t, r)
			for _, v := range c.EnvOrder {
				if strings.Contains(v.Value, "://") {
					t.Errorf("%s on %s: %s is a URL: %s", r.cell(), r.Shell, v.Name, v.Value)
				}
			}
			if !strings.Contains(c.Start, "--input") || !strings.Contains(c.Start, " "+c.Transfer.TaskQueue) || !strings.Contains(c.Start, " "+c.Transfer.WorkflowType) {
				t.Errorf("%s on %s: the start command lacks input, queue or type:\n%s", r.cell(), r.Shell, c.Start)
			}
			if strings.Contains(c.Holder+c.Start, "https://") || strings.Contains(c.Holder, "TEMPORAL_TLS=") || strings.Contains(c.Holder+c.Start, "your-") {
				t.Errorf("%s on %s: a URL, TEMPORAL_TLS or a placeholder:\n%s\n%s", r.cell(), r.Shell, c.Holder, c.Start)
			}
			if r.Shell == "bash" {
				if found, again := judgeCommand(c.Start, r.Lang); len(found) > 0 || again != c.Start {
					t.Errorf("%s: our own start command is judged %+v:\n%s", r.cell(), found, again)
				}
			}
		}
	}
}
