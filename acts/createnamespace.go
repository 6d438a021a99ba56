package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// Create makes a namespace of the rehearsal cloud; one that is there stays as it is. It returns its ID. Faults are
// Invalid, of field namespace.
func (n Namespaces) Create(ctx context.Context, by Actor, pasted string) (id namespace.ID, err error) {
	defer unchanged(&err)
	paste, err := namespace.Parse(pasted)
	if err != nil {
		return id, fault.Rename(err, map[string]string{"address": "namespace", "": "namespace"})
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return id, err
	}
	defer n.using.lock(paste.ID.String())() // or it could be somebody's by the time that it is taken back
	_, err = place.Namespaces.Namespace(ctx, paste.ID)
	if !fault.Is(err, fault.NotFound) {
		return paste.ID, err
	}
	if err := place.Namespaces.CreateNamespace(ctx, paste.ID); err != nil {
		return id, err
	}
	if err := n.record(ctx, by, note("", custody.NamespaceMade, paste.ID.String())); err != nil {
		e := place.Namespaces.DeleteNamespace(context.WithoutCancel(ctx), paste.ID)
		return id, left(err, e, "The namespace "+paste.ID.String()+" was made.")
	}
	return paste.ID, nil
}
