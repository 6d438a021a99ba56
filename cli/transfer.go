package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"onramp/doctor"
	"onramp/fault"
	"onramp/namespace"
	"onramp/reach"
	"onramp/sdk"
	"onramp/transfer"
)

// transferCmd is `onramp transfer`: a test transfer, followed to its end.
func transferCmd(ctx context.Context, w World, args []string) int {
	s := newSettings("transfer", "start a test money transfer and follow it", w)
	conn := connectionFlags(s)
	template := s.oneOf("template", "builtin", "template whose worker this is", append([]string{"builtin"}, sdk.IDs()...)...)
	worker := s.oneOf("worker", "builtin", "which worker does the work: Onramp's built-in one, or your own", "builtin", "own")
	scenario := s.oneOf("scenario", "success", "how the mock bank behaves", "success", "flaky", "refund", "invalid-account", "slow", "insufficient-funds")
	input := s.text("input", "", "`JSON` input instead of the template's")
	workflowID := s.text("workflow-id", "", "workflow `id`; default: a new one")
	follow := s.boolean("follow", "start nothing: follow the workflow that --workflow-id names")
	runID := s.text("run-id", "", "`id` of the run to follow; default: the newest of that workflow ID")
	amount := s.text("amount", "250", "amount to transfer, whole units")
	local := s.text("local-address", "", "`host:port` of the local server that the worker used before, to look for it there when no worker takes the tasks")
	localNS := s.text("local-namespace", "default", "namespace there")
	other := s.text("other-namespace", "", "another `Namespace ID`, to look for the worker there with the same certificate or API key when no worker takes the tasks")
	timeout := s.duration("timeout", "60s", "give up following after this `duration`", 24*time.Hour)
	patience := s.duration("patience", "10s", "diagnose a transfer that has made no progress for this `duration`", time.Hour)
	asJSON := s.boolean("json", "one JSON object a line")
	var units int
	var otherID namespace.ID
	s.after = append(s.after, func() (err error) {
		if *other != "" {
			otherID, _, err = namespace.ParseID(*other)
		}
		if err != nil {
			return fault.From(err).In("other-namespace")
		}
		return nil
	}, func() error {
		if _, err := fmt.Sscanf(*amount+"\n", "%d\n", &units); err != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("%q is not an amount", *amount), "Give a whole number, such as 250.").In("amount")
		}
		return nil
	})
	if code, done := s.parse(args); done {
		return code
	}
	req := transfer.Request{Target: conn.target(), Template: *template, Worker: *worker, Scenario: transfer.Scenario(*scenario),
		Details:   transfer.Details{Amount: units},
		TaskQueue: *conn.taskQueue, WorkflowType: *conn.workflowType, WorkflowID: *workflowID, RunID: *runID, FollowOnly: *follow, GiveUp: true}
	if *follow { // somebody else's: no worker of ours, and no scenario that it would have to end as
		req.Worker, req.Scenario = "own", ""
	}
	if *local != "" {
		req.Elsewhere = []doctor.Target{{Address: *local, Namespace: *localNS, Plaintext: true}}
	}
	if *other != "" {
		req.Elsewhere = append(req.Elsewhere, transfer.InNamespace(req.Target, otherID))
	}
	if *input != "" {
		req.Input = json.RawMessage(*input)
	}
	if err := transfer.Validate(req); err != nil {
		complain(w, err)
		return exitUsage
	}
	lines := json.NewEncoder(w.Stdout)
	lines.SetEscapeHTML(false)
	emit := func(events []transfer.Event) {
		for _, e := range events {
			if *asJSON {
				_ = lines.Encode(e) // a reader that went away ends the command by SIGPIPE
				continue
			}
			fmt.Fprintln(w.Stdout, e.Line())
		}
	}
	if len(req.Target.InputFaults) > 0 { // a file that cannot be read: the doctor names it, nothing is started
		v := doctor.New(doctor.Options{}).Run(ctx, req.Target, nil).Verdict
		emit([]transfer.Event{{Event: "end", At: time.Now().UTC(), Status: transfer.NotStarted, Text: v.Title, Verdict: &v}})
		if !*asJSON {
			_ = doctor.WriteVerdict(w.Stdout, v, colour(w))
		}
		return doctor.ExitCode(v)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, *timeout, errors.New("--timeout"))
	defer cancel()
	res := newTransfers(*patience, nil, nil, nil).Run(ctx, req, emit)
	if res.AsExpected || res.Verdict.Code == doctor.OK && res.Status == transfer.Running { // followed for as long as was asked, and not stuck
		return exitOK
	}
	if !*asJSON {
		doctor.WriteVerdict(w.Stdout, res.Verdict, colour(w))
	}
	if code := doctor.ExitCode(res.Verdict); code > exitUsage {
		return code
	}
	return exitWorker
}

// newTransfers is the transfer room with the doctor as the one who explains why a connection fails. bank is the
// built-in worker's; nil is one in memory. own, where it is given, keeps the connections; to, where it is given, makes them.
func newTransfers(patience time.Duration, bank *transfer.Bank, own *doctor.OwnCalls, to func(string) reach.Dialer) *transfer.Service {
	engine := doctor.New(doctor.Options{Own: own, To: to})
	return transfer.New(transfer.Options{Patience: patience, Bank: bank, Own: own, To: to, Diagnose: func(ctx context.Context, t doctor.Target) doctor.Verdict {
		return engine.Run(ctx, t, nil).Verdict
	}})
}
