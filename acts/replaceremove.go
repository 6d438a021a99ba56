package acts

import (
	"context"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/runs"
)

// Remove ends a replacement: it takes the old CA out of the namespace, unless a certificate that depends on it is
// still seen; where Onramp cannot change the namespace, a person has done so and checks have shown it. The new
// certificate becomes the migration's.
func (r Replacements) Remove(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if err := re.CanRemove(); err != nil {
		return err
	}
	done := note(id, custody.ReplaceRemoved, "")
	done.Subject, done.Fingerprint, done.CAFingerprint = re.New.LeafSubject, re.New.LeafFingerprint, re.New.CAFingerprint
	if !v.Migration.Mode.Can().Bundle {
		if err := v.RemovedElsewhere(); err != nil {
			return err
		}
		_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
			if err := v.RemovedElsewhere(); err != nil {
				return entry{}, err
			}
			facts, err := v.Removed(migration.ReplaceSeenData{})
			return entry{facts: facts, records: []custody.Record{done}}, err
		})
	} else {
		err = r.removeHere(ctx, by, v, done)
	}
	if err != nil {
		return err
	}
	r.succeed(by, id, re.New.LeafFingerprint)
	r.o.CertificatesChanged()
	return nil
}

// succeed lets the new pair take the old one's place among the lent. Where it was not lent, the old one goes all the
// same: nobody needs it any more.
func (r Replacements) succeed(by Actor, id, leaf string) {
	if !r.o.Keyring.Move(successor(by, id), client(by, id)) && !r.lentIs(client(by, id), leaf) {
		r.o.Keyring.Forget(client(by, id))
	}
}

// lentIs reports whether the pair that is lent under a name is of a client certificate.
func (d *desk) lentIs(h custody.Held, leaf string) bool {
	lent, ok := d.lent(h)
	if !ok {
		return false
	}
	clear(lent.KeyPEM.Reveal())
	return certsvc.Fingerprint(lent.Leaf) == leaf
}

// ownRun is the fault of working while a transfer or a drill of Onramp's own uses the old certificate: it would fail.
func (r Replacements) ownRun(ctx context.Context, v migration.View) error {
	old := about(v, r.Target(v), v.Replacement().Old.LeafFingerprint)
	return working(ctx, r.desk, "still uses the old client certificate", v, func(row runs.Row) bool { return row.InputHash == old })
}

func (r Replacements) removeHere(ctx context.Context, by Actor, v migration.View, done custody.Record) error {
	re, id := v.Replacement(), v.Migration.ID
	if err := r.ownRun(ctx, v); err != nil {
		return err
	}
	var seen migration.ReplaceSeenData
	change, err := r.changeBundle(ctx, by, v, func(ns cloud.Namespace, c cloud.Callers) (keep []byte, err error) {
		keep, seen, err = re.Remove(ns, c, r.o.ReplaceWindow, r.o.Now())
		return keep, err
	})
	if err != nil {
		return err
	}
	defer change.close()
	seen.CAs = change.after.Fingerprints()
	return change.settle(ctx, by, id, done, func(v migration.View) ([]migration.Fact, error) { return v.Removed(seen) })
}
