package acts

import (
	"context"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Make makes a link by which one person does a task of a migration. The token is nowhere but in the answer.
// The faults are those of migration.MakeHandoff, and a Conflict where this Onramp has no links.
func (h Handoffs) Make(ctx context.Context, by Actor, id string, ask migration.Ask) (token string, made migration.Handoff, err error) {
	defer unchanged(&err)
	if h.o.Handoffs == nil {
		return "", made, fault.New(fault.Conflict, "This Onramp makes no links", "Download the hand-off file instead. Links need a portal that several people share: docs/share.md.")
	}
	defer h.writing.lock(id)()
	v, err := h.View(ctx, id)
	if err != nil {
		return "", made, err
	}
	d, facts, err := migration.MakeHandoff(v, ask, by.Person, h.now())
	if err == nil {
		err = v.Replaces(saw(ctx), facts)
	}
	if err != nil {
		return "", made, err
	}
	e := entry{facts: facts, records: []custody.Record{aboutHandoff(v, d, custody.HandoffMade)}}
	h.stamp(by, id, &e)
	token, hash := newToken()
	err = custody.Surely(ctx, h.store, e.records, func(rs []custody.Record) error {
		_, err := h.o.Handoffs.RecordHandoff(ctx, migration.HandoffLink{Hash: hash, Migration: id, Number: d.Number}, e.facts, rs)
		return err
	})
	if err != nil {
		return "", made, err
	}
	h.changes.Wake(id)
	now := e.facts[0].At
	return token, migration.Handoff{HandoffData: d, About: facts[0].InputHash, By: by.Name, Made: now, State: migration.HandoffMade, Since: now}, nil
}
