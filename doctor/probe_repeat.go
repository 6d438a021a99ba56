package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"onramp/namespace"
)

// repeats is how often a failed connection is tried again (P14): three tries in all.
const repeats = 2

// redial connects twice more to each address that failed, all at once, and returns how often each one took the
// connection. What refuses does so at once; silence is waited for as long as wait says.
func (r *run) redial(ctx context.Context, bad []attempt, wait time.Duration) map[netip.AddrPort]int {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	var mu sync.Mutex
	took := map[netip.AddrPort]int{}
	var wg sync.WaitGroup
	for _, a := range bad {
		if errors.Is(a.err, syscall.ENETUNREACH) || errors.Is(a.err, syscall.EADDRNOTAVAIL) {
			continue // this machine has no way there: no packet was sent, and none will be
		}
		for range repeats {
			wg.Go(func() {
				c, err := r.dial(ctx, a.to.String())
				if err != nil {
					return
				}
				c.Close()
				mu.Lock()
				defer mu.Unlock()
				took[a.to]++
			})
		}
	}
	wg.Wait()
	return took
}

// cameBack ends the ladder where an address that failed at first took a later connection (TC-10).
func (r *run) cameBack(took map[netip.AddrPort]int) bool {
	most := 0
	for to, n := range took {
		r.see("connected", to.String())
		most = max(most, n)
	}
	if most == 0 {
		return false
	}
	r.comesAndGoes(most, 1+repeats)
	return true
}

// tried is how the TLS handshake with one more address ended.
type tried struct {
	to  netip.AddrPort
	err error // nil: the server is verified
}

// tryOthers makes a handshake with every other address that takes connections, at the same time as the main
// one; it shows the server's certificate and sends nothing (P7). One bad server behind a name of several
// addresses fails now and then, and only asking each shows it.
func (r *run) tryOthers(ctx context.Context, s shake) <-chan []tried {
	done := make(chan []tried, 1)
	s.only, s.cert, s.budget = true, nil, min(s.budget, r.o.Budgets.Probe)
	others := r.others
	r.others = nil
	go func() {
		out := make([]tried, len(others))
		var wg sync.WaitGroup
		for i, a := range others {
			wg.Go(func() {
				h := s.do(ctx, a.conn)
				h.close()
				out[i] = tried{to: a.to}
				if !h.verified {
					out[i].err = h.err
				}
			})
		}
		wg.Wait()
		done <- out
	}()
	return done
}

// oneOfSeveral warns of addresses whose server fails where another's is good (TC-07). Where the main one fails
// it goes over to a good one; h is the handshake to go on with.
func (r *run) oneOfSeveral(ctx context.Context, s shake, h *hello, others []tried) *hello {
	main := r.connected
	if !h.verified {
		for _, o := range others {
			if o.err != nil || ctx.Err() != nil {
				continue
			}
			was := r.path
			r.to(o.to)
			if again := r.again(ctx, s); again.verified {
				others = append(others, tried{main, h.err})
				h.close()
				h = again
				r.see("connected", o.to.String())
				break
			} else {
				again.close()
				r.path = was
			}
		}
	}
	if !h.verified {
		return h
	}
	for _, o := range others {
		if o.err != nil {
			r.warn("TC-07")
			r.see("failing_address", fmt.Sprintf("%s: %s", o.to, handshakeWord(o.err)))
		}
	}
	return h
}

// handshakeWord is a handshake's error in few words.
func handshakeWord(err error) string {
	switch end, alert := classify(err); end {
	case endAlert:
		return "alert " + alertName(alert)
	case endOther:
		return strings.TrimPrefix(err.Error(), "tls: ")
	default:
		return string(end)
	}
}

// manyAddresses reports whether the addresses of the target's name are worth comparing: a local name of which
// one family alone is listened on is healthy.
func (r *run) manyAddresses() bool { return r.hostKind != namespace.HostLocal }
