// Package web is what every page stands on: how a form is read and a page sent, the frame around it, the event
// streams, and the words and parts that several areas share.
package web

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"onramp/acts"
	"onramp/custody"
	"onramp/migration"
	"onramp/notices"
	"onramp/runs"
)

// Options are what the pages need.
type Options struct {
	Acts  *acts.Acts // required: what a person can ask for
	Runs  Runs       // required: what is under way, to look at
	Audit Audit      // required

	// Halted is why nothing can be changed any more, a fault; nil, or an answer of nil: it can.
	Halted func() error

	// Timing of what is held in memory, for the pages that tell it.
	LentFor, OpenFor time.Duration

	// Webhook is told of what happens; nil: none is set.
	Webhook *notices.Notifier
	// Machine is what an operator asks of the machine and its database; nil: nothing is known.
	Machine Machine

	Version string // shown in the footer
	DataDir string // shown in the footer
	// SpoolDir is where an answer waits that a server gave at once and a reader reads slowly; default the system's.
	SpoolDir string
	// Addr is where the portal listens, host:port. Requests under another name are refused. Required.
	Addr string
	// Reader is who sits at the portal: one person, as long as it listens on loopback.
	Reader acts.Actor
	// Shared is what a portal for several people has besides; nil: it is for one person at this machine.
	Shared *Shared

	// Patience is how long a reader may take for a piece of an answer before the connection is cut; default 30 s.
	Patience time.Duration
	Log      *slog.Logger     // default: discard
	Now      func() time.Time // default time.Now
}

// Runs reads runs (runs.Service). To begin or stop one is an act.
type Runs interface {
	Run(ctx context.Context, migrationID, runID string) (runs.Run, error)
	Rows(ctx context.Context, migrationID string, kind migration.RunKind, limit int) ([]runs.Row, error) // newest first
	Entries(ctx context.Context, runID string, after int64) ([]runs.Entry, error)
	Follow(ctx context.Context, runID string, after int64) iter.Seq2[[]runs.Entry, error]
	Counts(ctx context.Context) (map[runs.Count]int, error)
}

// Machine says how the machine and the database do (cli wires it).
type Machine interface {
	Vitals(ctx context.Context) (Vitals, error)
}

// Vitals are how the machine and the database do. A size below zero is not known.
type Vitals struct {
	Started           time.Time
	Dir               string // the data directory
	Free, Disk        int64  // of its disk, in bytes
	Database, Pending int64  // bytes of the database, and of what waits to be written into it
	Audit             AuditVitals
	People            PeopleVitals       // of a shared portal
	Mail              *notices.MailState // nil: no mail server is set
	MailServer        string             // host:port
	Queries           []Timed            // the slowest, without the values in them
}

// AuditVitals are what the last look at the whole audit found.
type AuditVitals struct {
	Verified time.Time // zero: it is under way, or there was none
	Records  int64
	Broken   string // what is wrong; "": nothing
}

// PeopleVitals are how many there are.
type PeopleVitals struct{ Accounts, Disabled, Sessions int }

// Audit reads the audit (custody.Keeper).
type Audit interface {
	Records(ctx context.Context, q custody.Query) ([]custody.Record, error) // newest first
	// Export gives every record, newest first, to each, and holds a few at a time.
	Export(ctx context.Context, q custody.Query, each func(custody.Record) error) error
}

// Site answers requests. It is safe for concurrent use.
type Site struct {
	Options
	hosts   map[string]bool // the names the portal answers to, with the port
	Runtime *prometheus.Registry

	Answers  Times // how long each route took
	turns    turns
	exports  exports
	pieces   turns    // of exports
	Rendered rendered // of the entries of runs, for all who follow them

	closing context.Context // ends when the server begins to stop
	stop    context.CancelFunc
}

// New returns a Site; it is an error to leave out a required option.
func New(o Options) (*Site, error) {
	switch {
	case o.Acts == nil:
		return nil, errors.New("web: Options.Acts is required")
	case o.Runs == nil:
		return nil, errors.New("web: Options.Runs is required")
	case o.Audit == nil:
		return nil, errors.New("web: Options.Audit is required")
	}
	if o.Reader.Role == custody.Nobody {
		o.Reader.Role = custody.Owner // whoever sits at a machine may do everything there
	}
	host, port, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, errors.New("web: Options.Addr must be host:port")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Patience <= 0 {
		o.Patience = stalled
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Site{Options: o, hosts: allowedHosts(host, port), Runtime: runtimeMetrics(), turns: newTurns(), pieces: newPieces()}
	if o.Shared != nil {
		h.hosts = o.Shared.hosts()
	}
	h.closing, h.stop = context.WithCancel(context.Background())
	return h, nil
}

// CloseStreams ends every event stream and streamed page; other requests go on. It is meant for
// http.Server.RegisterOnShutdown and may be called twice.
func (h *Site) CloseStreams() { h.stop() }

// Closing reports whether the server has begun to stop.
func (h *Site) Closing() bool { return h.closing.Err() != nil }

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

// runtimeMetrics are the collectors that need no database.
func runtimeMetrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return r
}
