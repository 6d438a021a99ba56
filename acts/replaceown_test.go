package acts

import (
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/migration"
)

// TestRemoveKnowsItsOwn: Onramp's own looks and checks with the old certificate hold nothing up, its own transfer does
// while it runs, and another program does as long as it is seen.
func TestRemoveKnowsItsOwn(t *testing.T) {
	w := newWorld(t)
	w.replacing("proof")
	old := w.view().Replacement().Old
	caller := cloud.Caller{Leaf: old.LeafFingerprint, LeafSubject: old.LeafSubject, CA: old.CAFingerprint, CASubject: old.CASubject, Identity: "onramp", Calls: 9, Open: 1, Last: time.Now()}
	see := func(own bool) {
		caller.Own = own
		w.cloud.seen = []cloud.Caller{caller}
	}
	refused := func(what, why string) {
		t.Helper()
		if err := w.Replacements.Remove(w.ctx, dana, w.m.ID); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", what, err)
		}
	}
	see(false)
	refused("another program that calls itself onramp", "still in use")
	see(true)
	w.flows.hold = make(chan struct{})
	run, err := w.transfer("once")
	w.must(err)
	refused("a transfer of Onramp's own", "own test transfer 1 still uses")
	w.flows.let(func() {
		for _, once := range []string{"2", "3", "4", "5"} { // short ones after it, each in turn
			later, err := w.transfer(once)
			w.must(err)
			w.ended(later.ID)
		}
	})
	refused("an older transfer of Onramp's own that still runs", "own test transfer 1 still uses")
	w.must(w.Acts.Transfers.Stop(w.ctx, dana, w.m.ID, run.ID))
	w.settle()
	w.must(w.Replacements.Remove(w.ctx, dana, w.m.ID))
	if v := w.view(); v.Replacement().Removed == nil || !v.Replacement().Removed.LastOld.IsZero() || v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("after the removal: %+v", v.Replacement().Removed)
	}
}
