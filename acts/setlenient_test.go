package acts

import (
	"context"
	"testing"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
)

// judging is a rehearsal cloud that can be told how strictly to judge client certificates.
type judging struct {
	cloud.Adjustments
	lenient, both bool
	refuses       error // what SetBothMethods answers
}

func (j *judging) SetLenient(on bool) { j.lenient = on }
func (j *judging) BothMethods() bool  { return j.both }

func (j *judging) SetBothMethods(_ context.Context, on bool) error {
	if j.refuses == nil {
		j.both = on
	}
	return j.refuses
}

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

// TestSetBothMethods: it is chosen and written down once; a refusal changes nothing and writes nothing.
func TestSetBothMethods(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	if err := w.Acts.Rehearsal.SetBothMethods(w.ctx, dana, true); !fault.Is(err, fault.NotFound) {
		t.Errorf("without a choice: %v", err)
	}
	j := &judging{}
	w.Acts.Places.o.Rehearsal.Adjust = j
	for _, on := range []bool{true, true, false} {
		if err := w.Acts.Rehearsal.SetBothMethods(w.ctx, dana, on); err != nil || j.both != on {
			t.Errorf("%v: %v, it is %v", on, err, j.both)
		}
	}
	j.refuses = fault.New(fault.Conflict, "A namespace takes both", "Choose one for it.")
	if err := w.Acts.Rehearsal.SetBothMethods(w.ctx, dana, true); !fault.Is(err, fault.Conflict) {
		t.Errorf("refused: %v", err)
	}
	records, err := w.db.Records(w.ctx, custody.Query{Verb: custody.MethodsSet})
	if w.must(err); len(records) != 2 || records[1].Note+records[0].Note != "bothone" && records[0].Note+records[1].Note != "bothone" {
		t.Errorf("in the audit: %+v", records)
	}
}
