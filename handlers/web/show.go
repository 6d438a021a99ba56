package web

import (
	"net/http"

	"onramp/migration"
	"onramp/views"
)

// ShowQuery marks the address of a page that belongs to a shown rehearsal.
const ShowQuery = "?show=1"

// ShowPath is the page of a step in a shown rehearsal; step "" is the migration's.
func ShowPath(v migration.View, step string) string {
	if step == "" {
		return MovePath(v.Migration.ID) + ShowQuery
	}
	return MovePath(v.Migration.ID, step) + ShowQuery
}

// ShowFirst is the step whose page shows what the first part of a shown rehearsal made.
func ShowFirst(v migration.View) string {
	if UsesKeys(Visit{View: v}) {
		return migration.StepNamespace
	}
	return migration.StepCertificates
}

// How long a page of a shown rehearsal rests before it goes on by itself, in ms: as long as it takes to see what is new.
const (
	restShort = 8_000
	restLong  = 12_000
)

// show is the bar of a shown rehearsal, nil on any other page. A rehearsal with steps left offers it elsewhere.
func (h *Site) show(r *http.Request, v migration.View, step string) (bar *views.ShowProps, offer string) {
	if !v.Migration.Mode.Can().Practice || h.Acts.Places.NoRehearsal() != "" {
		return nil, ""
	}
	action := MovePath(v.Migration.ID, "show")
	if !r.URL.Query().Has("show") {
		if v.Step(migration.StepTest).Status != migration.Done || v.Step(migration.StepTransfer).Status != migration.Done {
			offer = action
		}
		return nil, offer
	}
	p := showBar(v, step)
	p.Action, p.At = action, step
	if p.Again {
		p.Here = r.URL.RequestURI()
	}
	return &p, ""
}

// showBar says what has happened and what comes next, on the page of a step.
func showBar(v migration.View, step string) views.ShowProps {
	id := v.Migration.ID
	test, transfer := v.Step(migration.StepTest), v.Step(migration.StepTransfer)
	myself := func(step string) *views.Link {
		return &views.Link{Text: "Do it myself", URL: MovePath(id, step), TestID: "show-myself"}
	}
	switch {
	case transfer.Status == migration.Done && (step == migration.StepTransfer || step == ""):
		p := views.ShowProps{Part: "Done", Title: "That was the whole way.",
			Text: "A workflow ran in a namespace that behaves as Temporal Cloud does. For your own application only the namespace, its CA certificate and the worker change.",
			Next: &views.Link{Text: "Move your application", URL: "/new?mode=" + string(migration.Cloud), TestID: "show-new"},
			More: []views.Link{{Text: "See all six steps", URL: MovePath(id)}, {Text: "Break it on purpose", URL: "/rehearsal?m=" + id + "#break"}}}
		if UsesKeys(Visit{View: v}) { // the switches are made for client certificates
			p.Text = "A workflow ran in a namespace that behaves as Temporal Cloud does. For your own application only the namespace, its API key and the worker change."
			p.More = p.More[:1]
		}
		return p
	case step == migration.StepTransfer && transfer.Status == migration.Failing:
		return views.ShowProps{Part: "Step 6 of 6", Title: "The transfer failed.", Text: transfer.Evidence + ".", Go: "Try again", Myself: myself(step)}
	case step == migration.StepTransfer && transfer.Run != "":
		return views.ShowProps{Part: "Step 6 of 6", Title: "The transfer is running.", Text: "Each event appears here as the server records it.", Again: true, Myself: myself(step)}
	case step == migration.StepTest && test.Status == migration.Failing:
		return views.ShowProps{Part: "Step 4 of 6", Title: "The check failed.", Text: test.Evidence + ".", Go: "Check again", Myself: myself(step)}
	case step == migration.StepTest && test.Status == migration.Done:
		return views.ShowProps{Part: "Step 4 of 6", Title: "The connection works.",
			Text: "Onramp connected as a worker does, one stage at a time; each line below is one. If a stage fails, it says what to change.",
			Go:   "Show the worker code", Rest: restShort, Myself: myself(migration.StepCode)}
	case step == migration.StepTest && test.Run != "":
		return views.ShowProps{Part: "Step 4 of 6", Title: "The check is running.", Text: "It takes a second or two.", Again: true, Myself: myself(step)}
	case test.Status == migration.Done && step == migration.StepCode:
		return views.ShowProps{Part: "Step 5 of 6", Title: "This is what changes in a worker.",
			Text: "Marked below, with the values of this rehearsal. For now the worker inside Onramp does the work.",
			Go:   "Run a test transfer", Rest: restLong, Myself: myself(step)}
	case test.Status == migration.Done:
		return views.ShowProps{Part: "Step 6 of 6", Title: "The connection works; a test transfer is left.", Go: "Run a test transfer", Myself: myself(migration.StepTransfer)}
	case !prepared(v):
		return views.ShowProps{Part: "Steps 1 to 3 of 6", Title: "Onramp makes what is missing.", Text: "Namespace, certificates and the upload of the CA certificate.", Go: "Go on", Myself: myself(v.Next)}
	}
	p := views.ShowProps{Part: "Steps 1 to 3 of 6", Title: "Onramp made a namespace, a CA and a client certificate, and uploaded the CA certificate.",
		Text: "In Temporal Cloud you own these, and a Namespace Admin uploads the CA certificate; here the rehearsal cloud stands in.", Go: "Check the connection", Rest: restShort, Myself: myself(migration.StepTest)}
	ns := v.Namespace.Namespace
	p.More = []views.Link{{Text: "The namespace", URL: MovePath(id, migration.StepNamespace)}, {Text: "The upload", URL: MovePath(id, migration.StepUpload)}, {Text: "What the rehearsal cloud holds", URL: CloudPath(ns) + "?m=" + id}}
	if UsesKeys(Visit{View: v}) {
		p.Part, p.Title = "Steps 1 to 3 of 6", "Onramp made a namespace that takes API keys."
		p.Text = "With an API key there is no certificate and no upload. Onramp makes a key for each run, uses it in memory and forgets it; yours you make in the Temporal Cloud UI."
		p.More = p.More[2:]
	}
	return p
}

// prepared reports whether a check can be made.
func prepared(v migration.View) bool {
	return v.Namespace != nil && v.Step(migration.StepCertificates).Status == migration.Done && v.Step(migration.StepUpload).Status == migration.Done
}
