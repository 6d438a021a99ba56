package acts

import (
	"fmt"
	"testing"
	"time"
)

// TestPressTaken: a press that somebody has taken is the press of that key until they leave it, whoever sweeps meanwhile, so that
// two of one key never make two; what everybody has left goes once it is old, or where there are too many.
func TestPressTaken(t *testing.T) {
	ps, now := &presses{}, time.Now()
	first, leave := ps.take("a", now) // not held yet
	_, left := ps.take("b", now.Add(time.Hour))
	again, leaves := ps.take("a", now.Add(time.Hour))
	if again != first {
		t.Error("two presses of one key, one of which was swept")
	}
	leave()
	_, other := ps.take("c", now.Add(time.Hour))
	if ps.of["a"] != first {
		t.Error("swept while the second has it")
	}
	leaves()
	left()
	other()
	first.made, first.at = "payments", now.Add(time.Hour)
	_, leave = ps.take("d", now.Add(time.Hour+time.Second))
	leave()
	if ps.of["a"] != first || len(ps.of) != 2 {
		t.Errorf("left are %d, want a, which is young, and d", len(ps.of))
	}
	for n := range 2 * maxPresses {
		p, leave := ps.take(fmt.Sprint("n", n), now.Add(time.Hour))
		p.made, p.at = "made", now.Add(time.Hour)
		leave()
	}
	if len(ps.of) > maxPresses {
		t.Errorf("%d are remembered", len(ps.of))
	}
}
