package custody

import (
	"bytes"
	"sync"
	"time"

	"onramp/fault"
)

// The most downloads that wait at once, each of some kilobytes. A person may have no more waiting than there is room left
// for others, so that whoever takes all that one may take leaves as much for the next; fairHeld are everybody's own,
// out of a reserve that nobody else takes.
const (
	maxHeld  = 500
	fairHeld = 4
	reserve  = 1000
)

// maxRemembered bounds the ids of downloads that are gone, so that their second request is explained.
const maxRemembered = 10_000

// Vault holds downloads with keys that the server made, in memory only: each leaves once, or is
// wiped after a time. It is safe for concurrent use.
type Vault struct {
	ttl time.Duration
	now func() time.Time

	mu     sync.Mutex
	held   map[Held]*download
	booked map[Held]bool // by a Booking that has not put them yet
	gone   map[Held]bool // true: taken, false: expired
	order  []Held        // in gone, oldest first
	closed bool
}

type download struct {
	name    string
	content []byte
	until   time.Time
	timer   *time.Timer
	taking  bool // somebody converts content, which nobody else changes until he is done
	over    bool // forgotten or expired while it was being taken
}

// NewVault returns a Vault whose downloads wait for ttl. now may be nil for time.Now.
func NewVault(ttl time.Duration, now func() time.Time) *Vault {
	if now == nil {
		now = time.Now
	}
	return &Vault{ttl: ttl, now: now, held: map[Held]*download{}, booked: map[Held]bool{}, gone: map[Held]bool{}}
}

// Held names what is held in memory for a person and a migration: nobody uses another's.
type Held struct {
	Person, Migration string
	What              string // "bundle:<SHA-256 of the client certificate>"
}

// Booking is room in the Vault for downloads that are put there once what they belong to is written down.
type Booking struct {
	v   *Vault
	ids []Held
}

// Book takes room for downloads, so that putting them cannot fail. Close gives back what was not put. The error is a
// Conflict fault for an id that was used before, TooMany when too many wait, Unavailable after Close.
func (v *Vault) Book(ids ...Held) (*Booking, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	mine := map[string]int{}
	for id := range v.held {
		mine[id.Person]++
	}
	for id := range v.booked {
		mine[id.Person]++
	}
	for i, id := range ids {
		_, isHeld := v.held[id]
		_, isGone := v.gone[id]
		switch {
		case v.closed:
			return nil, fault.New(fault.Unavailable, "Onramp is stopping", "Try again when it has started.")
		case isHeld || isGone || v.booked[id]:
			return nil, fault.New(fault.Conflict, "This download exists already", "Create the certificates again.")
		case !v.room(len(v.held)+len(v.booked)+i, mine[id.Person]):
			return nil, fault.New(fault.TooMany, "Too many downloads wait to be fetched", "Fetch those that were made, or wait until they expire.")
		}
		mine[id.Person]++
	}
	for _, id := range ids {
		v.booked[id] = true
	}
	return &Booking{v, ids}, nil
}

// room reports whether one more fits for a person who has mine of all that wait.
func (v *Vault) room(all, mine int) bool {
	if mine < fairHeld {
		return all < maxHeld+reserve
	}
	return mine < maxHeld-all
}

// Put keeps content, which it takes over, under a booked id until it is taken or its time has passed. name is the
// file name of the download. After the Vault's Close the content is wiped.
func (b *Booking) Put(id Held, name string, content []byte) {
	v := b.v
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.booked[id] || v.closed {
		clear(content)
		return
	}
	delete(v.booked, id)
	d := &download{name: name, content: content, until: v.now().Add(v.ttl)}
	d.timer = time.AfterFunc(v.ttl, func() { v.expire(id, d) })
	v.held[id] = d
}

// Close gives back the room of what was not put. A nil Booking and a second Close do nothing.
func (b *Booking) Close() {
	if b == nil {
		return
	}
	b.v.mu.Lock()
	defer b.v.mu.Unlock()
	for _, id := range b.ids {
		delete(b.v.booked, id)
	}
	b.ids = nil
}

// TakeAs hands a download out, once, in the form that convert gives it; when convert fails, or panics, the download
// stays and its error is given back. Nobody else waits for convert, which may write to a disk: what is forgotten or
// expires meanwhile has still left when convert succeeds, and is wiped when it fails. What was kept is wiped; convert
// keeps nothing of it. The error is a Gone fault when the download was taken before or has expired, each with its own
// text, Conflict while another takes it, and NotFound for an id that this process never had.
func (v *Vault) TakeAs(id Held, convert func(name string, content []byte) (as string, out []byte, err error)) (string, []byte, error) {
	d, err := v.begin(id)
	if err != nil {
		return "", nil, err
	}
	taken := false
	defer func() { v.end(id, d, taken) }()
	name, out, err := convert(d.name, d.content)
	if err != nil {
		return "", nil, err
	}
	taken = true
	return name, out, nil
}

// begin gives a download to one taker, whose content stays as it is until end.
func (v *Vault) begin(id Held) (*download, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, err := v.waiting(id)
	switch {
	case err != nil:
		return nil, err
	case d.taking:
		return nil, beingTaken()
	}
	d.taking = true
	return d, nil
}

// end wipes a download that was taken, or whose time is over, and puts it back else.
func (v *Vault) end(id Held, d *download, taken bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d.taking = false
	if taken || v.over(d) {
		v.wipe(id, d, taken)
	}
}

// Use lets read look at a copy of a download that still waits, without taking it; read keeps nothing of it. The errors
// are those of TakeAs and of read.
func (v *Vault) Use(id Held, read func(content []byte) error) error {
	v.mu.Lock()
	d, err := v.waiting(id)
	if err != nil {
		v.mu.Unlock()
		return err
	}
	content := bytes.Clone(d.content)
	v.mu.Unlock()
	defer clear(content)
	return read(content)
}

// waiting is a download that can be taken or is being taken in its time, else the error says why not; one whose time is
// over is wiped. The caller holds the lock.
func (v *Vault) waiting(id Held) (*download, error) {
	d, ok := v.held[id]
	switch {
	case ok && !v.over(d):
		return d, nil
	case ok && d.taking:
		return nil, beingTaken()
	case ok:
		v.wipe(id, d, false)
	}
	return nil, v.refused(id)
}

// over reports whether a download that was not taken is to be wiped. The caller holds the lock.
func (v *Vault) over(d *download) bool { return d.over || !v.now().Before(d.until) }

func beingTaken() error {
	f := fault.New(fault.Conflict, "This key is being downloaded", "Wait a moment and look for the file where downloads are saved. If it is not there, download it again.")
	f.Cause = "A private key made by Onramp leaves once, and another request asked for it a moment ago."
	f.NotWrong, f.Who = "If Onramp cannot hand it out there, it waits here until its time is over.", "developer"
	return f
}

// refused says why there is no such download. The caller holds the lock.
func (v *Vault) refused(id Held) error {
	taken, known := v.gone[id]
	switch {
	case known && taken:
		f := fault.New(fault.Gone, "This key was already downloaded",
			"Look for the file where it was saved. If it is lost, create the certificates again and replace the CA in the namespace.")
		f.Cause = "A private key made by Onramp leaves once, in the first download; no copy is kept."
		f.NotWrong, f.Who = "The certificates are valid; they can be downloaded without the key.", "developer"
		return f
	case known:
		f := fault.New(fault.Gone, "This key was not downloaded in time and is gone", "Create the certificates again, and download them at once.")
		f.Cause = "A private key made by Onramp waits " + fault.Lasts(v.ttl) + " in memory and is then wiped; no copy is kept."
		f.NotWrong, f.Who = "Nothing was stored, and nobody else has the key.", "developer"
		return f
	}
	f := fault.New(fault.NotFound, "There is no such download here", "Create the certificates again.")
	f.Cause = "Keys made by Onramp are kept in memory only, so a restart forgets them too."
	return f
}

// Forget wipes a download that nobody took, one that is being taken as soon as that is done; without one it does nothing.
func (v *Vault) Forget(id Held) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d, ok := v.held[id]; ok {
		v.lose(id, d)
	}
}

// ForgetAll wipes the downloads of a migration that nobody took.
func (v *Vault) ForgetAll(migrationID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, d := range v.held {
		if id.Migration == migrationID {
			v.lose(id, d)
		}
	}
}

// Waiting reports whether a download can still be taken, and until when.
func (v *Vault) Waiting(id Held) (until time.Time, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.held[id]
	if !ok || v.over(d) {
		return time.Time{}, false
	}
	return d.until, true
}

// Close wipes everything; it may be called twice.
func (v *Vault) Close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.closed = true
	for id, d := range v.held {
		v.lose(id, d)
	}
}

// expire wipes a download whose time is over, unless it has been taken.
func (v *Vault) expire(id Held, d *download) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[id] == d {
		v.lose(id, d)
	}
}

// lose wipes a download that nobody took, or lets the end of its taking do so. The caller holds the lock.
func (v *Vault) lose(id Held, d *download) {
	if d.taking {
		d.over = true
		return
	}
	v.wipe(id, d, false)
}

// wipe drops a download and remembers what became of it. The caller holds the lock.
func (v *Vault) wipe(id Held, d *download, taken bool) {
	d.timer.Stop()
	clear(d.content)
	delete(v.held, id)
	v.gone[id] = taken
	v.order = append(v.order, id)
	if len(v.order) > maxRemembered {
		delete(v.gone, v.order[0])
		v.order = v.order[1:]
	}
}
