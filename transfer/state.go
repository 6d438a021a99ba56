package transfer

import (
	"time"

	"onramp/doctor"
)

// State is a transfer as its events tell it so far. Page, command and the diagnosis of a stuck transfer read it;
// Add is the only place where events are interpreted. The zero value is a transfer of which nothing is known.
type State struct {
	// Joined: the workflow was under way before it was followed, so that its events may be old when they arrive.
	// Set before the first Add.
	Joined bool

	Events []Event // in the order in which they came

	// What it is; each "" until an event tells it.
	WorkflowID, RunID, Type, TaskQueue, Namespace string

	Begun     time.Time // first event of the workflow's history, by the server's clock; zero before
	Input     any       // with which it was started, as Data.Input
	Arguments int       // so many

	Activities []*Activity // of the run of the workflow that is followed now, in the order in which they were scheduled

	// Of the workflow task: it lies in the queue, or a worker has it.
	TaskWaits, TaskTaken bool
	Failing              bool      // the worker's code could not run the last one
	Moved                time.Time // last progress, by this computer's clock

	Lost      string    // what was said of the lost connection; "" while it is there
	LostSince time.Time // by this computer's clock

	// Ahead is how far this computer's clock is ahead of the server's; 0 until an event of the history tells it.
	Ahead time.Duration

	Diagnosis *doctor.Verdict // why it does not go on, while it does not

	// How the workflow ended; Closed is false while it may still go on.
	Closed  bool
	Status  string
	Result  any
	Failure string
	Causes  []Cause

	taskDied bool // a worker let the last workflow task time out
	bars     bars
	heard    bool // Ahead is known
}

// Activity is one activity of a workflow: its newest attempt.
type Activity struct {
	ID, Name    string
	Attempt     int
	MaxAttempts int // 0 where it is not known
	State       ActivityState
	Failure     string     // of the attempt before it, or of itself where it has failed for good
	NextRetry   *time.Time // by the server's clock
	Heartbeat   any        // the last one's details, as Data.Heartbeat

	waits    time.Time // since when it is due and waits for a worker, by this computer's clock
	timedOut bool      // the attempt before
}

// Ended reports whether no attempt follows.
func (a *Activity) Ended() bool { return final(a.State) }

// final reports whether a state is one of the last.
func final(state ActivityState) bool {
	switch state {
	case StateCompleted, StateFailed, StateTimedOut, StateCanceled:
		return true
	}
	return false
}

// Add takes in the next event, which arrived then by this computer's clock.
func (s *State) Add(e Event, arrived time.Time) {
	s.Events = append(s.Events, e)
	if e.Event == KindNote && e.Data.RunID != "" {
		s.nextRun()
	}
	s.learnNames(e)
	s.learnClock(e, arrived)
	s.learnConnection(e, arrived)
	s.learnProgress(e, arrived)
	if e.ActivityID != "" && (e.Event == KindActivity || e.Event == KindPending) {
		s.learnActivity(e, arrived)
	}
	s.learnTask(e)
	s.learnEnd(e)
}

// nextRun: the workflow goes on in another run, whose activities and tasks begin again.
func (s *State) nextRun() {
	s.Activities, s.TaskWaits, s.TaskTaken, s.Failing, s.taskDied, s.Closed, s.Status = nil, false, false, false, false, false, ""
	s.bars.open = nil
}

// learnNames keeps ids and names. Those of a task are of the queue where that task lies, which may be a worker's own.
func (s *State) learnNames(e Event) {
	if e.Event == KindActivity || e.Event == KindPending || e.Event == KindWorkflow && e.Type != "WorkflowExecutionStarted" {
		return
	}
	d := e.Data
	s.WorkflowID, s.RunID, s.Type = or(d.WorkflowID, s.WorkflowID), or(d.RunID, s.RunID), or(d.WorkflowType, s.Type)
	s.TaskQueue, s.Namespace = or(d.TaskQueue, s.TaskQueue), or(d.Namespace, s.Namespace)
	if e.Type == "WorkflowExecutionStarted" && s.Begun.IsZero() {
		s.Begun, s.Input, s.Arguments = e.At, d.Input, d.Arguments
	}
}

// learnClock learns how far this computer's clock is ahead of the server's: the least time between an event of the
// history and its arrival here. An event that is old when it arrives tells little, so that more than that is only
// believed of a transfer that was followed from its start.
func (s *State) learnClock(e Event, arrived time.Time) {
	if e.ID == 0 {
		return
	}
	d := arrived.Sub(e.At)
	if s.heard && d >= s.Ahead || d > 0 && s.Joined {
		return
	}
	s.heard, s.Ahead = true, d
}

func (s *State) learnConnection(e Event, arrived time.Time) {
	switch {
	case e.Data.Connected == nil:
	case *e.Data.Connected:
		s.Lost, s.LostSince = "", time.Time{}
	case s.Lost == "":
		s.Lost, s.LostSince = e.Text, arrived
	}
}

// learnProgress knows whether the transfer goes on, and takes back what was said of why it does not.
func (s *State) learnProgress(e Event, arrived time.Time) {
	lost := e.Data.Connected != nil && !*e.Data.Connected
	switch {
	case e.Event == KindDiagnosis:
		s.Diagnosis = e.Verdict
	case e.Event == KindActivity && e.State != "", e.Event == KindNote && !lost, e.Type == "WorkflowTaskCompleted":
		s.Diagnosis = nil
	}
	if e.ID > 0 || e.Event == KindPending && e.ActivityID != "" || e.Data.Connected != nil && !lost {
		s.Moved = arrived
	}
}

func (s *State) learnActivity(e Event, arrived time.Time) {
	s.bars.add(e)
	a := s.activity(e.ActivityID)
	if a == nil {
		a = &Activity{ID: e.ActivityID, Name: e.Activity, waits: arrived}
		s.Activities = append(s.Activities, a)
	}
	if e.State == "" {
		return
	}
	// Between two looks a worker may take it and give it back: then it waits anew.
	if e.Event == KindPending && e.State == StateScheduled && (a.State != StateScheduled || a.Attempt != e.Attempt) {
		a.waits = arrived
		if e.NextRetry != nil {
			a.waits = *e.NextRetry
		}
	}
	if e.Attempt > 0 {
		a.Attempt = e.Attempt
	}
	if e.Data.MaxAttempts > 0 {
		a.MaxAttempts = e.Data.MaxAttempts
	}
	a.timedOut = e.Event == KindPending && e.Data.Timeout.Is
	a.State, a.Failure, a.NextRetry, a.Heartbeat = e.State, e.Failure, e.NextRetry, e.Data.Heartbeat
}

// activity is an activity by its id, nil when there is none.
func (s *State) activity(id string) *Activity {
	for _, a := range s.Activities {
		if a.ID == id {
			return a
		}
	}
	return nil
}

func (s *State) learnTask(e Event) {
	switch e.Type {
	case "WorkflowExecutionStarted":
		s.bars.begins(e.At)
	case "WorkflowTaskScheduled":
		s.TaskWaits, s.TaskTaken = true, false
	case "WorkflowTaskStarted":
		s.TaskWaits, s.TaskTaken = false, true
	case "WorkflowTaskCompleted":
		s.TaskWaits, s.TaskTaken, s.Failing, s.taskDied = false, false, false, false
	case "WorkflowTaskFailed":
		s.TaskWaits, s.TaskTaken, s.Failing = false, false, !harmless[e.Data.Cause]
	case "WorkflowTaskTimedOut":
		s.TaskWaits, s.TaskTaken = true, false
		s.taskDied = e.Data.Timeout.Kind != "ScheduleToStart"
	}
}

// learnEnd knows how the workflow ended. One that goes on in another run has not.
func (s *State) learnEnd(e Event) {
	status := e.closes()
	if status == "" {
		return
	}
	s.Status, s.Result, s.Failure, s.Causes = status, e.Data.Result, e.Failure, e.Data.Causes
	s.Closed = status != ContinuedAsNew && e.Data.NewRunID == ""
}

// WorkerDied reports whether a task that waits was with a worker before that let it time out.
func (s *State) WorkerDied() bool {
	for _, a := range s.Activities {
		if a.timedOut && a.State == StateScheduled {
			return true
		}
	}
	return s.taskDied
}

// waiting is an activity that is due and that no worker took for longer than patience; nil when there is none.
func (s *State) waiting(now time.Time, patience time.Duration) *Activity {
	for _, a := range s.Activities {
		if a.State == StateScheduled && now.Sub(a.waits) >= patience {
			return a
		}
	}
	return nil
}

// Pending are the activities that have not ended; none once the workflow has.
func (s *State) Pending() []*Activity {
	var out []*Activity
	for _, a := range s.Activities {
		if !s.Closed && !a.Ended() {
			out = append(out, a)
		}
	}
	return out
}

// Bars are the timeline: one bar for every attempt of every activity that was seen, in the order in which they
// began. Times are relative to the first event of the workflow's history. The slice is a copy.
func (s *State) Bars() []Bar { return append([]Bar{}, s.bars.all...) }

// Elapsed is how far the newest event is from the first of the workflow's history; 0 before that.
func (s *State) Elapsed() time.Duration {
	if s.Begun.IsZero() {
		return 0
	}
	return s.Events[len(s.Events)-1].At.Sub(s.Begun)
}
