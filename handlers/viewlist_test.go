package handlers_test

import (
	"go/parser"
	"go/token"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
)

var (
	listedPage = regexp.MustCompile(`(?m)^\t(\w+Page)\(Frame, \w+\) +(.+)$`)
	hexPart    = regexp.MustCompile(`:\[0-9a-f\]\{64\}}`)
	address    = regexp.MustCompile(`/[^\s,]*`)
)

// TestPagesAreListedWithTheirRoutes: each address in the list of pages (views/views.go) is a route, and each page that
// a route shows is in the list by that address.
func TestPagesAreListedWithTheirRoutes(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../views/views.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	routes := map[string]bool{} // "GET /new": is it listed?
	err = chi.Walk(sit(t, deskOptions{shared: true}).h.Router().(chi.Router), func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		routes[method+" "+hexPart.ReplaceAllString(path, "}")] = false
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := listedPage.FindAllStringSubmatch(f.Doc.Text(), -1)
	if len(lines) < 30 {
		t.Fatalf("only %d pages are listed", len(lines))
	}
	for _, l := range lines {
		page, base := l[1], ""
		for _, part := range strings.Split(l[2], "; ") {
			under := ""
			if strings.Contains(part, "below it:") {
				under = base
			}
			for _, a := range address.FindAllString(part, -1) {
				if base == "" {
					base = a
				}
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					key := method + " " + under + a
					if !strings.Contains(strings.SplitN(part, "/", 2)[0], method) {
						continue
					}
					if _, ok := routes[key]; !ok {
						t.Errorf("%s is listed at %s, which is no route", page, key)
					}
					routes[key] = true
				}
			}
		}
	}
	for key, listed := range routes {
		if !listed && strings.HasPrefix(key, "GET /") && !notAPage.MatchString(key) {
			t.Errorf("%s is a route, and no page is listed there", key)
		}
	}
}

// notAPage are the addresses that answer a file, a stream or a number; the last is kept for old links.
var notAPage = regexp.MustCompile(`\.\w+$|\{file\}$|/\*$|/events$|/metrics$|/(healthz|readyz)$|(callback|provider)$|^GET /m/\{m\}/$`)
