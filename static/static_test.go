package static

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
)

func get(t *testing.T, path string, accept ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for _, a := range accept {
		r.Header.Set("Accept-Encoding", a)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w.Result()
}

// unpacked is a body as its Content-Encoding says.
func unpacked(t *testing.T, r *http.Response) []byte {
	t.Helper()
	var in io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "br":
		in = brotli.NewReader(r.Body)
	case "gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		in = z
	}
	b, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestServe: every asset, in the packing that the reader takes, to be kept for a year.
func TestServe(t *testing.T) {
	for _, tt := range []struct{ name, mime string }{
		{"app.js", "text/javascript; charset=utf-8"}, {"app.css", "text/css; charset=utf-8"},
		{"icon.svg", "image/svg+xml"}, {"rehearsal.svg", "image/svg+xml"},
	} {
		plain := unpacked(t, get(t, URL(tt.name)))
		if len(plain) == 0 {
			t.Errorf("%s is empty", tt.name)
		}
		for accept, want := range map[string]string{
			"": "", "gzip, deflate, br": "br", "gzip, deflate": "gzip", "br;q=0, gzip": "gzip", "identity": "", "*": "br",
		} {
			r := get(t, URL(tt.name), accept)
			if got := r.Header.Get("Content-Encoding"); got != want {
				t.Errorf("%s for Accept-Encoding %q is packed %q, want %q", tt.name, accept, got, want)
			}
			if r.Header.Get("Content-Type") != tt.mime || r.Header.Get("Vary") != "Accept-Encoding" ||
				r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: headers %v", tt.name, r.Header)
			}
			if !bytes.Equal(unpacked(t, r), plain) {
				t.Errorf("%s for Accept-Encoding %q is another file", tt.name, accept)
			}
		}
	}
	for _, path := range []string{"/a/", "/a/app.js", URL("app.js") + "x", "/a/../static.go", "/a/0000000000000000.css"} {
		if r := get(t, path); r.StatusCode != http.StatusNotFound || r.Header.Get("Cache-Control") == "public, max-age=31536000, immutable" {
			t.Errorf("GET %s answered %d, to be kept %q", path, r.StatusCode, r.Header.Get("Cache-Control"))
		}
	}
	if r := get(t, "/favicon.ico"); r.StatusCode != 200 || r.Header.Get("Content-Type") != "image/svg+xml" || strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("the icon answered %d %v", r.StatusCode, r.Header)
	}
}

// TestAddresses: an address changes with the content, and with nothing else.
func TestAddresses(t *testing.T) {
	files := fstest.MapFS{
		"css/20-b.css": {Data: []byte("b{}")}, "css/10-a.css": {Data: []byte("a{}")}, "css/notes.txt": {Data: []byte("no")},
		"js/app.js": {Data: []byte("app")}, "js/lane.js": {Data: []byte("lane")}, "img/icon.svg": {Data: []byte("<svg/>")},
	}
	one := load(files)
	if got := string(one.byName["app.css"].plain); got != "a{}\nb{}\n" {
		t.Errorf("app.css is %q, want the stylesheets in name order", got)
	}
	if got := string(one.byName["app.js"].plain); got != "app\nlane\n" {
		t.Errorf("app.js is %q, want the scripts in name order", got)
	}
	if again := load(files); again.byName["app.js"].url != one.byName["app.js"].url {
		t.Error("the same content has two addresses")
	}
	files["js/lane.js"] = &fstest.MapFile{Data: []byte("lane!")}
	two := load(files)
	if two.byName["app.js"].url == one.byName["app.js"].url || two.byName["app.css"].url != one.byName["app.css"].url {
		t.Error("another script must have another address, and nothing else")
	}
	if !regexp.MustCompile(`^/a/[0-9a-f]{16}\.js$`).MatchString(URL("app.js")) {
		t.Errorf("URL(app.js) is %s", URL("app.js"))
	}
	defer func() {
		if recover() == nil {
			t.Error("a name that does not exist has an address")
		}
	}()
	URL("nope.js")
}

func TestEncoding(t *testing.T) {
	for _, tt := range []struct{ header, want string }{
		{"", ""}, {"identity", ""}, {"gzip", "gzip"}, {"br", "br"}, {"gzip, br", "br"}, {"GZIP", "gzip"},
		{"br;q=0,gzip;q=0.1", "gzip"}, {"br;q=0", ""}, {"*;q=0, gzip", "gzip"}, {"*;q=0.5", "br"}, {"br ; q=0.0 , *", "gzip"},
		{"br;q=nonsense", ""}, {",,;q=1", ""}, {"brotli", ""}, {"gzip;foo=bar;q=0", ""},
	} {
		if got := Encoding(tt.header, "br", "gzip"); got != tt.want {
			t.Errorf("Encoding(%q) = %q, want %q", tt.header, got, tt.want)
		}
	}
}

// TestScript: what a reviewer is promised: small, one sink for markup behind one policy, nothing evaluated,
// nothing from elsewhere.
func TestScript(t *testing.T) {
	a := assets().byName["app.js"]
	if n := bytes.Count(a.plain, []byte("\n")); n > 800 {
		t.Errorf("the script has %d lines, want at most 800 (docs: adopt htmx beyond that)", n)
	}
	if n := len(a.gzip()); n > 12<<10 {
		t.Errorf("the script has %d bytes packed, want at most 12 kB", n)
	}
	text := string(a.plain)
	for what, want := range map[string]int{
		".innerHTML": 1, "createPolicy(": 1, "createPolicy('onramp'": 1, "new EventSource(": 1,
		"outerHTML =": 0, "insertAdjacentHTML": 0, "document.write": 0, "eval(": 0, "new Function": 0, "setAttribute('on": 0,
		"import(": 0, "http://": 0, "https://": 0, "sessionStorage": 0, "console.": 0, "debugger": 0, "document.cookie": 0,
	} {
		if got := strings.Count(text, what); got != want {
			t.Errorf("the script has %q %d times, want %d", what, got, want)
		}
	}
}
