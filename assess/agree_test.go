package assess

import (
	"strings"
	"testing"
)

// TestHeadlineAgrees: the first sentence, the word of a row and the grade say the same.
func TestHeadlineAgrees(t *testing.T) {
	for _, c := range []struct {
		grade    string
		rows     []Row
		headline string
		is       Verdict
	}{
		{"C", []Row{{Manual: Warning}}, "Nothing blocks the migration, but plan for what is running. Act on the 1 warning below.", Warning},
		{"B", []Row{{Manual: Warning}}, "Nothing blocks the migration, but code must change. Act on", Warning},
		{"A", []Row{{Manual: Warning}}, "Nothing stands in the way. Act on", Warning},
		{"C", []Row{{Manual: Blocker}}, "Fix 1 blocker", Blocker},
		{"A", []Row{{Manual: Unknown}}, "Nothing was found", Unknown},
		{"A", []Row{{Manual: Pass}}, "Nothing stands in the way. Create", Pass},
	} {
		got := Report{Grade: c.grade, Rows: c.rows}.Headline()
		if v, word := WordOf(got); !strings.HasPrefix(got, c.headline) || v != c.is || word == "" {
			t.Errorf("%s %s: %q is %s, %q", c.grade, c.rows[0].Manual, got, v, word)
		}
	}
}

// TestForMigration: the command for code is in the migration's language, for its namespace; what is not known stays open.
func TestForMigration(t *testing.T) {
	f := &Facts{Address: "old:7233", Namespaces: []Namespace{{Name: "default"}}}
	for _, c := range []struct{ lang, id, want string }{
		{"java", "shop.a1b2c", "onramp code --lang java --namespace shop.a1b2c"},
		{"java", "", "onramp code --lang java --namespace main.ACCOUNT"},
		{"", "", "onramp code --lang go --namespace main.ACCOUNT"},
	} {
		r := Judge(f).For(c.lang, c.id)
		if got := r.Needs[len(r.Needs)-1].Command; got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		for _, row := range r.Rows {
			for _, x := range row.Fix {
				if strings.HasPrefix(x.Command, "onramp assess") && !strings.Contains(x.Command, "--address old:7233") {
					t.Errorf("%s: %s", row.ID, x.Command)
				}
			}
		}
	}
}
