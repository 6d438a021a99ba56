package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// stalled is how long one write to a stream may wait for its reader. A stream as a whole has no deadline.
const stalled = 30 * time.Second

// beatEvery is how often a stream says that it lives, so that proxies keep it open.
const beatEvery = 15 * time.Second

// streamContext ends when the reader leaves or the server stops.
func (h *Handlers) streamContext(r *http.Request) (context.Context, context.CancelFunc) {
	made(r) // what follows takes as long as the run does
	ctx, cancel := context.WithCancel(r.Context())
	stop := context.AfterFunc(h.closing, cancel)
	return ctx, func() { stop(); cancel() }
}

// openStream takes the connection out of the server's deadlines: they are for requests that end.
func openStream(w http.ResponseWriter) *http.ResponseController {
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // else the server would take the reader for gone when ReadTimeout is over
	_ = rc.SetWriteDeadline(time.Time{})
	w.Header().Set("X-Accel-Buffering", "no")
	return rc
}

// eventStream writes server-sent events.
type eventStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// newEventStream sends the headers; from here on nothing else can be answered.
func newEventStream(w http.ResponseWriter) (*eventStream, error) {
	s := &eventStream{w: w, rc: openStream(w)}
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	return s, s.write("retry: 2000\n\n")
}

// send writes one event.
func (s *eventStream) send(id, event, data string) error {
	var b bytes.Buffer
	frame(&b, id, event, data)
	return s.writeBytes(b.Bytes())
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

// beat writes a comment.
func (s *eventStream) beat() error { return s.write(": beat\n\n") }

// swap sends live parts.
func (s *eventStream) swap(ctx context.Context, id string, parts ...templ.Component) error {
	text, err := renderParts(ctx, parts...)
	if err != nil {
		return err
	}
	return s.send(id, "swap", text)
}

func (s *eventStream) write(text string) error { return s.writeBytes([]byte(text)) }

func (s *eventStream) writeBytes(b []byte) error {
	_ = s.rc.SetWriteDeadline(time.Now().Add(stalled)) // not every writer has deadlines
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.rc.Flush()
}

// streamPage sends a page as it grows, for a reader without JavaScript.
func (h *Handlers) streamPage(w http.ResponseWriter, r *http.Request, page func(context.Context) templ.Component) error {
	ctx, done := h.streamContext(r)
	defer done()
	rc := openStream(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := page(ctx).Render(ctx, pageStream{w, rc}); err != nil {
		recordOf(r).err = err // the status is sent: nothing can be answered now
	}
	return nil
}

// pageStream is what a streamed page is written to.
type pageStream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func (s pageStream) Write(b []byte) (int, error) {
	_ = s.rc.SetWriteDeadline(time.Now().Add(stalled))
	return s.w.Write(b)
}

// Flush is what templ calls where the page says so. It is an http.Flusher's, without an error: templ passes
// over any other. A reader that has left is met by the next Write.
func (s pageStream) Flush() { _ = s.rc.Flush() }
