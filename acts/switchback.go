package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Back rolls a switch back to before a gate (migration.SwitchBack). A Conflict fault when the new method would be turned off
// and a program is seen with it.
func (s Switches) Back(ctx context.Context, by Actor, id, gate string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, s.Book, id)
	if err != nil {
		return err
	}
	if _, err := migration.SwitchBack(v, gate); err != nil {
		return err
	}
	records := []custody.Record{note(id, custody.ReplaceBack, "sign-in method: "+gate)}
	back := func() error { return nil }
	if sw := migration.SwitchOf(v); sw.TakesBack(gate) {
		ns, err := idOf(v)
		if err != nil {
			return err
		}
		place, err := s.Ready(ctx)
		if err != nil {
			return err
		}
		letGo, err := s.holdSpace(ctx, by, ns.String())
		if err != nil {
			return err
		}
		defer letGo()
		if err := s.stillSignsIn(ctx, v, sw.New.Auth); err != nil {
			return err
		}
		back, err = changeAuth(ctx, place, ns, func(now cloud.Namespace, c cloud.Callers) (string, error) {
			next, err := sw.TakeBack(now, c, s.o.ReplaceWindow)
			if err == nil && next == now.Auth {
				return "", errSame
			}
			records = append(records, note("", custody.AuthSaved, ns.String()+": "+sw.Old.Auth))
			return next, err
		})
		if err != nil {
			return fault.Rename(err, map[string]string{"auth": ""})
		}
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.SwitchBack(v, gate)
		return entry{facts: facts, records: records}, err
	})
	if err != nil {
		return left(err, back(), "The sign-in method of the namespace was changed.")
	}
	return nil
}
