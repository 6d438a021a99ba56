package handlers

import (
	"context"

	"onramp/doctor"
	"onramp/transfer"
)

// looksLike says which template's worker polls a task queue and how that shows; "" when it does not tell.
func (h *Handlers) looksLike(ctx context.Context, t doctor.Target, queue string) string {
	if h.o.Detect == nil {
		return ""
	}
	d, err := h.o.Detect(ctx, transfer.Request{Target: t, Worker: "own", TaskQueue: queue})
	p, ok := transfer.LookupProfile(d.Template)
	if err != nil || d.Template == "" || !ok {
		return ""
	}
	return "the " + p.Language + " template: " + d.Evidence
}

// nearMiss says that a worker polls another template's task queue than the one where nobody does.
func (h *Handlers) nearMiss(ctx context.Context, t doctor.Target, queue string) string {
	if h.o.Detect == nil {
		return ""
	}
	d, err := h.o.Detect(ctx, transfer.Request{Target: t, Worker: "own"})
	if err != nil || d.TaskQueue == "" || d.TaskQueue == queue {
		return ""
	}
	return "A worker polls " + d.TaskQueue + ", not " + queue + "."
}
