package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/runs"
)

// At is where programs sign in with a method while both are on, and the migration as it is with that method. Where the namespace
// takes both, API keys are accepted at the regional endpoint alone (docs.temporal.io/cloud/api-keys): a Conflict fault where the
// region is not known.
func (s Switches) At(v migration.View, auth string) (doctor.Target, migration.View, error) {
	as, sw := migration.SignedIn(v, auth), migration.SwitchOf(v)
	t := s.Target(as)
	if auth != cloud.AuthAPIKey || s.Of(v.Migration.Mode).Own != nil || v.Namespace == nil || !sw.Open() || sw.Both == nil || sw.Once() {
		return t, as, nil
	}
	region, known := namespace.LookupRegion(v.Namespace.Region)
	if !known {
		f := fault.New(fault.Conflict, "The region of the namespace is not known", "Choose the region on the page of step 1, then check again.")
		f.Cause = "A namespace with both methods accepts API keys only at its regional endpoint."
		return t, as, f
	}
	t.Address, t.ServerName = region.Endpoint, ""
	return t, as, nil
}

// Check starts a check with the old or the new method (migration.OldMethod, migration.NewMethod), whose credential is used for it
// and forgotten. Faults are those of migration.Switch.CanCheck and CanGive, of At, and of the credentials, at their fields.
func (s Switches) Check(ctx context.Context, by Actor, id, which string, c Credentials) (run runs.Run, err error) {
	defer unchanged(&err)
	v, err := s.View(ctx, id)
	if err != nil {
		return run, err
	}
	sw := migration.SwitchOf(v)
	if err := sw.CanCheck(which); err != nil {
		return run, err
	}
	t, as, err := s.At(v, sw.Side(which).Auth)
	if err == nil {
		err = s.with(by, as, c, &t)
	}
	if err == nil {
		err = sw.CanGive(which, t.APIKey)
	}
	if err != nil {
		return run, err
	}
	if err := s.Reach(ctx, v); err != nil {
		return run, err
	}
	if err := s.admit(ctx, by, t.Address); err != nil {
		return run, err
	}
	return s.begin(ctx, by, custody.Checked, checkJob(s.desk, by, as, t, func(leaf string) string { return sw.About(which, about(as, t, leaf)) }))
}
