package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
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

// maxHistory bounds a raw history in memory, in bytes: Temporal's own limit is 50 MB (docs.temporal.io/cloud/limits).
const maxHistory = 64 << 20

// History returns the whole history of the workflow of a request as JSON, in the form that the temporal
// command line prints and that the SDKs' replayers read.
func (s *Service) History(ctx context.Context, req Request) ([]byte, error) {
	var all historypb.History
	err := s.with(ctx, req, func(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string, exec *commonpb.WorkflowExecution) error {
		var token []byte
		for size := 0; ; {
			resp, err := svc.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{Namespace: namespace,
				Execution: exec, NextPageToken: token, HistoryEventFilterType: enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT})
			if err != nil {
				return err
			}
			all.Events = append(all.Events, resp.GetHistory().GetEvents()...)
			if size += resp.GetHistory().Size(); size > maxHistory {
				return fault.New(fault.TooLarge, "The history is larger than 64 MB", "Read it with the temporal CLI: temporal workflow show --workflow-id "+shell(req.WorkflowID)+" --output json")
			}
			if token = resp.GetNextPageToken(); len(token) == 0 {
				return nil
			}
		}
	})
	if err != nil {
		return nil, err
	}
	text, err := temporalproto.CustomJSONMarshalOptions{Indent: "  "}.Marshal(&all)
	if err != nil {
		return nil, fmt.Errorf("write the history of %s: %w", req.WorkflowID, err)
	}
	return text, nil
}

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
