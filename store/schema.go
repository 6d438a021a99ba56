package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"onramp/fault"
)

//go:embed schema/*.sql
var files embed.FS

// migrations are the schema files 0001.sql, 0002.sql, … A file that was released never changes.
var migrations, _ = fs.Sub(files, "schema")

// applicationID marks a SQLite file as ours: "Onrp".
const applicationID = 0x4f6e7270

// migrate brings the schema up to date, each file in a transaction of its own with its number as
// user_version. It refuses a database of another program and a schema newer than the files.
func migrate(ctx context.Context, db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return err
	}
	var app, version, tables int
	err = db.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT COUNT(*) FROM sqlite_schema)").
		Scan(&app, &version, &tables)
	switch {
	case err != nil:
		return err
	case app != applicationID && (app != 0 || tables > 0):
		f := fault.New(fault.Conflict, "The database belongs to another program", "Give another directory with --data.").In("data")
		f.Cause = fmt.Sprintf("It holds %d tables and indexes that Onramp did not make (application id %#x).", tables, app)
		return f
	case version > len(names):
		f := fault.New(fault.Conflict, "The data was written by a newer Onramp", "Use that version, or give another directory with --data.").In("data")
		f.Cause = fmt.Sprintf("Its schema is %d, and this version knows schemas up to %d.", version, len(names))
		return f
	}
	for i, name := range names {
		number, err := strconv.Atoi(strings.TrimSuffix(name, ".sql"))
		if err != nil || number != i+1 {
			return fmt.Errorf("schema file %s: want number %04d", name, i+1)
		}
		if number <= version {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := apply(ctx, db, string(text), number); err != nil {
			return fmt.Errorf("schema file %s: %w", name, err)
		}
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, text string, number int) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, number)); err != nil {
		return err
	}
	return tx.Commit()
}
