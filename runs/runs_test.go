package runs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/store"
)

// work is what a test lets a run do.
type work func(ctx context.Context, log func(...runs.Line)) runs.Ending

func (w work) Do(ctx context.Context, _ runs.Run, log func(...runs.Line)) runs.Ending {
	return w(ctx, log)
}

// bench is a Service on a database with two migrations.
type bench struct {
	*runs.Service
	db *store.DB
	t  testing.TB
}

type options struct {
	db    *store.DB
	wrap  func(*store.DB) runs.Store
	lease time.Duration
	now   func() time.Time
	tell  func(string)
}

func newDB(t testing.TB) *store.DB {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "onramp-runs-")
	if err != nil {
		dir = t.TempDir()
	}
	db, err := store.Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(); os.RemoveAll(dir) })
	for _, id := range []string{"payments", "orders"} {
		if err := db.AddMigration(t.Context(), migration.Migration{ID: id, Name: id, Created: time.Unix(1, 0), Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func sit(t testing.TB, o options) *bench {
	t.Helper()
	if o.db == nil {
		o.db = newDB(t)
	}
	var s runs.Store = o.db
	if o.wrap != nil {
		s = o.wrap(o.db)
	}
	if o.lease == 0 {
		o.lease = time.Hour
	}
	svc, err := runs.New(runs.Options{Store: s, Changed: o.tell, Lease: o.lease, Now: o.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { svc.Close() })
	return &bench{svc, o.db, t}
}

func (b *bench) job(kind migration.RunKind, w runs.Work) runs.Job {
	return runs.Job{Work: w, Most: 3, Run: runs.Run{Row: runs.Row{By: "Dana", Outcome: migration.Outcome{MigrationID: "payments", Kind: kind}}},
		Add: func(ctx context.Context, r runs.Run) (runs.Run, error) { return b.db.AddRun(ctx, r) }}
}

func (b *bench) begin(j runs.Job) runs.Run {
	b.t.Helper()
	r, err := b.Begin(b.t.Context(), j)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) finish(r runs.Run) runs.Run {
	b.t.Helper()
	for _, err := range b.Follow(b.t.Context(), r.ID, 0) {
		if err != nil {
			b.t.Fatal(err)
		}
	}
	r, err := b.Run(b.t.Context(), r.MigrationID, r.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// seqs collects what a Follow gives, 0 for a beat.
func seqs(t testing.TB, s iter.Seq2[[]runs.Entry, error]) (out []int64) {
	for es, err := range s {
		if err != nil {
			t.Error(err)
			return out
		}
		for _, e := range es {
			out = append(out, e.Seq)
		}
		if len(es) == 0 {
			out = append(out, 0)
		}
	}
	return out
}

func passes(_ context.Context, log func(...runs.Line)) runs.Ending {
	log(runs.Line{Kind: runs.EntryStage, Data: 1}, runs.Line{Kind: runs.EntryStage, Data: 2})
	log()
	return runs.Ending{State: migration.RunPassed, Title: "All is well", Code: "OK", Result: "r", TestedFrom: "here", TookMS: 5,
		Facts: []migration.Fact{{Kind: migration.FactCheck, Data: json.RawMessage(`{}`)}}}
}

// until waits for its end, and says what a stop leaves behind.
func until(open <-chan struct{}) work {
	return func(ctx context.Context, log func(...runs.Line)) runs.Ending {
		log(runs.Line{Kind: runs.EntryStage, Data: 1})
		select {
		case <-open:
			return runs.Ending{State: migration.RunPassed, Title: "ok"}
		case <-ctx.Done():
			return runs.Ending{State: migration.RunInterrupted, Code: "x", Left: "the workflow may still run"}
		}
	}
}

func wants(t testing.TB, what string, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Errorf("%s: %v, want %s", what, err, kind)
	}
}

// TestRun: a run has a log without gaps, an end, and the facts that follow, under its person's name.
func TestRun(t *testing.T) {
	var mu sync.Mutex
	told := 0
	b := sit(t, options{tell: func(id string) { mu.Lock(); told++; mu.Unlock() }})
	r := b.finish(b.begin(b.job(migration.CheckRun, work(passes))))
	if r.State != migration.RunPassed || r.Title != "All is well" || r.Code != "OK" || string(r.Result) != `"r"` || r.TestedFrom != "here" || r.TookMS != 5 || r.Number != 1 || r.Ended.IsZero() {
		t.Errorf("run %+v", r)
	}
	es, err := b.Entries(t.Context(), r.ID, 0)
	if err != nil || len(es) != 3 || es[2].Kind != runs.EntryEnd || string(es[1].Data) != "2" {
		t.Errorf("entries %v, %v", es, err)
	}
	var end runs.EndData
	if err := json.Unmarshal(es[2].Data, &end); err != nil || end != (runs.EndData{State: "passed", Title: "All is well", Code: "OK"}) {
		t.Errorf("end %+v, %v", end, err)
	}
	facts, err := b.db.Facts(t.Context(), "payments")
	if err != nil || len(facts) != 1 || facts[0].By != "Dana" || !facts[0].At.Equal(r.Ended) {
		t.Errorf("facts %+v, %v", facts, err)
	}
	if got := seqs(t, b.Follow(t.Context(), r.ID, 1)); fmt.Sprint(got) != "[2 3]" {
		t.Errorf("followed after 1: %v", got)
	}
	if got := seqs(t, b.Follow(t.Context(), r.ID, 99)); len(got) != 0 {
		t.Errorf("followed after more than there is: %v", got)
	}
	_, err = b.Run(t.Context(), "orders", r.ID)
	wants(t, "a run of another migration", err, fault.NotFound)
	wants(t, "stopping it there", b.Stop(t.Context(), "orders", r.ID), fault.NotFound)
	wants(t, "stopping what has ended", b.Stop(t.Context(), "payments", r.ID), fault.Conflict)
	for es, err := range b.Follow(t.Context(), "nothing", 0) {
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("Follow of nothing: %v, %v", es, err)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if told != 2 {
		t.Errorf("the migration's lookers were woken %d times, want twice: it began and ended", told)
	}
}

// TestEntriesTogether: lines that are logged together are written together, pushed together, or not at all.
func TestEntriesTogether(t *testing.T) {
	open := make(chan struct{})
	b := sit(t, options{wrap: func(db *store.DB) runs.Store { return &flaky{DB: db, entries: 2, end: true} }})
	r := b.begin(b.job(migration.TransferRun, work(func(_ context.Context, log func(...runs.Line)) runs.Ending {
		<-open
		for range 3 {
			log(runs.Line{Kind: runs.EntryEvent, Data: 1}, runs.Line{Kind: runs.EntryEvent, Data: 2}, runs.Line{Kind: runs.EntryEvent, Data: 3})
		}
		return runs.Ending{State: migration.RunPassed}
	})))
	got := make(chan []int, 1)
	go func() {
		var sizes []int
		for es, err := range b.Follow(t.Context(), r.ID, 0) {
			if err != nil {
				t.Error(err)
			}
			sizes = append(sizes, len(es))
		}
		got <- sizes
	}()
	close(open)
	sizes, n := <-got, 0
	for _, s := range sizes {
		n += s
		if s%3 != 0 && n != 7 {
			t.Errorf("a push of %d: a batch was torn", s)
		}
	}
	es, err := b.db.Entries(t.Context(), r.ID, 0)
	if err != nil || n != 7 || len(es) != 7 { // the third batch did not fit
		t.Errorf("%d entries followed, %d stored, %v; want two batches and the end", n, len(es), err)
	}
}

// flaky is a store whose disk fills up, or whose errors come after the commit.
type flaky struct {
	*store.DB
	mu      sync.Mutex
	entries int // batches that still fit
	end     bool
	late    bool // what does not fit is written all the same
}

var errFull = errors.New("disk full")

func (f *flaky) AddEntries(ctx context.Context, id string, es []runs.Entry) ([]runs.Entry, error) {
	f.mu.Lock()
	f.entries--
	fits := f.entries >= 0
	f.mu.Unlock()
	if !fits && !f.late {
		return nil, errFull
	}
	es, err := f.DB.AddEntries(ctx, id, es)
	if !fits {
		return nil, errFull
	}
	return es, err
}

func (f *flaky) EndRun(ctx context.Context, r runs.Run, last runs.Entry, facts []migration.Fact) error {
	if !f.end && !f.late {
		return errFull
	}
	err := f.DB.EndRun(ctx, r, last, facts)
	if !f.end {
		return errFull
	}
	return err
}

// TestFullDisk: followers see only what was written, without a gap, and the stream ends; what was written before the
// error came is seen.
func TestFullDisk(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    *flaky
		want string
		over bool
	}{
		{"no room for entries", &flaky{entries: 2, end: true}, "[1 2 3]", true},
		{"no room for the end", &flaky{entries: 2}, "[1 2]", false},
		{"errors after the commit", &flaky{entries: 2, late: true}, "[1 2 3 4 5]", true},
	} {
		open := make(chan struct{})
		b := sit(t, options{lease: 300 * time.Millisecond, wrap: func(db *store.DB) runs.Store { tt.f.DB = db; return tt.f }})
		r := b.begin(b.job(migration.CheckRun, work(func(_ context.Context, log func(...runs.Line)) runs.Ending {
			log(runs.Line{Kind: runs.EntryStage, Data: 0})
			<-open // or the run may be over before anybody follows it: where its end was not written, only its lease would end it
			for i := range 3 {
				log(runs.Line{Kind: runs.EntryStage, Data: i + 1})
			}
			return runs.Ending{State: migration.RunPassed}
		})))
		follows := sync.OnceFunc(func() { close(open) })
		seen := fmt.Sprint(seqs(t, func(yield func([]runs.Entry, error) bool) {
			for es, err := range b.Follow(t.Context(), r.ID, 0) {
				if !yield(es, err) {
					return
				}
				follows()
			}
		}))
		if seen != tt.want {
			t.Errorf("%s: followed %s, want %s", tt.name, seen, tt.want)
		}
		b.Close()
		if r, err := b.db.Run(t.Context(), r.ID); err != nil || r.Over() != tt.over {
			t.Errorf("%s: state %s, %v", tt.name, r.State, err)
		}
	}
}

// TestPanic: a panic ends its run as failed and nothing else.
// ASVS 16.5.4.
func TestPanic(t *testing.T) {
	b := sit(t, options{})
	r := b.finish(b.begin(b.job(migration.CheckRun, work(func(context.Context, func(...runs.Line)) runs.Ending { panic("broken") }))))
	if r.State != migration.RunFailed || r.Title != "Onramp could not finish this run" {
		t.Errorf("%s %q", r.State, r.Title)
	}
	if r := b.finish(b.begin(b.job(migration.CheckRun, work(passes)))); r.State != migration.RunPassed {
		t.Errorf("the next run %s", r.State)
	}
}

// TestLimits: at most so many of a kind and group in one migration; others are not held up, and an end makes room.
func TestLimits(t *testing.T) {
	open := make(chan struct{})
	b := sit(t, options{})
	var all []runs.Run
	full := fault.New(fault.TooMany, "a drill is under way", "wait")
	for _, tt := range []struct {
		kind     migration.RunKind
		group    string
		most     int
		of       string
		full     error
		tooMany  bool
		wantFull bool
	}{
		{migration.CheckRun, "", 2, "payments", nil, false, false}, {migration.CheckRun, "", 2, "payments", nil, false, false},
		{migration.CheckRun, "", 2, "payments", nil, true, false}, {migration.CheckRun, "", 2, "orders", nil, false, false},
		{migration.TransferRun, "", 1, "payments", nil, false, false}, {migration.TransferRun, "follows", 1, "payments", nil, false, false},
		{migration.TransferRun, "follows", 1, "payments", full, true, true},
	} {
		j := b.job(tt.kind, until(open))
		j.Group, j.Most, j.Full, j.Run.MigrationID = tt.group, tt.most, tt.full, tt.of
		r, err := b.Begin(t.Context(), j)
		if fault.Is(err, fault.TooMany) != tt.tooMany || (err != nil) != tt.tooMany || errors.Is(err, full) != tt.wantFull {
			t.Errorf("%+v: %v", tt, err)
		}
		if err == nil {
			all = append(all, r)
		}
	}
	j := b.job(migration.DrillRun, until(open))
	j.Add = func(context.Context, runs.Run) (runs.Run, error) { return runs.Run{}, errFull }
	if _, err := b.Begin(t.Context(), j); !errors.Is(err, errFull) {
		t.Errorf("a first row that cannot be written: %v", err)
	}
	j = b.job(migration.DrillRun, until(open))
	j.Most = 1
	all = append(all, b.begin(j)) // the place was given back
	close(open)
	for _, r := range all {
		if r = b.finish(r); r.State != migration.RunPassed {
			t.Errorf("%s %d ended %s", r.Kind, r.Number, r.State)
		}
	}
	b.finish(b.begin(b.job(migration.CheckRun, work(passes))))
}

// TestStop: a person, or the end of the process, interrupts a run at a step boundary; the log says which.
func TestStop(t *testing.T) {
	for _, byClose := range []bool{false, true} {
		b := sit(t, options{})
		j := b.job(migration.TransferRun, until(nil))
		j.Subject = "wf-7"
		r := b.begin(j)
		if have, _, ok := b.Following("payments", migration.TransferRun, "wf-7"); !ok || have.ID != r.ID {
			t.Errorf("following %s, %v", have.ID, ok)
		}
		if _, ok := b.Under(r.ID); !ok {
			t.Error("a run under way is not")
		}
		why := "stopped"
		var err error
		if byClose {
			why, err = "Onramp stopped", b.Close()
		} else {
			err = b.Stop(t.Context(), "payments", r.ID)
			b.finish(r)
		}
		if err != nil {
			t.Fatal(err)
		}
		end, err := b.db.Run(t.Context(), r.ID)
		want := "Interrupted: " + why + " before it ended; the workflow may still run"
		if err != nil || end.State != migration.RunInterrupted || end.Title != want || end.Code != "" {
			t.Errorf("ended %s %q %q, want %q", end.State, end.Title, end.Code, want)
		}
		if _, _, ok := b.Following("payments", migration.TransferRun, "wf-7"); ok {
			t.Error("what has ended is followed")
		}
		if byClose {
			_, err := b.Begin(t.Context(), b.job(migration.CheckRun, work(passes)))
			wants(t, "a run after Close", err, fault.Unavailable)
			if err := b.Close(); err != nil {
				t.Errorf("the second Close: %v", err)
			}
		}
	}
}

// TestSecrets: what a run was given in confidence is neither in its log nor in its end.
func TestSecrets(t *testing.T) {
	b := sit(t, options{})
	const secret = "MIGHAgEAMBMGByqGSM49AgEGCCqG"
	j := b.job(migration.CheckRun, work(func(_ context.Context, log func(...runs.Line)) runs.Ending {
		log(runs.Line{Kind: runs.EntryStage, Data: map[string]string{"x": secret}})
		return runs.Ending{State: migration.RunFailed, Title: "it said " + secret, Result: []string{secret}}
	}))
	j.Secrets = scrubber(secret)
	r := b.finish(b.begin(j))
	es, err := b.Entries(t.Context(), r.ID, 0)
	all, _ := json.Marshal([]any{r, es})
	if err != nil || strings.Contains(string(all), secret) || strings.Count(string(all), "[redacted]") < 4 {
		t.Errorf("%v: %s", err, all)
	}
}
