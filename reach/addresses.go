package reach

import "net/netip"

// Kind says what sort of address one is.
type Kind string

// The kinds of addresses.
const (
	Public   Kind = "public"   // of the internet
	Private  Kind = "private"  // of a network of somebody's own: RFC 1918, RFC 4193
	Shared   Kind = "shared"   // behind a carrier's or cloud's own translation (RFC 6598), or for measuring (RFC 2544)
	Loopback Kind = "loopback" // this computer
	Never    Kind = "never"    // nobody's server: where clouds keep credentials, groups, translations of other addresses, reserved
)

// kinds are the networks that are not public, the first that holds an address counts. From IANA's registries of
// special-purpose addresses (RFC 6890) and the clouds' own pages about their metadata services.
var kinds = func() (out []network) {
	for _, k := range []struct {
		kind Kind
		nets []string
	}{
		{Never, []string{ // where clouds answer with credentials, in networks that are otherwise private or public
			"169.254.0.0/16",     // AWS, Azure, Google, Oracle, DigitalOcean …
			"100.100.100.200/32", // Alibaba
			"192.0.0.192/32",     // Oracle, the classic one
			"168.63.129.16/32",   // Azure's own host
			"fd00:ec2::/32",      // AWS: metadata, DNS, time, EKS Pod Identity
			"fd00:c1::/32",       // Oracle
			"fd20:ce::/32",       // Google
		}},
		{Loopback, []string{"127.0.0.0/8", "::1/128"}},
		{Private, []string{"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"}},
		{Shared, []string{"100.64.0.0/10", "198.18.0.0/15"}},
		{Never, []string{
			"0.0.0.0/8",                                         // "this host"
			"192.0.0.0/24",                                      // protocol assignments
			"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // for documents
			"192.88.99.0/24",                                        // 6to4's relays
			"192.31.196.0/24", "192.52.193.0/24", "192.175.48.0/24", // AS112, AMT
			"224.0.0.0/4", "240.0.0.0/4", // many, reserved, broadcast
			"::/96",                      // IPv4 in IPv6, and ::
			"64:ff9b:1::/48",             // NAT64
			"2001::/23",                  // Teredo, ORCHID, protocol assignments
			"2001:db8::/32", "3fff::/20", // for documents
			"2002::/16",         // 6to4
			"2620:4f:8000::/48", // AS112
		}},
	} {
		for _, n := range k.nets {
			out = append(out, network{netip.MustParsePrefix(n), k.kind})
		}
	}
	return out
}()

type network struct {
	netip.Prefix
	kind Kind
}

// global is the part of IPv6 in which the internet is (RFC 4291 §2.4, IANA): what lies outside and is not listed above
// (link-local, site-local, multicast, discard, segment routing) is nobody's server.
var global = netip.MustParsePrefix("2000::/3")

// nat64 is where a network without IPv4 sees the internet of IPv4; nothing but public addresses may stand in it (RFC 6052 §3.1).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// KindOf says of what kind an address is. One with a zone, and none, is Never.
func KindOf(ip netip.Addr) Kind {
	if !ip.IsValid() || ip.Zone() != "" {
		return Never
	}
	ip = ip.Unmap() // a socket for ::ffff:10.0.0.1 reaches 10.0.0.1
	if nat64.Contains(ip) {
		b := ip.As16()
		if KindOf(netip.AddrFrom4([4]byte(b[12:]))) == Public {
			return Public
		}
		return Never
	}
	for _, n := range kinds {
		if n.Contains(ip) {
			return n.kind
		}
	}
	if ip.Is6() && !global.Contains(ip) {
		return Never
	}
	return Public
}

// Near reports whether an address belongs to this computer or a private network: where a server may be asked without TLS.
// Shared addresses and those behind a translation are not near, whatever stands behind them.
func Near(ip netip.Addr) bool {
	k := KindOf(ip)
	return k == Loopback || k == Private
}
