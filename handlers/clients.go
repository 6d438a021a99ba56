package handlers

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/migration"
	"onramp/views"
)

// makerRequest is the maker of a client's key that is elsewhere: a signing request is given.
const makerRequest = "csr"

// maxRSARows bounds a batch whose keys cost half a second each.
const maxRSARows = 200

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

func (h *Handlers) showClients(w http.ResponseWriter, r *http.Request, status int, v migration.View, f clientFields, of string, ps views.Problems) error {
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
func clientRows(v migration.View, now time.Time) (rows []views.ClientRow, unlisted string) {
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
	print, err := h.makeClient(r.Context(), v, sent, f)
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
func (h *Handlers) clientForm(r *http.Request) (migration.View, form, error) {
	v, err := h.withCertificate(r)
	if err != nil {
		return v, form{}, err
	}
	sent, err := readForm(r)
	return v, sent, err
}

// makeClient signs, keeps the key for its one download and records the public facts. It returns the certificate's
// fingerprint. Nothing is recorded when anything is wrong.
func (h *Handlers) makeClient(ctx context.Context, v migration.View, sent form, f clientFields) (string, error) {
	maker, err := sent.pick("maker", makerServer, makerRequest)
	days, daysErr := dayNumber("leaf_days", f.days)
	errs := []error{err, daysErr}
	if f.name == "" {
		errs = append(errs, fault.New(fault.Invalid, "The name is missing", "Name the service or environment that uses the certificate.").In("name"))
	}
	req := certsvc.SetRequest{Address: h.target(v).Address, Leaf: certsvc.LeafSpec{CommonName: f.commonName, Organization: f.organization, OrganizationalUnit: f.unit,
		DNSNames: strings.Fields(strings.ReplaceAll(f.dns, ",", " ")), Days: days, KeyType: certsvc.KeyType(f.keyType)}}
	if v.Namespace != nil {
		req.Namespace = v.Namespace.Namespace
	}
	if maker == makerRequest {
		if req.CSR = []byte(f.csr); strings.TrimSpace(f.csr) == "" {
			errs = append(errs, fault.New(fault.Invalid, "The signing request is missing", "Paste it: openssl req -new -key client.key -out client.csr").In("csr"))
		}
	} else if strings.TrimSpace(f.commonName) == "" {
		req.Leaf.CommonName = f.name
	}
	ca, err := h.signer(v, sent, "client-")
	if err := errors.Join(append(errs, err)...); err != nil {
		return "", err
	}
	defer clear(ca.Key.Reveal())
	req.Authority = &ca
	set, err := h.o.Certs.IssueSet(req)
	if err != nil {
		return "", rename(err, map[string]string{"ca": "client-ca_files", "ca_key": "client-ca_files"})
	}
	s := set.Summary
	lane := maker
	if err := h.signed(ctx, v, lane, s.CAFingerprint, set.Leaf.Cert); err != nil {
		return "", err
	}
	defer h.certificatesChanged()
	d := migration.LeafData{Name: f.name, CertificateData: migration.CertificateData{Lane: lane, CAPEM: string(set.CA.CertPEM), LeafPEM: string(set.Leaf.CertPEM),
		CAFingerprint: s.CAFingerprint, LeafFingerprint: s.LeafFingerprint, CASubject: s.CASubject, LeafSubject: s.LeafSubject, KeyType: string(s.LeafKeyType), CANotAfter: s.CANotAfter, LeafNotAfter: s.LeafNotAfter}}
	if set.Leaf.Key.Empty() {
		_, err = h.o.Migrations.AddLeaf(ctx, v.Migration.ID, d)
		return s.LeafFingerprint, err
	}
	defer clear(set.Leaf.Key.Reveal())
	b := set.Bundle()
	b.Rehearsal = v.Migration.Mode == migration.Rehearsal
	var packed bytes.Buffer
	if err := certsvc.WriteBundle(&packed, b); err != nil {
		return "", err
	}
	id := downloadID(v, "bundle", s.LeafFingerprint)
	if err := h.o.Vault.Put(id, certsvc.FormatFile(certsvc.FormatBundle), packed.Bytes()); err != nil {
		return "", err
	}
	if _, err := h.o.Migrations.AddLeaf(ctx, v.Migration.ID, d); err != nil {
		h.o.Vault.Forget(id)
		return "", err
	}
	return s.LeafFingerprint, nil
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
	rows, ca, err := h.batchRows(v, sent, raw)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		f := clientFields{rows: unlessKey(sent.raw("rows")), keyType: sent.text("key_type"), caFrom: sent.text("ca_from")}
		return h.showClients(w, r, http.StatusUnprocessableEntity, v, f, "batch", ps)
	}
	defer clear(ca.Key.Reveal())
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": v.Migration.ID + "-clients.zip"}))
	made := migration.BatchData{CAFingerprint: ca.Fingerprint(), CASubject: certsvc.SubjectOf(ca.Cert), CANotAfter: ca.Cert.NotAfter}
	ctx, cut := context.WithCancelCause(r.Context())
	defer cut(nil)
	book := h.batchAudit(v, ca.Fingerprint(), cut)
	defer h.certificatesChanged()
	err = h.o.Certs.WriteBatch(ctx, w, ca, rows, func(row certsvc.BatchRow, c *x509.Certificate) {
		book.add(c)
		made.Count++
		if len(made.Leaves) < migration.MaxBatchLeaves {
			made.Leaves = append(made.Leaves, migration.BatchLeaf{Name: row.Name, Subject: certsvc.SubjectOf(c), Fingerprint: certsvc.Fingerprint(c), NotAfter: c.NotAfter.UTC()})
		}
	})
	if bad := book.flush(); bad != nil {
		err = bad
	}
	if err == nil {
		_, err = h.o.Migrations.AddBatch(context.WithoutCancel(r.Context()), v.Migration.ID, made)
	}
	if err != nil { // the archive is cut off where it is, which every unpacker notices
		h.o.Log.ErrorContext(r.Context(), "batch cut off", "id", recordOf(r).id, "err", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// batchRows reads and checks a batch. Faults of rows are at the field rows, with their row in the title.
func (h *Handlers) batchRows(v migration.View, sent form, raw []byte) ([]certsvc.BatchRow, certsvc.Issued, error) {
	atRows := func(err error) error {
		var out []error
		for _, f := range fault.All(err) {
			out = append(out, f.In("rows"))
		}
		return errors.Join(out...)
	}
	rows, rowsErr := certsvc.ReadBatch(raw)
	keyType := certsvc.KeyType(sent.text("key_type"))
	for i := range rows {
		rows[i].Leaf.KeyType = keyType
	}
	if strings.HasPrefix(string(keyType), "rsa-") && len(rows) > maxRSARows {
		rowsErr = errors.Join(rowsErr, fault.New(fault.Invalid, fmt.Sprintf("%d RSA keys would take minutes", len(rows)), fmt.Sprintf("Choose an ECDSA key, or split the file: at most %d rows with RSA.", maxRSARows)).In("rows"))
	}
	ca, err := h.signer(v, sent, "batch-")
	if err := errors.Join(atRows(rowsErr), err); err != nil {
		return nil, certsvc.Issued{}, err
	}
	if _, bad := certsvc.LintBundle(ca.CertPEM, h.o.Now()); len(bad) > 0 {
		if err := errors.Join(lintErrors(bad, "batch-ca_files")...); err != nil {
			return nil, certsvc.Issued{}, err
		}
	}
	return rows, ca, atRows(h.o.Certs.CheckBatch(ca, rows))
}
