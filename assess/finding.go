package assess

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// Reviewed is a person's mark on a row: they have looked at it, when, and what it said then.
type Reviewed struct {
	By  string    `json:"by"`
	At  time.Time `json:"at"`
	As  Verdict   `json:"as"`            // the worse of the row's verdicts at that time
	Why string    `json:"why,omitempty"` // what they wrote
}

// Again reports a row that has become worse than it was when somebody marked it.
func (r Row) Again() bool { return r.Reviewed != nil && r.Worst().weight() > r.Reviewed.As.weight() }

// Mark sets the marks of rows by their findings' names.
func (r *Report) Mark(marks map[string]Reviewed) {
	for i := range r.Rows {
		if m, ok := marks[r.Rows[i].Finding]; ok {
			r.Rows[i].Reviewed = &m
		}
	}
}

// Row is the row of a finding; ok is false where the report has none.
func (r Report) Row(finding string) (row Row, ok bool) {
	for _, x := range r.Rows {
		if x.Finding == finding {
			return x, true
		}
	}
	return row, false
}

// nameFindings gives each row of one rule the name by which it is known in every report of the same server: the check, and a
// hash of what it is about. What it says is no part of it, so that a mark stays while a row changes.
func nameFindings(rows []Row) {
	seen := map[string]int{}
	for i := range rows {
		about := rows[i].Namespace + "\x00" + rows[i].Subject
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", about, seen[about]))
		seen[about]++
		rows[i].Finding = rows[i].ID + "-" + hex.EncodeToString(sum[:5])
	}
}
