package transfer

import (
	"strings"
	"testing"
	"time"
)

// until waits until a worker has asked for tasks of a queue with a prefix, and returns its name.
func (f *fake) askedFor(prefix string) string {
	f.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		f.mu.Lock()
		changed := f.changed
		for q := range f.asked {
			if strings.HasPrefix(q, prefix) {
				f.mu.Unlock()
				return q
			}
		}
		f.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			f.t.Fatalf("nobody polled %s… within 10 s", prefix)
		}
	}
}

// TestBuiltInWorker: each run has its own task queue, and the workflow is started on it.
func TestBuiltInWorker(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	var queues []string
	for range 2 {
		w := f.watch(quick(time.Minute), Request{Scenario: Success, WorkflowID: "w"})
		e := w.until("worker", func(e Event) bool { return e.Event == "worker" })
		queue := e.Data.TaskQueue
		f.askedFor(queue)
		w.until("started", func(e Event) bool { return e.Event == "started" })
		w.stop()
		res := w.end()
		if got := f.starts[len(f.starts)-1].GetTaskQueue().GetName(); got != queue || res.TaskQueue != queue || !strings.HasPrefix(queue, queuePrefix) {
			t.Errorf("polled %q, started on %q", queue, got)
		}
		queues = append(queues, queue)
	}
	if queues[0] == queues[1] {
		t.Error("two runs share a task queue")
	}
}

// TestBuiltInWorkerGoesOn: a transfer that a stop cut short has its tasks on its old queue; the worker that
// finishes it polls there, whether it is followed or started again. Somebody else's is left alone.
func TestBuiltInWorkerGoesOn(t *testing.T) {
	tests := map[string]struct {
		req   Request
		polls bool
	}{
		"followed as ours":   {Request{FollowOnly: true, Worker: "builtin"}, true},
		"started again":      {Request{Worker: "builtin"}, true},
		"followed as theirs": {Request{FollowOnly: true}, false},
		"followed with own":  {Request{FollowOnly: true, Worker: "own"}, false},
		"started again, own": {Request{Worker: "own", Template: "python"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t)
			f.queue, f.again = queuePrefix+"old", true
			f.add(aTransfer()...)
			w := f.watch(quick(time.Minute), tt.req)
			w.until("event 13", func(e Event) bool { return e.ID == 13 })
			if tt.polls {
				f.askedFor(f.queue)
			}
			f.add(completed(`"done"`))
			if res := w.end(); res.Status != Completed {
				t.Errorf("ended %+v", res)
			}
			f.mu.Lock()
			defer f.mu.Unlock()
			if f.asked[f.queue] != tt.polls {
				t.Errorf("polled %v", f.asked)
			}
		})
	}
}

// TestForeignQueue: the built-in worker takes no tasks of a queue that somebody polls.
func TestForeignQueue(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.poll(workflowPoller, "orders", "7@host", 0)
	res := f.watch(quick(time.Minute), Request{TaskQueue: "orders"}).end()
	if res.Status != NotStarted || res.Verdict.Code != foreignQueue || !strings.Contains(res.Verdict.Cause, "7@host") || len(f.starts) != 0 || len(f.asked) != 0 {
		t.Errorf("ended %+v after %d starts, polled %v", res, len(f.starts), f.asked)
	}
	complete(t, res.Verdict)
}
