package store

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// older makes this Onramp one of an older schema, until back is called.
func older(t *testing.T, schema int) (back func()) {
	t.Helper()
	files := fstest.MapFS{}
	for i := range schema {
		name := fmt.Sprintf("%04d.sql", i+1)
		text, err := fs.ReadFile(migrations, name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: text}
	}
	all := migrations
	migrations = files
	return func() { migrations = all }
}

// TestUpgradeAndBack walks what docs/operations.md says: a backup before the upgrade, the upgrade, which keeps everything;
// the older version refuses what the newer has opened, and the backup brings it back; and the newer takes the backup too.
func TestUpgradeAndBack(t *testing.T) {
	ctx := t.Context()
	newest, err := fs.Glob(migrations, "*.sql")
	check(t, err)
	dir := newDir(t)
	has := func(what string, d *DB) {
		t.Helper()
		m, err := d.Migration(ctx, "payments")
		found, auditErr := d.VerifyAudit(ctx)
		if err := errors.Join(err, auditErr); err != nil || m.Name != "Payments" || !found.Intact {
			t.Errorf("%s: %+v, audit %+v, %v", what, m, found, err)
		}
	}
	back := older(t, len(newest)-1)
	d, err := Open(ctx, dir, nil)
	check(t, err)
	check(t, d.AddMigration(ctx, migration.Migration{ID: "payments", Name: "Payments", Created: time.Unix(1, 0), Version: 1}, custody.Record{Verb: custody.Created, Migration: "payments", At: time.Unix(1, 0)}))
	var backup bytes.Buffer
	_, err = d.WriteBackup(ctx, &backup, "older", true)
	check(t, err)
	check(t, d.Close())
	back()
	_, err = Beside(ctx, dir)
	if f := fault.From(err); f == nil || f.Title != "The data was written by an older Onramp" {
		t.Errorf("a command of the newer before it has served: %v", err)
	}
	d, err = Open(ctx, dir, nil) // the upgrade
	check(t, err)
	has("upgraded", d)
	check(t, d.Close())
	back = older(t, len(newest)-1)
	refused(t, dir, fault.Conflict, "The data was written by a newer Onramp")
	again := newDir(t)
	_, err = RestoreBackup(ctx, bytes.NewReader(backup.Bytes()), again, false)
	check(t, err)
	d, err = Open(ctx, again, nil)
	check(t, err)
	has("back at the older", d)
	check(t, d.Close())
	back()
	third := newDir(t)
	_, err = RestoreBackup(ctx, bytes.NewReader(backup.Bytes()), third, false)
	check(t, err)
	d, err = Open(ctx, third, nil)
	check(t, err)
	has("the older's backup at the newer", d)
	check(t, d.Close())
}
