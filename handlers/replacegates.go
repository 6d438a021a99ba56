package handlers

import (
	"errors"
	"net/http"

	"onramp/fault"
	"onramp/runs"
)

// replaceCheck is gate 3: a run with the old or the new client certificate, on its own page.
func (h *Handlers) replaceCheck(w http.ResponseWriter, r *http.Request) error {
	var run runs.Run
	err := h.replacing(w, r, "", func(v visit, f form, _ *replaceFields) error {
		which, err := f.pick("which", whichNew, whichOld)
		if err != nil {
			return err
		}
		creds, err := h.credentials(v, f)
		if err != nil {
			return fault.Unchanged(err)
		}
		if run, err = h.o.Acts.Checks.StartPair(r.Context(), v.by, v.Migration.ID, which == whichNew, creds); err == nil {
			return errAnswered
		}
		return err
	})
	if run.ID != "" && errors.Is(err, errAnswered) {
		return seeOther(w, r, runPath(run.Outcome), "")
	}
	return err
}

// errAnswered ends a form that leads elsewhere than back to the wizard.
var errAnswered = errors.New("the answer is another page")

// replacePollers is gate 4 where client certificates cannot be seen: who polls the task queue now.
func (h *Handlers) replacePollers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v visit, f form, _ *replaceFields) error {
		return h.o.Acts.Replacements.SeePollers(r.Context(), v.by, v.Migration.ID, f.text("task_queue"))
	})
}

// replaceNote is gate 4 where client certificates cannot be seen: a person's word, with the reason.
func (h *Handlers) replaceNote(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "noted", func(v visit, f form, _ *replaceFields) error {
		return h.o.Acts.Replacements.NoteWorkers(r.Context(), v.by, v.Migration.ID, f.raw("why"))
	})
}

// replaceRemove is gate 4, the end: the old one goes, unless it is still seen.
func (h *Handlers) replaceRemove(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "replaced", func(v visit, _ form, _ *replaceFields) error {
		return h.o.Acts.Replacements.Remove(r.Context(), v.by, v.Migration.ID)
	})
}

// replaceBack rolls a gate back.
func (h *Handlers) replaceBack(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "rolled-back", func(v visit, f form, _ *replaceFields) error {
		return h.o.Acts.Replacements.Back(r.Context(), v.by, v.Migration.ID, f.text("gate"))
	})
}
