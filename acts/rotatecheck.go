package acts

import (
	"context"

	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// Check starts a check with the old or the new API key (migration.OldKey, migration.NewKey), which is used for it and
// forgotten. Faults are those of migration.Rotation.CanGive and of an API key, at the fields which and api_key.
func (r Rotations) Check(ctx context.Context, by Actor, id, which, key string) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := r.View(ctx, id)
	if err != nil {
		return run, err
	}
	re := migration.RotationOf(v)
	t := r.Target(v)
	if err := withAPIKey(key, &t); err != nil {
		return run, err
	}
	if err := re.CanGive(which, t.APIKey); err != nil {
		return run, err
	}
	if err := r.Reach(ctx, v); err != nil {
		return run, err
	}
	if err := r.admit(ctx, by, t.Address); err != nil {
		return run, err
	}
	return r.begin(ctx, by, custody.Checked, checkJob(r.desk, by, v, t, func(leaf string) string { return re.About(which, about(v, t, leaf)) }))
}

// AboutCheck is the hash of what a check with the old or the new API key of a replacement is about.
func (r Rotations) AboutCheck(v migration.View, which string) string {
	return migration.RotationOf(v).About(which, about(v, r.Target(v), ""))
}
