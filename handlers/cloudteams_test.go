package handlers_test

import (
	"regexp"
	"strings"
	"testing"

	"onramp/custody"
)

var problemsShown = regexp.MustCompile(`(?s)id="problems".*?</div>`)

// TestNamesOfOtherTeams: a namespace that another team has is answered as one that nobody has: the name is taken, in the same
// words; one that is new is made, and its maker is told where they will see it.
func TestNamesOfOtherTeams(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	other, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.handedOff() // docs-assembly.a2dd6 is the default team's
	d.post("/cloud", "namespace", "docs-assembly.a2dd6")
	d.post("/cloud", "namespace", "loose.a2dd6").to(t)
	if to := d.post("/cloud", "namespace", "docs-assembly.a2dd6").to(t); to != "/cloud/docs-assembly.a2dd6" {
		t.Errorf("its own leads to %s", to)
	}
	d.as = d.join("ledger@example.com", custody.Developer, other.ID)
	var said []string
	for _, name := range []string{"docs-assembly", "loose"} {
		r := d.post("/cloud", "namespace", name+".a2dd6").want(t, 422, "This name is taken", "unique in its account").lacks(t, "Default team")
		said = append(said, problemsShown.FindString(r.body))
	}
	if said[0] != said[1] || said[0] == "" {
		t.Errorf("of another team's is said\n%s\nof nobody's\n%s", said[0], said[1])
	}
	d.get("/cloud").lacks(t, `href="/cloud/docs-assembly`, "loose.a2dd6")
	r := d.post("/cloud", "namespace", "fresh.a2dd6")
	if to := r.to(t); to != "/cloud" || !strings.Contains(strings.Join(r.header.Values("Set-Cookie"), "\n"), "cloud-unseen") {
		t.Errorf("a new one leads to %s with %v", to, r.header.Values("Set-Cookie"))
	}
}
