package migration_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/migration/storetest"
)

// stages is a checker that passes one stage for each value sent to step and ends when it is closed.
func stages(step <-chan struct{}) checker {
	return func(ctx context.Context, tg doctor.Target, emit func(doctor.Stage)) doctor.Report {
		for range step {
			emit(doctor.Stage{ID: "input", Status: doctor.Pass})
		}
		return verdict("OK", "")(ctx, tg, func(doctor.Stage) {})
	}
}

// seqs collects what a Follow gives, 0 for a beat.
func seqs(t *testing.T, s iter.Seq2[migration.Entry, error]) (out []int64) {
	for e, err := range s {
		if err != nil {
			t.Error(err)
			return out
		}
		out = append(out, e.Seq)
	}
	return out
}

// TestFollowLive: past entries at once, new ones as they come, a beat every 15 s between them, and the end.
func TestFollowLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		d := sit(t, deskOptions{checker: stages(step)})
		id := d.payments(migration.Rehearsal)
		run := must(d.StartCheck(t.Context(), id, target()))(t)
		step <- struct{}{}
		step <- struct{}{}
		synctest.Wait()

		var mu sync.Mutex
		var got []string
		began := time.Now()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for e, err := range d.Follow(t.Context(), run.ID, 1) {
				mu.Lock()
				got = append(got, fmt.Sprintf("%d %s %v %v", e.Seq, e.Kind, time.Since(began), err))
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
		time.Sleep(14 * time.Second) // synctest's clock
		expect()
		time.Sleep(time.Second)
		expect("0  15s <nil>")
		step <- struct{}{}
		expect("3 stage 15s <nil>")
		time.Sleep(15 * time.Second)
		expect("0  30s <nil>")
		close(step)
		expect("4 end 30s <nil>")
		<-done
		if got := seqs(t, d.Follow(t.Context(), run.ID, 0)); fmt.Sprint(got) != "[1 2 3 4]" {
			t.Errorf("after the end: %v", got)
		}
		if got := seqs(t, d.Follow(t.Context(), run.ID, 3)); fmt.Sprint(got) != "[4]" {
			t.Errorf("after the end, after 3: %v", got)
		}
		if got := seqs(t, d.Follow(t.Context(), run.ID, 99)); len(got) != 0 {
			t.Errorf("after more than there is: %v", got)
		}
	})
}

// TestFollowEnds: with the reader, with the Service, and at once for a run that is not there.
func TestFollowEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := held(t, nil)
		id := d.payments(migration.Rehearsal)
		run := must(d.StartCheck(t.Context(), id, target()))(t)
		ended := make(chan string, 3)
		follow := func(name string, ctx context.Context) {
			go func() {
				seqs(t, d.Follow(ctx, run.ID, 0))
				ended <- name
			}()
		}
		watch := func(name string, ctx context.Context) {
			go func() {
				for _, err := range d.Watch(ctx, id) {
					if err != nil {
						t.Error(err)
					}
				}
				ended <- name
			}()
		}
		ctx, cancel := context.WithCancel(t.Context())
		follow("reader", ctx)
		synctest.Wait()
		cancel()
		if got := <-ended; got != "reader" {
			t.Errorf("%s ended, want reader", got)
		}
		ctx, cancel = context.WithCancel(t.Context())
		watch("watcher", ctx)
		synctest.Wait()
		cancel()
		if got := <-ended; got != "watcher" {
			t.Errorf("%s ended, want watcher", got)
		}
		follow("service", t.Context())
		watch("service", t.Context())
		synctest.Wait()
		d.Close()
		<-ended
		<-ended

		for e, err := range d.Follow(t.Context(), "nothing", 0) {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("Follow of nothing: %v, %v", e, err)
			}
		}
		n := 0
		for range d.Follow(t.Context(), run.ID, 0) {
			n++
			break // the reader may leave in the middle
		}
		if n != 1 {
			t.Errorf("%d entries of a run that has ended", n)
		}
	})
}

// TestCloseEndsFollowersFirst: a check that does not heed its end keeps Close waiting, and nobody else.
func TestCloseEndsFollowersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		d := sit(t, deskOptions{checker: stages(step)})
		run := must(d.StartCheck(t.Context(), d.payments(migration.Rehearsal), target()))(t)
		followed, closed := make(chan []int64, 1), make(chan error, 1)
		go func() { followed <- seqs(t, d.Follow(t.Context(), run.ID, 0)) }()
		synctest.Wait()
		go func() { closed <- d.Close() }()
		synctest.Wait()
		if len(followed) != 1 || len(closed) != 0 {
			t.Errorf("followers ended: %v, Close returned before the run ended: %v", len(followed) == 1, len(closed) == 1)
		}
		close(step)
		<-closed
		if r := must(d.store.Run(t.Context(), run.ID))(t); r.State != migration.RunPassed {
			t.Errorf("a check that passed while Onramp stopped ended %s", r.State)
		}
	})
}

// TestWatch: the state at once, again for each change, and a beat.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		step := make(chan struct{})
		d := sit(t, deskOptions{checker: stages(step)})
		id := d.payments(migration.Rehearsal)
		other := must(d.Create(t.Context(), "Other", "go", migration.Rehearsal, "mtls"))(t).ID
		ctx, cancel := context.WithCancel(t.Context())
		seen := make(chan migration.View, 10)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for v, err := range d.Watch(ctx, id) {
				if err != nil {
					t.Error(err)
				}
				seen <- v
			}
		}()
		next := func(what string) migration.View {
			t.Helper()
			synctest.Wait()
			if len(seen) != 1 {
				t.Fatalf("%s: %d views, want 1", what, len(seen))
			}
			return <-seen
		}
		next("at once")
		must(d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca1"}))(t)
		if v := next("a fact"); v.Next != migration.StepTest {
			t.Errorf("next = %s", v.Next)
		}
		must(d.SetNamespace(t.Context(), other, home))(t)
		must(d.SetUpload(t.Context(), id, migration.UploadData{CAFingerprint: "ca1"}))(t)
		synctest.Wait()
		if len(seen) != 0 {
			t.Error("another migration's change, or none, gave a view")
		}
		must(d.StartCheck(t.Context(), id, target()))(t)
		if v := next("a run starts"); v.Step(migration.StepTest).Evidence != "run 1 is running" {
			t.Errorf("test = %+v", v.Step(migration.StepTest))
		}
		close(step)
		if v := next("a run ends"); v.Step(migration.StepTest).Status != migration.Done {
			t.Errorf("test = %+v", v.Step(migration.StepTest))
		}
		time.Sleep(15 * time.Second)
		next("a beat")
		cancel()
		<-done
		for v, err := range d.Watch(t.Context(), "nobody") {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("Watch of nobody: %v, %v", v, err)
			}
		}
	})
}

// counting counts the reads of a store.
type counting struct {
	*storetest.Memory
	mu    sync.Mutex
	reads int
}

func (c *counting) Entries(ctx context.Context, runID string, after int64) ([]migration.Entry, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.Memory.Entries(ctx, runID, after)
}

// TestThousandFollowers: each of 1,000 followers, who come at any time, gets every entry once, and the
// store is not asked for any of them.
func TestThousandFollowers(t *testing.T) {
	const entries = 40
	store := &counting{Memory: &storetest.Memory{}}
	step := make(chan struct{})
	s, err := migration.New(migration.Options{Store: store, Checker: stages(step), Transfers: ends("COMPLETED", true)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := desk{s, store.Memory, t}
	run := must(d.StartCheck(t.Context(), d.payments(migration.Rehearsal), target()))(t)
	var wg sync.WaitGroup
	follow := func(after int64, arrived chan<- struct{}) {
		wg.Go(func() {
			want := after
			for e, err := range d.Follow(t.Context(), run.ID, after) {
				if want == after {
					arrived <- struct{}{}
				}
				if want++; err != nil || e.Seq != want {
					t.Errorf("got entry %d, %v; want %d", e.Seq, err, want)
					return
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
		for _, err := range d.Follow(t.Context(), run.ID, 0) {
			if n++; n == 1 {
				close(here)
				wg.Wait()
			}
			if err != nil {
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
	if store.reads != 0 {
		t.Errorf("%d reads of the log for 1,001 followers", store.reads)
	}
}

// full is a store whose disk fills up.
type full struct {
	*storetest.Memory
	entries int // that still fit
	end     bool
}

var errFull = errors.New("disk full")

func (f *full) AddEntry(ctx context.Context, e migration.Entry) (migration.Entry, error) {
	if f.entries--; f.entries < 0 {
		return migration.Entry{}, errFull
	}
	return f.Memory.AddEntry(ctx, e)
}

func (f *full) EndRun(ctx context.Context, r migration.Run, last migration.Entry, facts []migration.Fact) error {
	if !f.end {
		return errFull
	}
	return f.Memory.EndRun(ctx, r, last, facts)
}

// TestFullDisk: followers see only what was written, without a gap, and the stream ends.
func TestFullDisk(t *testing.T) {
	for _, tt := range []struct {
		end  bool
		want string
	}{{true, "[1 2 3 4]"}, {false, "[1 2 3]"}} {
		store := &full{Memory: &storetest.Memory{}, entries: 3, end: tt.end}
		g := newGate()
		s, err := migration.New(migration.Options{Store: store, Transfers: ends("COMPLETED", true), Checker: checker(
			func(ctx context.Context, tg doctor.Target, emit func(doctor.Stage)) doctor.Report {
				g.wait(ctx)
				return verdict("OK", "")(ctx, tg, emit)
			})})
		if err != nil {
			t.Fatal(err)
		}
		d := desk{s, store.Memory, t}
		run := must(d.StartCheck(t.Context(), d.payments(migration.Rehearsal), target()))(t)
		got := make(chan []int64)
		go func() { got <- seqs(t, d.Follow(t.Context(), run.ID, 0)) }()
		g.open()
		if seen := fmt.Sprint(<-got); seen != tt.want {
			t.Errorf("followed %s, want %s", seen, tt.want)
		}
		s.Close()
		if r := must(d.store.Run(t.Context(), run.ID))(t); (r.State == migration.RunPassed) != tt.end {
			t.Errorf("state = %s with a disk that takes the end: %v", r.State, tt.end)
		}
	}
}

// BenchmarkThousandFollowers is the time from an entry to the last of 1,000 followers of its run.
func BenchmarkThousandFollowers(b *testing.B) {
	step := make(chan struct{})
	s, err := migration.New(migration.Options{Store: &storetest.Memory{}, Checker: stages(step), Transfers: ends("COMPLETED", true)})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	m, err := s.Create(b.Context(), "Payments", "go", migration.Rehearsal, "mtls")
	if err != nil {
		b.Fatal(err)
	}
	run, err := s.StartCheck(b.Context(), m.ID, doctor.Target{})
	if err != nil {
		b.Fatal(err)
	}
	var followers, got sync.WaitGroup
	for range 1000 {
		followers.Go(func() {
			for e, err := range s.Follow(b.Context(), run.ID, 0) {
				if err == nil && e.Kind == migration.EntryStage {
					got.Done()
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
