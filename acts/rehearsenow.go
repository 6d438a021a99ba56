package acts

import (
	"context"

	"onramp/fault"
	"onramp/migration"
)

// Now makes a rehearsal with everything chosen but how its workers sign in (auth, a cloud.Auth… value): the shortest way to see it all.
func (r Rehearsal) Now(ctx context.Context, by Actor, auth string) (m migration.Migration, err error) {
	defer unchanged(&err)
	if no := r.NoRehearsal(); no != "" {
		return m, fault.New(fault.Unavailable, "No rehearsal cloud is running here", no)
	}
	return Migrations(r).CreateNamed(ctx, by, "Money transfer rehearsal", "python", migration.Rehearsal, auth)
}
