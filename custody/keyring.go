package custody

import (
	"crypto/x509"
	"sync"
	"time"

	"onramp/certsvc"
)

// Keyring holds client pairs that people lend for checks and transfers, in memory only, each for a time; what began
// with a pair has a copy of its own. It is safe for concurrent use.
type Keyring struct {
	ttl time.Duration
	now func() time.Time

	mu     sync.Mutex
	lent   map[Held]*lending
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
	KeyPEM  certsvc.Secret
	Until   time.Time
}

// Loan is what may be shown of a lent pair.
type Loan struct {
	Leaf  *x509.Certificate
	Until time.Time
}

// NewKeyring returns an empty Keyring that keeps each pair for ttl at most. now may be nil for time.Now.
func NewKeyring(ttl time.Duration, now func() time.Time) *Keyring {
	if now == nil {
		now = time.Now
	}
	return &Keyring{ttl: ttl, now: now, lent: map[Held]*lending{}}
}

// ReadPair reads a pair that somebody lends (certsvc.ReadPair), ready for Lend. What was repaired is returned too.
func (k *Keyring) ReadPair(certPEM, keyPEM []byte) (Lent, []certsvc.Repair, error) {
	p, done, err := certsvc.ReadPair(certPEM, keyPEM)
	if err != nil {
		return Lent{}, done, err
	}
	return Lent{Leaf: p.Leaf(), CertPEM: p.CertPEM(), KeyPEM: p.KeyPEM(), Until: k.now().Add(k.ttl)}, done, nil
}

// Lend keeps a pair, whose key it takes over, in the place of one lent before. After Close nothing is kept.
func (k *Keyring) Lend(id Held, pair Lent) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(id)
	if k.closed {
		clear(pair.KeyPEM.Reveal())
		return
	}
	pair.Until = k.now().Add(k.ttl)
	l := &lending{Lent: pair}
	l.timer = time.AfterFunc(k.ttl, func() { k.expire(id, l) })
	k.lent[id] = l
}

// Move gives a lent pair another name, in the place of what is lent under that; its time stays. It is false when there
// is none, or its time is over.
func (k *Keyring) Move(from, to Held) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.live(from)
	if l == nil || from == to {
		return l != nil
	}
	l.timer.Stop()
	delete(k.lent, from)
	k.drop(to)
	l.timer = time.AfterFunc(l.Until.Sub(k.now()), func() { k.expire(to, l) })
	k.lent[to] = l
	return true
}

// Get returns a copy of the pair lent under a name, which is the caller's from then on; ok is false when there is none or its time is over.
func (k *Keyring) Get(id Held) (l Lent, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	held := k.live(id)
	if held == nil {
		return Lent{}, false
	}
	return held.copied(), true
}

// live is the pair lent under a name, nil when there is none; one whose time is over is wiped. The caller holds the lock.
func (k *Keyring) live(id Held) *lending {
	l := k.lent[id]
	if l != nil && !k.now().Before(l.Until) {
		k.drop(id)
		return nil
	}
	return l
}

// expire wipes a pair whose time is over, unless another has taken its place meanwhile.
func (k *Keyring) expire(id Held, l *lending) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lent[id] == l {
		k.drop(id)
	}
}

// copied has a key of its own, as dropping the pair wipes the original.
func (l Lent) copied() Lent {
	l.KeyPEM = certsvc.NewSecret(append([]byte(nil), l.KeyPEM.Reveal()...))
	return l
}

// Forget wipes a lent pair; without one it does nothing.
func (k *Keyring) Forget(id Held) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(id)
}

// ForgetAll wipes every pair of a migration, whoever lent it.
func (k *Keyring) ForgetAll(migrationID string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.lent {
		if id.Migration == migrationID {
			k.drop(id)
		}
	}
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
func (k *Keyring) drop(id Held) {
	l, ok := k.lent[id]
	if !ok {
		return
	}
	l.timer.Stop()
	clear(l.KeyPEM.Reveal())
	delete(k.lent, id)
}
