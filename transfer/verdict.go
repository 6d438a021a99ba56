package transfer

import (
	"context"
	"errors"
	"maps"
	"strings"

	"go.temporal.io/api/serviceerror"

	"onramp/doctor"
	"onramp/fault"
)

// Ids of the catalogue that a transfer's verdicts use.
const (
	noPoller       = "TQ-01"
	nearMiss       = "TQ-02"
	otherNamespace = "TQ-03"
	workerGone     = "TQ-04"
	noActivities   = "TQ-05"
	otherVersion   = "TQ-06"
	stillLocal     = "TQ-07"
	unknownType    = "WF-01"
	unknownAct     = "WF-02"
	changedCode    = "WF-03"
	tooLarge       = "WF-04"
	codecMissing   = "WF-05"
	missingInput   = "WF-13"
	wrongInput     = "WF-14"
	ownFailure     = "WF-15"
	stopped        = "WF-16"
	outOfTime      = "WF-17"
	taskFails      = "WF-18"
	noWorkflow     = "WF-19"
	foreignQueue   = "WF-20"
)

// values are what a verdict's texts may hold: task_queue, workflow_type, workflow_id, near, identity,
// where, failure; and title, cause and not_wrong, which replace the catalogue's.
type values map[string]string

// explain makes a verdict: from the doctor's catalogue where it has the id, else from the texts below.
func explain(code string, level doctor.Level, v values) doctor.Verdict {
	if _, ok := doctor.Lookup(code); ok {
		return doctor.Explain(code, level, v)
	}
	own, ok := texts[code]
	if !ok {
		return unexplained(v)
	}
	var pairs, words []string
	for k, to := range v {
		pairs, words = append(pairs, "{"+k+"}", oneLine(to)), append(words, "{"+k+"}", shell(to))
	}
	fill, quoted := strings.NewReplacer(pairs...).Replace, strings.NewReplacer(words...).Replace
	out := doctor.Verdict{Code: code, Level: level, Stage: own.Stage, Title: fill(own.Title), Candidates: []doctor.Candidate{},
		Cause: or(oneLine(v["cause"]), fill(own.Cause)), NotWrong: or(v["not_wrong"], fill(own.NotWrong))}
	for _, f := range own.Fix {
		out.Fix = append(out.Fix, doctor.Fix{Who: f.Who, Text: fill(f.Text), Command: quoted(f.Command)})
	}
	return out
}

// unexplained is an honest unknown: what was seen, no guess.
func unexplained(v values) doctor.Verdict {
	return doctor.Verdict{Code: "unknown", Level: doctor.Unknown, Stage: or(v["stage"], "workflow"), Title: or(v["title"], "The transfer did not end as it should"),
		Cause: oneLine(v["cause"]), NotWrong: v["not_wrong"], Fix: []doctor.Fix{{Who: "developer", Text: or(v["fix"], "Look at the events: they hold what Temporal knows.")}},
		Candidates: []doctor.Candidate{}}
}

// fine is the verdict of a transfer that ended as it should.
func fineVerdict(title string) doctor.Verdict {
	return doctor.Verdict{Code: "OK", Level: doctor.Certain, Title: title, Fix: []doctor.Fix{}, Candidates: []doctor.Candidate{}}
}

// ofFault is the verdict of a fault met before anything was started.
func ofFault(err error) doctor.Verdict {
	f := fault.From(err)
	v := doctor.Verdict{Code: or(f.Code, "unknown"), Level: doctor.Certain, Stage: "input", Title: f.Title, Cause: f.Cause, NotWrong: f.NotWrong, Candidates: []doctor.Candidate{}}
	if f.Code == "" {
		v.Level = doctor.Unknown
	}
	if f.Fix != "" {
		v.Fix = []doctor.Fix{{Who: or(f.Who, "developer"), Text: f.Fix}}
	}
	return v
}

// refusal of the server, by what it answered. The doctor, where there is one, knows better: it asks
// stage by stage.
func (s *Service) ofError(ctx context.Context, req Request, err error, v values) doctor.Verdict {
	v = maps.Clone(v)
	var (
		noSpace  *serviceerror.NamespaceNotFound
		denied   *serviceerror.PermissionDenied
		busy     *serviceerror.ResourceExhausted
		bad      *serviceerror.InvalidArgument
		notThere *serviceerror.NotFound
	)
	switch {
	case errors.As(err, &notThere):
		return explain(noWorkflow, doctor.Certain, v)
	case errors.As(err, &bad) && strings.Contains(strings.ToLower(bad.Error()), "size exceeds limit"):
		return explain(tooLarge, doctor.Certain, v)
	}
	if s.o.Diagnose != nil && ctx.Err() == nil {
		t := req.Target
		t.TaskQueue, t.WorkflowType = "", "" // the question is only whether one can connect
		if found := s.o.Diagnose(ctx, t); found.Code != "OK" && found.Code != "" {
			return found
		}
	}
	switch {
	case errors.As(err, &noSpace):
		return explain("NS-01", doctor.Certain, v)
	case errors.As(err, &denied) && strings.Contains(denied.Error(), "unexpected HTTP status code"):
		return explain("H2-03", doctor.Certain, v) // a web filter's 403, not Temporal's (faults.md §1, fact 10)
	case errors.As(err, &denied):
		return explain("NS-02", doctor.Likely, v)
	case errors.As(err, &busy):
		return explain("SY-04", doctor.Likely, v)
	}
	v["title"], v["stage"] = "Temporal did not take the call", "grpc"
	v["cause"], v["fix"] = "The answer was: "+answerOf(err), "Run the connection test (onramp check): it finds the step that fails."
	return unexplained(v)
}

// unreachable is ofError's fault for callers that have no verdict to give.
func unreachable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "Temporal did not answer", "Run the connection test: it finds the step that fails.")
}

// answerOf is an error of the server in one line.
func answerOf(err error) string { return shorten(oneLine(err.Error())) }

// texts are the verdicts that the doctor's catalogue lacks so far.
var texts = map[string]doctor.Verdict{
	wrongInput: {Stage: "workflow", Title: "The worker cannot read the input it was given",
		Cause:    "The input's JSON keys are not those of the worker's code: {failure}",
		NotWrong: "Connection, certificate, namespace, task queue and worker are fine: the worker took the task.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Start it with the keys that this worker's language uses: choose its template, or give the input as the code declares it."},
			{Who: "developer", Text: "End the one that is stuck.", Command: "temporal workflow terminate --workflow-id {workflow_id}"}}},
	ownFailure: {Stage: "workflow", Title: "The workflow failed by its own code",
		Cause: "It ended with: {failure}", NotWrong: "Connection, namespace, task queue and worker are fine: the code ran to its end.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Read the failure's causes, innermost first: that is what the code met."}}},
	stopped: {Stage: "workflow", Title: "The transfer was stopped from outside",
		Cause: "Somebody cancelled or terminated the workflow.", NotWrong: "The worker did nothing wrong.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Start another transfer."}}},
	outOfTime: {Stage: "workflow", Title: "The transfer ran out of time",
		Cause: "The workflow did not end within the time it was given.", NotWrong: "It was started and accepted.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Look at the last events for what it waited for, then start another transfer."}}},
	taskFails: {Stage: "workflow", Title: "The worker's code cannot run this workflow",
		Cause: "Each try ends with: {failure}", NotWrong: "Connection, certificate, namespace and task queue are fine: the worker took the task.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Correct the workflow's code and restart the worker: the workflow goes on by itself."}}},
	noWorkflow: {Stage: "workflow", Title: "There is no such workflow here",
		Cause: "Namespace {namespace} has no workflow {workflow_id}: it was never started here, or its retention has ended.", NotWrong: "Connection, certificate and namespace are fine.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Copy workflow ID and namespace from the place that shows the workflow.", Command: "temporal workflow describe --workflow-id {workflow_id}"}}},
	foreignQueue: {Stage: "task-queue", Title: "Another worker polls this task queue",
		Cause: "{identity} polls {task_queue}. The built-in worker would take its tasks.", NotWrong: "Connection, certificate and namespace are fine.",
		Fix: []doctor.Fix{{Who: "developer", Text: "Leave the task queue out, or let your own worker run the transfer (--worker own)."}}},
}
