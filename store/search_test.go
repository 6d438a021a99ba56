package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/expiry"
	"onramp/migration"
	"onramp/runs"
)

// derivedOf is what is saved of a migration after a change, with a namespace and certificates.
func derivedOf(t *testing.T, d *DB, id, namespace string, certs ...migration.Known) expiry.Derived {
	t.Helper()
	m := must(d.Migration(t.Context(), id))(t)
	return expiry.Derived{Migration: m, Summary: migration.Summary{Turn: migration.TurnYours, Namespace: namespace}, Certificates: certs}
}

// TestSearch: what is found by which text, of several migrations, and no more than asked for.
func TestSearch(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	for i, name := range []string{"Payments", "Payments EU", "Zahlungen für Köln", "Ledger"} {
		m := migration.Migration{ID: fmt.Sprintf("m%d", i), Name: name, Lang: "go", Mode: migration.Cloud, Auth: "mtls", Created: time.Unix(int64(1000+i), 0), Version: 1}
		if err := d.AddMigration(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	leaf := func(i int) string { return strings.Repeat(fmt.Sprintf("%02x", 0xa0+i), 32) }
	ca := strings.Repeat("0c", 32)
	save := func(list ...expiry.Derived) {
		t.Helper()
		if err := d.SaveDerived(ctx, list); err != nil {
			t.Fatal(err)
		}
	}
	save(derivedOf(t, d, "m0", "payments.a1b2c", migration.Known{SHA256: leaf(0), Serial: "1f", Subject: "CN=payments"}, migration.Known{SHA256: ca, Serial: "c0ffee", Subject: "CN=CA", CA: true}),
		derivedOf(t, d, "m1", "payments-eu.a1b2c", migration.Known{SHA256: leaf(1), Serial: "2f", Subject: "CN=eu"}, migration.Known{SHA256: ca, Serial: "c0ffee", Subject: "CN=CA", CA: true}),
		derivedOf(t, d, "m2", ""), derivedOf(t, d, "m3", "ledger.z9y8x", migration.Known{SHA256: leaf(3), Subject: "CN=batch"}))
	named := func(limit int, words ...string) (ids []string) {
		t.Helper()
		for _, c := range must(d.FindNamed(ctx, words, limit))(t) {
			ids = append(ids, c.ID)
		}
		slices.Sort(ids)
		return ids
	}
	same(t, "a name", named(9, "payments"), []string{"m0", "m1"})
	same(t, "in any case", named(9, "PAYMENTS"), []string{"m0", "m1"})
	same(t, "a beginning", named(9, "pay"), []string{"m0", "m1"})
	same(t, "two words", named(9, "pay", "eu"), []string{"m1"})
	same(t, "of the namespace", named(9, "z9y8x"), []string{"m3"})
	same(t, "of both, in any order", named(9, "a1b2c", "payments", "eu"), []string{"m1"})
	same(t, "without its accent", named(9, "koln"), []string{"m2"})
	same(t, "what there is not", named(9, "zebra"), []string(nil))
	same(t, "words of a query", named(9, "pay\"", "OR"), []string(nil))
	same(t, "no word", named(9), []string(nil))
	if got := named(1, "pay"); len(got) != 1 {
		t.Errorf("at most one: %v", got)
	}

	certs := func(limit int, print string, serials ...string) (found []string) {
		t.Helper()
		for _, k := range must(d.FindCertificates(ctx, print, serials, limit))(t) {
			found = append(found, k.Migration+" "+k.Name+" "+k.Subject+" "+k.Serial)
		}
		slices.Sort(found)
		return found
	}
	same(t, "a whole fingerprint", certs(9, leaf(0)), []string{"m0 Payments CN=payments 1f"})
	same(t, "its beginning", certs(9, "a1a1"), []string{"m1 Payments EU CN=eu 2f"})
	same(t, "one of several", certs(9, ca[:8]), []string{"m0 Payments CN=CA c0ffee", "m1 Payments EU CN=CA c0ffee"})
	same(t, "a serial number", certs(9, "", "2f"), []string{"m1 Payments EU CN=eu 2f"})
	same(t, "an unknown serial is no serial", certs(9, "", ""), []string(nil))
	same(t, "both", certs(9, "a0a0", "2f"), []string{"m0 Payments CN=payments 1f", "m1 Payments EU CN=eu 2f"})
	if got := certs(1, ca[:8]); len(got) != 1 {
		t.Errorf("at most one: %v", got)
	}

	for i, id := range []string{"m0", "m1", "m3"} {
		for n := range 3 {
			kind := []migration.RunKind{migration.CheckRun, migration.TransferRun, migration.DrillRun}[n]
			r := runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: fmt.Sprintf("RUN%d%d", i, n), MigrationID: id, Kind: kind, State: migration.RunRunning, Started: time.Unix(int64(i), 0)}}}
			if kind == migration.TransferRun {
				r.Request = json.RawMessage(fmt.Sprintf(`{"workflow_id":"onramp-transfer-%d"}`, i))
			}
			must(d.AddRun(ctx, r))(t)
		}
	}
	found := func(q runs.Search) (ids []string) {
		t.Helper()
		for _, r := range must(d.FindRuns(ctx, q))(t) {
			ids = append(ids, r.ID+" of "+r.Migration)
		}
		return ids
	}
	same(t, "by number and kind", found(runs.Search{Number: 1, Kind: migration.CheckRun, Limit: 2}), []string{"RUN20 of Ledger", "RUN10 of Payments EU"})
	if got := found(runs.Search{Number: 1, Limit: 9}); len(got) != 9 {
		t.Errorf("run 1 of any kind: %v", got)
	}
	same(t, "a number that no run has", found(runs.Search{Number: 7, Limit: 9}), []string(nil))
	same(t, "by ID", found(runs.Search{Text: "RUN01", Limit: 9}), []string{"RUN01 of Payments"})
	same(t, "by the workflow's", found(runs.Search{Text: "onramp-transfer-2", Limit: 9}), []string{"RUN21 of Ledger"})
	if got := found(runs.Search{Text: "onramp-transfer", Limit: 2}); len(got) != 2 {
		t.Errorf("at most two: %v", got)
	}

	m := must(d.Migration(ctx, "m0"))(t)
	m.Name = "Orders"
	if err := d.ChangeMigration(ctx, m); err != nil {
		t.Fatal(err)
	}
	save(derivedOf(t, d, "m0", "orders.a1b2c"))
	same(t, "after a renaming the old name", named(9, "payments"), []string{"m1"})
	same(t, "and the new one", named(9, "orders"), []string{"m0"})
	same(t, "a certificate stays known", certs(9, leaf(0)), []string{"m0 Orders CN=payments 1f"})
}

// TestDeletedIsNotFound: what was deleted is not found any more, and what stays is.
func TestDeletedIsNotFound(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	addAll(t, d, "goes", "stays")
	print := strings.Repeat("ab", 32)
	for _, id := range []string{"goes", "stays"} {
		if err := d.SaveDerived(ctx, []expiry.Derived{derivedOf(t, d, id, id+".a1b2c", migration.Known{SHA256: print, Serial: "7", Subject: "CN=" + id})}); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.DeleteMigration(ctx, "goes"); err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string]int{"named": len(must(d.FindNamed(ctx, []string{"a1b2c"}, 9))(t)), "certificates": len(must(d.FindCertificates(ctx, print, []string{"7"}, 9))(t))} {
		if n != 1 {
			t.Errorf("%d %s found, want that which stays", n, what)
		}
	}
}
