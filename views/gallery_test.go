package views

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"onramp/static"
)

// TestGallery writes every page with its stylesheet into the folder that ONRAMP_GALLERY names, to be looked at
// in a browser: <page>.html, <page>.dark.html. Without the variable it proves that they could be written.
func TestGallery(t *testing.T) {
	dir := os.Getenv("ONRAMP_GALLERY")
	if dir == "" {
		dir = t.TempDir()
	}
	css := stylesheet(t)
	write(t, filepath.Join(dir, "app.css"), css)
	for _, p := range pages() {
		html := render(t, p.html)
		html = strings.ReplaceAll(html, static.URL("app.css"), "app.css")
		html = strings.ReplaceAll(html, `<script src="`+static.URL("app.js")+`" defer></script>`, `<script src="app.js" defer></script>`)
		write(t, filepath.Join(dir, p.name+".html"), html)
		write(t, filepath.Join(dir, p.name+".dark.html"), strings.Replace(html, "<html ", `<html data-theme="dark" `, 1))
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
