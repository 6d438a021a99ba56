package transfer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/api/workflowservice/v1"
)

// Detected is what the workers on a task queue show of themselves.
type Detected struct {
	TaskQueue string
	Template  string // a Profile's name; "" when nobody polls, or who polls does not tell
	Evidence  string // how that shows, one clause: "the worker on q is temporal-python 1.35.0"
	Pollers   []Poller
}

// Detect says which template's worker polls: by the SDK's name where workers tell it, else by the form of the
// poller's identity, else by the name of the task queue. It looks at the request's task queue or, without one,
// at those of the official templates. Errors are faults: the target's, or Unavailable.
func (s *Service) Detect(ctx context.Context, req Request) (Detected, error) {
	if f := checkName("task-queue", req.TaskQueue); f != nil {
		return Detected{}, f
	}
	p, err := prepare(req.Target)
	if err != nil {
		return Detected{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	c, done, err := s.dial(ctx, p)
	if err != nil {
		return Detected{}, unreachable(err)
	}
	defer done()
	return detect(ctx, c.WorkflowService(), p.namespace, req.TaskQueue, s.o.Now), nil
}

func detect(ctx context.Context, svc workflowservice.WorkflowServiceClient, namespace, queue string, now func() time.Time) Detected {
	queues := queueNames()
	if queue != "" {
		queues = []string{queue}
	}
	for _, q := range queues {
		v := look(ctx, svc, namespace, q, false, now)
		if fresh, _ := v.count(workflowPoller); fresh == 0 {
			continue
		}
		p, why := guess(v)
		if p.Name != "" || queue != "" {
			return Detected{TaskQueue: q, Template: p.Name, Evidence: why, Pollers: v.pollers}
		}
	}
	return Detected{}
}

// guess is the template of a queue's worker and how that shows.
func guess(v survey) (Profile, string) {
	sdk, _, _ := strings.Cut(v.sdk, " ")
	for _, p := range profiles {
		if sdk != "" && p.SDK == sdk && p.TaskQueue != "" {
			return p, fmt.Sprintf("the worker on %s is %s", v.queue, v.sdk)
		}
	}
	if sdk == "" {
		for _, p := range v.pollers {
			if strings.HasSuffix(p.Identity, "@"+v.queue) || strings.HasSuffix(p.Identity, "@") { // pid@host@queue is the Go SDK's
				goes, _ := LookupProfile("go")
				return goes, fmt.Sprintf("%s on %s is the Go SDK's way to name a worker", p.Identity, v.queue)
			}
		}
	}
	for _, p := range profiles {
		if p.TaskQueue == v.queue {
			return p, fmt.Sprintf("a worker polls %s", v.queue)
		}
	}
	return Profile{}, ""
}
