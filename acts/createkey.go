package acts

import (
	"context"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/namespace"
)

// maxKeyDays is how long an API key of Temporal Cloud lasts at most (docs.temporal.io/cloud/api-keys).
const maxKeyDays = 730

// KeysText names the API keys that a namespace has.
func KeysText(ns cloud.Namespace) string {
	var ids []string
	for _, k := range ns.Keys {
		ids = append(ids, k.ID)
	}
	return strings.Join(ids, " ")
}

// keysNow says which they are to people.
func keysNow(ns cloud.Namespace) string {
	var names []string
	for _, k := range ns.Keys {
		names = append(names, k.Name)
	}
	if len(names) == 0 {
		return "The namespace has no API key now."
	}
	return "The namespace has these API keys now: " + strings.Join(names, ", ") + "."
}

// CreateKey makes an API key for a namespace of the rehearsal cloud and returns it, this once. Faults are Invalid, at
// the fields key_name and key_days. What was seen (Saw) is the Edition of KeysText.
func (n Namespaces) CreateKey(ctx context.Context, by Actor, id namespace.ID, name string, days int) (key certsvc.Secret, ns cloud.Namespace, err error) {
	defer unchanged(&err)
	if days < 1 || days > maxKeyDays {
		return key, ns, fault.New(fault.Invalid, "An API key lasts 1 to 730 days", "Give a whole number of days.").In("key_days")
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return key, ns, err
	}
	if ns, err = place.Namespaces.Namespace(ctx, id); err != nil {
		return key, ns, err
	}
	if err := sawText(ctx, KeysText(ns), keysNow(ns)); err != nil {
		return key, ns, err
	}
	made, ns, err := place.Keys.CreateAPIKey(ctx, id, name, time.Duration(days)*24*time.Hour)
	if err != nil {
		return key, ns, err
	}
	if err := n.record(ctx, by, note("", custody.KeyMade, id.String()+": "+name)); err != nil {
		clear(made.Secret.Reveal())
		_, e := place.Keys.DeleteAPIKey(context.WithoutCancel(ctx), id, made.ID, nil)
		return certsvc.Secret{}, ns, left(err, e, "An API key was created but not shown to anyone; delete it.")
	}
	return made.Secret, ns, nil
}
