package web

import (
	"net/http"
	"time"
)

// stalled is the default of Options.Patience, and piece what a reader has that long for, in bytes. An answer as a whole
// has no deadline: who reads slowly gets it, who does not read holds nothing for longer.
const (
	stalled = 30 * time.Second
	piece   = 32 << 10
)

// statusWriter remembers the status, and gives every piece of an answer its own deadline. http.ResponseController
// reaches the real writer through Unwrap.
type statusWriter struct {
	http.ResponseWriter
	rc       *http.ResponseController
	patience time.Duration
	status   int
	once     bool // HTTP/1: a deadline that has passed matters to the next write alone, which sets another
}

func newWriter(w http.ResponseWriter, r *http.Request, patience time.Duration) *statusWriter {
	return &statusWriter{ResponseWriter: w, rc: http.NewResponseController(w), patience: patience, once: r.ProtoMajor < 2}
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (n int, err error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	for {
		part := b[:min(len(b), piece)]
		_ = w.rc.SetWriteDeadline(time.Now().Add(w.patience)) // not every writer has deadlines
		m, err := w.ResponseWriter.Write(part)
		n += m
		if !w.once { // HTTP/2 resets a stream whose deadline passes, also when nothing is being written
			_ = w.rc.SetWriteDeadline(time.Time{})
		}
		if b = b[len(part):]; err != nil || len(b) == 0 {
			return n, err
		}
	}
}

// finish gives what the server still holds of the answer its deadline.
func (w *statusWriter) finish() { _ = w.rc.SetWriteDeadline(time.Now().Add(w.patience)) }

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
