package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"onramp/custody"
)

// Place is where heads of the audit's chain were written down (custody.ChainKey.Anchor), and what stands there.
type Place struct {
	Name string // as people know it: a file's path
	Text []byte
}

// VerifyAudit looks whether every record of the audit is as it was written, none is missing and none was added, and
// compares with what was written down elsewhere. The error is that of reading.
func (d *DB) VerifyAudit(ctx context.Context, elsewhere ...Place) (custody.Audited, error) {
	return d.verify(ctx, 0, elsewhere)
}

// CompareAudit is VerifyAudit for the records that a start looks at, and those that were written down elsewhere.
func (d *DB) CompareAudit(ctx context.Context, elsewhere ...Place) (custody.Audited, error) {
	return d.verify(ctx, tail, elsewhere)
}

// verify looks at the last records of the audit, 0 for all. What it finds makes the audit broken.
func (d *DB) verify(ctx context.Context, last int64, elsewhere []Place) (out custody.Audited, err error) {
	out.Head, err = d.follow(ctx, last, elsewhere)
	var b *custody.Tampered
	switch {
	case errors.As(err, &b):
		out.FirstBad, out.Found = b.FirstBad, b.Found
		d.chain.breakAt(b)
		return out, nil
	case err != nil:
		return out, d.report(ctx, err)
	}
	out.Intact = true
	return out, nil
}

// follow goes along the chain to its end. The error is custody.Tampered where it does not hold.
func (d *DB) follow(ctx context.Context, last int64, elsewhere []Place) (custody.Head, error) {
	c := d.chain
	if c.key.Empty() {
		h, err := headOf(ctx, d.reader)
		return h, errors.Join(err, c.damage())
	}
	noted, _, noteErr := c.anchors() // before the records: it never names one that is not there yet
	var from int64
	if last > 0 {
		if err := d.reader.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) - ? FROM audit", last).Scan(&from); err != nil {
			return custody.Head{}, err
		}
	}
	chain, err := d.chainFrom(ctx, max(from, 0))
	if err != nil {
		return custody.Head{}, err
	}
	chain.Expect(AnchorFile, noted...)
	for _, p := range elsewhere {
		heads, err := c.key.Anchors(p.Text)
		if err != nil {
			return custody.Head{}, &custody.Tampered{FirstBad: 1, Found: fmt.Sprintf("%s was changed: %v. The records that it names cannot be compared.", p.Name, err)}
		}
		chain.Expect(p.Name, heads...)
	}
	before := chain.Head().Records
	if err := d.along(ctx, chain, before); err != nil {
		return chain.Head(), err
	}
	head := chain.Head()
	if noteErr != nil {
		why := noteErr.Error()
		if errors.Is(noteErr, fs.ErrNotExist) {
			why = "it is missing"
		}
		return head, &custody.Tampered{FirstBad: head.Records + 1, Found: fmt.Sprintf("%s cannot be compared: %s. Records may be missing at the end.", filepath.Join(c.dir, AnchorFile), why)}
	}
	if err := chain.End(); err != nil {
		return head, err
	}
	changed, err := d.guards(ctx)
	if err != nil || changed == "" {
		return head, err
	}
	return head, &custody.Tampered{FirstBad: head.Records + 1, Found: "The database does not keep its records from being changed any more: " + changed + ". Those up to the last are as they were written."}
}

// chainFrom begins after the record of a number, whose stored MAC is trusted.
func (d *DB) chainFrom(ctx context.Context, number int64) (*custody.Chain, error) {
	var after custody.Head
	if number > 0 {
		var mac []byte
		err := d.reader.QueryRowContext(ctx, "SELECT id, mac FROM audit_chain WHERE id <= ? ORDER BY id DESC LIMIT 1", number).Scan(&after.Records, &mac)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		copy(after.MAC[:], mac)
	}
	return custody.NewChain(d.chain.key, after), nil
}

// along adds the records after one to the chain, those whose line is gone too.
func (d *DB) along(ctx context.Context, chain *custody.Chain, after int64) error {
	var gone int64
	if err := d.reader.QueryRowContext(ctx, "SELECT COALESCE(MIN(c.id), 0) FROM audit_chain c LEFT JOIN audit a ON a.id = c.id WHERE a.id IS NULL").Scan(&gone); err != nil {
		return err
	}
	missing := &custody.Tampered{FirstBad: gone, Found: fmt.Sprintf("Record %d is missing.", gone)}
	// What stands before the first record is looked for too, though ids begin at 1.
	rows, err := d.reader.QueryContext(ctx, "SELECT a.id, "+auditColumns+", c.mac FROM audit a LEFT JOIN audit_chain c ON c.id = a.id WHERE a.id > ? OR a.id < 1 ORDER BY a.id", after)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var mac []byte
		r, err := scanRecord(and{rows, []any{&mac}})
		if err != nil {
			return err
		}
		if gone != 0 && gone < r.ID {
			return missing
		}
		if err := chain.Add(r, mac); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if gone != 0 {
		return missing
	}
	return nil
}

// and scans further columns at the end of a row.
type and struct {
	scanner
	more []any
}

func (a and) Scan(to ...any) error { return a.scanner.Scan(append(to, a.more...)...) }

// guards says which trigger of the database is not as the schema files make it; "" for none.
func (d *DB) guards(ctx context.Context) (changed string, err error) {
	want, err := wantedGuards()
	if err != nil {
		return "", err
	}
	have, err := guardsOf(ctx, d.reader)
	if err != nil {
		return "", err
	}
	var wrong []string
	for name, text := range want {
		switch is, ok := have[name]; {
		case !ok:
			wrong = append(wrong, "the trigger "+name+" is gone")
		case is != text:
			wrong = append(wrong, "the trigger "+name+" was changed")
		}
	}
	for name := range have {
		if _, ok := want[name]; !ok {
			wrong = append(wrong, "there is a trigger "+printable(name)+" that Onramp did not make")
		}
	}
	slices.Sort(wrong)
	return strings.Join(wrong, ", "), nil
}

// CountRecords is how many records the audit has.
func (d *DB) CountRecords(ctx context.Context) (int64, error) {
	return one(ctx, d, nil, func(row scanner) (n int64, err error) {
		err = row.Scan(&n)
		return n, err
	}, "SELECT COUNT(*) FROM audit")
}

// EachRecord gives every record with its MAC to each, oldest first. The error is that of reading or of each.
func (d *DB) EachRecord(ctx context.Context, each func(r custody.Record, mac []byte) error) error {
	rows, err := d.reader.QueryContext(ctx, "SELECT a.id, "+auditColumns+", c.mac FROM audit a LEFT JOIN audit_chain c ON c.id = a.id ORDER BY a.id")
	if err != nil {
		return d.report(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		var mac []byte
		r, err := scanRecord(and{rows, []any{&mac}})
		if err != nil {
			return d.report(ctx, err)
		}
		if err := each(r, mac); err != nil {
			return err
		}
	}
	return d.report(ctx, rows.Err())
}
