package handlers

import (
	"context"
	"net/http"
	"strings"

	"onramp/acts"
	"onramp/fault"
	"onramp/migration"
	"onramp/transfer"
	"onramp/views"
)

// lookForWorker looks for a worker: once with an API key, and with a lent key until one is seen or somebody stops it.
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
	var seen acts.Worker
	if usesKeys(v) {
		seen, err = h.o.Acts.Checks.LookForWorker(r.Context(), v.by, v.Migration.ID, f.text("queue"), acts.Credentials{APIKey: f.values.Get("api_key")})
	} else {
		seen, err = h.o.Acts.Checks.WatchForWorker(r.Context(), v.by, v.Migration.ID, f.text("queue"))
	}
	if err == nil && (len(seen.Pollers) > 0 || !usesKeys(v)) { // written down, or looked for on
		return seeOther(w, r, movePath(v.Migration.ID, migration.StepCode)+q.with(func(*codeQuery) {})+"#poller", "")
	}
	status, p := http.StatusOK, h.pollerSeen(v, seen, err)
	var ps views.Problems
	if fault.Is(err, fault.Invalid) {
		status, ps, p = http.StatusUnprocessableEntity, fault.All(err), h.poller(v, f.text("queue"))
		if !usesKeys(v) && !h.o.Acts.Checks.CanLook(v.by, v.View) { // there is no form that could show what is wrong
			p.Tag = views.Tag{State: views.Warn, Word: "Cannot look"}
		}
	}
	return h.showCode(w, r, status, v, q, views.JudgeProps{}, func(c *views.CodePageProps) { c.Poller, c.Look.Problems = p, ps })
}

// poller is what is known of the worker, without looking.
func (h *Handlers) poller(v visit, queue string) views.PollerProps {
	queue = either(queue, acts.TaskQueue(v.View))
	s := v.Step(migration.StepCode)
	if w, ok := h.o.Acts.Checks.Watched(v.by, v.View, queue); ok && (s.Status != migration.Done || w.Seen) {
		p := h.pollerSeen(v, w.Worker, w.Err)
		if !w.Seen && w.Err == nil {
			p.Text += " Onramp looks every 3 seconds until " + w.Until.Local().Format("15:04") + "."
		}
		return p
	}
	p := views.PollerProps{Facts: []views.Pair{{Name: "Task queue", Value: queue, Mono: true}}}
	if s.Status == migration.Done {
		p.Tag, p.Text = views.Tag{State: views.Good, Word: "Seen"}, upperFirst(s.Evidence)+"."
		return p
	}
	p.Tag, p.Text = views.Tag{State: views.Idle, Word: "Not seen yet"}, "Start the worker, then let Onramp look for it."
	if v.Namespace == nil {
		p.Text = "Choose the namespace first: step 1."
	} else if usesKeys(v) {
		p.Text = "Onramp keeps no API key, so it looks when you ask it to: with the button on the page of step 5, or by the connection test with this task queue."
	} else if _, ok := h.o.Acts.Keys.Lent(v.by, v.Migration.ID); !ok {
		p.Text = "Onramp can look for your worker while a client key is lent to it: lend it in step 2, or run the connection test with this task queue."
	}
	return p
}

// pollerSeen is what a look at a task queue saw.
func (h *Handlers) pollerSeen(v visit, seen acts.Worker, err error) views.PollerProps {
	p := views.PollerProps{Facts: []views.Pair{{Name: "Task queue", Value: seen.Queue, Mono: true}}}
	switch {
	case err != nil:
		f := fault.From(err)
		p.Tag, p.Text = views.Tag{State: views.Warn, Word: "Cannot look"}, strings.TrimSpace(f.Title+". "+f.Fix)
		return p
	case len(seen.Pollers) == 0:
		p.Tag, p.Text = views.Tag{State: views.Idle, Word: "No worker"}, "Nobody polls "+seen.Queue+" yet. Start the worker."
		if near := seen.Near; near.TaskQueue != "" && near.TaskQueue != seen.Queue {
			p.Near = "A worker polls " + near.TaskQueue + ", not " + seen.Queue + "."
		}
		return p
	}
	who := map[string]bool{}
	for _, w := range seen.Pollers {
		who[w.Identity] = true
	}
	p.Tag, p.Text = views.Tag{State: views.Good, Word: many(len(who), "worker", "workers") + " polling"}, "Onramp sees your worker."
	p.Facts = append(p.Facts, views.Pair{Name: "Identity", Value: seen.Pollers[0].Identity, Mono: true}, views.Pair{Name: "Last seen", Value: ago(h.o.Now(), seen.Pollers[0].LastAccess)})
	if profile, ok := transfer.LookupProfile(seen.Looks.Template); ok && seen.Looks.Template != "" {
		p.Facts = append(p.Facts, views.Pair{Name: "Looks like", Value: "the " + profile.Language + " template: " + seen.Looks.Evidence})
	}
	return p
}

// followPoller sends what is known of the worker whenever that changes, until one is seen.
func (h *Handlers) followPoller(ctx context.Context, s *eventStream, v visit, queue string) {
	last := ""
	for now, err := range h.o.Acts.Book.Watch(ctx, v.Migration.ID) {
		if err != nil {
			return
		}
		v.View = now
		p := h.poller(v, queue)
		text, err := renderParts(ctx, views.Poller(p))
		if err != nil {
			return
		}
		if text == last {
			err = s.beat()
		} else {
			last, err = text, s.send("", "swap", text)
		}
		if err != nil {
			return
		}
		if v.Step(migration.StepCode).Status == migration.Done {
			if s.send("", "say", p.Text) == nil {
				_ = s.send("", "end", "")
			}
			return
		}
	}
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
