package cloud

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// breakTitles are the parts of the way in words.
var breakTitles = []struct {
	part        cloud.BreakPart
	title, lead string
}{
	{cloud.PartWorker, "What the worker was given", "Wrong input for checks and transfers started on these pages. Your own worker is not affected."},
	{cloud.PartNetwork, "The network in between", "A second address of the rehearsal, where the connection is broken. The check uses it; your worker can too."},
	{cloud.PartCloud, "The namespace in the rehearsal cloud", "Affects every client of this namespace."},
}

// breakProps is the section of the rehearsal's page: for the migration that was asked for, else for the one
// that is broken, else for the newest that can be.
func (h *Pages) breakProps(by acts.Actor, moves []migration.View, asked string) views.BreakProps {
	var p views.BreakProps
	breaks := h.Acts.Places.Rehearsal().Breaks
	on := breaks.Broken()
	chosen, best := -1, 0
	var can []migration.View
	for _, v := range moves {
		if !h.Acts.Places.CanPractise(v) {
			if v.Migration.ID == asked {
				p.Instead = cannotPractise(v)
			}
			continue
		}
		can = append(can, v)
		rank := 1
		if len(on[v.Namespace.Namespace]) > 0 {
			rank = 2
		}
		if v.Migration.ID == asked {
			rank = 3
		}
		if rank > best || rank == best && v.Migration.Created.After(can[chosen].Migration.Created) {
			chosen, best = len(can)-1, rank
		}
	}
	for i, v := range can {
		text := v.Migration.Name
		if n := len(on[v.Namespace.Namespace]); n > 0 {
			text += fmt.Sprintf(" (%d on)", n)
		}
		p.Choices = append(p.Choices, views.Link{Text: text, URL: practicePath(v.Migration.ID), Current: i == chosen && p.Instead == "", TestID: "practise-" + v.Migration.ID})
	}
	if chosen < 0 || p.Instead != "" { // another is never taken for the one that was asked for
		return p
	}
	v := can[chosen]
	id, _ := h.Acts.Places.Space(v)
	p.Migration, p.Namespace = v.Migration.ID, id.String()
	_, lent := h.Acts.Keys.Lent(by, v.Migration.ID)
	p.NoKey = !lent
	for _, g := range breakTitles {
		group := views.BreakGroup{ID: string(g.part), Title: g.title, Lead: g.lead}
		for _, b := range cloud.Breaks {
			if b.Part != g.part {
				continue
			}
			s := views.SwitchProps{ID: b.ID, Title: b.Title, Does: b.Does, Sees: b.Sees, Code: b.Code, URL: web.HelpPath(b.Code), On: slices.Contains(on[p.Namespace], b.ID)}
			if e, ok := doctor.Lookup(b.Code); ok {
				said, _ := e.General()
				s.CodeTitle = said.Title
			}
			if b.NeedsKey && p.NoKey {
				s.Does += " Needs your key."
			}
			if s.On {
				s.Address = breaks.BreakAddress(id, b.ID)
			}
			group.Switches = append(group.Switches, s)
		}
		p.Groups = append(p.Groups, group)
	}
	return p
}

// cannotPractise says why a migration that was asked for cannot be broken on purpose.
func cannotPractise(v migration.View) string {
	why := "it has no namespace with client certificates yet"
	if web.UsesKeys(web.Visit{View: v}) {
		why = "its workers sign in with an API key"
	}
	return "The switches are for rehearsals with client certificates. “" + v.Migration.Name + "” cannot be broken: " + why + ". Choose another rehearsal, or make a practice migration."
}

func practicePath(m string) string { return "/rehearsal?m=" + url.QueryEscape(m) + "#break" }

// SetBreak turns a switch on and leads to the check that must name it, or turns one or all off.
func (h *Pages) SetBreak(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	state, err := f.Pick("state", "on", "off")
	if err != nil {
		return err
	}
	if state == "off" {
		if err := h.MaySpace(r, f.Text("namespace")); err != nil {
			return err
		}
		if err := h.Acts.Rehearsal.Mend(r.Context(), h.By(r), f.Text("namespace"), f.Text("switch")); err != nil {
			return err
		}
		back := web.LocalPath(f.Text("return"))
		if m := f.Text("m"); m != "" { // from the switch itself
			back = practicePath(m)
		}
		return web.SeeOther(w, r, back, "mended")
	}
	m := f.Text("m")
	run, started, err := h.Acts.Rehearsal.Break(r.Context(), h.By(r), m, f.Text("switch"))
	if err != nil {
		return err
	}
	if !started {
		return web.SeeOther(w, r, web.MovePath(m, migration.StepTest), "broken")
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// Practise makes a migration to practise on, with all that a check needs; or for one that is there, new
// certificates whose CA joins those in the namespace.
func (h *Pages) Practise(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := h.Acts.Rehearsal.Practise(r.Context(), h.By(r), f.Text("m"), func(v migration.View) certsvc.SetRequest {
		req, _ := web.SetRequest(h.Fresh(v, web.CertFields{Lane: web.LaneMake, Sent: true})) // what is made up here is right
		return req
	})
	if err != nil {
		return err
	}
	if back := f.Text("return"); back != "" {
		return web.SeeOther(w, r, web.LocalPath(back), "renewed")
	}
	return web.SeeOther(w, r, practicePath(v.Migration.ID), "practice")
}
