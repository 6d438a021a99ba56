package transfer

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var update = flag.Bool("update", false, "write the golden files anew")

// logged is one event of testdata/events: what versions before this one stored (stored-*, each line after its time of
// arrival) and printed (printed-*), of transfers in the rehearsal, by the built-in worker, by the Go and Python SDKs',
// and by none.
type logged struct {
	text    string
	event   Event
	arrived time.Time
}

func loggedEvents(t *testing.T, path string) (out []logged) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		l := logged{text: strings.TrimSuffix(line, "\n")}
		if nanos, rest, ok := strings.Cut(l.text, " "); ok && !strings.HasPrefix(nanos, "{") {
			n, err := strconv.ParseInt(nanos, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			l.text, l.arrived = rest, time.Unix(0, n)
		}
		if l.event, err = ReadEvent([]byte(l.text)); err != nil {
			t.Fatalf("%s: %v\n%s", path, err, l.text)
		}
		if l.arrived.IsZero() {
			l.arrived = l.event.At
		}
		out = append(out, l)
	}
	return out
}

// TestOlderEvents: what earlier versions stored and printed is read without loss, and is what this one would store
// and print.
func TestOlderEvents(t *testing.T) {
	paths, err := filepath.Glob("testdata/events/*.jsonl")
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d logs, %v", len(paths), err)
	}
	for _, path := range paths {
		for i, l := range loggedEvents(t, path) {
			if len(l.event.Data.Extra) > 0 {
				t.Errorf("%s:%d: not understood: %s", path, i+1, l.event.Data.Extra)
			}
			got, err := json.Marshal(l.event)
			if strings.HasPrefix(filepath.Base(path), "printed-") {
				got, err = plainJSON(l.event)
			}
			if err != nil {
				t.Fatal(err)
			}
			// The links of a failure chain had their names in another order.
			if string(got) != l.text && !same(got, []byte(l.text)) {
				t.Errorf("%s:%d: read and written again:\n%s, want\n%s", path, i+1, got, l.text)
			}
		}
	}
}

// same reports whether two JSON texts say the same.
func same(a, b []byte) bool {
	var x, y any
	for text, v := range map[*any][]byte{&x: a, &y: b} {
		dec := json.NewDecoder(bytes.NewReader(v))
		dec.UseNumber()
		if dec.Decode(text) != nil {
			return false
		}
	}
	return cmp.Equal(x, y)
}

// TestOlderStates: what earlier versions' logs tell, folded.
func TestOlderStates(t *testing.T) {
	paths, err := filepath.Glob("testdata/events/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		var s State
		s.Joined = strings.Contains(name, "follow")
		diagnosed := ""
		for _, l := range loggedEvents(t, path) {
			s.Add(l.event, l.arrived)
			if s.Diagnosis != nil && !strings.HasSuffix(diagnosed, s.Diagnosis.Code) {
				diagnosed += " " + s.Diagnosis.Code
			}
		}
		fmt.Fprintf(&b, "%s: %s on %s, %d arguments, %s", name, or(s.Type, "nothing"), or(s.TaskQueue, "no queue"), s.Arguments, or(s.Status, "open"))
		if s.Result != nil {
			fmt.Fprintf(&b, " with %s", encode(s.Result))
		}
		if s.Failure != "" {
			fmt.Fprintf(&b, ": %s", s.Failure)
		}
		fmt.Fprintf(&b, " (%d causes)\n", len(s.Causes))
		for _, a := range s.Activities {
			fmt.Fprintf(&b, "\t%s %s attempt %d of %d %s %s\n", a.ID, a.Name, a.Attempt, a.MaxAttempts, a.State, a.Failure)
		}
		if diagnosed != "" {
			in := "taken back"
			if s.Diagnosis != nil {
				in = "in force"
			}
			fmt.Fprintf(&b, "\tdiagnosed%s, %s\n", diagnosed, in)
		}
		want, err := os.ReadFile(strings.TrimSuffix(path, ".jsonl") + ".bars.json")
		if err != nil { // a log whose bars nobody kept
			continue
		}
		var bars []Bar
		if err := json.Unmarshal(want, &bars); err != nil {
			t.Fatal(err)
		}
		// Since when an attempt waits, no version before this one told.
		if diff := cmp.Diff(bars, s.Bars(), cmpopts.IgnoreFields(Bar{}, "Queued", "Due")); diff != "" {
			t.Errorf("%s: bars (-as the version that ran it had them +now):\n%s", name, diff)
		}
	}
	const golden = "testdata/events/states.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("states (-want +got):\n%s", diff)
	}
}

// TestUnknownData: what another version wrote beside what this one knows, or in another form, is kept as it is, and
// the rest is read.
func TestUnknownData(t *testing.T) {
	const text = `{"event":"note","at":"2026-11-28T10:00:00Z","data":{"arguments":"two","big":12345678901234567890,"input":{"n":12345678901234567890},"task_queue":"orders","timeout":"StartToClose"}}`
	e, err := ReadEvent([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := Data{TaskQueue: "orders", Timeout: Timeout{true, "StartToClose"}, Input: map[string]any{"n": json.Number("12345678901234567890")},
		Extra: map[string]json.RawMessage{"arguments": json.RawMessage(`"two"`), "big": json.RawMessage("12345678901234567890")}}
	if diff := cmp.Diff(want, e.Data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	if again, err := json.Marshal(e); err != nil || string(again) != text {
		t.Errorf("written again as\n%s, want\n%s, %v", again, text, err)
	}
	for _, broken := range []string{`{"event":"note","data":[1]}`, `{"event":"note"} {}`, `{"event":1}`, ``} {
		if e, err := ReadEvent([]byte(broken)); err == nil {
			t.Errorf("%s is read as %+v", broken, e)
		}
	}
}
