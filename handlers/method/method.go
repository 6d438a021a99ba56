package method

import (
	"net/http"
	"strconv"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

func switchPath(m string) string { return web.MovePath(m, "switch") }

// fields are a form of the wizard as it was sent, without keys.
type fields struct {
	sent              bool
	id, name, ends    string // of an API key, as a person says them
	keyName, keyDays  string
	which, queue, why string
	key               web.KeyFields
	secret            certsvc.Secret // the key that was just made
}

// Wizard is the page of changing the sign-in method: what goes on, or its beginning.
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
	fr := h.Frame(r, "Change the sign-in method", "migrations", &v, "")
	if len(p.Gates) > 0 && status == http.StatusOK && f.secret.Empty() {
		if fr.Feed, err = h.feed(r.Context(), v); err != nil {
			return err
		}
	}
	return h.Page(w, r, status, views.MethodPage(fr, p))
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
	f := fields{sent: true, keyName: sent.Raw("key_name"), keyDays: sent.Raw("key_days"), which: sent.Text("which"), queue: sent.Raw("task_queue"), why: sent.Raw("why"), key: web.ReadKeyFields(sent)}
	err = do(v, sent, &f)
	if err == nil {
		if f.secret.Empty() {
			return web.SeeOther(w, r, switchPath(v.Migration.ID), said)
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

// Start begins to change the sign-in method.
func (h *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, _ web.Form, _ *fields) error {
		return h.Acts.Switches.Start(r.Context(), v.By, v.Migration.ID)
	})
}

// Both is step 1: the namespace takes both methods.
func (h *Pages) Both(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, _ web.Form, _ *fields) error {
		return h.Acts.Switches.Let(r.Context(), v.By, v.Migration.ID)
	})
}

// Account makes the account that is practised one that has both methods.
func (h *Pages) Account(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, _ web.Form, _ *fields) error {
		if !v.Migration.Mode.Can().Practice {
			return fault.New(fault.Conflict, "Only the rehearsal cloud’s account can be changed here", "In Temporal Cloud, ask Temporal Support.")
		}
		return h.Acts.Rehearsal.SetBothMethods(r.Context(), v.By, true)
	})
}

// Once is step 1 where the account has not got both: the change is to be made in one step.
func (h *Pages) Once(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, _ web.Form, _ *fields) error {
		return h.Acts.Switches.Once(r.Context(), v.By, v.Migration.ID)
	})
}

// TakeKey is the API key of step 2: made by Onramp and shown in this one answer, or made elsewhere. One that Onramp made is
// checked at once where the namespace takes it.
func (h *Pages) TakeKey(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		how, err := sent.Pick("do", "make", "outside")
		if err != nil {
			return err
		}
		id := v.Migration.ID
		if how == "outside" {
			f.id, f.name, f.ends = sent.Raw("new_id"), sent.Raw("new_name"), sent.Text("new_ends")
			key := migration.KeyRef{ID: f.id, Name: f.name}
			if f.ends != "" {
				if key.Ends, err = time.Parse(time.DateOnly, f.ends); err != nil {
					return fault.New(fault.Invalid, "This is not a date", "Write it as 2027-03-31, or leave it empty.").In("new_ends")
				}
			}
			return h.Acts.Switches.TakeKey(r.Context(), v.By, id, key)
		}
		days, _ := strconv.Atoi(sent.Text("key_days")) // what is no number is refused as 0
		if f.secret, err = h.Acts.Switches.CreateKey(r.Context(), v.By, id, f.keyName, days); err != nil {
			return err
		}
		run, err := h.Acts.Switches.Check(r.Context(), v.By, id, migration.NewMethod, acts.Credentials{APIKey: string(f.secret.Reveal())})
		if err != nil {
			return nil // the key is there and must be shown: the step says that no check has been made
		}
		web.Awhile(r.Context(), h.Runs, run.ID)
		return nil
	})
}

// as is the migration as it is with one method of its switch.
func as(v web.Visit, auth string) web.Visit {
	return web.Visit{View: migration.SignedIn(v.View, auth), By: v.By}
}

// Prove checks with the old or the new method.
func (h *Pages) Prove(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		which, err := sent.Pick("which", migration.NewMethod, migration.OldMethod)
		if err != nil {
			return err
		}
		sw := migration.SwitchOf(v.View)
		if err := sw.CanCheck(which); err != nil {
			return err
		}
		c, err := h.Credentials(as(v, sw.Side(which).Auth), sent)
		if err != nil {
			return err
		}
		run, err := h.Acts.Switches.Check(r.Context(), v.By, v.Migration.ID, which, c)
		if err == nil {
			web.Awhile(r.Context(), h.Runs, run.ID)
		}
		return err
	})
}

// SeePollers is the last step where nobody sees who signs in how: who polls the task queue now, with the client key that Onramp
// may use or an API key of the form.
func (h *Pages) SeePollers(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "", func(v web.Visit, sent web.Form, f *fields) error {
		c := acts.Credentials{Lent: v.Migration.Auth == cloud.AuthMTLS, APIKey: sent.Values.Get("api_key")}
		return h.Acts.Switches.SeePollers(r.Context(), v.By, v.Migration.ID, sent.Text("task_queue"), c)
	})
}

// NoteWorkers is the last step where nobody sees who signs in how: a person's word, with the reason.
func (h *Pages) NoteWorkers(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "noted", func(v web.Visit, _ web.Form, f *fields) error {
		return h.Acts.Switches.NoteWorkers(r.Context(), v.By, v.Migration.ID, f.why)
	})
}

// Off is the last step: the old method goes off, unless a program is still seen with it.
func (h *Pages) Off(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "switched", func(v web.Visit, sent web.Form, _ *fields) error {
		return h.Acts.Switches.TurnOff(r.Context(), v.By, v.Migration.ID, sent.On("said"))
	})
}

// Back rolls a step back.
func (h *Pages) Back(w http.ResponseWriter, r *http.Request) error {
	return h.step(w, r, "rolled-back", func(v web.Visit, sent web.Form, _ *fields) error {
		return h.Acts.Switches.Back(r.Context(), v.By, v.Migration.ID, sent.Text("gate"))
	})
}
