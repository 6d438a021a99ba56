package runs

import (
	"context"
	"iter"
	"sync"
	"time"
)

// Beat is how often a stream that has nothing to say says so, to keep proxies awake.
const Beat = 15 * time.Second

// elsewhere is how often the log of a run is looked at that another process carries out.
const elsewhere = time.Second

// live is a run under way in this process. It holds what the Store has acknowledged of its log, so that a thousand
// followers cost one write and no read; only this process writes to the log.
type live struct {
	run    Run
	job    Job
	ctx    context.Context
	cancel context.CancelFunc

	mu      sync.Mutex
	stopped bool // somebody asked for its end
	entries []Entry
	ended   bool
}

func (l *live) append(e ...Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e...)
}

// next is the Seq of the entry that comes next.
func (l *live) next() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return int64(len(l.entries)) + 1
}

// end says that nothing will follow.
func (l *live) end(last ...Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.ended = append(l.entries, last...), true
}

// after returns the entries after a Seq and whether these are all there will be. Seq starts at 1 and
// has no gap, so it is the index. The entries are shared: read only.
func (l *live) after(seq int64) ([]Entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := int64(len(l.entries))
	return l.entries[min(seq, n):n:n], l.ended
}

func (l *live) wasStopped() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

func (l *live) halt() {
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.cancel()
}

// Follow yields the log of a run after Seq after, first what is in it, then what comes, each time all that is there
// together; it ends when the run has ended, ctx ends or the Service closes. No entries at all is a beat: it comes
// every 15 s. No entry is missed or given twice. Entries are shared between followers: do not change them.
func (s *Service) Follow(ctx context.Context, runID string, after int64) iter.Seq2[[]Entry, error] {
	after = max(after, 0)
	return func(yield func([]Entry, error) bool) {
		wake, leave := s.woken.Listen(runID) // before the first look, or an entry between the two is missed
		defer leave()
		l, here := s.find(runID)
		tick := time.NewTicker(Beat)
		defer tick.Stop()
		look := make(<-chan time.Time)
		if !here {
			t := time.NewTicker(elsewhere)
			defer t.Stop()
			look = t.C
		}
		for {
			var es []Entry
			var ended bool
			if here {
				es, ended = l.after(after)
			} else {
				var err error
				if es, ended, err = s.stored(ctx, runID, after); err != nil {
					if ctx.Err() == nil {
						yield(nil, err)
					}
					return
				}
			}
			if ctx.Err() != nil || len(es) > 0 && !yield(es, nil) {
				return
			}
			if len(es) > 0 {
				after = es[len(es)-1].Seq
			}
			if ended {
				return
			}
			select {
			case <-wake:
			case <-look:
			case <-tick.C:
				if !yield(nil, nil) {
					return
				}
			case <-ctx.Done():
				return
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// stored is the log of a run that is not under way here: it has ended, or another process carries it out.
func (s *Service) stored(ctx context.Context, runID string, after int64) (es []Entry, ended bool, err error) {
	es, err = s.o.Store.Entries(ctx, runID, after)
	if err != nil {
		return nil, false, err
	}
	if n := len(es); n > 0 && es[n-1].Kind == EntryEnd {
		return es, true, nil
	}
	r, err := s.o.Store.Run(ctx, runID)
	if err != nil {
		return nil, false, err
	}
	if r.Over() && len(es) == 0 {
		more, err := s.o.Store.Entries(ctx, runID, after) // the end came between the two looks
		return more, true, err
	}
	return es, false, nil
}
