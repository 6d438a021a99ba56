package expiry_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/emersion/go-ical"
	"github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/expiry"
	"onramp/migration"
)

func calendar(t testing.TB, all []expiry.Ending) string {
	t.Helper()
	var out bytes.Buffer
	err := expiry.WriteCalendar(&out, "http://127.0.0.1:8686/", func(yield func([]expiry.Ending, error) bool) {
		for page := range slices.Chunk(all, 2) {
			if !yield(page, nil) {
				return
			}
		}
	})
	b := out.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// lines are the content lines of a calendar, unfolded, after every rule of RFC 5545 §3.1 was seen to be kept.
func lines(t testing.TB, text string) []string {
	t.Helper()
	if !strings.HasSuffix(text, "\r\n") || !utf8.ValidString(text) {
		t.Fatal("the calendar does not end with CRLF, or is not UTF-8")
	}
	var out []string
	for _, l := range strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(l) > 75 || !utf8.ValidString(l) || strings.ContainsFunc(l, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("a line of %d octets: %q", len(l), l)
		}
		if rest, ok := strings.CutPrefix(l, " "); ok && len(out) > 0 {
			out[len(out)-1] += rest
			continue
		}
		out = append(out, l)
	}
	contentLine := regexp.MustCompile(`^[A-Z-]+(;[A-Z-]+=[^";:,]+)*:`)
	for _, l := range out {
		if !contentLine.MatchString(l) {
			t.Fatalf("not a content line: %q", l)
		}
		seen := map[string]bool{}
		for _, p := range strings.Split(l[:strings.IndexByte(l, ':')], ";")[1:] {
			name, _, _ := strings.Cut(p, "=")
			if seen[name] {
				t.Fatalf("a parameter twice: %q", l)
			}
			seen[name] = true
		}
	}
	return out
}

func TestCalendar(t *testing.T) {
	a, b := issue(t, "payments", 90, 80), issue(t, "payments", 400, 300)
	rehearsal := told(t, "rehearsed", migration.Rehearsal, issue(t, "rehearsed", 90, 80))
	moves := []migration.View{told(t, "payments", migration.Cloud, a, b), rehearsal}
	text := calendar(t, endings(moves, start.Add(2*day)))
	if strings.Contains(text, "rehearsed") {
		t.Error("a rehearsal is in the calendar")
	}
	lines(t, text)
	cal, err := ical.NewDecoder(strings.NewReader(text)).Decode()
	if err != nil {
		t.Fatalf("an independent parser: %v\n%s", err, text)
	}
	// The encoder of that parser refuses what breaks RFC 5545's rules on which properties must be there.
	if err := ical.NewEncoder(&bytes.Buffer{}).Encode(cal); err != nil {
		t.Errorf("judged by another library: %v", err)
	}
	events := cal.Events()
	if len(events) != 2 {
		t.Fatalf("%d events", len(events))
	}
	for i, want := range []struct {
		status, sequence, summary string
		alarms                    int
	}{{"CANCELLED", "1", "payments: client certificate expires", 0}, {"CONFIRMED", "0", "payments: client certificate expires", 6}} {
		e := events[i]
		got := func(name string) string { return e.Props.Get(name).Value }
		if got("STATUS") != want.status || got("SEQUENCE") != want.sequence || got("SUMMARY") != want.summary || len(e.Children) != want.alarms {
			t.Errorf("event %d: %s %s %q, %d alarms", i, got("STATUS"), got("SEQUENCE"), got("SUMMARY"), len(e.Children))
		}
	}
	at, err := events[1].DateTimeStart(time.UTC)
	if err != nil || !at.Equal(start.Add(300*day)) {
		t.Errorf("it begins %v, %v", at, err)
	}
	var triggers []string
	for _, alarm := range events[1].Children {
		triggers = append(triggers, alarm.Props.Get("TRIGGER").Value)
		if alarm.Name != "VALARM" || alarm.Props.Get("ACTION").Value != "DISPLAY" || alarm.Props.Get("DESCRIPTION") == nil {
			t.Errorf("alarm %+v", alarm)
		}
	}
	if d := cmp.Diff([]string{"-P60D", "-P30D", "-P15D", "-P10D", "-P5D", "-P1D"}, triggers); d != "" {
		t.Error(d)
	}
	// The same facts give the same bytes, whenever they are asked for: readers see a change only where there is one.
	if again := calendar(t, endings(moves, start.Add(20*day))); again != text {
		t.Error("the feed changed with nothing but time")
	}
	uid := func(e expiry.Ending) string { return e.UID() }
	all := endings(moves, start.Add(2*day))
	if uid(all[0]) == uid(all[1]) || uid(all[0]) != uid(endings(moves[:1], start.Add(3*day))[0]) {
		t.Error("UIDs are not stable, or not unique")
	}
	if empty := calendar(t, nil); len(lines(t, empty)) < 4 {
		t.Errorf("the empty calendar: %q", empty)
	}
}

// FuzzCalendarText: whatever a name holds, lines are folded and escaped exactly, and an independent parser
// reads back what was meant.
func FuzzCalendarText(f *testing.F) {
	for _, s := range []string{"Payments", "a,b;c:d\\e", "line\nbreak", "\r\n", strings.Repeat("ü", 80), strings.Repeat("x", 400), "tab\there", "\\n", "\xff\xfe", "日本語 の 証明書 " + strings.Repeat("長", 40),
		"BEGIN:VEVENT", " leading", "trailing ", "<b>x</b> <", strings.Repeat(" ", 200), "\u2028", "👩🏽‍🚀" + strings.Repeat("👩🏽‍🚀", 30), "\x00", "\\", ";", strings.Repeat("\\", 90), "a\u0085b"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, name, subject string) {
		e := expiry.Ending{Migration: "payments", Name: name, Certificate: "aa", Subject: subject, By: subject, Changed: start, Expiry: certsvc.Expiry{At: start.Add(day)}}
		text := calendar(t, []expiry.Ending{e})
		all := lines(t, text)
		unescape := strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\;`, ";", `\,`, ",")
		want := func(s string) string {
			s = strings.ToValidUTF8(s, "\uFFFD")
			return strings.Map(func(r rune) rune {
				if r != '\n' && (r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0) {
					return '\uFFFD'
				}
				return r
			}, s)
		}
		for field, value := range map[string]string{"SUMMARY:": e.Summary(), "DESCRIPTION:": e.Advice()} {
			i := slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(l, field) })
			if got := unescape.Replace(all[i][len(field):]); got != want(value) {
				t.Fatalf("%s%q, want %q", field, got, want(value))
			}
		}
		cal, err := ical.NewDecoder(strings.NewReader(text)).Decode()
		if err != nil {
			t.Fatalf("an independent parser: %v\n%q", err, text)
		}
		if got, err := cal.Events()[0].Props.Text("SUMMARY"); err != nil || got != want(e.Summary()) {
			t.Fatalf("an independent parser reads %q, %v; want %q", got, err, want(e.Summary()))
		}
		if n := strings.Count("\r\n"+text, "\r\nBEGIN:VEVENT\r\n"); n != 1 {
			t.Fatalf("%d events", n)
		}
	})
}

func ExampleEnding_Summary() {
	fmt.Println(expiry.Ending{Name: "Payments"}.Summary())
	fmt.Println(expiry.Ending{Name: "Payments", Client: "eu", Expiry: certsvc.Expiry{IsCA: true}}.Summary())
	// Output:
	// Payments: client certificate expires
	// Payments (eu): CA expires
}
