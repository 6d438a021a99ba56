package runs_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/store"
)

func scrubber(key string) runs.Scrubber { return runs.NewScrubber(doctor.Target{KeyPEM: []byte(key)}) }

// steps logs one line for each value that is sent, and ends when step is closed.
func steps(step <-chan struct{}) work {
	return func(_ context.Context, log func(...runs.Line)) runs.Ending {
		for range step {
			log(runs.Line{Kind: runs.EntryStage, Data: 1})
		}
		return runs.Ending{State: migration.RunPassed}
	}
}

// TestFollowLive: past entries at once, new ones as they come, a beat every 15 s between them, and the end.
func TestFollowLive(t *testing.T) {
	db := newDB(t)
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		b := sit(t, options{wrap: func(*store.DB) runs.Store { return &memory{} }, db: db})
		j := b.job(migration.CheckRun, steps(step))
		j.Add = func(_ context.Context, r runs.Run) (runs.Run, error) { return r, nil }
		r := b.begin(j)
		step <- struct{}{}
		step <- struct{}{}
		synctest.Wait()
		var mu sync.Mutex
		var got []string
		began, done := time.Now(), make(chan struct{})
		go func() {
			defer close(done)
			for es, err := range b.Follow(t.Context(), r.ID, 1) {
				mu.Lock()
				line := fmt.Sprintf("beat %v %v", time.Since(began), err)
				for _, e := range es {
					line = fmt.Sprintf("%d %s %v %v", e.Seq, e.Kind, time.Since(began), err)
				}
				got = append(got, line)
				mu.Unlock()
			}
		}()
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %q, want %q", got, want)
			}
			got = nil
		}
		expect("2 stage 0s <nil>")
		<-time.After(14 * time.Second)
		expect()
		<-time.After(time.Second)
		expect("beat 15s <nil>")
		step <- struct{}{}
		expect("3 stage 15s <nil>")
		<-time.After(15 * time.Second)
		expect("beat 30s <nil>")
		close(step)
		expect("4 end 30s <nil>")
		<-done
		b.Close()
	})
}

// memory stands for the store in synctest's bubble, where a database's goroutines cannot be: it only counts.
type memory struct {
	runs.Store
	mu       sync.Mutex
	seq      int64
	renewals int
}

func (m *memory) AddEntries(_ context.Context, id string, es []runs.Entry) ([]runs.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range es {
		m.seq++
		es[i].Seq = m.seq
	}
	return es, nil
}

func (m *memory) EndRun(context.Context, runs.Run, runs.Entry, []migration.Fact) error { return nil }

func (m *memory) Renew(context.Context, string, []string, time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.renewals++
	return nil
}

// counting counts the reads of a store.
type counting struct {
	*store.DB
	mu    sync.Mutex
	reads int
}

func (c *counting) Entries(ctx context.Context, id string, after int64) ([]runs.Entry, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.DB.Entries(ctx, id, after)
}

// TestThousandFollowers: each of 1,000 followers, who come at any time, gets every entry once, and the store is not
// asked for any of them.
func TestThousandFollowers(t *testing.T) {
	const entries = 40
	c := &counting{}
	step := make(chan struct{})
	b := sit(t, options{wrap: func(db *store.DB) runs.Store { c.DB = db; return c }})
	r := b.begin(b.job(migration.CheckRun, steps(step)))
	var wg sync.WaitGroup
	follow := func(after int64, arrived chan<- struct{}) {
		wg.Go(func() {
			want, first := after, true
			for es, err := range b.Follow(t.Context(), r.ID, after) {
				if first {
					arrived <- struct{}{}
					first = false
				}
				for _, e := range es {
					if want++; err != nil || e.Seq != want {
						t.Errorf("got entry %d, %v; want %d", e.Seq, err, want)
						return
					}
				}
			}
			if want != entries+1 {
				t.Errorf("the last entry was %d, want %d", want, entries+1)
			}
		})
	}
	for i := range entries {
		step <- struct{}{}
		arrived := make(chan struct{})
		for range 25 {
			follow(int64(i/2), arrived)
		}
		for range 25 {
			<-arrived
		}
	}
	late, here := make(chan struct{}), make(chan struct{})
	go func() { // and one who reads slowly holds up nobody
		defer close(late)
		n := 0
		for es, err := range b.Follow(t.Context(), r.ID, 0) {
			if n == 0 {
				close(here)
				wg.Wait()
			}
			if n += len(es); err != nil {
				t.Error(err)
			}
		}
		if n != entries+1 {
			t.Errorf("the slow follower got %d entries, want %d", n, entries+1)
		}
	}()
	<-here
	close(step)
	wg.Wait()
	<-late
	if c.reads != 0 {
		t.Errorf("%d reads of the log for 1,001 followers", c.reads)
	}
}

// TestElsewhere: a second process on the same data follows a run that the first carries out, does not mark it as
// interrupted while its lease is kept, and does once it is over; then the first cannot end it again.
func TestElsewhere(t *testing.T) {
	db := newDB(t)
	now, mu := time.Now(), sync.Mutex{}
	clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
	step := make(chan struct{})
	first := sit(t, options{db: db, now: clock, lease: time.Hour})
	second := sit(t, options{db: db, now: clock, lease: time.Hour})
	r := first.begin(first.job(migration.TransferRun, steps(step)))
	step <- struct{}{}
	followed := make(chan []int64, 1)
	go func() { followed <- seqs(t, second.Follow(t.Context(), r.ID, 0)) }()
	resume := func() runs.Run {
		t.Helper()
		if err := second.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := db.Run(t.Context(), r.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := resume(); got.State != migration.RunRunning {
		t.Errorf("another's run whose lease is kept: %s", got.State)
	}
	wants(t, "stopping it there", second.Stop(t.Context(), "payments", r.ID), fault.Conflict)
	if _, ok := second.Under(r.ID); ok {
		t.Error("another's run is under way here")
	}
	close(step)
	if got := fmt.Sprint(<-followed); got != "[1 2]" {
		t.Errorf("followed from another process: %s", got)
	}
	if got := first.finish(r); got.State != migration.RunPassed {
		t.Errorf("its own process ended it %s", got.State)
	}

	hold := make(chan struct{})
	lost := first.begin(first.job(migration.CheckRun, until(hold)))
	mu.Lock()
	now = now.Add(time.Hour)
	mu.Unlock()
	if err := first.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := db.Run(t.Context(), lost.ID); err != nil || got.State != migration.RunRunning {
		t.Errorf("a process gave up its own run, which goes on: %s, %v", got.State, err)
	}
	r = lost
	if got := resume(); got.State != migration.RunInterrupted || got.Title != "Interrupted: Onramp stopped before its end was written down" || got.Ended.IsZero() {
		t.Errorf("a run whose lease is over: %s %q", got.State, got.Title)
	}
	es, err := db.Entries(t.Context(), lost.ID, 0)
	if err != nil || es[len(es)-1].Kind != runs.EntryEnd {
		t.Errorf("its log ends with %v, %v", es, err)
	}
	close(hold)
	first.finish(lost)
	if got, _ := db.Run(t.Context(), lost.ID); got.State != migration.RunInterrupted {
		t.Errorf("what has ended became %s", got.State)
	}
}

// TestEndThatIsLost: a run whose end could not be written is marked as interrupted once its lease is over, although
// its process goes on with another one. Its title does not say that it was stopped.
func TestEndThatIsLost(t *testing.T) {
	told, hold := make(chan string, 1000), make(chan struct{})
	b := sit(t, options{lease: 300 * time.Millisecond, tell: func(id string) { told <- id },
		wrap: func(db *store.DB) runs.Store { return &flaky{DB: db, entries: 1000} }})
	if err := b.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.begin(b.job(migration.TransferRun, until(hold)))
	lost := b.begin(b.job(migration.CheckRun, work(passes)))
	end := time.After(10 * time.Second)
	for {
		r, err := b.db.Run(t.Context(), lost.ID)
		if err != nil {
			t.Fatal(err)
		}
		if r.State == migration.RunInterrupted {
			if r.Title != "Interrupted: its end could not be written down" {
				t.Errorf("it is called %q", r.Title)
			}
			break
		}
		select {
		case <-told:
		case <-end:
			t.Fatalf("the run is %s for ever", r.State)
		}
	}
	close(hold)
}

// TestEndWrittenAgain: an end that cannot be written at first is tried again, with the facts that follow from it, as long as the
// run is this process's. A close waits for one more try and no longer.
func TestEndWrittenAgain(t *testing.T) {
	for name, tt := range map[string]struct {
		fails int
		close bool
		want  migration.RunState
	}{
		"at once":             {0, false, migration.RunPassed},
		"the second time":     {1, false, migration.RunPassed},
		"the last time":       {4, false, migration.RunPassed},
		"never":               {5, false, migration.RunRunning},
		"while it closes":     {1, true, migration.RunPassed},
		"never, as it closes": {100, true, migration.RunRunning},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &forgetful{fails: tt.fails}
				s, err := runs.New(runs.Options{Store: m})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				_, err = s.Begin(t.Context(), runs.Job{Most: 1, Run: runs.Run{Row: runs.Row{Outcome: migration.Outcome{MigrationID: "payments", Kind: migration.CheckRun}}}, Work: work(passes),
					Add: func(_ context.Context, r runs.Run) (runs.Run, error) { m.run = r; return r, nil }})
				if err != nil {
					t.Fatal(err)
				}
				if !tt.close {
					time.Sleep(20 * time.Second)
				}
				synctest.Wait()
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if took := m.last.Sub(began); m.run.State != tt.want || took >= 9*time.Second || tt.close && m.tries > 2 {
					t.Errorf("it is %s after %d tries in %s, want %s", m.run.State, m.tries, took, tt.want)
				}
			})
		})
	}
}

// forgetful is a store of one run whose end fails to be written at first.
type forgetful struct {
	memory
	run          runs.Run
	tries, fails int
	last         time.Time // of a try
}

func (f *forgetful) Run(context.Context, string) (runs.Run, error) { return f.run, nil }

func (f *forgetful) EndRun(_ context.Context, r runs.Run, _ runs.Entry, _ []migration.Fact) error {
	if f.tries, f.last = f.tries+1, time.Now(); f.tries <= f.fails {
		return errFull
	}
	f.run = r
	return nil
}

// renewedLate is a store where the owner of abandoned runs wakes up right after they were found.
type renewedLate struct{ *store.DB }

func (s renewedLate) Abandoned(ctx context.Context, now time.Time) ([]runs.Run, error) {
	all, err := s.DB.Abandoned(ctx, now)
	for _, r := range all {
		err = errors.Join(err, s.Renew(ctx, r.Owner, []string{r.ID}, now.Add(time.Hour)))
	}
	return all, err
}

// TestRenewedLate: a run that its owner renews between the look and the end goes on.
func TestRenewedLate(t *testing.T) {
	db, hold := newDB(t), make(chan struct{})
	first := sit(t, options{db: db})
	r := first.begin(first.job(migration.CheckRun, until(hold)))
	second := sit(t, options{db: db, now: func() time.Time { return time.Now().Add(2 * time.Hour) }, wrap: func(db *store.DB) runs.Store { return renewedLate{db} }})
	if err := second.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(hold)
	if r = first.finish(r); r.State != migration.RunPassed {
		t.Errorf("it ended %s", r.State)
	}
}

// TestLeaseIsKept: a process keeps the leases of its runs for as long as they go on.
func TestLeaseIsKept(t *testing.T) {
	renewed := make(chan time.Time, 100)
	hold := make(chan struct{})
	b := sit(t, options{lease: 30 * time.Millisecond, wrap: func(db *store.DB) runs.Store { return renewing{db, renewed} }})
	r := b.begin(b.job(migration.CheckRun, until(hold)))
	was := r.Lease
	for range 3 {
		now := <-renewed
		if !now.After(was) {
			t.Errorf("renewed until %s, was %s", now, was)
		}
		was = now
	}
	close(hold)
	b.finish(r)
}

// TestOneRenewer: runs that begin and end between two renewals leave one renewal a tick, not one each; and the next run
// after an idle time is renewed again.
func TestOneRenewer(t *testing.T) {
	db := newDB(t)
	synctest.Test(t, func(t *testing.T) {
		m := &memory{}
		b := sit(t, options{wrap: func(*store.DB) runs.Store { return m }, db: db, lease: 3 * time.Second})
		for range 2 {
			var step chan struct{}
			for i := range 5 {
				step = make(chan struct{})
				j := b.job(migration.CheckRun, steps(step))
				j.Add = func(_ context.Context, r runs.Run) (runs.Run, error) { return r, nil }
				b.begin(j)
				if i < 4 {
					close(step)
				}
				synctest.Wait()
			}
			m.mu.Lock()
			m.renewals = 0
			m.mu.Unlock()
			<-time.After(3*time.Second + 500*time.Millisecond)
			if m.mu.Lock(); m.renewals != 3 {
				t.Errorf("%d renewals in three ticks, want three", m.renewals)
			}
			m.mu.Unlock()
			close(step)
			<-time.After(time.Minute)
		}
		b.Close()
	})
}

type renewing struct {
	*store.DB
	to chan time.Time
}

func (r renewing) Renew(ctx context.Context, owner string, ids []string, until time.Time) error {
	select {
	case r.to <- until:
	default:
	}
	return r.DB.Renew(ctx, owner, ids, until)
}

// TestFanout: who listens before a change is woken by it, once for however many changes, and nobody else is.
func TestFanout(t *testing.T) {
	var f runs.Fanout[string]
	wake, leave := f.Listen("a")
	other, leaveOther := f.Listen("b")
	defer leaveOther()
	for range 3 {
		f.Wake("a")
	}
	if len(wake) != 1 || len(other) != 0 || f.Listeners("a") != 1 {
		t.Errorf("%d wake-ups, %d of another, %d listeners", len(wake), len(other), f.Listeners("a"))
	}
	leave()
	leave()
	f.Wake("a")
	if f.Listeners("a") != 0 || len(wake) != 1 {
		t.Errorf("%d listeners after they left", f.Listeners("a"))
	}
}

// BenchmarkThousandFollowers is the time from an entry to the last of 1,000 followers of its run.
func BenchmarkThousandFollowers(b *testing.B) {
	step := make(chan struct{})
	s := sit(b, options{})
	run := s.begin(s.job(migration.CheckRun, steps(step)))
	var followers, got sync.WaitGroup
	for range 1000 {
		followers.Go(func() {
			for es, err := range s.Follow(b.Context(), run.ID, 0) {
				for _, e := range es {
					if err == nil && e.Kind == runs.EntryStage {
						got.Done()
					}
				}
			}
		})
	}
	for b.Loop() {
		got.Add(1000)
		step <- struct{}{}
		got.Wait()
	}
	close(step)
	followers.Wait()
}
