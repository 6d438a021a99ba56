package doctor

import "slices"

// An sdk is what the decoder and the check know of one SDK beside its words.
type sdk struct {
	name string // as people say it
	// proxy is how its workers are told of a proxy, "" where they read HTTPS_PROXY. Read in the SDKs' sources of
	// November 2026: the Rust core under Python, TypeScript, .NET and Ruby has an option and reads no variable; Java's
	// gRPC asks the JVM's properties (grpc-java, ProxyDetectorImpl); Go's reads HTTPS_PROXY.
	proxy string
	// certificate is how the client certificate is given in code, for a variable that does not reach the worker.
	certificate string
}

// The SDKs by the name under which the decoder knows their words.
const (
	byGo     = "go"
	byPython = "python"
	byNode   = "typescript"
	byJava   = "java"
	byDotnet = "dotnet"
	byRuby   = "ruby"
	byPHP    = "php"
	byRust   = "rust" // the core, where it cannot be seen which SDK is above it
)

var sdks = map[string]sdk{
	byGo:     {name: "Go", certificate: "client.Options.ConnectionOptions.TLS, or contrib/envconfig"},
	byPython: {name: "Python", proxy: `Client.connect(…, http_connect_proxy_config=HttpConnectProxyConfig(target_host="proxy.example:3128"))`, certificate: "tls=TLSConfig(client_cert=…, client_private_key=…), or ClientConfig.load_client_connect_config()"},
	byNode:   {name: "TypeScript", proxy: `NativeConnection.connect({ …, proxy: { type: 'http-connect', targetHost: 'proxy.example:3128' } })`, certificate: "tls: { clientCertPair: { crt, key } } of NativeConnection.connect, or @temporalio/envconfig"},
	byJava:   {name: "Java", proxy: "java -Dhttps.proxyHost=proxy.example -Dhttps.proxyPort=3128 …", certificate: "SimpleSslContextBuilder.forPKCS8(cert, key) in WorkflowServiceStubsOptions, or temporal-envconfig"},
	byDotnet: {name: ".NET", proxy: `new TemporalClientConnectOptions(…) { HttpConnectProxy = new() { TargetHost = "proxy.example:3128" } }`, certificate: "Tls = new() { ClientCert = …, ClientPrivateKey = … }, or ClientEnvConfig of Temporalio 1.11.0 or newer: before, it does not read TEMPORAL_TLS_CLIENT_CERT_PATH"},
	byRuby:   {name: "Ruby", proxy: `Temporalio::Client.connect(…, http_connect_proxy: Temporalio::Client::Connection::HTTPConnectProxyOptions.new(target_host: "proxy.example:3128"))`, certificate: "tls: Temporalio::Client::Connection::TLSOptions.new(client_cert:, client_private_key:), or Temporalio::EnvConfig"},
	byPHP:    {name: "PHP", certificate: "temporal.tls in .rr.yaml for the workers, ServiceClient::createSSL for the client"},
}

// readsNoProxy are the SDKs whose workers do not read HTTPS_PROXY, in the order in which they are told.
var readsNoProxy = []string{byPython, byNode, byJava, byDotnet, byRuby}

// proxyOptions are how each SDK that reads no proxy variable is told of a proxy.
func proxyOptions(only ...string) []Fix {
	var out []Fix
	for _, s := range readsNoProxy {
		if len(only) == 0 || slices.Contains(only, s) {
			out = append(out, Fix{Who: "developer", Text: "In " + sdks[s].name + " tell it of the proxy: " + sdks[s].proxy})
		}
	}
	return out
}
