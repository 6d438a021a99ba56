package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/schedule/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// sourceStub is a Temporal server whose answers a test sets; by default one with something for every part of a report, and a
// canary in every place for what users keep in workflows.
type sourceStub struct {
	workflowservice.UnimplementedWorkflowServiceServer
	namespace string // its name
	prefix    string // of the names of types, workflow IDs, queues and identities
	lies      bool   // counts below nothing, and namespaces without end
	payload   int    // bytes in each event of a history, and in what is listed where it is over maxListed
	endless   bool   // its histories never end
	calls     atomic.Int64
	before    func(n int64, method string, authorization string) error // of each call
}

const maxListed = 4 << 20

func canaries() *common.Payloads {
	return &common.Payloads{Payloads: []*common.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`"` + secretText + `"`)}}}
}

func canaryFields(key string) map[string]*common.Payload {
	return map[string]*common.Payload{key: canaries().Payloads[0]}
}

// serve serves the stub on loopback, with TLS where there is a certificate.
func (s *sourceStub) serve(t testing.TB, pair ...tls.Certificate) (address string, stop func()) {
	t.Helper()
	if s.namespace == "" {
		s.namespace = "payments"
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	opts := []grpc.ServerOption{grpc.MaxSendMsgSize(256 << 20), grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
		n := s.calls.Add(1)
		if s.before != nil {
			if err := s.before(n, info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:], authorizationOf(ctx)); err != nil {
				return nil, err
			}
		}
		return next(ctx, req)
	})}
	if len(pair) > 0 {
		opts = append(opts, grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: pair, MinVersion: tls.VersionTLS12})))
	}
	g := grpc.NewServer(opts...)
	workflowservice.RegisterWorkflowServiceServer(g, s)
	operatorservice.RegisterOperatorServiceServer(g, &operatorStub{source: s})
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Serve(l) }()
	t.Cleanup(func() { g.Stop(); <-done })
	return l.Addr().String(), g.Stop
}

// GetSystemInfo implements the service, as those below.
func (s *sourceStub) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{ServerVersion: "1.29.1"}, nil
}

func (s *sourceStub) GetClusterInfo(context.Context, *workflowservice.GetClusterInfoRequest) (*workflowservice.GetClusterInfoResponse, error) {
	return &workflowservice.GetClusterInfoResponse{ServerVersion: "1.29.1", ClusterId: "c1", ClusterName: "east", HistoryShardCount: 1000, PersistenceStore: "postgres12", VisibilityStore: "postgres12", InitialFailoverVersion: 1, FailoverVersionIncrement: 10}, nil
}

func (s *sourceStub) ListNamespaces(_ context.Context, r *workflowservice.ListNamespacesRequest) (*workflowservice.ListNamespacesResponse, error) {
	out := &workflowservice.ListNamespacesResponse{Namespaces: []*workflowservice.DescribeNamespaceResponse{{NamespaceInfo: &namespace.NamespaceInfo{Name: s.namespace, Id: "id-1"}}}}
	if s.lies {
		out.NextPageToken = append(r.NextPageToken, 'x')
		for i := range 1000 {
			out.Namespaces = append(out.Namespaces, &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespace.NamespaceInfo{Name: fmt.Sprintf("%sns-%d-%d", s.prefix, len(r.NextPageToken), i)}})
		}
	}
	return out, nil
}

func (s *sourceStub) DescribeNamespace(_ context.Context, r *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespace.NamespaceInfo{Name: r.Namespace, Id: "id-1", Description: secretText, OwnerEmail: secretText, Data: map[string]string{"k": secretText}},
		Config: &namespace.NamespaceConfig{WorkflowExecutionRetentionTtl: durationpb.New(72 * time.Hour), HistoryArchivalState: enums.ARCHIVAL_STATE_DISABLED, VisibilityArchivalState: enums.ARCHIVAL_STATE_DISABLED}}, nil
}

// The open and closed runs of the stub: some of each type, a year old the first.
var stubTypes = []string{"Order", "Subscription", "Überweisung", "SendInvoiceAndWaitForItsPaymentOrItsReminder"}

func (s *sourceStub) executions(open bool) (out []*workflow.WorkflowExecutionInfo) {
	for i := range 40 {
		began := time.Now().Add(-time.Duration(i+1) * 11 * time.Hour)
		e := &workflow.WorkflowExecutionInfo{Execution: &common.WorkflowExecution{WorkflowId: fmt.Sprintf("%s%s-%t-%d", s.prefix, stubTypes[i%len(stubTypes)], open, i), RunId: fmt.Sprintf("run-%t-%d", open, i)},
			Type: &common.WorkflowType{Name: s.prefix + stubTypes[i%len(stubTypes)]}, TaskQueue: fmt.Sprintf("%squeue-%d", s.prefix, i%2), StartTime: timestamppb.New(began), ExecutionTime: timestamppb.New(began),
			Status: enums.WORKFLOW_EXECUTION_STATUS_RUNNING, Memo: &common.Memo{Fields: canaryFields("note")}, SearchAttributes: &common.SearchAttributes{IndexedFields: canaryFields("CustomerId")}}
		if !open {
			e.Status, e.CloseTime, e.HistorySizeBytes = enums.WORKFLOW_EXECUTION_STATUS_COMPLETED, timestamppb.New(began.Add(10*time.Minute)), 4096
		}
		if s.lies {
			e.HistorySizeBytes, e.HistoryLength = -4096, -7
		}
		if s.payload > maxListed && i == 0 {
			e.Memo.Fields["note"].Data = make([]byte, s.payload)
		}
		out = append(out, e)
	}
	return out
}

func (s *sourceStub) ListWorkflowExecutions(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for _, e := range s.executions(strings.Contains(r.Query, "= 'Running'") && !strings.Contains(r.Query, "!= 'Running'")) {
		if !strings.Contains(r.Query, "WorkflowType = ") || strings.Contains(r.Query, e.Type.Name) {
			out.Executions = append(out.Executions, e)
		}
	}
	return out, nil
}

func (s *sourceStub) CountWorkflowExecutions(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	switch {
	case s.lies:
		return &workflowservice.CountWorkflowExecutionsResponse{Count: -5}, nil
	case strings.Contains(r.Query, "ReportedProblems"):
		return nil, status.Error(codes.InvalidArgument, "invalid search attribute: TemporalReportedProblems")
	}
	return &workflowservice.CountWorkflowExecutionsResponse{Count: 40}, nil
}

func (s *sourceStub) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{Execution: r.Execution, FirstRunId: "run-0", HistoryLength: 12000, HistorySizeBytes: 9000,
		Memo: &common.Memo{Fields: canaryFields("note")}, SearchAttributes: &common.SearchAttributes{IndexedFields: canaryFields("CustomerId")}},
		PendingActivities: []*workflow.PendingActivityInfo{{ActivityId: "1", ActivityType: &common.ActivityType{Name: s.prefix + "Charge"}, Attempt: 14, HeartbeatDetails: canaries()}},
		PendingChildren:   []*workflow.PendingChildExecutionInfo{{WorkflowId: "c", ParentClosePolicy: enums.PARENT_CLOSE_POLICY_TERMINATE}}}, nil
}

func (s *sourceStub) GetWorkflowExecutionHistory(_ context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	input := canaries()
	if s.payload > 0 {
		input.Payloads[0].Data = append(input.Payloads[0].Data, make([]byte, s.payload)...)
	}
	out := &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{
		{EventId: 1, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: &historypb.WorkflowExecutionStartedEventAttributes{
			Input: input, Identity: s.prefix + "4711@web", Memo: &common.Memo{Fields: canaryFields("note")}, SearchAttributes: &common.SearchAttributes{IndexedFields: canaryFields("CustomerId")}, Header: &common.Header{Fields: canaryFields("h")}}}},
		{EventId: 2, EventType: enums.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{SignalName: "go", Input: canaries()}}},
		{EventId: 3, EventType: enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, Attributes: &historypb.HistoryEvent_StartChildWorkflowExecutionInitiatedEventAttributes{StartChildWorkflowExecutionInitiatedEventAttributes: &historypb.StartChildWorkflowExecutionInitiatedEventAttributes{
			Namespace: s.prefix + "billing", Input: canaries()}}},
	}}}
	if s.endless {
		out.NextPageToken = append(r.NextPageToken, 'x')
	}
	return out, nil
}

func (s *sourceStub) ListSchedules(context.Context, *workflowservice.ListSchedulesRequest) (*workflowservice.ListSchedulesResponse, error) {
	return &workflowservice.ListSchedulesResponse{Schedules: []*schedule.ScheduleListEntry{{ScheduleId: s.prefix + "nightly", Memo: &common.Memo{Fields: canaryFields("note")}, Info: &schedule.ScheduleListInfo{Notes: secretText}}}}, nil
}

func (s *sourceStub) DescribeSchedule(context.Context, *workflowservice.DescribeScheduleRequest) (*workflowservice.DescribeScheduleResponse, error) {
	return &workflowservice.DescribeScheduleResponse{Schedule: &schedule.Schedule{State: &schedule.ScheduleState{Notes: secretText}, Policies: &schedule.SchedulePolicies{OverlapPolicy: enums.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL},
		Action: &schedule.ScheduleAction{Action: &schedule.ScheduleAction_StartWorkflow{StartWorkflow: &workflow.NewWorkflowExecutionInfo{WorkflowType: &common.WorkflowType{Name: s.prefix + "Order"}, TaskQueue: &taskqueue.TaskQueue{Name: s.prefix + "queue-0"}, Input: canaries()}}}}, Info: &schedule.ScheduleInfo{}}, nil
}

func (s *sourceStub) DescribeTaskQueue(_ context.Context, r *workflowservice.DescribeTaskQueueRequest) (*workflowservice.DescribeTaskQueueResponse, error) {
	if strings.HasSuffix(r.TaskQueue.GetName(), "queue-1") {
		return &workflowservice.DescribeTaskQueueResponse{}, nil
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: []*taskqueue.PollerInfo{{Identity: s.prefix + "1@worker", LastAccessTime: timestamppb.Now()}}}, nil
}

// operatorStub is the stub's operator service.
type operatorStub struct {
	operatorservice.UnimplementedOperatorServiceServer
	source *sourceStub
}

// ListSearchAttributes implements the service.
func (o *operatorStub) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest) (*operatorservice.ListSearchAttributesResponse, error) {
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enums.IndexedValueType{"CustomerId": enums.INDEXED_VALUE_TYPE_KEYWORD, o.source.prefix + "Region": enums.INDEXED_VALUE_TYPE_KEYWORD}}, nil
}
