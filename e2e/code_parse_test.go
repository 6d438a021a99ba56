package e2e

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// templates are the official projects' names, by language.
var templates = map[string]string{
	"python": "money-transfer-project-template-python", "go": "money-transfer-project-template-go", "typescript": "money-transfer-project-template-ts",
	"java": "money-transfer-project-java", "dotnet": "money-transfer-project-template-dotnet", "ruby": "money-transfer-project-template-ruby",
	"php": "money-transfer-project-template-php",
}

// codeCells are the choices of `onramp code` that change code.
func codeCells() [][]string {
	var out [][]string
	for _, auth := range []string{"mtls", "api-key"} {
		for _, style := range [][]string{{"explicit", "standard"}, {"explicit", "tutorial"}, {"envconfig", "standard"}} {
			for _, name := range []string{"", "name.example.com"} {
				out = append(out, []string{"--auth", auth, "--style", style[0], "--vars", style[1], "--tls-server-name", name})
			}
		}
	}
	return out
}

// TestCodeParses: every edit of every cell finds its text once in the project, nothing local is left in what was
// edited, and a parser of the language takes the result. The projects are the tests' own; with ONRAMP_TEMPLATES
// naming a directory that holds checkouts of the official templates, they are those.
func TestCodeParses(t *testing.T) {
	official := os.Getenv("ONRAMP_TEMPLATES")
	for lang, repo := range templates {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			from := projectOf(t, lang)
			if official != "" {
				from = filepath.Join(official, repo)
			}
			root := t.TempDir()
			for _, cell := range codeCells() {
				dir := filepath.Join(root, strings.Join(cell, ""))
				c := code(t, append([]string{"--lang", lang, "--namespace", "orders.a1b2c"}, cell...)...)
				applyCode(t, from, dir, c)
				for _, e := range c.Edits {
					if b, err := os.ReadFile(filepath.Join(dir, e.File)); err != nil || strings.Contains(string(b), ":7233") ||
						strings.Contains(string(b), "newLocalServiceStubs()") || strings.Contains(string(b), "client.Options{}") {
						t.Errorf("%s still connects to a local server (%v):\n%s", e.File, err, b)
					}
				}
			}
			parse(t, root)
		})
	}
}

// parsers run over all files that end so. Each writes what it cannot parse and fails then.
var parsers = map[string][]string{
	".py":   {"python3", "-c", "import ast, sys\nfor f in sys.argv[1:]: ast.parse(open(f).read(), f)"},
	".go":   {"gofmt", "-e", "-l"},
	".ts":   {"node", "-e", typescriptParser},
	".java": {"java", "testdata/Parse.java"},
	".rb":   {"bash", "-c", `for f; do ruby -c "$f" >/dev/null || exit 1; done`, "ruby -c"},
	".php":  {"bash", "-c", `for f; do php -l "$f" || exit 1; done`, "php -l"},
	".cs":   {".venv/bin/python", "-c", csharpParser},
}

const typescriptParser = `const ts = require('./node_modules/typescript'), fs = require('fs');
for (const f of process.argv.slice(1)) {
  const d = ts.transpileModule(fs.readFileSync(f, 'utf8'), { fileName: f, reportDiagnostics: true }).diagnostics;
  if (d.length) { console.error(f, d.map((x) => x.messageText)); process.exitCode = 1; }
}`

// csharpParser is tree-sitter's grammar of C#: a real parser, and no compiler.
const csharpParser = `import sys, tree_sitter, tree_sitter_c_sharp
parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_c_sharp.language()))
def wrong(n): return [n] if n.is_error or n.is_missing else [w for c in n.children for w in wrong(c)]
bad = [(f, w.start_point, w.text) for f in sys.argv[1:] for w in wrong(parser.parse(open(f, "rb").read()).root_node)]
print(*bad, sep="\n", file=sys.stderr)
sys.exit(bool(bad))`

// parse has every file under a directory parsed.
func parse(t *testing.T, root string) {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files[filepath.Ext(path)] = append(files[filepath.Ext(path)], path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	parsed := 0
	for ext, paths := range files {
		p, ok := parsers[ext]
		if !ok {
			for _, path := range paths {
				parseData(t, ext, path)
			}
			continue
		}
		a := runCommand(t, ctx, "", cleanEnv(), p[0], append(slices.Clone(p[1:]), paths...)...)
		if a.code != 0 {
			t.Errorf("%s files do not parse: exit %d\n%s%s", ext, a.code, a.out, a.err)
		}
		parsed += len(paths)
	}
	if parsed < 12 { // one new file in each cell at least
		t.Errorf("%d files were parsed", parsed)
	}
}

// parseData parses a file that is no code.
func parseData(t *testing.T, ext, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	switch ext {
	case ".json":
		err = json.Unmarshal(b, &v)
	case ".yaml":
		err = yaml.Unmarshal(b, &v)
	case ".csproj", ".xml":
		dec := xml.NewDecoder(strings.NewReader(string(b)))
		for err == nil {
			_, err = dec.Token()
		}
		if err == io.EOF {
			err = nil
		}
	}
	if err != nil {
		t.Errorf("%s: %v\n%s", path, err, b)
	}
}
