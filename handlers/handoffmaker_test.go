package handlers_test

import (
	"strings"
	"testing"

	"onramp/custody"
	"onramp/people"
)

// TestHandoffLinkOfADepartedMaker: a link is the right of whoever made it, handed on: it ends when they may not work on the
// migration any more, whatever way that came about. It says so in plain words, the team's pages wait for nobody, the audit
// tells it once, an open page closes, and nobody who comes back brings the link back.
func TestHandoffLinkOfADepartedMaker(t *testing.T) {
	const maker = "maker@example.com"
	for _, tt := range []struct {
		what string
		goes func(d *desk, m, other string)
		gone bool
	}{
		{"account disabled", func(d *desk, _, _ string) { check(d.t, d.people.Disable(d.t.Context(), d.owner(), maker)) }, true},
		{"a viewer now", func(d *desk, _, _ string) {
			check(d.t, d.people.SetRole(d.t.Context(), d.owner(), maker, custody.Viewer))
		}, true},
		{"in another team now", func(d *desk, _, other string) {
			check(d.t, d.people.SetTeams(d.t.Context(), d.owner(), maker, []string{other}))
		}, true},
		{"the migration is another team's now", func(d *desk, m, other string) { d.post(m+"/settings/team", "team", other).to(d.t) }, true},
		{"a cloud admin now", func(d *desk, _, _ string) {
			check(d.t, d.people.SetRole(d.t.Context(), d.owner(), maker, custody.CloudAdmin))
		}, false},
		{"in a second team", func(d *desk, _, other string) {
			check(d.t, d.people.SetTeams(d.t.Context(), d.owner(), maker, []string{"default", other}))
		}, false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			d := sharedDesk(t, deskOptions{})
			dana := d.as
			other, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
			check(t, err)
			d.as = d.join(maker, custody.Developer)
			m, link := d.handedOff()
			d.as = ""
			page := d.follow(link + "/events")
			page.swap()
			d.as = dana
			tt.goes(d, m, other.ID)
			if !tt.gone {
				d.as = ""
				d.get(link).want(t, 200, "Add one CA certificate")
				d.post(link + "/upload").to(t)
				return
			}
			d.get("/").lacks(t, "Waiting for Omar")
			d.get(m+"/upload").want(t, 200, "No longer works", "make a new link").lacks(t, "Waiting for Omar")
			d.get("/audit").want(t, 200, "Hand-off link no longer works", "link 1 for Omar: upload docs-assembly.a2dd6, made by Developer")
			d.as = ""
			for {
				e, ok := page.next()
				if !ok {
					t.Fatal("the open page ended without a word")
				}
				if strings.Contains(e.data, "This link no longer works") {
					break
				}
			}
			facts := len(d.view(m).Facts)
			d.get(link).want(t, 410, "This link no longer works", "Developer made it, and no longer works on this migration", "Ask Developer’s team for a new one").lacks(t, `href="/"`, "docs-assembly", "BEGIN CERTIFICATE")
			d.get(link+"/ca.pem").want(t, 410)
			d.get(link+"/events").want(t, 410)
			for _, path := range []string{"/opened", "/done", "/not-me", "/upload", "/look"} {
				d.post(link+path).want(t, 410, "This link no longer works")
			}
			d.as = dana
			check(t, d.people.Enable(t.Context(), d.owner(), maker))
			check(t, d.people.SetRole(t.Context(), d.owner(), maker, custody.Owner))
			d.asOther("", func() { d.get(link).want(t, 410, "This link no longer works") })
			if n := len(d.view(m).Facts); n != facts || strings.Count(d.get("/audit").body, "Hand-off link no longer works</") > 1 {
				t.Errorf("%d facts became %d", facts, n)
			}
		})
	}
}

// TestHandoffLinkOfAMakerWithoutGroup: who comes from the provider without any group that has a role is out everywhere, and
// their links with them; with a group again they come in, and the old link stays dead.
func TestHandoffLinkOfAMakerWithoutGroup(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	dana := d.as
	comes := func(role custody.Role) (people.Signed, error) {
		return d.people.SignInBy(t.Context(), custody.Actor{From: "192.0.2.9"}, people.Claim{Issuer: "https://id.example.com", Subject: "Sub7", Email: "maker@example.com", Name: "Mia", Role: role}, "test", "")
	}
	in, err := comes(custody.Developer)
	check(t, err)
	d.as = in.Token
	m, link := d.handedOff()
	d.as = ""
	d.get(link).want(t, 200, "Add one CA certificate")
	for range 2 { // the second time it is known
		if _, err := comes(custody.Nobody); err == nil {
			t.Fatal("somebody without a role came in")
		}
	}
	d.get(link).want(t, 410, "This link no longer works")
	d.as = in.Token
	d.get(m+"/upload").want(t, 401)
	d.as = dana
	d.get("/people").want(t, 200, "No group with a role")
	d.get("/audit").want(t, 200, "developer to none by its groups", "made by Mia")
	in, err = comes(custody.Developer)
	check(t, err)
	d.as = in.Token
	d.get(m+"/upload").want(t, 200)
	d.as = dana
	d.get("/people").lacks(t, "No group with a role")
	d.as = ""
	d.get(link).want(t, 410, "This link no longer works")
}
