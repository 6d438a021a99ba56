package acts

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"onramp/custody"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// maxBy is how long the name of a person is, in characters.
const maxBy = 80

// Record records a check that was made elsewhere: somebody ran `onramp check` where the worker runs, and brought its
// report (JSON). The same report again gives the run that it made. The run is shown as reported, never as observed, and
// counts only by migration.View.Discounts. who is the person who made it, as typed, via runs.ViaPost or runs.ViaPaste.
// Faults are Invalid, at the fields report and by.
func (c Checks) Record(ctx context.Context, by Actor, id string, report []byte, who, via string) (run runs.Run, err error) {
	defer unchanged(&err)
	if who, err = reporter(who); err != nil {
		return run, err
	}
	if strings.TrimSpace(string(report)) == "" {
		return run, fault.New(fault.Invalid, "There is no report", "Paste the complete output of onramp check --json.").In("report")
	}
	rep, err := doctor.ParseReport(report)
	if err != nil {
		return run, fault.From(err).In("report")
	}
	v, err := c.View(ctx, id)
	if err != nil {
		return run, err
	}
	if v.Namespace == nil {
		return run, fault.New(fault.Conflict, "There is no namespace yet", "Choose the namespace first: step 1.")
	}
	if rep.Target.Namespace != v.Namespace.Namespace {
		f := fault.New(fault.Invalid, "This report is about another namespace", "Run the command of this page where the worker runs, and bring its report.").In("report")
		f.Cause = "It is about " + cmp.Or(rep.Target.Namespace, "none") + ", but this migration is about " + v.Namespace.Namespace + "."
		return run, f
	}
	text, err := json.Marshal(rep)
	if err != nil {
		return run, err
	}
	sum := sha256.Sum256(text)
	key := "report " + hex.EncodeToString(sum[:])
	if run, err := c.o.Runs.ByKey(ctx, id, migration.CheckRun, key); !fault.Is(err, fault.NotFound) {
		return run, err
	}
	run, err = c.report(ctx, by, v, rep, runs.Reported{Host: rep.TestedFrom, By: who, Via: via, At: c.now()}, key)
	if fault.Is(err, fault.Conflict) { // the same report twice at once
		if have, e := c.o.Runs.ByKey(ctx, id, migration.CheckRun, key); e == nil {
			return have, nil
		}
	}
	return run, err
}

// report writes a run that has ended elsewhere.
func (c Checks) report(ctx context.Context, by Actor, v migration.View, rep doctor.Report, from runs.Reported, key string) (runs.Run, error) {
	id, check := v.Migration.ID, runs.About(rep, rep.Target.Leaf)
	input := "reported " + key // about nothing of ours, unless it counts
	if from.Why = v.Discounts(check, from.At); from.Why == "" {
		from.Counts, input = true, v.CheckHash()
	}
	asked, err := json.Marshal(runs.CheckRequest{Address: rep.Target.Address, Namespace: rep.Target.Namespace, ServerName: rep.Target.ServerName,
		Auth: rep.Target.Auth, Leaf: rep.Target.Leaf, Reported: &from})
	if err != nil {
		return runs.Run{}, err
	}
	end := runs.Judged(rep)
	r := runs.Run{Request: asked, IdempotencyKey: key, Row: runs.Row{By: by.Name, Reporter: from.By,
		Outcome: migration.Outcome{ID: runs.NewID(), MigrationID: id, Kind: migration.CheckRun, State: migration.RunRunning, From: from.Host, InputHash: input, Started: from.At}}}
	var lines []runs.Line
	for _, st := range rep.Stages {
		if st.Status != doctor.NotReached {
			lines = append(lines, runs.Line{Kind: runs.EntryStage, Data: st})
		}
	}
	r, err = c.store.AddEnded(ctx, r, func(r runs.Run) (runs.Run, []runs.Entry, []migration.Fact) {
		if from.Counts {
			o := r.Outcome
			o.State, o.Code = end.State, end.Code
			end.Facts = v.Checked(o, check)
		}
		return runs.Past(r, from.At, lines, end)
	}, c.stamped(by, note(id, custody.Reported, from.Host))...)
	if err != nil {
		return runs.Run{}, err
	}
	c.o.Runs.Wake(r)
	return r, nil
}

// reporter is the name of a person as typed.
func reporter(by string) (string, error) {
	by = strings.TrimSpace(by)
	if utf8.RuneCountInString(by) > maxBy || !utf8.ValidString(by) || strings.ContainsFunc(by, func(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }) {
		return "", fault.New(fault.Invalid, "This is not a name", "Use at most 80 characters on one line.").In("by")
	}
	return by, nil
}
