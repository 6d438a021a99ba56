package web

import (
	"fmt"
	"slices"
	"strings"

	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// checkMillis is how long a check took, by its report where it has one, in milliseconds.
func checkMillis(p runs.Row) float64 {
	if p.HasResult && p.TookMS > 0 {
		return p.TookMS
	}
	return max(0, p.Ended.Sub(p.Started).Seconds()*1000)
}

// logFrom is how many times longer than the median the longest check may take on an axis that is not logarithmic:
// beyond, one that ran into its time limit would hide the others.
const logFrom = 8

// SparkProps draws how long the newest checks took, newest first in past, at most as many as a page shows. One that is
// under way has no time yet.
func SparkProps(past []runs.Row) views.SparkProps {
	past = past[:min(len(past), ShownRuns)]
	count := map[migration.RunState]int{}
	var ended []runs.Row
	var took []float64
	for _, p := range slices.Backward(past) {
		count[p.State]++
		if p.Over() {
			ended, took = append(ended, p), append(took, checkMillis(p))
		}
	}
	var parts []string
	for _, s := range []migration.RunState{migration.RunPassed, migration.RunFailed, migration.RunInterrupted, migration.RunRunning} {
		if count[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count[s], s))
		}
	}
	var p views.SparkProps
	p.Text = fmt.Sprintf("Last %s, oldest first: %s.", Many(len(past), "check", "checks"), strings.Join(parts, ", "))
	if len(ended) == 0 {
		return p
	}
	sorted := slices.Sorted(slices.Values(took))
	least, median, most := sorted[0], sorted[(len(sorted)-1)/2], sorted[len(sorted)-1] // the median as a drill's: one that was seen
	p.Text += fmt.Sprintf(" Min %s, median %s, max %s.", Either(Millis(least), "0 ms"), Either(Millis(median), "0 ms"), Either(Millis(most), "0 ms"))
	var at func(ms float64) float64
	if least > 0 && most > logFrom*median {
		axis := NewLogAxis(least/1.5, most*1.5)
		at, p.Y, p.YName = axis.At, axis.Ticks(), axis.Unit()+", log scale"
	} else {
		unit := 1.0
		if p.YName = "ms"; most >= 20_000 {
			unit, p.YName = 1000, "s"
		}
		ticks, end := CountTicks(most/unit, false)
		at, p.Y = func(ms float64) float64 { return ms / unit / end }, ticks
	}
	p.Median = at(median)
	for i, run := range ended {
		p.Points = append(p.Points, views.SparkPoint{At: (float64(i) + 0.5) / float64(len(ended)), High: at(took[i]), State: RunTag(run).State, URL: RunPath(run.Outcome),
			Name: fmt.Sprintf("Check %d: %s, %s", run.Number, run.State, Either(Millis(took[i]), "0 ms")), When: Moment(run.Started)})
	}
	return p
}
