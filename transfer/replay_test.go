package transfer

import (
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// The histories were recorded from a Temporal server with Service.History, one for each way a transfer can
// go. A change of the workflow that breaks them would break transfers that run while Onramp is updated.
func TestReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/histories/*.json")
	if err != nil || len(files) != 7 {
		t.Fatalf("found %d histories (%v), want 7", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			r := worker.NewWorkflowReplayer()
			r.RegisterWorkflowWithOptions(MoneyTransfer, workflow.RegisterOptions{Name: workflowName})
			if err := r.ReplayWorkflowHistoryFromJSONFile(silent, file); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReplayNotices: the histories do tell another workflow from this one.
func TestReplayNotices(t *testing.T) {
	other := func(ctx workflow.Context, d Details) (string, error) {
		ctx = workflow.WithActivityOptions(ctx, activityOptions(10))
		var r receipt
		return "", workflow.ExecuteActivity(ctx, depositName, d).Get(ctx, &r) // without a withdrawal
	}
	r := worker.NewWorkflowReplayer()
	r.RegisterWorkflowWithOptions(other, workflow.RegisterOptions{Name: workflowName})
	err := r.ReplayWorkflowHistoryFromJSONFile(silent, "testdata/histories/success.json")
	if err == nil || !strings.Contains(err.Error(), "TMPRL1100") {
		t.Errorf("replayed as %v, want a nondeterminism error", err)
	}
}
