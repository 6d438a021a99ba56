package notices_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"onramp/certsvc"
	"onramp/expiry"
	"onramp/fault"
	"onramp/notices"
)

// book is a Store in memory that holds on to its word: what was sent stays.
type book struct {
	mu      sync.Mutex
	endings func() []expiry.Ending
	kept    map[string]notices.Notice
	fail    error
}

func (s *book) Gather(context.Context, time.Time) error { return nil }

func (s *book) List(context.Context, time.Time, int) ([]notices.Told, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []notices.Told
	for _, n := range slices.SortedFunc(maps.Values(s.kept), func(a, b notices.Notice) int { return b.Tried.Compare(a.Tried) }) {
		out = append(out, notices.Told{Notice: n})
	}
	return out, nil
}

func (s *book) Failing(context.Context, time.Time) (int, error) { return 0, nil }

// Due are the notices of endings that are to be sent.
func (s *book) Due(_ context.Context, _ time.Time, limit int) (out []notices.Notice, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.endings() {
		x := of(e)
		if kept, ok := s.kept[x.ID()]; ok {
			x = kept
			x.Event = of(e).Event
		}
		if !e.Rehearsal && e.Active() && e.Rung != 0 && x.Sent.IsZero() {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b notices.Notice) int { return a.Next.Compare(b.Next) })
	return out[:min(limit, len(out))], nil
}

// of is the notice of an ending that nobody was told of.
func of(e expiry.Ending) notices.Notice {
	return notices.Notice{Event: notices.Event{Kind: notices.Expiring, Migration: e.Migration, Name: e.Name, About: e.Certificate, Rung: e.Rung, Ending: e}}
}

func (s *book) Save(_ context.Context, n notices.Notice) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if !s.kept[n.ID()].Sent.IsZero() {
		return fault.New(fault.Conflict, "sent already", "")
	}
	if s.kept == nil {
		s.kept = map[string]notices.Notice{}
	}
	s.kept[n.ID()] = n
	return nil
}

// receiver is a Sender that answers as the test says.
type receiver struct {
	mu     sync.Mutex
	answer func() error
	took   []string // ids that were answered with success
	bodies []notices.ExpiryMessage
	tries  []time.Time
}

func (r *receiver) Send(_ context.Context, id string, at time.Time, body []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries = append(r.tries, at)
	if r.answer != nil {
		if err := r.answer(); err != nil {
			return err
		}
	}
	var m notices.ExpiryMessage
	if err := json.Unmarshal(body, &m); err != nil {
		return err
	}
	r.took, r.bodies = append(r.took, id), append(r.bodies, m)
	return nil
}

func (r *receiver) Where() string { return "https://hooks.example.com" }
func (r *receiver) Signed() bool  { return false }

func (r *receiver) Form() notices.Form { return notices.Generic }

func notifier(t testing.TB, s *book, to notices.Sender, endings func() []expiry.Ending, now func() time.Time) *notices.Notifier {
	t.Helper()
	s.endings = endings
	n, err := notices.NewNotifier(notices.NotifierOptions{Store: s, Sender: to, Base: base, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// base is the address of the portals of these tests.
const base = "http://127.0.0.1:8686/"

// start is when these tests begin.
var start = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func ends(name string, at, now time.Time) expiry.Ending {
	e := expiry.Ending{Migration: name, Name: strings.ToUpper(name), Certificate: "cert-of-" + name, Subject: "CN=" + name, By: "CN=" + name, Expiry: certsvc.Expiry{At: at}}
	e.Days, e.Rung = certsvc.Ladder(at, now)
	return e
}

// A fake clock over a certificate's whole life: one message a rung, when the rung is reached, and one after
// the end; a receiver that is down is asked again, later and later.
func TestLadderOfMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, to := &book{}, &receiver{}
		end := time.Now().Add(70 * day)
		n := notifier(t, s, to, func() []expiry.Ending {
			gone := ends("replaced", end, time.Now())
			gone.Successor = &expiry.Successor{}
			rehearsed := ends("rehearsed", end, time.Now())
			rehearsed.Rehearsal = true
			return []expiry.Ending{ends("payments", end, time.Now()), gone, rehearsed}
		}, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		<-time.After(75 * day)
		stop()
		<-done
		var got []string
		for _, m := range to.bodies {
			got = append(got, fmt.Sprintf("%s %s %d/%d", m.Type, m.Data.Migration.ID, m.Data.Rung, m.Data.Days))
			if late := end.Add(-time.Duration(max(m.Data.Rung, 0)) * day); m.Timestamp.Sub(late) > time.Minute+time.Second || m.Timestamp.Before(late) {
				t.Errorf("rung %d was told at %s before the end", m.Data.Rung, end.Sub(m.Timestamp))
			}
			if m.Schema != "onramp.expiry/1" || m.Data.Replace != "http://127.0.0.1:8686/m/payments/certificates/replace" || !strings.Contains(m.Text, "PAYMENTS") && m.Data.Rung > 0 {
				t.Errorf("%+v", m)
			}
		}
		want := "[certificate.expiring payments 60/60 certificate.expiring payments 30/30 certificate.expiring payments 15/15 certificate.expiring payments 10/10 certificate.expiring payments 5/5 certificate.expiring payments 1/1 certificate.expired payments -1/-1]"
		if text := fmt.Sprint(got); text != want && text != strings.NewReplacer("60/60", "60/59", "30/30", "30/29", "15/15", "15/14", "10/10", "10/9", "5/5", "5/4", "1/1", "1/0").Replace(want) {
			t.Errorf("told:\n%s", text)
		}
	})
}

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, to := &book{}, &receiver{answer: func() error { return fault.New(fault.Unavailable, "The receiver answered 503", "") }}
		end := time.Now().Add(29 * day)
		began := time.Now()
		n := notifier(t, s, to, func() []expiry.Ending { return []expiry.Ending{ends("payments", end, began)} }, nil)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { n.Run(ctx); close(done) }()
		<-time.After(5 * time.Hour)
		state, err := n.State(ctx)
		if err != nil || len(state.Notices) != 1 || state.Notices[0].Error != "The receiver answered 503" || !state.Notices[0].Sent.IsZero() || state.Where != "https://hooks.example.com" {
			t.Errorf("the board sees %+v, %v", state, err)
		}
		to.mu.Lock()
		to.answer = nil
		to.mu.Unlock()
		<-time.After(2 * time.Hour)
		stop()
		<-done
		var waits []string
		for i := 1; i < len(to.tries); i++ {
			waits = append(waits, to.tries[i].Sub(to.tries[i-1]).String())
		}
		if text := strings.Join(waits, " "); !strings.HasPrefix(text, "10s 20s 40s 1m20s 2m40s 5m20s 10m40s 21m20s 42m40s 1h0m0s 1h0m0s") {
			t.Errorf("it waited %s", text)
		}
		if len(to.took) != 1 {
			t.Errorf("taken %d times", len(to.took))
		}
	})
}

// What cannot be recorded is not sent: else nobody knew of it after a restart.
func TestNothingIsSentUnrecorded(t *testing.T) {
	full := errors.New("disk full")
	s, to := &book{fail: full}, &receiver{}
	now := start
	n := notifier(t, s, to, func() []expiry.Ending { return []expiry.Ending{ends("payments", start.Add(day), now)} }, func() time.Time { return now })
	if _, err := n.Look(t.Context()); !errors.Is(err, full) || len(to.tries) != 0 {
		t.Errorf("%v, sent %d times", err, len(to.tries))
	}
}

// TestOneSuccessARung: with any order of failures, waits, restarts, replacements and crashes, a certificate
// and rung has at most one recorded success; a receiver that goes by webhook-id acts on it once; and without
// a crash between its answer and the record it is not even asked twice. Whatever stays due is sent at last.
func TestOneSuccessARung(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, to := &book{}, &receiver{}
		now := start
		clock := func() time.Time { return now }
		end := map[string]time.Time{}
		endings := func() []expiry.Ending {
			var out []expiry.Ending
			for _, name := range slices.Sorted(maps.Keys(end)) {
				out = append(out, ends(name, end[name], now))
			}
			return out
		}
		n := notifier(t, s, to, endings, clock)
		fails, crashed := false, map[string]bool{}
		to.answer = func() error {
			if fails {
				return fault.New(fault.Unavailable, "no", "")
			}
			return nil
		}
		look := func(rt *rapid.T) {
			next, err := n.Look(t.Context())
			if err != nil {
				rt.Fatal(err)
			}
			if !next.IsZero() && !next.After(now) {
				rt.Fatalf("the next attempt is due at %s, now is %s", next, now)
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"issue": func(rt *rapid.T) {
				name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "name")
				if _, ok := end[name]; !ok {
					end[name] = now.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "days")) * day)
				}
			},
			"look": look,
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 200_000).Draw(rt, "seconds")) * time.Second)
			},
			"break":   func(*rapid.T) { fails = true },
			"repair":  func(*rapid.T) { fails = false },
			"restart": func(*rapid.T) { n = notifier(t, s, to, endings, clock) },
			"crash after the answer": func(rt *rapid.T) {
				before := len(to.took)
				was := to.answer
				to.answer = func() error { s.fail = errors.New("killed"); return was() } // nothing is recorded any more
				_, _ = n.Look(t.Context())
				to.answer, s.fail = was, nil
				for _, id := range to.took[before:] {
					crashed[id] = true
				}
				n = notifier(t, s, to, endings, clock)
			},
			"": func(rt *rapid.T) {
				times := map[string]int{}
				for _, id := range to.took {
					times[id]++
				}
				for id, n := range times {
					if n > 1 && !crashed[id] {
						rt.Fatalf("%s was taken %d times", id, n)
					}
				}
				list, _ := s.List(t.Context(), time.Time{}, 0)
				for _, x := range list {
					if !x.Sent.IsZero() && times[x.ID()] == 0 {
						rt.Fatalf("%+v is recorded as sent and was not", x)
					}
				}
			},
		})
		fails = false
		now = now.Add(2 * time.Hour)
		look(rt)
		for _, e := range endings() {
			x := of(e)
			if e.Rung != 0 && !slices.Contains(to.took, x.ID()) {
				rt.Fatalf("nobody was told of %s at rung %d", e.Name, e.Rung)
			}
		}
	})
}
