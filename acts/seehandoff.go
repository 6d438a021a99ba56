package acts

import (
	"context"
	"onramp/fault"
	"onramp/limit"
	"onramp/migration"
)

// See is what a link leads to. It changes nothing. by says from where the request comes. The faults: Gone, the same
// for a link that is unknown, expired or revoked; TooMany.
func (h Handoffs) See(ctx context.Context, by Actor, token string) (HandoffVisit, error) {
	now, from := h.now(), limit.Network(by.From)
	if wait := h.rates.networks.Take(from, now); wait > 0 {
		return HandoffVisit{}, askedOften(wait)
	}
	x, err := h.find(migration.Everywhere(ctx), by, token)
	if fault.Is(err, fault.Gone) {
		if wait := h.rates.missed.Take(from, now); wait > 0 {
			return HandoffVisit{}, askedOften(wait)
		}
	}
	if err != nil {
		return HandoffVisit{}, err
	}
	if wait := h.rates.asked.Take(x.By.Person, now); wait > 0 {
		return HandoffVisit{}, askedOften(wait)
	}
	return x, nil
}
