package doctor

import (
	"context"
	"net"
	"slices"
	"sync"
)

// The reply codes of DNS that mean something here (RFC 1035 §4.1.1).
const (
	rcodeOK      = "NOERROR"
	rcodeServer  = "SERVFAIL"
	rcodeName    = "NXDOMAIN"
	rcodeRefused = "REFUSED"
)

var rcodes = map[byte]string{0: rcodeOK, 1: "FORMERR", 2: rcodeServer, 3: rcodeName, 4: "NOTIMP", 5: rcodeRefused}

// resolver returns the resolver to ask. With a listener the pure Go resolver is used and every reply
// code is reported to it; the system's own (which knows split DNS on some systems) hides them.
func (r *run) resolver(heard func(code string)) *net.Resolver {
	if r.o.Nameserver == "" && heard == nil {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if r.o.Nameserver != "" {
			address = r.o.Nameserver
		}
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		if err != nil || heard == nil {
			return c, err
		}
		if p, ok := c.(net.PacketConn); ok {
			return &listeningPacketConn{listeningConn{c, heard}, p}, nil
		}
		return c, nil
	}}
}

// replyCodes asks again (P10) and returns the distinct reply codes, in the order heard.
func (r *run) replyCodes(ctx context.Context, host string) []string {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	var mu sync.Mutex
	var codes []string
	res := r.resolver(func(code string) {
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(codes, code) {
			codes = append(codes, code)
		}
	})
	// The trailing dot keeps search domains, whose replies would be about other names, out of it.
	_, _ = res.LookupNetIP(ctx, "ip", host+".")
	mu.Lock()
	defer mu.Unlock()
	return slices.Clone(codes)
}

// worstCode is the code that explains a missing address best.
func worstCode(codes []string) string {
	for _, c := range []string{rcodeName, rcodeRefused, rcodeServer, rcodeOK} {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return ""
}

// listeningConn reads the reply code of each DNS message that passes.
type listeningConn struct {
	net.Conn
	heard func(string)
}

func (c listeningConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil && n >= 4 {
		if name, ok := rcodes[b[3]&0x0f]; ok {
			c.heard(name)
		}
	}
	return n, err
}

// listeningPacketConn is also a net.PacketConn: by that the resolver knows UDP's framing.
type listeningPacketConn struct {
	listeningConn
	packet net.PacketConn
}

func (c *listeningPacketConn) ReadFrom(b []byte) (int, net.Addr, error) { return c.packet.ReadFrom(b) }
func (c *listeningPacketConn) WriteTo(b []byte, a net.Addr) (int, error) {
	return c.packet.WriteTo(b, a)
}
