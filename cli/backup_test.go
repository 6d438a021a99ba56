package cli

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/people"
	"onramp/store"
)

// digests are the SHA-256 of the rows of every table of a database.
func digests(t *testing.T, path string) map[string]string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	names, err := db.Query("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'")
	if err != nil {
		t.Fatal(err)
	}
	defer names.Close()
	out := map[string]string{}
	for names.Next() {
		var name string
		if err := names.Scan(&name); err != nil {
			t.Fatal(err)
		}
		rows, err := db.Query("SELECT * FROM " + name)
		if err != nil {
			t.Fatal(err)
		}
		columns, _ := rows.Columns()
		var lines []string
		for rows.Next() {
			values, places := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				places[i] = &values[i]
			}
			if err := rows.Scan(places...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("%q", values))
		}
		rows.Close()
		sort.Strings(lines)
		sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
		out[name] = fmt.Sprintf("%d rows %s", len(lines), hex.EncodeToString(sum[:]))
	}
	return out
}

// unpacked is the database in a backup, put beside it.
func unpacked(t *testing.T, backup string, id age.Identity) string {
	t.Helper()
	f, err := os.Open(backup)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	plain, err := age.Decrypt(f, id)
	if err != nil {
		t.Fatal(err)
	}
	for in := tar.NewReader(plain); ; {
		h, err := in.Next()
		if err != nil {
			t.Fatal(err)
		}
		if h.Name != store.File {
			continue
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		path := backup + ".db"
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// identity is a new age identity, and the file that holds it.
func identity(t *testing.T) (*age.X25519Identity, string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "identity.txt")
	if err := os.WriteFile(path, []byte("# mine\n"+id.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return id, path
}

// TestBackupUnderLoad: twenty backups that are made while others write come back whole: every row, a valid chain, and
// everything that was acknowledged before.
func TestBackupUnderLoad(t *testing.T) {
	const backups = 20
	dir, db := anAudit(t, 50)
	id, idFile := identity(t)
	ctx, stop := context.WithCancel(t.Context())
	var acked sync.Map
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				name := fmt.Sprintf("m-%d-%d", w, i)
				r := custody.Record{At: time.Now(), Migration: name, Verb: custody.Created}.By(custody.Itself)
				if err := db.AddMigration(ctx, migration.Migration{ID: name, Name: name, Created: time.Now(), Version: 1}, r); err == nil {
					acked.Store(name, true)
				} else if ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	defer writers.Wait()
	defer stop()
	equal, slowest := 0, time.Duration(0)
	for n := range backups {
		var before []string
		acked.Range(func(k, _ any) bool { before = append(before, k.(string)); return true })
		file, to := filepath.Join(t.TempDir(), "onramp.age"), filepath.Join(t.TempDir(), "restored")
		if code, out, diag := typed(t, "backup", "--data", dir, "--out", file, "--recipient", id.Recipient().String()); code != exitOK {
			t.Fatalf("backup %d: exit %d, %s%s", n, code, out, diag)
		}
		began := time.Now()
		code, out, diag := typed(t, "restore", "--in", file, "--data", to, "--identity", idFile, "--json")
		if code != exitOK {
			t.Fatalf("restore %d: exit %d, %s%s", n, code, out, diag)
		}
		slowest = max(slowest, time.Since(began))
		want, got := digests(t, unpacked(t, file, id)), digests(t, filepath.Join(to, store.File))
		same := len(want) > 10 && len(want) == len(got)
		for table := range want {
			same = same && want[table] == got[table]
		}
		if code, text, _ := typed(t, "audit", "verify", "--data", to, "--json"); code != exitOK {
			t.Errorf("the chain of backup %d: %s", n, text)
			same = false
		}
		again, err := store.Open(t.Context(), to, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range before {
			if _, err := again.Migration(t.Context(), name); err != nil {
				t.Errorf("backup %d lacks %s, which was acknowledged before: %v", n, name, err)
				same = false
			}
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
		if same {
			equal++
		}
	}
	if equal != backups {
		t.Errorf("%d of %d came back equal", equal, backups)
	}
	t.Logf("figure: R13 equal=%d of=%d slowest_restore=%dms", equal, backups, slowest.Milliseconds())
	t.Logf("%d of %d backups under load came back with equal digests and a valid chain; the slowest restore took %s", equal, backups, slowest.Round(time.Millisecond))
}

// TestBackupCommand: what is refused, and what a backup without the key of the audit becomes.
func TestBackupCommand(t *testing.T) {
	dir, db := anAudit(t, 5)
	id, idFile := identity(t)
	_, otherFile := identity(t)
	at := t.TempDir()
	plain, box := filepath.Join(at, "plain.tar"), filepath.Join(at, "box.age")
	ok := func(args ...string) string {
		t.Helper()
		code, out, diag := typed(t, args...)
		if code != exitOK {
			t.Fatalf("%v: exit %d, %s%s", args, code, out, diag)
		}
		return out
	}
	refused := func(says string, args ...string) {
		t.Helper()
		if code, out, diag := typed(t, args...); code == exitOK || out != "" || !strings.Contains(diag, says) {
			t.Errorf("%v: exit %d, %s%s, want %q", args, code, out, diag, says)
		}
	}
	if out := ok("backup", "--data", dir, "--out", plain); !strings.Contains(out, "not encrypted") {
		t.Error(out)
	}
	var report backupReport
	if err := json.Unmarshal([]byte(ok("backup", "--data", dir, "--out", box, "--recipient", id.Recipient().String(), "--json")), &report); err != nil || report.Schema != "onramp.backup/1" || !report.Encrypted || !report.WithKey || report.Records != 7 {
		t.Errorf("%+v, %v", report, err)
	}
	key, err := os.ReadFile(filepath.Join(dir, store.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{plain, box} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(b), strings.TrimSpace(string(key))) {
			t.Errorf("%s holds the key of the audit for everybody", file)
		}
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", file, info.Mode(), err)
		}
	}
	list, err := db.Records(t.Context(), custody.Query{Verb: custody.BackedUp})
	if err != nil || len(list) != 2 || list[0].Note != "encrypted" || list[0].Via != "command" || list[0].Name == "" {
		t.Errorf("the audit says of the backups %+v, %v", list, err)
	}
	to := func() string { return filepath.Join(t.TempDir(), "to") }
	refused("there already", "backup", "--data", dir, "--out", plain)
	refused("no public key", "backup", "--data", dir, "--out", filepath.Join(at, "x"), "--recipient", "AGE-SECRET-KEY-1NOTHING")
	refused("no Onramp data", "backup", "--data", t.TempDir(), "--out", filepath.Join(at, "x"))
	refused("not empty", "restore", "--in", plain, "--data", dir)
	refused("is encrypted", "restore", "--in", box, "--data", to())
	refused("does not open", "restore", "--in", box, "--data", to(), "--identity", otherFile)
	refused("not encrypted", "restore", "--in", plain, "--data", to(), "--identity", idFile)
	refused("cannot be read", "restore", "--in", plain+"x", "--data", to())
	for name, spoil := range map[string]func([]byte) []byte{
		"cut": func(b []byte) []byte { return b[:len(b)*2/3] },
		"a byte of the database": func(b []byte) []byte {
			b[len(b)/2] ^= 1
			return b
		},
		"nothing": func([]byte) []byte { return nil },
		"text":    func([]byte) []byte { return []byte("hello") },
	} {
		for _, file := range []string{plain, box} {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bad, empty := filepath.Join(t.TempDir(), "bad"), to()
			if err := os.WriteFile(bad, spoil(b), 0o600); err != nil {
				t.Fatal(err)
			}
			args := []string{"restore", "--in", bad, "--data", empty}
			if file == box && name != "nothing" && name != "text" {
				args = append(args, "--identity", idFile)
			}
			refused("no backup of Onramp, or it is damaged", args...)
			if left, err := os.ReadDir(empty); err != nil && !os.IsNotExist(err) || len(left) > 0 {
				t.Errorf("%s: %v is left, %v", name, left, err)
			}
		}
	}

	restored := to()
	if out := ok("restore", "--in", plain, "--data", restored); !strings.Contains(out, "new chain") {
		t.Error(out)
	}
	if out := ok("audit", "verify", "--data", restored); !strings.Contains(out, "7 records") { // five, the backup's own, and the new chain's
		t.Error(out)
	}
	again, err := store.Open(t.Context(), restored, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for range 2 {
		if err := again.RecordRestored(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	list, err = again.Records(t.Context(), custody.Query{})
	if err != nil || len(list) != 8 || list[0].Verb != custody.Recovered || list[1].Verb != custody.Chained || again.AuditBroken() != nil {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestRestoredSignIns: with a backup come neither sessions nor sign-in links that nobody had used; what else comes back as it
// was, such as an account that was disabled since, the command says.
// ASVS 7.4.1, 7.4.2.
func TestRestoredSignIns(t *testing.T) {
	ctx := t.Context()
	dir, db := anAudit(t, 5)
	id, idFile := identity(t)
	who, err := people.New(people.Options{Store: db})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(err)
	from := custody.Actor{Via: "portal", From: "192.0.2.1"}
	const phrase = "otter lantern brisk 41 gravel"
	first, err := who.FirstAdmin(ctx)
	must(err)
	dana, err := who.Start(ctx, from, first, people.NewAccount{Email: "dana@example.com"}, phrase, "")
	must(err)
	_, used, err := who.Add(ctx, dana.Actor, people.NewAccount{Email: "omar@example.com", Role: custody.Viewer})
	must(err)
	_, unused, err := who.Add(ctx, dana.Actor, people.NewAccount{Email: "mia@example.com", Role: custody.Viewer})
	must(err)
	omar, err := who.Start(ctx, from, used, people.NewAccount{}, phrase, "")
	must(err)
	file := filepath.Join(t.TempDir(), "box")
	if code, _, diag := typed(t, "backup", "--data", dir, "--out", file, "--recipient", id.Recipient().String()); code != exitOK {
		t.Fatal(diag)
	}
	_, err = who.Start(ctx, from, unused, people.NewAccount{}, phrase, "") // after the backup, as the rest
	must(err)
	must(who.SignOut(ctx, omar.Actor))
	must(who.Disable(ctx, dana.Actor, "omar@example.com"))

	to := filepath.Join(t.TempDir(), "to")
	code, out, diag := typed(t, "restore", "--in", file, "--data", to, "--identity", idFile)
	if code != exitOK {
		t.Fatal(diag)
	}
	for _, says := range []string{"2 sessions and 1 sign-in link that", "accounts that were disabled", "hand-off links that were revoked", "onramp people list --data " + to} {
		if !strings.Contains(out, says) {
			t.Errorf("it does not say %q:\n%s", says, out)
		}
	}
	again, err := store.Open(ctx, to, nil)
	must(err)
	defer again.Close()
	must(again.RecordRestored(ctx))
	back, err := people.New(people.Options{Store: again})
	must(err)
	for name, token := range map[string]string{"dana": dana.Token, "omar, who has signed out": omar.Token} {
		if _, err := back.Who(ctx, token); !fault.Is(err, fault.NotSignedIn) {
			t.Errorf("the session of %s is back: %v", name, err)
		}
	}
	for name, token := range map[string]string{"used before": used, "used since": unused, "of the first owner": first} {
		if _, err := back.Open(ctx, token); !fault.Is(err, fault.Gone) {
			t.Errorf("the link %s works: %v", name, err)
		}
	}
	if _, err := back.SignIn(ctx, from, "dana@example.com", phrase, "", ""); err != nil {
		t.Errorf("nobody gets in: %v", err)
	}
	if a, err := back.Find(ctx, "omar@example.com"); err != nil || !a.Active() {
		t.Errorf("what the command says of accounts is not so: %+v, %v", a, err)
	}
	list, err := again.Records(ctx, custody.Query{Verb: custody.Recovered})
	if err != nil || len(list) != 1 || !strings.Contains(list[0].Note, "sessions and unused sign-in links were ended") {
		t.Errorf("the audit says %+v, %v", list, err)
	}
	var report struct {
		Sessions int `json:"ended_sessions"`
		Links    int `json:"ended_links"`
	}
	code, out, diag = typed(t, "restore", "--in", file, "--data", filepath.Join(t.TempDir(), "to"), "--identity", idFile, "--json")
	if err := json.Unmarshal([]byte(out), &report); code != exitOK || err != nil || report.Sessions != 2 || report.Links != 1 {
		t.Errorf("exit %d: %s%s, %v", code, out, diag, err)
	}
}

// TestBackupOfTamperedAudit: a backup can still be made; it is restored only on request, and says so.
func TestBackupOfTamperedAudit(t *testing.T) {
	dir, db := anAudit(t, 5)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.File))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec("DROP TRIGGER audit_no_update; UPDATE audit SET note = 'x' WHERE id = 3; CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;"); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	id, idFile := identity(t)
	file, to := filepath.Join(t.TempDir(), "box"), filepath.Join(t.TempDir(), "to")
	if code, _, diag := typed(t, "backup", "--data", dir, "--out", file, "--recipient", id.Recipient().String()); code != exitOK || !strings.Contains(diag, "The first record in doubt is 3") {
		t.Errorf("exit %d, %s", code, diag)
	}
	if code, _, diag := typed(t, "restore", "--in", file, "--data", to, "--identity", idFile); code != exitUsage || !strings.Contains(diag, "in doubt is 3") || !strings.Contains(diag, "--new-chain") {
		t.Errorf("exit %d, %s", code, diag)
	}
	if code, out, diag := typed(t, "restore", "--in", file, "--data", to, "--identity", idFile, "--new-chain"); code != exitOK {
		t.Errorf("exit %d, %s%s", code, out, diag)
	}
	if code, out, _ := typed(t, "audit", "verify", "--data", to); code != exitOK {
		t.Error(out)
	}
}
