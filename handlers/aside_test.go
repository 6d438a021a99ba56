package handlers_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"onramp/transfer"
)

// TestSlowPagesStopNobody: readers of pages that wait for a server or a network, more than answers are made at once,
// all wait at the same time, and every other page answers meanwhile.
func TestSlowPagesStopNobody(t *testing.T) {
	many := max(16, 4*runtime.GOMAXPROCS(0)) + 4
	for _, tt := range []struct {
		name string
		path func(d *desk, wait func()) string // makes it wait from now on
	}{
		{"the history of a workflow", func(d *desk, wait func()) string {
			_, run, _ := d.running()
			d.emit(run, transfer.Event{Event: "started", Text: "Started", Data: transfer.Data{WorkflowID: "w-1"}})
			d.ops.waits = wait
			return run + "/history.json"
		}},
		{"a rehearsal cloud that starts", func(d *desk, wait func()) string {
			d.cloud.mu.Lock()
			d.cloud.state.Phase = "starting"
			d.cloud.mu.Unlock()
			d.cloud.waits = wait
			return "/cloud"
		}},
		{"a namespace of one that starts", func(d *desk, wait func()) string {
			d.moved()
			d.cloud.mu.Lock()
			d.cloud.state.Phase = "starting"
			d.cloud.mu.Unlock()
			d.cloud.waits = wait
			return "/cloud/docs-assembly.a2dd6"
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := sit(t, deskOptions{byHand: tt.name == "the history of a workflow"})
			waiting, on := make(chan struct{}, 10*many), make(chan struct{})
			path := tt.path(d, func() { waiting <- struct{}{}; <-on })
			var readers sync.WaitGroup
			for range many {
				readers.Go(func() { d.get(path) })
			}
			for n := range many {
				select {
				case <-waiting:
				case <-time.After(10 * time.Second):
					t.Errorf("%d of %d readers wait; the others do not get that far", n, many)
					close(on)
					readers.Wait()
					return
				}
			}
			d.get("/help").want(t, 200)
			close(on)
			readers.Wait()
			d.get("/help").want(t, 200)
		})
	}
}
