package acts

import (
	"context"
	"strings"

	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
)

// Mend turns a switch of a namespace off, or all of them (""). A Denied fault where another team uses the namespace too.
func (r Rehearsal) Mend(ctx context.Context, by Actor, pasted, breakID string) (err error) {
	defer unchanged(&err)
	place, err := r.Ready(ctx)
	if err != nil {
		return err
	}
	id, _, err := namespace.ParseID(pasted)
	if err != nil {
		return err
	}
	letGo, err := r.holdSpace(ctx, by, id.String())
	if err != nil {
		return err
	}
	defer letGo()
	ids := []string{breakID}
	if breakID == "" {
		ids = place.Breaks.Broken()[id.String()]
	}
	moves, err := r.InNamespace(ctx, migration.Rehearsal, id.String())
	if err != nil {
		return err
	}
	what := strings.TrimSpace(id.String() + " " + breakID)
	records := []custody.Record{}
	for _, v := range moves { // each of them was broken
		records = append(records, note(v.Migration.ID, custody.Mended, what))
	}
	if len(records) == 0 {
		records = append(records, note("", custody.Mended, what))
	}
	if err := r.record(ctx, by, records...); err != nil {
		return err
	}
	for _, b := range ids {
		if err := place.Breaks.SetBreak(ctx, id, b, false); err != nil {
			return toldAfter(ctx, r.Book, by, records[0], err)
		}
	}
	return nil
}
