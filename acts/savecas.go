package acts

import (
	"context"
	"strings"

	"onramp/cloud"
	"onramp/custody"
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
	before, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return ns, err
	}
	if err := sawText(ctx, before.BundlePEM, casText(before)); err != nil {
		return before, err
	}
	ns, err = place.CAs.SetCAs(ctx, id, bundle)
	if err != nil {
		return before, rename(err, map[string]string{"": "ca_bundle", "ca": "ca_bundle", "certificate": "ca_bundle"})
	}
	change := &bundleChange{d: n.desk, place: place, before: []byte(before.BundlePEM), after: ns}
	return ns, change.undo(ctx, n.wrote(ctx, by, ns))
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
func (d *desk) wrote(ctx context.Context, by Actor, ns cloud.Namespace) error {
	d.writing.Lock()
	defer d.writing.Unlock()
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
