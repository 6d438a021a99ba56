package migration

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"onramp/doctor"
	"onramp/transfer"
)

// Store keeps migrations, facts and runs. Methods are safe for concurrent use, stop when ctx ends and
// return a NotFound fault for an unknown id. What a method was told to write is durable when it returns.
type Store interface {
	AddMigration(ctx context.Context, m Migration) error // Conflict fault when the ID is taken
	Migration(ctx context.Context, id string) (Migration, error)
	Migrations(ctx context.Context) ([]Migration, error) // newest first
	// AddFact appends a fact and raises the migration's version in one transaction.
	AddFact(ctx context.Context, f Fact) (Fact, error)
	Facts(ctx context.Context, migrationID string) ([]Fact, error) // oldest first

	AddRun(ctx context.Context, r Run) (Run, error) // gives it its Number
	Run(ctx context.Context, id string) (Run, error)
	Runs(ctx context.Context, migrationID string, kind RunKind, limit int) ([]Run, error) // newest first
	Unfinished(ctx context.Context) ([]Run, error)
	// AddEntry appends to a running run's log and gives the entry its Seq.
	AddEntry(ctx context.Context, e Entry) (Entry, error)
	Entries(ctx context.Context, runID string, after int64) ([]Entry, error)
	// EndRun writes the end of a run, its last entry and the facts that follow from it in one transaction.
	// A run that has already ended stays as it is: Conflict fault.
	EndRun(ctx context.Context, r Run, last Entry, facts []Fact) error
}

// Checker runs connection checks (doctor.Engine).
type Checker interface {
	Run(ctx context.Context, t doctor.Target, emit func(doctor.Stage)) doctor.Report
}

// Transferer starts and follows test transfers (transfer.Service).
type Transferer interface {
	Run(ctx context.Context, req transfer.Request, emit func(transfer.Event)) transfer.Result
}

// Options of a Service.
type Options struct {
	Store     Store      // required
	Checker   Checker    // required
	Transfers Transferer // required
	Log       *slog.Logger
	Now       func() time.Time
}

// Service is the room's door. It is safe for concurrent use; Close may be called twice.
type Service struct{ o Options }

// New returns a Service; it is an error to leave out a required option.
func New(o Options) (*Service, error) { panic("unwritten") }

// Resume marks runs that a stop cut short as interrupted. Call once at start.
func (s *Service) Resume(ctx context.Context) error { panic("unwritten") }

// Close ends running runs at a step boundary, waits for them, and ends every Follow.
func (s *Service) Close() error { panic("unwritten") }

// Create makes a migration. The ID is a slug of the name; a taken name is a Conflict fault that
// names the existing one. Invalid faults (several joined) carry their field.
func (s *Service) Create(ctx context.Context, name, lang string, mode Mode, auth string) (Migration, error) {
	panic("unwritten")
}

// List returns every migration with its steps, newest first.
func (s *Service) List(ctx context.Context) ([]View, error) { panic("unwritten") }

// View returns one migration with its present facts and steps.
func (s *Service) View(ctx context.Context, id string) (View, error) { panic("unwritten") }

// SetNamespace records the namespace (already parsed by the caller through namespace.Parse) and where
// programs dial it. The same data again writes nothing.
func (s *Service) SetNamespace(ctx context.Context, id string, d NamespaceData) (View, error) {
	panic("unwritten")
}

// SetCertificate records public facts of an issued certificate.
func (s *Service) SetCertificate(ctx context.Context, id string, d CertificateData) (View, error) {
	panic("unwritten")
}

// SetUpload records that the Cloud side of a rehearsal saved the CA.
func (s *Service) SetUpload(ctx context.Context, id string, d UploadData) (View, error) {
	panic("unwritten")
}

// SetPoller records that a worker was seen on the task queue.
func (s *Service) SetPoller(ctx context.Context, id string, d PollerData) (View, error) {
	panic("unwritten")
}

// Note records that a step was done outside, with the reason (required, at most 500 characters).
func (s *Service) Note(ctx context.Context, id, step, why, by string) (View, error) {
	panic("unwritten")
}

// StartCheck starts a check in the background and returns its run at once. The run records stages as
// they finish; when it passes it records FactCheck and, with mTLS, FactCASeen.
func (s *Service) StartCheck(ctx context.Context, id string, t doctor.Target) (Run, error) {
	panic("unwritten")
}

// StartTransfer starts a test transfer in the background and returns its run at once. It is a Conflict
// fault when step test is not done. When it ends as its scenario should it records FactTransfer.
func (s *Service) StartTransfer(ctx context.Context, id string, req transfer.Request) (Run, error) {
	panic("unwritten")
}

// Run returns one run of a migration.
func (s *Service) Run(ctx context.Context, migrationID, runID string) (Run, error) {
	panic("unwritten")
}

// Runs returns the newest runs of a kind, at most limit.
func (s *Service) Runs(ctx context.Context, migrationID string, kind RunKind, limit int) ([]Run, error) {
	panic("unwritten")
}

// Entries returns a run's log after an entry's Seq.
func (s *Service) Entries(ctx context.Context, runID string, after int64) ([]Entry, error) {
	panic("unwritten")
}

// Follow yields the entries of a run after Seq after, first those in the log, then live ones, and ends
// when the run has ended, ctx ends or the Service closes. An Entry with Seq 0 is a beat: it carries nothing and comes
// every 15 s. No entry is missed or given twice.
func (s *Service) Follow(ctx context.Context, runID string, after int64) iter.Seq2[Entry, error] {
	panic("unwritten")
}

// Watch yields a value whenever the migration changes (a fact or a run), and at once; for the overview
// and the pages that tick themselves. It ends as Follow does.
func (s *Service) Watch(ctx context.Context, migrationID string) iter.Seq2[View, error] {
	panic("unwritten")
}
