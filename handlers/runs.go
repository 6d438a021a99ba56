package handlers

import (
	"encoding/json"
	"net/http"
	"strconv"

	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// shownRuns is how many runs a page lists beside its work.
const shownRuns = 30

// history is the newest runs of a kind.
func (h *Handlers) history(r *http.Request, v visit, kind migration.RunKind, limit int) ([]views.RunRow, error) {
	past, err := h.o.Runs.Rows(r.Context(), v.Migration.ID, kind, limit)
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
	row := views.RunRow{Number: strconv.Itoa(run.Number), URL: runPath(run.Outcome), Title: run.Title,
		When: moment(run.Started), Stamp: stamp(run.Started)}
	tag := runTag(run)
	row.State, row.Word = tag.State, tag.Word
	if run.Code != doctor.OK {
		row.Code = run.Code
	}
	if run.Kind == migration.DrillRun {
		row.Code = "" // of the one that could not begin: its page explains it
	}
	if !run.Ended.IsZero() {
		row.Took = took(run.Ended.Sub(run.Started))
	}
	return row
}

// runTag is how a run stands.
func runTag(run runs.Row) views.Tag {
	switch run.State {
	case migration.RunPassed:
		return views.Tag{State: views.Good, Word: "Passed"}
	case migration.RunFailed:
		return views.Tag{State: views.Bad, Word: "Failed"}
	case migration.RunInterrupted:
		return views.Tag{State: views.Warn, Word: "Interrupted"}
	}
	return views.Tag{State: views.Busy, Word: "Running"}
}

// lastCrossing is the map of the newest check.
func (h *Handlers) lastCrossing(r *http.Request, v visit) (views.CrossingProps, error) {
	past, err := h.o.Runs.Rows(r.Context(), v.Migration.ID, migration.CheckRun, 1)
	if err != nil {
		return views.CrossingProps{}, err
	}
	if len(past) == 0 {
		return crossing(nil, "Not tested yet", ""), nil
	}
	run := past[0]
	entries, err := h.o.Runs.Entries(r.Context(), run.ID, 0)
	if err != nil {
		return views.CrossingProps{}, err
	}
	label := "Run " + strconv.Itoa(run.Number)
	if run.From != "" {
		label += ", as reported from " + run.From
	}
	return crossing(stagesOf(entries), label, runPath(run.Outcome)), nil
}

// stagesOf is the newest word of a check's log on every stage.
func stagesOf(entries []runs.Entry) map[string]doctor.Stage {
	out := map[string]doctor.Stage{}
	for _, e := range entries {
		if s, ok := stageOf(e); ok {
			out[s.ID] = s
		}
	}
	return out
}

func stageOf(e runs.Entry) (doctor.Stage, bool) {
	if e.Kind != runs.EntryStage {
		return doctor.Stage{}, false
	}
	var s doctor.Stage
	return s, json.Unmarshal(e.Data, &s) == nil
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

// markOf is the mark of a stage, for sentences: "Stopped at Certificate".
func markOf(stage string) string {
	for _, m := range marks {
		for _, s := range m.stages {
			if s == stage {
				return m.label
			}
		}
	}
	return "the workflow"
}

// crossing draws the map from what is known of the stages; url is where a reader finds out more.
func crossing(stages map[string]doctor.Stage, label, url string) views.CrossingProps {
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
			tag := stageTag(s.Status)
			if s.Status == doctor.Skip && mark.State == views.Idle {
				mark.Word = "skipped"
			}
			if worse(tag.State, mark.State) {
				mark.State, mark.Word = tag.State, lowerFirst(tag.Word)
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

// report reads a check's result; ok is false while there is none.
func report(run runs.Run) (doctor.Report, bool) {
	var rep doctor.Report
	if len(run.Result) == 0 {
		return rep, false
	}
	return rep, json.Unmarshal(run.Result, &rep) == nil
}

// wantsFollow reports whether the page is to be streamed for a reader without JavaScript.
func wantsFollow(r *http.Request) bool { return r.URL.Query().Get("follow") == "1" }
