package namespace

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"onramp/fault"
)

// ParseAddress reads a host:port field. It repairs what can mean only one thing and lists it:
// hidden characters (IN-04), text around the value (IN-21), a scheme (IN-01), a path (IN-03), a
// doubled port (IN-06), IPv6 without brackets (IN-07), a missing port (IN-02), upper case in a Cloud
// host (IN-13), a Namespace ID in place of the endpoint (IN-25). A local server's address is fine.
// The error is an Invalid fault with the code of the catalogue; repairs made before it are returned.
func ParseAddress(s string) (Address, []Repair, error) {
	t := &trail{field: "address", text: s}
	a, f := t.address()
	if f != nil {
		return Address{}, t.repairs, f
	}
	return a, t.repairs, nil
}

func (t *trail) address() (Address, *fault.Fault) {
	if f := t.prepare(); f != nil {
		return Address{}, f
	}
	if t.text == "" {
		return Address{}, refuse(t.field, codeEmpty, "There is no address", "The field is empty.",
			"Give the endpoint as host:port, such as orders.a1b2c.tmprl.cloud:7233.")
	}
	if isPlaceholder(t.text) {
		return Address{}, placeholder(t.field, t.text)
	}
	if strings.ContainsFunc(t.text, unicode.IsSpace) {
		return Address{}, innerBlank(t.field, t.text)
	}
	h := t.strip()
	if h.host == "" {
		return Address{}, refuse(t.field, codeNotCloud, "The host is missing",
			"“"+short(t.text)+"” has no host before the port.", "Give the endpoint as host:port, such as orders.a1b2c.tmprl.cloud:7233.")
	}
	if f := t.judgeHost(h); f != nil {
		return Address{}, f
	}
	if id, ok := FromHost(h.host); ok && h.host != id.Host() {
		t.to("IN-13", withPorts(id.Host(), h.ports), "Cloud's names are lower case.")
		h.host = id.Host()
	} else if id, ok := bareID(h); ok {
		t.to(codeMixedUp, withPorts(id.Host(), h.ports), "This was the Namespace ID; the address is its endpoint.")
		h.host = id.Host()
	}
	return t.port(h)
}

// parts are an address taken apart, the ports as written.
type parts struct {
	scheme, user, host string
	ports              []string
	rest               string // path, query and fragment
	v6                 bool   // an IPv6 address
	bare               bool   // … without brackets
}

var scheme = regexp.MustCompile(`(?i)^(?:[a-z][a-z0-9+.-]*:/{1,3}|//|(?:https?|grpcs?|dns|tcp|tls):(?:[a-z]))`)

// splitHost takes an address apart without judging it.
func splitHost(s string) parts {
	var p parts
	if m := scheme.FindString(s); m != "" {
		if !strings.HasSuffix(m, "/") {
			m = m[:len(m)-1] // the letter behind "https:" is the host's
		}
		p.scheme, s = m, s[len(m):]
	}
	if i := strings.IndexAny(s, `/?#\`); i >= 0 {
		s, p.rest = s[:i], s[i:]
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		p.user, s = s[:i+1], s[i+1:]
	}
	if strings.HasPrefix(s, "[") {
		if i := strings.IndexByte(s, ']'); i > 0 {
			if isIPv6(s[1:i]) {
				p.host, p.v6 = s[1:i], true
				if tail := s[i+1:]; tail != "" {
					p.ports = strings.Split(strings.TrimPrefix(tail, ":"), ":")
				}
				return p
			}
		}
	}
	if strings.Count(s, ":") > 1 {
		i := strings.LastIndexByte(s, ':')
		// "::1:7233" is an address as a whole too; nobody writes that one (IN-07).
		if isIPv6(s[:i]) && (!isIPv6(s) || s[i+1:] == strconv.Itoa(Port)) {
			p.host, p.ports, p.v6, p.bare = s[:i], []string{s[i+1:]}, true, true
			return p
		}
		if isIPv6(s) {
			p.host, p.v6, p.bare = s, true, true
			return p
		}
	}
	fields := strings.Split(s, ":")
	p.host, p.ports = fields[0], fields[1:]
	return p
}

var zone = regexp.MustCompile(`^[A-Za-z0-9_.-]*$`)

// isIPv6 reports whether a text without brackets is an IPv6 address, with or without a zone.
func isIPv6(s string) bool {
	ip, err := netip.ParseAddr(s)
	return err == nil && ip.Is6() && zone.MatchString(ip.Zone())
}

// strip removes scheme, password and path, and writes an IPv6 address in brackets.
func (t *trail) strip() parts {
	p := splitHost(t.text)
	t.to("IN-01", strings.TrimPrefix(t.text, p.scheme), "gRPC wants host:port: removed “"+short(p.scheme)+"”.")
	t.to("IN-03", strings.TrimSuffix(t.text, p.rest), "gRPC wants host:port: removed what follows it.")
	t.to("IN-03", strings.TrimPrefix(t.text, p.user), "gRPC wants host:port: removed the user name.")
	if p.bare {
		t.to("IN-07", withPorts("["+p.host+"]", p.ports), "An IPv6 address stands in brackets.")
	}
	return p
}

func withPorts(host string, ports []string) string {
	return strings.Join(append([]string{host}, ports...), ":")
}

// judgeHost refuses hosts that are never a gRPC endpoint, and texts that are no host.
func (t *trail) judgeHost(p parts) *fault.Fault {
	if p.v6 {
		return nil
	}
	if f := lookalike(t.field, p.host); f != nil {
		return f
	}
	switch HostKind(p.host) {
	case HostWebUI:
		return webUI(t.field, p)
	case HostOpsAPI:
		return opsAPI(t.field)
	}
	host := strings.TrimSuffix(lower(p.host), ".")
	if rest, ok := strings.CutSuffix(host, "."+domain); ok && HostKind(host) == HostOther {
		name, account, ok := strings.Cut(rest, ".")
		if !ok {
			f := bareName(t.field, rest)
			f.Title = strings.Replace(f.Title, "The account ID is missing", "The account ID is missing in the host", 1)
			return f
		}
		if strings.Count(account, ".") == 0 {
			if _, f := newID(t.field, name, account); f != nil {
				return f
			}
		}
	}
	return hostName(t.field, p.host)
}

// hostName judges a text by the rules of host names; an underscore passes, as container names have it.
func hostName(field, host string) *fault.Fault {
	const fix = "Give the endpoint as host:port, such as orders.a1b2c.tmprl.cloud:7233."
	if len(host) > 253 {
		return refuse(field, codeNotCloud, "This is not a host name", "A host name has at most 253 characters.", fix)
	}
	for i, r := range host {
		if !isLower(r) && !('A' <= r && r <= 'Z') && !isDigit(r) && r != '-' && r != '_' && r != '.' {
			return refuse(field, codeNotCloud, "This is not a host name",
				fmt.Sprintf("Character %d of “%s” is %s, which a host name cannot have.", i+1, short(host), show(r)), fix)
		}
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return refuse(field, codeNotCloud, "This is not a host name",
				"“"+short(host)+"” has a part that is empty, longer than 63 characters, or starts or ends in a hyphen.", fix)
		}
	}
	return nil
}

// bareID is the Namespace ID that stands where a host belongs. Only an account ID with a digit counts:
// no top-level domain has one, so it cannot be a host.
func bareID(p parts) (ID, bool) {
	name, account, ok := strings.Cut(lower(p.host), ".")
	if !ok || p.v6 || !strings.ContainsAny(account, "0123456789") || !strings.ContainsAny(account, "abcdefghijklmnopqrstuvwxyz") ||
		nameRule(name) != "" || accountRule(account) != "" {
		return ID{}, false
	}
	return ID{Name: name, Account: account}, true
}

// port judges the port, adds the missing one and drops the doubled one.
func (t *trail) port(p parts) (Address, *fault.Fault) {
	host := p.host
	if p.v6 {
		host = "[" + host + "]"
	}
	ports := p.ports
	for len(ports) > 1 && ports[len(ports)-1] == "" {
		ports = ports[:len(ports)-1] // "h:7233:"
	}
	if len(ports) > 1 {
		for _, other := range ports[1:] {
			if other != ports[0] {
				return Address{}, refuse(t.field, "IN-06", "The address has two ports",
					"“"+short(t.text)+"” names the ports "+short(strings.Join(ports, " and "))+". gRPC wants one.",
					"Use “"+short(host)+":7233” for Temporal Cloud.")
			}
		}
		t.to("IN-06", host+":"+ports[0], "The port stood there twice.")
	}
	if len(ports) == 0 || ports[0] == "" {
		t.to("IN-02", fmt.Sprintf("%s:%d", host, Port), "Added the gRPC port 7233.")
		return Address{Host: p.host, Port: Port}, nil
	}
	n, err := strconv.Atoi(ports[0])
	if err != nil || n < 1 || n > 65535 || !isDigit(rune(ports[0][0])) {
		return Address{}, refuse(t.field, "IN-05", "This is not a port",
			"“"+short(ports[0])+"” is not a port: a port is a number from 1 to 65535.",
			"Use “"+short(host)+":7233”: Temporal's gRPC port is 7233.")
	}
	t.to("IN-05", fmt.Sprintf("%s:%d", host, n), "Wrote the port without surplus characters.")
	return Address{Host: p.host, Port: n}, nil
}
