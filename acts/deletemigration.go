package acts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// Deletion is what goes with a migration.
type Deletion struct {
	Facts     int
	Runs      map[migration.RunKind]int // how many of each kind there were
	KeptKey   bool
	Namespace string // of the rehearsal cloud, deleted with it; "" for none, or one that another migration uses too
}

// Text is what of it a person decides about, to tell whether it is still that (Edition).
func (d Deletion) Text() string { return fmt.Sprintf("%+v", d) }

// Deletion says what deleting a migration would take along.
func (m Migrations) Deletion(ctx context.Context, id string) (Deletion, error) {
	v, err := m.View(ctx, id)
	if err != nil {
		return Deletion{}, err
	}
	d := Deletion{Facts: len(v.Facts), Runs: map[migration.RunKind]int{}}
	for _, kind := range migration.RunKinds {
		rows, err := m.o.Runs.Rows(ctx, id, kind, 1)
		if err != nil {
			return d, err
		}
		if len(rows) > 0 {
			d.Runs[kind] = rows[0].Number
		}
	}
	s, err := m.o.Keeper.Status(ctx, id)
	if err != nil {
		return d, err
	}
	d.KeptKey = s.Kept
	ns, err := m.loneNamespace(ctx, v)
	if err == nil && !ns.IsZero() {
		d.Namespace = ns.String()
	}
	return d, err
}

// loneNamespace is the namespace at a place of Onramp's own that this migration alone uses; zero for none.
func (m Migrations) loneNamespace(ctx context.Context, v migration.View) (namespace.ID, error) {
	place := m.Of(v.Migration.Mode)
	if place.Own == nil || place.Namespaces == nil || v.Namespace == nil {
		return namespace.ID{}, nil
	}
	others, err := m.InNamespace(ctx, v.Migration.Mode, v.Namespace.Namespace)
	if err != nil || len(others) != 1 {
		return namespace.ID{}, err
	}
	id, _, err := namespace.ParseID(v.Namespace.Namespace)
	return id, err
}

// afterwards bounds what an act still has to do elsewhere once it is written down.
const afterwards = 30 * time.Second

// Delete deletes a migration with its facts, runs, notices and kept key; the audit stays. A namespace of the rehearsal
// cloud that nobody else uses goes with it. name must be the migration's: an Invalid fault of field name otherwise.
// Conflict while a run is under way. What was seen (Saw) is the Edition of Deletion's Text.
func (m Migrations) Delete(ctx context.Context, by Actor, id, name string) (err error) {
	defer unchanged(&err)
	v, recorded, done, err := m.hold(ctx, id)
	if err != nil {
		return err
	}
	defer done()
	if strings.TrimSpace(name) != v.Migration.Name {
		return fault.New(fault.Invalid, "This is not the migration's name", fmt.Sprintf("Type %s to delete it.", v.Migration.Name)).In("name")
	}
	takes, err := m.Deletion(ctx, id)
	if err != nil {
		return err
	}
	if err := sawText(ctx, takes.Text(), "What it deletes is listed below as it is now."); err != nil {
		return err
	}
	ns, err := m.loneNamespace(ctx, v)
	if err != nil {
		return err
	}
	d := fmt.Sprintf("%s, with %d facts", v.Migration.Name, len(v.Facts))
	if !ns.IsZero() {
		d += " and the rehearsal's namespace " + ns.String()
	}
	if err := m.store.DeleteMigration(ctx, id, m.stamped(by, note(id, custody.Deleted, d))...); err != nil {
		return err
	}
	recorded()
	m.o.Keeper.Wipe(id)
	m.o.Keyring.ForgetAll(id)
	m.o.Vault.ForgetAll(id)
	m.watches.forget(id)
	m.looks.forget(id)
	m.ops.forget("", id)
	m.changes.Wake(id)
	m.o.CertificatesChanged()
	if ns.IsZero() {
		return nil
	}
	// Who uses the namespace waits still, so that it is nobody's when it goes.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), afterwards) // the migration is gone, whoever still waits for it
	defer cancel()
	if err := m.Of(v.Migration.Mode).Namespaces.DeleteNamespace(ctx, ns); err != nil {
		f := fault.Wrap(err, fault.From(err).Kind, "The rehearsal's namespace could not be deleted", "Reset the rehearsal cloud, or leave it: nothing uses it.")
		f.Left = "The migration is deleted; its namespace " + ns.String() + " is still in the rehearsal cloud."
		return f
	}
	return nil
}

// hold is a migration and its namespace, both held: the one until it is recorded what becomes of it, the other until
// all is done.
func (m Migrations) hold(ctx context.Context, id string) (v migration.View, recorded, done func(), err error) {
	for {
		if v, err = m.View(ctx, id); err != nil {
			return v, nil, nil, err
		}
		ns := namespaceOf(v)
		used := func() {}
		if ns != "" {
			used = m.using.lock(ns)
		}
		recorded = m.writing.lock(id)
		done = func() { recorded(); used() }
		if v, err = m.View(ctx, id); err == nil && namespaceOf(v) == ns {
			return v, recorded, done, nil
		}
		done() // it is gone, or has chosen another namespace meanwhile
	}
}

// namespaceOf is the Namespace ID of a migration; "" where it has none yet.
func namespaceOf(v migration.View) string {
	if v.Namespace == nil {
		return ""
	}
	return v.Namespace.Namespace
}
