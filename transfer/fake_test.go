package transfer

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workerpb "go.temporal.io/api/worker/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/doctor"
)

// fake is a Temporal server of one workflow whose history the test writes. It answers long polls as the
// real one does: with what is there after the token, or when something comes.
type fake struct {
	workflowservice.UnimplementedWorkflowServiceServer
	t      testing.TB
	target doctor.Target

	mu        sync.Mutex
	events    []*historypb.HistoryEvent
	changed   chan struct{} // closed and replaced at every change
	pending   []*workflowpb.PendingActivityInfo
	attempt   int32                                                    // of the workflow task
	describe  func(*workflowservice.DescribeWorkflowExecutionResponse) // changes what the workflow's description says
	pollers   map[string][]*taskqueuepb.PollerInfo
	workers   []*workerpb.WorkerListInfo
	reports   map[string]time.Time // by worker instance key: when it last reported, by its own clock
	starts    []*workflowservice.StartWorkflowExecutionRequest
	startErr  []error // answered to the next starts, in order
	failures  int     // how many of the next history polls are refused
	broken    error   // with which, and every call while failures is negative
	queue     string  // of the workflow that exists
	asked     map[string]bool
	again     bool // the workflow ID was used before
	polls     int
	stops     []string // what was asked of workflows
	stopErr   error
	busy      int             // how many of the next stops are refused because the server is busy
	repeat    bool            // long polls give the newest event again, as after a lost answer
	deaf      bool            // a long poll that waits is not told of what comes, as when the real server drops a notification
	waiting   int             // long polls that wait
	looks     int             // how often the workflow was described
	greetings []time.Duration // how long the first calls of the next connections take
}

const (
	fakeRun  = "0190c2d4-7c53-7d2e-b6a1-3f1a9d3f7c11"
	fakeRun2 = "0190c2d4-7c53-7d2e-b6a1-3f1a9d3f7c22"
)

// newFake serves on loopback until the test ends.
func newFake(t testing.TB, creds ...credentials.TransportCredentials) *fake {
	t.Helper()
	f := &fake{t: t, changed: make(chan struct{}), pollers: map[string][]*taskqueuepb.PollerInfo{}, queue: "orders", asked: map[string]bool{}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var options []grpc.ServerOption
	for _, c := range creds {
		options = append(options, grpc.Creds(c))
	}
	s := grpc.NewServer(append(options, grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, h grpc.UnaryHandler) (any, error) {
		resp, err := h(ctx, req)
		return resp, serviceerror.ToStatus(err).Err()
	}))...)
	workflowservice.RegisterWorkflowServiceServer(s, f)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	f.target = doctor.Target{Address: l.Addr().String(), Namespace: "default", Plaintext: true}
	return f
}

// change does something under the lock and wakes the long polls.
func (f *fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	close(f.changed)
	f.changed = make(chan struct{})
}

// add appends history events, giving them ids and times 10 ms apart.
func (f *fake) add(events ...*historypb.HistoryEvent) {
	f.change(func() {
		for _, e := range events {
			e.EventId = int64(len(f.events) + 1)
			e.EventTime = timestamppb.New(zero.Add(time.Duration(e.EventId) * 10 * time.Millisecond))
			f.events = append(f.events, e)
		}
	})
}

var zero = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func (f *fake) GetSystemInfo(ctx context.Context, _ *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	f.mu.Lock()
	wait := time.Duration(0)
	if len(f.greetings) > 0 {
		wait, f.greetings = f.greetings[0], f.greetings[1:]
	}
	f.mu.Unlock()
	select {
	case <-time.After(wait):
	case <-ctx.Done():
	}
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.32.1", Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *fake) StartWorkflowExecution(_ context.Context, r *workflowservice.StartWorkflowExecutionRequest) (*workflowservice.StartWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.starts = append(f.starts, r)
	close(f.changed)
	f.changed = make(chan struct{})
	if len(f.startErr) > 0 {
		err := f.startErr[0]
		f.startErr = f.startErr[1:]
		return nil, err
	}
	return &workflowservice.StartWorkflowExecutionResponse{RunId: fakeRun, Started: !f.again}, nil
}

func (f *fake) GetWorkflowExecutionHistory(ctx context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	seen := 0
	if len(r.NextPageToken) > 0 {
		n, err := strconv.Atoi(string(bytes.TrimPrefix(r.NextPageToken, []byte("after "))))
		if err != nil {
			return nil, serviceerror.NewInvalidArgument("Invalid NextPageToken.")
		}
		seen = n
	}
	for {
		f.mu.Lock()
		f.polls++
		if f.broken != nil && f.failures != 0 {
			if f.failures > 0 {
				f.failures--
			}
			err := f.broken
			f.mu.Unlock()
			return nil, err
		}
		events, changed, repeat := f.events, f.changed, f.repeat
		f.mu.Unlock()
		if r.GetHistoryEventFilterType() == enumspb.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT { // only the last, when there is one
			if n := len(events); n > 0 {
				if closed, _ := closing(events[n-1]); closed {
					return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: events[n-1:]}}, nil
				}
			}
			events = nil
		}
		if len(events) > seen {
			from := seen
			if repeat && from > 0 {
				from--
			}
			resp := &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: events[from:]}, NextPageToken: fmt.Appendf(nil, "after %d", len(events))}
			if closed, _ := closing(events[len(events)-1]); closed {
				resp.NextPageToken = nil
			}
			return resp, nil
		}
		if err := f.wait(ctx, changed); err != nil {
			return nil, err
		}
	}
}

// wait is the part of a long poll in which nothing is there yet.
func (f *fake) wait(ctx context.Context, changed <-chan struct{}) error {
	count := func(n int) (deaf bool) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waiting += n
		return f.deaf
	}
	count(1)
	defer count(-1)
	select {
	case <-changed:
	case <-ctx.Done():
	}
	if count(0) {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return nil
}

func (f *fake) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	if len(f.events) == 0 {
		return nil, serviceerror.NewNotFound("workflow not found for ID: " + r.GetExecution().GetWorkflowId())
	}
	resp := &workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: r.GetExecution().GetWorkflowId(), RunId: fakeRun},
			Type: &commonpb.WorkflowType{Name: "MoneyTransfer"}, TaskQueue: f.queue, Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING},
		PendingActivities: f.pending, PendingWorkflowTask: &workflowpb.PendingWorkflowTaskInfo{Attempt: f.attempt}}
	if f.describe != nil {
		f.describe(resp)
	}
	return resp, nil
}

// looked waits until the workflow was described n more times.
func (f *fake) looked(n int) {
	f.t.Helper()
	seen := func() int { f.mu.Lock(); defer f.mu.Unlock(); return f.looks }
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for want := seen() + n; seen() < want; {
		select {
		case <-tick.C:
		case <-deadline:
			f.t.Fatalf("described %d times within 10 s, want %d", seen(), want)
		}
	}
}

func (f *fake) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := workflowPoller
	if r.GetTaskQueueType() == enumspb.TASK_QUEUE_TYPE_ACTIVITY {
		kind = activityPoller
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: f.pollers[kind+" "+r.GetTaskQueue().GetName()]}, nil
}

// The worker's side: it may ask for tasks, there are none.

func (f *fake) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "default", State: enumspb.NAMESPACE_STATE_REGISTERED}}, nil
}

func (f *fake) PollWorkflowTaskQueue(ctx context.Context, r *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	f.change(func() { f.asked[r.GetTaskQueue().GetName()] = true })
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (f *fake) PollActivityTaskQueue(ctx context.Context, _ *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	<-ctx.Done()
	return nil, status.FromContextError(ctx.Err()).Err()
}

func (f *fake) ListWorkers(context.Context, *workflowservice.ListWorkersRequest) (*workflowservice.ListWorkersResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.workers == nil {
		return nil, status.Error(codes.Unimplemented, "not on this server")
	}
	return &workflowservice.ListWorkersResponse{Workers: f.workers}, nil
}

func (f *fake) DescribeWorker(_ context.Context, r *workflowservice.DescribeWorkerRequest) (*workflowservice.DescribeWorkerResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, ok := f.reports[r.GetWorkerInstanceKey()]
	if !ok {
		return nil, status.Error(codes.NotFound, "no such worker")
	}
	return &workflowservice.DescribeWorkerResponse{WorkerInfo: &workerpb.WorkerInfo{WorkerHeartbeat: &workerpb.WorkerHeartbeat{HeartbeatTime: timestamppb.New(at)}}}, nil
}

// poll makes a worker ask a queue for a kind of tasks, as long ago as given.
func (f *fake) poll(kind, queue, identity string, ago time.Duration) {
	f.change(func() {
		f.pollers[kind+" "+queue] = append(f.pollers[kind+" "+queue], &taskqueuepb.PollerInfo{Identity: identity, LastAccessTime: timestamppb.New(time.Now().Add(-ago))})
	})
}

// The history events that the tests write.

func started(queue string, input ...string) *historypb.HistoryEvent {
	a := &historypb.WorkflowExecutionStartedEventAttributes{WorkflowType: &commonpb.WorkflowType{Name: "MoneyTransfer"}, WorkflowId: "w",
		TaskQueue: &taskqueuepb.TaskQueue{Name: queue}, OriginalExecutionRunId: fakeRun}
	if len(input) > 0 {
		a.Input = jsonPayloads(input...)
	}
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: a}}
}

func jsonPayloads(texts ...string) *commonpb.Payloads {
	out := &commonpb.Payloads{}
	for _, s := range texts {
		out.Payloads = append(out.Payloads, &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(s)})
	}
	return out
}

func taskIsScheduled() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskScheduledEventAttributes{WorkflowTaskScheduledEventAttributes: &historypb.WorkflowTaskScheduledEventAttributes{Attempt: 1}}}
}

func taskIsStarted() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskStartedEventAttributes{WorkflowTaskStartedEventAttributes: &historypb.WorkflowTaskStartedEventAttributes{Identity: "7@host"}}}
}

func taskIsDone() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{Identity: "7@host"}}}
}

func taskHasFailed(cause enumspb.WorkflowTaskFailedCause, f *failurepb.Failure) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowTaskFailedEventAttributes{WorkflowTaskFailedEventAttributes: &historypb.WorkflowTaskFailedEventAttributes{Cause: cause, Failure: f, Identity: "7@host"}}}
}

func taskHasTimedOut() *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
		Attributes: &historypb.HistoryEvent_WorkflowTaskTimedOutEventAttributes{WorkflowTaskTimedOutEventAttributes: &historypb.WorkflowTaskTimedOutEventAttributes{TimeoutType: enumspb.TIMEOUT_TYPE_START_TO_CLOSE}}}
}

func activityIsScheduled(id, name string, input ...string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
		Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
			ActivityId: id, ActivityType: &commonpb.ActivityType{Name: name}, Input: jsonPayloads(input...)}}}
}

func activityIsStarted(scheduled int64, attempt int32) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED,
		Attributes: &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{ScheduledEventId: scheduled, Attempt: attempt, Identity: "7@host"}}}
}

func activityIsDone(scheduled int64, result string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
		Attributes: &historypb.HistoryEvent_ActivityTaskCompletedEventAttributes{ActivityTaskCompletedEventAttributes: &historypb.ActivityTaskCompletedEventAttributes{ScheduledEventId: scheduled, Result: jsonPayloads(result), Identity: "7@host"}}}
}

func completed(result string) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionCompletedEventAttributes{WorkflowExecutionCompletedEventAttributes: &historypb.WorkflowExecutionCompletedEventAttributes{Result: jsonPayloads(result)}}}
}

func hasFailed(f *failurepb.Failure) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
		Attributes: &historypb.HistoryEvent_WorkflowExecutionFailedEventAttributes{WorkflowExecutionFailedEventAttributes: &historypb.WorkflowExecutionFailedEventAttributes{Failure: f}}}
}

func appFailure(kind, message string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: message, Cause: cause, FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind}}}
}

func activityFailure(name string, cause *failurepb.Failure) *failurepb.Failure {
	return &failurepb.Failure{Message: "activity error", Cause: cause, FailureInfo: &failurepb.Failure_ActivityFailureInfo{ActivityFailureInfo: &failurepb.ActivityFailureInfo{ActivityType: &commonpb.ActivityType{Name: name}}}}
}

func timeoutFailure(kind enumspb.TimeoutType) *failurepb.Failure {
	return &failurepb.Failure{Message: "activity timeout", FailureInfo: &failurepb.Failure_TimeoutFailureInfo{TimeoutFailureInfo: &failurepb.TimeoutFailureInfo{TimeoutType: kind}}}
}

// watch runs a request against the fake in the background: events as they come, and the result at the end.
type watch struct {
	t      testing.TB
	events chan Event
	done   chan Result
	all    []Event
	stop   context.CancelFunc
}

// quick is a Service that asks often and has little patience.
func quick(patience time.Duration) *Service {
	s := New(Options{Patience: patience})
	s.beat = rhythm{greeting: 5 * time.Second, start: startTimeout, pending: 5 * time.Millisecond, slow: 10 * time.Millisecond, retry: time.Millisecond, retryMax: 10 * time.Millisecond, grace: 20 * time.Millisecond, again: time.Hour}
	return s
}

func (f *fake) watch(s *Service, req Request) *watch {
	ctx, stop := context.WithCancel(context.Background())
	w := &watch{t: f.t, events: make(chan Event, 10_000), done: make(chan Result, 1), stop: stop}
	req.Target = f.target
	if req.WorkflowID == "" {
		req.WorkflowID = "w"
	}
	go func() {
		res := s.Run(ctx, req, func(es []Event) {
			for _, e := range es {
				w.events <- e
			}
		})
		close(w.events)
		w.done <- res
	}()
	f.t.Cleanup(stop)
	return w
}

// until reads events up to one that the test waits for.
func (w *watch) until(what string, is func(Event) bool) Event {
	w.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case e, ok := <-w.events:
			if !ok {
				w.t.Fatalf("the run ended before %s; events:\n%s", what, listing(w.all))
			}
			w.all = append(w.all, e)
			if is(e) {
				return e
			}
		case <-deadline:
			w.t.Fatalf("no %s within 10 s; events:\n%s", what, listing(w.all))
		}
	}
}

func (w *watch) typ(name string) Event {
	w.t.Helper()
	return w.until(name, func(e Event) bool { return e.Type == name })
}

// end waits for the end of the run.
func (w *watch) end() Result {
	w.t.Helper()
	w.until("end", func(e Event) bool { return e.Event == "end" })
	select {
	case r := <-w.done:
		return r
	case <-time.After(10 * time.Second):
		w.t.Fatal("Run did not return within 10 s of its end event")
		return Result{}
	}
}

func listing(events []Event) string {
	var b bytes.Buffer
	for _, e := range events {
		fmt.Fprintf(&b, "%s %s\n", e.Event, e.Line())
	}
	return b.String()
}
