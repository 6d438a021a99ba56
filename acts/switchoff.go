package acts

import (
	"context"
	"fmt"

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
	if err := s.Free(ctx, by, ns.String()); err != nil {
		return err
	}
	if err := s.stillSignsIn(ctx, ns.String(), sw.Old.Auth); err != nil {
		return err
	}
	place, err := s.Ready(ctx)
	if err != nil {
		return err
	}
	defer s.using.lock(ns.String())()
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

// stillSignsIn is a Conflict fault while a transfer or a drill of Onramp's own goes on in a namespace with a method: it would
// fail, and calls of Onramp's own are not among those that are seen.
func (s Switches) stillSignsIn(ctx context.Context, ns, auth string) error {
	views, err := s.InNamespace(ctx, migration.Rehearsal, ns)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.Migration.Auth != auth {
			continue
		}
		row, err := working(ctx, s.desk, v.Migration.ID)
		if err != nil {
			return err
		}
		if row == nil {
			continue
		}
		f := fault.New(fault.Conflict, fmt.Sprintf("Onramp’s own %s %d still signs in with the old method", row.Kind, row.Number), "Wait until it has ended, or stop it on its page.")
		f.NotWrong, f.Who = "Every caller keeps working.", migration.WhoDeveloper
		return f
	}
	return nil
}
