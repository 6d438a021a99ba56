package acts

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"slices"
	"time"

	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
)

// Summaries keeps what lists show of migrations, and answers from it in a number of queries that does not depend on
// how many migrations there are.
type Summaries interface {
	// Stale returns migrations whose summary is no longer right at a time, at most limit.
	Stale(ctx context.Context, now time.Time, limit int) ([]migration.Migration, error)
	// StaleIn returns the migrations of a mode that have changed since their summary and have ever been about a namespace.
	StaleIn(ctx context.Context, mode migration.Mode, ns string) ([]migration.Migration, error)
	FactsOf(ctx context.Context, ids []string) (map[string][]migration.Fact, error)                  // as Store.Facts
	OutcomesOf(ctx context.Context, about map[string]string) (map[string][]migration.Outcome, error) // as Store.Outcomes
	// SaveDerived writes summaries, all or none; one whose migration has changed since is left out.
	SaveDerived(context.Context, []expiry.Derived) error

	List(context.Context, migration.Query) ([]migration.Card, error)
	// Counts counts those that hold a text ("" for all), as List finds them.
	Counts(ctx context.Context, text string) (migration.Counts, error)
	// InNamespaces and WithCertificate find migrations, newest first, at most limit (negative: all).
	InNamespaces(ctx context.Context, mode migration.Mode, namespaces []string, limit int) ([]migration.Migration, error)
	WithCertificate(ctx context.Context, fingerprint string, limit int) ([]migration.Migration, error)

	Endings(context.Context, expiry.Query) ([]expiry.Ending, error)
	// EndingsIn returns, between each of some times and the next, the first limit that nothing has replaced.
	EndingsIn(ctx context.Context, times []time.Time, limit int) ([][]expiry.Ending, error)
	EndingsBefore(ctx context.Context, times []time.Time) ([]expiry.Counts, error) // a zero time counts all
}

// batch is how many migrations are derived from one pair of queries and written in one transaction.
const batch = 200

// settling is how long Keep waits after a change for those that follow it.
const settling = 250 * time.Millisecond

// Refresh derives the summaries that are no longer right; afterwards lists tell what is. Those of a migration that
// changes all the time may be a moment old.
func (b *Book) Refresh(ctx context.Context) error {
	err := b.refresh(ctx)
	var unsaved notSaved
	if errors.As(err, &unsaved) && fault.Is(err, fault.Unavailable) {
		return nil // a list shows what is stored: reading needs no room on the disk
	}
	return err
}

// notSaved is why summaries that were derived were not stored.
type notSaved struct{ error }

func (e notSaved) Unwrap() error { return e.error }

func (b *Book) refresh(ctx context.Context) error {
	for again := 0; again < 3; {
		n, err := b.refreshSome(ctx)
		if n == 0 || err != nil {
			return err
		}
		if n < batch {
			again++
		}
	}
	return nil
}

// refreshSome derives a batch and returns how many were stale.
func (b *Book) refreshSome(ctx context.Context) (int, error) {
	stale, err := b.store.Stale(ctx, b.now(), batch)
	if err != nil || len(stale) == 0 {
		return 0, err
	}
	b.deriving.Lock()
	defer b.deriving.Unlock()
	if stale, err = b.store.Stale(ctx, b.now(), batch); err != nil || len(stale) == 0 { // another has done it meanwhile
		return 0, err
	}
	views, err := b.Views(ctx, stale)
	if err != nil {
		return 0, err
	}
	now, list := b.now(), make([]expiry.Derived, 0, len(views))
	for _, v := range views {
		list = append(list, expiry.Derive(v, now))
	}
	if err := b.store.SaveDerived(ctx, list); err != nil {
		return 0, notSaved{err}
	}
	return len(stale), nil
}

// Lists reads lists. Each first derives again what has changed.
type Lists struct{ *Book }

// Keep keeps the summaries right in the background until ctx ends, so that no list has to wait for many.
func (l Lists) Keep(ctx context.Context, log *slog.Logger) {
	wake, leave := l.changes.Listen(anyChange)
	defer leave()
	for ctx.Err() == nil {
		if err := l.refresh(ctx); err != nil && ctx.Err() == nil {
			log.Error("the lists could not be updated", "err", err)
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return
		}
		timer := time.NewTimer(settling)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// Listed is a part of the list of migrations.
type Listed struct {
	Cards  []migration.Card
	From   int              // how many stand before them
	Total  int              // of the query, whatever the page
	Counts migration.Counts // of all that hold the query's text
}

// Migrations returns a part of the list of migrations. A query for what is behind the end gets the last page.
func (l Lists) Migrations(ctx context.Context, q migration.Query) (out Listed, err error) {
	if err = l.Refresh(ctx); err != nil {
		return out, err
	}
	if out.Counts, err = l.store.Counts(ctx, q.Text); err != nil {
		return out, err
	}
	out.Total = out.Counts.Of(q.Group, q.Mode)
	if q.Limit > 0 && q.From >= out.Total {
		q.From = max(out.Total-1, 0) / q.Limit * q.Limit
	}
	out.From = q.From
	out.Cards, err = l.store.List(ctx, q)
	return out, err
}

// Spaces says which of some namespaces of the rehearsal cloud an actor sees in lists: all, or those that migrations of their
// teams are about, archived ones too.
func (l Lists) Spaces(ctx context.Context, by Actor, namespaces []string) (sees func(ns string) bool, err error) {
	if by.SeesAll() {
		return func(string) bool { return true }, nil
	}
	if err := l.Refresh(ctx); err != nil {
		return nil, err
	}
	list, err := l.boards.About(migration.Within(ctx, by.Teams), migration.Rehearsal, namespaces)
	about := make(map[string]bool, len(list))
	for _, ns := range list {
		about[ns] = true
	}
	return func(ns string) bool { return about[ns] }, err
}

// Alive looks at the data: an error when it cannot be read.
func (l Lists) Alive(ctx context.Context) error {
	_, err := l.store.Counts(ctx, "")
	return err
}

// WithCertificate returns migrations whose present CA or client certificate has a fingerprint, newest first, at most
// limit.
func (l Lists) WithCertificate(ctx context.Context, fingerprint string, limit int) ([]migration.Migration, error) {
	if err := l.Refresh(ctx); err != nil {
		return nil, err
	}
	return l.store.WithCertificate(ctx, fingerprint, limit)
}

// ToPractise returns rehearsals that a person may want to break or mend, newest first: at most limit of the newest,
// as many of those whose namespace is among the broken ones, and the one that was asked for ("" for none).
func (l Lists) ToPractise(ctx context.Context, asked string, broken []string, limit int) ([]migration.View, error) {
	listed, err := l.Migrations(ctx, migration.Query{Mode: migration.Rehearsal, Order: migration.Newest, Limit: limit})
	if err != nil {
		return nil, err
	}
	list, err := l.store.InNamespaces(ctx, migration.Rehearsal, broken, limit)
	if err != nil {
		return nil, err
	}
	if teams, everything := migration.Teams(ctx); !everything {
		list = slices.DeleteFunc(list, func(m migration.Migration) bool { return !slices.Contains(teams, m.Team) })
	}
	for _, c := range listed.Cards {
		list = append(list, c.Migration)
	}
	if asked != "" {
		m, err := l.store.Migration(ctx, asked)
		if err == nil {
			list = append(list, m)
		} else if fault.From(err).Kind != fault.NotFound {
			return nil, err
		}
	}
	return l.Views(ctx, once(list))
}

// Board is when certificates end: a page of all, and the year ahead.
type Board struct {
	Rows  []expiry.Ending // the first end first
	From  int             // how many stand on the pages before
	Total int

	// Of those that nothing has replaced:
	Ended int            // are over
	Soon  int            // end within the ladder
	Next  *expiry.Ending // ends next; nil for none

	Months []time.Time       // the first instants of twelve months, and the end of the last
	Marks  [][]expiry.Ending // of each month the first; of the first month also what ended before
	In     []int             // how many there are in each month
	Later  int               // end after these months
}

// BoardPage asks for a page of the board.
type BoardPage struct {
	From  int       // the page that holds this row, counted from 0
	At    time.Time // or the page that holds the first row that ends then or later; zero: go by From
	Limit int       // rows a page
	Marks int       // marks a month
}

// Board returns a page of the board.
func (l Lists) Board(ctx context.Context, p BoardPage) (out Board, err error) {
	if err = l.Refresh(ctx); err != nil {
		return out, err
	}
	now := l.now()
	out.Months = expiry.Months(now)
	ladder := time.Duration(expiry.Rungs[0]) * 24 * time.Hour
	counts, err := l.store.EndingsBefore(ctx, append([]time.Time{{}, p.At, now, now.Add(ladder + 1)}, out.Months[1:]...))
	if err != nil {
		return out, err
	}
	all, at, ended, soon, months := counts[0], counts[1], counts[2], counts[3], counts[4:]
	out.Total, out.Ended, out.Soon = all.All(), ended.Active(""), soon.Active("")-ended.Active("")
	before := 0
	for _, m := range months {
		out.In = append(out.In, m.Active("")-before)
		before = m.Active("")
	}
	out.Later = all.Active("") - before
	if !p.At.IsZero() {
		p.From = at.All()
	}
	if p.From < 0 || p.From >= out.Total {
		p.From = 0
	}
	out.From = p.From - p.From%p.Limit
	if out.Rows, err = l.store.Endings(ctx, expiry.Query{From: out.From, Limit: p.Limit}); err != nil {
		return out, err
	}
	next, err := l.store.Endings(ctx, expiry.Query{Active: true, Since: now, Limit: 1})
	if err != nil {
		return out, err
	}
	if out.Marks, err = l.store.EndingsIn(ctx, append([]time.Time{{}}, out.Months[1:]...), p.Marks); err != nil {
		return out, err
	}
	for _, es := range append(slices.Clone(out.Marks), out.Rows, next) {
		seenAt(es, now)
	}
	if len(next) > 0 {
		out.Next = &next[0]
	}
	return out, nil
}

// seenAt sets what follows from the moment.
func seenAt(es []expiry.Ending, now time.Time) {
	for i := range es {
		es[i] = es[i].SeenAt(now)
	}
}

// Soon is which certificates end within a time, or have ended, and nothing has replaced: the first of them, at most
// limit, and how many there are.
func (l Lists) Soon(ctx context.Context, within time.Duration, limit int) (first []expiry.Ending, n int, err error) {
	if err = l.Refresh(ctx); err != nil {
		return nil, 0, err
	}
	now := l.now()
	until := now.Add(within + 1)
	counts, err := l.store.EndingsBefore(ctx, []time.Time{until})
	if err != nil {
		return nil, 0, err
	}
	first, err = l.store.Endings(ctx, expiry.Query{Active: true, Before: until, Limit: limit})
	seenAt(first, now)
	return first, counts[0].Active(""), err
}

// calendarPage is how many endings of a calendar are held at once.
const calendarPage = 100

// Calendar is every ending of a mode ("" for both), the first end first, a page at a time: a calendar shows them all.
func (l Lists) Calendar(ctx context.Context, mode migration.Mode) (iter.Seq2[[]expiry.Ending, error], error) {
	if err := l.Refresh(ctx); err != nil {
		return nil, err
	}
	return func(yield func([]expiry.Ending, error) bool) {
		for q := (expiry.Query{Mode: mode, Limit: calendarPage}); ; {
			page, err := l.store.Endings(ctx, q)
			seenAt(page, l.now())
			if !yield(page, err) || err != nil || len(page) < q.Limit {
				return
			}
			q.After = &page[len(page)-1]
		}
	}, nil
}

// Measured is what a monitoring system is told.
type Measured struct {
	// Nearest are certificates that nothing has replaced: so many that ended last, and so many that end next.
	Nearest []expiry.Ending
	// Within counts those that nothing has replaced by how soon they end: before now, within the days of each rung, the
	// shortest first, and at any time.
	Within     []expiry.Counts
	Migrations migration.Counts
}

// Measure returns what a monitoring system is told; Nearest holds at most twice most.
func (l Lists) Measure(ctx context.Context, most int) (out Measured, err error) {
	if err = l.Refresh(ctx); err != nil {
		return out, err
	}
	if out.Migrations, err = l.store.Counts(ctx, ""); err != nil {
		return out, err
	}
	now := l.now()
	times := []time.Time{now}
	for _, days := range slices.Backward(expiry.Rungs) {
		times = append(times, now.Add(time.Duration(days)*24*time.Hour+1))
	}
	if out.Within, err = l.store.EndingsBefore(ctx, append(times, time.Time{})); err != nil {
		return out, err
	}
	ended, err := l.store.Endings(ctx, expiry.Query{Active: true, Before: now, Last: true, Limit: most})
	if err != nil {
		return out, err
	}
	next, err := l.store.Endings(ctx, expiry.Query{Active: true, Since: now, Limit: most})
	slices.Reverse(ended)
	out.Nearest = append(ended, next...)
	seenAt(out.Nearest, now)
	return out, err
}
