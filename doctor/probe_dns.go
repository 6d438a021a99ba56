package doctor

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The reply codes of DNS that mean something here (RFC 1035 §4.1.1).
const (
	rcodeOK      = "NOERROR"
	rcodeServer  = "SERVFAIL"
	rcodeName    = "NXDOMAIN"
	rcodeRefused = "REFUSED"
)

var rcodes = map[dnsmessage.RCode]string{0: rcodeOK, 1: "FORMERR", 2: rcodeServer, 3: rcodeName, 4: "NOTIMP", 5: rcodeRefused}

// resolver returns the resolver to ask. With a listener the pure Go resolver is used and every reply is
// reported to it; the system's own (which knows split DNS on some systems) hides them.
func (r *run) resolver(heard func(message []byte)) *net.Resolver {
	return resolverAt(r.o.Nameserver, heard)
}

// resolverAt asks one DNS server, "" for the system's.
func resolverAt(server string, heard func(message []byte)) *net.Resolver {
	if server == "" && heard == nil {
		return net.DefaultResolver
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		if server != "" {
			address = server
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

// rawAnswer is what DNS said besides addresses.
type rawAnswer struct {
	codes   []string // distinct reply codes, in the order heard
	aliases []alias  // CNAME records
	ips     []string
	zone    string // of which the server said that it lacks the name (SOA)
}

// alias is one CNAME record.
type alias struct {
	from, to string // without the last dot
	ttl      time.Duration
}

// askRaw asks a DNS server ("" for the usual one) for A and AAAA once more (P10) and reads its replies.
func (r *run) askRaw(ctx context.Context, server, host string) rawAnswer {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	var mu sync.Mutex
	var out rawAnswer
	res := resolverAt(either(server, r.o.Nameserver), func(message []byte) {
		mu.Lock()
		defer mu.Unlock()
		out.read(message)
	})
	// The trailing dot keeps search domains, whose replies would be about other names, out of it.
	ips, _ := res.LookupNetIP(ctx, "ip", strings.TrimSuffix(host, ".")+".")
	mu.Lock()
	defer mu.Unlock()
	for _, ip := range ips {
		if s := ip.Unmap().String(); !slices.Contains(out.ips, s) {
			out.ips = append(out.ips, s)
		}
	}
	out.codes, out.aliases = slices.Clone(out.codes), slices.Clone(out.aliases)
	return out
}

// read takes one reply in; one that cannot be read is passed over.
func (a *rawAnswer) read(message []byte) {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil || !head.Response {
		return
	}
	if name, ok := rcodes[head.RCode]; ok && !slices.Contains(a.codes, name) {
		a.codes = append(a.codes, name)
	}
	if p.SkipAllQuestions() != nil {
		return
	}
	plain := func(n dnsmessage.Name) string { return strings.TrimSuffix(n.String(), ".") }
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			break
		}
		if h.Type != dnsmessage.TypeCNAME {
			if p.SkipAnswer() != nil {
				return
			}
			continue
		}
		body, err := p.CNAMEResource()
		if err != nil {
			return
		}
		one := alias{plain(h.Name), plain(body.CNAME), time.Duration(h.TTL) * time.Second}
		if !slices.ContainsFunc(a.aliases, func(x alias) bool { return x.from == one.from && x.to == one.to }) && len(a.aliases) < 16 {
			a.aliases = append(a.aliases, one)
		}
	}
	if p.SkipAllAnswers() != nil {
		return
	}
	if h, err := p.AuthorityHeader(); err == nil && h.Type == dnsmessage.TypeSOA {
		a.zone = plain(h.Name)
	}
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

// listeningConn hands on each DNS message that passes.
type listeningConn struct {
	net.Conn
	heard func([]byte)
}

func (c listeningConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err == nil {
		c.heard(b[:n])
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
