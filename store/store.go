// Package store is SQLite: the only room with SQL. It implements the stores that other rooms declare.
package store

import (
	"context"
	"log/slog"
)

// DB is the open database. It is safe for concurrent use; Close may be called twice.
type DB struct{}

// Open opens or makes the database in dir (made 0700), migrates it and returns it. It refuses a
// directory that others can read and a schema newer than it knows, each as a fault.
func Open(ctx context.Context, dir string, log *slog.Logger) (*DB, error) { panic("unwritten") }

// Close checkpoints and closes.
func (d *DB) Close() error { panic("unwritten") }
