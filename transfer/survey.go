package transfer

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"

	"onramp/doctor"
	"onramp/namespace"
)

// Poller is a worker seen on a task queue.
type Poller struct {
	Identity   string
	LastAccess time.Time
	Kind       string // workflow, activity
}

// Kinds of a Poller.
const (
	workflowPoller = "workflow"
	activityPoller = "activity"
)

// stale is how old a poller's last access may be before the worker counts as gone or full: an idle worker
// asks again at least once a minute, and Temporal keeps the entry for five.
const stale = 75 * time.Second

// found is where else a worker was seen.
type found struct {
	queue    string
	where    string // "" in the same namespace, else "namespace X on host:port"
	local    bool   // there is a server without TLS: the local one
	identity string
}

// survey is who polls a task queue, and when nobody does, where the worker might be instead.
type survey struct {
	at      time.Time
	queue   string
	pollers []Poller
	clock   skewed   // a worker of the queue whose clock is off
	sdk     string   // "temporal-python 1.35.0" where the server tells
	near    []found  // other queues of the same namespace with pollers
	rest    []string // up to five queues of the same namespace that workers poll under names far from this one
	others  []found  // the same queue, or a near one, elsewhere
	err     error
}

// count returns how many pollers of a kind asked lately, and how many have not for a while.
func (v survey) count(kind string) (fresh, old int) {
	for _, p := range v.pollers {
		switch {
		case p.Kind != kind:
		case v.at.Sub(p.LastAccess) > stale:
			old++
		default:
			fresh++
		}
	}
	return fresh, old
}

// look asks who polls the queue. Deep, it also looks where else the worker might be, unless one polls here.
func look(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace, queue string, deep bool, now func() time.Time) survey {
	v := survey{queue: queue}
	v.pollers, v.err = pollersOf(ctx, svc, namespace, queue, workflowPoller, activityPoller)
	v.at = now()
	if v.err != nil {
		return v
	}
	known := listed(ctx, svc, namespace)
	for _, w := range known {
		if w.queue == queue && v.sdk == "" {
			v.sdk = w.where
		}
	}
	if len(v.pollers) > 0 && len(known) > 0 {
		v.clock = clock(ctx, svc, namespace, v, now)
	}
	if fresh, _ := v.count(workflowPoller); !deep || fresh > 0 {
		return v
	}
	names := nearNames(queue)
	tried := map[string]bool{queue: true}
	var far []found
	for _, w := range known {
		switch {
		case tried[w.queue] || strings.HasPrefix(w.queue, queuePrefix):
		case slices.Contains(names, w.queue) || distance(queue, w.queue) <= max(2, len(queue)/4):
			v.near = append(v.near, found{queue: w.queue, identity: w.identity})
		default:
			far = append(far, found{queue: w.queue, identity: w.identity})
		}
		tried[w.queue] = true
	}
	for _, f := range far[:min(len(far), 5)] {
		v.rest = append(v.rest, oneLine(f.queue))
	}
	hits := make([]string, len(names)) // identities
	var wg sync.WaitGroup
	for i, q := range names {
		if tried[q] {
			continue
		}
		wg.Go(func() {
			ps, err := pollersOf(ctx, svc, namespace, q, workflowPoller)
			if j := slices.IndexFunc(ps, func(p Poller) bool { return v.at.Sub(p.LastAccess) <= stale }); err == nil && j >= 0 {
				hits[i] = or(ps[j].Identity, "a worker without a name")
			}
		})
	}
	wg.Wait()
	for i, q := range names {
		if hits[i] != "" {
			v.near = append(v.near, found{queue: q, identity: hits[i]})
		}
	}
	slices.SortStableFunc(v.near, func(a, b found) int { return distance(queue, a.queue) - distance(queue, b.queue) })
	return v
}

// pollersOf asks for pollers of a queue, of the given kinds.
func pollersOf(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace, queue string, kinds ...string) ([]Poller, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var out []Poller
	for _, kind := range kinds {
		resp, err := svc.DescribeTaskQueue(ctx, &workflowservice.DescribeTaskQueueRequest{Namespace: namespace,
			TaskQueue: &taskqueuepb.TaskQueue{Name: queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}, TaskQueueType: queueTypes[kind]})
		if err != nil {
			return nil, err
		}
		for _, p := range resp.GetPollers() {
			out = append(out, Poller{Identity: p.GetIdentity(), LastAccess: momentOf(p.GetLastAccessTime()), Kind: kind})
		}
	}
	return out, nil
}

var queueTypes = map[string]enumspb.TaskQueueType{
	workflowPoller: enumspb.TASK_QUEUE_TYPE_WORKFLOW,
	activityPoller: enumspb.TASK_QUEUE_TYPE_ACTIVITY,
}

// listed are the workers that told the server about themselves: queue, identity, and SDK in where. Not
// every server and SDK does; none is not an error.
func listed(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace string) []found {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	resp, err := svc.ListWorkers(ctx, &workflowservice.ListWorkersRequest{Namespace: namespace, PageSize: 100})
	if err != nil {
		return nil
	}
	var out []found
	for _, w := range resp.GetWorkers() {
		if w.GetStatus() == enumspb.WORKER_STATUS_SHUTDOWN {
			continue
		}
		out = append(out, found{queue: w.GetTaskQueue(), identity: w.GetWorkerIdentity(), where: strings.TrimSpace(w.GetSdkName() + " " + w.GetSdkVersion())})
	}
	return out
}

// nearNames are the names that people mean when they write this one: another case, a blank at an end,
// dash for underscore, and the queues of the tutorial and the templates.
func nearNames(queue string) []string {
	return others(queue, append(spellings(queue), queueNames()...))
}

// spellings are the ways to write a name that people slip on.
func spellings(queue string) []string {
	trimmed := strings.TrimSpace(queue)
	return others(queue, []string{trimmed, strings.ToLower(trimmed), strings.ToUpper(trimmed), trimmed + " ", " " + trimmed,
		strings.ReplaceAll(trimmed, "-", "_"), strings.ReplaceAll(trimmed, "_", "-"),
		capital(trimmed), strings.ToUpper(strings.ReplaceAll(trimmed, "-", "_")), strings.ToLower(strings.ReplaceAll(trimmed, "_", "-"))})
}

// others are the names beside one, each once.
func others(queue string, names []string) []string {
	var unique []string
	for _, q := range names {
		if q != "" && q != queue && !slices.Contains(unique, q) {
			unique = append(unique, q)
		}
	}
	return unique
}

// capital makes the first letter a capital one.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// distance is the edit distance of two names, without regard to case.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			up := row[j+1]
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			row[j+1] = min(up+1, row[j]+1, cost)
			diagonal = up
		}
	}
	return row[len(y)]
}

// elsewhere looks for a worker of the queue, or of a near one, on other servers and namespaces: the local
// server above all, where a worker stays that was not restarted with the new settings (TQ-03, TQ-07).
func (s *Service) elsewhere(ctx context.Context, targets []doctor.Target, queue string) []found {
	var out []found
	for _, t := range targets {
		if f, ok := s.seen(ctx, t, queue); ok {
			out = append(out, f)
		}
	}
	return out
}

// InNamespace is a target moved to another namespace, with the same credentials. Where the address is the target's
// own namespace endpoint, it becomes the other's.
func InNamespace(t doctor.Target, id namespace.ID) doctor.Target {
	t.Namespace = id.String()
	if addr, _, err := namespace.ParseAddress(t.Address); err == nil {
		if _, own := namespace.FromHost(addr.Host); own {
			addr.Host = id.Host()
			t.Address = addr.String()
		}
	}
	if _, own := namespace.FromHost(t.ServerName); own {
		t.ServerName = id.Host()
	}
	return t
}

func (s *Service) seen(ctx context.Context, t doctor.Target, queue string) (found, bool) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	p, err := prepare(t)
	if err != nil {
		return found{}, false
	}
	c, done, err := s.dial(ctx, p)
	if err != nil {
		return found{}, false
	}
	defer done()
	v := look(ctx, c.WorkflowService(), p.namespace, queue, true, s.o.Now)
	f := found{queue: queue, where: "namespace " + p.namespace + " on " + p.address, local: t.Plaintext}
	if fresh, _ := v.count(workflowPoller); fresh > 0 {
		f.identity = v.pollers[0].Identity
		return f, true
	}
	if len(v.near) > 0 {
		f.queue, f.identity = v.near[0].queue, v.near[0].identity
		return f, true
	}
	return found{}, false
}

// Pollers lists who polls a task queue of the target's namespace: the request's, else its template's.
func (s *Service) Pollers(ctx context.Context, req Request) ([]Poller, error) {
	profile, _ := LookupProfile(req.Template)
	queue := or(req.TaskQueue, profile.TaskQueue)
	if f := checkName("task-queue", queue); f != nil {
		return nil, f
	}
	if queue == "" {
		return nil, invalid("task-queue", "The task queue is missing", "Enter the task queue that your worker polls.")
	}
	p, err := prepare(req.Target)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, done, err := s.dial(ctx, p)
	if err != nil {
		return nil, unreachable(err)
	}
	defer done()
	out, err := pollersOf(ctx, c.WorkflowService(), p.namespace, queue, workflowPoller, activityPoller)
	if err != nil {
		return nil, unreachable(err)
	}
	return out, nil
}
