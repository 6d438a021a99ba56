package acts

import (
	"context"
	"strings"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// SaveCAs replaces the CA bundle of a namespace of the rehearsal cloud as Temporal Cloud's Save does, and tells every
// migration of the namespace. A refusal is an Invalid fault of field ca_bundle that names rule and certificate.
func (n Namespaces) SaveCAs(ctx context.Context, by Actor, id namespace.ID, bundle []byte) (ns cloud.Namespace, err error) {
	defer unchanged(&err)
	place, err := n.Ready(ctx)
	if err != nil {
		return ns, err
	}
	var other error
	change, err := n.changeCAs(ctx, by, place, id, func(ns cloud.Namespace, _ cloud.Callers) ([]byte, error) {
		other = sawText(ctx, ns.BundlePEM, casText(ns))
		return bundle, other
	})
	defer change.close()
	switch {
	case other != nil:
		return change.before, other
	case err != nil && change.before.ID.IsZero(): // there is no such namespace, or no cloud to ask
		return ns, err
	case err != nil:
		return change.before, fault.Rename(err, map[string]string{"": "ca_bundle", "ca": "ca_bundle", "certificate": "ca_bundle"})
	}
	return change.after, change.undo(ctx, change.wrote(ctx, by))
}

// casText says which CA certificates a namespace holds.
func casText(ns cloud.Namespace) string {
	var names []string
	for _, c := range ns.CAs {
		names = append(names, c.Subject)
	}
	if len(names) == 0 {
		return "The namespace now accepts no CA certificate."
	}
	return "The namespace now accepts these CA certificates: " + strings.Join(names, "; ") + "."
}

// wrote writes down what a namespace's bundle holds now.
func (c *bundleChange) wrote(ctx context.Context, by Actor) error {
	unlock, err := c.holdAll(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	d, ns := c.d, c.after
	facts, err := d.saved(ctx, ns)
	if err != nil {
		return err
	}
	e := entry{facts: facts, records: []custody.Record{note("", custody.CAsSaved, ns.ID.String())}}
	d.stamp(by, "", &e)
	if _, err := d.store.Record(ctx, e.facts, e.records); err != nil {
		return err
	}
	told := map[string]bool{}
	for _, f := range facts {
		if !told[f.MigrationID] {
			told[f.MigrationID] = true
			d.changes.Wake(f.MigrationID)
		}
	}
	return nil
}
