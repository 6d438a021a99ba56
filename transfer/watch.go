package transfer

import (
	"context"
	"iter"
	"strings"
	"sync"
	"time"
)

// linger is how long a workflow is followed on after its last watcher left: a page that is loaded again
// finds it still there.
const linger = 2 * time.Second

// Watch yields the events of a workflow that exists (WorkflowID, RunID), from the first on, as Run with
// FollowOnly tells them; it ends after "end" or with ctx. However many watch one workflow with the same
// credentials, it is followed once: one long poll.
func (s *Service) Watch(ctx context.Context, req Request) iter.Seq[Event] {
	return func(yield func(Event) bool) {
		w := s.join(ctx, req)
		defer s.leave(w)
		for next := 0; ; {
			events, done, changed := w.since(next)
			for _, e := range events {
				if ctx.Err() != nil || !yield(e) {
					return
				}
			}
			next += len(events)
			if done && len(events) == 0 {
				return
			}
			if len(events) > 0 {
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

// watched is one workflow that is followed for several.
type watched struct {
	key    string
	cancel context.CancelFunc

	mu      sync.Mutex
	events  []Event
	done    bool
	changed chan struct{} // closed and replaced when events or done change

	watchers int // guarded by hub.mu
}

// hub are the workflows that are being watched, by key.
type hub struct {
	mu  sync.Mutex
	all map[string]*watched
}

// join finds or begins the following of a workflow.
func (s *Service) join(ctx context.Context, req Request) *watched {
	req.FollowOnly, req.GiveUp = true, false
	req.Worker = "own" // who looks on runs no worker
	key := watchKey(req)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if w := s.hub.all[key]; w != nil {
		w.watchers++
		return w
	}
	upstream, cancel := context.WithCancel(context.WithoutCancel(ctx))
	w := &watched{key: key, cancel: cancel, changed: make(chan struct{}), watchers: 1}
	if s.hub.all == nil {
		s.hub.all = map[string]*watched{}
	}
	s.hub.all[key] = w
	go func() {
		s.Run(upstream, req, func(e Event) { w.add(e, false) })
		w.add(Event{}, true)
	}()
	return w
}

// leave ends the following when nobody has come back after a while.
func (s *Service) leave(w *watched) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if w.watchers--; w.watchers > 0 {
		return
	}
	time.AfterFunc(s.beat.linger, func() {
		s.hub.mu.Lock()
		defer s.hub.mu.Unlock()
		if w.watchers == 0 {
			w.cancel()
			if s.hub.all[w.key] == w {
				delete(s.hub.all, w.key)
			}
		}
	})
}

// add appends an event, or notes that there will be no more, and wakes the watchers.
func (w *watched) add(e Event, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if done {
		w.done = true
	} else {
		w.events = append(w.events, e)
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// since returns the events from the nth on, whether these are all there will be, and what tells of more.
func (w *watched) since(n int) (events []Event, done bool, changed <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.events[n:len(w.events):len(w.events)], w.done, w.changed
}

// watchKey is the same for requests that may share what they see: same workflow, same way in.
func watchKey(req Request) string {
	return strings.Join([]string{placeKey(req.Target), req.RunID, req.WorkflowID}, "/")
}
