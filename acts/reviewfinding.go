package acts

import (
	"context"
	"errors"

	"onramp/assess"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// ReviewFinding is a mark on a finding of an assessment.
type ReviewFinding struct {
	Run, Finding string
	Why          string // what the person says of it; "" for nothing
	Open         bool   // the mark is taken back
}

// Review marks a finding of an assessment as reviewed by a person, or takes that back. The mark is the finding's, so that it
// stays in the assessments that follow. Faults are NotFound where the assessment has no such finding, and Invalid at the
// field why.
func (a Assessments) Review(ctx context.Context, by Actor, id string, req ReviewFinding) (v migration.View, err error) {
	defer unchanged(&err)
	run, err := a.o.Runs.Run(ctx, id, req.Run)
	if err != nil {
		return v, err
	}
	res, _ := runs.ReadAssessed(run)
	if res.Facts == nil {
		return v, fault.New(fault.NotFound, "This assessment has no findings", "Run it again.")
	}
	row, ok := assess.Judge(res.Facts).Row(req.Finding)
	if !ok {
		return v, fault.New(fault.NotFound, "This assessment has no such finding", "Open its page again: the finding may be one of another assessment.")
	}
	d := migration.ReviewedData{Finding: req.Finding, Check: row.ID, As: string(row.Worst()), Why: req.Why, Open: req.Open}
	verb := custody.Reviewed
	if req.Open {
		verb, d.Why = custody.Reopened, ""
	}
	return a.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := migration.ReviewFinding(v.Facts, d)
		err = errors.Join(err, noSecretIn(d.Why))
		return entry{facts: facts, records: []custody.Record{note(id, verb, req.Finding)}}, err
	})
}

// Marks are the reviews of a migration's findings that stand, by the names of findings.
func Marks(v migration.View) map[string]assess.Reviewed {
	marks := map[string]assess.Reviewed{}
	for finding, m := range migration.Reviews(v.Facts) {
		marks[finding] = assess.Reviewed{By: m.By, At: m.At, As: assess.Verdict(m.As), Why: m.Why}
	}
	return marks
}
