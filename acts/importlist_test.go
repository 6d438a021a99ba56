package acts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

func listOf(rows ...string) ImportList {
	return ImportList{Raw: []byte("name,cluster,namespace,cloud_namespace,region,team\n" + strings.Join(rows, "\n") + "\n"), Defaults: migration.ListDefaults{Lang: "go", Auth: cloud.AuthMTLS},
		Teams: map[string]string{"default team": "default", "ledger": "t-ledger"}}
}

// TestImport: a list makes its migrations in one act, leaves out what is here, and makes nothing where one row is wrong.
func TestImport(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	dev := Actor{Role: custody.Developer, Person: "dev", Name: "Dev", Teams: []string{"default"}}
	mine := migration.Within(w.ctx, dev.Teams)
	made, err := w.Migrations.Import(mine, dev, listOf("Pay,eu,payments,pay.a1b2c,aws-eu-west-1,", "Orders,,,orders.a1b2c,,Default team"))
	w.must(err)
	if len(made) != 2 || made[0].ID != "pay" || made[0].Team != "default" {
		t.Fatalf("made %+v", made)
	}
	v, err := w.Book.View(w.ctx, "pay")
	w.must(err)
	if v.Namespace.Address != "pay.a1b2c.tmprl.cloud:7233" || v.Namespace.Region != "aws-eu-west-1" || *v.Source != (migration.SourceData{Cluster: "eu", Namespace: "payments"}) || v.Facts[0].By != "Dev" || v.DoneCount != 1 {
		t.Errorf("imported: %+v", v)
	}
	if v, _ := w.Book.View(w.ctx, "orders"); v.Source != nil {
		t.Errorf("a source that nobody named: %+v", v.Source)
	}
	audit := func() int {
		rs, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Created})
		w.must(err)
		return len(rs)
	}
	before := audit()
	if before != 2 {
		t.Errorf("%d lines in the audit", before)
	}
	// again, with one more: the two are left out, by name and by namespace
	again := listOf("pay,eu,payments,else.a1b2c,,", "Else,,,orders.a1b2c,,", "New,,,new.a1b2c,,")
	plan, err := w.Lists.PlanImport(mine, again)
	w.must(err)
	if len(plan.New()) != 1 || plan.Rows[0].Here.ID != "pay" || plan.Rows[0].Why != "name" || plan.Rows[1].Here.ID != "orders" || plan.Rows[1].Why != "namespace" {
		t.Errorf("planned %+v", plan.Rows)
	}
	if audit() != before {
		t.Error("a plan changed something")
	}
	made, err = w.Migrations.Import(mine, dev, again)
	if w.must(err); len(made) != 1 || made[0].Name != "New" {
		t.Errorf("made %+v", made)
	}
	before = audit()
	for name, tt := range map[string]struct {
		req  ImportList
		want string
		kind fault.Kind
	}{
		"one wrong row":           {listOf("A,,,aa.a1b2c,,", "B,,,No_Name.a1b2c,,"), "Row 3", fault.Invalid},
		"another's team":          {listOf("A,,,aa.a1b2c,,Secret"), "you do not belong to a team", fault.Invalid},
		"nothing that is not yet": {again, "Everything on this list is here already", fault.Conflict},
	} {
		_, err := w.Migrations.Import(mine, dev, tt.req)
		f := fault.All(err)[0]
		if !strings.Contains(f.Title, tt.want) || f.Kind != tt.kind || !f.Unchanged || audit() != before {
			t.Errorf("%s: %+v", name, f)
		}
	}
	nobody := Actor{Role: custody.Developer, Person: "x", Name: "X"}
	if _, err := w.Migrations.Import(migration.Within(w.ctx, nil), nobody, again); !fault.Is(err, fault.Denied) {
		t.Errorf("somebody without a team: %v", err)
	}
}

// TestNamesOfOthers: what another team has is not learned from a name that is taken: neither that, nor by how many.
func TestNamesOfOthers(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	theirs := Actor{Role: custody.Developer, Person: "a", Name: "A", Teams: []string{"t-ledger"}}
	mine := Actor{Role: custody.Developer, Person: "b", Name: "B", Teams: []string{"default"}}
	there, err := w.Migrations.Create(migration.Within(w.ctx, theirs.Teams), theirs, "Ledger", "go", migration.Cloud, cloud.AuthMTLS)
	w.must(err)
	ctx := migration.Within(w.ctx, mine.Teams)
	made, err := w.Migrations.Create(ctx, mine, "ledger", "go", migration.Cloud, cloud.AuthMTLS)
	w.must(err)
	if made.ID == there.ID || made.ID == "ledger-2" || !strings.HasPrefix(made.ID, "ledger-") {
		t.Errorf("made at %s", made.ID)
	}
	if _, err := w.Migrations.Create(ctx, mine, "LEDGER", "go", migration.Cloud, cloud.AuthMTLS); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.From(err).Cause, made.ID) {
		t.Errorf("one's own name again: %v", err)
	}
	list, err := w.Migrations.Import(ctx, mine, ImportList{Raw: []byte("cloud_namespace\nledger.z9y8x\nledger-eu.z9y8x\n"), Defaults: migration.ListDefaults{Lang: "go", Auth: cloud.AuthMTLS}})
	if w.must(err); len(list) != 1 || list[0].Name != "ledger-eu" {
		t.Errorf("imported %+v", list)
	}
	if err := w.Migrations.Rename(ctx, mine, list[0].ID, "Ledger "); !fault.Is(err, fault.Conflict) {
		t.Errorf("renamed to one's own: %v", err)
	}
	both := Actor{Role: custody.Developer, Person: "c", Name: "C", Teams: []string{"default", "t-ledger"}}
	if _, err := w.Migrations.GiveToTeam(w.ctx, both, made.ID, "t-ledger"); !fault.Is(err, fault.Conflict) {
		t.Errorf("given to a team that has one of the name: %v", err)
	}
}

// TestImportRace: two lists at once make each name once.
func TestImportRace(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	var rows []string
	for i := range 40 {
		rows = append(rows, fmt.Sprintf("App %d,,,app-%d.a1b2c,,", i, i))
	}
	errs := make(chan error, 4)
	for range 4 {
		go func() { _, err := w.Migrations.Import(w.ctx, dana, listOf(rows...)); errs <- err }()
	}
	done := 0
	for range 4 {
		if err := <-errs; err == nil {
			done++
		} else if !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	}
	all, err := w.db.List(w.ctx, migration.Query{Limit: 1000})
	if w.must(err); done != 1 || len(all) != 40 {
		t.Errorf("%d imports made %d migrations", done, len(all))
	}
}

// BenchmarkImport is a list of the most rows, from the file to the disk: its time in milliseconds, beside a budget of two
// seconds.
func BenchmarkImport(b *testing.B) {
	var rows []string
	for i := range migration.MaxListRows {
		rows = append(rows, fmt.Sprintf("App %d,eu,app-%d,app-%d.a1b2c,aws-eu-west-1,", i, i, i))
	}
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b)
		b.StartTimer()
		began := time.Now()
		made, err := w.Migrations.Import(w.ctx, dana, listOf(rows...))
		took := time.Since(began)
		b.StopTimer()
		if err != nil || len(made) != migration.MaxListRows {
			b.Fatal(len(made), err)
		}
		w.end()
		b.ReportMetric(float64(took)/1e6, "ms")
		b.ReportMetric(float64(took)/2e9, "of-2-s")
		b.StartTimer()
	}
}
