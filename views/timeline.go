package views

import (
	"slices"
	"time"
)

// TimelineProps is the Gantt chart and its twin as a list. id=timeline.
type TimelineProps struct {
	Span  time.Duration // the whole width; 0 shows the empty state
	Ticks []Tick        // of the axis: from the start of the workflow
	Text  string        // "2.6 s in all"
	Rows  []TimelineRow
}

// TimelineRow is one lane.
type TimelineRow struct {
	Label  string // "Withdraw"
	Detail string // "0.4 s · attempt 2"
	Bars   []BarProps
}

// BarProps is one attempt, from the start of the workflow: since when it waits, when a worker may take it, when one
// did, and its end.
type BarProps struct {
	Queued, Due, Start, End time.Duration
	State                   State
	Word                    string // "completed", "failed", "running"
	Text                    string // for the list: "attempt 1 failed after 0.2 s: bank timed out"
	Live                    bool   // still growing: dotted edge
	Waits                   bool   // no worker has taken it: from Start to End it waits for one
}

// span is the width of the timeline in seconds: at least to the end of its last bar.
func (p TimelineProps) span() float64 {
	d := p.Span
	for _, r := range p.Rows {
		for _, b := range r.Bars {
			d = max(d, b.End, b.Start)
		}
	}
	return d.Seconds()
}

// x places a time on a lane, and width is how long a bar is there, as SVG lengths. A bar is never too thin to see.
func (p TimelineProps) x(at time.Duration) string { return percent(at.Seconds(), p.span()) }

func (p TimelineProps) width(b BarProps) string {
	return percent(max((b.End-b.Start).Seconds(), p.span()*0.004), p.span())
}

// has reports whether a bar is so.
func (p TimelineProps) has(so func(BarProps) bool) bool {
	return slices.ContainsFunc(p.Rows, func(r TimelineRow) bool { return slices.ContainsFunc(r.Bars, so) })
}

func (p TimelineProps) hasFailed() bool {
	return p.has(func(b BarProps) bool { return b.State == Bad && !b.Waits })
}
func (p TimelineProps) hasPause() bool {
	return p.has(func(b BarProps) bool { return b.Due > b.Queued })
}
func (p TimelineProps) hasQueue() bool {
	return p.has(func(b BarProps) bool { return b.Start > b.Due || b.Waits })
}
