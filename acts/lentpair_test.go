package acts

import (
	"testing"

	"onramp/certsvc"
	"onramp/migration"
)

// lentNow are the fingerprints of the pairs that Dana has lent: the migration's and the one that is to take its place.
func (w *world) lentNow() (client, next string) {
	if l, ok := w.Keys.Lent(dana, w.m.ID); ok {
		client = certsvc.Fingerprint(l.Leaf)
	}
	if l, ok := w.Keys.LentNew(dana, w.m.ID); ok {
		next = certsvc.Fingerprint(l.Leaf)
	}
	return client, next
}

// replaced goes through a replacement of the CA up to its end, with the new pair lent or not, and returns the old and
// the new client certificate.
func (w *world) replaced(lend bool) (old, fresh string) {
	w.t.Helper()
	w.replacing("bundle")
	leaf := w.newLeaf()
	leaf.Lend = lend
	w.must(w.Replacements.TakeLeaf(w.ctx, dana, w.m.ID, leaf))
	re := w.view().Replacement()
	w.must(second(w.Checks.StartPair(w.ctx, dana, w.m.ID, false, Credentials{Lent: true})))
	w.settle()
	w.must(second(w.Checks.StartPair(w.ctx, dana, w.m.ID, true, Credentials{Lent: lend, KeyPEM: []byte("the reader's own")})))
	w.settle()
	w.must(w.Replacements.Remove(w.ctx, dana, w.m.ID))
	return re.Old.LeafFingerprint, re.New.LeafFingerprint
}

// TestLentPairFollows: what is lent is never of a certificate that is not the migration's any more, whichever way it
// stopped being that.
func TestLentPairFollows(t *testing.T) {
	imported := func(w *world) {
		other := newWorld(w.t)
		defer other.end()
		other.issued()
		c := other.view().Certificate
		w.must(second(w.Certificates.Import(w.ctx, dana, w.m.ID, c.CAPEM, c.LeafPEM)))
	}
	for _, tt := range []struct {
		name         string
		do           func(w *world) (old, fresh string)
		client, next string // "old", "new" or ""
	}{
		{"replaced, the new pair lent", func(w *world) (string, string) { return w.replaced(true) }, "new", ""},
		{"replaced, the new pair not lent", func(w *world) (string, string) { return w.replaced(false) }, "", ""},
		{"rolled back after the end", func(w *world) (string, string) {
			old, fresh := w.replaced(true)
			w.must(w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateWorkers))
			return old, fresh
		}, "", "new"},
		{"and removed again", func(w *world) (string, string) {
			old, fresh := w.replaced(true)
			w.must(w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateWorkers))
			w.must(w.Replacements.Remove(w.ctx, dana, w.m.ID))
			return old, fresh
		}, "new", ""},
		{"rolled back on the way", func(w *world) (string, string) {
			w.replacing("leaf")
			re := w.view().Replacement()
			w.must(w.Replacements.Back(w.ctx, dana, w.m.ID, migration.GateLeaf))
			return re.Old.LeafFingerprint, re.New.LeafFingerprint
		}, "old", ""},
		{"new certificates on the way", func(w *world) (string, string) {
			w.replacing("leaf")
			re := w.view().Replacement()
			w.must(second(w.Certificates.IssueSet(w.ctx, dana, w.m.ID, IssueSet{Lane: MakerServer,
				Set: certsvc.SetRequest{CA: certsvc.CASpec{KeyType: certsvc.ECP256}, Leaf: certsvc.LeafSpec{CommonName: "payments"}}})))
			return re.Old.LeafFingerprint, re.New.LeafFingerprint
		}, "", ""},
		{"others brought on the way", func(w *world) (string, string) {
			w.replacing("leaf")
			re := w.view().Replacement()
			imported(w)
			return re.Old.LeafFingerprint, re.New.LeafFingerprint
		}, "", ""},
		{"the same brought again", func(w *world) (string, string) {
			w.issued()
			c := w.view().Certificate
			w.must(second(w.Certificates.Import(w.ctx, dana, w.m.ID, c.CAPEM, c.LeafPEM)))
			return c.LeafFingerprint, ""
		}, "old", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			old, fresh := tt.do(w)
			name := map[string]string{"": "", old: "old", fresh: "new"}
			name[""] = ""
			if client, next := w.lentNow(); name[client] != tt.client || name[next] != tt.next || client != "" && name[client] == "" || next != "" && name[next] == "" {
				t.Errorf("lent is %q, and as the next %q; want %q and %q", name[client], name[next], tt.client, tt.next)
			}
		})
	}
}
