package acts

import (
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
)

// judging is a rehearsal cloud that can be told how strictly to judge client certificates.
type judging struct {
	cloud.Adjustments
	lenient bool
}

func (j *judging) SetLenient(on bool) { j.lenient = on }

// TestSetLenient: it is chosen and written down; where it cannot be chosen it is said, and nothing is written.
func TestSetLenient(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	if err := w.Acts.Rehearsal.SetLenient(w.ctx, dana, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("without a choice: %v", err)
	}
	j := &judging{}
	w.Acts.Places.o.Rehearsal.Adjust = j
	for _, on := range []bool{true, false} {
		if err := w.Acts.Rehearsal.SetLenient(w.ctx, dana, on); err != nil || j.lenient != on {
			t.Errorf("%v: %v, it is %v", on, err, j.lenient)
		}
	}
	records, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Strictness})
	if w.must(err); len(records) != 2 || records[1].Note+records[0].Note != "lenientstrict" && records[0].Note+records[1].Note != "lenientstrict" {
		t.Errorf("in the audit: %+v", records)
	}
}
