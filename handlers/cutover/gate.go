package cutover

import (
	"net/http"

	"onramp/acts"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Gate passes a gate by hand, or takes that back, and leads back to the cut-over.
func (h *Pages) Gate(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	gate, why := f.Text("gate"), f.Raw("why")
	if _, err := h.Acts.Cutovers.Override(r.Context(), v.By, v.Migration.ID, acts.OverrideGate{Gate: gate, Why: why, Open: f.Text("open") == "yes"}); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		next, err := h.next(r, v)
		if err != nil {
			return err
		}
		return h.show(w, r, v, next, web.KeyFields{}, asked{gate: gate, why: why, override: ps})
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "cutover")+"#gate-"+gate, "")
}

// byHand says of a gate that has not passed how it is passed by hand, or by whom it is.
func (h *Pages) byHand(g *views.CutoverGate, v web.Visit, refused asked) {
	_, g.ByHand = migration.Overrides(v.Facts)[g.ID]
	if g.Tag.State != views.Good {
		g.ByHandAt = web.MovePath(v.Migration.ID, "cutover", "gate")
	}
	if refused.gate == g.ID {
		g.Typed, g.Problems = refused.why, refused.override
	}
}
