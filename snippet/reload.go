package snippet

import (
	_ "embed"
	"slices"
)

// The ways of a program to a new client certificate.
const (
	AtHandshake = "handshake" // it reads the certificate for each new connection
	NewClient   = "client"    // the running worker is given a client with the new certificate
	Restart     = "restart"   // the program is started again
)

// Reload says how programs of one SDK come to present a new client certificate.
type Reload struct {
	Lang, Name string
	How        string // AtHandshake, NewClient, Restart
	Since      string // the first release that can do it, "" where no release is documented
	Text       string // what happens, in a few sentences
	Code       string // "" where there is nothing to write
	CodeLang   string // for the colours
	Source     string // where it is documented or was read
	SourceURL  string
	Unverified string // what nobody has confirmed, "" when nothing
}

//go:embed reload/reload.go
var reloadGo string

const docsPR = "https://github.com/temporalio/documentation/pull/5032"

// reloads is the table. Old connections live on in every language: who calls on one goes on with the old
// certificate until it ends.
var reloads = []Reload{
	{Lang: "go", Name: "Go", How: AtHandshake, Code: reloadGo, CodeLang: "go",
		Text:   "The callback is asked at each handshake, so every new connection uses the replaced file, in workers and starters alike. A connection that is open keeps the old certificate until it ends: a Temporal server asks clients to renew theirs, by default after five minutes.",
		Source: "Go, crypto/tls: Config.GetClientCertificate; temporalio/documentation, pull request 5032", SourceURL: docsPR, Unverified: "After how long Temporal Cloud ends a connection is not documented."},
	{Lang: "java", Name: "Java", How: AtHandshake, CodeLang: "java",
		Text: "gRPC’s key manager reads both files again every so often and presents them at the next handshake. An open connection keeps the old certificate until it closes.",
		Code: `AdvancedTlsX509KeyManager keys = new AdvancedTlsX509KeyManager();
keys.updateIdentityCredentialsFromFile(
    keyFile, certFile, 1, TimeUnit.MINUTES, Executors.newScheduledThreadPool(1));
SslContext tls = GrpcSslContexts.configure(SslContextBuilder.forClient().keyManager(keys)).build();
WorkflowServiceStubs service = WorkflowServiceStubs.newServiceStubs(
    WorkflowServiceStubsOptions.newBuilder().setTarget(address).setSslContext(tls).build());
`,
		Source: "temporalio/samples-java, SSL sample; temporalio/documentation, pull request 5032", SourceURL: docsPR,
		Unverified: "The order of the two files in the call differs between releases of grpc-util; read it in yours."},
	{Lang: "python", Name: "Python", How: NewClient, CodeLang: "python",
		Text:   "Connect a second client with the new files and give it to the running worker. Calls that are under way end on the old one. The new client must use the same runtime and must not be lazy.",
		Code:   "new = await Client.connect(address, namespace=namespace, tls=TLSConfig(\n    client_cert=Path(\"client.pem\").read_bytes(),\n    client_private_key=Path(\"client.key\").read_bytes(),\n))\nworker.client = new\n",
		Source: "temporalio/sdk-python, worker/_worker.py: the setter Worker.client, read in 1.35.0", SourceURL: docsPR,
		Unverified: "In older releases activity.client() went on with the first client (sdk-python, issue 1346); in which one that ended was not checked."},
	{Lang: "typescript", Name: "TypeScript", How: NewClient, Since: "1.15.0", CodeLang: "typescript",
		Text:   "Connect again with the new files and give the connection to the running worker. Starters use a connection of their own: replace that too.",
		Code:   "worker.connection = await NativeConnection.connect({\n  address,\n  tls: { clientCertPair: { crt: await fs.readFile('client.pem'), key: await fs.readFile('client.key') } },\n});\n",
		Source: "@temporalio/worker, worker.d.ts: set connection, read in 1.24.0; temporalio/documentation, pull request 5032", SourceURL: docsPR},
	{Lang: "dotnet", Name: ".NET", How: NewClient, CodeLang: "csharp",
		Text:   "Connect a second client with the new files and give it to the running worker. Calls that are under way are not interrupted; eager starts follow the new client.",
		Code:   "worker.Client = await TemporalClient.ConnectAsync(new(address)\n{\n    Namespace = ns,\n    Tls = new()\n    {\n        ClientCert = await File.ReadAllBytesAsync(\"client.pem\"),\n        ClientPrivateKey = await File.ReadAllBytesAsync(\"client.key\"),\n    },\n});\n",
		Source: "temporalio/sdk-dotnet, TemporalWorker.cs: the property Client, read in the source", SourceURL: docsPR,
		Unverified: "Which release brought it was not checked."},
	{Lang: "ruby", Name: "Ruby", How: NewClient, CodeLang: "ruby",
		Text:   "Connect a second client with the new files and give it to the running worker. New calls go through it; those under way end on the old one.",
		Code:   "worker.client = Temporalio::Client.connect(\n  address, namespace,\n  tls: Temporalio::Client::Connection::TLSOptions.new(\n    client_cert: File.read('client.pem'), client_private_key: File.read('client.key')\n  )\n)\n",
		Source: "temporalio/sdk-ruby, worker.rb: client=, read in the source", SourceURL: docsPR,
		Unverified: "Which release brought it was not checked."},
	{Lang: "php", Name: "PHP", How: Restart,
		Text:   "Temporal’s documentation says that a running PHP worker cannot take a new certificate: start a second one with the new files, then stop the first. Starters that create a client for each request need no change.",
		Source: "temporalio/documentation, pull request 5032", SourceURL: docsPR,
		Unverified: "RoadRunner’s Temporal plugin, which makes the worker’s connection, was changed to read the files at each handshake (roadrunner-temporal, pull request 523, 2024). Whether your release does was not checked: plan a restart."},
}

// Reloads returns how each SDK comes to a new client certificate, the given language first.
func Reloads(lang string) []Reload {
	out := slices.Clone(reloads)
	slices.SortStableFunc(out, func(a, b Reload) int {
		switch lang {
		case a.Lang:
			return -1
		case b.Lang:
			return 1
		}
		return 0
	})
	return out
}
