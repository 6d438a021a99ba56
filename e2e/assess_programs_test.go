package e2e

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/api/workflowservice/v1"
)

// TestAssessRealPrograms: the money transfer of the tutorials in Go and Python and two programs like the SDKs' samples, one
// with search attributes and one with a schedule, live on the official dev server. They are assessed, and what the report
// and its pack say is done, word by word; then the same programs run in the rehearsal cloud. What the report warns of is
// real: without it the program fails there.
//
// The traits are those of temporalio/money-transfer-project-template-go and -python (workflow type, task queue, activities,
// no namespace in the client), samples-python hello_search_attributes and schedules, all read in November 2026.
func TestAssessRealPrograms(t *testing.T) {
	old := devServer(t, "--search-attribute", "OrderRegion=Keyword", "--search-attribute", "OrderAmount=Int")
	_, port, _ := net.SplitHostPort(old)
	python := pythonTool(t, "python")
	sample := func(env []string, file string, args ...string) answer {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return runCommand(t, ctx, "testdata/assess", append(env, "PYTHONDONTWRITEBYTECODE=1"), python, append([]string{file}, args...)...)
	}

	// As they are today: nothing is set but where the local server is.
	today := cleanEnv("TEMPORAL_ADDRESS=127.0.0.1:" + port)
	for _, lang := range []string{"go", "python"} {
		dir := projectOf(t, lang)
		elsewhere(t, dir, "localhost:7233", "127.0.0.1:"+port)
		elsewhere(t, dir, "client.Options{}", fmt.Sprintf("client.Options{HostPort: %q}", "127.0.0.1:"+port))
		c := code(t, "--lang", lang, "--namespace", "any.a2dd6")
		env := cleanEnv("PATH="+filepath.Dir(python)+":"+os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1")
		worker := startShell(t, dir, env, c.Commands.Worker[0])
		transferred(t, dir, env, c.Commands.Starter[0], worker)
		worker.killGroup()
	}
	for _, a := range []answer{sample(today, "attributes.py", "3"), sample(today, "schedule.py")} {
		if !strings.Contains(a.out, "Result: ") {
			t.Fatalf("a sample on the dev server: exit %d\n%s\n%s", a.code, a.out, a.err)
		}
	}

	dir := t.TempDir()
	pack, markdown := filepath.Join(dir, "pack.zip"), filepath.Join(dir, "report.md")
	rep, _ := assess(t, 20, "--address", old, "--namespace", "default", "--rate", "50", "--pack", pack, "--markdown", markdown)
	for id, want := range map[string]string{"V3": "INFO", "N3": "WARNING", "S1": "WARNING", "S3": "PASS", "W1": "PASS", "W7": "PASS", "P1": "PASS", "C1": "INFO", "T2": "PASS", "X1": "PASS"} {
		in := "default"
		if strings.HasPrefix(id, "V") || id == "X1" {
			in = ""
		}
		if got := rep.row(id, in); got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	text := readFile(t, markdown)
	for _, want := range []string{"Act on the", "2 custom search attributes must be created", "1 schedule to create", "ACCOUNT stands for your account ID", "onramp code --lang"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}

	// Done as the report says. The pack's script makes the namespace and its search attributes; it asks for an account ID
	// and a CA certificate.
	h, _ := holdOps(t)
	account := h.Namespace[strings.LastIndexByte(h.Namespace, '.')+1:]
	work := t.TempDir()
	unpackInto(t, pack, work)
	ca, cert, key := issued(t, "moved")
	copyFile(t, ca, filepath.Join(work, "ca.pem"))
	elsewhere(t, work, "ACCOUNT", account)
	tools := tcldHere(t)
	cloud := cleanEnv("PATH="+tools+":"+os.Getenv("PATH"), "ONRAMP="+program, "TEMPORAL_CLOUD_API_SERVER="+h.Control.Address, "TEMPORAL_CLOUD_API_KEY="+h.Control.Env["TEMPORAL_CLOUD_API_KEY"], "ROOT="+h.ServerRoot)
	script := strings.Split(readFile(t, filepath.Join(work, "create.sh")), "\n")
	made := "main." + account
	moved := h.rehearsalLine
	moved.Namespace, moved.Cert, moved.Key, moved.CA = made, cert, key, ca
	there := append(cleanEnv("TEMPORAL_ADDRESS="+h.Address, "TEMPORAL_TLS_CLIENT_CERT_PATH="+cert, "TEMPORAL_TLS_CLIENT_KEY_PATH="+key, "TEMPORAL_TLS_SERVER_CA_CERT_PATH="+h.ServerRoot), h.trust()...)
	for i, line := range script {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		shell(t, work, cloud, line)
		if strings.Contains(line, "namespace create") && i > 0 {
			// The namespace alone is not enough: what the report warns of is so.
			if a := sample(append(there, "TEMPORAL_NAMESPACE="+made), "attributes.py", "1"); a.code == 0 || !strings.Contains(a.out+a.err, "OrderRegion") && !strings.Contains(a.out+a.err, "OrderAmount") {
				t.Errorf("without its search attributes the program ends %d\n%s\n%s", a.code, a.out, a.err)
			}
			if a := sample(there, "attributes.py", "1"); a.code == 0 {
				t.Error("a client that names no namespace is let in")
			}
		}
	}

	// N3's line for programs that read the environment, and `onramp code` for those that do not.
	var export string
	for _, r := range rep.Rows {
		for _, f := range r.Fix {
			if r.ID == "N3" {
				export = f.Command
			}
		}
	}
	name, ok := strings.CutPrefix(export, "export TEMPORAL_NAMESPACE=")
	if !ok {
		t.Fatalf("N3 says %q", export)
	}
	there = append(there, "TEMPORAL_NAMESPACE="+strings.ReplaceAll(name, "ACCOUNT", account))
	for _, a := range []answer{sample(there, "attributes.py", "1"), sample(there, "schedule.py")} {
		if !strings.Contains(a.out, "Result: ") {
			t.Errorf("a sample in the rehearsal cloud: exit %d\n%s\n%s", a.code, a.out, a.err)
		}
	}
	for _, lang := range []string{"go", "python"} {
		dir, c := project(t, moved, lang, "--style", "explicit")
		env := cleanEnv(append(append(pairs(c.Env), h.trust()...), "PATH="+filepath.Dir(python)+":"+os.Getenv("PATH"), "PYTHONDONTWRITEBYTECODE=1")...)
		worker := workerShell(t, moved, dir, env, c)
		transferred(t, dir, env, c.Commands.Starter[0], worker)
		worker.killGroup()
	}

	// The new side is in use now, which closes it to the automated migration.
	again, _ := assess(t, 21, "--address", old, "--namespace", "default", "--rate", "50", "--target-address", h.Address, "--target-namespace", made,
		"--target-tls-cert-path", cert, "--target-tls-key-path", key, "--target-tls-ca-path", h.ServerRoot)
	if got := again.row("Z1", ""); got != "INFO/BLOCKER" {
		t.Errorf("Z1: %q", got)
	}
	c := moved.dial(t)
	n, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Namespace: made, Query: "ExecutionStatus = 'Completed'"})
	if err != nil || n.GetCount() < 4 {
		t.Errorf("%d workflows completed (%v)", n.GetCount(), err)
	}
}

// elsewhere puts a text in the place of another in every file of a directory.
func elsewhere(t testing.TB, dir, from, to string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), from) {
			return err
		}
		return os.WriteFile(path, []byte(strings.ReplaceAll(string(b), from, to)), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tcldHere is a directory with a tcld that does its two commands of the report by `onramp cloud`, which speaks to the
// rehearsal's control plane by the same API.
func tcldHere(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	writeBelow(t, dir, "tcld", `#!/usr/bin/env bash
set -eu
[ "$1" = namespace ] || exit 9
verb=$2; shift 2
[ "$verb" = search-attributes ] && shift # add
args=() namespace=
while [ $# -gt 0 ]; do
  case $1 in
    --namespace) namespace=$2 ;;
    --region) args+=(--region "$2") ;;
    --retention-days) args+=(--retention "$2") ;;
    --ca-certificate-file) args+=(--auth mtls --ca "$2") ;;
    --search-attribute) args+=("$2") ;;
    *) echo "no such flag: $1" >&2; exit 9 ;;
  esac
  shift 2
done
case $verb in
  create) exec "$ONRAMP" cloud create "$namespace" --tls-ca-path "$ROOT" --yes "${args[@]}" ;;
  search-attributes) exec "$ONRAMP" cloud attributes add "$namespace" --tls-ca-path "$ROOT" --yes "${args[@]}" ;;
esac
exit 9
`)
	if err := os.Chmod(filepath.Join(dir, "tcld"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// unpackInto writes a zip's files below a directory.
func unpackInto(t testing.TB, file, dir string) {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		writeBelow(t, dir, f.Name, string(b))
	}
}

func readFile(t testing.TB, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, []byte(readFile(t, from)), 0o600); err != nil {
		t.Fatal(err)
	}
}
