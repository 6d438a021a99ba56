package acts

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
	"onramp/reach"
)

// lookTime bounds how long the name of a local server is looked up.
const lookTime = 2 * time.Second

// near is the host:port of a server that is near: this computer or a private network. A name is resolved once, here,
// and what is asked later is the address: a name that answers differently the second time leads nowhere. Faults are of
// field local_address.
func (d *desk) near(ctx context.Context, text string) (string, error) {
	bad := func(title, fix string) error { return fault.New(fault.Invalid, title, fix).In("local_address") }
	if !d.o.OwnComputer {
		return "", bad("Onramp does not run on your computer", "Leave out the old server's address: Onramp contacts it only from your own computer.")
	}
	if len(text) > 300 {
		return "", bad("This is not an address", "Enter host and port, such as localhost:7233.")
	}
	addr, _, err := namespace.ParseAddress(text)
	if err != nil {
		return "", fault.From(err).In("local_address")
	}
	host := addr.Host
	if !strings.EqualFold(host, "localhost") {
		ip, err := d.nearby(ctx, host)
		if err != nil {
			return "", err
		}
		host = ip.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(addr.Port)), nil
}

// nearby is the address of a host, which must have no address that is not near.
func (d *desk) nearby(ctx context.Context, host string) (netip.Addr, error) {
	bad := func(title, fix string) error { return fault.New(fault.Invalid, title, fix).In("local_address") }
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		resolve := d.o.Resolve
		if resolve == nil {
			resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
				return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
			}
		}
		found, err := resolve(ctx, host)
		if err != nil || len(found) == 0 {
			return netip.Addr{}, bad(fmt.Sprintf("The name %s does not resolve here", Printable(host)), "Enter an address that this computer can reach, such as localhost:7233, or leave it out.")
		}
		ips = found
	}
	for _, ip := range ips {
		if !reach.Near(ip) {
			return netip.Addr{}, bad("This is not a server on this computer or a private network", "Onramp contacts the old server without TLS, so it must be on this computer or a private network. Leave it out for a server elsewhere.")
		}
	}
	return ips[0].Unmap(), nil
}

// admit reports whether a person may have an address dialled now. The faults are reach.Gate's.
func (d *desk) admit(ctx context.Context, by Actor, address string) error {
	if d.o.Gate == nil {
		return nil
	}
	if a, _, err := namespace.ParseAddress(address); err == nil {
		address = a.String()
	}
	return d.o.Gate.Admit(ctx, by.Person, address)
}

// allNear makes the addresses of servers those that were found near.
func (d *desk) allNear(ctx context.Context, servers []doctor.Target) error {
	for i := range servers {
		address, err := d.near(ctx, servers[i].Address)
		if err != nil {
			return err
		}
		servers[i].Address = address
	}
	return nil
}

// oldServer is where the application runs today as the newest check was told: where a transfer that nobody picks
// up looks for the worker too.
func (d *desk) oldServer(ctx context.Context, v migration.View) []doctor.Target {
	rows, err := d.o.Runs.Rows(ctx, v.Migration.ID, migration.CheckRun, 30)
	if err != nil {
		return nil // the transfer itself will say what is wrong with the store
	}
	asked := LastAsked(rows)
	if asked.LocalAddress == "" || !d.o.OwnComputer {
		return nil
	}
	ns := asked.LocalNamespace
	if ns == "" {
		ns = "default"
	}
	return []doctor.Target{{Address: asked.LocalAddress, Namespace: ns, Plaintext: true}}
}

// unnameable reports characters that no name has.
func unnameable(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\uFFFD' }

// Printable is a text of a form on one line, shortened, without characters that change how a line reads.
func Printable(s string) string {
	s = printable(s)
	if r := []rune(s); len(r) > 200 {
		s = string(r[:200]) + "…"
	}
	return s
}

// printable is Printable for a text of any length.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
