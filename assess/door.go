package assess

import (
	"errors"
	"maps"

	"golang.org/x/time/rate"
	"google.golang.org/grpc"
)

// Door is a connection that lets through the RPCs of Allowed and no other, at a rate and within a budget, and counts them.
// Whoever else reads a server for a person reads it by one too.
type Door struct {
	*door
	budget int
}

// NewDoor puts a door before a connection. Of the options it takes Rate and Budget.
func NewDoor(conn grpc.ClientConnInterface, o Options) *Door {
	o = o.orDefault()
	return &Door{door: &door{conn: conn, limiter: rate.NewLimiter(rate.Limit(o.Rate), 1), patient: o.patience, pause: o.pause,
		left: o.Budget, share: o.Budget, calls: map[string]int{}}, budget: o.Budget}
}

// Refill gives the next look its budget. The rate stays as low as a server that throttled has made it.
func (d *Door) Refill() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left, d.share, d.slowed, d.silent, d.stopped, d.calls = d.budget, d.budget, 0, 0, nil, map[string]int{}
}

// Counted are the calls since the last Refill, by name, and in a sentence why no more could be made; "" where they could.
func (d *Door) Counted() (calls map[string]int, ended string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case errors.Is(d.stopped, errStopped):
		ended = "The server throttled Onramp, so it stopped asking. Run it again with a lower --rate."
	case errors.Is(d.stopped, errGone):
		ended = "The server stopped answering."
	case d.left <= 0:
		ended = "The budget of calls was used up. Run it again with a larger --budget."
	}
	return maps.Clone(d.calls), ended
}

// OutcomeOf reads a call's error.
func OutcomeOf(err error) Outcome { return outcomeOf(err) }

// Because says an outcome at a sentence's end: "could not be read: …".
func (o Outcome) Because() string { return o.because() }

// Known reports a count that may be judged.
func (c Count) Known() bool { return c.known() }

// CountOf is the answer of a call that counts. A negative number is Nonsense.
func CountOf(n int64, err error) Count { return counted(n, err) }

// Most bounds an answer's size, in a call's options.
var Most = most

// Quoted is a text as a value in a list filter; ok is false for one that no filter can hold.
func Quoted(s string) (text string, ok bool) { return quoted(s) }

// Name keeps a name of a server within bounds, as valid UTF-8.
func Name(s string) string { return bound(s) }

// Clean replaces what would move a cursor, break a line or turn the direction of writing.
func Clean(s string) string { return clean(s) }

// Shell is a text as one word of a POSIX shell.
func Shell(s string) string { return shell(s) }
