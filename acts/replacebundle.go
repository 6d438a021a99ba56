package acts

import (
	"context"
	"errors"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// SaveBundle saves the bundle with both CAs in the namespace, and records that it was seen there. A Conflict fault
// where Onramp cannot change the namespace, or would cut off a certificate that is still used.
func (r Replacements) SaveBundle(ctx context.Context, by Actor, id string) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if err := re.GoesOn(); err != nil {
		return err
	}
	change, err := r.changeBundle(ctx, by, v, func(ns cloud.Namespace, c cloud.Callers) ([]byte, error) {
		return re.Combine(ns, c, r.o.ReplaceWindow, r.o.Now())
	})
	if err != nil {
		return err
	}
	defer change.close()
	return change.settle(ctx, by, id, note(id, custody.ReplaceMoved, "both CAs are in the namespace"), func(v migration.View) ([]migration.Fact, error) {
		return v.SeeBundle(change.after)
	})
}

// bundleChange is a bundle that was changed and whose facts are not written down yet. Until it is closed nobody else
// changes it, so that facts come in the order of what they tell of.
type bundleChange struct {
	d             *desk
	place         cloud.Place
	before, after cloud.Namespace
	close         func() // lets others change the namespace
}

// changeBundle changes the bundle of a migration's namespace; nobody comes in between the look and the change. An
// error of how changes nothing. Whoever gets a change closes it. A Denied fault where another team uses the namespace too.
func (d *desk) changeBundle(ctx context.Context, by Actor, v migration.View, how func(cloud.Namespace, cloud.Callers) ([]byte, error)) (*bundleChange, error) {
	if !v.Migration.Mode.Can().Bundle {
		return nil, notOurs()
	}
	id, err := idOf(v)
	if err != nil {
		return nil, err
	}
	place, err := d.Ready(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.changeCAs(ctx, by, place, id, func(ns cloud.Namespace, callers cloud.Callers) ([]byte, error) {
		pem, err := how(ns, callers)
		if err == nil && string(pem) == ns.BundlePEM {
			err = errSame
		}
		return pem, err
	})
	if err != nil {
		c.close()
		return nil, fault.Rename(err, map[string]string{"ca": "", "bundle": "", "fingerprint": ""})
	}
	return c, nil
}

// errSame is the answer to a change that is none: nothing is written, nor judged anew.
var errSame = errors.New("it stays as it is")

// changeCAs changes the bundle of a namespace that holdSpace gives the actor. Its caller closes the change, also with an error.
// What there was before is in the change, also with an error, unless the namespace could not be looked at.
func (d *desk) changeCAs(ctx context.Context, by Actor, place cloud.Place, id namespace.ID, how func(cloud.Namespace, cloud.Callers) ([]byte, error)) (c *bundleChange, err error) {
	c = &bundleChange{d: d, place: place}
	if c.close, err = d.holdSpace(ctx, by, id.String()); err != nil {
		return c, err
	}
	c.after, err = place.CAs.ChangeCAs(ctx, id, func(ns cloud.Namespace, callers cloud.Callers) ([]byte, error) {
		c.before = ns
		return how(ns, callers)
	})
	if errors.Is(err, errSame) {
		c.after, err = c.before, nil
	}
	return c, err
}

// same reports whether the change changed nothing.
func (c *bundleChange) same() bool { return c.before.BundlePEM == c.after.BundlePEM }

// changedAgain is the fault of taking back what somebody else has changed meanwhile: theirs stays.
func changedAgain() error {
	return fault.New(fault.Conflict, "Somebody else changed it meanwhile", "Look at the namespace in the rehearsal cloud.")
}

// settle writes down what follows from the change: what what says of the migration, and for every migration of the
// namespace what its bundle holds now. When that fails the bundle becomes what it was.
func (c *bundleChange) settle(ctx context.Context, by Actor, id string, r custody.Record, what func(migration.View) ([]migration.Fact, error)) error {
	_, err := c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := what(v)
		if err != nil {
			return entry{}, err
		}
		saved, err := c.d.saved(ctx, c.after, migration.Derive(v.Migration, append(v.Facts[:len(v.Facts):len(v.Facts)], facts...), nil, c.d.now()))
		return entry{append(facts, saved...), []custody.Record{r}, !c.same()}, err
	})
	return c.undo(ctx, err)
}

// write is Book.write for facts of every migration of the namespace.
func (c *bundleChange) write(ctx context.Context, by Actor, id string, decide func(migration.View) (entry, error)) (migration.View, error) {
	unlock, err := c.holdAll(ctx, id)
	if err != nil {
		return migration.View{}, err
	}
	defer unlock()
	return c.d.writeAlone(ctx, by, id, decide)
}

// holdAll holds every migration of the namespace, and some more. As long as the namespace is held none comes to it.
func (c *bundleChange) holdAll(ctx context.Context, more ...string) (unlock func(), err error) {
	moves, err := c.d.InNamespace(ctx, migration.Rehearsal, c.after.ID.String())
	for _, v := range moves {
		more = append(more, v.Migration.ID)
	}
	if err != nil {
		return nil, err
	}
	return c.d.writing.lock(more...), nil
}

// undo makes the bundle what it was when err is not nil, and returns err.
func (c *bundleChange) undo(ctx context.Context, err error) error {
	if err == nil || c.same() {
		return err
	}
	if e := c.place.CAs.TakeBackCAs(context.WithoutCancel(ctx), c.after); e != nil {
		c.d.logged("restore a CA bundle", e)
		return left(err, e, "The CA bundle of "+c.after.ID.String()+" was changed and could not be changed back.")
	}
	return err
}

// saved are the facts that a namespace's bundle is now what it is, for every migration that is about it: its own CA is
// in, or another. then are migrations as they will be, in the place of those that are.
func (d *desk) saved(ctx context.Context, ns cloud.Namespace, then ...migration.View) ([]migration.Fact, error) {
	moves, err := d.InNamespace(ctx, migration.Rehearsal, ns.ID.String())
	if err != nil {
		return nil, err
	}
	prints := ns.Fingerprints()
	var out []migration.Fact
	for _, v := range moves {
		for _, t := range then {
			if t.Migration.ID == v.Migration.ID {
				v = t
			}
		}
		seen := ""
		if len(prints) > 0 {
			seen = prints[0]
		}
		if c := v.Certificate; c != nil && slices.Contains(prints, c.CAFingerprint) {
			seen = c.CAFingerprint
		}
		facts, err := v.SetUpload(migration.UploadData{CAFingerprint: seen})
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			f.MigrationID = v.Migration.ID
			out = append(out, f)
		}
	}
	return out, nil
}
