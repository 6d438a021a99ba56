package handlers_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

// running is a transfer that is under way, started with a key that is not lent; its events come from the test.
func (d *desk) running(more ...string) (m, run string, k keys) {
	d.t.Helper()
	m, _, _ = d.byHand()
	d.checks.close()
	d.until(m, "the test passed", func(v migration.View) bool { return v.Step(migration.StepTest).Status == migration.Done })
	d.post(m+"/certificates/forget", "x", "y").to(d.t)
	k = d.lentAgain(m)
	run = d.upload(m+"/transfer", append(with(transferForm, more...), "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key)...).to(d.t)
	return m, run, k
}

// emit sends events of a running transfer and waits until they are in its log.
func (d *desk) emit(run string, events ...transfer.Event) {
	d.t.Helper()
	id := run[strings.LastIndexByte(run, '/')+1:]
	before, err := d.runs.Entries(d.t.Context(), id, 0)
	check(d.t, err)
	for _, e := range events {
		select {
		case d.transfers.next <- e:
		case <-time.After(10 * time.Second):
			d.t.Fatal("nobody takes the event")
		}
	}
	d.logged(id, int64(len(before)+len(events)))
}

// TestRunningTransferPage: attempts, the next retry, a lost connection, the failure chain and the commands are
// on the page while and after it runs.
func TestRunningTransferPage(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	_, run, _ := d.running()
	now := time.Now()
	next, yes := now.Add(40*time.Second), true
	d.emit(run,
		transfer.Event{Event: "workflow", ID: 1, At: now, Type: "WorkflowExecutionStarted", Text: "Started", Data: transfer.Data{WorkflowID: "w-1", RunID: "r-1", WorkflowType: "MoneyTransfer",
			TaskQueue: "q 1", Arguments: 1, Input: map[string]any{"amount": 250, "big": json.Number("12345678901234567890")}}},
		transfer.Event{Event: "activity", ID: 5, At: now, Type: "ActivityTaskScheduled", Activity: "deposit", ActivityID: "5", Attempt: 1, State: "scheduled", Text: "Deposit scheduled"},
		transfer.Event{Event: "pending", At: now, Activity: "deposit", ActivityID: "5", Attempt: 3, State: "scheduled", NextRetry: &next, Failure: "the bank is closed", Text: "deposit: attempt 2 failed", Data: transfer.Data{MaxAttempts: 5}},
		transfer.Event{Event: "note", At: now, Text: "The connection was lost; trying again.", Data: transfer.Data{Connected: new(bool)}},
	)
	page := d.get(run).want(t, 200, "attempt 3 of 5 starts", "the bank is closed", `data-attempt="3"`, `data-event-id="5"`, `data-type="ActivityTaskScheduled"`, "The connection was lost; trying again.",
		run+"/cancel", run+"/terminate", run+"/stop", run+"/history.json", "temporal workflow show --workflow-id w-1 --run-id r-1 --follow",
		html.EscapeString(`'q 1'`), "12345678901234567890", "--tls-cert-path client.pem").lacks(t, "acts-key_pem", "Follow again")
	left := regexp.MustCompile(`data-left="(\d+)"`).FindStringSubmatch(page.body)
	if left == nil || len(left[1]) != 5 || left[1] > "40000" || left[1] < "20000" {
		t.Errorf("the countdown has %v ms, want a little less than 40000", left)
	}
	d.get(run+"/history.json").want(t, 200, `"events"`)
	d.emit(run,
		transfer.Event{Event: "note", At: now, Text: "Connected again; nothing was missed", Data: transfer.Data{Connected: &yes}},
		transfer.Event{Event: "activity", ID: 9, At: now, Type: "ActivityTaskFailed", Activity: "deposit", ActivityID: "5", Attempt: 5, State: "failed", Failure: "no"},
		transfer.Event{Event: "workflow", ID: 12, At: now, Type: "WorkflowExecutionFailed", Text: "Workflow failed", Data: transfer.Data{Causes: []transfer.Cause{
			{Kind: "application", Type: "TransferFailed", Message: "outer <b>"}, {Kind: "activity", Message: "middle"}, {Kind: "application", Type: "InvalidAccountError", Message: "inner", Final: true}}}},
	)
	d.get(run).want(t, 200).lacks(t, "data-left", `data-testid="lost"`)
	d.transfers.close()
	d.finish(run)
	d.get(run).want(t, 200, "Failure chain, 3 links", "outer &lt;b&gt;", "InvalidAccountError", "No retry helps", "can be read while Onramp may use the client key").lacks(t, run+"/cancel", "--follow")
	d.get(run+"/history.json").want(t, 409, "Onramp has no key")
}

// TestSkewedClock: the countdown goes by the server's clock although this computer's is 30 s ahead.
func TestSkewedClock(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	_, run, _ := d.running()
	server := time.Now().Add(-30 * time.Second)
	next := server.Add(8 * time.Second)
	d.emit(run,
		transfer.Event{Event: "activity", ID: 5, At: server, Type: "ActivityTaskScheduled", Activity: "deposit", ActivityID: "5", Attempt: 1, State: "scheduled"},
		transfer.Event{Event: "pending", At: server, Activity: "deposit", ActivityID: "5", Attempt: 2, State: "scheduled", NextRetry: &next})
	page := d.get(run).want(t, 200, "attempt 2 starts")
	left := regexp.MustCompile(`data-left="(\d{4})"`).FindStringSubmatch(page.body)
	if left == nil || left[1] > "8100" {
		t.Errorf("the countdown has %v ms, want about 8000", left)
	}
}

// TestActOnATransfer: cancel, terminate and stop with the run's own key while it is under way; with a key of the
// form afterwards; refused without one.
func TestActOnATransfer(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, run, k := d.running()
	d.emit(run, transfer.Event{Event: "started", Text: "Started", Data: transfer.Data{WorkflowID: "w-1"}})
	if to := d.upload(run+"/cancel", "reason", "").to(t); to != run {
		t.Errorf("cancel leads to %s", to)
	}
	d.upload(run+"/terminate", "reason", "enough").to(t)
	if got, want := d.ops.all(), []string{"cancel key:true", "terminate enough key:true"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	d.ops.err = fault.New(fault.Conflict, "The transfer has already ended", "Start another one.")
	d.upload(run+"/cancel", "reason", "").want(t, 422, "The transfer has already ended")
	d.ops.err = nil
	d.post(run+"/stop", "x", "y").to(t)
	d.finish(run)
	d.get(run).want(t, 200, "Interrupted", "Follow it again", `data-testid="follow-again"`, "acts-key_pem", "pays nothing twice")
	d.upload(run+"/cancel", "key_source", "paste", "cert_pem", k.cert, "key_pem", "").want(t, 422, "The private key is missing", "acts-key_pem")
	d.upload(run+"/cancel", "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key).to(t)
	if got := d.ops.all(); len(got) != 4 || got[3] != "cancel key:true" {
		t.Errorf("asked for %q", got)
	}
	again := d.upload(run+"/follow", "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key).to(t)
	if again == run || !strings.HasPrefix(again, m+"/transfer/") {
		t.Errorf("following again leads to %s", again)
	}
	if twice := d.upload(run+"/follow", "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key).to(t); twice != again {
		t.Errorf("following again twice leads to %s and %s", again, twice)
	}
	d.get(again).want(t, 200, "<live-feed")
	d.transfers.close()
	d.finish(again)
	d.get(m+"/test/nope").want(t, 404)
	d.upload(m+"/transfer/nope/cancel", "reason", "").want(t, 404)
}

// TestStartAgain: with a lent key at once with the same values, else by the form filled in, custom input included.
func TestStartAgain(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	first := d.upload(m+"/transfer", append(with(transferForm, "worker", "own", "amount", "77", "reference", "r-77", "task_queue", "mine"), "key_source", "lent", "once", "a",
		"workflow_type", "Mine", "local_address", "localhost:7233")...).to(t)
	d.finish(first)
	page := d.get(first).want(t, 200, "Start again with the same values", "--local-address localhost:7233")
	hidden := regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(page.body, -1)
	var form []string
	for _, h := range hidden {
		if h[1] != "return" {
			form = append(form, h[1], html.UnescapeString(h[2]))
		}
	}
	second := d.upload(m+"/transfer", form...).to(t)
	if second == first {
		t.Fatal("starting again led to the same run")
	}
	if again := d.upload(m+"/transfer", form...).to(t); again != second {
		t.Error("one click, sent twice, paid twice")
	}
	d.finish(second)
	asked := func(run string) (a runs.TransferRequest) {
		r, err := d.runs.Run(t.Context(), strings.TrimPrefix(m, "/m/"), run[strings.LastIndexByte(run, '/')+1:])
		check(t, err)
		a = r.TransferRequest()
		a.WorkflowID = ""
		return a
	}
	if a, b := asked(first), asked(second); a != b || a.Details.Amount != 77 || a.WorkflowType != "Mine" || a.LocalAddress != "localhost:7233" || a.TaskQueue != "mine" {
		t.Errorf("started %+v, then again %+v", a, b)
	}
	d.get(m+"/transfer?from="+first[strings.LastIndexByte(first, '/')+1:]).want(t, 200, `value="77"`, `value="r-77"`, `value="Mine"`, `value="localhost:7233"`)
	d.get(m+"/transfer?from=nope").want(t, 404)
	d.post(m+"/certificates/forget", "x", "y").to(t)
	d.get(first).want(t, 200, "?from=").lacks(t, "Start again with the same values")
}

// TestFollowForm: a workflow that somebody else started is followed; what is no id is refused.
func TestFollowForm(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	run := d.upload(m+"/transfer/follow", "workflow_id", "theirs-7", "run_id", "", "key_source", "lent").to(t)
	d.finish(run)
	d.get(run).want(t, 200, "theirs-7", "onramp transfer", "--follow --workflow-id theirs-7", "The workflow ended COMPLETED")
	before := d.snapshot()
	for _, tt := range []struct{ id, run, says string }{
		{"", "", "workflow ID is missing"},
		{"theirs", "not-a-run", "36 characters"},
		{strings.Repeat("x", 1001), "", "Shorten it"},
	} {
		d.upload(m+"/transfer/follow", "workflow_id", tt.id, "run_id", tt.run, "key_source", "lent").want(t, 422, tt.says)
	}
	if after := d.snapshot(); after != before {
		t.Error("a refused form changed what is stored")
	}
}

// TestRefusedInput: JSON that is none is refused with its place, input beyond 2 MB with its size, and a body
// beyond the form's bound as such; nothing is started.
func TestRefusedInput(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	before := d.snapshot()
	own := func(once string, more ...string) []string {
		return append(append(with(transferForm, "worker", "own"), "key_source", "lent", "once", once), more...)
	}
	big := `{"a":"` + strings.Repeat("x", 3<<20) + `"}`
	for _, tt := range []struct {
		name   string
		fields []string
		status int
		says   []string
	}{
		{"not JSON", own("1", "input", "{\n  \"amount\": 250,\n  oops\n}"), 422, []string{"line 3, character 3", "oops", `id="input-error"`}},
		{"half", own("2", "input", `{"amount": 25`), 422, []string{"line 1, character 13"}},
		{"not JSON in a file", own("3", "@input_file", "nope"), 422, []string{"line 1, character"}},
		{"3 MB pasted", own("4", "input", big), 422, []string{fmt.Sprintf("%d bytes", len(big)), "2 MB", "not shown again"}},
		{"3 MB in a file", own("5", "@input_file", big), 422, []string{"2 MB"}},
		{"10 MB", own("6", "input", strings.Repeat("x", 10<<20)), 413, []string{"too much for a test transfer", "Nothing was started"}},
		{"an unknown scenario", with(own("7"), "scenario", "lottery"), 422, []string{"Unknown scenario"}},
		{"a negative amount", with(own("8"), "amount", "-5"), 422, []string{"is negative"}},
		{"a huge amount", with(own("9"), "amount", "1000000000000"), 422, []string{"too large"}},
		{"an unknown template", with(own("10"), "template", "cobol"), 422, []string{"Unknown template"}},
		{"no local server", own("11", "local_address", "http://"), 422, []string{"local_address-error"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := d.upload(m+"/transfer", tt.fields...).want(t, tt.status)
			text := html.UnescapeString(r.body)
			for _, s := range tt.says {
				if !strings.Contains(text, s) {
					t.Errorf("the answer lacks %q\n%.2500s", s, mainOf(text))
				}
			}
			if len(r.body) > 200<<10 {
				t.Errorf("the answer has %d bytes", len(r.body))
			}
		})
	}
	if after := d.snapshot(); after != before {
		t.Error("a refused transfer changed what is stored")
	}
	run := d.upload(m+"/transfer", own("ok", "input", `[{"a":12345678901234567890}, "two"]`)...).to(t)
	d.finish(run)
}

// TestPollerEvidence: what the worker looks like, and that one polls another queue, is said beside the form.
func TestPollerEvidence(t *testing.T) {
	who := []transfer.Poller{{Identity: "7@box", LastAccess: time.Now(), Kind: "workflow"}}
	d := sit(t, deskOptions{
		pollers: func(_ context.Context, req transfer.Request) ([]transfer.Poller, error) {
			if req.TaskQueue == "theirs" {
				return who, nil
			}
			return nil, nil
		},
		detect: func(_ context.Context, req transfer.Request) (transfer.Detected, error) {
			return transfer.Detected{TaskQueue: "theirs", Template: "ruby", Evidence: "the worker on theirs is temporal-ruby 1.3.0", Pollers: who}, nil
		},
	})
	m := d.lent()
	d.post(m+"/code/worker", "queue", "mine").to(t)
	s := d.follow(m + "/events?on=poller&queue=mine")
	if got := s.swap(); !strings.Contains(got.data, "A worker polls theirs, not mine.") {
		t.Errorf("near miss: %s", got.data)
	}
	d.post(m+"/code/worker", "queue", "theirs").to(t)
	s = d.follow(m + "/events?on=poller&queue=theirs")
	if got := s.swap(); !strings.Contains(got.data, "the Ruby template: the worker on theirs is temporal-ruby 1.3.0") {
		t.Errorf("evidence: %s", got.data)
	}
}
