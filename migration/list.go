package migration

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	stdunicode "unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

// What a list of namespaces may be at most.
const (
	MaxListRows  = 500
	MaxListBytes = 256 << 10
)

// maxListFaults bounds how many mistakes are told at once.
const maxListFaults = 50

// The columns of a list, in the order in which they stand where there is no header. The four are what Temporal asks for
// of each namespace before an automated migration (docs.temporal.io/cloud/migrate/automated, "Report collected data"):
// the cluster, the namespace, its translated name in Temporal Cloud, and the target cloud and region.
const (
	ColumnCluster   = "cluster"
	ColumnNamespace = "namespace"
	ColumnCloud     = "cloud_namespace"
	ColumnRegion    = "region"
	ColumnName      = "name"    // of the migration; the name of the namespace in Temporal Cloud where it is left out
	ColumnTeam      = "team"    // by name
	ColumnSignIn    = "sign_in" // mtls, api-key
)

// FourColumns are those that every list may have, in their order.
var FourColumns = []string{ColumnCluster, ColumnNamespace, ColumnCloud, ColumnRegion}

// columnNames are how the columns are called too: as in Temporal's form, in tcld's flags, and by those who fill them in.
var columnNames = map[string]string{
	"cluster": ColumnCluster, "cluster name": ColumnCluster, "source cluster": ColumnCluster, "self-hosted cluster": ColumnCluster,
	"namespace": ColumnNamespace, "namespace name": ColumnNamespace, "source namespace": ColumnNamespace, "self-hosted namespace": ColumnNamespace, "oss namespace": ColumnNamespace,
	"translated name": ColumnCloud, "cloud namespace": ColumnCloud, "target namespace": ColumnCloud, "cloud namespace id": ColumnCloud, "namespace id": ColumnCloud, "target": ColumnCloud,
	"region": ColumnRegion, "target cloud/region": ColumnRegion, "cloud/region": ColumnRegion, "target region": ColumnRegion, "cloud region": ColumnRegion,
	"name": ColumnName, "application": ColumnName, "migration": ColumnName, "team": ColumnTeam, "owner": ColumnTeam, "sign in": ColumnSignIn, "auth": ColumnSignIn,
}

// ListRow is one migration that a list asks for.
type ListRow struct {
	Line      int // in the file, counted from 1
	Migration Migration
	Source    *SourceData // nil where the list does not say
	Namespace NamespaceData
	Team      string // as the list names it; "" where it does not
}

// WrongRow is a row of a list that cannot be read, as it was written: each part may be missing or wrong. Of a row that could
// not even be split into columns the line alone is known.
type WrongRow struct {
	Line                                         int
	Name, Cluster, Source, Cloud, Region, InTeam string
}

// List is a list of namespaces as it was read.
type List struct {
	Rows    []ListRow
	Wrong   []WrongRow // those that cannot be read; the error says why, each by "Row N: "
	Ignored []string   // columns that are none of a list
}

// ListDefaults are what a list leaves out.
type ListDefaults struct {
	Account string // completes names in Temporal Cloud that have no account: a1b2c
	Lang    string
	Auth    string
	Now     time.Time
}

// ReadList reads a CSV file of namespaces: comma, semicolon or tab between the columns, with or without a header, in UTF-8
// or as spreadsheets save it. The error is joined Invalid faults of the field list, each with its line in the title; what
// could be read is in the list all the same. TooLarge with more than MaxListRows rows or MaxListBytes.
func ReadList(raw []byte, d ListDefaults) (List, error) {
	var out List
	if len(raw) > MaxListBytes {
		return out, fault.New(fault.TooLarge, fmt.Sprintf("The file has more than %d kB", MaxListBytes>>10), "Split it into smaller files.").In("list")
	}
	text := listText(raw)
	comma, text := separator(text)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, comma != '\t'
	var errs []error
	place := map[string]int{}
	names, spaces := map[string]int{}, map[string]int{}
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			errs = append(errs, atLine(bad.StartLine, "a quotation mark is out of place or never closed; this row and those after it were not read", "Write a quotation mark inside a field twice, and close the field with one."))
			out.Wrong = append(out.Wrong, WrongRow{Line: bad.StartLine})
			break
		}
		if first {
			if place, out.Ignored = header(record); place != nil {
				if _, ok := place[ColumnCloud]; !ok {
					return out, fault.New(fault.Invalid, "The column cloud_namespace is missing", "Name the columns "+strings.Join(FourColumns, ", ")+", or leave the header out.").In("list")
				}
				continue
			}
			place = map[string]int{}
			for i, c := range FourColumns {
				place[c] = i
			}
		}
		line, _ := r.FieldPos(0)
		if len(errs) >= maxListFaults-1 {
			errs = append(errs, atLine(line, "this row and those after it were not read: too many rows before it are wrong", "Correct those first."))
			out.Wrong = append(out.Wrong, WrongRow{Line: line})
			break
		}
		if len(strings.Join(record, "")) == 0 {
			continue
		}
		if len(out.Rows) == MaxListRows {
			return List{Ignored: out.Ignored}, fault.New(fault.TooLarge, fmt.Sprintf("The file has more than %d rows", MaxListRows), "Split it into smaller files.").In("list")
		}
		row, err := readRow(record, place, line, d)
		for _, f := range fault.All(err) { // a row may have several
			errs = append(errs, f)
		}
		if err != nil {
			out.Wrong = append(out.Wrong, asWritten(record, place, line))
		} else {
			errs = append(errs, once(names, NameKey(row.Migration.Name), line, "the name "+row.Migration.Name), once(spaces, row.Namespace.Namespace, line, "the namespace "+row.Namespace.Namespace))
			out.Rows = append(out.Rows, row)
		}
		errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	}
	if len(out.Rows)+len(errs) == 0 {
		errs = append(errs, fault.New(fault.Invalid, "The file has no rows", "Add a row for each namespace: "+strings.Join(FourColumns, ",")+".").In("list"))
	}
	return out, errors.Join(errs[:min(len(errs), maxListFaults)]...)
}

// ListText is a list as a page shows it, and as it is read again.
func ListText(raw []byte) string { return strings.TrimPrefix(listText(raw), "\n") }

// listText is a list as text, with \n at the end of lines: UTF-8, UTF-16 with or without its mark, or else Windows-1252, as
// spreadsheets save it. What cannot be seen is left out.
func listText(raw []byte) string {
	var from encoding.Encoding
	switch zero := bytes.IndexByte(raw, 0); {
	case bytes.HasPrefix(raw, []byte("\xff\xfe")), zero > 0 && zero%2 == 1:
		from = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	case bytes.HasPrefix(raw, []byte("\xfe\xff")), zero >= 0:
		from = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case !utf8.Valid(raw):
		from = charmap.Windows1252
	}
	if from != nil {
		if text, err := from.NewDecoder().Bytes(raw); err == nil {
			raw = text
		}
	}
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return r
		case stdunicode.In(r, stdunicode.Cc, stdunicode.Cf):
			return -1
		case stdunicode.Is(stdunicode.Zs, r):
			return ' '
		}
		return r
	}, string(raw))
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// separator finds what stands between columns: what spreadsheets say in a first line of its own, or what the first line
// has most of.
func separator(text string) (rune, string) {
	first, rest, _ := strings.Cut(text, "\n")
	if sep, ok := strings.CutPrefix(strings.ToLower(strings.Trim(first, "\" ")), "sep="); ok {
		if i := strings.IndexAny(sep+" ", ",;\t"); i == 0 {
			return rune(sep[0]), "\n" + rest // the lines keep their numbers
		}
	}
	best, most := ',', strings.Count(first, ",")
	for _, c := range ";\t" {
		if n := strings.Count(first, string(c)); n > most {
			best, most = c, n
		}
	}
	return best, text
}

// header reads the first line as names of columns; nil where it is a row.
func header(record []string) (place map[string]int, ignored []string) {
	place = map[string]int{}
	values := false // a header has no Namespace ID in it
	for i, cell := range record {
		values = values || strings.Contains(cell, ".")
		name := strings.ToLower(strings.Join(strings.Fields(strings.NewReplacer("_", " ").Replace(uncell(cell))), " "))
		column, ok := columnNames[name]
		if _, twice := place[column]; ok && !twice {
			place[column] = i
		} else if name != "" {
			ignored = append(ignored, strings.TrimSpace(cell))
		}
	}
	if len(place) == 0 || len(place) == 1 && values { // one cell that is called as a column is, among values
		return nil, nil
	}
	return place, ignored
}

// uncell is a cell without what an export put before a formula's first character (custody.Cell).
func uncell(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && rest != "" && strings.ContainsRune("=+-@\t\r", rune(rest[0])) {
		cell = rest
	}
	return strings.TrimSpace(cell)
}

// cell is what a row has in a column, "" for none.
func cell(record []string, place map[string]int, column string) string {
	if i, ok := place[column]; ok && i < len(record) {
		return uncell(record[i])
	}
	return ""
}

// asWritten is a row that cannot be read.
func asWritten(record []string, place map[string]int, line int) WrongRow {
	get := func(column string) string {
		if r := []rune(cell(record, place, column)); len(r) > 80 {
			return string(r[:79]) + "…"
		} else {
			return string(r)
		}
	}
	return WrongRow{Line: line, Name: get(ColumnName), Cluster: get(ColumnCluster), Source: get(ColumnNamespace), Cloud: get(ColumnCloud), Region: get(ColumnRegion), InTeam: get(ColumnTeam)}
}

func readRow(record []string, place map[string]int, line int, d ListDefaults) (ListRow, error) {
	get := func(column string) string { return cell(record, place, column) }
	row := ListRow{Line: line, Team: get(ColumnTeam)}
	if s := (SourceData{Cluster: get(ColumnCluster), Namespace: get(ColumnNamespace)}); s.Namespace != "" {
		row.Source = &s
	}
	var errs []error
	for _, c := range []string{ColumnCluster, ColumnNamespace, ColumnTeam} {
		if len(get(c)) > 200 {
			errs = append(errs, atLine(line, c+" is longer than 200 characters", "Shorten it."))
		}
	}
	if len(place) == len(FourColumns) && len(record) > len(FourColumns) {
		errs = append(errs, atLine(line, fmt.Sprintf("it has %d columns", len(record)), "Put a field with the separator in it between quotation marks."))
	}
	id, err := cloudName(get(ColumnCloud), d.Account)
	for _, f := range fault.All(err) {
		errs = append(errs, ofRow(line, f))
	}
	region, err := cloudRegion(get(ColumnRegion))
	if err != nil {
		errs = append(errs, atLine(line, err.Error(), "Use a region of Temporal Cloud such as aws-us-east-1, or leave it out."))
	}
	row.Namespace = NamespaceData{Namespace: id.String(), Address: id.Endpoint(), Region: region}
	auth := d.Auth
	switch said := strings.ToLower(get(ColumnSignIn)); said {
	case "":
	case cloud.AuthMTLS, "certificate", "client certificate":
		auth = cloud.AuthMTLS
	case cloud.AuthAPIKey, "api key", "apikey", "api_key":
		auth = cloud.AuthAPIKey
	default:
		errs = append(errs, atLine(line, fmt.Sprintf("%.40q is no way to sign in", said), "Use mtls or api-key."))
	}
	name := get(ColumnName)
	if name == "" {
		name = id.Name
	}
	if name != "" {
		row.Migration, err = New(name, d.Lang, Cloud, auth, d.Now)
		for _, f := range fault.All(err) {
			errs = append(errs, ofRow(line, f))
		}
	}
	return row, errors.Join(errs...)
}

// What the mapping of an assessment (assess.WriteMapping) has in the places of what only the reader knows. No account and
// no region is written so: both are in lower case.
const (
	accountHere = "ACCOUNT"
	regionHere  = "REGION"
)

// cloudName reads a namespace of Temporal Cloud; a name alone gets the account.
func cloudName(text, account string) (namespace.ID, error) {
	text = strings.TrimSuffix(text, "."+accountHere)
	switch {
	case text == "":
		return namespace.ID{}, fault.New(fault.Invalid, "The namespace in Temporal Cloud is missing", "Fill in cloud_namespace, such as payments-prod.a1b2c.")
	case !strings.Contains(text, ".") && account == "":
		return namespace.ID{}, fault.New(fault.Invalid, fmt.Sprintf("%.60q has no account", text), "Write the Namespace ID, such as payments-prod.a1b2c, or fill in the account ID on this page.")
	case !strings.Contains(text, "."):
		text += "." + account
	}
	id, _, err := namespace.ParseID(text)
	return id, err
}

// cloudRegion reads a region: "aws-us-east-1", "aws/us-east-1", "AWS us-east-1", or "us-east-1" where one cloud alone has
// it; "" for none.
func cloudRegion(text string) (string, error) {
	if text == "" || text == regionHere {
		return "", nil
	}
	want := strings.ToLower(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" /:,_", r) }), "-"))
	if r, ok := namespace.LookupRegion(want); ok {
		return r.ID, nil
	}
	var found []string
	for _, r := range namespace.Regions() {
		if _, name, _ := strings.Cut(r.ID, "-"); name == want {
			found = append(found, r.ID)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	return "", fmt.Errorf("%.40q is no region that Onramp knows", text)
}

// once reports what stands in the list a second time.
func once(seen map[string]int, key string, line int, what string) error {
	if first, twice := seen[key]; twice {
		return atLine(line, fmt.Sprintf("%s is already in row %d", what, first), "Delete one of the two, or tell them apart by the column name.")
	}
	seen[key] = line
	return nil
}

// atLine is a fault of a row. What to do has the row too: a page shows it at the field, away from what is wrong.
func atLine(line int, what, fix string) error {
	return fault.New(fault.Invalid, fmt.Sprintf("Row %d: %s", line, what), fmt.Sprintf("Row %d: %s", line, lower(fix))).In("list")
}

// ofRow is a fault of a value in a row: with the rule that it breaks, which a fault has for its cause.
func ofRow(line int, f *fault.Fault) error {
	what := f.Title
	if f.Cause != "" {
		what = strings.TrimSuffix(f.Cause, ".")
	}
	row := fault.From(atLine(line, lower(what), f.Fix))
	row.Code = f.Code
	return row
}

// lower begins a title in small letters, unless it begins with a name.
func lower(title string) string {
	if len(title) > 1 && title[1] >= 'a' && title[1] <= 'z' || strings.HasPrefix(title, "A ") {
		return strings.ToLower(title[:1]) + title[1:]
	}
	return title
}
