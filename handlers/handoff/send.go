package handoff

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/people"
	"onramp/views"
)

// SendForm is how a migration that was prepared is sent to who works on it: a text with its address, and for somebody
// without an account an invitation that leads there.
func (h *Pages) SendForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	if h.Shared == nil {
		f := h.Frame(r, "Send this migration", "migrations", &v, "")
		return h.Page(w, r, http.StatusOK, views.SendPage(f, views.SendProps{Migration: v.Migration.ID, Alone: true}))
	}
	return h.showSend(w, r, http.StatusOK, v, views.SendProps{})
}

func (h *Pages) showSend(w http.ResponseWriter, r *http.Request, status int, v web.Visit, p views.SendProps) error {
	p.Migration, p.Edition, p.Message = v.Migration.ID, v.Edition(), web.TurnMessage(h.Site, v)
	teams, err := h.Shared.People.Teams(r.Context())
	if err != nil {
		return err
	}
	for _, t := range teams {
		if t.ID == v.Migration.Team {
			p.Team = web.TeamNamed(t.Name)
		}
	}
	switch {
	case h.Shared.Provider != nil:
		p.Cannot = "Your company’s sign-in says who gets in: put the person into a group that has a role here."
	case v.By.Role < custody.Owner:
		p.Cannot = "Only an owner can invite somebody new."
		if names, err := h.Shared.People.Having(r.Context(), custody.Owner, v.By.Teams); err == nil && len(names) > 0 {
			p.Cannot += " Ask " + strings.Join(names, ", ") + "."
		}
	}
	f := h.Frame(r, "Send this migration", "migrations", &v, "")
	f.Path = web.MovePath(v.Migration.ID, "send")
	return h.Page(w, r, status, views.SendPage(f, p))
}

// Send invites somebody to a migration: they become a developer of its team, or where they have an account a member of it,
// and get a link that leads to the step that comes next.
func (h *Pages) Send(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	if h.Shared.Provider != nil {
		return fault.Unchanged(fault.New(fault.Conflict, "Your company's sign-in says who gets in", "Put the person into a group that has a role here."))
	}
	p := views.SendProps{Email: f.Text("email"), Name: f.Raw("name")}
	a, token, err := h.invited(r, v, p)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		p.Problems = ps
		return h.showSend(w, r, web.StatusFor(ps), v, p)
	}
	link := migration.TurnLink(v.View, h.Base(r))
	made := &views.LinkProps{For: a.Title()}
	if token != "" {
		made.Until = web.Moment(h.Now().Add(people.PasswordFor))
		link = h.Base(r) + "/start?" + url.Values{"t": {token}, "next": {strings.TrimPrefix(link, h.Base(r))}}.Encode()
	}
	made.Code = views.CodeBlockProps{ID: "invitation", Name: "Link", Label: "The link", Text: link, TestID: "invitation"}
	return h.showSend(w, r, http.StatusOK, v, views.SendProps{Made: made})
}

// invited is the account of an invitation, and the token of the link by which somebody new sets a password; "" for who
// has one already.
func (h *Pages) invited(r *http.Request, v web.Visit, p views.SendProps) (people.Account, string, error) {
	a, err := h.Shared.People.Find(r.Context(), p.Email)
	if err != nil || a.Password == "" || !strings.Contains(p.Email, "@") {
		return h.Shared.People.Add(r.Context(), v.By, people.NewAccount{Email: p.Email, Name: p.Name, Role: custody.Developer, Teams: []string{v.Migration.Team}})
	}
	if !a.Active() {
		return a, "", fault.New(fault.Conflict, "This account is disabled", "Enable it first.").In("email")
	}
	if a.Role < custody.CloudAdmin && !slices.Contains(a.Teams, v.Migration.Team) {
		err = h.Shared.People.SetTeams(r.Context(), v.By, a.ID, append(slices.Clone(a.Teams), v.Migration.Team))
	}
	return a, "", err
}
