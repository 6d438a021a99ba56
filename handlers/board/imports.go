package board

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"onramp/acts"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/sdk"
	"onramp/views"
)

// shownImports bounds the rows of a list that a page shows.
const shownImports = 100

// ImportForm takes a list of namespaces.
func (h *Pages) ImportForm(w http.ResponseWriter, r *http.Request) error {
	return h.showImport(w, r, importFields{lang: "python", auth: cloud.AuthMTLS}, views.BoardImportProps{})
}

// importFields is the form of an import as it was sent.
type importFields struct{ list, account, lang, auth, team string }

// Import shows what a list would make, and makes it once that is confirmed.
func (h *Pages) Import(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	files, err := f.Files("list_file", "list")
	if err != nil {
		return err
	}
	in := importFields{account: f.Text("account"), lang: f.Text("lang"), auth: f.Text("auth"), team: f.Text("team")}
	var raw []byte
	if len(files) > 0 { // a file counts before what was pasted
		raw = files[0].Content
	}
	if doctor.HoldsSecret(string(raw)) { // a file is not among the fields that web.ReadForm looks through
		return h.showImport(w, r, in, views.BoardImportProps{Problems: fault.All(fault.New(fault.Invalid, "There is a secret in this list", "It was not used and is not kept. Take the key out of the file.").In("list"))})
	}
	by := h.By(r)
	by.Team = in.team
	req := acts.ImportList{Raw: raw, Defaults: migration.ListDefaults{Account: strings.ToLower(in.account), Lang: in.lang, Auth: in.auth}}
	if req.Team, err = acts.Home(by); err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showImport(w, r, in, views.BoardImportProps{Problems: ps})
	}
	teams, err := h.teams(r.Context(), by)
	if err != nil {
		return err
	}
	names := map[string]string{}
	if teams != nil {
		req.Teams = map[string]string{}
	}
	for _, t := range teams {
		req.Teams[strings.ToLower(t.Name)], names[t.ID] = t.ID, t.Name
	}
	if f.Text("confirm") == "yes" {
		made, err := h.Acts.Migrations.Import(r.Context(), by, req)
		if err == nil {
			return web.SeeOther(w, r, boardPath+"?sort="+string(migration.Newest), map[bool]string{true: "list-one", false: "list"}[len(made) == 1])
		}
		if _, err := web.Problems(err); err != nil {
			return err
		}
	}
	plan, wrong := h.Acts.Lists.PlanImport(r.Context(), req)
	ps, err := web.Problems(wrong)
	if err != nil {
		return err
	}
	in.list = migration.ListText(raw)
	p := views.BoardImportProps{Planned: true, Problems: ps, New: len(plan.New()), Ignored: strings.Join(plan.Ignored, ", ")}
	p.Known = len(plan.Rows) - p.New
	p.Rows = importRows(plan, names)
	p.More = max(len(p.Rows)-shownImports, 0)
	p.Rows = p.Rows[:len(p.Rows)-p.More]
	return h.showImport(w, r, in, p)
}

// importRows are the rows of a list, those that cannot be read among them, in the list's order.
func importRows(plan acts.PlannedList, names map[string]string) []views.ImportRow {
	type numbered struct {
		line int
		row  views.ImportRow
	}
	var all []numbered
	for _, r := range plan.Rows {
		all = append(all, numbered{r.Line, importRow(r, names)})
	}
	for _, r := range plan.Wrong {
		all = append(all, numbered{r.Line, views.ImportRow{Line: fmt.Sprint(r.Line), Name: r.Name, Source: strings.TrimPrefix(r.Cluster+" / "+r.Source, " / "), Namespace: r.Cloud, Region: r.Region, Team: r.InTeam}})
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return cmp.Compare(a.line, b.line) })
	var out []views.ImportRow
	for _, r := range all {
		out = append(out, r.row)
	}
	return out
}

func importRow(row acts.PlannedRow, teams map[string]string) views.ImportRow {
	out := views.ImportRow{Line: fmt.Sprint(row.Line), Name: row.Migration.Name, Namespace: row.Namespace.Namespace, Region: row.Namespace.Region, Team: teams[row.Migration.Team]}
	if s := row.Source; s != nil {
		out.Source = strings.TrimPrefix(s.Cluster+" / "+s.Namespace, " / ")
	}
	if row.Here != nil {
		out.Here = &views.Link{Text: row.Here.Name, URL: web.MovePath(row.Here.ID)}
		out.Why = map[string]string{"name": "this team has a migration of this name,", "namespace": "another migration goes to this namespace,"}[row.Why]
	}
	return out
}

func (h *Pages) showImport(w http.ResponseWriter, r *http.Request, in importFields, p views.BoardImportProps) error {
	p.List, p.Account, p.Teams, p.Auths = in.list, in.account, h.TeamChoices(r, in.team), web.AuthChoices(in.auth)
	p.Limits = fmt.Sprintf("%d rows, %d kB", migration.MaxListRows, migration.MaxListBytes>>10)
	for _, l := range sdk.Languages {
		p.Langs = append(p.Langs, views.Choice{Value: l.ID, Label: l.Name, Selected: l.ID == in.lang})
	}
	return h.Page(w, r, web.StatusFor(p.Problems), views.BoardImportPage(h.Frame(r, "Import", "migrations", nil, ""), p))
}
