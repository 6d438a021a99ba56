package migration

import (
	"slices"
	"time"
)

// Show is a part of the board.
type Show string

// The parts of the board. What is archived is in ShowArchived alone.
const (
	ShowAll       Show = ""
	ShowMine      Show = "mine"
	ShowDeveloper Show = "developer"
	ShowAdmin     Show = "cloud-admin"
	ShowFailing   Show = "failing"
	ShowExpiring  Show = "expiring"
	ShowDone      Show = "done"
	ShowArchived  Show = "archived"
)

// The orders of the board beside ByTurn, Newest and ByName. What has no such moment stands last.
const (
	ByWaiting Order = "waiting" // who waits longest first
	ByExpiry  Order = "expiry"  // the first end first
	ByChecked Order = "checked" // the newest check first
)

// Waits is a kind of turn: of whom, in which teams.
type Waits struct {
	Who   string   // WhoDeveloper, WhoCloudAdmin
	Teams []string // IDs; nil: in every one
}

// In reports whether it is about the migrations of a team.
func (w Waits) In(team string) bool { return w.Teams == nil || slices.Contains(w.Teams, team) }

// BoardQuery asks for a part of the board.
type BoardQuery struct {
	Show Show
	Mine []Waits // what ShowMine shows: any of these
	Team string  // ID; "" for every one
	// Namespaces, where there are any: about one of these.
	Namespaces []string
	Text       string // in name or namespace, whatever the case of ASCII letters; "" for every one
	Order      Order
	Soon       time.Time // ShowExpiring: whose first end is before this; a midnight, UTC
	From       int
	Limit      int
	// After, for who reads on without counting: the ID of the last row that was read, ordered by ID. From and Order are
	// not looked at then. All of it begins with "".
	After *string
}

// Tally is how many migrations there are of a kind.
type Tally struct {
	Team     string
	Archived bool
	Turn     Turn
	Who      string
	Failing  bool
	N        int
	Expiring int // how many of them, archived ones aside, have a chain that ends soon; it may stand in a tally of its own
}

// Tallies are how many migrations there are.
type Tallies []Tally

// Of counts what a query shows, whatever its text: the tallies are of that already.
func (ts Tallies) Of(q BoardQuery) int {
	n := 0
	for _, t := range ts {
		if q.Team != "" && t.Team != q.Team {
			continue
		}
		if q.Show == ShowExpiring {
			n += t.Expiring
		} else if t.in(q) {
			n += t.N
		}
	}
	return n
}

func (t Tally) in(q BoardQuery) bool {
	if t.Archived || q.Show == ShowArchived {
		return t.Archived && q.Show == ShowArchived
	}
	switch q.Show {
	case ShowMine:
		for _, w := range q.Mine {
			if w.Who == t.Who && w.In(t.Team) {
				return true
			}
		}
		return false
	case ShowDeveloper, ShowAdmin:
		return t.Who == string(q.Show)
	case ShowFailing:
		return t.Failing
	case ShowDone:
		return t.Turn == TurnDone && !t.Failing
	}
	return true
}
