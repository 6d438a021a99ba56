package handlers

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"

	"onramp/certsvc"
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

func (h *Handlers) showCAKey(w http.ResponseWriter, r *http.Request, status int, v migration.View, source string, ps views.Problems) error {
	m := v.Migration.ID
	s, err := h.o.Custody.Status(r.Context(), m)
	if err != nil {
		return err
	}
	p := views.CAKeyProps{Migration: m, Kept: s.Kept, Open: s.Open, Idle: fmt.Sprintf("%d minutes", int(h.o.Custody.Idle().Minutes())), Problems: ps,
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
		if until, ok := h.o.Vault.Waiting(caKeyID(v)); ok {
			p.Text = "Onramp has it in memory until " + until.Local().Format("15:04") + ", for your one download. After that it has no copy."
		}
	}
	if s.Kept {
		p.Subject, p.Print = s.CASubject, grouped(s.CAFingerprint)
		if c != nil && s.CAFingerprint != c.CAFingerprint {
			p.Other = "This is the key of an earlier CA. The migration uses " + c.CASubject + " now: forget this key, then keep that one."
		}
	}
	_, held := h.o.Vault.Waiting(caKeyID(v))
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
		err = h.keepFrom(r.Context(), v, f, source)
	}
	if err != nil {
		return h.keyProblem(w, r, v, source, err)
	}
	return seeOther(w, r, movePath(v.Migration.ID, "certificates", "key"), "kept")
}

func (h *Handlers) keepFrom(ctx context.Context, v migration.View, f form, source string) error {
	var ca certsvc.Issued
	var err error
	if source == sourceHeld {
		err = h.o.Vault.Use(caKeyID(v), func(archive []byte) (err error) {
			ca, _, err = certsvc.ReadAuthority([]certsvc.File{{Name: "ca-key.zip", Content: archive}}, "")
			return err
		})
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The key is not here any more", "Choose the file that was downloaded.").In("ca_source")
		}
	} else {
		key := f.bytes("ca_key", "ca_key_file")
		if len(key) == 0 {
			return fault.New(fault.Invalid, "The CA's key is missing", "Paste ca.key, or choose the file.").In("ca_key")
		}
		defer clear(key)
		files := []certsvc.File{{Name: "the key", Content: key}, {Name: certsvc.FileCA, Content: []byte(v.Certificate.CAPEM)}}
		if ca, _, err = certsvc.ReadAuthority(files, f.values.Get("key_passphrase")); err != nil {
			names := map[string]string{}
			for _, x := range fault.All(err) {
				names[x.Field] = "ca_key"
			}
			names["passphrase"] = "key_passphrase"
			return rename(err, names)
		}
	}
	defer clear(ca.Key.Reveal())
	if ca.Fingerprint() != v.Certificate.CAFingerprint {
		x := fault.New(fault.Invalid, "This is the key of another CA: "+certsvc.SubjectOf(ca.Cert), "Give the key of "+v.Certificate.CASubject+".").In("ca_key")
		x.Cause = "The namespace would not know a client that it signs."
		return x
	}
	return h.o.Custody.Keep(ctx, v.Migration.ID, ca, f.values.Get("passphrase"), f.values.Get("repeat"))
}

// keyProblem shows the page again with what is wrong. Secrets are never shown again.
func (h *Handlers) keyProblem(w http.ResponseWriter, r *http.Request, v migration.View, source string, err error) error {
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
	return h.onKeptKey(w, r, "opened", func(ctx context.Context, m string, f form) error {
		return h.o.Custody.Open(ctx, m, f.values.Get("passphrase"))
	})
}

// lockCAKey wipes the opened key.
func (h *Handlers) lockCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "locked", func(ctx context.Context, m string, _ form) error { return h.o.Custody.Lock(ctx, m) })
}

// forgetCAKey deletes the kept key for good.
func (h *Handlers) forgetCAKey(w http.ResponseWriter, r *http.Request) error {
	return h.onKeptKey(w, r, "dropped", func(ctx context.Context, m string, f form) error {
		if !f.on("sure") {
			return fault.New(fault.Invalid, "Forgetting is for good", "Tick the box to confirm that you have a copy, or need none.").In("sure")
		}
		return h.o.Custody.Forget(ctx, m)
	})
}

// onKeptKey runs an action on a kept key and comes back to its page.
func (h *Handlers) onKeptKey(w http.ResponseWriter, r *http.Request, said string, do func(context.Context, string, form) error) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), v.Migration.ID, f); err != nil {
		return h.keyProblem(w, r, v, "", err)
	}
	return seeOther(w, r, movePath(v.Migration.ID, "certificates", "key"), said)
}

// signed appends certificates to the audit. Nothing that was signed leaves before signed returned nil.
func (h *Handlers) signed(ctx context.Context, v migration.View, lane, caFingerprint string, made ...*x509.Certificate) error {
	return h.o.Custody.Audit(ctx, v.Migration.ID, lane, caFingerprint, made...)
}

// batchGroup is how many certificates of a batch share one write to the audit: each write waits for the disk.
const batchGroup = 64

// batchBook appends the certificates of a batch to the audit while it is written, and cuts the batch off when
// that fails.
type batchBook struct {
	h       *Handlers
	v       migration.View
	ca      string
	cut     context.CancelCauseFunc
	waiting []*x509.Certificate
	err     error
}

func (h *Handlers) batchAudit(v migration.View, caFingerprint string, cut context.CancelCauseFunc) *batchBook {
	return &batchBook{h: h, v: v, ca: caFingerprint, cut: cut}
}

func (b *batchBook) add(c *x509.Certificate) {
	if b.waiting = append(b.waiting, c); len(b.waiting) == batchGroup {
		_ = b.flush() // told by the last flush too
	}
}

// flush writes what waits, also for a reader who has left: it was signed.
func (b *batchBook) flush() error {
	if b.err == nil && len(b.waiting) > 0 {
		if b.err = b.h.signed(context.Background(), b.v, "batch", b.ca, b.waiting...); b.err != nil {
			b.cut(b.err)
		}
	}
	b.waiting = b.waiting[:0]
	return b.err
}
