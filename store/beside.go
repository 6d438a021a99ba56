package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"onramp/fault"
)

// Beside opens the database in dir for a command, whether or not an Onramp serves it: it takes no lock and does not
// migrate. It refuses what Open refuses, and a directory without a database of this version's schema.
func Beside(ctx context.Context, dir string) (*DB, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, unusable(dir, err)
	}
	path := filepath.Join(dir, File)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		f := fault.New(fault.Invalid, "There is no Onramp data in this directory", "Give the directory that onramp serve uses, with --data.").In("data")
		f.Cause = path + " does not exist."
		return nil, f
	}
	if err := private(dir); err != nil {
		return nil, err
	}
	d := &DB{log: slog.New(slog.DiscardHandler), chain: &chain{dir: dir}, reader: counted{queries: new(atomic.Int64)}}
	d.close = sync.OnceValue(d.closeAll)
	if err := d.openBeside(ctx, path); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *DB) openBeside(ctx context.Context, path string) (err error) {
	if d.writer, err = sql.Open("sqlite", dsn(path)); err != nil {
		return unusable(path, err)
	}
	d.writer.SetMaxOpenConns(1)
	version, err := schemaOf(ctx, d.writer, migrations)
	if err != nil {
		return opening(path, err)
	}
	if newest, _ := fs.Glob(migrations, "*.sql"); version < len(newest) {
		f := fault.New(fault.Conflict, "The data was written by an older Onramp", "For a backup before the upgrade use the version that wrote it. Else start onramp serve of this version with the directory once, then try again.").In("data")
		f.Cause = fmt.Sprintf("Its schema is %d, and this version has schema %d.", version, len(newest))
		return f
	}
	if d.chain, err = openChain(filepath.Dir(path), version); err != nil {
		return unusable(path, err)
	}
	if err := d.read(ctx, path); err != nil {
		return err
	}
	if d.turn, err = openPrivate(filepath.Join(filepath.Dir(path), turnFile), os.O_CREATE|os.O_RDWR); err != nil {
		return unusable(path, err)
	}
	if d.chain.damage() == nil {
		if _, older, err := d.chain.anchors(); err == nil {
			return d.chain.hold(older)
		}
	}
	return nil
}
