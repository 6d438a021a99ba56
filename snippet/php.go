package snippet

// PHP. Sources: sdk-php 4bda0fe src/Client/GRPC/BaseClient.php (createSSL takes the server's roots first and the
// key before the certificate, so the arguments are named; withAuthKey since 2.9.0), src/Worker/ServiceCredentials.php
// (withApiKey, since SDK 2.12.0 and RoadRunner 2024.3.0), src/Common/EnvConfig/ConfigClient.php (since 2.17.0, marked
// experimental). The worker's connection is RoadRunner's: roadrunner-temporal c3a5f68 config.go and tls.go, where
// use_h2c means TLS without a client certificate (8a838fa, since v5.3.0). RoadRunner expands ${NAME} in its settings.
// Template: money-transfer-project-template-php 1ff6b73 (2025-07), temporal/sdk ^2.14.1.
var php = language{
	id: "php", name: "PHP", repo: "money-transfer-project-template-php", pkg: "temporal/sdk",
	min:      versions{"2.14.1", "2.14.1", "2.17.0"},
	workflow: "money_transfer", queue: "default",
	fields:  []field{{"sourceAccount", sourceAccount}, {"targetAccount", targetAccount}, {"amount", amount}, {"referenceId", reference}},
	proxy:   "RoadRunner, which runs the worker, is a Go program and reads HTTPS_PROXY; PHP's own client reads https_proxy by its gRPC extension.",
	worker:  []string{"./rr serve"},
	starter: []string{"php src/transfer.php"},
	after:   []string{"vendor/bin/rr get-binary"},
	install: func(j *job) []string {
		if j.style == "envconfig" {
			return []string{"composer update temporal/sdk --with-all-dependencies"}
		}
		return []string{"composer install"}
	},
	files: []source{{"src/CloudConnection.php", `<?php

declare(strict_types=1);

namespace App;

use Temporal\Client\ClientOptions;
use Temporal\Client\GRPC\ServiceClient;
<<- if .Envconfig>>
use Temporal\Common\EnvConfig\ConfigClient;
<<- end>>
<<- if not .MTLS>>
use Temporal\Worker\ServiceCredentials;
<<- end>>

/**
 * Connects the starter to Temporal Cloud, by the environment. The worker's connection is in .rr.yaml.
 */
final class CloudConnection
{
    public static function service(): ServiceClient
    {
<<- if .Envconfig>>
        return ConfigClient::load()->toServiceClient();
<<- else if .MTLS>>
        return ServiceClient::createSSL(
            address: self::env('<<.Address>>'),
            clientKey: self::env('<<.Key>>'),
            clientPem: self::env('<<.Cert>>'),
<<- if .SNI>>
            overrideServerName: self::env('<<.ServerName>>'),
<<- end>>
        );
<<- else>>
        return ServiceClient::createSSL(
            address: self::env('<<.Address>>'),
<<- if .SNI>>
            overrideServerName: self::env('<<.ServerName>>'),
<<- end>>
        )->withAuthKey(self::env('<<.APIKey>>'));
<<- end>>
    }

    public static function options(): ClientOptions
    {
<<- if .Envconfig>>
        return ConfigClient::load()->toClientOptions();
<<- else>>
        return (new ClientOptions())->withNamespace(self::env('<<.Namespace>>'));
<<- end>>
    }
<<- if not .MTLS>>

    public static function credentials(): ServiceCredentials
    {
        return ServiceCredentials::create()->withApiKey(self::env('<<.APIKey>>'));
    }
<<- end>>
<<- if or (not .Envconfig) (not .MTLS)>>

    private static function env(string $name): string
    {
        $value = \getenv($name);
        if ($value === false || $value === '') {
            throw new \RuntimeException("$name is not set");
        }

        return $value;
    }
<<- end>>
}
`}},
	edits: []change{
		{file: ".rr.yaml", before: `    address: "localhost:7233"`, after: `    address: "${<<.Address>>}"
    namespace: "${<<.Namespace>>}"
    tls:
<<- if .MTLS>>
        key: "${<<.Key>>}"
        cert: "${<<.Cert>>}"
<<- else>>
        use_h2c: true # TLS without a client certificate
<<- end>>
<<- if .SNI>>
        server_name: "${<<.ServerName>>}"
<<- end>>`},
		{file: "src/worker.php", before: "$factory = WorkerFactory::create();", after: "$factory = WorkerFactory::create(credentials: \\App\\CloudConnection::credentials());", when: func(j *job) bool { return j.auth == "api-key" }},
		{file: "src/transfer.php", before: "use App\\Banking\\PaymentDetails;", after: "use App\\Banking\\PaymentDetails;\nuse App\\CloudConnection;"},
		{file: "src/transfer.php", before: "use Temporal\\Client\\GRPC\\ServiceClient;\nuse Temporal\\Client\\WorkflowClient;", after: "use Temporal\\Client\\WorkflowClient;"},
		{file: "src/transfer.php", before: "    ServiceClient::create('127.0.0.1:7233'),", after: "    CloudConnection::service(),\n    CloudConnection::options(),"},
		{file: "composer.json", before: `        "temporal/sdk": "^2.14.1"`, after: `        "temporal/sdk": "^2.17"`, when: func(j *job) bool { return j.style == "envconfig" }},
	},
	more: func(j *job) []string {
		out := []string{"The PHP SDK needs the extension grpc. The worker's connection is RoadRunner's, in .rr.yaml; the starter's is in PHP."}
		if j.style == "envconfig" {
			out = append(out, "PHP's envconfig is experimental, and only for the starter: RoadRunner reads the same variables through .rr.yaml, and no temporal.toml.")
		}
		return out
	},
}
