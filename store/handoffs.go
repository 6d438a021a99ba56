package store

import (
	"context"
	"database/sql"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Handoffs are the links of a database by which one person without an account does one task.
type Handoffs struct{ DB *DB }

// RecordHandoff is DB.Record with a link, in one transaction. A Conflict fault when its number is taken.
func (s Handoffs) RecordHandoff(ctx context.Context, l migration.HandoffLink, facts []migration.Fact, rs []custody.Record) ([]migration.Fact, error) {
	out := make([]migration.Fact, 0, len(facts))
	err := s.DB.write(ctx, func(tx *sql.Tx) error {
		added, err := addFacts(ctx, tx, l.Migration, facts...)
		if err != nil {
			return err
		}
		out = append(out, added...)
		_, err = tx.ExecContext(ctx, "INSERT INTO handoffs (hash, migration_id, number) VALUES (?, ?, ?)", l.Hash, l.Migration, l.Number)
		if taken(err) {
			return fault.Wrap(err, fault.Conflict, "Another link was made at the same time", "Look at the list of links, then try again.")
		}
		if err != nil {
			return err
		}
		return s.DB.addRecords(ctx, tx, rs)
	})
	return out, err
}

// HandoffLink returns a link by the hash of its token.
func (s Handoffs) HandoffLink(ctx context.Context, hash string) (migration.HandoffLink, error) {
	missing := fault.New(fault.NotFound, "There is no such link", "Ask the person who sent it.")
	return one(ctx, s.DB, missing, func(row scanner) (l migration.HandoffLink, err error) {
		err = row.Scan(&l.Hash, &l.Migration, &l.Number)
		return l, err
	}, "SELECT hash, migration_id, number FROM handoffs WHERE hash = ?", hash)
}
