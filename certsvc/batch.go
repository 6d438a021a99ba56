package certsvc

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"onramp/fault"
)

// MaxBatch is the most client certificates of one batch.
const MaxBatch = 10_000

// maxRowFaults bounds how many mistakes of a batch are told at once.
const maxRowFaults = 50

// BatchRow asks for one client certificate of a batch.
type BatchRow struct {
	Row  int    // in the file, the header is 1
	Name string // folder in the archive
	Leaf LeafSpec
}

// folderName is what may stand as a folder in the archive on every system.
var folderName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

// short is the beginning of what somebody wrote, to be told again: enough to find it, too little to be a secret.
func short(s string) string {
	if r := []rune(printable(s)); len(r) > 24 {
		return string(r[:20]) + "…"
	}
	return printable(s)
}

// batchColumns are the columns of a batch file; name is required.
var batchColumns = []string{"name", "cn", "days", "organization", "ou"}

// ReadBatch reads a CSV with the columns name, cn, days, organization and ou in any order; cn is the
// name where it is left out, days the longest that the CA allows. Separators may be comma or semicolon.
// The error is joined Invalid faults, each with its row in the title and Field "rows[n].column".
func ReadBatch(raw []byte) (rows []BatchRow, err error) {
	if len(raw) > MaxPaste {
		return nil, tooLarge(len(raw))
	}
	if busy := admitted(len(raw), func() { rows, err = readBatch(raw) }); busy != nil {
		return nil, busy
	}
	return rows, err
}

func readBatch(raw []byte) ([]BatchRow, error) {
	text, _ := plainText(raw)
	if bytes.Contains(raw, []byte("PRIVATE KEY")) || holdsKey(raw) { // mistakes are told with the words of the row: not these
		f := fault.New(fault.Invalid, "A private key is among the rows", "Put the CA's key in its own field. A row holds a name, a common name and a number of days.").In("rows")
		f.Code = "IN-16"
		return nil, f
	}
	first, _, _ := strings.Cut(text, "\n")
	r := csv.NewReader(strings.NewReader(text))
	if strings.Count(first, ";") > strings.Count(first, ",") {
		r.Comma = ';'
	}
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	header, err := r.Read()
	if err != nil {
		return nil, fault.New(fault.Invalid, "The file has no rows", "Start with the header name,cn,days and add one row for each client.").In("rows")
	}
	place := map[string]int{}
	for i, h := range header {
		place[strings.ToLower(strings.TrimSpace(h))] = i
	}
	if err := checkHeader(place); err != nil {
		return nil, err
	}
	var rows []BatchRow
	faults := invisible(raw)
	names := map[string]int{}
	for n := 2; len(faults) < maxRowFaults; n++ {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			faults = append(faults, rowFault(bad.Line, "name", "a quotation mark is never closed", "Write a quotation mark inside a field twice."))
			break
		}
		line, _ := r.FieldPos(0)
		row := BatchRow{Row: line}
		get := func(column string) string {
			if i, ok := place[column]; ok && i < len(record) {
				return strings.TrimSpace(record[i])
			}
			return ""
		}
		row.Name = get("name")
		row.Leaf = LeafSpec{CommonName: get("cn"), Organization: get("organization"), OrganizationalUnit: get("ou")}
		if row.Leaf.CommonName == "" {
			row.Leaf.CommonName = row.Name
		}
		faults = append(faults, row.check(get("days"), names)...)
		names[strings.ToLower(row.Name)] = line
		rows = append(rows, row)
		if len(rows) > MaxBatch {
			return nil, fault.New(fault.TooLarge, fmt.Sprintf("The file has more than %d rows", MaxBatch), "Split it into smaller files.").In("rows")
		}
		rows[len(rows)-1].Leaf.Days, _ = strconv.Atoi(get("days"))
	}
	if len(rows) == 0 && len(faults) == 0 {
		faults = append(faults, fault.New(fault.Invalid, "The file has no rows", "Add a row for each client below the header.").In("rows"))
	}
	if err := joined(faults...); err != nil {
		return nil, err
	}
	return rows, nil
}

// invisible refuses rows with characters that cannot be seen: what is left out of a name silently would be
// another name. A byte order mark at the start is no part of a name.
func invisible(raw []byte) []*fault.Fault {
	text, wide := fromUTF16(raw)
	if !wide {
		text = strings.TrimPrefix(string(raw), "\uFEFF")
	}
	var out []*fault.Fault
	n := 0
	for line := range strings.Lines(text) {
		n++
		hidden := func(r rune) bool { return r != '\n' && r != '\r' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf) }
		if strings.ContainsFunc(line, hidden) && len(out) < maxRowFaults {
			out = append(out, rowFault(n, "name", "it contains an invisible character", "Retype the row."))
		}
	}
	return out
}

// checkHeader wants the column name and none that is unknown.
func checkHeader(place map[string]int) error {
	var unknown []string
	for h := range place {
		known := h == ""
		for _, c := range batchColumns {
			known = known || c == h
		}
		if !known {
			unknown = append(unknown, short(h))
		}
	}
	if _, ok := place["name"]; ok && len(unknown) == 0 {
		return nil
	}
	f := fault.New(fault.Invalid, "The first row does not name the columns", "Start with name,cn,days; organization and ou are optional.").In("rows")
	if len(unknown) > 0 {
		f.Cause = fmt.Sprintf("Unknown column: %q.", unknown)
	}
	return f
}

// rowFault is a mistake in one row.
func rowFault(row int, column, what, fix string) *fault.Fault {
	return fault.New(fault.Invalid, fmt.Sprintf("Row %d: %s", row, what), fix).In(fmt.Sprintf("rows[%d].%s", row, column))
}

// deviceName is a name that Windows keeps for a device, whatever stands behind a dot.
var deviceName = regexp.MustCompile(`(?i)^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)|\.$`)

// check judges a row by itself and against the names before it.
func (b BatchRow) check(days string, names map[string]int) []*fault.Fault {
	var out []*fault.Fault
	switch first, twice := names[strings.ToLower(b.Name)]; {
	case !folderName.MatchString(b.Name):
		out = append(out, rowFault(b.Row, "name", fmt.Sprintf("%q cannot be used as a folder name", short(b.Name)), "Use up to 63 letters, digits, hyphens, dots and underscores."))
	case deviceName.MatchString(b.Name):
		out = append(out, rowFault(b.Row, "name", fmt.Sprintf("%q cannot be a folder's name on Windows", short(b.Name)), "Give the client another name: Windows keeps CON, PRN, AUX, NUL, COM1 to COM9 and LPT1 to LPT9, and no name ends with a dot."))
	case twice:
		out = append(out, rowFault(b.Row, "name", fmt.Sprintf("the name %s is already used in row %d", b.Name, first), "Give each client a unique name."))
	}
	if days != "" {
		n, err := strconv.Atoi(days)
		if err != nil || checkDays(n) != nil {
			out = append(out, rowFault(b.Row, "days", fmt.Sprintf("%q is not a number of days", short(days)), fmt.Sprintf("Enter 1 to %d, or leave it empty for the longest validity.", maxDays)))
		}
	}
	for _, f := range checkSubject(name(b.Leaf.CommonName, b.Leaf.Organization, b.Leaf.OrganizationalUnit)) {
		if f != nil && (b.Name != "" || f.Field != "common_name") {
			column := map[string]string{"common_name": "cn", "organizational_unit": "ou"}[f.Field]
			if column == "" {
				column = f.Field
			}
			out = append(out, rowFault(b.Row, column, strings.ToLower(f.Title[:1])+f.Title[1:], f.Fix))
		}
	}
	return out
}

// CheckBatch judges every row against its CA, so that WriteBatch makes all of them or none. The error is
// joined Invalid faults as those of ReadBatch, or about the CA.
func (s *Service) CheckBatch(ca Issued, rows []BatchRow) error {
	if _, err := authorityKey(ca); err != nil {
		return err
	}
	var faults []*fault.Fault
	for _, row := range rows {
		_, err := s.leafTemplate(ca, row.Leaf, nil)
		for _, f := range append(fault.All(err), kindOfKey(row.Leaf.KeyType)) {
			if f != nil {
				g := rowFault(row.Row, f.Field, strings.ToLower(f.Title[:1])+f.Title[1:], f.Fix)
				g.Code, g.Cause = f.Code, f.Cause
				faults = append(faults, g)
			}
		}
		if len(faults) >= maxRowFaults {
			break
		}
	}
	return joined(faults...)
}

func kindOfKey(t KeyType) *fault.Fault {
	if t == "" {
		return nil
	}
	return checkKeyType(t)
}

// WriteBatch issues a client certificate for each row and streams one archive: ca.pem, README.txt and for
// each row a folder of its name with client.pem (0644) and client.key (0600). It holds a few keys at a time for each
// processor that makes them. Rows are checked first (CheckBatch); nothing is written when one is wrong. It stops when
// ctx ends. Each of told is called with every certificate in the order of the rows, without its key.
func (s *Service) WriteBatch(ctx context.Context, w io.Writer, ca Issued, rows []BatchRow, told ...func(BatchRow, *x509.Certificate)) error {
	if err := s.CheckBatch(ca, rows); err != nil {
		return err
	}
	signer, err := authorityKey(ca)
	if err != nil {
		return err
	}
	made := s.o.Now()
	z := zip.NewWriter(w)
	err = errors.Join(stored(z, FileCA, 0o644, ca.CertPEM, made), stored(z, FileReadme, 0o644, batchReadme(ca.Cert, len(rows)), made))
	if err == nil {
		err = inOrder(ctx, rows, func(row BatchRow) (Issued, error) {
			return s.leaf(ca, signer, row.Leaf)
		}, func(row BatchRow, leaf Issued) error {
			return writeRow(z, row, leaf, made, told)
		})
	}
	return errors.Join(err, z.Close())
}

// rowsAtOnce is how many rows are handed to a processor together: each hand-over costs a few microseconds, and what is
// made is held until it is written.
const rowsAtOnce = 16

// rowsAsked are rows to be made, and where they are waited for.
type rowsAsked struct {
	rows []BatchRow
	out  chan<- rowsMade
}

// rowsMade are certificates and keys on their way into the archive, up to the first row that could not be made.
type rowsMade struct {
	leaves []Issued
	err    error
}

// inOrder makes the rows on all processors and writes them in their order. No more are made than are about to be
// written, so memory does not grow with their number.
func inOrder(ctx context.Context, rows []BatchRow, issue func(BatchRow) (Issued, error), write func(BatchRow, Issued) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hands := runtime.GOMAXPROCS(0)
	queue, work := make(chan chan rowsMade, hands), make(chan rowsAsked, hands)
	for range hands { // for all rows: a goroutine a row would grow its stack each time
		go func() {
			for asked := range work {
				made := rowsMade{leaves: make([]Issued, 0, len(asked.rows))}
				for _, row := range asked.rows {
					var leaf Issued
					if leaf, made.err = issue(row); made.err != nil {
						break
					}
					made.leaves = append(made.leaves, leaf)
				}
				asked.out <- made
			}
		}()
	}
	go func() {
		defer close(work)
		defer close(queue)
		for some := range slices.Chunk(rows, rowsAtOnce) {
			out := make(chan rowsMade, 1)
			select {
			case queue <- out:
			case <-ctx.Done():
				return
			}
			work <- rowsAsked{some, out}
		}
	}()
	var failed error
	next := 0
	for out := range queue { // to the end, so that no key is left behind
		made := <-out
		for _, leaf := range made.leaves {
			if failed == nil {
				failed = ctx.Err()
			}
			if failed == nil {
				failed = write(rows[next], leaf)
			}
			next++
			clear(leaf.Key.Reveal())
		}
		if failed = errors.Join(failed, made.err); failed != nil {
			stop()
		}
	}
	if failed == nil {
		failed = ctx.Err() // it ended before every row was begun
	}
	return failed
}

// writeRow writes one certificate of a batch and its key into the archive.
func writeRow(z *zip.Writer, row BatchRow, leaf Issued, at time.Time, told []func(BatchRow, *x509.Certificate)) error {
	if err := errors.Join(stored(z, row.Name+"/"+FileClient, 0o644, leaf.CertPEM, at), stored(z, row.Name+"/"+FileClientKey, 0o600, leaf.Key.Reveal(), at)); err != nil {
		return err
	}
	for _, tell := range told {
		tell(row, leaf.Cert)
	}
	return nil
}

// stored adds a file to an archive without packing it: keys and certificates hardly shrink.
func stored(z *zip.Writer, name string, mode fs.FileMode, content []byte, made time.Time) error {
	h := &zip.FileHeader{Name: name, Method: zip.Store, Modified: made.UTC()}
	h.SetMode(mode)
	out, err := z.CreateHeader(h)
	if err == nil {
		_, err = out.Write(content)
	}
	return err
}

// batchReadme says what is in a batch.
func batchReadme(ca *x509.Certificate, n int) []byte {
	return fmt.Appendf(nil, `%d client certificates under the CA %s

Upload this:  %s, once, to the namespace (Edit > CA Certificates).
  expires %s, SHA-256 %s

Keep this:    one folder for each client, with its %s and %s.
  Give each client its own folder and nothing else, then delete this archive.
`, n, SubjectOf(ca), FileCA, date(ca.NotAfter), Fingerprint(ca), FileClient, FileClientKey)
}
