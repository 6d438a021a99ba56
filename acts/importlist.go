package acts

import (
	"context"
	"slices"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Import makes a migration for each row of a list of namespaces that is not here already (Lists.PlanImport), with the
// namespace it goes to and the one it comes from: all in one transaction, or none. Faults are those of PlanImport; a list
// with one wrong row makes nothing.
func (m Migrations) Import(ctx context.Context, by Actor, req ImportList) (made []migration.Migration, err error) {
	defer unchanged(&err)
	if req.Team, err = home(by); err != nil {
		return nil, err
	}
	m.naming.Lock()
	defer m.naming.Unlock()
	plan, err := Lists{m.Book}.PlanImport(ctx, req)
	if err != nil {
		return nil, err
	}
	rows := plan.New()
	if len(rows) == 0 {
		return nil, fault.New(fault.Conflict, "Everything on this list is here already", "Open the board: there is nothing to import.").In("list")
	}
	for again := 0; ; again++ {
		list, records, err := m.listed(ctx, by, rows)
		if err != nil {
			return nil, err
		}
		err = custody.Surely(ctx, m.store, m.stamped(by, records...), func(rs []custody.Record) error { return m.boards.AddMigrations(ctx, list, rs...) })
		if f := fault.From(err); f != nil && f.Kind == fault.Conflict && f.Field == "id" && again < 3 { // somebody made one in between
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, x := range list {
			made = append(made, x.Migration)
			m.changes.Wake(x.Migration.ID)
		}
		return made, nil
	}
}

// listed are the migrations of rows, with IDs that are free, and the audit's records of them.
func (m Migrations) listed(ctx context.Context, by Actor, rows []PlannedRow) ([]migration.Made, []custody.Record, error) {
	var ids []string
	for _, r := range rows {
		ids = append(ids, r.Migration.ID)
	}
	used, err := m.boards.Taken(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	var list []migration.Made
	var records []custody.Record
	for _, r := range rows {
		x := migration.Made{Migration: r.Migration}
		for n := 2; used[x.Migration.ID]; n++ {
			x.Migration.ID = anotherID(by, r.Migration.ID, n)
			more, err := m.boards.Taken(ctx, []string{x.Migration.ID})
			if err != nil {
				return nil, nil, err
			}
			if !used[x.Migration.ID] && !more[x.Migration.ID] {
				break
			}
			used[x.Migration.ID] = true
		}
		used[x.Migration.ID] = true
		id := x.Migration.ID
		facts, err := migration.View{Migration: x.Migration}.SetNamespace(r.Namespace)
		if err != nil {
			return nil, nil, err
		}
		x.Facts = slices.Concat(facts, migration.FromSource(r.Source))
		for i := range x.Facts {
			x.Facts[i].At, x.Facts[i].By = m.now(), by.Name
		}
		list = append(list, x)
		records = append(records, note(id, custody.Created, x.Migration.Name), note(id, custody.NamespaceSet, r.Namespace.Namespace))
	}
	return list, records, nil
}
