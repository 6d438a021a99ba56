package transfer

import (
	"encoding/json"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"onramp/doctor"
)

// waits reports whether a task lies in a queue that a worker should have taken by now.
func (r *run) waits() bool {
	if !r.ours { // what it waits for is not known before Temporal is asked
		return r.state.Lost == "" && r.open.lastID > 0
	}
	return r.state.Lost == "" && !r.state.Failing && (r.state.TaskWaits || r.waitingActivity() != nil)
}

// waitingActivity is an activity that is due and that no worker took for longer than Patience.
func (r *run) waitingActivity() *Activity { return r.state.waiting(r.s.o.Now(), r.s.o.Patience) }

// stuck judges a survey of the queue.
func (r *run) stuck(v survey) {
	if v.clock.ahead != 0 {
		r.clock = v.clock
	}
	died := r.state.WorkerDied()
	if !r.waits() || died && r.late() {
		return
	}
	activities := r.waitingActivity() != nil && !r.state.TaskWaits
	r.diagnose(waiting(v, activities, died, r.values()), "", 0)
}

// diagnose tells a verdict, once. GiveUp ends the run after grace unless it goes on before.
func (r *run) diagnose(v doctor.Verdict, failure string, grace time.Duration) {
	r.diagnoses(v, failure, true, grace)
}

// diagnoses is diagnose of a verdict that may not be a reason to give up.
func (r *run) diagnoses(v doctor.Verdict, failure string, hopeless bool, grace time.Duration) {
	if d := r.state.Diagnosis; d != nil && d.Code == v.Code && d.Cause == v.Cause {
		return
	}
	v = doctor.Complete(v, r.req.Target)
	r.say(Event{Event: KindDiagnosis, Text: v.Title + ". " + v.Cause, Failure: failure, Verdict: &v})
	if hopeless && r.req.GiveUp && r.giveUpAt.IsZero() {
		r.giveUpAt = r.s.o.Now().Add(grace)
	}
}

// late blames the worker's clock for a task that ended after its time, where that clock was seen to be off.
func (r *run) late() bool {
	if r.clock.ahead == 0 {
		return false
	}
	vals := r.values()
	vals["identity"] = r.clock.identity
	vals["cause"] = r.clock.text() + " Temporal sets timeouts by its own clock and the worker enforces them by its clock, so a task can time out before it begins, or run too long."
	r.diagnose(doctor.Explain(clockOff, doctor.Likely, vals), "", r.s.beat.grace)
	return true
}

// pendingFault judges an activity's last failure.
func (r *run) pendingFault(p *workflowpb.PendingActivityInfo) {
	if p.GetLastFailure() == nil || !r.ours {
		return
	}
	vals := r.values()
	causes := chain(p.GetLastFailure())
	vals["failure"] = sentence(causes)
	if (timedOut(causes) || sayLate.MatchString(allOf(causes))) && r.late() {
		return
	}
	if v, ok := activityFault(causes, p.GetActivityType().GetName(), vals); ok {
		r.diagnose(v, vals["failure"], r.s.beat.grace)
	}
}

// checkInput looks whether the accounts that were sent arrive at the first activity. A Go worker that is
// given Python's keys decodes them to nothing, without an error, and pays nobody.
func (r *run) checkInput(h *historypb.HistoryEvent) {
	if h.GetEventType() != enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED || !r.plan.own || !r.ours || r.state.Diagnosis != nil {
		return
	}
	a := h.GetActivityTaskScheduledEventAttributes()
	text := textOf(a.GetInput())
	if r.state.Arguments == 0 && len(r.state.Activities) == 1 && blank(text) { // Go: a workflow without its argument gets an empty one
		r.diagnose(noInput(doctor.Likely, r.values()), "", r.s.beat.grace)
		return
	}
	if r.plan.details.SourceAccount == "" || r.req.FollowOnly && r.req.Details.SourceAccount == "" { // what it was started with is not known
		return
	}
	if len(r.state.Activities) > 1 || text == "" || strings.Contains(text, r.plan.details.SourceAccount) || strings.Contains(text, r.plan.details.TargetAccount) {
		return
	}
	vals := r.values()
	vals["failure"] = "the worker passed " + oneLine(text) + " on to " + a.GetActivityType().GetName() + "; the accounts got lost"
	r.diagnose(doctor.Explain(wrongInput, doctor.Likely, vals), "", r.s.beat.grace)
}

// blank reports whether JSON is an object in which nothing is filled in.
func blank(text string) bool {
	var fields map[string]any
	if json.Unmarshal([]byte(text), &fields) != nil || len(fields) == 0 {
		return false
	}
	for _, v := range fields {
		if v != nil && v != "" && v != 0.0 && v != false {
			return false
		}
	}
	return true
}
