package migration

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/transfer"
)

// MaxRunning is how many runs of a kind one migration may have under way.
const MaxRunning = 3

// MaxFollowed is how many transfers of somebody else's one migration may follow at once: each costs a long poll
// and no worker.
const MaxFollowed = 250

// maxKey is how long an idempotency key may be, in bytes.
const maxKey = 200

// writeTime bounds a write of a run's log; it outlives the end of the run's context.
const writeTime = 10 * time.Second

// StartCheck starts a check in the background and returns its run at once. The run records stages as
// they finish; when it passes it records FactCheck and, with mTLS, FactCASeen. FactCASeen is recorded
// too when the namespace answered and only a later stage failed: then the CA was accepted.
// A TooMany fault when three checks of the migration are under way.
func (s *Service) StartCheck(ctx context.Context, id string, t doctor.Target) (Run, error) {
	v, err := s.View(ctx, id)
	if err != nil {
		return Run{}, err
	}
	about := v.about(t)
	scrub := newScrubber(t)
	l, err := s.begin(ctx, Run{MigrationID: id, Kind: CheckRun, InputHash: about.hash,
		Request: scrub.json(checkRequest(t, about.leaf))}, transfer.Request{})
	if err != nil {
		return Run{}, err
	}
	go s.work(l, scrub, func(ctx context.Context, log func(kind string, data any)) (Run, []Fact) {
		report := s.o.Checker.Run(ctx, t, func(st doctor.Stage) { log(EntryStage, st) })
		return s.checked(ctx, l, v, about, report, scrub)
	})
	return l.run, nil
}

// StartTransfer starts a test transfer in the background and returns its run at once. It is a Conflict
// fault when step test is not done, TooMany when three transfers of the migration are under way. When it
// ends as its scenario should it records FactTransfer. The caller has validated req (transfer.Validate).
func (s *Service) StartTransfer(ctx context.Context, id string, req transfer.Request) (Run, error) {
	return s.startTransfer(ctx, id, "", req)
}

// StartTransferOnce is StartTransfer for a caller that may ask twice (a reload, a retry): when the
// migration has a transfer with this key, that run is returned and nothing is started. The workflow id,
// where req has none, follows from migration and key, so that the server too refuses a second start.
func (s *Service) StartTransferOnce(ctx context.Context, id, key string, req transfer.Request) (Run, error) {
	if key == "" || len(key) > maxKey {
		return Run{}, badKey()
	}
	return s.startTransfer(ctx, id, key, req)
}

func (s *Service) startTransfer(ctx context.Context, id, key string, req transfer.Request) (Run, error) {
	s.write.Lock() // two requests with one key: the second waits and finds the first's run
	defer s.write.Unlock()
	v, err := s.View(ctx, id)
	if err != nil {
		return Run{}, err
	}
	if key != "" {
		run, err := s.o.Store.RunByKey(ctx, id, TransferRun, key)
		if !fault.Is(err, fault.NotFound) {
			return run, err
		}
	}
	if test := v.Step(StepTest); test.Status != Done {
		return Run{}, untested()
	}
	switch {
	case req.WorkflowID != "":
	case key != "":
		req.WorkflowID = "onramp-" + id + "-" + hash(id, key)[:16]
	default:
		req.WorkflowID = "onramp-" + id + "-" + newID()[:16]
	}
	return s.transfer(ctx, v, key, req)
}

// FollowAgain starts a run that follows the workflow of an earlier transfer, for example one that a stop
// of Onramp interrupted; it starts no workflow. t says where, with the keys that were not kept. While
// another run follows that workflow, that run is returned.
func (s *Service) FollowAgain(ctx context.Context, migrationID, runID string, t doctor.Target) (Run, error) {
	s.write.Lock()
	defer s.write.Unlock()
	old, err := s.Run(ctx, migrationID, runID)
	if err != nil {
		return Run{}, err
	}
	asked, err := workflowOf(old)
	if err != nil {
		return Run{}, err
	}
	if l := s.following(migrationID, asked.WorkflowID); l != nil {
		return l.run, nil
	}
	v, err := s.View(ctx, migrationID)
	if err != nil {
		return Run{}, err
	}
	return s.transfer(ctx, v, "", transfer.Request{Target: t, Template: asked.Template, Worker: cmp.Or(asked.Worker, "builtin"),
		Scenario: asked.Scenario, Details: asked.Details, TaskQueue: asked.TaskQueue, WorkflowType: asked.WorkflowType,
		WorkflowID: asked.WorkflowID, RunID: asked.RunID, FollowOnly: true, Elsewhere: asked.elsewhere()})
}

// transfer starts the run of a request that has its workflow id.
func (s *Service) transfer(ctx context.Context, v View, key string, req transfer.Request) (Run, error) {
	about := v.about(req.Target)
	scrub := newScrubber(req.Target)
	l, err := s.begin(ctx, Run{MigrationID: v.Migration.ID, Kind: TransferRun, InputHash: about.hash, IdempotencyKey: key,
		Request: scrub.json(transferRequest(req, about.leaf))}, req)
	if err != nil {
		return Run{}, err
	}
	go s.work(l, scrub, func(ctx context.Context, log func(kind string, data any)) (Run, []Fact) {
		worker := watchWorker(v, req)
		result := s.o.Transfers.Run(ctx, req, func(events []transfer.Event) {
			for _, e := range events {
				log(EntryEvent, e)
				s.writeWorker(ctx, l, worker, e)
			}
		})
		return s.transferred(ctx, l, about, result, scrub)
	})
	return l.run, nil
}

// Stop ends a run at its next step boundary, as interrupted. A transfer's workflow goes on: it is only
// not followed any more. A Conflict fault when the run has ended.
func (s *Service) Stop(ctx context.Context, migrationID, runID string) error {
	if _, err := s.Run(ctx, migrationID, runID); err != nil {
		return err
	}
	s.mu.Lock()
	l := s.live[runID]
	s.mu.Unlock()
	if l == nil {
		return fault.New(fault.Conflict, "This run has ended", "Start another one.")
	}
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.cancel()
	return nil
}

// Resume marks runs that a stop cut short as interrupted. Call once at start.
func (s *Service) Resume(ctx context.Context) error {
	runs, err := s.o.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, r := range runs {
		s.mu.Lock()
		mine := s.live[r.ID] != nil
		s.mu.Unlock()
		if mine {
			continue
		}
		var asked TransferRequest
		_ = json.Unmarshal(r.Request, &asked) // a request that cannot be read names no workflow
		r = interrupted(r, asked.WorkflowID, false)
		r.Ended = s.now()
		if err := s.o.Store.EndRun(ctx, r, lastEntry(r), nil); err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		s.watches.wake(&s.mu, r.MigrationID)
	}
	return nil
}

// Run returns one run of a migration.
func (s *Service) Run(ctx context.Context, migrationID, runID string) (Run, error) {
	r, err := s.o.Store.Run(ctx, runID)
	if err == nil && r.MigrationID != migrationID {
		return Run{}, fault.New(fault.NotFound, "There is no such run in this migration", "Open the migration and choose a run from its list.")
	}
	return r, err
}

// Runs returns the newest runs of a kind, at most limit.
func (s *Service) Runs(ctx context.Context, migrationID string, kind RunKind, limit int) ([]Run, error) {
	return s.o.Store.Runs(ctx, migrationID, kind, limit)
}

// Entries returns a run's log after an entry's Seq; that of a run under way from memory. Entries are shared
// between callers: do not change them.
func (s *Service) Entries(ctx context.Context, runID string, after int64) ([]Entry, error) {
	s.mu.Lock()
	l := s.live[runID]
	s.mu.Unlock()
	if l != nil {
		entries, _ := l.after(max(after, 0))
		return entries, nil
	}
	return s.o.Store.Entries(ctx, runID, after)
}

// following returns the run under way that follows a workflow, nil when none does.
func (s *Service) following(migrationID, workflowID string) *liveRun {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.live {
		if l.run.MigrationID == migrationID && l.run.Kind == TransferRun && l.workflowID == workflowID {
			return l
		}
	}
	return nil
}

// begin books a place for the run, writes it and returns it, ready for work.
// req is a transfer's request; its keys stay in memory until the run ends.
func (s *Service) begin(ctx context.Context, r Run, req transfer.Request) (*liveRun, error) {
	r.ID, r.State, r.Started = newID(), RunRunning, s.now()
	l := &liveRun{run: r, workflowID: req.WorkflowID, req: req, followers: signals{}}
	if err := s.book(l); err != nil {
		return nil, err
	}
	run, err := s.o.Store.AddRun(ctx, r)
	s.mu.Lock()
	if err != nil {
		delete(s.live, r.ID)
	} else {
		l.run = run
	}
	s.mu.Unlock()
	if err != nil {
		l.cancel()
		s.runs.Done()
		return nil, err
	}
	s.watches.wake(&s.mu, r.MigrationID)
	return l, nil
}

func (s *Service) book(l *liveRun) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return fault.New(fault.Unavailable, "Onramp is stopping", "Start it again, then repeat this.")
	}
	n := 0
	for _, other := range s.live {
		if other.run.MigrationID == l.run.MigrationID && other.run.Kind == l.run.Kind && other.onlyFollows() == l.onlyFollows() {
			n++
		}
	}
	if l.run.Kind == DrillRun && n > 0 {
		return fault.New(fault.TooMany, "A drill of this migration is under way", "Wait until it has ended, or stop it: two drills would measure each other.")
	}
	most := MaxRunning
	if l.onlyFollows() {
		most = MaxFollowed
	}
	if n >= most {
		return fault.New(fault.TooMany, fmt.Sprintf("%d runs of this kind are under way in this migration", n),
			"Wait until one has ended, or stop one, then start again.")
	}
	ctx, cancel := context.WithCancel(s.ctx)
	l.ctx, l.cancel = ctx, cancel
	s.live[l.run.ID] = l
	s.runs.Add(1)
	return nil
}

// work does a run to its end: body writes the log and returns the ended run and the facts that follow.
func (s *Service) work(l *liveRun, scrub scrubber, body func(context.Context, func(kind string, data any)) (Run, []Fact)) {
	defer s.runs.Done()
	defer l.cancel()
	r, facts := s.guarded(l, scrub, body)
	r.Ended = s.now()
	for i := range facts {
		facts[i].MigrationID, facts[i].At = r.MigrationID, r.Ended
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), writeTime)
	defer cancel()
	last := lastEntry(r)
	err := s.o.Store.EndRun(ctx, r, last, facts)
	s.mu.Lock()
	delete(s.live, r.ID) // before its followers hear of the end: whoever has heard finds nothing under way
	s.mu.Unlock()
	if err != nil {
		s.o.Log.Error("a run's end was not written", "run", r.ID, "err", err)
		l.end()
	} else {
		last.Seq = int64(len(l.entries)) + 1
		l.end(last)
	}
	s.watches.wake(&s.mu, r.MigrationID)
}

// guarded calls body; a panic in it ends the run, not the process.
func (s *Service) guarded(l *liveRun, scrub scrubber, body func(context.Context, func(kind string, data any)) (Run, []Fact)) (r Run, facts []Fact) {
	defer func() {
		if p := recover(); p != nil {
			s.o.Log.Error("a run broke", "run", l.run.ID, "panic", scrub.text(fmt.Sprint(p)), "stack", string(debug.Stack()))
			r, facts = l.run, nil
			r.State, r.Title = RunFailed, "Onramp could not finish this run"
		}
	}()
	return body(l.ctx, func(kind string, data any) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(l.ctx), writeTime)
		defer cancel()
		e, err := s.o.Store.AddEntry(ctx, Entry{RunID: l.run.ID, At: s.now(), Kind: kind, Data: scrub.json(data)})
		if err != nil {
			s.o.Log.Error("an entry of a run was not written", "run", l.run.ID, "err", err)
			return
		}
		l.append(e)
	})
}

// subject is what a run is about.
type subject struct {
	hash string
	leaf string // fingerprint, "" when none
}

func (v View) about(t doctor.Target) subject {
	known := ""
	if v.Certificate != nil {
		known = v.Certificate.LeafFingerprint
	}
	leaf := leafFingerprint(t.CertPEM, known)
	return subject{v.inputs().checkOf(strings.TrimSpace(t.Namespace), strings.TrimSpace(t.Address), t.ServerName, leaf), leaf}
}

// checked turns a report into the end of a run.
func (s *Service) checked(ctx context.Context, l *liveRun, v View, about subject, report doctor.Report, scrub scrubber) (Run, []Fact) {
	r := l.run
	r.Result, r.Code, r.Title = scrub.json(report), report.Verdict.Code, scrub.text(report.Verdict.Title)
	ok := report.Verdict.Code == "OK"
	switch {
	case ok:
		r.State = RunPassed
		if r.Title == "" {
			r.Title = "A worker would connect"
		}
	case ctx.Err() != nil:
		return interrupted(r, "", l.wasStopped()), nil
	default:
		r.State = RunFailed
	}
	in, hash := v.inputs(), about.hash
	if hash != in.check() && report.Target.Namespace != "" { // what was typed may have been repaired
		hash = in.checkOf(report.Target.Namespace, report.Target.Address, report.Target.ServerName, about.leaf)
	}
	var facts []Fact
	if ok {
		facts = append(facts, newFact(FactCheck, hash, CheckData{Run: r.ID, RunNumber: r.Number, Code: r.Code, Leaf: about.leaf}))
	}
	if r.Code == codeUntrusted && about.leaf != "" && v.Replacement() != nil {
		facts = append(facts, newFact(FactLeafRefused, hash, LeafRefusedData{Leaf: about.leaf, Run: r.ID, RunNumber: r.Number}))
	}
	if hash == in.check() && about.leaf != "" && (ok || accepted(report)) {
		seen := UploadData{Namespace: in.id(), Run: r.ID, RunNumber: r.Number}
		if v.Certificate != nil {
			seen.CAFingerprint = v.Certificate.CAFingerprint
		}
		facts = append(facts, newFact(FactCASeen, in.upload(), seen))
	}
	return r, facts
}

// accepted reports whether the server took the certificate and the namespace answered.
func accepted(report doctor.Report) bool {
	ok := map[string]bool{}
	for _, st := range report.Stages {
		ok[st.ID] = st.Status == doctor.Pass || st.Status == doctor.Warn
	}
	return ok["client-cert"] && ok["grpc"] && ok["namespace"]
}

// transferred turns a result into the end of a run.
func (s *Service) transferred(ctx context.Context, l *liveRun, about subject, result transfer.Result, scrub scrubber) (Run, []Fact) {
	r := l.run
	r.Result, r.Code = scrub.json(result), result.Verdict.Code
	switch {
	case result.AsExpected:
		r.State, r.Title = RunPassed, "Transfer complete"
		if result.Status != "COMPLETED" {
			r.Title = "Ended " + result.Status + ", as the scenario should"
		}
		if l.req.FollowOnly && l.req.Scenario == "" { // somebody else's: it proves nothing of this migration's way in
			r.Title = "The workflow ended " + result.Status
			return r, nil
		}
		return r, []Fact{newFact(FactTransfer, about.hash, TransferData{Run: r.ID, RunNumber: r.Number, WorkflowID: l.workflowID, Status: result.Status})}
	case ctx.Err() != nil && (result.Status == "" || result.Status == "RUNNING" || result.Status == "NOT_STARTED"):
		return interrupted(r, l.workflowID, l.wasStopped()), nil
	}
	r.State, r.Title = RunFailed, scrub.text(result.Verdict.Title)
	if r.Title == "" || r.Code == "OK" {
		r.Title = "The workflow ended " + result.Status
	}
	return r, nil
}

// interrupted is a run whose end nobody saw.
func interrupted(r Run, workflowID string, stopped bool) Run {
	why := "Onramp stopped before it ended"
	if stopped {
		why = "stopped before it ended"
	}
	r.State, r.Code, r.Title = RunInterrupted, "", "Interrupted: "+why
	if r.Kind == TransferRun {
		r.Title += "; the workflow may still run on the server"
		if workflowID != "" {
			r.Title += " as " + workflowID
		}
	}
	return r
}

func lastEntry(r Run) Entry {
	data, _ := json.Marshal(EndData{State: r.State, Title: r.Title, Code: r.Code})
	return Entry{RunID: r.ID, At: r.Ended, Kind: EntryEnd, Data: data}
}

// newID returns 128 random bits as 26 lower-case letters and digits.
func newID() string { return strings.ToLower(rand.Text()) }
