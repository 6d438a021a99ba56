package acts

import (
	"context"

	"onramp/migration"
)

// ShowMe makes a rehearsal and does the first part of it, as ShowNext does. Nothing stays where that fails. auth and once
// are as in Now.
func (r Rehearsal) ShowMe(ctx context.Context, by Actor, auth, once string, set SetFor) (migration.View, error) {
	return r.once(ctx, by, once, func() (migration.View, error) { return r.showMe(ctx, by, auth, set) })
}

func (r Rehearsal) showMe(ctx context.Context, by Actor, auth string, set SetFor) (v migration.View, err error) {
	m, err := r.rehearse(ctx, by, auth)
	if err != nil {
		return v, err
	}
	shown, err := r.ShowNext(ctx, by, m.ID, set)
	if err != nil {
		return v, Migrations(r).back(ctx, by, m, err)
	}
	return shown.View, nil
}
