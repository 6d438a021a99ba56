package migration

import (
	"context"

	"onramp/transfer"
)

// workerWatch looks in a transfer's log for the worker that does its work: that is what step 5 asks for. The
// built-in one counts in a rehearsal only; for real, the reader's own worker must be seen. Who works on a
// workflow that somebody else started counts for nothing: it may be long ago, or another application's.
type workerWatch struct {
	own, counts bool
	queue       string
	seen        bool
}

func watchWorker(v View, req transfer.Request) *workerWatch {
	own, foreign := req.Worker == "own", req.FollowOnly && req.Scenario == ""
	return &workerWatch{own: own, counts: !foreign && (own || v.Migration.Mode == Rehearsal), queue: req.TaskQueue}
}

// see returns the worker that an event shows, once.
func (w *workerWatch) see(e transfer.Event) (PollerData, bool) {
	if e.Data.TaskQueue != "" {
		w.queue = e.Data.TaskQueue
	}
	if w.seen || !w.counts {
		return PollerData{}, false
	}
	d := PollerData{TaskQueue: w.queue}
	if w.own {
		d.Identity = e.Data.Worker // who took a task
		w.seen = d.Identity != ""
	} else {
		d.BuiltIn, w.seen = true, e.Event == "worker" && e.Data.BuiltIn
	}
	return d, w.seen
}

// writeWorker records the worker that an event of a run's log shows, if any.
func (s *Service) writeWorker(ctx context.Context, l *liveRun, w *workerWatch, e transfer.Event) {
	d, ok := w.see(e)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	if _, err := s.SetPoller(ctx, l.run.MigrationID, d); err != nil {
		s.o.Log.Error("a worker that was seen could not be written down", "run", l.run.ID, "err", err)
	}
}
