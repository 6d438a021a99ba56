package acts

import (
	"context"

	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
)

// Now makes a rehearsal with everything chosen: the shortest way to see it all.
func (r Rehearsal) Now(ctx context.Context, by Actor) (m migration.Migration, err error) {
	defer unchanged(&err)
	if no := r.NoRehearsal(); no != "" {
		return m, fault.New(fault.Unavailable, "There is no rehearsal cloud here", no)
	}
	return Migrations(r).CreateNamed(ctx, by, "Money transfer rehearsal", "python", migration.Rehearsal, cloud.AuthMTLS)
}
