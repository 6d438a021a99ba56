package transfer

import (
	"fmt"
	"maps"
	"regexp"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"onramp/doctor"
)

// clone is a copy, for texts that another finding must not see.
func (v values) clone() values { return maps.Clone(v) }

var (
	// sayEntryArguments: the workflow's own function got too few arguments, not one that it calls. .NET counts those of
	// the workflow; the others name a function, which may be any.
	sayEntryArguments = regexp.MustCompile(`(?i)given 0 parameter`)
	// sayInnerArguments: Python names a method with its class, the workflow's own among them; a plain function is called
	// from within.
	sayInnerArguments = regexp.MustCompile(`(^|[^.\w])\w+\(\) missing \d+ required|__init__\(\)`)
	// sayEntryInput: the workflow's input, and not something that its code read: Go; Python.
	sayEntryInput = regexp.MustCompile(`(?i)unable to decode the workflow function input|failed decoding arguments`)
	// sayTooLarge: the SDK or the server did not take a payload for its size.
	sayTooLarge = regexp.MustCompile(`TMPRL1103|PayloadsTooLarge|BlobSizeLimitError|(?i)size exceeds limit`)
	// sayAttribute: the namespace has no such search attribute. A value of another type is another fault.
	sayAttribute = regexp.MustCompile(`(?i)no mapping defined for search attribute|is not a valid search attribute`)
	// sayNotTaken: an activity's time to be taken by a worker was over.
	sayNotTaken = regexp.MustCompile(`(?i)ScheduleToStart timeout`)
)

// failingTask names the fault of somebody's workflow task that the worker gave back. Of the workflow nothing is known but
// its history: what its code should have been given is not, and no advice ends it.
func failingTask(o openWork, v values) doctor.Verdict {
	causes := chain(o.failed.GetFailure())
	text := allOf(causes)
	v["failure"] = or(sentence(causes), o.failed.GetCause().String())
	v["task_queue"] = or(o.queue, v["task_queue"])
	out := doctor.Verdict{}
	switch cause := o.failed.GetCause(); {
	case cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR, strings.Contains(text, "TMPRL1100"):
		v["cause"] = "Replay produces different commands from those in the history: " + v["failure"]
		return doctor.Explain(changedCode, doctor.Certain, v)
	case sayUnknownType.MatchString(text):
		v["cause"] = fmt.Sprintf("The worker on %s does not know the workflow type %s%s.", v["task_queue"], v["workflow_type"], knownOnes(text))
		return doctor.Explain(unknownType, doctor.Certain, v)
	case cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE, cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE:
		return doctor.Explain(tooLarge, doctor.Certain, v)
	case cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES && sayAttribute.MatchString(text):
		v["cause"] = "The workflow's code sets a search attribute that the namespace does not have: " + v["failure"]
		return doctor.Explain(noAttribute, doctor.Certain, v)
	case sayEncoding.MatchString(text):
		return doctor.Explain(codecMissing, doctor.Likely, v)
	case o.tasks == 0 && o.arguments == 0 && sayTooFewArguments.MatchString(text) && !sayInnerArguments.MatchString(text):
		level := doctor.Likely
		if sayEntryArguments.MatchString(text) {
			level = doctor.Certain
		}
		v["cause"] = "The workflow was started without an argument, and its task ends with: " + v["failure"]
		out = doctor.Explain(missingInput, level, v)
		out.Fix = []doctor.Fix{{Who: "developer", Text: "Start one with the input that the code expects. This one continues only if the code can do without it."}}
	case o.tasks == 0 && o.arguments > 0 && sayEntryInput.MatchString(text):
		v["cause"] = "The input does not have the shape that the workflow's code declares: " + v["failure"]
		out = doctor.Explain(wrongInput, doctor.Certain, v)
		out.Fix = []doctor.Fix{{Who: "developer", Text: "Change the code so that it reads this workflow's input, or start another one with the input that the code expects."}}
	case strings.Contains(text, "TMPRL1101"):
		v["cause"] = "The worker returned the task: " + v["failure"] + " Either the code blocks, or the worker has too little processor time; then a later attempt succeeds."
		return doctor.Explain(taskFails, doctor.Likely, v)
	default:
		return doctor.Explain(taskFails, doctor.Certain, v)
	}
	return out
}

// failingActivity tells of an activity that fails and is tried again.
func failingActivity(p *workflowpb.PendingActivityInfo, queue string, causes []Cause, v values) finding {
	name := oneLine(p.GetActivityType().GetName())
	v["task_queue"], v["failure"] = queue, or(sentence(causes), "no reason is given")
	next := ""
	if t := p.GetNextAttemptScheduleTime(); t.IsValid() {
		next = " at " + clockTime(t.AsTime())
	}
	most := ""
	if m := p.GetMaximumAttempts(); m > 0 {
		most = fmt.Sprintf(" of at most %d", m)
	}
	if text := allOf(causes); sayUnknownActivity.MatchString(text) {
		v["cause"] = fmt.Sprintf("The worker that took the task from %s does not know the activity %s%s.", oneLine(queue), name, knownOnes(text))
		return finding{health: stuck, verdict: doctor.Explain(unknownAct, doctor.Certain, v)}
	}
	if sayTooLarge.MatchString(allOf(causes)) {
		v["cause"] = fmt.Sprintf("The activity %s returns more than Temporal accepts: attempt %d ended with: %s. Temporal makes attempt %d%s%s.", name, p.GetAttempt()-1, strings.TrimSuffix(v["failure"], "."), p.GetAttempt(), most, next)
		return finding{health: trying, verdict: doctor.Explain(tooLarge, doctor.Likely, v)}
	}
	v["title"] = "The activity " + name + " keeps failing and is retried"
	v["cause"] = fmt.Sprintf("Attempt %d failed: %s. Temporal makes attempt %d%s%s.", p.GetAttempt()-1, strings.TrimSuffix(v["failure"], "."), p.GetAttempt(), most, next)
	return finding{health: trying, verdict: doctor.Explain(activityFails, doctor.Certain, v)}
}
