// Package handlers is HTTP: routes, forms in, pages out, the event streams. It has no rules of its own:
// it reads a form, calls the room that knows, and shows the answer.
package handlers

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/expiry"
	"onramp/migration"
	"onramp/transfer"
)

// Options are what the pages need.
type Options struct {
	Migrations *migration.Service // required
	Certs      *certsvc.Service   // required
	Vault      *certsvc.Vault     // required: files that leave once
	Keyring    *certsvc.Keyring   // required: keys lent for tests, in memory only
	Custody    *custody.Keeper    // required: CA keys kept on request, and the audit

	// Webhook is told of certificates that end; nil: none is set.
	Webhook *expiry.Notifier

	// Cloud is the rehearsal cloud; nil when it is switched off.
	Cloud migration.CloudSide
	// Pollers lists the workers on a task queue (transfer.Service.Pollers); nil: none is looked for.
	Pollers func(context.Context, transfer.Request) ([]transfer.Poller, error)

	// Detect says which template's worker polls a task queue (transfer.Service.Detect); nil: nobody is asked.
	Detect func(context.Context, transfer.Request) (transfer.Detected, error)

	Version string // shown in the footer
	DataDir string // shown in the footer; the rehearsal's trust files are written below it
	// Addr is where the portal listens, host:port. Requests under another name are refused, and files
	// are read from this computer only when it is a loopback address. Required.
	Addr string

	// ReplaceWindow is how long an old client certificate must not be seen before its CA may be removed from a
	// rehearsal's namespace; default one minute, the length of a worker's long poll.
	ReplaceWindow time.Duration

	Log *slog.Logger     // default: discard
	Now func() time.Time // default time.Now
}

// Handlers answers requests. It is safe for concurrent use.
type Handlers struct {
	o        Options
	hosts    map[string]bool // the names the portal answers to, with the port
	loopback bool            // only this computer can reach the portal
	runtime  *prometheus.Registry

	trustMu sync.Mutex
	trusted *trustFiles // nil until they were written

	rendered rendered // of the entries of runs, for all who follow them

	closing context.Context // ends when the server begins to stop
	stop    context.CancelFunc
}

// New returns Handlers; it is an error to leave out a required option.
func New(o Options) (*Handlers, error) {
	switch {
	case o.Migrations == nil:
		return nil, errors.New("handlers: Options.Migrations is required")
	case o.Certs == nil:
		return nil, errors.New("handlers: Options.Certs is required")
	case o.Vault == nil:
		return nil, errors.New("handlers: Options.Vault is required")
	case o.Custody == nil:
		return nil, errors.New("handlers: Options.Custody is required")
	case o.Keyring == nil:
		return nil, errors.New("handlers: Options.Keyring is required")
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, errors.New("handlers: Options.Addr must be host:port")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Handlers{o: o, hosts: allowedHosts(host, port), runtime: runtimeMetrics()}
	ip := net.ParseIP(host)
	h.loopback = host == "localhost" || ip != nil && ip.IsLoopback()
	h.closing, h.stop = context.WithCancel(context.Background())
	return h, nil
}

// CloseStreams ends every event stream and streamed page; other requests go on. It is meant for
// http.Server.RegisterOnShutdown and may be called twice.
func (h *Handlers) CloseStreams() { h.stop() }

// allowedHosts are the Host headers that the portal answers to: its own address and the names of the
// loopback interface. Anything else is a name that somebody else made point here (DNS rebinding).
func allowedHosts(host, port string) map[string]bool {
	hosts := map[string]bool{}
	for _, name := range []string{host, "localhost", "127.0.0.1", "::1"} {
		hosts[net.JoinHostPort(name, port)] = true
		if port == "80" { // browsers leave the default port out
			hosts[name] = true
			hosts["["+name+"]"] = true
		}
	}
	return hosts
}
