package views

import (
	"strings"
	"testing"
	"time"
)

// TestAgo: how long something is past, as people say it.
func TestAgo(t *testing.T) {
	for _, tt := range []struct {
		d   time.Duration
		ago string
	}{
		{-time.Second, "just now"}, {0, "just now"}, {155 * time.Millisecond, "just now"}, {time.Second, "1 second ago"},
		{2400 * time.Millisecond, "2 seconds ago"}, {59980 * time.Millisecond, "59 seconds ago"}, {time.Minute, "1 minute ago"},
		{90 * time.Second, "1 minute ago"}, {190 * time.Second, "3 minutes ago"}, {time.Hour + 30*time.Second, "1 hour ago"},
		{3*time.Hour + 5*time.Minute, "3 hours ago"}, {47 * time.Hour, "47 hours ago"}, {50 * time.Hour, "2 days ago"},
	} {
		if got := Ago(tt.d); got != tt.ago {
			t.Errorf("%v ago is %q, want %q", tt.d, got, tt.ago)
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
	if got := documentTitle(Frame{Title: "Run 3", Of: "payments"}); got != "Run 3 · payments · Onramp" {
		t.Error(got)
	}
	if got := documentTitle(Frame{Title: "Report: payments", Of: "payments"}); got != "Report: payments · Onramp" {
		t.Error(got)
	}
	if got := documentTitle(Frame{Title: "Run 3", Rehearsal: true, Sign: SignProps{State: Good, Word: "Passed"}}); got != "Passed · [Rehearsal] Run 3 · Onramp" {
		t.Errorf("the title is %q", got)
	}
}
