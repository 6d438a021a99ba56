package handlers

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
	"onramp/views"
)

// queueOf is the task queue of the migration's language.
func queueOf(v migration.View) string {
	p, _ := transfer.LookupProfile(v.Migration.Lang)
	return p.TaskQueue
}

// lookForWorker looks once for a worker, for a reader without JavaScript.
func (h *Handlers) lookForWorker(w http.ResponseWriter, r *http.Request) error {
	v, err := h.move(r)
	if err != nil {
		return err
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	q, err := readCodeQuery(v, r.URL.Query())
	if err != nil {
		return err
	}
	status := http.StatusOK
	var seen views.PollerProps
	ok := false
	var ps views.Problems
	t := h.target(v)
	switch {
	case usesKeys(v):
		if err := withAPIKey(f, &t); err != nil {
			status, ps, seen = http.StatusUnprocessableEntity, fault.All(err), h.knownPoller(v, f.text("queue"))
			break
		}
		seen, ok = h.lookWith(r.Context(), v, t, f.text("queue"))
	default:
		seen, ok = h.lookAtQueue(r.Context(), v, f.text("queue"))
	}
	if ok { // and written down
		return seeOther(w, r, movePath(v.Migration.ID, migration.StepCode)+q.with(func(*codeQuery) {})+"#poller", "")
	}
	return h.showCode(w, r, status, v, q, views.JudgeProps{}, func(p *views.CodePageProps) { p.Poller, p.Look.Problems = seen, ps })
}

// knownPoller is what is known of the worker without looking.
func (h *Handlers) knownPoller(v migration.View, queue string) views.PollerProps {
	p := views.PollerProps{Facts: []views.Pair{{Name: "Task queue", Value: queue, Mono: true}}}
	s := v.Step(migration.StepCode)
	if s.Status == migration.Done {
		p.Tag, p.Text = views.Tag{State: views.Good, Word: "Seen"}, upperFirst(s.Evidence)+"."
		return p
	}
	p.Tag, p.Text = views.Tag{State: views.Idle, Word: "Not seen yet"}, "This line ticks itself when a worker polls the task queue."
	if v.Namespace == nil {
		p.Text = "Choose the namespace first: step 1."
	} else if usesKeys(v) {
		p.Text = "Onramp keeps no API key, so it looks when you ask it to: with the button on the page of step 5, or by the connection test with this task queue."
	} else if _, ok := h.o.Keyring.Get(v.Migration.ID); !ok {
		p.Text = "Onramp can look for your worker while a client key is lent to it: lend it in step 2, or run the connection test with this task queue."
	}
	return p
}

// canLook reports whether a worker can be looked for: there is a place to look, and a key to enter with.
func (h *Handlers) canLook(v migration.View) bool {
	_, lent := h.o.Keyring.Get(v.Migration.ID)
	return h.o.Pollers != nil && lent && v.Namespace != nil && !usesKeys(v)
}

// lookAtQueue looks at a task queue, records a worker that it sees, and says what it saw.
func (h *Handlers) lookAtQueue(ctx context.Context, v migration.View, queue string) (views.PollerProps, bool) {
	t := h.target(v)
	if !h.canLook(v) || !h.lentKey(v, &t) {
		return h.knownPoller(v, either(queue, queueOf(v))), false
	}
	return h.lookWith(ctx, v, t, queue)
}

// lookWith is lookAtQueue with the credentials that the target holds.
func (h *Handlers) lookWith(ctx context.Context, v migration.View, t doctor.Target, queue string) (views.PollerProps, bool) {
	queue = either(queue, queueOf(v))
	p := h.knownPoller(v, queue)
	found, err := h.o.Pollers(ctx, transfer.Request{Target: t, Template: v.Migration.Lang, Worker: "own", TaskQueue: queue})
	if err != nil {
		f := fault.From(err)
		p.Tag, p.Text = views.Tag{State: views.Warn, Word: "Cannot look"}, strings.TrimSpace(f.Title+". "+f.Fix)
		return p, false
	}
	if len(found) == 0 {
		p.Tag, p.Text = views.Tag{State: views.Idle, Word: "No worker"}, "Nobody polls "+queue+" yet. Start the worker; this line ticks itself."
		p.Near = h.nearMiss(ctx, t, queue)
		return p, false
	}
	slices.SortFunc(found, func(a, b transfer.Poller) int { return b.LastAccess.Compare(a.LastAccess) })
	who := map[string]bool{}
	for _, w := range found {
		who[w.Identity] = true
	}
	p.Tag = views.Tag{State: views.Good, Word: many(len(who), "worker", "workers") + " polling"}
	p.Text = "Onramp sees your worker."
	p.Facts = append(p.Facts, views.Pair{Name: "Identity", Value: found[0].Identity, Mono: true}, views.Pair{Name: "Last seen", Value: ago(h.o.Now(), found[0].LastAccess)})
	if looks := h.looksLike(ctx, t, queue); looks != "" {
		p.Facts = append(p.Facts, views.Pair{Name: "Looks like", Value: looks})
	}
	if _, err := h.o.Migrations.SetPoller(ctx, v.Migration.ID, migration.PollerData{TaskQueue: queue, Identity: found[0].Identity}); err != nil {
		p.Text = "Onramp sees your worker, but could not write it down. " + fault.From(err).Fix
		return p, false
	}
	return p, true
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
