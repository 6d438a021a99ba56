package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"onramp/assess"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// Needs are earlier steps as conditions of a page.
func Needs(v Visit, steps ...string) []views.NeedProps {
	var out []views.NeedProps
	for _, id := range steps {
		s := v.Step(id)
		out = append(out, views.NeedProps{Tag: views.Tag{State: StepState(s.Status), Word: StepWord(s)}, Text: s.Title, URL: MovePath(v.Migration.ID, id)})
	}
	return out
}

// Need is the first of these steps that is missing; nil when none is.
func Need(v Visit, steps ...string) *views.NeedProps {
	for i, n := range Needs(v, steps...) {
		if v.Step(steps[i]).Status != migration.Done {
			return &n
		}
	}
	return nil
}

// WhyInterrupted says why a run that was interrupted has no result, as its title does.
func WhyInterrupted(run runs.Run) string {
	return UpperFirst(strings.TrimPrefix(run.Title, "Interrupted: "))
}

// NotEnded is the fault of a run that has no result.
func NotEnded(run runs.Run) error {
	if run.Over() {
		return fault.New(fault.Gone, "This run has no result", "Run it again.")
	}
	return fault.New(fault.Conflict, "This run has not ended yet", "Try again once it has.")
}

// CheckHistory is the newest checks, newest first.
func (h *Site) CheckHistory(r *http.Request, v Visit, limit int) ([]runs.Row, error) {
	return h.Runs.Rows(r.Context(), v.Migration.ID, migration.CheckRun, limit)
}

// CheckRows are checks, newest first, as rows; each that is over links to comparing it with the one before.
func CheckRows(past []runs.Row) []views.CheckRow {
	rows := make([]views.CheckRow, 0, len(past))
	for i, p := range past {
		row := views.CheckRow{RunRow: runRow(p), From: p.TestedFrom}
		if p.HasResult {
			row.JSON, row.Took = RunPath(p.Outcome)+".json", Either(Millis(p.TookMS), row.Took)
		}
		if _, ok := doctor.Lookup(p.Code); ok {
			row.CodeURL = HelpPath(p.Code)
		}
		if p.From != "" {
			row.Reported, row.Took = "as reported", Millis(p.TookMS)
			if p.Reporter != "" {
				row.Reported += " by " + p.Reporter
			}
		}
		if i+1 < len(past) && p.Over() {
			row.Compare = &views.Link{Text: UpperFirst(past[i+1].Kind.Numbered(past[i+1].Number)), URL: ComparePath(p.Outcome, past[i+1].Outcome)}
		}
		rows = append(rows, row)
	}
	return rows
}

// ShownRuns is how many runs a page lists beside its work.
const ShownRuns = 30

// History is the newest runs of a kind.
func (h *Site) History(r *http.Request, v Visit, kind migration.RunKind, limit int) ([]views.RunRow, error) {
	past, err := h.Runs.Rows(r.Context(), v.Migration.ID, kind, limit)
	if err != nil {
		return nil, err
	}
	rows := make([]views.RunRow, 0, len(past))
	for _, run := range past {
		rows = append(rows, runRow(run))
	}
	return rows, nil
}

func runRow(run runs.Row) views.RunRow {
	row := views.RunRow{Name: UpperFirst(run.Kind.Numbered(run.Number)), URL: RunPath(run.Outcome), Title: run.Title,
		When: Moment(run.Started), Stamp: Stamp(run.Started)}
	tag := RunTag(run)
	row.State, row.Word = tag.State, tag.Word
	if run.Code != doctor.OK {
		row.Code = run.Code
	}
	if run.Kind == migration.DrillRun {
		row.Code = "" // of the one that could not begin: its page explains it
	}
	if !run.Ended.IsZero() {
		row.Took = Took(run.Ended.Sub(run.Started))
	}
	return row
}

var crossed = map[cutover.State]views.State{cutover.Red: views.Bad, cutover.Open: views.Warn, cutover.Passed: views.Good}

var assessed = map[assess.Verdict]views.State{assess.Blocker: views.Bad, assess.Warning: views.Warn, assess.Unknown: views.Wait, assess.Pass: views.Good}

// RunTag is how a run stands.
func RunTag(run runs.Row) views.Tag {
	switch run.State {
	case migration.RunPassed:
		if run.Kind == migration.CutoverRun { // it read both sides; what it said of them is in its first sentence
			if state, word := cutover.WordOf(run.Title); word != "" {
				return views.Tag{State: crossed[state], Word: word}
			}
		}
		if run.Kind == migration.AssessRun {
			if v, word := assess.WordOf(run.Title); word != "" {
				return views.Tag{State: assessed[v], Word: word}
			}
		}
		return views.Tag{State: views.Good, Word: "Passed"}
	case migration.RunFailed:
		return views.Tag{State: views.Bad, Word: "Failed"}
	case migration.RunInterrupted:
		return views.Tag{State: views.Warn, Word: "Interrupted"}
	}
	return views.Tag{State: views.Busy, Word: "Running"}
}

// LastCrossing is the map of the check that says how the migration stands: the one that step 4 goes by, else the newest
// about the present namespace and certificates. One that was about others says nothing of this migration any more.
func (h *Site) LastCrossing(r *http.Request, v Visit) (views.CrossingProps, error) {
	past, err := h.Runs.Rows(r.Context(), v.Migration.ID, migration.CheckRun, CrossedRuns)
	if err != nil {
		return views.CrossingProps{}, err
	}
	return h.CrossingOf(r, v, past)
}

// CrossedRuns is how many of the newest checks are looked at for the one that says how the migration stands.
const CrossedRuns = 100

// CrossingOf is LastCrossing from the newest checks, newest first.
func (h *Site) CrossingOf(r *http.Request, v Visit, past []runs.Row) (views.CrossingProps, error) {
	ofAuth := func(p views.CrossingProps) views.CrossingProps {
		if UsesKeys(v) {
			return ByKey(p)
		}
		return p
	}
	step, about := v.Step(migration.StepTest), v.CheckHash()
	at := slices.IndexFunc(past, func(p runs.Row) bool { return p.ID == step.Run })
	if at < 0 {
		at = slices.IndexFunc(past, func(p runs.Row) bool { return p.InputHash == about })
	}
	switch {
	case len(past) == 0:
		return ofAuth(Crossing(nil, "Not tested yet", "")), nil
	case at < 0:
		return ofAuth(Crossing(nil, "Not tested yet with the current namespace and certificates", "")), nil
	}
	run := past[at]
	entries, err := h.Runs.Entries(r.Context(), run.ID, 0)
	if err != nil {
		return views.CrossingProps{}, err
	}
	label := UpperFirst(run.Kind.Numbered(run.Number)) + ": " + LowerFirst(RunTag(run).Word)
	if run.From != "" {
		label += ", as reported from " + run.From
	}
	if at > 0 && past[0].State == migration.RunFailed && run.State == migration.RunPassed {
		label += ". A later check failed and does not count here"
	}
	return ofAuth(Crossing(StagesOf(entries), label, RunPath(run.Outcome))), nil
}

// StagesOf is the newest word of a check's log on every stage.
func StagesOf(entries []runs.Entry) map[string]doctor.Stage {
	out := map[string]doctor.Stage{}
	for _, e := range entries {
		if s, ok := StageOf(e); ok {
			out[s.ID] = s
		}
	}
	return out
}

// StageOf is the stage that an entry of a run holds; false for an entry of another kind or one that cannot be read.
func StageOf(e runs.Entry) (doctor.Stage, bool) {
	if e.Kind != runs.EntryStage {
		return doctor.Stage{}, false
	}
	var s doctor.Stage
	return s, json.Unmarshal(e.Data, &s) == nil
}

// SignFrame is the frame of a page of a run as its title and icon need it.
func SignFrame(v Visit, title string, tag views.Tag, over bool) views.Frame {
	return views.Frame{Title: title, Of: v.Migration.Name, Rehearsal: v.Migration.Mode.Can().Practice, Sign: views.SignProps{State: tag.State, Word: tag.Word, Over: over}}
}

// marks are the seven marks of the map and the stages behind each.
var marks = []struct {
	label  string
	stages []string
}{
	{"This machine", []string{"input", "pair", "chain"}},
	{"Name", []string{"dns"}},
	{"Network", []string{"tcp"}},
	{"Server", []string{"tls"}},
	{"Certificate", []string{"client-cert"}},
	{"Namespace", []string{"grpc", "namespace"}},
	{"Task queue", []string{"task-queue"}},
}

// MarkOf is the mark of a stage, for sentences: "Stopped at Certificate".
func MarkOf(stage string) string {
	for _, m := range marks {
		for _, s := range m.stages {
			if s == stage {
				return m.label
			}
		}
	}
	return "the workflow"
}

// ByKey names the mark of signing in as it is with an API key.
func ByKey(p views.CrossingProps) views.CrossingProps {
	for i, m := range p.Marks {
		if m.Label == MarkOf("client-cert") {
			p.Marks[i].Label = signIn
		}
	}
	return p
}

// signIn is what the mark Certificate is where an API key signs in.
const signIn = "Sign-in"

// Crossing draws the map from what is known of the stages; url is where a reader finds out more.
func Crossing(stages map[string]doctor.Stage, label, url string) views.CrossingProps {
	p := views.CrossingProps{Label: label}
	for _, m := range marks {
		mark := views.MarkProps{Label: m.label, State: views.Idle, Word: "not reached"}
		if stages == nil {
			mark.Word = "not tested"
		}
		for _, id := range m.stages {
			s, ok := stages[id]
			if !ok {
				continue
			}
			tag := StageTag(s.Status)
			if s.Status == doctor.Skip && mark.State == views.Idle {
				mark.Word = "skipped"
			}
			if worse(tag.State, mark.State) {
				mark.State, mark.Word = tag.State, LowerFirst(tag.Word)
				if s.Status == doctor.Running && StageNumber(id) >= StageNumber("dns") {
					mark.Word = "waiting"
				}
				if url != "" {
					mark.URL = url + "#stage-" + id
				}
			}
		}
		p.Marks = append(p.Marks, mark)
	}
	return p
}

// worse orders states for a mark that stands for several stages.
func worse(a, b views.State) bool {
	rank := map[views.State]int{views.Idle: 0, views.Good: 1, views.Warn: 2, views.Busy: 3, views.Bad: 4}
	return rank[a] > rank[b]
}

// Report reads a check's result; ok is false while there is none.
func Report(run runs.Run) (doctor.Report, bool) {
	var rep doctor.Report
	if len(run.Result) == 0 {
		return rep, false
	}
	return rep, json.Unmarshal(run.Result, &rep) == nil
}

// WantsFollow reports whether the page is to be streamed for a reader without JavaScript.
func WantsFollow(r *http.Request) bool { return r.URL.Query().Get("follow") == "1" }

// LogUpTo is the part of a run's log that a reader who resumes after an entry has seen; all of it for 0.
func LogUpTo(log []runs.Entry, after int64) []runs.Entry {
	if after <= 0 {
		return log
	}
	n := slices.IndexFunc(log, func(e runs.Entry) bool { return e.Seq > after })
	if n < 0 {
		return log
	}
	return log[:n]
}

// whileQuick is how long the answer to a form waits for its checks: a healthy one takes a fraction of a second.
const whileQuick = 2 * time.Second

// Awhile waits until runs have ended, at most two seconds in all: the page after it tells either way.
func Awhile(ctx context.Context, all Runs, ids ...string) {
	quick, cancel := context.WithTimeout(ctx, whileQuick)
	defer cancel()
	for _, id := range ids {
		for _, err := range all.Follow(quick, id, 0) {
			if err != nil {
				return
			}
		}
	}
}
