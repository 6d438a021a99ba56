package transfer

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// TestValidate is a table of what people send. want is the fields that are refused, in any order.
func TestValidate(t *testing.T) {
	big := json.RawMessage(`"` + strings.Repeat("x", 3*1024*1024) + `"`)
	justFits := json.RawMessage(`"` + strings.Repeat("x", maxPayload-2) + `"`)
	tests := []struct {
		name string
		req  Request
		want []string
		says string
	}{
		{"nothing at all", Request{}, nil, ""},
		{"built-in, all given", Request{Template: "builtin", Worker: "builtin", Scenario: Flaky, Details: details(Flaky)}, nil, ""},
		{"own python", Request{Template: "python", Worker: "own", Scenario: Success}, nil, ""},
		{"own, refund", Request{Template: "go", Worker: "own", Scenario: Refund}, nil, ""},
		{"own, flaky", Request{Template: "go", Worker: "own", Scenario: Flaky}, []string{"scenario"}, "cannot run the scenario"},
		{"own, slow", Request{Worker: "own", Scenario: Slow}, []string{"scenario"}, "cannot run the scenario"},
		{"unknown template", Request{Template: "perl"}, []string{"template"}, "perl"},
		{"template in capitals", Request{Template: "Python"}, []string{"template"}, "Python"},
		{"unknown worker", Request{Worker: "mine"}, []string{"worker"}, "mine"},
		{"unknown scenario", Request{Scenario: "fire"}, []string{"scenario"}, "fire"},
		{"several at once", Request{Template: "perl", Worker: "mine", Scenario: "fire", Details: Details{Amount: -1}}, []string{"amount", "scenario", "template"}, ""},
		{"negative amount", Request{Details: Details{Amount: -250}}, []string{"amount"}, "-250"},
		{"huge amount", Request{Details: Details{Amount: 1_000_001}}, []string{"amount"}, "too large"},
		{"largest amount", Request{Details: Details{Amount: 1_000_000}}, nil, ""},
		{"same accounts", Request{Details: Details{SourceAccount: "1", TargetAccount: "1"}}, []string{"target"}, "Both accounts"},
		{"account with blanks inside", Request{Details: Details{SourceAccount: "DE89 3704 0044"}}, nil, ""},
		{"account with a letter of another alphabet", Request{Details: Details{SourceAccount: "счёт-1"}}, nil, ""},
		{"account that is a script", Request{Details: Details{SourceAccount: "<script>"}}, []string{"source"}, "character"},
		{"account with a line break", Request{Details: Details{TargetAccount: "85\n150"}}, []string{"target"}, "character"},
		{"account that begins with a dash", Request{Details: Details{TargetAccount: "-1"}}, []string{"target"}, "character"},
		{"long account", Request{Details: Details{SourceAccount: strings.Repeat("8", 65)}}, []string{"source"}, "64"},
		{"longest account", Request{Details: Details{SourceAccount: strings.Repeat("8", 64)}}, nil, ""},
		{"reference with a null byte", Request{Details: Details{ReferenceID: "a\x00"}}, []string{"reference"}, "character"},
		{"input that is not JSON", Request{Worker: "own", Input: json.RawMessage("{amount: 250}")}, []string{"input"}, "line 1, character 2"},
		{"input that breaks on line 3", Request{Worker: "own", Input: json.RawMessage("{\n\"a\": 1,\n\"b\": }")}, []string{"input"}, "line 3"},
		{"input that ends too early", Request{Worker: "own", Input: json.RawMessage(`{"a":`)}, []string{"input"}, "not JSON"},
		{"two documents", Request{Worker: "own", Input: json.RawMessage(`{} {}`)}, []string{"input"}, "not JSON"},
		{"input that is a word", Request{Worker: "own", Input: json.RawMessage(`hello`)}, []string{"input"}, "not JSON"},
		{"input of other bytes", Request{Worker: "own", Input: json.RawMessage("\"\xff\xfe\"")}, []string{"input"}, "UTF-8"},
		{"input of 3 MB", Request{Worker: "own", Input: big}, []string{"input"}, "2 MB"},
		{"input of exactly 2 MB", Request{Worker: "own", Input: justFits}, nil, ""},
		{"input of several arguments", Request{Worker: "own", Input: json.RawMessage(`[1, "two", {"three": 3}]`)}, nil, ""},
		{"no arguments at all", Request{Worker: "own", Input: json.RawMessage(`[]`)}, nil, ""},
		{"17 arguments", Request{Worker: "own", Input: json.RawMessage(`[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]`)}, []string{"input"}, "17"},
		{"input makes details unimportant", Request{Worker: "own", Input: json.RawMessage(`1`), Details: Details{Amount: -1}}, nil, ""},
		{"built-in with its own input", Request{Input: json.RawMessage(`{"source_account":"85-150","target_account":"43-812","amount":1,"reference_id":"r"}`)}, nil, ""},
		{"built-in with Go's keys", Request{Input: json.RawMessage(`{"SourceAccount":"85-150"}`)}, []string{"input"}, "SourceAccount"},
		{"built-in with a text for amount", Request{Input: json.RawMessage(`{"amount":"250"}`)}, []string{"input"}, "amount"},
		{"built-in with a negative amount", Request{Input: json.RawMessage(`{"amount":-250}`)}, []string{"input"}, "negative"},
		{"built-in without argument", Request{Input: json.RawMessage(`[]`)}, []string{"input"}, "one argument"},
		{"built-in with an amount of 10^12", Request{Input: json.RawMessage(`{"amount":1000000000000}`)}, []string{"input"}, "too large"},
		{"queue with a blank at its end", Request{Worker: "own", TaskQueue: "orders "}, []string{"task-queue"}, "space"},
		{"queue with a line break", Request{Worker: "own", TaskQueue: "or\nders"}, []string{"task-queue"}, "control"},
		{"queue of the server", Request{Worker: "own", TaskQueue: "/_sys/orders/3"}, []string{"task-queue"}, "Temporal itself"},
		{"queue of 1001 bytes", Request{Worker: "own", TaskQueue: strings.Repeat("q", 1001)}, []string{"task-queue"}, "1001"},
		{"type of other bytes", Request{Worker: "own", WorkflowType: "\xff"}, []string{"workflow-type"}, "UTF-8"},
		{"workflow ID of 1000 bytes", Request{WorkflowID: strings.Repeat("w", 1000)}, nil, ""},
		{"workflow ID of 1001 bytes", Request{WorkflowID: strings.Repeat("w", 1001)}, []string{"workflow-id"}, "1001"},
		{"follow nothing", Request{FollowOnly: true}, []string{"workflow-id"}, "missing"},
		{"follow", Request{FollowOnly: true, WorkflowID: "w", RunID: fakeRun}, nil, ""},
		{"follow a run that is none", Request{FollowOnly: true, WorkflowID: "w", RunID: "latest"}, []string{"run-id"}, "latest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Validate(tt.req)
			var fields []string
			for _, f := range fault.All(err) {
				fields = append(fields, f.Field)
				if f.Kind != fault.Invalid && f.Kind != fault.TooLarge {
					t.Errorf("kind %s", f.Kind)
				}
				if f.Title == "" || f.Fix == "" || len(f.Title) > 300 {
					t.Errorf("no help for people, or too much: %+v", f)
				}
			}
			if diff := cmp.Diff(tt.want, sorted(fields)); diff != "" {
				t.Errorf("refused fields (-want +got):\n%s", diff)
			}
			if err != nil && !strings.Contains(fault.Title(err), tt.says) {
				t.Errorf("says %q, want %q in it", fault.Title(err), tt.says)
			}
		})
	}
}

// TestNothingStartsInvalid: Run refuses by itself, whoever forgot to call Validate.
func TestNothingStartsInvalid(t *testing.T) {
	f := newFake(t)
	res := f.watch(quick(0), Request{Worker: "own", Details: Details{Amount: -1}}).end()
	if res.Status != NotStarted || res.Verdict.Title != "The amount -1 is negative" || len(f.starts) != 0 {
		t.Errorf("ended %+v after %d starts", res, len(f.starts))
	}
}

// TestArgument holds every template's input as its code reads it.
func TestArgument(t *testing.T) {
	want := map[string]string{
		"builtin":    `MoneyTransfer  {"source_account":"85-150","target_account":"43-812","amount":250,"reference_id":"12345","scenario":"success"}`,
		"python":     `MoneyTransfer TRANSFER_MONEY_TASK_QUEUE {"source_account":"85-150","target_account":"43-812","amount":250,"reference_id":"12345"}`,
		"go":         `MoneyTransfer TRANSFER_MONEY_TASK_QUEUE {"SourceAccount":"85-150","TargetAccount":"43-812","Amount":250,"ReferenceID":"12345"}`,
		"typescript": `moneyTransfer money-transfer {"amount":250,"sourceAccount":"85-150","targetAccount":"43-812","referenceId":"12345"}`,
		"java":       `MoneyTransferWorkflow MONEY_TRANSFER_TASK_QUEUE {"sourceAccountId":"85-150","destinationAccountId":"43-812","transactionReferenceId":"12345","amountToTransfer":250}`,
		"dotnet":     `MoneyTransferWorkflow MONEY_TRANSFER_TASK_QUEUE {"SourceAccount":"85-150","TargetAccount":"43-812","Amount":250,"ReferenceId":"12345"}`,
		"ruby":       `MoneyTransferWorkflow money-transfer {"json_class":"MoneyTransfer::TransferDetails","v":["85-150","43-812",250,"12345"]}`,
		"php":        `money_transfer default {"sourceAccount":"85-150","targetAccount":"43-812","amount":250,"referenceId":"12345"}`,
	}
	got := map[string]string{}
	for _, p := range Profiles() {
		arg := p.Argument(details(Success))
		if !json.Valid(arg) {
			t.Errorf("%s: %s is not JSON", p.Name, arg)
		}
		got[p.Name] = fmt.Sprintf("%s %s %s", p.WorkflowType, p.TaskQueue, arg)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("templates (-want +got):\n%s", diff)
	}
}

// FuzzInput: whatever is pasted as input is either refused or becomes arguments that are JSON; the
// arguments as a list mean the same again.
func FuzzInput(f *testing.F) {
	for _, s := range []string{"", "[]", "{}", "null", `[1,"two",[3]]`, `{"a":`, "  [ 1 ] ", "[1]]", "\ufeff{}", "[[[[", `"\ud800"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		req := Request{Worker: "own", Input: json.RawMessage(s)}
		if Validate(req) != nil {
			return
		}
		args := makePlan(req).args
		if s == "" { // the template's own input
			return
		}
		again, err := json.Marshal(args)
		if err != nil {
			t.Fatalf("arguments of %q are not JSON: %v", s, err)
		}
		if len(args) == 0 {
			return
		}
		twice, err := arguments(again)
		if err != nil || len(twice) != len(args) {
			t.Errorf("%q: %d arguments, written and read again %d (%v)", s, len(args), len(twice), err)
		}
	})
}
