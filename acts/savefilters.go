package acts

import (
	"bytes"
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
)

// SaveFilters sets the certificate filters of a migration's namespace; nil clears them. A Conflict fault where Onramp
// cannot, and where workers sign in with an API key.
func (n Namespaces) SaveFilters(ctx context.Context, by Actor, m string, filters []byte) (err error) {
	defer unchanged(&err)
	v, err := n.View(ctx, m)
	if err != nil {
		return err
	}
	if err := v.Migration.TakesCertificates(); err != nil {
		return err
	}
	place := n.Of(v.Migration.Mode)
	if place.Filters == nil || v.Namespace == nil {
		return fault.New(fault.Conflict, "The filters cannot be applied from here", "Use tcld or the Temporal Cloud UI: Onramp has no access to Temporal Cloud.")
	}
	if place, err = n.Ready(ctx); err != nil {
		return err
	}
	id, err := idOf(v)
	if err != nil {
		return err
	}
	var before []byte
	after, err := place.Filters.ChangeFilters(ctx, id, func(ns cloud.Namespace) ([]byte, error) {
		before = ns.Filters
		return filters, sawText(ctx, string(ns.Filters), filtersText(ns.Filters))
	})
	if err != nil {
		return err
	}
	if err := n.record(ctx, by, note(m, custody.FiltersSaved, id.String())); err != nil {
		_, e := place.Filters.ChangeFilters(context.WithoutCancel(ctx), id, func(ns cloud.Namespace) ([]byte, error) {
			if !bytes.Equal(ns.Filters, after.Filters) {
				return nil, changedAgain()
			}
			return before, nil
		})
		return left(err, e, "The certificate filters were changed and could not be changed back.")
	}
	return nil
}

// filtersText says which certificate filters a namespace has.
func filtersText(filters []byte) string {
	if len(filters) == 0 {
		return "The namespace now has no certificate filter."
	}
	return "The certificate filters of the namespace are now " + Printable(string(filters)) + "."
}
