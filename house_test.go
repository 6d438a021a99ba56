package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// walls says which rooms a room may import (docs/ARCHITECTURE.md). What is not listed is forbidden.
var walls = map[string][]string{
	"main":      {"cli"},
	"cli":       {"sdk", "assess", "cutover", "handlers", "views", "static", "acts", "runs", "cloud", "certsvc", "namespace", "doctor", "snippet", "transfer", "rehearsal", "migration", "custody", "people", "expiry", "notices", "store", "reach", "limit", "fault", "cloudops"},
	"handlers":  {"sdk", "assess", "cutover", "acts", "runs", "cloud", "views", "static", "certsvc", "namespace", "doctor", "snippet", "transfer", "migration", "custody", "people", "expiry", "notices", "limit", "fault"},
	"views":     {"static", "fault"},
	"static":    {},
	"store":     {"runs", "migration", "custody", "people", "expiry", "notices", "fault"},
	"acts":      {"assess", "cutover", "runs", "migration", "custody", "expiry", "cloud", "transfer", "doctor", "certsvc", "namespace", "reach", "limit", "fault"},
	"runs":      {"assess", "cutover", "migration", "cloud", "doctor", "transfer", "fault"},
	"notices":   {"expiry", "people", "custody", "migration", "reach", "fault"},
	"expiry":    {"migration", "certsvc", "fault"},
	"migration": {"sdk", "cloud", "certsvc", "namespace", "fault"},
	"people":    {"custody", "migration", "limit", "fault"},
	"custody":   {"certsvc", "limit", "fault"},
	"rehearsal": {"cloud", "certsvc", "namespace", "fault"},
	"cloud":     {"certsvc", "namespace", "fault"},
	"cloudops":  {"cloud", "certsvc", "namespace", "fault"},
	"assess":    {"doctor", "namespace", "reach", "fault"},
	"cutover":   {"assess", "doctor", "reach", "fault"},
	"transfer":  {"sdk", "doctor", "namespace", "reach", "fault"},
	"doctor":    {"sdk", "certsvc", "namespace", "reach", "fault"},
	"snippet":   {"sdk", "namespace", "limit", "fault"},
	"certsvc":   {"namespace", "limit", "fault"},
	"namespace": {"fault"},
	"reach":     {"fault"},
	"sdk":       {},
	"limit":     {"fault"},
	"fault":     {},
	"e2e":       {},
}

// areas are the folders of handlers: each stands on web alone, and only the router knows them all.
var areas = []string{"journey", "board", "certs", "replace", "rotate", "method", "check", "transfer", "code", "cloud", "ops", "expiry", "help", "search", "people", "handoff", "assess", "cutover", "told", "operate"}

// TestAreas: no area of handlers imports another, and web imports none.
func TestAreas(t *testing.T) {
	found := map[string]bool{}
	goFiles(t, func(room, file string, f *ast.File) {
		parts := strings.Split(filepath.ToSlash(file), "/")
		if room != "handlers" || len(parts) < 3 || strings.HasSuffix(file, "_test.go") {
			return
		}
		found[parts[1]] = true
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if to, ok := strings.CutPrefix(imp, "onramp/handlers/"); ok && to != "web" && to != parts[1] {
				t.Errorf("%s: %s must not import %s", file, parts[1], to)
			}
		}
	})
	delete(found, "web")
	if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, slices.Sorted(slices.Values(areas))) {
		t.Errorf("handlers has the areas %v, the plan says %v", got, areas)
	}
}

// The most methods of a type, and the most parameters of a function.
const (
	maxMethods    = 20
	maxParameters = 6
)

// roomy are the types that may have more methods, by their folder's path: how many, which only falls, and why.
var roomy = map[string]struct {
	most int
	why  string
}{
	"store.DB":                 {90, "one database, whose users each declare a small part of it"},
	"rehearsal.Cloud":          {48, "one cloud, seen as the small interfaces of cloud"},
	"cloudops.Client":          {30, "one session with the API, used as the small interfaces of cloud: a file each"},
	"rehearsal/control.Server": {33, "one state under one lock; the calls that are served are parts of their own"},
	"handlers/web.Site":        {62, "what every page stands on"},
	"handlers/certs.Pages":     {48, "a method a page or form"},
	"handlers/replace.Pages":   {30, "a method a page or form"},
	"handlers/journey.Pages":   {36, "a method a page or form"},
	"handlers/transfer.Pages":  {40, "a method a page or form"},
	"handlers/cloud.Pages":     {23, "a method a page or form"},
	"handlers/people.Pages":    {24, "a method a page or form"},
	"migration.View":           {35, "a method a rule: which facts follow, or why not"},
	"acts.desk":                {27, "what acts stand on; none is called from outside"},
	"runs.Service":             {23, "begin, follow, look and end, for every kind of run"},
	"doctor.run":               {141, "a method a probe or a rule of a stage"},
	"transfer.run":             {41, "a method a step of starting, following and diagnosing"},
	"snippet.judgement":        {67, "a method a rule"},
	"snippet/config.Document":  {41, "a method a form that is read"},
}

// TestSmallTypes: no type has more methods than a person can hold, and no function more parameters.
func TestSmallTypes(t *testing.T) {
	methods := map[string]int{}
	set := token.NewFileSet()
	goFiles(t, func(room, file string, _ *ast.File) {
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") || room == "e2e" || generated(f) {
			return
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := fn.Type.Params.NumFields(); n > maxParameters {
				t.Errorf("%s: %s has %d parameters, at most %d", set.Position(fn.Pos()), fn.Name.Name, n, maxParameters)
			}
			if fn.Recv == nil {
				continue
			}
			on := fn.Recv.List[0].Type
			if star, ok := on.(*ast.StarExpr); ok {
				on = star.X
			}
			if generic, ok := on.(*ast.IndexExpr); ok {
				on = generic.X
			}
			if name, ok := on.(*ast.Ident); ok && !buildOther(file) {
				methods[path.Dir(filepath.ToSlash(file))+"."+name.Name]++
			}
		}
	})
	for name, n := range methods {
		room, known := roomy[name]
		switch {
		case !known && n > maxMethods:
			t.Errorf("%s has %d methods, at most %d: part it, or say in roomy why not", name, n, maxMethods)
		case known && n > room.most:
			t.Errorf("%s has %d methods, and had %d: roomy only shrinks, part it", name, n, room.most)
		case known && n < room.most && n > maxMethods:
			t.Errorf("%s has %d methods now: write that down in roomy", name, n)
		}
	}
	for name := range roomy {
		if methods[name] <= maxMethods {
			t.Errorf("%s has %d methods: take it out of roomy", name, methods[name])
		}
	}
}

// buildOther reports a file of another build than the common one, which holds the same methods again.
func buildOther(file string) bool { return strings.HasSuffix(file, "/lean.go") }

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
				if (imp == pkg || strings.HasPrefix(imp, pkg+"/")) && room != home && !test && room != "e2e" { // a module of its own, which only drives the program
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

// TestModules: go.mod says which libraries Onramp ships and which only its tests need, in a block of its own that
// begins with the comment testBlock, and the journeys' own libraries stay in e2e/go.mod.
func TestModules(t *testing.T) {
	const testBlock = "// What only the rooms' tests need."
	modules := direct(t, ".")
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	_, tests, found := strings.Cut(string(text), testBlock)
	if !found {
		t.Fatalf("go.mod has no block %q", testBlock)
	}
	tests, _, _ = strings.Cut(tests, "\n)")
	shipped, used := map[string]bool{}, map[string]bool{}
	goFiles(t, func(room, file string, f *ast.File) {
		if room == "e2e" {
			return
		}
		// A package for the tests of several rooms is named after the one it is about: custodytest, storetest.
		test := strings.HasSuffix(file, "_test.go") || strings.HasSuffix(f.Name.Name, "test")
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			if m := moduleOf(imp, modules); m != "" {
				used[m] = true
				shipped[m] = shipped[m] || !test
			}
		}
	})
	for _, m := range modules {
		if apart := strings.Contains(tests, "\t"+m+" "); used[m] && apart == shipped[m] {
			t.Errorf("go.mod: %s: shipped %v, among what only tests need %v", m, shipped[m], apart)
		}
	}
	// chromedp and the like: what the journeys alone import is required there alone.
	journeys := direct(t, "e2e")
	needed := map[string]bool{}
	goFiles(t, func(room, _ string, f *ast.File) {
		for _, spec := range f.Imports {
			if imp, _ := strconv.Unquote(spec.Path.Value); room == "e2e" {
				needed[moduleOf(imp, journeys)] = true
			}
		}
	})
	for m := range needed {
		if contains(modules, m) && !used[m] {
			t.Errorf("go.mod: %s is needed by the journeys alone; it belongs to e2e/go.mod", m)
		}
	}
}

// direct are the modules that a module requires for itself.
func direct(t *testing.T, dir string) (paths []string) {
	t.Helper()
	out, err := exec.Command("go", "-C", dir, "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	for _, r := range mod.Require {
		if !r.Indirect {
			paths = append(paths, r.Path)
		}
	}
	return paths
}

// moduleOf is the module that a package belongs to, "" for none of them.
func moduleOf(pkg string, modules []string) (longest string) {
	for _, m := range modules {
		if (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(longest) {
			longest = m
		}
	}
	return longest
}

// TestOneActAFile: a file of acts holds one act at most, so that whoever looks for one finds it by the file's name. An
// act is an exported method that takes an Actor.
func TestOneActAFile(t *testing.T) {
	found := 0
	goFiles(t, func(room, file string, _ *ast.File) {
		if room != "acts" || strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		var here []string
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || len(fn.Type.Params.List) < 2 {
				continue
			}
			if second, ok := fn.Type.Params.List[1].Type.(*ast.Ident); ok && second.Name == "Actor" {
				here = append(here, fn.Name.Name)
			}
		}
		if len(here) > 1 {
			t.Errorf("%s holds the acts %v: give each a file of its own", file, here)
		}
		found += len(here)
	})
	if found < 40 {
		t.Errorf("only %d acts were found", found)
	}
}

var (
	commentText = regexp.MustCompile(`(?:^|\s)(?://|/\*|\*|#)\s(.*)`)
	pageName    = regexp.MustCompile(`[\w./-]+\.md\b`)
)

// TestCitations: a page that a comment cites is in this repository, so that a reader can open it. What others wrote is
// cited by its public address.
func TestCitations(t *testing.T) {
	cited := 0
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && file != ".")) {
			return filepath.SkipDir
		}
		if d.IsDir() || strings.HasSuffix(file, "_templ.go") || !contains([]string{".go", ".templ", ".css", ".js", ".sh", ".sql"}, path.Ext(file)) {
			return nil
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(b), "\n") {
			m := commentText.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			for _, page := range pageName.FindAllString(m[1], -1) {
				if strings.HasPrefix(page, "/") { // an address of Onramp's or the rest of a URL
					continue
				}
				cited++
				if _, err := os.Stat(page); err != nil {
					t.Errorf("%s:%d cites %s, which is not in the repository", filepath.ToSlash(file), i+1, page)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if cited == 0 {
		t.Error("no comment cites a page: the pattern does not work any more")
	}
}
