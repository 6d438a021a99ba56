// Package acts is what a person can ask Onramp to do, one file an act: who may, which rooms are asked in which order,
// what is written together, and what is undone when it fails. Every act takes an Actor first, writes its facts and the
// audit's records in one transaction, and publishes what lives in memory (a download, a lent key) only after that.
package acts

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/doctor"
	"onramp/migration"
	"onramp/reach"
	"onramp/runs"
	"onramp/transfer"
)

// Actor is who acts.
type Actor = custody.Actor

// Store keeps migrations, facts, the first row of a run, and the audit. What a method was told to write is durable
// when it returns, all or none of it. Unknown ids are NotFound faults.
type Store interface {
	Summaries
	Searched
	Migration(ctx context.Context, id string) (migration.Migration, error)
	Facts(ctx context.Context, migrationID string) ([]migration.Fact, error)     // oldest first
	Outcomes(ctx context.Context, id, about string) ([]migration.Outcome, error) // what migration.Derive asks for
	// AddMigration and ChangeMigration refuse a name that another migration has: a Conflict fault of field name; the
	// first also an ID that is taken: of field id. The second writes the name and whether it is archived.
	AddMigration(context.Context, migration.Migration, ...custody.Record) error
	ChangeMigration(context.Context, migration.Migration, ...custody.Record) error
	DeleteMigration(ctx context.Context, id string, rs ...custody.Record) error // Conflict while a run is under way
	Record(context.Context, []migration.Fact, []custody.Record) ([]migration.Fact, error)
	Recorded(ctx context.Context, act string) (bool, error) // whether the audit has records of a custody.Record.Act
	Run(ctx context.Context, id string) (runs.Run, error)
	AddRun(context.Context, runs.Run, ...custody.Record) (runs.Run, error)
	// AddEnded adds a run that has ended, with what it is, its log and its facts, which what works out from the run
	// with its number.
	AddEnded(ctx context.Context, r runs.Run, what func(runs.Run) (runs.Run, []runs.Entry, []migration.Fact), rs ...custody.Record) (runs.Run, error)
}

// Issuer makes and signs certificates (certsvc.Service).
type Issuer interface {
	IssueSet(certsvc.SetRequest) (certsvc.Set, error)
	CA(certsvc.CASpec) (certsvc.Issued, error)
	Leaf(certsvc.Issued, certsvc.LeafSpec) (certsvc.Issued, error)
	Sign(ca certsvc.Issued, csr []byte, spec certsvc.LeafSpec) (certsvc.Issued, error)
	Recipes(certsvc.CommandSpec) ([]certsvc.Recipe, error)
	CheckBatch(certsvc.Issued, []certsvc.BatchRow) error
	WriteBatch(ctx context.Context, w io.Writer, ca certsvc.Issued, rows []certsvc.BatchRow, told ...func(certsvc.BatchRow, *x509.Certificate)) error
}

// Transfers starts, follows and acts on workflows (transfer.Service).
type Transfers interface {
	runs.Transferer
	runs.Driller
	Cancel(context.Context, transfer.Request) error
	Terminate(ctx context.Context, req transfer.Request, reason string) error
	History(context.Context, transfer.Request, io.Writer) error
	Pollers(context.Context, transfer.Request) ([]transfer.Poller, error)
	Detect(context.Context, transfer.Request) (transfer.Detected, error)
}

// Options of Acts.
type Options struct {
	Store     Store          // required
	Boards    Boards         // required
	Runs      *runs.Service  // required
	Changes   *Changes       // required: shared with Runs' Changed
	Checker   runs.Checker   // required
	Transfers Transfers      // required
	Issuer    Issuer         // required
	Vault     *custody.Vault // required
	Keyring   *custody.Keyring
	Keeper    *custody.Keeper
	Handoffs  HandoffStore  // nil: this Onramp makes no links
	Assessor  runs.Assessor // nil: this Onramp reads no source
	Crosser   runs.Crosser  // nil: this Onramp looks at no cut-over

	// Rehearsal is the rehearsal cloud; the zero Place when it is switched off. Cloud is Temporal Cloud.
	Rehearsal, Cloud cloud.Place
	// RehearsalOps and CloudOps are their control planes with a person's key; Open is nil where there is none.
	RehearsalOps, CloudOps OpsPlace

	// Gate says which servers may be dialled, and how often a person may ask for it; nil: any, as often as wanted. The
	// dialers of Checker and Transfers are its too.
	Gate *reach.Gate

	// OwnComputer: whoever reaches Onramp sits at the computer it runs on, so that it may read files there and ask
	// servers near by.
	OwnComputer bool
	// ReplaceWindow is how long an old client certificate must not be seen before its CA may be removed; default one
	// minute, the length of a worker's long poll.
	ReplaceWindow time.Duration
	// TrustDir is where Places.WriteTrust writes trust files for programs that connect to the rehearsal cloud.
	TrustDir string
	// CertificatesChanged is called after an act that made or replaced certificates; nil: nobody waits for it.
	CertificatesChanged func()

	Resolve func(ctx context.Context, host string) ([]netip.Addr, error) // default net.DefaultResolver
	Log     *slog.Logger                                                 // default: discard
	Now     func() time.Time                                             // default time.Now
}

// Acts are all acts, by what they are about.
type Acts struct {
	Book         *Book        // looking: nothing here changes anything
	Lists        Lists        // of migrations, and of when certificates end
	Places       *Places      // where migrations go, and how programs connect there
	Migrations   Migrations   // create, name, archive, delete, note
	Certificates Certificates // make, sign, import, hand out
	Keys         Keys         // lend, take back, keep, open, lock
	Replacements Replacements // of a CA or a client certificate
	Rotations    Rotations    // of an API key
	Switches     Switches     // of the sign-in method
	Handoffs     Handoffs     // of one task to one person without an account
	Checks       Checks       // of the connection, here and elsewhere
	Assessments  Assessments  // of the server that the application runs on today
	Cutovers     Cutovers     // looks at both sides of a migration
	Transfers    Workflows    // test transfers, drills and workflows of others
	Namespaces   Namespaces   // what an admin does to a namespace
	CloudOps     CloudOps     // the same in Temporal Cloud, with a key that a person gives
	Rehearsal    Rehearsal    // practise, break on purpose, reset
	Reports      Reports      // what was proved, to show to others: nothing here changes anything
}

// replaceWindow is the default of Options.ReplaceWindow.
const replaceWindow = time.Minute

// desk is what acts stand on.
type desk struct {
	o     Options
	*Book // looks, and writes facts and records together
	*Places
	invites invites
	watches watches
	looks   caLooks
	ops     opsDesk
	rates   *handoffRates
	naming  sync.Mutex  // one search for a free name at a time
	bulks   *runs.Bulks // checks of many
	showing locks       // of migrations: one part of a shown rehearsal at a time
	presses presses
	ending  context.Context // ends on Close
	end     context.CancelFunc
}

// Close ends what acts have begun beside runs: looks for workers, checks of many. It may be called twice.
func (a *Acts) Close() error {
	d := a.Checks.desk
	d.end()
	d.watches.work.Wait()
	d.ops.close()
	return d.bulks.Close()
}

// Resume marks what a process that is gone has left: checks of many that it began.
func (a *Acts) Resume(ctx context.Context) error { return a.Checks.bulks.Resume(ctx) }

// New returns Acts; it is an error to leave out a required option.
func New(o Options) (*Acts, error) {
	if o.Store == nil || o.Boards == nil || o.Runs == nil || o.Changes == nil || o.Checker == nil || o.Transfers == nil || o.Issuer == nil || o.Vault == nil || o.Keyring == nil || o.Keeper == nil {
		return nil, errors.New("acts: a required option is missing")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ReplaceWindow <= 0 {
		o.ReplaceWindow = replaceWindow
	}
	if o.CertificatesChanged == nil {
		o.CertificatesChanged = func() {}
	}
	if o.TrustDir != "" {
		if abs, err := filepath.Abs(o.TrustDir); err == nil {
			o.TrustDir = abs
		}
	}
	d := &desk{o: o, Book: &Book{store: sure{o.Store}, boards: o.Boards, changes: o.Changes, now: func() time.Time { return o.Now().UTC().Round(0) }}}
	d.Places, d.watches.every = &Places{o: o, trust: trust{written: make(chan struct{})}}, watchEvery
	d.rates = newHandoffRates()
	var err error
	if d.bulks, err = runs.NewBulks(runs.BulkOptions{Store: o.Boards, Log: o.Log, Now: o.Now}); err != nil {
		return nil, err
	}
	d.ending, d.end = context.WithCancel(context.Background())
	return &Acts{Book: d.Book, Lists: Lists{d.Book}, Places: d.Places, Migrations: Migrations{d}, Certificates: Certificates{d}, Keys: Keys{d},
		Replacements: Replacements{d}, Rotations: Rotations{d}, Switches: Switches{d}, Handoffs: Handoffs{d}, Checks: Checks{d}, Assessments: Assessments{d}, Cutovers: Cutovers{d}, Transfers: Workflows{d}, Namespaces: Namespaces{d}, CloudOps: CloudOps{d}, Rehearsal: Rehearsal{d}, Reports: Reports{d}}, nil
}

// The groups of acts. Each act is a method in a file of its own.
type (
	Migrations   struct{ *desk }
	Certificates struct{ *desk }
	Keys         struct{ *desk }
	Replacements struct{ *desk }
	Rotations    struct{ *desk }
	Switches     struct{ *desk }
	Checks       struct{ *desk }
	Assessments  struct{ *desk }
	Cutovers     struct{ *desk }
	Workflows    struct{ *desk }
	Namespaces   struct{ *desk }
	CloudOps     struct{ *desk }
	Rehearsal    struct{ *desk }
)

var _ runs.Checker = (*doctor.Engine)(nil)
