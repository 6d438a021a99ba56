package rehearsal

import "onramp/fault"

// What the fault says where the database has fewer columns than were asked for.
const (
	noRoom = "The rehearsal's database has no room for these search attributes: it holds 10 of type Keyword and 3 of each other type in a namespace, fewer than Temporal Cloud"
	fewer  = "Use fewer in the rehearsal."
)

// Room judges whether a namespace of the rehearsal has room for custom search attributes, types by name: SQLite has fewer
// columns for them than Temporal Cloud (go.temporal.io/server v1.32.1, defaultNumDBCustomSearchAttributes). The error is an
// Invalid fault without a field.
func Room(types map[string]string) error {
	count := map[string]int{}
	for _, kind := range types {
		count[kind]++
		most := 3
		if kind == "Keyword" {
			most = 10
		}
		if count[kind] > most {
			return fault.New(fault.Invalid, noRoom, fewer)
		}
	}
	return nil
}
