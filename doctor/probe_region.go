package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"onramp/fault"
	"onramp/namespace"
)

// cloudTTL is how long an answer for a namespace's endpoint may be kept: Cloud's CNAME has a time to live of 15
// seconds, so that a failover arrives (docs.temporal.io/cloud/high-availability/ha-connectivity). Twice that leaves
// room for a resolver that rounds up.
const cloudTTL = 30 * time.Second

// regionOf is the region that a host's own name says, as Cloud writes it ("aws-us-east-1"); "" where it says none.
func regionOf(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if known, ok := namespace.LookupRegion(host); ok {
		return known.ID
	}
	switch namespace.HostKind(host) {
	case namespace.HostRegional: // <region>.<cloud>.api.temporal.io
		if p := strings.Split(host, "."); len(p) == 5 {
			return p[1] + "-" + p[0]
		}
	case namespace.HostRegionCNAME: // <cloud>-<region>.region.tmprl.cloud
		region, _, _ := strings.Cut(host, ".")
		return region
	case namespace.HostPrivateLink:
		if rest, ok := strings.CutSuffix(host, ".vpce.amazonaws.com"); ok {
			if i := strings.LastIndexByte(rest, '.'); i >= 0 {
				return "aws-" + rest[i+1:]
			}
		}
	}
	return ""
}

// homeOf is the region to which DNS sends a namespace's endpoint (P10), with how long that may be kept.
func homeOf(a rawAnswer) (region string, ttl time.Duration) {
	for _, x := range a.aliases {
		if s := regionOf(x.to); s != "" && namespace.HostKind(x.to) == namespace.HostRegionCNAME {
			return s, x.ttl
		}
	}
	return "", 0
}

// otherRegion reports whether the address names a region while the namespace's own endpoint is in another.
func (r *run) otherRegion(ctx context.Context) bool {
	here := regionOf(r.addr.Host)
	if here == "" || r.id.IsZero() {
		return false
	}
	home, _ := homeOf(r.askRaw(ctx, "", r.id.Host()))
	if home == "" || home == here {
		return false
	}
	r.see("region_of_address", here)
	r.see("region_of_namespace", home)
	return true
}

// keptTooLong reports whether DNS keeps an old answer for the namespace's endpoint: its time to live is longer
// than Cloud's, or another DNS server already names another region.
func (r *run) keptTooLong(ctx context.Context) bool {
	if r.hostKind != namespace.HostNamespace || r.proxy != nil {
		return false
	}
	home, ttl := homeOf(r.askRaw(ctx, "", r.addr.Host))
	if home == "" {
		return false
	}
	r.see("region_by_dns", home)
	if r.o.OtherNameserver != "" {
		if there, _ := homeOf(r.askRaw(ctx, r.o.OtherNameserver, r.addr.Host)); there != "" && there != home {
			r.see("region_by_other_dns", there)
			return true
		}
	}
	if ttl > cloudTTL {
		r.see("kept_for", fault.Lasts(ttl)+"; Cloud's answers are good for 15 seconds")
		return true
	}
	return false
}

// knownElsewhere asks the second DNS server for a name that the first does not know (DN-09).
func (r *run) knownElsewhere(ctx context.Context, host string) bool {
	if r.o.OtherNameserver == "" {
		return false
	}
	there := r.askRaw(ctx, r.o.OtherNameserver, host)
	r.see("other_dns", r.o.OtherNameserver)
	switch {
	case len(there.ips) > 0:
		slices.Sort(there.ips)
		r.see("addresses_by_other_dns", there.ips)
		return true
	case len(there.codes) > 0:
		r.see("reply_codes_of_other_dns", there.codes)
	}
	return false
}
