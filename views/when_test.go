package views

import (
	"strings"
	"testing"
	"time"
)

// TestDurationsAsPeopleSayThem: how long something took, lasts, and is past.
func TestDurationsAsPeopleSayThem(t *testing.T) {
	for _, tt := range []struct {
		d                time.Duration
		took, lasts, ago string
	}{
		{-time.Second, "", "less than a second", "just now"},
		{0, "", "less than a second", "just now"},
		{400 * time.Microsecond, "0.4 ms", "less than a second", "just now"},
		{155 * time.Millisecond, "155 ms", "less than a second", "just now"},
		{time.Second, "1.0 s", "1 second", "1 second ago"},
		{2400 * time.Millisecond, "2.4 s", "2 seconds", "2 seconds ago"},
		{59980 * time.Millisecond, "1 min 0 s", "59 seconds", "59 seconds ago"},
		{time.Minute, "1 min 0 s", "1 minute", "1 minute ago"},
		{90 * time.Second, "1 min 30 s", "1 minute 30 seconds", "1 minute ago"},
		{190 * time.Second, "3 min 10 s", "3 minutes 10 seconds", "3 minutes ago"},
		{time.Hour + 30*time.Second, "1 h 0 min", "1 hour", "1 hour ago"},
		{3*time.Hour + 5*time.Minute, "3 h 5 min", "3 hours 5 minutes", "3 hours ago"},
		{47 * time.Hour, "47 h 0 min", "1 day 23 hours", "47 hours ago"},
		{50 * time.Hour, "50 h 0 min", "2 days 2 hours", "2 days ago"},
	} {
		if took, lasts, ago := Took(tt.d), Lasts(tt.d), Ago(tt.d); took != tt.took || lasts != tt.lasts || ago != tt.ago {
			t.Errorf("%v: took %q, lasts %q, %q; want %q, %q, %q", tt.d, took, lasts, ago, tt.took, tt.lasts, tt.ago)
		}
	}
}

// TestMomentsShowBothZones: a moment says its zone; who points at it sees UTC and the zone of this computer.
func TestMomentsShowBothZones(t *testing.T) {
	was := time.Local
	t.Cleanup(func() { time.Local = was })
	at := time.Date(2026, 11, 12, 23, 42, 7, 0, time.UTC)
	for _, tt := range []struct {
		zone         *time.Location
		words, title string
	}{
		{time.UTC, "12 Nov 2026, 23:42 UTC", "12 Nov 2026, 23:42:07 UTC"},
		{time.FixedZone("CET", 3600), "13 Nov 2026, 00:42 CET", "12 Nov 2026, 23:42:07 UTC · 13 Nov 2026, 00:42:07 CET"},
	} {
		time.Local = tt.zone
		got := render(t, moment(Moment(at), at.Format(time.RFC3339), "small"))
		if want := `<time datetime="2026-11-12T23:42:07Z" class="small" title="` + tt.title + `">` + tt.words + `</time>`; strings.TrimSpace(got) != want {
			t.Errorf("in %s: %s, want %s", tt.zone, got, want)
		}
	}
	if got := render(t, moment("never", "")); strings.Contains(got, "title") || Moment(time.Time{}) != "" {
		t.Errorf("no moment: %s", got)
	}
}

// TestNamesBreakBetweenTheirWords: a name of Temporal's may break before a capital, and nowhere else.
func TestNamesBreakBetweenTheirWords(t *testing.T) {
	for name, want := range map[string]string{"ActivityTaskScheduled": "Activity<wbr>Task<wbr>Scheduled", "Attempt": "Attempt", "": "", "A<b": "A&lt;b"} {
		if got := render(t, eventName(name)); got != want {
			t.Errorf("%q is written %q, want %q", name, got, want)
		}
	}
}

// TestTitleAndIcon: a run's page has its state in both.
func TestTitleAndIcon(t *testing.T) {
	icons := map[string]State{}
	for _, s := range []State{"", Busy, Good, Warn, Bad} {
		for _, rehearsal := range []bool{false, true} {
			f := Frame{Title: "Run 3", Rehearsal: rehearsal, Sign: SignProps{State: s, Word: map[State]string{Good: "Passed"}[s]}}
			if other, again := icons[f.icon()]; again {
				t.Errorf("%q and %q have one icon", s, other)
			}
			icons[f.icon()] = s
		}
	}
	if got := documentTitle(Frame{Title: "Run 3", Rehearsal: true, Sign: SignProps{State: Good, Word: "Passed"}}); got != "Passed · [Rehearsal] Run 3 · Onramp" {
		t.Errorf("the title is %q", got)
	}
}
