package store

import (
	"context"
	"database/sql"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/people"
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

// Maker returns a person who made a link, as they are now: with the role Nobody when their account is disabled.
func (s Handoffs) Maker(ctx context.Context, person string) (custody.Actor, error) {
	a, err := s.DB.Account(ctx, person)
	return a.Now(), err
}

// lapsing is whose links may lapse: those of a person, or those of a migration.
type lapsing struct{ person, migration string }

// lapse writes down, in the transaction of a change of accounts or teams, which links no longer work because whoever made
// them may not work on their migration any more. rs are the records of the change: it is by who made that.
func lapse(ctx context.Context, d *DB, tx *sql.Tx, of lapsing, rs []custody.Record) error {
	type made struct {
		fact migration.Fact
		team string
		by   people.Account
	}
	list, err := readAll(ctx, tx, func(row scanner) (m made, err error) {
		places, done := accountOf(&m.by)
		var data []byte
		if err := row.Scan(append([]any{&m.fact.MigrationID, &m.fact.InputHash, &data, &m.team}, places...)...); err != nil {
			return m, err
		}
		m.fact.Kind, m.fact.Data = migration.FactHandoffMade, data
		return m, done()
	}, `SELECT f.migration_id, f.input_hash, f.data, m.team_id, `+accountColumns+` FROM handoffs l
		JOIN facts f ON f.migration_id = l.migration_id AND f.kind = '`+migration.FactHandoffMade+`' AND f.data ->> '$.handoff' = l.number
		JOIN migrations m ON m.id = f.migration_id JOIN accounts ON accounts.id = f.data ->> '$.person'
		WHERE (f.data ->> '$.person' = ?1 OR f.migration_id = ?2)
		AND NOT EXISTS (SELECT 1 FROM facts over WHERE over.migration_id = f.migration_id
			AND over.kind IN ('`+migration.FactHandoffRevoked+`', '`+migration.FactHandoffLapsed+`') AND over.data ->> '$.handoff' = f.data ->> '$.handoff')
		ORDER BY f.id`, of.person, of.migration)
	if err != nil {
		return err
	}
	for _, m := range list {
		data, fact, ok := migration.LapsedHandoff(m.fact)
		said := custody.Record{At: time.Now().UTC()}.By(custody.Itself)
		if len(rs) > 0 {
			said = rs[0]
		}
		if !ok || m.by.Now().WorksOn(m.team) || !said.At.Before(data.Expires) {
			continue
		}
		fact.At, fact.By = said.At, said.Name
		if _, err := addFacts(ctx, tx, m.fact.MigrationID, fact); err != nil {
			return err
		}
		line := custody.Record{At: said.At, Migration: m.fact.MigrationID, Verb: custody.HandoffLapsed, Note: data.Line() + ", made by " + m.by.Title(), CAFingerprint: data.CA}
		line.Person, line.Name, line.Session, line.Via, line.From, line.Request, line.Act = said.Person, said.Name, said.Session, said.Via, said.From, said.Request, said.Act
		if err := d.addRecords(ctx, tx, []custody.Record{line}); err != nil {
			return err
		}
	}
	return nil
}

// HandoffLink returns a link by the hash of its token.
func (s Handoffs) HandoffLink(ctx context.Context, hash string) (migration.HandoffLink, error) {
	missing := fault.New(fault.NotFound, "There is no such link", "Ask the person who sent it.")
	return one(ctx, s.DB, missing, func(row scanner) (l migration.HandoffLink, err error) {
		err = row.Scan(&l.Hash, &l.Migration, &l.Number)
		return l, err
	}, "SELECT hash, migration_id, number FROM handoffs WHERE hash = ?", hash)
}
