package handlers

import (
	"fmt"
	"math"
	"net/http"
	"strings"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// checkHistory is the newest checks, newest first.
func (h *Handlers) checkHistory(r *http.Request, v visit, limit int) ([]runs.Row, error) {
	return h.o.Runs.Rows(r.Context(), v.Migration.ID, migration.CheckRun, limit)
}

func checkRows(past []runs.Row) []views.CheckRow {
	rows := make([]views.CheckRow, 0, len(past))
	for i, p := range past {
		row := views.CheckRow{RunRow: runRow(p), From: p.TestedFrom}
		if p.HasResult {
			row.JSON = runPath(p.Outcome) + ".json"
		}
		if _, ok := doctor.Lookup(p.Code); ok {
			row.CodeURL = helpPath(p.Code)
		}
		if p.From != "" {
			row.Reported, row.Took = "as reported", millis(p.TookMS)
			if p.Reporter != "" {
				row.Reported += " by " + p.Reporter
			}
		}
		if i+1 < len(past) && p.Over() {
			row.Compare = &views.Link{Text: fmt.Sprintf("Run %d", past[i+1].Number), URL: comparePath(p.Outcome, past[i+1].Outcome)}
		}
		rows = append(rows, row)
	}
	return rows
}

// sparkProps draws the newest checks, at most as many as a page shows.
func sparkProps(past []runs.Row) views.SparkProps {
	past = past[:min(len(past), shownRuns)]
	var longest float64
	seconds := func(p runs.Row) float64 {
		if p.HasResult {
			return p.TookMS / 1000
		}
		return max(0, p.Ended.Sub(p.Started).Seconds())
	}
	for _, p := range past {
		longest = max(longest, seconds(p))
	}
	count := map[views.State]int{}
	var s views.SparkProps
	for i := len(past) - 1; i >= 0; i-- {
		state := runTag(past[i]).State
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
func askedAgain(run runs.Run) []views.Pair {
	asked := run.CheckRequest()
	if asked.TaskQueue == cloud.PracticeQueue { // a switch asked for it
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
