package certsvc

import (
	"sync"
	"time"

	"onramp/fault"
)

// maxHeld bounds the downloads that wait at once; each has some kilobytes.
const maxHeld = 500

// maxRemembered bounds the ids of downloads that are gone, so that their second request is explained.
const maxRemembered = 10_000

// Vault holds downloads with keys that the server made, in memory only: each leaves once, or is
// wiped after a time. It is safe for concurrent use.
type Vault struct {
	ttl time.Duration
	now func() time.Time

	mu     sync.Mutex
	held   map[string]*download
	gone   map[string]bool // true: taken, false: expired
	order  []string        // ids in gone, oldest first
	closed bool
}

type download struct {
	name    string
	content []byte
	until   time.Time
	timer   *time.Timer
}

// NewVault returns a Vault whose downloads wait for ttl. now may be nil for time.Now.
func NewVault(ttl time.Duration, now func() time.Time) *Vault {
	if now == nil {
		now = time.Now
	}
	return &Vault{ttl: ttl, now: now, held: map[string]*download{}, gone: map[string]bool{}}
}

// Put keeps content, which it takes over, under an id until it is taken or ttl has passed. name is the
// file name of the download. The error is a Conflict fault for an id that was used before, TooMany when
// too many wait, Unavailable after Close.
func (v *Vault) Put(id, name string, content []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, isHeld := v.held[id]
	_, isGone := v.gone[id]
	switch {
	case v.closed:
		return fault.New(fault.Unavailable, "Onramp is stopping", "Try again when it has started.")
	case isHeld || isGone:
		return fault.New(fault.Conflict, "This download exists already", "Create the certificates again.")
	case len(v.held) >= maxHeld:
		return fault.New(fault.TooMany, "Too many downloads wait to be fetched", "Fetch those that were made, or wait until they expire.")
	}
	d := &download{name: name, content: content, until: v.now().Add(v.ttl)}
	d.timer = time.AfterFunc(v.ttl, func() { v.expire(id, d) })
	v.held[id] = d
	return nil
}

// Take hands a download out, once. The error is a Gone fault when it was taken before or has expired,
// each with its own text, and NotFound for an id that this process never had.
func (v *Vault) Take(id string) (name string, content []byte, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.held[id]
	if ok && v.now().Before(d.until) {
		d.timer.Stop()
		v.forget(id, true)
		return d.name, d.content, nil
	}
	if ok {
		d.timer.Stop()
		clear(d.content)
		v.forget(id, false)
	}
	taken, known := v.gone[id]
	switch {
	case known && taken:
		f := fault.New(fault.Gone, "This key was already downloaded",
			"Look for the file where it was saved. If it is lost, create the certificates again and replace the CA in the namespace.")
		f.Cause = "A private key made by Onramp leaves once, in the first download; no copy is kept."
		f.NotWrong, f.Who = "The certificates are valid; they can be downloaded without the key.", "developer"
		return "", nil, f
	case known:
		f := fault.New(fault.Gone, "This key was not downloaded in time and is gone", "Create the certificates again, and download them at once.")
		f.Cause = "A private key made by Onramp waits " + minutes(v.ttl) + " in memory and is then wiped; no copy is kept."
		f.NotWrong, f.Who = "Nothing was stored, and nobody else has the key.", "developer"
		return "", nil, f
	}
	f := fault.New(fault.NotFound, "There is no such download here", "Create the certificates again.")
	f.Cause = "Keys made by Onramp are kept in memory only, so a restart forgets them too."
	return "", nil, f
}

// TakeAs hands a download out once, as Take, in the form that convert gives it; when convert fails the download
// stays and its error is given back. What was kept is wiped; convert keeps nothing of it.
func (v *Vault) TakeAs(id string, convert func(content []byte) (name string, out []byte, err error)) (string, []byte, error) {
	v.mu.Lock()
	d, ok := v.held[id]
	if !ok || !v.now().Before(d.until) {
		v.mu.Unlock()
		return v.Take(id) // says why not
	}
	defer v.mu.Unlock()
	name, out, err := convert(d.content)
	if err != nil {
		return "", nil, err
	}
	d.timer.Stop()
	clear(d.content)
	v.forget(id, true)
	return name, out, nil
}

// Use lets read look at a download that still waits, without taking it; read keeps nothing of it. The errors are
// those of Take and of read.
func (v *Vault) Use(id string, read func(content []byte) error) error {
	v.mu.Lock()
	d, ok := v.held[id]
	if !ok || !v.now().Before(d.until) {
		v.mu.Unlock()
		_, _, err := v.Take(id) // says why not
		return err
	}
	defer v.mu.Unlock()
	return read(d.content)
}

// Forget wipes a download that nobody took; without one it does nothing.
func (v *Vault) Forget(id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if d, ok := v.held[id]; ok {
		d.timer.Stop()
		clear(d.content)
		v.forget(id, false)
	}
}

// Waiting reports whether a download can still be taken, and until when.
func (v *Vault) Waiting(id string) (until time.Time, ok bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	d, ok := v.held[id]
	if !ok || !v.now().Before(d.until) {
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
		d.timer.Stop()
		clear(d.content)
		v.forget(id, false)
	}
}

// expire wipes a download whose time is over, unless it has been taken.
func (v *Vault) expire(id string, d *download) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.held[id] == d {
		clear(d.content)
		v.forget(id, false)
	}
}

// forget drops a download and remembers what became of it. The caller holds the lock.
func (v *Vault) forget(id string, taken bool) {
	delete(v.held, id)
	v.gone[id] = taken
	v.order = append(v.order, id)
	if len(v.order) > maxRemembered {
		delete(v.gone, v.order[0])
		v.order = v.order[1:]
	}
}
