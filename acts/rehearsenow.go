package acts

import (
	"context"

	"onramp/fault"
	"onramp/migration"
)

// Now makes a rehearsal with everything chosen but how its workers sign in (auth, a cloud.Auth… value): the shortest way
// to see it all. Of two presses with the same once, a random text of at most 200 bytes, within seconds the second is
// answered with what the first made; "" makes one each time.
func (r Rehearsal) Now(ctx context.Context, by Actor, auth, once string) (migration.Migration, error) {
	v, err := r.once(ctx, by, once, func() (v migration.View, err error) {
		v.Migration, err = r.rehearse(ctx, by, auth)
		return v, err
	})
	return v.Migration, err
}

func (r Rehearsal) rehearse(ctx context.Context, by Actor, auth string) (m migration.Migration, err error) {
	defer unchanged(&err)
	if no := r.NoRehearsal(); no != "" {
		return m, fault.New(fault.Unavailable, "No rehearsal cloud is running here", no)
	}
	return Migrations(r).CreateNamed(ctx, by, "Money transfer rehearsal", "python", migration.Rehearsal, auth)
}
