package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
)

// Rename gives a migration another name; its address stays. Faults are those of migration.New, and Conflict when
// another has the name (migration.SameName), of field name.
func (m Migrations) Rename(ctx context.Context, by Actor, id, name string) (err error) {
	defer unchanged(&err)
	return m.change(ctx, by, id, func(now migration.Migration) (migration.Migration, custody.Record, error) {
		after, err := now.Rename(name)
		return after, note(id, custody.Renamed, now.Name+" → "+after.Name), err
	})
}

func (m Migrations) change(ctx context.Context, by Actor, id string, how func(migration.Migration) (migration.Migration, custody.Record, error)) error {
	defer m.writing.lock(id)()
	now, err := m.store.Migration(ctx, id)
	if err != nil {
		return err
	}
	after, r, err := how(now)
	if err != nil || after == now {
		return err
	}
	if err := (migration.View{Migration: now}).Renamed(saw(ctx)); err != nil {
		return err
	}
	if err := m.store.ChangeMigration(ctx, after, m.stamped(by, r)...); err != nil {
		return err
	}
	m.changes.Wake(id)
	return nil
}
