package web

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"onramp/views"
)

func labels(ts []views.Tick) string {
	var out []string
	for _, t := range ts {
		out = append(out, t.Label)
	}
	return strings.Join(out, ", ")
}

func TestTimeTicks(t *testing.T) {
	for span, want := range map[time.Duration]string{
		0:                       "",
		700 * time.Microsecond:  "0 ms, 0.2 ms, 0.4 ms, 0.6 ms",
		40 * time.Millisecond:   "0 ms, 10 ms, 20 ms, 30 ms, 40 ms",
		2600 * time.Millisecond: "0 s, 1 s, 2 s",
		45 * time.Second:        "0 s, 10 s, 20 s, 30 s, 40 s",
		10 * time.Minute:        "0 min, 5 min, 10 min",
		3 * time.Hour:           "0 h, 1 h, 2 h, 3 h",
		30 * 24 * time.Hour:     "0 h, 192 h, 384 h, 576 h",
	} {
		if got := labels(TimeTicks(span)); got != want {
			t.Errorf("%s: %s, want %s", span, got, want)
		}
	}
}

func TestCountTicks(t *testing.T) {
	for _, tt := range []struct {
		most  float64
		whole bool
		want  string
	}{
		{0, true, "0, 1"}, {1, true, "0, 1"}, {3, true, "0, 1, 2, 3"}, {7, true, "0, 2, 4, 6, 8"}, {19, true, "0, 5, 10, 15, 20"}, {41, true, "0, 20, 40, 60"},
		{2000, true, "0, 500, 1000, 1500, 2000"}, {100, false, "0, 25, 50, 75, 100"}, {0.3, false, "0, 0.1, 0.2, 0.3"}, {155, false, "0, 50, 100, 150, 200"},
	} {
		ticks, end := CountTicks(tt.most, tt.whole)
		if got := labels(ticks); got != tt.want || ticks[len(ticks)-1].At != 1 || end < tt.most {
			t.Errorf("%v: %s up to %v, want %s", tt.most, got, end, tt.want)
		}
	}
}

// TestLogAxis: ticks are round, in order and where their number stands, for every reach that a drill can have.
func TestLogAxis(t *testing.T) {
	for _, tt := range []struct {
		lo, hi     float64
		unit, want string
	}{
		{0.5, 1, "ms", "0.5, 0.6, 0.7, 0.8, 0.9, 1"}, {32, 128, "ms", "50, 100"}, {45.25, 64, "ms", "50, 60"}, {22.6, 1448, "ms", "50, 100, 200, 500, 1000"},
		{8, 30_000, "s", "0.01, 0.1, 1, 10"}, {1, 600_000, "s", "0.001, 0.1, 1, 10, 100"}, {2000, 8000, "s", "2, 3, 4, 5, 6, 7, 8"},
	} {
		a := NewLogAxis(tt.lo, tt.hi)
		if got := labels(a.Ticks()); got != tt.want || a.Unit() != tt.unit {
			t.Errorf("%v to %v: %s %s, want %s %s", tt.lo, tt.hi, got, a.Unit(), tt.want, tt.unit)
		}
	}
	for k := -2.0; k < 40; k++ {
		for n := 1.0; n < 40; n++ {
			lo := math.Pow(2, k/2)
			a := NewLogAxis(lo, lo*math.Pow(2, n/2))
			ts := a.Ticks()
			if len(ts) < 2 || len(ts) > 7 {
				t.Errorf("%+v: %d ticks", a, len(ts))
			}
			if crowded(ts) >= 0 {
				t.Errorf("%+v: %v run into each other", a, labels(ts))
			}
			before := -1.0
			for _, tick := range ts {
				if tick.At <= before || tick.At > 1 {
					t.Errorf("%+v: a tick at %v after %v", a, tick.At, before)
				}
				before = tick.At
				var v float64
				if _, err := fmt.Sscan(tick.Label, &v); err != nil || math.Abs(a.At(v*map[string]float64{"ms": 1, "s": 1000}[a.Unit()])-tick.At) > 1e-9 {
					t.Errorf("%+v: %s stands at %v", a, tick.Label, tick.At)
				}
			}
		}
	}
}
