package journey

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/acts"
	"onramp/cloud"
	"onramp/expiry"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/sdk"
	"onramp/views"
)

// listQuery is what the address asks of the list of migrations.
type listQuery struct {
	migration.Query
	page int // from 1
}

// The choices of the list, as the address says them; the first of each is the default.
var (
	listGroups = []struct {
		group migration.Group
		title string
	}{{migration.All, "All"}, {migration.Yours, "Your turn"}, {migration.Others, "Waiting for others"}, {migration.Troubled, "Failing"}, {migration.Finished, "Done"}, {migration.Archived, "Archived"}}
	listModes = []views.Choice{{Label: "Rehearsals and Temporal Cloud"}, {Value: string(migration.Cloud), Label: "Temporal Cloud only"}, {Value: string(migration.Rehearsal), Label: "Rehearsals only"}}
	listSorts = []views.Choice{{Label: "Whose turn"}, {Value: string(migration.Newest), Label: "Newest first"}, {Value: string(migration.ByName), Label: "Name"}}
)

// maxSearch is how long a text to search for may be, in bytes.
const maxSearch = 200

// readListQuery reads the address; what it does not know counts as not said.
func readListQuery(q url.Values) listQuery {
	known := func(value string, among []views.Choice) string {
		if slices.ContainsFunc(among, func(c views.Choice) bool { return c.Value == value }) {
			return value
		}
		return ""
	}
	l := listQuery{page: 1}
	for _, g := range listGroups {
		if q.Get("show") == string(g.group) {
			l.Group = g.group
		}
	}
	l.Mode, l.Order = migration.Mode(known(q.Get("mode"), listModes)), migration.Order(known(q.Get("sort"), listSorts))
	l.Text = strings.TrimSpace(strings.ToValidUTF8(q.Get("q"), "\uFFFD"))
	if len(l.Text) > maxSearch {
		l.Text = strings.ToValidUTF8(l.Text[:maxSearch], "")
	}
	if n, err := strconv.Atoi(q.Get("page")); err == nil && n > 1 && n < 1<<20 {
		l.page = n
	}
	l.From, l.Limit = (l.page-1)*web.CardsPerPage, web.CardsPerPage
	return l
}

// url is the address of the list with something changed.
func (l listQuery) url(change func(*listQuery)) string {
	l.page = 1
	change(&l)
	q := url.Values{}
	for name, value := range map[string]string{"show": string(l.Group), "mode": string(l.Mode), "sort": string(l.Order), "q": l.Text} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if l.page > 1 {
		q.Set("page", strconv.Itoa(l.page))
	}
	if len(q) == 0 {
		return "/"
	}
	return "/?" + q.Encode()
}

// plain reports a list that nobody has asked anything of.
func (l listQuery) plain() bool { return l.url(func(*listQuery) {}) == "/" && l.page == 1 }

// Home is the first page: what waits for the reader, or the way in.
func (h *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	q := readListQuery(r.URL.Query())
	list, err := h.Acts.Lists.Migrations(r.Context(), q.Query)
	if err != nil {
		return err
	}
	asked := !q.plain()
	q.From, q.page = list.From, list.From/web.CardsPerPage+1
	p := views.HomeProps{Once: rand.Text(), NoRehearsal: h.Acts.Places.NoRehearsal(), Sections: homeSections(h.By(r), q, list)}
	if h.Shared == nil {
		p.DataDir = web.AtHome(h.DataDir)
	}
	if p.Ending, err = h.endingSoon(r.Context()); err != nil {
		return err
	}
	all, archived := list.Counts.Of(migration.All, ""), list.Counts.Of(migration.Archived, "")
	if all > web.AtAGlance || archived > 0 || asked {
		p.List = listProps(q, list)
	} else if all == 0 {
		p.Sections = nil
	}
	return h.Page(w, r, http.StatusOK, views.HomePage(h.Frame(r, "", "migrations", nil, ""), p))
}

const (
	warnWithin = 15 * 24 * time.Hour // when Temporal Cloud begins to tell its own admins of a CA certificate
	warnOf     = 3
)

// endingSoon warns of certificates that end soon; nil when none does.
func (h *Pages) endingSoon(ctx context.Context) (*views.EndingProps, error) {
	first, n, err := h.Acts.Lists.Soon(ctx, warnWithin, warnOf)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	p := &views.EndingProps{State: views.Warn, Title: web.Many(n, "client certificate expires", "client certificates expire") + " in the next 15 days"}
	ended := 0
	for _, e := range first {
		name := e.Name
		if e.Client != "" {
			name += ": " + e.Client
		}
		row := views.EndingRow{Name: name, Text: "expires in " + web.Many(e.Days, "day", "days") + ", on " + web.Day(e.At),
			Replace: views.Link{Text: "Replace the certificate of " + name, URL: web.MovePath(e.Migration, "certificates", "replace")}}
		switch {
		case e.Rung == expiry.Ended:
			ended++
			row.Text = "expired on " + web.Day(e.At)
		case e.Days == 0:
			row.Text = "expires today"
		}
		p.Rows = append(p.Rows, row)
	}
	if ended > 0 {
		p.State, p.Title = views.Bad, web.Many(n, "client certificate has expired or expires", "client certificates have expired or expire")+" in the next 15 days"
	}
	if more := n - len(first); more > 0 {
		p.More = fmt.Sprintf("and %d more.", more)
	}
	return p, nil
}

// homeSections are the cards of a page: by whose turn it is, or in one list.
func homeSections(reader acts.Actor, q listQuery, list acts.Listed) []views.CardSection {
	by := map[migration.Group][]views.CardProps{}
	var cards []views.CardProps
	for _, c := range list.Cards {
		card := web.CardProps(c)
		card.Turn.Word = web.WordFor(reader, card.Turn.Word)
		by[c.Group()], cards = append(by[c.Group()], card), append(cards, card)
	}
	tally := func(g migration.Group) string { return strconv.Itoa(list.Counts.Of(g, q.Mode)) }
	if q.Order != migration.ByTurn || q.Group == migration.Archived {
		s := views.CardSection{Title: "Migrations", None: "None match.", Tally: strconv.Itoa(list.Total), Cards: cards}
		for _, g := range listGroups[1:] {
			if g.group == q.Group {
				s.Title = g.title
			}
		}
		return []views.CardSection{s}
	}
	var out []views.CardSection
	failing, yours := by[migration.Troubled], by[migration.Yours]
	if len(failing) > 0 {
		out = append(out, views.CardSection{Title: "Failing", Tally: tally(migration.Troubled), Cards: failing, Lead: true})
	}
	if len(yours) > 0 || len(failing) == 0 && q.Text == "" && q.page == 1 && (q.Group == migration.All || q.Group == migration.Yours) {
		out = append(out, views.CardSection{Title: "Your turn", None: "Nothing needs your action.", Tally: tally(migration.Yours), Cards: yours, Lead: len(failing) == 0})
	}
	if waiting := by[migration.Others]; len(waiting) > 0 {
		out = append(out, views.CardSection{Title: "Waiting for others", Tally: tally(migration.Others), Cards: waiting})
	}
	if done := by[migration.Finished]; len(done) > 0 {
		out = append(out, views.CardSection{Title: "Recent", Tally: tally(migration.Finished), Cards: done})
	}
	if len(out) == 0 {
		out = append(out, views.CardSection{Title: "Migrations", None: "None match."})
	}
	return out
}

// listProps are the filters of the list and its pages.
func listProps(q listQuery, list acts.Listed) *views.ListProps {
	p := &views.ListProps{Group: string(q.Group), Text: q.Text, Modes: chosen(listModes, string(q.Mode)), Sorts: chosen(listSorts, string(q.Order))}
	for _, g := range listGroups {
		p.Groups = append(p.Groups, views.Link{Text: fmt.Sprintf("%s %d", g.title, list.Counts.Of(g.group, q.Mode)), Current: g.group == q.Group,
			URL: q.url(func(l *listQuery) { l.Group = g.group }), TestID: "show-" + web.Either(string(g.group), "all")})
	}
	if !q.plain() {
		p.Clear = &views.Link{Text: "Show all", URL: "/"}
	}
	if list.Total > web.CardsPerPage {
		p.Shown = fmt.Sprintf("%d to %d of %d", min(q.From+1, list.Total), min(q.From+len(list.Cards), list.Total), list.Total)
		if q.page > 1 {
			p.Pages = append(p.Pages, views.Link{Text: "Previous page", URL: q.url(func(l *listQuery) { l.page = q.page - 1 }), TestID: "page-previous"})
		}
		if q.From+len(list.Cards) < list.Total && len(list.Cards) > 0 {
			p.Pages = append(p.Pages, views.Link{Text: "Next page", URL: q.url(func(l *listQuery) { l.page = q.page + 1 }), TestID: "page-next"})
		}
	}
	return p
}

// chosen are choices with one selected.
func chosen(cs []views.Choice, value string) []views.Choice {
	cs = slices.Clone(cs)
	for i := range cs {
		cs[i].Selected = cs[i].Value == value
	}
	return cs
}

// NewForm is the form of a new migration.
func (h *Pages) NewForm(w http.ResponseWriter, r *http.Request) error {
	f := newFields{lang: "python", mode: string(migration.Cloud), auth: cloud.AuthMTLS}
	if q := r.URL.Query(); q.Get("mode") == string(migration.Rehearsal) {
		f.mode = q.Get("mode")
	}
	return h.showNew(w, r, http.StatusOK, f, nil)
}

// newFields is what the form of a new migration holds.
type newFields struct{ name, lang, mode, auth, team string }

func (h *Pages) showNew(w http.ResponseWriter, r *http.Request, status int, f newFields, ps views.Problems) error {
	p := views.NewProps{Name: f.name, Teams: h.TeamChoices(r, f.team), Problems: ps}
	for _, l := range sdk.Languages {
		p.Langs = append(p.Langs, views.Choice{Value: l.ID, Label: l.Name, Selected: l.ID == f.lang})
	}
	no := h.Acts.Places.NoRehearsal()
	if no != "" && f.mode == string(migration.Rehearsal) {
		f.mode = string(migration.Cloud)
	}
	p.Modes = []views.Choice{
		{Value: string(migration.Cloud), Label: "Temporal Cloud", Hint: "You need a namespace there, or somebody who can create one.",
			Selected: f.mode == string(migration.Cloud)},
		{Value: string(migration.Rehearsal), Label: "Rehearsal cloud", Hint: "Practice on the Temporal server inside Onramp: you need no account of Temporal Cloud.",
			Selected: f.mode == string(migration.Rehearsal), Disabled: no != "", Reason: no},
	}
	p.Auths = web.AuthChoices(f.auth)
	return h.Page(w, r, status, views.NewPage(h.Frame(r, "New migration", "migrations", nil, ""), p))
}

// Create makes a migration.
func (h *Pages) Create(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	n := newFields{name: f.Raw("name"), lang: f.Text("lang"), mode: f.Text("mode"), auth: f.Text("auth"), team: f.Text("team")}
	by := h.By(r)
	by.Team = n.team
	m, err := h.Acts.Migrations.Create(r.Context(), by, n.name, n.lang, migration.Mode(n.mode), n.auth)
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showNew(w, r, http.StatusUnprocessableEntity, n, ps)
	}
	return web.SeeOther(w, r, web.MovePath(m.ID, migration.StepNamespace), "created")
}

// RehearseNow makes a rehearsal with everything chosen: to be shown (how=show), or for the reader to walk.
func (h *Pages) RehearseNow(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	auth, how := web.Either(f.Text("auth"), cloud.AuthMTLS), f.Text("how")
	by, once := h.By(r), f.Text("once")
	if once != "" {
		once += " " + how + " " + auth // the page's forms share one
	}
	if how == "show" {
		v, err := h.Acts.Rehearsal.ShowMe(r.Context(), by, auth, once, h.showSet)
		if err != nil {
			return err
		}
		return web.SeeOther(w, r, web.ShowPath(v, web.ShowFirst(v)), "")
	}
	m, err := h.Acts.Rehearsal.Now(r.Context(), by, auth, once)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, web.MovePath(m.ID, migration.StepNamespace), "")
}
