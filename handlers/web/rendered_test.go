package web

import (
	"context"
	"fmt"
	"io"
	"onramp/runs"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/a-h/templ"
)

// TestRenderedOnce: many readers of one entry share one rendering; another entry, another run and a later reader
// get their own.
func TestRenderedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c rendered
		var renderings atomic.Int64
		part := templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
			renderings.Add(1)
			_, err := io.WriteString(w, "<p>x</p>")
			return err
		})
		ask := func(run string, seq int64) {
			p := c.Entries(t.Context(), []runs.Entry{{RunID: run, Seq: seq}}, "local", func(context.Context) ([]templ.Component, string, string, error) {
				return []templ.Component{part}, "said", "", nil
			})
			if want := fmt.Sprintf("event: say\ndata: said\n\nid: %d\nevent: swap\ndata: <p>x</p>\n\n", seq); p.Err != nil || string(p.Frames) != want {
				t.Errorf("sent %q, want %q, %v", p.Frames, want, p.Err)
			}
		}
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { ask("a", 1) })
		}
		wg.Wait()
		if n := renderings.Load(); n != 1 {
			t.Errorf("rendered %d times for 1000 readers", n)
		}
		ask("a", 2)
		ask("b", 1)
		time.Sleep(3 * time.Second) // synctest's clock
		ask("a", 1)
		if n := renderings.Load(); n != 4 {
			t.Errorf("rendered %d times, want 4", n)
		}
		for i := range int64(10000) {
			ask("c", i)
		}
		if n := len(c.all); n > maxRendered {
			t.Errorf("%d texts are kept", n)
		}
	})
}
