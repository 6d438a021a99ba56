package people

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"onramp/custody"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/people"
	"onramp/views"
)

// People is where owners see who may do what.
func (h *Pages) People(w http.ResponseWriter, r *http.Request) error {
	return h.showPeople(w, r, http.StatusOK, views.PeopleProps{}, "developer")
}

func (h *Pages) showPeople(w http.ResponseWriter, r *http.Request, status int, p views.PeopleProps, role string) error {
	by := h.By(r)
	accounts, err := h.Shared.People.Accounts(r.Context(), by)
	if err != nil {
		return err
	}
	teams, err := h.Shared.People.Teams(r.Context())
	if err != nil {
		return err
	}
	p.Provider = h.Shared.Provider != nil
	p.Roles, p.Teams = roles(role), teamChoices(teams, nil)
	for _, a := range accounts {
		row := views.PersonProps{ID: a.ID, Name: a.Title(), Email: a.Email, Self: a.ID == by.Person, Disabled: !a.Disabled.IsZero(), Roles: roles(a.Role.String()), Teams: teamChoices(teams, a.Teams),
			TeamNames: teamNames(teams, a.Teams), Seen: "never signed in", Tag: views.Tag{State: views.Idle, Word: a.Role.Title()}}
		if !a.LastSeen.IsZero() {
			row.Seen = "last seen " + web.Moment(a.LastSeen)
		}
		switch {
		case row.Disabled:
			row.Tag = views.Tag{State: views.Bad, Word: "Disabled"}
		case !a.NoGroup.IsZero():
			row.Tag = views.Tag{State: views.Bad, Word: "No group with a role"}
		}
		p.People = append(p.People, row)
	}
	return h.Page(w, r, status, views.PeoplePage(h.Frame(r, "People", "people", nil, ""), p))
}

func roles(chosen string) (out []views.Choice) {
	for _, role := range custody.Roles {
		out = append(out, views.Choice{Value: role.String(), Label: role.Title(), Selected: role.String() == chosen})
	}
	return out
}

func teamChoices(teams []people.Team, chosen []string) (out []views.Choice) {
	for _, t := range teams {
		out = append(out, views.Choice{Value: t.ID, Label: t.Name, Selected: slices.Contains(chosen, t.ID)})
	}
	return out
}

func teamNames(teams []people.Team, of []string) string {
	var names []string
	for _, t := range teams {
		if slices.Contains(of, t.ID) {
			names = append(names, t.Name)
		}
	}
	if len(names) == 0 {
		return "no team"
	}
	return strings.Join(names, ", ")
}

// again shows the page with what is to be repaired; other errors are given back.
func (h *Pages) again(w http.ResponseWriter, r *http.Request, err error, p views.PeopleProps, role string) error {
	ps, err := web.Problems(err)
	if err != nil {
		return err
	}
	p.Problems = ps
	return h.showPeople(w, r, web.StatusFor(ps), p, role)
}

// Invite makes an account, and the link by which its person sets a password; for an account that is there the link alone.
func (h *Pages) Invite(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if h.Shared.Provider != nil {
		return fault.Unchanged(fault.New(fault.Conflict, "Your company's sign-in says who gets in", "Put the person into a group that has a role here."))
	}
	n := people.NewAccount{Email: f.Text("email"), Name: f.Raw("name")}
	n.Role, _ = custody.ParseRole(f.Text("role"))
	if team := f.Text("team"); team != "" {
		n.Teams = []string{team}
	}
	a, token, err := h.Shared.People.Add(r.Context(), h.By(r), n)
	if err != nil {
		return h.again(w, r, err, views.PeopleProps{Email: n.Email, Name: n.Name}, f.Text("role"))
	}
	link := h.Base(r) + "/start?" + url.Values{"t": {token}}.Encode()
	return h.showPeople(w, r, http.StatusOK, views.PeopleProps{Link: &views.LinkProps{For: a.Title(), Until: web.Moment(h.Now().Add(people.PasswordFor)),
		Code: views.CodeBlockProps{ID: "invitation", Name: "Link", Label: "The link", Text: link, TestID: "invitation"}}}, "developer")
}

// person is the account of the address.
func person(r *http.Request) string { return chi.URLParam(r, "person") }

// SetRole gives an account another role.
func (h *Pages) SetRole(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, func(ctx context.Context, f web.Form) error {
		role, _ := custody.ParseRole(f.Text("role"))
		return h.Shared.People.SetRole(ctx, h.By(r), person(r), role)
	})
}

// SetTeams makes an account a member of the teams that are ticked, and of no others.
func (h *Pages) SetTeams(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, func(ctx context.Context, f web.Form) error {
		return h.Shared.People.SetTeams(ctx, h.By(r), person(r), f.Values["team"])
	})
}

// Disable keeps an account out, or lets it in again.
func (h *Pages) Disable(w http.ResponseWriter, r *http.Request) error {
	return h.change(w, r, func(ctx context.Context, f web.Form) error {
		state, err := f.Pick("state", "off", "on")
		if err != nil {
			return err
		}
		if state == "on" {
			return h.Shared.People.Enable(ctx, h.By(r), person(r))
		}
		return h.Shared.People.Disable(ctx, h.By(r), person(r))
	})
}

func (h *Pages) change(w http.ResponseWriter, r *http.Request, how func(context.Context, web.Form) error) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := how(r.Context(), f); err != nil {
		return h.again(w, r, err, views.PeopleProps{}, "developer")
	}
	return web.SeeOther(w, r, peoplePath(person(r)), "person")
}

// AddTeam makes a team.
func (h *Pages) AddTeam(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if _, err := h.Shared.People.AddTeam(r.Context(), h.By(r), f.Raw("team_name")); err != nil {
		return h.again(w, r, fault.Rename(err, map[string]string{"team": "team_name"}), views.PeopleProps{Team: f.Raw("team_name")}, "developer")
	}
	return web.SeeOther(w, r, "/people#teams", "team")
}

// can is what each role lets a person do, in words.
var can = map[custody.Role][]string{
	custody.Viewer:     {"See your teams’ migrations, their runs and their audit."},
	custody.Developer:  {"See and work on your teams’ migrations: certificates, checks, code, transfers."},
	custody.CloudAdmin: {"See and work on every migration, and do in the rehearsal cloud what an admin of Temporal Cloud does."},
	custody.Owner:      {"See and work on every migration, and delete it.", "Say who may use this Onramp."},
}

// Account is a person's own page.
func (h *Pages) Account(w http.ResponseWriter, r *http.Request) error {
	by := h.By(r)
	a, err := h.Shared.People.Find(r.Context(), by.Person)
	if err != nil {
		return err
	}
	teams, err := h.Shared.People.Teams(r.Context())
	if err != nil {
		return err
	}
	sessions, err := h.Shared.People.Sessions(r.Context(), by)
	if err != nil {
		return err
	}
	p := views.OwnAccountProps{Name: a.Title(), Email: a.Email, Role: a.Role.Title(), Teams: teamNames(teams, a.Teams), Can: can[a.Role]}
	if p.Mails, p.Calendar, err = toldProps(h, r); err != nil {
		return err
	}
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, views.SessionProps{Handle: s.Handle, Here: s.Handle == by.Session, Agent: browser(s.Agent), From: s.From, Since: web.Moment(s.Created), Seen: web.Moment(s.Seen)})
	}
	return h.Page(w, r, http.StatusOK, views.OwnAccountPage(h.Frame(r, "Your account", "", nil, ""), p))
}

// toldProps is how the reader's mails and calendar stand, in a few words.
func toldProps(h *Pages, r *http.Request) (mails, calendar string, err error) {
	mails, calendar = "none", "no address"
	if h.Shared.Mails != nil {
		x, err := h.Shared.Mails.Of(r.Context(), h.By(r))
		if err != nil {
			return "", "", err
		}
		mails = x.Digest.String()
	}
	made, err := h.Shared.Calendars.Made(r.Context(), h.By(r))
	if !made.IsZero() {
		calendar = "address made " + web.Moment(made)
	}
	return mails, calendar, err
}

// browser names a browser by its own words; what says nothing known is shown as it is.
func browser(agent string) string {
	for _, known := range [][2]string{{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if strings.Contains(agent, known[0]) {
			return known[1]
		}
	}
	if agent == "" {
		return "A program"
	}
	return agent
}

// EndSession signs a person out somewhere else.
func (h *Pages) EndSession(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.Shared.People.EndSession(r.Context(), h.By(r), f.Text("session")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/account", "session")
}
