package doctor

import (
	"net"
	"sync"
	"time"
)

// givenBack is a connection of which the first bytes were read already. It remembers how reading
// ended: gRPC often reports the write that failed instead of the alert that it read.
type givenBack struct {
	net.Conn
	first []byte

	mu     sync.Mutex
	ended  error
	frames frameWatch
}

// farewell is the last GOAWAY that came in.
func (c *givenBack) farewell() (farewell, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames.said, c.frames.hasSaid
}

// spoke reports whether a whole frame's head of HTTP/2 came in.
func (c *givenBack) spoke() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.frames.frames > 0
}

func (c *givenBack) Read(b []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		c.mu.Lock()
		c.frames.saw(b[:n])
		c.mu.Unlock()
		return n, nil
	}
	n, err := c.Conn.Read(b)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.frames.saw(b[:n])
	if err != nil && c.ended == nil {
		c.ended = err
	}
	return n, err
}

// how says how the connection ended: as reading saw it, or by reading what the server still said.
func (c *givenBack) how(wait time.Duration) (ending, uint8) {
	c.mu.Lock()
	ended := c.ended
	c.mu.Unlock()
	if ended != nil {
		return classify(ended)
	}
	_ = c.Conn.SetReadDeadline(time.Now().Add(wait))
	b := make([]byte, 4096)
	for range 16 {
		if _, err := c.Conn.Read(b); err != nil {
			return classify(err)
		}
	}
	return endData, 0
}
