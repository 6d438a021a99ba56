package acts

import (
	"slices"
	"sync"
)

// locks are locks by name: whoever holds some keeps out those who ask for one of the same, and nobody else. The zero
// locks are ready.
type locks struct {
	mu  sync.Mutex // guards what follows
	all map[string]*namedLock
}

type namedLock struct {
	mu    sync.Mutex
	users int // who hold it or wait for it: the last one takes it away
}

// lock waits for all the names, in their order, so that nobody waits in a ring, and returns what gives them back.
func (l *locks) lock(names ...string) (unlock func()) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	held := make([]*namedLock, 0, len(names))
	for _, name := range names {
		n := l.named(name)
		n.mu.Lock()
		held = append(held, n)
	}
	return sync.OnceFunc(func() {
		for i, n := range held {
			n.mu.Unlock()
			l.leave(names[i], n)
		}
	})
}

func (l *locks) named(name string) *namedLock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[string]*namedLock{}
	}
	if l.all[name] == nil {
		l.all[name] = &namedLock{}
	}
	l.all[name].users++
	return l.all[name]
}

func (l *locks) leave(name string, n *namedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.users--; n.users == 0 {
		delete(l.all, name)
	}
}
