package doctor

import (
	"context"
	"net"
	"sync"
)

// OwnCalls is a book of the TCP connections that this process has open, by their near address. A server in the same
// process tells by it which of its callers is Onramp itself: a name in a call could be anybody's. The zero OwnCalls is
// ready, nil keeps nothing, and both are safe for concurrent use.
type OwnCalls struct {
	mu   sync.Mutex
	open map[string]bool
}

// Dial is net.Dialer's, and keeps the connection in the book until it is closed.
func (o *OwnCalls) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	return o.Keep(c), err
}

// Has reports whether the connection with this near address ("127.0.0.1:50123") is in the book. It is from before its
// first byte: who accepts it may ask as soon as something was said.
func (o *OwnCalls) Has(address string) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open[address]
}

// Keep writes a connection down until the one that it returns is closed; nil stays nil.
func (o *OwnCalls) Keep(c net.Conn) net.Conn {
	if o == nil || c == nil {
		return c
	}
	near := c.LocalAddr().String()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.open == nil {
		o.open = map[string]bool{}
	}
	o.open[near] = true
	return &ownConn{Conn: c, leave: sync.OnceFunc(func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.open, near)
	})}
}

type ownConn struct {
	net.Conn
	leave func()
}

// Close forgets the address before another connection can have it.
func (c *ownConn) Close() error {
	c.leave()
	return c.Conn.Close()
}
