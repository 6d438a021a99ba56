// Package app is a money transfer with the official template's names and shapes. Its bank always has the
// money: what is under test here is the connection.
package app

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"
)

const MoneyTransferTaskQueueName = "TRANSFER_MONEY_TASK_QUEUE"

type PaymentDetails struct {
	SourceAccount, TargetAccount string
	Amount                       int
	ReferenceID                  string
}

func Withdraw(_ context.Context, d PaymentDetails) (string, error) {
	return fmt.Sprintf("W-%s-%d", d.SourceAccount, d.Amount), nil
}

func Deposit(_ context.Context, d PaymentDetails) (string, error) {
	return fmt.Sprintf("D-%s-%d", d.TargetAccount, d.Amount), nil
}

func Refund(_ context.Context, d PaymentDetails) (string, error) {
	return fmt.Sprintf("R-%s-%d", d.SourceAccount, d.Amount), nil
}

func MoneyTransfer(ctx workflow.Context, d PaymentDetails) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 5 * time.Second})
	var taken, given string
	if err := workflow.ExecuteActivity(ctx, Withdraw, d).Get(ctx, &taken); err != nil {
		return "", err
	}
	if err := workflow.ExecuteActivity(ctx, Deposit, d).Get(ctx, &given); err != nil {
		return "", err
	}
	return "Transfer complete (transaction IDs: " + taken + ", " + given + ")", nil
}
