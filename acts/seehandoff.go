package acts

import (
	"context"
	"errors"

	"onramp/fault"
	"onramp/limit"
	"onramp/migration"
)

// See is what a link leads to. It changes nothing. by says from where the request comes. The faults: Gone, the same
// for a link that is unknown, expired or revoked, and one that says so for a link whose maker may not work on the migration
// any more; TooMany.
func (h Handoffs) See(ctx context.Context, by Actor, token string) (HandoffVisit, error) {
	now, from := h.now(), limit.Network(by.From)
	if wait := h.rates.networks.Take(from, now); wait > 0 {
		return HandoffVisit{}, askedOften(wait)
	}
	x, err := h.find(migration.Everywhere(ctx), by, token)
	gone := errors.Is(err, errMakerGone)
	if fault.Is(err, fault.Gone) && !gone {
		if wait := h.rates.missed.Take(from, now); wait > 0 {
			return HandoffVisit{}, askedOften(wait)
		}
	}
	if err != nil && !gone {
		return HandoffVisit{}, err
	}
	if wait := h.rates.asked.Take(x.By.Person, now); wait > 0 {
		return HandoffVisit{}, askedOften(wait)
	}
	return x, err
}
