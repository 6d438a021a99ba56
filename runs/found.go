package runs

import "onramp/migration"

// Search asks for runs of any migration: those with a number, or those whose ID, or whose workflow's, begins with a text.
type Search struct {
	Kind   migration.RunKind // "" for every kind
	Number int               // 0: go by Text
	Text   string
	Limit  int // of each way to be found
}

// Found is a run and the migration that it is of.
type Found struct {
	Row
	Migration string // its name
}
