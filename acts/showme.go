package acts

import (
	"context"

	"onramp/migration"
)

// ShowMe makes a rehearsal and does the first part of it, as ShowNext does. Nothing stays where that fails.
func (r Rehearsal) ShowMe(ctx context.Context, by Actor, auth string, set SetFor) (v migration.View, err error) {
	m, err := r.Now(ctx, by, auth)
	if err != nil {
		return v, err
	}
	shown, err := r.ShowNext(ctx, by, m.ID, set)
	if err != nil {
		return v, Migrations(r).back(ctx, by, m, err)
	}
	return shown.View, nil
}
