package views

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
