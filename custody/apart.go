package custody

import (
	"context"
	"crypto"
	"fmt"

	"onramp/certsvc"
)

// Apart opens kept keys in another process.
type Apart interface {
	Open(ctx context.Context, box []byte, passphrase string) (ApartKey, error)
}

// ApartKey is a key in another process.
type ApartKey interface {
	// Lend is the key for one piece of work; done is called at its end.
	Lend() (key crypto.Signer, done func())
	// Close ends the process, after the work that goes on.
	Close()
}

// maxOpen is how many keys apart are meant to be open at once. A person may have no more open than there is room left for
// others, and always one.
const maxOpen = 16

// full reports whether a person has as many keys open as one may, the one of a migration aside.
func full(k *Keeper, person, migrationID string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, mine := 0, 0
	for id, o := range k.open {
		if id == migrationID {
			continue
		}
		all++
		if o.by == person {
			mine++
		}
	}
	return mine > 0 && mine >= maxOpen-all
}

// openFor opens a kept key for a person, here or apart.
func openFor(ctx context.Context, k *Keeper, person string, s Sealed, passphrase string) (*opened, error) {
	if k.o.Apart != nil && full(k, person, s.Migration) {
		return nil, ErrFull
	}
	if k.o.Apart == nil {
		key, err := unseal(s.Box, passphrase)
		if err != nil {
			return nil, err
		}
		ca, err := authority(s, key)
		return &opened{ca: ca}, err
	}
	ca, err := authority(s, nil)
	if err != nil {
		return nil, err
	}
	apart, err := k.o.Apart.Open(ctx, s.Box, passphrase)
	if err != nil {
		return nil, err
	}
	key, done := apart.Lend()
	defer done()
	if pub, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !pub.Equal(ca.Cert.PublicKey) {
		apart.Close()
		return nil, fmt.Errorf("custody: the kept key is not that of %s", s.CASubject)
	}
	return &opened{ca: ca, apart: apart}, nil
}

// lend is the CA for one piece of work, with a copy of its key, or the key apart: a lock meanwhile leaves the work its
// key. done wipes the copy.
func (o *opened) lend() (ca certsvc.Issued, done func()) {
	ca = o.ca
	if o.apart != nil {
		ca.Signer, done = o.apart.Lend()
		return ca, done
	}
	ca.Key = certsvc.NewSecret(append([]byte(nil), o.ca.Key.Reveal()...))
	return ca, func() { clear(ca.Key.Reveal()) }
}

// wipe takes the key out of memory.
func (o *opened) wipe() {
	if o.apart != nil {
		o.apart.Close()
	}
	clear(o.ca.Key.Reveal())
	o.ca.Key = certsvc.Secret{}
}
