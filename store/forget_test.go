package store

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"onramp/custody"
	"onramp/migration"
)

// A forgotten key leaves no bytes behind, whatever else was written around it: pages that were split, merged
// or used again.
func TestForgottenKeyLeavesNothing(t *testing.T) {
	for n := range 12 {
		dir := newDir(t)
		d := openIn(t, dir)
		addMigrations(t, d, "payments", "orders")
		fill := func(k int) {
			for i := range k {
				if _, err := addFact(t.Context(), d, migration.Fact{MigrationID: "orders", Kind: "x", Data: []byte(fmt.Sprintf("%q", bytes.Repeat([]byte("x"), 100*i))), At: time.Now()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		secret := bytes.Repeat([]byte("canary-box "), 40+60*n) // up to several pages
		fill(n)
		s := custody.Sealed{Migration: "payments", CAPEM: "pem", Box: append([]byte("age-encryption.org/v1\n"), secret...), At: time.Now()}
		if err := d.KeepKey(t.Context(), s, custody.Record{Verb: custody.Kept}); err != nil {
			t.Fatal(err)
		}
		other := s
		other.Migration, other.Box = "orders", []byte("age-encryption.org/v1\nother")
		if err := d.KeepKey(t.Context(), other, custody.Record{Verb: custody.Kept}); err != nil {
			t.Fatal(err)
		}
		fill(n)
		if !bytes.Contains(bytesIn(t, dir), []byte("canary-box")) {
			t.Fatal("the search does not find the key that is there")
		}
		if err := d.DropKey(t.Context(), "payments", custody.Record{Verb: custody.Forgotten}); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytesIn(t, dir), []byte("canary-box")) {
			t.Errorf("%d: left behind while open", n)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(bytesIn(t, dir), []byte("canary-box")) {
			t.Errorf("%d: left behind after the end", n)
		}
	}
}
