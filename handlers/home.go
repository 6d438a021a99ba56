package handlers

import (
	"fmt"
	"net/http"

	"onramp/migration"
	"onramp/views"
)

// home is the first page: what waits for the reader, or the way in.
func (h *Handlers) home(w http.ResponseWriter, r *http.Request) error {
	moves, err := h.o.Acts.Book.All(r.Context())
	if err != nil {
		return err
	}
	p := views.HomeProps{NoRehearsal: h.o.Acts.Places.NoRehearsal(), DataDir: atHome(h.o.DataDir)}
	for _, v := range moves {
		c := cardProps(v)
		switch turnOf(v).State {
		case views.Wait:
			p.Waiting = append(p.Waiting, c)
		case views.Good:
			p.Recent = append(p.Recent, c)
		default:
			p.YourTurn = append(p.YourTurn, c)
		}
	}
	return h.page(w, r, http.StatusOK, views.HomePage(h.frame(r, "", "migrations", nil, ""), p))
}

// turnOf says how a migration stands as a whole: the step to continue with decides.
func turnOf(v migration.View) views.Tag {
	if v.Next == "" {
		return views.Tag{State: views.Good, Word: "Done"}
	}
	s := v.Step(v.Next)
	if s.Status == migration.NotStarted {
		return views.Tag{State: views.Busy, Word: "Your turn"}
	}
	return views.Tag{State: stepState(s.Status), Word: stepWord(s)}
}

func cardProps(v migration.View) views.CardProps {
	c := views.CardProps{ID: v.Migration.ID, Name: v.Migration.Name, Rehearsal: v.Migration.Mode.Can().Practice,
		Turn: turnOf(v), Count: fmt.Sprintf("%d of %d", v.DoneCount, len(v.Steps)), Next: continueLink(v)}
	for _, s := range v.Steps {
		c.Meter = append(c.Meter, stepState(s.Status))
	}
	c.Detail = langName(v.Migration.Lang) + " · started " + day(v.Migration.Created)
	if s := v.Step(v.Next); v.Next != "" && stepDetail(s) != "" {
		c.Detail = langName(v.Migration.Lang) + " · " + stepDetail(s)
	}
	return c
}

// continueLink leads to the step to continue with; nil when all is done.
func continueLink(v migration.View) *views.Link {
	if v.Next == "" {
		return nil
	}
	return &views.Link{Text: "Continue: " + v.Step(v.Next).Title, URL: movePath(v.Migration.ID, v.Next)}
}

// newForm is the form of a new migration.
func (h *Handlers) newForm(w http.ResponseWriter, r *http.Request) error {
	return h.showNew(w, r, http.StatusOK, newFields{lang: "python", mode: string(migration.Rehearsal), auth: "mtls"}, nil)
}

// newFields is what the form of a new migration holds.
type newFields struct{ name, lang, mode, auth string }

func (h *Handlers) showNew(w http.ResponseWriter, r *http.Request, status int, f newFields, ps views.Problems) error {
	p := views.NewProps{Name: f.name, Problems: ps}
	for _, l := range langNames {
		p.Langs = append(p.Langs, views.Choice{Value: l.id, Label: l.name, Selected: l.id == f.lang})
	}
	no := h.o.Acts.Places.NoRehearsal()
	if no != "" && f.mode == string(migration.Rehearsal) {
		f.mode = string(migration.Cloud)
	}
	p.Modes = []views.Choice{
		{Value: string(migration.Rehearsal), Label: "Rehearse it first", Hint: "Against the Temporal server inside Onramp: no account, nothing leaves this machine.",
			Selected: f.mode == string(migration.Rehearsal), Disabled: no != "", Reason: no},
		{Value: string(migration.Cloud), Label: "Move it to Temporal Cloud", Hint: "You need a namespace in Temporal Cloud, or somebody who can make one.",
			Selected: f.mode == string(migration.Cloud)},
	}
	p.Auths = authChoices(f.auth)
	return h.page(w, r, status, views.NewPage(h.frame(r, "New migration", "migrations", nil, ""), p))
}

// create makes a migration.
func (h *Handlers) create(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(r)
	if err != nil {
		return err
	}
	n := newFields{name: f.raw("name"), lang: f.text("lang"), mode: f.text("mode"), auth: f.text("auth")}
	m, err := h.o.Acts.Migrations.Create(r.Context(), h.by(r), n.name, n.lang, migration.Mode(n.mode), n.auth)
	if err != nil {
		ps, err := problems(err)
		if err != nil {
			return err
		}
		return h.showNew(w, r, http.StatusUnprocessableEntity, n, ps)
	}
	return seeOther(w, r, movePath(m.ID, migration.StepNamespace), "created")
}

// rehearseNow makes a rehearsal with everything chosen: the shortest way to see it all.
func (h *Handlers) rehearseNow(w http.ResponseWriter, r *http.Request) error {
	m, err := h.o.Acts.Rehearsal.Now(r.Context(), h.by(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, movePath(m.ID, migration.StepNamespace), "")
}
