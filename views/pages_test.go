package views

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// declared is what the package declares: exported components by name with their parameters and file, and types with
// their file.
type declared struct {
	components map[string]component
	types      map[string]string
	doc        string // the package comment
}

type component struct {
	params string // "Frame, HomeProps"
	file   string // "home_templ.go"
}

func declarations(t *testing.T) declared {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	d := declared{map[string]component{}, map[string]string{}, ""}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if file == "views.go" {
			d.doc = f.Doc.Text()
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if r := decl.Type.Results; decl.Recv == nil && decl.Name.IsExported() && r.NumFields() == 1 && types.ExprString(r.List[0].Type) == "templ.Component" {
					var params []string
					for _, p := range decl.Type.Params.List {
						for range max(1, len(p.Names)) {
							params = append(params, types.ExprString(p.Type))
						}
					}
					d.components[decl.Name.Name] = component{strings.Join(params, ", "), file}
				}
			case *ast.GenDecl:
				for _, s := range decl.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						d.types[s.Name.Name] = file
					}
				}
			}
		}
	}
	return d
}

// listed is a line of the lists in the package comment: a component, its parameters, and an address or an id.
var listed = regexp.MustCompile(`(?m)^\t([A-Z]\w*)\((.*)\)(?: +(\S.*))?$`)

// TestPagesShareOneName: a page, its props, its files and its goldens share one name, and the lists in the package
// comment have every exported component, as it is.
func TestPagesShareOneName(t *testing.T) {
	d := declarations(t)
	inList := map[string]bool{}
	for _, l := range listed.FindAllStringSubmatch(d.doc, -1) {
		name, params, rest := l[1], l[2], l[3]
		if inList[name] {
			t.Errorf("views.go lists %s twice", name)
		}
		inList[name] = true
		switch c, ok := d.components[name]; {
		case !ok:
			t.Errorf("views.go lists %s, which is gone", name)
		case c.params != params:
			t.Errorf("views.go lists %s(%s); it takes %s", name, params, c.params)
		case isPage(name) && !strings.Contains(rest, " /") && name != "ErrorPage":
			t.Errorf("views.go gives no address of %s", name)
		case !strings.HasSuffix(name, "Page") && !strings.HasPrefix(rest, "id="):
			t.Errorf("views.go gives no id of the live part %s", name)
		}
	}

	golden := map[string]bool{}
	for _, p := range pages() {
		golden[p.of] = true
	}
	for name, c := range d.components {
		if !inList[name] {
			t.Errorf("%s is exported and not listed in views.go", name)
		}
		if strings.HasSuffix(name, "FollowPage") && c.file != "follow_templ.go" {
			t.Errorf("%s stands in %s, want follow.templ", name, c.file)
		}
		if !isPage(name) {
			continue
		}
		base := strings.TrimSuffix(name, "Page")
		file, props := strings.ToLower(base), base+"Props"
		if c.params != "Frame, "+props {
			t.Errorf("%s takes %s, want Frame, %s", name, c.params, props)
		}
		if c.file != file+"_templ.go" {
			t.Errorf("%s stands in %s, want %s.templ", name, c.file, file)
		}
		if d.types[props] != file+".go" {
			t.Errorf("%s stands in %q, want %s.go", props, d.types[props], file)
		}
		if !golden[name] {
			t.Errorf("%s has no golden", name)
		}
	}
}

// isPage reports a page proper: not one that streams the page of a run.
func isPage(name string) bool {
	return strings.HasSuffix(name, "Page") && !strings.HasSuffix(name, "FollowPage")
}

// TestGoldensBearTheNameOfTheirPage: the golden of HelpEntryPage is help-entry.html or help-entry-VARIANT.html, and no
// other page claims that name; no golden is left of a page that is gone.
func TestGoldensBearTheNameOfTheirPage(t *testing.T) {
	all := declarations(t).components
	known := map[string]bool{}
	for _, p := range pages() {
		if known[p.name+".html"] {
			t.Errorf("two pages are called %s", p.name)
		}
		known[p.name+".html"] = true
		owner := ""
		for name := range all {
			if isPage(name) && claims(name, p.name) && len(name) > len(owner) {
				owner = name
			}
		}
		if owner != p.of {
			t.Errorf("%s.html shows %s; by its name it is of %q", p.name, p.of, owner)
		}
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("testdata/%s belongs to no page", f.Name())
		}
	}
}

var capital = regexp.MustCompile(`(.)([A-Z])`)

// claims reports whether a golden's name is that of a page, or that with a variant.
func claims(page, golden string) bool {
	name := strings.ToLower(capital.ReplaceAllString(strings.TrimSuffix(page, "Page"), "$1-$2"))
	return golden == name || strings.HasPrefix(golden, name+"-")
}
