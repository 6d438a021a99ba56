package handoff

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// path is where a link leads.
func path(token string) string { return web.HandoffPrefix + url.PathEscape(token) }

func token(r *http.Request) string { return chi.URLParam(r, "token") }

// from is where a request comes from, whoever has signed in: what is done by a link is the link's.
func (h *Guests) from(r *http.Request) acts.Actor {
	by := h.By(r)
	return acts.Actor{From: by.From, Request: by.Request}
}

// Task is the page behind a link.
func (h *Guests) Task(w http.ResponseWriter, r *http.Request) error {
	x, err := h.Acts.Handoffs.See(r.Context(), h.from(r), token(r))
	if err != nil {
		return err
	}
	return h.showTask(w, r, http.StatusOK, x, views.HandoffTaskProps{})
}

func (h *Guests) showTask(w http.ResponseWriter, r *http.Request, status int, x acts.HandoffVisit, p views.HandoffTaskProps) error {
	p, err := h.taskProps(r, x, p)
	if err != nil {
		return err
	}
	f := h.Frame(r, p.Task, "", nil, "")
	f.Rehearsal, f.Feed = x.Migration.Mode.Can().Practice, p.Path+"/events"
	f.Description = "One task for one person"
	return h.Page(w, r, status, views.HandoffTaskPage(f, p))
}

// maker names who made a link, with the team that owns the migration.
func maker(ctx context.Context, h *web.Site, v web.Visit, one migration.Handoff) string {
	name := one.By
	if teams, err := h.Shared.People.Teams(ctx); err == nil {
		for _, t := range teams {
			if t.ID == v.Migration.Team {
				name += " (" + strings.TrimPrefix(web.TeamNamed(t.Name), "the ") + ")"
			}
		}
	}
	return name
}

// taskProps is the page as it is now; given holds what was typed and what is wrong with it.
func (h *Guests) taskProps(r *http.Request, x acts.HandoffVisit, p views.HandoffTaskProps) (views.HandoffTaskProps, error) {
	one, v := x.Handoff, web.Visit{View: x.View, By: x.By}
	p.Path = path(token(r))
	p.Task, p.From, p.Ask = taskText(v, one), "A request for "+one.For, askText(h.Site, r, v, one)
	p.Until, p.Opened = web.Moment(one.Expires), !one.Opened.IsZero() || one.Over()
	p.Status = h.taskStatus(x)
	p.Answer, p.Done, p.NotMe = !one.Over() || one.State == migration.HandoffNotMe, one.State == migration.HandoffDone, one.State == migration.HandoffNotMe
	if p.Closed = x.Superseded; p.Closed {
		p.Task, p.Ask, p.Answer = "This request is superseded", fmt.Sprintf("It was about “%s” and the namespace %s.", v.Migration.Name, one.Namespace), false
		return p, nil
	}
	if err := h.asked(r, x, &p); err != nil {
		return p, err
	}
	if p.Here != "" {
		p.Steps, p.Link = nil, nil
	}
	return p, nil
}

// taskStatus says where the request is, for who has the link.
func (h *Guests) taskStatus(x acts.HandoffVisit) views.HandoffStatusProps {
	one := x.Handoff
	p := views.HandoffStatusProps{Tag: web.HandoffTag(one.State)}
	by := one.By
	switch one.State {
	case migration.HandoffSeen:
		p.Text = "Onramp has seen it: " + seenText[one.Task] + " at " + web.Moment(one.Seen) + ". " + by + " can go on, and nothing is left for you to do."
		return p
	case migration.HandoffSuperseded:
		p.Text = "Since this link was made, " + by + "’s team has changed what it asks for. Do nothing: ask them for a new link."
		return p
	case migration.HandoffNotMe:
		p.Text = "You said that this is not for you. " + by + "’s team sees it. If you can do it after all, go on below."
		return p
	case migration.HandoffDone:
		p.Text = "You said that it is done, on " + web.Moment(one.Done) + ". " + by + "’s team sees it. " + waitText(x, h.Acts.Handoffs.CanLook(x))
		p.Look = h.Acts.Handoffs.CanLook(x)
	default:
		p.Tag = views.Tag{State: views.Busy, Word: "Your turn"}
		p.Text = "Follow the steps, then choose Done. The team sees it at once."
		if one.Task == migration.TaskUpload {
			p.Text = "Follow the steps, then choose Done. Onramp checks, and tells you and the team."
		}
	}
	if last, ok := h.Acts.Handoffs.LastLook(x); ok && !last.Accepted {
		p.Saw = "Onramp looked at " + web.Moment(last.At) + ": " + sawText(last, by)
	}
	return p
}

// sawText is what a look saw, for somebody who has no account.
func sawText(l acts.CALook, maker string) string {
	switch {
	case l.Err != nil && fault.Is(l.Err, fault.Conflict):
		return "it has no key of the team to connect with. " + maker + " runs the check."
	case l.Err != nil:
		return fault.From(l.Err).Title + "."
	case l.Code != "":
		return l.Title + " (" + l.Code + ")."
	}
	return l.Title + "."
}

// CaPEM is the CA certificate that a link is about, as a file.
func (h *Guests) CaPEM(w http.ResponseWriter, r *http.Request) error {
	x, err := h.Acts.Handoffs.See(r.Context(), h.from(r), token(r))
	if err != nil {
		return err
	}
	if x.Superseded || x.Task.PEM == "" {
		return fault.New(fault.Gone, "There is no such file behind this link", "Ask the person who sent the link for a new one.")
	}
	name, _, _ := strings.Cut(x.Handoff.Namespace, ".")
	return web.SendFile(w, r, "application/x-pem-file", name+"-ca.pem", []byte(x.Task.PEM))
}

// Opened records that a browser showed the page: the page's script asks for it, so that programs that fetch the links of
// a mail count for nobody.
func (h *Guests) Opened(w http.ResponseWriter, r *http.Request) error {
	if err := h.Acts.Handoffs.Opened(r.Context(), h.from(r), token(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Done says that it is done, and looks whether it is.
func (h *Guests) Done(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, "done", func(words string) error {
		_, err := h.Acts.Handoffs.Done(r.Context(), h.from(r), token(r), words)
		if err == nil {
			h.look(r)
		}
		return err
	})
}

// look looks; what goes wrong with that takes nothing from the answer, which is recorded.
func (h *Guests) look(r *http.Request) {
	if _, err := h.Acts.Handoffs.Look(r.Context(), h.from(r), token(r)); err != nil {
		web.RecordOf(r).Err = err
	}
}

// NotMe says that it is not theirs.
func (h *Guests) NotMe(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, "not-me", func(words string) error {
		_, err := h.Acts.Handoffs.NotMe(r.Context(), h.from(r), token(r), words)
		return err
	})
}

// CarryOut does it in the rehearsal cloud.
func (h *Guests) CarryOut(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, "", func(string) error {
		_, err := h.Acts.Handoffs.CarryOut(r.Context(), h.from(r), token(r))
		return err
	})
}

// Look looks again.
func (h *Guests) Look(w http.ResponseWriter, r *http.Request) error {
	return h.answer(w, r, "", func(string) error {
		_, err := h.Acts.Handoffs.Look(r.Context(), h.from(r), token(r))
		return err
	})
}

// answer does what a form of the page asks for, and shows the page again.
func (h *Guests) answer(w http.ResponseWriter, r *http.Request, which string, do func(words string) error) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	words := f.Raw("words")
	if err := do(words); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		x, err := h.Acts.Handoffs.See(r.Context(), h.from(r), token(r))
		if err != nil {
			return err
		}
		return h.showTask(w, r, web.StatusFor(ps), x, views.HandoffTaskProps{Words: words, WordsFor: which, Problems: ps})
	}
	return web.SeeOther(w, r, path(token(r)), "")
}

// closed is the page of a link that stopped working while it was open.
func closed(f *fault.Fault) templ.Component {
	return views.HandoffTask(views.HandoffTaskProps{Task: f.Title, Closed: true, Opened: true,
		Status: views.HandoffStatusProps{Tag: views.Tag{State: views.Idle, Word: "Closed"}, Text: f.Cause + " " + f.Fix}})
}

// Events sends the page again whenever it changes, and ends when the link does.
func (h *Guests) Events(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fault.New(fault.Denied, "This came from another site's page", "Open the page in Onramp.")
	}
	x, err := h.Acts.Handoffs.See(r.Context(), h.from(r), token(r))
	if err != nil {
		return err
	}
	ctx, done := h.StreamContext(r)
	defer done()
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		return nil
	}
	s, err := web.NewEventStream(w)
	if err != nil {
		web.RecordOf(r).Err = err
		return nil
	}
	before := x.Handoff.State
	for x, err := range h.Acts.Handoffs.Watch(ctx, h.from(r), x) {
		say := ""
		var part templ.Component
		if err != nil {
			part = closed(fault.From(err))
		} else {
			p, err := h.taskProps(r, x, views.HandoffTaskProps{})
			if err != nil {
				return nil
			}
			if part = views.HandoffTask(p); x.Handoff.State != before {
				say = p.Status.Text
			}
			before = x.Handoff.State
		}
		if err != nil && !fault.Is(err, fault.Gone) {
			return nil // the reader comes back
		}
		text, e := web.RenderParts(ctx, part)
		if e != nil || s.WriteBytes(web.Frames(web.SeqID(x.Migration.Version), text, say, "")) != nil {
			return nil
		}
		if err != nil {
			_ = s.Send("", "end", "")
			return nil
		}
	}
	return nil
}
