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
		return fault.New(fault.Invalid, "There is no key that Onramp could use", "Onramp does not have this key. Provide it when you run the check: paste it, or choose its file.")
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
