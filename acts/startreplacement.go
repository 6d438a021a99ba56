package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// Start begins to replace the CA (migration.ReplaceCA) or the client certificate alone (migration.ReplaceLeaf). Faults
// are those of migration.View.StartReplacement.
func (r Replacements) Start(ctx context.Context, by Actor, id, what string) (err error) {
	defer unchanged(&err)
	if _, err := asSeen(ctx, r.Book, id); err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.StartReplacement(runs.NewID()[:12], what)
		return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceBegun, what)}}, err
	})
	return err
}
