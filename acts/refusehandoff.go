package acts

import (
	"context"
	"onramp/custody"
	"onramp/migration"
)

// NotMe records that the person says that the task is not theirs, with words that may be empty: an Invalid fault of field
// words.
func (h Handoffs) NotMe(ctx context.Context, by Actor, token, words string) (HandoffVisit, error) {
	return h.answer(ctx, by, token, words, migration.FactHandoffNotMe, custody.HandoffNotMe)
}
