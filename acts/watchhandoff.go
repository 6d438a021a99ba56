package acts

import (
	"context"
	"iter"
	"onramp/fault"
	"onramp/migration"
)

// Watch yields what a link leads to, at once and whenever the migration changes, as Book.Watch does; x is what See gave. It
// ends with ctx, or after an error: a Gone fault when the link stops working meanwhile.
func (h Handoffs) Watch(ctx context.Context, by Actor, x HandoffVisit) iter.Seq2[HandoffVisit, error] {
	return func(yield func(HandoffVisit, error) bool) {
		for v, err := range h.Book.Watch(migration.Everywhere(ctx), x.Migration.ID) {
			if fault.Is(err, fault.NotFound) {
				err = noLink()
			}
			if err == nil {
				x, err = h.visit(v, by, x.Handoff.Number)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}
