package acts

import (
	"context"

	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// nameTaken is the fault of a namespace's name that the account has already, whoever's it is.
func nameTaken() *fault.Fault {
	f := fault.New(fault.Invalid, "This name is taken", "Choose another name.")
	f.Cause = "A namespace’s name is unique in its account."
	return f
}

// Create makes a namespace of the rehearsal cloud; one that the actor sees is there already and stays as it is. It returns
// its ID. Faults are Invalid, of field namespace.
//
// One that the actor does not see is answered as Temporal Cloud answers: the name is taken. Names are unique in an account
// (docs.temporal.io/cloud/namespaces), so that whoever may make one there learns that much; to pretend that it was made
// would let a team build on a namespace of another. Nothing else is told: the answer is the same, word for word and by the
// same looks, whether it is another team's, several teams' or nobody's.
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
	if err == nil {
		sees, _, err := n.SeesSpace(ctx, by, paste.ID.String())
		if err == nil && !sees {
			err = nameTaken().In("namespace")
		}
		return paste.ID, err
	}
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
