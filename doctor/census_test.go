package doctor

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The census reads the sources of the SDKs, as far as they are on this machine, for every text that they can print as
// an error, and counts those that the decoder does not know. Most are for the SDK's own authors, or of calls that a
// running workflow makes; what counts is that the number only falls.

// printed is how a language makes an error with a text.
var printed = map[string]*regexp.Regexp{
	".go":   regexp.MustCompile(`(?:errors\.New|errors\.Str|errors\.Errorf|fmt\.Errorf|panic|serviceerror\.New\w+|status\.Errorf?)\((?:[\w.]+, ?)?(?:fmt\.Sprintf\()?"((?:[^"\\]|\\.){8,})"`),
	".py":   regexp.MustCompile(`(?s)raise \w*(?:Error|Exception)\(\s*f?"((?:[^"\\]|\\.){8,})"`),
	".ts":   regexp.MustCompile("(?s)new \\w*Error\\(\\s*['\"`]((?:[^'\"`\\\\]|\\\\.){8,})['\"`]"),
	".java": regexp.MustCompile(`(?s)new \w*(?:Exception|Error)\(\s*"((?:[^"\\]|\\.){8,})"`),
	".cs":   regexp.MustCompile(`(?s)new \w*Exception\(\s*\$?"((?:[^"\\]|\\.){8,})"`),
	".rb":   regexp.MustCompile(`raise (?:[\w:]*Error, ?)?["']((?:[^"'\\]|\\.){8,})["']`),
	".php":  regexp.MustCompile(`(?s)new \\?\w*(?:Exception|Error)\(\s*(?:\\?sprintf\(\s*)?['"]((?:[^'"\\]|\\.){8,})['"]`),
	".rs":   regexp.MustCompile(`(?:#\[error\(|anyhow!\(|bail!\(|new_err\(format!\(|new_err\(|write!\(f, )"((?:[^"\\]|\\.){8,})"`),
}

// verbs are what a program fills in.
var verbs = regexp.MustCompile(`%[+#]?[a-z\[\]0-9]*[a-zA-Z]|\$?\{[^}]*\}|#\{[^}]*\}|\{\}`)

// a census of one source: where it is, and how many unknown texts are let pass. most is 0 where the source is not
// pinned by this project, and is only reported.
type census struct {
	name string
	dirs func(t *testing.T) []string
	most int
}

// module is folders of a Go module of go.mod.
func module(path string, under ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", path).Output()
		dir := strings.TrimSpace(string(out))
		if err != nil || dir == "" {
			return nil
		}
		return below(dir, under)
	}
}

func below(dir string, under []string) (out []string) {
	for _, u := range under {
		out = append(out, filepath.Join(dir, filepath.FromSlash(u)))
	}
	return out
}

// goroot is folders of Go's own library.
func goroot(under ...string) func(*testing.T) []string {
	return func(t *testing.T) []string {
		out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
		if err != nil {
			return nil
		}
		return below(filepath.Join(strings.TrimSpace(string(out)), "src"), under)
	}
}

// laid is folders of sources that somebody laid beside the project, by ONRAMP_SDK_SOURCES: one folder an SDK.
func laid(under ...string) func(*testing.T) []string {
	return func(*testing.T) []string {
		if root := os.Getenv("ONRAMP_SDK_SOURCES"); root != "" {
			return below(root, under)
		}
		return nil
	}
}

func folder(under ...string) func(*testing.T) []string {
	return func(*testing.T) []string { return below("..", under) }
}

var censuses = []census{
	{"Go: crypto/tls and crypto/x509", goroot("crypto/tls", "crypto/x509"), 345},
	{"Go: gRPC", module("google.golang.org/grpc", "internal/transport", "credentials", "internal/resolver", "resolver"), 127},
	{"Go: Temporal SDK", module("go.temporal.io/sdk", "internal", "client", "worker", "converter"), 480},
	{"TypeScript: Temporal SDK", folder("e2e/node_modules/@temporalio/worker/src", "e2e/node_modules/@temporalio/client/src", "e2e/node_modules/@temporalio/common/src"), 193},
	{"Python: Temporal SDK", laid("sdk-python/temporalio/worker", "sdk-python/temporalio/client", "sdk-python/temporalio/bridge/src", "sdk-python/temporalio/service.py", "sdk-python/temporalio/workflow"), 0},
	{"Rust: Temporal core", laid("sdk-core/crates"), 0},
	{"Rust: tonic, rustls and webpki", laid("tonic/src", "rustls/src", "rustls-webpki/src"), 0},
	{"Java: Temporal SDK", laid("sdk-java/temporal-sdk/src/main", "sdk-java/temporal-serviceclient/src/main"), 0},
	{"Java: netty's TLS and HTTP/2", laid("netty-handler", "netty-codec-http2"), 0},
	{".NET: Temporal SDK", laid("sdk-dotnet/src/Temporalio"), 0},
	{"Ruby: Temporal SDK", laid("sdk-ruby/temporalio/lib"), 0},
	{"PHP: Temporal SDK", laid("sdk-php/src"), 0},
	{"PHP: RoadRunner's plugin", laid("roadrunner-temporal"), 0},
}

// texts are the errors' texts of the files below some folders.
func (c census) texts(t *testing.T) []string {
	seen := map[string]bool{}
	for _, dir := range c.dirs(t) {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			dir = real
		}
		_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return nil // what cannot be read is not there
			}
			find := printed[filepath.Ext(path)]
			low := strings.ToLower(filepath.ToSlash(path))
			if find == nil || strings.Contains(low, "_test.") || strings.Contains(low, "/test") || strings.Contains(low, "generated") {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return nil
			}
			for _, m := range find.FindAllSubmatch(b, -1) {
				if text := verbs.ReplaceAllString(string(m[1]), "x"); strings.Contains(strings.TrimSpace(text), " ") {
					seen[text] = true
				}
			}
			return nil
		})
	}
	out := make([]string, 0, len(seen))
	for s := range seen {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// The decoder knows no fewer of the pinned SDKs' texts than it did, and is never certain of one that says nothing of
// its cause. -v lists what is unknown; with -update and all sources there, the table on the page is written.
func TestCensusOfTheSDKs(t *testing.T) {
	var b strings.Builder
	b.WriteString("| source | texts | known | unknown |\n|---|---|---|---|\n")
	whole := true
	for _, c := range censuses {
		texts := c.texts(t)
		if len(texts) == 0 {
			whole = false
			t.Logf("%s: not on this machine", c.name)
			continue
		}
		unknown := 0
		for _, s := range texts {
			d := Decode(s)
			if d.Code == UnknownCode {
				unknown++
			}
			if testing.Verbose() {
				t.Logf("%s: %s %s: %s", c.name, d.Code, d.Level, s)
			}
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", c.name, len(texts), len(texts)-unknown, unknown)
		if c.most > 0 && unknown > c.most {
			t.Errorf("%s: %d of %d texts are unknown, and %d were let pass", c.name, unknown, len(texts), c.most)
		}
	}
	if whole && *update {
		fieldPart(t, "census", b.String())
	}
	t.Log("\n" + b.String())
}
