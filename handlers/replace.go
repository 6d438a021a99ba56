package handlers

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/views"
)

// replaceWindow is how long an old certificate must not be seen before its CA may go, where Options leave it
// out: a long poll of a worker lasts a minute.
const replaceWindow = time.Minute

// The field which of a check: with which client certificate.
const (
	whichOld = "old"
	whichNew = "new"
)

func replacePath(m string) string { return movePath(m, migration.StepCertificates, "replace") }

// newRing is where the keyring holds the new pair while the old one is lent too.
func newRing(m string) string { return m + "#new" }

// replaceFields is a form of the wizard as it was sent, without keys.
type replaceFields struct {
	lane, maker                      string
	organization, commonName, caName string
	keyType, caDays, leafDays        string
	csr, caPEM, leafPEM, why         string
	which                            string
	key                              keyFields
	lend, sent, browserKey           bool
}

// replaceRoutes are the wizard's.
func (h *Handlers) replaceRoutes(r chi.Router) {
	r.Route("/certificates/replace", func(r chi.Router) {
		r.Get("/", h.do(h.replace))
		r.Post("/", h.do(h.startReplace))
		r.Post("/ca", h.do(h.replaceCA))
		r.Post("/bundle", h.do(h.replaceBundle))
		r.Post("/leaf", h.do(h.replaceLeaf))
		r.Post("/check", h.do(h.replaceCheck))
		r.Post("/pollers", h.do(h.replacePollers))
		r.Post("/note", h.do(h.replaceNote))
		r.Post("/remove", h.do(h.replaceRemove))
		r.Post("/back", h.do(h.replaceBack))
		r.Post("/bundle.zip", h.do(h.replaceBundleZip))
		r.Post("/ca-key.zip", h.do(h.replaceCAKeyZip))
		r.Get("/ca.pem", h.do(h.replaceFile("ca.pem", newCAPEM)))
		r.Get("/client.pem", h.do(h.replaceFile("client.pem", newLeafPEM)))
		r.Get("/files.json", h.do(h.replaceFiles))
	})
}

// replace is the wizard: what goes on, or the choice of what to replace.
func (h *Handlers) replace(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showReplace(w, r, http.StatusOK, v, replaceFields{lend: true}, nil)
}

func (h *Handlers) showReplace(w http.ResponseWriter, r *http.Request, status int, v migration.View, f replaceFields, ps views.Problems) error {
	p, err := h.replaceProps(r.Context(), v, f)
	if err != nil {
		return err
	}
	p.Problems = ps
	fr := h.frame(r, "Replace the certificates", "migrations", &v, migration.StepCertificates)
	return h.page(w, r, status, views.ReplacePage(fr, p))
}

// replacing wraps a form of the wizard: what it did leads back to the page, what is wrong with it is shown on
// the page with status 422, or 409 where the state of things stands against it.
func (h *Handlers) replacing(w http.ResponseWriter, r *http.Request, said string, do func(migration.View, form, *replaceFields) error) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	sent, err := readForm(r)
	if err != nil {
		return err
	}
	f := replaceFields{sent: true, lane: sent.text("lane"), maker: sent.text("maker"), organization: sent.raw("organization"),
		commonName: sent.raw("common_name"), caName: sent.raw("ca_common_name"), keyType: sent.text("key_type"), caDays: sent.text("ca_days"),
		leafDays: sent.text("leaf_days"), csr: sent.raw("csr"), caPEM: sent.raw("ca_pem"), leafPEM: sent.raw("leaf_pem"), why: sent.raw("why"),
		which: sent.text("which"), key: readKeyFields(sent), lend: sent.on("lend")}
	err = do(v, sent, &f)
	if err == nil {
		if f.browserKey && wantsFragment(r) { // the page stays where it is: the key lives in it
			if v, err = h.move(r); err != nil {
				return err
			}
			return h.showReplace(w, r, http.StatusOK, v, replaceFields{lend: true, browserKey: true}, nil)
		}
		return seeOther(w, r, replacePath(v.Migration.ID), said)
	}
	ps, err := problems(err)
	if err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	for _, p := range ps {
		if p.Kind == fault.Conflict && p.Code == "" {
			status = http.StatusConflict
		}
	}
	for _, s := range []*string{&f.csr, &f.caPEM, &f.leafPEM, &f.organization, &f.commonName, &f.caName, &f.why, &f.key.certPEM} {
		if strings.Contains(*s, "PRIVATE KEY") {
			*s = ""
		}
	}
	if v, err = h.move(r); err != nil {
		return err
	}
	return h.showReplace(w, r, status, v, f, ps)
}

// startReplace begins.
func (h *Handlers) startReplace(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v migration.View, f form, _ *replaceFields) error {
		_, err := h.o.Migrations.StartReplacement(r.Context(), v.Migration.ID, f.text("what"))
		return err
	})
}

// current is the namespace's bundle: in a rehearsal as it is, else the old CA, which is what is known.
func (h *Handlers) currentBundle(ctx context.Context, v migration.View, re *migration.Replacement) ([]byte, error) {
	if v.Migration.Mode != migration.Rehearsal {
		return []byte(re.Old.CAPEM), nil
	}
	cloud, err := h.cloudReady(ctx)
	if err != nil {
		return nil, err
	}
	id, err := idOf(v)
	if err != nil {
		return nil, err
	}
	ns, err := cloud.Namespace(ctx, id)
	return []byte(ns.BundlePEM), err
}

// replaceCA is gate 1, the making: a new CA made here, or the certificate of one made elsewhere.
func (h *Handlers) replaceCA(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v migration.View, _ form, f *replaceFields) error {
		re := v.Replacement()
		if !re.Open() {
			return fault.New(fault.Conflict, "No replacement goes on", "Start one first.")
		}
		current, err := h.currentBundle(r.Context(), v, re)
		if err != nil {
			return err
		}
		m := v.Migration.ID
		if f.lane == laneImport {
			_, err := h.o.Migrations.SetNewCA(r.Context(), m, laneImport, []byte(f.caPEM), current)
			return rename(err, map[string]string{"ca": "ca_pem", "bundle": "ca_pem"})
		}
		days, err := daysOf("ca_days", f.caDays)
		if err != nil {
			return err
		}
		ca, err := h.o.Certs.CA(certsvc.CASpec{CommonName: f.caName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)})
		if err != nil {
			return rename(err, map[string]string{"common_name": "ca_common_name", "days": "ca_days"})
		}
		if err := h.signed(r.Context(), v, makerServer, ca.Fingerprint(), ca.Cert); err != nil {
			return err
		}
		if _, err := h.o.Migrations.SetNewCA(r.Context(), m, makerServer, ca.CertPEM, current); err != nil {
			return rename(err, map[string]string{"ca": "ca_common_name", "bundle": "ca_common_name"})
		}
		var packed bytes.Buffer
		if err := certsvc.WriteCAKeyArchive(&packed, ca, re.ID, v.Migration.Mode == migration.Rehearsal); err != nil {
			return err
		}
		defer clear(ca.Key.Reveal())
		return h.o.Vault.Put(newCAKeyID(m, ca.Fingerprint()), "ca-key.zip", packed.Bytes())
	})
}

func newCAKeyID(m, ca string) string { return "replace-ca-key:" + m + ":" + ca }

// daysOf is a number of days; an empty field leaves the default.
func daysOf(field, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n == 0) {
		return 0, fault.New(fault.Invalid, "This is not a number of days", "Give a whole number from 1, such as 365.").In(field)
	}
	return n, nil
}

// replaceBundle is gate 1, the saving: in a rehearsal the bundle with both CAs is saved, or looked for.
func (h *Handlers) replaceBundle(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "ca", func(v migration.View, f form, _ *replaceFields) error {
		cloud, err := h.cloudReady(r.Context())
		if err != nil {
			return err
		}
		if f.text("do") == "look" {
			_, err = h.o.Migrations.SeeBundle(r.Context(), v.Migration.ID, cloud)
			return err
		}
		if _, err = h.o.Migrations.SaveCombined(r.Context(), v.Migration.ID, cloud, h.window()); err != nil {
			return rename(err, map[string]string{"ca": "", "bundle": ""})
		}
		return h.afterSave(r.Context(), v)
	})
}

// afterSave tells every rehearsal of the namespace what its bundle holds now.
func (h *Handlers) afterSave(ctx context.Context, v migration.View) error {
	id, err := idOf(v)
	if err != nil {
		return err
	}
	ns, err := h.o.Cloud.Namespace(ctx, id)
	if err != nil {
		return err
	}
	return h.seeUpload(ctx, ns)
}

func (h *Handlers) window() time.Duration {
	if h.o.ReplaceWindow > 0 {
		return h.o.ReplaceWindow
	}
	return replaceWindow
}

// idOf is the namespace of a migration that has one.
func idOf(v migration.View) (namespace.ID, error) {
	if v.Namespace == nil {
		return namespace.ID{}, fault.New(fault.Conflict, "There is no namespace yet", "Choose it first: step 1.")
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	return id, err
}
