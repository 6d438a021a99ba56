package acts

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// batchGroup is how many certificates of a batch are written down at a time, before any of them leaves: each write
// waits for the disk.
const batchGroup = 128

// maxRSARows bounds a batch whose keys cost half a second each.
const maxRSARows = 200

// IssueBatch asks for many client certificates under the migration's CA.
type IssueBatch struct {
	Rows      []byte // CSV (certsvc.ReadBatch)
	KeyType   certsvc.KeyType
	Authority Authority
}

// IssueBatch issues a client certificate for each row and streams one archive. open is called once, when every row is
// found right and the first of them are written down, and returns where the archive goes. Certificates are written down
// in groups, facts and audit together, and a key leaves only after that: an archive that is cut off holds none that is
// not in the audit. Faults before open are Invalid, at the fields rows, ca_files and passphrase, and those of the store.
func (c Certificates) IssueBatch(ctx context.Context, by Actor, id string, req IssueBatch, open func() io.Writer) (err error) {
	began := false
	defer func() {
		if !began {
			unchanged(&err)
		}
	}()
	v, err := c.withCertificate(ctx, id)
	if err == nil {
		err = v.Replaces(saw(ctx), []migration.Fact{{Kind: migration.FactBatch}})
	}
	if err != nil {
		return err
	}
	ctx = Saw(ctx, "") // an archive that has begun is not cut off for this
	rows, rowsErr := certsvc.ReadBatch(req.Rows)
	for i := range rows {
		rows[i].Leaf.KeyType = req.KeyType
	}
	if strings.HasPrefix(string(req.KeyType), "rsa-") && len(rows) > maxRSARows {
		rowsErr = errors.Join(rowsErr, fault.New(fault.Invalid, fmt.Sprintf("%d RSA keys would take minutes", len(rows)), fmt.Sprintf("Choose an ECDSA key, or split the file: at most %d rows with RSA.", maxRSARows)).In("rows"))
	}
	used := false
	err = c.use(ctx, by, v, req.Authority, func(ca certsvc.Issued) error {
		used = true
		if rowsErr != nil {
			return atRows(rowsErr)
		}
		if _, bad := certsvc.LintBundle(ca.CertPEM, c.o.Now()); len(bad) > 0 {
			if err := join(refusals(bad, "ca_files")...); err != nil {
				return err
			}
		}
		if err := c.o.Issuer.CheckBatch(ca, rows); err != nil {
			return atRows(err)
		}
		return c.streamBatch(ctx, by, id, ca, rows, func() io.Writer { began = true; return open() })
	})
	if !used { // tell all of it at once
		err = join(atRows(rowsErr), err)
	}
	return err
}

// atRows puts faults of rows at the field rows; their row is in the title.
func atRows(err error) error {
	var out []error
	for _, f := range fault.All(err) {
		out = append(out, f.In("rows"))
	}
	return join(out...)
}

func (c Certificates) streamBatch(ctx context.Context, by Actor, id string, ca certsvc.Issued, rows []certsvc.BatchRow, open func() io.Writer) error {
	ctx, cut := context.WithCancelCause(ctx)
	defer cut(nil)
	book := &batchBook{c: c, by: by, id: id, ca: ca, open: open}
	defer func() {
		book.wipe()
		if book.written > 0 {
			c.o.CertificatesChanged()
		}
	}()
	err := c.o.Issuer.WriteBatch(ctx, book, ca, rows, func(row certsvc.BatchRow, cert *x509.Certificate) {
		if bad := book.add(ctx, row, cert); bad != nil {
			cut(bad)
		}
	})
	if book.err != nil {
		return book.err
	}
	if err == nil {
		err = book.release(ctx)
	}
	return err
}

// batchBook holds the archive back until what is in it is written down.
type batchBook struct {
	c       Certificates
	by      Actor
	id      string
	ca      certsvc.Issued
	open    func() io.Writer
	to      io.Writer // nil: not open yet
	held    []byte    // of the archive
	certs   []*x509.Certificate
	leaves  []migration.BatchLeaf
	written int
	err     error
}

// Write keeps what the archive has next.
func (b *batchBook) Write(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	if len(b.held)+len(p) > cap(b.held) { // by hand: append would leave keys behind
		grown := make([]byte, len(b.held), max(2*cap(b.held), len(b.held)+len(p)))
		copy(grown, b.held)
		clear(b.held)
		b.held = grown
	}
	b.held = append(b.held, p...)
	return len(p), nil
}

// add notes a certificate whose files are in the archive by now.
func (b *batchBook) add(ctx context.Context, row certsvc.BatchRow, cert *x509.Certificate) error {
	b.certs = append(b.certs, cert)
	b.leaves = append(b.leaves, migration.BatchLeaf{Name: row.Name, Subject: certsvc.SubjectOf(cert), Fingerprint: certsvc.Fingerprint(cert), NotAfter: cert.NotAfter.UTC()})
	if len(b.certs) < batchGroup {
		return nil
	}
	return b.release(ctx)
}

// release writes down what was made and lets it go.
func (b *batchBook) release(ctx context.Context) error {
	if b.err == nil && len(b.certs) > 0 {
		_, b.err = b.c.write(context.WithoutCancel(ctx), b.by, b.id, func(v migration.View) (entry, error) {
			facts, err := v.AddBatch(migration.BatchData{CAFingerprint: b.ca.Fingerprint(), CASubject: certsvc.SubjectOf(b.ca.Cert), CANotAfter: b.ca.Cert.NotAfter, Leaves: b.leaves})
			return entry{facts: facts, records: custody.SignedRecords(b.c.now(), b.id, "batch", b.ca.Fingerprint(), b.certs...)}, err
		})
		if b.err == nil {
			b.written += len(b.certs)
		}
		b.certs, b.leaves = b.certs[:0], nil
	}
	if b.err == nil {
		if b.to == nil {
			b.to = b.open()
		}
		_, b.err = b.to.Write(b.held)
	}
	b.wipe()
	return b.err
}

// wipe clears what is held back: there are keys in it.
func (b *batchBook) wipe() {
	clear(b.held)
	b.held = b.held[:0]
}

// refusals are the broken rules that Cloud refuses, as faults of a field.
func refusals(lints []certsvc.Lint, field string) []error {
	var out []error
	for _, l := range lints {
		if l.Severity == certsvc.SevError {
			f := fault.New(fault.Invalid, strings.TrimSuffix(l.Text, "."), l.Fix).In(field)
			f.Code = l.Code
			if l.Err != nil && l.Err.Kind == fault.TooMany { // it was not judged: come again
				f.Kind = fault.TooMany
			}
			out = append(out, f)
		}
	}
	return out
}

// join is errors.Join that gives a lone error back as it is.
func join(errs ...error) error {
	var out []error
	for _, err := range errs {
		if err != nil {
			out = append(out, err)
		}
	}
	if len(out) == 1 {
		return out[0]
	}
	return errors.Join(out...)
}
