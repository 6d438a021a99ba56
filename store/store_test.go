package store

import (
	"path/filepath"
	"testing"

	"onramp/migration"
	"onramp/migration/storetest"
)

func open(t *testing.T) *DB { return openIn(t, filepath.Join(t.TempDir(), "data")) }

func openIn(t *testing.T, dir string) *DB {
	t.Helper()
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return d
}

// TestContract: the database keeps what migration asks of a store.
func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) migration.Store { return open(t) })
}
