package assess

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// TestReadCode: what Temporal Cloud does not answer is found where it stands, in code that mentions Temporal, and nothing of the
// code is kept.
func TestReadCode(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		found string
		is    Verdict
	}{
		{"a sorted list filter", fstest.MapFS{"shop/list.py": file("from temporalio.client import Client\n\nq = 'WorkflowType = \"Order\" order  by StartTime -- CANARY'\n")}, "ORDER BY shop/list.py:3", Warning},
		{"each kind, in several languages", fstest.MapFS{
			"a.go":   file("import \"go.temporal.io/sdk/client\"\nc.OperatorService().AddSearchAttributes\nsvc.ListNamespaces(ctx)"),
			"b.java": file("import io.temporal.*;\nstubs.blockingStub().listNamespaces(r);"),
			"c.rb":   file("require 'temporalio'\nclient.operator_service\nlist_open_workflow_executions"),
		}, "OperatorService a.go:2, ListNamespaces a.go:3, ListNamespaces b.java:2, OperatorService c.rb:2, ListOpenWorkflow c.rb:3", Warning},
		{"clean", fstest.MapFS{"a.go": file("import \"go.temporal.io/sdk/client\"\nclient.Dial(o)")}, "", Pass},
		{"SQL beside it", fstest.MapFS{"a.go": file("import \"go.temporal.io/sdk/client\""), "db.go": file("rows := db.Query(`SELECT 1 ORDER BY x`)")}, "", Pass},
		{"what others wrote", fstest.MapFS{"node_modules/@temporalio/x.js": file("temporal listNamespaces"), "main.ts": file("import '@temporalio/client'")}, "", Pass},
		{"nothing of Temporal", fstest.MapFS{"a.go": file("package a"), "README.md": file("Temporal ORDER BY")}, "", Unknown},
		{"a file that is too large", fstest.MapFS{"a.go": file("temporal" + strings.Repeat("x", maxCodeFile))}, "", Unknown},
		{"empty", fstest.MapFS{}, "", Unknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := well()
			f.Code = ReadCode(t.Context(), c.files)
			var found []string
			for _, h := range f.Code.Found {
				found = append(found, fmt.Sprintf("%s %s:%d", h.What, h.File, h.Line))
			}
			if got := strings.Join(found, ", "); got != c.found {
				t.Errorf("found %s, want %s", got, c.found)
			}
			verdict(t, f, "Q1", c.is)
			if strings.Contains(fmt.Sprintf("%+v", *f.Code), "CANARY") {
				t.Error("the code itself is kept")
			}
		})
	}
	many := fstest.MapFS{"z.go": file("temporal\nlistNamespaces")}
	for i := range 30 {
		many[fmt.Sprintf("a%02d.py", i)] = file("temporal\nORDER BY")
	}
	c := ReadCode(t.Context(), many)
	if len(c.Found) != maxCodeHits+1 || c.More != 20 || c.Found[maxCodeHits].File != "z.go" {
		t.Errorf("%d found, %d more", len(c.Found), c.More)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if c := ReadCode(ended, many); c.Read == Read {
		t.Error("what was stopped counts as read")
	}
}
