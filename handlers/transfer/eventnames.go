package transfer

import (
	"onramp/handlers/web"
	"onramp/transfer"
)

// eventNames are what Onramp's own lines of a transfer's log are called; Temporal's events keep their names.
var eventNames = map[string]string{
	"worker": "Worker", "started": "Started", "pending": "Attempt", "activity": "Activity", "workflow": "Workflow",
	"diagnosis": "Diagnosis", "note": "Note", "end": "End",
}

// eventName is the name of an event: Temporal's own where it has one. An attempt that is under way has none in
// the history, whatever type it is of.
func eventName(e transfer.Event) string {
	if e.Type != "" && e.ID > 0 {
		return e.Type
	}
	return web.Either(eventNames[e.Event], e.Type, web.UpperFirst(e.Event))
}
