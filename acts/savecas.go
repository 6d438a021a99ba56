package acts

import (
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// Create makes a namespace of the rehearsal cloud; one that is there stays as it is. It returns its ID. Faults are
// Invalid, of field namespace.
func (n Namespaces) Create(ctx context.Context, by Actor, pasted string) (id namespace.ID, err error) {
	defer unchanged(&err)
	paste, err := namespace.Parse(pasted)
	if err != nil {
		return id, rename(err, map[string]string{"address": "namespace", "": "namespace"})
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return id, err
	}
	_, err = place.Namespaces.Namespace(ctx, paste.ID)
	if !fault.Is(err, fault.NotFound) {
		return paste.ID, err
	}
	if err := place.Namespaces.CreateNamespace(ctx, paste.ID); err != nil {
		return id, err
	}
	if err := n.record(ctx, by, note("", custody.NamespaceMade, paste.ID.String())); err != nil {
		e := place.Namespaces.DeleteNamespace(context.WithoutCancel(ctx), paste.ID)
		return id, left(err, e, "The namespace "+paste.ID.String()+" was made.")
	}
	return paste.ID, nil
}

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
	ns, err = place.CAs.SetCAs(ctx, id, bundle)
	if err != nil {
		return before, rename(err, map[string]string{"": "ca_bundle", "ca": "ca_bundle", "certificate": "ca_bundle"})
	}
	change := &bundleChange{d: n.desk, place: place, before: []byte(before.BundlePEM), after: ns}
	return ns, change.undo(ctx, n.wrote(ctx, by, ns))
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

// SaveFilters sets the certificate filters of a migration's namespace; nil clears them. A Conflict fault where Onramp
// cannot.
func (n Namespaces) SaveFilters(ctx context.Context, by Actor, m string, filters []byte) (err error) {
	defer unchanged(&err)
	v, err := n.View(ctx, m)
	if err != nil {
		return err
	}
	place := n.Of(v.Migration.Mode)
	if place.Filters == nil || v.Namespace == nil {
		return fault.New(fault.Conflict, "The filters cannot be applied from here", "Use tcld or the console: Onramp has no access to Temporal Cloud.")
	}
	if place, err = n.Ready(ctx); err != nil {
		return err
	}
	id, err := idOf(v)
	if err != nil {
		return err
	}
	before, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return err
	}
	if _, err := place.Filters.SetFilters(ctx, id, filters); err != nil {
		return err
	}
	if err := n.record(ctx, by, note(m, custody.FiltersSaved, id.String())); err != nil {
		_, e := place.Filters.SetFilters(context.WithoutCancel(ctx), id, before.Filters)
		return left(err, e, "The certificate filters were changed and could not be changed back.")
	}
	return nil
}

// SaveAuth chooses how workers sign in to a namespace of the rehearsal cloud: cloud.AuthMTLS or cloud.AuthAPIKey.
func (n Namespaces) SaveAuth(ctx context.Context, by Actor, id namespace.ID, auth string) (err error) {
	defer unchanged(&err)
	place, err := n.Ready(ctx)
	if err != nil {
		return err
	}
	before, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return err
	}
	if _, err := place.SignIn.SetAuth(ctx, id, auth); err != nil {
		return err
	}
	if err := n.record(ctx, by, note("", custody.AuthSaved, id.String()+": "+auth)); err != nil {
		_, e := place.SignIn.SetAuth(context.WithoutCancel(ctx), id, before.Auth)
		return left(err, e, "The sign-in method was changed and could not be changed back.")
	}
	return nil
}
