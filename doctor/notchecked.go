package doctor

import "fmt"

// notChecked lists what a run did not look at, so that nobody draws conclusions about it: stages that were
// skipped or not reached, and what only more input or another command can tell.
func (r *run) notChecked(stages []Stage) []string {
	out := []string{}
	reached := map[string]bool{}
	for _, s := range stages {
		switch s.Status {
		case Skip:
			out = append(out, fmt.Sprintf("%s: %s", s.ID, s.Summary))
		case NotReached:
			out = append(out, s.ID+": not reached")
		default:
			reached[s.ID] = true
		}
	}
	if r.hasPair && reached["chain"] {
		if len(r.t.UploadedCA) == 0 {
			out = append(out, "which CA certificates the namespace holds: give them with --uploaded-ca")
		}
		if len(r.t.Filters) == 0 {
			out = append(out, "the namespace's certificate filters: give them with --filters")
		}
	}
	if r.notCompared != "" {
		out = append(out, "what the local namespace has and this one lacks: "+clean(r.notCompared, 400))
	}
	if r.localSilent {
		out = append(out, fmt.Sprintf("whether the worker is still on the server at %s: it did not answer", r.values["local_address"]))
	}
	if r.t.WorkflowType != "" && reached["task-queue"] {
		out = append(out, fmt.Sprintf("whether a worker knows the workflow type %s: a test transfer shows it", clean(r.t.WorkflowType, 100)))
	}
	return out
}
