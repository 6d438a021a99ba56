package limit

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKept bounds how many keys are remembered; those that have not asked for long are forgotten first.
const maxKept = 10_000

// Rates counts what is asked for by a key: so many a minute, and so many at once after a pause. The zero Rates lets
// nothing through. It is safe for concurrent use.
type Rates struct {
	AMinute, AtOnce int

	mu  sync.Mutex
	all map[string]*rate.Limiter
}

// Take takes one of what a key may have; else it returns how long until there is one, in whole seconds.
func (r *Rates) Take(key string, now time.Time) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]*rate.Limiter{}
	}
	l := r.all[key]
	if l == nil {
		if len(r.all) >= maxKept {
			r.forget(now)
		}
		l = rate.NewLimiter(rate.Limit(float64(r.AMinute)/60), r.AtOnce)
		r.all[key] = l
	}
	if l.AllowN(now, 1) {
		return 0
	}
	if r.AMinute <= 0 {
		return time.Minute
	}
	missing := 1 - l.TokensAt(now)
	return max(time.Second, time.Duration(math.Ceil(missing*60/float64(r.AMinute)))*time.Second)
}

// forget drops keys that have all again that may come at once: nothing is lost with them. Where none has, all go, so
// that memory stays bounded.
func (r *Rates) forget(now time.Time) {
	for key, l := range r.all {
		if l.TokensAt(now) >= float64(r.AtOnce) {
			delete(r.all, key)
		}
	}
	if len(r.all) >= maxKept {
		clear(r.all)
	}
}

// Network is what strangers are counted by: an IPv4 address, or the /64 of an IPv6 one, which a single household has.
// What is no address is returned as it is.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	p, _ := ip.Prefix(64)
	return p.String()
}
