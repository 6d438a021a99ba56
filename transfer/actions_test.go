package transfer

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"onramp/fault"
)

func (f *fake) RequestCancelWorkflowExecution(_ context.Context, r *workflowservice.RequestCancelWorkflowExecutionRequest) (*workflowservice.RequestCancelWorkflowExecutionResponse, error) {
	return &workflowservice.RequestCancelWorkflowExecutionResponse{}, f.stop("cancel", r.GetWorkflowExecution().GetWorkflowId())
}

func (f *fake) TerminateWorkflowExecution(_ context.Context, r *workflowservice.TerminateWorkflowExecutionRequest) (*workflowservice.TerminateWorkflowExecutionResponse, error) {
	return &workflowservice.TerminateWorkflowExecutionResponse{}, f.stop("terminate "+r.GetReason(), r.GetWorkflowExecution().GetWorkflowId())
}

// stop notes what was asked of which workflow and answers what the test wants.
func (f *fake) stop(what, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stops = append(f.stops, what+" "+id)
	return f.stopErr
}

func TestStop(t *testing.T) {
	tests := map[string]struct {
		answer error
		kind   fault.Kind
	}{
		"runs":         {nil, ""},
		"asked before": {serviceerror.NewCancellationAlreadyRequested("cancellation already requested"), ""},
		"has ended":    {serviceerror.NewNotFound("workflow execution already completed"), fault.Conflict},
		"never was":    {serviceerror.NewNotFound("workflow not found for ID: w"), fault.NotFound},
		"cut off":      {serviceerror.NewUnavailable("no"), fault.Unavailable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.stopErr = tt.answer
			req := Request{Target: f.target, WorkflowID: "w"}
			got := fault.From(quick(0).Cancel(t.Context(), req))
			if got == nil && tt.kind != "" || got != nil && got.Kind != tt.kind {
				t.Errorf("cancel answered %v, want %q", got, tt.kind)
			}
			if name == "asked before" {
				return
			}
			got = fault.From(quick(0).Terminate(t.Context(), req, "enough"))
			if got == nil && tt.kind != "" || got != nil && got.Kind != tt.kind {
				t.Errorf("terminate answered %v, want %q", got, tt.kind)
			}
			if strings.Join(f.stops, ", ") != "cancel w, terminate enough w" {
				t.Errorf("asked for %q", f.stops)
			}
		})
	}
	if err := quick(0).Cancel(t.Context(), Request{}); !fault.Is(err, fault.Invalid) {
		t.Errorf("without a workflow: %v", err)
	}
}

// TestHistory: what is written can be read by the SDKs' replayers, whatever pages it came in.
func TestHistory(t *testing.T) {
	f := newFake(t)
	f.add(append(aTransfer(), completed(`"done"`))...)
	var text bytes.Buffer
	if err := quick(0).History(t.Context(), Request{Target: f.target, WorkflowID: "w"}, &text); err != nil {
		t.Fatal(err)
	}
	h, err := client.HistoryFromJSON(&text, client.HistoryJSONOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(h.GetEvents()); n != 14 || h.GetEvents()[13].GetWorkflowExecutionCompletedEventAttributes() == nil {
		t.Errorf("%d events came back", n)
	}
}
