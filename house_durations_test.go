package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDurationsForPeople: no text is made of a time.Duration as Go writes it ("1m30s", "2h0m0s"): people read
// "1 minute 30 seconds", which fault.Lasts says. None is handed to what takes anything, as fmt does, and none is asked for
// its String; only logs, which machines read too, and what a machine is given, such as a flag's own text, may.
func TestDurationsForPeople(t *testing.T) {
	seen := 0
	for _, room := range typed(t) {
		for _, f := range room.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "String" && isDuration(room.info.TypeOf(sel.X)) {
					seen++
					t.Errorf("%s: a duration's String is Go's; fault.Lasts is for people", room.at(call))
				}
				sig, ok := room.info.TypeOf(call.Fun).(*types.Signature)
				if !ok {
					return true
				}
				for i, arg := range call.Args {
					if isDuration(room.info.TypeOf(arg)) {
						seen++
						if takesAnything(sig, i) && !forMachines(room.info, call) {
							t.Errorf("%s: a duration is handed to %s, which writes it as Go does; fault.Lasts is for people", room.at(arg), types.ExprString(call.Fun))
						}
					}
				}
				return true
			})
		}
	}
	if seen < 50 {
		t.Errorf("only %d durations are handed on: the wall does not see them", seen)
	}
}

func isDuration(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == "time" && named.Obj().Name() == "Duration"
}

// takesAnything says whether a function's i-th argument is of an interface, so that it is written by its String.
func takesAnything(sig *types.Signature, i int) bool {
	params := sig.Params()
	if sig.Variadic() && i >= params.Len()-1 {
		slice, ok := params.At(params.Len() - 1).Type().(*types.Slice)
		return ok && types.IsInterface(slice.Elem()) && !isTypeParam(slice.Elem())
	}
	return i < params.Len() && types.IsInterface(params.At(i).Type()) && !isTypeParam(params.At(i).Type())
}

func isTypeParam(t types.Type) bool { _, ok := t.(*types.TypeParam); return ok }

// forMachines says whether a call writes a log.
func forMachines(info *types.Info, call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := info.Uses[sel.Sel].(*types.Func)
	return ok && f.Pkg() != nil && f.Pkg().Path() == "log/slog"
}

// typedRoom is a package of the house, its own files without tests, with the types of every expression.
type typedRoom struct {
	fset  *token.FileSet
	files []*ast.File
	info  *types.Info
}

func (r typedRoom) at(n ast.Node) string {
	p := r.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// typed reads every package of the house with its types; of what they import, the compiler's export data is enough.
func typed(t *testing.T) []typedRoom {
	t.Helper()
	cmd := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Dir,GoFiles,Export,Module", "./...")
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	type listed struct {
		ImportPath, Dir, Export string
		GoFiles                 []string
		Module                  *struct{ Main bool }
	}
	exports := map[string]string{}
	var ours []listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		if err := d.Decode(&l); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[l.ImportPath] = l.Export
		if l.Module != nil && l.Module.Main {
			ours = append(ours, l)
		}
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	var rooms []typedRoom
	for _, l := range slices.DeleteFunc(ours, func(l listed) bool { return len(l.GoFiles) == 0 }) {
		room := typedRoom{fset: fset, info: &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}}
		dir, err := filepath.Rel(here, l.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range l.GoFiles {
			f, err := parser.ParseFile(fset, filepath.Join(dir, name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			room.files = append(room.files, f)
		}
		if _, err := (&types.Config{Importer: imports}).Check(l.ImportPath, fset, room.files, room.info); err != nil {
			t.Fatal(err)
		}
		rooms = append(rooms, room)
	}
	return rooms
}
