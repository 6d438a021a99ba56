package migration

import (
	"cmp"
	"context"
	"encoding/json"

	"onramp/doctor"
	"onramp/fault"
	"onramp/transfer"
)

// This file acts on the workflow of a transfer that has a run.

// Follow is what FollowWorkflow is asked: a workflow that somebody else started.
type Follow struct {
	Target     doctor.Target
	WorkflowID string          // required
	RunID      string          // "" is the newest run of that ID
	Elsewhere  []doctor.Target // where else its worker might be
}

// FollowWorkflow starts a run that follows a workflow which exists already; it starts no workflow and runs no
// worker. While another run of the migration follows that workflow, that run is returned. The caller has
// validated the request (transfer.Validate). It is a Conflict fault when step test is not done.
func (s *Service) FollowWorkflow(ctx context.Context, id string, f Follow) (Run, error) {
	s.write.Lock()
	defer s.write.Unlock()
	v, err := s.View(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if v.Step(StepTest).Status != Done {
		return Run{}, untested()
	}
	if l := s.following(id, f.WorkflowID); l != nil && (f.RunID == "" || l.req.RunID == f.RunID) {
		return l.run, nil
	}
	return s.transfer(ctx, v, "", transfer.Request{Target: f.Target, Worker: "own", WorkflowID: f.WorkflowID, RunID: f.RunID, FollowOnly: true, Elsewhere: f.Elsewhere})
}

// Under reports whether a run is under way in this process: then it has the keys that its workflow can be
// reached with, and the methods below need no target.
func (s *Service) Under(runID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[runID] != nil
}

// CancelTransfer asks the workflow of a run to stop; its code decides how. t is where to ask when the run is
// not under way. Faults are transfer.Service.Cancel's.
func (s *Service) CancelTransfer(ctx context.Context, migrationID, runID string, t doctor.Target) error {
	req, err := s.requestOf(ctx, migrationID, runID, t)
	if err != nil {
		return err
	}
	return s.o.Transfers.Cancel(ctx, req)
}

// TerminateTransfer ends the workflow of a run at once, without its code learning of it.
func (s *Service) TerminateTransfer(ctx context.Context, migrationID, runID string, t doctor.Target, reason string) error {
	req, err := s.requestOf(ctx, migrationID, runID, t)
	if err != nil {
		return err
	}
	return s.o.Transfers.Terminate(ctx, req, reason)
}

// TransferHistory is the raw history of the workflow of a run, in Temporal's own JSON.
func (s *Service) TransferHistory(ctx context.Context, migrationID, runID string, t doctor.Target) ([]byte, error) {
	req, err := s.requestOf(ctx, migrationID, runID, t)
	if err != nil {
		return nil, err
	}
	return s.o.Transfers.History(ctx, req)
}

// requestOf says which workflow a run is about and how to reach it: with the keys of the run while it is under
// way, else with t.
func (s *Service) requestOf(ctx context.Context, migrationID, runID string, t doctor.Target) (transfer.Request, error) {
	run, err := s.Run(ctx, migrationID, runID)
	if err != nil {
		return transfer.Request{}, err
	}
	asked, err := workflowOf(run)
	if err != nil {
		return transfer.Request{}, err
	}
	s.mu.Lock()
	if l := s.live[runID]; l != nil {
		t = l.req.Target
	}
	s.mu.Unlock()
	return transfer.Request{Target: t, WorkflowID: asked.WorkflowID, RunID: asked.RunID, Worker: "own"}, nil
}

// workflowOf is what a transfer was asked, with the run ID of its workflow where the run's end tells it.
func workflowOf(run Run) (TransferRequest, error) {
	var asked TransferRequest
	if run.Kind != TransferRun || json.Unmarshal(run.Request, &asked) != nil || asked.WorkflowID == "" {
		return asked, fault.New(fault.Conflict, "This run has no workflow to follow", "Start a test transfer.")
	}
	var ended transfer.Result
	if json.Unmarshal(run.Result, &ended) == nil && ended.WorkflowID == asked.WorkflowID {
		asked.RunID = cmp.Or(ended.RunID, asked.RunID)
	}
	return asked, nil
}

func untested() error {
	return fault.New(fault.Conflict, "The connection has not been tested", "Run the connection test first: a transfer needs a connection that works.")
}
