package runs

import (
	"context"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/migration"
)

// Checker runs connection checks (doctor.Engine).
type Checker interface {
	Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report
}

// Check is the work of a connection check. When it passes, FactCheck follows and with mTLS FactCASeen; FactCASeen
// too when the namespace answered and only a later stage failed: then the CA was accepted.
type Check struct {
	Checker Checker
	Target  doctor.Target
	View    migration.View // as the check began
	Leaf    string         // fingerprint of the client certificate, "" for none
}

// Do checks and says how it ended.
func (c Check) Do(ctx context.Context, run Run, log func(...Line)) Ending {
	rep := c.Checker.Run(ctx, c.Target, func(st doctor.Stage) { log(Line{EntryStage, st}) })
	end := Judged(rep)
	if end.State == migration.RunFailed && ctx.Err() != nil {
		end.State = migration.RunInterrupted
		return end
	}
	run.State, run.Code = end.State, end.Code
	about := About(rep, c.Leaf)
	about.Key = cloud.KeyPrint(c.Target.APIKey)
	about.KeyID, _ = cloud.KeyClaims(c.Target.APIKey)
	end.Facts = c.View.Checked(run.Outcome, about)
	return end
}

// Judged is how a check ended by its report.
func Judged(rep doctor.Report) Ending {
	end := Ending{State: migration.RunFailed, Code: rep.Verdict.Code, Title: rep.Verdict.Title, Result: rep, TestedFrom: rep.TestedFrom, TookMS: rep.TookMS}
	if rep.Verdict.Code == doctor.OK {
		end.State = migration.RunPassed
		if end.Title == "" {
			end.Title = "Your worker can use this namespace"
		}
	}
	return end
}

// About is what rules ask of a report; leaf is the fingerprint of the client certificate that was presented.
func About(rep doctor.Report, leaf string) migration.Check {
	ok := map[string]bool{}
	for _, st := range rep.Stages {
		ok[st.ID] = st.Status == doctor.Pass || st.Status == doctor.Warn
	}
	t := rep.Target
	return migration.Check{Namespace: t.Namespace, Address: t.Address, Server: t.ServerName, Auth: t.Auth, Leaf: leaf, Made: rep.At,
		Passed: rep.Verdict.Code == doctor.OK, Accepted: ok["client-cert"] && ok["grpc"] && ok["namespace"]}
}
