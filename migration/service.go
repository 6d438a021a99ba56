package migration

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"onramp/doctor"
	"onramp/fault"
	"onramp/transfer"
)

// Store keeps migrations, facts and runs. Methods are safe for concurrent use, stop when ctx ends and
// return a NotFound fault for an unknown id. What a method was told to write is durable when it returns.
// Times come back in UTC. storetest.Run holds every implementation to this.
type Store interface {
	AddMigration(ctx context.Context, m Migration) error // Conflict fault when the ID is taken
	Migration(ctx context.Context, id string) (Migration, error)
	Migrations(ctx context.Context) ([]Migration, error) // newest first
	// AddFact appends a fact, gives it its ID and raises the migration's version in one transaction.
	AddFact(ctx context.Context, f Fact) (Fact, error)
	Facts(ctx context.Context, migrationID string) ([]Fact, error) // oldest first

	// AddRun gives the run its Number. A taken ID or idempotency key is a Conflict fault.
	AddRun(ctx context.Context, r Run) (Run, error)
	Run(ctx context.Context, id string) (Run, error)
	// RunByKey returns the run of a migration and kind with an idempotency key.
	RunByKey(ctx context.Context, migrationID string, kind RunKind, key string) (Run, error)
	Runs(ctx context.Context, migrationID string, kind RunKind, limit int) ([]Run, error) // newest first
	// LatestRuns returns, of a migration's runs of a kind about some inputs, those that are running and the
	// one that passed or failed last (by Ended, then Number); in any order.
	LatestRuns(ctx context.Context, migrationID string, kind RunKind, inputHash string) ([]Run, error)
	Unfinished(ctx context.Context) ([]Run, error) // oldest first
	CountRuns(ctx context.Context) (map[RunCount]int, error)
	// AddEntry appends to a running run's log and gives the entry its Seq. Conflict when the run has ended.
	AddEntry(ctx context.Context, e Entry) (Entry, error)
	Entries(ctx context.Context, runID string, after int64) ([]Entry, error)
	// EndRun writes the end of a run (State, Title, Code, Result, Ended), its last entry and the facts that
	// follow from it in one transaction. A run that has already ended stays as it is: Conflict fault.
	EndRun(ctx context.Context, r Run, last Entry, facts []Fact) error
}

// Checker runs connection checks (doctor.Engine).
type Checker interface {
	Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report
}

// Transferer starts and follows test transfers, acts on their workflows and drills (transfer.Service).
type Transferer interface {
	Run(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result
	Cancel(ctx context.Context, req transfer.Request) error
	Terminate(ctx context.Context, req transfer.Request, reason string) error
	History(ctx context.Context, req transfer.Request) ([]byte, error)
	Drill(ctx context.Context, d transfer.Drill, progress func(transfer.DrillProgress)) (transfer.DrillReport, error)
}

// Options of a Service.
type Options struct {
	Store     Store            // required
	Checker   Checker          // required
	Transfers Transferer       // required
	Log       *slog.Logger     // default: discard
	Now       func() time.Time // default time.Now
}

// Service is the room's door. It is safe for concurrent use; Close may be called twice.
type Service struct {
	o     Options
	ctx   context.Context // ends on Close, and with it every run and Follow
	stop  context.CancelFunc
	runs  sync.WaitGroup
	write sync.Mutex // one look-then-write at a time

	invited invites // one-time addresses for reports

	mu      sync.Mutex // guards what follows
	closed  bool
	live    map[string]*liveRun // by run ID
	watches topics              // by migration ID
}

// New returns a Service; it is an error to leave out a required option.
func New(o Options) (*Service, error) {
	if o.Store == nil || o.Checker == nil || o.Transfers == nil {
		return nil, errors.New("migration: Options.Store, Checker and Transfers are required")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{o: o, live: map[string]*liveRun{}, watches: topics{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// Close ends running runs at a step boundary, waits for them, and ends every Follow.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.runs.Wait()
	return nil
}

// Create makes a migration. The ID is a slug of the name; a taken name is a Conflict fault that
// names the existing one. Invalid faults (several joined) carry their field.
func (s *Service) Create(ctx context.Context, name, lang string, mode Mode, auth string) (Migration, error) {
	m := Migration{Name: strings.TrimSpace(name), Lang: lang, Mode: mode, Auth: auth, Created: s.now(), Version: 1}
	if err := checkNew(m); err != nil {
		return Migration{}, err
	}
	m.ID = Slug(m.Name)
	err := s.o.Store.AddMigration(ctx, m)
	if fault.Is(err, fault.Conflict) {
		if have, e := s.o.Store.Migration(ctx, m.ID); e == nil {
			f := fault.Wrap(err, fault.Conflict, fmt.Sprintf("There is already a migration named %q", have.Name),
				"Continue with that one, or choose another name.").In("name")
			f.Cause = fmt.Sprintf("Its address is /m/%s, and this name would give the same.", have.ID)
			return Migration{}, f
		}
	}
	if err != nil {
		return Migration{}, err
	}
	return m, nil
}

// List returns every migration with its steps, newest first.
func (s *Service) List(ctx context.Context) ([]View, error) {
	all, err := s.o.Store.Migrations(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]View, 0, len(all))
	for _, m := range all {
		v, err := s.derive(ctx, m)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// View returns one migration with its present facts and steps.
func (s *Service) View(ctx context.Context, id string) (View, error) {
	m, err := s.o.Store.Migration(ctx, id)
	if err != nil {
		return View{}, err
	}
	return s.derive(ctx, m)
}

func (s *Service) derive(ctx context.Context, m Migration) (View, error) {
	facts, err := s.o.Store.Facts(ctx, m.ID)
	if err != nil {
		return View{}, err
	}
	about := present(m, facts).check()
	checks, err := s.o.Store.LatestRuns(ctx, m.ID, CheckRun, about)
	if err != nil {
		return View{}, err
	}
	transfers, err := s.o.Store.LatestRuns(ctx, m.ID, TransferRun, about)
	if err != nil {
		return View{}, err
	}
	return derive(m, facts, append(checks, transfers...), s.now()), nil
}

func (s *Service) now() time.Time { return s.o.Now().UTC().Round(0) }

// record looks at a migration, lets next decide which fact to add, if any, and returns the view after it.
func (s *Service) record(ctx context.Context, id string, next func(View) (*Fact, error)) (View, error) {
	s.write.Lock()
	defer s.write.Unlock()
	v, err := s.View(ctx, id)
	if err != nil {
		return View{}, err
	}
	f, err := next(v)
	if err != nil || f == nil {
		return v, err
	}
	f.MigrationID, f.At = id, s.now()
	if _, err := s.o.Store.AddFact(ctx, *f); err != nil {
		return View{}, err
	}
	s.watches.wake(&s.mu, id)
	return s.View(ctx, id)
}

// newFact makes a fact; the data is one of this package's and always marshals.
func newFact(kind, inputHash string, data any) Fact {
	text, _ := json.Marshal(data)
	return Fact{Kind: kind, InputHash: inputHash, Data: text}
}

// SetNamespace records the namespace (already parsed by the caller through namespace.Parse) and where
// programs dial it. The same data again writes nothing.
func (s *Service) SetNamespace(ctx context.Context, id string, d NamespaceData) (View, error) {
	if d.Namespace == "" {
		return View{}, fault.New(fault.Invalid, "The namespace is missing", "Give the Namespace ID: payments.a1b2c.").In("namespace")
	}
	if d.Address == "" {
		return View{}, fault.New(fault.Invalid, "The address is missing", "Give the host and port that programs dial.").In("address")
	}
	return s.record(ctx, id, func(v View) (*Fact, error) {
		if v.Namespace != nil && *v.Namespace == d {
			return nil, nil
		}
		f := newFact(FactNamespace, namespaceHash(d), d)
		return &f, nil
	})
}

// SetCertificate records public facts of an issued certificate. The same data again writes nothing;
// a private key among the certificates is refused.
func (s *Service) SetCertificate(ctx context.Context, id string, d CertificateData) (View, error) {
	if d.LeafFingerprint == "" {
		return View{}, fault.New(fault.Invalid, "The client certificate is missing", "Give the certificate that workers present.").In("leaf")
	}
	if strings.Contains(d.CAPEM, "PRIVATE KEY") || strings.Contains(d.LeafPEM, "PRIVATE KEY") {
		return View{}, fault.New(fault.Invalid, "A private key is among the certificates",
			"Give certificates only. Nothing was stored; if others may have seen the key, replace it.").In("leaf")
	}
	d.CANotAfter, d.LeafNotAfter = d.CANotAfter.UTC().Round(0), d.LeafNotAfter.UTC().Round(0)
	return s.record(ctx, id, func(v View) (*Fact, error) {
		f := newFact(FactCertificate, certificateHash(d), d)
		have, _ := latest[CertificateData](v.Facts, FactCertificate)
		if have != nil && bytes.Equal(have.Data, f.Data) {
			return nil, nil
		}
		return &f, nil
	})
}

// SetUpload records that the Cloud side of a rehearsal saved the CA. Saving what was saved last writes
// nothing. A Conflict fault in a migration to Cloud: there only a check can see the CA.
func (s *Service) SetUpload(ctx context.Context, id string, d UploadData) (View, error) {
	return s.record(ctx, id, func(v View) (*Fact, error) {
		if v.Migration.Mode != Rehearsal {
			return nil, fault.New(fault.Conflict, "Onramp cannot see what Temporal Cloud saved", "Run a check: the step ticks itself when a check sees the CA accepted.")
		}
		if v.Namespace == nil {
			return nil, fault.New(fault.Conflict, "There is no namespace yet to upload to", "Choose the namespace first.")
		}
		d.Namespace = v.Namespace.Namespace
		f := newFact(FactUpload, v.inputs().uploadOf(d.CAFingerprint), d)
		for i := len(v.Facts) - 1; i >= 0; i-- {
			have, ok := decode[UploadData](v.Facts[i])
			if !ok || v.Facts[i].Kind != FactUpload || have.Namespace != d.Namespace {
				continue
			}
			if have == d && v.Facts[i].InputHash == f.InputHash {
				return nil, nil
			}
			break
		}
		return &f, nil
	})
}

// SetPoller records that a worker was seen on the task queue. A worker that has been seen there
// already, in the present namespace, writes nothing.
func (s *Service) SetPoller(ctx context.Context, id string, d PollerData) (View, error) {
	return s.record(ctx, id, func(v View) (*Fact, error) {
		f := newFact(FactPoller, v.inputs().code(), d)
		for _, have := range v.Facts {
			if have.Kind == FactPoller && have.InputHash == f.InputHash && bytes.Equal(have.Data, f.Data) {
				return nil, nil
			}
		}
		return &f, nil
	})
}

// MaxWhy is how long the reason of a note may be, in characters.
const MaxWhy = 500

// Note records that a step was done outside, with the reason (required, at most 500 characters).
// A Conflict fault when the step cannot start yet or is done already.
func (s *Service) Note(ctx context.Context, id, step, why, by string) (View, error) {
	why = strings.TrimSpace(why)
	var errs []error
	switch {
	case why == "":
		errs = append(errs, fault.New(fault.Invalid, "The reason is missing", "Say in a sentence how the step was done.").In("why"))
	case utf8.RuneCountInString(why) > MaxWhy:
		errs = append(errs, fault.New(fault.Invalid, "The reason is too long", "Use at most 500 characters.").In("why"))
	case !utf8.ValidString(why) || strings.Contains(why, "PRIVATE KEY"):
		errs = append(errs, fault.New(fault.Invalid, "The reason is not a sentence", "Say in a sentence how the step was done, without keys or binary text.").In("why"))
	}
	if !oneOf(step, Steps) || step == StepNamespace {
		errs = append(errs, fault.New(fault.Invalid, "This step cannot be noted as done outside", "Do it here: what follows needs it.").In("step"))
	}
	if err := errors.Join(errs...); err != nil {
		return View{}, err
	}
	return s.record(ctx, id, func(v View) (*Fact, error) {
		now := v.Step(step)
		f := newFact(FactNote, v.inputs().of(step), NoteData{Step: step, Why: why})
		f.By = by
		switch {
		case now.Status == Blocked:
			return nil, fault.New(fault.Conflict, "This step can't start yet", "It "+now.Reason+".").In("step")
		case now.Noted && now.Evidence == "done outside: "+why:
			return nil, nil
		case now.Status == Done && !now.Noted:
			return nil, fault.New(fault.Conflict, "This step is done already", "There is evidence for it: "+now.Evidence+".").In("step")
		}
		return &f, nil
	})
}
