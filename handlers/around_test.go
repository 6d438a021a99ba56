package handlers_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// nav is a navigation of a page: what it says, an entry as "Text" or "Text[page]" for the one that is marked.
func nav(t testing.TB, body, label string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	check(t, err)
	attribute := func(n *html.Node, name string) string {
		for _, a := range n.Attr {
			if a.Key == name {
				return a.Val
			}
		}
		return ""
	}
	var out []string
	for n := range doc.Descendants() {
		if n.Data != "nav" || attribute(n, "aria-label") != label {
			continue
		}
		for e := range n.Descendants() {
			if e.Type != html.ElementNode || e.Data != "a" && attribute(e, "aria-current") == "" {
				continue
			}
			text := strings.TrimSpace(e.FirstChild.Data)
			if c := attribute(e, "aria-current"); c != "" {
				text += "[" + c + "]"
			}
			out = append(out, text)
		}
	}
	return strings.Join(out, " ")
}

// TestWayAround: every page of a migration says where it stands and what stands beside it, the entry that it is or
// belongs to marked; without certificates there are no entries about them.
func TestWayAround(t *testing.T) {
	d := sit(t, deskOptions{})
	m, run, _ := d.tested()
	const all = "Overview Namespace Certificates Upload Checks Worker code Transfers Drill Filters Replace Assess Cut-over Report Settings"
	marked := func(entry, how string) string { return strings.Replace(all, entry, entry+"["+how+"]", 1) }
	name := "Money transfer rehearsal"
	for _, tt := range []struct{ path, inside, crumbs string }{
		{m, marked("Overview", "page"), "Migrations " + name + "[page]"},
		{m + "/", marked("Overview", "page"), "Migrations " + name + "[page]"},
		{m + "/namespace", marked("Namespace", "page"), "Migrations " + name + " Namespace[page]"},
		{m + "/certificates", marked("Certificates", "page"), "Migrations " + name + " Certificates[page]"},
		{m + "/certificates/clients", marked("Certificates", "true"), "Migrations " + name + " Certificates Client certificates[page]"},
		{m + "/certificates/filters", marked("Filters", "page"), "Migrations " + name + " Certificates Filters[page]"},
		{m + "/certificates/replace", marked("Replace", "page"), "Migrations " + name + " Certificates Replace[page]"},
		{m + "/test", marked("Checks", "page"), "Migrations " + name + " Checks[page]"},
		{run, marked("Checks", "true"), "Migrations " + name + " Checks Check 1[page]"},
		{run + "/compare", marked("Checks", "true"), "Migrations " + name + " Checks Check 1 compared[page]"},
		{m + "/upload", marked("Upload", "page"), "Migrations " + name + " Upload[page]"},
		{m + "/ops", marked("Upload", "true"), "Migrations " + name + " Upload Let Onramp do it[page]"},
		{m + "/report", marked("Report", "page"), "Migrations " + name + " Report[page]"},
		{m + "/code", marked("Worker code", "page"), "Migrations " + name + " Worker code[page]"},
		{m + "/code/environment", marked("Worker code", "true"), "Migrations " + name + " Worker code Environment[page]"},
		{m + "/transfer", marked("Transfers", "page"), "Migrations " + name + " Transfers[page]"},
		{m + "/transfer/drill", marked("Drill", "page"), "Migrations " + name + " Transfers Drill[page]"},
		{m + "/assess", marked("Assess", "page"), "Migrations " + name + " Assess[page]"},
		{m + "/cutover", marked("Cut-over", "page"), "Migrations " + name + " Cut-over[page]"},
		{m + "/settings", marked("Settings", "page"), "Migrations " + name + " Settings[page]"},
		{m + "/runs", marked("Overview", "true"), "Migrations " + name + " Runs[page]"},
	} {
		page := d.get(tt.path).want(t, 200).body
		if got := nav(t, page, "This migration"); got != tt.inside {
			t.Errorf("%s: beside it\n%s, want\n%s", tt.path, got, tt.inside)
		}
		if got := nav(t, page, "Breadcrumb"); got != tt.crumbs {
			t.Errorf("%s: the way to it\n%s, want\n%s", tt.path, got, tt.crumbs)
		}
	}
	keyed := strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", "api-key").to(t), "/namespace")
	if got, want := nav(t, d.get(keyed).body, "This migration"), "Overview[page] Namespace Checks Worker code Transfers Drill API keys Assess Cut-over Report Settings"; got != want {
		t.Errorf("with API keys: %s, want %s", got, want)
	}
	for _, tt := range []struct{ path, main, crumbs string }{
		{"/", "Migrations[page]", ""},
		{"/new", "Migrations[page]", "Migrations New migration[page]"},
		{"/expiry", "Expiry[page]", ""},
		{"/help/CL-03", "Help[page]", "Help CL-03[page]"},
		{"/decode", "Help[page]", "Help Explain an error text[page]"},
		{"/certificates/inspect", "", ""},
		{"/search?q=x", "", ""},
		{"/cloud", "Rehearsal cloud[page]", "Rehearsal cloud Namespaces[page]"},
		{"/cloud/docs-assembly.a2dd6", "Rehearsal cloud[page]", "Rehearsal cloud Namespaces docs-assembly.a2dd6[page]"},
	} {
		page := d.get(tt.path).want(t, 200).body
		if got := strings.Join(regexp.MustCompile(`[A-Z][a-z ]+\[\w+\]`).FindAllString(nav(t, page, "Main"), -1), " "); !strings.HasSuffix(got, tt.main) || tt.main == "" && got != "" {
			t.Errorf("%s: the bar marks %q, want %q", tt.path, got, tt.main)
		}
		if got := nav(t, page, "Breadcrumb"); got != tt.crumbs {
			t.Errorf("%s: the way to it %q, want %q", tt.path, got, tt.crumbs)
		}
	}
}

// TestReplacementIsToldEverywhere: while a replacement is in progress every page of the migration says so and leads
// back to it, the replacement's own page and the pages of others do not, and its card does.
func TestReplacementIsToldEverywhere(t *testing.T) {
	d := sit(t, deskOptions{})
	m, run, _ := d.tested()
	const told, card = `data-testid="replacing"`, "Replacing the CA certificate"
	d.get(m).want(t, 200).lacks(t, told)
	d.get("/").want(t, 200).lacks(t, card)
	d.post(m+"/certificates/replace", "what", "ca").to(t)
	for _, path := range []string{m, m + "/namespace", m + "/certificates", m + "/certificates/filters", m + "/upload", m + "/test", run, m + "/code", m + "/transfer", m + "/transfer/drill", m + "/settings", m + "/runs"} {
		d.get(path).want(t, 200, told, "The CA certificate is being replaced: 0 of 4 steps done.", `href="`+m+`/certificates/replace"`)
	}
	d.get("/").want(t, 200, card)
	for _, path := range []string{m + "/certificates/replace", "/", "/help", "/expiry"} {
		d.get(path).want(t, 200).lacks(t, told)
	}
	d.post(m+"/certificates/replace/back", "gate", "ca").to(t)
	d.get(m).want(t, 200).lacks(t, told)
	d.get("/").want(t, 200).lacks(t, card)
}
