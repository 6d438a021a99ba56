package acts

import (
	"context"

	"onramp/assess"
	"onramp/cutover"
	"onramp/migration"
	"onramp/runs"
)

// beside is what a report says of the server that the application leaves: its newest assessment and the newest look at the
// cut-over, of those that read something; nil where there is none. No step rests on them.
func (r Reports) beside(ctx context.Context, v migration.View) (a *ReportAssessment, c *ReportCutover, err error) {
	err = r.newest(ctx, v.Migration.ID, migration.AssessRun, func(run runs.Run) bool {
		res, _ := runs.ReadAssessed(run)
		if res.Facts == nil {
			return false
		}
		rep := assess.Judge(res.Facts)
		rep.Mark(Marks(v))
		a = &ReportAssessment{Run: *reportRun(run.Row), Server: telling(rep.Source.Address), Version: telling(rep.Source.ServerVersion), Grade: rep.Grade, Headline: telling(rep.Headline()), Manual: rep.Tally(false)}
		for _, row := range rep.Rows {
			switch {
			case row.Reviewed != nil && !row.Again():
				a.Reviewed++
			case row.Manual == assess.Warning, row.Manual == assess.Blocker:
				a.ToReview++
			}
		}
		return true
	})
	if err != nil {
		return nil, nil, err
	}
	err = r.newest(ctx, v.Migration.ID, migration.CutoverRun, func(run runs.Run) bool {
		res, _ := runs.ReadCrossed(run)
		if res.Facts == nil {
			return false
		}
		res.Facts.Said.Overrides = Overrides(v)
		rep := cutover.Judge(res.Facts)
		c = &ReportCutover{Run: *reportRun(run.Row), Source: telling(rep.Source.Address), Headline: telling(rep.Headline()), Gates: []ReportGate{}}
		for _, g := range rep.Gates {
			out := ReportGate{ID: g.ID, Name: g.Name, State: g.State}
			if g.State == cutover.Overridden {
				out.By = telling(res.Facts.Said.Overrides[g.ID])
			}
			c.Gates = append(c.Gates, out)
		}
		return true
	})
	return a, c, err
}

// newest gives take the runs of a kind that have ended, the newest first, until it takes one; of the last manyDrills.
func (r Reports) newest(ctx context.Context, id string, kind migration.RunKind, take func(runs.Run) bool) error {
	rows, err := r.o.Runs.Rows(ctx, id, kind, manyDrills)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if !row.Over() || !row.HasResult {
			continue
		}
		run, err := r.o.Runs.Run(ctx, id, row.ID)
		if err != nil {
			return err
		}
		if take(run) {
			return nil
		}
	}
	return nil
}
