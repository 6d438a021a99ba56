package acts

import (
	"context"
	"crypto/rand"
	"slices"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// SetFor is what certificates are asked for.
type SetFor func(migration.View) certsvc.SetRequest

// Shown is what one part of a shown rehearsal did.
type Shown struct {
	View     migration.View
	Prepared bool     // namespace, certificates and upload were made, or what of them was missing
	Run      runs.Run // the check or transfer that is under way now; the zero Run for none
}

// showKeyName is the API key that a shown rehearsal makes for each run. Nobody ever sees it.
const showKeyName = "just-show-me"

// ShowNext does the next part of a rehearsal for a reader who watches: what is missing of namespace, certificates and
// upload; then a check; then a transfer. Which is next follows from facts and from what is in the rehearsal cloud, so
// that it goes on after a reload, a restart or a reset, and after steps that the reader did. A part that is under way
// is returned as it is; when all is done nothing happens. It keeps no key beyond what Onramp is lent: a client key that
// is not lent any more is made anew, and an API key is made for each run.
func (r Rehearsal) ShowNext(ctx context.Context, by Actor, id string, set SetFor) (s Shown, err error) {
	defer r.showing.lock(id)() // a second press waits, and finds what the first began
	did := false
	defer func() {
		if err != nil && did { // each act speaks for itself only
			f := *fault.From(err)
			f.Unchanged = false
			err = &f
		} else {
			unchanged(&err)
		}
	}()
	place, err := r.Ready(ctx)
	if err != nil {
		return s, err
	}
	if s.View, err = r.View(ctx, id); err != nil {
		return s, err
	}
	if !s.View.Migration.Mode.Can().Practice {
		return s, fault.New(fault.Conflict, "This migration is not a rehearsal", "Do its steps yourself: each leads to the next.")
	}
	if ns := namespaceOf(s.View); ns != "" {
		if err := r.Free(ctx, by, ns); err != nil {
			return s, err
		}
	}
	if s.Run, err = r.underWay(ctx, s.View); err != nil || s.Run.ID != "" {
		return s, err
	}
	for _, part := range []func(context.Context, Actor, cloud.Place, migration.View, SetFor) (bool, error){r.showNamespace, r.showCertificates, r.showUpload} {
		done, err := part(ctx, by, place, s.View, set)
		did, s.Prepared = did || done, s.Prepared || done
		if err != nil {
			return s, err
		}
		if !done {
			continue
		}
		if s.View, err = r.View(ctx, id); err != nil {
			return s, err
		}
	}
	if s.Prepared {
		return s, nil
	}
	switch {
	case s.View.Step(migration.StepTest).Status != migration.Done:
		did, s.Run, err = r.showRun(ctx, by, place, s.View, func(c Credentials) (runs.Run, error) {
			return Checks(r).Start(ctx, by, id, Check{Credentials: c})
		})
	case s.View.Step(migration.StepTransfer).Status != migration.Done:
		did, s.Run, err = r.showRun(ctx, by, place, s.View, func(c Credentials) (runs.Run, error) {
			return Workflows(r).Start(ctx, by, id, Transfer{Credentials: c, Once: rand.Text(), Request: transfer.Request{Worker: "builtin", Scenario: transfer.Success}})
		})
	}
	return s, err
}

// underWay is the check or transfer of a migration that runs now; the zero Run for none.
func (r Rehearsal) underWay(ctx context.Context, v migration.View) (runs.Run, error) {
	rows, err := underWay(ctx, r.desk, v.Migration.ID, migration.TransferRun, migration.CheckRun)
	rows = slices.DeleteFunc(rows, func(row runs.Row) bool { return follows(r.desk, row) })
	if err != nil || len(rows) == 0 {
		return runs.Run{}, err
	}
	return r.o.Runs.Run(ctx, v.Migration.ID, rows[0].ID)
}

// showNamespace makes the namespace of a migration where the rehearsal cloud lacks it.
func (r Rehearsal) showNamespace(ctx context.Context, by Actor, place cloud.Place, v migration.View, _ SetFor) (bool, error) {
	if v.Namespace == nil {
		id, err := Migrations(r).FreeNamespace(ctx, v)
		if err == nil {
			_, err = Migrations(r).SetNamespace(ctx, by, v.Migration.ID, id.String(), "")
		}
		return err == nil, err
	}
	id, err := idOf(v)
	if err != nil {
		return false, err
	}
	_, err = place.Namespaces.Namespace(ctx, id)
	if !fault.Is(err, fault.NotFound) {
		return false, err
	}
	_, err = Migrations(r).SetNamespace(ctx, by, v.Migration.ID, id.String(), v.Namespace.Region)
	return err == nil, err
}

// showCertificates makes certificates where none are there whose key Onramp may use, unless what needs the key is done.
func (r Rehearsal) showCertificates(ctx context.Context, by Actor, _ cloud.Place, v migration.View, set SetFor) (bool, error) {
	if v.Migration.Auth == cloud.AuthAPIKey || v.Step(migration.StepTransfer).Status == migration.Done {
		return false, nil
	}
	lent, ok := r.lent(client(by, v.Migration.ID))
	if ok && v.Certificate != nil {
		fit := certsvc.Fingerprint(lent.Leaf) == v.Certificate.LeafFingerprint
		clear(lent.KeyPEM.Reveal())
		if fit {
			return false, nil
		}
	}
	_, err := Certificates(r).IssueSet(ctx, by, v.Migration.ID, IssueSet{Lane: MakerServer, Set: set(v), Lend: true})
	return err == nil, err
}

// showUpload saves the CA certificate in the namespace, beside those that are there, where it is not there yet.
func (r Rehearsal) showUpload(ctx context.Context, by Actor, place cloud.Place, v migration.View, _ SetFor) (bool, error) {
	if v.Migration.Auth == cloud.AuthAPIKey || v.Certificate == nil {
		return false, nil
	}
	id, err := idOf(v)
	if err != nil {
		return false, err
	}
	ns, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return false, err
	}
	upload := v.Step(migration.StepUpload)
	known := upload.Status == migration.Done || upload.Run != "" // a check was refused all the same: another says why
	if known && slices.Contains(ns.Fingerprints(), v.Certificate.CAFingerprint) {
		return false, nil
	}
	_, err = Namespaces(r).SaveCAs(ctx, by, id, []byte(v.Certificate.CAPEM+ns.BundlePEM))
	return err == nil, err
}

// showRun starts a run with the lent key, or with an API key that is made for it and forgotten.
func (r Rehearsal) showRun(ctx context.Context, by Actor, place cloud.Place, v migration.View, start func(Credentials) (runs.Run, error)) (did bool, run runs.Run, err error) {
	if v.Migration.Auth != cloud.AuthAPIKey {
		run, err = start(Credentials{Lent: true})
		return false, run, err
	}
	id, err := idOf(v)
	if err != nil {
		return false, run, err
	}
	ns, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return false, run, err
	}
	for _, k := range ns.Keys { // of the run before: nobody has it any more
		if k.Name != showKeyName {
			continue
		}
		if err := Namespaces(r).DeleteKey(ctx, by, id, k.ID); err != nil {
			return did, run, err
		}
		did = true
	}
	key, _, err := Namespaces(r).CreateKey(ctx, by, id, showKeyName, 1)
	if err != nil {
		return did, run, err
	}
	defer clear(key.Reveal())
	run, err = start(Credentials{APIKey: string(key.Reveal())})
	return true, run, err
}
