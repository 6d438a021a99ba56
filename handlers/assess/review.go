package assess

import (
	"net/http"

	"onramp/acts"
	"onramp/assess"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// mark is a review that was refused, to be shown again at its row.
type mark struct {
	finding, why string
	problems     views.Problems
}

// judged is the report of facts with the marks of a migration.
func (h *Pages) judged(v web.Visit, f *assess.Facts) assess.Report {
	id := ""
	if v.Namespace != nil {
		id = h.Acts.Places.Target(v.View).Namespace
	}
	rep := assess.Judge(f).For(v.Migration.Lang, id)
	rep.Mark(acts.Marks(v.View))
	return rep
}

// Review marks a finding as reviewed, or takes the mark back, and leads back to the page as it was filtered.
func (h *Pages) Review(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.AssessRun)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	finding, why := f.Text("finding"), f.Raw("why")
	if _, err := h.Acts.Assessments.Review(r.Context(), v.By, v.Migration.ID, acts.ReviewFinding{Run: run.ID, Finding: finding, Why: why, Open: f.Text("open") == "yes"}); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showRun(w, r, v, run, mark{finding, why, ps})
	}
	return web.SeeOther(w, r, filterOf(r).at(web.RunPath(run.Outcome)), "")
}
