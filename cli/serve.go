package cli

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"os/user"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"onramp/acts"
	"onramp/assess"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/cloudops"
	"onramp/custody"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers"
	"onramp/notices"
	"onramp/reach"
	"onramp/rehearsal"
	"onramp/runs"
	"onramp/store"
	"onramp/transfer"
)

// drain is how long requests may take to end after a stop, so that all of it takes no longer than ten seconds.
const drain = 9 * time.Second

// lentFor is how long a key that somebody lends stays in memory.
const lentFor = 30 * time.Minute

// localReader is the one person of a portal on one machine.
func localReader() acts.Actor {
	a := acts.Actor{Person: custody.Local, Name: "you", Via: "portal"}
	if u, err := user.Current(); err == nil && u.Username != "" {
		a.Name = u.Username
	}
	return a
}

// memoryGoal is what the portal with its rehearsal cloud keeps to after a burst, in bytes: beyond it the collector works
// harder and gives memory back at once, and nothing is refused. GOMEMLIMIT in the environment takes its place.
const memoryGoal = 256 << 20

// portal is what `onramp serve` runs.
type portal struct {
	addr, rehearsalAddr, data string
	cloudServer               string // of Temporal Cloud's control plane
	rehearsal, json           bool
	telling                   *telling
	anchor                    string // --audit-anchor
	replaceWindow             time.Duration
	as                        *asInCloud
	control                   string // where the rehearsal's Cloud Ops API is; "" for nowhere
	shared                    *sharing
	log                       *slog.Logger
}

// serve is `onramp serve`: the portal.
func serve(ctx context.Context, w World, args []string) int {
	s := newSettings("serve", "open the portal", w)
	addr := s.text("addr", "127.0.0.1:8686", "`host:port` to listen on; beyond loopback for a shared portal alone")
	data := s.text("data", dataDir(w.Getenv), "`directory` for the database; created if missing")
	rehearse := s.oneOf("rehearsal", "on", "the embedded rehearsal cloud", "on", "off")
	rehearsalAddr := s.text("rehearsal-addr", "127.0.0.1:0", "loopback `host:port` of the rehearsal cloud; port 0 picks a free one, the same at each start of a data directory")
	cloudServer := s.text("cloud-server", cloudops.DefaultServer, "`host:port` of Temporal Cloud's control plane, for who reaches it by another name", "TEMPORAL_CLOUD_API_SERVER")
	replaceWindow := s.duration("replace-window", "1m", "how long an old client certificate must be unused before its CA is removed from a rehearsal", 24*time.Hour)
	level := s.oneOf("log-level", "info", "log level on stderr", "debug", "info", "warn", "error")
	format := s.oneOf("log-format", "text", "log format", "text", "json")
	asJSON := s.boolean("json", "print the address as JSON (onramp.serve/1)")
	shared := sharingOf(s, addr)
	told := tellingOf(s, shared)
	anchor := anchorFlag(s)
	as := asInCloudFlags(s)
	s.after = append(s.after,
		func() error { return loopbackOnly("rehearsal-addr", *rehearsalAddr) },
		func() error {
			if *data == "" {
				return fault.New(fault.Invalid, "no directory is given", "Set one that only you can read.").In("data")
			}
			return nil
		})
	if code, done := s.parse(args); done {
		return code
	}
	var lv slog.Level
	_ = lv.UnmarshalText([]byte(*level)) // oneOf has checked it
	opts := &slog.HandlerOptions{Level: lv}
	var h slog.Handler = slog.NewTextHandler(w.Stderr, opts)
	if *format == "json" {
		h = slog.NewJSONHandler(w.Stderr, opts)
	}
	p := portal{addr: *addr, rehearsalAddr: *rehearsalAddr, cloudServer: *cloudServer, data: *data, rehearsal: *rehearse == "on", as: as, json: *asJSON, telling: told, anchor: *anchor, replaceWindow: *replaceWindow, shared: shared, log: slog.New(h)}
	if err := p.run(ctx, w); err != nil {
		return complain(w, err)
	}
	return exitOK
}

// run opens everything, serves until ctx ends, and closes in order: streams end, requests drain, runs
// stop at a step boundary, then the rehearsal cloud, then the store.
func (p portal) run(ctx context.Context, w World) (err error) {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 { // nobody has set another
		debug.SetMemoryLimit(memoryGoal)
	}
	data, err := filepath.Abs(p.data)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The data directory has no path", "Set --data to an absolute directory.").In("data")
	}
	p.data = data
	ln, err := net.Listen("tcp", p.addr)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "Cannot listen on "+p.addr, "Another program uses it (another Onramp?), or it is not an address of this machine. Choose another: --addr 127.0.0.1:0 takes a free port.").In("addr")
	}
	defer ln.Close()
	db, err := store.Open(ctx, data, p.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	vitals := newMachine(db, data)
	anchors, err := p.anchors(ctx, db)
	if err != nil {
		return err
	}
	var place cloud.Place
	var ops func(*reach.Gate) acts.OpsPlace // the rehearsal's
	may := reach.Options{Alone: p.shared.public == nil, Targets: p.shared.targets}
	own := &doctor.OwnCalls{} // the rehearsal cloud leaves Onramp's own calls out of who uses which certificate
	if p.rehearsal {
		c, err := rehearsal.New(rehearsal.Options{Addr: p.rehearsalAddr, Dir: filepath.Join(data, "rehearsal"), PortFile: filepath.Join(data, "rehearsal-port"), Log: p.log, Own: own.Has, Lenient: p.as.lenient(), BothMethods: p.as.bothMethods(), Limits: p.as.limits})
		if err != nil {
			return err
		}
		defer c.Close()
		plane, err := rehearsal.NewControl(c, rehearsal.ControlOptions{PortFile: filepath.Join(data, "rehearsal-control-port")})
		if err != nil {
			return err
		}
		defer plane.Close()
		p.control, place = plane.Address(), cloud.Full(c)
		place.Adjust = rehearsal.SettingsOf(c)
		may.Here = func(at netip.AddrPort) bool { return c.Serves(at) || plane.Serves(at) }
		ops = p.rehearsalOps(c, plane)
		c.StartBackground() // the first page does not wait for it
	}
	bank, err := transfer.OpenBank(filepath.Join(data, "bank.jsonl"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bank.Close()) }()
	changes := &acts.Changes{}
	log, err := runs.New(runs.Options{Store: db, Changed: changes.Wake, Log: p.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	if err := log.Resume(ctx); err != nil {
		return err
	}
	keys, vault := custody.NewKeyring(lentFor, nil), custody.NewVault(10*time.Minute, nil)
	defer keys.Close()
	defer vault.Close()
	if err := hideMemory(); err != nil {
		p.log.Warn("other programs of this user could read Onramp's memory", "err", err)
	}
	keeper, err := custody.New(custody.Options{Store: db, Apart: keyAgents(), Anchors: anchors, Log: p.log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, keeper.Close()) }()
	if err := errors.Join(db.RecordRestored(ctx), keeper.Started(ctx, Version)); err != nil && db.AuditBroken() == nil {
		return err
	}
	var notifier *notices.Notifier
	gate := reach.New(may)
	var links acts.HandoffStore
	if p.shared.public != nil {
		links = store.Handoffs{DB: db}
	}
	all, err := acts.New(acts.Options{Store: db, Boards: store.NewBoards(db), Handoffs: links, Runs: log, Changes: changes, Gate: gate, Checker: doctor.New(doctor.Options{Log: p.log, Own: own, To: gate.Dialers()}),
		Assessor: assess.Reader{To: gate.Dialers()}, Crosser: cutover.Watcher{To: gate.Dialers()}, Transfers: newTransfers(10*time.Second, bank, own, gate.Dialers()),
		Issuer: certsvc.New(certsvc.Options{}), Vault: vault, Keyring: keys, Keeper: keeper, Rehearsal: place,
		RehearsalOps: opsOf(ops, gate), CloudOps: p.cloudOps(p.cloudServer, nil, gate),
		OwnComputer:   p.shared.public == nil,
		ReplaceWindow: p.replaceWindow, TrustDir: filepath.Join(data, "rehearsal-trust"), Log: p.log,
		CertificatesChanged: func() {
			if notifier != nil {
				notifier.Wake()
			}
		}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, all.Close()) }()
	if err := all.Resume(ctx); err != nil && db.AuditBroken() == nil {
		return err
	}
	if p.telling.webhook != nil {
		notifier, err = notices.NewNotifier(notices.NotifierOptions{Store: store.NewNotices(db), Sender: p.telling.webhook, Base: p.address(ln), Log: p.log, Refresh: all.Book.Refresh})
		if err != nil {
			return err
		}
	}
	metrics, site, err := p.share(ctx, db)
	if err != nil {
		return err
	}
	subscriptions, mailer, err := p.telling.people(ctx, p, db, ln, all.Book.Refresh)
	if err != nil {
		return err
	}
	if mailer != nil {
		site.Mails, vitals.mailer, vitals.server = subscriptions, mailer, p.telling.post.Where()
	}
	if metrics != nil {
		defer metrics.Close()
	}
	h, err := handlers.New(handlers.Options{Shared: site, Acts: all, Runs: log, Audit: keeper, Halted: db.AuditBroken, Webhook: notifier, Machine: vitals, LentFor: lentFor, OpenFor: keeper.Idle(),
		Reader: localReader(), Version: Version, DataDir: data, SpoolDir: data, Addr: ln.Addr().String(), Log: p.log})
	if err != nil {
		return err
	}
	going := newLeaving(h.Router())
	srv := p.server(going)
	if err := p.announce(ctx, w, ln, site); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		if err := p.answer(srv, ln); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	if metrics != nil {
		m := p.server(h.MetricsRouter())
		g.Go(func() error {
			if err := m.Serve(metrics); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
		g.Go(func() error { <-ctx.Done(); return m.Close() })
	}
	g.Go(func() error { all.Lists.Keep(ctx, p.log); return nil })
	g.Go(func() error { anchors.Run(ctx); return nil })
	g.Go(func() error { return p.verifyAll(ctx, db, vitals) })
	g.Go(func() error {
		if err := all.Places.WriteTrust(ctx); err != nil && ctx.Err() == nil {
			p.log.Error("no program can trust the rehearsal cloud: its trust files were not written", "err", err)
		}
		return nil
	})
	if notifier != nil {
		g.Go(func() error { notifier.Run(ctx); return nil })
	}
	if mailer != nil {
		g.Go(func() error { mailer.Run(ctx); return nil })
	}
	g.Go(func() error {
		<-ctx.Done()
		p.log.Info("stopping: streams end, requests drain", "at most", drain)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
		defer cancel()
		h.CloseStreams() // and /readyz says no
		going.wait(grace)
		if err := srv.Shutdown(grace); err != nil {
			p.log.Warn("some requests did not end in time", "err", err)
			return srv.Close()
		}
		return nil
	})
	return g.Wait()
}

// anchors compares the audit with what --audit-anchor holds already, and returns what writes there from now on.
func (p portal) anchors(ctx context.Context, db *store.DB) (*custody.Anchors, error) {
	put, err := putAnchor(p.anchor)
	if err != nil || put == nil {
		return nil, unusableAnchor(err)
	}
	places, err := anchorPlaces(p.anchor)
	if err != nil {
		return nil, err
	}
	if _, err := db.CompareAudit(ctx, places...); err != nil {
		return nil, err
	}
	return &custody.Anchors{Head: db.Anchor, Put: put, Log: p.log}, nil
}

func unusableAnchor(err error) error {
	if err == nil || fault.From(err).Kind != fault.Internal {
		return err
	}
	return fault.Wrap(err, fault.Invalid, "The file of anchors cannot be written", "Give a file that this user may append to.").In("audit-anchor")
}

// verifyEvery is how often the whole audit is looked at.
const verifyEvery = 24 * time.Hour

// verifyAll verifies the whole audit behind the pages that are served already, and again each day.
func (p portal) verifyAll(ctx context.Context, db *store.DB, vitals *machine) error {
	tick := time.NewTicker(verifyEvery)
	defer tick.Stop()
	for db.AuditBroken() == nil {
		places, err := anchorPlaces(p.anchor)
		if err != nil {
			return err
		}
		switch found, err := db.VerifyAudit(ctx, places...); {
		case ctx.Err() != nil:
		case err != nil:
			p.log.Error("the audit could not be verified", "err", err)
		case found.Intact:
			vitals.verifiedAs(found)
			p.log.Debug("the audit is intact", "records", found.Records)
		default:
			vitals.verifiedAs(found)
			p.log.Error("the audit was changed: nothing can be changed any more", "first bad record", found.FirstBad, "found", found.Found)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}
