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

	"onramp/fault"
)

// Cancel asks the workflow of a request (WorkflowID, RunID) to stop. Its code decides how: the built-in
// transfer gives the money back first. Errors are faults: NotFound, Conflict when it has ended already.
func (s *Service) Cancel(ctx context.Context, req Request) error {
	return s.with(ctx, req, func(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, exec *commonpb.WorkflowExecution) error {
		_, err := svc.RequestCancelWorkflowExecution(ctx, &workflowservice.RequestCancelWorkflowExecutionRequest{Namespace: namespace,
			WorkflowExecution: exec, Identity: identity, RequestId: randomID(), Reason: "stopped from Onramp"})
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
		_, err := svc.TerminateWorkflowExecution(ctx, &workflowservice.TerminateWorkflowExecutionRequest{Namespace: namespace,
			WorkflowExecution: exec, Identity: identity, Reason: or(shorten(reason), "stopped from Onramp")})
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
			resp, err := svc.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace,
				Execution: exec, MaximumPageSize: historyPage, NextPageToken: token, HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT})
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
	return unreachable(err)
}
