package web

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/views"
)

// tickSteps are what an axis of time may count in, in seconds: as people count.
var tickSteps = []float64{.0001, .0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30,
	60, 2 * 60, 5 * 60, 10 * 60, 15 * 60, 30 * 60, 3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600}

// TimeTicks are the ticks of an axis from 0 to span, five at most, each with its unit; none for no time at all.
func TimeTicks(span time.Duration) []views.Tick {
	all := span.Seconds()
	if all <= 0 {
		return nil
	}
	step := tickSteps[len(tickSteps)-1] * math.Ceil(all/4/tickSteps[len(tickSteps)-1])
	for _, s := range tickSteps {
		if all/s <= 4.5 {
			step = s
			break
		}
	}
	var out []views.Tick
	for i := range 5 {
		at := float64(i) * step
		if at > all*(1+1e-9) {
			break
		}
		out = append(out, views.Tick{At: at / all, Label: tickTime(at, step)})
	}
	return out
}

// tickTime is a round time in the unit of its axis.
func tickTime(s, step float64) string {
	switch {
	case step < 1:
		return plainNumber(s*1000) + " ms"
	case step < 60:
		return plainNumber(s) + " s"
	case step < 3600:
		return plainNumber(s/60) + " min"
	}
	return plainNumber(s/3600) + " h"
}

// CountTicks are the ticks of an axis that begins at 0 and goes to at least most, five at most, and the end of the axis.
// Where whole is set, what is counted has no parts.
func CountTicks(most float64, whole bool) (ticks []views.Tick, end float64) {
	if most <= 0 {
		most = 1
	}
	step := math.Pow(10, math.Floor(math.Log10(most/4)))
	for _, by := range []float64{1, 2, 2.5, 5, 10} {
		if by == 2.5 && whole && step < 10 {
			continue
		}
		if s := step * by; most/s <= 4 {
			step = s
			break
		}
	}
	if whole {
		step = max(step, 1)
	}
	end = math.Ceil(most/step-1e-9) * step
	for at := 0.0; at <= end*(1+1e-9); at += step {
		ticks = append(ticks, views.Tick{At: at / end, Label: plainNumber(at)})
	}
	return ticks, end
}

// LogAxis is a logarithmic axis of milliseconds from lo to hi, both above 0.
type LogAxis struct {
	lo, hi  float64
	seconds bool // it is read in seconds
}

// NewLogAxis is the axis that holds lo to hi milliseconds.
func NewLogAxis(lo, hi float64) LogAxis {
	lo = max(lo, 0.01)
	if hi <= lo {
		lo, hi = lo/2, lo*2
	}
	return LogAxis{lo: lo, hi: hi, seconds: lo >= 1000 || hi >= 20_000}
}

// Unit is what the axis is read in.
func (a LogAxis) Unit() string {
	if a.seconds {
		return "s"
	}
	return "ms"
}

// At is where so many milliseconds stand, from 0 to 1.
func (a LogAxis) At(ms float64) float64 {
	return min(max(math.Log(max(ms, a.lo)/a.lo)/math.Log(a.hi/a.lo), 0), 1)
}

// Ticks are round numbers of the axis's unit: two to seven, with room for their words where the drawing is narrow.
func (a LogAxis) Ticks() []views.Tick {
	var out []views.Tick
	for _, digits := range [][]float64{
		{1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9},
		{1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 5}, {1, 2, 5}, {1, 3}, {1},
	} {
		ticks := a.ticks(digits)
		if len(ticks) >= 2 {
			out = ticks
			if len(ticks) <= 7 && crowded(ticks) < 0 {
				return ticks
			}
		}
	}
	for i := crowded(out); i >= 0; i = crowded(out) {
		out = slices.Delete(out, i, i+1)
	}
	return out
}

// ticks are those multiples of powers of ten that the axis holds.
func (a LogAxis) ticks(digits []float64) (out []views.Tick) {
	unit := 1.0
	if a.seconds {
		unit = 1000
	}
	for power := math.Floor(math.Log10(a.lo / unit)); power <= math.Log10(a.hi/unit); power++ {
		for _, d := range digits {
			if at := d * math.Pow(10, power); at*unit >= a.lo*(1-1e-9) && at*unit <= a.hi*(1+1e-9) {
				out = append(out, views.Tick{At: a.At(at * unit), Label: plainNumber(at)})
			}
		}
	}
	return out
}

// A letter and the gap between two labels, as shares of an axis in a window of 320 pixels.
const (
	letterWide = 0.041
	labelGap   = 0.02
)

// crowded is the first tick whose label would run into the one before it; -1 where none does.
func crowded(ticks []views.Tick) int {
	for i := 1; i < len(ticks); i++ {
		if ticks[i].At-ticks[i-1].At < float64(len(ticks[i].Label)+len(ticks[i-1].Label))/2*letterWide+labelGap {
			return i
		}
	}
	return -1
}

// plainNumber is a number without needless digits: "0.5", "20", "1500".
func plainNumber(f float64) string {
	s := strconv.FormatFloat(f, 'f', 4, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
