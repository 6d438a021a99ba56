// Package static holds everything the browser needs: one stylesheet, one script, the icons. All of it
// is inside the binary, under addresses that change with the content.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

//go:embed css js img
var files embed.FS

// Prefix is the path under which Handler serves; URL's addresses begin with it.
const Prefix = "/a/"

// asset is one file as it is served. The packed forms are made at first use and kept.
type asset struct {
	url      string
	mimeType string
	plain    []byte
	gzip     func() []byte // nil where packing is not worth it
	brotli   func() []byte

	integrity func() string
}

// table is every asset by name and by address.
type table struct {
	byName map[string]*asset
	byURL  map[string]*asset
}

var assets = sync.OnceValue(func() table { return load(files) })

// URL returns the address of an embedded file. Names are "app.css" (every file of css/, in name
// order), "app.js" (every file of js/, in name order) and the files of img/, such as "icon.svg".
// It panics on a name that does not exist: names are constants of our own.
func URL(name string) string {
	a, ok := assets().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.url
}

// Integrity is what a browser that is told it accepts for a file alone (Subresource Integrity): "sha384-…".
func Integrity(name string) string {
	a, ok := assets().byName[name]
	if !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return a.integrity()
}

// Handler serves the addresses that URL gives, to be kept for a year, and /favicon.ico. It answers
// 404 to anything else.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		if r.URL.Path == "/favicon.ico" { // asked for by programs that read no page; its address is fixed
			h.Set("Cache-Control", "max-age=86400")
			serve(w, r, assets().byName["icon.svg"])
			return
		}
		a, ok := assets().byURL[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		serve(w, r, a)
	})
}

func serve(w http.ResponseWriter, r *http.Request, a *asset) {
	h := w.Header()
	h.Set("Content-Type", a.mimeType)
	h.Add("Vary", "Accept-Encoding")
	body := a.plain
	if a.gzip != nil {
		switch Encoding(r.Header.Get("Accept-Encoding"), "br", "gzip") {
		case "br":
			h.Set("Content-Encoding", "br")
			body = a.brotli()
		case "gzip":
			h.Set("Content-Encoding", "gzip")
			body = a.gzip()
		}
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader left: nobody is there to be told
	}
}

// load reads every file and gives it its address.
func load(from fs.FS) table {
	t := table{byName: map[string]*asset{}, byURL: map[string]*asset{}}
	add := func(name string, body []byte) {
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		a := &asset{
			url:      Prefix + hex.EncodeToString(sum[:8]) + ext,
			mimeType: mimeType(ext),
			plain:    body,
			integrity: sync.OnceValue(func() string {
				sum := sha512.Sum384(body)
				return "sha384-" + base64.StdEncoding.EncodeToString(sum[:])
			}),
		}
		if strings.HasPrefix(a.mimeType, "text/") || ext == ".svg" {
			a.gzip = sync.OnceValue(func() []byte { return gzipped(body) })
			a.brotli = sync.OnceValue(func() []byte { return brotlied(body) })
		}
		t.byName[name], t.byURL[a.url] = a, a
	}
	add("app.css", join(from, "css", ".css"))
	add("app.js", join(from, "js", ".js"))
	images, err := fs.ReadDir(from, "img")
	if err != nil {
		panic(err) // the directory is compiled in
	}
	for _, e := range images {
		add(e.Name(), read(from, "img/"+e.Name()))
	}
	return t
}

// join puts the files of a folder one after the other, in name order.
func join(from fs.FS, dir, ext string) []byte {
	entries, err := fs.ReadDir(from, dir) // sorted by name
	if err != nil {
		panic(err) // the directory is compiled in
	}
	var b bytes.Buffer
	for _, e := range entries {
		if path.Ext(e.Name()) == ext {
			body := read(from, dir+"/"+e.Name())
			if ext == ".css" {
				body = squeezed(body)
			}
			b.Write(body)
			b.WriteByte('\n') // a file may end without one
		}
	}
	return b.Bytes()
}

var (
	styleComment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	blanks       = regexp.MustCompile(`\s+`)
)

// squeezed is a stylesheet without its comments, each run of blanks as one: to CSS the same, outside of strings.
func squeezed(css []byte) []byte {
	return bytes.TrimSpace(blanks.ReplaceAll(styleComment.ReplaceAll(css, nil), []byte{' '}))
}

func read(from fs.FS, name string) []byte {
	b, err := fs.ReadFile(from, name)
	if err != nil {
		panic(err) // the file is compiled in
	}
	return b
}

func mimeType(ext string) string {
	switch ext {
	case ".js":
		return "text/javascript; charset=utf-8" // whatever the machine's own table says
	case ".svg":
		return "image/svg+xml"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return mime.TypeByExtension(ext)
}

func gzipped(in []byte) []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a valid constant
	_, _ = z.Write(in)                                    // a Buffer takes everything
	_ = z.Close()
	return b.Bytes()
}

func brotlied(in []byte) []byte {
	var b bytes.Buffer
	z := brotli.NewWriterLevel(&b, brotli.BestCompression)
	_, _ = z.Write(in)
	_ = z.Close()
	return b.Bytes()
}
