package handlers_test

import (
	"strings"
	"testing"

	"onramp/custody"
)

// TestOperationsInMenu: an owner finds Operations in the menu of every page; nobody else does, who may not open it.
func TestOperationsInMenu(t *testing.T) {
	const entry = `href="/operations"`
	menu := func(body string) string {
		_, rest, _ := strings.Cut(body, `<nav aria-label="Main"`)
		nav, _, _ := strings.Cut(rest, "</nav>")
		return nav
	}
	d := sharedDesk(t, deskOptions{})
	for _, path := range []string{"/", "/operations", "/help"} {
		if nav := menu(d.get(path).want(t, 200).body); !strings.Contains(nav, entry) || strings.Contains(nav, entry+` aria-current="page"`) != (path == "/operations") {
			t.Errorf("the menu of %s is %s", path, nav)
		}
	}
	for _, role := range []custody.Role{custody.Viewer, custody.Developer, custody.CloudAdmin} {
		d.as = d.join(role.String()+"@example.com", role)
		if nav := menu(d.get("/").want(t, 200).body); strings.Contains(nav, entry) {
			t.Errorf("a %s is shown what they may not open: %s", role, nav)
		}
		d.get("/operations").want(t, 403)
	}
}

// TestTeamWords: a team whose name says that it is one is not called a team twice.
func TestTeamWords(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, link := d.handedOff()
	d.get(m+"/send").want(t, 200, "an account in the Default team", "a developer of the Default team").lacks(t, "the team Default team")
	d.asOther("", func() { d.get(link).want(t, 200, "(Default team) asks you").lacks(t, "team Default team") })
}
