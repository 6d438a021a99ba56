package transfer

import (
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/doctor"
	"onramp/fault"
)

// health is how much is wrong with what a workflow waits for.
type health int

const (
	healthy health = iota // it waits for something that comes by itself, or that somebody has to send
	trying                // something fails, and Temporal tries it again
	unclear               // it does not go on, and what was seen does not tell why
	stuck                 // it does not go on until somebody changes something
)

// finding is what a workflow waits for and what is to be done about it. A healthy one has the code OK and the title
// "Not stuck: …", and never advises to end anything.
type finding struct {
	health  health
	waits   string // "for the activity ship"; "" for a stuck one, whose verdict says it
	verdict doctor.Verdict
}

// facts is what is known of a workflow that does not move: its history's open ends, the server's description of it,
// and who polls the queues on which its tasks lie.
type facts struct {
	now       time.Time // by the server's clock, as far as it is known
	quiet     time.Duration
	patience  time.Duration // after which a task should have been taken
	namespace string
	open      openWork
	described *workflowservice.DescribeWorkflowExecutionResponse
	tasks     *queueSeen           // the queue of its workflow tasks; nil where it was not asked
	queues    map[string]queueSeen // those of its activities
	children  map[string]child     // by workflow ID
}

// child is a child workflow as far as it could be looked at.
type child struct {
	facts *facts // nil where it could not
	moves bool   // it went on meanwhile
	err   error
}

// waitsFor says what a workflow waits for. v are the values of a verdict's texts.
func waitsFor(f facts, v values) finding {
	info := f.described.GetWorkflowExecutionInfo()
	if p := f.described.GetWorkflowExtendedInfo().GetPauseInfo(); p != nil || info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_PAUSED {
		return f.rests("until somebody unpauses it", "The workflow is paused"+by(p.GetIdentity(), p.GetReason())+". It continues once it is unpaused.",
			doctor.Fix{Who: "developer", Text: "Unpause it when it should continue.", Command: "temporal workflow unpause --workflow-id " + shell(v["workflow_id"])})
	}
	if f.open.failed != nil {
		return finding{health: stuck, verdict: failingTask(f.open, v.clone())}
	}
	if t := f.described.GetPendingWorkflowTask(); t != nil {
		return f.task(t, v.clone())
	}
	if f.open.tasks == 0 && f.open.backoff > 0 {
		return f.later()
	}
	var all []finding
	for _, p := range f.described.GetPendingActivities() {
		all = append(all, f.activity(p, v.clone()))
	}
	for _, p := range f.described.GetPendingChildren() {
		all = append(all, f.child(p, v.clone()))
	}
	for _, p := range f.described.GetPendingNexusOperations() {
		all = append(all, f.nexus(p, v.clone()))
	}
	for _, t := range f.timers() {
		all = append(all, f.timer(t))
	}
	for _, id := range inOrder(f.open.externals) {
		all = append(all, f.rests(f.open.externals[id], "It waits for an answer that Temporal provides by itself."))
	}
	if len(all) == 0 {
		return f.nothing()
	}
	return worst(all)
}

// worst is the finding that says most: a stuck one hides the healthy; healthy ones are told together.
func worst(all []finding) finding {
	out := slices.MaxFunc(all, func(a, b finding) int { return int(a.health - b.health) })
	if out.health != healthy || len(all) == 1 {
		return out
	}
	var waits, causes []string
	fix := []doctor.Fix{}
	for _, f := range all {
		if f.verdict.Level != doctor.Certain {
			out.verdict.Level = f.verdict.Level
		}
		if slices.Contains(waits, f.waits) {
			continue
		}
		waits, causes = append(waits, f.waits), append(causes, f.verdict.Cause)
		fix = append(fix, f.verdict.Fix...)
	}
	const most = 3
	if n := len(waits); n > most {
		waits = append(waits[:most], fmt.Sprintf("for %d more", n-most))
		causes = append(causes[:most], fmt.Sprintf("And %d more.", n-most))
	}
	out.waits = join(waits)
	out.verdict.Title, out.verdict.Cause, out.verdict.Fix = "Not stuck: it waits "+out.waits, strings.Join(causes, " "), fix
	return out
}

// rests is a healthy finding.
func (f facts) rests(waits, cause string, fix ...doctor.Fix) finding {
	return finding{waits: waits, verdict: doctor.Verdict{Code: doctor.OK, Level: doctor.Certain, Stage: "workflow", Title: "Not stuck: it waits " + waits,
		Cause: oneLine(cause), Fix: append([]doctor.Fix{}, fix...), Candidates: []doctor.Candidate{}}}
}

// dark is a finding of what is not understood.
func (f facts) dark(title, cause string) finding {
	out := unexplained(values{"title": title, "cause": cause, "fix": "Look at the workflow's events and at the worker's log. Leave the workflow as it is until you know what it waits for."})
	return finding{health: unclear, verdict: out}
}

// task judges a workflow task that is under way.
func (f facts) task(t *workflowpb.PendingWorkflowTaskInfo, v values) finding {
	if t.GetState() == enumspb.PENDING_WORKFLOW_TASK_STATE_STARTED {
		if t.GetAttempt() > 1 {
			return f.dark("The worker is retrying the workflow's code", fmt.Sprintf("It is attempt %d; the history does not say why the previous one failed.", t.GetAttempt()))
		}
		return f.rests("for its worker, which has the task", fmt.Sprintf("A worker took the workflow's task at %s and has not answered yet: it runs the workflow's code or a local activity. If it has died, Temporal gives the task to another.", clockTime(t.GetStartedTime().AsTime())))
	}
	if f.quiet < f.patience {
		return f.rests("for a worker to take its task", "The workflow's task was put into the task queue "+f.open.queue+" a moment ago.")
	}
	if f.tasks == nil {
		return f.dark("The workflow's task waits for a worker", "Who polls "+f.open.queue+" was not seen.")
	}
	return untaken(*f.tasks, workflowPoller, pinnedTo(f.described), f.open.died, v)
}

// pinnedTo is the version that a workflow is bound to; the zero value when to none.
func pinnedTo(d *workflowservice.DescribeWorkflowExecutionResponse) version {
	i := d.GetWorkflowExecutionInfo().GetVersioningInfo()
	if p := i.GetVersioningOverride().GetPinned(); p != nil {
		return version{p.GetVersion().GetDeploymentName(), p.GetVersion().GetBuildId()}
	}
	if i.GetVersioningOverride().GetOverride() == nil && i.GetBehavior() == enumspb.VERSIONING_BEHAVIOR_PINNED {
		return version{i.GetDeploymentVersion().GetDeploymentName(), i.GetDeploymentVersion().GetBuildId()}
	}
	return version{}
}

// later: the first workflow task is not due yet.
func (f facts) later() finding {
	due := f.open.begun.Add(f.open.backoff)
	if f.now.After(due.Add(f.patience)) {
		return f.dark("The workflow's first task is late", "It was due at "+clockTime(due)+", and nothing shows why it did not begin.")
	}
	switch {
	case f.open.initiator == enumspb.CONTINUE_AS_NEW_INITIATOR_RETRY:
		return f.rests("for its next attempt at "+clockTime(due), "The run before this one failed, and the workflow's retry policy starts it again at "+clockTime(due)+".")
	case f.open.cron != "":
		return f.rests("for its cron time "+clockTime(due), fmt.Sprintf("Its cron schedule is %q: the first task of this run is due at %s.", f.open.cron, clockTime(due)))
	}
	return f.rests("until its start at "+clockTime(due), fmt.Sprintf("It was started with a delay of %s: its first task is due at %s.", fault.Lasts(f.open.backoff), clockTime(due)))
}

// nothing: no task, no timer, nothing that Temporal would bring by itself.
func (f facts) nothing() finding {
	if f.open.tasks == 0 {
		return f.dark("The workflow has no task", "No worker ran its code yet, and Temporal shows no task that waits for one.")
	}
	if f.quiet < f.patience {
		return f.rests("for its next step", "Its last step ended a moment ago.")
	}
	if names := named(f.open.updates); names != "" {
		return f.rests("in its update "+names, "The update was accepted and has not ended. Nothing else is pending, so its handler waits for a signal, for another update or for a condition of the workflow's own.")
	}
	cause := "A worker ran the workflow's code up to the point where it waits; no activity, child workflow, Nexus operation or timer is pending. It continues when a signal or an update arrives, or when someone asks it to stop."
	if f.open.cancelled {
		cause += " It was asked to stop before, but keeps running."
	}
	cause += " Onramp cannot know whether one is coming."
	if f.open.bad == "" {
		return f.rests("for a signal or an update", cause)
	}
	out := f.rests("for a signal or an update", cause+" The last thing the code learned is that "+strings.TrimSuffix(f.open.bad, ".")+": if it should have continued or failed then, check how it handles that.")
	out.verdict.Level = doctor.Likely
	return out
}

// activity judges a pending activity by its own task queue.
func (f facts) activity(p *workflowpb.PendingActivityInfo, v values) finding {
	name := oneLine(p.GetActivityType().GetName())
	queue := or(f.open.activities[p.GetActivityId()].queue, f.open.queue)
	causes := chain(p.GetLastFailure())
	state := p.GetState()
	fails := ""
	if len(causes) > 0 {
		fails = fmt.Sprintf(" The previous attempt failed: %s.", strings.TrimSuffix(sentence(causes), "."))
	}
	switch {
	case p.GetPaused() || state == enumspb.PENDING_ACTIVITY_STATE_PAUSED || state == enumspb.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED:
		m := p.GetPauseInfo().GetManual()
		return f.rests("for the activity "+name+", which is paused", "The activity is paused"+by(m.GetIdentity(), m.GetReason())+"."+fails+" It continues once it is unpaused.",
			doctor.Fix{Who: "developer", Text: "Unpause it when it should continue.", Command: "temporal activity unpause --workflow-id " + shell(v["workflow_id"]) + " --activity-id " + shell(p.GetActivityId())})
	case state == enumspb.PENDING_ACTIVITY_STATE_STARTED || state == enumspb.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED:
		return f.rests("for the activity "+name, fmt.Sprintf("%s has run on %s since %s, attempt %d.%s If that worker has died, Temporal ends the attempt when its timeout expires.",
			name, or(oneLine(p.GetLastWorkerIdentity()), "a worker"), clockTime(p.GetLastStartedTime().AsTime()), p.GetAttempt(), fails))
	}
	next := p.GetNextAttemptScheduleTime()
	if p.GetAttempt() > 1 && (next.IsValid() && f.now.Before(next.AsTime().Add(f.patience)) || !next.IsValid()) {
		out := failingActivity(p, queue, causes, v)
		if fresh, _ := f.queues[queue].count(activityPoller); fresh > 1 && out.health == stuck { // the next attempt may meet another worker
			out.health, out.verdict.Level = trying, doctor.Likely
		}
		return out
	}
	if f.quiet < f.patience {
		return f.rests("for the activity "+name, name+" was put into the task queue "+queue+" a moment ago.")
	}
	seen, ok := f.queues[queue]
	if !ok {
		return f.dark("The activity "+name+" waits for a worker", "Who polls "+queue+" was not seen.")
	}
	out := untaken(seen, activityPoller, pinnedTo(f.described), timedOut(causes), v)
	if out.health == unclear && f.runsOn(queue) {
		return f.rests("for the activity "+name, fmt.Sprintf("%s waits in the task queue %s until a worker has capacity; other tasks of this workflow run from there.%s", name, oneLine(queue), fails))
	}
	out.verdict.Cause = fmt.Sprintf("The activity %s is in the task queue %s. %s%s", name, oneLine(queue), out.verdict.Cause, fails)
	return out
}

// runsOn reports whether an activity of the workflow that came from a queue is running.
func (f facts) runsOn(queue string) bool {
	return slices.ContainsFunc(f.described.GetPendingActivities(), func(p *workflowpb.PendingActivityInfo) bool {
		return p.GetState() == enumspb.PENDING_ACTIVITY_STATE_STARTED && or(f.open.activities[p.GetActivityId()].queue, f.open.queue) == queue
	})
}

// child judges a child workflow by what is known of it.
func (f facts) child(p *workflowpb.PendingChildExecutionInfo, v values) finding {
	name := fmt.Sprintf("%s (%s)", oneLine(p.GetWorkflowTypeName()), oneLine(p.GetWorkflowId()))
	c := f.children[p.GetWorkflowId()]
	switch {
	case c.err != nil:
		return f.dark("It waits for a child workflow that Onramp cannot see", fmt.Sprintf("The child workflow %s is pending; asking for it returned: %s", name, answerOf(c.err)))
	case c.moves:
		return f.rests("for the child workflow "+name, "The child workflow "+name+" is progressing.")
	case c.facts == nil:
		out := f.rests("for the child workflow "+name, "The child workflow "+name+" is pending. Onramp looks at only a few children, and not at this one. Follow it by its own workflow ID to see what it waits for.")
		out.verdict.Level = doctor.Likely
		return out
	}
	v["workflow_id"], v["workflow_type"], v["task_queue"] = p.GetWorkflowId(), p.GetWorkflowTypeName(), c.facts.open.queue
	out := waitsFor(*c.facts, v)
	if out.health == healthy {
		return f.rests("for the child workflow "+name, fmt.Sprintf("The child workflow %s is not stuck: it waits %s. %s", name, out.waits, out.verdict.Cause), out.verdict.Fix...)
	}
	out.verdict.Cause = fmt.Sprintf("The workflow waits for its child workflow %s on the task queue %s. %s", name, oneLine(c.facts.open.queue), out.verdict.Cause)
	return out
}

// nexus judges a Nexus operation.
func (f facts) nexus(p *workflowpb.PendingNexusOperationInfo, v values) finding {
	name := oneLine(fmt.Sprintf("%s/%s at the endpoint %s", p.GetService(), p.GetOperation(), p.GetEndpoint()))
	last := sentence(chain(p.GetLastAttemptFailure()))
	switch p.GetState() {
	case enumspb.PENDING_NEXUS_OPERATION_STATE_STARTED:
		return f.rests("for the Nexus operation "+name, "The operation was accepted and has not ended; it ends by itself.")
	case enumspb.PENDING_NEXUS_OPERATION_STATE_BLOCKED:
		v["title"], v["endpoint_name"], v["failure"] = "Temporal is holding back a Nexus operation", oneLine(p.GetEndpoint()), last
		v["cause"] = fmt.Sprintf("Temporal is not sending %s for now: %s. It retries by itself; calls are held back after earlier ones failed.", name, or(strings.TrimSuffix(p.GetBlockedReason(), "."), "too many calls to the endpoint failed"))
		return finding{health: unclear, verdict: doctor.Explain(nexusFails, doctor.Likely, v)}
	case enumspb.PENDING_NEXUS_OPERATION_STATE_BACKING_OFF:
		v["endpoint_name"], v["failure"] = oneLine(p.GetEndpoint()), or(strings.TrimSuffix(last, "."), "no reason is given")
		v["cause"] = fmt.Sprintf("%s: attempt %d failed: %s. The next is at %s.", name, p.GetAttempt(), v["failure"], clockTime(p.GetNextAttemptScheduleTime().AsTime()))
		return finding{health: trying, verdict: doctor.Explain(nexusFails, doctor.Certain, v)}
	case enumspb.PENDING_NEXUS_OPERATION_STATE_SCHEDULED:
		if last != "" {
			v["endpoint_name"] = oneLine(p.GetEndpoint())
			v["cause"] = fmt.Sprintf("%s: the previous attempt failed: %s. Attempt %d is on its way.", name, strings.TrimSuffix(last, "."), max(p.GetAttempt(), 2))
			return finding{health: trying, verdict: doctor.Explain(nexusFails, doctor.Certain, v)}
		}
		if f.quiet < f.patience {
			return f.rests("for the Nexus operation "+name, "The operation was sent a moment ago.")
		}
		out := f.dark("No worker takes a Nexus operation", fmt.Sprintf("%s was sent at %s, attempt %d, and nobody has answered yet.", name, clockTime(p.GetScheduledTime().AsTime()), max(p.GetAttempt(), 1)))
		out.verdict.Fix = []doctor.Fix{{Who: "developer", Text: "Check that a worker with this service polls the task queue and namespace that the endpoint names.", Command: "temporal operator nexus endpoint get --name " + shell(p.GetEndpoint())}}
		return out
	}
	return f.dark("It waits for a Nexus operation", name+" is in a state that Onramp does not know.")
}

// timers are the open ones, the next to fire first.
func (f facts) timers() []openTimer {
	var out []openTimer
	for _, id := range inOrder(f.open.timers) {
		out = append(out, f.open.timers[id])
	}
	slices.SortStableFunc(out, func(a, b openTimer) int { return a.due.Compare(b.due) })
	return out
}

func (f facts) timer(t openTimer) finding {
	due := clockTime(t.due)
	if f.now.After(t.due.Add(f.patience)) {
		return f.dark("A timer is late", fmt.Sprintf("Timer %s was due at %s and has not fired.", oneLine(t.id), due))
	}
	return f.rests("for a timer until "+due, fmt.Sprintf("Timer %s fires at %s.", oneLine(t.id), due))
}

// by names who did something, and why.
func by(who, why string) string {
	out := ""
	if who != "" {
		out = " by " + oneLine(who)
	}
	if why != "" {
		out += fmt.Sprintf(" (%s)", shorten(oneLine(why)))
	}
	return out
}

// clockTime is a time as texts have it: always the same for the same time, whenever it is read.
func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func inOrder[V any](m map[int64]V) []int64 {
	var out []int64
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// named lists the names of a map in the order in which they came.
func named(m map[int64]string) string {
	var out []string
	for _, k := range inOrder(m) {
		if n := or(oneLine(m[k]), "without a name"); !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return join(out)
}

// join makes a list for people.
func join(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], ", ") + " and " + all[len(all)-1]
}
