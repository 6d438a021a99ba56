package acts

import (
	"context"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// maxKeyDays is how long an API key of Temporal Cloud lasts at most (cloud-facts.md, API keys).
const maxKeyDays = 730

// CreateKey makes an API key for a namespace of the rehearsal cloud and returns it, this once. Faults are Invalid, at
// the fields key_name and key_days.
func (n Namespaces) CreateKey(ctx context.Context, by Actor, id namespace.ID, name string, days int) (key certsvc.Secret, ns cloud.Namespace, err error) {
	defer unchanged(&err)
	if days < 1 || days > maxKeyDays {
		return key, ns, fault.New(fault.Invalid, "An API key lasts 1 to 730 days", "Give a whole number of days.").In("key_days")
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return key, ns, err
	}
	made, ns, err := place.Keys.CreateAPIKey(ctx, id, name, time.Duration(days)*24*time.Hour)
	if err != nil {
		return key, ns, err
	}
	if err := n.record(ctx, by, note("", custody.KeyMade, id.String()+": "+name)); err != nil {
		clear(made.Secret.Reveal())
		_, e := place.Keys.DeleteAPIKey(context.WithoutCancel(ctx), id, made.ID)
		return certsvc.Secret{}, ns, left(err, e, "An API key was made that nobody has; delete it.")
	}
	return made.Secret, ns, nil
}
