package transfer

import (
	"bytes"
	"context"
	"strings"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
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
	if f.busy > 0 {
		f.busy--
		return serviceerror.NewResourceExhausted(enumspb.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "namespace rate limit exceeded")
	}
	f.stops = append(f.stops, what+" "+id)
	return f.stopErr
}

func TestStop(t *testing.T) {
	tests := map[string]struct {
		answer error
		kind   fault.Kind
		busy   int // how often the server is busy first
	}{
		"runs":          {nil, "", 0},
		"busy at first": {nil, "", 2},
		"asked before":  {serviceerror.NewCancellationAlreadyRequested("cancellation already requested"), "", 0},
		"has ended":     {serviceerror.NewNotFound("workflow execution already completed"), fault.Conflict, 0},
		"never was":     {serviceerror.NewNotFound("workflow not found for ID: w"), fault.NotFound, 0},
		"cut off":       {serviceerror.NewUnavailable("no"), fault.Unavailable, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.stopErr, f.busy = tt.answer, tt.busy
			req := Request{Target: f.target, WorkflowID: "w"}
			got := fault.From(quick(0).Cancel(t.Context(), req))
			if got == nil && tt.kind != "" || got != nil && got.Kind != tt.kind {
				t.Errorf("cancel answered %v, want %q", got, tt.kind)
			}
			if name == "asked before" {
				return
			}
			f.busy = tt.busy
			got = fault.From(quick(0).Terminate(t.Context(), req, "enough"))
			if got == nil && tt.kind != "" || got != nil && got.Kind != tt.kind {
				t.Errorf("terminate answered %v, want %q", got, tt.kind)
			}
			if strings.Join(f.stops, ", ") != "cancel w, terminate enough w" {
				t.Errorf("asked for %q", f.stops)
			}
		})
	}
	f := newFake(t)
	f.busy = 1000
	if got := fault.From(quick(0).Terminate(t.Context(), Request{Target: f.target, WorkflowID: "w"}, "")); got == nil || !strings.Contains(got.Title, "busy") {
		t.Errorf("always busy: %v", got)
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
