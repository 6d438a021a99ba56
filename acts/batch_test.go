package acts

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/migration"
)

// rowsOf is a file of n clients.
func rowsOf(n int) []byte {
	var b bytes.Buffer
	b.WriteString("name\n")
	for i := range n {
		fmt.Fprintf(&b, "worker-%d\n", i)
	}
	return b.Bytes()
}

// pairsIn are the client certificates whose keys are in the bytes of an archive that may be cut off: each stands
// right before its key.
func pairsIn(archive []byte) (prints []string) {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	rest, last := string(archive), ""
	for {
		i := strings.Index(rest, begin)
		k := strings.Index(rest, "-----BEGIN PRIVATE KEY-----")
		if i < 0 && k < 0 {
			return prints
		}
		if k >= 0 && (i < 0 || k < i) {
			prints = append(prints, last)
			rest = rest[k+10:]
			continue
		}
		text, after, whole := strings.Cut(rest[i+len(begin):], end)
		if !whole {
			return prints
		}
		if certs, _, err := certsvc.ReadCertificates([]byte(begin + text + end + "\n")); err == nil {
			last = certsvc.Fingerprint(certs[0])
		}
		rest = after
	}
}

// unrecorded counts the keys in an archive whose certificate is not both in the audit and among the facts.
func unrecorded(w *world, archive []byte) int {
	w.t.Helper()
	lines, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Signed, Limit: 1 << 20})
	w.must(err)
	audit, facts := map[string]bool{}, map[string]bool{}
	for _, r := range lines {
		audit[r.Fingerprint] = r.Person == dana.Person && r.Via == dana.Via
	}
	for _, l := range w.view().Leaves {
		facts[l.Fingerprint] = true
	}
	n := 0
	for _, p := range pairsIn(archive) {
		if !audit[p] || !facts[p] {
			n++
		}
	}
	return n
}

// cutShort is an issuer whose archive breaks off at its end.
type cutShort struct {
	Issuer
	book *batchBook
	err  error
}

func (c *cutShort) WriteBatch(ctx context.Context, to io.Writer, ca certsvc.Issued, rows []certsvc.BatchRow, told ...func(certsvc.BatchRow, *x509.Certificate)) error {
	c.book = to.(*batchBook)
	return errors.Join(c.Issuer.WriteBatch(ctx, to, ca, rows, told...), c.err)
}

type closedTab struct{}

func (closedTab) Write([]byte) (int, error) { return 0, errDisk }

// TestBatchCutOff: however a batch of 140 ends, who waits for certificates hears of those that were written down, and
// no key stays in what was held back.
func TestBatchCutOff(t *testing.T) {
	for _, tt := range []struct {
		name    string
		issuer  error
		to      io.Writer
		breaks  int // the write of the store that fails
		written int
	}{
		{name: "the end", to: io.Discard, written: 140},
		{name: "the archive breaks off", issuer: errDisk, to: io.Discard, written: 128},
		{name: "the reader leaves", to: closedTab{}, written: 128},
		{name: "the first group is not written", to: io.Discard, breaks: 1},
		{name: "the second group is not written", to: io.Discard, breaks: 2, written: 128},
	} {
		w := newWorld(t)
		w.issuedIn(migration.Cloud)
		changed, issuer := 0, &cutShort{Issuer: w.Acts.Checks.desk.o.Issuer, err: tt.issuer}
		o := &w.Acts.Checks.desk.o
		o.Issuer, o.CertificatesChanged = issuer, func() { changed++ }
		w.f.set(tt.breaks, false, false)
		err := w.Certificates.IssueBatch(w.ctx, dana, w.m.ID, IssueBatch{Rows: rowsOf(140), KeyType: certsvc.ECP256, Authority: Authority{From: CAHeld}}, func() io.Writer { return tt.to })
		w.f.set(0, false, false)
		if (err == nil) != (tt.written == 140) || issuer.book.written != tt.written || (changed > 0) != (tt.written > 0) {
			t.Errorf("%s: %v; %d are counted as written down, want %d; told %d times", tt.name, err, issuer.book.written, tt.written, changed)
		}
		if held := issuer.book.held; len(bytes.Trim(held[:cap(held)], "\x00")) > 0 {
			t.Errorf("%s: what was held back is still in memory", tt.name)
		}
		w.end()
	}
}
