package transfer

import (
	"strings"

	failurepb "go.temporal.io/api/failure/v1"
)

// Cause is one link of a failure chain, the outermost first. Its JSON is in the order of the names, as all of Data.
type Cause struct {
	Kind    string `json:"kind"` // application, timeout, canceled, terminated, server, activity, child-workflow, other
	Message string `json:"message"`
	Final   bool   `json:"non_retryable,omitempty"`
	Type    string `json:"type,omitempty"` // of an application error: InvalidAccountError; of a timeout: StartToClose
}

// maxChain bounds a chain that somebody else wrote.
const maxChain = 20

// chain takes a failure apart.
func chain(f *failurepb.Failure) []Cause {
	var out []Cause
	for ; f != nil && len(out) < maxChain; f = f.GetCause() {
		c := Cause{Kind: "other", Message: shorten(f.GetMessage())}
		switch info := f.GetFailureInfo().(type) {
		case *failurepb.Failure_ApplicationFailureInfo:
			c.Kind, c.Type, c.Final = "application", info.ApplicationFailureInfo.GetType(), info.ApplicationFailureInfo.GetNonRetryable()
		case *failurepb.Failure_TimeoutFailureInfo:
			c.Kind, c.Type = "timeout", info.TimeoutFailureInfo.GetTimeoutType().String()
		case *failurepb.Failure_CanceledFailureInfo:
			c.Kind = "canceled"
		case *failurepb.Failure_TerminatedFailureInfo:
			c.Kind = "terminated"
		case *failurepb.Failure_ServerFailureInfo:
			c.Kind, c.Final = "server", info.ServerFailureInfo.GetNonRetryable()
		case *failurepb.Failure_ActivityFailureInfo:
			c.Kind, c.Type = "activity", info.ActivityFailureInfo.GetActivityType().GetName()
		case *failurepb.Failure_ChildWorkflowExecutionFailureInfo:
			c.Kind, c.Type = "child-workflow", info.ChildWorkflowExecutionFailureInfo.GetWorkflowType().GetName()
		}
		out = append(out, c)
	}
	return out
}

// sentence tells a chain in one line: "transfer failed, nothing was withdrawn: InvalidAccountError: account …".
// The wrappers "activity error" and "child workflow execution error" say nothing and are left out.
func sentence(causes []Cause) string {
	var parts []string
	for i, c := range causes {
		if (c.Kind == "activity" || c.Kind == "child-workflow") && i < len(causes)-1 {
			continue
		}
		text := c.Message
		switch {
		case c.Kind == "application" && c.Type != "" && i == len(causes)-1 && !strings.Contains(text, c.Type):
			text = c.Type + ": " + text
		case c.Kind == "timeout" && !strings.Contains(text, c.Type):
			text = strings.TrimSpace(text + " (" + c.Type + " timeout)")
		case text == "":
			text = c.Kind
		}
		if len(parts) == 0 || !strings.Contains(parts[len(parts)-1], text) { // some SDKs repeat the cause in the message
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, ": ")
}

// timedOut reports whether a chain ends in a timeout.
func timedOut(causes []Cause) bool {
	return len(causes) > 0 && causes[len(causes)-1].Kind == "timeout"
}

// shorten keeps a message readable in one event.
func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if r := []rune(s); len(r) > 1000 {
		return string(r[:1000]) + "…"
	}
	return s
}
