package custody

import (
	"strconv"
	"strings"
	"time"
)

// Columns are the names of what Row holds.
func Columns() []string {
	return []string{"id", "at", "migration", "verb", "subject", "sha256", "ca_sha256", "days", "lane", "note", "person", "name", "session", "via", "from", "request"}
}

// Row is a record for spreadsheets.
func (r Record) Row() []string {
	return []string{strconv.FormatInt(r.ID, 10), r.At.UTC().Format(time.RFC3339Nano), Cell(r.Migration), string(r.Verb), Cell(r.Subject), r.Fingerprint, r.CAFingerprint, strconv.Itoa(r.Days), Cell(r.Lane), Cell(r.Note),
		Cell(r.Person), Cell(r.Name), Cell(r.Session), Cell(r.Via), Cell(r.From), Cell(r.Request)}
}

// Cell is a text that no spreadsheet takes for a formula.
func Cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
