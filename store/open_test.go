package store

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
)

// refused opens dir and wants a fault with this title that says why and what to do.
func refused(t *testing.T, dir string, kind fault.Kind, title string) *fault.Fault {
	t.Helper()
	d, err := Open(t.Context(), dir, nil)
	if err == nil {
		d.Close()
		t.Fatalf("Open gave no error, want %q", title)
	}
	f := fault.From(err)
	if f.Kind != kind || f.Title != title || f.Cause == "" || f.Fix == "" || f.Field != "data" {
		t.Errorf("Open: %+v, want %s %q with cause, fix and field", f, kind, title)
	}
	return f
}

// alter runs SQL in a database file that no Onramp has open.
func alter(t testing.TB, dir, query string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
}

func newDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestModes: what is made is for its owner alone, whatever the name of the directory.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("no such modes on Windows")
		return
	}
	dir := filepath.Join(t.TempDir(), "deep", "a b?c#d%41;é&_pragma=x")
	d := openIn(t, dir)
	if err := d.AddMigration(t.Context(), migration.Migration{ID: "a"}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "../": 0o700, File: 0o600, File + "-wal": 0o600, File + "-shm": 0o600, "lock": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		} else if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %q = %04o, want %04o", name, got, want)
		}
	}
}

func TestClosesAnEmptyDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("no such modes on Windows")
		return
	}
	dir := newDir(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode of an empty directory after Open = %v, %v; want 0700", info.Mode().Perm(), err)
	}
}

func TestRefusesAnOpenDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("no such modes on Windows")
		return
	}
	for _, mode := range []os.FileMode{0o755, 0o750, 0o701, 0o704, 0o770} {
		dir := newDir(t)
		if err := os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("here before Onramp"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		f := refused(t, dir, fault.Conflict, "The data directory is open to other users")
		if want := "Run: chmod 700 " + dir; f.Fix != want {
			t.Errorf("fix = %q, want %q", f.Fix, want)
		}
		if err := os.Chmod(dir, 0o700); err != nil { // the fix works
			t.Fatal(err)
		}
		openIn(t, dir)
	}
	dir := newDir(t)
	if err := os.WriteFile(filepath.Join(dir, File), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
	if info, err := os.Stat(filepath.Join(dir, File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a database that others could read keeps mode %v, %v", info.Mode(), err)
	}
}

func TestRefusesASecondOnramp(t *testing.T) {
	dir := newDir(t)
	first := openIn(t, dir)
	f := refused(t, dir, fault.Conflict, "Another Onramp uses this data directory")
	if !strings.Contains(f.Cause, "process ") {
		t.Errorf("cause %q does not name the process", f.Cause)
	}
	if err := first.AddMigration(t.Context(), migration.Migration{ID: "a"}); err != nil {
		t.Errorf("the first is hurt: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openIn(t, dir)
}

func TestRefusesWhatIsNotOurs(t *testing.T) {
	newer := newDir(t)
	openIn(t, newer).Close()
	alter(t, newer, "PRAGMA user_version = 99")
	if f := refused(t, newer, fault.Conflict, "The data was written by a newer Onramp"); !strings.Contains(f.Cause, "99") {
		t.Errorf("cause = %q", f.Cause)
	}

	foreign := newDir(t)
	alter(t, foreign, "CREATE TABLE songs (title)")
	refused(t, foreign, fault.Conflict, "The database belongs to another program")
	marked := newDir(t)
	alter(t, marked, "PRAGMA application_id = 7")
	refused(t, marked, fault.Conflict, "The database belongs to another program")

	text := newDir(t)
	content := []byte(strings.Repeat("this is not a database\n", 100))
	if err := os.WriteFile(filepath.Join(text, File), content, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, text, fault.Conflict, "The database is damaged, or the file is not a database")
	if after, err := os.ReadFile(filepath.Join(text, File)); err != nil || string(after) != string(content) {
		t.Errorf("the file was changed: %v", err)
	}

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file, fault.Unavailable, "The data directory cannot be used")
	taken := newDir(t)
	if err := os.Mkdir(filepath.Join(taken, File), 0o700); err != nil {
		t.Fatal(err)
	}
	refused(t, taken, fault.Unavailable, "The data directory cannot be used")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d, err := Open(ctx, newDir(t), nil); err == nil {
		d.Close()
		t.Error("Open with an ended context gave no error")
	}
}

// TestPragmas: every connection of both pools has them, and readers cannot write.
func TestPragmas(t *testing.T) {
	d := open(t)
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000",
		"secure_delete": "1", "trusted_schema": "0", "recursive_triggers": "1", "application_id": "1332638320", "user_version": strconv.Itoa(len(must(fs.Glob(migrations, "*.sql"))(t)))}
	for name, db := range map[string]*sql.DB{"writer": d.writer, "reader": d.reader.DB} {
		want["query_only"] = map[string]string{"writer": "0", "reader": "1"}[name]
		var conns []*sql.Conn
		for range db.Stats().MaxOpenConnections {
			c, err := db.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
			for pragma, want := range want {
				var got string
				if err := c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
					t.Errorf("%s %d: %s = %q, %v; want %q", name, len(conns), pragma, got, err, want)
				}
			}
		}
		if name == "writer" && len(conns) != 1 {
			t.Errorf("%d writers, want one", len(conns))
		}
		for _, c := range conns {
			c.Close()
		}
	}
	if _, err := d.reader.Exec("DELETE FROM migrations"); err == nil {
		t.Error("a reader wrote")
	}
}

// TestTamper: the database itself refuses to change what was observed.
func TestTamper(t *testing.T) {
	d := open(t)
	fill(t, d)
	for _, query := range []string{
		"UPDATE facts SET data = '{}'",
		"DELETE FROM facts",
		"INSERT OR REPLACE INTO facts SELECT * FROM facts",
		"UPDATE entries SET data = '{}'",
		"DELETE FROM entries",
		"INSERT OR REPLACE INTO entries SELECT run_id, seq, at, kind, '{}' FROM entries",
		"INSERT INTO entries VALUES ('ended', 99, 0, 'stage', '{}')",
		"UPDATE runs SET title = 'all is well' WHERE id = 'ended'",
		"UPDATE runs SET state = 'running' WHERE id = 'ended'",
		"UPDATE runs SET request = '{}' WHERE id = 'running'",
		"UPDATE runs SET number = 9 WHERE id = 'running'",
		"DELETE FROM runs",
		"INSERT OR REPLACE INTO runs SELECT * FROM runs",
		"DELETE FROM migrations", // facts and runs still point at it
		"INSERT INTO facts (migration_id, kind, input_hash, data, at, by_whom) VALUES ('nobody', 'k', '', '{}', 0, '')",
		"INSERT INTO entries VALUES ('nothing', 1, 0, 'stage', '{}')",
		"INSERT INTO migrations VALUES ('x', 'x', 'go', 'cloud', 'mtls', 'yesterday', 1)", // not a number
	} {
		if _, err := d.writer.Exec(query); err == nil {
			t.Errorf("the database did it: %s", query)
		}
	}
	if facts, err := d.Facts(t.Context(), "a"); err != nil || len(facts) != 2 || string(facts[0].Data) != `{"n":1}` {
		t.Errorf("facts after all that: %v, %v", facts, err)
	}
}

// fill adds a migration "a" with two facts, a run "ended" and a run "running".
func fill(t *testing.T, d *DB) {
	t.Helper()
	ctx := t.Context()
	fact := migration.Fact{MigrationID: "a", Kind: migration.FactNamespace, Data: []byte(`{"n":1}`), At: time.Now()}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(d.AddMigration(ctx, migration.Migration{ID: "a", Created: time.Now(), Version: 1}))
	_, err := addFact(ctx, d, fact)
	check(err)
	for _, id := range []string{"ended", "running"} {
		r, err := d.AddRun(ctx, runs.Run{Row: runs.Row{Outcome: migration.Outcome{ID: id, MigrationID: "a", Kind: migration.CheckRun, State: migration.RunRunning}}})
		check(err)
		_, err = addEntry(ctx, d, runs.Entry{RunID: id, Kind: runs.EntryStage, Data: []byte(`{"s":1}`)})
		check(err)
		if id == "ended" {
			r.State = migration.RunPassed
			check(d.EndRun(ctx, r, runs.Entry{Kind: runs.EntryEnd, Data: []byte(`{}`)}, []migration.Fact{fact}))
		}
	}
}

// TestReopen: everything is there after a restart, Close leaves one whole file, and may come twice.
func TestReopen(t *testing.T) {
	dir := newDir(t)
	d := openIn(t, dir)
	fill(t, d)
	before, err := d.Run(t.Context(), "ended")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, left := range []string{"-wal", "-shm"} {
		if info, err := os.Stat(filepath.Join(dir, File+left)); err == nil && info.Size() > 0 {
			t.Errorf("Close left %d bytes in %s", info.Size(), left)
		}
	}
	if _, err := d.Run(t.Context(), "ended"); err == nil {
		t.Error("a closed database answers")
	}
	again := openIn(t, dir)
	after, err := again.Run(t.Context(), "ended")
	if err != nil || after.Title != before.Title || after.State != migration.RunPassed {
		t.Errorf("after a restart: %+v, %v", after, err)
	}
	if facts, err := again.Facts(t.Context(), "a"); err != nil || len(facts) != 2 {
		t.Errorf("after a restart: %d facts, %v", len(facts), err)
	}
}

// TestSchemaFiles: each file is applied once and in order; a file that fails changes nothing.
func TestSchemaFiles(t *testing.T) {
	db, err := sql.Open("sqlite", dsn(filepath.Join(newDir(t), File)))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	files := fstest.MapFS{"0001.sql": file("CREATE TABLE a (x); INSERT INTO a VALUES (1)")}
	count := func(table string) (n int) {
		if err := db.QueryRow("SELECT COUNT(*) FROM " + table).Scan(&n); err != nil {
			return -1
		}
		return n
	}
	for range 2 {
		if err := migrate(t.Context(), db, files); err != nil || count("a") != 1 {
			t.Fatalf("migrate: %v, %d rows", err, count("a"))
		}
	}
	files["0002.sql"] = file("INSERT INTO a VALUES (2); CREATE TABLE b (x); INSERT INTO nowhere VALUES (1)")
	if err := migrate(t.Context(), db, files); err == nil || count("a") != 1 || count("b") != -1 {
		t.Errorf("a file that fails: %v, %d rows, b %d", err, count("a"), count("b"))
	}
	files["0002.sql"] = file("INSERT INTO a VALUES (2); CREATE TABLE b (x) -- the end")
	if err := migrate(t.Context(), db, files); err != nil || count("a") != 2 || count("b") != 0 {
		t.Errorf("the file put right: %v, %d rows, b %d", err, count("a"), count("b"))
	}
	files["0004.sql"] = file("")
	if err := migrate(t.Context(), db, files); err == nil {
		t.Error("a missing number is not noticed")
	}
}

// TestFullDisk: a write that does not fit is refused as such, and what was there stays.
func TestFullDisk(t *testing.T) {
	d := open(t)
	fill(t, d)
	if _, err := d.writer.Exec("PRAGMA max_page_count = 1"); err != nil { // as small as it is now
		t.Fatal(err)
	}
	_, err := d.Record(t.Context(), []migration.Fact{{MigrationID: "a", Kind: "k", Data: []byte(`"` + strings.Repeat("x", 1<<20) + `"`)}}, []custody.Record{{At: time.Now(), Verb: custody.Noted}})
	if f := fault.From(err); err == nil || f.Kind != fault.Unavailable || f.Title != "The data directory cannot be written" {
		t.Errorf("AddFact: %v", err)
	}
	if err := d.AddRecords(t.Context(), custody.Record{At: time.Now(), Verb: custody.Noted, Note: strings.Repeat("x", 1<<20)}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a record that does not fit: %v", err)
	}
	if audit, err := d.VerifyAudit(t.Context()); err != nil || !audit.Intact || audit.Records != 0 {
		t.Errorf("the audit: %+v, %v", audit, err)
	}
	if facts, err := d.Facts(t.Context(), "a"); err != nil || len(facts) != 2 {
		t.Errorf("%d facts, %v", len(facts), err)
	}
	if m, err := d.Migration(t.Context(), "a"); err != nil || m.Version != 6 {
		t.Errorf("version %d, %v; want 6: the change was undone as a whole", m.Version, err)
	}
}
