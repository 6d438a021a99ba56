package certs

import (
	"context"
	"fmt"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Where the key comes from that Onramp shall keep: the values of the field ca_source.
const (
	sourceHeld  = "held"  // its archive still waits to be downloaded
	sourcePaste = "paste" // dropped or pasted
)

// CaKeyPage says where the key of a migration's CA is.
func (h *Pages) CaKeyPage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showCAKey(w, r, http.StatusOK, v, "", nil)
}

func (h *Pages) showCAKey(w http.ResponseWriter, r *http.Request, status int, v web.Visit, source string, ps views.Problems) error {
	m := v.Migration.ID
	s, err := h.Acts.Keys.CAStatus(r.Context(), m)
	if err != nil {
		return err
	}
	p := views.KeyProps{Migration: m, Kept: s.Kept, Open: s.Open, Idle: fmt.Sprintf("%d minutes", int(h.OpenFor.Minutes())), Problems: ps,
		SignURL: web.MovePath(m, migration.StepCertificates, "clients"), AuditURL: "/audit?m=" + m}
	c := v.Certificate
	if c == nil && !s.Kept {
		p.Missing = web.Need(v, migration.StepCertificates)
		if p.Missing == nil {
			p.Missing = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Can't start yet"}, Text: "Create or import certificates first", URL: web.MovePath(m, migration.StepCertificates)}
		}
	}
	if c != nil {
		p.Subject, p.Print = c.CASubject, web.Grouped(c.CAFingerprint)
	}
	switch {
	case s.Open:
		p.Tag = views.Tag{State: views.Busy, Word: "Kept here, open"}
		p.Text = "Onramp can sign with it until " + s.Until.Local().Format("15:04") + ". Each use postpones this by " + p.Idle + "."
	case s.Kept:
		p.Tag = views.Tag{State: views.Good, Word: "Kept here, locked"}
		p.Text = "Encrypted under your passphrase since " + web.Day(s.Since) + ". Nothing can be signed with it until you open it."
	default:
		p.Tag = views.Tag{State: views.Good, Word: "You keep it"}
		p.Text = "Onramp has no copy."
		if until, ok := h.Acts.Keys.Waiting(v.By, m, caKeyOf(v)); ok {
			p.Text = "Onramp has it in memory until " + until.Local().Format("15:04") + ", for your one download. After that it has no copy."
		}
	}
	if s.Kept {
		p.Subject, p.Print = s.CASubject, web.Grouped(s.CAFingerprint)
		if c != nil && s.CAFingerprint != c.CAFingerprint {
			p.Other = "This is the key of an earlier CA. The migration uses " + c.CASubject + " now: forget this key, then keep that one."
		}
	}
	_, held := h.Acts.Keys.Waiting(v.By, m, caKeyOf(v))
	p.Sources = []views.Choice{
		{Value: sourceHeld, Label: "It is still here, waiting for your download", Disabled: !held, Reason: "It was downloaded or forgotten, or was never here.", Selected: held && source != sourcePaste, Hint: "The download stays possible."},
		{Value: sourcePaste, Label: "I have it", Selected: !held || source == sourcePaste},
	}
	return h.Page(w, r, status, views.KeyPage(h.Frame(r, "The CA’s private key", "migrations", &v, migration.StepCertificates), p))
}

// KeepCAKey encrypts the CA's key and stores it.
func (h *Pages) KeepCAKey(w http.ResponseWriter, r *http.Request) error {
	v, err := h.withCertificate(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	source, err := f.Pick("ca_source", sourcePaste, sourceHeld)
	if err == nil {
		err = h.Acts.Keys.KeepCA(r.Context(), v.By, v.Migration.ID, acts.KeepCAKey{Held: source == sourceHeld, Key: f.Bytes("ca_key", "ca_key_file"),
			KeyPassphrase: f.Values.Get("key_passphrase"), Passphrase: f.Values.Get("passphrase"), Repeat: f.Values.Get("repeat")})
	}
	if err != nil {
		return h.keyProblem(w, r, v, source, err)
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "certificates", "key"), "kept")
}

// keyProblem shows the page again with what is wrong. Secrets are never shown again.
func (h *Pages) keyProblem(w http.ResponseWriter, r *http.Request, v web.Visit, source string, err error) error {
	status := http.StatusUnprocessableEntity
	all := fault.All(err)
	for _, f := range all {
		switch f.Kind {
		case fault.Invalid, fault.Conflict, fault.Denied: // of a passphrase: the form is refused, not the reader
		case fault.TooMany:
			status = web.StatusOf(f)
		default:
			return err
		}
	}
	return h.showCAKey(w, r, status, v, source, all)
}

// OpenCAKey unseals the kept key for a time.
func (h *Pages) OpenCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "opened", func(ctx context.Context, v web.Visit, f web.Form) error {
		return h.Acts.Keys.OpenCA(ctx, v.By, v.Migration.ID, f.Values.Get("passphrase"))
	})
}

// LockCAKey wipes the opened key.
func (h *Pages) LockCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "locked", func(ctx context.Context, v web.Visit, _ web.Form) error {
		return h.Acts.Keys.LockCA(ctx, v.By, v.Migration.ID)
	})
}

// ForgetCAKey deletes the kept key for good.
func (h *Pages) ForgetCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "dropped", func(ctx context.Context, v web.Visit, f web.Form) error {
		return h.Acts.Keys.ForgetCA(ctx, v.By, v.Migration.ID, f.On("sure"))
	})
}

// onKeptKey runs an action on a kept key and comes back to its page.
func (h *Pages) onKeptKey(w http.ResponseWriter, r *http.Request, said string, do func(context.Context, web.Visit, web.Form) error) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), v, f); err != nil {
		return h.keyProblem(w, r, v, "", err)
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "certificates", "key"), said)
}
