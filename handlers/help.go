package handlers

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/doctor"
	"onramp/fault"
	"onramp/views"
)

// groupTitles are the groups of the fault catalogue in words.
var groupTitles = map[string]string{
	"IN": "Endpoint, namespace and other typed input", "KP": "PEM texts and the key pair", "CH": "Certificates and chains",
	"DN": "Name resolution", "TC": "Network connection", "PX": "Proxies", "SV": "The server's certificate", "PR": "Protocol",
	"CL": "The client certificate", "H2": "HTTP/2 and gRPC", "SY": "Temporal's own state", "NS": "Namespace and identity",
	"AK": "API keys", "TQ": "Task queues and workers", "WF": "Workflows", "WK": "Starting a worker",
}

// help is the index of the fault catalogue.
func (h *Handlers) help(w http.ResponseWriter, r *http.Request) error {
	var p views.HelpProps
	for _, e := range doctor.Catalogue() {
		if n := len(p.Groups); n == 0 || p.Groups[n-1].ID != e.Group {
			p.Groups = append(p.Groups, views.HelpGroup{ID: e.Group, Title: either(groupTitles[e.Group], e.Group)})
		}
		g := &p.Groups[len(p.Groups)-1]
		g.Rows = append(g.Rows, views.HelpRow{Code: e.Code, Title: plain(e.Title), URL: helpPath(e.Code), Stage: e.Stage})
	}
	return h.page(w, r, http.StatusOK, views.HelpPage(h.frame(r, "Help", "help", nil, ""), p))
}

// helpEntry is one fault explained.
func (h *Handlers) helpEntry(w http.ResponseWriter, r *http.Request) error {
	code := strings.ToUpper(chi.URLParam(r, "code"))
	e, ok := doctor.Lookup(code)
	if !ok {
		return fault.New(fault.NotFound, "There is no fault of that code", "Look at the list of all faults: Help.")
	}
	p := views.HelpEntryProps{Code: e.Code, Title: plain(e.Title), Stage: stageText(e), Cause: plain(e.Cause), NotWrong: plain(e.NotWrong),
		Symptoms: e.Symptoms, Confirm: plain(e.Confirm), Unseen: plain(e.Unseen)}
	for i, f := range e.Fix {
		f.Text, f.Command = plain(f.Text), plain(f.Command)
		p.Fixes = append(p.Fixes, fixProps(f, fmt.Sprintf("fix-%d", i+1)))
	}
	for _, c := range e.Related {
		l := views.Link{Text: c, URL: helpPath(c)}
		if other, ok := doctor.Lookup(c); ok {
			l.Text += " " + plain(other.Title)
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
	return h.page(w, r, http.StatusOK, views.HelpEntryPage(h.frame(r, e.Code, "help", nil, ""), p))
}

// stageText says where on the way a fault is seen.
func stageText(e doctor.Entry) string {
	if n := stageNumber(e.Stage); n > 0 {
		return fmt.Sprintf("Seen at check %d of %d: %s", n, len(doctor.StageIDs), lowerFirst(stageTitles[e.Stage]))
	}
	switch {
	case e.Stage == "":
		return ""
	case e.Group == "WK":
		return "Seen when the worker starts"
	}
	return "Seen in the running workflow"
}

// health answers monitors: ok while the portal can read its data.
func (h *Handlers) health(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.o.Migrations.List(r.Context()); err != nil {
		return fault.Wrap(err, fault.Unavailable, "Onramp cannot read its data", "Look into the log.")
	}
	return send(w, r, http.StatusOK, "text/plain; charset=utf-8", []byte("ok\n"))
}
