package runs

import (
	"context"

	"onramp/migration"
	"onramp/transfer"
)

// Transferer starts and follows test transfers (transfer.Service).
type Transferer interface {
	Run(ctx context.Context, req transfer.Request, emit func([]transfer.Event)) transfer.Result
}

// Transfer is the work of a test transfer, or of following a workflow that somebody else started.
type Transfer struct {
	Transferer Transferer
	Request    transfer.Request // with its keys and its workflow id
	View       migration.View   // as it began
	// Saw is told of a worker that is seen at work: that is what step code asks for.
	Saw func(context.Context, migration.PollerData)
}

// OnlyFollows reports whether the run does no work of its own: somebody else started the workflow and does it.
func (t Transfer) OnlyFollows() bool { return t.Request.FollowOnly && t.Request.Worker == "own" }

// foreign reports whether the workflow is none of this migration's transfers.
func (t Transfer) foreign() bool { return t.Request.FollowOnly && t.Request.Scenario == "" }

// Do starts or follows the transfer and says how it ended. When one of ours ended as its scenario should,
// FactTransfer follows.
func (t Transfer) Do(ctx context.Context, run Run, log func(...Line)) Ending {
	worker := t.watchWorker()
	res := t.Transferer.Run(ctx, t.Request, func(events []transfer.Event) {
		lines := make([]Line, 0, len(events))
		for _, e := range events {
			lines = append(lines, Line{EntryEvent, e})
		}
		log(lines...)
		for _, e := range events {
			if d, ok := worker.see(e); ok {
				t.Saw(ctx, d)
			}
		}
	})
	end := Ending{Result: res, Code: res.Verdict.Code}
	switch {
	case res.AsExpected:
		end.State, end.Title = migration.RunPassed, "Transfer complete"
		if res.Status != "COMPLETED" {
			end.Title = "Ended " + res.Status + ", as the scenario should"
		}
		if t.foreign() { // it proves nothing of this migration's way in
			end.Title = "The workflow ended " + res.Status
			return end
		}
		end.Facts = t.View.Transferred(run.Outcome, t.Request.WorkflowID, res.Status)
		return end
	case ctx.Err() != nil && (res.Status == "" || res.Status == "RUNNING" || res.Status == "NOT_STARTED"):
		end.State, end.Left = migration.RunInterrupted, leftBehind(t.Request.WorkflowID)
		return end
	}
	end.State, end.Title = migration.RunFailed, res.Verdict.Title
	if end.Title == "" || end.Code == "OK" {
		end.Title = "The workflow ended " + res.Status
	}
	return end
}

// LeftBehind says what goes on without a run that was cut short, from what it was asked; "" for nothing, as without a
// check or a drill.
func LeftBehind(r Run) string {
	if r.Kind != migration.TransferRun {
		return ""
	}
	return leftBehind(r.TransferRequest().WorkflowID) // a request that cannot be read names no workflow
}

// leftBehind says what goes on without a transfer.
func leftBehind(workflowID string) string {
	if workflowID == "" {
		return "the workflow may still run on the server"
	}
	return "the workflow may still run on the server as " + workflowID
}

// workerWatch looks in a transfer's log for the worker that does its work. The built-in one is told of only
// where it stands for the reader's, and as such; else the reader's own must be seen. Who works on a workflow that somebody else started
// counts for nothing: it may be long ago, or another application's.
type workerWatch struct {
	own, counts bool
	queue       string
	seen        bool
}

func (t Transfer) watchWorker() *workerWatch {
	own := t.Request.Worker == "own"
	return &workerWatch{own: own, counts: !t.foreign() && (own || t.View.Migration.Mode.Can().Built), queue: t.Request.TaskQueue}
}

// see returns the worker that an event shows, once.
func (w *workerWatch) see(e transfer.Event) (migration.PollerData, bool) {
	if e.Data.TaskQueue != "" {
		w.queue = e.Data.TaskQueue
	}
	if w.seen || !w.counts {
		return migration.PollerData{}, false
	}
	d := migration.PollerData{TaskQueue: w.queue}
	if w.own {
		d.Identity = e.Data.Worker // who took a task
		w.seen = d.Identity != "" && !transfer.OwnWorker(d.Identity)
	} else {
		d.BuiltIn, w.seen = true, e.Event == transfer.KindWorker && e.Data.BuiltIn
	}
	return d, w.seen
}
