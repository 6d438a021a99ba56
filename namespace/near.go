package namespace

import "net/netip"

// Near reports whether an address belongs to this computer or a private network (RFC 1918, RFC 4193): where a
// local Temporal server may be asked. Link-local addresses (cloud metadata), shared ones (100.64.0.0/10) and
// translated ones (64:ff9b::/96, 2002::/16, ::/96) are not near, whatever stands behind them.
func Near(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.Zone() == "" && (ip.IsLoopback() || ip.IsPrivate())
}
