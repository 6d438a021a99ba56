package transfer

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/proto"

	"onramp/doctor"
)

// histories are seeds: histories and descriptions as the tables of this room have them.
func histories(f *testing.F) (all [][]byte, descriptions [][]byte) {
	f.Helper()
	put := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		return b
	}
	events := ran(activityOn("orders", "5", "ship"), timerBegins("6", time.Hour), updateBegins("set-price"), updateEnds(7), timerEnds(6),
		taskHasFailed(enumspb.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE, appFailure("TypeError", "x", nil)))
	historyOf(events)
	for n := range len(events) + 1 {
		all = append(all, put(&historypb.History{Events: events[:n]}))
	}
	for _, d := range []*described{{}, withActivities(pendingActivity(nil)), {PendingWorkflowTask: inQueue(), WorkflowExecutionInfo: pinned("b1")},
		{PendingNexusOperations: []*workflowpb.PendingNexusOperationInfo{{State: enumspb.PENDING_NEXUS_OPERATION_STATE_BACKING_OFF}}},
		{PendingChildren: []*workflowpb.PendingChildExecutionInfo{{WorkflowId: "c"}}}} {
		descriptions = append(descriptions, put(d))
	}
	return all, descriptions
}

// FuzzHistory: whatever a server says of a workflow is told in events that can be written, and judged without a panic;
// nobody is told to end it, and a verdict has its parts.
func FuzzHistory(f *testing.F) {
	all, descriptions := histories(f)
	for i, h := range all {
		f.Add(h, descriptions[i%len(descriptions)])
	}
	f.Fuzz(func(t *testing.T, history, description []byte) {
		h, d := &historypb.History{}, &workflowservice.DescribeWorkflowExecutionResponse{}
		if proto.Unmarshal(history, h) != nil || proto.Unmarshal(description, d) != nil {
			return
		}
		var o openWork
		var tr translator
		for _, e := range h.GetEvents() {
			o.add(e)
			told := tr.event(e)
			if _, err := json.Marshal(told); err != nil || strings.ContainsAny(told.Line(), "\x1b\x00") {
				t.Fatalf("%v: %q", err, told.Line())
			}
		}
		found := waitsFor(facts{now: later, quiet: time.Minute, patience: time.Second, open: o, described: d, queues: map[string]queueSeen{}}, testValues())
		v := found.verdict
		if v.Code == "" || v.Title == "" || v.Code != doctor.OK && len(v.Fix) == 0 || (v.Code == "unknown") != (v.Level == doctor.Unknown) {
			t.Fatalf("%+v", v)
		}
		if found.health == healthy {
			for _, fix := range v.Fix {
				if ends.MatchString(fix.Text) {
					t.Fatalf("a healthy workflow is to be ended: %+v", fix)
				}
			}
		}
	})
}

// FuzzPayload: what is shown of a payload or a failure can be written as JSON, is valid text and is bounded.
func FuzzPayload(f *testing.F) {
	f.Add([]byte("json/plain"), []byte(`{"amount":250}`), "boom")
	f.Add([]byte("json/plain"), []byte(strings.Repeat("[", 3000)), "a\x1b[31m")
	f.Add([]byte("binary/encrypted"), []byte{0xff, 0}, strings.Repeat("ü", 2000))
	f.Add([]byte(""), []byte(nil), "\xff")
	f.Fuzz(func(t *testing.T, encoding, data []byte, message string) {
		p := &commonpb.Payloads{Payloads: []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": encoding}, Data: data}, {Data: data}}}
		for _, v := range []any{decode(p), shown(p), decodeOne(p.Payloads[0])} {
			b, err := json.Marshal(v)
			if err != nil || !utf8.Valid(b) || len(b) > 20*maxShown+6*len(encoding)+100 {
				t.Fatalf("%v: %d bytes", err, len(b))
			}
		}
		failure := &failurepb.Failure{Message: message}
		for range 3 {
			failure = &failurepb.Failure{Message: message, Cause: failure, EncodedAttributes: p.Payloads[0]}
		}
		if s := sentence(chain(failure)); !utf8.ValidString(s) || len(s) > 30_000 {
			t.Fatalf("%d bytes: %q", len(s), s)
		}
	})
}
