package handlers

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
)

// lookTime bounds how long the name of a local server is looked up.
const lookTime = 2 * time.Second

// withLocal fills a target with the server where the application runs today, when the form names one. It must
// be near: this computer or a private network. A name is resolved once, here, and what is asked later is the
// address: a name that answers differently the second time leads nowhere.
func (h *Handlers) withLocal(ctx context.Context, f form, t *doctor.Target) error {
	text, ns := f.text("local_address"), f.text("local_namespace")
	if text == "" {
		return nil
	}
	if len(ns) > 200 || strings.ContainsFunc(ns, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == '\uFFFD' }) {
		return fault.New(fault.Invalid, "This is not the name of a namespace", "Give the namespace on the old server, or leave it empty for default.").In("local_namespace")
	}
	address, err := h.nearAddress(ctx, text)
	t.LocalAddress, t.LocalNamespace = address, ns
	return err
}

// nearAddress is the host:port of a server that is near. Faults are of field local_address.
func (h *Handlers) nearAddress(ctx context.Context, text string) (string, error) {
	bad := func(title, fix string) error { return fault.New(fault.Invalid, title, fix).In("local_address") }
	if !h.loopback {
		return "", bad("Onramp does not run on your computer", "Leave the old server's address out: it is asked only from your own computer.")
	}
	if len(text) > 300 {
		return "", bad("This is not an address", "Give host and port, such as localhost:7233.")
	}
	addr, _, err := namespace.ParseAddress(text)
	if err != nil {
		return "", fault.From(err).In("local_address")
	}
	host := addr.Host
	if !strings.EqualFold(host, "localhost") {
		ip, err := nearby(ctx, host)
		if err != nil {
			return "", err
		}
		host = ip.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(addr.Port)), nil
}

// onlyNear makes the addresses of old servers those that were found near.
func (h *Handlers) onlyNear(ctx context.Context, servers []doctor.Target) error {
	for i := range servers {
		address, err := h.nearAddress(ctx, servers[i].Address)
		if err != nil {
			return err
		}
		servers[i].Address = address
	}
	return nil
}

// nearby is the address of a host, which must have no address that is not near.
func nearby(ctx context.Context, host string) (netip.Addr, error) {
	bad := func(title, fix string) error { return fault.New(fault.Invalid, title, fix).In("local_address") }
	ips := []netip.Addr{}
	if ip, err := netip.ParseAddr(host); err == nil {
		ips = append(ips, ip)
	} else {
		ctx, cancel := context.WithTimeout(ctx, lookTime)
		defer cancel()
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		if err != nil || len(found) == 0 {
			return netip.Addr{}, bad(fmt.Sprintf("The name %s does not resolve here", printable(host)), "Give an address that this computer can reach, such as localhost:7233, or leave it out.")
		}
		ips = found
	}
	for _, ip := range ips {
		if !namespace.Near(ip) {
			return netip.Addr{}, bad("This is not a server on this computer or a private network", "The old server is asked without TLS, so Onramp looks there only near by. Leave it out for a server elsewhere.")
		}
	}
	return ips[0].Unmap(), nil
}

// oldServer is where the application runs today as the newest check was told: where a transfer that nobody picks
// up looks for the worker too.
func (h *Handlers) oldServer(ctx context.Context, v migration.View) []doctor.Target {
	runs, err := h.o.Migrations.Runs(ctx, v.Migration.ID, migration.CheckRun, shownRuns)
	if err != nil {
		return nil // the transfer itself will say what is wrong with the store
	}
	past := make([]pastCheck, 0, len(runs))
	for _, run := range runs {
		past = append(past, pastCheck{run: run, asked: requestOf(run)})
	}
	asked := lastAsked(past)
	if asked.LocalAddress == "" || !h.loopback {
		return nil
	}
	return []doctor.Target{{Address: asked.LocalAddress, Namespace: either(asked.LocalNamespace, "default"), Plaintext: true}}
}
