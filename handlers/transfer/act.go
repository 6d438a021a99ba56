package transfer

import (
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strconv"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
	"onramp/views"
)

func (h *Pages) CancelTransfer(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "canceling", func(ctx context.Context, v web.Visit, run runs.Run, c acts.Credentials, _ web.Form) (runs.Run, error) {
		return run, h.Acts.Transfers.Cancel(ctx, v.By, v.Migration.ID, run.ID, c)
	})
}

func (h *Pages) TerminateTransfer(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "terminated", func(ctx context.Context, v web.Visit, run runs.Run, c acts.Credentials, f web.Form) (runs.Run, error) {
		return run, h.Acts.Transfers.Terminate(ctx, v.By, v.Migration.ID, run.ID, c, f.Text("reason"))
	})
}

// FollowAgain follows the workflow of a run that was cut short; the page of the new run tells the rest.
func (h *Pages) FollowAgain(w http.ResponseWriter, r *http.Request) error {
	return h.act(w, r, "", func(ctx context.Context, v web.Visit, run runs.Run, c acts.Credentials, _ web.Form) (runs.Run, error) {
		return h.Acts.Transfers.FollowAgain(ctx, v.By, v.Migration.ID, run.ID, c)
	})
}

// StopFollowing ends the watching of a run; its workflow goes on.
func (h *Pages) StopFollowing(w http.ResponseWriter, r *http.Request) error {
	return h.stopRun(w, r, migration.TransferRun)
}

func (h *Pages) stopRun(w http.ResponseWriter, r *http.Request, kind migration.RunKind) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, kind)
	if err != nil {
		return err
	}
	if err := h.Acts.Transfers.Stop(r.Context(), v.By, v.Migration.ID, run.ID); err != nil && !fault.Is(err, fault.Conflict) {
		return err // one that has ended already is what was asked for
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// act does something to the workflow of a run, with the run's own key while the reader's run is under way, else with
// the one that the form gives.
func (h *Pages) act(w http.ResponseWriter, r *http.Request, said string,
	do func(context.Context, web.Visit, runs.Run, acts.Credentials, web.Form) (runs.Run, error)) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var creds acts.Credentials
	if !h.Acts.Transfers.HasKeys(v.By, run.ID) {
		if creds, err = h.Credentials(v, sent); err != nil {
			err = fault.Unchanged(err)
		}
	}
	to := run
	if err == nil {
		to, err = do(r.Context(), v, run, creds, sent)
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		acts := actFields{reason: sent.Text("reason"), key: web.ReadKeyFields(sent), problems: ps}
		return h.showTransferRun(w, r, http.StatusUnprocessableEntity, v, run, acts)
	}
	return web.SeeOther(w, r, web.RunPath(to.Outcome), said)
}

// actFields are what a refused act is shown again with.
type actFields struct {
	reason   string
	key      web.KeyFields
	problems views.Problems
}

// acts are what can be done with a transfer now.
func (h *Pages) acts(t *transferState, f actFields) views.TransferActsProps {
	id := t.view.Migration.ID
	p := views.TransferActsProps{Migration: id, Run: t.run.ID, Following: t.live(), Reason: f.reason, Problems: f.problems}
	interrupted := t.run.State == migration.RunInterrupted
	p.Open = t.WorkflowID != "" && (t.live() || interrupted) && !t.Closed
	p.FollowAgain = interrupted && t.asked().WorkflowID != ""
	p.Open = p.Open || p.FollowAgain
	if p.Open && !h.Acts.Transfers.HasKeys(t.view.By, t.run.ID) {
		key := h.KeySource(t.view, f.key, "")
		p.Key = &key
	}
	return p
}

// again starts a transfer with the values of this one: at once with a lent key and without custom input.
func (h *Pages) again(t *transferState) views.AgainProps {
	asked := t.asked()
	p := views.AgainProps{URL: web.MovePath(t.view.Migration.ID, "transfer") + "?from=" + t.run.ID}
	if asked.FollowOnly && asked.Scenario == "" {
		p.URL = web.MovePath(t.view.Migration.ID, "transfer") // there is nothing of ours to start again
		return p
	}
	if _, lent := h.Acts.Keys.Lent(t.view.By, t.view.Migration.ID); !lent || asked.CustomInput {
		return p
	}
	f := t.fields()
	for _, x := range []struct{ name, value string }{{"once", rand.Text()}, {"scenario", f.scenario}, {"amount", f.amount}, {"source", f.source},
		{"target", f.target}, {"reference", f.reference}, {"worker", f.worker}, {"template", f.template}, {"task_queue", f.queue},
		{"workflow_type", f.custom.workflowType}, {"local_address", f.custom.localAddress}, {"local_namespace", f.custom.localNamespace}, {"key_source", web.KeyLent}} {
		p.Fields = append(p.Fields, views.Pair{Name: x.name, Value: x.value})
	}
	return p
}

// fields are the form's fields with the values of this run.
func (t *transferState) fields() transferFields {
	asked := t.asked()
	f := transferFields{scenario: web.Either(string(asked.Scenario), string(transfer.Success)), source: asked.Details.SourceAccount, target: asked.Details.TargetAccount,
		reference: asked.Details.ReferenceID, worker: web.Either(asked.Worker, "builtin"), template: asked.Template, queue: asked.TaskQueue, once: rand.Text(),
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

// TransferHistory is the raw history of a run's workflow, in Temporal's own JSON. It is fetched with the key of
// the reader's own run while it is under way, else with the lent one.
func (h *Pages) TransferHistory(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.TransferRun)
	if err != nil {
		return err
	}
	if _, lent := h.Acts.Keys.Lent(v.By, v.Migration.ID); !lent && !h.Acts.Transfers.HasKeys(v.By, run.ID) {
		return fault.New(fault.Conflict, "Onramp has no key to read the history with", "Let Onramp use the client key in step 2, then try again; or use the command on this page.")
	}
	name := "history.json"
	if t, err := h.readTransfer(r.Context(), v, run); err == nil && t.asked().WorkflowID != "" {
		name = acts.Printable(t.asked().WorkflowID) + ".json"
	}
	return h.Spool(w, r, "application/json; charset=utf-8", func(to io.Writer) error {
		if err := web.Aside(r.Context(), func() error {
			return h.Acts.Transfers.History(r.Context(), v.By, v.Migration.ID, run.ID, to)
		}); err != nil {
			return err
		}
		web.Attachment(w, name)
		return nil
	})
}
