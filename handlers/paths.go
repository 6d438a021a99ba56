package handlers

import (
	"net/url"
	"strings"

	"onramp/migration"
)

// movePath is the address of a migration, or of a page under it.
func movePath(m string, more ...string) string { return joinPath(append([]string{"m", m}, more...)) }

func helpPath(code string) string { return joinPath([]string{"help", code}) }

func cloudPath(ns string) string { return joinPath([]string{"cloud", ns}) }

// runPath is the permalink of a run.
func runPath(r migration.Outcome) string {
	switch r.Kind {
	case migration.TransferRun:
		return movePath(r.MigrationID, "transfer", r.ID)
	case migration.DrillRun:
		return movePath(r.MigrationID, "transfer", "drill", r.ID)
	}
	return movePath(r.MigrationID, "test", r.ID)
}

func joinPath(parts []string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(p))
	}
	return b.String()
}
