package web

import (
	"context"
	"net/http"
	"runtime"
	"sync"
)

// turns bounds how many answers are made at once. More would be no faster, for they share the processors, and each
// holds its page, its rows and its packer meanwhile: without a bound a burst of 12,000 requests took 900 MB.
type turns chan struct{}

func newTurns() turns { return make(turns, max(16, 4*runtime.GOMAXPROCS(0))) }

// take waits for a turn; leave gives it back and may be called twice. The error is that of the request's context.
func (t turns) take(r *http.Request) (leave func(), err error) {
	select {
	case t <- struct{}{}:
		return sync.OnceFunc(func() { <-t }), nil
	case <-r.Context().Done():
		return nil, context.Cause(r.Context())
	}
}

// made says that the answer to a request is made and is sent from now on, which may take as long as its reader likes.
func made(r *http.Request) {
	if leave := RecordOf(r).leave; leave != nil {
		leave()
	}
}
