package acts

import (
	"context"
	"onramp/custody"
	"onramp/migration"
)

// Done records that the person says that the task is done, with words that may be empty. That is no evidence: whether it
// is done shows a look (Look). An Invalid fault of field words.
func (h Handoffs) Done(ctx context.Context, by Actor, token, words string) (HandoffVisit, error) {
	return h.answer(ctx, by, token, words, migration.FactHandoffDone, custody.HandoffDone)
}
