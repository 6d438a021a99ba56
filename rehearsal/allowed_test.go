//go:build !lean

package rehearsal

import (
	"slices"
	"testing"

	"go.temporal.io/server/common/api"

	"onramp/assess"
)

// TestAssessOnlyReads: what an assessment may call is read-only by the server's own classification, but the two reads that
// the server keeps for administrators; QueryWorkflow, which wakes a worker, is not among it.
func TestAssessOnlyReads(t *testing.T) {
	for _, method := range assess.Allowed() {
		m := api.GetMethodMetadata(method)
		switch {
		case m.Access == api.AccessReadOnly && m.Polling != api.PollingAlways:
		case m.Access == api.AccessAdmin && slices.Contains(assess.Administrators(), method):
		default:
			t.Errorf("%s: access %d, polling %d", method, m.Access, m.Polling)
		}
	}
	if slices.Contains(assess.Allowed(), api.WorkflowServicePrefix+"QueryWorkflow") {
		t.Error("an assessment may query workflows")
	}
	if len(assess.Allowed()) < 15 {
		t.Errorf("only %v", assess.Allowed())
	}
}
