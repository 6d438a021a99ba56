package acts

import (
	"context"

	"onramp/custody"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// Crossing asks for a look at both sides of a migration. What the source asks for to be let in is used for this look alone,
// and kept nowhere; the target is the migration's.
type Crossing struct {
	Credentials               // of the target
	Source      doctor.Target // Plaintext where it is reached without TLS
	Options     cutover.Options
	Reviewed    bool // the actor went through the warnings of the last assessment
}

// Look starts a look in the background and returns its run at once. Faults are Invalid, at the fields address, namespace,
// window, silent, rate, budget, queues, source_cert_pem, source_ca_pem, source_api_key and those of Credentials; TooMany
// while another of the migration is under way.
func (c Cutovers) Look(ctx context.Context, by Actor, id string, req Crossing) (run runs.Run, err error) {
	defer unchanged(&err)
	if c.o.Crosser == nil {
		return run, fault.New(fault.Unavailable, "This Onramp looks at no cut-over", "Run onramp cutover where both servers can be reached.")
	}
	v, err := c.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, noNamespace()
	}
	work := runs.Crossing{Crosser: c.o.Crosser, Ends: cutover.Ends{Source: req.Source, Target: c.Target(v)}, Options: req.Options, Now: c.o.Now}
	work.Options.TargetNamespace = work.Ends.Target.Namespace
	work.Options.Said.Overrides = Overrides(v)
	if req.Reviewed {
		work.Options.Said.WarningsReviewedBy = by.Name
	}
	if err := join(checkCrossing(work), c.with(by, v, req.Credentials, &work.Ends.Target)); err != nil {
		return run, err
	}
	if err := readable(work.Ends.Target); err != nil {
		return run, err
	}
	if err := c.Reach(ctx, v); err != nil {
		return run, err
	}
	if work.Options.Assessment, err = c.lastAssessment(ctx, v); err != nil {
		return run, err
	}
	for _, address := range []string{work.Ends.Source.Address, work.Ends.Target.Address} {
		if err := c.admit(ctx, by, address); err != nil {
			return run, err
		}
	}
	secrets := runs.NewScrubber(work.Ends.Source).And(work.Ends.Target)
	r := runs.Run{Request: secrets.JSON(runs.NewCrossRequest(work)), Row: runs.Row{By: by.Name, Outcome: migration.Outcome{MigrationID: v.Migration.ID, Kind: migration.CutoverRun}}}
	return c.begin(ctx, by, custody.CrossLooked, runs.Job{Run: r, Secrets: secrets, Work: work, Most: 1,
		Full: fault.New(fault.TooMany, "Onramp is looking at this cut-over already", "Wait until that look has ended, or stop it.")})
}

// checkCrossing says what is wrong with what was asked, without dialling.
func checkCrossing(w runs.Crossing) error {
	source := Assess{Target: w.Ends.Source}.check()
	if f := fault.From(source); f != nil && (f.Field == "cert_pem" || f.Field == "ca_pem" || f.Field == "api_key") {
		source = f.In("source_" + f.Field)
	}
	return join(source, fault.Rename(w.Options.Validate(), map[string]string{"task-queue": "queues"}))
}

// lastAssessment is what the newest assessment of a migration says, with the marks of those who reviewed it; nil where there is
// none.
func (c Cutovers) lastAssessment(ctx context.Context, v migration.View) (*cutover.Assessed, error) {
	id := v.Migration.ID
	past, err := c.o.Runs.Rows(ctx, id, migration.AssessRun, 20)
	if err != nil {
		return nil, err
	}
	for _, row := range past {
		if !row.Over() || !row.HasResult {
			continue
		}
		run, err := c.o.Runs.Run(ctx, id, row.ID)
		if err != nil {
			return nil, err
		}
		if res, ok := runs.ReadAssessed(run); ok && res.Facts != nil {
			return cutover.OfReviewed(res.Facts, Marks(v)), nil
		}
	}
	return nil, nil
}
