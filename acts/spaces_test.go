package acts

import (
	"fmt"
	"testing"

	"onramp/custody"
	"onramp/migration"
	"onramp/store"
)

// TestSpaces: a team sees the namespace of each of its rehearsals, however many there are, of an archived one too, and nobody
// else's; nothing of a migration in Temporal Cloud makes one of the rehearsal cloud theirs.
func TestSpaces(t *testing.T) {
	const many = 1100
	w := newWorld(t)
	defer w.end()
	var list []migration.Made
	var all []string
	add := func(id, team string, mode migration.Mode) {
		m := migration.Migration{ID: id, Name: id, Lang: "go", Mode: mode, Auth: "mtls", Created: w.Checks.now(), Version: 1, Team: team}
		ns := id + ".a2dd6"
		facts, err := migration.View{Migration: m}.SetNamespace(migration.NamespaceData{Namespace: ns, Address: ns + ".tmprl.cloud:7233"})
		w.must(err)
		list, all = append(list, migration.Made{Migration: m, Facts: facts}), append(all, ns)
	}
	for n := range many {
		add(fmt.Sprint("mine-", n), "default", migration.Rehearsal)
	}
	add("theirs", "t-ledger", migration.Rehearsal)
	add("in-cloud", "default", migration.Cloud)
	all = append(all, "nobodys.a2dd6")
	w.must(store.NewBoards(w.db).AddMigrations(w.ctx, list))
	w.must(w.Migrations.Archive(w.ctx, dana, "mine-7", true))
	dev := Actor{Role: custody.Developer, Person: "dev", Name: "Dev", Teams: []string{"default"}}
	sees, err := w.Lists.Spaces(migration.Within(w.ctx, dev.Teams), dev, all)
	w.must(err)
	for i, ns := range all {
		if want := i < many; sees(ns) != want {
			t.Errorf("sees %s: %v", ns, !want)
		}
	}
	sees, err = w.Lists.Spaces(w.ctx, dana, all)
	if w.must(err); !sees("theirs.a2dd6") || !sees("nobodys.a2dd6") {
		t.Error("an owner does not see all")
	}
	nobody := Actor{Role: custody.Viewer, Person: "x"}
	sees, err = w.Lists.Spaces(migration.Within(w.ctx, nil), nobody, all)
	if w.must(err); sees("mine-0.a2dd6") {
		t.Error("somebody without a team sees one")
	}
}
