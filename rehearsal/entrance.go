//go:build !lean

package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
)

// entrance is an address beside the door where one switch of "break it on purpose" breaks connections, so
// that everybody at the door itself is left alone. What it lets pass goes on to the door.
type entrance struct {
	l     net.Listener
	door  *door
	treat func(*entrance, net.Conn)

	done  chan struct{}
	tasks sync.WaitGroup
	mu    sync.Mutex
	open  map[net.Conn]struct{}

	flaps flaps
}

// maxAtEntrance bounds the connections that one entrance holds; more wait in the system's queue.
const maxAtEntrance = 128

// entrancePatience is how long an entrance waits for a caller's words.
const entrancePatience = 2 * time.Minute

// openEntrance opens the entrance of a switch.
func (c *Cloud) openEntrance(breakID string) (rig, error) {
	switch breakID {
	case "port-closed":
		return closedPort()
	case "port-silent":
		return silentPort()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return rig{}, err
	}
	if breakID == "plaintext" || breakID == "web-server" {
		return serveInstead(l, breakID), nil
	}
	e := &entrance{l: l, door: c.door, done: make(chan struct{}), open: map[net.Conn]struct{}{}}
	switch breakID {
	case "cut":
		e.treat = (*entrance).cut
	case "no-answer":
		e.treat = (*entrance).swallow
	case "slow-line":
		e.treat = func(e *entrance, conn net.Conn) { e.admit(&slowConn{Conn: conn, closed: make(chan struct{})}) }
	case "flapping":
		e.treat = (*entrance).flap
	default:
		cert, err := c.authority.wrong(breakID, c.o.Now())
		if err != nil {
			return rig{}, errors.Join(err, l.Close())
		}
		e.treat = func(e *entrance, conn net.Conn) { e.pose(conn, cert) }
	}
	e.tasks.Go(e.accept)
	return rig{address: l.Addr().String(), stop: e.close}, nil
}

func (e *entrance) accept() {
	room := make(chan struct{}, maxAtEntrance)
	for {
		select {
		case room <- struct{}{}:
		case <-e.done:
			return
		}
		conn, err := e.l.Accept()
		if err != nil {
			<-room
			select {
			case <-e.done:
				return
			case <-time.After(50 * time.Millisecond):
				continue
			}
		}
		if !e.enter(conn) {
			return
		}
		e.tasks.Go(func() {
			defer func() { <-room }()
			e.treat(e, conn)
		})
	}
}

// enter notes a connection, so that close ends it.
func (e *entrance) enter(conn net.Conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open == nil {
		_ = conn.Close()
		return false
	}
	e.open[conn] = struct{}{}
	return true
}

// leave forgets a connection and closes it.
func (e *entrance) leave(conn net.Conn) {
	e.mu.Lock()
	delete(e.open, conn)
	e.mu.Unlock()
	_ = conn.Close()
}

// close ends the entrance and everything that came through it.
func (e *entrance) close() {
	e.mu.Lock()
	open := e.open
	e.open = nil
	e.mu.Unlock()
	close(e.done)
	_ = e.l.Close()
	for conn := range open {
		_ = conn.Close()
	}
	e.tasks.Wait()
}

// admit hands a caller to the door and returns when the caller is gone.
func (e *entrance) admit(conn net.Conn) {
	g := &guest{Conn: conn, gone: make(chan struct{})}
	defer e.leave(conn)
	select {
	case e.door.callers <- g:
		select {
		case <-g.gone:
		case <-e.done:
		}
	case <-e.door.done:
	case <-e.done:
	}
}

// guest is a connection that an entrance admitted.
type guest struct {
	net.Conn
	once sync.Once
	gone chan struct{}
}

func (g *guest) Close() error {
	g.once.Do(func() { close(g.gone) })
	return g.Conn.Close()
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // then it is closed in the ordinary way
	}
	_ = conn.Close()
}

// cut resets the connection before a word was said.
func (e *entrance) cut(conn net.Conn) {
	reset(conn)
	e.leave(conn)
}

// swallow takes what the caller says and never answers.
func (e *entrance) swallow(conn net.Conn) {
	defer e.leave(conn)
	_ = conn.SetDeadline(time.Now().Add(entrancePatience))
	_, _ = io.Copy(io.Discard, conn)
}

// flaps decides which connections are reset: every second one, and the first after a quiet moment.
type flaps struct {
	mu   sync.Mutex
	cut  bool
	last time.Time
}

// quietMoment is after how long a line counts as having been quiet.
const quietMoment = 2 * time.Second

func (f *flaps) next(now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = !f.cut || now.Sub(f.last) > quietMoment
	f.last = now
	return f.cut
}

// flap lets every second connection pass and resets the others at their first words.
func (e *entrance) flap(conn net.Conn) {
	if !e.flaps.next(time.Now()) {
		e.admit(conn)
		return
	}
	_ = conn.SetDeadline(time.Now().Add(entrancePatience))
	_, _ = conn.Read(make([]byte, 1))
	reset(conn)
	e.leave(conn)
}

// pose answers TLS with a certificate that is not the rehearsal's own.
func (e *entrance) pose(conn net.Conn, cert *tls.Certificate) {
	defer e.leave(conn)
	_ = conn.SetDeadline(time.Now().Add(entrancePatience))
	t := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{*cert}, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
	if t.Handshake() == nil {
		_, _ = io.Copy(io.Discard, t) // a caller that checks nothing gets no answer
	}
}

// slowRate is how many bytes a slow line carries each tenth of a second: 20 bytes a second.
const slowRate = 2

// slowConn is a line on which the server's answers hardly move.
type slowConn struct {
	net.Conn
	busy   sync.Mutex
	ended  atomic.Bool
	closed chan struct{}
}

func (c *slowConn) Write(b []byte) (int, error) {
	c.busy.Lock()
	defer c.busy.Unlock()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for sent := 0; sent < len(b); {
		select {
		case <-tick.C:
		case <-c.closed:
			return sent, net.ErrClosed
		}
		n, err := c.Conn.Write(b[sent:min(sent+slowRate, len(b))])
		sent += n
		if err != nil {
			return sent, err
		}
	}
	return len(b), nil
}

func (c *slowConn) Close() error {
	if !c.ended.Swap(true) {
		close(c.closed)
	}
	return c.Conn.Close()
}

// serveInstead lets another kind of server answer: gRPC without TLS, or a web server.
func serveInstead(l net.Listener, breakID string) rig {
	var ended sync.WaitGroup
	r := rig{address: l.Addr().String()}
	if breakID == "plaintext" {
		s := grpc.NewServer(grpc.ConnectionTimeout(entrancePatience))
		ended.Go(func() { _ = s.Serve(l) }) // it ends with Stop
		r.stop = func() { s.Stop(); ended.Wait() }
		return r
	}
	s := &http.Server{ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodConnect {
			http.Error(w, "This is no proxy.", http.StatusMethodNotAllowed)
			return
		}
		_, _ = io.WriteString(w, "It works. This is a web server, not Temporal.\n")
	})}
	ended.Go(func() { _ = s.Serve(l) }) // it ends with Close
	r.stop = func() { _ = s.Close(); ended.Wait() }
	return r
}

// closedPort is an address of this machine at which nothing listens. A connection that stays open keeps the
// port from being given to another program.
func closedPort() (rig, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return rig{}, err
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	var d net.Dialer
	near, err := d.DialContext(ctx, "tcp", l.Addr().String())
	if err != nil {
		return rig{}, err
	}
	far, err := l.Accept()
	if err != nil {
		return rig{}, errors.Join(err, near.Close())
	}
	return rig{address: l.Addr().String(), stop: func() { _, _ = near.Close(), far.Close() }}, nil
}

// wrong is a server certificate that a caller must not take: of another account, of a CA that nobody
// trusts, or out of date.
func (a *authority) wrong(breakID string, now time.Time) (*tls.Certificate, error) {
	switch breakID {
	case "server-name":
		return a.leaf("another")
	case "server-expired":
		return a.local(func(t *x509.Certificate) {
			t.NotBefore, t.NotAfter = now.Add(-90*24*time.Hour), now.Add(-24*time.Hour)
		})
	case "tls-inspection":
		box, err := newAuthority("Practice TLS inspection CA")
		if err != nil {
			return nil, err
		}
		return box.local(func(*x509.Certificate) {})
	}
	return nil, errors.New("no such certificate: " + breakID)
}
