// Package store is SQLite: the only room with SQL. It implements the stores that other rooms declare.
package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"onramp/fault"
)

// File is the name of the database in its directory; SQLite puts "-wal" and "-shm" beside it.
const File = "onramp.db"

// turnFile is held by a process beside the one that has the lock while it changes something.
const turnFile = "turn"

// readers is how many reads run at once.
const readers = 4

// DB is the open database. It is safe for concurrent use; Close may be called twice.
type DB struct {
	writer *sql.DB // one connection: writers queue here instead of at the file's lock
	reader counted
	lock   *lock // nil beside an Onramp that has it
	chain  *chain
	turn   *os.File // another process holds it while it wants to change something: SQLite's own lock is not fair
	log    *slog.Logger
	close  func() error

	observe func(query string, took time.Duration) // nil: nobody looks (Observe)
}

// counted counts the queries of a database, so that a test can tell what a page costs.
type counted struct {
	*sql.DB
	queries *atomic.Int64
}

func (c counted) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	c.queries.Add(1)
	return c.DB.QueryContext(ctx, query, args...)
}

func (c counted) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	c.queries.Add(1)
	return c.DB.QueryRowContext(ctx, query, args...)
}

// Queries is how many queries were made since Open, those within changes left out. Only tests ask: they count what a
// list costs.
func (d *DB) Queries() int64 { return d.reader.queries.Load() }

// Open opens or makes the database in dir (made 0700), migrates it and returns it. It refuses a
// directory that others can read, one that another Onramp uses, a file that is no database of ours or
// is damaged, and a schema newer than it knows, each as a fault.
func Open(ctx context.Context, dir string, log *slog.Logger) (*DB, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unusable(dir, err)
	}
	if err := private(dir); err != nil {
		return nil, err
	}
	lock, err := acquire(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, inUse(dir, err)
	}
	d := &DB{lock: lock, chain: &chain{dir: dir}, log: log, reader: counted{queries: new(atomic.Int64)}}
	d.close = sync.OnceValue(d.closeAll)
	if err := d.open(ctx, filepath.Join(dir, File)); err != nil {
		if e := d.Close(); e != nil {
			log.Error("database not closed cleanly", "err", e)
		}
		return nil, err
	}
	return d, nil
}

func (d *DB) open(ctx context.Context, path string) error {
	// SQLite gives its other files the mode of this one.
	f, err := openPrivate(path, os.O_CREATE|os.O_RDWR)
	if err != nil {
		return unusable(path, err)
	}
	err = f.Chmod(0o600)
	if err := errors.Join(err, f.Close()); err != nil && runtime.GOOS != "windows" {
		return unusable(path, err)
	}
	if d.writer, err = sql.Open("sqlite", dsn(path)); err != nil {
		return unusable(path, err)
	}
	d.writer.SetMaxOpenConns(1)
	version, err := schemaOf(ctx, d.writer, migrations)
	if err != nil {
		return opening(path, err)
	}
	if err := whole(ctx, d.writer); err != nil {
		return opening(path, err)
	}
	if d.chain, err = openChain(filepath.Dir(path), version); err != nil {
		return unusable(path, err)
	}
	if err := migrate(ctx, d.writer, migrations, step{chainSchema, d.chain.begin}); err != nil {
		return opening(path, err)
	}
	if err := d.read(ctx, path); err != nil {
		return err
	}
	if d.turn, err = openPrivate(filepath.Join(d.chain.dir, turnFile), os.O_CREATE|os.O_RDWR); err != nil {
		return unusable(path, err)
	}
	return d.trust(ctx)
}

// read opens the connections that only read.
func (d *DB) read(ctx context.Context, path string) (err error) {
	if d.reader.DB, err = sql.Open("sqlite", dsn(path, "query_only(1)")); err != nil {
		return unusable(path, err)
	}
	d.reader.SetMaxOpenConns(readers)
	d.reader.SetMaxIdleConns(readers)
	if err := d.reader.PingContext(ctx); err != nil {
		return opening(path, err)
	}
	return nil
}

// trust verifies the end of the audit, says what it found, and goes on with the anchor.
func (d *DB) trust(ctx context.Context) error {
	found, err := d.verify(ctx, tail, nil)
	if err != nil {
		return err
	}
	if !found.Intact {
		d.log.Error("the audit was changed: nothing can be changed any more", "first bad record", found.FirstBad, "found", found.Found, "data", d.chain.dir)
		return nil
	}
	_, older, err := d.chain.anchors()
	if err == nil {
		err = d.chain.hold(older)
	}
	if err == nil {
		err = d.chain.note(found.Head)
	}
	if err != nil {
		return unusable(filepath.Join(d.chain.dir, AnchorFile), err)
	}
	return nil
}

// dsn carries the pragmas, because one given by Exec reaches a single pooled connection only.
func dsn(path string, more ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(FULL)", // NORMAL loses the last commits in a power cut
		"foreign_keys(1)",
		"recursive_triggers(1)", // else REPLACE deletes rows behind the triggers' backs
		"secure_delete(1)",
		"trusted_schema(0)",
	}, more...)}
	path = filepath.ToSlash(path)
	if path[0] != '/' {
		path = "/" + path // C:/… on Windows
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String()
}

// Close checkpoints and closes.
func (d *DB) Close() error { return d.close() }

func (d *DB) closeAll() error {
	var errs []error
	if d.reader.DB != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.writer != nil {
		if d.lock != nil {
			_, err := d.writer.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
			errs = append(errs, err)
		}
		errs = append(errs, d.writer.Close())
	}
	errs = append(errs, d.chain.close())
	if d.turn != nil {
		errs = append(errs, d.turn.Close())
	}
	if d.lock != nil {
		errs = append(errs, d.lock.release())
	}
	return errors.Join(errs...)
}

// write runs change in one transaction; when it returns nil the change is on the disk.
func (d *DB) write(ctx context.Context, change func(*sql.Tx) error) error {
	if d.lock == nil {
		done, err := takeTurn(d.turn)
		if err != nil {
			return d.report(ctx, err)
		}
		defer done()
	} else if err := waitTurn(d.turn); err != nil {
		return d.report(ctx, err)
	}
	tx, err := d.writer.BeginTx(ctx, nil)
	if err != nil {
		return d.report(ctx, err)
	}
	return d.commit(ctx, tx, change)
}

// logged is write for lines of a run's log: what it wrote outlives the process at once, and a power cut from the next
// write on, which takes it along. Until then a power cut loses the last lines, and never one before a line that it
// keeps. Each wait for the disk would stand between an event and the page that shows it.
func (d *DB) logged(ctx context.Context, change func(*sql.Tx) error) error {
	if err := waitTurn(d.turn); err != nil {
		return d.report(ctx, err)
	}
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return d.report(ctx, err)
	}
	defer conn.Close()
	defer func() { // from here on, for an error may come after the change that it is about
		// The connection serves facts and audit next. It is thrown away if it cannot be made to wait for the disk again.
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "PRAGMA synchronous = FULL"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
		return d.report(ctx, err)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return d.report(ctx, err)
	}
	return d.commit(ctx, tx, change)
}

func (d *DB) commit(ctx context.Context, tx *sql.Tx, change func(*sql.Tx) error) error {
	defer tx.Rollback() // does nothing after Commit
	d.chain.pending = nil
	if err := change(tx); err != nil {
		return d.report(ctx, err)
	}
	head := d.chain.pending // the next change may begin when this one is committed
	if err := tx.Commit(); err != nil || head == nil {
		return d.report(ctx, err)
	}
	if err := d.chain.note(*head); err != nil { // the change is made all the same
		d.log.Error("the audit's anchor was not written", "record", head.Records, "err", err)
	}
	return nil
}

// report passes faults and the end of ctx on and turns what else SQLite says into a fault.
func (d *DB) report(ctx context.Context, err error) error {
	var f *fault.Fault
	switch {
	case err == nil || errors.As(err, &f):
		return err
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case code(err) == sqlite3.SQLITE_FULL || code(err)&0xff == sqlite3.SQLITE_IOERR:
		return fault.Wrap(err, fault.Unavailable, "The data directory cannot be written", "Free space on its disk, then try again.")
	}
	return fault.Wrap(err, fault.Internal, "The database refused this", "Try again. If it happens again, look up the request id in the log.")
}

// code is SQLite's extended result code of an error, 0 when it is another's.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// taken reports whether a row with the same key is there.
func taken(err error) bool {
	return code(err) == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

func unusable(path string, err error) error {
	fix := "Give another directory with --data."
	if errors.Is(err, fs.ErrPermission) {
		fix = "Give a directory of your own with --data, or make yourself its owner."
	}
	if full := code(err) == sqlite3.SQLITE_FULL || code(err) == sqlite3.SQLITE_IOERR_SHMSIZE || errors.Is(err, syscall.ENOSPC); full {
		return fault.Wrap(err, fault.Unavailable, "The disk of the data directory is full", "Free space on the disk of "+path+", then start Onramp again.").In("data")
	}
	f := fault.Wrap(err, fault.Unavailable, "The data directory cannot be used", fix).In("data")
	f.Cause = "Onramp cannot make or open " + path + "."
	return f
}

func inUse(dir string, err error) error {
	var held heldBy
	if !errors.As(err, &held) {
		return unusable(dir, err)
	}
	f := fault.Wrap(err, fault.Conflict, "Another Onramp uses this data directory", "Stop it, or give this one a directory of its own with --data.").In("data")
	f.Cause = dir + " is locked."
	if held != "" {
		f.Cause = dir + " is locked by process " + string(held) + "."
	}
	return f
}

// opening explains why an existing file is refused.
func opening(path string, err error) error {
	var f *fault.Fault
	if errors.As(err, &f) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	var torn damaged
	if c := code(err) & 0xff; c == sqlite3.SQLITE_NOTADB || c == sqlite3.SQLITE_CORRUPT || errors.As(err, &torn) {
		f = fault.Wrap(err, fault.Conflict, "The database is damaged, or the file is not a database", "Restore your last backup into another directory (onramp restore) and start Onramp there, or move the file away to start anew.").In("data")
		f.Cause = path + " cannot be read as SQLite. Onramp has not changed it."
		return f
	}
	return unusable(path, err)
}
