package handoff

import (
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// Links are a migration's links.
func (h *Pages) Links(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showLinks(w, r, http.StatusOK, v, views.HandoffLinksProps{Links: *web.HandoffLinks(h.Site, v, migration.TaskUpload, "")})
}

func (h *Pages) showLinks(w http.ResponseWriter, r *http.Request, status int, v web.Visit, p views.HandoffLinksProps) error {
	p.Back = views.Link{Text: "Back to step 3", URL: web.MovePath(v.Migration.ID, migration.StepUpload)}
	f := h.Frame(r, "Hand-off links", "migrations", &v, migration.StepUpload)
	f.Path, f.Feed = web.HandoffLinksPath(v.Migration.ID), web.MovePath(v.Migration.ID, "events")+"?on=migration"
	return h.Page(w, r, status, views.HandoffLinksPage(f, p))
}

// Make makes a link, which the answer alone shows.
func (h *Pages) Make(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	ask := migration.Ask{Task: f.Text("task"), For: f.Raw("for"), Filters: f.Raw("filters")}
	if ask.Task == "" {
		ask.Task = migration.TaskUpload
	}
	token, made, err := h.Acts.Handoffs.Make(r.Context(), v.By, v.Migration.ID, ask)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		if v, err = h.Move(r); err != nil {
			return err
		}
		links := web.HandoffLinks(h.Site, v, ask.Task, ask.Filters)
		links.For, links.Problems = ask.For, ps
		return h.showLinks(w, r, web.StatusFor(ps), v, views.HandoffLinksProps{Links: *links})
	}
	if v, err = h.Move(r); err != nil {
		return err
	}
	links := web.HandoffLinks(h.Site, v, migration.TaskUpload, "")
	links.Go = false
	p := views.HandoffMadeProps{For: made.For, Until: web.Moment(made.Expires)}
	link, task := h.Base(r)+path(token), taskText(v, made)
	text := web.Message{Subject: task, Lines: []string{"Hello " + made.For + ",", "", askText(h.Site, r, v, made) + " The link says what to do, where and how; it needs no account and about three minutes.", "", link, "",
		"It works until " + made.Expires.UTC().Format("2 January 2006") + ". If this is not for you, say so there."}}
	p.Link = views.CodeBlockProps{ID: "handoff-link", Name: "Link", Label: "The link", Text: link, TestID: "handoff-link"}
	p.Message = views.CodeBlockProps{ID: "handoff-message", Name: "Message", Text: text.Text(), TestID: "handoff-message"}
	p.Mail = text.Mail()
	return h.showLinks(w, r, http.StatusOK, v, views.HandoffLinksProps{Links: *links, Made: &p})
}

// Revoke takes a link back.
func (h *Pages) Revoke(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(chi.URLParam(r, "number"))
	if err != nil {
		return fault.New(fault.NotFound, "There is no such link", "Look at the list of links.")
	}
	if err := h.Acts.Handoffs.Revoke(r.Context(), v.By, v.Migration.ID, number); err != nil {
		return err
	}
	return web.SeeOther(w, r, web.HandoffLinksPath(v.Migration.ID), "revoked")
}
