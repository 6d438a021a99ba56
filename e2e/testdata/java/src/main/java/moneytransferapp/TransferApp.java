package moneytransferapp;

import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;

public class TransferApp {
    public static void main(String[] args) {
        // A WorkflowServiceStubs communicates with the Temporal front-end service.
        WorkflowServiceStubs serviceStub = WorkflowServiceStubs.newLocalServiceStubs();

        // A WorkflowClient wraps the stub.
        // It can be used to start, signal, query, cancel, and terminate Workflows.
        WorkflowClient client = WorkflowClient.newInstance(serviceStub);

        WorkflowOptions options = WorkflowOptions.newBuilder()
                .setTaskQueue(Shared.MONEY_TRANSFER_TASK_QUEUE)
                .build();
        Details details = new Details();
        details.sourceAccountId = "85-150";
        details.destinationAccountId = "43-812";
        details.transactionReferenceId = "12345";
        details.amountToTransfer = 250;
        client.newWorkflowStub(MoneyTransferWorkflow.class, options).transfer(details);
        System.out.println("Result: Transfer complete");
        System.exit(0);
    }
}
