package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// CanHaveBoth reports whether the account of a migration's place can be made one that has both methods.
func (s Switches) CanHaveBoth(v migration.View) bool {
	return v.Migration.Mode.Can().Practice && s.Of(v.Migration.Mode).Adjust != nil
}

// HasBoth reports whether the account of a migration's place is known to have both methods at once.
func (s Switches) HasBoth(v migration.View) bool {
	return s.CanHaveBoth(v) && s.Of(v.Migration.Mode).Adjust.BothMethods()
}

// Let lets the namespace take both methods, in the rehearsal cloud: with client certificates as the new one their CA
// certificate goes into its bundle first. Elsewhere somebody has done so: what was read with a Cloud Ops key shows it, else a
// person says so, and the checks of the next step show it.
func (s Switches) Let(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, s.Book, id)
	if err != nil {
		return err
	}
	sw := migration.SwitchOf(v)
	if err := sw.CanLet(); err != nil {
		return err
	}
	moved := note(id, custody.ReplaceMoved, "sign-in method: the namespace takes both")
	if v.Migration.Mode.Can().Callers {
		return s.letHere(ctx, by, v, moved)
	}
	lane := migration.KeyByAPerson
	if d := s.read(by, v); d != nil {
		if lane = migration.KeyByOps; !d.Settings.MTLS || !d.Settings.APIKeys {
			f := fault.New(fault.Conflict, "The namespace does not take both methods", "Turn the second one on first, then look at the namespace again on the page Let Onramp do it.")
			f.Cause = "This is what Onramp read with your Cloud Ops key."
			return f
		}
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.LetBoth(v, lane, false)
		return entry{facts: facts, records: []custody.Record{moved}}, err
	})
	return err
}

// read is the namespace of a migration as the actor's Cloud Ops key showed it; nil where there is none.
func (s Switches) read(by Actor, v migration.View) *cloud.Detail {
	st, ok := CloudOps(s).State(by, v.Migration.ID)
	if !ok || st.Detail == nil || st.Detail.Name != ownNamespace(v) {
		return nil
	}
	return st.Detail
}

// letHere changes the rehearsal's namespace.
func (s Switches) letHere(ctx context.Context, by Actor, v migration.View, moved custody.Record) error {
	sw, id := migration.SwitchOf(v), v.Migration.ID
	ns, err := idOf(v)
	if err != nil {
		return err
	}
	place, err := s.Ready(ctx)
	if err != nil {
		return err
	}
	lane, records := migration.KeyByAPerson, []custody.Record{moved} // somebody has let it take both
	change, err := s.changeCAs(ctx, by, place, ns, func(now cloud.Namespace, c cloud.Callers) ([]byte, error) {
		if sw.Certificate == nil {
			return nil, errSame
		}
		pem, err := migration.BesideOf(sw, now, c, s.o.ReplaceWindow, s.o.Now())
		if err == nil && string(pem) == now.BundlePEM {
			err = errSame
		}
		return pem, err
	})
	defer change.close()
	if err != nil {
		return fault.Rename(err, map[string]string{"ca": "", "bundle": "", "fingerprint": ""})
	}
	back, err := changeAuth(ctx, place, ns, func(now cloud.Namespace, _ cloud.Callers) (string, error) {
		next, err := sw.Let(now)
		if err == nil && next == now.Auth {
			return "", errSame
		}
		lane = migration.KeyByOnramp
		return next, err
	})
	if err != nil {
		return change.undo(ctx, fault.Rename(err, map[string]string{"auth": ""}))
	}
	if lane == migration.KeyByOnramp {
		records = append(records, note("", custody.AuthSaved, ns.String()+": "+cloud.AuthBoth))
	}
	_, err = change.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.LetBoth(v, lane, false)
		if err != nil {
			return entry{}, err
		}
		saved, err := s.saved(ctx, change.after)
		return entry{facts: append(facts, saved...), records: records}, err
	})
	if err != nil {
		err = left(err, back(), "The sign-in method of "+ns.String()+" was changed.")
	}
	return change.undo(ctx, err)
}
