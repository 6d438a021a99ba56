package web

import (
	"net/url"
	"strings"

	"onramp/migration"
	"onramp/runs"
)

// ComparePath is the address of a check compared with another.
func ComparePath(run, other migration.Outcome) string {
	return RunPath(run) + "/compare/" + other.ID
}

// MovePath is the address of a migration, or of a page under it.
func MovePath(m string, more ...string) string { return JoinPath(append([]string{"m", m}, more...)) }

// HelpPath is the address of what a code means.
func HelpPath(code string) string { return JoinPath([]string{"help", code}) }

// CloudPath is the address of a namespace on the rehearsal cloud.
func CloudPath(ns string) string { return JoinPath([]string{"cloud", ns}) }

// RunPath is the permalink of a run.
func RunPath(r migration.Outcome) string {
	switch r.Kind {
	case migration.TransferRun:
		return MovePath(r.MigrationID, "transfer", r.ID)
	case migration.DrillRun:
		return MovePath(r.MigrationID, "transfer", "drill", r.ID)
	case migration.AssessRun:
		return MovePath(r.MigrationID, "assess", r.ID)
	case migration.CutoverRun:
		return MovePath(r.MigrationID, "cutover", r.ID)
	}
	return MovePath(r.MigrationID, "test", r.ID)
}

// EndedAt is RunPath of a run that has ended, "" while it goes on.
func EndedAt(r runs.Run) string {
	if !r.Over() {
		return ""
	}
	return RunPath(r.Outcome)
}

// JoinPath joins segments to an absolute path, each escaped.
func JoinPath(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}
