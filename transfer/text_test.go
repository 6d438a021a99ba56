package transfer

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
)

func sorted(s []string) []string { slices.Sort(s); return s }

func TestDecode(t *testing.T) {
	payload := func(encoding, data string) *commonpb.Payload {
		return &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte(encoding)}, Data: []byte(data)}
	}
	long := `"` + strings.Repeat("é", 5000) + `"`
	tests := map[string]struct {
		in   []*commonpb.Payload
		want any
	}{
		"none":              {nil, nil},
		"null":              {[]*commonpb.Payload{payload("binary/null", "")}, nil},
		"text":              {[]*commonpb.Payload{payload("json/plain", `"done"`)}, "done"},
		"object":            {[]*commonpb.Payload{payload("json/plain", `{"a":[1,true]}`)}, map[string]any{"a": []any{json.Number("1"), true}}},
		"a number too long": {[]*commonpb.Payload{payload("json/plain", `12345678901234567890`)}, json.Number("12345678901234567890")},
		"two":               {[]*commonpb.Payload{payload("json/plain", `1`), payload("json/plain", `"b"`)}, []any{json.Number("1"), "b"}},
		"protobuf":          {[]*commonpb.Payload{payload("json/protobuf", `{"x":1}`)}, map[string]any{"x": json.Number("1")}},
		"bytes":             {[]*commonpb.Payload{payload("binary/plain", "\x00\x01")}, "binary/plain, 2 bytes"},
		"encrypted":         {[]*commonpb.Payload{payload("binary/encrypted", "abc")}, "encrypted, 3 bytes"},
		"no encoding":       {[]*commonpb.Payload{{Data: []byte("abc")}}, "3 bytes without an encoding"},
		"says JSON, is not": {[]*commonpb.Payload{payload("json/plain", `{`)}, "not JSON, although it says so: {"},
		"long":              {[]*commonpb.Payload{payload("json/plain", long)}, `"` + strings.Repeat("é", 2047) + "… (10002 bytes)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := decode(&commonpb.Payloads{Payloads: tt.in})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Errorf("cannot be kept: %v", err)
			}
		})
	}
}

func TestSentence(t *testing.T) {
	deep := appFailure("E", "bottom", nil)
	for range 40 {
		deep = appFailure("E", "layer", deep)
	}
	tests := map[string]struct {
		in   *failurepb.Failure
		want string
	}{
		"none":                     {nil, ""},
		"the saga":                 {appFailure("TransferFailed", "transfer failed, the money was returned to 85-150", activityFailure("Deposit", appFailure("InvalidAccountError", "account number 99-999 is invalid", nil))), "transfer failed, the money was returned to 85-150: InvalidAccountError: account number 99-999 is invalid"},
		"a bare activity error":    {activityFailure("Deposit", nil), "activity error"},
		"a timeout":                {activityFailure("Deposit", timeoutFailure(enumspb.TIMEOUT_TYPE_START_TO_CLOSE)), "activity timeout (StartToClose timeout)"},
		"a type in the message":    {appFailure("ValueError", "ValueError: no", nil), "ValueError: no"},
		"a message that repeats":   {appFailure("A", "outer: inner", appFailure("", "inner", nil)), "outer: inner"},
		"cancelled, without words": {&failurepb.Failure{FailureInfo: &failurepb.Failure_CanceledFailureInfo{CanceledFailureInfo: &failurepb.CanceledFailureInfo{}}}, "canceled"},
		"a chain without end":      {deep, "layer: E: layer"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := sentence(chain(tt.in)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestLine(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 30, 5, 120e6, time.Local)
	tests := map[string]Event{
		"09:30:05.120    5  Withdraw scheduled  (ActivityTaskScheduled)":                         {Event: "activity", At: at, ID: 5, Type: "ActivityTaskScheduled", Text: "Withdraw scheduled"},
		"09:30:05.120       Deposit: attempt 1 failed: no answer; attempt 2 in 1.0 s":            {Event: "pending", At: at, Text: "Deposit: attempt 1 failed: no answer; attempt 2 in 1.0 s"},
		"09:30:05.120       The transfer completed: Transfer complete (transaction IDs: W, D)":   {Event: "end", At: at, Text: "The transfer completed", Result: "Transfer complete (transaction IDs: W, D)"},
		"09:30:05.120   13  Workflow failed: \uFFFD[31mred two lines  (WorkflowExecutionFailed)": {Event: "workflow", At: at, ID: 13, Type: "WorkflowExecutionFailed", Text: "Workflow failed: \x1b[31mred\ntwo lines"},
	}
	for want, e := range tests {
		if got := e.Line(); got != want {
			t.Errorf("\n%q, want\n%q", got, want)
		}
	}
}

func TestNearNames(t *testing.T) {
	for queue, near := range map[string][]string{
		"orders":                    {"Orders", "ORDERS", "orders ", " orders"},
		"Orders":                    {"orders", "ORDERS"},
		"orders ":                   {"orders"},
		"money-transfer":            {"TRANSFER_MONEY_TASK_QUEUE", "money_transfer", "MONEY_TRANSFER"},
		"TRANSFER_MONEY_TASK_QUEUE": {"money-transfer", "transfer-money-task-queue"},
	} {
		got := nearNames(queue)
		for _, want := range near {
			if !slices.Contains(got, want) {
				t.Errorf("%q is not near %q: %q", want, queue, got)
			}
		}
		if slices.Contains(got, queue) || len(got) > 20 {
			t.Errorf("near %q: %q", queue, got)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"orders", "Orders", 0}, {"orders", "order", 1}, {"orders", "oders", 1}, {"orders", "orderz", 1}, {"abc", "", 3}, {"kitten", "sitting", 3}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestShell(t *testing.T) {
	for in, want := range map[string]string{"orders": "orders", "two words": "'two words'", `{"a":1}`: `'{"a":1}'`, "it's": `'it'\''s'`, "$(rm)": "'$(rm)'", "": "''"} {
		if got := shell(in); got != want {
			t.Errorf("shell(%q) = %s, want %s", in, got, want)
		}
	}
}
