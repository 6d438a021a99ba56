package runs

import "sync"

// Fanout wakes whoever waits for something named K. A wake-up carries nothing: it says "look again", and two of
// them say no more than one. The zero Fanout is ready; it is safe for concurrent use.
type Fanout[K comparable] struct {
	mu  sync.Mutex
	all map[K]map[chan struct{}]struct{}
}

// Listen registers for a name and returns what is woken and how to leave. Register before the first look, or what
// changes between the two is missed.
func (f *Fanout[K]) Listen(name K) (wake <-chan struct{}, leave func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all == nil {
		f.all = map[K]map[chan struct{}]struct{}{}
	}
	if f.all[name] == nil {
		f.all[name] = map[chan struct{}]struct{}{}
	}
	f.all[name][c] = struct{}{}
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.all[name], c)
		if len(f.all[name]) == 0 {
			delete(f.all, name)
		}
	}
}

// Wake wakes everybody who listens to a name.
func (f *Fanout[K]) Wake(name K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.all[name] {
		select {
		case c <- struct{}{}:
		default: // it has not looked since the last one
		}
	}
}
