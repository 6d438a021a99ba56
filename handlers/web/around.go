package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"onramp/migration"
	"onramp/views"
)

// place is a page of a migration that the way around names.
type place struct {
	path   string // under the migration's own address
	name   string
	inside bool   // an entry of the migration's own navigation
	mtls   bool   // about certificates: a migration with API keys has none
	keys   bool   // about API keys: a migration with certificates has none
	under  string // the entry that it belongs to, where its address does not say so
}

// places are they, in the order of the navigation: the overview, the steps, and what stands beside them.
var places = []place{
	{path: "", name: "Overview", inside: true},
	{path: "namespace", name: "Namespace", inside: true},
	{path: "certificates", name: "Certificates", inside: true, mtls: true},
	{path: "upload", name: "Upload", inside: true, mtls: true},
	{path: "test", name: "Checks", inside: true},
	{path: "code", name: "Worker code", inside: true},
	{path: "transfer", name: "Transfers", inside: true},
	{path: "transfer/drill", name: "Drill", inside: true},
	{path: "certificates/filters", name: "Filters", inside: true, mtls: true},
	{path: "certificates/replace", name: "Replace", inside: true, mtls: true},
	{path: "keys", name: "API keys", inside: true, keys: true},
	{path: "assess", name: "Assess", inside: true},
	{path: "cutover", name: "Cut-over", inside: true},
	{path: "report", name: "Report", inside: true},
	{path: "settings", name: "Settings", inside: true},

	{path: "runs", name: "Runs"},
	{path: "ops", name: "Let Onramp do it", under: "upload"},
	{path: "switch", name: "Sign-in method", under: "namespace"},
	{path: "certificates/clients", name: "Client certificates"},
	{path: "certificates/key", name: "CA key"},
	{path: "code/environment", name: "Environment"},
}

func placeAt(path string) (place, bool) {
	i := slices.IndexFunc(places, func(p place) bool { return p.path == path })
	if i < 0 {
		return place{}, false
	}
	return places[i], true
}

// inside is the part of a page's address under its migration: "test/r3", "" for the overview. What the address of a
// form adds to its page (settings/name) is no place of its own.
func inside(r *http.Request, id string) string {
	return strings.Trim(strings.TrimPrefix(r.URL.Path, MovePath(id)), "/")
}

// prefixes are the addresses above a place and its own, the longest last.
func prefixes(at string) []string {
	if at == "" {
		return nil
	}
	var out []string
	for i, c := range at {
		if c == '/' {
			out = append(out, at[:i])
		}
	}
	return append(out, at)
}

// insideProps are the pages of a migration, the one that is shown marked.
func insideProps(v Visit, at string) []views.Place {
	here := "" // the entry that the page is, or stands below: of what has none of its own, the overview
	for _, p := range prefixes(at) {
		switch x, _ := placeAt(p); {
		case x.inside:
			here = p
		case x.under != "":
			here = x.under
		}
	}
	var out []views.Place
	for _, p := range places {
		if !p.inside || p.mtls && UsesKeys(v) || p.keys && !UsesKeys(v) {
			continue
		}
		link := views.Place{Text: p.name, URL: MovePath(v.Migration.ID), TestID: "inside-" + strings.ReplaceAll(strings.ToLower(p.name), " ", "-")}
		if p.path != "" {
			link.URL += "/" + p.path
		}
		switch {
		case p.path == at:
			link.Current = "page"
		case p.path == here:
			link.Current = "true"
		}
		out = append(out, link)
	}
	return out
}

// moveCrumbs are the way to a page of a migration. A page without a name among the places goes by its title.
func moveCrumbs(v Visit, at, title string) []views.Link {
	home := MovePath(v.Migration.ID)
	out := []views.Link{{Text: "Migrations", URL: "/"}, {Text: v.Migration.Name, URL: home}}
	for _, p := range prefixes(at) {
		x, ok := placeAt(p)
		switch {
		case p == at && !ok:
			out = append(out, views.Link{Text: title})
		case ok:
			if up, _ := placeAt(x.under); x.under != "" {
				out = append(out, views.Link{Text: up.name, URL: home + "/" + up.path})
			}
			out = append(out, views.Link{Text: x.name, URL: home + "/" + p})
		}
	}
	out[len(out)-1].URL = ""
	return out
}

// crumbs are the way to a page outside of migrations; the pages of the bar need none.
func crumbs(path, title string) []views.Link {
	help, rehearsal := views.Link{Text: "Help", URL: "/help"}, views.Link{Text: "Rehearsal cloud", URL: "/rehearsal"}
	here := views.Link{Text: title}
	switch {
	case strings.HasPrefix(path, "/help/"), path == "/decode":
		return []views.Link{help, here}
	case path == "/new":
		return []views.Link{{Text: "Migrations", URL: "/"}, here}
	case path == "/cloud":
		return []views.Link{rehearsal, here}
	case strings.HasPrefix(path, "/cloud/"):
		return []views.Link{rehearsal, {Text: "Namespaces", URL: "/cloud"}, here}
	}
	return nil
}

// replacingProps is the banner of a replacement that is in progress; nil for none, and on its own page.
func replacingProps(v Visit, at string) *views.ReplacingProps {
	if re := migration.RotationOf(v.View); re.Open() && at != "keys" && !strings.HasPrefix(at, "keys/") {
		done := 0
		for _, g := range migration.KeyGates {
			if re.Passed(g) {
				done++
			}
		}
		return &views.ReplacingProps{Text: fmt.Sprintf("The API key is being replaced: %d of %d steps done.", done, len(migration.KeyGates)), URL: MovePath(v.Migration.ID, "keys")}
	}
	if sw := migration.SwitchOf(v.View); sw.Open() && at != "switch" && !strings.HasPrefix(at, "switch/") {
		done := 0
		for _, g := range migration.SwitchGates {
			if sw.Passed(g) {
				done++
			}
		}
		return &views.ReplacingProps{Text: fmt.Sprintf("The sign-in method is being changed to %s: %d of %d steps done.", migration.AuthSaid(sw.New.Auth), done, len(migration.SwitchGates)), URL: MovePath(v.Migration.ID, "switch")}
	}
	r := v.Replacement()
	if !r.Open() || at == "certificates/replace" || strings.HasPrefix(at, "certificates/replace/") {
		return nil
	}
	what, gates := "The CA certificate", []string{migration.GateCA, migration.GateLeaf, migration.GateProof, migration.GateWorkers}
	if r.What == migration.ReplaceLeaf {
		what, gates = "The client certificate", gates[1:]
	}
	done := 0
	for _, g := range gates {
		if r.Passed(g) {
			done++
		}
	}
	return &views.ReplacingProps{Text: fmt.Sprintf("%s is being replaced: %d of %d steps done.", what, done, len(gates)),
		URL: MovePath(v.Migration.ID, "certificates", "replace")}
}
