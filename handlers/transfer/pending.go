package transfer

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/transfer"
	"onramp/views"
)

// pending are the activities that have not ended, in the order in which they began.
func (t *transferState) pending() []views.PendingProps {
	var out []views.PendingProps
	for _, a := range t.Pending() {
		p := views.PendingProps{ID: a.ID, Name: activityName(a.Name), Attempt: fmt.Sprint(a.Attempt), Failure: a.Failure}
		attempt := fmt.Sprintf("attempt %d", a.Attempt)
		if a.MaxAttempts > 0 {
			attempt += fmt.Sprintf(" of %d", a.MaxAttempts)
		}
		switch a.State {
		case transfer.StateScheduled:
			p.State, p.Text = views.Wait, attempt+" waits for a worker"
			if a.NextRetry == nil {
				break
			}
			if left := a.NextRetry.Sub(t.clock()); left > 0 {
				p.Text, p.LeftMS, p.Left = attempt+" starts", left.Milliseconds(), "in "+web.Took(left)
			}
		case transfer.StateRunning:
			p.State, p.Text = views.Busy, attempt+" is running"
			if a.Heartbeat != nil {
				p.LastBeat = doctor.EvidenceText(a.Heartbeat)
			}
		}
		out = append(out, p)
	}
	return out
}

// clock is the time now as Temporal's server tells it: what this computer's clock is ahead of it is taken off.
func (t *transferState) clock() time.Time { return t.at.Add(-t.Ahead) }

// causes is the failure chain that the workflow ended with.
func (t *transferState) causes() []views.CauseProps {
	var out []views.CauseProps
	for _, c := range t.Causes {
		out = append(out, views.CauseProps{Kind: c.Kind, Type: c.Type, Message: c.Message, Final: c.Final})
	}
	return out
}

// startCommand is the equal command of the temporal command line, with this migration's values.
func (h *Pages) startCommand(t *transferState) views.CodeBlockProps {
	if t.Begun.IsZero() || t.Type == "" || t.view.Namespace == nil {
		return views.CodeBlockProps{}
	}
	text := "temporal workflow start --type " + web.ShellPlain(t.Type) + " --task-queue " + web.ShellPlain(t.TaskQueue) + " --workflow-id " + web.ShellPlain(t.asked().WorkflowID+"-again")
	for _, arg := range argumentsOf(t.Input, t.Arguments) {
		if len(arg) > web.MaxTwinInput {
			return views.CodeBlockProps{}
		}
		text += " --input " + web.ShellWord(arg)
	}
	return views.CodeBlockProps{ID: "start-cli", Name: "Terminal", Lang: "bash", Text: text + h.ConnectionFlags(t.view)}
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
func (h *Pages) showCommand(t *transferState) views.CodeBlockProps {
	id := t.WorkflowID
	if id == "" || t.view.Namespace == nil {
		return views.CodeBlockProps{}
	}
	text := "temporal workflow show --workflow-id " + web.ShellPlain(id)
	if run := t.RunID; run != "" {
		text += " --run-id " + web.ShellPlain(run)
	}
	if t.live() {
		text += " --follow"
	}
	return views.CodeBlockProps{ID: "show-cli", Name: "Terminal", Lang: "bash", Text: text + h.ConnectionFlags(t.view)}
}

// stuckWord is the tag of a verdict while the transfer is followed on.
func stuckWord(code string) string {
	if code == doctor.OK {
		return "Not stuck, still following"
	}
	if strings.HasPrefix(code, "TQ-") || strings.HasPrefix(code, "WF-") {
		return "Stuck, still following"
	}
	return "Not reachable, still trying"
}

// stuckTitle is the headline of a transfer that was diagnosed; why stands in the verdict.
func stuckTitle(code string) string {
	switch {
	case code == doctor.OK:
		return "The workflow is waiting, as it should"
	case strings.HasPrefix(code, "TQ-"):
		return "The transfer is waiting for a worker"
	case strings.HasPrefix(code, "WF-"):
		return "The transfer is stuck"
	}
	return "Temporal cannot be reached"
}
