package journey

import (
	"context"
	"net/http"
	"time"

	"onramp/certsvc"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
)

// showWait is how long a reader without JavaScript waits for a run of a shown rehearsal: the page after it has its end.
const showWait = 20 * time.Second

// Show does the next part of a rehearsal for a reader who watches, and leads to the page where it can be seen.
func (h *Pages) Show(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if f.Text("at") == migration.StepTest && v.Step(migration.StepTest).Status == migration.Done {
		return web.SeeOther(w, r, web.ShowPath(v.View, migration.StepCode), "") // there is only something to see
	}
	next, err := h.Acts.Rehearsal.ShowNext(r.Context(), v.By, v.Migration.ID, h.showSet)
	switch {
	case err != nil:
		return err
	case next.Run.ID != "":
		if !web.WantsFragment(r) {
			h.waitFor(r.Context(), next.Run)
		}
		return web.SeeOther(w, r, web.RunPath(next.Run.Outcome)+web.ShowQuery, "")
	case next.Prepared:
		return web.SeeOther(w, r, web.ShowPath(next.View, web.ShowFirst(next.View)), "")
	}
	return web.SeeOther(w, r, web.ShowPath(next.View, ""), "")
}

// showSet are the certificates of a shown rehearsal: as the form of step 2 stands before anything is typed.
func (h *Pages) showSet(v migration.View) certsvc.SetRequest {
	req, _ := web.SetRequest(h.Fresh(v, web.CertFields{Lane: web.LaneMake, Sent: true})) // what is made up here is right
	return req
}

// waitFor waits for the end of a run, for a while.
func (h *Pages) waitFor(ctx context.Context, run runs.Run) {
	ctx, cancel := context.WithTimeout(ctx, showWait)
	defer cancel()
	for _, err := range h.Runs.Follow(ctx, run.ID, 0) {
		if err != nil {
			return
		}
	}
}
