using Temporalio.Client;
using Temporalio.Worker;
using Temporalio.MoneyTransferProject.MoneyTransferWorker;

// Create a client to connect to localhost on "default" namespace
var client = await TemporalClient.ConnectAsync(new("localhost:7233"));

using var worker = new TemporalWorker(
    client,
    new TemporalWorkerOptions(taskQueue: "MONEY_TRANSFER_TASK_QUEUE").AddWorkflow<MoneyTransferWorkflow>());
await worker.ExecuteAsync(default);
