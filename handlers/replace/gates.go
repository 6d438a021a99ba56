package replace

import (
	"errors"
	"net/http"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/runs"
)

// Prove is gate 3: a run with the old or the new client certificate, on its own page.
func (h *Pages) Prove(w http.ResponseWriter, r *http.Request) error {
	var run runs.Run
	err := h.replacing(w, r, "", func(v web.Visit, f web.Form, _ *replaceFields) error {
		which, err := f.Pick("which", whichNew, whichOld)
		if err != nil {
			return err
		}
		creds, err := h.Credentials(v, f)
		if err != nil {
			return fault.Unchanged(err)
		}
		if run, err = h.Acts.Checks.StartPair(r.Context(), v.By, v.Migration.ID, which == whichNew, creds); err == nil {
			return errAnswered
		}
		return err
	})
	if run.ID != "" && errors.Is(err, errAnswered) {
		return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
	}
	return err
}

// errAnswered ends a form that leads elsewhere than back to the wizard.
var errAnswered = errors.New("the answer is another page")

// SeePollers is gate 4 where client certificates cannot be seen: who polls the task queue now.
func (h *Pages) SeePollers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.SeePollers(r.Context(), v.By, v.Migration.ID, f.Text("task_queue"))
	})
}

// NoteWorkers is gate 4 where client certificates cannot be seen: a person's word, with the reason.
func (h *Pages) NoteWorkers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "noted", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.NoteWorkers(r.Context(), v.By, v.Migration.ID, f.Raw("why"))
	})
}

// Remove is gate 4, the end: the old one goes, unless it is still seen.
func (h *Pages) Remove(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "replaced", func(v web.Visit, _ web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.Remove(r.Context(), v.By, v.Migration.ID)
	})
}

// Back rolls a gate back.
func (h *Pages) Back(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "rolled-back", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.Back(r.Context(), v.By, v.Migration.ID, f.Text("gate"))
	})
}
