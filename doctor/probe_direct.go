package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
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

// judgeDirect warns where only the proxy leads to the target: nothing is wrong with such a network, but most SDKs'
// workers do not read the variable (PX-13). It waits a moment at most, as silence is an answer here.
func (r *run) judgeDirect(done <-chan error) {
	switch way := r.directWay(done); way {
	case "open":
		r.see("without_proxy", "connects as well")
	default:
		r.see("without_proxy", way)
		r.note("PX-10")
		r.warn("PX-13")
		r.onlyByProxy = true
	}
}

// byProxy makes the verdict of a check that passed through a proxy: no more than likely where a worker whose SDK
// does not read the variable would get nowhere.
func (r *run) byProxy(v *Verdict) {
	names := make([]string, 0, len(readsNoProxy))
	for _, s := range readsNoProxy {
		names = append(names, sdks[s].name)
	}
	variable, proxy := r.values["variable"], clean(r.proxy.Host, 100)
	most := fmt.Sprintf("your worker's SDK does not read it, unless it is Go's or PHP's: %s and %s take their proxy from code or properties", strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
	if !r.onlyByProxy {
		v.Unseen = strings.TrimSpace(fmt.Sprintf("%s The connection went through the proxy %s of %s; %s. Without the proxy the address takes connections as well.", v.Unseen, proxy, variable, most))
		return
	}
	v.Level = Likely
	v.Title = "Your worker can use this namespace through the proxy"
	v.Cause = fmt.Sprintf("No stage failed through the proxy %s of %s: %s answers, and the namespace %s accepts you. Without the proxy nothing could be reached, and %s.", proxy, variable, r.addr, r.ns, most)
	v.Fix = append(v.Fix, proxyOptions()...)
	e, _ := Lookup("PX-13")
	v.Candidates = append(v.Candidates, candidate("PX-13", e.Title+"."))
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
	return []Candidate{candidate("PX-10", "Without the proxy the address takes connections: a worker without this setting would connect.")}
}
