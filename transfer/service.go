package transfer

import (
	"context"
	"log/slog"
	"time"

	"onramp/doctor"
	"onramp/reach"
)

// Options of a Service; every field has a default.
type Options struct {
	Log *slog.Logger
	Now func() time.Time
	// Patience is how long a transfer without any progress is watched before it is diagnosed;
	// default 10 s. It goes on being followed until ctx ends.
	Patience time.Duration
	// Diagnose, where it is set, is asked why a target cannot be reached: doctor.Engine's Run, its
	// report's verdict. Without it the verdict comes from the call's status alone.
	Diagnose func(ctx context.Context, t doctor.Target) doctor.Verdict
	// To, where it is set, gives the dialer of a target's host:port: a portal that several people share says by it what
	// may be reached. Proxies are then not used.
	To func(address string) reach.Dialer
	// Own, where it is set, keeps the connections to servers on this machine, so that one in this process knows them.
	Own *doctor.OwnCalls
	// Bank is the built-in worker's; default one in memory. With OpenBank's, a transfer that a crash cut
	// short is finished by the next process without paying twice.
	Bank *Bank
}

// Service starts and follows transfers. It is safe for concurrent use.
type Service struct {
	o     Options
	bank  *Bank
	beat  rhythm
	feeds sharedFeeds
	lines lines
}

// rhythm is how often things are asked again.
type rhythm struct {
	greeting time.Duration // how long a server may take to answer the first call, unless a check finds nothing wrong with it
	start    time.Duration // startTimeout
	pending  time.Duration // pending activities, while there are any
	slow     time.Duration // the same after half a minute without change, and a workflow task that keeps failing
	retry    time.Duration // after a lost connection, doubled up to retryMax
	retryMax,
	grace, // from a workflow task's failure until GiveUp gives up
	again, // until a long poll that brings nothing is asked again, doubled each time
	throttle time.Duration // a drill's first pause when the server's rate limit answers
}

// New returns a Service.
func New(o Options) *Service {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	if o.Bank == nil {
		o.Bank = NewBank()
	}
	return &Service{o: o, bank: o.Bank, beat: rhythm{greeting: 5 * time.Second, start: startTimeout, pending: 300 * time.Millisecond, slow: time.Second,
		retry: 200 * time.Millisecond, retryMax: 5 * time.Second, grace: 3 * time.Second, again: 100 * time.Millisecond, throttle: time.Second}}
}

// Run starts a transfer (unless FollowOnly), runs the built-in worker beside it when asked, follows the
// workflow's history by long polls and its pending activities, and calls emit from one goroutine with
// the events as they come, those of one answer of the server together; the last is "end". emit may keep the slice. It returns when the workflow has closed, could not be started, or
// ctx ended. It never returns an error: what went wrong is the Result's verdict.
func (s *Service) Run(ctx context.Context, req Request, emit func([]Event)) Result {
	r := &run{s: s, req: req, emit: emit, began: s.o.Now(), state: State{Joined: req.FollowOnly}, told: map[string]string{},
		ours: !req.FollowOnly || req.Scenario != ""}
	return r.play(ctx)
}
