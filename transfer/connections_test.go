package transfer

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
)

// wire is a connection that knows whether it was closed.
type wire struct {
	client.Client
	closed chan struct{}
}

func (w *wire) Close() { close(w.closed) } // a second time panics

func newWire() *wire { return &wire{closed: make(chan struct{})} }

func TestLinesAreShared(t *testing.T) {
	var l lines
	var mu sync.Mutex
	var made []*wire
	dial := func(context.Context) (client.Client, error) {
		mu.Lock()
		defer mu.Unlock()
		made = append(made, newWire())
		return made[len(made)-1], nil
	}
	var dones []func()
	take := func(key string) {
		t.Helper()
		_, done, err := l.take(t.Context(), key, dial)
		if err != nil {
			t.Fatal(err)
		}
		dones = append(dones, done)
	}
	for range perLine {
		take("a")
	}
	if len(made) != 1 {
		t.Fatalf("%d connections for %d users", len(made), perLine)
	}
	take("a")
	take("b")
	if len(made) != 3 {
		t.Errorf("%d connections for one user too many and another key, want 3", len(made))
	}
	for i, done := range dones {
		if i < perLine { // the first connection's users
			select {
			case <-made[0].closed:
				t.Fatalf("closed with %d users left", perLine-i)
			default:
			}
		}
		done()
		done() // twice is once
	}
	for i, w := range made {
		select {
		case <-w.closed:
		case <-time.After(10 * time.Second):
			t.Errorf("connection %d was not closed", i)
		}
	}
	if len(l.all) != 0 {
		t.Errorf("left behind: %v", l.all)
	}
	take("a")
	if len(made) != 4 {
		t.Error("a closed connection was given out")
	}
}

// TestLinesWhoLeavesEarly: the first caller gives up while the connection is being made; the second gets it.
func TestLinesWhoLeavesEarly(t *testing.T) {
	var l lines
	w, dialing, answer := newWire(), make(chan struct{}), make(chan struct{})
	dial := func(ctx context.Context) (client.Client, error) {
		close(dialing)
		select {
		case <-answer:
			return w, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { _, _, err := l.take(ctx, "a", dial); first <- err }()
	<-dialing
	second := make(chan error, 1)
	var done func()
	go func() { _, d, err := l.take(t.Context(), "a", dial); done = d; second <- err }()
	for joined := false; !joined; {
		l.mu.Lock()
		joined = l.all["a"][0].users == 2
		l.mu.Unlock()
	}
	leave()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Errorf("the first got %v", err)
	}
	close(answer)
	if err := <-second; err != nil {
		t.Fatalf("the second got %v", err)
	}
	done()
	<-w.closed
}

// TestLinesFail: a refusal is everybody's who waited, and is not kept.
func TestLinesFail(t *testing.T) {
	var l lines
	no, n := errors.New("refused"), 0
	for range 3 {
		_, _, err := l.take(t.Context(), "a", func(context.Context) (client.Client, error) { n++; return nil, no })
		if !errors.Is(err, no) {
			t.Errorf("got %v", err)
		}
	}
	if n != 3 || len(l.all) != 0 {
		t.Errorf("dialled %d times, kept %v", n, l.all)
	}
}
