//go:build !lean

package rehearsal

import (
	"context"
	"fmt"
	"maps"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// Settings changes what a namespace of a Cloud has beside who may call it (cloud.Adjustments).
type Settings struct{ c *Cloud }

// SettingsOf are the settings of c.
func SettingsOf(c *Cloud) Settings { return Settings{c} }

// Of are the settings of a namespace.
func (s Settings) Of(ctx context.Context, id namespace.ID) (cloud.Adjusted, error) {
	if err := s.c.Ready(ctx); err != nil {
		return cloud.Adjusted{}, err
	}
	sp, err := s.c.space(id)
	if err != nil {
		return cloud.Adjusted{}, err
	}
	return cloud.Adjusted{RetentionDays: sp.days(), Attributes: maps.Clone(sp.attributes)}, nil
}

// SetRetention sets for how many days closed workflows stay, 1 to 90. Errors are faults, Invalid of field retention.
func (s Settings) SetRetention(ctx context.Context, id namespace.ID, days int) error {
	if days < 1 || days > control.MaxRetention {
		return fault.New(fault.Invalid, "The retention is 1 to 90 days", "Choose a whole number from 1 to 90, as in Temporal Cloud.").In("retention")
	}
	return s.change(ctx, id, func(next *control.Space) error {
		next.RetentionDays = days
		return nil
	})
}

// AddAttributes adds custom search attributes by name, with their types in the server's words ("KeywordList"); one that is
// there with this type stays. Errors are faults, Invalid of field search_attributes.
func (s Settings) AddAttributes(ctx context.Context, id namespace.ID, more map[string]string) error {
	err := s.change(ctx, id, func(next *control.Space) error {
		all := maps.Clone(next.Attributes)
		if all == nil {
			all = map[string]string{}
		}
		for name, kind := range more {
			if was := all[name]; was != "" && was != kind {
				return fault.New(fault.Invalid, name+" is there with the type "+was, "A search attribute keeps its type. Choose another name.")
			}
			all[name] = kind
		}
		next.Attributes = all
		return namespace.JudgeAttributes(all)
	})
	return fault.Rename(err, map[string]string{"": "search_attributes"})
}

// change changes a namespace as the control plane does.
func (s Settings) change(ctx context.Context, id namespace.ID, edit func(*control.Space) error) error {
	if err := s.c.Ready(ctx); err != nil {
		return err
	}
	old, err := s.c.space(id)
	if err != nil {
		return err
	}
	next := old.controlled()
	if err := edit(&next); err != nil {
		return err
	}
	return spaces(s).Put(ctx, next, old.version)
}

// Lenient reports whether client certificates that break a documented must are let in.
func (s Settings) Lenient() bool { return s.c.gate.lenient.Load() }

// SetLenient lets them in, or not, from the next handshake on, until Onramp ends.
func (s Settings) SetLenient(on bool) { s.c.gate.lenient.Store(on) }

// BothMethods reports whether the practised account has both sign-in methods at once, which Temporal Support turns on.
func (s Settings) BothMethods() bool { return s.c.realm.Load().both }

// SetBothMethods turns that on or off, and it is kept with the namespaces, over a reset too. Off is a Conflict fault while a
// namespace takes both. Errors are faults.
func (s Settings) SetBothMethods(ctx context.Context, on bool) error {
	return s.c.change(ctx, func(*server) error {
		r := s.c.realm.Load()
		for _, sp := range r.spaces() {
			if !on && sp.signIn == cloud.AuthBoth {
				return fault.New(fault.Conflict, fmt.Sprintf("The namespace %s takes both sign-in methods", sp.id), "Choose one of them for it first.").In("both_methods")
			}
		}
		return s.c.commit(newRealm(r.spaces(), on))
	})
}
