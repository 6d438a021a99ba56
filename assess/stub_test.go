package assess

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	replicationpb "go.temporal.io/api/replication/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
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

const canary = "CANARY-d41d8cd9"

// stub answers calls as a server would, by the method's name; what it has no answer for is not served.
type stub struct {
	mu      sync.Mutex
	calls   []string // full method names
	answers map[string]func(args any) (proto.Message, error)
}

// Invoke implements grpc.ClientConnInterface.
func (s *stub) Invoke(_ context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	s.mu.Lock()
	s.calls = append(s.calls, method)
	answer := s.answers[method[strings.LastIndex(method, "/")+1:]]
	s.mu.Unlock()
	if answer == nil {
		return status.Error(codes.Unimplemented, "unknown method")
	}
	m, err := answer(args)
	if err != nil {
		return err
	}
	proto.Merge(reply.(proto.Message), m)
	return nil
}

// NewStream implements grpc.ClientConnInterface.
func (s *stub) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "no streams")
}

func (s *stub) on(method string, answer func(args any) (proto.Message, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[method] = answer
}

func (s *stub) fail(method string, code codes.Code, text string) {
	s.on(method, func(any) (proto.Message, error) { return nil, status.Error(code, text) })
}

func always(m proto.Message) func(any) (proto.Message, error) {
	return func(any) (proto.Message, error) { return m, nil }
}

func payloads() *commonpb.Payloads {
	return &commonpb.Payloads{Payloads: []*commonpb.Payload{payload()}}
}

func payload() *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("json/plain"), "secret": []byte(canary)}, Data: []byte(`"` + canary + `"`)}
}

func execution(id string, open bool, start time.Time) *workflowpb.WorkflowExecutionInfo {
	e := &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id, RunId: "run-" + id}, Type: &commonpb.WorkflowType{Name: "Transfer"},
		StartTime: timestamppb.New(start), ExecutionTime: timestamppb.New(start), Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, TaskQueue: "transfers",
		Memo:             &commonpb.Memo{Fields: map[string]*commonpb.Payload{"note": payload()}},
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"CustomerId": payload()}}}
	if !open {
		e.Status, e.CloseTime, e.HistorySizeBytes = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(start.Add(time.Minute)), 2048
	}
	return e
}

func event(id int64, kind enums.EventType) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventId: id, EventType: kind}
}

// history is one of a workflow that does a bit of everything.
func everything() *historypb.History {
	started := event(1, enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
	started.Attributes = &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
		Input: payloads(), Identity: "7@starter", Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"note": payload()}}, CronSchedule: "",
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"CustomerId": payload()}}, Header: &commonpb.Header{Fields: map[string]*commonpb.Payload{"h": payload()}}}}
	done := event(2, enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED)
	done.Attributes = &historypb.HistoryEvent_WorkflowTaskCompletedEventAttributes{WorkflowTaskCompletedEventAttributes: &historypb.WorkflowTaskCompletedEventAttributes{
		SdkMetadata:      &sdkpb.WorkflowTaskCompletedMetadata{SdkName: "temporal-go", SdkVersion: "1.25.0"},
		MeteringMetadata: &commonpb.MeteringMetadata{NonfirstLocalActivityExecutionAttempts: 2}}}
	activity := event(3, enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)
	activity.Attributes = &historypb.HistoryEvent_ActivityTaskScheduledEventAttributes{ActivityTaskScheduledEventAttributes: &historypb.ActivityTaskScheduledEventAttributes{
		Input: payloads(), TaskQueue: &taskqueuepb.TaskQueue{Name: "bank"}, WorkflowTaskCompletedEventId: 2}}
	tried := event(4, enums.EVENT_TYPE_ACTIVITY_TASK_STARTED)
	tried.Attributes = &historypb.HistoryEvent_ActivityTaskStartedEventAttributes{ActivityTaskStartedEventAttributes: &historypb.ActivityTaskStartedEventAttributes{Attempt: 3}}
	marker := func(id int64) *historypb.HistoryEvent {
		e := event(id, enums.EVENT_TYPE_MARKER_RECORDED)
		e.Attributes = &historypb.HistoryEvent_MarkerRecordedEventAttributes{MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{
			MarkerName: "LocalActivity", WorkflowTaskCompletedEventId: 2, Details: map[string]*commonpb.Payloads{"data": payloads()}}}
		return e
	}
	child := event(7, enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED)
	child.Attributes = &historypb.HistoryEvent_StartChildWorkflowExecutionInitiatedEventAttributes{StartChildWorkflowExecutionInitiatedEventAttributes: &historypb.StartChildWorkflowExecutionInitiatedEventAttributes{
		Namespace: "billing", WorkflowTaskCompletedEventId: 2, Input: payloads()}}
	signal := event(8, enums.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED)
	signal.Attributes = &historypb.HistoryEvent_SignalExternalWorkflowExecutionInitiatedEventAttributes{SignalExternalWorkflowExecutionInitiatedEventAttributes: &historypb.SignalExternalWorkflowExecutionInitiatedEventAttributes{
		Namespace: "payments", WorkflowTaskCompletedEventId: 2, Input: payloads()}}
	signalled := event(9, enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
	signalled.Attributes = &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{Input: payloads(), SignalName: "go"}}
	upsert := event(10, enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES)
	upsert.Attributes = &historypb.HistoryEvent_UpsertWorkflowSearchAttributesEventAttributes{UpsertWorkflowSearchAttributesEventAttributes: &historypb.UpsertWorkflowSearchAttributesEventAttributes{
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"TemporalChangeVersion": payload()}}, WorkflowTaskCompletedEventId: 2}}
	return &historypb.History{Events: []*historypb.HistoryEvent{started, done, activity, tried, marker(5), marker(6), child, signal, signalled, upsert}}
}

// server is a stub of a healthy, busy server of 1.31.
func server() *stub {
	now := time.Now()
	s := &stub{answers: map[string]func(any) (proto.Message, error){}}
	s.on("GetSystemInfo", always(&workflowservice.GetSystemInfoResponse{ServerVersion: "1.31.0"}))
	s.on("GetClusterInfo", always(&workflowservice.GetClusterInfoResponse{ServerVersion: "1.31.0", ClusterName: "east", HistoryShardCount: 512, PersistenceStore: "postgres12", VisibilityStore: "postgres12", InitialFailoverVersion: 1, FailoverVersionIncrement: 10}))
	s.on("ListClusters", always(&operatorservice.ListClustersResponse{Clusters: []*operatorservice.ClusterMetadata{{ClusterName: "east"}}}))
	s.on("ListNexusEndpoints", always(&operatorservice.ListNexusEndpointsResponse{}))
	s.on("ListNamespaces", always(&workflowservice.ListNamespacesResponse{Namespaces: []*workflowservice.DescribeNamespaceResponse{
		{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "temporal-system"}}, {NamespaceInfo: &namespacepb.NamespaceInfo{Name: "payments", Id: "id-1"}}}}))
	s.on("DescribeNamespace", always(&workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "payments", Id: "id-1", Description: canary, Data: map[string]string{"k": canary}, OwnerEmail: canary,
		Limits: &namespacepb.NamespaceInfo_Limits{BlobSizeLimitError: 2 << 20, MemoSizeLimitError: 2 << 20}},
		Config:            &namespacepb.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(72 * time.Hour), HistoryArchivalState: enums.ARCHIVAL_STATE_DISABLED, VisibilityArchivalState: enums.ARCHIVAL_STATE_DISABLED},
		ReplicationConfig: &replicationpb.NamespaceReplicationConfig{Clusters: []*replicationpb.ClusterReplicationConfig{{ClusterName: "east"}}}}))
	s.on("ListSearchAttributes", always(&operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enums.IndexedValueType{"CustomerId": enums.INDEXED_VALUE_TYPE_KEYWORD, "Tags": enums.INDEXED_VALUE_TYPE_KEYWORD_LIST}}))
	s.on("CountWorkflowExecutions", func(args any) (proto.Message, error) {
		n := int64(1)
		if strings.Contains(args.(*workflowservice.CountWorkflowExecutionsRequest).Query, "ReportedProblems") {
			n = 0
		}
		return &workflowservice.CountWorkflowExecutionsResponse{Count: n}, nil
	})
	s.on("ListWorkflowExecutions", func(args any) (proto.Message, error) {
		if strings.Contains(args.(*workflowservice.ListWorkflowExecutionsRequest).Query, "!= 'Running'") {
			return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{execution("closed-1", false, now.Add(-time.Hour))}}, nil
		}
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{execution("open-1", true, now.Add(-40*24*time.Hour))}}, nil
	})
	s.on("DescribeWorkflowExecution", always(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: "open-1", RunId: "run-open-1"}, FirstRunId: "run-open-0", HistoryLength: 40, HistorySizeBytes: 9000,
			Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"note": payload()}}, SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{"CustomerId": payload()}}},
		PendingActivities: []*workflowpb.PendingActivityInfo{{ActivityId: "1", Attempt: 12, HeartbeatDetails: payloads(), LastWorkerIdentity: "9@w"}},
		PendingChildren:   []*workflowpb.PendingChildExecutionInfo{{WorkflowId: "c", ParentClosePolicy: enums.PARENT_CLOSE_POLICY_TERMINATE}}}))
	s.on("GetWorkflowExecutionHistory", always(&workflowservice.GetWorkflowExecutionHistoryResponse{History: everything()}))
	s.on("CountSchedules", always(&workflowservice.CountSchedulesResponse{Count: 12}))
	s.on("ListSchedules", func(any) (proto.Message, error) {
		r := &workflowservice.ListSchedulesResponse{}
		for i := range 12 {
			r.Schedules = append(r.Schedules, &schedulepb.ScheduleListEntry{ScheduleId: fmt.Sprintf("s-%d", i), Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{"note": payload()}},
				Info: &schedulepb.ScheduleListInfo{Notes: canary, FutureActionTimes: []*timestamppb.Timestamp{timestamppb.New(now.Truncate(time.Hour).Add(2 * time.Hour))}}})
		}
		return r, nil
	})
	s.on("DescribeSchedule", always(&workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{
		Policies: &schedulepb.SchedulePolicies{OverlapPolicy: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, CatchupWindow: durationpb.New(time.Hour)}, State: &schedulepb.ScheduleState{Notes: canary},
		Action: &schedulepb.ScheduleAction{Action: &schedulepb.ScheduleAction_StartWorkflow{StartWorkflow: &workflowpb.NewWorkflowExecutionInfo{
			WorkflowType: &commonpb.WorkflowType{Name: "Nightly"}, TaskQueue: &taskqueuepb.TaskQueue{Name: "night"}, Input: payloads()}}}}, Info: &schedulepb.ScheduleInfo{}}))
	s.on("DescribeTaskQueue", func(args any) (proto.Message, error) {
		if args.(*workflowservice.DescribeTaskQueueRequest).TaskQueue.Name == "night" {
			return &workflowservice.DescribeTaskQueueResponse{}, nil
		}
		return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueuepb.PollerInfo{{Identity: "1@worker"}}}, nil
	})
	s.on("ListWorkerDeployments", always(&workflowservice.ListWorkerDeploymentsResponse{}))
	s.fail("GetWorkerVersioningRules", codes.PermissionDenied, "Worker versioning v0.2 (Rules-based, deprecated) is disabled on this namespace.")
	s.on("ListBatchOperations", always(&workflowservice.ListBatchOperationsResponse{}))
	return s
}
