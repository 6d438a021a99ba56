package web

import (
	"strings"
	"testing"
	"time"

	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// check is a check that took so many milliseconds; 0 for one that is under way.
func check(number int, state migration.RunState, ms float64) runs.Row {
	began := time.Date(2026, 11, 14, 10, 42, 0, 0, time.UTC)
	r := runs.Row{Outcome: migration.Outcome{ID: "r", MigrationID: "payments", Number: number, Kind: migration.CheckRun, State: state, Started: began}}
	if state != migration.RunRunning {
		r.Ended = began.Add(time.Duration(ms * float64(time.Millisecond)))
	}
	return r
}

// TestCheckTimes: the newest checks oldest first, each with its sign, its time and its page; one under way has no
// time yet, and one that took much longer than the others does not hide them.
func TestCheckTimes(t *testing.T) {
	for _, tt := range []struct {
		name             string
		past             []runs.Row
		text, axis, runs string
	}{
		{"none", nil, "Last 0 checks, oldest first: .", "", ""},
		{"one under way", []runs.Row{check(1, migration.RunRunning, 0)}, "Last 1 check, oldest first: 1 running.", "", ""},
		{"of every kind", []runs.Row{check(4, migration.RunRunning, 0), check(3, migration.RunInterrupted, 20), check(2, migration.RunFailed, 155), check(1, migration.RunPassed, 61)},
			"Last 4 checks, oldest first: 1 passed, 1 failed, 1 interrupted, 1 running. Min 20 ms, median 61 ms, max 155 ms.", "ms",
			"ok Check 1: passed, 61 ms|fail Check 2: failed, 155 ms|warn Check 3: interrupted, 20 ms"},
		{"one ran into its limit", []runs.Row{check(3, migration.RunFailed, 10_000), check(2, migration.RunPassed, 60), check(1, migration.RunPassed, 50)},
			"Last 3 checks, oldest first: 2 passed, 1 failed. Min 50 ms, median 60 ms, max 10.0 s.", "ms, log scale", "ok Check 1: passed, 50 ms|ok Check 2: passed, 60 ms|fail Check 3: failed, 10.0 s"},
		{"all slow", []runs.Row{check(2, migration.RunFailed, 30_000), check(1, migration.RunFailed, 20_000)}, "Last 2 checks, oldest first: 2 failed. Min 20.0 s, median 20.0 s, max 30.0 s.", "s",
			"fail Check 1: failed, 20.0 s|fail Check 2: failed, 30.0 s"},
	} {
		p := SparkProps(tt.past)
		var got []string
		for i, c := range p.Points {
			got = append(got, string(c.State)+" "+c.Name)
			if c.High < 0 || c.High > 1 || c.At <= 0 || c.At >= 1 || i > 0 && c.At <= p.Points[i-1].At || c.URL != "/m/payments/test/r" {
				t.Errorf("%s: %+v stands wrong", tt.name, c)
			}
		}
		if p.Text != tt.text || p.YName != tt.axis || strings.Join(got, "|") != tt.runs {
			t.Errorf("%s: %q, axis %q, %q", tt.name, p.Text, p.YName, strings.Join(got, "|"))
		}
	}
	p := SparkProps([]runs.Row{check(3, migration.RunFailed, 10_000), check(2, migration.RunPassed, 60), check(1, migration.RunPassed, 50)})
	if gap := p.Points[1].High - p.Points[0].High; gap < 0.02 || p.Median != p.Points[1].High {
		t.Errorf("50 and 60 ms stand %v apart beside 10 s, the median at %v", gap, p.Median)
	}
	many := make([]runs.Row, 100)
	for i := range many {
		many[i] = check(100-i, migration.RunPassed, float64(50+i))
	}
	if p := SparkProps(many); len(p.Points) != ShownRuns || !strings.HasPrefix(p.Points[0].Name, "Check 71:") || p.Points[0].State != views.Good {
		t.Errorf("%d of 100 checks are drawn, the first %+v", len(p.Points), p.Points[0])
	}
}
