package handlers

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// clientFields are the forms of the page as they were sent, without keys.
type clientFields struct {
	name, commonName, organization, unit, dns, days, keyType, maker, csr, rows, caFrom string
}

// clients lists the client certificates of a migration.
func (h *Handlers) clients(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	return h.showClients(w, r, http.StatusOK, v, clientFields{}, "", nil)
}

func (h *Handlers) showClients(w http.ResponseWriter, r *http.Request, status int, v visit, f clientFields, of string, ps views.Problems) error {
	p := views.ClientsProps{Migration: v.Migration.ID, Missing: need(v, migration.StepCertificates), Problems: ps, Of: of,
		Twin: views.CodeProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp cert leaf --ca ca.pem --ca-key ca.key --cn payments-eu --out payments-eu\nonramp cert batch --ca ca.pem --ca-key ca.key --csv clients.csv --out clients.zip"}}
	if p.Missing == nil && v.Certificate == nil { // noted as done outside
		p.Missing = &views.NeedProps{Tag: views.Tag{State: views.Idle, Word: "Can't start yet"}, Text: "Create or import certificates first", URL: movePath(v.Migration.ID, migration.StepCertificates)}
	}
	if c := v.Certificate; c != nil {
		now := h.o.Now()
		p.CA, p.CAUntil, p.Missing = c.CASubject, day(c.CANotAfter), nil
		p.Clients, p.Unlisted = clientRows(v, now)
		most := certsvc.MaxLeafDays(c.CANotAfter, now)
		p.Form = views.ClientForm{CA: h.caForm(r.Context(), v, f.caFrom), Name: f.name, CommonName: f.commonName, Organization: f.organization, Unit: f.unit, DNS: f.dns, Days: f.days, CSR: f.csr,
			DaysHint: fmt.Sprintf("At most %d: a day less than the CA, which ends on %s", most, day(c.CANotAfter))}
		for _, t := range certsvc.KeyTypes {
			k := views.Choice{Value: string(t), Label: keyTypeName(string(t)), Selected: string(t) == f.keyType}
			p.Form.KeyTypes = append(p.Form.KeyTypes, k)
		}
		p.Form.Makers = []views.Choice{
			{Value: makerServer, Label: "By Onramp on this computer", Hint: "Downloaded once, kept nowhere.", Selected: f.maker != makerRequest},
			{Value: makerRequest, Label: "Where the client runs", Hint: "I paste a signing request; Onramp never sees the key.", Selected: f.maker == makerRequest},
		}
		p.Batch = views.BatchForm{CA: p.Form.CA, Rows: f.rows, KeyTypes: p.Form.KeyTypes, Hint: "name is the folder in the archive; days may be empty for the longest"}
		if of != "batch" && f.rows == "" {
			p.Batch.Rows = "name,cn,days\n"
		}
	}
	fr := h.frame(r, "Client certificates", "migrations", &v, migration.StepCertificates)
	return h.page(w, r, status, views.ClientsPage(fr, p))
}

// clientRows are the migration's own client certificate, then the further ones, the newest first.
func clientRows(v visit, now time.Time) (rows []views.ClientRow, unlisted string) {
	c := v.Certificate
	add := func(l migration.Leaf, note string) {
		row := views.ClientRow{Name: l.Name, Subject: l.Subject, Fingerprint: shortPrint(l.Fingerprint), FullPrint: l.Fingerprint, Until: "until " + day(l.Ends()), Left: leftTag(l.Ends(), now), Note: note}
		if l.LeafPEM != "" {
			row.URL = movePath(v.Migration.ID, "certificates", l.Fingerprint)
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
			if d := data[migration.BatchData](f); d.Count > len(d.Leaves) {
				unlisted += fmt.Sprintf("%d more of a batch of %s are not listed by name. ", d.Count-len(d.Leaves), day(f.At))
			}
		}
	}
	return rows, strings.TrimSpace(unlisted)
}

// issueClient issues one more client certificate under the migration's CA.
func (h *Handlers) issueClient(w http.ResponseWriter, r *http.Request) error {
	v, sent, err := h.clientForm(r)
	if err != nil {
		return err
	}
	f := clientFields{name: sent.text("name"), commonName: sent.raw("common_name"), organization: sent.raw("organization"), unit: sent.raw("organizational_unit"), dns: sent.raw("dns_names"),
		days: sent.text("leaf_days"), keyType: sent.text("key_type"), maker: sent.text("maker"), csr: sent.raw("csr"), caFrom: sent.text("ca_from")}
	print, err := h.makeClient(r, v, sent, f)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		for _, s := range []*string{&f.name, &f.commonName, &f.organization, &f.unit, &f.dns, &f.days, &f.csr} {
			*s = unlessKey(*s)
		}
		return h.showClients(w, r, http.StatusUnprocessableEntity, v, f, "client", ps)
	}
	return seeOther(w, r, movePath(v.Migration.ID, "certificates", print), "client")
}

// clientForm is a migration with certificates and a sent form.
func (h *Handlers) clientForm(r *http.Request) (visit, form, error) {
	v, err := h.withCertificate(r)
	if err != nil {
		return v, form{}, err
	}
	sent, err := readForm(r)
	return v, sent, err
}

// makeClient asks for the certificate and returns its fingerprint.
func (h *Handlers) makeClient(r *http.Request, v visit, sent form, f clientFields) (string, error) {
	maker, makerErr := sent.pick("maker", makerServer, makerRequest)
	days, daysErr := dayNumber("leaf_days", f.days)
	ca, caErr := chosenAuthority(sent)
	if err := errors.Join(makerErr, daysErr, caErr); err != nil {
		return "", fault.Unchanged(err)
	}
	print, err := h.o.Acts.Certificates.IssueClient(r.Context(), v.by, v.Migration.ID, acts.IssueClient{Name: f.name, Lane: maker, CSR: []byte(f.csr), Authority: ca,
		Leaf: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, OrganizationalUnit: f.unit,
			DNSNames: strings.Fields(strings.ReplaceAll(f.dns, ",", " ")), Days: days, KeyType: certsvc.KeyType(f.keyType)}})
	return print, atAuthority(err, "client-")
}

// dayNumber reads a field of days; empty is 0, the default.
func dayNumber(field, text string) (int, error) {
	n, err := strconv.Atoi(text)
	if text != "" && (err != nil || n == 0) {
		return 0, fault.New(fault.Invalid, "This is not a number of days", "Give a whole number from 1, such as 365.").In(field)
	}
	return n, nil
}

// makeBatch issues many client certificates in one streamed archive. Every row is checked before the first byte.
func (h *Handlers) makeBatch(w http.ResponseWriter, r *http.Request) error {
	v, sent, err := h.clientForm(r)
	if err != nil {
		return err
	}
	raw := sent.bytes("rows", "rows_file")
	if file := sent.bytes("", "rows_file"); len(file) > 0 {
		raw = file
	}
	ca, err := chosenAuthority(sent)
	began := false
	if err == nil {
		err = h.o.Acts.Certificates.IssueBatch(r.Context(), v.by, v.Migration.ID, acts.IssueBatch{Rows: raw, KeyType: certsvc.KeyType(sent.text("key_type")), Authority: ca}, func() io.Writer {
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
		h.o.Log.ErrorContext(r.Context(), "batch cut off", "id", recordOf(r).id, "err", err)
		panic(http.ErrAbortHandler)
	}
	ps, err := problems(atAuthority(err, "batch-"))
	if err != nil {
		return err
	}
	f := clientFields{rows: unlessKey(sent.raw("rows")), keyType: sent.text("key_type"), caFrom: sent.text("ca_from")}
	return h.showClients(w, r, http.StatusUnprocessableEntity, v, f, "batch", ps)
}
