package web

import (
	"bufio"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"onramp/fault"
)

// exportsEach is how many exports one person may read at once: one who opens many and reads none holds a little
// memory, for a while, and others are served.
const exportsEach = 8

// exports counts the exports that are being read.
type exports struct {
	mu sync.Mutex
	of map[string]int // by person
}

// begin counts one more for a person, until done; TooMany when there are too many.
func (e *exports) begin(person string, patience time.Duration) (done func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.of[person] >= exportsEach {
		f := fault.New(fault.TooMany, "Too many exports are being read at once", "Wait until one of them has ended, then try again.")
		f.Cause = fmt.Sprintf("One person reads at most %d at once. One that nobody goes on reading ends after %s.", exportsEach, fault.Lasts(patience))
		return nil, f
	}
	if e.of == nil {
		e.of = map[string]int{}
	}
	e.of[person]++
	return sync.OnceFunc(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.of[person]--; e.of[person] == 0 {
			delete(e.of, person)
		}
	}), nil
}

// newPieces bounds how many exports make their next piece at once, a long one's being much work: half of the processors
// are left to the pages, however many export.
func newPieces() turns { return make(turns, max(1, runtime.GOMAXPROCS(0)/2)) }

// SendStream sends what fill writes, piece by piece, and holds one piece at a time. An error before the first piece is
// answered as any other; after it the connection is cut, so that a part is never taken for the whole.
func (h *Site) SendStream(w http.ResponseWriter, r *http.Request, contentType string, fill func(io.Writer) error) error {
	done, err := h.exports.begin(h.By(r).Person, h.Patience)
	if err != nil {
		return err
	}
	defer done()
	s := &started{w: w, r: r, contentType: contentType, piece: &turn{of: h.pieces}}
	if r.Method == http.MethodHead {
		s.begin()
		return nil
	}
	if err := Aside(r.Context(), func() error { return s.piece.take(r.Context()) }); err != nil {
		return err
	}
	defer s.piece.leave()
	out := bufio.NewWriterSize(s, piece)
	err = fill(out)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
		s.begin() // an empty answer
		return nil
	case !s.sent:
		return err
	}
	RecordOf(r).Err = err
	panic(http.ErrAbortHandler)
}

// started sends the headers with the first piece.
type started struct {
	w           http.ResponseWriter
	r           *http.Request
	contentType string
	piece       *turn // while the next piece is made
	sent        bool
}

func (s *started) begin() {
	if s.sent {
		return
	}
	s.sent = true
	s.w.Header().Set("Content-Type", s.contentType)
	made(s.r)
	s.w.WriteHeader(http.StatusOK)
}

func (s *started) Write(b []byte) (int, error) {
	s.begin()
	s.piece.leave() // the reader may take their time
	n, err := s.w.Write(b)
	if err == nil {
		err = s.piece.take(s.r.Context())
	}
	return n, err
}

// Attachment says under which name a browser saves the answer. The name is one of ours or is made harmless by mime.
func Attachment(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// Spool calls fill with a file that has no name and goes with its last reader, and sends what it holds then: for
// what comes from a server that cannot wait for the reader.
func (h *Site) Spool(w http.ResponseWriter, r *http.Request, contentType string, fill func(io.Writer) error) error {
	f, err := os.CreateTemp(h.SpoolDir, "onramp-spool-*")
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The data directory cannot be written", "Free space on its disk, then try again.")
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		defer os.Remove(f.Name()) // a system that keeps the names of open files
	}
	if err := fill(f); err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return h.SendStream(w, r, contentType, func(out io.Writer) error {
		_, err := io.Copy(out, f)
		return err
	})
}
