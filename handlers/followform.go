package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"

	"onramp/migration"
	"onramp/transfer"
	"onramp/views"
)

// followFields ask for a workflow that somebody else started.
type followFields struct {
	workflowID, runID string
	problems          views.Problems
}

func (f followFields) props(key views.KeySourceProps) views.FollowProps {
	return views.FollowProps{WorkflowID: f.workflowID, RunID: f.runID, Key: key, Problems: f.problems}
}

// followWorkflow follows a workflow that exists already and leads to the page of that run.
func (h *Handlers) followWorkflow(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	sent, err := readForm(r)
	if err != nil {
		return err
	}
	f := followFields{workflowID: sent.text("workflow_id"), runID: sent.text("run_id")}
	run, err := h.follow(r, v, f, sent)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		f.problems = ps
		all := transferFields{scenario: string(transfer.Success), amount: "250", source: "85-150", target: "43-812", reference: "onramp-test",
			worker: "own", template: v.Migration.Lang, queue: queueOf(v), once: rand.Text(), follow: f}
		return h.showTransfer(w, r, http.StatusUnprocessableEntity, v, all, readKeyFields(sent), ps)
	}
	return seeOther(w, r, runPath(run), "")
}

func (h *Handlers) follow(r *http.Request, v migration.View, f followFields, sent form) (migration.Run, error) {
	if v.Namespace == nil {
		return migration.Run{}, noNamespace()
	}
	target := h.target(v)
	req := transfer.Request{Target: target, Worker: "own", WorkflowID: f.workflowID, RunID: f.runID, FollowOnly: true}
	err := errors.Join(rename(transfer.Validate(req), transferNames), h.withKey(v, sent, &target), readableKey(target))
	if err != nil {
		return migration.Run{}, err
	}
	if err := h.reachable(r.Context(), v); err != nil {
		return migration.Run{}, err
	}
	return h.o.Migrations.FollowWorkflow(r.Context(), v.Migration.ID, migration.Follow{Target: target, WorkflowID: f.workflowID, RunID: f.runID})
}
