package store_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/expiry"
	"onramp/migration"
	"onramp/store"
)

// TestEndingsCounted: what is counted by days and what is left of them is what counting every one gives, for bounds at
// any time of day; and the rung of a notice is the ladder's.
func TestEndingsCounted(t *testing.T) {
	ctx := t.Context()
	d, err := store.Open(ctx, filepath.Join(t.TempDir(), "data"), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	r := rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 11, 12, 10, 0, 0, 0, time.UTC)
	var all []expiry.Ending
	var list []expiry.Derived
	for i := range 60 {
		m := migration.Migration{ID: fmt.Sprint("m", i), Name: fmt.Sprint("M ", i), Mode: migration.Cloud, Created: now, Version: 1}
		if i%3 == 0 {
			m.Mode = migration.Rehearsal
		}
		if err := d.AddMigration(ctx, m); err != nil {
			t.Fatal(err)
		}
		x := expiry.Derived{Migration: m}
		for j := range 3 {
			e := expiry.Ending{Migration: m.ID, Name: m.Name, Rehearsal: m.Mode == migration.Rehearsal, Certificate: fmt.Sprint("cert", j), Expiry: certsvc.Expiry{At: now.Add(time.Duration(r.IntN(100*24)-20*24) * time.Hour)}}
			if j == 0 {
				e.Successor = &expiry.Successor{Subject: "CN=next"}
			}
			x.Endings, all = append(x.Endings, e), append(all, e)
		}
		list = append(list, x)
	}
	for range 2 { // the second time in the place of the first
		if err := d.SaveDerived(ctx, list); err != nil {
			t.Fatal(err)
		}
	}
	times := []time.Time{{}, now}
	for range 40 {
		times = append(times, now.Add(time.Duration(r.IntN(100*24)-20*24)*time.Hour))
	}
	got, err := d.EndingsBefore(ctx, times)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		var every, active int
		for _, e := range all {
			if at.IsZero() || e.At.Before(at) {
				every++
				if e.Active() && !e.Rehearsal {
					active++
				}
			}
		}
		if got[i].All() != every || got[i].Active(migration.Cloud) != active {
			t.Errorf("before %s: %d and %d, want %d and %d", at, got[i].All(), got[i].Active(migration.Cloud), every, active)
		}
	}
	book := store.NewNotices(d)
	for range 2 { // the second time there is nothing new
		if err := book.Gather(ctx, now); err != nil {
			t.Fatal(err)
		}
	}
	due, err := book.Due(ctx, now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	rungs := map[string]int{}
	for _, x := range due {
		rungs[x.Migration+x.About] = x.Rung
		if x.Rung != x.Ending.Rung || x.Ending.Certificate != x.About || x.Name == "" {
			t.Errorf("%+v", x)
		}
	}
	want := 0
	for _, e := range all {
		_, rung := certsvc.Ladder(e.At, now)
		if !e.Active() || e.Rehearsal || rung == 0 {
			continue
		}
		want++
		if rungs[e.Migration+e.Certificate] != rung {
			t.Errorf("%s %s is on rung %d, told on %d", e.Migration, e.Certificate, rung, rungs[e.Migration+e.Certificate])
		}
	}
	if want == 0 || len(due) != want {
		t.Errorf("%d are due, want %d", len(due), want)
	}
}
