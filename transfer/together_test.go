package transfer

import (
	"runtime"
	"testing"
	"time"
)

// told runs a request and returns the history ids of each call of emit; during is called in the first that has any.
func (f *fake) told(s *Service, req Request, during func()) (calls [][]int64) {
	f.t.Helper()
	req.Target, req.WorkflowID = f.target, "w"
	s.Run(f.t.Context(), req, func(events []Event) {
		if n := ids(events); len(n) > 0 {
			if calls = append(calls, n); len(calls) == 1 {
				during()
			}
		}
	})
	return calls
}

// TestToldTogether: the events of one answer of the server are handed on together, and so are those that come while
// the receiver is busy with the ones before.
func TestToldTogether(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	all := append(aTransfer(), completed(`"done"`))
	f.add(all[:5]...)
	calls := f.told(s, own, func() {
		for _, h := range all[5:] { // one answer each
			f.add(h)
			for read := 0; read < int(h.GetEventId()); {
				read = 0
				s.feeds.mu.Lock()
				for _, feed := range s.feeds.all {
					feed.mu.Lock()
					for _, b := range feed.batches {
						read += len(b.events)
					}
					feed.mu.Unlock()
				}
				s.feeds.mu.Unlock()
				runtime.Gosched()
			}
		}
	})
	// The next answer may already have been on its way when the receiver became busy.
	if len(calls) > 3 || len(calls[0]) != 5 {
		t.Errorf("told in %d calls: %v", len(calls), calls)
	}
}

// TestFastActivityCostsNoLook: what a pending activity is up to is asked for only when it lasts.
func TestFastActivityCostsNoLook(t *testing.T) {
	f := newFake(t)
	s := quick(time.Minute)
	s.beat.pending, s.beat.again = time.Hour, 5*time.Millisecond
	all := append(aTransfer(), completed(`"done"`))
	f.add(all[:5]...)
	f.told(s, own, func() {
		go func() { // once the history was asked for several times and brought nothing
			for polls := 0; polls < 5 && t.Context().Err() == nil; runtime.Gosched() {
				f.mu.Lock()
				polls = f.polls
				f.mu.Unlock()
			}
			f.add(all[5:]...)
		}()
	})
	if f.looks != 0 {
		t.Errorf("the workflow was described %d times", f.looks)
	}
}
