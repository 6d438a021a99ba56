package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/notices"
)

func addMigrations(t *testing.T, d *DB, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := d.AddMigration(t.Context(), migration.Migration{ID: id, Name: id, Lang: "go", Mode: migration.Cloud, Auth: "mtls", Created: time.Unix(1, 0), Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCustodyContract: the database keeps what custody asks of a store.
func TestCustodyContract(t *testing.T) {
	s := openIn(t, newDir(t))
	addMigrations(t, s, "payments", "orders")
	ctx := t.Context()
	at := time.Date(2026, 11, 22, 10, 0, 0, 5, time.UTC)
	full := custody.Record{At: at, Migration: "payments", Verb: custody.Signed, Subject: "CN=payments", Fingerprint: "aa", CAFingerprint: "bb", Days: 364, Lane: "browser", Note: "n"}
	second := custody.Record{At: at.Add(time.Minute), Verb: custody.Started}.By(custody.Itself)
	check(t, s.AddRecords(ctx, full, second))
	full.ID, second.ID = 1, 2
	sealed := custody.Sealed{Migration: "payments", CAFingerprint: "bb", CASubject: "CN=ca", CAPEM: "pem", Box: []byte("age-encryption.org/v1\n\x00\xff"), At: at}
	check(t, s.KeepKey(ctx, sealed, custody.Record{At: at.Add(2 * time.Minute), Migration: "payments", Verb: custody.Kept}))
	if err := s.KeepKey(ctx, sealed, custody.Record{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second key for a migration: %v", err)
	}
	got, err := s.SealedKey(ctx, "payments")
	check(t, err)
	if d := cmp.Diff(sealed, got); d != "" {
		t.Error(d)
	}
	if _, err := s.SealedKey(ctx, "orders"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a key nobody keeps: %v", err)
	}
	if err := s.DropKey(ctx, "orders", custody.Record{}); !fault.Is(err, fault.NotFound) {
		t.Errorf("dropping a key nobody keeps: %v", err)
	}
	check(t, s.DropKey(ctx, "payments", custody.Record{At: at.Add(3 * time.Minute), Migration: "payments", Verb: custody.Forgotten}))
	if _, err := s.SealedKey(ctx, "payments"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a dropped key: %v", err)
	}
	verbs := func(q custody.Query) (out []custody.Verb) {
		list, err := s.Records(ctx, q)
		check(t, err)
		for _, r := range list {
			out = append(out, r.Verb)
		}
		return out
	}
	for name, tt := range map[string]struct {
		q    custody.Query
		want []custody.Verb
	}{
		"all, newest first":   {custody.Query{}, []custody.Verb{custody.Forgotten, custody.Kept, custody.Started, custody.Signed}},
		"of a migration":      {custody.Query{Migration: "payments"}, []custody.Verb{custody.Forgotten, custody.Kept, custody.Signed}},
		"of another":          {custody.Query{Migration: "orders"}, nil},
		"of a verb":           {custody.Query{Verb: custody.Kept}, []custody.Verb{custody.Kept}},
		"since":               {custody.Query{Since: at.Add(2 * time.Minute)}, []custody.Verb{custody.Forgotten, custody.Kept}},
		"at most two":         {custody.Query{Limit: 2}, []custody.Verb{custody.Forgotten, custody.Kept}},
		"before the second":   {custody.Query{Before: second.ID}, []custody.Verb{custody.Signed}},
		"of all that, nobody": {custody.Query{Migration: "payments", Verb: custody.Started}, nil},
	} {
		if d := cmp.Diff(tt.want, verbs(tt.q)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	check(t, s.AddRecords(ctx))
	check(t, s.AddRecords(ctx, custody.Record{At: at, Migration: "orders", Verb: custody.Opened}, custody.Record{At: at, Migration: "orders", Verb: custody.Locked}))
	if d := cmp.Diff([]custody.Verb{custody.Locked, custody.Opened}, verbs(custody.Query{Migration: "orders"})); d != "" {
		t.Error(d)
	}
	back, err := s.Records(ctx, custody.Query{Verb: custody.Signed})
	check(t, err)
	if d := cmp.Diff([]custody.Record{full}, back); d != "" {
		t.Error(d)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The audit is only ever appended to, and only what age wrote can be a sealed key, whatever the code asks for.
func TestSchemaGuardsCustody(t *testing.T) {
	d := openIn(t, newDir(t))
	defer d.Close()
	addMigrations(t, d, "payments")
	if err := d.AddRecords(t.Context(), custody.Record{Verb: custody.Signed}); err != nil {
		t.Fatal(err)
	}
	told := notices.Notice{Event: notices.Event{Nr: 1, Kind: notices.Answered, Migration: "payments"}, Attempts: 1, Sent: time.Unix(5, 0)}
	if err := errors.Join(NewNotices(d).Tell(t.Context(), told.Event), NewNotices(d).Save(t.Context(), told)); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"UPDATE audit SET note = 'x'", "DELETE FROM audit", "INSERT OR REPLACE INTO audit SELECT * FROM audit",
		"INSERT INTO sealed_keys VALUES ('payments', '', '', '', '-----BEGIN PRIVATE KEY-----', 0)",
		"UPDATE notices SET sent = 0", "UPDATE notices SET attempts = 9",
	} {
		if _, err := d.writer.ExecContext(t.Context(), statement); err == nil {
			t.Errorf("%s: allowed", statement)
		}
	}
}

// A CA key that is kept, opened, used, refused, locked and forgotten is in clear in no file and no log, and
// once forgotten not even encrypted.
func TestCanaryOfTheKeptKey(t *testing.T) {
	dir := newDir(t)
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	d, err := Open(t.Context(), dir, logger)
	if err != nil {
		t.Fatal(err)
	}
	addMigrations(t, d, "payments")
	const phrase = "otter lantern brisk 41 gravel"
	k, err := custody.New(custody.Options{Store: d, WorkFactor: 1, Log: logger})
	if err != nil {
		t.Fatal(err)
	}
	certs := certsvc.New(certsvc.Options{})
	ca, err := certs.CA(certsvc.CASpec{CommonName: "payments CA"})
	if err != nil {
		t.Fatal(err)
	}
	canaries := keyCanaries(t, ca.Key.Reveal())
	canaries = append(canaries, phrase, "wrong otter 41 canary")
	var said []string
	try := func(err error) {
		if err != nil {
			f := fault.From(err)
			said = append(said, err.Error(), f.Title, f.Cause, f.Fix, f.NotWrong)
			logger.Error("tried", "err", err)
		}
	}
	ctx := t.Context()
	try(k.Keep(ctx, custody.Itself, "payments", ca, "wrong otter 41 canary", "differs"))
	try(k.Keep(ctx, custody.Itself, "payments", ca, phrase, phrase))
	try(k.Keep(ctx, custody.Itself, "payments", ca, phrase, phrase))
	try(k.Open(ctx, custody.Itself, "payments", "wrong otter 41 canary"))
	try(k.Open(ctx, custody.Itself, "payments", phrase))
	use := func(csr []byte) {
		try(k.Use(ctx, custody.Itself, "payments", func(ca certsvc.Issued) error {
			logger.Info("working with", "ca", ca.Key, "all", ca)
			_, err := certs.Sign(ca, csr, certsvc.LeafSpec{CommonName: "x"})
			return err
		}))
	}
	good, _, err := certs.Request(certsvc.LeafSpec{CommonName: "x"})
	if err != nil {
		t.Fatal(err)
	}
	use(good)
	use([]byte("no request"))
	use(ca.Key.Reveal())
	if len(said) < 20 {
		t.Fatalf("only %d texts of refusals: the test does not refuse what it should", len(said))
	}
	box, err := d.SealedKey(ctx, "payments")
	if err != nil {
		t.Fatal(err)
	}
	kept := append(append(bytesIn(t, dir), log.Bytes()...), strings.Join(said, "\n")...)
	for _, must := range []string{"age-encryption.org", "CN=payments CA", "[redacted]", "key-refused"} {
		if !bytes.Contains(kept, []byte(must)) {
			t.Errorf("the search does not even find %q", must)
		}
	}
	if !bytes.Contains(bytesIn(t, dir), box.Box[40:]) {
		t.Error("the search does not find the sealed key that is there")
	}
	if err := k.Forget(ctx, custody.Itself, "payments"); err != nil {
		t.Fatal(err)
	}
	afterwards := bytesIn(t, dir) // while it is open: with WAL
	if bytes.Contains(afterwards, box.Box[40:]) || bytes.Contains(afterwards, []byte("age-encryption.org/v1")) {
		t.Error("the forgotten key is still in a file, encrypted")
	}
	if err := errors.Join(k.Close(), d.Close()); err != nil {
		t.Fatal(err)
	}
	kept = append(append(kept, bytesIn(t, dir)...), log.Bytes()...)
	for _, c := range canaries {
		if i := bytes.Index(kept, []byte(c)); i >= 0 {
			t.Errorf("found %q in …%q", c, kept[max(0, i-80):i])
		}
	}
}

// keyCanaries are a key's PEM lines, and its DER in hex and in one line of base64.
func keyCanaries(t *testing.T, pemText []byte) []string {
	t.Helper()
	var lines []string
	for line := range strings.Lines(string(pemText)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-----") {
			lines = append(lines, line)
		}
	}
	der, err := base64.StdEncoding.DecodeString(strings.Join(lines, ""))
	if err != nil || len(lines) < 3 {
		t.Fatalf("the key has %d lines: %v", len(lines), err)
	}
	// The public key is part of the DER and may be anywhere; the secret number is not.
	secret := der[30:70]
	return append(lines[:2:2], hex.EncodeToString(secret), strings.Join(lines, "")[48:90], string(secret))
}
