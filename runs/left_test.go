package runs_test

import (
	"testing"

	"onramp/migration"
	"onramp/runs"
)

// TestLeftBehind: what goes on without a run is known from what it was asked, by its kind.
func TestLeftBehind(t *testing.T) {
	for _, tt := range []struct {
		kind    migration.RunKind
		request string
		want    string
	}{
		{migration.TransferRun, `{"workflow_id":"w-1"}`, "the workflow may still run on the server as w-1"},
		{migration.TransferRun, `{}`, "the workflow may still run on the server"},
		{migration.TransferRun, `not JSON`, "the workflow may still run on the server"},
		{migration.CheckRun, `{"workflow_id":"w-1"}`, ""},
		{migration.DrillRun, `{"workflow_id":"w-1"}`, ""},
		{"assessment", `{"workflow_id":"w-1"}`, ""},
	} {
		r := runs.Run{Request: []byte(tt.request)}
		r.Kind = tt.kind
		if got := runs.LeftBehind(r); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.kind, tt.request, got, tt.want)
		}
	}
}
