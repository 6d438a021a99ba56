package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
	"onramp/views"
)

// scenarioTexts are the scenarios in words, by id.
var scenarioTexts = map[transfer.Scenario]struct{ label, hint string }{
	transfer.Success:           {"The money arrives", "Withdraw, deposit, done."},
	transfer.Flaky:             {"The bank times out, then works", "Temporal tries again; you see the attempts."},
	transfer.Refund:            {"The deposit is refused", "The money goes back: the saga's refund."},
	transfer.InvalidAccount:    {"The account does not exist", "Fails at once: no retry helps."},
	transfer.Slow:              {"The bank is slow", "An activity that runs for a while and can be stopped."},
	transfer.InsufficientFunds: {"Not enough money", "Fails at once: no retry helps."},
}

// transferFields is the form of step 6 as it was sent, without the key.
type transferFields struct {
	scenario, amount, source, target, reference string
	worker, template, queue                     string
	once                                        string // the same when one form is sent twice
}

// transferForm is step 6 before a run.
func (h *Handlers) transferForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f := transferFields{scenario: string(transfer.Success), amount: "250", source: "85-150", target: "43-812", reference: "onramp-test",
		worker: "own", template: v.Migration.Lang, queue: queueOf(v), once: rand.Text()}
	if v.Migration.Mode == migration.Rehearsal {
		f.worker = "builtin"
	}
	return h.showTransfer(w, r, http.StatusOK, v, f, keyFields{}, nil)
}

func (h *Handlers) showTransfer(w http.ResponseWriter, r *http.Request, status int, v migration.View, f transferFields, key keyFields, ps views.Problems) error {
	past, err := h.history(r, v, migration.TransferRun, shownRuns)
	if err != nil {
		return err
	}
	p := views.TransferProps{Migration: v.Migration.ID, Once: f.once, Amount: f.amount, Source: f.source, Target: f.target, Reference: f.reference,
		TaskQueue: f.queue, Poller: h.knownPoller(v, f.queue), Key: h.keySource(v, key),
		Needs: needs(v, migration.StepTest), CanStart: v.Step(migration.StepTest).Status == migration.Done, History: past,
		Twin: h.transferTwin(v, f), Problems: ps}
	for _, s := range transfer.Scenarios {
		t := scenarioTexts[s]
		p.Scenarios = append(p.Scenarios, views.Choice{Value: string(s), Label: t.label, Hint: t.hint, Selected: string(s) == f.scenario})
	}
	p.Workers = []views.Choice{
		{Value: "builtin", Label: "The worker inside Onramp", Hint: "It polls a task queue of its own, for this run.", Selected: f.worker != "own"},
		{Value: "own", Label: "My own worker", Hint: "It must be running and polling the task queue below.", Selected: f.worker == "own"},
	}
	for _, t := range transfer.Profiles() {
		if t.Name != "builtin" {
			p.Templates = append(p.Templates, views.Choice{Value: t.Name, Label: t.Language, Selected: t.Name == f.template})
		}
	}
	fr := h.frame(r, "Run a test transfer", "migrations", &v, migration.StepTransfer)
	return h.page(w, r, status, views.TransferPage(fr, p))
}

// startTransfer starts a transfer and leads to its page.
func (h *Handlers) startTransfer(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	sent, err := readForm(r)
	if err != nil {
		return err
	}
	f := transferFields{scenario: sent.text("scenario"), amount: sent.text("amount"), source: sent.text("source"), target: sent.text("target"),
		reference: sent.text("reference"), worker: sent.text("worker"), template: sent.text("template"), queue: sent.text("task_queue"), once: cmp.Or(sent.text("once"), rand.Text())}
	run, err := h.transfer(r.Context(), v, f, sent)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showTransfer(w, r, http.StatusUnprocessableEntity, v, f, readKeyFields(sent), ps)
	}
	return seeOther(w, r, runPath(run), "")
}

// transferNames are the names that the form has for what transfer.Validate finds wrong.
var transferNames = map[string]string{"task-queue": "task_queue", "workflow-type": "template", "workflow-id": "reference", "input": "amount"}

func (h *Handlers) transfer(ctx context.Context, v migration.View, f transferFields, sent form) (migration.Run, error) {
	if v.Namespace == nil {
		return migration.Run{}, fault.New(fault.Invalid, "There is no namespace yet", "Choose the namespace first: step 1.")
	}
	req := transfer.Request{Target: h.target(v), Template: f.template, Worker: f.worker, Scenario: transfer.Scenario(f.scenario),
		Details: transfer.Details{SourceAccount: f.source, TargetAccount: f.target, ReferenceID: f.reference}}
	if req.Worker == "own" {
		req.TaskQueue = f.queue
	} else {
		req.Template = "builtin" // the built-in worker is its own template, and makes its own task queue
	}
	amount, err := strconv.Atoi(f.amount)
	switch {
	case f.amount == "":
		err = nil
	case err != nil:
		err = fault.New(fault.Invalid, "The amount is not a whole number", "Give a whole amount from 1 to 1,000,000.").In("amount")
	case amount == 0:
		err = fault.New(fault.Invalid, "Nothing would be transferred", "Give a whole amount from 1 to 1,000,000.").In("amount")
	}
	req.Details.Amount = amount
	err = errors.Join(err, rename(transfer.Validate(req), transferNames), h.withKey(v, sent, &req.Target))
	if err != nil {
		return migration.Run{}, err
	}
	if len(req.Target.InputFaults) > 0 { // a transfer has no stage that could show them
		x := req.Target.InputFaults[0]
		bad := fault.New(fault.Invalid, x.Text, "Name files that Onramp may read, or paste the key.").In("key_source")
		bad.Code = x.Code
		return migration.Run{}, bad
	}
	if err := h.reachable(ctx, v); err != nil {
		return migration.Run{}, err
	}
	run, err := h.o.Migrations.StartTransferOnce(ctx, v.Migration.ID, f.once, req)
	if err == nil {
		h.watchWorker(v, run, req)
	}
	return run, err
}

// watchWorker writes down the worker that does a transfer's work, as its log shows it: that is what step 5
// asks for. The built-in one counts in a rehearsal only; for real, the reader's own worker must be seen.
func (h *Handlers) watchWorker(v migration.View, run migration.Run, req transfer.Request) {
	own := req.Worker == "own"
	if !own && v.Migration.Mode != migration.Rehearsal {
		return
	}
	go func() {
		for e, err := range h.o.Migrations.Follow(h.closing, run.ID, 0) {
			if err != nil {
				return
			}
			seen, ok := workerIn(e, own, req)
			if !ok {
				continue
			}
			if _, err := h.o.Migrations.SetPoller(h.closing, v.Migration.ID, seen); err != nil && h.closing.Err() == nil {
				h.o.Log.Error("a worker that was seen could not be written down", "run", run.ID, "err", err)
			}
			return
		}
	}()
}

// workerIn is the worker that an entry of a transfer's log shows.
func workerIn(entry migration.Entry, own bool, req transfer.Request) (migration.PollerData, bool) {
	e, ok := eventOf(entry)
	if !ok {
		return migration.PollerData{}, false
	}
	if !own {
		queue, _ := e.Data["task_queue"].(string)
		builtIn, _ := e.Data["built_in"].(bool)
		return migration.PollerData{TaskQueue: queue, BuiltIn: true}, e.Event == "worker" && builtIn
	}
	identity, _ := e.Data["worker"].(string)
	queue := req.TaskQueue
	if p, ok := transfer.LookupProfile(req.Template); ok && queue == "" {
		queue = p.TaskQueue
	}
	return migration.PollerData{TaskQueue: queue, Identity: identity}, identity != ""
}

// transferTwin does the same in a terminal.
func (h *Handlers) transferTwin(v migration.View, f transferFields) views.CodeProps {
	if v.Namespace == nil {
		return views.CodeProps{}
	}
	text := "onramp transfer" + h.connectionFlags(v)
	if f.worker == "own" {
		text += " --worker own --template " + shellPlain(f.template)
		if f.queue != "" {
			text += " --task-queue " + shellPlain(f.queue)
		}
	}
	return views.CodeProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: text + " --scenario " + shellPlain(f.scenario)}
}

// checkTwin checks the same in a terminal.
func (h *Handlers) checkTwin(v migration.View) views.CodeProps {
	if v.Namespace == nil {
		return views.CodeProps{}
	}
	return views.CodeProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp check" + h.connectionFlags(v)}
}

// connectionFlags are the flags that say where and as whom to connect.
func (h *Handlers) connectionFlags(v migration.View) string {
	t := h.target(v)
	out := fmt.Sprintf(" --address %s --namespace %s --tls-cert-path client.pem --tls-key-path client.key", shellPlain(t.Address), shellPlain(t.Namespace))
	if t.ServerName != "" {
		out += " --tls-server-name " + shellPlain(t.ServerName)
	}
	if v.Migration.Mode == migration.Rehearsal && h.absent() == nil {
		if trust, err := h.trust(); err == nil { // without the files the command cannot trust the rehearsal
			out += " --tls-ca-path " + shellPlain(trust.root)
		}
	}
	return out
}

// shellPlain quotes a word for a POSIX shell only where it must be.
func shellPlain(s string) string {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == ':', r == '/', r == '_', r == '-':
		default:
			return shellWord(s)
		}
	}
	if s == "" {
		return "''"
	}
	return s
}
