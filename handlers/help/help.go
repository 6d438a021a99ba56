package help

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/views"
)

// groupTitles are the groups of the fault catalogue in words.
var groupTitles = map[string]string{
	"IN": "Endpoint, namespace and other typed input", "KP": "PEM texts and the key pair", "CH": "Certificates and chains",
	"DN": "Name resolution", "TC": "Network connection", "PX": "Proxies", "SV": "The server's certificate", "PR": "Protocol",
	"CL": "The client certificate", "H2": "HTTP/2 and gRPC", "SY": "State of Temporal itself", "NS": "Namespace and identity",
	"AK": "API keys", "TQ": "Task queues and workers", "WF": "Workflows", "WK": "Starting a worker",
}

const (
	maxQuery = 2000 // bytes of a text to search for: an error, not a log
	maxFound = 12
)

// Help is the index of the fault catalogue, and the search in it.
func (h *Pages) Help(w http.ResponseWriter, r *http.Request) error {
	p := views.HelpProps{Query: web.Query(r, maxQuery)}
	for _, e := range doctor.Find(p.Query, maxFound) {
		p.Found = append(p.Found, web.FoundFault(e))
	}
	for _, e := range doctor.Catalogue() {
		if n := len(p.Groups); n == 0 || p.Groups[n-1].ID != e.Group {
			p.Groups = append(p.Groups, views.HelpGroup{ID: e.Group, Title: web.Either(groupTitles[e.Group], e.Group)})
		}
		g := &p.Groups[len(p.Groups)-1]
		said, _ := e.General()
		g.Rows = append(g.Rows, views.HelpRow{Code: e.Code, Title: said.Title, URL: web.HelpPath(e.Code), Stage: e.Stage})
	}
	return h.Page(w, r, http.StatusOK, views.HelpPage(h.Frame(r, "Help", "help", nil, ""), p))
}

// HelpEntry is one fault explained.
func (h *Pages) HelpEntry(w http.ResponseWriter, r *http.Request) error {
	code := strings.ToUpper(chi.URLParam(r, "code"))
	e, ok := doctor.Lookup(code)
	if !ok {
		return fault.New(fault.NotFound, "There is no fault with that code", "Look at the list of all faults: Help.")
	}
	said, standIns := e.General()
	p := views.HelpEntryProps{Code: e.Code, Title: said.Title, Stage: stageText(e), Cause: said.Cause, NotWrong: said.NotWrong,
		Symptoms: e.Symptoms, Unseen: said.Unseen}
	for i, f := range said.Fix {
		p.Fixes = append(p.Fixes, web.FixProps(f, fmt.Sprintf("fix-%d", i+1)))
	}
	if e.ConfirmIsText {
		p.Confirm = said.Confirm
	} else {
		p.ConfirmCommand = web.FixProps(doctor.Fix{Command: said.Confirm}, "confirm").Command
	}
	for _, s := range standIns {
		p.StandIns = append(p.StandIns, views.Pair{Name: s.Shown, Value: s.Means})
	}
	for _, c := range e.Related {
		l := views.Link{Text: c, URL: web.HelpPath(c)}
		if other, ok := doctor.Lookup(c); ok {
			other, _ = other.General()
			l.Text += " " + other.Title
		}
		p.Related = append(p.Related, l)
	}
	for _, s := range e.Sources {
		l := views.Link{Text: s}
		if strings.HasPrefix(s, "https://") {
			l.URL, l.Away = s, true
		}
		p.Sources = append(p.Sources, l)
	}
	f := h.Frame(r, e.Code, "help", nil, "")
	f.Description = said.Title + ": what it means, what is not wrong, and what to do."
	return h.Page(w, r, http.StatusOK, views.HelpEntryPage(f, p))
}

// stageText says where on the way a fault is seen.
func stageText(e doctor.Entry) string {
	if n := web.StageNumber(e.Stage); n > 0 {
		return fmt.Sprintf("Seen at check %d of %d: %s", n, len(doctor.StageIDs), web.LowerFirst(web.StageTitles[e.Stage]))
	}
	switch {
	case e.Stage == "":
		return ""
	case e.Group == "WK":
		return "Seen when the worker starts"
	}
	return "Seen in the running workflow"
}

// Ready answers monitors: ok while the portal takes requests, Unavailable from the moment that it begins to stop.
func (h *Pages) Ready(w http.ResponseWriter, r *http.Request) error {
	if h.Closing() {
		return fault.New(fault.Unavailable, "Onramp is stopping", "Send this to another, or wait until it is back.")
	}
	return h.Health(w, r)
}

// Health answers monitors: ok while the portal can read its data.
func (h *Pages) Health(w http.ResponseWriter, r *http.Request) error {
	if err := h.Acts.Lists.Alive(r.Context()); err != nil {
		return fault.Wrap(err, fault.Unavailable, "Onramp could not read its data", "Check the log.")
	}
	return web.Send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}
