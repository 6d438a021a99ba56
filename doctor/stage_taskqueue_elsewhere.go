package doctor

import (
	"context"
	"fmt"
	"strings"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// elsewhere looks for the worker where it may have stayed: on the local server (TQ-07), or in the
// namespace default of a server of one's own (TQ-03). It reports whether the ladder stopped there.
func (r *run) elsewhere(ctx context.Context) bool {
	if r.t.LocalAddress != "" {
		if who := r.localPollers(ctx); len(who) > 0 {
			r.see("local_pollers", who)
			r.say("nobody polls %q here, but a worker polls it at %s", clean(r.t.TaskQueue, 100), r.values["local_address"])
			r.stop("TQ-07", Certain, candidate("TQ-01", "The local worker may be meant to stay, and the one for this namespace was not started."))
			return true
		}
	}
	if !r.cloudHost() && r.ns != "default" {
		if who, err := r.pollersIn(ctx, r.rpc.svc, "default"); err == nil && len(who) > 0 {
			r.see("other_namespace", "default")
			r.see("pollers_there", who)
			r.say("nobody polls %q here, but a worker polls it in the namespace default", clean(r.t.TaskQueue, 100))
			r.stop("TQ-03", Certain)
			return true
		}
	}
	return false
}

// localPollers asks the local server, without TLS and without any secret.
func (r *run) localPollers(ctx context.Context) []string {
	cc, ns, err := r.localClient()
	if err != nil {
		r.see("local_answer", "not an address")
		return nil
	}
	defer cc.Close()
	r.see("local_address", strings.TrimPrefix(cc.Target(), "passthrough:///"))
	who, err := r.pollersIn(ctx, workflowservice.NewWorkflowServiceClient(cc), ns)
	switch {
	case err != nil:
		r.see("local_answer", "none: "+status.Convert(err).Message())
		r.localSilent = true
	case len(who) == 0:
		r.see("local_answer", fmt.Sprintf("nobody polls it in the namespace %s there either", clean(ns, 100)))
	}
	return who
}

// pollersIn are the identities that poll the task queue in a namespace. The error is the server's: it did not
// answer, or nobody may look there.
func (r *run) pollersIn(ctx context.Context, svc workflowservice.WorkflowServiceClient, ns string) ([]string, error) {
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(ctx, "temporal-namespace", ns), r.o.Budgets.Probe)
	defer cancel()
	res, err := svc.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{
		Namespace: ns, TaskQueue: &taskqueue.TaskQueue{Name: r.t.TaskQueue, Kind: enums.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: enums.TASK_QUEUE_TYPE_WORKFLOW,
	}, grpc.WaitForReady(false))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range res.GetPollers() {
		out = append(out, clean(p.GetIdentity(), 120))
	}
	return out, nil
}

// version names a worker deployment version.
type version struct{ deployment, build string }

// routing is where a task queue sends new workflows: the current version, the one that is being
// ramped up, or the workers without a version (the zero version).
type routing struct {
	known            bool // the server said so
	current, ramping version
	ramps            bool
}

func routingOf(v *taskqueue.TaskQueueVersioningInfo) routing {
	out := routing{known: v != nil}
	if c := v.GetCurrentDeploymentVersion(); c != nil {
		out.current = version{c.GetDeploymentName(), c.GetBuildId()}
	}
	if c := v.GetRampingDeploymentVersion(); v.GetRampingVersionPercentage() > 0 {
		out.ramps = true
		if c != nil {
			out.ramping = version{c.GetDeploymentName(), c.GetBuildId()}
		}
	}
	return out
}

// serves reports whether one of the pollers gets new workflows.
func (w routing) serves(ps []poller) bool {
	for _, p := range ps {
		if p.version == w.current || w.ramps && p.version == w.ramping {
			return true
		}
	}
	return false
}

// notCurrent is a task queue whose pollers are all of versions that get no new workflows (TQ-06). A
// server that does not tell its routing leaves it likely.
func (r *run) notCurrent(ps []poller, w routing) {
	if v := ps[0].version; v != (version{}) {
		r.see("deployment", v.deployment)
		r.see("build", v.build)
	} else {
		r.see("worker_version", "none")
	}
	if w.current != (version{}) {
		r.see("current_version", w.current.deployment+"."+w.current.build)
	} else {
		r.see("current_version", "none: workers without a version")
	}
	r.say("the workers on %q are not of the version that gets new workflows", clean(r.t.TaskQueue, 100))
	if w.known {
		r.stop("TQ-06", Certain)
		return
	}
	r.stop("TQ-06", Likely, candidate("TQ-01", "This server does not say where it sends new workflows."))
}
