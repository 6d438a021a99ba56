package code

import (
	"context"
	"net/http"

	"onramp/acts"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/views"
)

// LookForWorker looks for a worker: once with an API key, and with a lent key until one is seen or somebody stops it.
func (h *Pages) LookForWorker(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	q, err := readCodeQuery(v, r.URL.Query())
	if err != nil {
		return err
	}
	var seen acts.Worker
	if web.UsesKeys(v) {
		seen, err = h.Acts.Checks.LookForWorker(r.Context(), v.By, v.Migration.ID, f.Text("queue"), acts.Credentials{APIKey: f.Values.Get("api_key")})
	} else {
		seen, err = h.Acts.Checks.WatchForWorker(r.Context(), v.By, v.Migration.ID, f.Text("queue"))
	}
	if err == nil && (len(seen.Pollers) > 0 || !web.UsesKeys(v)) { // written down, or looked for on
		return web.SeeOther(w, r, web.MovePath(v.Migration.ID, migration.StepCode)+q.with(func(*codeQuery) {})+"#poller", "")
	}
	status, p := http.StatusOK, h.PollerSeen(v, seen, err)
	var ps views.Problems
	if fault.Is(err, fault.Invalid) {
		status, ps, p = http.StatusUnprocessableEntity, fault.All(err), h.Poller(v, f.Text("queue"), "")
		if !web.UsesKeys(v) && !h.Acts.Checks.CanLook(v.By, v.View) { // there is no form that could show what is wrong
			p.Tag = views.Tag{State: views.Warn, Word: "Cannot look"}
		}
	}
	return h.showCode(w, r, status, v, q, func(c *views.CodeProps) { c.Poller, c.Look.Problems = p, ps })
}

// FollowPoller sends what is known of the worker whenever that changes, until one is seen.
func (h *Pages) FollowPoller(ctx context.Context, s *web.EventStream, v web.Visit, queue string) {
	last := ""
	for now, err := range h.Acts.Book.Watch(ctx, v.Migration.ID) {
		if err != nil {
			return
		}
		v.View = now
		p := h.Poller(v, queue, "")
		text, err := web.RenderParts(ctx, views.Poller(p))
		if err != nil {
			return
		}
		if text == last {
			err = s.Beat()
		} else {
			last, err = text, s.Send("", "swap", text)
		}
		if err != nil {
			return
		}
		if v.Step(migration.StepCode).Status == migration.Done {
			if s.Send("", "say", p.Text) == nil {
				_ = s.Send("", "end", "")
			}
			return
		}
	}
}
