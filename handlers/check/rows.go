package check

import (
	"onramp/cloud"
	"onramp/runs"
	"onramp/views"
)

// askedAgain are the hidden fields with which a check is asked for again.
func askedAgain(run runs.Run) []views.Pair {
	asked := run.CheckRequest()
	if asked.TaskQueue == cloud.PracticeQueue { // a switch asked for it
		asked.TaskQueue = ""
	}
	var out []views.Pair
	for _, p := range []views.Pair{{Name: "task_queue", Value: asked.TaskQueue}, {Name: "local_address", Value: asked.LocalAddress}, {Name: "local_namespace", Value: asked.LocalNamespace}} {
		if p.Value != "" {
			out = append(out, p)
		}
	}
	return out
}
