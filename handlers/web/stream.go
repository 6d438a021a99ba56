package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/a-h/templ"

	"onramp/runs"
)

// FeedPath is the address of the stream of a run, from the entry that the page shows already.
func FeedPath(v Visit, run runs.Run, after int64) string {
	return MovePath(v.Migration.ID, "events") + "?on=run:" + run.ID + "&after=" + strconv.FormatInt(after, 10)
}

// SeqID is the number of an entry as the id of an event.
func SeqID(seq int64) string { return strconv.FormatInt(seq, 10) }

// Frames are the events that say what one entry changes. The id goes with the last, so that a reader whose stream
// breaks in between gets all of the entry again.
func Frames(id, text, say, alarm string) []byte {
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

// rendered keeps what an entry of a run changes on the page, for a moment: a thousand readers of one transfer
// are sent the same text, worked out and rendered once.
type rendered struct {
	mu  sync.Mutex
	all map[string]*pushed
}

// pushed is what one entry of a run sends to who follows it.
type pushed struct {
	once   sync.Once
	at     time.Time
	Frames []byte // shared: not to be changed
	Err    error
}

const (
	// renderedLife is how long a text is given to others: it counts down to the next retry.
	renderedLife = 2 * time.Second
	maxRendered  = 256
)

// Entries is what entries of a run send to a person; make is asked for it, once for all of whom the same are sent at
// about the same time.
func (c *rendered) Entries(ctx context.Context, es []runs.Entry, person string, make func(context.Context) (parts []templ.Component, say, alarm string, err error)) *pushed {
	first, last := es[0], es[len(es)-1]
	key, now := strings.Join([]string{first.RunID, SeqID(first.Seq), SeqID(last.Seq), person}, "/"), time.Now()
	c.mu.Lock()
	p := c.all[key]
	if p == nil || now.Sub(p.at) > renderedLife {
		if c.all == nil || len(c.all) >= maxRendered {
			c.all = map[string]*pushed{}
		}
		p = &pushed{at: now}
		c.all[key] = p
	}
	c.mu.Unlock()
	p.once.Do(func() {
		ctx, text := context.WithoutCancel(ctx), ""
		parts, say, alarm, err := make(ctx)
		if err == nil && len(parts) > 0 {
			text, err = RenderParts(ctx, parts...)
		}
		p.Frames, p.Err = Frames(SeqID(last.Seq), text, say, alarm), err
	})
	return p
}

// StreamContext ends when the reader leaves or the server stops.
func (h *Site) StreamContext(r *http.Request) (context.Context, context.CancelFunc) {
	made(r) // what follows takes as long as the run does
	ctx, cancel := h.whileSignedIn(r.Context(), r)
	stop := context.AfterFunc(h.closing, cancel)
	return ctx, func() { stop(); cancel() }
}

// openStream takes the connection out of the server's deadline for reading: it is for requests that end, and the server
// would take the reader for gone.
func openStream(w http.ResponseWriter) *http.ResponseController {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{})
	w.Header().Set("X-Accel-Buffering", "no")
	return rc
}

// EventStream writes server-sent events.
type EventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// NewEventStream sends the headers; from here on nothing else can be answered.
func NewEventStream(w http.ResponseWriter) (*EventStream, error) {
	s := &EventStream{w: w, rc: openStream(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	return s, s.write("retry: 2000\n\n")
}

// Send writes one event.
func (s *EventStream) Send(id, event, data string) error {
	var b bytes.Buffer
	frame(&b, id, event, data)
	return s.WriteBytes(b.Bytes())
}

// frame appends one event as it is sent. id is where a reader that comes back goes on; "" keeps the id before it.
func frame(b *bytes.Buffer, id, event, data string) {
	if id != "" {
		fmt.Fprintf(b, "id: %s\n", id)
	}
	fmt.Fprintf(b, "event: %s\n", event)
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(data)) {
		fmt.Fprintf(b, "data: %s\n", strings.TrimSuffix(line, "\n"))
	}
	if data == "" {
		b.WriteString("data:\n") // an event without data is never given to the page
	}
	b.WriteString("\n")
}

// Beat writes a comment.
func (s *EventStream) Beat() error { return s.write(": beat\n\n") }

// Swap sends live parts.
func (s *EventStream) Swap(ctx context.Context, id string, parts ...templ.Component) error {
	text, err := RenderParts(ctx, parts...)
	if err != nil {
		return err
	}
	return s.Send(id, "swap", text)
}

func (s *EventStream) write(text string) error { return s.WriteBytes([]byte(text)) }

// WriteBytes sends finished events at once. It fails when the reader left or stalled.
func (s *EventStream) WriteBytes(b []byte) error {
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.rc.Flush()
}

// StreamPage sends a page as it grows, for a reader without JavaScript.
func (h *Site) StreamPage(w http.ResponseWriter, r *http.Request, page func(context.Context) templ.Component) error {
	ctx, done := h.StreamContext(r)
	defer done()
	rc := openStream(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := page(ctx).Render(ctx, pageStream{w, rc}); err != nil {
		RecordOf(r).Err = err // the status is sent: nothing can be answered now
	}
	return nil
}

// pageStream is what a streamed page is written to.
type pageStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s pageStream) Write(b []byte) (int, error) { return s.w.Write(b) }

// Flush is what templ calls where the page says so. It is an http.Flusher's, without an error: templ passes
// over any other. A reader that has left is met by the next Write.
func (s pageStream) Flush() { _ = s.rc.Flush() }
