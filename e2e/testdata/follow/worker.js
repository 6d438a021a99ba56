// A worker of the TypeScript SDK with the workflows of flows.js.
const fs = require('fs');
const { createRequire } = require('module');
const load = createRequire(process.env.MODULES + '/worker.js');
const { Worker, NativeConnection } = load('@temporalio/worker');

async function main() {
  const read = (name) => fs.readFileSync(process.env[name]);
  const connection = await NativeConnection.connect({
    address: process.env.ADDRESS,
    tls: { serverRootCACertificate: read('ROOT'), clientCertPair: { crt: read('CERT'), key: read('KEY') } },
  });
  const worker = await Worker.create({
    connection, namespace: process.env.NAMESPACE, taskQueue: process.env.QUEUE, workflowsPath: process.env.FLOWS,
    activities: {
      pack: () => new Promise((done) => setTimeout(done, 300000)),
      weigh: async () => { throw new Error('the scale is offline'); },
    },
  });
  await worker.run();
}
main();
