package transfer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/doctor"
)

// version is a build of a worker deployment; the zero value stands for workers without one.
type version struct{ deployment, build string }

func (v version) String() string {
	if v == (version{}) {
		return "no version"
	}
	return v.deployment + ":" + v.build
}

// queueSeen is one task queue and one kind of task, as the server describes it.
type queueSeen struct {
	survey
	builds  map[version]string // identities of the pollers that asked lately, by their version
	routed  bool               // tasks go to current
	current version
	ramping bool // a share of the tasks goes elsewhere
}

// seeQueue describes a task queue for a kind of poller. Where nobody polls, it also looks for the same name in another
// spelling: that, other than a name that is only alike, is a slip and not another application's queue.
func seeQueue(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace, queue, kind string, now func() time.Time) queueSeen {
	q := queueSeen{survey: survey{queue: queue}, builds: map[version]string{}}
	asking, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, k := range []string{workflowPoller, activityPoller} {
		resp, err := svc.DescribeTaskQueue(asking, &workflowservice.DescribeTaskQueueRequest{Namespace: namespace,
			TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: queueTypes[k]})
		q.at = now()
		if err != nil {
			q.err = err
			return q
		}
		for _, p := range resp.GetPollers() {
			q.pollers = append(q.pollers, Poller{Identity: p.GetIdentity(), LastAccess: p.GetLastAccessTime().AsTime(), Kind: k})
			if k != kind || q.at.Sub(p.GetLastAccessTime().AsTime()) > stale {
				continue
			}
			d := p.GetDeploymentOptions()
			v := version{}
			if d.GetWorkerVersioningMode() == enumspb.WORKER_VERSIONING_MODE_VERSIONED {
				v = version{d.GetDeploymentName(), d.GetBuildId()}
			}
			q.builds[v] = or(p.GetIdentity(), "a worker")
		}
		if info := resp.GetVersioningInfo(); k == kind && info != nil {
			c := info.GetCurrentDeploymentVersion()
			q.routed, q.current, q.ramping = c != nil, version{c.GetDeploymentName(), c.GetBuildId()}, info.GetRampingVersionPercentage() > 0
		}
	}
	if fresh, old := q.count(kind); fresh+old == 0 {
		q.seeOthers(asking, svc, namespace, kind)
	}
	return q
}

// seeOthers notes what else is polled in the namespace: where the workers tell, and else the same name in another
// spelling.
func (q *queueSeen) seeOthers(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace, kind string) {
	for _, w := range listed(ctx, svc, namespace) {
		switch {
		case w.queue == q.queue || strings.HasPrefix(w.queue, queuePrefix) || strings.HasPrefix(w.queue, "/_sys") || strings.HasPrefix(w.queue, "temporal-sys-"):
		case plainName(w.queue) == plainName(q.queue):
			q.near = append(q.near, found{queue: w.queue, identity: w.identity})
		case len(q.rest) < 5 && !slices.Contains(q.rest, oneLine(w.queue)):
			q.rest = append(q.rest, oneLine(w.queue))
		}
	}
	if len(q.near) > 0 {
		return
	}
	for _, name := range spellings(q.queue) {
		all, err := pollersOf(ctx, svc, namespace, name, kind)
		if err != nil {
			return
		}
		for _, p := range all {
			if q.at.Sub(p.LastAccess) <= stale {
				q.near = append(q.near, found{queue: name, identity: or(p.Identity, "a worker without a name")})
				return
			}
		}
	}
}

// plainName is a name without what people slip on: case, outer blanks, dash for underscore.
func plainName(s string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), "_", "-")
}

// untaken says why a task that has been due for a while lies in a queue. pinned is the version that the workflow is bound
// to, the zero value when to none.
func untaken(q queueSeen, kind string, pinned version, died bool, v values) finding {
	v["task_queue"] = q.queue
	if q.err == nil {
		if verdict, ok := wrongBuild(q, kind, pinned, v); ok {
			return finding{health: stuck, verdict: verdict}
		}
	}
	verdict := waiting(q.survey, kind == activityPoller, died, v)
	switch verdict.Code {
	case nearMiss: // the catalogue's command starts another workflow
		verdict.Fix = []doctor.Fix{{Who: "developer", Text: fmt.Sprintf("Use the same name where the worker polls and where the task is sent: %q or %q.", v["near"], q.queue)}}
		return finding{health: stuck, verdict: verdict}
	case noPoller, otherNamespace, stillLocal, noActivities, noWorkflows:
		return finding{health: stuck, verdict: verdict}
	case workerGone:
		verdict.Candidates = slices.DeleteFunc(verdict.Candidates, func(c doctor.Candidate) bool {
			return c.Code == otherVersion && len(q.builds) > 0 && q.builds[version{}] != ""
		})
	}
	return finding{health: unclear, verdict: verdict} // it may be taken at any moment
}

// wrongBuild is the verdict of a queue whose workers are all of another version than the one that gets the task. Rules
// as in Temporal's API, TaskQueueVersioningInfo: without a current version tasks go to workers without one; those of a
// pinned workflow go to its own.
func wrongBuild(q queueSeen, kind string, pinned version, v values) (doctor.Verdict, bool) {
	want := q.current
	if pinned != (version{}) {
		want = pinned
	}
	if len(q.builds) == 0 || q.builds[want] != "" || q.ramping && pinned == (version{}) {
		return doctor.Verdict{}, false
	}
	var seen []version
	for b := range q.builds {
		seen = append(seen, b)
	}
	slices.SortFunc(seen, func(a, b version) int { return strings.Compare(a.String(), b.String()) })
	first := seen[len(seen)-1] // one with a version, where there is one
	v["deployment"], v["build"] = first.deployment, first.build
	who := fmt.Sprintf("%s polls it as %s", oneLine(q.builds[first]), first)
	own := doctor.Fix{Who: "developer", Text: fmt.Sprintf("Run a worker of version %s again until the workflows that need it have finished.", want)}
	switch {
	case pinned != (version{}):
		v["title"] = "The worker has a different version from the workflow"
		v["cause"] = fmt.Sprintf("The workflow is pinned to version %s, and no worker of that version polls %s; %s.", pinned, q.queue, who)
		out := doctor.Explain(otherVersion, doctor.Certain, v)
		if kind == activityPoller { // a queue that the version does not have follows its own rules
			out.Level = doctor.Likely
		}
		out.Fix = []doctor.Fix{own}
		return out, true
	case !q.routed:
		v["title"] = "The task queue's workers have versions, but no version is current"
		v["cause"] = fmt.Sprintf("Without a current version, Temporal gives the tasks of %s to workers without a version, and there is none; %s.", q.queue, who)
		return doctor.Explain(otherVersion, doctor.Certain, v), true
	}
	v["cause"] = fmt.Sprintf("Temporal gives the tasks of %s to the current version %s, but no worker of that version polls; %s.", q.queue, want, who)
	out := doctor.Explain(otherVersion, doctor.Certain, v)
	if first == (version{}) {
		out.Fix = []doctor.Fix{own}
		return out, true
	}
	out.Fix[0].Text = fmt.Sprintf("If the code of %s can continue workflows of %s, make it current.", first, want)
	out.Fix = append([]doctor.Fix{own}, out.Fix...)
	return out, true
}
