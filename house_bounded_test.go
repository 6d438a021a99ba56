package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// own read no stranger's bytes: an authority's key, which ReadAuthority has read before or Onramp has made; a certificate
// that was made this moment; a request that admit has let in one line before.
var own = []string{"authorityKey", ".create", "readRequest"}

// bounded are the only doors behind which certsvc reads foreign bytes: they ask limit.Shared (certsvc/bounded.go).
var bounded = []string{"admitted", "admit", "InspectContext"}

// parsers are the calls that read bytes of any form, by package, with how their names begin; certsvc's own under "".
// ASN.1 inside of a certificate that was read is no more a stranger's length.
var parsers = map[string]string{
	"": "recognise openArchive", "x509": "Parse Decrypt", "pem": "Decode", "pkcs12": "Decode ToPEM", "pbkdf2": "Key", "scrypt": "Key",
	"zip": "NewReader", "csv": "NewReader", "json": "Unmarshal NewDecoder", "yaml": "Unmarshal NewDecoder",
}

func parses(c call) bool {
	for begin := range strings.FieldsSeq(parsers[c.pkg]) {
		if strings.HasPrefix(c.name, begin) && !c.method {
			return true
		}
	}
	return false
}

// TestEveryDoorIsBounded: whoever calls certsvc with a stranger's bytes is bounded by it. From no exported function does a
// call lead to a parser or a key derivation but through bounded; a new reader that forgets it is named here with its way.
func TestEveryDoorIsBounded(t *testing.T) {
	bodies, given := certsvcCalls(t)
	for _, door := range slices.Concat(bounded, own) {
		if _, ok := bodies[door]; !ok {
			t.Errorf("certsvc has no %s any more: the wall stands on nothing", door)
		}
	}
	for _, name := range given {
		if way := wayToParser(bodies, name, map[string]bool{}); way != nil {
			t.Errorf("certsvc comes to a parser without limit.Shared: %s. Let it go through admitted or admit.", strings.Join(way, " → "))
		}
	}
	// Past the doors there are parsers: else the wall finds none because it looks wrongly.
	for _, inner := range []string{"readPair", "lintBundle", "holdsKey", "readBatch", "parseFilters", ".readFile"} {
		if wayToParser(bodies, inner, map[string]bool{}) == nil {
			t.Errorf("no parser is found behind certsvc's %s", inner)
		}
	}
	if len(given) < 25 {
		t.Errorf("only %d exported functions take bytes: %v", len(given), given)
	}
}

// wayToParser is a way of calls from a function to a parser that passes none of bounded, nil where there is none.
func wayToParser(bodies map[string][]call, from string, seen map[string]bool) []string {
	if seen[from] || slices.Contains(own, from) || slices.Contains(bounded, from) {
		return nil
	}
	seen[from] = true
	for _, c := range bodies[from] {
		if parses(c) {
			return []string{from, strings.TrimPrefix(c.pkg+"."+c.name, ".")}
		}
	}
	for _, c := range bodies[from] {
		if c.pkg != "" {
			continue
		}
		if way := wayToParser(bodies, key(c.name, c.method), seen); way != nil {
			return append([]string{from}, way...)
		}
	}
	return nil
}

// call is one of a function ("" for certsvc's own) or, on whatever value, of a method.
type call struct {
	pkg, name string
	method    bool
}

// key is the name under which a body is kept: methods of one name are one, whatever they are on.
func key(name string, method bool) string {
	if method {
		return "." + name
	}
	return name
}

// certsvcCalls gives what each function of certsvc calls, and which exported ones are given bytes. What stands in the
// arguments of a bounded one is not its caller's doing.
func certsvcCalls(t *testing.T) (bodies map[string][]call, given []string) {
	t.Helper()
	bodies = map[string][]call{}
	goFiles(t, func(room, file string, _ *ast.File) {
		if room != "certsvc" || strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		imports := map[string]bool{}
		for _, spec := range f.Imports {
			imp, _ := strconv.Unquote(spec.Path.Value)
			imports[strings.TrimPrefix(path.Base(imp), "go-")] = true
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			name := key(fn.Name.Name, fn.Recv != nil)
			if fn.Name.IsExported() && takesBytes(fn) {
				given = append(given, name)
			}
			bodies[name] = append(bodies[name], calls(fn.Body, imports)...)
		}
	})
	return bodies, given
}

// takesBytes reports a function that somebody's bytes are given to, bare or in a struct of certsvc.
func takesBytes(fn *ast.FuncDecl) (takes bool) {
	for _, p := range fn.Type.Params.List {
		ast.Inspect(p.Type, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && slices.Contains([]string{"byte", "Reader", "File", "OutputSpec", "string"}, id.Name) {
				takes = true
			}
			return true
		})
	}
	return takes
}

func calls(body ast.Node, imports map[string]bool) (all []call) {
	ast.Inspect(body, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch to := c.Fun.(type) {
		case *ast.Ident:
			if slices.Contains(bounded, to.Name) {
				return false
			}
			all = append(all, call{name: to.Name})
		case *ast.SelectorExpr:
			if pkg, ok := to.X.(*ast.Ident); ok && imports[pkg.Name] {
				all = append(all, call{pkg: pkg.Name, name: to.Sel.Name})
			} else {
				all = append(all, call{name: to.Sel.Name, method: true})
			}
		}
		return true
	})
	return all
}
