package cli

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"
)

// How long a server that was told to stop goes on answering new requests: until none came for a moment, and no longer
// than that.
const (
	leaveQuiet = 200 * time.Millisecond
	leaveMost  = 2 * time.Second
)

// leaving is a server's way to stop without losing a request that somebody had sent before. http.Server.Shutdown alone
// loses some: those that it has not read by then, and those that come on a connection while it closes it as idle.
type leaving struct {
	next  http.Handler
	going atomic.Bool
	came  chan struct{} // a request, since it is going
}

func newLeaving(next http.Handler) *leaving {
	return &leaving{next: next, came: make(chan struct{}, 1)}
}

// ServeHTTP answers as ever; once the server is going, each answer says that its connection ends with it (HTTP/2 then
// says GOAWAY).
func (l *leaving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.going.Load() {
		w.Header().Set("Connection", "close")
		select {
		case l.came <- struct{}{}:
		default:
		}
	}
	l.next.ServeHTTP(w, r)
}

// wait returns when what was sent before it was called has been read, or ctx ends.
func (l *leaving) wait(ctx context.Context) {
	l.going.Store(true)
	ctx, cancel := context.WithTimeout(ctx, leaveMost)
	defer cancel()
	quiet := time.NewTimer(leaveQuiet)
	defer quiet.Stop()
	for {
		select {
		case <-l.came:
			quiet.Reset(leaveQuiet)
		case <-quiet.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
