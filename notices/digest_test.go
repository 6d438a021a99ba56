package notices_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"onramp/fault"
	"onramp/notices"
)

// TestDigestTimes: when the next mail is due, also where clocks are put forward or back over its hour.
func TestDigestTimes(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		what      string
		d         notices.Digest
		zone      *time.Location
		now, want string // RFC 3339
	}{
		{"later today", notices.Digest{Every: notices.Daily, Hour: 8}, time.UTC, "2026-11-22T07:59:59Z", "2026-11-22T08:00:00Z"},
		{"just now: tomorrow", notices.Digest{Every: notices.Daily, Hour: 8}, time.UTC, "2026-11-22T08:00:00Z", "2026-11-23T08:00:00Z"},
		{"midnight", notices.Digest{Every: notices.Daily, Hour: 0}, time.UTC, "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"},
		{"next Monday", notices.Digest{Every: notices.Weekly, Hour: 8, Day: time.Monday}, time.UTC, "2026-11-22T09:00:00Z", "2026-11-23T08:00:00Z"},
		{"Monday, too late", notices.Digest{Every: notices.Weekly, Hour: 8, Day: time.Monday}, time.UTC, "2026-11-23T08:00:01Z", "2026-11-30T08:00:00Z"},
		{"the zone's Monday", notices.Digest{Every: notices.Weekly, Hour: 20, Day: time.Sunday}, newYork, "2026-11-22T23:00:00Z", "2026-11-23T01:00:00Z"},
		{"clocks go forward over it", notices.Digest{Every: notices.Daily, Hour: 2}, newYork, "2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"},
		{"and the day after", notices.Digest{Every: notices.Daily, Hour: 2}, newYork, "2026-03-08T07:00:00Z", "2026-03-09T06:00:00Z"},
		{"clocks go back over it", notices.Digest{Every: notices.Daily, Hour: 1}, newYork, "2026-11-01T04:00:00Z", "2026-11-01T05:00:00Z"},
		{"and not twice", notices.Digest{Every: notices.Daily, Hour: 1}, newYork, "2026-11-01T05:00:00Z", "2026-11-02T06:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := tt.d.Next(now, tt.zone).Format(time.RFC3339); got != tt.want {
			t.Errorf("%s: %s after %s is due at %s, want %s", tt.what, tt.d, tt.now, got, tt.want)
		}
	}
	if at := (notices.Digest{Every: notices.Never}).Next(start, time.UTC); !at.IsZero() {
		t.Errorf("never is due at %s", at)
	}
}

// TestDigestsComeInTime: the next mail is after now, within a day or a week and an hour, at the hour that was chosen.
func TestDigestsComeInTime(t *testing.T) {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		d := notices.Digest{Every: rapid.SampledFrom([]notices.Often{notices.Daily, notices.Weekly}).Draw(rt, "every"), Hour: rapid.IntRange(0, 23).Draw(rt, "hour"), Day: time.Weekday(rapid.IntRange(0, 6).Draw(rt, "day"))}
		now := start.Add(time.Duration(rapid.Int64Range(0, int64(2*365*day)).Draw(rt, "now")))
		at := d.Next(now, newYork)
		most := 25 * time.Hour
		if d.Every == notices.Weekly {
			most = 7*day + time.Hour
		}
		local := at.In(newYork)
		if !at.After(now) || at.Sub(now) > most+time.Hour || local.Hour() != d.Hour && local.Hour() != d.Hour+1 || local.Minute() != 0 || d.Every == notices.Weekly && local.Weekday() != d.Day {
			rt.Fatalf("%s after %s is due at %s", d, now.In(newYork), local)
		}
	})
}

func TestDigestsThatCannotBe(t *testing.T) {
	for field, d := range map[string]notices.Digest{
		"every": {Every: "hourly"}, "hour": {Every: notices.Daily, Hour: 24}, "day": {Every: notices.Weekly, Day: 7},
	} {
		if f := fault.From(d.Check()); f.Kind != fault.Invalid || f.Field != field {
			t.Errorf("%+v: %+v", d, f)
		}
	}
	for text, d := range map[string]notices.Digest{"off": notices.Usual, "daily at 08:00": {Every: notices.Daily, Hour: 8}, "weekly on Friday at 23:00": {Every: notices.Weekly, Hour: 23, Day: time.Friday}} {
		if err := d.Check(); err != nil || d.String() != text {
			t.Errorf("%+v is %q, %v", d, d, err)
		}
	}
}
