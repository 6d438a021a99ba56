package transfer

import (
	"crypto/rand"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
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

// FollowWorkflow follows a workflow that exists already and leads to the page of that run.
func (h *Pages) FollowWorkflow(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := followFields{workflowID: sent.Text("workflow_id"), runID: sent.Text("run_id")}
	run, err := h.follow(r, v, f, sent)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		f.problems = ps
		all := transferFields{scenario: string(transfer.Success), amount: "250", source: "85-150", target: "43-812", reference: "onramp-test",
			worker: "own", template: v.Migration.Lang, queue: acts.TaskQueue(v.View), once: rand.Text(), follow: f}
		return h.showTransfer(w, r, v, all, web.ReadKeyFields(sent), ps)
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

func (h *Pages) follow(r *http.Request, v web.Visit, f followFields, sent web.Form) (runs.Run, error) {
	creds, err := h.Credentials(v, sent)
	if err != nil {
		return runs.Run{}, fault.Unchanged(err)
	}
	run, err := h.Acts.Transfers.Follow(r.Context(), v.By, v.Migration.ID, acts.Follow{Credentials: creds, WorkflowID: f.workflowID, RunID: f.runID})
	return run, fault.Rename(err, transferNames)
}
