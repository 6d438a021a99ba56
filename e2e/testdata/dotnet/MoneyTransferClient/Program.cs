using Temporalio.MoneyTransferProject.MoneyTransferWorker;
using Temporalio.Client;

var client = await TemporalClient.ConnectAsync(new("localhost:7233") { Namespace = "default" });
var details = new PaymentDetails(SourceAccount: "85-150", TargetAccount: "43-812", Amount: 250, ReferenceId: "12345");
var handle = await client.StartWorkflowAsync(
    (MoneyTransferWorkflow wf) => wf.RunAsync(details),
    new(id: $"transfer-{Guid.NewGuid()}", taskQueue: "MONEY_TRANSFER_TASK_QUEUE"));
Console.WriteLine($"Result: {await handle.GetResultAsync()}");
