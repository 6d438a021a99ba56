package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// TurnOff ends a switch: in the rehearsal cloud Onramp turns the old method off, unless a program is seen with it; elsewhere a
// person has, and checks or the control plane have shown it, or that person says so (said). The new method becomes the
// migration's.
func (s Switches) TurnOff(ctx context.Context, by Actor, id string, said bool) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, s.Book, id)
	if err != nil {
		return err
	}
	sw := migration.SwitchOf(v)
	if err := sw.CanTurnOff(); err != nil {
		return err
	}
	done := note(id, custody.ReplaceRemoved, "sign-in method: "+migration.AuthSaid(sw.New.Auth)+" alone")
	if v.Migration.Mode.Can().Callers {
		err = s.turnOffHere(ctx, by, v, done)
	} else {
		_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
			sw := migration.SwitchOf(v)
			read := s.readOff(by, v, sw.Old.Auth)
			if err := migration.TurnedOffElsewhere(v, said || read); err != nil {
				return entry{}, err
			}
			facts, err := migration.Switched(v, migration.SwitchEndData{Said: sw.SaidAlone() && !read, Read: read}, nil)
			return entry{facts: facts, records: []custody.Record{done}}, err
		})
	}
	if err == nil {
		s.o.CertificatesChanged()
	}
	return err
}

// readOff reports whether the actor's Cloud Ops key showed a method of the namespace turned off, and the other one on.
func (s Switches) readOff(by Actor, v migration.View, auth string) bool {
	d := s.read(by, v)
	if d == nil {
		return false
	}
	off, on := d.Settings.MTLS, d.Settings.APIKeys
	if auth == cloud.AuthAPIKey {
		off, on = on, off
	}
	return !off && on
}

// turnOffHere changes the rehearsal's namespace.
func (s Switches) turnOffHere(ctx context.Context, by Actor, v migration.View, done custody.Record) error {
	sw, id := migration.SwitchOf(v), v.Migration.ID
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
	if err := s.stillSignsIn(ctx, v, sw.Old.Auth); err != nil {
		return err
	}
	var end migration.SwitchEndData
	var held []string
	records := []custody.Record{done}
	back, err := changeAuth(ctx, place, ns, func(now cloud.Namespace, c cloud.Callers) (string, error) {
		end, held = sw.Seen(c), now.Fingerprints()
		next, err := sw.TurnOff(now, c, s.o.ReplaceWindow)
		if err == nil && next == now.Auth {
			return "", errSame
		}
		records = append(records, note("", custody.AuthSaved, ns.String()+": "+sw.New.Auth))
		return next, err
	})
	if err != nil {
		return fault.Rename(err, map[string]string{"auth": ""})
	}
	_, err = s.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.Switched(v, end, held)
		return entry{facts: facts, records: records}, err
	})
	if err != nil {
		return left(err, back(), "The sign-in method of "+ns.String()+" was changed.")
	}
	return nil
}

// stillSignsIn is the fault of working while a transfer or a drill of Onramp's own goes on in a namespace with a method.
func (s Switches) stillSignsIn(ctx context.Context, v migration.View, auth string) error {
	return workingIn(ctx, s.desk, "still signs in with the old method", v, auth)
}
