package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// audited makes a data directory with n records and closes it.
func audited(t testing.TB, n int) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	d, err := Open(t.Context(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < n; i += 50 {
		var rs []custody.Record
		for j := i; j < min(n, i+50); j++ {
			rs = append(rs, custody.Record{At: start.Add(time.Duration(j) * time.Second), Verb: custody.Signed, Subject: fmt.Sprintf("CN=client-%d", j), Fingerprint: strings.Repeat("ab", 32), Days: 30, Lane: "server"}.
				By(custody.Actor{Person: "dana", Name: "Dana", Via: "portal", From: "127.0.0.1", Request: fmt.Sprintf("r%d", j)}))
		}
		if err := d.AddRecords(t.Context(), rs...); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func copyDir(t testing.TB, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	for _, name := range ownFiles {
		_ = os.Chmod(filepath.Join(to, name), 0o600)
	}
	if err := os.Chmod(to, 0o700); err != nil {
		t.Fatal(err)
	}
	return to
}

// forge opens the database as somebody with sqlite3 does, and takes the triggers away.
func forge(t testing.TB, dir string, change func(exec func(query string, args ...any))) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, File)+"?_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name IN ('audit', 'audit_chain')")
	if err != nil {
		t.Fatal(err)
	}
	triggers := map[string]string{}
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		triggers[name] = text
	}
	rows.Close()
	for name := range triggers {
		exec("DROP TRIGGER " + name)
	}
	change(exec)
	for _, text := range triggers { // and covers his tracks
		exec(text)
	}
}

func auditOf(t testing.TB, dir string, elsewhere ...Place) custody.Audited {
	t.Helper()
	d, err := Beside(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	out, err := d.VerifyAudit(t.Context(), elsewhere...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tamperings are what somebody who can write the files but has not the key can do to record k of n; bad is the first
// record that is wrong then.
var tamperings = []struct {
	name string
	do   func(t testing.TB, dir string, k, n int64) (bad int64)
}{
	{"edit", func(t testing.TB, dir string, k, n int64) int64 {
		column := []string{"at = at + 1", "person = 'mallory'", "subject = 'CN=other'", "verb = 'key-opened'", "days = days + 1", "note = 'x'", "from_addr = '::1'", "act = 'x'", "name = ''"}[rand.IntN(9)]
		forge(t, dir, func(exec func(string, ...any)) { exec("UPDATE audit SET "+column+" WHERE id = ?", k) })
		return k
	}},
	{"delete", func(t testing.TB, dir string, k, n int64) int64 {
		forge(t, dir, func(exec func(string, ...any)) {
			if rand.IntN(2) == 0 {
				exec("DELETE FROM audit_chain WHERE id = ?", k)
			}
			exec("DELETE FROM audit WHERE id = ?", k)
		})
		return k
	}},
	{"delete and close the gap", func(t testing.TB, dir string, k, n int64) int64 {
		forge(t, dir, func(exec func(string, ...any)) {
			for _, table := range []string{"audit", "audit_chain"} {
				exec("DELETE FROM "+table+" WHERE id = ?", k)
				exec("UPDATE "+table+" SET id = -id WHERE id > ?", k)
				exec("UPDATE " + table + " SET id = -id - 1 WHERE id < 0")
			}
		})
		return k
	}},
	{"insert", func(t testing.TB, dir string, k, n int64) int64 {
		forge(t, dir, func(exec func(string, ...any)) {
			for _, table := range []string{"audit", "audit_chain"} {
				exec("UPDATE "+table+" SET id = -id WHERE id >= ?", k)
				exec("UPDATE " + table + " SET id = -id + 1 WHERE id < 0")
			}
			exec("INSERT INTO audit (id, "+auditColumns+") SELECT ?, "+auditColumns+" FROM audit WHERE id = ?", k, max(1, k-1))
			exec("INSERT INTO audit_chain SELECT ?, mac FROM audit_chain WHERE id = ?", k, k+1)
		})
		return k
	}},
	{"append", func(t testing.TB, dir string, k, n int64) int64 {
		forge(t, dir, func(exec func(string, ...any)) {
			exec("INSERT INTO audit (id, "+auditColumns+") SELECT ?, "+auditColumns+" FROM audit WHERE id = ?", n+1, k)
			if rand.IntN(2) == 0 {
				exec("INSERT INTO audit_chain VALUES (?, randomblob(32))", n+1)
			}
		})
		return n + 1
	}},
	{"swap", func(t testing.TB, dir string, k, n int64) int64 {
		m := k%n + 1 // its neighbour
		forge(t, dir, func(exec func(string, ...any)) {
			for _, table := range []string{"audit", "audit_chain"} {
				exec("UPDATE "+table+" SET id = -1 WHERE id = ?", k)
				exec("UPDATE "+table+" SET id = ? WHERE id = ?", k, m)
				exec("UPDATE "+table+" SET id = ? WHERE id = -1", m)
			}
		})
		return min(k, m)
	}},
	{"cut the end", func(t testing.TB, dir string, k, n int64) int64 {
		forge(t, dir, func(exec func(string, ...any)) {
			exec("DELETE FROM audit_chain WHERE id >= ?", k)
			exec("DELETE FROM audit WHERE id >= ?", k)
		})
		return k
	}},
	{"rewrite with an old key", func(t testing.TB, dir string, k, n int64) int64 {
		old := custody.NewChainKey()
		var head custody.Head
		var rs []custody.Record
		d, err := Beside(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		var mac []byte
		if err := d.reader.QueryRow("SELECT mac FROM audit_chain WHERE id = ?", k-1).Scan(&mac); err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		copy(head.MAC[:], mac)
		rs, err = all(t.Context(), d, scanRecord, "SELECT id, "+auditColumns+" FROM audit WHERE id >= ? ORDER BY id", k)
		if err != nil {
			t.Fatal(err)
		}
		d.Close()
		forge(t, dir, func(exec func(string, ...any)) {
			exec("UPDATE audit SET note = 'nothing to see' WHERE id = ?", k)
			rs[0].Note = "nothing to see"
			for _, r := range rs {
				head = custody.Head{Records: r.ID, MAC: old.Next(head.MAC, r)}
				exec("UPDATE audit_chain SET mac = ? WHERE id = ?", head.MAC[:], r.ID)
			}
		})
		return k
	}},
	{"a trigger gone", func(t testing.TB, dir string, k, n int64) int64 {
		names := []string{"audit_no_update", "audit_no_delete", "audit_chain_no_update", "audit_chain_no_delete", "audit_at_the_end", "audit_chain_at_the_end"}
		alter(t, dir, "DROP TRIGGER "+names[rand.IntN(len(names))])
		return n + 1
	}},
	{"a trigger weakened", func(t testing.TB, dir string, k, n int64) int64 {
		alter(t, dir, "DROP TRIGGER audit_no_update; CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit WHEN 0 BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END")
		return n + 1
	}},
	{"a trigger added", func(t testing.TB, dir string, k, n int64) int64 {
		alter(t, dir, "CREATE TRIGGER quiet BEFORE INSERT ON audit WHEN NEW.person = 'mallory' BEGIN SELECT RAISE(IGNORE); END")
		return n + 1
	}},
	{"another key", func(t testing.TB, dir string, k, n int64) int64 {
		rewrite(t, filepath.Join(dir, KeyFile), custody.NewChainKey().Text())
		return 1
	}},
	{"no key", func(t testing.TB, dir string, k, n int64) int64 {
		if err := os.Remove(filepath.Join(dir, KeyFile)); err != nil {
			t.Fatal(err)
		}
		return 1
	}},
	{"no anchor", func(t testing.TB, dir string, k, n int64) int64 {
		if err := os.Remove(filepath.Join(dir, AnchorFile)); err != nil {
			t.Fatal(err)
		}
		return n + 1
	}},
	{"a forged anchor and the end cut", func(t testing.TB, dir string, k, n int64) int64 {
		rewrite(t, filepath.Join(dir, AnchorFile), string(custody.NewChainKey().Anchor(custody.Head{Records: k}, start)))
		forge(t, dir, func(exec func(string, ...any)) {
			exec("DELETE FROM audit_chain WHERE id > ?", k)
			exec("DELETE FROM audit WHERE id > ?", k)
		})
		return k + 1
	}},
}

func rewrite(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTamperedAudit: a thousand tamperings of every kind are found, and the first bad record is named.
// ASVS 16.4.2.
func TestTamperedAudit(t *testing.T) {
	const n, rounds = 60, 1000
	whole := audited(t, n)
	if got := auditOf(t, whole); !got.Intact || got.Records != n || got.FirstBad != 0 || got.Found != "" {
		t.Fatalf("before: %+v", got)
	}
	found, named := map[string]int{}, 0
	for i := range rounds {
		how := tamperings[i%len(tamperings)]
		dir := copyDir(t, whole)
		k := 1 + rand.Int64N(n)
		want := how.do(t, dir, k, n)
		got := auditOf(t, dir)
		if !got.Intact && got.Found != "" {
			found[how.name]++
		}
		if got.FirstBad == want {
			named++
		} else {
			t.Errorf("%s of record %d: first bad %d, want %d: %s", how.name, k, got.FirstBad, want, got.Found)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	sum := 0
	for _, f := range found {
		sum += f
	}
	if sum != rounds || named != rounds {
		t.Errorf("found %d of %d, named %d: %v", sum, rounds, named, found)
	}
	t.Logf("figure: S10 found=%d of=%d kinds=%d first_bad_named=%d", sum, rounds, len(tamperings), named)
	t.Logf("found %d of %d tamperings of %d kinds, the first bad record named in %d", sum, rounds, len(tamperings), named)
}

// TestServesBrokenAudit: a database whose audit was changed opens, shows, and refuses every change, until it is whole.
func TestServesBrokenAudit(t *testing.T) {
	dir := audited(t, 20)
	tamperings[0].do(t, dir, 7, 20)
	var log bytes.Buffer
	d, err := Open(t.Context(), dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	f := fault.From(d.AuditBroken())
	if f == nil || f.Kind != fault.Unavailable || !strings.Contains(f.Cause, "7") || f.Fix == "" {
		t.Fatalf("AuditBroken: %+v", f)
	}
	if !strings.Contains(log.String(), `"first bad record"=7`) {
		t.Errorf("the log says %s", log.String())
	}
	if list, err := d.Records(t.Context(), custody.Query{}); err != nil || len(list) != 20 {
		t.Errorf("reading: %d, %v", len(list), err)
	}
	r := custody.Record{At: start, Verb: custody.Created}
	for name, err := range map[string]error{
		"records":   d.AddRecords(t.Context(), r),
		"migration": d.AddMigration(t.Context(), migration.Migration{ID: "a", Name: "a"}, r),
	} {
		if !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := d.Migration(t.Context(), "a"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the migration is there without its record: %v", err)
	}
	if _, _, err := d.Anchor(t.Context()); err == nil {
		t.Error("a broken chain is anchored")
	}
}

// TestFailsClosed: what cannot be recorded does not happen, whichever write carries the record.
// ASVS 16.5.3.
func TestFailsClosed(t *testing.T) {
	d := open(t)
	addAll(t, d, "a")
	if _, err := d.writer.Exec("CREATE TRIGGER full BEFORE INSERT ON audit_chain BEGIN SELECT RAISE(ABORT, 'no room'); END"); err != nil {
		t.Fatal(err)
	}
	r := custody.Record{At: start, Verb: custody.Created}
	if err := d.AddMigration(t.Context(), migration.Migration{ID: "b", Name: "b"}, r); err == nil {
		t.Error("made without a record")
	}
	if _, err := d.Record(t.Context(), []migration.Fact{{MigrationID: "a", Kind: "k", Data: []byte(`{}`)}}, []custody.Record{r}); err == nil {
		t.Error("a fact without a record")
	}
	if err := d.DeleteMigration(t.Context(), "a", r); err == nil {
		t.Error("deleted without a record")
	}
	if _, err := d.Migration(t.Context(), "a"); err != nil {
		t.Error(err)
	}
	if h, err := d.AuditHead(t.Context()); err != nil || h.Records != 0 {
		t.Errorf("the chain goes to %d, %v", h.Records, err)
	}
}

// TestElsewhere: heads that were written down elsewhere find what was written anew with the right key.
func TestElsewhere(t *testing.T) {
	dir := audited(t, 30)
	d := openIn(t, dir)
	line, head, err := d.Anchor(t.Context())
	if err != nil || head.Records != 30 {
		t.Fatal(head, err)
	}
	d.Close()
	place := Place{"/mnt/audit.log", append([]byte("Nov 29 08:00:00 host onramp: "), line...)}
	if got := auditOf(t, dir, place); !got.Intact {
		t.Errorf("unchanged: %+v", got)
	}
	changed := place
	changed.Text = bytes.Replace(line, []byte(`"records":30`), []byte(`"records":29`), 1)
	if got := auditOf(t, dir, changed); got.Intact || !strings.Contains(got.Found, "line 1") {
		t.Errorf("a line that was changed: %+v", got)
	}
	other := audited(t, 10) // a database written anew, with the key of the first
	text, err := os.ReadFile(filepath.Join(dir, KeyFile))
	check(t, err)
	key, err := custody.ReadChainKey(string(text))
	check(t, err)
	rewrite(t, filepath.Join(other, KeyFile), string(text))
	d2, err := Beside(t.Context(), other)
	check(t, err)
	d2.chain.key = key
	forge(t, other, func(exec func(string, ...any)) {
		exec("DELETE FROM audit_chain")
	})
	check(t, d2.write(t.Context(), func(tx *sql.Tx) error { return d2.chain.linkAll(t.Context(), tx) }))
	h, err := headOf(t.Context(), d2.reader)
	check(t, err)
	rewrite(t, filepath.Join(other, AnchorFile), string(padded(key.Anchor(h, start))))
	d2.Close()
	if got := auditOf(t, other); !got.Intact {
		t.Errorf("written anew, beside nothing: %+v", got)
	}
	if got := auditOf(t, other, place); got.Intact || got.FirstBad != 11 {
		t.Errorf("written anew, beside the head elsewhere: %+v", got)
	}
}

// undoNotices takes the schema files 0010 and 0012 back.
const undoNotices = `ALTER TABLE accounts DROP COLUMN no_group; DROP TABLE subscriptions; DROP TABLE calendars; DROP TABLE notices; DROP INDEX runs_red; DROP INDEX facts_answers; DROP INDEX migrations_waits;
	CREATE TABLE notices (migration_id TEXT NOT NULL, sha256 TEXT NOT NULL, rung INTEGER NOT NULL, attempts INTEGER NOT NULL, tried INTEGER NOT NULL, next INTEGER NOT NULL, sent INTEGER NOT NULL, error TEXT NOT NULL);
	CREATE INDEX notices_tried ON notices (tried); CREATE INDEX notices_unsent ON notices (sent);
	CREATE TRIGGER notices_sent_once BEFORE UPDATE ON notices WHEN OLD.sent <> 0 BEGIN SELECT RAISE(ABORT, 'the notice was sent'); END;`

// without0009 takes back what schema 9 has added.
const without0009 = `DROP TABLE bulk_rows; DROP TABLE bulks; DROP TABLE migration_ends;
DROP TRIGGER migrations_more; DROP TRIGGER migrations_fewer; DROP TRIGGER migrations_moved;
DROP TRIGGER migration_ends_fewer; DROP TRIGGER migration_ends_moved;
DROP INDEX migrations_who; DROP INDEX migrations_since; DROP INDEX migrations_expires; DROP INDEX migrations_checked;
ALTER TABLE migrations DROP COLUMN who; ALTER TABLE migrations DROP COLUMN since; ALTER TABLE migrations DROP COLUMN expires; ALTER TABLE migrations DROP COLUMN checked;
DROP TABLE migration_counts; CREATE TABLE migration_counts (team_id TEXT, away INTEGER, mode TEXT, turn INTEGER, failing INTEGER, n INTEGER);
CREATE TRIGGER migrations_more AFTER INSERT ON migrations BEGIN SELECT 1; END; CREATE TRIGGER migrations_fewer AFTER DELETE ON migrations BEGIN SELECT 1; END;
CREATE TRIGGER migrations_moved AFTER UPDATE OF turn ON migrations BEGIN SELECT 1; END; CREATE TRIGGER migration_counts_none AFTER UPDATE OF n ON migration_counts BEGIN SELECT 1; END;`

// TestUpgradeChains: what a database without a chain holds is chained once, and a record says so; what was chained before and
// was changed since is found, though the schema was set back.
func TestUpgradeChains(t *testing.T) {
	dir := newDir(t)
	before := audited(t, 12)
	forgetChain := func(dir string) {
		forge(t, dir, func(exec func(string, ...any)) {
			exec("DELETE FROM audit_chain")
		})
		alter(t, dir, undoNotices)
		alter(t, dir, without0009)
		alter(t, dir, "DROP TRIGGER audit_at_the_end; DROP TABLE audit_chain; DROP TABLE passphrase_misses; DROP TABLE handoffs; PRAGMA user_version = 5")
	}
	check(t, os.CopyFS(dir+"-old", os.DirFS(before)))
	check(t, os.Chmod(dir+"-old", 0o700))
	for _, name := range []string{KeyFile, AnchorFile} {
		check(t, os.Remove(filepath.Join(dir+"-old", name)))
	}
	forgetChain(dir + "-old")
	d := openIn(t, dir+"-old")
	list, err := d.Records(t.Context(), custody.Query{})
	if err != nil || len(list) != 13 || list[0].Verb != custody.Chained || !strings.HasPrefix(list[0].Note, "12 earlier records") {
		t.Fatalf("after the upgrade: %v, %v", list[0], err)
	}
	d.Close()
	if got := auditOf(t, dir+"-old"); !got.Intact || got.Records != 13 {
		t.Errorf("after the upgrade: %+v", got)
	}
	again := openIn(t, dir+"-old")
	if list, err := again.Records(t.Context(), custody.Query{}); err != nil || len(list) != 13 || again.AuditBroken() != nil {
		t.Errorf("opened again: %d records, %v, %v", len(list), err, again.AuditBroken())
	}
	tamperings[0].do(t, before, 3, 12)
	forgetChain(before)
	set := openIn(t, before)
	if set.AuditBroken() == nil {
		t.Error("a schema that was set back hides what was changed")
	}
}

// BenchmarkVerifyAudit prints what it takes to verify 100,000 records.
func BenchmarkVerifyAudit(b *testing.B) {
	dir := audited(b, 100_000)
	d, err := Beside(b.Context(), dir)
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	for b.Loop() {
		if got, err := d.VerifyAudit(b.Context()); err != nil || !got.Intact || got.Records != 100_000 {
			b.Fatalf("%+v, %v", got, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100_000, "µs/record")
}
