package doctor

import (
	"context"
	"log/slog"
	"time"
)

// Options are what an Engine needs; every field has a default.
type Options struct {
	Now     func() time.Time       // default time.Now
	Getenv  func(string) string    // default os.Getenv: proxies and the like
	Log     *slog.Logger           // default: discard
	Timeout time.Duration          // whole run, default 25 s
	Resolve func() (string, error) // host name for tested_from, default os.Hostname
}

// Engine runs checks. It is safe for concurrent use.
type Engine struct{ o Options }

// New returns an Engine.
func New(o Options) *Engine { return &Engine{o: o} }

// Run checks the target and returns the report. emit, when not nil, is called from one goroutine
// with each stage twice: as Running when it starts, and as it ended. Run returns when the ladder
// has stopped or ctx ends; what was not reached is NotReached. It never returns an error: what goes
// wrong is the report.
func (e *Engine) Run(ctx context.Context, t Target, emit func(Stage)) Report { panic("unwritten") }
