package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// furnished fills a portal with a migration in every state that has pages of its own, and returns every page that can be
// reached from the first by links, each kind once a migration.
func furnished(t *testing.T, p *portal) []string {
	t.Helper()
	v := visit(t, p.url)
	m, _ := v.tested(true)
	v.ended(v.upload(m+"/transfer", transferForm("success")...).ok(t, "a transfer").path)
	transfersOfAllKinds(t, v, m)
	shownWhole(t, v, "mtls")
	failing := failingRun(t, v)
	v.reportAgain(t, failing)
	keyed := keyedMove(t, v)
	rotating(t, v, keyed)
	cloud := strings.TrimSuffix(v.form("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").ok(t, "a migration to Temporal Cloud").path, "/namespace")
	v.form(cloud+"/namespace", "namespace", "ledger.a1b2c").ok(t, "its namespace")
	v.form(cloud+"/certificates", append(serverMade, "lend", "on")...).ok(t, "its certificates")
	v.form(cloud+"/certificates/replace", "what", "ca").ok(t, "its replacement")
	v.assessed(m)
	v.crossed(m)
	many := v.checkedTogether(m, keyed)
	v.form("/rehearsal/practice").ok(t, "a practice migration")
	v.ended(v.form("/rehearsal/break", "m", "practice", "switch", "filters", "state", "on").ok(t, "a switch").path)
	return everyPage(t, v, "/", "/?archived=1", m+"/certificates/unsaved", "/cloud", keyed, "/cloud/keyed.f45a2", "/search?q=payments", "/decode", "/certificates/inspect", many, "/assess", latest(t, v, m+"/test")+"/compare", "/nowhere")
}

var (
	link = regexp.MustCompile(`<a [^>]*href="(/[^"#]*)`)
	// What differs between pages of one kind.
	helpPage   = regexp.MustCompile(`^/help/.+`)
	leafPage   = regexp.MustCompile(`/certificates/[0-9a-f]{64}$`)
	twoRuns    = regexp.MustCompile(`/compare/.+`)
	plantedOne = regexp.MustCompile(`^/m/[a-z0-9-]*planted[a-z0-9-]*`) // a migration with a script for its name
)

// everyPage follows links from some pages and returns the pages that they lead to, in the order they were found, one of
// each kind where many differ in nothing but their text.
func everyPage(t *testing.T, v *visitor, from ...string) []string {
	t.Helper()
	const most = 200
	var pages []string
	met := map[string]bool{}
	for len(from) > 0 {
		path := from[0]
		from = from[1:]
		kind := path
		if !slices.Contains([]string{"/search?q=payments", "/?archived=1"}, path) && !strings.Contains(path, "lane=") { // other queries sort and filter
			kind, _, _ = strings.Cut(path, "?")
		}
		for _, same := range []*regexp.Regexp{helpPage, leafPage, twoRuns, plantedOne} {
			kind = same.ReplaceAllString(kind, "/one of many")
		}
		if met[kind] {
			continue
		}
		met[kind] = true
		page := v.get(path)
		if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || strings.Contains(page.header.Get("Content-Disposition"), "attachment") {
			continue
		}
		pages = append(pages, path)
		for _, l := range link.FindAllStringSubmatch(string(page.body), -1) {
			from = append(from, strings.ReplaceAll(l[1], "&amp;", "&"))
		}
		if len(pages) > most {
			t.Fatalf("more than %d pages, the last are %q", most, pages[most-10:])
		}
	}
	return pages
}
