package notices

import (
	"fmt"
	"slices"
	"time"

	"onramp/fault"
)

// Often is how often somebody gets a mail.
type Often string

// How often.
const (
	Never  Often = "off"
	Daily  Often = "daily"
	Weekly Often = "weekly"
)

// Digest is when somebody gets a mail of what is new: at an hour of each day, or of one day of the week, in the portal's
// time zone.
type Digest struct {
	Every Often
	Hour  int          // 0 to 23
	Day   time.Weekday // of Weekly
}

// Usual is the Digest of whoever has chosen none: no mail, and what a form offers.
var Usual = Digest{Every: Never, Hour: 8, Day: time.Monday}

// Check is an Invalid fault of the field that cannot be: every, hour or day.
func (d Digest) Check() error {
	bad := func(field, title string) error {
		return fault.New(fault.Invalid, title, "Choose one of those offered.").In(field)
	}
	switch {
	case !slices.Contains([]Often{Never, Daily, Weekly}, d.Every):
		return bad("every", "Mails do not come that often")
	case d.Hour < 0 || d.Hour > 23:
		return bad("hour", "There is no such hour")
	case d.Day < time.Sunday || d.Day > time.Saturday:
		return bad("day", "There is no such day of the week")
	}
	return nil
}

// Next is the first moment after now at which a mail is due; zero for never. Where clocks are put forward over the hour it
// is the moment after the gap, where they are put back the first of the two.
func (d Digest) Next(now time.Time, zone *time.Location) time.Time {
	if d.Every == Never {
		return time.Time{}
	}
	local := now.In(zone)
	for i := 0; ; i++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+i, d.Hour, 0, 0, 0, zone)
		if at.Hour() != d.Hour && at.Hour() < d.Hour { // in a gap Date may take the offset of after it, and end up before
			at = at.Add(time.Hour)
		}
		if at.After(now) && (d.Every == Daily || at.Weekday() == d.Day) {
			return at.UTC()
		}
	}
}

// String is the digest in words: "daily at 08:00", "weekly on Monday at 08:00", "off".
func (d Digest) String() string {
	switch d.Every {
	case Daily:
		return fmt.Sprintf("daily at %02d:00", d.Hour)
	case Weekly:
		return fmt.Sprintf("weekly on %s at %02d:00", d.Day, d.Hour)
	}
	return string(Never)
}
