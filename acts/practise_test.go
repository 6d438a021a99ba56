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
