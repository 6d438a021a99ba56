package transfer

import (
	"crypto/rand"
	"log/slog"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// queuePrefix begins the built-in worker's task queues; the rest is random, because two portals may share
// a namespace and must not take each other's tasks: each has its own bank.
const queuePrefix = "onramp-transfer-"

// identity is how the built-in worker and Onramp's own calls show up in Temporal.
const identity = "onramp"

// workerIdentity is that of the built-in worker.
const workerIdentity = identity + " built-in worker"

// OwnWorker reports whether a worker's identity is that of Onramp's own, the built-in one: that it polls or took a task
// says nothing of the reader's worker.
func OwnWorker(identity string) bool { return identity == workerIdentity }

// startWorker runs the built-in worker on a task queue until stop is called. workflowType is the name
// under which the workflow is registered.
func startWorker(c client.Client, queue, workflowType string, bank ledger) (stop func(), err error) {
	w := worker.New(c, queue, worker.Options{
		Identity:                         workerIdentity,
		MaxConcurrentWorkflowTaskPollers: 2,
		MaxConcurrentActivityTaskPollers: 2,
		WorkerStopTimeout:                time.Second,
		DeadlockDetectionTimeout:         5 * time.Second, // a busy laptop is not a deadlock
	})
	register(w, workflowType, &activities{bank: bank, pause: slowPause})
	if err := w.Start(); err != nil {
		return nil, err
	}
	return w.Stop, nil
}

// registry is what register needs of a worker, a test environment or a replayer.
type registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

func register(r registry, workflowType string, a *activities) {
	r.RegisterWorkflowWithOptions(MoneyTransfer, workflow.RegisterOptions{Name: workflowType})
	r.RegisterActivityWithOptions(a.Withdraw, activity.RegisterOptions{Name: withdrawName})
	r.RegisterActivityWithOptions(a.Deposit, activity.RegisterOptions{Name: depositName})
	r.RegisterActivityWithOptions(a.Refund, activity.RegisterOptions{Name: refundName})
}

// randomID is 10 lower-case letters and digits.
func randomID() string { return strings.ToLower(rand.Text()[:10]) }

// sdkLog hands the SDK's log on at debug level: a retried activity is an error to the SDK, here it is
// what the scenario wants.
type sdkLog struct{ l *slog.Logger }

var _ tlog.Logger = sdkLog{}

func (s sdkLog) Debug(msg string, kv ...any) { s.l.Debug(msg, kv...) }
func (s sdkLog) Info(msg string, kv ...any)  { s.l.Debug(msg, kv...) }
func (s sdkLog) Warn(msg string, kv ...any)  { s.l.Debug(msg, kv...) }
func (s sdkLog) Error(msg string, kv ...any) { s.l.Debug(msg, kv...) }
