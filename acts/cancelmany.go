package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/runs"
)

// SeeMany returns checks of many with the rows that who asks sees. Somebody else's without any are not there.
func (l Lists) SeeMany(ctx context.Context, person, id string) (runs.Bulk, error) {
	b, err := l.boards.Bulk(ctx, id)
	if err == nil && b.Person != person && len(b.Rows) == 0 {
		return runs.Bulk{}, fault.New(fault.NotFound, "There are no such checks", "Open the board and choose migrations to check.")
	}
	return b, err
}

// LastMany is a person's newest checks of many, without rows; the zero Bulk for none.
func (l Lists) LastMany(ctx context.Context, person string) (runs.Bulk, error) {
	return l.boards.LastBulk(ctx, person)
}

// WatchMany wakes who looks at checks of many when something changes; leave ends it.
func (a *Acts) WatchMany(id string) (wake <-chan struct{}, leave func()) {
	return a.Checks.bulks.Listen(id)
}

// CancelMany ends checks of many that are under way: those at it stop at their next stage, and no other begins. Denied
// where somebody else began them and the actor does not see everything, Conflict when they have ended.
func (c Checks) CancelMany(ctx context.Context, by Actor, id string) (err error) {
	b, err := Lists{c.Book}.SeeMany(ctx, by.Person, id)
	if err != nil {
		return fault.Unchanged(err)
	}
	if b.Person != by.Person && !by.SeesAll() {
		return fault.Unchanged(fault.New(fault.Denied, "These checks are "+b.By+"’s", "Ask whoever started them, or a cloud admin, to cancel them."))
	}
	if b.Over() {
		return fault.Unchanged(fault.New(fault.Conflict, "These checks have ended", "Load the page again."))
	}
	asked := note("", custody.Stopped, id)
	if err := c.record(ctx, by, asked); err != nil {
		return fault.Unchanged(err)
	}
	return toldAfter(ctx, c.Book, by, asked, c.bulks.Cancel(id))
}
