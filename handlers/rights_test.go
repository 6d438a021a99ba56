package handlers_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/doctor"
	"onramp/people"
	"onramp/static"
)

// word is everybody's password.
const word = "otter lantern brisk 41 gravel"

// sharedDesk is a portal for several people with its first owner, who is at it.
func sharedDesk(t *testing.T, o deskOptions) *desk {
	t.Helper()
	o.shared = true
	d := sit(t, o)
	link, err := d.people.FirstAdmin(t.Context())
	check(t, err)
	in, err := d.people.Start(t.Context(), custody.Actor{Via: "portal", From: "192.0.2.1"}, link, people.NewAccount{Email: "dana@example.com", Name: "Dana"}, word, "")
	check(t, err)
	d.as = in.Token
	return d
}

// owner is the first owner as who acts.
func (d *desk) owner() custody.Actor {
	d.t.Helper()
	a, err := d.people.Find(d.t.Context(), "dana@example.com")
	check(d.t, err)
	return custody.Actor{Person: a.ID, Name: "Dana", Role: custody.Owner}
}

// join makes an account with a role in some teams and returns a token of its.
func (d *desk) join(email string, role custody.Role, teams ...string) (token string) {
	d.t.Helper()
	_, link, err := d.people.Add(d.t.Context(), d.owner(), people.NewAccount{Email: email, Role: role, Teams: teams})
	check(d.t, err)
	in, err := d.people.Start(d.t.Context(), custody.Actor{From: "192.0.2." + email}, link, people.NewAccount{Name: role.Title()}, word, "")
	check(d.t, err)
	return in.Token
}

// signIn is another session of an account.
func (d *desk) signIn(email string) string {
	d.t.Helper()
	in, err := d.people.SignIn(d.t.Context(), custody.Actor{From: "192.0.2.again" + email}, email, word, "", "")
	check(d.t, err)
	return in.Token
}

// Routes that need no sign-in, and forms that change nothing or are about oneself: whoever sees may send them.
var (
	opened  = regexp.MustCompile(`^/(healthz|readyz|theme|start|signin|signin/provider|signin/callback|unsubscribe|calendar/\{token\}\.ics|report/\{token\}\.json|h/\{token\}(/.*)?)$`)
	pure    = regexp.MustCompile(`^/(assess|preview/namespace|decode|certificates/inspect|again|signout|account/(sessions|mails|calendar|calendar/end)|m/\{m\}/code/(judge|environment))$`)
	owners  = regexp.MustCompile(`^/people|^/operations$|/settings/delete$|^POST /m/\{m\}/send$`)
	admins  = regexp.MustCompile(`^/rehearsal/(reset|strictness|methods)$|^/m/\{m\}/switch/account$`)
	twice   = regexp.MustCompile(`^/audit\.(json|csv)$|/certificates/key/(keep|open)$|^POST /people|^POST /account/calendar$|^POST /m/\{m\}/send$`)
	ofOther = regexp.MustCompile(`/(m/\{m\}|cloud/\{ns\})`)
)

// least is the lowest role that a route may take, by what it does: said here a second time, so that a slip in the table
// of routes is seen.
func least(method, pattern string) custody.Role {
	switch {
	case opened.MatchString(pattern):
		return custody.Nobody
	case owners.MatchString(pattern) || owners.MatchString(method+" "+pattern):
		return custody.Owner
	case admins.MatchString(pattern):
		return custody.CloudAdmin
	case method == http.MethodPost && !pure.MatchString(pattern):
		return custody.Developer
	}
	return custody.Viewer
}

// TestASVS_8_2_1: who may do what. Every route of the router, for nobody and each role, about a migration of one's own
// team and of another: none wrong, none undeclared.
// ASVS 8.2.1, 8.2.2, 8.3.1, 8.4.1.
func TestASVS_8_2_1(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	dana := d.as
	m, walked := d.routes()
	other, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	theirs := strings.TrimSuffix(d.post("/new", "name", "Ledger", "lang", "go", "mode", "rehearsal", "auth", "mtls", "team", other.ID).to(t), "/namespace")
	d.post(theirs+"/namespace", "namespace", "ledger.a1b2c").to(t)
	spare, _, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "spare@example.com", Role: custody.Viewer})
	check(t, err)
	declared := map[string]custody.Role{}
	again := map[string]bool{}
	for _, x := range d.h.Declared() {
		declared[x.Method+" "+x.Pattern], again[x.Method+" "+x.Pattern] = x.Need.Role, x.Need.Again
		if x.Need.Said == "" {
			t.Errorf("%s %s declares no right", x.Method, x.Pattern)
		}
	}
	tokens := map[custody.Role]string{custody.Nobody: "", custody.Owner: dana}
	for _, role := range []custody.Role{custody.Viewer, custody.Developer, custody.CloudAdmin} {
		tokens[role] = d.join(role.String()+"@example.com", role)
	}
	cells, wrong, routes := 0, 0, 0
	bad := func(rt route, role custody.Role, whose, format string, args ...any) {
		wrong++
		t.Errorf("%s %s as %q about %s: "+format, append([]any{rt.method, rt.pattern, role.String(), whose}, args...)...)
	}
	seen := map[string]bool{}
	for _, rt := range walked {
		if strings.HasPrefix(rt.pattern, static.Prefix) || rt.pattern == "/favicon.ico" {
			continue
		}
		key := rt.method + " " + rt.pattern
		need, ok := declared[key]
		switch {
		case !ok:
			t.Errorf("%s is a route and in no table", key)
			continue
		case need != least(rt.method, rt.pattern):
			t.Errorf("%s takes a %q and above, want a %q", key, need, least(rt.method, rt.pattern))
		case again[key] != (twice.MatchString(rt.pattern) || twice.MatchString(key)):
			t.Errorf("%s asks for a second look: %v", key, again[key])
		}
		if seen[key] {
			continue // the event stream once more
		}
		seen[key] = true
		routes++
		path := strings.Replace(rt.path, "{person}", spare.ID, 1)
		for _, whose := range []string{"one's own team", "another team"} {
			if whose == "another team" {
				if !ofOther.MatchString(rt.pattern) {
					continue
				}
				path = strings.NewReplacer(m, theirs, "docs-assembly.a2dd6", "ledger.a1b2c").Replace(path)
			}
			for role := custody.Nobody; role <= custody.Owner; role++ {
				cells++
				d.as = tokens[role]
				if rt.pattern == "/signout" && role > custody.Nobody {
					d.as = d.signIn(map[custody.Role]string{custody.Owner: "dana@example.com"}[role] + map[bool]string{true: "", false: role.String() + "@example.com"}[role == custody.Owner])
				}
				method := rt.method
				if strings.HasSuffix(rt.pattern, "/events") {
					method = http.MethodHead // it would not end
				}
				body, kind := "", ""
				if method == http.MethodPost { // a form that cannot be read: allowed ones get as far as that, and no further
					body, kind = "a=%zz", "application/x-www-form-urlencoded"
				}
				r := d.send(d.request(method, path, strings.NewReader(body), "Content-Type", kind))
				hidden := whose == "another team" && role < custody.CloudAdmin
				switch got := r.status; {
				case need == custody.Nobody:
					if got == http.StatusUnauthorized || got == http.StatusForbidden {
						bad(rt, role, whose, "%d on an open route", got)
					}
				case role == custody.Nobody:
					if got != http.StatusUnauthorized {
						bad(rt, role, whose, "%d, want 401", got)
					}
				case hidden:
					if got != http.StatusNotFound {
						bad(rt, role, whose, "%d, want 404", got)
					}
				case role < need:
					if got != http.StatusForbidden || method != http.MethodHead && !strings.Contains(r.body, "It needs ") {
						bad(rt, role, whose, "%d, want 403 and who may", got)
					}
				case got == http.StatusUnauthorized || got == http.StatusForbidden || got >= 500:
					bad(rt, role, whose, "%d, and it may", got)
				case got == http.StatusNotFound && whose == "one's own team" && method != http.MethodPost:
					bad(rt, role, whose, "404, and it is there")
				}
			}
		}
	}
	for key := range declared {
		if !seen[key] {
			t.Errorf("%s is in the table and was not walked", key)
		}
	}
	if routes < 130 || cells < 1000 {
		t.Errorf("only %d routes and %d cells", routes, cells)
	}
	t.Logf("figure: S3 wrong=%d cells=%d routes=%d", wrong, cells, routes)
	t.Logf("%d routes, %d cells, %d wrong", routes, cells, wrong)
}

// TestNobodyIsSentToSignIn: a browser that asks for a page is sent to the sign-in and from there back to the page; a
// program is told 401.
// ASVS 3.7.2.
func TestNobodyIsSentToSignIn(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	d.as = ""
	to := d.get("/expiry?from=60", "Accept", "text/html").to(t)
	if to != "/signin?next=%2Fexpiry%3Ffrom%3D60" {
		t.Errorf("sent to %s", to)
	}
	d.get(to).want(t, 200, `name="next" value="/expiry?from=60"`, "Sign in to Onramp")
	d.get("/audit.json").want(t, 401)
	r := d.post("/signin", "email", "dana@example.com", "password", word, "next", "/expiry?from=60")
	if r.to(t) != "/expiry?from=60" {
		t.Errorf("after signing in: %s", r.header.Get("Location"))
	}
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/%2f/evil.example", "\t//evil.example"} {
		if to := d.post("/signin", "email", "dana@example.com", "password", word, "next", next).to(t); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) {
			t.Errorf("next %q leads to %q", next, to) // ASVS 3.7.2
		}
	}
}

// TestScriptsSignIn: what the contract says to scripts: the first owner's link, the sign-in, 401 and 429, sign-out.
// ASVS 3.3.1, 3.3.3, 3.3.4, 7.4.1, 14.3.1.
func TestScriptsSignIn(t *testing.T) {
	d := sit(t, deskOptions{shared: true})
	link, err := d.people.FirstAdmin(t.Context())
	check(t, err)
	page := d.get("/start?t="+link).want(t, 200, "Create the owner")
	var held string
	for _, c := range page.header.Values("Set-Cookie") {
		held += strings.SplitN(c, ";", 2)[0] + "; "
	}
	d.post("/start", "email", "dana@example.com", "password", word).want(t, 410) // no token at all
	r := d.send(d.request("POST", "/start", strings.NewReader(values([]string{"name", "Dana", "email", "dana@example.com", "password", word, "role", "viewer"}).Encode()),
		"Content-Type", "application/x-www-form-urlencoded", "Cookie", held))
	cookie := func(r reply) string {
		for _, c := range r.header.Values("Set-Cookie") {
			if v, ok := strings.CutPrefix(c, "__Host-onramp="); ok {
				for _, part := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} {
					if !strings.Contains(v, part) {
						t.Errorf("the cookie lacks %s: %s", part, c)
					}
				}
				return strings.SplitN(v, ";", 2)[0]
			}
		}
		t.Fatalf("%s set no session", r.path)
		return ""
	}
	if r.to(t) != "/" {
		t.Errorf("the first owner is sent to %s", r.header.Get("Location"))
	}
	d.as = cookie(r)
	d.get("/people").want(t, 200, "dana@example.com")
	d.get("/start?t="+link).want(t, 410)
	d.as = ""
	d.post("/signin", "email", "dana@example.com", "password", "wrong and wrong again").want(t, 401, "is wrong")
	d.as = cookie(d.post("/signin", "email", "Dana@Example.com ", "password", word).want(t, 303))
	d.get("/").want(t, 200)
	out := d.post("/signout").want(t, 303)
	if got := out.header.Get("Clear-Site-Data"); got != `"cache", "cookies", "storage"` { // ASVS 14.3.1
		t.Errorf("Clear-Site-Data is %s", got)
	}
	d.get("/").want(t, 401)
	d.as = ""
	for i := range 6 {
		r := d.post("/signin", "email", "nobody@example.com", "password", "wrong and wrong again")
		if want := map[bool]int{true: 401, false: 429}[i < 5]; r.status != want {
			t.Errorf("try %d answers %d, want %d", i, r.status, want)
		}
	}
}

// TestASVS_15_3_3: fields that a form does not have change nothing (mass assignment).
// ASVS 15.3.3.
func TestASVS_15_3_3(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	dana := d.as
	_, link, err := d.people.Add(t.Context(), d.owner(), people.NewAccount{Email: "omar@example.com", Role: custody.Viewer})
	check(t, err)
	extra := []string{"role", "owner", "Role", "owner", "team", team.ID, "teams", team.ID, "id", "u0", "disabled", "0", "issuer", "x", "subject", "y", "email", "eve@example.com", "account", "u0", "person", "u0"}
	d.as = ""
	d.post("/start", append([]string{"t", link, "password", word}, extra...)...).to(t)
	a, err := d.people.Find(t.Context(), "omar@example.com")
	check(t, err)
	if a.Role != custody.Viewer || !slices.Equal(a.Teams, []string{"default"}) || a.Subject != "" {
		t.Errorf("a form made the account %+v", a)
	}
	d.as = d.join("dev@example.com", custody.Developer)
	d.post("/new", append([]string{"name", "Mine", "lang", "go", "mode", "cloud", "auth", "mtls"}, extra...)...).want(t, 422, "You do not belong to this team")
	m := d.post("/new", "name", "Mine", "lang", "go", "mode", "cloud", "auth", "mtls", "id", "taken", "version", "9", "archived", "1").to(t)
	if m != "/m/mine/namespace" {
		t.Errorf("made at %s", m)
	}
	d.post("/m/mine/settings/team", "team", team.ID).want(t, 422)
	d.get("/m/mine").want(t, 200)
	d.as = dana
	d.post("/m/mine/settings/team", "team", team.ID).to(t)
	d.as = d.signIn("dev@example.com")
	d.get("/m/mine").want(t, 404)
}

// TestFollowingEndsWithTheTeam: whoever reads a run's log as it grows reads on only as long as its migration is one that they see:
// given to another team, the stream and the streamed page of a member of the old one end, and those of others go on.
func TestFollowingEndsWithTheTeam(t *testing.T) {
	t.Parallel()
	d := sharedDesk(t, deskOptions{byHand: true})
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	m, run, id := d.byHand()
	path := m + "/events?on=run:" + id
	stays := d.follow(path)
	stays.swap()
	dana := d.as
	d.as = d.join("old@example.com", custody.Viewer)
	goes := d.follow(path)
	goes.swap()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	page, err := d.client.Do(d.request("GET", run+"?follow=1", nil).WithContext(ctx))
	check(t, err)
	defer page.Body.Close()
	d.as = dana
	d.post(m+"/settings/team", "team", team.ID).to(t)
	if got := names(goes.rest()); slices.Contains(got, "end") {
		t.Error("the old team's reader was told that the run has ended")
	}
	if _, err := io.ReadAll(page.Body); err != nil {
		t.Errorf("the streamed page goes on: %v", err)
	}
	d.stage("input", doctor.Running)
	stays.upTo("1")
	d.as = d.signIn("old@example.com")
	d.get(path).want(t, 404)
}

// TestListsShowOnesOwn: lists, counts, search, the board, the calendar, the audit and the rehearsal cloud hold nothing of
// another team, and all of them hold one's own.
// ASVS 8.2.2, 8.4.1.
func TestListsShowOnesOwn(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, checked, _, _ := d.moved()
	dana := d.as
	team, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.post(m+"/settings/name", "name", "Canary Seventeen").to(t)
	d.post(m+"/settings/team", "team", team.ID).to(t)
	v := d.view(m)
	mine, theirs := d.join("own@example.com", custody.Viewer, team.ID), d.join("dev@example.com", custody.Developer)
	for _, tt := range []struct {
		path, holds string
	}{
		{"/", "Canary Seventeen"}, {"/?q=Canary", "Canary Seventeen"}, {"/search?q=Canary", "Canary Seventeen"}, {"/search?q=" + v.Certificate.LeafFingerprint[:16], "Canary Seventeen"},
		{"/search?q=" + checked[strings.LastIndexByte(checked, '/')+1:], "Canary Seventeen"}, {"/search?q=check+1", "Canary Seventeen"}, {"/audit", "Canary Seventeen"}, {"/audit.json", strings.TrimPrefix(m, "/m/")},
		{"/rehearsal", `href="/cloud/docs-assembly`}, {"/cloud", `href="/cloud/docs-assembly`}, {"/cloud/docs-assembly.a2dd6", "docs-assembly"}, {m, "Canary Seventeen"},
	} {
		d.as = mine
		d.get(tt.path).want(t, 200, tt.holds)
		d.as = theirs
		if r := d.get(tt.path).lacks(t, "Canary Seventeen", v.Certificate.LeafFingerprint); strings.Contains(r.body, `href="/cloud/docs-assembly`) || tt.path != m && strings.Contains(r.body, m) {
			t.Errorf("%s tells another team of the namespace", tt.path)
		}
	}
	d.as = theirs
	d.post("/new", "name", "Spy", "lang", "go", "mode", "rehearsal", "auth", "mtls").to(t)
	d.post("/m/spy/namespace", "namespace", "docs-assembly.a2dd6").want(t, 422, "Another team rehearses in this namespace")
	d.post("/rehearsal/break", "state", "off", "namespace", "docs-assembly.a2dd6").want(t, 404)
	d.post("/rehearsal/break", "state", "on", "m", strings.TrimPrefix(m, "/m/"), "switch", "wrong-ca").want(t, 404)
	d.as = dana
	d.get("/").want(t, 200, "Canary Seventeen", "Spy")
}

// TestSecondLookOnPages: what needs one leads there, and goes on after it.
func TestSecondLookOnPages(t *testing.T) {
	now := time.Now()
	d := sharedDesk(t, deskOptions{now: func() time.Time { return now }})
	d.get("/audit.csv").want(t, 200)
	now = now.Add(16 * time.Minute)
	if to := d.get("/audit.csv", "Accept", "text/html").to(t); to != "/again?next=%2Faudit.csv" {
		t.Errorf("sent to %s", to)
	}
	d.get("/audit.csv").want(t, 403)
	d.post("/people", "email", "x@example.com", "role", "viewer").want(t, 403, "Confirm that it is you", "/again?next=")
	d.get("/people").want(t, 200).lacks(t, "x@example.com")
	d.get("/again?next=/audit.csv").want(t, 200, "Confirm that it is you")
	d.post("/again", "password", "wrong and wrong again", "next", "/audit.csv").want(t, 401)
	r := d.post("/again", "password", word, "next", "/audit.csv")
	if r.to(t) != "/audit.csv" {
		t.Errorf("then to %s", r.header.Get("Location"))
	}
	old := d.as
	d.as = strings.TrimPrefix(strings.SplitN(r.header.Get("Set-Cookie"), ";", 2)[0], "__Host-onramp=")
	d.get("/audit.csv").want(t, 200)
	d.as = old
	d.get("/").want(t, 401)
}

// TestStreamsEndWithTheSession: a stream that is open does not outlive its reader's right to it.
func TestStreamsEndWithTheSession(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	d.post("/new", "name", "Mine", "lang", "go", "mode", "cloud", "auth", "mtls").to(t)
	d.as = d.join("omar@example.com", custody.Viewer)
	s := d.follow("/m/mine/events?on=migration")
	defer s.close()
	s.swap()
	check(t, d.people.Disable(t.Context(), d.owner(), "omar@example.com"))
	for {
		if _, ok := s.next(); !ok {
			check(t, s.in.Err()) // it ended, and not by the test's time limit
			return
		}
	}
}
