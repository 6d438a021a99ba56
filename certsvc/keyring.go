package certsvc

import (
	"crypto/x509"
	"fmt"
	"sync"
	"time"
)

// Keyring holds client pairs that people lend for checks and transfers, in memory only, each for a
// time. It is safe for concurrent use.
type Keyring struct {
	ttl time.Duration
	now func() time.Time

	mu     sync.Mutex
	lent   map[string]*lending
	closed bool
}

type lending struct {
	Lent
	timer *time.Timer
}

// Lent is a pair that somebody lent: clean PEM that crypto/tls takes.
type Lent struct {
	Leaf    *x509.Certificate
	CertPEM []byte // the client certificate first, then intermediates
	KeyPEM  Secret
	Until   time.Time
}

// NewKeyring returns an empty Keyring that keeps each pair for ttl at most. now may be nil for time.Now.
func NewKeyring(ttl time.Duration, now func() time.Time) *Keyring {
	if now == nil {
		now = time.Now
	}
	return &Keyring{ttl: ttl, now: now, lent: map[string]*lending{}}
}

// Lend reads a pair (ReadPair) and keeps it for a migration, in the place of one lent before. What was
// repaired is returned too; errors are those of ReadPair. After Close nothing is kept.
func (k *Keyring) Lend(migrationID string, certPEM, keyPEM []byte) (Lent, []Repair, error) {
	p, done, err := ReadPair(certPEM, keyPEM)
	if err != nil {
		return Lent{}, done, err
	}
	l := &lending{Lent: Lent{Leaf: p.Leaf(), CertPEM: p.CertPEM(), KeyPEM: p.KeyPEM(), Until: k.now().Add(k.ttl)}}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(migrationID)
	if k.closed {
		return l.Lent, done, nil
	}
	l.timer = time.AfterFunc(k.ttl, func() { k.expire(migrationID, l) })
	k.lent[migrationID] = l
	return l.copied(), done, nil
}

// Get returns the pair lent for a migration; ok is false when there is none or its time is over.
func (k *Keyring) Get(migrationID string) (l Lent, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held, ok := k.lent[migrationID]
	if ok && !k.now().Before(held.Until) {
		k.drop(migrationID)
		ok = false
	}
	if !ok {
		return Lent{}, false
	}
	return held.copied(), true
}

// expire wipes a pair whose time is over, unless another has taken its place meanwhile.
func (k *Keyring) expire(id string, l *lending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lent[id] == l {
		k.drop(id)
	}
}

// TTL is how long a pair is kept.
func (k *Keyring) TTL() time.Duration { return k.ttl }

// copied has a key of its own, as dropping the pair wipes the original.
func (l Lent) copied() Lent {
	l.KeyPEM = NewSecret(append([]byte(nil), l.KeyPEM.Reveal()...))
	return l
}

// Forget wipes the pair of a migration; without one it does nothing.
func (k *Keyring) Forget(migrationID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(migrationID)
}

// Close wipes every pair; it may be called twice.
func (k *Keyring) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
	for id := range k.lent {
		k.drop(id)
	}
}

// drop wipes one pair. The caller holds the lock.
func (k *Keyring) drop(id string) {
	l, ok := k.lent[id]
	if !ok {
		return
	}
	l.timer.Stop()
	clear(l.KeyPEM.Reveal())
	delete(k.lent, id)
}

// minutes is a duration for people.
func minutes(d time.Duration) string {
	if d == time.Minute {
		return "1 minute"
	}
	return fmt.Sprintf("%d minutes", int(d.Minutes()))
}
