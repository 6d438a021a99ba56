package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
)

// TakeBack wipes the lent pair, and then records it: an error is that of the record. A check or a transfer that began
// with the pair goes on with its copy.
func (k Keys) TakeBack(ctx context.Context, by Actor, id string) error {
	if _, ok := k.Lent(by, id); !ok {
		return nil
	}
	k.o.Keyring.Forget(client(by, id))
	return wiped(k.record(ctx, by, note(id, custody.TakenBack, "")))
}

// wiped says of a failed record that the keys are wiped all the same.
func wiped(err error) error {
	if err == nil {
		return nil
	}
	f := *fault.From(err)
	f.Left = "The keys are wiped from memory; only the audit record could not be written."
	return &f
}
