package views

import (
	"regexp"
	"strings"
)

// OperationsProps is how this Onramp is doing, for who operates it. Test ids: health, operations-<section>.
type OperationsProps struct {
	Health   Tag
	Text     string // what to do first; "" for nothing
	Parts    []OperationsPart
	Routes   []SlowRow // the slowest first
	Since    string    // from when on the times are
	Queries  []SlowRow
	Versions []Pair
	Backup   CodeBlockProps
}

// OperationsPart is one part of an Onramp.
type OperationsPart struct {
	ID    string
	Title string
	Tag   Tag
	Pairs []Pair
}

// SlowRow is how long a route or a query takes.
type SlowRow struct {
	What           string
	Count          string
	P50, P95, Most string
}

// slowProps is a table of what takes long.
type slowProps struct {
	ID, Title, Text string
	Of              string // what is counted: "Sent"
	Rows            []SlowRow
	Fold            bool // what a row is about is long: its gist, and all of it when it is opened
}

var tableRead = regexp.MustCompile(`(?i)\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)`)

// gist says in a few words what a query does: its verb and the tables that it is about, each once.
func gist(query string) string {
	verb, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	doing := map[string]string{"INSERT": "Write", "UPDATE": "Change", "DELETE": "Delete"}[strings.ToUpper(verb)]
	if doing == "" {
		doing = "Read"
	}
	var tables []string
	seen := map[string]bool{"json_each": true, "asked": true}
	for _, m := range tableRead.FindAllStringSubmatch(query, -1) {
		if name := strings.ToLower(m[1]); !seen[name] {
			seen[name] = true
			tables = append(tables, strings.ReplaceAll(name, "_", " "))
		}
	}
	const most = 3
	switch n := len(tables); {
	case n == 0:
		return doing + " the database"
	case n > most:
		return doing + " " + strings.Join(tables[:most], ", ") + " and " + itoa(n-most) + " more"
	}
	return doing + " " + strings.Join(tables, ", ")
}
