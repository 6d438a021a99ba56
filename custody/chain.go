package custody

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"onramp/certsvc"
)

// MAC is what ties a record of the audit to all before it: HMAC-SHA256(key, MAC of the record before ‖ Canonical). The
// zero MAC stands before the first record.
type MAC [sha256.Size]byte

func (m MAC) String() string { return hex.EncodeToString(m[:]) }

// ParseMAC reads what String writes.
func ParseMAC(text string) (m MAC, err error) {
	b, err := hex.DecodeString(text)
	if err == nil && len(b) != len(m) {
		err = errors.New("custody: a MAC has 32 bytes")
	}
	copy(m[:], b)
	return m, err
}

// ChainKey is the secret of the audit's chain. Whoever has it can write the audit anew.
type ChainKey struct{ secret certsvc.Secret }

// NewChainKey makes a random key.
func NewChainKey() ChainKey {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return ChainKey{certsvc.NewSecret(b)}
}

// ReadChainKey reads what Text writes.
func ReadChainKey(text string) (ChainKey, error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != 32 {
		return ChainKey{}, errors.New("custody: the audit's key is 64 hexadecimal digits")
	}
	return ChainKey{certsvc.NewSecret(b)}, nil
}

// Text is the key as its file holds it.
func (k ChainKey) Text() string { return hex.EncodeToString(k.secret.Reveal()) + "\n" }

// Empty reports whether there is none.
func (k ChainKey) Empty() bool { return k.secret.Empty() }

func (ChainKey) String() string             { return "[redacted]" }
func (ChainKey) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }
func (ChainKey) LogValue() slog.Value       { return slog.StringValue("[redacted]") }

func (k ChainKey) sum(parts ...[]byte) (m MAC) {
	h := hmac.New(sha256.New, k.secret.Reveal())
	for _, p := range parts {
		h.Write(p)
	}
	h.Sum(m[:0])
	return m
}

// Next is the MAC of a record that follows one with the MAC before. The record has its ID.
func (k ChainKey) Next(before MAC, r Record) MAC { return k.sum(before[:], r.Canonical()) }

// ID tells the chains of different keys apart and says nothing of the key.
func (k ChainKey) ID() string {
	m := k.sum([]byte("onramp.audit.key/1"))
	return hex.EncodeToString(m[:8])
}

// Canonical is a record as the chain reads it: each field in a fixed order, its length before it, so that no two
// records have the same.
func (r Record) Canonical() []byte {
	b := make([]byte, 0, 512)
	text := func(s string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	number := func(n int64) { b = binary.BigEndian.AppendUint64(b, uint64(n)) }
	text("onramp.audit.record/1")
	number(r.ID)
	if r.At.IsZero() {
		number(0)
	} else {
		number(r.At.UnixNano())
	}
	text(r.Migration)
	text(string(r.Verb))
	text(r.Subject)
	text(r.Fingerprint)
	text(r.CAFingerprint)
	number(int64(r.Days))
	for _, s := range []string{r.Lane, r.Note, r.Person, r.Name, r.Session, r.Via, r.From, r.Request, r.Act} {
		text(s)
	}
	return b
}

// Head is the last record of the chain.
type Head struct {
	Records int64 // its number; 0 for an empty audit
	MAC     MAC
}

// Audited is what a look at the audit's chain found.
type Audited struct {
	Head
	Intact   bool
	FirstBad int64  // the first record that is missing or not as it was written; 0 when Intact
	Found    string // what is wrong, a sentence; "" when Intact
}

// Tampered is the error that the chain does not hold.
type Tampered struct {
	FirstBad int64
	Found    string
}

func (b *Tampered) Error() string { return fmt.Sprintf("audit: record %d: %s", b.FirstBad, b.Found) }

// Chain follows the records of an audit in the order of their numbers.
type Chain struct {
	key     ChainKey
	head    Head
	anchors map[int64]anchored
	highest anchored
}

type anchored struct {
	Head
	where string
}

// NewChain begins after a head that is trusted, the zero Head for the very beginning.
func NewChain(key ChainKey, after Head) *Chain {
	return &Chain{key: key, head: after, anchors: map[int64]anchored{}}
}

// Expect adds a head that was written down elsewhere; where names the place to people.
func (c *Chain) Expect(where string, heads ...Head) {
	for _, h := range heads {
		a := anchored{h, where}
		c.anchors[h.Records] = a
		if h.Records > c.highest.Records {
			c.highest = a
		}
	}
}

// Add is the next record with its stored MAC; nil for none. The error is Tampered.
func (c *Chain) Add(r Record, mac []byte) error {
	want := c.head.Records + 1
	if r.ID < want {
		return &Tampered{max(r.ID, 1), fmt.Sprintf("A record numbered %d stands before record %d.", r.ID, want)}
	}
	next := c.key.Next(c.head.MAC, r)
	switch {
	case r.ID > want && (len(mac) == 0 || !hmac.Equal(next[:], mac)):
		return &Tampered{want, fmt.Sprintf("Record %d is missing: record %d follows record %d.", want, r.ID, c.head.Records)}
	case len(mac) == 0:
		return &Tampered{r.ID, fmt.Sprintf("Record %d was not written by Onramp: it is not in the chain.", r.ID)}
	case !hmac.Equal(next[:], mac):
		return &Tampered{r.ID, fmt.Sprintf("Record %d, or one before it, is not as it was written.", r.ID)}
	}
	c.head = Head{r.ID, next}
	if a, ok := c.anchors[r.ID]; ok && a.MAC != next {
		return &Tampered{r.ID, fmt.Sprintf("Record %d is not the one that %s names: the records up to it were written anew.", r.ID, a.where)}
	}
	return nil
}

// End says that there are no more records. The error is Tampered when one is missing at the end.
func (c *Chain) End() error {
	if c.highest.Records > c.head.Records {
		return &Tampered{c.head.Records + 1, fmt.Sprintf("Records are missing at the end: %s names record %d, and the audit ends with record %d.", c.highest.where, c.highest.Records, c.head.Records)}
	}
	return nil
}

// Head is the last record that was added.
func (c *Chain) Head() Head { return c.head }
