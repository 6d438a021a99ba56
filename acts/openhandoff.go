package acts

import (
	"context"
	"onramp/custody"
	"onramp/migration"
)

// Opened records that a browser showed the page of a link.
func (h Handoffs) Opened(ctx context.Context, by Actor, token string) (err error) {
	defer unchanged(&err)
	ctx = migration.Everywhere(ctx)
	x, err := h.answering(ctx, by, token)
	if err != nil {
		return err
	}
	_, err = h.answered(ctx, x, custody.HandoffOpened, func(hs migration.Handoffs) ([]migration.Fact, error) {
		return hs.Opened(x.Handoff.Number), nil
	})
	return err
}
