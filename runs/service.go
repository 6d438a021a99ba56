package runs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"onramp/fault"
	"onramp/migration"
)

// writeTime bounds a write of a run's log; it outlives the end of the run's context.
const writeTime = 10 * time.Second

// endTries is how often the end of a run is written where that fails: within the time of a lease, and of one write.
const endTries = 5

// lease is how long a run stays its process's without a sign of life; it is renewed three times as often.
const lease = 9 * time.Second

// Options of a Service.
type Options struct {
	Store Store // required
	// Changed is called after a migration's runs, or the facts that follow from them, have changed.
	Changed func(migrationID string)
	// Left says of a run that a stop cut short what goes on without it, as Ending.Left does; default LeftBehind.
	Left  func(Run) string
	Log   *slog.Logger     // default: discard
	Now   func() time.Time // default time.Now
	Lease time.Duration    // default 9 s
}

// Service carries runs out. It is safe for concurrent use; Close may be called twice.
type Service struct {
	o     Options
	owner string          // this process
	ctx   context.Context // ends on Close, and with it every run and Follow
	stop  context.CancelFunc
	work  sync.WaitGroup
	woken Fanout[string] // by run ID

	mu       sync.Mutex // guards what follows
	closed   bool
	live     map[string]*live // by run ID
	renewing bool             // renew is under way
}

// New returns a Service; it is an error to leave out a required option.
func New(o Options) (*Service, error) {
	if o.Store == nil {
		return nil, errors.New("runs: Options.Store is required")
	}
	if o.Changed == nil {
		o.Changed = func(string) {}
	}
	if o.Left == nil {
		o.Left = LeftBehind
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Lease <= 0 {
		o.Lease = lease
	}
	s := &Service{o: o, owner: NewID(), live: map[string]*live{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	return s, nil
}

// NewID returns 128 random bits as 26 lower-case letters and digits.
func NewID() string { return strings.ToLower(rand.Text()) }

func (s *Service) now() time.Time { return s.o.Now().UTC().Round(0) }

// Close ends running runs at a step boundary, waits for them, and ends every Follow.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.work.Wait()
	return nil
}

// Work is what a run does. Do does it to its end, or to a step boundary after ctx has ended; log appends lines that
// belong together. A panic in it ends the run as failed, not the process.
type Work interface {
	Do(ctx context.Context, run Run, log func(...Line)) Ending
}

// Line is one line for a run's log.
type Line struct {
	Kind string
	Data any // marshals to JSON
}

// Ending is how a run ended.
type Ending struct {
	State  migration.RunState
	Title  string
	Code   string
	Result any // nil for none
	Facts  []migration.Fact
	// Left says of an interrupted run what goes on without it: "the workflow may still run on the server as x".
	Left string
	// What lists show of a check: Row.
	TestedFrom string
	TookMS     float64
}

// Job is a run to begin.
type Job struct {
	Run     Run      // MigrationID, Kind, InputHash, Request, By, IdempotencyKey and what lists show of what was asked
	Person  string   // whose keys Work has: custody.Actor.Person of who begins it; Mine finds it by that
	Secrets Scrubber // what must not get into its log and result
	Work    Work
	// Group and Most bound how many of a migration's runs are under way at once: at most Most of the same kind and
	// group. Full is the fault of one too many; nil for a general one.
	Group string
	Most  int
	Full  error
	// Subject is what the run follows; Following finds the run by it.
	Subject string
	// Add writes the run's first row, with whatever must be written together with it, and returns it with its number.
	Add func(context.Context, Run) (Run, error)
}

// Begin books a place for a run, writes it and starts it in the background; it returns at once. A TooMany fault when
// too many are under way, Unavailable when Onramp is stopping; other errors are those of Job.Add.
func (s *Service) Begin(ctx context.Context, j Job) (Run, error) {
	r := j.Run
	now := s.now()
	r.ID, r.State, r.Started = NewID(), migration.RunRunning, now
	r.Owner, r.Lease = s.owner, now.Add(s.o.Lease)
	l := &live{run: r, job: j}
	if err := s.book(l); err != nil {
		return Run{}, err
	}
	r, err := j.Add(ctx, r)
	if err != nil {
		s.drop(l)
		l.cancel()
		s.work.Done()
		return Run{}, err
	}
	s.mu.Lock()
	l.run = r
	s.mu.Unlock()
	s.o.Changed(r.MigrationID)
	go s.carryOut(l)
	return r, nil
}

func (s *Service) book(l *live) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fault.New(fault.Unavailable, "Onramp is stopping", "Start it again, then repeat this.")
	}
	n := 0
	for _, other := range s.live {
		if other.run.MigrationID == l.run.MigrationID && other.run.Kind == l.run.Kind && other.job.Group == l.job.Group {
			n++
		}
	}
	if n >= l.job.Most {
		if l.job.Full != nil {
			return l.job.Full
		}
		return fault.New(fault.TooMany, fmt.Sprintf("%d runs of this kind are under way in this migration", n),
			"Wait until one has ended, or stop one, then start again.")
	}
	l.ctx, l.cancel = context.WithCancel(s.ctx)
	if !s.renewing {
		s.renewing = true
		s.work.Add(1)
		go s.renew()
	}
	s.live[l.run.ID] = l
	s.work.Add(1)
	return nil
}

func (s *Service) drop(l *live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, l.run.ID)
}

// renew keeps the leases of this process's runs as long as there are any.
func (s *Service) renew() {
	defer s.work.Done()
	tick := time.NewTicker(s.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			return // each run ends itself now
		}
		s.mu.Lock()
		ids := slices.Collect(maps.Keys(s.live))
		s.renewing = len(ids) > 0
		s.mu.Unlock()
		if len(ids) == 0 {
			return // whoever books the next place starts this again
		}
		ctx, cancel := context.WithTimeout(s.ctx, s.o.Lease/3)
		if err := s.o.Store.Renew(ctx, s.owner, ids, s.now().Add(s.o.Lease)); err != nil && s.ctx.Err() == nil {
			s.o.Log.Warn("the leases of runs were not renewed", "err", err)
		}
		cancel()
	}
}

// carryOut does a run to its end.
func (s *Service) carryOut(l *live) {
	defer s.work.Done()
	defer l.cancel()
	end := s.guarded(l)
	r := l.run
	if end.State == migration.RunInterrupted {
		why := "Onramp stopped before it ended"
		if l.wasStopped() {
			why = "stopped before it ended"
		}
		end.Title, end.Code = interruptedTitle(why, end.Left), ""
	}
	end.Title = l.job.Secrets.Text(end.Title)
	r.finish(end, s.now(), l.job.Secrets)
	last := lastEntry(r)
	err := writeEnd(s, r, last, end.Facts)
	s.drop(l) // before its followers hear of the end: whoever has heard finds nothing under way
	if err != nil {
		s.o.Log.Error("a run's end was not written", "run", r.ID, "err", err)
		l.end()
	} else {
		last.Seq = l.next()
		l.end(last)
	}
	s.woken.Wake(r.ID)
	s.o.Changed(r.MigrationID)
}

// writeEnd writes the end of a run. Where that fails it tries again, with pauses that grow, until the lease would be over or the
// Service closes: without its end a run has proved nothing.
func writeEnd(s *Service, r Run, last Entry, facts []migration.Fact) error {
	ctx, cancel := context.WithTimeout(context.Background(), writeTime) // the run's own may be over
	defer cancel()
	pause := s.o.Lease >> endTries // all pauses together are less than a lease
	for try := 1; ; try++ {
		err := s.o.Store.EndRun(ctx, r, last, facts)
		if err == nil {
			return nil
		}
		if there, e := s.o.Store.Run(ctx, r.ID); e == nil && there.Over() { // it was written although the answer was lost
			return nil
		}
		if try == endTries || s.ctx.Err() != nil || fault.Is(err, fault.NotFound) {
			return err
		}
		s.o.Log.Warn("a run's end is not written yet", "run", r.ID, "err", err)
		pause *= 2
		select {
		case <-time.After(pause):
		case <-s.ctx.Done(): // once more
		case <-ctx.Done():
			return err
		}
	}
}

// guarded does the work; a panic in it ends the run, not the process.
func (s *Service) guarded(l *live) (end Ending) {
	secrets := l.job.Secrets
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("a run broke", "run", l.run.ID, "panic", secrets.Text(fmt.Sprint(p)), "stack", string(debug.Stack()))
			end = Ending{State: migration.RunFailed, Title: "Onramp could not finish this run"}
		}
	}()
	return l.job.Work.Do(l.ctx, l.run, func(lines ...Line) {
		if len(lines) == 0 {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), writeTime)
		defer cancel()
		now := s.now()
		es := make([]Entry, 0, len(lines))
		for _, line := range lines {
			es = append(es, Entry{RunID: l.run.ID, At: now, Kind: line.Kind, Data: secrets.JSON(line.Data)})
		}
		es, err := s.o.Store.AddEntries(ctx, l.run.ID, es)
		if err != nil { // which may come after the commit: then what is there counts, or the log would get a gap here
			if there, e := s.o.Store.Entries(ctx, l.run.ID, l.next()-1); e == nil && len(there) > 0 {
				es, err = there, nil
			}
		}
		if err != nil {
			s.o.Log.Error("entries of a run were not written", "run", l.run.ID, "entries", len(lines), "err", err)
			return
		}
		l.append(es...)
		s.woken.Wake(l.run.ID)
	})
}

func interruptedTitle(why, left string) string {
	title := "Interrupted: " + why
	if left != "" {
		title += "; " + left
	}
	return title
}

func lastEntry(r Run) Entry {
	data, _ := json.Marshal(EndData{State: r.State, Title: r.Title, Code: r.Code})
	return Entry{RunID: r.ID, At: r.Ended, Kind: EntryEnd, Data: data}
}

// Resume marks as interrupted the runs whose lease is over, and goes on looking until Close: another process that
// carries runs out keeps its leases, and one that was killed does not.
func (s *Service) Resume(ctx context.Context) error {
	if err := s.interrupt(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.work.Add(1)
	go func() {
		defer s.work.Done()
		tick := time.NewTicker(s.o.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				if err := s.interrupt(s.ctx); err != nil && s.ctx.Err() == nil {
					s.o.Log.Warn("runs that were cut short could not be looked for", "err", err)
				}
			case <-s.ctx.Done():
				return
			}
		}
	}()
	return nil
}

// interrupt ends the runs whose lease is over. How they ended is not known: the process that carried one out stopped first,
// or could not write it.
func (s *Service) interrupt(ctx context.Context) error {
	all, err := s.o.Store.Abandoned(ctx, s.now())
	if err != nil {
		return err
	}
	for _, r := range all {
		if _, mine := s.find(r.ID); mine {
			continue
		}
		why := "Onramp stopped before its end was written down"
		if r.Owner == s.owner {
			why = "its end could not be written down"
		}
		r.State, r.Code, r.Title, r.Ended = migration.RunInterrupted, "", interruptedTitle(why, s.o.Left(r)), s.now()
		if err := s.o.Store.EndAbandoned(ctx, r, lastEntry(r)); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		s.woken.Wake(r.ID)
		s.o.Changed(r.MigrationID)
	}
	return nil
}

func (s *Service) find(runID string) (*live, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.live[runID]
	return l, ok
}

// Stop ends a run of a migration at its next step boundary, as interrupted. A transfer's workflow goes on: it is
// only not followed any more. A Conflict fault when the run has ended, or another process carries it out.
func (s *Service) Stop(ctx context.Context, migrationID, runID string) error {
	r, err := s.Run(ctx, migrationID, runID)
	if err != nil {
		return err
	}
	l, ok := s.find(runID)
	switch {
	case ok:
		l.halt()
		return nil
	case r.Running():
		return fault.New(fault.Conflict, "Another Onramp is running this", "Stop it there.")
	}
	return fault.New(fault.Conflict, "This run has ended", "Start another one.")
}

// Mine returns the work of a run that is under way in this process and that a person began: its keys are that
// person's, and nobody else gets it here.
func (s *Service) Mine(runID, person string) (Work, bool) {
	if l, ok := s.find(runID); ok && l.job.Person == person {
		return l.job.Work, true
	}
	return nil, false
}

// Under returns the work of a run that is under way in this process, to ask what it does; its keys are for Mine.
func (s *Service) Under(runID string) (Work, bool) {
	if l, ok := s.find(runID); ok {
		return l.job.Work, true
	}
	return nil, false
}

// Following returns the run under way of a kind that follows a subject.
func (s *Service) Following(migrationID string, kind migration.RunKind, subject string) (Run, Work, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.live {
		if l.run.MigrationID == migrationID && l.run.Kind == kind && l.job.Subject == subject {
			return l.run, l.job.Work, true
		}
	}
	return Run{}, nil, false
}

// Run returns one run of a migration.
func (s *Service) Run(ctx context.Context, migrationID, runID string) (Run, error) {
	r, err := s.o.Store.Run(ctx, runID)
	if err == nil && r.MigrationID != migrationID {
		return Run{}, fault.New(fault.NotFound, "There is no such run in this migration", "Open the migration and choose a run from its list.")
	}
	return r, err
}

// ByKey returns the run that was begun with an idempotency key; NotFound when there is none.
func (s *Service) ByKey(ctx context.Context, migrationID string, kind migration.RunKind, key string) (Run, error) {
	return s.o.Store.RunByKey(ctx, migrationID, kind, key)
}

// Rows returns the newest runs of a kind, newest first, at most limit; with UnderWay all that have not ended.
func (s *Service) Rows(ctx context.Context, migrationID string, kind migration.RunKind, limit int) ([]Row, error) {
	return s.o.Store.Rows(ctx, migrationID, kind, limit)
}

// Counts counts every run by kind and state; what there is none of is left out.
func (s *Service) Counts(ctx context.Context) (map[Count]int, error) { return s.o.Store.CountRuns(ctx) }

// Entries returns a run's log after an entry's Seq; that of a run under way here from memory. Entries are shared
// between callers: do not change them.
func (s *Service) Entries(ctx context.Context, runID string, after int64) ([]Entry, error) {
	if l, ok := s.find(runID); ok {
		entries, _ := l.after(max(after, 0))
		return entries, nil
	}
	return s.o.Store.Entries(ctx, runID, after)
}

// Past makes a run that has ended elsewhere, from the run with its number: what it is then, its log and the facts that
// follow. It writes nothing.
func Past(r Run, now time.Time, lines []Line, end Ending) (Run, []Entry, []migration.Fact) {
	es := make([]Entry, 0, len(lines)+1)
	for _, line := range lines {
		es = append(es, Entry{RunID: r.ID, At: now, Kind: line.Kind, Data: Scrubber{}.JSON(line.Data)})
	}
	r.finish(end, now, Scrubber{})
	return r, append(es, lastEntry(r)), end.Facts
}

// Wake tells who follows a run, and who looks at its migration, that it has changed.
func (s *Service) Wake(r Run) {
	s.woken.Wake(r.ID)
	s.o.Changed(r.MigrationID)
}

// finish makes a run what it is at its end, and its facts those of the run.
func (r *Run) finish(end Ending, now time.Time, secrets Scrubber) {
	r.Ended, r.State, r.Title, r.Code, r.TestedFrom, r.TookMS = now, end.State, end.Title, end.Code, end.TestedFrom, end.TookMS
	by := r.By
	if r.Reporter != "" {
		by = r.Reporter
	}
	for i := range end.Facts {
		end.Facts[i].MigrationID, end.Facts[i].At, end.Facts[i].By = r.MigrationID, now, by
	}
	if end.Result != nil {
		r.Result, r.HasResult = secrets.JSON(end.Result), true
	}
}
