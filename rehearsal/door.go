//go:build !lean

package rehearsal

import (
	"errors"
	"net"
	"sync"
	"syscall"
	"time"
)

// door is where callers come in: it listens for the life of the Cloud while servers behind it come and
// go, so that the address stays. Callers who come while no server is there wait.
type door struct {
	listeners []net.Listener // 127.0.0.1 and, where the machine has it, ::1, on the same port
	callers   chan net.Conn
	done      chan struct{}
	once      sync.Once
	loops     sync.WaitGroup
}

// openDoor listens on a loopback address, "host:port"; port 0 picks a free one. A name or 127.0.0.1
// listens on ::1 too, because "localhost" means either.
func openDoor(host, port string) (*door, error) {
	d := &door{callers: make(chan net.Conn), done: make(chan struct{})}
	first, second := host, ""
	if host == "localhost" || host == "127.0.0.1" {
		first, second = "127.0.0.1", "::1"
	}
	const tries = 20 // a free port of one family may be taken in the other
	for try := 1; ; try++ {
		l, err := net.Listen("tcp", net.JoinHostPort(first, port))
		if err != nil {
			return nil, err
		}
		d.listeners = []net.Listener{l}
		if second == "" {
			break
		}
		_, taken, err := net.SplitHostPort(l.Addr().String())
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		if l6, err := net.Listen("tcp", net.JoinHostPort(second, taken)); err == nil {
			d.listeners = append(d.listeners, l6)
			break
		} else if !errors.Is(err, syscall.EADDRINUSE) {
			break // no IPv6 here
		} else if port != "0" || try == tries {
			return nil, errors.Join(err, l.Close())
		}
		_ = l.Close() // another program has this port on ::1
	}
	for _, l := range d.listeners {
		d.loops.Go(func() { d.accept(l) })
	}
	return d, nil
}

// port is the port it listens on.
func (d *door) port() int { return d.listeners[0].Addr().(*net.TCPAddr).Port }

func (d *door) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			// Out of file descriptors or the like: pause, then again.
			select {
			case <-d.done:
				return
			case <-time.After(50 * time.Millisecond):
				continue
			}
		}
		select {
		case d.callers <- c:
		case <-d.done:
			_ = c.Close()
			return
		}
	}
}

// close stops listening and returns when nobody accepts any more.
func (d *door) close() error {
	var err error
	d.once.Do(func() {
		close(d.done)
		for _, l := range d.listeners {
			err = errors.Join(err, l.Close())
		}
		d.loops.Wait()
	})
	return err
}

// keyBearer is a connection that came to the door of API keys.
type keyBearer struct{ net.Conn }

// leadInto hands who comes to d on to another door, marked, until d closes. Close d first.
func (d *door) leadInto(other *door) {
	d.loops.Go(func() {
		for {
			select {
			case c := <-d.callers:
				select {
				case other.callers <- keyBearer{c}:
				case <-d.done:
					_ = c.Close()
					return
				}
			case <-d.done:
				return
			}
		}
	})
}

// way returns a listener for one server: closing it leaves the door open for the next.
func (d *door) way() *doorway {
	return &doorway{door: d, quiet: make(chan struct{}), closed: make(chan struct{}), inside: map[*caller]struct{}{}}
}

// turnAway cuts every connection at once until the way that it returns is closed: no server will come.
func (d *door) turnAway() *doorway {
	w := d.way()
	d.loops.Go(func() {
		for {
			c, err := w.Accept()
			if err != nil {
				return
			}
			c.(*caller).reset()
		}
	})
	return w
}

// doorway is the net.Listener of one server.
type doorway struct {
	door   *door
	hush   sync.Once
	quiet  chan struct{} // closed: nobody else comes in
	once   sync.Once
	closed chan struct{}

	mu     sync.Mutex
	inside map[*caller]struct{}
}

// Accept waits for the next caller.
func (w *doorway) Accept() (net.Conn, error) {
	for {
		select { // a quiet doorway takes nobody, even if somebody waits
		case <-w.quiet:
			<-w.closed
			return nil, net.ErrClosed
		default:
		}
		select {
		case c := <-w.door.callers:
			return w.enter(c), nil
		case <-w.quiet:
		}
	}
}

func (w *doorway) enter(c net.Conn) *caller {
	in := &caller{Conn: c, way: w}
	if k, ok := c.(keyBearer); ok {
		in.Conn, in.keys = k.Conn, true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inside[in] = struct{}{}
	return in
}

// Addr is the door's.
func (w *doorway) Addr() net.Addr { return w.door.listeners[0].Addr() }

// Close ends Accept. Callers inside stay.
func (w *doorway) Close() error {
	w.hush.Do(func() { close(w.quiet) })
	w.once.Do(func() { close(w.closed) })
	return nil
}

// hangUp lets nobody else in and closes every connection that came in: workers hang on long polls that
// would otherwise hold up a stop. Accept waits on, since a server whose listener fails takes it for a fault.
func (w *doorway) hangUp() {
	w.hush.Do(func() { close(w.quiet) })
	w.mu.Lock()
	var all []*caller
	for c := range w.inside {
		all = append(all, c)
	}
	w.mu.Unlock()
	for _, c := range all {
		_ = c.Close() // it only fails when it is closed already
	}
}

// caller is a connection that came in through a doorway.
type caller struct {
	net.Conn
	way  *doorway
	keys bool   // it came in where API keys are shown
	left func() // told once when it closes; way.mu guards it
}

// whenClosed has left called when the connection closes, at once if it has.
func (c *caller) whenClosed(left func()) {
	c.way.mu.Lock()
	_, inside := c.way.inside[c]
	if inside {
		c.left = left
	}
	c.way.mu.Unlock()
	if !inside {
		left()
	}
}

// Close closes the connection.
func (c *caller) Close() error {
	c.way.mu.Lock()
	delete(c.way.inside, c)
	left := c.left
	c.left = nil
	c.way.mu.Unlock()
	if left != nil {
		left() // before the address is free for another
	}
	return c.Conn.Close()
}

// reset cuts the connection without goodbye, as a network in front of Temporal Cloud does.
func (c *caller) reset() {
	if tcp, ok := c.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then it is closed in the ordinary way
	}
	_ = c.Close() // it only fails when it is closed already
}
