package handlers

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"

	"onramp/doctor"
	"onramp/migration"
	"onramp/views"
)

// pastCheck is a check with what a list shows of it.
type pastCheck struct {
	run   migration.Run
	asked migration.CheckRequest
	from  string // the host it ran on, "" while it has no result
}

// checkHistory is the newest checks, newest first.
func (h *Handlers) checkHistory(r *http.Request, v migration.View, limit int) ([]pastCheck, error) {
	runs, err := h.o.Migrations.Runs(r.Context(), v.Migration.ID, migration.CheckRun, limit)
	if err != nil {
		return nil, err
	}
	out := make([]pastCheck, 0, len(runs))
	for _, run := range runs {
		p := pastCheck{run: run, asked: requestOf(run)}
		if rep, ok := report(run); ok {
			p.from = rep.TestedFrom
		}
		out = append(out, p)
	}
	return out, nil
}

// requestOf is what a check was asked; a request that cannot be read says nothing.
func requestOf(run migration.Run) migration.CheckRequest {
	var asked migration.CheckRequest
	_ = json.Unmarshal(run.Request, &asked)
	return asked
}

// lastAsked is what a reader asked the newest check that Onramp made itself.
func lastAsked(past []pastCheck) migration.CheckRequest {
	for _, p := range past {
		if p.asked.Reported == nil && p.asked.TaskQueue != migration.PracticeQueue {
			return p.asked
		}
	}
	return migration.CheckRequest{}
}

func checkRows(past []pastCheck) []views.CheckRow {
	rows := make([]views.CheckRow, 0, len(past))
	for i, p := range past {
		row := views.CheckRow{RunRow: runRow(p.run), From: p.from}
		if len(p.run.Result) > 0 {
			row.JSON = runPath(p.run) + ".json"
		}
		if _, ok := doctor.Lookup(p.run.Code); ok {
			row.CodeURL = helpPath(p.run.Code)
		}
		if from := p.asked.Reported; from != nil {
			row.Reported, row.Took = "as reported", ""
			if from.By != "" {
				row.Reported += " by " + from.By
			}
			if rep, ok := report(p.run); ok {
				row.Took = millis(rep.TookMS)
			}
		}
		if i+1 < len(past) && ended(p.run) {
			row.Compare = &views.Link{Text: fmt.Sprintf("Run %d", past[i+1].run.Number), URL: comparePath(p.run, past[i+1].run)}
		}
		rows = append(rows, row)
	}
	return rows
}

// sparkProps draws the newest checks, at most as many as a page shows.
func sparkProps(past []pastCheck) views.SparkProps {
	past = past[:min(len(past), shownRuns)]
	var longest float64
	seconds := func(p pastCheck) float64 {
		if rep, ok := report(p.run); ok {
			return rep.TookMS / 1000
		}
		return max(0, p.run.Ended.Sub(p.run.Started).Seconds())
	}
	for _, p := range past {
		longest = max(longest, seconds(p))
	}
	count := map[views.State]int{}
	var s views.SparkProps
	for i := len(past) - 1; i >= 0; i-- {
		state := runTag(past[i].run).State
		count[state]++
		bar := views.SparkBar{State: state, Height: 1}
		if longest > 0 { // the root keeps a quick check visible beside one that ran into its time
			bar.Height = math.Sqrt(seconds(past[i]) / longest)
		}
		s.Bars = append(s.Bars, bar)
	}
	var parts []string
	for _, x := range []struct {
		state views.State
		word  string
	}{{views.Good, "passed"}, {views.Bad, "failed"}, {views.Warn, "interrupted"}, {views.Busy, "running"}} {
		if n := count[x.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, x.word))
		}
	}
	s.Text = fmt.Sprintf("Last %s, oldest first: %s", many(len(past), "check", "checks"), strings.Join(parts, ", "))
	return s
}

// askedAgain are the hidden fields with which a check is asked for again.
func askedAgain(run migration.Run) []views.Pair {
	asked := requestOf(run)
	if asked.TaskQueue == migration.PracticeQueue { // a switch asked for it
		asked.TaskQueue = ""
	}
	var out []views.Pair
	for _, p := range []views.Pair{{Name: "task_queue", Value: asked.TaskQueue}, {Name: "local_address", Value: asked.LocalAddress}, {Name: "local_namespace", Value: asked.LocalNamespace}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	return out
}
