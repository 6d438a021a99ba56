package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"onramp/doctor"
	"onramp/fault"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// feedPath is the address of the stream of a run, from the entry that the page shows already.
func feedPath(v visit, run runs.Run, after int64) string {
	return movePath(v.Migration.ID, "events") + "?on=run:" + run.ID + "&after=" + strconv.FormatInt(after, 10)
}

// events is the one stream of a page. on says what it follows: run:<id>, migration, or poller. What is wrong
// with the request is said before the first header. It ends when the reader leaves, the run has ended or the
// server stops.
func (h *Handlers) events(w http.ResponseWriter, r *http.Request) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return fault.New(fault.Denied, "This came from another site's page", "Open the page in Onramp.")
	}
	v, err := h.move(r)
	if err != nil {
		return err
	}
	on := r.URL.Query().Get("on")
	if id, ok := strings.CutPrefix(on, "run:"); ok {
		return h.runEvents(w, r, v, id)
	}
	switch on {
	case "migration":
		return h.stream(w, r, func(ctx context.Context, s *eventStream) { h.followMove(ctx, s, v) })
	case "poller":
		queue := r.URL.Query().Get("queue")
		return h.stream(w, r, func(ctx context.Context, s *eventStream) { h.followPoller(ctx, s, v, queue) })
	}
	return fault.New(fault.NotFound, "There is nothing of that name to follow", "Follow run:<id>, migration or poller.")
}

// stream opens the stream and lets follow write to it until its context ends.
func (h *Handlers) stream(w http.ResponseWriter, r *http.Request, follow func(context.Context, *eventStream)) error {
	ctx, done := h.streamContext(r)
	defer done()
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		return nil
	}
	s, err := newEventStream(w)
	if err != nil {
		recordOf(r).err = err
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
		return 0, false, fault.New(fault.Invalid, "The place to go on from is not a number", "Leave it out to start with what is there.")
	}
	return after, true, nil
}

// runEvents follows a run.
func (h *Handlers) runEvents(w http.ResponseWriter, r *http.Request, v visit, id string) error {
	run, err := h.o.Runs.Run(r.Context(), v.Migration.ID, id)
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
	return h.stream(w, r, func(ctx context.Context, s *eventStream) { h.followRun(ctx, s, live, v.by.Person, after, resumes) })
}

// liveRun is a run whose log is followed: what a page shows of it, and what new entries change.
type liveRun interface {
	// upTo takes the log so far, up to an entry; 0 takes all of it. It returns the last entry taken.
	upTo(after int64) int64
	// take notes the next entries of the log.
	take(es []runs.Entry)
	// next returns the parts that the entries taken last change, and what to say of them. It may be left out: many who
	// follow a run share one answer.
	next(es []runs.Entry) (parts []templ.Component, say, alarm string)
	// finish takes the run as it ended and returns every part, and what to say of it.
	finish(run runs.Run) (parts []templ.Component, say, alarm string)
	all() []templ.Component
	id() (migrationID, runID string)
}

func (h *Handlers) liveRun(ctx context.Context, v visit, run runs.Run) (liveRun, error) {
	entries, err := h.o.Runs.Entries(ctx, run.ID, 0)
	if err != nil {
		return nil, err
	}
	// The run after its log: one that ended in between is then shown as ended.
	if run, err = h.o.Runs.Run(ctx, v.Migration.ID, run.ID); err != nil {
		return nil, err
	}
	switch run.Kind {
	case migration.TransferRun:
		return h.newTransferFeed(v, run, entries), nil
	case migration.DrillRun:
		return &drillFeed{drillState: drillState{view: v, run: run}, log: entries}, nil
	}
	return &checkFeed{checkState: checkState{view: v, run: run, stages: map[string]doctor.Stage{}}, log: entries}, nil
}

// followRun sends a run: to a new reader its present state first, then what follows; to one that comes back
// only what it has not seen.
func (h *Handlers) followRun(ctx context.Context, s *eventStream, live liveRun, by string, after int64, resumes bool) {
	var at int64
	if resumes && after > 0 {
		at = live.upTo(after)
	}
	if !resumes || at < after { // new, or it has seen lines that a power cut took: all of it again
		at = live.upTo(0)
		if s.swap(ctx, seqID(at), live.all()...) != nil {
			return
		}
	}
	m, id := live.id()
	for es, err := range h.o.Runs.Follow(ctx, id, at) {
		switch {
		case err != nil:
			return // the reader comes back and goes on where it was
		case len(es) == 0:
			if s.beat() != nil {
				return
			}
			continue
		}
		live.take(es)
		p := h.rendered.entries(ctx, es, by, func(ctx context.Context) ([]templ.Component, string, string, error) {
			if es[len(es)-1].Kind != runs.EntryEnd {
				parts, say, alarm := live.next(es)
				return parts, say, alarm, nil
			}
			run, err := h.o.Runs.Run(ctx, m, id)
			if err != nil {
				return nil, "", "", err
			}
			rows, said, alarmed := live.next(es[:len(es)-1])
			parts, say, alarm := live.finish(run)
			return append(rows, parts...), either(say, said), either(alarm, alarmed), nil
		})
		if p.err != nil || len(p.frames) > 0 && s.writeBytes(p.frames) != nil {
			return
		}
	}
	if ctx.Err() == nil && h.runEnded(ctx, m, id) {
		_ = s.send("", "end", "") // the reader left: nobody is there to be told
	}
}

// runEnded reports whether a followed log ended because the run has, and not because the service closes.
func (h *Handlers) runEnded(ctx context.Context, m, id string) bool {
	run, err := h.o.Runs.Run(ctx, m, id)
	return err == nil && run.Over()
}

func seqID(seq int64) string { return strconv.FormatInt(seq, 10) }

// frames are the events that say what one entry changes. The id goes with the last, so that a reader whose stream
// breaks in between gets all of the entry again.
func frames(id, text, say, alarm string) []byte {
	var b bytes.Buffer
	if say != "" {
		frame(&b, "", "say", say)
	}
	if alarm != "" {
		frame(&b, "", "alarm", alarm)
	}
	if text != "" {
		frame(&b, id, "swap", text)
	}
	return b.Bytes()
}

// sendAll sends parts as frames does.
func sendAll(ctx context.Context, s *eventStream, id string, parts []templ.Component, say, alarm string) error {
	text, err := renderParts(ctx, parts...)
	if err != nil {
		return err
	}
	return s.writeBytes(frames(id, text, say, alarm))
}

// checkFeed is a check that is followed.
type checkFeed struct {
	checkState
	log []runs.Entry
}

func (c *checkFeed) id() (string, string) { return c.run.MigrationID, c.run.ID }

func (c *checkFeed) upTo(after int64) int64 {
	for _, e := range c.log {
		if after > 0 && e.Seq > after {
			break
		}
		c.add(e)
	}
	return c.seq
}

func (c *checkFeed) take(es []runs.Entry) {
	for _, e := range es {
		c.add(e)
	}
}

func (c *checkFeed) next(es []runs.Entry) (parts []templ.Component, say, alarm string) {
	c.run.State, c.run.Result = migration.RunRunning, nil // as these entries saw it, however the run ended since
	told := map[string]bool{}
	for _, e := range es {
		s, ok := stageOf(e)
		if !ok {
			continue
		}
		n, all := stageNumber(s.ID), len(doctor.StageIDs)
		switch s.Status {
		case doctor.Pass, doctor.Warn:
			say = fmt.Sprintf("Check %d of %d passed: %s", n, all, stageTitles[s.ID])
		case doctor.Fail:
			alarm = fmt.Sprintf("Check %d of %d failed: %s. %s", n, all, stageTitles[s.ID], s.Summary)
		}
		if !told[s.ID] {
			told[s.ID] = true
			parts = append(parts, views.StageRow(c.stage(s.ID)))
		}
	}
	if len(parts) == 0 {
		return nil, "", ""
	}
	return append(parts, views.Crossing(c.crossing()), views.RunStatus(c.status())), say, alarm
}

func (c *checkFeed) finish(run runs.Run) (parts []templ.Component, say, alarm string) {
	c.run = run
	if run.State == migration.RunPassed {
		say = "All is well: " + run.Title
	} else {
		alarm = run.Title
	}
	return c.all(), say, alarm
}

// followMove sends the parts that follow a migration whenever it changes, and every 15 s although nothing did:
// that is the beat, and it renews what time alone changes.
func (h *Handlers) followMove(ctx context.Context, s *eventStream, v visit) {
	before := -1
	for now, err := range h.o.Acts.Book.Watch(ctx, v.Migration.ID) {
		if err != nil {
			return
		}
		say := ""
		if before >= 0 && now.DoneCount > before {
			say = doneText(now)
		}
		before = now.DoneCount
		if sendAll(ctx, s, seqID(now.Migration.Version), h.liveMove(visit{now, v.by}), say, "") != nil {
			return
		}
	}
}
