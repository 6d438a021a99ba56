package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// slowReader takes its time over each piece.
type slowReader struct {
	*httptest.ResponseRecorder
	read <-chan struct{}
}

func (s slowReader) Write(b []byte) (int, error) { <-s.read; return s.ResponseRecorder.Write(b) }

// TestExportsTakeTurns: of many exports as many make their next piece at once as there are turns, those whose readers are
// slow hold none, and all come to their end.
// ASVS 15.2.2.
func TestExportsTakeTurns(t *testing.T) {
	const readers, pieces = 6, 4
	h := &Site{pieces: make(turns, 2), turns: newTurns(), Options: Options{Patience: time.Minute}}
	var mu sync.Mutex
	making, most := 0, 0
	mark := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		making += by
		most = max(most, making)
	}
	text := strings.Repeat("x", piece)
	read := make(chan struct{})
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			w := slowReader{httptest.NewRecorder(), read}
			r := httptest.NewRequest(http.MethodGet, "/audit.json", nil)
			err := h.SendStream(w, r, "text/plain; charset=utf-8", func(out io.Writer) error {
				for range pieces {
					mark(+1)
					for range 1000 { // others could begin
						runtime.Gosched()
					}
					mark(-1)
					_, err := io.WriteString(out, text)
					if err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil || w.Body.Len() != pieces*piece {
				t.Errorf("%d bytes, %v", w.Body.Len(), err)
			}
		})
	}
	// While nobody reads, each of them has made its first piece and waits: a reader who never reads keeps no turn.
	for range readers * pieces {
		select {
		case read <- struct{}{}:
		case <-time.After(time.Minute):
			t.Fatal("an export waits for a turn that nobody gives back")
		}
	}
	close(read)
	all.Wait()
	if most > 2 {
		t.Errorf("%d made their piece at once", most)
	}
	// Who leaves before a turn comes makes nothing.
	h.pieces <- struct{}{}
	h.pieces <- struct{}{}
	ctx, leave := context.WithCancel(t.Context())
	leave()
	r := httptest.NewRequest(http.MethodGet, "/audit.json", nil).WithContext(ctx)
	if err := h.SendStream(httptest.NewRecorder(), r, "text/plain; charset=utf-8", func(io.Writer) error { t.Error("it is made"); return nil }); err == nil {
		t.Error("nobody is told")
	}
}
