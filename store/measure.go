package store

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"onramp/people"
)

// Sizes are how large a database is, and how many people it knows.
type Sizes struct {
	Database, Pending            int64 // bytes of the file, and of its write-ahead log
	Accounts, Disabled, Sessions int   // sessions that go on
}

// Measure returns the sizes of a database at a moment.
func Measure(ctx context.Context, d *DB, now time.Time) (Sizes, error) {
	s, err := one(ctx, d, nil, func(row scanner) (s Sizes, err error) {
		err = row.Scan(&s.Accounts, &s.Disabled, &s.Sessions)
		return s, err
	}, `SELECT (SELECT COUNT(*) FROM accounts), (SELECT COUNT(*) FROM accounts WHERE disabled <> 0), (SELECT COUNT(*) FROM sessions WHERE seen > ? AND created > ?)`,
		nanos(now.Add(-people.IdleFor)), nanos(now.Add(-people.AbsoluteFor)))
	path := filepath.Join(d.chain.dir, File)
	s.Database, s.Pending = sizeOf(path), sizeOf(path+"-wal")
	return s, err
}

// sizeOf is the size of a file in bytes, 0 for none.
func sizeOf(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// Observe lets a function know how long each read of a database took, by the text of its query, which holds no value. It
// is set before the database is used.
func Observe(d *DB, each func(query string, took time.Duration)) { d.observe = each }

// timed is called when a read begins, and what it returns when it has ended.
func timed(d *DB, query string) func() {
	if d.observe == nil {
		return func() {}
	}
	began := time.Now()
	return func() { d.observe(query, time.Since(began)) }
}
