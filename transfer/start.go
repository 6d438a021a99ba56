package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/types/known/durationpb"

	"onramp/doctor"
)

// startTimeout bounds connecting and starting.
const startTimeout = 15 * time.Second

// testLife is how long Temporal keeps a test transfer that nobody finishes.
const testLife = 24 * time.Hour

// plan is what will be started: the request with its defaults filled in.
type plan struct {
	profile      Profile
	own          bool
	workflowType string
	queue        string
	workflowID   string
	runID        string
	scenario     Scenario
	args         []json.RawMessage
	details      Details // zero when the input was given as JSON
}

// makePlan fills in the defaults of a valid request.
func makePlan(req Request) plan {
	profile, _ := LookupProfile(req.Template)
	p := plan{profile: profile, own: req.Worker == "own", scenario: req.Scenario, workflowID: req.WorkflowID, runID: req.RunID}
	if p.scenario == "" {
		p.scenario = Success
	}
	switch {
	case !p.own: // the built-in worker has its own code, whatever it stands for
		p.profile, _ = LookupProfile("builtin")
	case p.profile.Name == "builtin": // nobody said which; detect may know better
		p.profile, _ = LookupProfile("python")
	}
	p.workflowType = or(req.WorkflowType, p.profile.WorkflowType)
	p.queue = or(req.TaskQueue, p.profile.TaskQueue)
	switch {
	case req.FollowOnly: // what it is, Temporal tells
		p.workflowType, p.queue = req.WorkflowType, req.TaskQueue
	case p.queue == "":
		p.queue = queuePrefix + randomID()
	}
	if p.workflowID == "" {
		p.workflowID = "money-transfer-" + randomID()
	}
	if len(req.Input) > 0 {
		p.args, _ = arguments(req.Input)
		return p
	}
	d := req.Details
	d.SourceAccount, d.TargetAccount = or(d.SourceAccount, SourceAccount), or(d.TargetAccount, TargetAccount)
	d.ReferenceID = or(d.ReferenceID, randomID())
	if d.Amount == 0 {
		d.Amount = DefaultAmount
	}
	p.details = p.scenario.shape(d)
	p.args = []json.RawMessage{p.profile.Argument(p.details)}
	return p
}

// start asks Temporal to start the workflow. The same workflow ID never starts twice: a running one is
// joined, one that has ended is followed as it is; again tells so. Lost answers are asked for again with
// the same request ID, so that they do not start twice either.
func (r *run) start(ctx context.Context) (again bool, err error) {
	req := &workflowservice.StartWorkflowExecutionRequest{
		Namespace: r.place.namespace, WorkflowId: r.plan.workflowID, RequestId: randomID() + randomID(), Identity: identity,
		WorkflowType:             &commonpb.WorkflowType{Name: r.plan.workflowType},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: r.plan.queue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		Input:                    payloads(r.plan.args),
		WorkflowExecutionTimeout: durationpb.New(testLife),
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}
	for pause := r.s.beat.retry; ; pause *= 2 {
		resp, err := r.svc.StartWorkflowExecution(ctx, req)
		var taken *serviceerror.WorkflowExecutionAlreadyStarted
		var unavailable *serviceerror.Unavailable
		switch {
		case err == nil:
			r.plan.runID = resp.GetRunId()
			return !resp.GetStarted(), nil
		case errors.As(err, &taken):
			r.plan.runID = taken.RunId
			return true, nil
		case !errors.As(err, &unavailable) || !sleep(ctx, pause):
			return false, err
		}
	}
}

// find reads what there is to know about a workflow that exists already.
func (r *run) find(ctx context.Context) error {
	resp, err := r.svc.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{Namespace: r.place.namespace,
		Execution: &commonpb.WorkflowExecution{WorkflowId: r.plan.workflowID, RunId: r.plan.runID}})
	if err != nil {
		return err
	}
	info := resp.GetWorkflowExecutionInfo()
	r.plan.runID = info.GetExecution().GetRunId()
	r.plan.workflowType = info.GetType().GetName()
	r.running = info.GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	r.plan.queue = or(resp.GetExecutionConfig().GetTaskQueue().GetName(), info.GetTaskQueue())
	return nil
}

// ready starts or finds the workflow and the worker. A verdict other than nil says why it cannot.
func (r *run) ready(outer context.Context) *doctor.Verdict {
	ctx, cancel := context.WithTimeout(outer, startTimeout)
	defer cancel()
	refuse := func(v doctor.Verdict) *doctor.Verdict { return &v }
	if r.req.FollowOnly {
		if err := r.find(ctx); err != nil {
			return refuse(r.s.ofError(outer, r.req, err, r.values()))
		}
		// A run of ours that was cut short: its worker ended with it. Without the word it may be another
		// portal's, whose worker has another bank.
		if r.req.Worker == "builtin" && strings.HasPrefix(r.plan.queue, queuePrefix) {
			return r.work(outer)
		}
		r.plan.own = true
		return nil
	}
	if r.plan.own {
		if r.req.Template == "" || r.req.Template == "builtin" {
			r.detect(ctx)
		}
		r.seeWorkers(ctx)
	} else {
		if r.req.TaskQueue != "" {
			v := look(ctx, r.svc, r.place.namespace, r.plan.queue, false, r.s.o.Now)
			if fresh, _ := v.count(workflowPoller); fresh > 0 {
				vals := r.values()
				vals["identity"] = identityOf(v)
				return refuse(doctor.Explain(foreignQueue, doctor.Certain, vals))
			}
		}
		if v := r.work(outer); v != nil {
			return v
		}
	}
	again, err := r.start(ctx)
	if err != nil {
		return refuse(r.s.ofError(outer, r.req, err, r.values()))
	}
	e := Event{Event: KindStarted, Text: fmt.Sprintf("Started %s as %s", r.plan.workflowType, r.plan.workflowID), Data: r.names()}
	if again {
		e.Text = fmt.Sprintf("Workflow %s was already started: following it; nothing is paid twice", r.plan.workflowID)
		e.Data.Again = true
	}
	r.tell(e)
	if !again || r.plan.own {
		return nil
	}
	// A run of ours that was cut short, started again by its ID: its tasks are on its own queue.
	queue := r.plan.queue
	if err := r.find(ctx); err != nil {
		return refuse(r.s.ofError(outer, r.req, err, r.values()))
	}
	if r.running && r.plan.queue != queue && strings.HasPrefix(r.plan.queue, queuePrefix) {
		return r.work(outer)
	}
	return nil
}

// work starts the built-in worker.
func (r *run) work(ctx context.Context) *doctor.Verdict {
	stop, err := startWorker(r.client, r.plan.queue, r.plan.workflowType, r.s.bank)
	if err != nil {
		v := r.s.ofError(ctx, r.req, err, r.values())
		return &v
	}
	r.stops = append(r.stops, stop)
	r.tell(Event{Event: KindWorker, Text: "The built-in worker polls " + r.plan.queue, Data: Data{TaskQueue: r.plan.queue, BuiltIn: true}})
	return nil
}

// seeWorkers tells who polls the user's queue before the transfer is started.
func (r *run) seeWorkers(ctx context.Context) {
	v := look(ctx, r.svc, r.place.namespace, r.plan.queue, false, r.s.o.Now)
	workflows, _ := v.count(workflowPoller)
	acts, _ := v.count(activityPoller)
	e := Event{Event: KindWorker, Data: Data{TaskQueue: r.plan.queue, WorkflowPollers: &workflows, ActivityPollers: &acts}}
	switch {
	case v.err != nil:
		return // starting will tell
	case workflows > 0:
		e.Text = fmt.Sprintf("%s polls %s", identityOf(v), r.plan.queue)
		e.Data.Identity = identityOf(v)
		if v.sdk != "" {
			e.Text += " (" + v.sdk + ")"
			e.Data.SDK = v.sdk
		}
		if r.clock = v.clock; r.clock.ahead != 0 {
			e.Text += ". " + r.clock.text()
			e.Data.ClockAheadS = int(r.clock.ahead.Seconds())
		}
	default:
		e.Text = fmt.Sprintf("Nobody polls %s yet; the transfer will wait for a worker", r.plan.queue)
	}
	r.tell(e)
}

// names are the ids that a reader needs to find the transfer elsewhere.
func (r *run) names() Data {
	return Data{WorkflowID: r.plan.workflowID, RunID: r.plan.runID, WorkflowType: r.plan.workflowType, TaskQueue: r.plan.queue, Namespace: r.place.namespace}
}

// values are what verdicts may say about this transfer.
func (r *run) values() values {
	return values{"task_queue": r.plan.queue, "workflow_type": r.plan.workflowType, "workflow_id": r.plan.workflowID,
		"namespace": r.place.namespace, "address": r.place.address, "input": r.exampleInput()}
}

// exampleInput is the input that the command to start again should have.
func (r *run) exampleInput() string {
	return string(r.plan.profile.Argument(Details{SourceAccount: SourceAccount, TargetAccount: TargetAccount, Amount: DefaultAmount, ReferenceID: "12345"}))
}

// detect chooses the template by who polls. Where that does not tell, the first template of the queue is taken.
func (r *run) detect(ctx context.Context) {
	d := detect(ctx, r.svc, r.place.namespace, r.req.TaskQueue, r.s.o.Now)
	if d.Template == "" {
		return
	}
	id := r.plan.workflowID
	r.req.Template = d.Template
	r.plan = makePlan(r.req)
	r.plan.queue, r.plan.workflowID = d.TaskQueue, id
	p, _ := LookupProfile(d.Template)
	r.tell(Event{Event: KindNote, Text: fmt.Sprintf("Taking the %s template: %s", p.Language, d.Evidence), Data: Data{Template: d.Template}})
}
