import { Connection, Client } from '@temporalio/client';
import { moneyTransfer } from './workflows';
import { namespace, taskQueueName } from './shared';

async function main() {
  const connection = await Connection.connect();
  const client = new Client({ connection, namespace });
  const result = await client.workflow.execute(moneyTransfer, {
    args: [{ amount: 250, sourceAccount: '85-150', targetAccount: '43-812', referenceId: '12345' }],
    taskQueue: taskQueueName,
    workflowId: `transfer-${process.pid}`,
  });
  console.log(`Result: ${result}`);
  await connection.close();
}

main().catch((err) => {
  console.error(err);
  process.exitCode = 1;
});
