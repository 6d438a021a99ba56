package acts

import (
	"context"
	"slices"
	"time"

	"onramp/custody"
	"onramp/migration"
)

// Download names what waits to be taken.
type Download struct {
	CAKey bool   // the CA's key; else the client's bundle
	Leaf  string // fingerprint of the client certificate that it was made with
	NewCA string // fingerprint of the CA of a replacement, whose key it is
}

func (d Download) held(by Actor, id string) custody.Held {
	switch {
	case d.NewCA != "":
		return newCAKeyOf(by, id, d.NewCA)
	case d.CAKey:
		return caKeyOf(by, id, d.Leaf)
	}
	return bundleOf(by, id, d.Leaf)
}

// Take hands a download out, once, after the audit has it. The error is a Gone, Conflict or NotFound fault of
// custody.Vault.TakeAs.
func (k Keys) Take(ctx context.Context, by Actor, id string, d Download) (name string, content []byte, err error) {
	defer unchanged(&err)
	return k.take(ctx, by, id, d, func(content []byte) (string, []byte, error) { return "", slices.Clone(content), nil })
}

// take hands a download out in the form that convert gives it; "" keeps its name.
func (k Keys) take(ctx context.Context, by Actor, id string, d Download, convert func([]byte) (string, []byte, error)) (name string, content []byte, err error) {
	held := d.held(by, id)
	r := note(id, custody.Downloaded, "the client's key")
	r.Fingerprint = d.Leaf
	if d.CAKey || d.NewCA != "" {
		r.Note, r.Fingerprint, r.CAFingerprint = "the CA's key", "", d.NewCA
	}
	return k.o.Vault.TakeAs(held, func(kept string, content []byte) (string, []byte, error) {
		name, out, err := convert(content)
		if err != nil {
			return "", nil, err
		}
		if name == "" {
			name = kept
		}
		if err := k.record(ctx, by, r); err != nil { // what is not recorded does not leave
			clear(out)
			return "", nil, err
		}
		return name, out, nil
	})
}

// Waiting reports whether a download can still be taken, and until when.
func (k Keys) Waiting(by Actor, id string, d Download) (time.Time, bool) {
	until, ok := k.o.Vault.Waiting(d.held(by, id))
	return until, ok
}

// Lent returns what is lent: the certificate and until when, never the key.
func (k Keys) Lent(by Actor, id string) (custody.Loan, bool) { return loan(k.lent(client(by, id))) }

// LentNew is Lent for the pair that takes its place, while a replacement goes on.
func (k Keys) LentNew(by Actor, id string) (custody.Loan, bool) {
	return loan(k.lent(successor(by, id)))
}

func loan(l custody.Lent, ok bool) (custody.Loan, bool) {
	if ok {
		clear(l.KeyPEM.Reveal())
	}
	return custody.Loan{Leaf: l.Leaf, Until: l.Until}, ok
}

// own is what was made with a migration's present certificates.
func own(v migration.View) (bundle, caKey Download) {
	if v.Certificate == nil {
		return
	}
	return Download{Leaf: v.Certificate.LeafFingerprint}, Download{CAKey: true, Leaf: v.Certificate.LeafFingerprint}
}
