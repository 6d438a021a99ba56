package namespace

import (
	"net/netip"
	"strings"
)

// The kinds of hosts that HostKind tells apart (docs.temporal.io/cloud/namespaces and /cloud/connectivity).
const (
	HostNamespace   = "namespace"    // <name>.<account>.tmprl.cloud
	HostRegional    = "regional"     // <region>.<cloud>.api.temporal.io
	HostRegionCNAME = "region-cname" // <cloud>-<region>.region.tmprl.cloud
	HostPrivateLink = "private-link" // vpce-….vpce.amazonaws.com and its like
	HostWebUI       = "web-ui"       // cloud.temporal.io, web.<name>.<account>.tmprl.cloud
	HostOpsAPI      = "ops-api"      // saas-api.tmprl.cloud
	HostLocal       = "local"        // this machine, or a name without a dot
	HostIP          = "ip"           // any other IP address: private service connect, or a server of one's own
	HostOther       = "other"
)

// HostKind says what sort of endpoint a host (without port) is, judging by its name alone.
func HostKind(host string) string {
	h := strings.TrimSuffix(lower(host), ".")
	if ip, err := netip.ParseAddr(strings.Trim(h, "[]")); err == nil {
		if ip = ip.Unmap(); ip.IsLoopback() || ip.IsUnspecified() {
			return HostLocal
		}
		return HostIP
	}
	if _, ok := FromHost(h); ok { // before the web host: a namespace may be named "web"
		return HostNamespace
	}
	switch {
	case h == "cloud.temporal.io", strings.HasPrefix(h, "web.") && strings.HasSuffix(h, "."+domain):
		return HostWebUI
	case h == "saas-api."+domain:
		return HostOpsAPI
	case strings.HasSuffix(h, ".api.temporal.io"):
		return HostRegional
	case strings.HasSuffix(h, ".region."+domain):
		return HostRegionCNAME
	case strings.HasSuffix(h, ".vpce.amazonaws.com"), strings.HasSuffix(h, ".p.googleapis.com"),
		strings.Contains(h, ".privatelink.") || strings.HasSuffix(h, ".privatelinkservice"):
		return HostPrivateLink
	case !strings.Contains(h, "."), h == "localhost.localdomain", strings.HasSuffix(h, ".localhost"),
		strings.HasSuffix(h, ".docker.internal"), h == "host.containers.internal":
		return HostLocal
	}
	return HostOther
}

// FromHost returns the namespace whose endpoint a host is ("orders.a1b2c.tmprl.cloud"), and
// whether it is one. Case does not matter, as in DNS.
func FromHost(host string) (ID, bool) {
	h := strings.TrimSuffix(lower(host), ".")
	rest, ok := strings.CutSuffix(h, "."+domain)
	if !ok {
		return ID{}, false
	}
	name, account, ok := strings.Cut(rest, ".")
	id := ID{Name: name, Account: account}
	if !ok || nameRule(name) != "" || accountRule(account) != "" {
		return ID{}, false
	}
	return id, true
}
