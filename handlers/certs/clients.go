package certs

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// clientFields are the forms of the page as they were sent, without keys.
type clientFields struct {
	name, commonName, organization, unit, dns, days, keyType, maker, csr, rows, caFrom string
}

// Clients lists the client certificates of a migration.
func (h *Pages) Clients(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showClients(w, r, v, clientFields{}, "", nil)
}

func (h *Pages) showClients(w http.ResponseWriter, r *http.Request, v web.Visit, f clientFields, of string, ps views.Problems) error {
	p := views.ClientsProps{Migration: v.Migration.ID, Missing: web.Need(v, migration.StepCertificates), Problems: ps, Of: of,
		Twin: views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cert leaf --ca ca.pem --ca-key ca.key --cn payments-eu --out payments-eu\nonramp cert batch --ca ca.pem --ca-key ca.key --csv clients.csv --out clients.zip"}}
	if p.Missing == nil && v.Certificate == nil { // noted as done outside
		p.Missing = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Can't start yet"}, Text: "Create or import certificates first", URL: web.MovePath(v.Migration.ID, migration.StepCertificates)}
	}
	if c := v.Certificate; c != nil {
		now := h.Now()
		p.CA, p.CAUntil, p.Missing = c.CASubject, web.Day(c.CANotAfter), nil
		p.Clients, p.Unlisted = clientRows(v, now)
		most := certsvc.MaxLeafDays(c.CANotAfter, now)
		p.Form = views.ClientForm{CA: h.caForm(r.Context(), v, f.caFrom), Name: f.name, CommonName: f.commonName, Organization: f.organization, Unit: f.unit, DNS: f.dns, Days: f.days, CSR: f.csr,
			DaysHint: fmt.Sprintf("At most %d: a day less than the CA, which expires on %s", most, web.Day(c.CANotAfter))}
		for _, t := range certsvc.KeyTypes {
			k := views.Choice{Value: string(t), Label: web.KeyTypeName(string(t)), Selected: string(t) == f.keyType}
			p.Form.KeyTypes = append(p.Form.KeyTypes, k)
		}
		p.Form.Makers = []views.Choice{
			{Value: web.MakerServer, Label: "By Onramp on this computer", Hint: "Downloaded once, kept nowhere.", Selected: f.maker != web.MakerRequest},
			{Value: web.MakerRequest, Label: "Where the client runs", Hint: "I paste a signing request; Onramp never sees the key.", Selected: f.maker == web.MakerRequest},
		}
		p.Batch = views.BatchForm{CA: p.Form.CA, Rows: f.rows, KeyTypes: p.Form.KeyTypes, Hint: "name is the folder in the archive; days may be empty for the longest"}
		if of != "batch" && f.rows == "" {
			p.Batch.Rows = "name,cn,days\n"
		}
	}
	fr := h.Frame(r, "Client certificates", "migrations", &v, migration.StepCertificates)
	return h.Page(w, r, web.StatusFor(ps), views.ClientsPage(fr, p))
}

// clientRows are the migration's own client certificate, then the further ones, the newest first.
func clientRows(v web.Visit, now time.Time) (rows []views.ClientRow, unlisted string) {
	c := v.Certificate
	add := func(l migration.Leaf, note string) {
		row := views.ClientRow{Name: l.Name, Subject: l.Subject, Fingerprint: web.ShortPrint(l.Fingerprint), FullPrint: l.Fingerprint, Until: web.Day(l.Ends()), Left: web.LeftTag(l.Ends(), now), Note: note}
		if l.LeafPEM != "" {
			row.URL = web.MovePath(v.Migration.ID, "certificates", l.Fingerprint)
		}
		rows = append(rows, row)
	}
	add(migration.Leaf{Name: v.Migration.Name, Subject: c.LeafSubject, Fingerprint: c.LeafFingerprint, NotAfter: c.LeafNotAfter, CANotAfter: c.CANotAfter, LeafPEM: c.LeafPEM}, "This migration’s own: the checks and the transfer use it")
	for _, l := range v.Leaves {
		note := ""
		if l.CAFingerprint != c.CAFingerprint {
			note = "Under another CA: " + l.CASubject
		}
		add(l, note)
	}
	for _, f := range v.Facts {
		if f.Kind == migration.FactBatch {
			if d := web.Data[migration.BatchData](f); d.Count > len(d.Leaves) {
				unlisted += fmt.Sprintf("%d more of a batch of %s are not listed by name. ", d.Count-len(d.Leaves), web.Day(f.At))
			}
		}
	}
	return rows, strings.TrimSpace(unlisted)
}

// IssueClient issues one more client certificate under the migration's CA.
func (h *Pages) IssueClient(w http.ResponseWriter, r *http.Request) error {
	v, sent, err := h.clientForm(r)
	if err != nil {
		return err
	}
	f := clientFields{name: sent.Text("name"), commonName: sent.Raw("common_name"), organization: sent.Raw("organization"), unit: sent.Raw("organizational_unit"), dns: sent.Raw("dns_names"),
		days: sent.Text("leaf_days"), keyType: sent.Text("key_type"), maker: sent.Text("maker"), csr: sent.Raw("csr"), caFrom: sent.Text("ca_from")}
	print, err := h.makeClient(r, v, sent, f)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		for _, s := range []*string{&f.name, &f.commonName, &f.organization, &f.unit, &f.dns, &f.days, &f.csr} {
			*s = unlessKey(*s)
		}
		return h.showClients(w, r, v, f, "client", ps)
	}
	return web.SeeOther(w, r, web.MovePath(v.Migration.ID, "certificates", print), "client")
}

// clientForm is a migration with certificates and a sent form.
func (h *Pages) clientForm(r *http.Request) (web.Visit, web.Form, error) {
	v, err := h.withCertificate(r)
	if err != nil {
		return v, web.Form{}, err
	}
	sent, err := web.ReadForm(r)
	return v, sent, err
}

// makeClient asks for the certificate and returns its fingerprint.
func (h *Pages) makeClient(r *http.Request, v web.Visit, sent web.Form, f clientFields) (string, error) {
	maker, makerErr := sent.Pick("maker", web.MakerServer, web.MakerRequest)
	days, daysErr := web.DayNumber("leaf_days", f.days)
	ca, caErr := chosenAuthority(sent)
	if err := errors.Join(makerErr, daysErr, caErr); err != nil {
		return "", fault.Unchanged(err)
	}
	print, err := h.Acts.Certificates.IssueClient(r.Context(), v.By, v.Migration.ID, acts.IssueClient{Name: f.name, Lane: maker, CSR: []byte(f.csr), Authority: ca,
		Leaf: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, OrganizationalUnit: f.unit,
			DNSNames: strings.Fields(strings.ReplaceAll(f.dns, ",", " ")), Days: days, KeyType: certsvc.KeyType(f.keyType)}})
	return print, atAuthority(err, "client-")
}

// MakeBatch issues many client certificates in one streamed archive. Every row is checked before the first byte.
func (h *Pages) MakeBatch(w http.ResponseWriter, r *http.Request) error {
	v, sent, err := h.clientForm(r)
	if err != nil {
		return err
	}
	raw := sent.Bytes("rows", "rows_file")
	if file := sent.Bytes("", "rows_file"); len(file) > 0 {
		raw = file
	}
	ca, err := chosenAuthority(sent)
	began := false
	if err == nil {
		err = h.Acts.Certificates.IssueBatch(r.Context(), v.By, v.Migration.ID, acts.IssueBatch{Rows: raw, KeyType: certsvc.KeyType(sent.Text("key_type")), Authority: ca}, func() io.Writer {
			began = true
			w.Header().Set("Content-Type", "application/zip")
			w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": v.Migration.ID + "-clients.zip"}))
			return w
		})
	}
	switch {
	case err == nil:
		return nil
	case began: // the archive is cut off where it is, which every unpacker notices
		h.Log.ErrorContext(r.Context(), "batch cut off", "id", web.RecordOf(r).ID, "err", err)
		panic(http.ErrAbortHandler)
	}
	ps, err := web.Problems(atAuthority(err, "batch-"))
	if err != nil {
		return err
	}
	f := clientFields{rows: unlessKey(sent.Raw("rows")), keyType: sent.Text("key_type"), caFrom: sent.Text("ca_from")}
	return h.showClients(w, r, v, f, "batch", ps)
}
