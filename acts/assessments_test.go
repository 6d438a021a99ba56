package acts

import (
	"context"

	"onramp/assess"
	"onramp/doctor"
)

// reading is a source that shows nothing.
type reading struct{}

// Assess implements runs.Assessor.
func (reading) Assess(context.Context, doctor.Target, assess.Options) (*assess.Facts, *doctor.Verdict, error) {
	return &assess.Facts{Schema: assess.FactsSchema, Address: "localhost:7233"}, nil, nil
}

// finding is one of what reading finds.
var finding = func() string {
	f, _, _ := reading{}.Assess(context.Background(), doctor.Target{}, assess.Options{})
	return assess.Judge(f).Rows[0].Finding
}()

// assessed leaves an assessment that has ended in extra.
func (w *world) assessed() {
	w.issued()
	run, err := w.Assessments.Start(w.ctx, dana, w.m.ID, Assess{Target: doctor.Target{Address: "localhost:7233", Plaintext: true}, Options: assess.Options{Rate: 2, Budget: 20}})
	w.must(err)
	w.settle()
	w.extra = run.ID
}
