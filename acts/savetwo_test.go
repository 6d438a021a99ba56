package acts

import (
	"testing"

	"onramp/cloud"
)

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
