package assess

import (
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	namespacepb "go.temporal.io/api/namespace/v1"
	"go.temporal.io/api/operatorservice/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
)

// stubbed is a server that a stub stands for, and the worse verdict of each row of interest.
type stubbed struct {
	name string
	make func(*stub)
	rows map[string]Verdict
}

// old makes a stub the server of a version, which serves no RPC and fills no field that came later. The answers are those
// of go.temporal.io/api, whose services name the release in which each came.
func old(version, store string, missing ...string) func(*stub) {
	return func(s *stub) {
		s.on("GetSystemInfo", always(&workflowservice.GetSystemInfoResponse{ServerVersion: version}))
		s.on("GetClusterInfo", always(&workflowservice.GetClusterInfoResponse{ServerVersion: version, ClusterName: "active", HistoryShardCount: 500, PersistenceStore: "cassandra", VisibilityStore: store}))
		s.on("DescribeNamespace", always(&workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: "payments"}, Config: &namespacepb.NamespaceConfig{}}))
		for _, m := range missing {
			delete(s.answers, m)
		}
	}
}

func refuses(methods ...string) func(*stub) {
	return func(s *stub) {
		for _, m := range methods {
			s.fail(m, codes.PermissionDenied, "Request unauthorized.")
		}
	}
}

func unknown(ids string) map[string]Verdict {
	out := map[string]Verdict{}
	for _, id := range strings.Fields(ids) {
		out[id] = Unknown
	}
	return out
}

// startedTwice makes a stub one with two closed runs of one workflow ID, the second some time after the first and of the chain that
// began with a run.
func startedTwice(after time.Duration, chain string) func(*stub) {
	return func(s *stub) {
		list, describe := s.answers["ListWorkflowExecutions"], s.answers["DescribeWorkflowExecution"]
		s.on("ListWorkflowExecutions", func(args any) (proto.Message, error) {
			m, err := list(args)
			if r := m.(*workflowservice.ListWorkflowExecutionsResponse); strings.Contains(args.(*workflowservice.ListWorkflowExecutionsRequest).Query, "!= 'Running'") {
				first := execution("first", false, time.Now().Add(-30*time.Minute))
				second := execution("second", false, first.StartTime.AsTime().Add(after))
				first.Execution.WorkflowId, second.Execution.WorkflowId = "order-7", "order-7"
				r.Executions = append([]*workflowpb.WorkflowExecutionInfo{second, first}, r.Executions...)
			}
			return m, err
		})
		s.on("DescribeWorkflowExecution", func(args any) (proto.Message, error) {
			if args.(*workflowservice.DescribeWorkflowExecutionRequest).Execution.RunId == "run-second" {
				return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{FirstRunId: chain}}, nil
			}
			return describe(args)
		})
	}
}

// since123 are the RPCs that came with or after 1.23.
var since123 = []string{"CountSchedules", "ListWorkers", "ListWorkerDeployments", "GetWorkerVersioningRules", "ListNexusEndpoints", "CountActivityExecutions"}

var stubs = []stubbed{
	{"server 1.22.4, Cassandra, which cannot count", func(s *stub) {
		old("1.22.4", "cassandra", since123...)(s)
		s.fail("CountWorkflowExecutions", codes.InvalidArgument, "invalid query")
	}, map[string]Verdict{"V1": Blocker, "V2": Pass, "V4": Blocker, "V5": Unknown, "V7": Unknown, "N5": Unknown, "N6": Unknown, "N8": Unknown, "X1": Unknown, "C1": Warning, "S3": Unknown, "W10": Warning, "W1": Unknown, "T3": Unknown}},
	{"server 1.19.1, Elasticsearch", func(s *stub) {
		old("1.19.1", "elasticsearch", since123...)(s)
		s.on("ListSearchAttributes", always(&operatorservice.ListSearchAttributesResponse{CustomAttributes: map[string]enums.IndexedValueType{"CustomKeywordField": enums.INDEXED_VALUE_TYPE_KEYWORD}}))
	}, map[string]Verdict{"V1": Blocker, "V7": Pass, "S1": Warning, "S4": Warning, "W7": Blocker, "T3": Unknown, "N8": Unknown}},
	{"server 1.23.0, Elasticsearch with more attributes than fit", func(s *stub) {
		old("1.23.0", "elasticsearch", since123...)(s)
		many := map[string]enums.IndexedValueType{}
		for _, at := range attributes(41, "Keyword") {
			many[at.Name] = enums.INDEXED_VALUE_TYPE_KEYWORD
		}
		s.on("ListSearchAttributes", always(&operatorservice.ListSearchAttributesResponse{CustomAttributes: many}))
	}, map[string]Verdict{"V1": Pass, "V2": Warning, "V7": Pass, "S1": Blocker, "S4": Pass, "X1": Unknown}},
	{"two environments in one namespace", func(s *stub) {
		describe := s.answers["DescribeTaskQueue"]
		s.on("DescribeTaskQueue", func(args any) (proto.Message, error) {
			m, err := describe(args)
			for i, p := range m.(*workflowservice.DescribeTaskQueueResponse).GetPollers() {
				p.Identity = []string{"7@prod-worker-1", "9@dev-laptop"}[(i+int(args.(*workflowservice.DescribeTaskQueueRequest).TaskQueueType))%2]
			}
			return m, err
		})
	}, map[string]Verdict{"N4": Info}},
	{"one workflow ID started twice within a second", startedTwice(400*time.Millisecond, "run-second"), map[string]Verdict{"C4": Warning}},
	{"one workflow ID started twice within two seconds", startedTwice(2*time.Second, "run-second"), map[string]Verdict{"C4": Pass}},
	{"a run that was retried within a second", startedTwice(400*time.Millisecond, "run-first"), map[string]Verdict{"C4": Pass}},
	{"a second run, and the server does not say of which chain", startedTwice(400*time.Millisecond, ""), map[string]Verdict{"C4": Unknown}},
	{"ListNamespaces refused", refuses("ListNamespaces"), unknown("N1 M2")},
	{"DescribeNamespace refused", refuses("DescribeNamespace"), unknown("N5 N6 N7 N8 X2")},
	{"ListSearchAttributes refused", refuses("ListSearchAttributes"), unknown("S1 S2 S3")},
	{"ListNexusEndpoints refused", refuses("ListNexusEndpoints"), unknown("X1")},
	{"ListSchedules refused", refuses("ListSchedules"), unknown("C2")},
	{"DescribeTaskQueue refused", refuses("DescribeTaskQueue"), unknown("T1 T4")},
	{"ListWorkflowExecutions refused", refuses("ListWorkflowExecutions"), unknown("W2 W3 W9 H1 P5 C4")},
	{"DescribeWorkflowExecution refused", refuses("DescribeWorkflowExecution"), unknown("W3 W6 W9 W10 H1 H4")},
	{"GetWorkflowExecutionHistory refused", refuses("GetWorkflowExecutionHistory"), unknown("W4 W8 P1 P2 P3 H2 H3 X3")},
	{"GetClusterInfo refused", refuses("GetClusterInfo"), unknown("V3 V4 V5 V6 V7")},
	{"ListBatchOperations refused", refuses("ListBatchOperations"), unknown("C3")},
	{"CountWorkflowExecutions refused", refuses("CountWorkflowExecutions"), unknown("W1")},
	{"GetWorkerVersioningRules refused", refuses("GetWorkerVersioningRules"), unknown("T3")},
}
