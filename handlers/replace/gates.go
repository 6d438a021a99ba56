package replace

import (
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
)

// Prove checks with the old or the new client certificate, or with those of both that have not passed. It leads back to
// the steps, which show what came of it: at once where a check is quick, else as it goes on.
func (h *Pages) Prove(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v web.Visit, f web.Form, _ *replaceFields) error {
		which, err := f.Pick("which", whichNew, whichOld, whichBoth)
		if err != nil {
			return err
		}
		var started []string
		start := func(fresh bool, creds acts.Credentials) error {
			run, err := h.Acts.Checks.StartPair(r.Context(), v.By, v.Migration.ID, fresh, creds)
			started = append(started, run.ID)
			return err
		}
		if which == whichBoth {
			re := v.Replacement()
			for _, fresh := range []bool{false, true} {
				if re != nil && (fresh && re.NewPassed != nil || !fresh && re.OldPassed != nil) {
					continue
				}
				if err := start(fresh, acts.Credentials{Lent: true}); err != nil {
					return err
				}
			}
		} else {
			creds, err := h.Credentials(v, f)
			if err != nil {
				return fault.Unchanged(err)
			}
			if err := start(which == whichNew, creds); err != nil {
				return err
			}
		}
		web.Awhile(r.Context(), h.Runs, started...)
		return nil
	})
}

// SeePollers is the last step where client certificates cannot be seen: who polls the task queue now.
func (h *Pages) SeePollers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.SeePollers(r.Context(), v.By, v.Migration.ID, f.Text("task_queue"))
	})
}

// NoteWorkers is the last step where client certificates cannot be seen: a person's word, with the reason.
func (h *Pages) NoteWorkers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "noted", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.NoteWorkers(r.Context(), v.By, v.Migration.ID, f.Raw("why"))
	})
}

// Remove is the last step: the old one goes, unless it is still seen.
func (h *Pages) Remove(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "replaced", func(v web.Visit, _ web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.Remove(r.Context(), v.By, v.Migration.ID)
	})
}

// Back rolls a step back.
func (h *Pages) Back(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "rolled-back", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.Back(r.Context(), v.By, v.Migration.ID, f.Text("gate"))
	})
}
