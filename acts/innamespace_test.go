package acts

import (
	"context"
	"fmt"
	"testing"

	"onramp/cloud"
	"onramp/migration"
)

// countedFacts counts the migrations whose facts are read.
type countedFacts struct {
	Store
	read int
}

func (c *countedFacts) FactsOf(ctx context.Context, ids []string) (map[string][]migration.Fact, error) {
	c.read += len(ids)
	return c.Store.FactsOf(ctx, ids)
}

// TestInNamespaceOfMany: who is about a namespace is found without deriving everybody else, whatever lists know by
// now; who has left it or is of another mode is told apart.
func TestInNamespaceOfMany(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	set := func(name string, mode migration.Mode, pasted ...string) string {
		m, err := w.Migrations.Create(w.ctx, dana, name, "go", mode, cloud.AuthMTLS)
		w.must(err)
		for _, p := range pasted {
			w.must(second(w.Migrations.SetNamespace(w.ctx, dana, m.ID, p, "")))
		}
		return m.ID
	}
	for i := range 20 {
		set(fmt.Sprint("Other ", i), migration.Rehearsal, fmt.Sprintf("other-%d.a2dd6", i))
	}
	set("Left", migration.Rehearsal, "payments.a2dd6", "left.a2dd6")
	set("Cloud", migration.Cloud, "payments.a2dd6")
	first, second := set("First", migration.Rehearsal, "payments.a2dd6"), set("Second", migration.Rehearsal, "gone.a2dd6", "payments.a2dd6")
	counted := &countedFacts{Store: w.Acts.Book.store}
	w.Acts.Book.store = counted
	for _, fresh := range []bool{false, true} {
		if fresh {
			w.must(w.Book.Refresh(w.ctx))
		}
		counted.read = 0
		in, err := w.Book.InNamespace(w.ctx, migration.Rehearsal, "payments.a2dd6")
		w.must(err)
		if len(in) != 2 || in[0].Migration.ID != second || in[1].Migration.ID != first {
			t.Errorf("fresh %v: %d are in it", fresh, len(in))
		}
		if counted.read > 3 { // one of them has left it
			t.Errorf("fresh %v: %d migrations were derived to find two", fresh, counted.read)
		}
	}
}
