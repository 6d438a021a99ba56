package acts

import (
	"context"
	"onramp/custody"
	"onramp/migration"
)

// Revoke takes a link back: from then on it leads nowhere. NotFound for a number that is none.
func (h Handoffs) Revoke(ctx context.Context, by Actor, id string, number int) (err error) {
	defer unchanged(&err)
	_, err = h.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.Handoffs.Revoked(number)
		if err != nil {
			return entry{}, err
		}
		one, _ := v.Handoffs.Number(number)
		return entry{facts: facts, records: []custody.Record{aboutHandoff(v, one.HandoffData, custody.HandoffRevoked)}}, nil
	})
	return err
}
