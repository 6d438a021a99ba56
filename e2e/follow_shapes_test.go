package e2e

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// The workflows of an application that is not Onramp's: each waits for one thing.

func patiently(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Minute, HeartbeatTimeout: time.Minute})
}

func slowShip(ctx context.Context, _ string) (string, error) {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for range 300 {
		select {
		case <-t.C:
			activity.RecordHeartbeat(ctx, "packing")
		case <-activity.GetWorkerStopChannel(ctx):
			return "", errors.New("stopped")
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	return "shipped", nil
}

func failingShip(context.Context, string) (string, error) {
	return "", errors.New("the carrier answers 503")
}

func shipFlow(ctx workflow.Context, order string) error {
	return workflow.ExecuteActivity(patiently(ctx), "slowShip", order).Get(ctx, nil)
}

func failFlow(ctx workflow.Context, order string) error {
	return workflow.ExecuteActivity(patiently(ctx), "failingShip", order).Get(ctx, nil)
}

func unknownActivityFlow(ctx workflow.Context, order string) error {
	return workflow.ExecuteActivity(patiently(ctx), "weigh", order).Get(ctx, nil)
}

func otherQueueFlow(ctx workflow.Context, queue string) error {
	return workflow.ExecuteActivity(workflow.WithTaskQueue(patiently(ctx), queue), "slowShip", "a").Get(ctx, nil)
}

func fanOutFlow(ctx workflow.Context, queue string) error {
	var all []workflow.Future
	for range 6 {
		all = append(all, workflow.ExecuteActivity(workflow.WithTaskQueue(patiently(ctx), queue), "slowShip", "a"))
	}
	for _, f := range all {
		if err := f.Get(ctx, nil); err != nil {
			return err
		}
	}
	return nil
}

func signalFlow(ctx workflow.Context) error {
	workflow.GetSignalChannel(ctx, "approve").Receive(ctx, nil)
	return nil
}

func timerFlow(ctx workflow.Context) error { return workflow.Sleep(ctx, time.Hour) }

func timerAndActivityFlow(ctx workflow.Context) error {
	workflow.NewSelector(ctx).AddFuture(workflow.NewTimer(ctx, time.Hour), func(workflow.Future) {}).
		AddFuture(workflow.ExecuteActivity(patiently(ctx), "slowShip", "a"), func(workflow.Future) {}).Select(ctx)
	return nil
}

func updateFlow(ctx workflow.Context) error {
	done := false
	if err := workflow.SetUpdateHandler(ctx, "set-price", func(ctx workflow.Context) error {
		return workflow.Await(ctx, func() bool { return done })
	}); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return done })
}

func childFlow(ctx workflow.Context, queue, kind string) error {
	return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{TaskQueue: queue, WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID + "-child"}), kind).Get(ctx, nil)
}

func grandchildFlow(ctx workflow.Context, queue string) error {
	return workflow.ExecuteChildWorkflow(workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID + "-middle"}), "childFlow", queue, "signalFlow").Get(ctx, nil)
}

func againChildFlow(ctx workflow.Context) error {
	return workflow.ExecuteChildWorkflow(ctx, "againFlow", 2).Get(ctx, nil)
}

func panicFlow(workflow.Context) error { panic("no price table in this region") }

func deadlockFlow(ctx workflow.Context) error {
	<-time.After(3 * time.Second) // the mistake that this workflow is about: it blocks the worker
	return workflow.Sleep(ctx, time.Hour)
}

func retriedFlow(ctx workflow.Context) error {
	return temporal.NewApplicationError("the first run fails", "Flaky")
}

func againFlow(ctx workflow.Context, left int) error {
	if left > 0 {
		return workflow.NewContinueAsNewError(ctx, againFlow, left-1)
	}
	workflow.GetSignalChannel(ctx, "approve").Receive(ctx, nil)
	return nil
}

func localFlow(ctx workflow.Context) error {
	return workflow.ExecuteLocalActivity(workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Minute}), slowShip, "a").Get(ctx, nil)
}

// otherTransferFlow has the name of the templates' workflow, and is another's.
func otherTransferFlow(ctx workflow.Context) error {
	return workflow.ExecuteActivity(patiently(ctx), "slowShip", "").Get(ctx, nil)
}
