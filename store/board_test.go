package store

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/expiry"
	"onramp/migration"
)

// TestBoard: every part of the board, in every order, for everybody and for the members of a team, holds what a look at
// each migration alone would put there, in that order; the tallies say how many that are, and reading on by ID gives each
// of them once.
func TestBoard(t *testing.T) {
	d, ctx := open(t), t.Context()
	boards := NewBoards(d)
	rnd := rand.New(rand.NewPCG(7, 7))
	now := start.Add(12 * time.Hour)
	soon := start.Truncate(24*time.Hour).AddDate(0, 0, 31)
	var all []migration.Card
	for i := range 90 {
		m := migration.Migration{ID: fmt.Sprintf("m%02d", i), Name: fmt.Sprintf("%c app %d", 'a'+rnd.IntN(26), i), Lang: "go", Mode: migration.Cloud, Auth: "mtls",
			Created: now.Add(-time.Duration(i) * time.Hour), Version: 1, Team: []string{migration.DefaultTeam, "t1", "t2"}[rnd.IntN(3)]}
		if rnd.IntN(8) == 0 {
			m.Archived = now
		}
		s := migration.Summary{Turn: migration.Turn(1 + rnd.IntN(3)), Failing: rnd.IntN(4) == 0, Namespace: []string{"", "pay-prod.a1b2c"}[rnd.IntN(2)]}
		if s.Turn != migration.TurnDone {
			s.Whose = migration.Whose{Who: []string{migration.WhoDeveloper, migration.WhoCloudAdmin, migration.WhoCheck}[rnd.IntN(3)], Since: now.Add(-time.Duration(rnd.IntN(9000)) * time.Minute)}
		}
		if rnd.IntN(3) > 0 {
			s.Expires = start.Add(time.Duration(rnd.IntN(80*24)-10*24) * time.Hour)
		}
		if rnd.IntN(2) == 0 {
			s.Checked = &migration.Checked{Run: "r", At: now.Add(-time.Duration(rnd.IntN(9000)) * time.Minute)}
		}
		if err := d.AddMigration(ctx, m); err != nil {
			t.Fatal(err)
		}
		m = must(d.Migration(ctx, m.ID))(t)
		if err := d.SaveDerived(ctx, []expiry.Derived{{Migration: m, Summary: s}}); err != nil {
			t.Fatal(err)
		}
		all = append(all, migration.Card{Migration: m, Summary: s})
	}
	mine := []migration.Waits{{Who: migration.WhoDeveloper, Teams: []string{"t1"}}, {Who: migration.WhoCloudAdmin}}
	holds := func(q migration.BoardQuery, c migration.Card) bool {
		if q.Team != "" && c.Team != q.Team || c.Archived.IsZero() == (q.Show == migration.ShowArchived) {
			return false
		}
		if q.Text != "" && !strings.Contains(strings.ToLower(c.Name), q.Text) && !strings.Contains(c.Namespace, q.Text) {
			return false
		}
		switch q.Show {
		case migration.ShowMine:
			return c.Whose.Who == migration.WhoDeveloper && c.Team == "t1" || c.Whose.Who == migration.WhoCloudAdmin
		case migration.ShowDeveloper, migration.ShowAdmin:
			return c.Whose.Who == string(q.Show)
		case migration.ShowFailing:
			return c.Failing
		case migration.ShowExpiring:
			return !c.Expires.IsZero() && c.Expires.Before(soon)
		case migration.ShowDone:
			return c.Turn == migration.TurnDone && !c.Failing
		}
		return true
	}
	last := func(at time.Time) time.Time {
		if at.IsZero() {
			return now.AddDate(100, 0, 0)
		}
		return at
	}
	less := map[migration.Order]func(a, b migration.Card) int{
		migration.ByTurn: func(a, b migration.Card) int {
			if a.Failing != b.Failing {
				return map[bool]int{true: -1, false: 1}[a.Failing]
			}
			return int(b.Turn - a.Turn)
		},
		migration.Newest: func(a, b migration.Card) int { return b.Created.Compare(a.Created) },
		migration.ByName: func(a, b migration.Card) int {
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		},
		migration.ByWaiting: func(a, b migration.Card) int { return last(a.Whose.Since).Compare(last(b.Whose.Since)) },
		migration.ByExpiry:  func(a, b migration.Card) int { return last(a.Expires).Compare(last(b.Expires)) },
		migration.ByChecked: func(a, b migration.Card) int { return checkedAt(b.Summary).Compare(checkedAt(a.Summary)) },
	}
	asked, found := 0, 0
	for _, who := range [][]string{nil, {"t1"}, {"t1", "t2"}, {}} {
		ctx := ctx
		if who != nil {
			ctx = migration.Within(ctx, who)
		}
		for _, show := range []migration.Show{migration.ShowAll, migration.ShowMine, migration.ShowDeveloper, migration.ShowAdmin, migration.ShowFailing, migration.ShowExpiring, migration.ShowDone, migration.ShowArchived} {
			for order, before := range less {
				for _, team := range []string{"", "t1"} {
					for _, text := range []string{"", "app 1", "pay-prod", "%"} {
						q := migration.BoardQuery{Show: show, Mine: mine, Team: team, Text: text, Order: order, Soon: soon, Limit: 200}
						var want []string
						for _, c := range all {
							if (who == nil || slices.Contains(who, c.Team)) && holds(q, c) {
								want = append(want, c.ID)
							}
						}
						got := must(boards.Board(ctx, q))(t)
						if !slices.IsSortedFunc(got, before) {
							t.Errorf("%v %+v: not in order", who, q)
						}
						var ids []string
						for _, c := range got {
							ids = append(ids, c.ID)
						}
						slices.Sort(ids)
						if !slices.Equal(ids, want) {
							t.Errorf("%v %q %q %q %q: %v, want %v", who, show, order, team, text, ids, want)
						}
						if n := must(boards.Tallies(ctx, text, soon))(t).Of(q); n != len(want) {
							t.Errorf("%v %q %q %q: counted %d of %d", who, show, team, text, n, len(want))
						}
						asked, found = asked+1, found+len(want)
					}
				}
			}
			var read []string
			for after, q := "", (migration.BoardQuery{Show: show, Mine: mine, Soon: soon, Limit: 7}); ; {
				q.After = &after
				page := must(boards.Board(ctx, q))(t)
				for _, c := range page {
					read = append(read, c.ID)
				}
				if len(page) < q.Limit {
					break
				}
				after = page[len(page)-1].ID
			}
			if n := must(boards.Tallies(ctx, "", soon))(t).Of(migration.BoardQuery{Show: show, Mine: mine, Soon: soon}); n != len(read) || !slices.IsSorted(read) {
				t.Errorf("%v %q: read on to %d of %d", who, show, len(read), n)
			}
		}
	}
	if found < asked { // a test of empty lists says nothing
		t.Errorf("%d rows for %d queries", found, asked)
	}
}
