package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The lanes: who makes what.
const (
	laneMake   = "make" // a CA and a client certificate; the client's key in the browser or here
	laneCSR    = acts.LaneCSR
	laneOwnCA  = acts.LaneOwnCA
	laneImport = acts.LaneImport
)

// The makers of the client's key.
const (
	makerBrowser = acts.MakerBrowser
	makerServer  = acts.MakerServer
	makerRequest = acts.MakerRequest
)

// certFields is the form of step 2 as it was sent, without keys.
type certFields struct {
	lane, maker                      string
	organization, commonName, caName string
	keyType, caDays, leafDays        string
	pathLength, unit, dns            string
	csr, caPEM, leafPEM              string
	lend, sent, browserKey           bool
}

// certificates is step 2.
func (h *Handlers) certificates(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	if usesKeys(v) {
		return h.notNeeded(w, r, v, migration.StepCertificates)
	}
	f := certFields{lane: r.URL.Query().Get("lane"), lend: true}
	if f.lane != laneCSR && f.lane != laneImport && f.lane != laneOwnCA {
		f.lane = laneMake
	}
	return h.showCertificates(w, r, http.StatusOK, v, f, nil)
}

func (h *Handlers) showCertificates(w http.ResponseWriter, r *http.Request, status int, v visit, f certFields, ps views.Problems) error {
	m := v.Migration.ID
	p := views.CertificatesProps{Migration: m, Open: r.URL.Query().Has("lane"), Form: h.certForm(v, f), Problems: ps, Tools: h.toolCommands(v, f), Have: h.have(v), Keys: h.keys(v, f.browserKey), Twin: certTwin(v)}
	for _, l := range []struct{ lane, text string }{{laneMake, "Make them for me"}, {laneOwnCA, "I have a CA"}, {laneCSR, "I have a signing request"}, {laneImport, "I have certificates"}} {
		p.Lanes = append(p.Lanes, views.Link{Text: l.text, URL: movePath(m, migration.StepCertificates) + "?lane=" + l.lane, Current: l.lane == f.lane, TestID: "lane-" + l.lane})
	}
	fr := h.frame(r, "Create certificates", "migrations", &v, migration.StepCertificates)
	return h.page(w, r, status, views.CertificatesPage(fr, p))
}

// certForm is the form as sent, or with what follows from the namespace.
func (h *Handlers) certForm(v visit, f certFields) views.CertificateForm {
	if !f.sent {
		f = h.fresh(v.View, f)
	}
	p := views.CertificateForm{Lane: f.lane, Organization: f.organization, CommonName: f.commonName, CACommonName: f.caName,
		CADays: f.caDays, LeafDays: f.leafDays, CSR: f.csr, CAPEM: f.caPEM, LeafPEM: f.leafPEM, Lend: f.lend, Unit: f.unit, DNS: f.dns,
		LendFor: fmt.Sprintf("%d minutes", int(h.o.LentFor.Minutes())), Again: v.Certificate != nil}
	if f.lane == laneMake || f.lane == laneOwnCA && f.maker != makerRequest {
		p.CSR = ""
	}
	p.Makers = []views.Choice{
		{Value: makerBrowser, Label: "In this browser", Hint: "The key never leaves this browser; Onramp signs a request for it. Needs JavaScript, and HTTPS or localhost.",
			Disabled: true}, // the script enables it where the browser can do it
		{Value: makerServer, Label: "By Onramp on this computer", Hint: "Downloaded once, kept nowhere.", Selected: f.maker != makerRequest},
	}
	if f.lane == laneOwnCA {
		p.Makers = append(p.Makers, views.Choice{Value: makerRequest, Label: "Where the client runs", Hint: "I paste a signing request; Onramp never sees the key.", Selected: f.maker == makerRequest})
	}
	for n, text := range []string{"0: signs client certificates only", "1: one intermediate CA may stand below it", "2: two may"} {
		p.PathLengths = append(p.PathLengths, views.Choice{Value: fmt.Sprint(n), Label: text, Selected: fmt.Sprint(n) == f.pathLength})
	}
	for _, t := range certsvc.KeyTypes {
		p.KeyTypes = append(p.KeyTypes, views.Choice{Value: string(t), Label: keyTypeName(string(t)), Selected: string(t) == f.keyType})
	}
	return p
}

// fresh is the form before anything was typed: what follows from the namespace.
func (h *Handlers) fresh(v migration.View, f certFields) certFields {
	name := v.Migration.ID
	if v.Namespace != nil {
		name, _, _ = strings.Cut(v.Namespace.Namespace, ".")
	}
	f.maker, f.commonName, f.caName, f.organization = makerServer, name, name+" CA", v.Migration.Name
	f.caDays, f.leafDays, f.keyType, f.pathLength = "365", "364", string(certsvc.KeyTypes[0]), "0"
	if f.lane == laneOwnCA {
		f.leafDays = "" // as long as that CA allows
	}
	return f
}

// keyTypeName is a key type as people write it.
func keyTypeName(t string) string {
	switch {
	case strings.HasPrefix(t, "ec-p"):
		return "ECDSA P-" + strings.TrimPrefix(t, "ec-p")
	case strings.HasPrefix(t, "rsa-"):
		return "RSA " + strings.TrimPrefix(t, "rsa-")
	}
	return t
}

// makeCertificates is the form of step 2, in every lane.
func (h *Handlers) makeCertificates(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	sent, err := readForm(r)
	if err != nil {
		return err
	}
	f := certFields{sent: true, maker: sent.text("maker"), organization: sent.raw("organization"), commonName: sent.raw("common_name"),
		caName: sent.raw("ca_common_name"), keyType: sent.text("key_type"), caDays: sent.text("ca_days"), leafDays: sent.text("leaf_days"),
		csr: sent.raw("csr"), caPEM: sent.raw("ca_pem"), leafPEM: sent.raw("leaf_pem"), lend: sent.on("lend"),
		pathLength: sent.text("path_length"), unit: sent.raw("organizational_unit"), dns: sent.raw("dns_names")}
	f.browserKey = sent.text("browser_key") != "" && v.Certificate != nil && (v.Certificate.Lane == makerBrowser || v.Certificate.Lane == laneOwnCA)
	f.lane, err = sent.pick("lane", laneMake, laneCSR, laneImport, laneOwnCA)
	after := v.View
	switch {
	case err != nil:
	case f.lane == laneImport:
		after, err = h.o.Acts.Certificates.Import(r.Context(), v.by, v.Migration.ID, f.caPEM, f.leafPEM)
	default:
		after, err = h.issue(r, v, f, sent)
	}
	if err == nil {
		v.View = after
	}
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showCertificates(w, r, http.StatusUnprocessableEntity, v, withoutKeys(f), ps)
	}
	if (f.lane == laneMake || f.lane == laneOwnCA) && f.maker == makerBrowser && wantsFragment(r) {
		// The page stays where it is: the key lives in it.
		return h.showCertificates(w, r, http.StatusOK, v, certFields{lane: f.lane, lend: true, browserKey: true}, nil)
	}
	said := "certificates"
	if f.lane == laneImport {
		said = "imported"
	}
	return seeOther(w, r, movePath(v.Migration.ID, migration.StepCertificates), said)
}

// withoutKeys takes pasted private keys out of what is shown again.
func withoutKeys(f certFields) certFields {
	for _, s := range []*string{&f.csr, &f.caPEM, &f.leafPEM, &f.organization, &f.commonName, &f.caName, &f.unit, &f.dns, &f.caDays, &f.leafDays} {
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
func (h *Handlers) issue(r *http.Request, v visit, f certFields, sent form) (migration.View, error) {
	set, formErr := setRequest(f)
	lane := f.lane
	if lane == laneMake {
		lane = f.maker
	}
	req := acts.IssueSet{Lane: lane, Set: set, Lend: f.lend, LentKey: []byte(sent.values.Get("lent_key"))}
	if f.lane == laneOwnCA {
		own, err := authority(sent, acts.CAFiles)
		if err != nil {
			return v.View, errors.Join(err, formErr)
		}
		req.Authority = &own
	}
	if formErr != nil {
		if req.Authority != nil { // tell all of it at once
			formErr = errors.Join(h.o.Acts.Certificates.CheckAuthority(*req.Authority), formErr)
		}
		return v.View, atAuthority(fault.Unchanged(formErr), "own-")
	}
	after, err := h.o.Acts.Certificates.IssueSet(r.Context(), v.by, v.Migration.ID, req)
	return after, atAuthority(err, "own-")
}

// setRequest is the form as certsvc takes it.
func setRequest(f certFields) (certsvc.SetRequest, error) {
	req := certsvc.SetRequest{CA: certsvc.CASpec{CommonName: f.caName, Organization: f.organization, KeyType: certsvc.KeyType(f.keyType)},
		Leaf: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, OrganizationalUnit: f.unit, DNSNames: strings.Fields(strings.ReplaceAll(f.dns, ",", " ")), KeyType: certsvc.KeyType(f.keyType)}}
	var errs []error
	number := func(field, text string) int { // an empty field leaves the default
		n, err := dayNumber(field, text)
		errs = append(errs, err)
		return n
	}
	req.CA.Days, req.Leaf.Days = number("ca_days", f.caDays), number("leaf_days", f.leafDays)
	if f.pathLength != "" {
		n, err := strconv.Atoi(f.pathLength)
		if err != nil {
			errs = append(errs, fault.New(fault.Invalid, "This is not a path length", "Choose one of those offered.").In("path_length"))
		}
		req.CA.PathLength = n
	}
	switch {
	case (f.lane == laneCSR || f.lane == laneOwnCA && f.maker == makerRequest) && strings.TrimSpace(f.csr) == "":
		errs = append(errs, fault.New(fault.Invalid, "The signing request is missing", "Paste it: openssl req -new -key client.key -out client.csr").In("csr"))
	case f.lane == laneCSR, f.lane == laneOwnCA && f.maker == makerRequest:
		req.CSR = []byte(f.csr)
	case f.maker == makerBrowser && f.csr == "":
		errs = append(errs, fault.New(fault.Invalid, "This browser made no key", "Allow JavaScript on HTTPS or localhost, or let Onramp make the key.").In("maker"))
	case f.maker == makerBrowser:
		req.CSR = []byte(f.csr)
	case f.maker != makerServer:
		errs = append(errs, fault.New(fault.Invalid, "Who makes the key is not chosen", "Choose one of those offered.").In("maker"))
	}
	return req, errors.Join(errs...)
}
