package web

import (
	"encoding/json"
	"net/http"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Visit is a migration and who looks at it.
type Visit struct {
	migration.View
	By acts.Actor
}

// Move is the migration of the address.
func (h *Site) Move(r *http.Request) (Visit, error) {
	return h.MoveOf(r, chi.URLParam(r, "m"))
}

// MoveOf is the migration with the given id, with who asks.
func (h *Site) MoveOf(r *http.Request, id string) (Visit, error) {
	v, err := h.Acts.Book.View(r.Context(), id)
	return Visit{v, h.By(r)}, err
}

// By is who sent a request.
func (h *Site) By(r *http.Request) acts.Actor {
	rec, who := RecordOf(r), h.Reader
	if h.Shared != nil {
		who = custody.Actor{}
		if rec.who != nil {
			who = rec.who.Actor
		}
	}
	who.Request, who.Via, who.From = rec.ID, "portal", rec.from
	return who
}

// Data reads a fact; the zero value when it is of another shape.
func Data[T any](f migration.Fact) T {
	var d T
	_ = json.Unmarshal(f.Data, &d) // a fact that cannot be read shows nothing
	return d
}

// ShortPrint is the start of a fingerprint, grouped: enough to tell it from others.
func ShortPrint(fingerprint string) string {
	if len(fingerprint) < 12 {
		return fingerprint
	}
	return Grouped(fingerprint[:12]) + " …"
}

// RunOf is the run of the address; of another kind is as good as none.
func (h *Site) RunOf(r *http.Request, v Visit, kind migration.RunKind) (runs.Run, error) {
	run, err := h.Runs.Run(r.Context(), v.Migration.ID, chi.URLParam(r, "run"))
	if err == nil && run.Kind != kind {
		err = fault.New(fault.NotFound, "There is no such run", "Look at the list of runs.")
	}
	return run, err
}
