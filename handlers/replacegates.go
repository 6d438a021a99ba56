package handlers

import (
	"errors"
	"net/http"

	"onramp/certsvc"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
)

// replaceCheck is gate 3: a run with the old or the new client certificate, on its own page.
func (h *Handlers) replaceCheck(w http.ResponseWriter, r *http.Request) error {
	var run migration.Run
	v, err := h.move(r)
	if err != nil {
		return err
	}
	answered := false
	err = h.replacing(w, r, "", func(v migration.View, f form, _ *replaceFields) error {
		re := v.Replacement()
		which, err := f.pick("which", whichNew, whichOld)
		if err != nil {
			return err
		}
		if re == nil || re.New == nil {
			return fault.New(fault.Conflict, "There is no new client certificate to check", "Make it first: gate 2.")
		}
		t := h.target(v)
		if err := h.pairFor(v, re, which, f, &t); err != nil {
			return err
		}
		if err := h.reachable(r.Context(), v); err != nil {
			return err
		}
		if run, err = h.o.Migrations.StartCheck(r.Context(), v.Migration.ID, t); err == nil {
			answered = true
			return errAnswered
		}
		return err
	})
	if answered && errors.Is(err, errAnswered) {
		return seeOther(w, r, runPath(migration.Run{ID: run.ID, MigrationID: v.Migration.ID, Kind: migration.CheckRun}), "")
	}
	return err
}

// errAnswered ends a form that leads elsewhere than back to the wizard.
var errAnswered = errors.New("the answer is another page")

// pairFor fills a target with the old or the new pair. The certificate must be the one that is to be proven.
func (h *Handlers) pairFor(v migration.View, re *migration.Replacement, which string, f form, t *doctor.Target) error {
	cert, ring := *re.New, newRing(v.Migration.ID)
	if which == whichOld {
		cert, ring = re.Old, v.Migration.ID
	}
	source, err := f.pick("key_source", keyPaste, keyLent, keyFiles)
	if err != nil {
		return err
	}
	switch source {
	case keyLent:
		for _, id := range []string{ring, v.Migration.ID} { // after the end the new pair lies where the old one did
			if lent, ok := h.o.Keyring.Get(id); ok && certsvc.Fingerprint(lent.Leaf) == cert.LeafFingerprint {
				t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
				return nil
			}
		}
		return fault.New(fault.Invalid, "The key of this certificate is not lent", "Paste it, or name its file.").In("key_source")
	case keyFiles:
		if err := h.keyFromFiles(f, t); err != nil {
			return err
		}
		chain, _, err := certsvc.ReadCertificates(t.CertPEM)
		if err == nil && certsvc.Fingerprint(chain[0]) != cert.LeafFingerprint {
			return fault.New(fault.Invalid, "This file holds another client certificate", "Give that of "+cert.LeafSubject+", "+shortPrint(cert.LeafFingerprint)+".").In("cert_path")
		}
		return nil
	}
	t.CertPEM, t.KeyPEM = []byte(cert.LeafPEM), f.bytes("key_pem", "key_file")
	if len(t.KeyPEM) == 0 {
		return fault.New(fault.Invalid, "The private key is missing", "Paste client.key, or choose the file.").In("key_pem")
	}
	return nil
}

// replacePollers is gate 4 where leaves cannot be seen: who polls the task queue now.
func (h *Handlers) replacePollers(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v migration.View, f form, _ *replaceFields) error {
		re := v.Replacement()
		t := h.target(v)
		lent, ok := h.o.Keyring.Get(newRing(v.Migration.ID))
		if !ok {
			lent, ok = h.o.Keyring.Get(v.Migration.ID)
		}
		if !re.Open() || h.o.Pollers == nil || !ok {
			return fault.New(fault.Conflict, "Onramp cannot look at the task queue now", "Lend a client key first, on the page of step 2.")
		}
		t.CertPEM, t.KeyPEM = lent.CertPEM, lent.KeyPEM.Reveal()
		queue := f.text("task_queue")
		if queue == "" {
			queue = queueOf(v)
		}
		if len(queue) > 1000 {
			return fault.New(fault.Invalid, "The task queue's name is too long", "Temporal takes at most 1000 bytes.").In("task_queue")
		}
		found, err := h.o.Pollers(r.Context(), transfer.Request{Target: t, Template: v.Migration.Lang, Worker: "own", TaskQueue: queue})
		if err != nil {
			return err
		}
		var who []string
		for _, p := range found {
			who = append(who, p.Identity)
		}
		_, err = h.o.Migrations.SeePollers(r.Context(), v.Migration.ID, queue, who)
		return err
	})
}

// replaceNote is gate 4 where leaves cannot be seen: a person's word, with the reason.
func (h *Handlers) replaceNote(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "noted", func(v migration.View, f form, _ *replaceFields) error {
		_, err := h.o.Migrations.NoteWorkers(r.Context(), v.Migration.ID, f.raw("why"), "")
		return err
	})
}

// replaceRemove is gate 4, the end: the old one goes, unless it is still seen.
func (h *Handlers) replaceRemove(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "replaced", func(v migration.View, _ form, _ *replaceFields) error {
		m := v.Migration.ID
		if v.Migration.Mode != migration.Rehearsal {
			if _, err := h.o.Migrations.RemovedElsewhere(r.Context(), m); err != nil {
				return err
			}
		} else {
			cloud, err := h.cloudReady(r.Context())
			if err != nil {
				return err
			}
			if _, err := h.o.Migrations.RemoveOld(r.Context(), m, cloud, h.window()); err != nil {
				return rename(err, map[string]string{"fingerprint": "", "ca": ""})
			}
			if err := h.afterSave(r.Context(), v); err != nil {
				return err
			}
		}
		// The new pair takes the old one's place among the lent.
		if lent, ok := h.o.Keyring.Get(newRing(m)); ok {
			if _, _, err := h.o.Keyring.Lend(m, lent.CertPEM, lent.KeyPEM.Reveal()); err != nil {
				return err
			}
			h.o.Keyring.Forget(newRing(m))
		}
		return nil
	})
}

// replaceBack rolls a gate back.
func (h *Handlers) replaceBack(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "rolled-back", func(v migration.View, f form, _ *replaceFields) error {
		var cloud migration.CloudSide
		if v.Migration.Mode == migration.Rehearsal {
			var err error
			if cloud, err = h.cloudReady(r.Context()); err != nil {
				return err
			}
		}
		gate := f.text("gate")
		if _, err := h.o.Migrations.Back(r.Context(), v.Migration.ID, gate, cloud, h.window()); err != nil {
			return rename(err, map[string]string{"ca": "", "bundle": "", "fingerprint": ""})
		}
		if gate == migration.GateCA || gate == migration.GateLeaf {
			h.o.Keyring.Forget(newRing(v.Migration.ID))
		}
		if cloud != nil && (gate == migration.GateCA || gate == migration.GateWorkers) {
			return h.afterSave(r.Context(), v)
		}
		return nil
	})
}
