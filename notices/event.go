// Package notices is who is told in time of what happened in migrations: certificates that expire, a hand-off that
// waits, a check that fails and had passed. A webhook is told of each, once; a person by mail, by digest.
package notices

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"onramp/expiry"
	"onramp/fault"
	"onramp/migration"
)

// Kind says what an Event is about.
type Kind string

// The kinds.
const (
	Expiring  Kind = "expiry"  // a client certificate has reached a rung of the ladder
	Waiting   Kind = "waiting" // a step has waited for a Cloud admin for some days
	TurnedRed Kind = "check"   // a check failed whose predecessor about the same passed
	Answered  Kind = "answer"  // somebody answered a hand-off: done, or not me
)

// Ended is the rung of a certificate that has expired.
const Ended = expiry.Ended

// Rungs is the ladder of Expiring, in days before the end; Waits that of Waiting, in days of waiting.
var (
	Rungs = expiry.Rungs
	Waits = []int{3, 7, 14}
)

// FreshFor is how long a check that turned red, and an answer, are news.
const FreshFor = 7 * 24 * time.Hour

// Event is something that people are told of. Of a migration there is one of a kind, about and rung.
type Event struct {
	Nr        int64 // in the order in which events were noticed; given by the store
	Kind      Kind
	Migration string // its ID
	Name      string // its name now
	// About is what it is about: the SHA-256 of the client certificate, when the wait began, the ID of the check, or of the
	// fact that is the answer.
	About string
	Rung  int // Expiring: days before the end, or Ended; Waiting: days of waiting; else 0
	At    time.Time

	Ending expiry.Ending // of Expiring
	Since  time.Time     // of Waiting
	Number int           // of the check that TurnedRed
	Said   string        // what the check or the answer says in one line
}

// ID is the same for every attempt to tell of an event, so that a receiver can tell a repetition: the header webhook-id.
func (e Event) ID() string {
	text := fmt.Sprintf("%s\n%s\n%d", e.Migration, e.About, e.Rung)
	if e.Kind != Expiring { // whose IDs are older than the other kinds
		text = string(e.Kind) + "\n" + text
	}
	sum := sha256.Sum256([]byte(text))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// Type is the event as messages name it.
func (e Event) Type() string {
	switch {
	case e.Kind == Expiring && e.Rung == Ended:
		return "certificate.expired"
	case e.Kind == Expiring:
		return "certificate.expiring"
	case e.Kind == Waiting:
		return "handoff.waiting"
	case e.Kind == Answered:
		return "handoff.answered"
	}
	return "check.failed"
}

// Link is the page where somebody does something about it. base is the portal's address with its slash at the end.
func (e Event) Link(base string) string {
	m := base + "m/" + url.PathEscape(e.Migration)
	switch e.Kind {
	case Expiring:
		return e.Ending.Link(base)
	case TurnedRed:
		return m + "/test/" + url.PathEscape(e.About)
	}
	if e.Kind == Waiting {
		switch e.Said {
		case migration.TaskFilters, migration.TaskRemoveCA:
			return m + "/" + migration.Whose{Task: e.Said}.Path()
		}
	}
	return m + "/upload"
}

// Act is what the link is for, as a button says it.
func (e Event) Act() string {
	switch e.Kind {
	case Expiring:
		return "Replace it"
	case TurnedRed:
		return "Open the check"
	}
	if e.Kind == Waiting {
		switch e.Said {
		case migration.TaskFilters:
			return "Open the filters"
		case migration.TaskRemoveCA:
			return "Open the replacement"
		}
	}
	return "Open step 3"
}

// waits is what has waited for a Cloud admin.
func (e Event) waits() string {
	switch e.Said {
	case migration.TaskFilters:
		return "setting the certificate filters"
	case migration.TaskRemoveCA:
		return "removing the old CA certificate"
	}
	return "step 3, upload the CA certificate,"
}

// Days is how long a step has waited at a moment.
func (e Event) Days(now time.Time) int { return int(now.Sub(e.Since) / (24 * time.Hour)) }

// Text is the event in one sentence without a full stop, as it is at a moment.
func (e Event) Text(now time.Time) string {
	switch e.Kind {
	case Expiring:
		return plain(e.expiry())
	case Waiting:
		return plain(fmt.Sprintf("%s: %s has waited for a Cloud admin for %s", e.Name, e.waits(), days(e.Days(now))))
	case TurnedRed:
		return plain(fmt.Sprintf("%s: check %d failed, and the one before had passed: %s", e.Name, e.Number, strings.TrimSuffix(e.Said, ".")))
	}
	return plain(e.Name + ": " + strings.TrimSuffix(e.Said, "."))
}

// expiry is Text of a certificate.
func (e Event) expiry() string {
	x, when := e.Ending, ""
	switch {
	case e.Rung == Ended && x.DaysAgo() == 0:
		when = "today"
	case e.Rung == Ended:
		when = days(x.DaysAgo()) + " ago"
	case x.Days == 0:
		when = "in less than a day"
	default:
		when = "in " + days(x.Days)
	}
	what := x.Summary()
	if e.Rung == Ended {
		what = x.Subject + " expired"
	}
	return fmt.Sprintf("%s %s (%s)", what, when, x.At.UTC().Format("2 January 2006 15:04 UTC"))
}

func days(n int) string { return fault.Lasts(time.Duration(max(n, 1)) * 24 * time.Hour) }

// plain is text on one line without what a terminal, a mail or a chat would act on: no control or format characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}
