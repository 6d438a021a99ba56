package handlers

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The field which of a check: with which client certificate.
const (
	whichOld = "old"
	whichNew = "new"
)

func replacePath(m string) string { return movePath(m, migration.StepCertificates, "replace") }

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

func (h *Handlers) showReplace(w http.ResponseWriter, r *http.Request, status int, v visit, f replaceFields, ps views.Problems) error {
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
func (h *Handlers) replacing(w http.ResponseWriter, r *http.Request, said string, do func(visit, form, *replaceFields) error) error {
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
	return h.replacing(w, r, "", func(v visit, f form, _ *replaceFields) error {
		return h.o.Acts.Replacements.Start(r.Context(), v.by, v.Migration.ID, f.text("what"))
	})
}

// replaceCA is gate 1, the making: a new CA made here, or the certificate of one made elsewhere.
func (h *Handlers) replaceCA(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v visit, _ form, f *replaceFields) error {
		days, err := dayNumber("ca_days", f.caDays)
		if err != nil {
			return err
		}
		req := acts.NewCA{Import: f.lane == laneImport, PEM: f.caPEM, Spec: certsvc.CASpec{CommonName: f.caName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)}}
		return h.o.Acts.Replacements.TakeCA(r.Context(), v.by, v.Migration.ID, req)
	})
}

// replaceBundle is gate 1, the saving: the bundle with both CAs is saved, or looked for.
func (h *Handlers) replaceBundle(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "ca", func(v visit, f form, _ *replaceFields) error {
		if f.text("do") == "look" {
			return h.o.Acts.Replacements.SeeBundle(r.Context(), v.by, v.Migration.ID)
		}
		return h.o.Acts.Replacements.SaveBundle(r.Context(), v.by, v.Migration.ID)
	})
}

// replaceLeaf is gate 2: the client certificate under the new CA, in the lanes of step 2.
func (h *Handlers) replaceLeaf(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "certificates", func(v visit, sent form, f *replaceFields) error {
		days, err := dayNumber("leaf_days", f.leafDays)
		if err != nil {
			return err
		}
		req := acts.NewLeaf{Lane: f.lane, PEM: f.leafPEM, CSR: []byte(f.csr), CAKey: sent.bytes("ca_key", "ca_key_file"), KeyPass: sent.values.Get("ca_passphrase"),
			Lend: f.lend, LentKey: []byte(sent.values.Get("lent_key")),
			Spec: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)}}
		if f.lane != laneImport && f.lane != laneCSR {
			req.Lane = makerServer
			if f.maker == makerBrowser {
				req.Lane = makerBrowser
			}
		}
		if err := h.o.Acts.Replacements.TakeLeaf(r.Context(), v.by, v.Migration.ID, req); err != nil {
			return err
		}
		f.browserKey = req.Lane == makerBrowser
		return nil
	})
}
