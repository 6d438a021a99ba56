package snippet

// TypeScript. Sources: sdk-typescript cd60591 packages/worker/src/connection-options.ts and
// packages/client/src/connection.ts (address, tls.clientCertPair, tls.serverNameOverride, apiKey since 1.10.0, which npm has as 1.10.1),
// packages/envconfig (loadClientConnectConfig, since 1.13.2). TLS goes with an API key by itself only in new
// releases, so tls: true is written out. A namespace is given twice: to Worker.create and to Client.
// Template: money-transfer-project-template-ts 96671e4 (2026-03), ^1.8.6, locked at 1.8.6. shared.ts is also
// bundled for workflows, where there is no process.env: it stays as it is.
var typescript = language{
	id: "typescript", name: "TypeScript", repo: "money-transfer-project-template-ts", pkg: "@temporalio/worker",
	min:      versions{"1.8.6", "1.10.1", "1.13.2"},
	workflow: "moneyTransfer", queue: "money-transfer",
	fields:  []field{{"amount", amount}, {"sourceAccount", sourceAccount}, {"targetAccount", targetAccount}, {"referenceId", reference}},
	proxy:   "a worker's NativeConnection does not read HTTPS_PROXY. Give it the option proxy, {type: 'http-connect', targetHost: 'host:port'}.",
	worker:  []string{"npm run worker"},
	starter: []string{"npm run client"},
	install: func(*job) []string { return []string{"npm install"} },
	files: []source{{"src/connection.ts", `// Connects worker and starter to Temporal Cloud, by the environment.
<<- if .Envconfig>>
import { loadClientConnectConfig } from '@temporalio/envconfig';

const config = loadClientConnectConfig();
if (!config.connectionOptions.address) {
  throw new Error('<<.Address>> is not set');
}

export const namespace = config.namespace;
export const connectionOptions = config.connectionOptions;
<<- else>>
<<- if .MTLS>>
import { readFileSync } from 'fs';
<<- end>>

function env(name: string): string {
  const value = process.env[name];
  if (!value) {
    throw new Error(name + ' is not set');
  }
  return value;
}

export const namespace = env('<<.Namespace>>');

export const connectionOptions = {
  address: env('<<.Address>>'),
<<- if .MTLS>>
  tls: {
    clientCertPair: {
      crt: readFileSync(env('<<.Cert>>')),
      key: readFileSync(env('<<.Key>>')),
    },
<<- if .SNI>>
    serverNameOverride: env('<<.ServerName>>'),
<<- end>>
  },
<<- else>>
  apiKey: env('<<.APIKey>>'),
  tls: <<if .SNI>>{ serverNameOverride: env('<<.ServerName>>') }<<else>>true<<end>>,
<<- end>>
};
<<- end>>
`}},
	edits: append([]change{
		{file: "src/worker.ts", before: "import { Worker } from '@temporalio/worker';", after: "import { NativeConnection, Worker } from '@temporalio/worker';"},
		{file: "src/worker.ts", before: "import { namespace, taskQueueName } from './shared';", after: "import { connectionOptions, namespace } from './connection';\nimport { taskQueueName } from './shared';"},
		{file: "src/worker.ts", before: "  const worker = await Worker.create({", after: "  const connection = await NativeConnection.connect(connectionOptions);\n  const worker = await Worker.create({\n    connection,"},
		{file: "src/worker.ts", before: "  await worker.run();", after: "  try {\n    await worker.run();\n  } finally {\n    await connection.close();\n  }"},
		{file: "src/client.ts", before: "import { namespace, taskQueueName } from './shared';", after: "import { connectionOptions, namespace } from './connection';\nimport { taskQueueName } from './shared';"},
		{file: "src/client.ts", before: "  const connection = await Connection.connect();", after: "  const connection = await Connection.connect(connectionOptions);"},
	}, npmVersions()...),
	more: func(j *job) []string {
		if j.sdk().MinVersion != j.lang.min.explicit {
			return []string{"The template is locked at SDK 1.8.6, which has no " + map[bool]string{true: "envconfig", false: "API keys"}[j.style == "envconfig"] +
				": package.json asks for a newer one. All @temporalio packages must have the same version, so install them together."}
		}
		return nil
	},
}

// npmVersions are the edits of package.json where the template's SDK is too old. The packages of the SDK only
// work together at one version.
func npmVersions() []change {
	const caret = "^1.10.1"
	var out []change
	for _, p := range []string{"activity", "client", "worker", "workflow", "common", "testing"} {
		before := `    "@temporalio/` + p + `": "^1.8.6",`
		api := `    "@temporalio/` + p + `": "` + caret + `",`
		env := `    "@temporalio/` + p + `": "^1.13.2",`
		if p == "client" {
			env += "\n" + `    "@temporalio/envconfig": "^1.13.2",`
		}
		out = append(out,
			change{file: "package.json", before: before, after: env, when: func(j *job) bool { return j.style == "envconfig" }},
			change{file: "package.json", before: before, after: api, when: func(j *job) bool { return j.style != "envconfig" && j.auth == "api-key" }})
	}
	return out
}
