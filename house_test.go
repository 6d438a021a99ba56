package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// walls says which rooms a room may import (docs/ARCHITECTURE.md). What is not listed is forbidden.
var walls = map[string][]string{
	"main":      {"cli"},
	"cli":       {"handlers", "views", "static", "certsvc", "namespace", "doctor", "snippet", "transfer", "rehearsal", "migration", "custody", "expiry", "store", "limit", "fault"},
	"handlers":  {"views", "static", "certsvc", "namespace", "doctor", "snippet", "transfer", "migration", "custody", "expiry", "limit", "fault"},
	"views":     {"static", "fault"},
	"static":    {},
	"store":     {"migration", "custody", "expiry", "fault"},
	"custody":   {"certsvc", "fault"},
	"expiry":    {"migration", "certsvc", "fault"},
	"rehearsal": {"migration", "certsvc", "namespace", "fault"},
	"migration": {"doctor", "transfer", "certsvc", "namespace", "fault"},
	"transfer":  {"doctor", "namespace", "fault"},
	"doctor":    {"certsvc", "namespace", "fault"},
	"snippet":   {"namespace", "limit", "fault"},
	"certsvc":   {"namespace", "limit", "fault"},
	"namespace": {"fault"},
	"limit":     {},
	"fault":     {},
	"e2e":       {},
}

// only says which single room may use a module or package outside the house.
var only = map[string]string{
	"go.temporal.io/server": "rehearsal",
	"database/sql":          "store",
	"modernc.org/sqlite":    "store",
	"os/exec":               "",
}

// goFiles calls see for every Go file of the project, with its room ("main" for the top).
func goFiles(t *testing.T, see func(room, file string, f *ast.File)) {
	t.Helper()
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && file != ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		f, err := parser.ParseFile(set, file, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		room := "main"
		if dir := path.Dir(filepath.ToSlash(file)); dir != "." {
			room = strings.Split(dir, "/")[0]
		}
		see(room, file, f)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestWalls: imports point down only, and each heavy or dangerous package has one room.
func TestWalls(t *testing.T) {
	seen := map[string]bool{}
	goFiles(t, func(room, file string, f *ast.File) {
		seen[room] = true
		may, known := walls[room]
		if !known {
			t.Errorf("%s: the room %q has no walls; add it to docs/ARCHITECTURE.md and here", file, room)
			return
		}
		test := strings.HasSuffix(file, "_test.go")
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if to, inside := strings.CutPrefix(imp, "onramp/"); inside && !test {
				to = strings.Split(to, "/")[0]
				if to != room && !contains(may, to) {
					t.Errorf("%s: %s must not import %s", file, room, to)
				}
			}
			for pkg, home := range only {
				if (imp == pkg || strings.HasPrefix(imp, pkg+"/")) && room != home && !test {
					t.Errorf("%s: only %q may import %s", file, home, pkg)
				}
				if pkg == "go.temporal.io/server" && strings.HasPrefix(imp, pkg) && room != home {
					t.Errorf("%s: not even a test outside %q may import %s", file, home, pkg)
				}
			}
		}
	})
	for room := range walls {
		if !seen[room] {
			t.Errorf("the room %q is gone; take it out of the walls", room)
		}
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// TestOnePackageComment: a room says what it is for once.
func TestOnePackageComment(t *testing.T) {
	docs := map[string][]string{}
	goFiles(t, func(room, file string, f *ast.File) {
		dir := path.Dir(filepath.ToSlash(file))
		if strings.HasSuffix(file, "_test.go") {
			if f.Name.Name == "e2e" && f.Doc != nil {
				docs[dir] = append(docs[dir], file)
			}
			return
		}
		if _, ok := docs[dir]; !ok {
			docs[dir] = nil
		}
		if f.Doc != nil && !generated(f) && !buildTagged(f) {
			docs[dir] = append(docs[dir], file)
		}
	})
	for dir, files := range docs {
		if len(files) != 1 {
			t.Errorf("%s: %d package comments %v, want one", dir, len(files), files)
		}
	}
}

// buildTagged reports whether what stands before the package clause is a build constraint only.
func buildTagged(f *ast.File) bool { return strings.HasPrefix(f.Doc.List[0].Text, "//go:build") }

func generated(f *ast.File) bool { return ast.IsGenerated(f) }

var sqlText = regexp.MustCompile(`(?i)"\s*(SELECT .* FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|PRAGMA )`)

// TestSQLOnlyInStore: no other room holds a statement.
func TestSQLOnlyInStore(t *testing.T) {
	found := 0
	goFiles(t, func(room, file string, _ *ast.File) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") || !sqlText.Match(b) {
			return
		}
		if room == "store" {
			found++
			return
		}
		t.Errorf("%s: SQL outside store: %s", file, sqlText.Find(b))
	})
	if found == 0 {
		t.Error("no SQL found in store: the pattern does not work any more")
	}
}
