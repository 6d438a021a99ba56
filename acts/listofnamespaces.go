package acts

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/migration"
)

// ImportList asks for a migration for each row of a list of namespaces (migration.ReadList).
type ImportList struct {
	Raw      []byte
	Defaults migration.ListDefaults // Now is set by the act
	Teams    map[string]string      // IDs of the teams that the actor sees, by name in lower case; nil: there are none
	Team     string                 // ID of the team of rows that name none; "" for the default team
}

// PlannedRow is a row of a list, and what an import would do with it.
type PlannedRow struct {
	migration.ListRow
	Here *migration.Migration // it is here already and is left out; nil: it is made
	Why  string               // "name" or "namespace": what it has in common with Here
}

// PlannedList is a list, and what an import would do with it.
type PlannedList struct {
	Rows    []PlannedRow
	Wrong   []migration.WrongRow // those that cannot be read or made; the error says why, each by "Row N: "
	Ignored []string             // columns that say nothing to an import
}

// New are the rows that an import would make.
func (p PlannedList) New() (out []PlannedRow) {
	for _, r := range p.Rows {
		if r.Here == nil {
			out = append(out, r)
		}
	}
	return out
}

// PlanImport says what an import of a list would do, and does nothing. A row whose name a migration of its team has, or whose
// namespace a migration has that who asks sees, is here already. Faults are those of migration.ReadList, and Invalid ones
// of rows that name a team which is not among the actor's: then what could be read is returned all the same.
func (l Lists) PlanImport(ctx context.Context, req ImportList) (out PlannedList, err error) {
	req.Defaults.Now = l.now()
	list, wrong := migration.ReadList(req.Raw, req.Defaults)
	if fault.Is(wrong, fault.TooLarge) {
		return out, wrong
	}
	out.Ignored, out.Wrong = list.Ignored, list.Wrong
	errs := []error{wrong}
	var teams, spaces []string
	for _, row := range list.Rows {
		row.Migration.Team = req.Team
		if row.Team != "" && req.Teams != nil {
			id, ok := req.Teams[strings.ToLower(row.Team)]
			if !ok {
				errs = append(errs, fault.New(fault.Invalid, fmt.Sprintf("Row %d: you do not belong to a team %.60q", row.Line, row.Team), fmt.Sprintf("Row %d: name one of your teams, or leave the column empty.", row.Line)).In("list"))
				wrong := migration.WrongRow{Line: row.Line, Name: row.Migration.Name, Cloud: row.Namespace.Namespace, Region: row.Namespace.Region, InTeam: row.Team}
				if s := row.Source; s != nil {
					wrong.Cluster, wrong.Source = s.Cluster, s.Namespace
				}
				out.Wrong = append(out.Wrong, wrong)
				continue
			}
			row.Migration.Team = id
		}
		if row.Migration.Team == "" {
			row.Migration.Team = migration.DefaultTeam
		}
		teams, spaces = append(teams, row.Migration.Team), append(spaces, row.Namespace.Namespace)
		out.Rows = append(out.Rows, PlannedRow{ListRow: row})
	}
	slices.Sort(teams)
	if err := l.findHere(ctx, out.Rows, slices.Compact(teams), spaces); err != nil {
		return out, err
	}
	return out, errors.Join(errs...)
}

// findHere marks the rows that are here already.
func (l Lists) findHere(ctx context.Context, rows []PlannedRow, teams, spaces []string) error {
	if len(rows) == 0 {
		return nil
	}
	if err := l.Refresh(ctx); err != nil {
		return err
	}
	there, err := l.boards.OfTeams(ctx, teams)
	if err != nil {
		return err
	}
	about, err := l.boards.Board(ctx, migration.BoardQuery{Namespaces: spaces, Limit: -1})
	if err != nil {
		return err
	}
	named, in := map[string]*migration.Migration{}, map[string]*migration.Migration{}
	for i, m := range there {
		named[m.Team+"\x00"+migration.NameKey(m.Name)] = &there[i]
	}
	for i, c := range about {
		if c.Mode == migration.Cloud {
			in[c.Namespace] = &about[i].Migration
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.Here = named[r.Migration.Team+"\x00"+migration.NameKey(r.Migration.Name)]; r.Here != nil {
			r.Why = "name"
		} else if r.Here = in[r.Namespace.Namespace]; r.Here != nil {
			r.Why = "namespace"
		}
	}
	return nil
}

// anotherID is the ID of a migration whose slug is taken: the n-th. Whoever does not see every team learns nothing of how
// many others have the name.
func anotherID(by Actor, slug string, n int) string {
	if by.SeesAll() {
		return fmt.Sprintf("%s-%d", slug, n)
	}
	return slug + "-" + strings.ToLower(rand.Text()[:6])
}
