// Temporal's documented way with an API key: an address, a namespace and a key. No server name.
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';

const { ADDRESS: address, NAMESPACE: namespace, API_KEY: apiKey } = process.env;
const connection = await Connection.connect({ address, tls: true, apiKey, metadata: { 'temporal-namespace': namespace } });
const client = new Client({ connection, namespace });
const { count } = await client.workflow.count();
console.log(`client: ${count} workflows`);
await connection.close();
const native = await NativeConnection.connect({ address, tls: true, apiKey });
await native.close();
console.log('worker: connected');
