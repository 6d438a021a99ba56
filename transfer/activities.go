package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
)

// ledger is what the activities need of the bank.
type ledger interface {
	Withdraw(book string, d Details) (receipt, error)
	Deposit(book string, d Details) (receipt, error)
	Refund(book string, d Details) (receipt, error)
}

// activities are the bank's operations as a worker runs them. How the bank behaves follows from the
// scenario and the attempt alone, so another worker can take over at any point.
type activities struct {
	bank  ledger
	pause time.Duration // between heartbeats of the slow scenario
}

// How the bank's bad days look.
const (
	flakyWithdrawals = 1  // attempts that time out, then it works
	flakyDeposits    = 2  // with the retry policy's 1 s and factor 2 a flaky transfer takes about 4 s
	slowSteps        = 24 // pauses in a slow deposit
	slowPause        = 500 * time.Millisecond
)

func (a *activities) Withdraw(ctx context.Context, d Details) (receipt, error) {
	if err := timesOut(ctx, d, flakyWithdrawals); err != nil {
		return receipt{}, err
	}
	return answer(a.bank.Withdraw(bookOf(ctx), d))
}

func (a *activities) Deposit(ctx context.Context, d Details) (receipt, error) {
	if err := timesOut(ctx, d, flakyDeposits); err != nil {
		return receipt{}, err
	}
	if d.Scenario == Slow {
		if err := a.wait(ctx); err != nil {
			return receipt{}, err
		}
	}
	return answer(a.bank.Deposit(bookOf(ctx), d))
}

func (a *activities) Refund(ctx context.Context, d Details) (receipt, error) {
	return answer(a.bank.Refund(bookOf(ctx), d))
}

// wait is the slow bank: it tells how far it is and stops when the transfer is cancelled. A new attempt
// goes on where the last one was.
func (a *activities) wait(ctx context.Context) error {
	step := 0
	if activity.HasHeartbeatDetails(ctx) {
		var p progress
		if activity.GetHeartbeatDetails(ctx, &p) == nil {
			step = p.Step
		}
	}
	tick := time.NewTicker(a.pause)
	defer tick.Stop()
	for ; step < slowSteps; step++ {
		activity.RecordHeartbeat(ctx, progress{Step: step, Of: slowSteps})
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// progress is a heartbeat of the slow bank.
type progress struct {
	Step int `json:"step"`
	Of   int `json:"of"`
}

// bookOf names the transfer's book: its workflow ID.
func bookOf(ctx context.Context) string { return activity.GetInfo(ctx).WorkflowExecution.ID }

// timesOut fails the first attempts of a flaky transfer, before anything moves.
func timesOut(ctx context.Context, d Details, attempts int32) error {
	info := activity.GetInfo(ctx)
	if d.Scenario != Flaky || info.Attempt > attempts {
		return nil
	}
	return temporal.NewApplicationError(fmt.Sprintf("the bank did not answer in time (attempt %d)", info.Attempt), "BankTimeoutError")
}

// answer turns the bank's refusals into errors that are not retried.
func answer(r receipt, err error) (receipt, error) {
	var no *refusal
	if errors.As(err, &no) {
		return receipt{}, temporal.NewNonRetryableApplicationError(no.text, no.kind, nil)
	}
	return r, err
}
