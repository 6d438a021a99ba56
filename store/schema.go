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

// step is what a schema file cannot do alone, in its transaction.
type step struct {
	number int
	do     func(context.Context, *sql.Tx) error
}

// migrate brings the schema up to date, each file in a transaction of its own, with its step and its number as
// user_version. It refuses what schemaOf refuses.
func migrate(ctx context.Context, db *sql.DB, files fs.FS, steps ...step) error {
	version, err := schemaOf(ctx, db, files)
	if err != nil {
		return err
	}
	names, err := fs.Glob(files, "*.sql") // sorted
	if err != nil {
		return err
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
		if err := apply(ctx, db, string(text), number, steps); err != nil {
			return fmt.Errorf("schema file %s: %w", name, err)
		}
	}
	return nil
}

// schemaOf is the schema that a database has, 0 for an empty one. It refuses a database of another program and a schema
// newer than the files.
func schemaOf(ctx context.Context, db *sql.DB, files fs.FS) (version int, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var app, tables int
	err = db.QueryRowContext(ctx, "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version), (SELECT COUNT(*) FROM sqlite_schema)").
		Scan(&app, &version, &tables)
	switch {
	case err != nil:
		return 0, err
	case app != applicationID && (app != 0 || tables > 0):
		f := fault.New(fault.Conflict, "The database belongs to another program", "Give another directory with --data.").In("data")
		f.Cause = fmt.Sprintf("It holds %d tables and indexes that Onramp did not make (application id %#x).", tables, app)
		return 0, f
	case version > len(names):
		f := fault.New(fault.Conflict, "The data was written by a newer Onramp", "Use that version, or give another directory with --data.").In("data")
		f.Cause = fmt.Sprintf("Its schema is %d, and this version knows schemas up to %d.", version, len(names))
		return 0, f
	}
	return version, nil
}

// damaged is the error that the database's pages do not fit together.
type damaged string

func (d damaged) Error() string { return "quick_check: " + string(d) }

// whole looks at every page of the database, so that a damaged one is found now and not by somebody's request.
func whole(ctx context.Context, db *sql.DB) error {
	var found string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return damaged(found)
	}
	return nil
}

func apply(ctx context.Context, db *sql.DB, text string, number int, steps []step) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after Commit
	if _, err := tx.ExecContext(ctx, text); err != nil {
		return err
	}
	for _, s := range steps {
		if s.number == number {
			if err := s.do(ctx, tx); err != nil {
				return err
			}
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, number)); err != nil {
		return err
	}
	return tx.Commit()
}
