//go:build !lean

package rehearsal

import (
	"context"
	"log/slog"
	"strings"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
)

// serverLog hands the server's own log to Onramp's at warn and above: what is below is about the
// server's inner life, not about the rehearsal.
type serverLog struct {
	to *slog.Logger
	// watch is told of what the server takes to be its end. The process goes on: a rehearsal that broke
	// must not take the portal with it.
	watch *watch
}

var _ interface {
	log.Logger
	log.WithLogger
} = serverLog{}

// Debug and Info are dropped.
func (serverLog) Debug(string, ...tag.Tag) {}
func (serverLog) Info(string, ...tag.Tag)  {}

func (l serverLog) Warn(msg string, tags ...tag.Tag)   { l.write(slog.LevelWarn, msg, tags) }
func (l serverLog) Error(msg string, tags ...tag.Tag)  { l.write(slog.LevelError, msg, tags) }
func (l serverLog) DPanic(msg string, tags ...tag.Tag) { l.write(slog.LevelError, msg, tags) }

// Panic logs and panics: the server's code after it counts on not being reached.
func (l serverLog) Panic(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	panic("temporal server: " + msg)
}

// Fatal logs and reports; unlike the server's own loggers it does not end the process.
func (l serverLog) Fatal(msg string, tags ...tag.Tag) {
	l.write(slog.LevelError, msg, tags)
	l.watch.fatal(msg)
}

// With returns a logger that adds tags to every record.
func (l serverLog) With(tags ...tag.Tag) log.Logger {
	l.to = slog.New(l.to.Handler().WithAttrs(attributes(tags)))
	return l
}

func (l serverLog) write(level slog.Level, msg string, tags []tag.Tag) {
	if noise(msg) || l.watch.ended() {
		return
	}
	if l.to.Enabled(context.Background(), level) {
		l.to.LogAttrs(context.Background(), level, "temporal server: "+msg, attributes(tags)...)
	}
}

// noise is what the server says of our choices rather than of a fault.
func noise(msg string) bool {
	return strings.HasPrefix(msg, "HTTP API port has not been set.") || // none is wanted
		msg == "Authorization error" // the gate's answer to an unknown namespace; the caller reads it
}

func attributes(tags []tag.Tag) []slog.Attr {
	out := make([]slog.Attr, 0, len(tags))
	for _, t := range tags {
		out = append(out, slog.Any(t.Key(), t.Value()))
	}
	return out
}
