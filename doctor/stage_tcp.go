package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"

	"onramp/fault"
	"onramp/namespace"
	"onramp/reach"
)

// path makes connections to the target as the first one was made.
type path struct {
	dial func(context.Context) (net.Conn, error)
}

// attempt is what came of connecting to one address.
type attempt struct {
	to   netip.AddrPort
	conn net.Conn
	err  error
	took time.Duration
	late bool // no answer yet when another address had long answered
}

// tcp is stage 4: every address, both families, or the proxy.
func (r *run) tcp(ctx context.Context) {
	if r.badProxy != "" {
		r.see("variable", r.badProxy)
		r.stop("PX-07", Certain)
		return
	}
	if r.proxy != nil {
		r.tcpByProxy(ctx)
		return
	}
	tries := r.connectAll(ctx)
	var shown []string
	var good, bad []attempt
	for _, a := range tries {
		shown = append(shown, describe(a))
		if a.conn != nil {
			good = append(good, a)
		} else {
			bad = append(bad, a)
		}
	}
	r.see("addresses", shown)
	if len(good) == 0 {
		if !r.expired(ctx) {
			r.noConnection(ctx, bad)
		}
		return
	}
	first := good[0]
	r.others = good[1:]
	if !r.manyAddresses() {
		r.closeOthers()
	}
	r.conn, r.connected = first.conn, first.to
	r.to(first.to)
	r.see("connected", first.to.String())
	r.say("%s accepts connections", first.to)
	r.partlyDead(ctx, first, bad)
}

// to makes an address the one that later connections go to.
func (r *run) to(a netip.AddrPort) {
	r.path = path{dial: func(ctx context.Context) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.TCP)
		defer cancel()
		return r.dial(ctx, a.String())
	}}
}

// connectAll dials every address at once. After the first success the others get one more second:
// a healthy one needs far less.
func (r *run) connectAll(ctx context.Context) []attempt {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.TCP)
	defer cancel()
	type result struct {
		i int
		attempt
	}
	ch := make(chan result, len(r.ips))
	tries := make([]attempt, len(r.ips))
	start := time.Now()
	for i, ip := range r.ips {
		to := netip.AddrPortFrom(ip, uint16(r.addr.Port))
		tries[i] = attempt{to: to, late: true}
		go func() {
			c, err := r.dial(ctx, to.String())
			ch <- result{i, attempt{to: to, conn: c, err: err, took: time.Since(start)}}
		}()
	}
	var patience <-chan time.Time
	for left := len(r.ips); left > 0; {
		select {
		case res := <-ch:
			left--
			tries[res.i] = res.attempt
			if res.conn != nil && patience == nil {
				t := time.NewTimer(min(time.Second, r.o.Budgets.TCP))
				defer t.Stop()
				patience = t.C
			}
		case <-patience:
			cancel()
			for ; left > 0; left-- {
				if res := <-ch; res.conn != nil {
					res.conn.Close()
				}
			}
		}
	}
	return tries
}

func describe(a attempt) string {
	switch {
	case a.conn != nil:
		return fmt.Sprintf("%s: connected in %s", a.to, fault.Took(a.took))
	case a.late:
		return fmt.Sprintf("%s: no answer", a.to)
	}
	return fmt.Sprintf("%s: %s", a.to, dialWord(a.err))
}

// dialWord is a dial error in few words, without addresses.
func dialWord(err error) string {
	var errno syscall.Errno
	switch {
	case timedOut(err):
		return "no answer"
	case errors.As(err, &errno):
		return errno.Error()
	case err == nil:
		return "connected"
	}
	return err.Error()
}

func timedOut(err error) bool {
	var ne net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &ne) && ne.Timeout()
}

// noConnection names why no address could be reached.
func (r *run) noConnection(ctx context.Context, bad []attempt) {
	r.see("error", dialWord(bad[0].err))
	count := func(match func(error) bool) (n int) {
		for _, a := range bad {
			if match(a.err) {
				n++
			}
		}
		return n
	}
	is := func(errnos ...syscall.Errno) func(error) bool {
		return func(err error) bool {
			for _, e := range errnos {
				if errors.Is(err, e) {
					return true
				}
			}
			return false
		}
	}
	if count(func(err error) bool { return errors.Is(err, reach.ErrRefused) }) == len(bad) {
		r.say("Onramp may not connect to %s", bad[0].to)
		r.unknown(fmt.Sprintf("This portal connects to Temporal Cloud's own names, and to the networks and names that its operator allows. %s is led to %s, and nothing was sent there. Run the check on a computer of that network: onramp check.", r.addr.Host, bad[0].to.Addr()))
		return
	}
	refused := count(is(syscall.ECONNREFUSED))
	noRoute := is(syscall.ENETUNREACH, syscall.EADDRNOTAVAIL)
	onlyV6 := true
	for _, a := range bad {
		onlyV6 = onlyV6 && a.to.Addr().Is6() && !a.to.Addr().IsLoopback()
	}
	r.say("none of %s of %s can be reached on port %d", plural(len(bad), "address"), r.addr.Host, r.addr.Port)
	switch {
	case refused > 0 && refused+count(noRoute) == len(bad):
		if r.cameBack(r.redial(ctx, bad, r.o.Budgets.Probe)) {
			return
		}
		r.st.Summary = fmt.Sprintf("nothing listens on %s", r.addr)
		if (r.hostKind == namespace.HostLocal || isAlias(r.addr.Host)) && !r.id.IsZero() {
			r.stop("TC-01", Certain, candidate("IN-10", "The address is this machine's or container's, and the namespace is one of Temporal Cloud."))
			return
		}
		r.stop("TC-01", Certain)
	case count(noRoute) == len(bad) && onlyV6 && len(bad) > 0 && r.hostKind != namespace.HostIP:
		r.stop("DN-05", Certain)
	case count(noRoute) == len(bad):
		r.stop("TC-03", Certain)
	case count(is(syscall.EHOSTUNREACH)) > 0:
		r.stop("TC-04", Certain)
	case count(timedOut) > 0:
		r.vanished(ctx, bad)
	case count(is(syscall.ECONNRESET)) > 0:
		// The peer took the connection and cut it before the dialler returned: stage tls, which would
		// mostly see it first, judges.
		r.st.Summary = fmt.Sprintf("%s takes connections and cuts them at once", r.addr)
		r.to(bad[slices.IndexFunc(bad, func(a attempt) bool { return errors.Is(a.err, syscall.ECONNRESET) })].to)
	default:
		r.unknown("")
	}
}

// vanished is a connection without any answer: the same host's port 443 (P11) tells a blocked port
// from a host that is down.
func (r *run) vanished(ctx context.Context, bad []attempt) {
	private := bad[0].to.Addr().IsPrivate()
	back := make(chan map[netip.AddrPort]int, 1)
	go func() { back <- r.redial(ctx, bad, min(time.Second, r.o.Budgets.Probe)) }()
	if r.addr.Port != 443 {
		probe, cancel := context.WithTimeout(ctx, min(time.Second, r.o.Budgets.Probe))
		defer cancel()
		c, err := r.dial(probe, netip.AddrPortFrom(bad[0].to.Addr(), 443).String())
		if err == nil {
			c.Close()
		}
		r.see("same_host_port_443", dialWord(err))
	}
	if r.cameBack(<-back) {
		return
	}
	switch {
	case r.hostKind == namespace.HostPrivateLink && r.otherRegion(ctx):
		r.stop("DN-12", Likely, candidate("TC-09", "The security group of the private endpoint may lack port 7233."))
	case private && (r.hostKind == namespace.HostPrivateLink || r.cloudHost()):
		r.stop("TC-09", Likely, candidate("TC-02", "Any firewall on the way looks the same."))
	default:
		r.stop("TC-02", Likely, candidate("DN-10", "If the namespace is reached by a private connection, its name must resolve to a private address."),
			candidate("NS-08", "A connectivity rule of the namespace may allow private connections only."))
	}
}

// partlyDead warns of addresses that fail beside one that works. A machine without IPv6 is healthy,
// and so is a local name of which only one family is listened on.
func (r *run) partlyDead(ctx context.Context, first attempt, bad []attempt) {
	if !r.manyAddresses() || len(bad) == 0 {
		return
	}
	took := r.redial(ctx, bad, min(500*time.Millisecond, r.o.Budgets.Probe))
	for _, a := range bad {
		if errors.Is(a.err, syscall.ENETUNREACH) || errors.Is(a.err, syscall.EADDRNOTAVAIL) ||
			errors.Is(a.err, syscall.EHOSTUNREACH) && a.to.Addr().Is6() {
			continue
		}
		if n := took[a.to]; n > 0 {
			r.warn("TC-10")
			r.say("%s works, and %s answered %d of %d times", first.to, a.to, n, 1+repeats)
			continue
		}
		code := "TC-07"
		if a.to.Addr().Is6() && first.to.Addr().Is4() {
			code = "TC-08"
		}
		r.warn(code)
		r.say("%s works, but %s", first.to, strings.Replace(describe(a), ": ", " fails: ", 1))
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if strings.HasSuffix(word, "s") {
		return fmt.Sprintf("%d %ses", n, word)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
