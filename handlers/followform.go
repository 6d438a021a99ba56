package handlers

import (
	"crypto/rand"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/runs"
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
			worker: "own", template: v.Migration.Lang, queue: acts.TaskQueue(v.View), once: rand.Text(), follow: f}
		return h.showTransfer(w, r, http.StatusUnprocessableEntity, v, all, readKeyFields(sent), ps)
	}
	return seeOther(w, r, runPath(run.Outcome), "")
}

func (h *Handlers) follow(r *http.Request, v visit, f followFields, sent form) (runs.Run, error) {
	creds, err := h.credentials(v, sent)
	if err != nil {
		return runs.Run{}, fault.Unchanged(err)
	}
	run, err := h.o.Acts.Transfers.Follow(r.Context(), v.by, v.Migration.ID, acts.Follow{Credentials: creds, WorkflowID: f.workflowID, RunID: f.runID})
	return run, fault.Rename(err, transferNames)
}
