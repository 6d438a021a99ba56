package views

import (
	"strings"
	"testing"
)

// TestWarnedChangeComesSecond: a change that is warned of is not the page's first action, and says that it is made all the same.
func TestWarnedChangeComesSecond(t *testing.T) {
	for _, warned := range []bool{false, true} {
		p := opsProps(true)
		if p.Plan.Warnings = nil; warned {
			p.Plan.Warnings = []string{"These filters would lock out this migration’s own client certificate, CN=payments."}
		}
		page := render(t, OpsPage(frame("Let Onramp do it", "", nil), p))
		first := strings.Contains(page, `<button class="btn go" data-testid="ops-apply">Make this change</button>`)
		second := strings.Contains(page, `<button class="btn" data-testid="ops-apply">Make this change all the same</button>`)
		if first == warned || second != warned {
			t.Errorf("warned %v: the first action %v, another %v", warned, first, second)
		}
	}
}

// TestGist: a query is named in a few words, its text unfolds.
func TestGist(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT a FROM migrations m LEFT JOIN runs r ON r.x = m.y WHERE m.id IN (SELECT value FROM json_each(?))": "Read migrations, runs",
		"INSERT INTO migration_counts VALUES (?)":        "Write migration counts",
		"UPDATE accounts SET x = ?":                      "Change accounts",
		"DELETE FROM sessions WHERE x":                   "Delete sessions",
		"WITH w AS (SELECT 1) SELECT 1":                  "Read the database",
		"SELECT 1 FROM a, b JOIN c JOIN d JOIN e JOIN a": "Read a, c, d and 1 more",
		"\n\t\tselect x from facts\nwhere y":             "Read facts",
	} {
		if got := gist(query); got != want {
			t.Errorf("%q is %q, want %q", query, got, want)
		}
	}
	page := render(t, OperationsPage(frame("Operations", "", nil), operationsProps()))
	for _, want := range []string{"<summary>Read migrations, run counts</summary>", `<th scope="col">Calls</th>`, `<th scope="col">Half</th>`, `<th scope="col">Sent</th>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(page, ">Times<") {
		t.Error("a column is called Times")
	}
}

// TestCheckShown: the button counts in good English.
func TestCheckShown(t *testing.T) {
	if one, many := checkShown(1), checkShown(12); one != "Check the one shown" || many != "Check all 12 shown" {
		t.Errorf("%q, %q", one, many)
	}
}
