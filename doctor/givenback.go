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

	mu    sync.Mutex
	ended error
}

func (c *givenBack) Read(b []byte) (int, error) {
	if len(c.first) > 0 {
		n := copy(b, c.first)
		c.first = c.first[n:]
		return n, nil
	}
	n, err := c.Conn.Read(b)
	if err != nil {
		c.mu.Lock()
		if c.ended == nil {
			c.ended = err
		}
		c.mu.Unlock()
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
