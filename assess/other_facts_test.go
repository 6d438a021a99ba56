package assess

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// TestTarget: the namespace in Temporal Cloud is looked at with counts alone.
func TestTarget(t *testing.T) {
	f := collect(t, server(), quick())
	s := server()
	s.on("CountWorkflowExecutions", func(args any) (proto.Message, error) {
		switch q := args.(*workflowservice.CountWorkflowExecutionsRequest).Query; {
		case strings.Contains(q, "Tags"):
			return nil, status.Error(codes.InvalidArgument, "invalid search attribute: Tags")
		case q == "":
			return &workflowservice.CountWorkflowExecutionsResponse{Count: 3}, nil
		}
		return &workflowservice.CountWorkflowExecutionsResponse{}, nil
	})
	f.Target = ReadTarget(t.Context(), s, "x:7233", "x.a1b2c", f, quick())
	rows := rowsOf(f, "Z1")
	if len(rows) != 2 || rows[0].Automated != Blocker || !strings.Contains(rows[0].Title+rows[1].Title, "Tags") {
		t.Errorf("%+v", rows)
	}
}

// TestMetrics: two looks at the counter that a server exports make a rate, by namespace.
func TestMetrics(t *testing.T) {
	const page = `# HELP action The number of actions.
# TYPE action counter
action{action_type="grpc_StartWorkflowExecution",namespace="payments",service_name="frontend"} %d
action{action_type="command_RecordMarker",namespace="payments",service_name="frontend"} 999999
action{action_type="command_BatchMarkers",namespace="payments",service_name="frontend"} 10
action{action_type="grpc_X",namespace="payments",service_name="history"} 500
action{action_type="grpc_X",namespace="temporal-system",service_name="frontend"} 500
action_total{action_type="grpc_X",namespace="odd\"name}",service_name="frontend"} 7
actions_other{namespace="payments"} 4
`
	n := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n += 100
		fmt.Fprintf(w, page, n)
	}))
	defer srv.Close()
	m := ReadMetrics(t.Context(), srv.Client(), srv.URL, time.Millisecond)
	if m.Read != Read || m.Total["payments"] != 210 || m.Total[`odd"name}`] != 7 || len(m.Rate) != 2 || m.Rate["payments"] <= 0 {
		t.Errorf("%+v", m)
	}
	for name, h := range map[string]http.HandlerFunc{
		"nothing there": http.NotFound,
		"another page":  func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") },
		"started again": func(w http.ResponseWriter, _ *http.Request) { n -= 1000; fmt.Fprintf(w, page, n+1_000_000) },
	} {
		bad := httptest.NewServer(h)
		if m := ReadMetrics(t.Context(), bad.Client(), bad.URL, time.Millisecond); m.Read == Read || m.Why == "" {
			t.Errorf("%s: %+v", name, m)
		}
		bad.Close()
	}
}

// TestDynamicConfig: the keys that a rule knows are read whatever their case, and nothing else is kept.
func TestDynamicConfig(t *testing.T) {
	c, err := ReadDynamicConfig(strings.NewReader("limit.blobSize.error:\n  - value: 8388608\n    constraints: {namespace: payments}\n  - value: 2097152\nsystem.enableCrossNamespaceCommands:\n  - value: true\nfrontend.secret:\n  - value: " + canary + "\n"))
	if err != nil || c.Keys["limit.blobsize.error"] != 8<<20 || c.Keys["system.enablecrossnamespacecommands"] != 1 || c.Others != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, bad := range []string{"- a\n- b", "x: [", strings.Repeat("a", 2<<20), "limit.blobSize.error: 7"} {
		if _, err := ReadDynamicConfig(strings.NewReader(bad)); err == nil {
			t.Errorf("%.20q: no error", bad)
		}
	}
}
