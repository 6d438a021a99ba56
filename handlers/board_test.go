package handlers_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"onramp/custody"
)

// fortyRows is a list of so many namespaces.
func rowsOfList(n int) string {
	text := "cluster,namespace,cloud_namespace,region,name,team\n"
	for i := range n {
		text += fmt.Sprintf("eu-1,app-%d,app-%d.a1b2c,aws-eu-west-1,App %d,\n", i, i, i)
	}
	return text
}

// TestBoardShowsOnesOwn: the board, its counts and its file hold the migrations of the reader's teams and no others; whose
// turn it is depends on who reads.
func TestBoardShowsOnesOwn(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	dana := d.as
	ledger, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.post("/new", "name", "Secret Canary", "lang", "go", "mode", "cloud", "auth", "mtls", "team", ledger.ID).to(t)
	d.post("/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls", "team", "default").to(t)
	d.get("/migrations").want(t, 200, "Secret Canary", "Payments", "All 2", `data-testid="board-team-`+ledger.ID, "By team")
	d.get("/migrations?team="+ledger.ID).want(t, 200, "Secret Canary", "All 1").lacks(t, ">Payments<")
	d.get("/migrations.csv").want(t, 200, "Secret Canary", "Payments,Default team")
	dev := d.join("dev@example.com", custody.Developer)
	viewer := d.join("viewer@example.com", custody.Viewer)
	for _, who := range []string{dev, viewer} {
		d.as = who
		for _, path := range []string{"/migrations", "/migrations?team=" + ledger.ID, "/migrations?q=Canary", "/migrations.csv", "/migrations.csv?team=" + ledger.ID, "/migrations/import"} {
			d.get(path).want(t, 200).lacks(t, "Secret Canary", ">Ledger<", "Secret")
		}
		d.get("/migrations").want(t, 200, "All 1", "Payments")
	}
	d.as = dev
	d.get("/migrations").want(t, 200, "Your turn", "My turn 1", `name="m"`)
	d.as = viewer
	d.get("/migrations").want(t, 200, "Developer").lacks(t, "Your turn", "My turn", `name="m"`, "Import a CSV")
	d.post("/migrations/import", "list", rowsOfList(1), "confirm", "yes").want(t, 403)
	d.as = dana
	d.get("/migrations?show=mine").want(t, 200, "My turn 1", "All 2") // those of an owner's own team
}

// TestBoardImport: a list is shown before it makes anything, a wrong row stops all of it, and what was exported is read
// again.
func TestBoardImport(t *testing.T) {
	d := sit(t, deskOptions{})
	before := d.snapshot()
	list := rowsOfList(40)
	d.post("/migrations/import", "list", list, "lang", "go", "auth", "mtls").want(t, 200, "40 migrations would be made", "app-39.a1b2c", "eu-1 / app-7")
	d.post("/migrations/import", "list", list+"eu-1,x,No_Name.a1b2c,,X,\n", "lang", "go", "auth", "mtls", "confirm", "yes").want(t, 422, "Row 42: in “no_name” the part before the account ID is wrong", `<td class="num">42</td>`, "Error: in “no_name”", "Row 42: use", "Nothing would be made", "Not made while the list has errors").lacks(t, "Would be made", "Is made")
	d.upload("/migrations/import", "@list_file", "\xff\xfec\x00", "lang", "go", "auth", "mtls").want(t, 422, "row")
	d.post("/migrations/import", "list", "cloud_namespace\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "lang", "go", "auth", "mtls").want(t, 422)
	d.post("/migrations/import", "list", strings.Repeat("x", 2<<20)).want(t, 413)
	if d.snapshot() != before {
		t.Error("a plan or a refused list changed something")
	}
	if to := d.upload("/migrations/import", "@list_file", list, "lang", "go", "auth", "mtls", "confirm", "yes").to(t); to != "/migrations?sort=newest" {
		t.Errorf("leads to %s", to)
	}
	d.get("/migrations?sort=newest").want(t, 200, "All 40", "App 39", "1 to 30 of 40")
	d.get("/migrations?page=2").want(t, 200, "31 to 40 of 40")
	d.get("/migrations?page=99").want(t, 200, "31 to 40 of 40")
	d.get("/migrations?q=app-7.a1").want(t, 200, "App 7", "All 1").lacks(t, "App 17")
	d.post("/m/app-3/settings/name", "name", "=cmd|' /C calc'!A0").to(t)
	file := d.get("/migrations.csv").want(t, 200).body
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	check(t, err)
	if len(rows) != 41 || !slices.ContainsFunc(rows, func(r []string) bool {
		return r[4] == "'=cmd|' /C calc'!A0" && r[2] == "app-3.a1b2c" && r[1] == "app-3"
	}) {
		t.Errorf("%d rows exported, such as %q", len(rows), rows[4])
	}
	for _, r := range rows[1:] {
		for i, cell := range r {
			if cell != "" && rows[0][i] != "days_left" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
		}
	}
	d.post("/migrations/import", "list", file, "lang", "go", "auth", "mtls").want(t, 200, "Everything on this list is here already", "this team has a migration of this name")
	other := sit(t, deskOptions{}) // elsewhere it makes all of them, under the names they had
	other.post("/migrations/import", "list", file, "lang", "go", "auth", "mtls", "confirm", "yes").to(t)
	other.get("/migrations?q=calc").want(t, 200, "=cmd|")
	other.get("/migrations?show=archived").want(t, 200, "None match")
	d.get("/migrations.csv?q=app-7.a1").want(t, 200, "App 7").lacks(t, "App 8")
	empty := sit(t, deskOptions{})
	empty.get("/migrations").want(t, 200, "No migration yet")
}

// manyChecked checks some migrations together, to the end, and returns the ID of that.
func (d *desk) manyChecked(ids ...string) string {
	d.t.Helper()
	var fields []string
	for _, id := range ids {
		fields = append(fields, "m", id)
	}
	page := d.post("/migrations/checks", fields...).to(d.t)
	id := page[strings.LastIndexByte(page, '/')+1:]
	wake, leave := d.acts.WatchMany(id)
	defer leave()
	for {
		b, err := d.acts.Lists.SeeMany(d.t.Context(), "", id)
		if check(d.t, err); b.Over() {
			return id
		}
		<-wake
	}
}

// TestBoardChecks: what will be dialled is shown before it is; then rows are checked while the page follows them, and the
// result stays.
func TestBoardChecks(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	d.post("/migrations/import", "list", rowsOfList(5), "lang", "go", "auth", "mtls", "confirm", "yes").to(t)
	d.post("/new", "name", "Bare", "lang", "go", "mode", "cloud", "auth", "mtls").to(t)
	before := d.asked.Load()
	d.post("/migrations/checks/plan").want(t, 422, "Nothing is chosen")
	d.post("/migrations/checks/plan", "m", "app-1", "m", "bare", "shown", "app-2").want(t, 200, "app-1.a1b2c.tmprl.cloud:7233", "no key is lent", "it has no namespace yet", "Check 2 migrations").lacks(t, "app-2")
	d.post("/migrations/checks/plan", "all", "shown", "m", "app-1", "shown", "app-2", "shown", "app-3").want(t, 200, "app-2", "app-3", "Check 2 migrations").lacks(t, `value="app-1"`)
	if d.asked.Load() != before {
		t.Error("a plan dialled")
	}
	d.post("/migrations/checks").want(t, 422, "Nothing is chosen", "Nothing was changed")
	id := d.manyChecked(strings.TrimPrefix(m, "/m/"), "app-0", "app-1", "bare")
	page := "/migrations/checks/" + id
	d.get(page).want(t, 200, "4 of 4 done", "App 0", "There is no namespace to check yet").lacks(t, "live-feed src", "Cancel the rest")
	s := d.follow(page + "/events")
	if text := s.swap().data; !strings.Contains(text, "4 of 4 done") {
		t.Errorf("the stream begins with %s", text)
	}
	if text := s.swap().data; !strings.HasPrefix(text, "<tr") || strings.Count(text, "<tr") != 4 {
		t.Errorf("rows: %.300s", text)
	}
	s.close()
	d.get("/migrations").want(t, 200, "Your last check of many migrations: done", page)
	d.get("/migrations/checks/nothing").want(t, 404)
	d.post(page+"/cancel").want(t, 409, "These checks have ended")
	d.get("/audit").want(t, 200, "Checks of many started")
}

// TestBoardChecksOfTeams: checks of many hold for their reader what they may see, and the dial preview says what a portal may
// not dial, and who can change that.
func TestBoardChecksOfTeams(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	ledger, err := d.people.AddTeam(t.Context(), d.owner(), "Ledger")
	check(t, err)
	d.post("/new", "name", "Secret Canary", "lang", "go", "mode", "cloud", "auth", "mtls", "team", ledger.ID).to(t)
	d.post("/new", "name", "Payments", "lang", "go", "mode", "cloud", "auth", "mtls", "team", "default").to(t)
	both := "/migrations/checks/" + d.manyChecked("secret-canary", "payments")
	one := "/migrations/checks/" + d.manyChecked("secret-canary")
	d.as = d.join("dev@example.com", custody.Developer)
	d.get(both).want(t, 200, "Payments", "1 of 1 done").lacks(t, "Secret Canary", "secret-canary")
	d.get(one).want(t, 404)
	d.get(one+"/events").want(t, 404)
	d.post(both+"/cancel").want(t, 403, "These checks are Dana’s")
	d.post("/migrations/checks/plan", "m", "secret-canary", "m", "payments").want(t, 200, "Payments", "Check 1 migration").lacks(t, "Secret Canary")
	d.post("/migrations/checks", "m", "secret-canary").want(t, 422, "Nothing is chosen")
}

// TestNoPathsOfTheMachine: where several share a portal no page names a file of its computer.
func TestNoPathsOfTheMachine(t *testing.T) {
	d := sharedDesk(t, deskOptions{})
	m, all := d.routes()
	for _, rt := range all {
		if rt.method != "GET" || strings.HasSuffix(rt.pattern, "/events") || strings.Contains(rt.path, ".zip") {
			continue
		}
		if r := d.get(rt.path); strings.Contains(r.body, "rehearsal-trust") || strings.Contains(r.body, d.dir) {
			t.Errorf("%s names a file of this computer", rt.path)
		}
	}
	if m == "" {
		t.Error("there is no migration")
	}
}
