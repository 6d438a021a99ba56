package transfer

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names under which the built-in worker registers its parts.
const (
	workflowName = "MoneyTransfer"
	withdrawName = "Withdraw"
	depositName  = "Deposit"
	refundName   = "Refund"
)

// MoneyTransfer withdraws, deposits, and refunds when the deposit failed for good, was cancelled, or when
// nobody knows whether the withdrawal happened. It returns a sentence with both receipts. It fails with a
// TransferFailed error whose cause is the activity's; cancelled, it ends cancelled after the refund.
func MoneyTransfer(ctx workflow.Context, d Details) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, activityOptions(10))
	var out, in receipt
	if err := workflow.ExecuteActivity(ctx, withdrawName, d).Get(ctx, &out); err != nil {
		if refused(err) { // nothing moved
			return "", failed(ctx, err, "nothing was withdrawn")
		}
		return callOff(ctx, d, out, err)
	}
	if err := workflow.ExecuteActivity(ctx, depositName, d).Get(ctx, &in); err != nil {
		return callOff(ctx, d, out, err)
	}
	return done(out, in), nil
}

// callOff is the saga's other half. It runs even when the workflow is cancelled, and for as long as it takes.
func callOff(ctx workflow.Context, d Details, out receipt, cause error) (string, error) {
	free, cancel := workflow.NewDisconnectedContext(ctx)
	defer cancel()
	free = workflow.WithActivityOptions(free, activityOptions(0))
	var back receipt
	if err := workflow.ExecuteActivity(free, refundName, d).Get(free, &back); err != nil {
		return "", temporal.NewNonRetryableApplicationError("the transfer failed, and so did the refund", "RefundFailed", errors.Join(cause, err))
	}
	if back.Stood {
		return done(out, back), nil
	}
	return "", failed(ctx, cause, fmt.Sprintf("the money was returned to %s", d.SourceAccount))
}

// failed is how a transfer that moved nothing ends: cancelled when it was asked to, else failed.
func failed(ctx workflow.Context, cause error, state string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return temporal.NewNonRetryableApplicationError("transfer failed, "+state, "TransferFailed", cause)
}

func done(out, in receipt) string {
	return fmt.Sprintf("Transfer complete (transaction IDs: %s, %s)", out.ID, in.ID)
}

// refused reports whether the bank said no for good.
func refused(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// activityOptions are the timeouts and retries of every activity. A dead worker is noticed by the missing
// heartbeat; a cancelled activity is waited for, so that its outcome is known.
func activityOptions(attempts int32) workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: time.Minute,
		HeartbeatTimeout:    3 * time.Second,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval:        time.Second,
			BackoffCoefficient:     2,
			MaximumInterval:        10 * time.Second,
			MaximumAttempts:        attempts,
			NonRetryableErrorTypes: []string{invalidAccount, insufficientFunds},
		},
	}
}
