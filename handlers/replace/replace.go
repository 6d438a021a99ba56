package replace

import (
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// The field which of a check: with which client certificate.
const (
	whichOld = "old"
	whichNew = "new"
	// Those that have not passed, with the keys that Onramp may use.
	whichBoth = "both"
)

func replacePath(m string) string { return web.MovePath(m, migration.StepCertificates, "replace") }

// replaceFields is a form of the wizard as it was sent, without keys.
type replaceFields struct {
	lane, maker                      string
	organization, commonName, caName string
	keyType, caDays, leafDays        string
	csr, caPEM, leafPEM, why         string
	which, step                      string
	key                              web.KeyFields
	lend, sent, browserKey           bool // browserKey: the answer stays on the page, in which the key lives
}

// Wizard is the page of a replacement: what goes on, or the choice of what to replace.
func (h *Pages) Wizard(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showReplace(w, r, http.StatusOK, v, replaceFields{lend: true, step: r.URL.Query().Get("step")}, nil)
}

func (h *Pages) showReplace(w http.ResponseWriter, r *http.Request, status int, v web.Visit, f replaceFields, ps views.Problems) error {
	p, err := h.replaceProps(r.Context(), v, f)
	if err != nil {
		return err
	}
	p.Problems = ps
	fr := h.Frame(r, "Replace with zero downtime", "migrations", &v, migration.StepCertificates)
	if len(p.Gates) > 0 {
		if fr.Feed, err = h.feed(r.Context(), v, f.step); err != nil {
			return err
		}
	}
	return h.Page(w, r, status, views.ReplacePage(fr, p))
}

// replacing wraps a form of the wizard: what it did leads back to the page, what is wrong with it is shown on
// the page with status 422, or 409 where the state of things stands against it.
func (h *Pages) replacing(w http.ResponseWriter, r *http.Request, said string, do func(web.Visit, web.Form, *replaceFields) error) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := replaceFields{sent: true, lane: sent.Text("lane"), maker: sent.Text("maker"), organization: sent.Raw("organization"),
		commonName: sent.Raw("common_name"), caName: sent.Raw("ca_common_name"), keyType: sent.Text("key_type"), caDays: sent.Text("ca_days"),
		leafDays: sent.Text("leaf_days"), csr: sent.Raw("csr"), caPEM: sent.Raw("ca_pem"), leafPEM: sent.Raw("leaf_pem"), why: sent.Raw("why"),
		which: sent.Text("which"), key: web.ReadKeyFields(sent), lend: sent.On("lend")}
	err = do(v, sent, &f)
	if err == nil {
		if f.browserKey && web.WantsFragment(r) { // the page stays where it is: the key lives in it
			if v, err = h.Move(r); err != nil {
				return err
			}
			return h.showReplace(w, r, http.StatusOK, v, replaceFields{lend: true, browserKey: true}, nil)
		}
		return web.SeeOther(w, r, replacePath(v.Migration.ID), said)
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
	for _, s := range []*string{&f.csr, &f.caPEM, &f.leafPEM, &f.organization, &f.commonName, &f.caName, &f.why, &f.key.CertPEM} {
		if strings.Contains(*s, "PRIVATE KEY") {
			*s = ""
		}
	}
	if v, err = h.Move(r); err != nil {
		return err
	}
	return h.showReplace(w, r, status, v, f, ps)
}

// Start begins a replacement of the CA or of the client certificate alone.
func (h *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v web.Visit, f web.Form, _ *replaceFields) error {
		return h.Acts.Replacements.Start(r.Context(), v.By, v.Migration.ID, f.Text("what"))
	})
}

// TakeCA is step 1, the making: a new CA made here, or the certificate of one made elsewhere.
func (h *Pages) TakeCA(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "", func(v web.Visit, _ web.Form, f *replaceFields) error {
		days, err := web.DayNumber("ca_days", f.caDays)
		if err != nil {
			return err
		}
		req := acts.NewCA{Import: f.lane == web.LaneImport, PEM: f.caPEM, Spec: certsvc.CASpec{CommonName: f.caName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)}}
		return h.Acts.Replacements.TakeCA(r.Context(), v.By, v.Migration.ID, req)
	})
}

// SaveBundle is step 1, the saving: the bundle with both CAs is saved, or looked for.
func (h *Pages) SaveBundle(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "ca", func(v web.Visit, f web.Form, _ *replaceFields) error {
		if f.Text("do") == "look" {
			return h.Acts.Replacements.SeeBundle(r.Context(), v.By, v.Migration.ID)
		}
		return h.Acts.Replacements.SaveBundle(r.Context(), v.By, v.Migration.ID)
	})
}

// TakeLeaf is the next step: the client certificate under the new CA, in the lanes of step 2.
func (h *Pages) TakeLeaf(w http.ResponseWriter, r *http.Request) error {
	return h.replacing(w, r, "certificates", func(v web.Visit, sent web.Form, f *replaceFields) error {
		days, err := web.DayNumber("leaf_days", f.leafDays)
		if err != nil {
			return err
		}
		req := acts.NewLeaf{Lane: f.lane, PEM: f.leafPEM, CSR: []byte(f.csr), CAKey: sent.Bytes("ca_key", "ca_key_file"), KeyPass: sent.Values.Get("ca_passphrase"),
			Lend: f.lend, LentKey: []byte(sent.Values.Get("lent_key")),
			Spec: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, Days: days, KeyType: certsvc.KeyType(f.keyType)}}
		if f.lane != web.LaneImport && f.lane != web.LaneCSR {
			req.Lane = web.MakerServer
			if f.maker == web.MakerBrowser {
				req.Lane = web.MakerBrowser
			}
		}
		if err := h.Acts.Replacements.TakeLeaf(r.Context(), v.By, v.Migration.ID, req); err != nil {
			return err
		}
		f.browserKey = req.Lane == web.MakerBrowser
		return nil
	})
}
