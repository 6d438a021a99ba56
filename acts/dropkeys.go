package acts

import (
	"context"

	"onramp/custody"
)

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
