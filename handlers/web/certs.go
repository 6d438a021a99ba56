package web

import (
	"archive/zip"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// The lanes: who makes what.
const (
	LaneMake   = "make" // a CA and a client certificate; the client's key in the browser or here
	LaneCSR    = acts.LaneCSR
	LaneOwnCA  = acts.LaneOwnCA
	LaneImport = acts.LaneImport
)

// The makers of the client's key.
const (
	MakerBrowser = acts.MakerBrowser
	MakerServer  = acts.MakerServer
	MakerRequest = acts.MakerRequest
)

// CertFields is the form of step 2 as it was sent, without keys.
type CertFields struct {
	Lane, Maker                      string
	Organization, CommonName, CaName string
	KeyType, CaDays, LeafDays        string
	PathLength, Unit, Dns            string
	Csr, CaPEM, LeafPEM              string
	Lend, Sent, BrowserKey           bool
}

// CertForm is the form as sent, or with what follows from the namespace.
func (h *Site) CertForm(v Visit, f CertFields) views.CertificateForm {
	if !f.Sent {
		f = h.Fresh(v.View, f)
	}
	p := views.CertificateForm{Lane: f.Lane, Organization: f.Organization, CommonName: f.CommonName, CACommonName: f.CaName,
		CADays: f.CaDays, LeafDays: f.LeafDays, CSR: f.Csr, CAPEM: f.CaPEM, LeafPEM: f.LeafPEM, Lend: f.Lend, Unit: f.Unit, DNS: f.Dns,
		LendFor: fmt.Sprintf("%d minutes", int(h.LentFor.Minutes())), Again: v.Certificate != nil}
	if f.Lane == LaneMake || f.Lane == LaneOwnCA && f.Maker != MakerRequest {
		p.CSR = ""
	}
	p.Makers = []views.Choice{
		{Value: MakerBrowser, Label: "In this browser", Hint: "Onramp signs a request for it, and gets a copy only if you let it use the key, below. Needs JavaScript, and HTTPS or localhost.",
			Disabled: true}, // the script enables it where the browser can do it
		{Value: MakerServer, Label: "By Onramp on this computer", Hint: "Downloaded once, kept nowhere.", Selected: f.Maker != MakerRequest},
	}
	if f.Lane == LaneOwnCA {
		p.Makers = append(p.Makers, views.Choice{Value: MakerRequest, Label: "Where the client runs", Hint: "I paste a signing request; Onramp never sees the key.", Selected: f.Maker == MakerRequest})
	}
	for n, text := range []string{"0: signs client certificates only", "1: one intermediate CA may be below it", "2: two may"} {
		p.PathLengths = append(p.PathLengths, views.Choice{Value: fmt.Sprint(n), Label: text, Selected: fmt.Sprint(n) == f.PathLength})
	}
	for _, t := range certsvc.KeyTypes {
		p.KeyTypes = append(p.KeyTypes, views.Choice{Value: string(t), Label: KeyTypeName(string(t)), Selected: string(t) == f.KeyType})
	}
	return p
}

// Fresh is the form before anything was typed: what follows from the namespace.
func (h *Site) Fresh(v migration.View, f CertFields) CertFields {
	name := v.Migration.ID
	if v.Namespace != nil {
		name, _, _ = strings.Cut(v.Namespace.Namespace, ".")
	}
	f.Maker, f.CommonName, f.CaName, f.Organization = MakerServer, name, name+" CA", v.Migration.Name
	f.CaDays, f.LeafDays, f.KeyType, f.PathLength = "365", "364", string(certsvc.KeyTypes[0]), "0"
	if f.Lane == LaneOwnCA {
		f.LeafDays = "" // as long as that CA allows
	}
	return f
}

// KeyTypeName is a key type as people write it.
func KeyTypeName(t string) string {
	switch {
	case strings.HasPrefix(t, "ec-p"):
		return "ECDSA P-" + strings.TrimPrefix(t, "ec-p")
	case strings.HasPrefix(t, "rsa-"):
		return "RSA " + strings.TrimPrefix(t, "rsa-")
	}
	return t
}

// SetRequest is the form as certsvc takes it.
func SetRequest(f CertFields) (certsvc.SetRequest, error) {
	req := certsvc.SetRequest{CA: certsvc.CASpec{CommonName: f.CaName, Organization: f.Organization, KeyType: certsvc.KeyType(f.KeyType)},
		Leaf: certsvc.LeafSpec{CommonName: f.CommonName, Organization: f.Organization, OrganizationalUnit: f.Unit, DNSNames: strings.Fields(strings.ReplaceAll(f.Dns, ",", " ")), KeyType: certsvc.KeyType(f.KeyType)}}
	var errs []error
	number := func(field, text string) int { // an empty field leaves the default
		n, err := DayNumber(field, text)
		errs = append(errs, err)
		return n
	}
	req.CA.Days, req.Leaf.Days = number("ca_days", f.CaDays), number("leaf_days", f.LeafDays)
	if f.PathLength != "" {
		n, err := strconv.Atoi(f.PathLength)
		if err != nil {
			errs = append(errs, fault.New(fault.Invalid, "This is not a path length", "Choose one of those offered.").In("path_length"))
		}
		req.CA.PathLength = n
	}
	switch {
	case (f.Lane == LaneCSR || f.Lane == LaneOwnCA && f.Maker == MakerRequest) && strings.TrimSpace(f.Csr) == "":
		errs = append(errs, fault.New(fault.Invalid, "The signing request is missing", "Paste it: openssl req -new -key client.key -out client.csr").In("csr"))
	case f.Lane == LaneCSR, f.Lane == LaneOwnCA && f.Maker == MakerRequest:
		req.CSR = []byte(f.Csr)
	case f.Maker == MakerBrowser && f.Csr == "":
		errs = append(errs, fault.New(fault.Invalid, "This browser did not create a key", "Allow JavaScript on HTTPS or localhost, or let Onramp make the key.").In("maker"))
	case f.Maker == MakerBrowser:
		req.CSR = []byte(f.Csr)
	case f.Maker != MakerServer:
		errs = append(errs, fault.New(fault.Invalid, "Where the key is made is not chosen", "Choose one of those offered.").In("maker"))
	}
	return req, errors.Join(errs...)
}

// Have are the certificates of a migration; nil before there are any.
func (h *Site) Have(v Visit) *views.HaveProps {
	c := v.Certificate
	if c == nil {
		return nil
	}
	m := v.Migration.ID
	now := h.Now()
	p := &views.HaveProps{Next: NextLink(v.View, migration.StepCertificates), Made: madeText(c.Lane) + ", " + Day(v.Step(migration.StepCertificates).Since), Report: h.ruleReport(c)}
	p.CA = CertProps("ca", "CA certificate", c.CASubject, c.CAFingerprint, c.CANotAfter, now)
	p.CA.Download, p.CA.Advice = MovePath(m, "certificates", "ca.pem"), "Safe to share: it contains no secret. This is what goes up to Temporal Cloud."
	p.Leaf = CertProps("leaf", "Client certificate", c.LeafSubject, c.LeafFingerprint, c.LeafNotAfter, now)
	p.Leaf.Download, p.Leaf.Advice = MovePath(m, "certificates", "client.pem"), "Workers present it together with its key."
	p.Leaf.KeyType = KeyTypeName(c.KeyType)
	p.CAPage, p.LeafPage = MovePath(m, "certificates", c.CAFingerprint), MovePath(m, "certificates", c.LeafFingerprint)
	p.Clients = &views.Link{Text: "Issue more client certificates", URL: MovePath(m, "certificates", "clients")}
	if n := len(v.Leaves); n > 0 {
		p.Clients.Text = Many(n+1, "client certificate", "client certificates") + ": see all, issue more"
	}
	if certs, _, err := certsvc.ReadCertificates([]byte(c.CAPEM)); err == nil {
		p.CA.KeyType = KeyTypeName(string(certsvc.KeyTypeOf(certs[0].PublicKey)))
	}
	return p
}

func madeText(lane string) string {
	switch lane {
	case MakerBrowser:
		return "Client key made in the browser"
	case MakerServer:
		return "Made by Onramp"
	case LaneCSR:
		return "Signed from your request"
	case LaneOwnCA:
		return "Signed by your CA"
	}
	return "Made elsewhere"
}

// CertProps is a certificate as a card; print is its SHA-256 in hex, id the prefix of its ids on the page.
func CertProps(id, title, subject, print string, until, now time.Time) views.CertProps {
	return views.CertProps{ID: id, Title: title, Subject: subject, Fingerprint: Grouped(print), FullPrint: print, Until: Day(until), Left: LeftTag(until, now)}
}

// LeftTag says how long a certificate still lasts, in the whole days that the board of certificates counts too.
func LeftTag(until, now time.Time) views.Tag {
	days, _ := certsvc.Ladder(until, now)
	switch {
	case !until.After(now):
		return views.Tag{State: views.Bad, Word: "Expired"}
	case days == 0:
		return views.Tag{State: views.Warn, Word: "Expires in less than a day"}
	case days < 30:
		return views.Tag{State: views.Warn, Word: "Expires in " + Many(days, "day", "days")}
	}
	return views.Tag{State: views.Good, Word: Many(days, "day left", "days left")}
}

// ruleReport judges the stored certificates by every rule, as of now.
func (h *Site) ruleReport(c *migration.CertificateData) views.ReportProps {
	now := h.Now()
	cas, lints := certsvc.LintBundle([]byte(c.CAPEM), now)
	if chain, _, err := certsvc.ReadCertificates([]byte(c.LeafPEM)); err == nil {
		lints = append(lints, certsvc.LintLeaf(chain, cas, now)...)
	}
	return ReportOf(lints)
}

// ReportOf is every rule with whether it is kept.
func ReportOf(lints []certsvc.Lint) views.ReportProps {
	var p views.ReportProps
	broken := map[string]bool{}
	count := map[certsvc.Severity]int{}
	for _, l := range lints {
		broken[l.Code] = true
		count[l.Severity]++
		row := views.RuleRow{Code: l.Code, Rule: l.Text, Text: l.Subject, Fix: l.Fix, Source: l.Source, State: views.Idle, Word: "note"}
		switch l.Severity {
		case certsvc.SevError:
			row.State, row.Word = views.Bad, "error"
		case certsvc.SevWarn:
			row.State, row.Word = views.Warn, "warning"
		}
		p.Rows = append(p.Rows, row)
	}
	kept := 0
	for _, rule := range certsvc.Rules() {
		if !broken[rule.Code] {
			kept++
			p.Rows = append(p.Rows, views.RuleRow{State: views.Good, Word: "passed", Code: rule.Code, Rule: rule.Kept, Source: rule.Source})
		}
	}
	p.Text = "Each rule with where it is published. Temporal Cloud refuses a bundle or client certificate that breaks a rule marked as an error."
	switch {
	case count[certsvc.SevError] > 0:
		p.Tag = views.Tag{State: views.Bad, Word: Many(count[certsvc.SevError], "error", "errors")}
	case count[certsvc.SevWarn] > 0:
		p.Tag = views.Tag{State: views.Warn, Word: Many(count[certsvc.SevWarn], "warning", "warnings")}
	default:
		p.Tag = views.Tag{State: views.Good, Word: Many(kept, "rule passed", "rules passed")}
	}
	return p
}

// ShellWord quotes a text for a POSIX shell.
func ShellWord(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// bundleFile is one file of a bundle without its key; Mode is its Unix mode.
type bundleFile struct {
	Name string `json:"name"`
	Text string `json:"text"`
	Mode int    `json:"mode"`
}

// PublicFiles are the files of bundle.zip but the key, which the reader's browser adds itself.
func (h *Site) PublicFiles(v Visit) ([]bundleFile, error) {
	t := h.Acts.Places.Target(v.View)
	b := certsvc.Bundle{Address: t.Address, CAPEM: []byte(v.Certificate.CAPEM), ClientPEM: []byte(v.Certificate.LeafPEM),
		Rehearsal: v.Migration.Mode.Can().Practice, ServerRootPEM: t.ExtraRootsPEM}
	if v.Namespace != nil {
		b.Namespace = v.Namespace.Namespace
	}
	var packed bytes.Buffer
	if err := certsvc.WriteBundle(&packed, b); err != nil {
		return nil, err
	}
	z, err := zip.NewReader(bytes.NewReader(packed.Bytes()), int64(packed.Len()))
	if err != nil {
		return nil, fmt.Errorf("read the bundle just written: %w", err)
	}
	var out []bundleFile
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("read the bundle just written: %w", err)
		}
		text, err := io.ReadAll(in)
		_ = in.Close() // it is in memory
		if err != nil {
			return nil, fmt.Errorf("read the bundle just written: %w", err)
		}
		if f.Name == certsvc.FileReadme {
			text = withoutParagraph(text, certsvc.FileClientKey+" is not in this archive")
		}
		out = append(out, bundleFile{Name: f.Name, Text: string(text), Mode: int(f.Mode().Perm())})
	}
	return out, nil
}

// withoutParagraph leaves out the paragraph that begins so: the browser's archive does hold the key.
func withoutParagraph(text []byte, begin string) []byte {
	paragraphs := strings.Split(string(text), "\n\n")
	return []byte(strings.Join(slices.DeleteFunc(paragraphs, func(p string) bool { return strings.HasPrefix(p, begin) }), "\n\n"))
}

// BundleSize compares a bundle with what a namespace holds at most.
func BundleSize(text string) string {
	n := 0
	for rest := []byte(text); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
	}
	return fmt.Sprintf("%d of %d certificates · %.1f of %d KB", n, certsvc.MaxBundleCerts, float64(len(text))/1024, certsvc.MaxBundleBytes/1024)
}
