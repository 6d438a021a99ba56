//go:build !lean

package rehearsal

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"sync/atomic"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/schema/sqlite"
)

// database is the server's SQLite database, for one run of the server.
type database struct {
	config config.SQL
	log    log.Logger
}

// opened counts the databases this process opened.
var opened atomic.Int64

// memoryDatabase is a fresh database in memory that nobody else shares.
func memoryDatabase(l log.Logger) *database {
	return &database{log: l, config: config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: "rehearsal-" + rand.Text(),
		ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"}}}
}

// fileDatabase is the database in file, made with its schema when it is not there yet. A crash in
// between leaves no half-made database: it gets its name when it is complete.
func fileDatabase(file string, l log.Logger) (*database, error) {
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if err := makeDatabase(file, l); err != nil {
			return nil, err
		}
	} else if err != nil {
		return nil, err
	}
	// WAL with synchronous=normal survives a kill of the process at any moment.
	return newFileDatabase(file, l, map[string]string{"mode": "rw", "journal_mode": "wal", "synchronous": "normal", "busy_timeout": "5000"}), nil
}

func makeDatabase(file string, l log.Logger) error {
	unborn := file + ".new"
	if err := remove(unborn); err != nil {
		return err
	}
	if err := bear(unborn); err != nil {
		return err
	}
	d := newFileDatabase(unborn, l, map[string]string{"mode": "rw", "journal_mode": "off", "synchronous": "off"})
	if err := errors.Join(sqlite.SetupSchema(&d.config), d.close()); err != nil {
		return err
	}
	f, err := os.OpenFile(unborn, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(unborn, file)
}

// bear makes the empty file of a database, for this user only: SQLite would make it for everybody to read, and gives its
// companions the mode of the file.
func bear(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// newFileDatabase names file in a way that no earlier run of this process did: the server's SQLite plugin
// keeps one handle a name for ever, and ours are closed. A pragma that SQLite does not know has no effect.
func newFileDatabase(file string, l log.Logger, attributes map[string]string) *database {
	attributes["onramp_run"] = fmt.Sprint(opened.Add(1))
	return &database{log: l, config: config.SQL{PluginName: sqliteplugin.PluginName, DatabaseName: (&url.URL{Path: filepath.ToSlash(file)}).EscapedPath(), // it becomes part of a URI
		ConnectAttributes: attributes}}
}

// private takes a directory and the files in it from everybody but their owner, as an earlier start or a copy left them.
func private(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	errs := []error{os.Chmod(dir, 0o700)}
	for _, e := range entries {
		if e.Type().IsRegular() { // chmod would follow a link
			errs = append(errs, os.Chmod(filepath.Join(dir, e.Name()), 0o600))
		}
	}
	return errors.Join(errs...)
}

// close closes the handle that the server's SQLite plugin keeps open for the life of the process; with it
// a database in memory goes. The plugin has no door for this: the handle is the unexported field "db" of
// what it hands out. Where a later server has none, close reports that.
func (d *database) close() error {
	logical, err := sql.NewSQLDB(sqlplugin.DbKindMain, &d.config, resolver.NewNoopResolver(), d.log, metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	v := reflect.ValueOf(logical)
	if v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		if f := v.Elem().FieldByName("db"); f.IsValid() && f.Kind() == reflect.Pointer && !f.IsNil() {
			if c, ok := reflect.NewAt(f.Type().Elem(), f.UnsafePointer()).Interface().(io.Closer); ok {
				return c.Close()
			}
		}
	}
	return fmt.Errorf("the SQLite handle of the Temporal server is not where it was (%T)", logical)
}

// remove deletes a database file and SQLite's companions.
func remove(file string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		if err := os.Remove(file + suffix); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
