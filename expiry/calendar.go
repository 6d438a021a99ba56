package expiry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"net/url"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"onramp/certsvc"
	"onramp/fault"
)

// WriteCalendar writes the endings as an iCalendar feed (RFC 5545): an event at each end, with an alarm on each rung
// of the ladder. An event keeps its UID for the life of the certificate; its SEQUENCE rises when something
// about it changes, and it is cancelled when another certificate takes its place. Rehearsals are left out.
// base is the portal's address with its slash at the end, for the links. It holds a page at a time; the error is that of
// a page or of w.
func WriteCalendar(w io.Writer, base string, pages iter.Seq2[[]Ending, error]) error {
	cal := ics.NewCalendarFor("Onramp")
	cal.SetProductId("-//Onramp//Certificate expiry//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetName("Certificates that expire")
	cal.SetXWRCalName("Certificates that expire")
	cal.SetRefreshInterval("PT12H") // it adds VALUE=DURATION itself
	cal.SetXPublishedTTL("PT12H")
	head, err := inside(cal)
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s", calendarBegins, head)
	}
	if err != nil {
		return err
	}
	for page, err := range pages {
		if err != nil {
			return err
		}
		part := &ics.Calendar{}
		for _, e := range page {
			if !e.Rehearsal {
				part.AddVEvent(event(e, base))
			}
		}
		text, err := inside(part)
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w, calendarEnds)
	return err
}

const (
	calendarBegins = "BEGIN:VCALENDAR\r\n"
	calendarEnds   = "END:VCALENDAR\r\n"
)

// inside is what stands between the first and the last line of a calendar.
func inside(cal *ics.Calendar) ([]byte, error) {
	var b bytes.Buffer
	if err := cal.SerializeTo(&b, ics.WithNewLineWindows); err != nil {
		return nil, fault.Wrap(err, fault.Internal, "The calendar could not be written", "Try again.")
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(b.Bytes(), []byte(calendarBegins)), []byte(calendarEnds)), nil
}

// UID is the same for a certificate of a migration for ever.
func (e Ending) UID() string {
	sum := sha256.Sum256([]byte(e.Migration + "\n" + e.Certificate))
	return hex.EncodeToString(sum[:16]) + "@onramp"
}

func event(e Ending, base string) *ics.VEvent {
	v := ics.NewEvent(e.UID())
	v.SetDtStampTime(e.Changed)
	v.SetLastModifiedAt(e.Changed)
	v.SetSequence(e.Revision)
	v.SetStartAt(e.At)
	v.SetTimeTransparency(ics.TransparencyTransparent)
	v.SetURL(e.Link(base))
	v.SetSummary(plain(e.Summary()))
	v.SetDescription(plain(e.Advice()))
	if !e.Active() {
		v.SetStatus(ics.ObjectStatusCancelled)
		return v
	}
	v.SetStatus(ics.ObjectStatusConfirmed)
	for _, days := range certsvc.Rungs {
		a := v.AddAlarm()
		a.SetAction(ics.ActionDisplay)
		a.SetTrigger(fmt.Sprintf("-P%dD", days))
		a.SetDescription(plain(fmt.Sprintf("%s in %s", e.Summary(), dayCount(days))))
	}
	return v
}

// Link is where the certificate can be replaced.
func (e Ending) Link(base string) string {
	return base + "m/" + url.PathEscape(e.Migration) + "/certificates/replace"
}

// Summary is one line: what ends.
func (e Ending) Summary() string {
	what := "client certificate"
	if e.IsCA {
		what = "CA"
	}
	if e.Client != "" {
		return fmt.Sprintf("%s (%s): %s expires", e.Name, e.Client, what)
	}
	return fmt.Sprintf("%s: %s expires", e.Name, what)
}

// Advice is what a person should know and do, in lines.
func (e Ending) Advice() string {
	lines := []string{fmt.Sprintf("%s of %s stops working on %s.", e.Subject, e.Name, e.At.UTC().Format("2 January 2006 at 15:04 UTC"))}
	if e.Lane == LaneHeld {
		lines = append(lines, "Every client certificate under this CA stops working then, and while it is in the namespace Temporal Cloud refuses every change.")
	} else if e.IsCA {
		lines = append(lines, "Its CA sets the date: "+e.By+". Every client certificate under that CA stops working then.")
	} else {
		lines = append(lines, "The client certificate itself sets the date.")
	}
	if e.Active() {
		lines = append(lines, "Workers that present it cannot connect after that. Replace it before then.")
	} else {
		lines = append(lines, "Nothing to do: "+e.Successor.Subject+" replaced it on "+e.Successor.Since.UTC().Format("2 January 2006")+".")
	}
	return strings.Join(append(lines, "SHA-256 "+e.Certificate), "\n")
}

func dayCount(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}

// plain is text that iCalendar can hold: RFC 5545 has no way to write other control characters than the
// line break, and folding counts bytes of valid UTF-8.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Window is how far the strip of the board looks ahead, in months.
const Window = 12

// Months are the first instants of the month of now and of the eleven after it, in UTC, and of the month after those.
func Months(now time.Time) []time.Time {
	now = now.UTC()
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	out := make([]time.Time, 0, Window+1)
	for i := range Window + 1 {
		out = append(out, first.AddDate(0, i, 0))
	}
	return out
}
