package acts

import (
	"context"
	"iter"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// NewCA asks for the CA that comes in a replacement.
type NewCA struct {
	Import bool // PEM was made elsewhere; else Spec is made here
	PEM    string
	Spec   certsvc.CASpec
}

// TakeCA is the making of a new CA, or the taking of one made elsewhere: its key, made here, waits for its one
// download. Faults are at the fields ca_pem, ca_common_name, organization, ca_days and key_type.
func (r Replacements) TakeCA(ctx context.Context, by Actor, id string, req NewCA) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if err := re.GoesOn(); err != nil {
		return err
	}
	current, err := r.currentBundle(ctx, v)
	if err != nil {
		return err
	}
	now := r.o.Now()
	if req.Import {
		_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
			facts, err := v.SetNewCA(LaneImport, []byte(req.PEM), current, now)
			return entry{facts: facts, records: []custody.Record{note(id, custody.ReplaceMoved, "a new CA was given")}}, err
		})
		return fault.Rename(err, map[string]string{"ca": "ca_pem", "bundle": "ca_pem"})
	}
	ca, err := r.o.Issuer.CA(req.Spec)
	if err != nil {
		return fault.Rename(err, map[string]string{"common_name": "ca_common_name", "days": "ca_days"})
	}
	made := r.newMade(by, id, certsvc.Set{CA: ca})
	defer made.close()
	file, err := packCAKey(ca, re.ID, v.Migration.Mode.Can().Practice)
	if err := made.pack(newCAKeyOf(by, id, ca.Fingerprint()), file, err); err != nil {
		return err
	}
	if err := made.book(); err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SetNewCA(MakerServer, ca.CertPEM, current, now)
		return entry{facts: facts, records: custody.SignedRecords(r.now(), id, MakerServer, ca.Fingerprint(), ca.Cert)}, err
	})
	if err != nil {
		return fault.Rename(err, map[string]string{"ca": "ca_common_name", "bundle": "ca_common_name"})
	}
	made.hand()
	return nil
}

// currentBundle is the namespace's bundle where it can be read, else the old CA, which is what is known.
func (d *desk) currentBundle(ctx context.Context, v migration.View) ([]byte, error) {
	_, ns, err := d.bundle(ctx, v)
	if err != nil {
		return nil, err
	}
	if ns == nil {
		return []byte(v.Replacement().Old.CAPEM), nil
	}
	return []byte(ns.BundlePEM), nil
}

// bundle is the place and the namespace of a migration where its bundle can be read; nil where it cannot.
func (d *desk) bundle(ctx context.Context, v migration.View) (cloud.Place, *cloud.Namespace, error) {
	if !v.Migration.Mode.Can().Bundle {
		return d.Of(v.Migration.Mode), nil, nil
	}
	place, err := d.Ready(ctx)
	if err != nil {
		return place, nil, err
	}
	id, err := idOf(v)
	if err != nil {
		return place, nil, err
	}
	ns, err := place.Namespaces.Namespace(ctx, id)
	return place, &ns, err
}

// Bundle is the namespace's bundle as the pages of a replacement show it.
func (r Replacements) Bundle(ctx context.Context, v migration.View) ([]byte, error) {
	return r.currentBundle(ctx, v)
}

// Window is how long an old client certificate must not be seen before its CA may be removed.
func (r Replacements) Window() time.Duration { return r.o.ReplaceWindow }

// callersEvery is how often who calls is looked at while somebody reads along.
const callersEvery = 3 * time.Second

// Watch is Book.Watch, every three seconds where it can be seen who calls: they come and go without a fact.
func (r Replacements) Watch(ctx context.Context, id string) iter.Seq2[migration.View, error] {
	return func(yield func(migration.View, error) bool) {
		v, err := r.View(ctx, id)
		if err != nil {
			yield(v, err)
			return
		}
		beat := runs.Beat
		if v.Migration.Mode.Can().Callers {
			beat = callersEvery
		}
		r.watch(ctx, id, beat)(yield)
	}
}

// Callers are who calls a migration's namespace; the zero Callers where that cannot be seen.
func (r Replacements) Callers(ctx context.Context, v migration.View) (cloud.Callers, error) {
	place := r.Of(v.Migration.Mode)
	if place.Callers == nil {
		return cloud.Callers{}, nil
	}
	id, err := idOf(v)
	if err != nil {
		return cloud.Callers{}, err
	}
	return place.Callers.Callers(ctx, id)
}
