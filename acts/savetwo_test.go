package acts

import (
	"context"
	"errors"
	"testing"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/migration"
	"onramp/namespace"
)

// meddler is a place where somebody else comes in right before a change.
type meddler struct {
	*standIn
	first func()
}

func (m meddler) ChangeCAs(ctx context.Context, id namespace.ID, how func(cloud.Namespace, cloud.Callers) ([]byte, error)) (cloud.Namespace, error) {
	m.first()
	return m.standIn.ChangeCAs(ctx, id, how)
}

func (m meddler) ChangeFilters(ctx context.Context, id namespace.ID, how func(cloud.Namespace) ([]byte, error)) (cloud.Namespace, error) {
	m.first()
	return m.standIn.ChangeFilters(ctx, id, how)
}

// lateStore is a store where somebody else comes in right before a record fails.
type lateStore struct {
	Store
	first func()
}

func (s lateStore) Record(context.Context, []migration.Fact, []custody.Record) ([]migration.Fact, error) {
	s.first()
	return nil, broken()
}

// TestTwoSave: of two who change the same thing of a namespace at the same time, nobody takes the place of what they
// have not seen: neither on the way, nor by taking back what could not be written down.
func TestTwoSave(t *testing.T) {
	const mine, theirs = `{"filters":[{"commonName":"mine"}]}`, `{"filters":[{"commonName":"theirs"}]}`
	ca := func(name string) []byte {
		made, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: name, KeyType: certsvc.ECP256})
		if err != nil {
			t.Fatal(err)
		}
		return made.CertPEM
	}
	myCA, theirCA := ca("mine"), ca("theirs")
	for _, tt := range []struct {
		what     string
		meddle   func(w *world) // what somebody else does
		do       func(w *world, ctx context.Context) error
		of       func(cloud.Namespace) string
		want     string
		onTheWay bool // the act says what its reader has seen
	}{
		{"the bundle", func(w *world) { w.must(second(w.cloud.SetCAs(w.ctx, w.id(), theirCA))) },
			func(w *world, ctx context.Context) error {
				return second(w.Acts.Namespaces.SaveCAs(ctx, dana, w.id(), myCA))
			},
			func(ns cloud.Namespace) string { return ns.BundlePEM }, string(theirCA), true},
		{"the filters", func(w *world) {
			w.must(second(w.cloud.ChangeFilters(w.ctx, w.id(), func(cloud.Namespace) ([]byte, error) { return []byte(theirs), nil })))
		}, func(w *world, ctx context.Context) error {
			return w.Acts.Namespaces.SaveFilters(ctx, dana, w.m.ID, []byte(mine))
		}, func(ns cloud.Namespace) string { return string(ns.Filters) }, theirs, true},
		{"the sign-in", func(w *world) { // chosen and chosen again: what is there is theirs
			w.must(second(w.cloud.ChangeAuth(w.ctx, w.id(), func(cloud.Namespace, cloud.Callers) (string, error) { return "theirs", nil })))
		}, func(w *world, ctx context.Context) error {
			return w.Acts.Namespaces.SaveAuth(ctx, dana, w.id(), cloud.AuthAPIKey)
		}, func(ns cloud.Namespace) string { return ns.Auth }, "theirs", false},
	} {
		judge := func(t *testing.T, w *world, err error) {
			t.Helper()
			if err == nil {
				t.Error("it succeeded")
			}
			ns, e := w.cloud.Namespace(w.ctx, w.id())
			w.must(e)
			if got := tt.of(ns); got != tt.want {
				t.Errorf("theirs is gone: %q is there", got)
			}
		}
		if tt.onTheWay {
			t.Run(tt.what+", on the way", func(t *testing.T) {
				w := newWorld(t)
				defer w.end()
				w.tested()
				ns, err := w.cloud.Namespace(w.ctx, w.id())
				w.must(err)
				m := meddler{w.cloud, func() { tt.meddle(w) }}
				w.Acts.Places.o.Rehearsal.CAs, w.Acts.Places.o.Rehearsal.Filters = m, m
				err = tt.do(w, Saw(w.ctx, Edition(tt.of(ns))))
				if !errors.Is(err, migration.ErrChanged) {
					t.Errorf("it does not say that somebody else changed it: %v", err)
				}
				judge(t, w, err)
			})
		}
		t.Run(tt.what+", taken back", func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			w.tested()
			w.Acts.Book.store = lateStore{w.Acts.Book.store, func() { tt.meddle(w) }}
			err := tt.do(w, w.ctx)
			judge(t, w, err)
			if leftOf(err) == "" {
				t.Errorf("it does not say what stays: %v", err)
			}
		})
	}
}

// TestKeyOfAnother: a key whose record fails is deleted again, and not the one that somebody else made meanwhile.
func TestKeyOfAnother(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	w.cloud.meanwhile = &cloud.Key{ID: "theirs", Name: "theirs"}
	w.f.set(2, false, false) // the record, after the key was made
	_, _, err := w.Acts.Namespaces.CreateKey(w.ctx, dana, w.id(), "worker", 30)
	w.f.set(0, false, false)
	if err == nil {
		t.Fatal("the record did not fail")
	}
	ns, err := w.cloud.Namespace(w.ctx, w.id())
	w.must(err)
	if len(ns.Keys) != 1 || ns.Keys[0].ID != "theirs" {
		t.Errorf("left are the keys %v, want theirs alone", ns.Keys)
	}
}
