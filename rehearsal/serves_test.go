//go:build !lean

package rehearsal

import (
	"net/netip"
	"testing"
)

// The rehearsal cloud knows its own addresses, which a portal that is shared may dial: the door's, and an entrance's as long
// as its switch is on; never a service's behind the door.
func TestServes(t *testing.T) {
	c := sharedCloud(t)
	id := newNamespace(t, c, newCA(t, "ours"))
	loopback := netip.MustParseAddr("127.0.0.1")
	at := func(ip netip.Addr, port int) netip.AddrPort { return netip.AddrPortFrom(ip, uint16(port)) }
	for _, tt := range []struct {
		at   netip.AddrPort
		want bool
	}{
		{at(loopback, c.door.port()), true}, {at(netip.IPv6Loopback(), c.door.port()), true},
		{at(loopback, c.door.port()-1), false}, {at(netip.MustParseAddr("10.0.0.1"), c.door.port()), false}, {netip.AddrPort{}, false},
	} {
		if got := c.Serves(tt.at); got != tt.want {
			t.Errorf("%s: %v", tt.at, got)
		}
	}
	for name, l := range c.server.parts.listeners {
		if own := netip.MustParseAddrPort(l.Addr().String()); int(own.Port()) != c.door.port() && c.Serves(own) {
			t.Errorf("the %s service at %s counts as the cloud's", name, own)
		}
	}
	turn(t, c, id, "plaintext", true)
	c.rigMu.Lock()
	entrance := netip.MustParseAddrPort(c.rigs[rigKey{id.String(), "plaintext"}].address)
	c.rigMu.Unlock()
	if !c.Serves(entrance) {
		t.Errorf("the entrance %s is not the cloud's", entrance)
	}
	turn(t, c, id, "plaintext", false)
	if c.Serves(entrance) {
		t.Errorf("the entrance %s is the cloud's after its end", entrance)
	}
}
