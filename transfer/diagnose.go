package transfer

import (
	"fmt"
	"regexp"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"

	"onramp/doctor"
)

// What the SDKs say, in their own words.
var (
	// sayUnknownType: Go; Python, .NET and Ruby; Java; TypeScript; PHP.
	sayUnknownType = regexp.MustCompile(`(?i)unable to find workflow type|workflow (class|type)? ?\S+ is not registered|unknown workflow type|no such function is exported by the workflow bundle|workflow with the specified name .* was not registered`)
	// sayUnknownActivity: Go; Python, TypeScript, .NET and Ruby; Java; PHP.
	sayUnknownActivity = regexp.MustCompile(`(?i)unable to find activityType|activity (function|type)? ?\S+ (for workflow \S+ )?is not registered|activity with the specified name .* was not registered`)
	// sayChanged: every SDK's rule TMPRL1100, and how they said it before.
	sayChanged = regexp.MustCompile(`(?i)TMPRL1100|non-?determinis`)
	// sayTooFewArguments: Python and Ruby name the argument, .NET counts.
	sayTooFewArguments = regexp.MustCompile(`(?i)missing \d+ required (positional|keyword)|wrong number of arguments|required keyword|given 0 parameter|parameter count|too few arguments|expects? at least \d+ argument`)
	// sayUnreadable: Python; Go; Java; .NET; TypeScript; PHP.
	sayUnreadable = regexp.MustCompile(`(?i)failed decoding arguments|unable to decode|failed to (decode|deserialize)|cannot (deserialize|unmarshal|construct)|could not (decode|deserialize)|JSON value could not be converted|DataConverterException|unexpected keyword argument|unrecognized (field|property)`)
	// sayEncoding: a payload that only the codec of somebody else can read.
	sayEncoding = regexp.MustCompile(`(?i)encoding is not supported|unknown (payload )?encoding|no (payload )?converter for|binary/encrypted`)
	// known is the list of names that follows in most of these.
	known = regexp.MustCompile(`(?i)(?:supported types|available (?:workflows|activities)|known types are):? *(\[[^\]]*\]|[^\n]*)`)
)

// harmless are causes of a failed workflow task that the server or a person brings about and that pass.
var harmless = map[string]bool{
	enumspb.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND.String():       true,
	enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW.String():          true,
	enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE.String(): true,
	enumspb.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND.String():     true,
	enumspb.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND.String():  true,
}

// classify names the fault of a workflow task that the worker gave back. arguments is how many the
// workflow was started with.
func classify(cause enumspb.WorkflowTaskFailedCause, causes []Cause, arguments int, v values) doctor.Verdict {
	text := allOf(causes)
	switch {
	case cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR || sayChanged.MatchString(text):
		return doctor.Explain(changedCode, doctor.Certain, v)
	case sayUnknownType.MatchString(text):
		v["cause"] = fmt.Sprintf("The worker on %s does not know the workflow type %s%s.", v["task_queue"], v["workflow_type"], knownOnes(text))
		return doctor.Explain(unknownType, doctor.Certain, v)
	case cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE, cause == enumspb.WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE:
		return doctor.Explain(tooLarge, doctor.Certain, v)
	case sayEncoding.MatchString(text):
		return doctor.Explain(codecMissing, doctor.Likely, v)
	case arguments == 0 && sayTooFewArguments.MatchString(text):
		return noInput(doctor.Certain, v)
	case arguments == 0: // TypeScript: "Cannot read properties of undefined"; Java: a null pointer
		return noInput(doctor.Likely, v)
	case sayUnreadable.MatchString(text), sayTooFewArguments.MatchString(text) && strings.Contains(text, "__init__"):
		return doctor.Explain(wrongInput, doctor.Certain, v)
	case sayTooFewArguments.MatchString(text):
		return doctor.Explain(wrongInput, doctor.Likely, v)
	}
	return doctor.Explain(taskFails, doctor.Certain, v)
}

// noInput is the tutorial's own mistake: started without --input. The fix is the whole command.
func noInput(level doctor.Level, v values) doctor.Verdict {
	out := doctor.Explain(missingInput, level, v)
	out.Fix = []doctor.Fix{
		{Who: "developer", Text: "Start it again, with its input.", Command: fmt.Sprintf("temporal workflow start --type %s --task-queue %s --input %s", shell(v["workflow_type"]), shell(v["task_queue"]), shell(v["input"]))},
		{Who: "developer", Text: "End the one that is stuck: it cannot continue.", Command: "temporal workflow terminate --workflow-id " + shell(v["workflow_id"])}}
	return out
}

// plainWord needs no quotes in a shell.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shell quotes a word for a POSIX shell.
func shell(s string) string {
	s = oneLine(s)
	if plainWord.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// activityFault names the fault of a failing activity where it is the worker's set-up; false where it is
// the activity's own business.
func activityFault(causes []Cause, activity string, v values) (doctor.Verdict, bool) {
	text := allOf(causes)
	switch {
	case sayUnknownActivity.MatchString(text):
		v["activity"] = activity
		v["cause"] = fmt.Sprintf("The worker that took the task does not know the activity %s%s.", activity, knownOnes(text))
		return doctor.Explain(unknownAct, doctor.Certain, v), true
	case sayEncoding.MatchString(text):
		return doctor.Explain(codecMissing, doctor.Likely, v), true
	case sayUnreadable.MatchString(text):
		return doctor.Explain(wrongInput, doctor.Likely, v), true
	}
	return doctor.Verdict{}, false
}

// knownOnes repeats what the worker says it knows.
func knownOnes(text string) string {
	m := known.FindStringSubmatch(text)
	if m == nil || strings.Trim(m[1], "[] .") == "" {
		return ""
	}
	return "; it knows " + strings.Trim(oneLine(m[1]), "[] .")
}

// allOf is every message and type of a chain.
func allOf(causes []Cause) string {
	var b strings.Builder
	for _, c := range causes {
		b.WriteString(c.Type + ": " + c.Message + "\n")
	}
	return b.String()
}

// waiting says why a task lies in a queue, from who polls it. activities tells which kind of task; died,
// that the worker that had it did not answer any more.
func waiting(s survey, activities, died bool, v values) doctor.Verdict {
	workflows, oldWorkflows := s.count(workflowPoller)
	acts, oldActs := s.count(activityPoller)
	v["task_queue"] = s.queue
	switch {
	case s.err != nil:
		v["title"], v["stage"] = "Nobody takes the task, and Onramp cannot see who polls the queue", "task-queue"
		v["cause"] = "Asking for the queue's pollers returned: " + answerOf(s.err)
		return unexplained(v)
	case activities && acts == 0 && workflows > 0:
		return doctor.Explain(noActivities, doctor.Certain, v)
	case died:
		v["identity"] = identityOf(s)
		v["cause"] = "The worker that had the task stopped answering: it died, was stopped, or lost its connection. Temporal gives the task to the next worker that asks."
		return doctor.Explain(workerGone, doctor.Likely, v)
	case activities && acts > 0, !activities && workflows > 0:
		v["identity"] = identityOf(s)
		v["cause"] = fmt.Sprintf("%s asked %s for tasks within the last minute, but does not take the one that is waiting: it was just stopped, or all its slots are taken.", identityOf(s), s.queue)
		out := doctor.Explain(workerGone, doctor.Likely, v)
		out.Candidates = append(out.Candidates, doctor.Candidate{Code: otherVersion, Why: "The task queue may be versioned, and this worker's version is not the current one."})
		return out
	case !activities && acts > 0 && oldWorkflows == 0:
		v["identity"] = identityOf(s)
		return doctor.Explain(noWorkflows, doctor.Certain, v)
	case oldWorkflows+oldActs > 0 && (!activities && oldWorkflows > 0 || activities && oldActs > 0):
		v["identity"] = identityOf(s)
		return doctor.Explain(workerGone, doctor.Likely, v)
	}
	if len(s.others) > 0 {
		f := s.others[0]
		v["where"], v["near"], v["identity"] = f.where, f.queue, f.identity
		if f.local {
			v["cause"] = fmt.Sprintf("Nobody polls %s here, but %s polls %s in %s: that worker did not restart with the new settings.", s.queue, f.identity, f.queue, f.where)
			return doctor.Explain(stillLocal, doctor.Certain, v)
		}
		v["cause"] = fmt.Sprintf("Nobody polls %s here, but %s polls %s in %s.", s.queue, f.identity, f.queue, f.where)
		return doctor.Explain(otherNamespace, doctor.Certain, v)
	}
	if len(s.near) > 0 {
		n := s.near[0]
		v["near"], v["identity"] = n.queue, n.identity
		v["cause"] = fmt.Sprintf("Nobody polls %q, but %s polls %q. Task queue names must match exactly.", s.queue, n.identity, n.queue)
		out := doctor.Explain(nearMiss, doctor.Likely, v)
		if v["input"] != "" && v["workflow_type"] != "" {
			out.Fix = []doctor.Fix{{Who: "developer", Text: fmt.Sprintf("Start it on %s, or let the worker poll %s: one name in both places.", oneLine(n.queue), s.queue),
				Command: fmt.Sprintf("temporal workflow start --type %s --task-queue %s --input %s", shell(v["workflow_type"]), shell(n.queue), shell(v["input"]))}}
		}
		return out
	}
	out := doctor.Explain(noPoller, doctor.Certain, v)
	if len(s.rest) > 0 {
		out.Candidates = append(out.Candidates, doctor.Candidate{Code: nearMiss, Why: "Workers of this namespace poll other queues: " + strings.Join(s.rest, ", ") + ". One of them may be yours, under another name."})
	}
	return out
}

func identityOf(s survey) string {
	for _, p := range s.pollers {
		if p.Identity != "" {
			return p.Identity
		}
	}
	return "A worker"
}
