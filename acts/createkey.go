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
// the fields key_name and key_days, and Denied where another team uses the namespace too. What was seen (Saw) is the Edition of KeysText.
func (n Namespaces) CreateKey(ctx context.Context, by Actor, id namespace.ID, name string, days int) (key certsvc.Secret, ns cloud.Namespace, err error) {
	defer unchanged(&err)
	if err := (freshKey{name, days}).invalid(); err != nil {
		return key, ns, err
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return key, ns, err
	}
	letGo, err := n.holdSpace(ctx, by, id.String())
	if err != nil {
		return key, ns, err
	}
	defer letGo()
	if ns, err = place.Namespaces.Namespace(ctx, id); err != nil {
		return key, ns, err
	}
	if err := sawText(ctx, KeysText(ns), keysNow(ns)); err != nil {
		return key, ns, err
	}
	return createKey(ctx, place, id, freshKey{name, days}, func(cloud.NewKey) error {
		return n.record(ctx, by, note("", custody.KeyMade, id.String()+": "+name))
	})
}

// freshKey is an API key that Onramp is to make.
type freshKey struct {
	name string
	days int
}

// invalid is the fault of a life that no key may have.
func (k freshKey) invalid() error {
	if k.days < 1 || k.days > maxKeyDays {
		return fault.New(fault.Invalid, "An API key lasts 1 to 730 days", "Give a whole number of days.").In("key_days")
	}
	return nil
}

// createKey makes an API key in the rehearsal cloud and has it written down; where that fails it is deleted again.
func createKey(ctx context.Context, place cloud.Place, id namespace.ID, k freshKey, write func(cloud.NewKey) error) (certsvc.Secret, cloud.Namespace, error) {
	made, ns, err := place.Keys.CreateAPIKey(ctx, id, k.name, time.Duration(k.days)*24*time.Hour)
	if err != nil {
		return certsvc.Secret{}, ns, err
	}
	if err := write(made); err != nil {
		clear(made.Secret.Reveal())
		_, e := place.Keys.DeleteAPIKey(context.WithoutCancel(ctx), id, made.ID, nil)
		return certsvc.Secret{}, ns, left(err, e, "An API key was created but not shown to anyone; delete it.")
	}
	return made.Secret, ns, nil
}
