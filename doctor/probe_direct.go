package doctor

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// errNoAddress is a name for which this machine's DNS has no address.
var errNoAddress = errors.New("this machine's DNS has no address for the name")

// direct connects past the proxy, at the same time as through it: a worker without the proxy's setting, or an
// SDK that does not read it, goes that way (PX-10). The channel gets the error.
func (r *run) direct(ctx context.Context) <-chan error {
	done := make(chan error, 1)
	if len(r.ips) == 0 {
		done <- errNoAddress
		return done
	}
	to := netip.AddrPortFrom(r.ips[0], uint16(r.addr.Port)).String()
	go func() {
		ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.Probe)
		defer cancel()
		c, err := r.dial(ctx, to)
		if err == nil {
			c.Close()
		}
		done <- err
	}()
	return done
}

// judgeDirect notes where only the proxy leads to the target. It waits a moment at most, as silence is an
// answer here; nothing is wrong with such a network.
func (r *run) judgeDirect(done <-chan error) {
	switch way := r.directWay(done); way {
	case "open":
		r.see("without_proxy", "connects as well")
	default:
		r.see("without_proxy", way)
		r.note("PX-10")
	}
}

// directWay is "open", or what connecting past the proxy ended with.
func (r *run) directWay(done <-chan error) string {
	t := time.NewTimer(min(300*time.Millisecond, r.o.Budgets.Probe))
	defer t.Stop()
	select {
	case err := <-done:
		if err == nil {
			return "open"
		}
		return dialWord(err)
	case <-t.C:
		return "no answer"
	}
}

// pastProxy is a candidate where the proxy fails and the direct way is open.
func (r *run) pastProxy(done <-chan error) []Candidate {
	if r.directWay(done) != "open" {
		return nil
	}
	r.see("without_proxy", "connects")
	return []Candidate{candidate("PX-10", "Without the proxy the address takes connections: a worker without this setting would pass.")}
}
