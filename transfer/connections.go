package transfer

import (
	"context"
	"slices"
	"sync"

	"go.temporal.io/sdk/client"
)

// perLine is how many may share a connection: proxies often allow 100 streams on one, and every user has
// a long poll and a short call now and then.
const perLine = 40

// lines are the connections in use. Whoever asks for the same place with the same credentials shares one;
// it is closed when its last user lets go.
type lines struct {
	mu  sync.Mutex
	all map[string][]*line
}

// line is one connection.
type line struct {
	users  int           // guarded by lines.mu
	ready  chan struct{} // closed when client or err is set
	client client.Client
	err    error
}

// take finds or makes a connection; the caller calls done when it needs it no more. dial has a context
// of its own: the first caller may leave while others wait for the same connection.
func (l *lines) take(ctx context.Context, key string, dial func(context.Context) (client.Client, error)) (c client.Client, done func(), err error) {
	n := l.join(ctx, key, dial)
	select {
	case <-n.ready:
		err = n.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		l.drop(key, n)
		return nil, nil, err
	}
	return n.client, sync.OnceFunc(func() { l.drop(key, n) }), nil
}

func (l *lines) join(ctx context.Context, key string, dial func(context.Context) (client.Client, error)) *line {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.all[key] {
		if n.users < perLine {
			n.users++
			return n
		}
	}
	n := &line{users: 1, ready: make(chan struct{})}
	if l.all == nil {
		l.all = map[string][]*line{}
	}
	l.all[key] = append(l.all[key], n)
	dialing, cancel := context.WithTimeout(context.WithoutCancel(ctx), startTimeout)
	go func() {
		defer cancel()
		n.client, n.err = dial(dialing)
		if n.err != nil {
			l.mu.Lock()
			l.forget(key, n) // the next one tries again
			l.mu.Unlock()
		}
		close(n.ready)
	}()
	return n
}

// drop lets go of a connection and closes it after the last user.
func (l *lines) drop(key string, n *line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.users--; n.users > 0 {
		return
	}
	l.forget(key, n)
	go func() { // one that is still being made is closed once it is there
		<-n.ready
		if n.client != nil {
			n.client.Close()
		}
	}()
}

// forget takes a connection off the list, so that nobody joins it any more. Called with the lock held.
func (l *lines) forget(key string, n *line) {
	l.all[key] = slices.DeleteFunc(l.all[key], func(m *line) bool { return m == n })
	if len(l.all[key]) == 0 {
		delete(l.all, key)
	}
}
