package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mutant is one small change of one file.
type mutant struct {
	file     string
	line     int
	from, to int    // which bytes of the file are replaced
	with     string // by what
	what     string // what was done
}

// text is the file with the change in it.
func (m mutant) text(source []byte) []byte {
	return []byte(string(source[:m.from]) + m.with + string(source[m.to:]))
}

// mutants are every change that the operators know in the Go files of a directory which are no tests and were not generated.
func mutants(dir string) ([]mutant, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var all []mutant
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		fset := token.NewFileSet()
		tree, err := parser.ParseFile(fset, file, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(tree) {
			continue
		}
		f := finder{file: file, source: source, fset: fset}
		f.walk(tree, nil)
		all = append(all, f.found...)
	}
	return all, nil
}

type finder struct {
	file   string
	source []byte
	fset   *token.FileSet
	found  []mutant
}

func (f *finder) at(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *finder) is(n ast.Node) string { return string(f.source[f.at(n.Pos()):f.at(n.End())]) }

func (f *finder) add(from, to token.Pos, with, what string) {
	f.found = append(f.found, mutant{f.file, f.fset.Position(from).Line, f.at(from), f.at(to), with, what})
}

// other is the operator that stands for another one in a mutant.
var other = map[token.Token]token.Token{token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.LAND: token.LOR, token.LOR: token.LAND, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL}

// walk looks for what can be changed below a node, in a function with these results.
func (f *finder) walk(root ast.Node, results *ast.FieldList) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				f.walk(n.Body, n.Type.Results)
			}
			return false
		case *ast.FuncLit:
			f.walk(n.Body, n.Type.Results)
			return false
		case *ast.ImportSpec, *ast.Field:
			return false
		case *ast.IfStmt:
			f.add(n.Cond.Pos(), n.Cond.End(), "!("+f.is(n.Cond)+")", "condition negated")
		case *ast.BinaryExpr:
			if to, ok := other[n.Op]; ok && !(n.Op == token.ADD && f.texts(n)) {
				f.add(n.OpPos, n.OpPos+token.Pos(len(n.Op.String())), to.String(), fmt.Sprintf("%s for %s", to, n.Op))
			}
		case *ast.ExprStmt:
			f.add(n.Pos(), n.End(), "", "statement dropped")
		case *ast.IncDecStmt:
			f.add(n.Pos(), n.End(), "", "statement dropped")
		case *ast.AssignStmt:
			if n.Tok != token.DEFINE && f.is(n.Lhs[0]) != "_" {
				f.add(n.Pos(), n.End(), "", "statement dropped")
			}
		case *ast.BranchStmt:
			if n.Label == nil && (n.Tok == token.CONTINUE || n.Tok == token.BREAK) {
				f.add(n.Pos(), n.End(), map[token.Token]string{token.CONTINUE: "break", token.BREAK: "continue"}[n.Tok], "loop control swapped")
			}
		case *ast.BasicLit:
			if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil && n.Kind == token.INT {
				f.add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10), fmt.Sprintf("%d for %d", v+1, v))
			}
		case *ast.Ident:
			if to, ok := map[string]string{"true": "false", "false": "true"}[n.Name]; ok {
				f.add(n.Pos(), n.End(), to, to+" for "+n.Name)
			}
		case *ast.ReturnStmt:
			f.returns(n, results)
		}
		return true
	})
}

// texts says whether an addition joins strings: there is no other operator for those.
func (f *finder) texts(n ast.Expr) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		return n.Kind == token.STRING
	case *ast.BinaryExpr:
		return f.texts(n.X) || f.texts(n.Y)
	}
	return false
}

// returns changes each value that a return gives back to its type's zero, and turns truth values round.
func (f *finder) returns(n *ast.ReturnStmt, results *ast.FieldList) {
	if results == nil || len(n.Results) == 0 {
		return
	}
	var types []ast.Expr
	for _, field := range results.List {
		for range max(1, len(field.Names)) {
			types = append(types, field.Type)
		}
	}
	if len(types) != len(n.Results) {
		return
	}
	for i, value := range n.Results {
		was, with := f.is(value), ""
		switch t := types[i].(type) {
		case *ast.Ident:
			with = map[string]string{"bool": "!(" + was + ")", "string": `""`, "int": "0", "error": "nil"}[t.Name]
		case *ast.StarExpr, *ast.ArrayType, *ast.MapType, *ast.FuncType:
			with = "nil"
		}
		if with != "" && with != was && was != "true" && was != "false" { // those are constants that are changed already
			f.add(value.Pos(), value.End(), with, "returns "+with)
		}
	}
}
