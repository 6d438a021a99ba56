package transfer

import (
	"context"
	"slices"
	"strings"
	"sync"
)

// sharedFeeds are the histories that are being read: one long poll for each run of a workflow, however many
// follow it.
type sharedFeeds struct {
	mu  sync.Mutex
	all map[string]*sharedFeed
}

// sharedFeed is one history that is read for everybody who follows that run of the workflow.
type sharedFeed struct {
	cancel context.CancelFunc
	users  int // guarded by sharedFeeds.mu

	mu      sync.Mutex
	batches []batch // all so far, so that whoever comes later misses nothing
	lost    error   // the connection is lost now
	done    bool
	changed chan struct{} // closed and replaced when batches or done change
}

// followHistory gives out what the history of a run's workflow brings, from its first event on, and closes
// out when the workflow has closed or ctx ends. The first caller begins to read, the last one to leave ends it.
func (s *Service) followHistory(ctx context.Context, p place, workflowID, runID string, out chan<- batch) {
	defer close(out)
	key := strings.Join([]string{p.key, runID, workflowID}, "/")
	f := s.joinFeed(ctx, key, p, workflowID, runID)
	defer s.leaveFeed(key, f)
	send := func(b batch) bool {
		select {
		case out <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	f.mu.Lock()
	past, lost := len(f.batches), f.lost
	f.mu.Unlock()
	for next := 0; ; {
		if next == past && lost != nil {
			if !send(batch{lost: lost}) {
				return
			}
			lost = nil
		}
		b, n, done, changed := f.at(next)
		switch {
		case n > 0:
			next += n
			if old := b.lost != nil || b.back; old && next <= past {
				continue // connections that were lost before this reader came are no news
			}
			if !send(b) {
				return
			}
		case done:
			return
		default:
			select {
			case <-changed:
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *Service) joinFeed(ctx context.Context, key string, p place, workflowID, runID string) *sharedFeed {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	if f := s.feeds.all[key]; f != nil {
		f.users++
		return f
	}
	reading, cancel := context.WithCancel(context.WithoutCancel(ctx))
	f := &sharedFeed{cancel: cancel, users: 1, changed: make(chan struct{})}
	if s.feeds.all == nil {
		s.feeds.all = map[string]*sharedFeed{}
	}
	s.feeds.all[key] = f
	go s.readShared(reading, f, p, workflowID, runID)
	return f
}

func (s *Service) leaveFeed(key string, f *sharedFeed) {
	s.feeds.mu.Lock()
	defer s.feeds.mu.Unlock()
	if f.users--; f.users == 0 {
		f.cancel()
		delete(s.feeds.all, key)
	}
}

// readShared reads a history until the workflow has closed or nobody follows it any more. It has its own hold
// on the connection: the run that began it may leave first.
func (s *Service) readShared(ctx context.Context, f *sharedFeed, p place, workflowID, runID string) {
	defer f.end()
	for pause := s.beat.retry; ; pause = min(2*pause, s.beat.retryMax) {
		c, done, err := s.dial(ctx, p)
		if err != nil {
			f.add(batch{lost: err})
			if !sleep(ctx, pause) {
				return
			}
			continue
		}
		defer done()
		if pause > s.beat.retry {
			f.add(batch{back: true})
		}
		history := make(chan batch)
		go s.feed(c.WorkflowService(), p.namespace, workflowID, runID).read(ctx, history)
		for b := range history {
			f.add(b)
		}
		return
	}
}

func (f *sharedFeed) add(b batch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, b)
	switch {
	case b.lost != nil:
		f.lost = b.lost
	case b.back:
		f.lost = nil
	}
	f.wake()
}

func (f *sharedFeed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.done = true
	f.wake()
}

// wake is called with the lock held.
func (f *sharedFeed) wake() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// at returns the nth batch, and how many batches that is: events that came while the reader was busy are one. 0 is none
// yet; done tells whether there will be no more, and changed of more.
func (f *sharedFeed) at(n int) (b batch, count int, done bool, changed <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n == len(f.batches) {
		return b, 0, f.done, f.changed
	}
	for count = 1; len(f.batches[n].events) > 0 && n+count < len(f.batches) && len(f.batches[n+count].events) > 0; count++ {
	}
	if b = f.batches[n]; count > 1 {
		b.events = slices.Clone(b.events)
		for _, more := range f.batches[n+1 : n+count] {
			b.events = append(b.events, more.events...)
		}
	}
	return b, count, f.done, f.changed
}
