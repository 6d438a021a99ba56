package cutover

import (
	"context"
	"strings"
	"time"

	"onramp/assess"
	"onramp/doctor"
)

// CheckedBy is what a cut-over needs of a check.
func CheckedBy(r doctor.Report) *Checked {
	return &Checked{Code: r.Verdict.Code, Title: assess.Clean(strings.TrimSuffix(r.Verdict.Title, ".")), From: assess.Clean(r.TestedFrom)}
}

// Explain says why nothing could be said of a source, by a verdict of the doctor's catalogue. t is how it was dialled.
func Explain(ctx context.Context, engine *doctor.Engine, t doctor.Target, u *assess.Unreachable) doctor.Verdict {
	v := assess.Explain(ctx, engine, t, u)
	for i := range v.Fix { // the source's flags have the same names there and here
		v.Fix[i].Command = strings.Replace(v.Fix[i].Command, "onramp assess", "onramp cutover status", 1)
	}
	return v
}

// Failed is the report of a source of which nothing can be said.
func Failed(address, namespace string, v doctor.Verdict) Report {
	none := assess.Count{}
	side := Side{Open: none, Starts: none, ClosedHour: none, RPCs: map[string]int{}}
	r := Report{Schema: StatusSchema, Rules: doctor.RulesDate, At: time.Now().UTC().Truncate(time.Second), Source: side, Target: side, Gates: []Gate{}, Twins: []Twin{}, Stragglers: []Straggler{},
		Meter: Meter{Types: []MeterType{}, Stuck: []string{}}, Verdict: &v}
	r.Source.Address, r.Source.Namespace = assess.Clean(address), assess.Clean(namespace)
	return r
}
