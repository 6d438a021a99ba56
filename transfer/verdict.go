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
	noWorkflows    = "TQ-10"
	unknownType    = "WF-01"
	unknownAct     = "WF-02"
	changedCode    = "WF-03"
	tooLarge       = "WF-04"
	codecMissing   = "WF-05"
	noAttribute    = "WF-06"
	clockOff       = "WF-10"
	missingInput   = "WF-13"
	wrongInput     = "WF-14"
	ownFailure     = "WF-15"
	stopped        = "WF-16"
	outOfTime      = "WF-17"
	taskFails      = "WF-18"
	noWorkflow     = "WF-19"
	foreignQueue   = "WF-20"
	activityFails  = "WF-21"
	nexusFails     = "WF-22"
)

// values are what a verdict's texts may hold: task_queue, workflow_type, workflow_id, near, identity,
// where, failure, endpoint_name (of Nexus); and title, cause and not_wrong, which replace the catalogue's.
type values map[string]string

// unexplained is an honest unknown: what was seen, no guess.
func unexplained(v values) doctor.Verdict {
	return doctor.Verdict{Code: "unknown", Level: doctor.Unknown, Stage: or(v["stage"], "workflow"), Title: or(v["title"], "The transfer did not end as it should"),
		Cause: oneLine(v["cause"]), NotWrong: v["not_wrong"], Fix: []doctor.Fix{{Who: "developer", Text: or(v["fix"], "Look at the events: they show what Temporal knows.")}},
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

// ofTarget is the verdict of a target that cannot be dialled: what a check says of it, where there is one to ask and it
// finds something wrong.
func (s *Service) ofTarget(ctx context.Context, t doctor.Target, err error) doctor.Verdict {
	if v, ok := s.checked(ctx, t); ok && !t.Plaintext { // a check asks for TLS
		return v
	}
	return ofFault(err)
}

// checked is what a check finds wrong with the way to a target; false when there is none to ask or it finds nothing.
func (s *Service) checked(ctx context.Context, t doctor.Target) (doctor.Verdict, bool) {
	if s.o.Diagnose == nil || ctx.Err() != nil {
		return doctor.Verdict{}, false
	}
	t.TaskQueue, t.WorkflowType = "", "" // the question is only whether one can connect
	v := s.o.Diagnose(ctx, t)
	return v, v.Code != doctor.OK && v.Code != ""
}

// ofError is the verdict of a call that failed: a refusal of the server by what it answered. The doctor, where there is one, knows better: it asks
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
		return doctor.Explain(noWorkflow, doctor.Certain, v)
	case errors.As(err, &bad) && strings.Contains(strings.ToLower(bad.Error()), "size exceeds limit"):
		return doctor.Explain(tooLarge, doctor.Certain, v)
	}
	if found, ok := s.checked(ctx, req.Target); ok {
		return found
	}
	switch {
	case errors.As(err, &noSpace):
		return doctor.Explain("NS-01", doctor.Certain, v)
	case errors.As(err, &denied) && strings.Contains(denied.Error(), "unexpected HTTP status code"):
		return doctor.Explain("H2-03", doctor.Certain, v) // a web filter's 403, not Temporal's
	case errors.As(err, &denied):
		return doctor.Explain("NS-02", doctor.Likely, v)
	case errors.As(err, &busy):
		return doctor.Explain("SY-04", doctor.Likely, v)
	}
	v["title"], v["stage"] = "Temporal did not accept the call", "grpc"
	if late(err) {
		v["title"] = "Temporal did not answer in time"
	}
	v["cause"], v["fix"] = "The answer was: "+answerOf(err), "Run a check (onramp check): it finds the stage that fails."
	return unexplained(v)
}

// unreachable is ofError's fault for callers that have no verdict to give.
func unreachable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "Temporal did not answer", "Run a check: it finds the stage that fails.")
}

// answerOf is an error of the server in one line.
func answerOf(err error) string { return shorten(oneLine(err.Error())) }
