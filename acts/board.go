package acts

import (
	"context"
	"iter"
	"time"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// Boards keeps what the board needs (store.Boards).
type Boards interface {
	// Board is a part of the board; Tallies counts those that hold a text ("" for all), with those whose chain ends before
	// a midnight.
	Board(context.Context, migration.BoardQuery) ([]migration.Card, error)
	Tallies(ctx context.Context, text string, soon time.Time) (migration.Tallies, error)
	// AddMigrations adds migrations with their facts and records, all or none; Conflict faults are those of
	// Store.AddMigration.
	AddMigrations(context.Context, []migration.Made, ...custody.Record) error
	OfTeams(ctx context.Context, teams []string) ([]migration.Migration, error) // that who asks sees
	// About are those of some namespaces that migrations of a mode which who asks sees are about, archived ones too.
	About(ctx context.Context, mode migration.Mode, namespaces []string) ([]string, error)
	runs.BulkStore
	AddBulk(context.Context, runs.Bulk, ...custody.Record) error
	LastBulk(ctx context.Context, person string) (runs.Bulk, error)        // without rows; the zero Bulk for none
	ByID(ctx context.Context, ids []string) ([]migration.Migration, error) // in the order given, each once
	Taken(ctx context.Context, ids []string) (map[string]bool, error)      // whoever's they are or were: those of deleted ones stay in the audit
}

// SoonDays is how many days before the end of its chain the board calls a migration expiring.
const SoonDays = 30

// TeamBoard is a part of the board of migrations.
type TeamBoard struct {
	Cards   []migration.Card
	From    int // how many stand before them
	Total   int // of the query, whatever the page
	Tallies migration.Tallies
	Now     time.Time
	Query   migration.BoardQuery // as it was asked, with what follows from the moment
}

// Of counts what another part of the same board shows.
func (b TeamBoard) Of(show migration.Show, team string) int {
	q := b.Query
	q.Show, q.Team = show, team
	return b.Tallies.Of(q)
}

// Turns are the turns that are an actor's own: a developer's those of developers in their teams; a cloud admin's and an
// owner's those of Cloud admins besides. Who sees everything without a team, as whoever sits at a machine alone, is
// every developer.
func Turns(by Actor) []migration.Waits {
	teams := by.Teams
	if len(teams) == 0 && by.SeesAll() {
		teams = nil
	} else if teams == nil {
		teams = []string{}
	}
	waits := []migration.Waits{{Who: migration.WhoDeveloper, Teams: teams}}
	switch by.Role {
	case custody.Viewer:
		return nil
	case custody.CloudAdmin, custody.Owner:
		waits = append(waits, migration.Waits{Who: migration.WhoCloudAdmin})
	}
	return waits
}

func (l Lists) asked(q migration.BoardQuery) migration.BoardQuery {
	y, m, d := l.now().UTC().Date()
	q.Soon = time.Date(y, m, d+SoonDays+1, 0, 0, 0, 0, time.UTC)
	return q
}

// TeamBoard returns a part of the board. A query for what is behind the end gets the last page. Soon follows from the
// moment.
func (l Lists) TeamBoard(ctx context.Context, q migration.BoardQuery) (out TeamBoard, err error) {
	if err = l.Refresh(ctx); err != nil {
		return out, err
	}
	out.Now, out.Query = l.now(), l.asked(q)
	if out.Tallies, err = l.boards.Tallies(ctx, q.Text, out.Query.Soon); err != nil {
		return out, err
	}
	out.Total = out.Tallies.Of(out.Query)
	if q.Limit > 0 && q.From >= out.Total {
		out.Query.From = max(out.Total-1, 0) / q.Limit * q.Limit
	}
	out.From = out.Query.From
	out.Cards, err = l.boards.Board(ctx, out.Query)
	return out, err
}

// boardPage is how many rows of a board that is read to its end are held at once.
const boardPage = 200

// WholeBoard is every row of a part of the board, by ID, some at a time: From, Limit and Order are not looked at.
func (l Lists) WholeBoard(ctx context.Context, q migration.BoardQuery) (iter.Seq2[[]migration.Card, error], error) {
	if err := l.Refresh(ctx); err != nil {
		return nil, err
	}
	return func(yield func([]migration.Card, error) bool) {
		q := l.asked(q)
		q.Limit = boardPage
		for after := ""; ; {
			q.After = &after
			page, err := l.boards.Board(ctx, q)
			if !yield(page, err) || err != nil || len(page) < q.Limit {
				return
			}
			after = page[len(page)-1].ID
		}
	}, nil
}

// Names are the names of some migrations that who asks sees, by ID.
func (l Lists) Names(ctx context.Context, ids []string) (map[string]string, error) {
	list, err := l.boards.ByID(ctx, ids)
	out := map[string]string{}
	for _, m := range list {
		out[m.ID] = m.Name
	}
	return out, err
}
