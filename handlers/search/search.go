package search

import (
	"net/http"
	"net/url"

	"onramp/doctor"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

const (
	perKind  = 8   // results of each kind
	maxQuery = 200 // bytes
)

// Search looks for a text in all that Onramp knows: migrations and namespaces, runs, certificates, faults and help.
func (h *Pages) Search(w http.ResponseWriter, r *http.Request) error {
	p := views.SearchProps{Query: web.Query(r, maxQuery)}
	if p.Query != "" {
		found, err := h.Acts.Lists.Find(r.Context(), p.Query, perKind)
		if err != nil {
			return err
		}
		p.Groups = groups(p.Query, found.Migrations, found.Runs, found.Certificates)
		if faults := doctor.Find(p.Query, perKind); len(faults) > 0 {
			g := views.SearchGroup{ID: "faults", Title: "Faults and help"}
			for _, e := range faults {
				g.Found = append(g.Found, web.FoundFault(e))
			}
			g.More = more(len(g.Found), "More in Help", "/help?q="+url.QueryEscape(p.Query))
			p.Groups = append(p.Groups, g)
		}
	}
	f := h.Frame(r, "Search", "", nil, "")
	f.Query = p.Query
	return h.Page(w, r, http.StatusOK, views.SearchPage(f, p))
}

// more leads on where a group is full.
func more(n int, text, address string) *views.Link {
	if n < perKind {
		return nil
	}
	return &views.Link{Text: text, URL: address}
}

func groups(query string, moves []migration.Card, rs []runs.Found, certs []migration.Known) []views.SearchGroup {
	var out []views.SearchGroup
	if len(moves) > 0 {
		g := views.SearchGroup{ID: "migrations", Title: "Migrations and namespaces", More: more(len(moves), "More in the list of migrations", "/?q="+url.QueryEscape(query))}
		for _, m := range moves {
			f := views.FoundProps{Title: m.Name, URL: web.MovePath(m.ID), Text: m.Namespace, Mono: true, Tag: web.TurnOf(m.Next, m.Whose)}
			if !m.Archived.IsZero() {
				f.Tag = views.Tag{State: views.Idle, Word: "Archived"}
			}
			g.Found = append(g.Found, f)
		}
		out = append(out, g)
	}
	if len(rs) > 0 {
		g := views.SearchGroup{ID: "runs", Title: "Runs"}
		for _, run := range rs {
			g.Found = append(g.Found, views.FoundProps{Title: web.UpperFirst(run.Kind.Numbered(run.Number)) + " of " + run.Migration, URL: web.RunPath(run.Outcome),
				Tag: web.RunTag(run.Row), Text: web.Moment(run.Started) + " · " + run.ID})
		}
		out = append(out, g)
	}
	if len(certs) > 0 {
		g := views.SearchGroup{ID: "certificates", Title: "Certificates"}
		for _, c := range certs {
			f := views.FoundProps{Title: c.Subject + ", " + c.Name, URL: web.MovePath(c.Migration, "certificates", c.SHA256), Text: "SHA-256 " + web.Grouped(c.SHA256), Mono: true}
			if c.CA {
				f.Title, f.URL = "CA certificate "+f.Title, web.MovePath(c.Migration, "certificates")
			}
			if c.Serial != "" {
				f.Text += " · serial " + c.Serial
			}
			g.Found = append(g.Found, f)
		}
		out = append(out, g)
	}
	return out
}
