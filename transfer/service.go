package transfer

import (
	"context"
	"log/slog"
	"time"
)

// Options of a Service; every field has a default.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// Patience is how long a transfer without any progress is watched before it is diagnosed;
	// default 10 s. It goes on being followed until ctx ends.
	Patience time.Duration
}

// Service starts and follows transfers. It is safe for concurrent use.
type Service struct{ o Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o: o} }

// Run starts a transfer (unless FollowOnly), runs the built-in worker beside it when asked, follows the
// workflow's history by long polls and its pending activities, and calls emit from one goroutine for
// every event; the last is "end". It returns when the workflow has closed, could not be started, or
// ctx ended. It never returns an error: what went wrong is the Result's verdict.
func (s *Service) Run(ctx context.Context, req Request, emit func(Event)) Result { panic("unwritten") }

// Validate says what is wrong with a request before anything is started: Invalid faults, several joined.
func Validate(req Request) error { panic("unwritten") }

// Bars derives the timeline from the events so far.
func Bars(events []Event) []Bar { panic("unwritten") }

// Poller is a worker seen on a task queue.
type Poller struct {
	Identity   string
	LastAccess time.Time
	Kind       string // workflow, activity
}

// Pollers lists who polls a task queue of the target's namespace.
func (s *Service) Pollers(ctx context.Context, req Request) ([]Poller, error) { panic("unwritten") }
