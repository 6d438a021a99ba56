package acts

import (
	"context"
	"slices"

	"onramp/cloud"
	"onramp/custody"
	"onramp/namespace"
)

// DeleteKey deletes an API key of the rehearsal cloud. It is recorded before it is done: what is gone cannot be taken
// back. A Denied fault where another team uses the namespace too. What was seen (Saw) is as in CreateKey; another key than this one may come and go.
func (n Namespaces) DeleteKey(ctx context.Context, by Actor, id namespace.ID, keyID string) (err error) {
	defer unchanged(&err)
	place, err := n.Ready(ctx)
	if err != nil {
		return err
	}
	letGo, err := n.holdSpace(ctx, by, id.String())
	if err != nil {
		return err
	}
	defer letGo()
	ns, err := place.Namespaces.Namespace(ctx, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(ns.Keys, func(k cloud.Key) bool { return k.ID == keyID }) {
		if err := sawText(ctx, KeysText(ns), keysNow(ns)); err != nil {
			return err
		}
	}
	request := note("", custody.KeyDeleted, id.String()+": "+keyID)
	if err := n.record(ctx, by, request); err != nil {
		return err
	}
	_, err = place.Keys.DeleteAPIKey(ctx, id, keyID, nil)
	return toldAfter(ctx, n.Book, by, request, err)
}
