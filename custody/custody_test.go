package custody_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/store"
)

const phrase = "otter lantern brisk 41 gravel"

func authority(t testing.TB) certsvc.Issued {
	t.Helper()
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "payments CA", Organization: "Payments"})
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// dana is a person at the portal, whose proof of who she is does not get old.
var dana = custody.Actor{Person: "dana", Name: "Dana", Session: "s-1", Via: "portal", From: "127.0.0.1", Request: "req-1", SignedIn: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)}

// audit is the database, which refuses writes when it is told to.
type audit struct {
	*store.DB
	mu  sync.Mutex
	err error
}

func newAudit(t testing.TB) *audit {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), nil)
	must(t, err)
	for _, id := range []string{"payments", "orders"} {
		must(t, db.AddMigration(t.Context(), migration.Migration{ID: id, Name: id, Created: time.Unix(1, 0), Version: 1}))
	}
	return &audit{DB: db}
}

func (a *audit) Refuse(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.err = err
}

func (a *audit) refused() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

func (a *audit) AddRecords(ctx context.Context, rs ...custody.Record) error {
	if err := a.refused(); err != nil {
		return err
	}
	return a.DB.AddRecords(ctx, rs...)
}

func (a *audit) Missed(ctx context.Context, id string, m custody.Miss, forget time.Time, r custody.Record) error {
	if err := a.refused(); err != nil {
		return err
	}
	return a.DB.Missed(ctx, id, m, forget, r)
}

func (a *audit) Unlocked(ctx context.Context, id, person string, r custody.Record) error {
	if err := a.refused(); err != nil {
		return err
	}
	return a.DB.Unlocked(ctx, id, person, r)
}

func (a *audit) KeepKey(ctx context.Context, k custody.Sealed, r custody.Record) error {
	if err := a.refused(); err != nil {
		return err
	}
	return a.DB.KeepKey(ctx, k, r)
}

func (a *audit) DropKey(ctx context.Context, id string, r custody.Record) error {
	if err := a.refused(); err != nil {
		return err
	}
	return a.DB.DropKey(ctx, id, r)
}

func keeper(t testing.TB, s custody.Store, now func() time.Time) *custody.Keeper {
	t.Helper()
	k, err := custody.New(custody.Options{Store: s, Now: now, WorkFactor: 1})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, kind fault.Kind, what string) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("%s: %v, want %s", what, err, kind)
	}
}

// sign makes a client certificate with the kept key, and writes it down.
func sign(k *custody.Keeper, s custody.Store, t testing.TB) (*x509.Certificate, error) {
	var leaf *x509.Certificate
	err := k.Use(t.Context(), dana, "payments", func(ca certsvc.Issued) error {
		made, err := certsvc.New(certsvc.Options{}).Leaf(ca, certsvc.LeafSpec{CommonName: "payments-eu"})
		if err != nil {
			return err
		}
		leaf = made.Cert
		return s.AddRecords(t.Context(), custody.SignedRecords(time.Now(), "payments", "server", ca.Fingerprint(), made.Cert)...)
	})
	return leaf, err
}

func verbs(t testing.TB, s custody.Store) []custody.Verb {
	t.Helper()
	list, err := s.Records(t.Context(), custody.Query{Limit: 1000})
	must(t, err)
	var out []custody.Verb
	for _, r := range slices.Backward(list) {
		out = append(out, r.Verb)
	}
	return out
}

// A key is kept, opened, used, locked and forgotten; each of it is in the audit, and the key in clear nowhere.
func TestLifeOfAKey(t *testing.T) {
	s, ca := newAudit(t), authority(t)
	defer s.Close()
	plain := string(ca.Key.Reveal())
	k := keeper(t, s, nil)
	must(t, k.Keep(t.Context(), dana, "payments", ca, phrase, phrase))
	_, err := sign(k, s, t)
	wants(t, err, fault.Conflict, "a kept key is locked")
	wants(t, k.Open(t.Context(), dana, "payments", phrase+"!"), fault.Denied, "a wrong passphrase")
	wants(t, k.Open(t.Context(), dana, "orders", phrase), fault.NotFound, "a migration without a key")
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	leaf, err := sign(k, s, t)
	must(t, err)
	if err := leaf.CheckSignatureFrom(ca.Cert); err != nil {
		t.Error(err)
	}
	must(t, k.Lock(t.Context(), dana, "payments"))
	must(t, k.Lock(t.Context(), dana, "payments")) // says nothing twice
	_, err = sign(k, s, t)
	wants(t, err, fault.Conflict, "a locked key")
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	must(t, k.Close())
	must(t, k.Close())
	_, err = sign(k, s, t)
	wants(t, err, fault.Conflict, "after the stop")
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.Unavailable, "opened after the stop")
	k = keeper(t, s, nil)
	st, err := k.Status(t.Context(), "payments")
	must(t, err)
	if !st.Kept || st.Open || st.CAFingerprint != ca.Fingerprint() {
		t.Errorf("after a restart: %+v", st)
	}
	box, err := s.SealedKey(t.Context(), "payments")
	must(t, err)
	must(t, k.Forget(t.Context(), dana, "payments"))
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.NotFound, "a forgotten key")
	want := []custody.Verb{custody.Kept, custody.Refused, custody.Opened, custody.Signed, custody.Locked, custody.Opened, custody.Locked, custody.Opened, custody.Forgotten}
	if d := cmp.Diff(want, verbs(t, s)); d != "" {
		t.Error(d)
	}
	// The file format is age's own: age opens it, and the key is nowhere in clear.
	id, err := age.NewScryptIdentity(phrase)
	must(t, err)
	r, err := age.Decrypt(bytes.NewReader(box.Box), id)
	must(t, err)
	var out bytes.Buffer
	_, err = out.ReadFrom(r)
	must(t, err)
	if out.String() != plain {
		t.Error("age does not find the key in the box")
	}
	records, err := s.Records(t.Context(), custody.Query{})
	must(t, err)
	all, err := json.Marshal(records)
	must(t, err)
	for line := range strings.Lines(plain) {
		if line = strings.TrimSpace(line); len(line) > 20 && (bytes.Contains(box.Box, []byte(line)) || bytes.Contains(all, []byte(line))) {
			t.Errorf("in clear: %s", line)
		}
	}
	for _, r := range records {
		if r.Verb == custody.Signed && (r.Days != 364 || r.Fingerprint != certsvc.Fingerprint(leaf) || r.CAFingerprint != ca.Fingerprint() || r.Lane != "server" || r.Subject != "CN=payments-eu") {
			t.Errorf("the signature's record: %+v", r)
		}
	}
}

// What cannot be recorded does not happen.
// ASVS 16.5.3.
func TestAuditFailsClosed(t *testing.T) {
	s, ca := newAudit(t), authority(t)
	defer s.Close()
	k := keeper(t, s, nil)
	full := errors.New("disk full")
	s.Refuse(full)
	if err := k.Keep(t.Context(), dana, "payments", ca, phrase, phrase); !errors.Is(err, full) {
		t.Errorf("keep: %v", err)
	}
	s.Refuse(nil)
	must(t, k.Keep(t.Context(), dana, "payments", ca, phrase, phrase))
	s.Refuse(full)
	if err := k.Open(t.Context(), dana, "payments", phrase); !errors.Is(err, full) {
		t.Errorf("open: %v", err)
	}
	if st, _ := k.Status(t.Context(), "payments"); st.Open {
		t.Error("opened without a record")
	}
	if err := k.Open(t.Context(), dana, "payments", "wrong"); !errors.Is(err, full) {
		t.Errorf("a refusal that is not recorded is not counted: %v", err)
	}
	s.Refuse(nil)
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	s.Refuse(full)
	if _, err := sign(k, s, t); !errors.Is(err, full) {
		t.Errorf("sign: %v", err)
	}
	if err := k.Forget(t.Context(), dana, "payments"); !errors.Is(err, full) {
		t.Errorf("forget: %v", err)
	}
}

// An opened key locks itself when it was not used for the idle time, and use puts that off.
func TestLocksItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAudit(t)
		defer s.Close()
		k := keeper(t, s, nil)
		must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
		must(t, k.Open(t.Context(), dana, "payments", phrase))
		<-time.After(14 * time.Minute)
		_, err := sign(k, s, t)
		must(t, err)
		<-time.After(14*time.Minute + 59*time.Second)
		if st, _ := k.Status(t.Context(), "payments"); !st.Open || time.Until(st.Until) != time.Second {
			t.Errorf("a second before: %+v", st)
		}
		<-time.After(time.Second)
		synctest.Wait()
		if st, _ := k.Status(t.Context(), "payments"); st.Open {
			t.Error("still open after 15 minutes without use")
		}
		got := verbs(t, s)
		if got[len(got)-1] != custody.Locked {
			t.Errorf("the audit ends with %v", got)
		}
		must(t, k.Close())
	})
}

// Five wrong passphrases close the door for a quarter of an hour, across restarts.
func TestWrongPassphrasesAreCounted(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	k := keeper(t, s, clock)
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	for i := range 5 {
		if i == 3 {
			k = keeper(t, s, clock) // a restart gives nobody more guesses
		}
		err := k.Open(t.Context(), dana, "payments", fmt.Sprint("guess ", i))
		wants(t, err, fault.Denied, "a guess")
		if text := fault.From(err).Cause; i < 4 && !strings.Contains(text, fmt.Sprintf(": %d.", 4-i)) {
			t.Errorf("guess %d is told %q", i, text)
		}
		now = now.Add(time.Minute)
	}
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.TooMany, "the right one, too late")
	now = now.Add(9*time.Minute + 59*time.Second)
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.TooMany, "a moment too early")
	now = now.Add(2 * time.Second)
	must(t, k.Open(t.Context(), dana, "payments", phrase))
}

// What fills the audit does not clear the count: it has lines of its own.
func TestWrongPassphrasesPastAFullAudit(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	k := keeper(t, s, func() time.Time { return now })
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	tried := 0
	for i := range 12 { // an hour
		for j := range 10 {
			err := k.Open(t.Context(), dana, "payments", fmt.Sprint("guess ", i, " ", j))
			if fault.Is(err, fault.Denied) {
				tried++
			} else {
				wants(t, err, fault.TooMany, "a guess beyond")
			}
			must(t, s.AddRecords(t.Context(), custody.Record{At: now, Migration: "payments", Verb: custody.Opened}))
		}
		batch := make([]custody.Record, 1200)
		for n := range batch {
			batch[n] = custody.Record{At: now, Migration: "payments", Verb: custody.Signed}
		}
		must(t, s.AddRecords(t.Context(), batch...))
		now = now.Add(5 * time.Minute)
	}
	if tried != 20 {
		t.Errorf("%d guesses in an hour, want 20", tried)
	}
	t.Logf("%d guesses in an hour, with batches that fill the audit between them", tried)
}

// What a clock that ran ahead wrote down does not lock the right passphrase out, in the audit or in the counts.
func TestWrongPassphrasesOfTheFuture(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	k := keeper(t, s, func() time.Time { return now })
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	now = now.AddDate(1, 0, 0)
	for i := range 5 {
		wants(t, k.Open(t.Context(), dana, "payments", fmt.Sprint("guess ", i)), fault.Denied, "a guess")
	}
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.TooMany, "while that is now")
	now = now.AddDate(-1, 0, 0)
	must(t, s.AddRecords(t.Context(), custody.Record{At: now.AddDate(2, 0, 0), Migration: "payments", Verb: custody.Refused}))
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	must(t, k.Lock(t.Context(), dana, "payments"))
	for i := range 5 {
		wants(t, k.Open(t.Context(), dana, "payments", fmt.Sprint("guess ", i)), fault.Denied, "a guess")
	}
	wants(t, k.Open(t.Context(), dana, "payments", phrase), fault.TooMany, "after five of now")
}

// One person's wrong passphrases do not lock the others out; all together guess no more than twenty times.
func TestWrongPassphrasesOfSeveral(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	k := keeper(t, s, func() time.Time { return now })
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	guess := func(person string) error {
		return k.Open(t.Context(), custody.Actor{Person: person}, "payments", "a wrong one, surely")
	}
	for range 5 {
		wants(t, guess("mallory"), fault.Denied, "a guess")
	}
	wants(t, guess("mallory"), fault.TooMany, "a sixth")
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	wants(t, guess("mallory"), fault.TooMany, "after somebody else's right one")
	tried := 5
	for i := range 10 {
		for range 5 {
			if err := guess(fmt.Sprint("m", i)); fault.Is(err, fault.Denied) {
				tried++
			}
		}
	}
	if tried != 20 {
		t.Errorf("eleven persons guessed %d times, want 20", tried)
	}
	now = now.Add(15 * time.Minute)
	must(t, k.Open(t.Context(), dana, "payments", phrase))
}

// Whoever sends many passphrases at once is told to wait, and makes others wait for two of them at most.
func TestManyPassphrasesAtOnce(t *testing.T) {
	s := newAudit(t)
	defer s.Close()
	k, err := custody.New(custody.Options{Store: s, WorkFactor: 14}) // some 30 ms each
	must(t, err)
	must(t, k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase))
	results := make(chan error)
	for range 40 {
		go func() {
			results <- k.Open(t.Context(), custody.Actor{Person: "mallory"}, "payments", "a wrong one, surely")
		}()
	}
	told := 0
	for range 30 { // most are told before any is tried
		if fault.Is(<-results, fault.TooMany) {
			told++
		}
	}
	must(t, k.Open(t.Context(), dana, "payments", phrase))
	for range 10 {
		if fault.Is(<-results, fault.TooMany) {
			told++
		}
	}
	if told == 0 {
		t.Error("nobody was told to wait")
	}
	t.Logf("%d of 40 at once were told to wait", told)
}

func TestPassphrases(t *testing.T) {
	for p, want := range map[string]string{
		"":                               "too short",
		"elevenchars":                    "too short",
		"aaaaaaaaaaaaaaaa":               "repeats itself",
		"abababababababab":               "repeats itself",
		"password1234":                   "easy to guess",
		"Passphrase!2026":                "easy to guess",
		"abcdefghijklmnop":               "easy to guess",
		"1234567890123":                  "easy to guess",
		"payments-CA-key1":               "easy to guess",
		"correct horse battery staple":   "easy to guess",
		"qwertyuiop12":                   "easy to guess",
		"tab\tin the middle of it":       "cannot be typed",
		"broken \xff bytes in it":        "cannot be typed",
		strings.Repeat("lang ohne", 200): "too long",
		phrase:                           "",
		"vR7#kq2!mZ9x":                   "",
		"trüber Fluß am Morgen":          "",
		"夜の川面に月が静かに揺れている":                  "",
		"my password is a long grey otter": "",
	} {
		err := custody.CheckPassphrase(p, "payments CA", "payments")
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v, %s", p, err, fault.From(err).Cause)
		case want != "" && (err == nil || !strings.Contains(fault.Title(err), want) || fault.From(err).Cause == "" || fault.From(err).Field != "passphrase"):
			t.Errorf("%q: %v, want %q with a reason", p, err, want)
		case err != nil && len(p) > 3 && strings.Contains(fmt.Sprint(fault.From(err)), p):
			t.Errorf("%q is repeated in the answer", p)
		}
	}
	s := newAudit(t)
	defer s.Close()
	k := keeper(t, s, nil)
	err := k.Keep(t.Context(), dana, "payments", authority(t), phrase, phrase+" ")
	if fault.From(err).Field != "repeat" {
		t.Errorf("two different passphrases: %v", err)
	}
}

// TestStates: whatever people do in whatever order, the key is open exactly when the rules say so, each
// signature has its record, and nothing is signed while it is locked.
func TestStates(t *testing.T) {
	ca := authority(t)
	rapid.Check(t, func(rt *rapid.T) {
		s := newAudit(t)
		defer s.Close()
		now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		k := keeper(t, s, clock)
		defer func() { must(t, k.Close()) }()
		kept, until, signed := false, time.Time{}, 0
		var wrong []time.Time // since the key was opened last
		isOpen := func() bool { return kept && now.Before(until) }
		expect := func(err error, kind fault.Kind, what string) {
			if kind == "" && err != nil || kind != "" && !fault.Is(err, kind) {
				rt.Fatalf("%s: %v, want %q", what, err, kind)
			}
		}
		blocked := func() bool {
			n := 0
			for _, at := range wrong {
				if !at.Before(now.Add(-15 * time.Minute)) {
					n++
				}
			}
			return n >= 5
		}
		open := func(p string) {
			err := k.Open(t.Context(), dana, "payments", p)
			switch {
			case !kept:
				expect(err, fault.NotFound, "open without a key")
			case blocked():
				expect(err, fault.TooMany, "open after many wrong ones")
			case p != phrase:
				expect(err, fault.Denied, "open with a wrong one")
				wrong = append(wrong, now)
			default:
				expect(err, "", "open")
				until, wrong = now.Add(15*time.Minute), nil
			}
		}
		rt.Repeat(map[string]func(*rapid.T){
			"keep": func(*rapid.T) {
				err := k.Keep(t.Context(), dana, "payments", ca, phrase, phrase)
				if kept {
					expect(err, fault.Conflict, "keep twice")
					return
				}
				expect(err, "", "keep")
				kept, until, wrong = true, time.Time{}, nil
			},
			"open":       func(*rapid.T) { open(phrase) },
			"open wrong": func(*rapid.T) { open("not the passphrase") },
			"lock": func(*rapid.T) {
				expect(k.Lock(t.Context(), dana, "payments"), "", "lock")
				until = time.Time{}
			},
			"forget": func(*rapid.T) {
				err := k.Forget(t.Context(), dana, "payments")
				if !kept {
					expect(err, fault.NotFound, "forget nothing")
					return
				}
				expect(err, "", "forget")
				kept, until = false, time.Time{}
			},
			"use": func(*rapid.T) {
				_, err := sign(k, s, t)
				switch {
				case !kept:
					expect(err, fault.NotFound, "use nothing")
				case !isOpen():
					expect(err, fault.Conflict, "use a locked key")
				default:
					expect(err, "", "use")
					signed++
					until = now.Add(15 * time.Minute)
				}
			},
			"wait": func(rt *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 1000).Draw(rt, "seconds")) * time.Second)
			},
			"restart": func(*rapid.T) { must(t, k.Close()); k = keeper(t, s, clock); until = time.Time{} },
			"": func(*rapid.T) {
				st, err := k.Status(t.Context(), "payments")
				expect(err, "", "status")
				if st.Kept != kept || st.Open != isOpen() || st.Open && !st.Until.Equal(until) {
					rt.Fatalf("status %+v, want kept %v, open %v until %v", st, kept, isOpen(), until)
				}
				n := 0
				for _, v := range verbs(t, s) {
					if v == custody.Signed {
						n++
					}
				}
				if n != signed {
					rt.Fatalf("%d signatures in the audit, want %d", n, signed)
				}
			},
		})
	})
}
