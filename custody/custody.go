// Package custody is keys while Onramp has them: waiting for their one download (Vault), lent for tests (Keyring),
// and CA keys kept on request (Keeper), encrypted with age under a passphrase that is stored nowhere, opened for a
// time and locked again. Each belongs to a person and a migration. What was done is in an audit (Record) that is
// only ever appended to, with the Actor behind it.
package custody

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/fault"
)

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
	AddRecords(ctx context.Context, rs ...Record) error     // all or none
	Records(ctx context.Context, q Query) ([]Record, error) // newest first
	// Recorded reports whether there are records of an Act.
	Recorded(ctx context.Context, act string) (bool, error)
	// Misses are the wrong passphrases of a migration's key after a moment.
	Misses(ctx context.Context, migrationID string, after time.Time) ([]Miss, error)
	// Missed adds a wrong passphrase with its record in one transaction, and forgets those up to a moment before and
	// those dated after it.
	Missed(ctx context.Context, migrationID string, m Miss, forget time.Time, r Record) error
	// Unlocked forgets a person's wrong passphrases and adds the record of the right one, in one transaction.
	Unlocked(ctx context.Context, migrationID, person string, r Record) error
	// KeepKey stores a sealed key with its record in one transaction; Conflict when the migration has one.
	KeepKey(ctx context.Context, s Sealed, r Record) error
	SealedKey(ctx context.Context, migrationID string) (Sealed, error) // NotFound when there is none
	// DropKey deletes a sealed key, so that no file holds it any more, and appends its record in one transaction.
	DropKey(ctx context.Context, migrationID string, r Record) error
}

// Miss is a wrong passphrase.
type Miss struct {
	Person string
	At     time.Time
}

// Options of a Keeper.
type Options struct {
	Store Store            // required
	Idle  time.Duration    // how long an opened key stays open without being used; default DefaultIdle
	Now   func() time.Time // default time.Now
	Log   *slog.Logger     // default: discard
	// Apart opens a kept key where this process never holds it; nil: it is opened here. Errors of an opening: ErrWrong
	// for a wrong passphrase, ErrFull for too many opened keys, another for what is damaged.
	Apart Apart
	// Anchors write the audit's head elsewhere, at each export too; nil: they are wanted nowhere.
	Anchors *Anchors
	// WorkFactor is the base-2 logarithm of scrypt's N; default DefaultWorkFactor. Tests take a small one.
	WorkFactor int
}

// Defaults of Options.
const (
	DefaultIdle = 15 * time.Minute
	// DefaultWorkFactor makes one guess cost 128 MB and about half a second: OWASP's first choice for scrypt.
	DefaultWorkFactor = 17
)

// Wrong passphrases are refused maxWrong times within wrongWindow; then the person waits. Those of all persons count
// towards maxWrongAll, so that several cannot guess as often as they are many, and one alone cannot lock the others out.
const (
	maxWrong    = 5
	maxWrongAll = 20
	wrongWindow = 15 * time.Minute
)

// Keeper is the room's door. It is safe for concurrent use; Close may be called twice.
type Keeper struct {
	o     Options
	guess chan struct{} // one derivation at a time: each takes much memory, and guesses must be counted

	mu     sync.Mutex
	open   map[string]*opened // by migration
	turns  map[string]int     // by person: how many are at guess
	closed bool
}

type opened struct {
	ca    certsvc.Issued // with its key, unless apart has that
	apart ApartKey       // nil: the key is here
	by    string         // the person who opened it
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
	o.Store = sure{o.Store}
	return &Keeper{o: o, guess: make(chan struct{}, 1), open: map[string]*opened{}, turns: map[string]int{}}, nil
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
func (k *Keeper) Keep(ctx context.Context, by Actor, migrationID string, ca certsvc.Issued, passphrase, repeat string) error {
	if ca.Cert == nil || ca.Key.Empty() {
		return fault.New(fault.Invalid, "The CA's certificate or key is missing", "Provide both ca.pem and ca.key.").In("ca")
	}
	if err := CheckPassphrase(passphrase, ca.Cert.Subject.CommonName, migrationID); err != nil {
		return err
	}
	if passphrase != repeat {
		return fault.New(fault.Invalid, "The two passphrases differ", "Type the same passphrase twice. Nobody can recover it.").In("repeat")
	}
	done, err := k.turn(ctx, by.Person)
	if err != nil {
		return err
	}
	defer done()
	box, err := seal(ca.Key.Reveal(), passphrase, k.o.WorkFactor)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The key could not be encrypted", "Try again. Nothing was stored.")
	}
	s := Sealed{Migration: migrationID, CAFingerprint: ca.Fingerprint(), CASubject: certsvc.SubjectOf(ca.Cert), CAPEM: string(ca.CertPEM), Box: box, At: k.now()}
	return k.o.Store.KeepKey(ctx, s, s.record(k.now(), Kept, "").By(by))
}

// turnsEach is how many of a person's requests are at the passphrases at once, one of them at work and the others
// waiting: whoever sends many makes the others wait for these alone.
const turnsEach = 2

// turn waits for this request's turn at the passphrases; done gives it back. The error is a TooMany fault when the
// person has turnsEach there already.
func (k *Keeper) turn(ctx context.Context, person string) (done func(), err error) {
	k.mu.Lock()
	if k.turns[person] >= turnsEach {
		k.mu.Unlock()
		f := fault.New(fault.TooMany, "Your last passphrase is still being tried", "Wait a moment, then try again.").In("passphrase")
		f.Cause = "Trying one takes about half a second, by design."
		return nil, f
	}
	k.turns[person]++
	k.mu.Unlock()
	leave := func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		if k.turns[person]--; k.turns[person] == 0 {
			delete(k.turns, person)
		}
	}
	select {
	case k.guess <- struct{}{}:
		return func() { <-k.guess; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, context.Cause(ctx)
	}
}

// record is what is done with a kept key.
func (s Sealed) record(at time.Time, verb Verb, note string) Record {
	return Record{At: at, Migration: s.Migration, Verb: verb, Subject: s.CASubject, CAFingerprint: s.CAFingerprint, Note: note}
}

// Open unseals a migration's key for the idle time. The faults: NotFound when no key is kept, or not any more at the
// end, Denied in the field passphrase for a wrong one, TooMany after several of them.
func (k *Keeper) Open(ctx context.Context, by Actor, migrationID, passphrase string) error {
	if !by.LookedTwice(k.now()) {
		return ErrLookAgain
	}
	done, err := k.turn(ctx, by.Person)
	if err != nil {
		return err
	}
	defer done()
	s, err := k.o.Store.SealedKey(ctx, migrationID)
	if err != nil {
		return err
	}
	wrong, err := k.wrongSoFar(ctx, migrationID, by.Person)
	if err != nil {
		return err
	}
	o, err := openFor(ctx, k, by.Person, s, passphrase)
	if errors.Is(err, ErrWrong) {
		now := k.now()
		if err := k.o.Store.Missed(ctx, migrationID, Miss{by.Person, now}, now.Add(-wrongWindow), s.record(now, Refused, "").By(by)); err != nil {
			return err
		}
		return wrongPassphrase(maxWrong - wrong - 1)
	}
	if errors.Is(err, ErrFull) {
		return fault.Wrap(err, fault.TooMany, "Too many CA keys are open", "Lock one that is not needed, or wait until one locks itself, then try again.").In("passphrase")
	}
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The kept key is damaged", "Forget it here, and give the key from where you keep your copy.")
	}
	if err := k.o.Store.Unlocked(ctx, migrationID, by.Person, s.record(k.now(), Opened, "").By(by)); err != nil {
		o.wipe() // what is not recorded does not happen
		return err
	}
	o.by = by.Person
	if err := k.hold(migrationID, o); err != nil {
		return err
	}
	// Its migration may have been deleted while the passphrase was tried: Wipe found nothing to wipe then.
	if _, err := k.o.Store.SealedKey(context.WithoutCancel(ctx), migrationID); err != nil {
		k.mu.Lock()
		was := k.drop(migrationID)
		k.mu.Unlock()
		if was != nil && !fault.Is(err, fault.NotFound) { // what is gone has nothing left to record
			why := "whether it is still kept could not be read"
			err = errors.Join(err, k.recordLock(context.WithoutCancel(ctx), Itself, migrationID, *was, why))
		}
		return err
	}
	return nil
}

// hold keeps a key open for the idle time, in the place of one that was open; a stopping Keeper wipes it and says so.
func (k *Keeper) hold(migrationID string, o *opened) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		o.wipe()
		return fault.New(fault.Unavailable, "Onramp is stopping", "Try again when it has started.")
	}
	k.drop(migrationID)
	o.timer = time.AfterFunc(k.o.Idle, func() { k.expire(migrationID, o) })
	o.until = k.o.Now().Add(k.o.Idle)
	k.open[migrationID] = o
	return nil
}

// wrongSoFar counts a person's wrong passphrases since the last right one, within the window. The count is stored, so
// that a restart gives nobody more guesses, and stands apart from the audit, which may fill with anything meanwhile. What
// is dated in the future, by a clock that was set back, does not count: it would lock the right passphrase out. The error is
// a TooMany fault once there are too many, of this person or of all.
func (k *Keeper) wrongSoFar(ctx context.Context, migrationID, person string) (int, error) {
	now := k.now()
	misses, err := k.o.Store.Misses(ctx, migrationID, now.Add(-wrongWindow))
	if err != nil {
		return 0, err
	}
	var mine, all []time.Time
	for _, m := range misses {
		if m.At.After(now) {
			continue
		}
		all = append(all, m.At)
		if m.Person == person {
			mine = append(mine, m.At)
		}
	}
	over := func(at []time.Time, most int) error {
		if len(at) < most {
			return nil
		}
		slices.SortFunc(at, time.Time.Compare)
		again := at[len(at)-most].Add(wrongWindow)
		f := fault.New(fault.TooMany, "Too many wrong passphrases", "Try again at "+again.Local().Format("15:04")+", or give the key from where you keep your copy.").In("passphrase")
		f.Cause = fmt.Sprintf("%d wrong passphrases close the door for 15 minutes, so that nobody can try them one after the other.", most)
		return f
	}
	if err := over(mine, maxWrong); err != nil {
		return len(mine), err
	}
	return len(mine), over(all, maxWrongAll)
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

// Use lends the actor's opened CA with a copy of its key to work, which keeps nothing of it, wipes the copy and puts
// the lock off. What is signed must be in the audit before it leaves: work writes it down. The faults: NotFound when
// no key is kept, Conflict when it is locked or another person opened it, and those of work.
func (k *Keeper) Use(ctx context.Context, by Actor, migrationID string, work func(certsvc.Issued) error) error {
	if !by.LookedTwice(k.now()) {
		return ErrLookAgain
	}
	k.mu.Lock()
	o := k.live(migrationID)
	var ca certsvc.Issued
	done := func() {}
	mine := o != nil && o.by == by.Person
	if mine {
		o.until = k.o.Now().Add(k.o.Idle)
		o.timer.Reset(k.o.Idle)
		ca, done = o.lend()
	}
	k.mu.Unlock()
	if !mine {
		if _, err := k.o.Store.SealedKey(ctx, migrationID); err != nil {
			return err
		}
		if o != nil {
			return fault.New(fault.Conflict, "Somebody else has opened this key", "Open it with its passphrase yourself.").In("ca_source")
		}
		return fault.New(fault.Conflict, "The kept key is locked", "Open it with its passphrase first.").In("ca_source")
	}
	defer done()
	return work(ca)
}

// Started appends that Onramp of this version started.
func (k *Keeper) Started(ctx context.Context, version string) error {
	return k.o.Store.AddRecords(ctx, Record{At: k.now(), Verb: Started, Note: "version " + version}.By(Itself))
}

// exportPage is how many records an export holds at once.
const exportPage = 100

// Export gives every record that q asks for, Limit aside, newest first, to each, a few at a time: what is written
// meanwhile is left out. The head of the audit is written elsewhere first. The error is that of reading or of each.
func (k *Keeper) Export(ctx context.Context, q Query, each func(Record) error) error {
	if err := k.o.Anchors.Now(ctx); err != nil {
		k.o.Log.Error("the head of the audit was not written to --audit-anchor", "err", err)
	}
	for q.Limit = exportPage; ; {
		page, err := k.o.Store.Records(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := each(r); err != nil {
				return err
			}
			q.Before = r.ID
		}
		if len(page) < q.Limit {
			return nil
		}
	}
}

// Records of the audit, newest first.
func (k *Keeper) Records(ctx context.Context, q Query) ([]Record, error) {
	return k.o.Store.Records(ctx, q)
}

// Lock wipes an opened key from memory, whoever opened it, and then records it. One that is locked, or not kept,
// stays so. An error is that of the record: the key is locked all the same.
func (k *Keeper) Lock(ctx context.Context, by Actor, migrationID string) error {
	k.mu.Lock()
	was := k.drop(migrationID)
	k.mu.Unlock()
	if was == nil {
		return nil
	}
	return k.recordLock(ctx, by, migrationID, *was, "by hand")
}

func (k *Keeper) recordLock(ctx context.Context, by Actor, migrationID string, ca certsvc.Issued, why string) error {
	return k.o.Store.AddRecords(ctx, Record{At: k.now(), Migration: migrationID, Verb: Locked, Subject: certsvc.SubjectOf(ca.Cert), CAFingerprint: ca.Fingerprint(), Note: why}.By(by))
}

// Forget deletes a kept key for good and locks it, after an opening that goes on; a NotFound fault when none is kept.
func (k *Keeper) Forget(ctx context.Context, by Actor, migrationID string) error {
	done, err := k.turn(ctx, by.Person)
	if err != nil {
		return err
	}
	defer done()
	s, err := k.o.Store.SealedKey(ctx, migrationID)
	if err != nil {
		return err
	}
	if err := k.o.Store.DropKey(ctx, migrationID, s.record(k.now(), Forgotten, "").By(by)); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(migrationID)
	return nil
}

// Wipe locks the key of a migration that was deleted, with nothing left to record. Who opens it meanwhile finds that
// it is gone.
func (k *Keeper) Wipe(migrationID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(migrationID)
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
	if err := k.recordLock(context.Background(), Itself, migrationID, o.ca, "not used for "+fault.Lasts(k.o.Idle)); err != nil {
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
	o.wipe()
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
		errs = append(errs, k.recordLock(context.Background(), Itself, id, ca, "Onramp stopped"))
	}
	return errors.Join(errs...)
}
