package certs

import (
	"errors"
	"net/http"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Certificates is step 2.
func (h *Pages) Certificates(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f := web.CertFields{Lane: r.URL.Query().Get("lane"), Lend: true}
	if f.Lane != web.LaneCSR && f.Lane != web.LaneImport && f.Lane != web.LaneOwnCA {
		f.Lane = web.LaneMake
	}
	return h.showCertificates(w, r, http.StatusOK, v, f, nil)
}

func (h *Pages) showCertificates(w http.ResponseWriter, r *http.Request, status int, v web.Visit, f web.CertFields, ps views.Problems) error {
	m := v.Migration.ID
	p := views.CertificatesProps{Migration: m, Open: r.URL.Query().Has("lane"), Form: h.CertForm(v, f), Problems: ps, Tools: h.toolCommands(v, f), Have: h.Have(v), Keys: h.keys(v, f.BrowserKey), Twin: certTwin(v)}
	for _, l := range []struct{ lane, text string }{{web.LaneMake, "Make them for me"}, {web.LaneOwnCA, "I have a CA"}, {web.LaneCSR, "I have a signing request"}, {web.LaneImport, "I have certificates"}} {
		p.Lanes = append(p.Lanes, views.Link{Text: l.text, URL: web.MovePath(m, migration.StepCertificates) + "?lane=" + l.lane, Current: l.lane == f.Lane, TestID: "lane-" + l.lane})
	}
	fr := h.Frame(r, "Create certificates", "migrations", &v, migration.StepCertificates)
	p.Saw = fr.Saw
	if fr.Show != nil { // which leads on itself
		if p.Have != nil {
			p.Have.Next = nil
		}
		if p.Keys != nil {
			p.Keys.Next = nil
		}
	}
	return h.Page(w, r, status, views.CertificatesPage(fr, p))
}

// MakeCertificates is the form of step 2, in every lane.
func (h *Pages) MakeCertificates(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := web.CertFields{Sent: true, Maker: sent.Text("maker"), Organization: sent.Raw("organization"), CommonName: sent.Raw("common_name"),
		CaName: sent.Raw("ca_common_name"), KeyType: sent.Text("key_type"), CaDays: sent.Text("ca_days"), LeafDays: sent.Text("leaf_days"),
		Csr: sent.Raw("csr"), CaPEM: sent.Raw("ca_pem"), LeafPEM: sent.Raw("leaf_pem"), Lend: sent.On("lend"),
		PathLength: sent.Text("path_length"), Unit: sent.Raw("organizational_unit"), Dns: sent.Raw("dns_names")}
	f.BrowserKey = sent.Text("browser_key") != "" && v.Certificate != nil && (v.Certificate.Lane == web.MakerBrowser || v.Certificate.Lane == web.LaneOwnCA)
	f.Lane, err = sent.Pick("lane", web.LaneMake, web.LaneCSR, web.LaneImport, web.LaneOwnCA)
	after := v.View
	switch {
	case err != nil:
	case f.Lane == web.LaneImport:
		after, err = h.Acts.Certificates.Import(r.Context(), v.By, v.Migration.ID, f.CaPEM, f.LeafPEM)
	default:
		after, err = h.issue(r, v, f, sent)
	}
	if err == nil {
		v.View = after
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showCertificates(w, r, web.StatusFor(ps), v, withoutKeys(f), ps)
	}
	if (f.Lane == web.LaneMake || f.Lane == web.LaneOwnCA) && f.Maker == web.MakerBrowser && web.WantsFragment(r) {
		// The page stays where it is: the key lives in it.
		return h.showCertificates(w, r, http.StatusOK, v, web.CertFields{Lane: f.Lane, Lend: true, BrowserKey: true}, nil)
	}
	said := "certificates"
	if f.Lane == web.LaneImport {
		said = "imported"
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepCertificates), said)
}

// withoutKeys takes pasted private keys out of what is shown again.
func withoutKeys(f web.CertFields) web.CertFields {
	for _, s := range []*string{&f.Csr, &f.CaPEM, &f.LeafPEM, &f.Organization, &f.CommonName, &f.CaName, &f.Unit, &f.Dns, &f.CaDays, &f.LeafDays} {
		*s = unlessKey(*s)
	}
	return f
}

// unlessKey is a text that may be shown again; "" for one that holds a private key.
func unlessKey(s string) string {
	if certsvc.HoldsKey([]byte(s)) {
		return ""
	}
	return s
}

// issue asks for a CA, unless the reader brings one, and a client certificate.
func (h *Pages) issue(r *http.Request, v web.Visit, f web.CertFields, sent web.Form) (migration.View, error) {
	set, formErr := web.SetRequest(f)
	lane := f.Lane
	if lane == web.LaneMake {
		lane = f.Maker
	}
	req := acts.IssueSet{Lane: lane, Set: set, Lend: f.Lend, LentKey: []byte(sent.Values.Get("lent_key"))}
	if f.Lane == web.LaneOwnCA {
		own, err := authority(sent, acts.CAFiles)
		if err != nil {
			return v.View, errors.Join(err, formErr)
		}
		req.Authority = &own
	}
	if formErr != nil {
		if req.Authority != nil { // tell all of it at once
			formErr = errors.Join(h.Acts.Certificates.CheckAuthority(*req.Authority), formErr)
		}
		return v.View, atAuthority(fault.Unchanged(formErr), "own-")
	}
	after, err := h.Acts.Certificates.IssueSet(r.Context(), v.By, v.Migration.ID, req)
	return after, atAuthority(err, "own-")
}
