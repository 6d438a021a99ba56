package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sources parses what the program is built of: no test, nothing generated, no journey.
func sources(t *testing.T, see func(file string, set *token.FileSet, f *ast.File)) {
	t.Helper()
	set := token.NewFileSet()
	goFiles(t, func(room, file string, _ *ast.File) {
		if room == "e2e" || strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, "_templ.go") {
			return
		}
		f, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		see(filepath.ToSlash(file), set, f)
	})
}

// builders are the names in store that may stand in a query beside constants: each holds SQL that store itself wrote,
// with ? where a value goes.
var builders = []string{"query", "where", "mine", "within", "order"}

// TestASVS_1_2_4: a query is made of constants and of what store's builders made of constants; values are parameters.
// ASVS 1.2.4.
func TestASVS_1_2_4(t *testing.T) {
	runs := []string{"ExecContext", "QueryContext", "QueryRowContext", "PrepareContext", "all", "one"}
	constants := map[string]bool{}
	sources(t, func(file string, _ *token.FileSet, f *ast.File) {
		if strings.HasPrefix(file, "store/") {
			for name, o := range f.Scope.Objects { //nolint:staticcheck // names of the package are all that is asked
				constants[name] = o.Kind == ast.Con || o.Kind == ast.Var
			}
		}
	})
	queries := 0
	sources(t, func(file string, set *token.FileSet, f *ast.File) {
		if !strings.HasPrefix(file, "store/") {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !slices.Contains(runs, called(call)) {
				return true
			}
			for _, arg := range call.Args {
				if !holdsSQL(arg) {
					continue
				}
				queries++
				for _, bad := range notConstant(arg, constants) {
					t.Errorf("%s: %s stands in the text of a query", set.Position(arg.Pos()), bad)
				}
			}
			return true
		})
	})
	if queries < 80 {
		t.Errorf("only %d queries were found", queries)
	}
}

// called is the name of a function that is called.
func called(c *ast.CallExpr) string {
	fun := c.Fun
	if x, ok := fun.(*ast.IndexExpr); ok {
		fun = x.X
	}
	switch f := fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// holdsSQL reports whether an argument is the text of a query.
func holdsSQL(arg ast.Expr) (sql bool) {
	if id, ok := arg.(*ast.Ident); ok {
		return id.Name == "query" || strings.HasSuffix(id.Name, "Query")
	}
	ast.Inspect(arg, func(n ast.Node) bool {
		if _, ok := n.(*ast.FuncLit); ok {
			return false
		}
		lit, ok := n.(*ast.BasicLit)
		for _, word := range []string{"SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", "VACUUM"} {
			sql = sql || ok && lit.Kind == token.STRING && strings.Contains(lit.Value, word)
		}
		return true
	})
	return sql
}

// notConstant are the parts of a query that are neither constants nor made by the builders.
func notConstant(e ast.Expr, constants map[string]bool) []string {
	switch x := e.(type) {
	case *ast.BasicLit:
		return nil
	case *ast.ParenExpr:
		return notConstant(x.X, constants)
	case *ast.BinaryExpr:
		return append(notConstant(x.X, constants), notConstant(x.Y, constants)...)
	case *ast.Ident:
		if constants[x.Name] || slices.Contains(builders, x.Name) {
			return nil
		}
		return []string{x.Name}
	case *ast.CallExpr:
		switch name := called(x); {
		case name == "Join", name == "Repeat": // of parts that are judged where they are made
			return nil
		case name == "Sprintf": // numbers alone
			format, _ := x.Args[0].(*ast.BasicLit)
			if format != nil && !strings.ContainsAny(strings.ReplaceAll(format.Value, "%d", ""), "%") {
				return nil
			}
		}
	}
	return []string{fmt.Sprintf("%T", e)}
}

// TestASVS_1_2_5: Onramp runs one program, itself, with arguments that nobody typed: to hold an opened key.
// ASVS 1.2.5.
func TestASVS_1_2_5(t *testing.T) {
	starts := map[string]int{}
	sources(t, func(file string, set *token.FileSet, f *ast.File) {
		for _, spec := range f.Imports {
			if imp, _ := strconv.Unquote(spec.Path.Value); imp == "os/exec" || imp == "plugin" {
				t.Errorf("%s imports %s", file, imp)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if x, ok := n.(*ast.SelectorExpr); ok && slices.Contains([]string{"StartProcess", "ForkExec", "Exec", "Execve"}, x.Sel.Name) {
				if pkg, ok := x.X.(*ast.Ident); ok && (pkg.Name == "os" || pkg.Name == "syscall" || pkg.Name == "unix") {
					starts[file]++
				}
			}
			return true
		})
	})
	if len(starts) != 1 || starts["custody/agent.go"] != 1 {
		t.Errorf("programs are started in %v", starts)
	}
}

// weak are packages of ciphers, hashes and chance that nothing of ours may rest on, and who may read what others made
// with them, or needs one where no secret rests on it.
var weak = map[string]map[string]string{
	"crypto/des":  {"certsvc/derive.go": "opens old key stores and keys"},
	"crypto/rc4":  {},
	"crypto/md5":  {"certsvc/derive.go": "opens old keys", "certsvc/signature.go": "names old signatures"},
	"crypto/sha1": {"certsvc/derive.go": "opens old key stores", "certsvc/signature.go": "names old signatures", "certsvc/replace.go": "key identifiers (RFC 5280, 4.2.1.2)"},
	"math/rand":   {}, "math/rand/v2": {},
}

// TestASVS_11_3: ciphers, hashes and chance that are too weak are linked to read what others made, and nowhere else.
// ASVS 11.3.1, 11.5.1.
func TestASVS_11_3(t *testing.T) {
	seen := map[string]map[string]bool{}
	sources(t, func(file string, _ *token.FileSet, f *ast.File) {
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			may, is := weak[imp]
			if !is {
				continue
			}
			if may[file] == "" {
				t.Errorf("%s imports %s", file, imp)
			}
			if seen[imp] == nil {
				seen[imp] = map[string]bool{}
			}
			seen[imp][file] = true
		}
	})
	for imp, may := range weak {
		if got := slices.Sorted(maps.Keys(seen[imp])); !slices.Equal(got, slices.Sorted(maps.Keys(may))) {
			t.Errorf("%s: imported by %v, the list says %v", imp, got, slices.Sorted(maps.Keys(may)))
		}
	}
}

// TestASVS_12_3_2: no TLS connection of ours goes on with a certificate that was not judged, and no client follows a
// redirect or is net/http's own, which would.
// ASVS 12.3.2, 15.3.2.
func TestASVS_12_3_2(t *testing.T) {
	clients, skipped, follow := 0, 0, 0
	sources(t, func(file string, set *token.FileSet, f *ast.File) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.Ident:
				if x.Name == "InsecureSkipVerify" {
					skipped++
					t.Errorf("%s: InsecureSkipVerify", set.Position(x.Pos()))
				}
			case *ast.SelectorExpr:
				if pkg, ok := x.X.(*ast.Ident); ok && pkg.Name == "http" && slices.Contains([]string{"DefaultClient", "Get", "Post", "PostForm", "Head"}, x.Sel.Name) {
					t.Errorf("%s: http.%s follows redirects", set.Position(x.Pos()), x.Sel.Name)
				}
			case *ast.CompositeLit:
				if typ, ok := x.Type.(*ast.SelectorExpr); ok && typ.Sel.Name == "Client" && fmt.Sprint(typ.X) == "http" {
					clients++
					if !slices.ContainsFunc(x.Elts, func(e ast.Expr) bool {
						kv, ok := e.(*ast.KeyValueExpr)
						return ok && fmt.Sprint(kv.Key) == "CheckRedirect"
					}) {
						follow++
						t.Errorf("%s: this client follows redirects", set.Position(x.Pos()))
					}
				}
			}
			return true
		})
	})
	if clients < 3 {
		t.Errorf("only %d clients were found", clients)
	}
	t.Logf("figure: S13 insecure_skip_verify=%d clients_that_follow_redirects=%d of=%d", skipped, follow, clients)
}
