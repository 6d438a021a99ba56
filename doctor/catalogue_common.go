package doctor

// The shorthand in which the catalogue's files are written.

func fixes(f ...Fix) []Fix { return f }

func by(who, text string, command []string) Fix {
	f := Fix{Who: who, Text: text}
	if len(command) > 0 {
		f.Command = command[0]
	}
	return f
}

// dev, admin, network and platform are a fix and who can do it.
func dev(text string, command ...string) Fix      { return by("developer", text, command) }
func admin(text string, command ...string) Fix    { return by("cloud-admin", text, command) }
func network(text string, command ...string) Fix  { return by("network", text, command) }
func platform(text string, command ...string) Fix { return by("platform", text, command) }

// said lists what tools print.
func said(s ...string) []string { return s }

// related lists ids.
func related(s ...string) []string { return s }

// Commands that several fixes share. A new pair goes to a folder of its own: onramp cert never writes
// over a key that is there.
const (
	useRenewed   = " && export TEMPORAL_TLS_CLIENT_CERT_PATH=renewed/client.pem TEMPORAL_TLS_CLIENT_KEY_PATH=renewed/client.key"
	reissue      = "onramp cert leaf --ca {ca_path} --ca-key ca.key --cn {namespace} --out renewed" + useRenewed
	reissueP384  = "onramp cert leaf --key-type ec-p384 --ca {ca_path} --ca-key ca.key --cn {namespace} --out renewed" + useRenewed
	newCA        = "onramp cert ca --cn {namespace}-ca --out new-ca"
	reissueNewCA = "onramp cert leaf --ca new-ca/ca.pem --ca-key new-ca/ca.key --cn {namespace} --out renewed" + useRenewed
)

// byStage is what an entry says where it has no words of its own: the ladder's lower stages have
// passed, and the stage above was not looked at.
var byStage = map[string]struct{ notWrong, confirm, unseen string }{
	"input": {
		"Nothing was contacted yet: the network, the certificates and the namespace are not in question.",
		"onramp check --address {address} --namespace {namespace}",
		"The worker's own configuration: this check read only what was entered here.",
	},
	"pair": {
		"Address and namespace are readable. Nothing was contacted yet, so the network and the namespace are not in question.",
		"openssl x509 -in {cert_path} -noout -pubkey; openssl pkey -in {key_path} -pubout",
		"Which files the worker really loads.",
	},
	"chain": {
		"The key and the certificate belong together. The network was not touched yet.",
		"openssl x509 -in {cert_path} -noout -text; openssl verify -CAfile {ca_path} {cert_path}",
		"Which CA certificates the namespace holds, unless they were given with --uploaded-ca.",
	},
	"dns": {
		"Key, certificate and their dates are not in question: no connection was made.",
		"dig {host} A; dig {host} AAAA",
		"What the DNS of another network answers: run the check where the worker runs.",
	},
	"tcp": {
		"The name resolves. Certificates and namespace are not in question: no connection was made.",
		"nc -vz {host} {port}",
		"The worker's own network: run the check where the worker runs.",
	},
	"tls": {
		"The name resolves and the port is open. The client certificate is not in question: it was not sent.",
		"openssl s_client -connect {address} -servername {server_name} -alpn h2 </dev/null",
		"Whether the worker connects through the same network and with the same settings.",
	},
	"client-cert": {
		"Name, port and the server's own certificate are fine: the network is not in question.",
		"openssl s_client -tls1_2 -connect {address} -servername {server_name} -cert {cert_path} -key {key_path}",
		"Which CA certificates and filters the namespace holds: Cloud does not reveal them to a client.",
	},
	"grpc": {
		"Network, TLS and the client certificate are fine up to here.",
		"temporal operator namespace describe --address {address} --namespace {namespace} --tls-cert-path {cert_path} --tls-key-path {key_path}",
		"What happens behind the server that answered.",
	},
	"namespace": {
		"Network, TLS and the client certificate are fine, and Temporal answers.",
		"temporal operator namespace describe --address {address} --namespace {namespace} --tls-cert-path {cert_path} --tls-key-path {key_path}",
		"The settings of the namespace: only its administrators see certificate filters and connectivity rules.",
	},
	"task-queue": {
		"The connection is fine from the network to the namespace.",
		"temporal task-queue describe --task-queue {task_queue} --address {address} --namespace {namespace} --tls-cert-path {cert_path} --tls-key-path {key_path}",
		"Workers that polled more than five minutes ago, and workers of other namespaces.",
	},
	stageWorkflow: {
		"The connection, the namespace and the worker's polling are fine.",
		"temporal workflow show --workflow-id {workflow_id} --address {address} --namespace {namespace} --tls-cert-path {cert_path} --tls-key-path {key_path}",
		"The worker's own log, which says more.",
	},
}

// withKey is what the stage namespace says where the client signs in with an API key: the temporal CLI takes it from
// TEMPORAL_API_KEY.
var withKey = struct{ notWrong, confirm, unseen string }{
	"Network and TLS are fine, and Temporal answers.",
	"temporal operator namespace describe --address {address} --namespace {namespace}",
	"Which roles the owner of the key has, and whether the key is still enabled: only its owner and the account's administrators see that.",
}

// groupSources are where the facts of a group are published.
var groupSources = map[string][]string{
	"IN": {"https://docs.temporal.io/cloud/namespaces", "https://docs.temporal.io/troubleshooting/last-connection-error"},
	"KP": {"https://docs.temporal.io/cloud/certificates", "https://pkg.go.dev/crypto/tls#X509KeyPair"},
	"CH": {"https://docs.temporal.io/cloud/certificates"},
	"DN": {"https://docs.temporal.io/cloud/connectivity", "https://www.rfc-editor.org/rfc/rfc1035"},
	"TC": {"https://docs.temporal.io/cloud/connectivity"},
	"PX": {"https://pkg.go.dev/golang.org/x/net/http/httpproxy", "https://grpc.io/docs/guides/"},
	"SV": {"https://docs.temporal.io/cloud/certificates", "https://pkg.go.dev/crypto/x509"},
	"PR": {"https://www.rfc-editor.org/rfc/rfc8446", "https://www.rfc-editor.org/rfc/rfc9113"},
	"CL": {"https://docs.temporal.io/cloud/certificates", "https://www.rfc-editor.org/rfc/rfc8446#section-6"},
	"H2": {"https://www.rfc-editor.org/rfc/rfc9113", "https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md"},
	"SY": {"https://docs.temporal.io/cloud/limits"},
	"NS": {"https://docs.temporal.io/cloud/namespaces"},
	"AK": {"https://docs.temporal.io/cloud/api-keys"},
	"TQ": {"https://docs.temporal.io/task-queue"},
	"WF": {"https://docs.temporal.io/workflows"},
}
