package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// projectOf writes the money-transfer project of a language, as it is before `onramp code` changes it, to a directory.
func projectOf(t testing.TB, lang string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("..", "snippet", "project", lang+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range a.Files {
		writeBelow(t, dir, f.Name, string(f.Data))
	}
	return dir
}

// writeBelow writes a file below a directory.
func writeBelow(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestProjectZip: the project that step 5 gives away runs as it is, in the four languages that can run here: unpack it,
// put the certificate beside it, and do what its README says; the rehearsal adds its trust variables.
func TestProjectZip(t *testing.T) {
	p := openPortalAtHome(t)
	v := visit(t, p.url)
	made := v.form("/new", "name", "Zipped", "lang", "python", "mode", "rehearsal", "auth", "mtls").ok(t, "a migration").path
	m := "/" + strings.Join(strings.Split(strings.Trim(made, "/"), "/")[:2], "/")
	v.form(m+"/namespace", "namespace", "zipped.f45a2").ok(t, "its namespace")
	v.form(m+"/certificates", "lane", "make", "maker", "server", "organization", "Zipped", "common_name", "zipped",
		"ca_common_name", "Zipped CA", "key_type", "ec-p256", "ca_days", "365", "leaf_days", "364").ok(t, "its certificates")
	bundle := v.form(m+"/certificates/bundle.zip").ok(t, "its bundle").files(t)
	v.form("/cloud/zipped.f45a2", "ca_bundle", bundle["ca.pem"]).ok(t, "its CA in the rehearsal cloud")
	for _, lang := range []string{"python", "go", "typescript", "java"} {
		for _, style := range []string{"explicit", "envconfig"} {
			zip := v.get(m+"/code.zip?lang="+lang+"&style="+style).ok(t, "the project").tree(t)
			dir := t.TempDir()
			for name, content := range zip {
				if strings.Contains(content, "PRIVATE KEY-----") {
					t.Errorf("%s of %s holds a private key", name, lang)
				}
				writeBelow(t, dir, strings.TrimPrefix(name, "money-transfer-"+lang+"/"), content)
			}
			writeBelow(t, dir, "client.pem", bundle["client.pem"])
			writeBelow(t, dir, "client.key", bundle["client.key"])
			t.Run(lang+"-"+style, func(t *testing.T) {
				install, worker, starter := readmeSteps(t, zip["money-transfer-"+lang+"/README.md"])
				env := cleanEnv("PYTHONDONTWRITEBYTECODE=1")
				switch lang {
				case "typescript":
					linkNodeModules(t, dir) // those of e2e/package.json
				case "python":
					env = append(env, "PATH="+filepath.Dir(pythonTool(t, "python"))+string(os.PathListSeparator)+os.Getenv("PATH"))
				default:
					shell(t, dir, env, install)
				}
				const set = ". ./env.sh; "
				running := startShell(t, dir, env, set+worker)
				transferred(t, dir, env, set+starter, running)
				running.killGroup()
			})
		}
	}
}

// readmeSteps are the commands of a project's README.
func readmeSteps(t *testing.T, readme string) (install, worker, starter string) {
	t.Helper()
	block := func(title string) string {
		_, rest, ok := strings.Cut(readme, title)
		if !ok {
			t.Fatalf("the README lacks %q:\n%s", title, readme)
		}
		rest, _, _ = strings.Cut(rest, "\n## ")
		var lines []string
		for _, l := range strings.Split(rest, "\n") {
			if command, ok := strings.CutPrefix(l, "    "); ok {
				lines = append(lines, command)
			}
		}
		return strings.Join(lines, " && ")
	}
	return block("## 3. Install"), block("## 4. Run the worker"), block("## 5. Start a transfer")
}
