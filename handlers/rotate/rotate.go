package rotate

import (
	"net/http"
	"strconv"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

func rotatePath(m string) string { return web.MovePath(m, "keys") }

// fields are a form of the wizard as it was sent, without keys.
type fields struct {
	sent              bool
	id, name, ends    string // of the old or the new key, as a person says them
	keyName, keyDays  string
	which, queue, why string
	secret            certsvc.Secret // the key that was just made
}

// Wizard is the page of replacing an API key: what goes on, or the choice of the key.
func (h *Pages) Wizard(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.show(w, r, http.StatusOK, v, fields{}, nil)
}

func (h *Pages) show(w http.ResponseWriter, r *http.Request, status int, v web.Visit, f fields, ps views.Problems) error {
	p, err := h.props(r.Context(), v, f)
	if err != nil {
		return err
	}
	p.Problems = ps
	if !f.secret.Empty() {
		p.New = views.CodeBlockProps{ID: "api-key", Name: "API key", Text: string(f.secret.Reveal()), TestID: "api-key"}
	}
	fr := h.Frame(r, "Replace the API key", "migrations", &v, "")
	if len(p.Gates) > 0 && status == http.StatusOK && f.secret.Empty() {
		if fr.Feed, err = h.feed(r.Context(), v); err != nil {
			return err
		}
	}
	return h.Page(w, r, status, views.RotatePage(fr, p))
}

// step wraps a form of the wizard: what it did leads back to the page, what is wrong with it is shown on the page with status
// 422, or 409 where the state of things stands against it.
func (h *Pages) step(w http.ResponseWriter, r *http.Request, said string, do func(web.Visit, web.Form, *fields) error) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := fields{sent: true, keyName: sent.Raw("key_name"), keyDays: sent.Raw("key_days"), which: sent.Text("which"), queue: sent.Raw("task_queue"), why: sent.Raw("why")}
	err = do(v, sent, &f)
	if err == nil {
		if f.secret.Empty() {
			return web.SeeOther(w, r, rotatePath(v.Migration.ID), said)
		}
		if v, err = h.Move(r); err != nil {
			return err
		}
		return h.show(w, r, http.StatusOK, v, f, nil)
	}
	ps, err := web.Problems(err)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	for _, p := range ps {
		if p.Kind == fault.Conflict && p.Code == "" {
			status = http.StatusConflict
		}
	}
	if v, err = h.Move(r); err != nil {
		return err
	}
	return h.show(w, r, status, v, f, ps)
}

// keyRef reads what a person says of a key.
func (f *fields) keyRef(sent web.Form, prefix string) (migration.KeyRef, error) {
	f.id, f.name, f.ends = sent.Raw(prefix+"_id"), sent.Raw(prefix+"_name"), sent.Text(prefix+"_ends")
	k := migration.KeyRef{ID: f.id, Name: f.name}
	if f.ends == "" {
		return k, nil
	}
	day, err := time.Parse(time.DateOnly, f.ends)
	if err != nil {
		return k, fault.New(fault.Invalid, "This is not a date", "Write it as 2027-03-31, or leave it empty.").In(prefix + "_ends")
	}
	k.Ends = day
	return k, nil
}

// Start begins to replace an API key.
func (h *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		old, err := f.keyRef(sent, "old")
		if err != nil {
			return err
		}
		return h.Acts.Rotations.Start(r.Context(), v.By, v.Migration.ID, old)
	})
}

// TakeKey is step 1: the second key, made by Onramp and shown in this one answer, or made elsewhere. One that Onramp made is
// checked at once.
func (h *Pages) TakeKey(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		how, err := sent.Pick("do", "make", "outside")
		if err != nil {
			return err
		}
		if how == "outside" {
			key, err := f.keyRef(sent, "new")
			if err != nil {
				return err
			}
			return h.Acts.Rotations.TakeKey(r.Context(), v.By, v.Migration.ID, key)
		}
		days, _ := strconv.Atoi(sent.Text("key_days")) // what is no number is refused as 0
		if f.secret, err = h.Acts.Rotations.CreateKey(r.Context(), v.By, v.Migration.ID, f.keyName, days); err != nil {
			return err
		}
		run, err := h.Acts.Rotations.Check(r.Context(), v.By, v.Migration.ID, migration.NewKey, string(f.secret.Reveal()))
		if err != nil {
			return nil // the key is there and must be shown: the next step says that no check has been made
		}
		web.Awhile(r.Context(), h.Runs, run.ID)
		return nil
	})
}

// Prove checks with the old or the new API key.
func (h *Pages) Prove(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		which, err := sent.Pick("which", migration.NewKey, migration.OldKey)
		if err != nil {
			return err
		}
		run, err := h.Acts.Rotations.Check(r.Context(), v.By, v.Migration.ID, which, sent.Values.Get("api_key"))
		if err == nil {
			web.Awhile(r.Context(), h.Runs, run.ID)
		}
		return err
	})
}

// SeePollers is the last step where keys cannot be seen: who polls the task queue now.
func (h *Pages) SeePollers(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		return h.Acts.Rotations.SeePollers(r.Context(), v.By, v.Migration.ID, sent.Text("task_queue"), sent.Values.Get("api_key"))
	})
}

// NoteWorkers is the last step where keys cannot be seen: a person's word, with the reason.
func (h *Pages) NoteWorkers(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "noted", func(v web.Visit, _ web.Form, f *fields) error {
		return h.Acts.Rotations.NoteWorkers(r.Context(), v.By, v.Migration.ID, f.why)
	})
}

// Delete is the last step: the old key goes, unless it is still seen.
func (h *Pages) Delete(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "replaced", func(v web.Visit, sent web.Form, _ *fields) error {
		return h.Acts.Rotations.Delete(r.Context(), v.By, v.Migration.ID, sent.On("said"))
	})
}

// Back rolls a step back.
func (h *Pages) Back(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "rolled-back", func(v web.Visit, sent web.Form, _ *fields) error {
		return h.Acts.Rotations.Back(r.Context(), v.By, v.Migration.ID, sent.Text("gate"))
	})
}
