package reach

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"onramp/fault"
)

// innocent is a public address, as one of Temporal Cloud's is. No test connects to it.
var innocent = netip.MustParseAddr("8.8.8.8")

// nameserver is a DNS server of the test: what it answers for a name is decided at each question.
type nameserver struct {
	mu    sync.Mutex
	asked int
	lie   netip.Addr // the forbidden address
	how   string     // "static", "rebinding", "cname"
}

// addresses are what the n-th lookup of a name gives: a rebinding server answers the first with an innocent one.
func (s *nameserver) address(first bool) netip.Addr {
	if s.how == "rebinding" && first {
		return innocent
	}
	return s.lie
}

// spoken is an address that no record of DNS can say and a resolver of the system could, from a file of hosts.
func (s *nameserver) spoken() (netip.Addr, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lie.Is4In6() {
		return netip.Addr{}, false
	}
	s.asked += 2
	return s.address(s.asked <= 2), true
}

func (s *nameserver) serve(t *testing.T) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if reply := s.answer(buf[:n]); reply != nil {
				_, _ = conn.WriteTo(reply, from)
			}
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func (s *nameserver) answer(question []byte) []byte {
	var m dnsmessage.Message
	if m.Unpack(question) != nil || len(m.Questions) != 1 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	s.asked++
	ip := s.address(s.asked <= 2) // A and AAAA are one lookup
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
	if s.how == "cname" {
		to := dnsmessage.MustNewName("inside.attacker.example.")
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.CNAMEResource{CNAME: to}})
		head.Name = to
	}
	switch {
	case q.Type == dnsmessage.TypeA && ip.Is4():
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: ip.As4()}})
	case q.Type == dnsmessage.TypeAAAA && !ip.Is4():
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
	}
	out, err := m.Pack()
	if err != nil {
		return nil
	}
	return out
}

// forbidden are addresses that a shared portal never dials without being told: each is led to by a name that may be
// dialled, and is asked for itself.
var forbidden = []string{
	// this computer
	"127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "0.0.0.0", "0.1.2.3", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "::7f00:1",
	// where clouds keep credentials
	"169.254.169.254", "169.254.170.2", "169.254.170.23", "169.254.0.23", "169.254.42.42", "169.254.1.1", "100.100.100.200", "192.0.0.192", "168.63.129.16",
	"fd00:ec2::254", "fd00:ec2::253", "fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "::ffff:169.254.169.254", "::ffff:100.100.100.200", "fe80::a9fe:a9fe",
	// the same through translations
	"64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b:1::a9fe:a9fe", "64:ff9b::a00:1", "2002:a9fe:a9fe::1", "2002:7f00:1::", "2001:0:a9fe:a9fe::1", "::a9fe:a9fe", "::169.254.169.254",
	// private networks that are not among the targets
	"10.0.0.1", "10.19.255.255", "10.21.0.1", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.1.1", "fc00::1", "fd12:3456:789a::1", "::ffff:10.0.0.1", "::ffff:192.168.1.1",
	"100.64.0.1", "100.127.255.254", "198.18.0.1", "198.19.255.254", "fec0::1",
	// many, reserved, documents
	"224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "255.255.255.255", "240.0.0.1", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1", "fe80::1",
}

// spellings are other ways to write a forbidden place, asked for as they are; a resolver that is asked answers with loopback.
var spellings = []string{
	"127.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.0.1", "127.0.0.1.", "１２７.０.０.１", "①②⑦.0.0.1", "localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost",
	"127.0.0.1.nip.io", "169.254.169.254.nip.io", "metadata.google.internal", "metadata.google.internal.", "instance-data", "kubernetes.default.svc", "host.docker.internal",
	"tmprl.cloud", "xtmprl.cloud", "tmprl.cloud.attacker.example", "orders.a1b2c.tmprl.cloud.attacker.example", "attacker.example#.tmprl.cloud", "attacker.example/.tmprl.cloud", "a@127.0.0.1", "orders.tmprl.cloud@127.0.0.1",
	"[fe80::1%25lo].tmprl.cloud", "evil%2etmprl.cloud", "-.tmprl.cloud", ".tmprl.cloud", "..tmprl.cloud", "vpce.amazonaws.com", "api.temporal.io", "cloud.temporal.io.attacker.example", "", "*", "*.tmprl.cloud", "a b.tmprl.cloud", "a\x00.tmprl.cloud", "a\r\nb.tmprl.cloud",
	"[::1]", "[::]", "[::ffff:7f00:1]", "[::1%lo]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]",
}

// No vector reaches a socket, however the name answers: counted in the dialer's control function, and by a listener.
// ASVS 1.3.6.
func TestForbidden(t *testing.T) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	var accepted atomic.Int64
	go func() {
		for {
			c, err := door.Accept()
			if err != nil {
				return
			}
			accepted.Add(1)
			c.Close()
		}
	}()
	open := door.Addr().(*net.TCPAddr).Port
	// The names, the ports and the listener's port are allowed: only the addresses are not.
	targets, err := ParseTargets(fmt.Sprintf("10.20.0.0/16,*.corp.example,*.corp.example:%d,10.20.0.0/16:%d", open, open))
	if err != nil {
		t.Fatal(err)
	}
	var vectors, ways, connects int
	for _, how := range []string{"static", "rebinding", "cname"} {
		t.Run(how, func(t *testing.T) {
			dns := &nameserver{how: how}
			resolver := dns.serve(t)
			var innocents atomic.Int64
			var at sync.Map
			gate := New(Options{Targets: targets, Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
				if ip, ok := dns.spoken(); ok {
					return []netip.Addr{ip}, nil
				}
				return resolver.LookupNetIP(ctx, "ip", host+".")
			}, connecting: func(to netip.AddrPort) error {
				if to.Addr() == innocent {
					innocents.Add(1)
					return errors.New("as far as a test goes")
				}
				at.Store(to.String(), true)
				if !to.Addr().Unmap().IsLoopback() {
					return errors.New("no test goes there")
				}
				return nil
			}})
			try := func(asked, dialled string, lie netip.Addr) {
				ways++
				dns.mu.Lock()
				dns.lie, dns.asked = lie, 0
				dns.mu.Unlock()
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				_, planned := gate.Plan(ctx, asked)
				if how != "rebinding" && planned == nil {
					t.Errorf("%s (%s): the plan says that it may be dialled", asked, lie)
				}
				c, err := gate.To(asked)(ctx, "tcp", dialled)
				if err == nil {
					c.Close()
					t.Errorf("%s as %s (%s): connected", asked, dialled, lie)
				} else if !errors.Is(err, ErrRefused) && !strings.Contains(err.Error(), "as far as a test goes") {
					t.Errorf("%s as %s (%s): %v", asked, dialled, lie, err)
				}
			}
			for _, v := range forbidden {
				lie := netip.MustParseAddr(v)
				vectors++
				for _, name := range []string{"orders.a1b2c.tmprl.cloud:7233", "us-east-1.aws.api.temporal.io:7233", "vpce-0a1.us-east-1.vpce.amazonaws.com:443", "temporal.corp.example:7233", fmt.Sprintf("temporal.corp.example:%d", open)} {
					_, port, _ := net.SplitHostPort(name)
					try(name, name, lie)                      // by its name, looked up again
					try(name, net.JoinHostPort(v, port), lie) // by the address that a first look-up gave
				}
				try(net.JoinHostPort(v, "7233"), net.JoinHostPort(v, "7233"), lie)
				try(net.JoinHostPort(v, strconv.Itoa(open)), net.JoinHostPort(v, strconv.Itoa(open)), lie)
			}
			for _, v := range spellings {
				vectors++
				for _, port := range []int{7233, 443, open} {
					try(fmt.Sprintf("%s:%d", v, port), fmt.Sprintf("%s:%d", v, port), netip.MustParseAddr("127.0.0.1"))
				}
			}
			for _, port := range []int{1, 22, 80, 6379, 8233, 9090} { // a good name, another port
				vectors++
				try(fmt.Sprintf("orders.a1b2c.tmprl.cloud:%d", port), fmt.Sprintf("%s:%d", innocent, port), netip.MustParseAddr("127.0.0.1"))
			}
			n := 0
			at.Range(func(to, _ any) bool { n++; t.Errorf("a connection to %s reached the socket", to); return true })
			connects += n
		})
	}
	if n := accepted.Load(); n != 0 {
		t.Errorf("the listener accepted %d connections", n)
	}
	t.Logf("figure: S5 forbidden_connects=%d accepted=%d vectors=%d resolvers=3 dials=%d", connects, accepted.Load(), vectors/3, ways)
	t.Logf("%d vectors x 3 resolvers, %d dials: %d forbidden connects at the socket, %d accepted", vectors/3, ways, connects, accepted.Load())
}

// Everybody rehearses at one address, so only persons are counted there.
func TestLimitsAtTheRehearsal(t *testing.T) {
	g := New(Options{Here: func(at netip.AddrPort) bool { return at.Port() == 7777 }})
	for i := range 50 {
		if err := g.Admit(t.Context(), fmt.Sprint("p", i), "127.0.0.1:7777"); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	for range 50 {
		err = errors.Join(err, g.Admit(t.Context(), "ann", "127.0.0.1:7777"))
	}
	if !fault.Is(err, fault.TooMany) {
		t.Errorf("got %v", err)
	}
}

// Where an operator allows every network, this computer and the clouds' credentials stay out of it.
func TestNeverWhateverTheTargets(t *testing.T) {
	targets, err := ParseTargets("0.0.0.0/0,::/0,*.tmprl.cloud")
	if err != nil {
		t.Fatal(err)
	}
	var never, others int
	for _, v := range forbidden {
		ip := netip.MustParseAddr(v)
		reached := false
		g := New(Options{Targets: targets, Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{ip}, nil },
			connecting: func(netip.AddrPort) error { reached = true; return errors.New("as far as a test goes") }})
		_, _ = g.To("orders.a1b2c.tmprl.cloud:7233")(t.Context(), "tcp", "orders.a1b2c.tmprl.cloud:7233")
		_, _ = g.To(net.JoinHostPort(v, "443"))(t.Context(), "tcp", net.JoinHostPort(v, "443"))
		switch ip = ip.Unmap(); {
		case ip.IsPrivate() && !strings.HasPrefix(v, "fd00:ec2:") && !strings.HasPrefix(v, "fd00:c1:") && !strings.HasPrefix(v, "fd20:ce:"),
			(netip.MustParsePrefix("100.64.0.0/10").Contains(ip) || netip.MustParsePrefix("198.18.0.0/15").Contains(ip)) && ip.String() != "100.100.100.200":
			if others++; !reached {
				t.Errorf("%s is in a target and was not dialled", v)
			}
		default:
			if never++; reached {
				t.Errorf("%s was dialled", v)
			}
		}
	}
	t.Logf("%d addresses are never dialled, %d are by a target", never, others)
}

// Addresses behind NAT64 are as what they stand for.
func TestKindOf(t *testing.T) {
	for text, want := range map[string]Kind{
		"8.8.8.8": Public, "2600:1f18::1": Public, "64:ff9b::808:808": Public, "::ffff:8.8.8.8": Public, "64:ff9b::a00:1": Never, "64:ff9b::a9fe:a9fe": Never,
		"10.1.2.3": Private, "fd12::1": Private, "::ffff:192.168.0.1": Private, "100.64.0.1": Shared, "127.9.9.9": Loopback, "::1": Loopback, "fe80::1%eth0": Never, "fd12::1%eth0": Never,
	} {
		if got := KindOf(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
	if KindOf(netip.Addr{}) != Never || Near(netip.MustParseAddr("fd00:ec2::254")) || !Near(netip.MustParseAddr("10.0.0.1")) || !Near(netip.MustParseAddr("::1")) || Near(netip.MustParseAddr("100.64.0.1")) {
		t.Error("near is this computer and private networks")
	}
}

// What may be dialled is: by Temporal Cloud's own names, by the targets, and a server of this process.
// ASVS 13.2.4.
func TestAllowed(t *testing.T) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	ours := netip.MustParseAddrPort(door.Addr().String())
	targets, err := ParseTargets("10.20.0.0/16,[fd12::/32]:8233,temporal.example.com:8233,100.64.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ asked, ip, rule string }{
		{"orders.a1b2c.tmprl.cloud:7233", "8.8.8.8", "Temporal Cloud's own name"},
		{"ORDERS.a1b2c.TMPRL.cloud.:443", "2600:1f18::1", "Temporal Cloud's own name"},
		{"us-east-1.aws.api.temporal.io:7233", "8.8.8.8", "Temporal Cloud's own name"},
		{"vpce-0a1.us-east-1.vpce.amazonaws.com:7233", "10.20.3.4", "10.20.0.0/16"},
		{"orders.a1b2c.tmprl.cloud:7233", "10.20.3.4", "10.20.0.0/16"}, // a private zone leads the name to PrivateLink
		{"10.20.255.1:443", "10.20.255.1", "10.20.0.0/16"},
		{"temporal.inside.example:7233", "10.20.3.4", "10.20.0.0/16"},
		{"[fd12::1]:8233", "fd12::1", "[fd12::/32]:8233"},
		{"temporal.example.com:8233", "8.8.8.8", "temporal.example.com:8233"},
		{"100.64.3.4:7233", "100.64.3.4", "100.64.0.0/16"},
		{"localhost:" + strconv.Itoa(int(ours.Port())), "127.0.0.1", "a server of this Onramp"},
	} {
		t.Run(tt.asked, func(t *testing.T) {
			var reached []netip.AddrPort
			stop := errors.New("as far as a test goes")
			g := New(Options{Targets: targets, Here: func(at netip.AddrPort) bool { return at == ours },
				Resolve: func(context.Context, string) ([]netip.Addr, error) {
					return []netip.Addr{netip.MustParseAddr(tt.ip)}, nil
				},
				connecting: func(at netip.AddrPort) error { reached = append(reached, at); return stop }})
			p, err := g.Plan(t.Context(), tt.asked)
			if err != nil || p.Rule != tt.rule || len(p.Dials) != 1 || p.Dials[0].Addr().String() != tt.ip {
				t.Fatalf("plan %+v, %v", p, err)
			}
			for _, dialled := range []string{tt.asked, p.Dials[0].String()} {
				if _, err := g.To(tt.asked)(t.Context(), "tcp", dialled); !errors.Is(err, stop) {
					t.Errorf("dial %s: %v", dialled, err)
				}
			}
			if len(reached) != 2 || reached[0] != p.Dials[0] {
				t.Errorf("reached %v", reached)
			}
		})
	}
	for _, bad := range []string{"temporal.example.com:7233", "[fd12::1]:7233", "10.20.0.1:22"} {
		if _, err := New(Options{Targets: targets, Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{innocent}, nil }}).Plan(t.Context(), bad); !fault.Is(err, fault.Denied) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// A name with good and bad addresses: the plan shows both, and only the good one is dialled.
func TestPlanShowsWhatIsNotDialled(t *testing.T) {
	g := New(Options{Resolve: func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("10.0.0.1"), innocent}, nil
	}})
	p, err := g.Plan(t.Context(), "orders.a1b2c.tmprl.cloud:7233")
	if err != nil || len(p.Dials) != 1 || p.Dials[0].Addr() != innocent || len(p.Not) != 1 || p.Not[0].Address.Addr().String() != "10.0.0.1" || p.Not[0].Why == "" {
		t.Errorf("%+v, %v", p, err)
	}
}

// One person at this machine: nothing is judged and nothing is counted.
func TestAlone(t *testing.T) {
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	g := New(Options{Alone: true})
	for range 50 {
		if err := g.Admit(t.Context(), "me", door.Addr().String()); err != nil {
			t.Fatal(err)
		}
	}
	c, err := g.To("anything")(t.Context(), "tcp", door.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if p, err := g.Plan(t.Context(), door.Addr().String()); err != nil || len(p.Dials) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}

// In no minute more than ten a person, nor more than six of a target; who waits goes on, and others are not in the way.
// ASVS 2.4.1.
func TestLimits(t *testing.T) {
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	g := New(Options{Now: func() time.Time { return now }, Resolve: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{innocent}, nil }})
	begin := func(person, address func(i int) string) (at []time.Time) {
		for i := range 3000 { // ten a second, for five minutes
			err := g.Admit(t.Context(), person(i), address(i))
			switch {
			case err == nil:
				at = append(at, now)
			case !fault.Is(err, fault.TooMany):
				t.Fatal(err)
			}
			now = now.Add(100 * time.Millisecond)
		}
		return at
	}
	always := func(s string) func(int) string { return func(int) string { return s } }
	each := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	for _, tt := range []struct {
		name            string
		person, address func(int) string
		want            int
	}{
		{"one person, many targets", always("ann"), each("ns-%d.a1b2c.tmprl.cloud:7233"), 10},
		{"many persons, one target", each("p%d"), always("orders.a1b2c.tmprl.cloud:7233"), 6},
		{"one person, one target, in many spellings", always("bob"), func(i int) string {
			return []string{"pay.a1b2c.tmprl.cloud:7233", "PAY.a1b2c.tmprl.cloud:7233", "pay.a1b2c.tmprl.cloud.:7233"}[i%3]
		}, 6},
	} {
		at := begin(tt.person, tt.address)
		for i := tt.want; i < len(at); i++ {
			if d := at[i].Sub(at[i-tt.want]); d < time.Minute {
				t.Errorf("%s: more than %d within %s", tt.name, tt.want, d)
				break
			}
		}
		if len(at) < 2*tt.want {
			t.Errorf("%s: only %d in five minutes", tt.name, len(at))
		}
	}
	for i := range 3 * maxKept { // a stranger's many targets cost bounded memory
		_ = errors.Join(g.limits.person(now, fmt.Sprint("many", i)), g.limits.target(now, fmt.Sprint("t", i)))
	}
	if p, tg := len(g.limits.persons), len(g.limits.targets); p > maxKept || tg > maxKept {
		t.Errorf("%d persons and %d targets are kept", p, tg)
	}
}

// ASVS 13.2.5.
func TestParseTargets(t *testing.T) {
	for text, want := range map[string]string{
		"10.20.0.0/16": "10.20.0.0/16", "10.20.3.4/16": "10.20.0.0/16", "10.20.0.7": "10.20.0.7", "[fd12::/32]:7233": "[fd12::/32]:7233", "fd12::1": "fd12::1",
		"Temporal.Example.COM.": "temporal.example.com", "*.example.com": "*.example.com", "a.example:8233 , 10.0.0.1": "a.example:8233 10.0.0.1",
		"": "", "localhost": "", "*": "", "*.com": "", "10.0.0.0/33": "", "::ffff:10.0.0.1": "", "a b.example": "", "a.example:0": "", "127.1": "", "http://a.example": "",
	} {
		got, err := ParseTargets(text)
		var said []string
		for _, g := range got {
			said = append(said, g.String())
		}
		if strings.Join(said, " ") != want || (err == nil) != (want != "") {
			t.Errorf("%q: %v, %v, want %q", text, said, err, want)
		}
	}
}
