// Package reach says which servers Onramp may dial for whom. In a portal that several people share anybody could have it
// dial any address of the operator's network: so a check goes to Temporal Cloud's own names, and to what the operator
// names beside them. An address is judged when a name was resolved and again at the moment of connecting, so that a name
// that answers differently the second time leads nowhere.
package reach

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"onramp/fault"
)

// Options of a Gate.
type Options struct {
	// Alone: one person uses Onramp at this machine. Whatever the machine reaches may be dialled, as often as wanted.
	Alone bool
	// Targets may be dialled beside Temporal Cloud's own names.
	Targets []Target
	// Here reports whether a loopback address is one of a server in this process, such as the rehearsal cloud's; nil: none is.
	Here func(netip.AddrPort) bool

	Resolve func(ctx context.Context, host string) ([]netip.Addr, error) // default net.DefaultResolver
	Now     func() time.Time                                             // default time.Now

	connecting func(netip.AddrPort) error // a test counts what reaches the socket, and may end it there
}

// Gate judges addresses. It is safe for concurrent use.
type Gate struct {
	o      Options
	limits limits
}

// New returns a Gate.
func New(o Options) *Gate {
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Gate{o: o}
}

// Dialer opens connections as net.Dialer's DialContext does.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// ErrRefused is in the chain of every error of a dialer that says that an address may not be dialled.
var ErrRefused = errors.New("Onramp may not dial it")

// refusal says why an address may not be dialled.
type refusal struct {
	address string
	why     string
}

func (r *refusal) Error() string { return fmt.Sprintf("%s may not be dialled: %s", r.address, r.why) }
func (r *refusal) Unwrap() error { return ErrRefused }

// Plan is what a check of one address would dial.
type Plan struct {
	Host  string
	Port  int
	Rule  string           // what allows it: "Temporal Cloud's own name", or the target
	Dials []netip.AddrPort // what would be dialled
	Not   []Refused        // addresses of the name that would not be
}

// here is the rule by which a server of this process is dialled.
const here = "a server of this Onramp"

// Refused is an address that may not be dialled, and why.
type Refused struct {
	Address netip.AddrPort
	Why     string
}

// resolveWithin bounds the lookup of a name.
const resolveWithin = 3 * time.Second

// Plan resolves a host:port and says what would be dialled, dialling nothing. The fault, of the field address, is Denied
// where nothing of it may be dialled, Invalid where it is no address or does not resolve.
func (g *Gate) Plan(ctx context.Context, address string) (Plan, error) {
	to, err := split(address)
	if err != nil {
		return Plan{}, fault.Wrap(err, fault.Invalid, "This is not an address", "Enter host and port, such as orders.a1b2c.tmprl.cloud:7233.").In("address")
	}
	p := Plan{Host: to.host, Port: to.port}
	if !g.o.Alone && !g.mayReach(to) {
		return p, g.denied(to, (&refusal{address, "it is not one of the names or networks"}).why)
	}
	ips, err := g.resolve(ctx, to)
	if err != nil || len(ips) == 0 {
		return p, fault.Wrap(err, fault.Invalid, fmt.Sprintf("The name %s does not resolve here", to.host), "Check the address for a typing error.").In("address")
	}
	for _, ip := range ips {
		at := netip.AddrPortFrom(ip, uint16(to.port))
		rule, err := g.permit(to, at)
		if err != nil {
			p.Not = append(p.Not, Refused{at, err.why})
			continue
		}
		p.Rule, p.Dials = rule, append(p.Dials, at)
	}
	if len(p.Dials) == 0 {
		return p, g.denied(to, p.Not[0].Why)
	}
	return p, nil
}

func (g *Gate) denied(to destination, why string) error {
	f := fault.New(fault.Denied, "This portal may not connect to "+to.String(), "Ask who runs this portal to start it with --targets for that network, or run onramp check on your own computer.").In("address")
	f.Cause, f.Who = "It connects to Temporal Cloud's own names, and to the networks and names that its operator allows: "+why+".", "platform"
	return f
}

// Dialers is To, nil where one person is alone at this machine: whoever dials then does it as ever, proxies and all.
func (g *Gate) Dialers() func(address string) Dialer {
	if g.o.Alone {
		return nil
	}
	return g.To
}

// To returns the dialer of everything that a check of one address opens: the address itself, the same host again, and
// no other network. What it is asked to dial may be a name, or an address that the name was found to have.
func (g *Gate) To(address string) Dialer {
	if g.o.Alone {
		return (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, dialled string) (net.Conn, error) {
		asked, err := split(address)
		if err != nil {
			return nil, &refusal{address, "it is no address"}
		}
		next, err := split(dialled)
		if err != nil {
			return nil, &refusal{dialled, "it is no address"}
		}
		if next.ip.IsValid() {
			return g.connect(ctx, network, asked, netip.AddrPortFrom(next.ip, uint16(next.port)))
		}
		ips, err := g.resolve(ctx, next)
		if err != nil {
			return nil, err
		}
		errs := error(&refusal{dialled, "it has no address"})
		for i, ip := range ips {
			c, err := g.connect(ctx, network, destination{host: next.host, port: next.port}, netip.AddrPortFrom(ip, uint16(next.port)))
			if err == nil {
				return c, nil
			}
			if i == 0 || errors.Is(errs, ErrRefused) {
				errs = err
			}
		}
		return nil, errs
	}
}

// connect judges an address and dials it, and judges what really reaches the socket.
func (g *Gate) connect(ctx context.Context, network string, to destination, at netip.AddrPort) (net.Conn, error) {
	if _, err := g.permit(to, at); err != nil {
		return nil, err
	}
	d := net.Dialer{ControlContext: func(_ context.Context, network, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || !strings.HasPrefix(network, "tcp") {
			return &refusal{address, "it is no address"}
		}
		if _, err := g.permit(to, at); err != nil {
			return err
		}
		if g.o.connecting != nil {
			return g.o.connecting(at)
		}
		return nil
	}}
	return d.DialContext(ctx, network, at.String())
}

// permit judges one address that a host was found to have. It returns what allows it.
func (g *Gate) permit(to destination, at netip.AddrPort) (string, *refusal) {
	no := func(why string) (string, *refusal) { return "", &refusal{at.String(), why} }
	if g.o.Alone {
		return "one person at this machine", nil
	}
	kind, ip, port := KindOf(at.Addr()), at.Addr().Unmap(), int(at.Port())
	switch kind {
	case Never:
		return no("no server of anybody has this address")
	case Loopback:
		if g.o.Here != nil && g.o.Here(netip.AddrPortFrom(ip, at.Port())) {
			return here, nil
		}
		return no("it is the computer that this portal runs on")
	}
	for _, t := range g.o.Targets {
		if t.Network.IsValid() && t.Network.Contains(ip) && t.allowsPort(port) {
			return t.String(), nil
		}
	}
	if kind != Public {
		return no("it is in a private network that is not among the targets")
	}
	for _, t := range cloudNames {
		if t.names(to.host) && t.allowsPort(port) {
			return "Temporal Cloud's own name", nil
		}
	}
	for _, t := range g.o.Targets {
		if t.names(to.host) && t.allowsPort(port) {
			return t.String(), nil
		}
	}
	return no("neither its name nor its network is among the targets, or its port is not")
}

// mayReach reports whether any answer of DNS could be allowed: what cannot be is not even looked up.
func (g *Gate) mayReach(to destination) bool {
	for _, t := range slices.Concat(cloudNames, g.o.Targets) {
		if t.allowsPort(to.port) && (t.Network.IsValid() || t.names(to.host)) {
			return true
		}
	}
	return g.o.Here != nil && (to.host == "localhost" || to.ip.IsValid())
}

func (g *Gate) resolve(ctx context.Context, to destination) ([]netip.Addr, error) {
	if to.ip.IsValid() {
		return []netip.Addr{to.ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	return g.o.Resolve(ctx, to.host)
}

// destination is a host:port: a name, or an address.
type destination struct {
	host string
	ip   netip.Addr // where the host is one
	port int
}

func (d destination) String() string { return net.JoinHostPort(d.host, strconv.Itoa(d.port)) }

func split(address string) (destination, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return destination{}, err
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return destination{}, fmt.Errorf("%q is no port", port)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return destination{host: ip.String(), ip: ip, port: int(n)}, nil
	}
	name, ok := hostName(host)
	if !ok {
		return destination{}, fmt.Errorf("%q is no host name", host)
	}
	return destination{host: name, port: int(n)}, nil
}
