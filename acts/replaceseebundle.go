package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// SeeBundle looks whether both CAs are in the namespace, and records that. A Conflict fault when one is not.
func (r Replacements) SeeBundle(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	v, err := r.View(ctx, id)
	if err != nil {
		return err
	}
	_, ns, err := r.bundle(ctx, v)
	if err != nil {
		return err
	}
	if ns == nil {
		return notOurs()
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SeeBundle(*ns)
		return entry{facts: facts, records: []custody.Record{note(id, custody.CASeen, "both of the replacement, in "+ns.ID.String())}}, err
	})
	return err
}

func notOurs() error {
	return fault.New(fault.Conflict, "Onramp cannot change a namespace of Temporal Cloud", "Do it there, or have a Namespace Admin do it.")
}
