package doctor

import (
	"context"
	"onramp/fault"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// stale is how long ago a poller must have been seen to be counted as there. Workers poll again
// every minute; the server forgets them after five.
const stale = 70 * time.Second

// poller is one worker that polls a task queue.
type poller struct {
	identity string
	ago      time.Duration
	version  version // zero for a worker without one
}

// taskQueue is stage 9: does a worker poll?
func (r *run) taskQueue(ctx context.Context) {
	if r.t.TaskQueue == "" {
		r.skip("no task queue was given")
		return
	}
	r.values["task_queue"] = r.t.TaskQueue
	var workflows, activities []poller
	var wErr, aErr error
	var routes routing
	var wg sync.WaitGroup
	wg.Go(func() { workflows, routes, wErr = r.pollers(ctx, r.t.TaskQueue, enums.TASK_QUEUE_TYPE_WORKFLOW) })
	wg.Go(func() { activities, _, aErr = r.pollers(ctx, r.t.TaskQueue, enums.TASK_QUEUE_TYPE_ACTIVITY) })
	wg.Wait()
	if err := wErr; err != nil || aErr != nil {
		if err == nil {
			err = aErr
		}
		st := status.Convert(err)
		r.seeStatus(st)
		if !r.expired(ctx) {
			r.rpcFailed(ctx, st)
		}
		return
	}
	r.see("workflow_pollers", identities(workflows))
	r.see("activity_pollers", identities(activities))
	fresh := func(ps []poller) bool {
		return slices.ContainsFunc(ps, func(p poller) bool { return p.ago < stale })
	}
	switch {
	case len(workflows) == 0:
		r.nobodyPolls(ctx, len(activities) > 0)
	case !fresh(workflows) && restarts(workflows) != "":
		r.see("restarting_host", restarts(workflows))
		r.say("workers on %s come and go: %s polled %q within five minutes, and none of them does now", restarts(workflows), plural(len(workflows), "process"), clean(r.t.TaskQueue, 100))
		r.stop("TQ-09", Likely, candidate("TQ-04", "The worker may have been stopped on purpose after a few restarts."))
	case !fresh(workflows):
		r.say("a worker polled %q, but not for %s", clean(r.t.TaskQueue, 100), fault.Lasts(workflows[0].ago))
		r.stop("TQ-04", Likely, candidate("TQ-09", "The worker may be restarting again and again."))
	case !routes.serves(workflows):
		r.notCurrent(workflows, routes)
	case len(activities) == 0:
		r.say("workflows have a worker, activities have none")
		r.stop("TQ-05", Certain)
	default:
		r.say("%s and %s on %q", plural(len(workflows), "workflow poller"), plural(len(activities), "activity poller"), clean(r.t.TaskQueue, 100))
		if i := slices.IndexFunc(workflows, func(p poller) bool { return laptop(p.identity) }); i >= 0 && r.cloudHost() {
			r.values["identity"] = workflows[i].identity
			r.warn("TQ-08")
		}
		if host := restarts(workflows); host != "" {
			r.see("restarting_host", host)
			r.warn("TQ-09")
		}
	}
}

// pollers asks who polls a task queue. The call is a read: it makes no queue and runs nothing.
func (r *run) pollers(ctx context.Context, queue string, kind enums.TaskQueueType) ([]poller, routing, error) {
	ctx, cancel := context.WithTimeout(ctx, r.o.Budgets.RPC)
	defer cancel()
	res, err := r.rpc.svc.DescribeTaskQueue(r.rpc.context(ctx, r.t.Plaintext), &workflowservice.DescribeTaskQueueRequest{
		Namespace: r.ns, TaskQueue: &taskqueue.TaskQueue{Name: queue, Kind: enums.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: kind,
	}, grpc.WaitForReady(false))
	if err != nil {
		return nil, routing{}, err
	}
	var out []poller
	for _, p := range res.GetPollers() {
		ago := time.Duration(0)
		if t := p.GetLastAccessTime(); t.IsValid() {
			ago = max(0, r.o.Now().Sub(t.AsTime()))
		}
		v := version{}
		if d := p.GetDeploymentOptions(); d.GetWorkerVersioningMode() == enums.WORKER_VERSIONING_MODE_VERSIONED {
			v = version{d.GetDeploymentName(), d.GetBuildId()}
		}
		out = append(out, poller{clean(p.GetIdentity(), 120), ago, v})
	}
	slices.SortFunc(out, func(a, b poller) int { return int(a.ago - b.ago) })
	return out, routingOf(res.GetVersioningInfo()), nil
}

func identities(ps []poller) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.identity)
	}
	return out
}

// nobodyPolls looks for a worker elsewhere and a name that is nearly the same before it says that there is none.
func (r *run) nobodyPolls(ctx context.Context, activityOnly bool) {
	if activityOnly {
		r.say("activities have a worker on %q, workflows have none", clean(r.t.TaskQueue, 100))
		r.stop("TQ-10", Certain)
		return
	}
	if r.elsewhere(ctx) {
		return
	}
	if near := r.nearQueues(ctx); len(near) > 0 {
		r.see("near_queues", near)
		r.values["near"] = near[0]
		r.say("nobody polls %q, but a worker polls %q", clean(r.t.TaskQueue, 100), clean(near[0], 100))
		r.stop("TQ-02", Likely, candidate("TQ-01", "The worker of that queue may belong to another application."))
		return
	}
	r.say("nobody has polled %q for five minutes", clean(r.t.TaskQueue, 100))
	r.stop("TQ-01", Certain, candidate("TQ-03", "The worker may be in another namespace."),
		candidate("TQ-07", "The worker may still be connected to the local server."))
}

// nearQueues asks for the names that people mix up with the given one.
func (r *run) nearQueues(ctx context.Context) []string {
	names := nearNames(r.t.TaskQueue)
	found := make([]bool, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() {
			ps, _, err := r.pollers(ctx, name, enums.TASK_QUEUE_TYPE_WORKFLOW)
			found[i] = err == nil && len(ps) > 0
		})
	}
	wg.Wait()
	var out []string
	for i, name := range names {
		if found[i] {
			out = append(out, name)
		}
	}
	return out
}

// knownQueues are the task queues of the official money-transfer templates: the tutorial's command
// and its code disagree.
var knownQueues = []string{"TRANSFER_MONEY_TASK_QUEUE", "money-transfer", "MONEY_TRANSFER_TASK_QUEUE", "MONEY_TRANSFER", "money-transfer-task-queue", "transfer-money"}

// nearNames lists names that are easily confused with a task queue's, at most 24.
func nearNames(q string) []string {
	t := strings.TrimSpace(q)
	var all []string
	add := func(names ...string) { all = append(all, names...) }
	add(t, t+" ", " "+t, strings.ToLower(t), strings.ToUpper(t), strings.ReplaceAll(t, "-", "_"), strings.ReplaceAll(t, "_", "-"))
	add(strings.ToLower(strings.ReplaceAll(t, "_", "-")), strings.ToUpper(strings.ReplaceAll(t, "-", "_")))
	if t != "" {
		add(strings.ToUpper(t[:1])+t[1:], strings.ToUpper(t[:1])+strings.ToLower(t[1:]))
	}
	for _, suffix := range []string{"-task-queue", "-queue", "s", "_TASK_QUEUE"} {
		if rest, ok := strings.CutSuffix(t, suffix); ok {
			add(rest)
		} else {
			add(t + suffix)
		}
	}
	for _, known := range knownQueues {
		if money(t) || distance(t, known) <= 2 {
			add(known)
		}
	}
	var out []string
	for _, n := range all {
		if n != q && strings.TrimSpace(n) != "" && !slices.Contains(out, n) && len(out) < 24 {
			out = append(out, n)
		}
	}
	return out
}

func money(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, "money") || strings.Contains(s, "transfer")
}

// distance is the Levenshtein distance of two names, for short texts.
func distance(a, b string) int {
	ra, rb := []rune(a), []rune(b)
	if len(ra) > 200 || len(rb) > 200 {
		return 200
	}
	row := make([]int, len(rb)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range ra {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range rb {
			cost := diagonal
			if x != y {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(rb)]
}

// restarts names the host on which a worker seems to start again and again: within the five minutes that the
// server remembers, three or more processes of one host (identities are pid@host) polled, and all but one at
// most have stopped. It is "" for none.
func restarts(ps []poller) string {
	type seen struct{ all, gone int }
	hosts := map[string]seen{}
	for _, p := range ps {
		pid, host, ok := strings.Cut(p.identity, "@")
		if _, err := strconv.Atoi(pid); !ok || err != nil {
			continue
		}
		s := hosts[host]
		s.all++
		if p.ago >= stale {
			s.gone++
		}
		hosts[host] = s
		if s.all >= 3 && s.gone >= s.all-1 {
			return host
		}
	}
	return ""
}

// laptop reports whether a worker's identity, pid@host, names a person's machine.
func laptop(identity string) bool {
	_, host, _ := strings.Cut(strings.ToLower(identity), "@")
	for _, word := range []string{"macbook", "laptop", "desktop-", ".local", "imac", "thinkpad"} {
		if strings.Contains(host, word) {
			return true
		}
	}
	return false
}
