package handlers

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/assess"
	"onramp/handlers/check"
	"onramp/handlers/transfer"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
)

// events is the one stream of a page. on says what it follows: run:<id>, migration, replace, keys or poller. What is wrong
// with the request is said before the first header. It ends when the reader leaves, the run has ended or the
// server stops.
func (h *Handlers) events(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fault.New(fault.Denied, "This came from another site's page", "Open the page in Onramp.")
	}
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	on := r.URL.Query().Get("on")
	if id, ok := strings.CutPrefix(on, "run:"); ok {
		return h.runEvents(w, r, v, id)
	}
	for _, f := range h.feeds() {
		if f.name == on {
			return h.stream(w, r, func(ctx context.Context, s *web.EventStream) { f.follow(ctx, s, v, r.URL.Query()) })
		}
	}
	return fault.New(fault.NotFound, "There is nothing to follow under that name", "Follow run:<id>, migration, replace, keys, switch or poller.")
}

// feed is what a page can follow beside a run.
type feed struct {
	name   string // in the address: ?on=
	follow func(ctx context.Context, s *web.EventStream, v web.Visit, asked url.Values)
}

func (h *Handlers) feeds() []feed {
	return []feed{
		{"migration", func(ctx context.Context, s *web.EventStream, v web.Visit, _ url.Values) { h.followMove(ctx, s, v) }},
		{"replace", func(ctx context.Context, s *web.EventStream, v web.Visit, asked url.Values) {
			h.replace.Follow(ctx, s, v, asked.Get("step"), asked.Get("have"))
		}},
		{"keys", func(ctx context.Context, s *web.EventStream, v web.Visit, asked url.Values) {
			h.rotate.Follow(ctx, s, v, asked.Get("have"))
		}},
		{"switch", func(ctx context.Context, s *web.EventStream, v web.Visit, asked url.Values) {
			h.method.Follow(ctx, s, v, asked.Get("have"))
		}},
		{"poller", func(ctx context.Context, s *web.EventStream, v web.Visit, asked url.Values) {
			h.code.FollowPoller(ctx, s, v, asked.Get("queue"))
		}},
	}
}

// stream opens the stream and lets follow write to it until its context ends.
func (h *Handlers) stream(w http.ResponseWriter, r *http.Request, follow func(context.Context, *web.EventStream)) error {
	ctx, done := h.StreamContext(r)
	defer done()
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		return nil
	}
	s, err := web.NewEventStream(w)
	if err != nil {
		web.RecordOf(r).Err = err
		return nil
	}
	follow(ctx, s)
	return nil
}

// resumeAt is the entry after which a reader goes on: the browser's own memory counts before the address,
// which it keeps sending as it was.
func resumeAt(r *http.Request) (after int64, resumes bool, err error) {
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = r.URL.Query().Get("after")
	}
	if text == "" {
		return 0, false, nil
	}
	after, err = strconv.ParseInt(text, 10, 64)
	if err != nil || after < 0 {
		return 0, false, fault.New(fault.Invalid, "The position to resume from is not a number", "Leave it out to start from the beginning.")
	}
	return after, true, nil
}

// runEvents follows a run.
func (h *Handlers) runEvents(w http.ResponseWriter, r *http.Request, v web.Visit, id string) error {
	run, err := h.Runs.Run(r.Context(), v.Migration.ID, id)
	if err != nil {
		return err
	}
	after, resumes, err := resumeAt(r)
	if err != nil {
		return err
	}
	live, err := h.liveRun(r.Context(), v, run)
	if err != nil {
		return err
	}
	return h.stream(w, r, func(ctx context.Context, s *web.EventStream) { h.followRun(ctx, s, live, v.By.Person, after, resumes) })
}

// liveRun is a run whose log is followed: what a page shows of it, and what new entries change.
type liveRun interface {
	// UpTo takes the log so far, up to an entry; 0 takes all of it. It returns the last entry taken.
	UpTo(after int64) int64
	// Take notes the next entries of the log.
	Take(es []runs.Entry)
	// Next returns the parts that the entries taken last change, and what to say of them. It may be left out: many who
	// follow a run share one answer.
	Next(es []runs.Entry) (parts []templ.Component, say, alarm string)
	// Finish takes the run as it ended and returns every part, and what to say of it.
	Finish(run runs.Run) (parts []templ.Component, say, alarm string)
	All() []templ.Component
	ID() (migrationID, runID string)
}

func (h *Handlers) liveRun(ctx context.Context, v web.Visit, run runs.Run) (liveRun, error) {
	entries, err := h.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	// The run after its log: one that ended in between is then shown as ended.
	if run, err = h.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil {
		return nil, err
	}
	switch run.Kind {
	case migration.TransferRun:
		return h.transfer.NewTransferFeed(v, run, entries), nil
	case migration.DrillRun:
		return &transfer.DrillFeed{DrillState: transfer.DrillState{View: v, Run: run, Now: h.Now}, Log: entries}, nil
	case migration.AssessRun:
		return &assess.Feed{State: assess.State{View: v, Run: run}, Log: entries}, nil
	case migration.CheckRun:
		return &check.CheckFeed{CheckState: check.CheckState{View: v, Run: run, Stages: map[string]doctor.Stage{}, Now: h.Now}, Log: entries}, nil
	}
	return nil, fault.New(fault.NotFound, "This version of Onramp cannot show such a run", "Open it with the version that made it.")
}

// followRun sends a run: to a new reader its present state first, then what follows; to one that comes back
// only what it has not seen.
func (h *Handlers) followRun(ctx context.Context, s *web.EventStream, live liveRun, by string, after int64, resumes bool) {
	var at int64
	if resumes && after > 0 {
		at = live.UpTo(after)
	}
	if !resumes || at < after { // new, or it has seen lines that a power cut took: all of it again
		at = live.UpTo(0)
		if s.Swap(ctx, web.SeqID(at), live.All()...) != nil {
			return
		}
	}
	m, id := live.ID()
	for es, err := range h.Runs.Follow(ctx, id, at) {
		switch {
		case err != nil:
			return // the reader comes back and goes on where it was
		case len(es) == 0:
			if s.Beat() != nil {
				return
			}
			continue
		}
		live.Take(es)
		p := h.Rendered.Entries(ctx, es, by, func(ctx context.Context) ([]templ.Component, string, string, error) {
			if es[len(es)-1].Kind != runs.EntryEnd {
				parts, say, alarm := live.Next(es)
				return parts, say, alarm, nil
			}
			run, err := h.Runs.Run(ctx, m, id)
			if err != nil {
				return nil, "", "", err
			}
			rows, said, alarmed := live.Next(es[:len(es)-1])
			parts, say, alarm := live.Finish(run)
			return append(rows, parts...), web.Either(say, said), web.Either(alarm, alarmed), nil
		})
		if p.Err != nil || len(p.Frames) > 0 && s.WriteBytes(p.Frames) != nil {
			return
		}
	}
	if ctx.Err() == nil && h.runEnded(ctx, m, id) {
		_ = s.Send("", "end", "") // the reader left: nobody is there to be told
	}
}

// runEnded reports whether a followed log ended because the run has, and not because the service closes.
func (h *Handlers) runEnded(ctx context.Context, m, id string) bool {
	run, err := h.Runs.Run(ctx, m, id)
	return err == nil && run.Over()
}

// sendAll sends parts as frames does.
func sendAll(ctx context.Context, s *web.EventStream, id string, parts []templ.Component, say, alarm string) error {
	text, err := web.RenderParts(ctx, parts...)
	if err != nil {
		return err
	}
	return s.WriteBytes(web.Frames(id, text, say, alarm))
}

// followMove sends the parts that follow a migration whenever it changes, and every 15 s although nothing did:
// that is the beat, and it renews what time alone changes.
func (h *Handlers) followMove(ctx context.Context, s *web.EventStream, v web.Visit) {
	before := -1
	for now, err := range h.Acts.Book.Watch(ctx, v.Migration.ID) {
		if err != nil {
			return
		}
		say := ""
		if before >= 0 && now.DoneCount > before {
			say = web.DoneText(now)
		}
		before = now.DoneCount
		visit := web.Visit{View: now, By: v.By}
		if sendAll(ctx, s, web.SeqID(now.Migration.Version), append(h.journey.LiveMove(visit), h.journey.LiveChecks(ctx, visit)...), say, "") != nil {
			return
		}
	}
}
