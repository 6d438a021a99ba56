package reach

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"onramp/fault"
)

// Target is what may be dialled beside Temporal Cloud's own names: a network or a name.
type Target struct {
	Network netip.Prefix // addresses, or
	Name    string       // a host name; "*.example.com" is every name below example.com
	Port    int          // the only port; 0: the usual ones, 7233 and 443
}

// cloudNames are Temporal Cloud's own: namespace and regional endpoints, and AWS PrivateLink's (docs.temporal.io/cloud/connectivity).
var cloudNames = []Target{{Name: "*.tmprl.cloud"}, {Name: "*.api.temporal.io"}, {Name: "*.vpce.amazonaws.com"}}

// usualPorts are where Temporal Cloud answers.
var usualPorts = []int{7233, 443}

// Networks are targets for networks.
func Networks(prefixes []netip.Prefix) (out []Target) {
	for _, p := range prefixes {
		out = append(out, Target{Network: p.Masked()})
	}
	return out
}

// ParseTargets reads targets with commas between them: 10.20.0.0/16, 10.20.0.7, [fd12::/32]:7233, temporal.example.com:8233,
// *.example.com. The error is an Invalid fault of the field targets.
func ParseTargets(text string) (out []Target, err error) {
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		t, ok := parseTarget(part)
		if !ok {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("%q is neither a network nor a host name", part),
				"Give networks, addresses or names with commas between them, with a port where it is not 7233 or 443: --targets 10.20.0.0/16,temporal.example.com:8233.").In("targets")
		}
		out = append(out, t)
	}
	return out, nil
}

func parseTarget(text string) (t Target, ok bool) {
	host := text
	if h, port, err := net.SplitHostPort(text); err == nil && (strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1) {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 {
			return t, false
		}
		host, t.Port = h, int(n)
	}
	if p, err := netip.ParsePrefix(host); err == nil {
		t.Network = p.Masked()
		return t, !p.Addr().Is4In6()
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		t.Network = netip.PrefixFrom(ip, ip.BitLen())
		return t, !ip.Is4In6() && ip.Zone() == ""
	}
	rest, wild := strings.CutPrefix(host, "*.")
	name, ok := hostName(rest)
	if wild {
		name = "*." + name
	}
	t.Name = name
	return t, ok && strings.Contains(rest, ".")
}

// String is the target as ParseTargets reads it.
func (t Target) String() string {
	s := t.Name
	if s == "" {
		s = t.Network.String()
		if t.Network.IsSingleIP() {
			s = t.Network.Addr().String()
		}
	}
	if t.Port == 0 {
		return s
	}
	return net.JoinHostPort(s, strconv.Itoa(t.Port))
}

func (t Target) allowsPort(port int) bool {
	return t.Port == port || t.Port == 0 && slices.Contains(usualPorts, port)
}

// names reports whether a host name as hostName gives it is the target's.
func (t Target) names(host string) bool {
	if below, ok := strings.CutPrefix(t.Name, "*"); ok {
		return len(host) > len(below) && strings.HasSuffix(host, below)
	}
	return t.Name != "" && t.Name == host
}

// hostName is a host name in its one spelling, lower case without the last dot; false for what is none. A name that ends
// in a number is none: other programs take 127.1 and 0x7f.1 for addresses (URL Standard, "ends in a number").
func hostName(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" || len(s) > 253 {
		return "", false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", false
		}
		for _, c := range []byte(l) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return "", false
			}
		}
	}
	last := labels[len(labels)-1]
	if strings.Trim(last, "0123456789") == "" || strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == "" {
		return "", false
	}
	return s, true
}
