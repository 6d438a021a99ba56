package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
)

// Lend lets Onramp use the client's key for checks and transfers for a while, in memory only; what began with it keeps
// its copy until it ends. Errors are those of certsvc.ReadPair.
func (k Keys) Lend(ctx context.Context, by Actor, id string, key []byte) (err error) {
	defer unchanged(&err)
	v, err := k.withCertificate(ctx, id)
	if err != nil {
		return err
	}
	if len(key) == 0 {
		return fault.New(fault.Invalid, "There is no key to lend", "Onramp does not have this key. Give it when you run the test: paste it, or name its file.")
	}
	pair, _, err := k.o.Keyring.ReadPair([]byte(v.Certificate.LeafPEM), key)
	if err != nil {
		return err
	}
	r := note(id, custody.Lending, "")
	r.Subject, r.Fingerprint = v.Certificate.LeafSubject, v.Certificate.LeafFingerprint
	if err := k.record(ctx, by, r); err != nil {
		clear(pair.KeyPEM.Reveal())
		return err
	}
	k.o.Keyring.Lend(client(by, id), pair)
	return nil
}

// TakeBack wipes the lent pair, and then records it: an error is that of the record. A check or a transfer that began
// with the pair goes on with its copy.
func (k Keys) TakeBack(ctx context.Context, by Actor, id string) error {
	if _, ok := k.Lent(by, id); !ok {
		return nil
	}
	k.o.Keyring.Forget(client(by, id))
	return wiped(k.record(ctx, by, note(id, custody.TakenBack, "")))
}

// Drop wipes the lent pair and the downloads that nobody took, and then records it: an error is that of the record.
func (k Keys) Drop(ctx context.Context, by Actor, id string) error {
	v, err := k.withCertificate(ctx, id)
	if err != nil {
		return err
	}
	k.o.Keyring.Forget(client(by, id))
	bundle, caKey := own(v)
	k.o.Vault.Forget(bundle.held(by, id))
	k.o.Vault.Forget(caKey.held(by, id))
	return wiped(k.record(ctx, by, note(id, custody.Dropped, "")))
}

// wiped says of a failed record that the keys are wiped all the same.
func wiped(err error) error {
	if err == nil {
		return nil
	}
	f := *fault.From(err)
	f.Left = "The keys are wiped from memory; only the audit's line of it could not be written."
	return &f
}
