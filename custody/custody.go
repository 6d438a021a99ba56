// Package custody is the keeping of CA keys. By default people keep theirs; a key that they ask Onramp to
// keep is stored encrypted with age under a passphrase that is stored nowhere, is opened for a time, locks
// itself, and every signature made here is in an audit that is only ever appended to.
package custody

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"math"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

// Verb says what a Record is about.
type Verb string

// The verbs.
const (
	Started   Verb = "onramp-started"
	Signed    Verb = "signed"        // a certificate
	Kept      Verb = "key-kept"      // a CA key was encrypted and stored
	Opened    Verb = "key-opened"    // with its passphrase
	Refused   Verb = "key-refused"   // a wrong passphrase
	Locked    Verb = "key-locked"    // by a person, after the idle time, or at the stop
	Forgotten Verb = "key-forgotten" // deleted for good
)

// Verbs are those that a Record can have.
var Verbs = []Verb{Signed, Kept, Opened, Refused, Locked, Forgotten, Started}

// Record is one line of the audit. It holds public things only.
type Record struct {
	ID            int64     `json:"id"`
	At            time.Time `json:"at"`
	Migration     string    `json:"migration,omitempty"`
	Verb          Verb      `json:"verb"`
	Subject       string    `json:"subject,omitempty"` // of the certificate, or of the CA whose key it is about
	Fingerprint   string    `json:"sha256,omitempty"`  // of the certificate that was signed
	CAFingerprint string    `json:"ca_sha256,omitempty"`
	Days          int       `json:"days,omitempty"` // how long the certificate lasts
	Lane          string    `json:"lane,omitempty"` // who made the key: browser, server, csr, …
	Note          string    `json:"note,omitempty"`
}

// Query chooses records; the zero Query is the newest of all.
type Query struct {
	Migration string
	Verb      Verb
	Since     time.Time
	Before    int64 // only records with a smaller ID; 0 for all
	Limit     int   // at most; 0 for 100
}

// Sealed is a CA key at rest.
type Sealed struct {
	Migration     string
	CAFingerprint string
	CASubject     string
	CAPEM         string // the CA first, then up to its root
	Box           []byte // age, one scrypt recipient; inside is the key as PKCS#8 PEM
	At            time.Time
}

// Store keeps the audit and the sealed keys. What a method was told to write is durable when it returns.
type Store interface {
	// AddRecord appends a record and gives it its ID, AddRecords several in one transaction.
	AddRecord(ctx context.Context, r Record) (Record, error)
	AddRecords(ctx context.Context, rs ...Record) error
	Records(ctx context.Context, q Query) ([]Record, error) // newest first
	// KeepKey stores a sealed key with its record in one transaction; Conflict when the migration has one.
	KeepKey(ctx context.Context, s Sealed, r Record) error
	SealedKey(ctx context.Context, migrationID string) (Sealed, error) // NotFound when there is none
	// DropKey deletes a sealed key, so that no file holds it any more, and appends its record in one transaction.
	DropKey(ctx context.Context, migrationID string, r Record) error
}

// Options of a Keeper.
type Options struct {
	Store Store            // required
	Idle  time.Duration    // how long an opened key stays open without being used; default DefaultIdle
	Now   func() time.Time // default time.Now
	Log   *slog.Logger     // default: discard
	// WorkFactor is the base-2 logarithm of scrypt's N; default DefaultWorkFactor. Tests take a small one.
	WorkFactor int
}

// Defaults of Options.
const (
	DefaultIdle = 15 * time.Minute
	// DefaultWorkFactor makes one guess cost 128 MB and about half a second: OWASP's first choice for scrypt.
	DefaultWorkFactor = 17
)

// Wrong passphrases are refused maxWrong times within wrongWindow; then a person waits.
const (
	maxWrong    = 5
	wrongWindow = 15 * time.Minute
)

// Keeper is the room's door. It is safe for concurrent use; Close may be called twice.
type Keeper struct {
	o     Options
	guess chan struct{} // one derivation at a time: each takes much memory, and guesses must be counted

	mu     sync.Mutex
	open   map[string]*opened // by migration
	closed bool
}

type opened struct {
	ca    certsvc.Issued
	until time.Time
	timer *time.Timer
}

// New returns a Keeper with every key locked.
func New(o Options) (*Keeper, error) {
	if o.Store == nil {
		return nil, errors.New("custody: Options.Store is required")
	}
	if o.Idle <= 0 {
		o.Idle = DefaultIdle
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.WorkFactor == 0 {
		o.WorkFactor = DefaultWorkFactor
	}
	return &Keeper{o: o, guess: make(chan struct{}, 1), open: map[string]*opened{}}, nil
}

// Idle is how long an opened key stays open without being used.
func (k *Keeper) Idle() time.Duration { return k.o.Idle }

func (k *Keeper) now() time.Time { return k.o.Now().UTC().Round(0) }

// Status is where the key of a migration's CA is.
type Status struct {
	Kept          bool // here, encrypted; else its owner has it
	Open          bool
	Until         time.Time // when it locks itself, unless it is used
	CAFingerprint string
	CASubject     string
	CAPEM         string
	Since         time.Time
}

// Status of a migration's key.
func (k *Keeper) Status(ctx context.Context, migrationID string) (Status, error) {
	s, err := k.o.Store.SealedKey(ctx, migrationID)
	if fault.Is(err, fault.NotFound) {
		return Status{}, nil
	}
	if err != nil {
		return Status{}, err
	}
	out := Status{Kept: true, CAFingerprint: s.CAFingerprint, CASubject: s.CASubject, CAPEM: s.CAPEM, Since: s.At}
	k.mu.Lock()
	defer k.mu.Unlock()
	if o := k.live(migrationID); o != nil {
		out.Open, out.Until = true, o.until
	}
	return out, nil
}

// live is the opened key of a migration, nil when it is locked; k.mu is held.
func (k *Keeper) live(migrationID string) *opened {
	o := k.open[migrationID]
	if o == nil || !k.o.Now().Before(o.until) {
		return nil
	}
	return o
}

// Keep encrypts a CA's key under a passphrase and stores it, locked. The faults: Invalid in the fields
// passphrase and repeat, Conflict when a key is kept already.
func (k *Keeper) Keep(ctx context.Context, migrationID string, ca certsvc.Issued, passphrase, repeat string) error {
	if ca.Cert == nil || ca.Key.Empty() {
		return fault.New(fault.Invalid, "The CA's certificate or key is missing", "Give both ca.pem and ca.key.").In("ca")
	}
	if err := CheckPassphrase(passphrase, ca.Cert.Subject.CommonName, migrationID); err != nil {
		return err
	}
	if passphrase != repeat {
		return fault.New(fault.Invalid, "The two passphrases differ", "Type the same passphrase twice. Nobody can recover it.").In("repeat")
	}
	if err := k.turn(ctx); err != nil {
		return err
	}
	defer func() { <-k.guess }()
	box, err := seal(ca.Key.Reveal(), passphrase, k.o.WorkFactor)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The key could not be encrypted", "Try again. Nothing was stored.")
	}
	s := Sealed{Migration: migrationID, CAFingerprint: ca.Fingerprint(), CASubject: certsvc.SubjectOf(ca.Cert), CAPEM: string(ca.CertPEM), Box: box, At: k.now()}
	return k.o.Store.KeepKey(ctx, s, k.about(s, Kept, ""))
}

// turn waits for this request's turn at the passphrases.
func (k *Keeper) turn(ctx context.Context) error {
	select {
	case k.guess <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (k *Keeper) about(s Sealed, verb Verb, note string) Record {
	return Record{At: k.now(), Migration: s.Migration, Verb: verb, Subject: s.CASubject, CAFingerprint: s.CAFingerprint, Note: note}
}

// Open unseals a migration's key for the idle time. The faults: NotFound when no key is kept, Denied in the
// field passphrase for a wrong one, TooMany after several of them.
func (k *Keeper) Open(ctx context.Context, migrationID, passphrase string) error {
	if err := k.turn(ctx); err != nil {
		return err
	}
	defer func() { <-k.guess }()
	s, err := k.o.Store.SealedKey(ctx, migrationID)
	if err != nil {
		return err
	}
	wrong, err := k.wrongSoFar(ctx, migrationID)
	if err != nil {
		return err
	}
	key, err := unseal(s.Box, passphrase)
	if errors.Is(err, errWrong) {
		if _, err := k.o.Store.AddRecord(ctx, k.about(s, Refused, "")); err != nil {
			return err
		}
		return wrongPassphrase(maxWrong - wrong - 1)
	}
	var ca certsvc.Issued
	if err == nil {
		ca, err = authority(s, key)
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The kept key is damaged", "Forget it here, and give the key from where you keep your copy.")
	}
	if _, err := k.o.Store.AddRecord(ctx, k.about(s, Opened, "")); err != nil {
		clear(key) // what is not recorded does not happen
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		clear(key)
		return fault.New(fault.Unavailable, "Onramp is stopping", "Try again when it has started.")
	}
	k.drop(migrationID)
	o := &opened{ca: ca}
	o.timer = time.AfterFunc(k.o.Idle, func() { k.expire(migrationID, o) })
	o.until = k.o.Now().Add(k.o.Idle)
	k.open[migrationID] = o
	return nil
}

// wrongSoFar counts the wrong passphrases since the last right one, within the window. The audit is the
// count, so that a restart gives nobody more guesses. The error is a TooMany fault once there are too many.
func (k *Keeper) wrongSoFar(ctx context.Context, migrationID string) (int, error) {
	recent, err := k.o.Store.Records(ctx, Query{Migration: migrationID, Since: k.now().Add(-wrongWindow), Limit: 1000})
	if err != nil {
		return 0, err
	}
	n, oldest := 0, time.Time{}
	for _, r := range recent {
		if r.Verb == Opened || r.Verb == Kept {
			break
		}
		if r.Verb == Refused {
			n, oldest = n+1, r.At
		}
	}
	if n < maxWrong {
		return n, nil
	}
	f := fault.New(fault.TooMany, "Too many wrong passphrases", "Try again at "+oldest.Add(wrongWindow).Local().Format("15:04")+", or give the key from where you keep your copy.").In("passphrase")
	f.Cause = "Five wrong passphrases close the door for 15 minutes, so that nobody can try them one after the other."
	return n, f
}

func wrongPassphrase(left int) error {
	f := fault.New(fault.Denied, "This is not the passphrase of the key", "Type the passphrase that was given when the key was kept. Nobody can recover it; without it, use your own copy of the key or replace the CA.").In("passphrase")
	if left > 0 {
		f.Cause = "The key stays locked. Tries left before a pause of 15 minutes: " + string(rune('0'+left)) + "."
	} else {
		f.Cause = "The key stays locked, and there is a pause of 15 minutes now."
	}
	return f
}

// Borrow returns the CA with a copy of its opened key, which the caller wipes, and puts the lock off. What is
// signed with it must go through Audit before it leaves. The faults: NotFound when no key is kept, Conflict
// when it is locked.
func (k *Keeper) Borrow(ctx context.Context, migrationID string) (certsvc.Issued, error) {
	k.mu.Lock()
	o := k.live(migrationID)
	var ca certsvc.Issued
	if o != nil {
		o.until = k.o.Now().Add(k.o.Idle)
		o.timer.Reset(k.o.Idle)
		ca = o.ca
		ca.Key = certsvc.NewSecret(append([]byte(nil), o.ca.Key.Reveal()...)) // a lock in the meantime wipes the other
	}
	k.mu.Unlock()
	if o == nil {
		if _, err := k.o.Store.SealedKey(ctx, migrationID); err != nil {
			return ca, err
		}
		return ca, fault.New(fault.Conflict, "The kept key is locked", "Open it with its passphrase first.").In("ca_source")
	}
	return ca, nil
}

// Use borrows the CA for work, wipes it, and appends a Signed record for each certificate that work returns.
// Unless Use returns nil, nothing of what was signed may be handed out. The faults are those of Borrow and work.
func (k *Keeper) Use(ctx context.Context, migrationID, lane string, work func(certsvc.Issued) ([]*x509.Certificate, error)) error {
	ca, err := k.Borrow(ctx, migrationID)
	if err != nil {
		return err
	}
	defer clear(ca.Key.Reveal())
	made, err := work(ca)
	if err != nil {
		return err
	}
	return k.Audit(ctx, migrationID, lane, ca.Fingerprint(), made...)
}

// Audit appends a Signed record for each certificate, all or none. It is for those whose CA key was not kept
// here, too.
func (k *Keeper) Audit(ctx context.Context, migrationID, lane, caFingerprint string, made ...*x509.Certificate) error {
	var all []Record
	for _, c := range made {
		all = append(all, Record{At: k.now(), Migration: migrationID, Verb: Signed, Lane: lane, CAFingerprint: caFingerprint,
			Subject: certsvc.SubjectOf(c), Fingerprint: certsvc.Fingerprint(c), Days: int(math.Round(c.NotAfter.Sub(c.NotBefore).Hours() / 24))})
	}
	return k.o.Store.AddRecords(ctx, all...)
}

// Started appends that Onramp of this version started.
func (k *Keeper) Started(ctx context.Context, version string) error {
	_, err := k.o.Store.AddRecord(ctx, Record{At: k.now(), Verb: Started, Note: "version " + version})
	return err
}

// Records of the audit, newest first.
func (k *Keeper) Records(ctx context.Context, q Query) ([]Record, error) {
	return k.o.Store.Records(ctx, q)
}

// Lock wipes an opened key from memory. One that is locked, or not kept, stays so.
func (k *Keeper) Lock(ctx context.Context, migrationID string) error {
	k.mu.Lock()
	was := k.drop(migrationID)
	k.mu.Unlock()
	if was == nil {
		return nil
	}
	return k.recordLock(ctx, migrationID, *was, "by hand")
}

func (k *Keeper) recordLock(ctx context.Context, migrationID string, ca certsvc.Issued, why string) error {
	_, err := k.o.Store.AddRecord(ctx, Record{At: k.now(), Migration: migrationID, Verb: Locked, Subject: certsvc.SubjectOf(ca.Cert), CAFingerprint: ca.Fingerprint(), Note: why})
	return err
}

// Forget locks a kept key and deletes it for good; a NotFound fault when none is kept.
func (k *Keeper) Forget(ctx context.Context, migrationID string) error {
	s, err := k.o.Store.SealedKey(ctx, migrationID)
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.drop(migrationID)
	k.mu.Unlock()
	return k.o.Store.DropKey(ctx, migrationID, k.about(s, Forgotten, ""))
}

// expire locks a key whose idle time is over.
func (k *Keeper) expire(migrationID string, o *opened) {
	k.mu.Lock()
	if k.open[migrationID] != o {
		k.mu.Unlock()
		return
	}
	if left := o.until.Sub(k.o.Now()); left > 0 { // it was used in the meantime
		o.timer.Reset(left)
		k.mu.Unlock()
		return
	}
	k.drop(migrationID)
	k.mu.Unlock()
	if err := k.recordLock(context.Background(), migrationID, o.ca, "not used for "+k.o.Idle.String()); err != nil {
		k.o.Log.Error("a lock was not recorded", "migration", migrationID, "err", err)
	}
}

// drop wipes the opened key of a migration and returns the CA without it; nil when it was locked. k.mu is held.
func (k *Keeper) drop(migrationID string) *certsvc.Issued {
	o := k.open[migrationID]
	if o == nil {
		return nil
	}
	o.timer.Stop()
	clear(o.ca.Key.Reveal())
	o.ca.Key = certsvc.Secret{}
	delete(k.open, migrationID)
	ca := o.ca
	return &ca
}

// Close locks every key and keeps them locked. It may be called twice.
func (k *Keeper) Close() error {
	k.mu.Lock()
	k.closed = true
	was := map[string]certsvc.Issued{}
	for id := range k.open {
		was[id] = *k.drop(id)
	}
	k.mu.Unlock()
	var errs []error
	for id, ca := range was {
		errs = append(errs, k.recordLock(context.Background(), id, ca, "Onramp stopped"))
	}
	return errors.Join(errs...)
}
