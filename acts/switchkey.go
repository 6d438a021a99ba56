package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/migration"
)

// CreateKey makes the API key of the new method in the rehearsal cloud and returns it, this once. Faults are Invalid, at the
// fields key_name and key_days, and Conflict where Onramp makes no keys.
func (s Switches) CreateKey(ctx context.Context, by Actor, id, name string, days int) (key certsvc.Secret, err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, s.Book, id)
	if err != nil {
		return key, err
	}
	if err := migration.SwitchOf(v).CanTakeKey(); err != nil {
		return key, err
	}
	return makeKey(ctx, s.desk, by, v, freshKey{name, days}, migration.SetSwitchKey)
}
