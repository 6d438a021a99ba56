package handlers

import (
	"context"
	"crypto/rand"
	"net/http"
	"strconv"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

// This file acts on the workflow of one transfer.

func (h *Handlers) cancelTransfer(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "canceling", func(ctx context.Context, v visit, run runs.Run, c acts.Credentials, _ form) (runs.Run, error) {
		return run, h.o.Acts.Transfers.Cancel(ctx, v.by, v.Migration.ID, run.ID, c)
	})
}

func (h *Handlers) terminateTransfer(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "terminated", func(ctx context.Context, v visit, run runs.Run, c acts.Credentials, f form) (runs.Run, error) {
		return run, h.o.Acts.Transfers.Terminate(ctx, v.by, v.Migration.ID, run.ID, c, f.text("reason"))
	})
}

// followAgain follows the workflow of a run that was cut short; the page of the new run tells the rest.
func (h *Handlers) followAgain(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "", func(ctx context.Context, v visit, run runs.Run, c acts.Credentials, _ form) (runs.Run, error) {
		return h.o.Acts.Transfers.FollowAgain(ctx, v.by, v.Migration.ID, run.ID, c)
	})
}

// stopFollowing ends the watching of a run; its workflow goes on.
func (h *Handlers) stopFollowing(w http.ResponseWriter, r *http.Request) error {
	return h.stopRun(w, r, migration.TransferRun)
}

func (h *Handlers) stopRun(w http.ResponseWriter, r *http.Request, kind migration.RunKind) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	run, err := h.runOf(r, v, kind)
	if err != nil {
		return err
	}
	if err := h.o.Acts.Transfers.Stop(r.Context(), v.by, v.Migration.ID, run.ID); err != nil && !fault.Is(err, fault.Conflict) {
		return err // one that has ended already is what was asked for
	}
	return seeOther(w, r, runPath(run.Outcome), "")
}

// act does something to the workflow of a run, with the run's own key while it is under way, else with the one
// that the form gives.
func (h *Handlers) act(w http.ResponseWriter, r *http.Request, said string,
	do func(context.Context, visit, runs.Run, acts.Credentials, form) (runs.Run, error)) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	run, err := h.runOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	sent, err := readForm(r)
	if err != nil {
		return err
	}
	var creds acts.Credentials
	if !h.o.Acts.Transfers.Under(run.ID) {
		if creds, err = h.credentials(v, sent); err != nil {
			err = fault.Unchanged(err)
		}
	}
	to := run
	if err == nil {
		to, err = do(r.Context(), v, run, creds, sent)
	}
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		acts := actFields{reason: sent.text("reason"), key: readKeyFields(sent), problems: ps}
		return h.showTransferRun(w, r, http.StatusUnprocessableEntity, v, run, acts)
	}
	return seeOther(w, r, runPath(to.Outcome), said)
}

// actFields are what a refused act is shown again with.
type actFields struct {
	reason   string
	key      keyFields
	problems views.Problems
}

// acts are what can be done with a transfer now.
func (h *Handlers) acts(t *transferState, f actFields) views.TransferActsProps {
	id := t.view.Migration.ID
	p := views.TransferActsProps{Migration: id, Run: t.run.ID, Following: t.live(), Reason: f.reason, Problems: f.problems}
	interrupted := t.run.State == migration.RunInterrupted
	p.Open = t.WorkflowID != "" && (t.live() || interrupted) && !t.Closed
	p.FollowAgain = interrupted && t.asked().WorkflowID != ""
	p.Open = p.Open || p.FollowAgain
	if p.Open && !h.o.Acts.Transfers.Under(t.run.ID) {
		key := h.keySource(t.view, f.key)
		p.Key = &key
	}
	return p
}

// again starts a transfer with the values of this one: at once with a lent key and without custom input.
func (h *Handlers) again(t *transferState) views.AgainProps {
	asked := t.asked()
	p := views.AgainProps{URL: movePath(t.view.Migration.ID, "transfer") + "?from=" + t.run.ID}
	if asked.FollowOnly && asked.Scenario == "" {
		p.URL = movePath(t.view.Migration.ID, "transfer") // there is nothing of ours to start again
		return p
	}
	if _, lent := h.o.Acts.Keys.Lent(t.view.by, t.view.Migration.ID); !lent || asked.CustomInput {
		return p
	}
	f := t.fields()
	for _, x := range []struct{ name, value string }{{"once", rand.Text()}, {"scenario", f.scenario}, {"amount", f.amount}, {"source", f.source},
		{"target", f.target}, {"reference", f.reference}, {"worker", f.worker}, {"template", f.template}, {"task_queue", f.queue},
		{"workflow_type", f.custom.workflowType}, {"local_address", f.custom.localAddress}, {"local_namespace", f.custom.localNamespace}, {"key_source", keyLent}} {
		p.Fields = append(p.Fields, views.Pair{Name: x.name, Value: x.value})
	}
	return p
}

// fields are the form's fields with the values of this run.
func (t *transferState) fields() transferFields {
	asked := t.asked()
	f := transferFields{scenario: either(string(asked.Scenario), string(transfer.Success)), source: asked.Details.SourceAccount, target: asked.Details.TargetAccount,
		reference: asked.Details.ReferenceID, worker: either(asked.Worker, "builtin"), template: asked.Template, queue: asked.TaskQueue, once: rand.Text(),
		custom: customFields{workflowType: asked.WorkflowType, localAddress: asked.LocalAddress, localNamespace: asked.LocalNamespace}}
	if f.worker == "own" && f.template == "" {
		f.template = detectTemplate
	}
	if asked.Details.Amount != 0 {
		f.amount = strconv.Itoa(asked.Details.Amount)
	}
	if asked.CustomInput {
		f.custom.input, f.custom.note = inputOf(t.Input, t.Arguments)
	}
	return f
}

// transferHistory is the raw history of a run's workflow, in Temporal's own JSON. It is fetched with the key of
// the run while it is under way, else with the lent one.
func (h *Handlers) transferHistory(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	run, err := h.runOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	if _, lent := h.o.Acts.Keys.Lent(v.by, v.Migration.ID); !lent && !h.o.Acts.Transfers.Under(run.ID) {
		return fault.New(fault.Conflict, "No key is lent to read the history with", "Lend the client key in step 2, then try again; or use the command of this page.")
	}
	text, err := h.o.Acts.Transfers.History(r.Context(), v.by, v.Migration.ID, run.ID)
	if err != nil {
		return err
	}
	name := "history.json"
	if t, err := h.readTransfer(r.Context(), v, run); err == nil && t.asked().WorkflowID != "" {
		name = acts.Printable(t.asked().WorkflowID) + ".json"
	}
	return sendFile(w, r, "application/json; charset=utf-8", name, text)
}
