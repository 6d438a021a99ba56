package views

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The goldens are the same in every zone.
func init() { time.Local = time.UTC }

// hashed is the address of an asset; it changes with every change of the stylesheet or the script.
var hashed = regexp.MustCompile(`/a/[0-9a-f]{16}\.`)

// sealed is what a browser is told of the script's content.
var sealed = regexp.MustCompile(`sha384-[A-Za-z0-9+/=]{64}`)

func TestPagesLookAsBefore(t *testing.T) {
	for _, p := range pages() {
		t.Run(p.name, func(t *testing.T) {
			got := oneTagALine(sealed.ReplaceAllString(hashed.ReplaceAllString(render(t, p.html), "/a/HASH."), "sha384-HASH"))
			file := filepath.Join("testdata", p.name+".html")
			if *update {
				write(t, file, got)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatalf("%v; run go test ./views -update", err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (-want +got), -update if intended:\n%s", p.name, diff)
			}
		})
	}
}

// oneTagALine breaks the page before each opening tag, so that a diff shows what changed. Inside <pre>
// nothing is touched.
func oneTagALine(html string) string {
	var b strings.Builder
	for html != "" {
		pre := strings.Index(html, "<pre")
		if pre < 0 {
			pre = len(html)
		}
		b.WriteString(tags.ReplaceAllString(html[:pre], "\n$0"))
		html = html[pre:]
		if end := strings.Index(html, "</pre>"); end >= 0 {
			b.WriteString("\n" + html[:end])
			html = html[end:]
		}
	}
	return strings.TrimLeft(b.String(), "\n") + "\n"
}

var tags = regexp.MustCompile(`<[a-z!]`)
