package transfer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"onramp/acts"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// scenarioTexts are the scenarios in words, by id.
var scenarioTexts = map[transfer.Scenario]struct{ label, hint string }{
	transfer.Success:           {"The money arrives", "Withdraw, deposit, done."},
	transfer.Flaky:             {"The bank times out, then works", "Temporal retries; you see each attempt."},
	transfer.Refund:            {"The deposit is refused", "The money is returned: the saga's refund."},
	transfer.InvalidAccount:    {"The account does not exist", "Fails at once: no retry helps."},
	transfer.Slow:              {"The bank is slow", "An activity that runs for a while and can be stopped."},
	transfer.InsufficientFunds: {"Not enough money", "Fails at once: no retry helps."},
}

// transferFields is the form of step 6 as it was sent, without the key.
type transferFields struct {
	scenario, amount, source, target, reference string
	worker, template, queue                     string
	once                                        string // the same when one form is sent twice
	custom                                      customFields
	follow                                      followFields
}

// TransferForm is step 6 before a run; with ?from=<run>, filled in with the values of that run.
func (h *Pages) TransferForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f := transferFields{scenario: string(transfer.Success), amount: "250", source: "85-150", target: "43-812", reference: "onramp-test",
		worker: "own", template: v.Migration.Lang, queue: acts.TaskQueue(v.View), once: rand.Text()}
	if v.Migration.Mode.Can().Built {
		f.worker = "builtin"
	}
	if id := r.URL.Query().Get("from"); id != "" {
		run, err := h.Runs.Run(r.Context(), v.Migration.ID, id)
		if err != nil {
			return err
		}
		t, err := h.readTransfer(r.Context(), v, run)
		if err != nil {
			return err
		}
		f = t.fields()
	}
	return h.showTransfer(w, r, v, f, web.KeyFields{}, nil)
}

func (h *Pages) showTransfer(w http.ResponseWriter, r *http.Request, v web.Visit, f transferFields, key web.KeyFields, ps views.Problems) error {
	past, err := h.History(r, v, migration.TransferRun, web.ShownRuns)
	if err != nil {
		return err
	}
	source := h.KeySource(v, key, web.MovePath(v.Migration.ID, migration.StepTransfer))
	p := views.TransferProps{Migration: v.Migration.ID, Once: f.once, Amount: f.amount, Source: f.source, Target: f.target, Reference: f.reference,
		TaskQueue: f.queue, Custom: f.custom.props(), Poller: h.Poller(v, f.queue, " in step 5"), Key: source, Follow: f.follow.props(source),
		Needs: web.Needs(v, migration.StepTest), CanStart: v.Step(migration.StepTest).Status == migration.Done, History: past,
		Scenarios: scenarioChoices(f.scenario, transfer.Scenarios), Workers: workerChoices(f.worker), Templates: templateChoices(f.template),
		Asked: f.asked(), Changed: f.scenario != string(transfer.Success) || f.worker == "own", Twin: h.transferTwin(v, f), Problems: ps}
	fr := h.Frame(r, "Run a test transfer", "migrations", &v, migration.StepTransfer)
	if len(ps) == 0 && f.worker == "own" && h.Acts.Checks.CanLook(v.By, v.View) {
		fr.Feed = web.MovePath(v.Migration.ID, "events") + "?on=poller&queue=" + url.QueryEscape(f.queue)
	}
	return h.Page(w, r, web.StatusFor(ps), views.TransferPage(fr, p))
}

// asked says what the form asks for.
func (f transferFields) asked() string {
	who := "the worker inside Onramp"
	if f.worker == "own" {
		who = "your own worker on " + f.queue
	}
	return fmt.Sprintf("%s from %s to %s, by %s. %s", f.amount, f.source, f.target, who, web.Either(scenarioTexts[transfer.Scenario(f.scenario)].hint, scenarioTexts[transfer.Success].hint))
}

func scenarioChoices(chosen string, of []transfer.Scenario) []views.Choice {
	var out []views.Choice
	for _, s := range of {
		t := scenarioTexts[s]
		out = append(out, views.Choice{Value: string(s), Label: t.label, Hint: t.hint, Selected: string(s) == chosen})
	}
	return out
}

func workerChoices(chosen string) []views.Choice {
	return []views.Choice{
		{Value: "builtin", Label: "The worker inside Onramp", Hint: "It polls its own task queue, for this run only.", Selected: chosen != "own"},
		{Value: "own", Label: "My own worker", Hint: "It must be running and polling the task queue below.", Selected: chosen == "own"},
	}
}

// detectTemplate is the value of the field template that leaves the choice to who polls.
const detectTemplate = "detect"

func templateChoices(chosen string) []views.Choice {
	out := []views.Choice{{Value: detectTemplate, Label: "Detect from the polling worker", Selected: chosen == detectTemplate}}
	for _, t := range transfer.Profiles() {
		if t.Name != "builtin" {
			out = append(out, views.Choice{Value: t.Name, Label: t.Language, Selected: t.Name == chosen})
		}
	}
	return out
}

// StartTransfer starts a transfer and leads to its page.
func (h *Pages) StartTransfer(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if fault.Is(err, fault.TooLarge) {
		return fault.Wrap(err, fault.TooLarge, "That is too much for a test transfer", "Temporal takes 2 MB as input: store large data elsewhere and pass a reference to it. Nothing was started.")
	} else if err != nil {
		return err
	}
	f := transferFields{scenario: sent.Text("scenario"), amount: sent.Text("amount"), source: sent.Text("source"), target: sent.Text("target"),
		reference: sent.Text("reference"), worker: sent.Text("worker"), template: sent.Text("template"), queue: sent.Text("task_queue"),
		once: cmp.Or(sent.Text("once"), rand.Text()), custom: readCustom(sent)}
	run, err := h.transfer(r.Context(), v, f, sent)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showTransfer(w, r, v, f, web.ReadKeyFields(sent), ps)
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// transferNames are the names that the forms have for what transfer.Validate finds wrong.
var transferNames = map[string]string{"task-queue": "task_queue", "workflow-type": "workflow_type", "workflow-id": "workflow_id", "run-id": "run_id", "time": "seconds"}

func (h *Pages) transfer(ctx context.Context, v web.Visit, f transferFields, sent web.Form) (runs.Run, error) {
	req, err := f.request(h.Acts.Places.Target(v.View))
	creds, credsErr := h.Credentials(v, sent)
	if err := errors.Join(err, credsErr); err != nil {
		return runs.Run{}, fault.Unchanged(err)
	}
	run, err := h.Acts.Transfers.Start(ctx, v.By, v.Migration.ID, acts.Transfer{Credentials: creds, Once: f.once, Request: req})
	return run, repairable(fault.Rename(err, transferNames))
}

// request is what the form asks for. Errors are faults of its fields.
func (f transferFields) request(target doctor.Target) (transfer.Request, error) {
	req := transfer.Request{Target: target, Worker: f.worker, Scenario: transfer.Scenario(f.scenario),
		Details: transfer.Details{SourceAccount: f.source, TargetAccount: f.target, ReferenceID: f.reference}}
	var errs []error
	if req.Worker == "own" {
		req.TaskQueue, req.WorkflowType, req.Input = f.queue, f.custom.workflowType, f.custom.input
		if f.template != detectTemplate {
			req.Template = f.template
		}
		elsewhere, err := f.custom.elsewhere()
		req.Elsewhere, errs = elsewhere, append(errs, err)
	} // the built-in worker is its own template, and makes its own task queue
	amount, err := readAmount(f.amount)
	if len(req.Input) == 0 { // the amount is in the input
		errs = append(errs, err)
	}
	req.Details.Amount = amount
	return req, errors.Join(errs...)
}

// readAmount reads a field amount; empty is 0, the default.
func readAmount(s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	amount, err := strconv.Atoi(s)
	switch {
	case err != nil:
		return 0, fault.New(fault.Invalid, "The amount is not a whole number", "Enter a whole amount from 1 to 1,000,000.").In("amount")
	case amount == 0:
		return 0, fault.New(fault.Invalid, "Nothing would be transferred", "Enter a whole amount from 1 to 1,000,000.").In("amount")
	}
	return amount, nil
}

// repairable turns faults of size into the reader's to repair, at their field.
func repairable(err error) error {
	var out []error
	for _, f := range fault.All(err) {
		if f.Kind == fault.TooLarge && f.Field != "" {
			small := *f
			small.Kind, f = fault.Invalid, &small
		}
		out = append(out, f)
	}
	return errors.Join(out...)
}

// transferTwin does the same in a terminal.
func (h *Pages) transferTwin(v web.Visit, f transferFields) views.CodeBlockProps {
	if v.Namespace == nil {
		return views.CodeBlockProps{}
	}
	text := "onramp transfer" + h.ConnectionFlags(v)
	if f.follow.workflowID != "" {
		text += " --follow --workflow-id " + web.ShellPlain(f.follow.workflowID)
		if f.follow.runID != "" {
			text += " --run-id " + web.ShellPlain(f.follow.runID)
		}
		return views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: text}
	}
	if f.worker == "own" {
		text += " --worker own"
		if f.template != "" && f.template != detectTemplate {
			text += " --template " + web.ShellPlain(f.template)
		}
		if f.queue != "" {
			text += " --task-queue " + web.ShellPlain(f.queue)
		}
		if f.custom.workflowType != "" {
			text += " --workflow-type " + web.ShellPlain(f.custom.workflowType)
		}
		if len(f.custom.input) > 0 && len(f.custom.input) <= web.MaxTwinInput {
			text += " --input " + web.ShellWord(string(f.custom.input))
		}
		if f.custom.localAddress != "" {
			text += " --local-address " + web.ShellPlain(f.custom.localAddress)
		}
	}
	return views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: text + " --scenario " + web.ShellPlain(web.Either(f.scenario, "success"))}
}
