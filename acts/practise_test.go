package acts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/migration"
)

// TestPractiseReturnsWhatIsThen: the migration that is returned has the certificates that were made.
func TestPractiseReturnsWhatIsThen(t *testing.T) {
	for _, again := range []bool{false, true} {
		w := newWorld(t)
		if again {
			w.tested()
		}
		was := w.m.ID
		v, err := w.Acts.Rehearsal.Practise(w.ctx, dana, was, practiceSet)
		w.must(err)
		w.m = v.Migration
		then := w.view()
		if d := cmp.Diff(ids(then.Facts), ids(v.Facts)); d != "" || v.Certificate == nil || v.Certificate.LeafFingerprint != then.Certificate.LeafFingerprint {
			t.Errorf("again %v (-there +returned):\n%s", again, d)
		}
		w.end()
	}
}

func ids(facts []migration.Fact) (out []int64) {
	for _, f := range facts {
		out = append(out, f.ID)
	}
	return out
}

// TestPracticeIsNoEvidence: what a check finds while its rehearsal is broken on purpose says nothing about a step, whether
// it failed or passed; turned off, nothing of it is left.
func TestPracticeIsNoEvidence(t *testing.T) {
	w := newWorld(t)
	defer func() { w.end() }()
	w.tested()
	w.must(w.cloud.SetBreak(w.ctx, w.id(), "filters", true))
	was := w.view()
	w.check()
	w.settle()
	rows, err := w.log.Rows(w.ctx, w.m.ID, migration.CheckRun, 1)
	w.must(err)
	then := w.view()
	if len(rows) != 1 || rows[0].InputHash == then.CheckHash() {
		t.Errorf("the check of a broken rehearsal is about its present inputs: %+v", rows)
	}
	if d := cmp.Diff(was.Steps, then.Steps); d != "" {
		t.Errorf("steps (-before the practice +after):\n%s", d)
	}
}
