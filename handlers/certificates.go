package handlers

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The lanes: who makes what.
const (
	laneMake   = "make"   // a CA and a client certificate; the client's key in the browser or here
	laneCSR    = "csr"    // a CA, and a client certificate from a request made elsewhere
	laneOwnCA  = "own-ca" // a client certificate under a CA that the reader brings for it
	laneImport = "import" // both were made elsewhere
)

// The makers of the client's key in laneMake.
const (
	makerBrowser = "browser"
	makerServer  = "server"
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

func (h *Handlers) showCertificates(w http.ResponseWriter, r *http.Request, status int, v migration.View, f certFields, ps views.Problems) error {
	m := v.Migration.ID
	p := views.CertificatesProps{Migration: m, Open: r.URL.Query().Has("lane"), Form: h.certForm(v, f), Problems: ps, Tools: h.toolCommands(v, f), Have: h.have(v), Keys: h.keys(v, f.browserKey), Twin: certTwin(v)}
	for _, l := range []struct{ lane, text string }{{laneMake, "Make them for me"}, {laneOwnCA, "I have a CA"}, {laneCSR, "I have a signing request"}, {laneImport, "I have certificates"}} {
		p.Lanes = append(p.Lanes, views.Link{Text: l.text, URL: movePath(m, migration.StepCertificates) + "?lane=" + l.lane, Current: l.lane == f.lane, TestID: "lane-" + l.lane})
	}
	fr := h.frame(r, "Create certificates", "migrations", &v, migration.StepCertificates)
	return h.page(w, r, status, views.CertificatesPage(fr, p))
}

// certForm is the form as sent, or with what follows from the namespace.
func (h *Handlers) certForm(v migration.View, f certFields) views.CertificateForm {
	if !f.sent {
		f = h.fresh(v, f)
	}
	p := views.CertificateForm{Lane: f.lane, Organization: f.organization, CommonName: f.commonName, CACommonName: f.caName,
		CADays: f.caDays, LeafDays: f.leafDays, CSR: f.csr, CAPEM: f.caPEM, LeafPEM: f.leafPEM, Lend: f.lend, Unit: f.unit, DNS: f.dns,
		LendFor: fmt.Sprintf("%d minutes", int(h.o.Keyring.TTL().Minutes())), Again: v.Certificate != nil}
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
	if err == nil {
		var ca *certsvc.Issued
		switch f.lane {
		case laneImport:
			v, err = h.importCertificates(r, v, f)
		case laneOwnCA:
			var own certsvc.Issued
			if own, err = brought(sent, "own-"); err != nil {
				_, more := setRequest("", v, f) // tell all of it at once
				err = errors.Join(err, more)
				break
			}
			defer clear(own.Key.Reveal())
			ca = &own
			fallthrough
		default:
			v, err = h.issue(r, v, f, []byte(sent.values.Get("lent_key")), ca)
		}
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

// issue makes a CA, unless the reader brought one, and a client certificate. Keys made here go to the vault, to
// leave once; lentKey is the browser's key when the reader lends it.
func (h *Handlers) issue(r *http.Request, v migration.View, f certFields, lentKey []byte, own *certsvc.Issued) (migration.View, error) {
	req, err := setRequest(h.target(v).Address, v, f)
	if err != nil {
		return v, err
	}
	at := map[string]string{"ca": "", "ca_key": ""}
	if req.Authority = own; own != nil {
		at = map[string]string{"ca": "own-ca_files", "ca_key": "own-ca_files"}
	}
	set, err := h.o.Certs.IssueSet(req)
	if err != nil {
		return v, rename(err, at)
	}
	m := v.Migration.ID
	lane := f.lane
	if lane == laneMake {
		lane = f.maker
	}
	made := []*x509.Certificate{set.Leaf.Cert}
	if own == nil {
		made = []*x509.Certificate{set.CA.Cert, set.Leaf.Cert}
	}
	if err := h.signed(r.Context(), v, lane, set.Summary.CAFingerprint, made...); err != nil {
		return v, err
	}
	if len(lentKey) > 0 && f.lend {
		if _, _, err := h.o.Keyring.Lend(m, set.Leaf.CertPEM, lentKey); err != nil {
			return v, rename(err, map[string]string{certsvc.FieldKey: "lend", certsvc.FieldCertificate: "lend"})
		}
	} else {
		h.o.Keyring.Forget(m) // the pair lent before is of another certificate
	}
	if err := h.keep(v, set, own == nil); err != nil {
		return v, err
	}
	if f.lend && !set.Leaf.Key.Empty() {
		if _, _, err := h.o.Keyring.Lend(m, set.Leaf.CertPEM, set.Leaf.Key.Reveal()); err != nil {
			return v, fmt.Errorf("lend the key just made: %w", err)
		}
	}
	defer h.certificatesChanged()
	s := set.Summary
	return h.o.Migrations.SetCertificate(r.Context(), m, migration.CertificateData{Lane: lane,
		CAPEM: string(set.CA.CertPEM), LeafPEM: string(set.Leaf.CertPEM), CAFingerprint: s.CAFingerprint, LeafFingerprint: s.LeafFingerprint,
		CASubject: s.CASubject, LeafSubject: s.LeafSubject, KeyType: string(s.LeafKeyType), CANotAfter: s.CANotAfter, LeafNotAfter: s.LeafNotAfter})
}

// setRequest is the form as certsvc takes it.
func setRequest(address string, v migration.View, f certFields) (certsvc.SetRequest, error) {
	req := certsvc.SetRequest{Address: address,
		CA:   certsvc.CASpec{CommonName: f.caName, Organization: f.organization, KeyType: certsvc.KeyType(f.keyType)},
		Leaf: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, OrganizationalUnit: f.unit, DNSNames: strings.Fields(strings.ReplaceAll(f.dns, ",", " ")), KeyType: certsvc.KeyType(f.keyType)}}
	if v.Namespace != nil {
		req.Namespace = v.Namespace.Namespace
	}
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

// importCertificates takes certificates that were made elsewhere, when Cloud would take them.
func (h *Handlers) importCertificates(r *http.Request, v migration.View, f certFields) (migration.View, error) {
	now := h.o.Now()
	cas, bad := certsvc.LintBundle([]byte(f.caPEM), now)
	errs := lintErrors(bad, "ca_pem")
	chain, _, err := certsvc.ReadCertificates([]byte(f.leafPEM))
	switch {
	case err != nil:
		errs = append(errs, fault.From(err).In("leaf_pem"))
	case strings.Contains(f.leafPEM, "PRIVATE KEY"):
		leak := fault.New(fault.Invalid, "A private key is among the certificates", "Paste certificates only. Nothing was stored.").In("leaf_pem")
		leak.Code = "IN-16"
		errs = append(errs, leak)
	case len(errs) == 0:
		errs = lintErrors(certsvc.LintLeaf(chain, cas, now), "leaf_pem")
	}
	if err := errors.Join(errs...); err != nil {
		return v, err
	}
	defer h.certificatesChanged()
	ca, leaf := issuerOf(chain[0], cas), chain[0]
	h.o.Keyring.Forget(v.Migration.ID)
	return h.o.Migrations.SetCertificate(r.Context(), v.Migration.ID, migration.CertificateData{Lane: laneImport,
		CAPEM: pemText(cas...), LeafPEM: pemText(chain...), CAFingerprint: certsvc.Fingerprint(ca), LeafFingerprint: certsvc.Fingerprint(leaf),
		CASubject: certsvc.SubjectOf(ca), LeafSubject: certsvc.SubjectOf(leaf), KeyType: string(certsvc.KeyTypeOf(leaf.PublicKey)),
		CANotAfter: ca.NotAfter, LeafNotAfter: leaf.NotAfter})
}

// lintErrors are the broken rules that Cloud refuses, as faults of a field.
func lintErrors(lints []certsvc.Lint, field string) []error {
	var out []error
	for _, l := range lints {
		if l.Severity == certsvc.SevError {
			f := fault.New(fault.Invalid, strings.TrimSuffix(l.Text, "."), l.Fix).In(field)
			f.Code = l.Code
			out = append(out, f)
		}
	}
	return out
}

// issuerOf is the CA of the bundle that bears the issuer's name, the first one when none does.
func issuerOf(leaf *x509.Certificate, cas []*x509.Certificate) *x509.Certificate {
	for _, c := range cas {
		if string(c.RawSubject) == string(leaf.RawIssuer) {
			return c
		}
	}
	return cas[0]
}
