package check

import (
	"fmt"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// CheckFeed is a check that is followed.
type CheckFeed struct {
	CheckState
	Log []runs.Entry
}

func (c *CheckFeed) ID() (string, string) { return c.Run.MigrationID, c.Run.ID }

func (c *CheckFeed) UpTo(after int64) int64 {
	for _, e := range web.LogUpTo(c.Log, after) {
		c.add(e)
	}
	return c.seq
}

func (c *CheckFeed) Take(es []runs.Entry) {
	for _, e := range es {
		c.add(e)
	}
}

func (c *CheckFeed) Next(es []runs.Entry) (parts []templ.Component, say, alarm string) {
	c.Run.State, c.Run.Result = migration.RunRunning, nil // as these entries saw it, however the run ended since
	told := map[string]bool{}
	for _, e := range es {
		s, ok := web.StageOf(e)
		if !ok {
			continue
		}
		n, all := web.StageNumber(s.ID), len(doctor.StageIDs)
		switch s.Status {
		case doctor.Pass, doctor.Warn:
			say = fmt.Sprintf("Stage %d of %d passed: %s", n, all, web.StageTitle(s.ID, c.Run.CheckRequest().Auth))
		case doctor.Fail:
			alarm = fmt.Sprintf("Stage %d of %d failed: %s. %s", n, all, web.StageTitle(s.ID, c.Run.CheckRequest().Auth), s.Summary)
		}
		if !told[s.ID] {
			told[s.ID] = true
			parts = append(parts, views.StageRow(c.stage(s.ID)))
		}
	}
	if len(parts) == 0 {
		return nil, "", ""
	}
	return append(parts, views.Crossing(c.crossing()), views.RunStatus(c.status()), views.Verdict(c.verdict())), say, alarm
}

func (c *CheckFeed) Finish(run runs.Run) (parts []templ.Component, say, alarm string) {
	c.Run = run
	if run.State == migration.RunPassed {
		say = "Connected: " + run.Title
	} else {
		alarm = run.Title
	}
	return c.All(), say, alarm
}
