package handlers_test

import (
	"strings"
	"testing"
	"time"

	"onramp/migration"
	"onramp/runs"
)

// TestHomeWarns: the first page names certificates that end within 15 days, or have ended, and nothing has replaced,
// and leads to their replacement.
func TestHomeWarns(t *testing.T) {
	form := func(days string) []string {
		return []string{"lane", "make", "maker", "server", "organization", "Payments", "common_name", "payments", "ca_common_name", "Payments CA", "key_type", "ec-p256", "ca_days", "400", "leaf_days", days}
	}
	d := sit(t, deskOptions{})
	made := func(name, days string) string {
		m := strings.TrimSuffix(d.post("/new", "name", name, "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
		d.post(m+"/namespace", "namespace", strings.ToLower(name)+".a1b2c").to(t)
		d.post(m+"/certificates", form(days)...).to(t)
		return m
	}
	const warning = `data-testid="ending-soon"`
	made("Ledger", "90")
	d.get("/").want(t, 200).lacks(t, warning)
	m := made("Payments", "5")
	page := d.get("/").want(t, 200, warning, "1 client certificate expires in the next 15 days", "Payments expires in 4 days", m+"/certificates/replace", "See all expiry dates").lacks(t, "Ledger expires")
	if strings.Index(page.body, warning) > strings.Index(page.body, "card-payments") {
		t.Error("the warning stands below the cards")
	}
	for _, name := range []string{"One", "Two", "Three"} {
		made(name, "9")
	}
	d.get("/").want(t, 200, "4 client certificates expire in the next 15 days", "and 1 more.")
	d.post(m+"/certificates", form("200")...).to(t) // another takes its place
	d.get("/").want(t, 200, "3 client certificates expire").lacks(t, "Payments expires")
}

// TestOverviewMap: the map of the overview is that of the check that step 4 goes by, whatever check came after it, and
// the six steps stand on the page once.
func TestOverviewMap(t *testing.T) {
	d := sit(t, deskOptions{})
	m, run, _ := d.tested()
	page := d.get(m).want(t, 200, "Check 1: passed", `data-testid="step-transfer"`).lacks(t, `data-testid="rail-transfer"`, "Check 1: failed")
	if n := strings.Count(page.body, "Choose the namespace"); n != 1 {
		t.Errorf("a step stands on the page %d times", n)
	}
	d.get(m+"/namespace").want(t, 200, `data-testid="rail-transfer"`)
	// A check of another address fails, as in practice on a broken one.
	other := runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: "practice", MigrationID: strings.TrimPrefix(m, "/m/"), Kind: migration.CheckRun, State: migration.RunRunning, InputHash: "another address", Started: time.Now()}}}
	_, err := d.db.AddEnded(t.Context(), other, func(r runs.Run) (runs.Run, []runs.Entry, []migration.Fact) {
		r.State, r.Title, r.Code, r.Ended = migration.RunFailed, "Nothing listens there", "TC-01", time.Now()
		return r, []runs.Entry{{Kind: runs.EntryStage, At: time.Now(), Data: []byte(`{"id":"tcp","status":"fail","summary":"refused"}`)}}, nil
	})
	check(t, err)
	d.get(m).want(t, 200, "Check 1: passed", "A later check failed and does not count here", run).lacks(t, "test/practice#stage")
	d.post(m+"/namespace", "namespace", "elsewhere.a2dd6").to(t)
	d.get(m).want(t, 200, "Not tested yet with the current namespace and certificates")
}
