package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"onramp/namespace"
	"onramp/reach"
)

// maxAddresses is how many addresses of a name are tried.
const maxAddresses = 4

// dns is stage 3: A, AAAA and CNAME asked separately.
func (r *run) dns(ctx context.Context) {
	host := r.addr.Host
	r.chooseProxy()
	if r.badProxy != "" {
		r.skip("the proxy setting comes first")
		return
	}
	if ip, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		r.ips = []netip.Addr{ip}
		r.skip("the address is an IP address: there is no name to look up")
		return
	}
	ans := r.lookup(ctx, host)
	r.see("a", texts(ans.v4))
	r.see("aaaa", texts(ans.v6))
	if ans.cname != "" && !strings.EqualFold(ans.cname, host) {
		r.see("cname", ans.cname)
	}
	r.ips = pick(ans.v4, ans.v6)
	if r.proxy != nil {
		// The proxy resolves the name; what this machine's DNS says is only worth knowing.
		r.say("the proxy %s resolves the name", r.proxyName())
		if len(r.ips) == 0 {
			r.st.Status = Skip
			if ans.err != nil {
				r.see("local_answer", ans.err.Error())
			}
		}
		return
	}
	if len(r.ips) > 0 {
		r.judgeAnswer(ctx, ans)
		return
	}
	if r.expired(ctx) {
		return
	}
	r.because(ans.err)
	r.noAnswer(ctx, host, ans.err)
}

// answer is what DNS said about a name.
type answer struct {
	v4, v6 []netip.Addr
	cname  string
	err    error // of A, else of AAAA; nil when either gave an address
}

// lookup asks A, AAAA and CNAME at once. The CNAME only tells the region, so it is not waited for
// once both addresses are known.
func (r *run) lookup(ctx context.Context, host string) answer {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.DNS)
	defer cancel()
	res := r.resolver(nil)
	type part struct {
		ips []netip.Addr
		err error
	}
	ask := func(network string) chan part {
		ch := make(chan part, 1)
		go func() {
			ips, err := res.LookupNetIP(ctx, network, host)
			for i := range ips {
				ips[i] = ips[i].Unmap()
			}
			ch <- part{ips, err}
		}()
		return ch
	}
	cname := make(chan string, 1)
	if namespace.HostKind(host) == namespace.HostLocal {
		cname <- ""
	} else {
		go func() {
			s, _ := res.LookupCNAME(ctx, host)
			cname <- strings.TrimSuffix(s, ".")
		}()
	}
	ch4, ch6 := ask("ip4"), ask("ip6")
	a4, a6 := <-ch4, <-ch6
	ans := answer{v4: a4.ips, v6: a6.ips}
	if len(a4.ips)+len(a6.ips) == 0 {
		if ans.err = a4.err; ans.err == nil {
			ans.err = a6.err
		}
		return ans
	}
	wait := time.NewTimer(50 * time.Millisecond)
	defer wait.Stop()
	select {
	case ans.cname = <-cname:
	case <-wait.C:
	}
	return ans
}

// judgeAnswer looks at addresses that make no sense for the name (DN-08): a DNS filter answers with this machine's own
// address or with none. Somebody may also have led the name here on purpose, through a tunnel; so where something
// answers there, the check goes on, and only if the server does not prove to be the one that was asked for, it is the
// filter (explainedBefore). 0.0.0.0 and :: are nobody's purpose.
func (r *run) judgeAnswer(ctx context.Context, ans answer) {
	cloud := r.hostKind != namespace.HostLocal && r.hostKind != namespace.HostOther
	none, here := true, true
	for _, ip := range r.ips {
		none = none && ip.IsUnspecified()
		here = here && (ip.IsUnspecified() || ip.IsLoopback())
	}
	public := cloud || none && r.hostKind == namespace.HostOther && !isAlias(r.addr.Host)
	if public && here {
		r.filtered = true
		open, level := r.answers(ctx)
		if !open {
			r.say("%s resolves to %s: not a public internet address", r.addr.Host, texts(r.ips)[0])
			r.stop("DN-08", level)
			return
		}
		r.warn("DN-08")
	}
	r.say("%s is %s", r.addr.Host, strings.Join(texts(r.ips), ", "))
	if ans.cname != "" && !strings.EqualFold(ans.cname, r.addr.Host) {
		r.st.Summary += " (by " + clean(ans.cname, 100) + ")"
	}
}

// private reports whether the name leads into a private network only.
func (r *run) private() bool {
	for _, ip := range r.ips {
		if !ip.IsPrivate() {
			return false
		}
	}
	return len(r.ips) > 0 && r.proxy == nil
}

// answers reports whether anything listens at the first address on this machine, and how sure it is that nothing
// does: a machine that is busy may be late to say so.
func (r *run) answers(ctx context.Context) (open bool, sure Level) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
	defer cancel()
	c, err := r.dial(ctx, netip.AddrPortFrom(r.ips[0], uint16(r.addr.Port)).String())
	if err != nil {
		if timedOut(err) || errors.Is(err, reach.ErrRefused) { // nobody asked
			return false, Likely
		}
		return false, Certain
	}
	c.Close()
	return true, Likely
}

// noAnswer says why there is no address. The resolver's error tells timeouts and closed ports; the
// reply code of a raw question separates the rest.
func (r *run) noAnswer(ctx context.Context, host string, err error) {
	var dnsErr *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), err != nil && strings.Contains(err.Error(), "connection refused"):
		r.stop("DN-07", Certain)
		return
	case errors.As(err, &dnsErr) && dnsErr.IsTimeout:
		r.stop("DN-06", Certain)
		return
	}
	raw := r.askRaw(ctx, "", host)
	if len(raw.codes) > 0 {
		r.see("reply_codes", raw.codes)
	}
	if raw.zone != "" {
		r.see("zone", raw.zone)
	}
	switch worstCode(raw.codes) {
	case rcodeName:
		r.say("no DNS server that was asked knows %s", host)
		r.nameUnknown(ctx, host)
	case rcodeServer:
		r.stop("DN-02", Certain)
	case rcodeRefused:
		r.stop("DN-03", Certain)
	case rcodeOK:
		r.stop("DN-04", Certain)
	default:
		switch {
		case errors.As(err, &dnsErr) && dnsErr.IsNotFound:
			// Without the raw reply a missing name and a name without address look the same.
			r.nameUnknown(ctx, host)
		case errors.As(err, &dnsErr) && dnsErr.IsTemporary:
			r.stop("DN-02", Likely)
		default:
			r.unknown("")
		}
	}
}

// nameUnknown is DN-01, or a fault of private DNS: where another DNS server knows the name, or the name itself
// is a private endpoint's.
func (r *run) nameUnknown(ctx context.Context, host string) {
	if r.knownElsewhere(ctx, host) {
		r.say("this network's DNS does not know %s, %s does", host, clean(r.o.OtherNameserver, 60))
		r.stop("DN-09", Likely, candidate("DN-08", "A DNS filter may deny the name."))
		return
	}
	if r.hostKind == namespace.HostPrivateLink {
		if r.otherRegion(ctx) {
			r.stop("DN-12", Likely, candidate("DN-09", "A private zone may lack the record."), candidate("DN-01", "The name may be misspelt."))
			return
		}
		r.stop("DN-09", Likely, candidate("DN-12", "The private endpoint may belong to another region."),
			candidate("DN-01", "The name may be misspelt."))
		return
	}
	if isAlias(host) && !r.id.IsZero() {
		r.say("%s is a name of one container network or machine, and this one does not know it", host)
		r.values["cause"] = fmt.Sprintf("%s is a name that only one container network or machine knows, while %s is a namespace of Temporal Cloud. Here it does not resolve.", host, r.id)
		r.stop("IN-10", Likely, candidate("DN-01", "The name may be known where the worker runs, if a gateway to Temporal Cloud is called so: run the check there."))
		return
	}
	level := Certain
	if r.st.Evidence["reply_codes"] == nil {
		level = Likely
	}
	if isAlias(host) {
		r.stop("DN-01", level, candidate("IN-10", "It is a name of one container network or machine, which is known there alone: run the check where the worker runs."))
		return
	}
	r.stop("DN-01", level)
}

func texts(ips []netip.Addr) []string {
	out := make([]string, len(ips))
	for i, ip := range ips {
		out[i] = ip.String()
	}
	return out
}

// pick takes at most four addresses, of both families in turn, IPv4 first.
func pick(v4, v6 []netip.Addr) []netip.Addr {
	var out []netip.Addr
	for i := 0; len(out) < maxAddresses && (i < len(v4) || i < len(v6)); i++ {
		if i < len(v4) {
			out = append(out, v4[i])
		}
		if i < len(v6) && len(out) < maxAddresses {
			out = append(out, v6[i])
		}
	}
	return out
}

// proxyName is the proxy's host and port: never its user or password.
func (r *run) proxyName() string {
	if r.proxy == nil {
		return ""
	}
	return fmt.Sprintf("%s://%s", r.proxy.Scheme, r.proxy.Host)
}
