package transfer

import (
	"onramp/handlers/web"
	"onramp/transfer"
)

// eventNames are what Onramp's own lines of a transfer's log are called; Temporal's events keep their names.
var eventNames = map[transfer.Kind]string{
	transfer.KindWorker: "Worker", transfer.KindStarted: "Started", transfer.KindPending: "Attempt", transfer.KindActivity: "Activity",
	transfer.KindWorkflow: "Workflow", transfer.KindDiagnosis: "Diagnosis", transfer.KindNote: "Note", transfer.KindEnd: "End",
}

// eventName is the name of an event: Temporal's own where it has one. An attempt that is under way has none in
// the history, whatever type it is of.
func eventName(e transfer.Event) string {
	if e.Type != "" && e.ID > 0 {
		return e.Type
	}
	return web.Either(eventNames[e.Event], e.Type, web.UpperFirst(string(e.Event)))
}
