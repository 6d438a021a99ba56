package handlers_test

import (
	"strings"
	"testing"
	"time"

	"onramp/migration"
	"onramp/runs"
)

// TestRunOfAnotherKind: a run of a kind that this version does not know is not shown as a check: its stream says so.
func TestRunOfAnotherKind(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _, _ := d.tested()
	_, err := d.db.AddRun(t.Context(), runs.Run{Owner: "a test", Lease: time.Now().Add(time.Hour), Request: []byte("{}"),
		Row: runs.Row{Outcome: migration.Outcome{ID: "of-later", MigrationID: strings.TrimPrefix(m, "/m/"), Kind: "assessment", State: migration.RunRunning, Started: time.Now()}}})
	check(t, err)
	d.get(m+"/events?on=run:of-later").want(t, 404, "cannot show such a run")
	d.get(m+"/test/of-later").want(t, 404)
}
