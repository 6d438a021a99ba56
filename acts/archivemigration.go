package acts

import (
	"context"
	"time"

	"onramp/custody"
	"onramp/migration"
)

// Archive puts a migration away, or back: lists leave it out, everything else works on.
func (m Migrations) Archive(ctx context.Context, by Actor, id string, away bool) (err error) {
	defer unchanged(&err)
	return m.change(ctx, by, id, func(now migration.Migration) (migration.Migration, custody.Record, error) {
		r := note(id, custody.Restored, now.Name)
		switch {
		case away && now.Archived.IsZero():
			r.Verb, now.Archived = custody.Archived, m.now()
		case !away:
			now.Archived = time.Time{}
		}
		return now, r, nil
	})
}
