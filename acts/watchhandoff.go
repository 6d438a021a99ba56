package acts

import (
	"context"
	"errors"
	"iter"
	"time"

	"onramp/fault"
	"onramp/migration"
)

// makerEvery is how often an open page of a link asks whether the link still stands.
const makerEvery = 5 * time.Second

// watchMaker wakes those who look at a migration once whoever made a link may not work on it any more.
func watchMaker(ctx context.Context, h Handoffs, x HandoffVisit) (context.Context, context.CancelFunc) {
	ctx, stop := context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(makerEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			v := x.View
			if m, err := h.Migration(migration.Everywhere(ctx), x.Migration.ID); err == nil {
				v.Migration = m // another team may have it
			}
			if _, err := h.stands(ctx, v, x.Handoff); errors.Is(err, errMakerGone) {
				h.changes.Wake(x.Migration.ID)
				return
			}
		}
	}()
	return ctx, stop
}

// Watch yields what a link leads to, at once and whenever the migration changes, as Book.Watch does; x is what See gave. It
// ends with ctx, or after an error: a Gone fault when the link stops working meanwhile, TooMany when many read along by it.
func (h Handoffs) Watch(ctx context.Context, by Actor, x HandoffVisit) iter.Seq2[HandoffVisit, error] {
	return func(yield func(HandoffVisit, error) bool) {
		leave, ok := h.rates.watch(x.By.Person)
		defer leave()
		if !ok {
			yield(x, fault.New(fault.TooMany, "This page is open in many places", "Close it somewhere else."))
			return
		}
		ctx, stop := watchMaker(ctx, h, x)
		defer stop()
		for v, err := range h.Book.Watch(migration.Everywhere(ctx), x.Migration.ID) {
			if fault.Is(err, fault.NotFound) {
				err = noLink()
			}
			if err == nil {
				x, err = h.visit(ctx, v, by, x.Handoff.Number)
			}
			if !yield(x, err) || err != nil {
				return
			}
		}
	}
}
