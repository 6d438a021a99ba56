package handlers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/transfer"
	"onramp/views"
)

// This file says what is under way in a transfer: attempts, the last failure, when it is tried again.

// pending are the activities that have not ended, in the order in which they began.
func (t *transferState) pending() []views.PendingProps {
	if !t.live() || t.closed() {
		return nil
	}
	var order []string
	last := map[string]transfer.Event{}
	most := map[string]any{}
	for _, e := range t.events {
		if e.ActivityID == "" || e.State == "" {
			continue
		}
		if _, ok := last[e.ActivityID]; !ok {
			order = append(order, e.ActivityID)
		}
		if e.Attempt == 0 {
			e.Attempt = last[e.ActivityID].Attempt
		}
		if n := e.Data["max_attempts"]; n != nil {
			most[e.ActivityID] = n
		}
		last[e.ActivityID] = e
	}
	var out []views.PendingProps
	for _, id := range order {
		e := last[id]
		p := views.PendingProps{ID: id, Name: activityName(e.Activity), Attempt: fmt.Sprint(e.Attempt), Failure: e.Failure}
		attempt := fmt.Sprintf("attempt %d", e.Attempt)
		if n := most[id]; n != nil {
			attempt += fmt.Sprintf(" of %v", n)
		}
		switch e.State {
		case "scheduled":
			p.State, p.Text = views.Wait, attempt+" waits for a worker"
			if e.NextRetry == nil {
				break
			}
			if left := e.NextRetry.Sub(t.clock()); left > 0 {
				p.Text, p.LeftMS, p.Left = attempt+" starts", left.Milliseconds(), "in "+took(left)
			}
		case "running":
			p.State, p.Text = views.Busy, attempt+" is running"
			if beat := e.Data["heartbeat"]; beat != nil {
				p.LastBeat = evidenceText(beat)
			}
		default:
			continue
		}
		out = append(out, p)
	}
	return out
}

// clock is the time now as Temporal's server tells it: what this computer's clock is ahead of it is taken off.
func (t *transferState) clock() time.Time { return t.at.Add(-t.ahead) }

// listen learns how far this computer's clock is ahead of the server's: the least time between an event of the
// history and its arrival here. An event that is old when it arrives tells little, so that more than that is
// only believed of a transfer that was followed from its start.
func (t *transferState) listen(e transfer.Event, arrived time.Time) {
	if e.ID == 0 {
		return
	}
	d := arrived.Sub(e.At)
	if t.heard && d >= t.ahead {
		return
	}
	if d > 0 && t.asked().FollowOnly {
		return
	}
	t.heard, t.ahead = true, d
}

// lost says that the connection to Temporal is lost now; "" while it is not.
func (t *transferState) lost() string {
	if !t.live() {
		return ""
	}
	for _, e := range slices.Backward(t.events) {
		if connected, ok := e.Data["connected"].(bool); ok {
			if connected {
				return ""
			}
			return e.Text
		}
	}
	return ""
}

// causes is the failure chain that the workflow ended with.
func (t *transferState) causes() []views.CauseProps {
	for _, e := range slices.Backward(t.events) {
		if !closing[e.Type] || e.Data["causes"] == nil {
			continue
		}
		var links []transfer.Cause
		text, err := json.Marshal(e.Data["causes"])
		if err != nil || json.Unmarshal(text, &links) != nil {
			return nil
		}
		var out []views.CauseProps
		for _, c := range links {
			out = append(out, views.CauseProps{Kind: c.Kind, Type: c.Type, Message: c.Message, Final: c.Final})
		}
		return out
	}
	return nil
}

// startCommand is the equal command of the temporal command line, with this migration's values.
func (h *Handlers) startCommand(t *transferState) views.CodeProps {
	kind, _ := t.started("workflow_type").(string)
	queue, _ := t.started("task_queue").(string)
	if kind == "" || t.view.Namespace == nil {
		return views.CodeProps{}
	}
	text := "temporal workflow start --type " + shellPlain(kind) + " --task-queue " + shellPlain(queue) + " --workflow-id " + shellPlain(t.asked().WorkflowID+"-again")
	for _, arg := range argumentsOf(t.started("input"), intOf(t.started("arguments"))) {
		if len(arg) > maxTwinInput {
			return views.CodeProps{}
		}
		text += " --input " + shellWord(arg)
	}
	return views.CodeProps{ID: "start-cli", Name: "Terminal", Lang: "bash", Text: text + h.connectionFlags(t.view)}
}

// argumentsOf are a workflow's arguments, each as JSON on one line.
func argumentsOf(decoded any, n int) []string {
	args := []any{decoded}
	if list, ok := decoded.([]any); ok && n > 1 {
		args = list
	}
	if n == 0 {
		args = nil
	}
	var out []string
	for _, a := range args {
		text, err := json.Marshal(a)
		if err != nil {
			return nil
		}
		out = append(out, string(text))
	}
	return out
}

// showCommand reads the workflow with the temporal command line, as it happens.
func (h *Handlers) showCommand(t *transferState) views.CodeProps {
	id := t.name("workflow_id")
	if id == "" || t.view.Namespace == nil {
		return views.CodeProps{}
	}
	text := "temporal workflow show --workflow-id " + shellPlain(id)
	if run := t.name("run_id"); run != "" {
		text += " --run-id " + shellPlain(run)
	}
	if t.live() {
		text += " --follow"
	}
	return views.CodeProps{ID: "show-cli", Name: "Terminal", Lang: "bash", Text: text + h.connectionFlags(t.view)}
}

// stuckWord is the tag of a verdict while the transfer is followed on.
func stuckWord(code string) string {
	if strings.HasPrefix(code, "TQ-") || strings.HasPrefix(code, "WF-") {
		return "Stuck, and still followed"
	}
	return "Not reached, and still tried"
}
