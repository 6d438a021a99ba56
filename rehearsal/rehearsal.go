// Package rehearsal is the embedded Temporal server that behaves as Temporal Cloud. It is the only room
// that imports go.temporal.io/server; the build tag lean leaves the server out.
package rehearsal

import (
	"log/slog"
	"time"

	"onramp/cloud"
)

// Options of a Cloud.
type Options struct {
	Addr string // listen address on loopback; default "127.0.0.1:0"
	Dir  string // where its database lives; "" is memory
	// PortFile keeps the port where Addr leaves it open, so that the next start has the same; "" keeps none.
	PortFile string
	Log      *slog.Logger // default: discard
	Now      func() time.Time
	// Own reports whether a caller's address is a connection that this process opened; nil: none is.
	Own func(address string) bool

	// Lenient lets in client certificates that break what Temporal Cloud's documentation calls a must; how strictly
	// Temporal Cloud enforces that is not known, so a rehearsal does by itself.
	Lenient bool
	// BothMethods lets the account have both sign-in methods at once from the start, as Temporal Support turns it on;
	// without it the state of Dir says whether it has.
	BothMethods bool
	// Limits of each namespace; a zero field is Temporal Cloud's at first.
	Limits cloud.Limits

	// renew and poll, for tests: after how long callers are asked to renew their connections, and how long a
	// poll waits. 0 leaves them to the server: five minutes, and one.
	renew, poll time.Duration
}

// ControlOptions of a Control.
type ControlOptions struct {
	Addr     string        // listen address on loopback; default "127.0.0.1:0"
	PortFile string        // as Options.PortFile
	Outcome  string        // how its operations end: "fulfilled" (default), "failed", "rejected", "cancelled" or "slow"
	Delay    time.Duration // of an operation; default a second
}

var _ = cloud.Full((*Cloud)(nil))
