package handlers

import (
	"context"
	"fmt"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// Where the key comes from that Onramp shall keep: the values of the field ca_source.
const (
	sourceHeld  = "held"  // its archive still waits to be downloaded
	sourcePaste = "paste" // dropped or pasted
)

// caKeyPage says where the key of a migration's CA is.
func (h *Handlers) caKeyPage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showCAKey(w, r, http.StatusOK, v, "", nil)
}

func (h *Handlers) showCAKey(w http.ResponseWriter, r *http.Request, status int, v visit, source string, ps views.Problems) error {
	m := v.Migration.ID
	s, err := h.o.Acts.Keys.CAStatus(r.Context(), m)
	if err != nil {
		return err
	}
	p := views.CAKeyProps{Migration: m, Kept: s.Kept, Open: s.Open, Idle: fmt.Sprintf("%d minutes", int(h.o.OpenFor.Minutes())), Problems: ps,
		SignURL: movePath(m, migration.StepCertificates, "clients"), AuditURL: "/audit?m=" + m}
	c := v.Certificate
	if c == nil && !s.Kept {
		p.Missing = need(v, migration.StepCertificates)
		if p.Missing == nil {
			p.Missing = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Can't start yet"}, Text: "Create or import certificates first", URL: movePath(m, migration.StepCertificates)}
		}
	}
	if c != nil {
		p.Subject, p.Print = c.CASubject, grouped(c.CAFingerprint)
	}
	switch {
	case s.Open:
		p.Tag = views.Tag{State: views.Busy, Word: "Kept here, open"}
		p.Text = "Onramp can sign with it until " + s.Until.Local().Format("15:04") + ". Each use puts that off by " + p.Idle + "."
	case s.Kept:
		p.Tag = views.Tag{State: views.Good, Word: "Kept here, locked"}
		p.Text = "Encrypted under your passphrase since " + day(s.Since) + ". Nothing can be signed with it until you open it."
	default:
		p.Tag = views.Tag{State: views.Good, Word: "You keep it"}
		p.Text = "Onramp has no copy."
		if until, ok := h.o.Acts.Keys.Waiting(v.by, m, caKeyOf(v)); ok {
			p.Text = "Onramp has it in memory until " + until.Local().Format("15:04") + ", for your one download. After that it has no copy."
		}
	}
	if s.Kept {
		p.Subject, p.Print = s.CASubject, grouped(s.CAFingerprint)
		if c != nil && s.CAFingerprint != c.CAFingerprint {
			p.Other = "This is the key of an earlier CA. The migration uses " + c.CASubject + " now: forget this key, then keep that one."
		}
	}
	_, held := h.o.Acts.Keys.Waiting(v.by, m, caKeyOf(v))
	p.Sources = []views.Choice{
		{Value: sourceHeld, Label: "It still waits here for its download", Disabled: !held, Reason: "It was downloaded or forgotten, or was never here.", Selected: held && source != sourcePaste, Hint: "The download stays possible."},
		{Value: sourcePaste, Label: "I have it", Selected: !held || source == sourcePaste},
	}
	return h.page(w, r, status, views.CAKeyPage(h.frame(r, "The CA’s private key", "migrations", &v, migration.StepCertificates), p))
}

// keepCAKey encrypts the CA's key and stores it.
func (h *Handlers) keepCAKey(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	source, err := f.pick("ca_source", sourcePaste, sourceHeld)
	if err == nil {
		err = h.o.Acts.Keys.KeepCA(r.Context(), v.by, v.Migration.ID, acts.KeepCAKey{Held: source == sourceHeld, Key: f.bytes("ca_key", "ca_key_file"),
			KeyPassphrase: f.values.Get("key_passphrase"), Passphrase: f.values.Get("passphrase"), Repeat: f.values.Get("repeat")})
	}
	if err != nil {
		return h.keyProblem(w, r, v, source, err)
	}
	return seeOther(w, r, movePath(v.Migration.ID, "certificates", "key"), "kept")
}

// keyProblem shows the page again with what is wrong. Secrets are never shown again.
func (h *Handlers) keyProblem(w http.ResponseWriter, r *http.Request, v visit, source string, err error) error {
	status := http.StatusUnprocessableEntity
	all := fault.All(err)
	for _, f := range all {
		switch f.Kind {
		case fault.Invalid, fault.Conflict, fault.Denied: // of a passphrase: the form is refused, not the reader
		case fault.TooMany:
			status = statusOf(f)
		default:
			return err
		}
	}
	return h.showCAKey(w, r, status, v, source, all)
}

// openCAKey unseals the kept key for a time.
func (h *Handlers) openCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "opened", func(ctx context.Context, v visit, f form) error {
		return h.o.Acts.Keys.OpenCA(ctx, v.by, v.Migration.ID, f.values.Get("passphrase"))
	})
}

// lockCAKey wipes the opened key.
func (h *Handlers) lockCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "locked", func(ctx context.Context, v visit, _ form) error {
		return h.o.Acts.Keys.LockCA(ctx, v.by, v.Migration.ID)
	})
}

// forgetCAKey deletes the kept key for good.
func (h *Handlers) forgetCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "dropped", func(ctx context.Context, v visit, f form) error {
		return h.o.Acts.Keys.ForgetCA(ctx, v.by, v.Migration.ID, f.on("sure"))
	})
}

// onKeptKey runs an action on a kept key and comes back to its page.
func (h *Handlers) onKeptKey(w http.ResponseWriter, r *http.Request, said string, do func(context.Context, visit, form) error) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), v, f); err != nil {
		return h.keyProblem(w, r, v, "", err)
	}
	return seeOther(w, r, movePath(v.Migration.ID, "certificates", "key"), said)
}
