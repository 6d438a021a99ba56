package snippet

// Vocabularies are the sets of names that people set for the same things, the one to use first; then those of
// frameworks, of Kubernetes objects, of commands, and names that seem to be the code's own.
var Vocabularies = []string{"standard", "tutorial", "course", "sample", "legacy CLI", "spring", "quarkus", "controller", "keda", "flag", "own"}

// wins is the order in which sets win: a variable over temporal.toml, standard names over others.
var wins = []string{"standard", "file", "spring", "quarkus", "controller", "tutorial", "course", "sample", "legacy CLI", "flag", "own", "keda"}

// known is what a variable means. Its set is one of Vocabularies; "ops" are the variables of tcld and
// Terraform, "file" is temporal.toml.
type known struct {
	set  string
	what meaning
}

// meaning is what a variable is for, in the words of the page.
type meaning string

const (
	mAddress    meaning = "address"
	mNamespace  meaning = "namespace"
	mCert       meaning = "client certificate"
	mKey        meaning = "private key"
	mCertData   meaning = "client certificate's content"
	mKeyData    meaning = "private key's content"
	mAPIKey     meaning = "API key"
	mServerName meaning = "TLS server name"
	mServerCA   meaning = "server's CA"
	mTLS        meaning = "TLS"
	mNoVerify   meaning = "host verification off"
	mProfile    meaning = "profile"
	mFile       meaning = "configuration file"
	mPort       meaning = "port"
	mOpsKey     meaning = "API key of tcld and Terraform"

	mQueue        meaning = "task queue"
	mPairSecret   meaning = "Secret with the client certificate"
	mAPIKeySecret meaning = "Secret with the API key"
	mOther        meaning = "connection" // names another object
)

// secret reports whether the value of such a variable is never shown.
func (m meaning) secret() bool {
	return m == mAPIKey || m == mOpsKey || m == mKeyData || m == mCertData
}

// vocabulary are all names that are recognised. Sources: sdk-go contrib/envconfig client_config_load.go;
// temporalio/cli cliext (legacy names win there); learn.temporal.io's tutorials and courses;
// temporalio/samples-typescript.
var vocabulary = map[string]known{
	"TEMPORAL_ADDRESS":                       {"standard", mAddress},
	"TEMPORAL_NAMESPACE":                     {"standard", mNamespace},
	"TEMPORAL_API_KEY":                       {"standard", mAPIKey},
	"TEMPORAL_TLS":                           {"standard", mTLS},
	"TEMPORAL_TLS_CLIENT_CERT_PATH":          {"standard", mCert},
	"TEMPORAL_TLS_CLIENT_KEY_PATH":           {"standard", mKey},
	"TEMPORAL_TLS_CLIENT_CERT_DATA":          {"standard", mCertData},
	"TEMPORAL_TLS_CLIENT_KEY_DATA":           {"standard", mKeyData},
	"TEMPORAL_TLS_SERVER_CA_CERT_PATH":       {"standard", mServerCA},
	"TEMPORAL_TLS_SERVER_CA_CERT_DATA":       {"standard", mServerCA},
	"TEMPORAL_TLS_SERVER_NAME":               {"standard", mServerName},
	"TEMPORAL_TLS_DISABLE_HOST_VERIFICATION": {"standard", mNoVerify},
	"TEMPORAL_PROFILE":                       {"standard", mProfile},
	"TEMPORAL_CONFIG_FILE":                   {"standard", mFile},

	"TEMPORAL_HOST_URL":      {"tutorial", mAddress},
	"TEMPORAL_MTLS_TLS_CERT": {"tutorial", mCert},
	"TEMPORAL_MTLS_TLS_KEY":  {"tutorial", mKey},
	"TEMPORAL_MTLS_TLS_CA":   {"tutorial", mServerCA},

	"TEMPORAL_CLOUD_ADDRESS":     {"course", mAddress},
	"TEMPORAL_CLOUD_NAMESPACE":   {"course", mNamespace},
	"TEMPORAL_CLOUD_PORT":        {"course", mPort},
	"TEMPORAL_CLOUD_PEM":         {"course", mCertData},
	"TEMPORAL_CLOUD_PRIVATE_KEY": {"course", mKeyData},

	"TEMPORAL_CLIENT_CERT_PATH":         {"sample", mCert},
	"TEMPORAL_CLIENT_KEY_PATH":          {"sample", mKey},
	"TEMPORAL_SERVER_NAME_OVERRIDE":     {"sample", mServerName},
	"TEMPORAL_SERVER_ROOT_CA_CERT_PATH": {"sample", mServerCA},

	"TEMPORAL_TLS_CERT":                          {"legacy CLI", mCert},
	"TEMPORAL_TLS_KEY":                           {"legacy CLI", mKey},
	"TEMPORAL_TLS_CA":                            {"legacy CLI", mServerCA},
	"TEMPORAL_TLS_CERT_DATA":                     {"legacy CLI", mCertData},
	"TEMPORAL_TLS_KEY_DATA":                      {"legacy CLI", mKeyData},
	"TEMPORAL_TLS_CA_DATA":                       {"legacy CLI", mServerCA},
	"TEMPORAL_CLI_ADDRESS":                       {"legacy CLI", mAddress},
	"TEMPORAL_CLI_NAMESPACE":                     {"legacy CLI", mNamespace},
	"TEMPORAL_CLI_TLS_CERT":                      {"legacy CLI", mCert},
	"TEMPORAL_CLI_TLS_KEY":                       {"legacy CLI", mKey},
	"TEMPORAL_CLI_TLS_CA":                        {"legacy CLI", mServerCA},
	"TEMPORAL_CLI_TLS_SERVER_NAME":               {"legacy CLI", mServerName},
	"TEMPORAL_CLI_TLS_DISABLE_HOST_VERIFICATION": {"legacy CLI", mNoVerify},

	"TEMPORAL_CLOUD_API_KEY": {"ops", mOpsKey},

	"TEMPORAL_TASK_QUEUE": {"own", mQueue},
}

// profileKeys are the keys of a profile in temporal.toml; those of its table tls have it before them.
var profileKeys = map[string]meaning{
	"address": mAddress, "namespace": mNamespace, "api_key": mAPIKey,
	"tls.client_cert_path": mCert, "tls.client_key_path": mKey, "tls.client_cert_data": mCertData, "tls.client_key_data": mKeyData,
	"tls.server_ca_cert_path": mServerCA, "tls.server_ca_cert_data": mServerCA, "tls.server_name": mServerName,
	"tls.disabled": mTLS, "tls.disable_host_verification": mNoVerify,
}

// readers says who reads a vocabulary.
var readers = map[string]string{
	"standard":   "the SDKs' environment configuration (Python from 1.14.0, TypeScript 1.13.2, Java 1.32.1, .NET 1.11.0, Ruby 1.2.0, PHP 2.17.0, Go contrib/envconfig) and the temporal CLI",
	"tutorial":   "only the code of the tutorial",
	"course":     "only the code of a course or sample",
	"sample":     "only the code of the TypeScript mTLS sample",
	"legacy CLI": "only the temporal CLI or its predecessor tctl, no SDK",
	"spring":     "Temporal's starter for Spring Boot",
	"quarkus":    "the Temporal extension of Quarkus",
	"controller": "the Temporal worker controller, which sets the workers' variables",
	"keda":       "KEDA's Temporal scaler, not the worker",
	"flag":       "the command that they are given to",
	"own":        "perhaps your own code; no SDK and no framework that Onramp knows",
}

// cliReads reports whether today's temporal CLI still takes a legacy name (temporalio/cli cliext).
func cliReads(name string) bool {
	switch name {
	case "TEMPORAL_TLS_CERT", "TEMPORAL_TLS_KEY", "TEMPORAL_TLS_CA", "TEMPORAL_TLS_CERT_DATA", "TEMPORAL_TLS_KEY_DATA", "TEMPORAL_TLS_CA_DATA":
		return true
	}
	return false
}

// standardName is the name to use for a meaning, "" for none.
func standardName(m meaning) string {
	switch m {
	case mAddress:
		return "TEMPORAL_ADDRESS"
	case mNamespace:
		return "TEMPORAL_NAMESPACE"
	case mCert:
		return "TEMPORAL_TLS_CLIENT_CERT_PATH"
	case mKey:
		return "TEMPORAL_TLS_CLIENT_KEY_PATH"
	case mCertData:
		return "TEMPORAL_TLS_CLIENT_CERT_DATA"
	case mKeyData:
		return "TEMPORAL_TLS_CLIENT_KEY_DATA"
	case mServerName:
		return "TEMPORAL_TLS_SERVER_NAME"
	}
	return ""
}
