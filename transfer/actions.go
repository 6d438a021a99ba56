package transfer

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/temporalproto"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"

	"onramp/fault"
)

// Cancel asks the workflow of a request (WorkflowID, RunID) to stop. Its code decides how: the built-in
// transfer gives the money back first. Errors are faults: NotFound, Conflict when it has ended already.
func (s *Service) Cancel(ctx context.Context, req Request) error {
	return s.with(ctx, req, func(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, exec *commonpb.WorkflowExecution) error {
		ask := &workflowservice.RequestCancelWorkflowExecutionRequest{Namespace: namespace, WorkflowExecution: exec, Identity: identity, RequestId: randomID(), Reason: "stopped from Onramp"}
		_, err := whenFree(ctx, ask, svc.RequestCancelWorkflowExecution)
		var asked *serviceerror.CancellationAlreadyRequested
		if errors.As(err, &asked) {
			return nil
		}
		return err
	})
}

// Terminate ends the workflow of a request at once: its code does not learn of it and gives nothing back.
// Errors are as Cancel's.
func (s *Service) Terminate(ctx context.Context, req Request, reason string) error {
	return s.with(ctx, req, func(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, exec *commonpb.WorkflowExecution) error {
		ask := &workflowservice.TerminateWorkflowExecutionRequest{Namespace: namespace, WorkflowExecution: exec, Identity: identity, Reason: or(shorten(reason), "stopped from Onramp")}
		_, err := whenFree(ctx, ask, svc.TerminateWorkflowExecution)
		return err
	})
}

// maxHistory bounds a raw history, in bytes: Temporal's own limit is 50 MB (docs.temporal.io/cloud/limits).
const maxHistory = 64 << 20

// History writes the whole history of the workflow of a request as JSON, a page of events at a time, in the form that the temporal
// command line prints and that the SDKs' replayers read.
func (s *Service) History(ctx context.Context, req Request, to io.Writer) error {
	out := bufio.NewWriter(to)
	err := s.with(ctx, req, func(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, exec *commonpb.WorkflowExecution) error {
		var token []byte
		for size, before := 0, "{\n  \"events\": [\n    "; ; {
			resp, err := whenFree(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace, Execution: exec, MaximumPageSize: historyPage,
				NextPageToken: token, HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT}, svc.GetWorkflowExecutionHistory)
			if err != nil {
				return err
			}
			if size += resp.GetHistory().Size(); size > maxHistory {
				return fault.New(fault.TooLarge, "The history is larger than 64 MB", "Read it with the temporal CLI: temporal workflow show --workflow-id "+shell(req.WorkflowID)+" --output json")
			}
			for _, e := range resp.GetHistory().GetEvents() {
				text, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(e)
				if err != nil {
					return fmt.Errorf("write the history of %s: %w", req.WorkflowID, err)
				}
				_, _ = out.WriteString(before) // the error is that of Flush
				_, _ = out.Write(bytes.ReplaceAll(text, []byte("\n"), []byte("\n    ")))
				before = ",\n    "
			}
			if token = resp.GetNextPageToken(); len(token) == 0 {
				if before[0] == '{' {
					before = "{\n  \"events\": ["
					_, _ = out.WriteString(before)
				}
				_, _ = out.WriteString("\n  ]\n}\n")
				return nil
			}
		}
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// historyPage is how many events of a history are held at once.
const historyPage = 200

// with connects to a request's target, does something to its workflow, and makes a fault of the error.
func (s *Service) with(ctx context.Context, req Request, do func(context.Context, workflowservice.WorkflowServiceClient, string, *commonpb.WorkflowExecution) error) error {
	req.FollowOnly = true // as far as Validate goes: the workflow exists
	if err := Validate(req); err != nil {
		return err
	}
	p, err := prepare(req.Target)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	c, done, err := s.dial(ctx, p)
	if err != nil {
		return unreachable(err)
	}
	defer done()
	err = do(ctx, c.WorkflowService(), p.namespace, &commonpb.WorkflowExecution{WorkflowId: req.WorkflowID, RunId: req.RunID})
	var (
		missing *serviceerror.NotFound
		busy    *serviceerror.ResourceExhausted
		made    *fault.Fault
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &made):
		return made
	case errors.As(err, &missing) && strings.Contains(missing.Error(), "already completed"):
		return fault.Wrap(err, fault.Conflict, "The transfer has already ended", "Start another one.")
	case errors.As(err, &missing):
		return fault.Wrap(err, fault.NotFound, fmt.Sprintf("There is no workflow %s in namespace %s", quote(req.WorkflowID), p.namespace), "Copy the workflow ID and namespace from where you see the workflow.")
	}
	if errors.As(err, &busy) {
		return fault.Wrap(err, fault.Unavailable, "Temporal is busy: it takes no more calls of this namespace for the moment", "Wait a few seconds, then try again. The connection itself is not broken.")
	}
	return unreachable(err)
}

// whenFree makes a call, again and with growing pauses while the server answers that it is busy: such an answer says that
// the call was not carried out. The error is that of the last try.
func whenFree[Req, Resp any](ctx context.Context, req Req, call func(context.Context, Req, ...grpc.CallOption) (Resp, error)) (Resp, error) {
	for try, pause := 1, 100*time.Millisecond; ; try, pause = try+1, 2*pause {
		resp, err := call(ctx, req)
		var busy *serviceerror.ResourceExhausted
		if !errors.As(err, &busy) || try == 6 {
			return resp, err
		}
		select {
		case <-ctx.Done():
			return resp, err
		case <-time.After(pause):
		}
	}
}
