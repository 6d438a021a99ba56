// Reads environments by name on stdin and writes what the TypeScript SDK's loader makes of each.
const { loadClientConfigProfile } = require('@temporalio/envconfig');
const { readFileSync } = require('fs');

const out = {};
for (const [name, env] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  const p = loadClientConfigProfile({ overrideEnvVars: env });
  out[name] = {
    address: p.address,
    namespace: p.namespace,
    api_key: p.apiKey,
    cert: p.tls?.clientCert?.path,
    key: p.tls?.clientKey?.path,
    server_name: p.tls?.serverName,
  };
}
console.log(JSON.stringify(out));
