package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
)

// Back rolls a replacement back to before a gate (migration.View.Back). A Conflict fault when a certificate that is
// still seen would be cut off.
func (r Replacements) Back(ctx context.Context, by Actor, id, gate string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	if _, err := v.Back(gate); err != nil {
		return err
	}
	re, rec := v.Replacement(), note(id, custody.ReplaceBack, gate)
	what := func(v migration.View) ([]migration.Fact, error) { return v.Back(gate) }
	if re.Restores(gate) {
		change, err := r.changeBundle(ctx, by, v, func(ns cloud.Namespace, c cloud.Callers) ([]byte, error) {
			return re.Restored(gate, ns, c, r.o.ReplaceWindow, r.o.Now())
		})
		if err != nil {
			return err
		}
		defer change.close()
		if err := change.settle(ctx, by, id, rec, what); err != nil {
			return err
		}
	} else if _, err := r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := what(v)
		return entry{facts: facts, records: []custody.Record{rec}}, err
	}); err != nil {
		return err
	}
	switch {
	case gate == migration.GateCA || gate == migration.GateLeaf:
		r.o.Keyring.Forget(successor(by, id))
	case re.Removed != nil && r.lentIs(client(by, id), re.New.LeafFingerprint): // the old certificate is the migration's again
		r.o.Keyring.Move(client(by, id), successor(by, id))
	}
	r.o.CertificatesChanged()
	return nil
}
