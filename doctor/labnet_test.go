package doctor

import (
	"context"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
)

// internet is the lab's own: names and addresses as in life, each led to a server on loopback.
type internet struct {
	names  map[string]dnsReply // what DNS says; other names do not exist
	routes map[string]string   // address of the internet → address on loopback
	errs   map[string]error    // addresses that the kernel says it cannot reach, and how
}

// Addresses that are reserved for documentation, and a private one.
const (
	east, west  = "203.0.113.10", "203.0.113.20"
	east6       = "2001:db8::10"
	private10   = "10.20.30.40"
	privateLink = "vpce-0a1.us-east-1.vpce.amazonaws.com"
)

// in is an engine within this internet.
func (n internet) in(t testing.TB) func(*Options) {
	t.Helper()
	server := nameserver(t, func(name string) dnsReply {
		if r, ok := n.names[name]; ok {
			return r
		}
		return nowhere
	})
	return func(o *Options) {
		o.Nameserver = server
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if err := n.errs[address]; err != nil {
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", err)}
			}
			to, ok := n.routes[address]
			if !ok {
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.EHOSTUNREACH)}
			}
			var d net.Dialer
			return d.DialContext(ctx, network, to)
		}
	}
}

// failingOnce is an engine within this internet whose first connection fails so.
func (n internet) failingOnce(t testing.TB, errno syscall.Errno) func(*Options) {
	there := n.in(t)
	return func(o *Options) {
		there(o)
		var once atomic.Bool
		dial := o.Dial
		o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			if !once.Swap(true) {
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", errno)}
			}
			return dial(ctx, network, address)
		}
	}
}

// inside puts a row's engine into an internet that make builds.
func inside(build func(l *lab) internet) func(*lab) func(*Options) {
	return func(l *lab) func(*Options) { return build(l).in(l.t) }
}

// atEast is the internet in which the namespace's endpoint is one address, led to a server.
func atEast(address func(l *lab) string) func(*lab) func(*Options) {
	return inside(func(l *lab) internet {
		return internet{names: map[string]dnsReply{labHost: {v4: []string{east}}}, routes: map[string]string{east + ":7233": address(l)}}
	})
}

// home is DNS's answer for a namespace's endpoint in a region.
func home(region string, to ...string) dnsReply {
	return dnsReply{cname: region + ".region.tmprl.cloud", v4: to}
}
