package transfer

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// waits waits until a long poll waits at the server.
func (f *fake) waits() {
	f.t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for {
		f.mu.Lock()
		n := f.waiting
		f.mu.Unlock()
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			f.t.Fatal("no long poll waits after 10 s")
		}
		runtime.Gosched()
	}
}

// TestEndIsNotSleptThrough: a long poll whose notification the server dropped would return when it expires, 20 s
// later. What comes is told all the same, at once.
func TestEndIsNotSleptThrough(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	s.beat.again = 5 * time.Millisecond
	f.add(aTransfer()[:4]...) // nothing is pending: only the history will tell
	w := f.watch(s, own)
	w.until("event 4", func(e Event) bool { return e.ID == 4 })
	f.waits()
	f.change(func() { f.deaf = true })
	f.add(completed(`"done"`))
	if res := w.end(); res.Status != Completed {
		t.Errorf("ended %+v", res)
	}
	if got, want := fmt.Sprint(ids(w.all)), fmt.Sprint(upTo(5)); got != want {
		t.Errorf("event ids %s, want %s", got, want)
	}
}

// TestDrillIsNotSleptThrough: the same for a drill, whose totals would be 20 s too long.
func TestDrillIsNotSleptThrough(t *testing.T) {
	f := newFake(t)
	s := quickDrills()
	s.beat.again = 5 * time.Millisecond
	f.add(aTransfer()...)
	d := ownDrill(f)
	d.Count = 1
	done := make(chan DrillReport, 1)
	go func() {
		rep, err := s.Drill(t.Context(), d, nil)
		if err != nil {
			t.Error(err)
		}
		done <- rep
	}()
	f.waits()
	f.change(func() { f.deaf = true })
	f.add(completed(`"done"`))
	select {
	case rep := <-done:
		if rep.Done != 1 || rep.Failed != 0 {
			t.Errorf("report %+v", rep)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the drill's only transfer has ended, and 10 s later the drill has not noticed")
	}
}

// TestQuietPollsAreFew: while nothing happens, the history is asked for at twice the distance each time.
func TestQuietPollsAreFew(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	s.beat.again = time.Millisecond
	f.add(aTransfer()[:4]...)
	began := time.Now()
	w := f.watch(s, own)
	w.until("event 4", func(e Event) bool { return e.ID == 4 })
	polls := func() int { f.mu.Lock(); defer f.mu.Unlock(); return f.polls }
	for polls() < 9 { // the first, that of event 4, and those after 1, 2, 4 … 64 ms
		if time.Since(began) > 10*time.Second {
			t.Fatalf("%d polls within 10 s", polls())
		}
		runtime.Gosched()
	}
	if took := time.Since(began); took < 127*time.Millisecond {
		t.Errorf("7 polls brought nothing within %v: each is to wait twice as long as the one before", took)
	}
}
