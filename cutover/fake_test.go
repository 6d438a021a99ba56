package cutover

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// secret is what every payload of a fake holds, and nothing that is kept or shown may.
const secret = "CANARY-d41d8cd9"

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// flow is a workflow run of a fake.
type flow struct {
	id, typ, queue, by string
	started            time.Time
	closed             time.Time // zero: it is open
	child, scheduled   bool
	goesOn, cron       bool
	attempt            int32
}

// fake is a server whose executions tests set. Visibility understands the filters that a Reader writes, and refuses others.
type fake struct {
	mu         sync.Mutex
	calls      []string
	cluster    string
	flows      []flow
	unseen     map[string]bool // IDs that have closed, though visibility lists them as open
	attributes []string
	known      []string             // attributes that a filter may name
	pollers    map[string]time.Time // by queue: their last poll
	schedules  []string
	answers    map[string]func() (proto.Message, error) // instead of the fake's own, by method
	after      int                                      // calls after which it is gone; 0: never
}

func newFake(cluster string) *fake {
	return &fake{cluster: cluster, unseen: map[string]bool{}, pollers: map[string]time.Time{}, answers: map[string]func() (proto.Message, error){}}
}

// Invoke implements grpc.ClientConnInterface.
func (s *fake) Invoke(_ context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, method)
	if s.after > 0 && len(s.calls) > s.after {
		return status.Error(codes.Unavailable, "connection refused")
	}
	name := method[strings.LastIndex(method, "/")+1:]
	answer := s.answers[name]
	var m proto.Message
	var err error
	if answer != nil {
		m, err = answer()
	} else {
		m, err = s.answer(name, args)
	}
	if err != nil {
		return err
	}
	proto.Merge(reply.(proto.Message), m)
	return nil
}

// NewStream implements grpc.ClientConnInterface.
func (s *fake) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

func (s *fake) answer(name string, args any) (proto.Message, error) {
	switch name {
	case "GetSystemInfo":
		return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.31.0"}, nil
	case "GetClusterInfo":
		return &workflowservice.GetClusterInfoResponse{ClusterId: s.cluster}, nil
	case "DescribeNamespace":
		return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "default"},
			Config: &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(30 * 24 * time.Hour)}}, nil
	case "CountWorkflowExecutions":
		found, err := s.find(args.(*workflowservice.CountWorkflowExecutionsRequest).GetQuery())
		return &workflowservice.CountWorkflowExecutionsResponse{Count: int64(len(found))}, err
	case "ListWorkflowExecutions":
		found, err := s.find(args.(*workflowservice.ListWorkflowExecutionsRequest).GetQuery())
		out := &workflowservice.ListWorkflowExecutionsResponse{}
		for _, f := range found {
			out.Executions = append(out.Executions, f.info())
		}
		return out, err
	case "DescribeWorkflowExecution":
		id := args.(*workflowservice.DescribeWorkflowExecutionRequest).GetExecution().GetWorkflowId()
		for _, f := range s.flows {
			if f.id == id {
				info := f.info()
				if s.unseen[id] {
					info.Status = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
				}
				d := &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: info}
				if f.attempt > 0 {
					d.PendingActivities = append(d.PendingActivities, &workflowpb.PendingActivityInfo{ActivityType: &commonpb.ActivityType{Name: "Charge"}, Attempt: f.attempt, HeartbeatDetails: payloads()})
				}
				return d, nil
			}
		}
		return nil, status.Error(codes.NotFound, "workflow not found")
	case "GetWorkflowExecutionHistory":
		x := args.(*workflowservice.GetWorkflowExecutionHistoryRequest).GetExecution()
		for _, f := range s.flows {
			if "run-"+f.id == x.GetRunId() {
				return &workflowservice.GetWorkflowExecutionHistoryResponse{History: f.history()}, nil
			}
		}
		return nil, status.Error(codes.NotFound, "workflow not found")
	case "DescribeTaskQueue":
		q := args.(*workflowservice.DescribeTaskQueueRequest)
		out := &workflowservice.DescribeTaskQueueResponse{Stats: &taskqueuepb.TaskQueueStats{}}
		if at, ok := s.pollers[q.GetTaskQueue().GetName()]; ok {
			out.Pollers = append(out.Pollers, &taskqueuepb.PollerInfo{Identity: "7@" + s.cluster, LastAccessTime: timestamppb.New(at)})
		}
		return out, nil
	case "ListSchedules":
		out := &workflowservice.ListSchedulesResponse{}
		for _, id := range s.schedules {
			out.Schedules = append(out.Schedules, &schedulepb.ScheduleListEntry{ScheduleId: id, Info: &schedulepb.ScheduleListInfo{}})
		}
		return out, nil
	case "ListBatchOperations":
		return &workflowservice.ListBatchOperationsResponse{}, nil
	case "ListSearchAttributes":
		out := &operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enums.IndexedValueType{}}
		for _, a := range s.attributes {
			out.CustomAttributes[a] = enums.INDEXED_VALUE_TYPE_KEYWORD
		}
		return out, nil
	}
	return nil, status.Error(codes.Unimplemented, "unknown method")
}

// find is the visibility of a fake.
func (s *fake) find(query string) (out []flow, _ error) {
	for _, f := range s.flows {
		ok := true
		for clause := range strings.SplitSeq(query, " AND ") {
			yes, err := s.holds(f, clause)
			if err != nil {
				return nil, err
			}
			ok = ok && yes
		}
		if ok {
			out = append(out, f)
		}
	}
	if len(s.flows) == 0 {
		_, err := s.holds(flow{}, query)
		return nil, err
	}
	return out, nil
}

func (s *fake) holds(f flow, clause string) (bool, error) {
	later := func(at time.Time) bool {
		t, err := time.Parse(time.RFC3339, strings.Trim(clause[strings.Index(clause, "> ")+2:], "'"))
		return err == nil && at.After(t)
	}
	switch {
	case clause == "", clause == "ParentWorkflowId IS NULL" && !f.child, clause == "TemporalScheduledById IS NULL" && !f.scheduled, clause == "TemporalScheduledById IS NOT NULL" && f.scheduled,
		clause == "ExecutionStatus = 'Running'" && f.closed.IsZero(), clause == "ExecutionStatus != 'Running'" && !f.closed.IsZero(), clause == "ExecutionStatus = 'Completed'" && !f.closed.IsZero():
		return true, nil
	case strings.HasPrefix(clause, "ExecutionStatus"), strings.HasPrefix(clause, "ParentWorkflowId"), strings.HasPrefix(clause, "TemporalScheduledById"), strings.HasPrefix(clause, "TemporalReportedProblems"):
		return false, nil
	case strings.HasPrefix(clause, "StartTime > "):
		return later(f.started), nil
	case strings.HasPrefix(clause, "CloseTime > "):
		return !f.closed.IsZero() && later(f.closed), nil
	case strings.HasPrefix(clause, "WorkflowId IN ("):
		return strings.Contains(clause, "'"+f.id+"'"), nil
	case strings.HasPrefix(clause, "`"):
		for _, a := range s.known {
			if clause == "`"+a+"` IS NOT NULL" {
				return f.typ != "" && f.closed.IsZero(), nil
			}
		}
		return false, status.Error(codes.InvalidArgument, "invalid query: invalid search attribute: "+clause)
	}
	return false, status.Error(codes.InvalidArgument, "the fake does not know "+clause)
}

func payloads() *commonpb.Payloads {
	return &commonpb.Payloads{Payloads: []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "x": []byte(secret)}, Data: []byte(secret)}}}
}

func (f flow) info() *workflowpb.WorkflowExecutionInfo {
	e := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: f.id, RunId: "run-" + f.id}, Type: &commonpb.WorkflowType{Name: f.typ}, TaskQueue: f.queue,
		StartTime: timestamppb.New(f.started), Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING,
		Memo:             &commonpb.Memo{Fields: map[string]*commonpb.Payload{"note": payloads().Payloads[0]}},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"CustomerId": payloads().Payloads[0]}}}
	if !f.closed.IsZero() {
		e.Status, e.CloseTime = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(f.closed)
	}
	return e
}

func (f flow) history() *historypb.History {
	a := &historypb.WorkflowExecutionStartedEventAttributes{Input: payloads(), Identity: f.by, OriginalExecutionRunId: "run-" + f.id}
	if f.goesOn {
		a.ContinuedExecutionRunId = "an-earlier-run"
	}
	if f.cron {
		a.CronSchedule = "0 3 * * *"
	}
	return &historypb.History{Events: []*historypb.HistoryEvent{
		{EventId: 1, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: a}},
		{EventId: 4, EventType: enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, Attributes: &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{Identity: "9@worker"}}},
		{EventId: 5, EventType: enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, Attributes: &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
			Input: payloads(), TaskQueue: &taskqueuepb.TaskQueue{Name: "bank"}}}}}}
}

// many are open flows of a type, an hour old and older.
func many(n int, typ string) (out []flow) {
	for i := range n {
		out = append(out, flow{id: fmt.Sprintf("%s-%d", typ, i), typ: typ, queue: "shop", by: "1@old", started: noon.Add(-time.Duration(i+60) * time.Minute)})
	}
	return out
}

// world is a source and a target as they stand before anything moved: 3 orders open, workers at the source.
func world() (source, target *fake) {
	source, target = newFake("source"), newFake("target")
	source.flows = many(3, "Order")
	source.pollers["shop"], source.pollers["bank"] = noon, noon
	source.attributes, source.known = []string{"CustomerId"}, []string{"CustomerId"}
	return source, target
}

// moved is the world after all has moved and drained.
func moved() (source, target *fake) {
	source, target = world()
	for i := range source.flows {
		source.flows[i].started, source.flows[i].closed = noon.Add(-20*24*time.Hour), noon.Add(-10*24*time.Hour)
	}
	source.pollers = map[string]time.Time{}
	target.known = []string{"CustomerId"}
	target.pollers["shop"], target.pollers["bank"] = noon.Add(-10*time.Second), noon.Add(-10*time.Second)
	target.flows = []flow{{id: "new-1", typ: "Order", queue: "shop", by: "2@new", started: noon.Add(-30 * time.Minute), closed: noon.Add(-20 * time.Minute)}, {id: "new-2", typ: "Order", queue: "shop", by: "2@new", started: noon.Add(-5 * time.Minute)}}
	return source, target
}

func options() Options {
	return Options{Namespace: "default", TargetNamespace: "shop.a2dd6", Window: time.Hour, Rate: 10000, Between: time.Nanosecond, Wait: true, Now: func() time.Time { return noon }, Queues: []string{"shop", "bank"},
		Check:      func(context.Context) *Checked { return &Checked{Code: "OK", From: "here"} },
		Assessment: &Assessed{At: noon.Add(-time.Hour), Address: "localhost:7233", Namespaces: []string{"default"}}}
}

func reader(source, target *fake, o Options) *Reader {
	return NewReader(End{source, "localhost:7233"}, End{target, "shop.a2dd6.tmprl.cloud:7233"}, o)
}

func look(t *testing.T, r *Reader, part Part) *Facts {
	t.Helper()
	f, err := r.Look(t.Context(), part)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func states(r Report) string {
	var out []string
	for _, g := range r.Gates {
		out = append(out, g.ID+" "+string(g.State))
	}
	return strings.Join(out, ", ")
}
