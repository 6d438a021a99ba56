package board

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/certsvc"
	"onramp/custody"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/people"
	"onramp/views"
)

// rowsPerPage bounds the table: with ten thousand migrations a page takes less than twice the time of ten (BenchmarkLists).
const rowsPerPage = 30

// maxTeams bounds the table of teams.
const maxTeams = 40

// query is what the address asks of the board.
type query struct {
	migration.BoardQuery
	page int // from 1
}

// The choices of the board, as the address says them; the first of each is the default.
var (
	shows = []struct {
		show  migration.Show
		title string
	}{{migration.ShowAll, "All"}, {migration.ShowMine, "My turn"}, {migration.ShowDeveloper, "Developer"}, {migration.ShowAdmin, "Cloud admin"},
		{migration.ShowFailing, "Failing"}, {migration.ShowExpiring, "Expiring"}, {migration.ShowDone, "Done"}, {migration.ShowArchived, "Archived"}}
	sorts = []views.Choice{{Label: "Most urgent"}, {Value: string(migration.ByWaiting), Label: "Waiting longest"}, {Value: string(migration.ByExpiry), Label: "Expires first"},
		{Value: string(migration.ByChecked), Label: "Checked last"}, {Value: string(migration.Newest), Label: "Newest first"}, {Value: string(migration.ByName), Label: "Name"}}
)

// teamColumns are the parts of the board that views.TeamColumns name.
var teamColumns = []migration.Show{migration.ShowAll, migration.ShowDeveloper, migration.ShowAdmin, migration.ShowFailing, migration.ShowExpiring, migration.ShowDone}

// maxSearch is how long a text to search for may be, in bytes.
const maxSearch = 200

// readQuery reads the address; what it does not know counts as not said.
func readQuery(v url.Values) query {
	q := query{page: 1}
	for _, s := range shows {
		if v.Get("show") == string(s.show) {
			q.Show = s.show
		}
	}
	if i := slices.IndexFunc(sorts, func(c views.Choice) bool { return c.Value == v.Get("sort") }); i > 0 {
		q.Order = migration.Order(sorts[i].Value)
	}
	q.Team, q.Text = short(v.Get("team")), short(v.Get("q"))
	if n, err := strconv.Atoi(v.Get("page")); err == nil && n > 1 && n < 1<<20 {
		q.page = n
	}
	q.From, q.Limit = (q.page-1)*rowsPerPage, rowsPerPage
	return q
}

// short is a text of an address, as far as it is looked at.
func short(text string) string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	if len(text) > maxSearch {
		text = strings.ToValidUTF8(text[:maxSearch], "")
	}
	return text
}

// url is the address of the board, or of a file of it, with something changed.
func (q query) url(file string, change func(*query)) string {
	q.page = 1
	if change != nil {
		change(&q)
	}
	v := url.Values{}
	for name, value := range map[string]string{"show": string(q.Show), "team": q.Team, "sort": string(q.Order), "q": q.Text} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.page > 1 {
		v.Set("page", strconv.Itoa(q.page))
	}
	if len(v) == 0 {
		return file
	}
	return file + "?" + v.Encode()
}

const boardPath = "/migrations"

// Board is the board.
func (h *Pages) Board(w http.ResponseWriter, r *http.Request) error {
	q, by := readQuery(r.URL.Query()), h.By(r)
	teams, err := h.teams(r.Context(), by)
	if err != nil {
		return err
	}
	q.Mine = acts.Turns(by)
	b, err := h.Acts.Lists.TeamBoard(r.Context(), q.BoardQuery)
	if err != nil {
		return err
	}
	last, err := h.Acts.Lists.LastMany(r.Context(), by.Person)
	if err != nil {
		return err
	}
	q.BoardQuery, q.page = b.Query, b.From/rowsPerPage+1
	p := views.BoardProps{Show: string(q.Show), Text: q.Text, Order: string(q.Order), CanWork: by.Role >= custody.Developer, Export: q.url("/migrations.csv", nil),
		Summary: summary(b, q.Team), Columns: columns(q, len(teams) > 0), Empty: q.Text == "" && len(b.Tallies) == 0}
	for _, c := range sorts {
		c.Selected = c.Value == string(q.Order)
		p.Sorts = append(p.Sorts, c)
	}
	for _, s := range shows {
		if s.show == migration.ShowMine && by.Role == custody.Viewer { // it is never a viewer's turn
			continue
		}
		p.Shows = append(p.Shows, views.Link{Text: fmt.Sprintf("%s %d", s.title, b.Of(s.show, q.Team)), Current: s.show == q.Show,
			URL: q.url(boardPath, func(q *query) { q.Show = s.show }), TestID: "board-show-" + web.Either(string(s.show), "all")})
	}
	if q.url(boardPath, nil) != boardPath {
		p.Clear = &views.Link{Text: "Show all", URL: boardPath}
	}
	p.Teams, p.ByTeam, p.More = byTeam(q, b, teams)
	names := map[string]string{}
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	for _, c := range b.Cards {
		p.Rows = append(p.Rows, row(c, b, names[c.Team]))
	}
	if last.ID != "" {
		p.Last = &views.Link{Text: "Your last check of many migrations: " + strings.ToLower(manyWords[last.State].Word) + ", " + web.Moment(last.Started), URL: checksPath + "/" + last.ID, TestID: "last-many"}
	}
	if b.Total > rowsPerPage {
		p.Shown = fmt.Sprintf("%d to %d of %d", min(b.From+1, b.Total), b.From+len(b.Cards), b.Total)
		if q.page > 1 {
			p.Pages = append(p.Pages, views.Link{Text: "Previous page", URL: q.url(boardPath, func(to *query) { to.page = q.page - 1 }), TestID: "page-previous"})
		}
		if b.From+len(b.Cards) < b.Total && len(b.Cards) > 0 {
			p.Pages = append(p.Pages, views.Link{Text: "Next page", URL: q.url(boardPath, func(to *query) { to.page = q.page + 1 }), TestID: "page-next"})
		}
	}
	return h.Page(w, r, http.StatusOK, views.BoardPage(h.Frame(r, "Board", "migrations", nil, ""), p))
}

// teams are those that the reader sees, by name; nil at a portal without any.
func (h *Pages) teams(ctx context.Context, by acts.Actor) ([]people.Team, error) {
	if h.Shared == nil {
		return nil, nil
	}
	all, err := h.Shared.People.Teams(ctx)
	return slices.DeleteFunc(all, func(t people.Team) bool { return !by.Sees(t.ID) }), err
}

// byTeam is the choice of a team, and how many migrations each has, those with most first.
func byTeam(q query, b acts.TeamBoard, teams []people.Team) (choices []views.Choice, rows []views.BoardTeam, more int) {
	if len(teams) == 0 {
		return nil, nil, 0
	}
	choices = append(choices, views.Choice{Label: "Every team", Selected: q.Team == ""})
	all := map[string]int{}
	for _, t := range teams {
		choices = append(choices, views.Choice{Value: t.ID, Label: t.Name, Selected: t.ID == q.Team})
		all[t.ID] = b.Of(migration.ShowAll, t.ID)
	}
	if len(teams) == 1 {
		return choices, nil, 0
	}
	teams = slices.DeleteFunc(slices.Clone(teams), func(t people.Team) bool { return all[t.ID] == 0 })
	slices.SortStableFunc(teams, func(x, y people.Team) int { return all[y.ID] - all[x.ID] })
	if more = max(len(teams)-maxTeams, 0); more > 0 {
		teams = teams[:maxTeams]
	}
	for _, t := range teams {
		of := func(show migration.Show) string {
			return q.url(boardPath, func(q *query) { q.Team, q.Show = t.ID, show })
		}
		row := views.BoardTeam{Name: views.Link{Text: t.Name, URL: of(q.Show), TestID: "board-team-" + t.ID}}
		for _, show := range teamColumns {
			cell := views.Link{Text: strconv.Itoa(b.Of(show, t.ID))}
			if cell.Text != "0" {
				cell.URL = of(show)
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	return choices, rows, more
}

// summary is the board in a line.
func summary(b acts.TeamBoard, team string) string {
	if b.Of(migration.ShowAll, team) == 0 {
		return ""
	}
	parts := []string{web.Many(b.Of(migration.ShowAdmin, team), "waits", "wait") + " for a Cloud admin", web.Many(b.Of(migration.ShowDeveloper, team), "waits", "wait") + " for a developer",
		strconv.Itoa(b.Of(migration.ShowFailing, team)) + " failing", web.Many(b.Of(migration.ShowExpiring, team), "expires", "expire") + fmt.Sprintf(" within %d days", acts.SoonDays)}
	return strings.Join(parts, ", ") + "."
}

// columns are the heads of the table.
func columns(q query, teams bool) []views.BoardColumn {
	by := func(name string, o migration.Order, dir string) views.BoardColumn {
		c := views.BoardColumn{Name: name, Sort: &views.Link{URL: q.url(boardPath, func(q *query) { q.Order = o })}}
		if q.Order == o {
			c.Dir = dir
		}
		return c
	}
	out := []views.BoardColumn{by("Application", migration.ByName, "ascending")}
	if teams {
		out = append(out, views.BoardColumn{Name: "Team"})
	}
	return append(out, by("State", migration.ByTurn, "descending"), by("Whose turn", migration.ByWaiting, "ascending"), by("Last check", migration.ByChecked, "descending"), by("Client certificate", migration.ByExpiry, "ascending"))
}

// row is a migration as the board shows it.
func row(c migration.Card, b acts.TeamBoard, team string) views.BoardRow {
	r := views.BoardRow{ID: c.ID, Name: c.Name, Namespace: c.Namespace, Rehearsal: c.Mode.Can().Practice, Team: team, State: state(c.Summary), Count: fmt.Sprintf("%d of %d", c.Done, len(c.Steps)),
		Next: web.ContinueLink(c.ID, c.Next, c.Whose), Turn: turn(c, b.Query.Mine)}
	for _, s := range c.Steps {
		r.Meter = append(r.Meter, web.StepState(s))
	}
	if at := c.Whose.Since; !at.IsZero() {
		r.Since, r.Stamp = web.Day(at), web.Stamp(at)
	}
	for _, b := range c.Besides {
		r.Besides = append(r.Besides, b.Asked())
	}
	if k := c.Checked; k != nil {
		r.Check = &views.Tag{State: views.Bad, Word: "Failed"}
		if k.Passed {
			r.Check = &views.Tag{State: views.Good, Word: "Passed"}
		}
		r.CheckLink = views.Link{Text: k.Title, URL: web.RunPath(migration.Outcome{ID: k.Run, MigrationID: c.ID, Kind: migration.CheckRun})}
		r.CheckAt, r.CheckTime = web.Day(k.At), web.Stamp(k.At)
	}
	if !c.Expires.IsZero() {
		days, _ := certsvc.Ladder(c.Expires, b.Now)
		tag := left(days)
		r.Expires, r.ExpiresAt = &tag, web.Day(c.Expires)
	}
	return r
}

// state is how a migration stands, whoever's turn it is.
func state(s migration.Summary) views.Tag {
	switch {
	case s.Failing:
		return views.Tag{State: views.Bad, Word: "Failing"}
	case s.Next.Status == migration.LookAgain:
		return views.Tag{State: views.Warn, Word: "Look again"}
	case s.Next.ID == "" && s.Whose.Task == "":
		return views.Tag{State: views.Good, Word: "Done"}
	case s.Next.Status == migration.Rehearsed:
		return views.Tag{State: views.Good, Word: "Rehearsed"}
	case s.Done == 0:
		return views.Tag{State: views.Idle, Word: "Not started"}
	}
	return views.Tag{State: views.Busy, Word: "In progress"}
}

// turn is whose turn a migration is, as its reader sees it.
func turn(c migration.Card, mine []migration.Waits) views.Tag {
	for _, w := range mine {
		if c.Whose.Who != "" && w.Who == c.Whose.Who && w.In(c.Team) {
			return views.Tag{State: views.Busy, Word: "Your turn"}
		}
	}
	switch c.Whose.Who {
	case "":
		return views.Tag{State: views.Idle, Word: "Nobody"}
	case migration.WhoCheck:
		return views.Tag{State: views.Busy, Word: "A check"}
	}
	return views.Tag{State: views.Wait, Word: web.Either(c.Whose.Name, turnWord(c.Whose.Who))}
}

// turnWord is whom a migration waits for, in a word.
func turnWord(who string) string {
	switch who {
	case migration.WhoDeveloper:
		return "Developer"
	case migration.WhoCloudAdmin:
		return "Cloud admin"
	case migration.WhoCheck:
		return "A check"
	}
	return "Nobody"
}

// left is how near an end is.
func left(days int) views.Tag {
	switch {
	case days < 0:
		return views.Tag{State: views.Bad, Word: "Expired"}
	case days == 0:
		return views.Tag{State: views.Bad, Word: "Expires today"}
	case days <= 15:
		return views.Tag{State: views.Bad, Word: web.Many(days, "day", "days")}
	case days <= acts.SoonDays:
		return views.Tag{State: views.Warn, Word: web.Many(days, "day", "days")}
	}
	return views.Tag{State: views.Good, Word: web.Many(days, "day", "days")}
}
