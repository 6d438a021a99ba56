// Connects once for each line of JSON on stdin and answers a line: "ok", or what went wrong.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect } from 'node:tls';

const once = (ask) => new Promise((resolve) => {
  const tls = connect({
    host: ask.host, port: ask.port, servername: ask.name, ca: readFileSync(ask.root),
    cert: readFileSync(ask.cert), key: readFileSync(ask.key), ALPNProtocols: ask.alpn ? [ask.alpn] : undefined,
  }, () => { if (ask.say) tls.write(ask.say); });
  const end = (answer) => { tls.destroy(); resolve(answer); };
  tls.setTimeout(20000, () => end('timeout'));
  tls.on('data', (b) => end(b.toString('latin1').startsWith(ask.hear) ? 'ok' : 'heard ' + JSON.stringify(b.toString('latin1'))));
  tls.on('error', (e) => end(String(e)));
  tls.on('close', () => end('closed'));
});

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try { answer = await once(JSON.parse(line)); } catch (e) { answer = String(e); }
  process.stdout.write(answer.replaceAll('\n', ' ') + '\n');
}
