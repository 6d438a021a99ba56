package acts

import (
	"bytes"
	"context"

	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// SaveFilters sets the certificate filters of a migration's namespace; nil clears them. A Conflict fault where Onramp
// cannot, and where workers sign in with an API key.
func (n Namespaces) SaveFilters(ctx context.Context, by Actor, m string, filters []byte) (err error) {
	defer unchanged(&err)
	v, err := n.View(ctx, m)
	if err != nil {
		return err
	}
	if err := migration.TakesCertificates(v); err != nil {
		return err
	}
	return n.setFilters(ctx, by, v, filters, note(m, custody.FiltersSaved, ""))
}

// setFilters sets the filters of the rehearsal cloud, and writes down that; and who asked for them by a link has them. A
// Denied fault where another team uses the namespace too.
func (n Namespaces) setFilters(ctx context.Context, by Actor, v migration.View, filters []byte, done custody.Record) error {
	place := n.Of(v.Migration.Mode)
	if place.Filters == nil || v.Namespace == nil {
		return fault.New(fault.Conflict, "The filters cannot be applied from here", "Use tcld or the Temporal Cloud UI: Onramp has no access to Temporal Cloud.")
	}
	place, err := n.Ready(ctx)
	if err != nil {
		return err
	}
	id, err := idOf(v)
	if err != nil {
		return err
	}
	letGo, err := n.holdSpace(ctx, by, id.String())
	if err != nil {
		return err
	}
	defer letGo()
	if done.Note == "" {
		done.Note = id.String()
	}
	var before []byte
	after, err := place.Filters.ChangeFilters(ctx, id, func(ns cloud.Namespace) ([]byte, error) {
		before = ns.Filters
		return filters, sawText(ctx, string(ns.Filters), filtersText(ns.Filters))
	})
	if err != nil {
		return err
	}
	_, err = n.write(ctx, by, v.Migration.ID, func(v migration.View) (entry, error) {
		return entry{facts: migration.FiltersSeen(v, after.Filters), records: []custody.Record{done}, done: true}, nil
	})
	if err != nil {
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
