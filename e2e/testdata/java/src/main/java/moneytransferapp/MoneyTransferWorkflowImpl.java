package moneytransferapp;

import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.Workflow;

import java.time.Duration;

public class MoneyTransferWorkflowImpl implements MoneyTransferWorkflow {
    private final AccountActivity bank = Workflow.newActivityStub(
            AccountActivity.class,
            ActivityOptions.newBuilder().setStartToCloseTimeout(Duration.ofSeconds(5)).build());

    @Override
    public void transfer(Details d) {
        bank.withdraw(d.sourceAccountId, d.transactionReferenceId, d.amountToTransfer);
        bank.deposit(d.destinationAccountId, d.transactionReferenceId, d.amountToTransfer);
    }
}
