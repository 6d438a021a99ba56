package doctor

import "regexp"

// decoding is one text that tools print. Of several that match, the first in the table counts, so
// the more telling ones stand first.
type decoding struct {
	match  *regexp.Regexp
	code   string
	level  Level
	also   []string       // what else prints the same
	unless *regexp.Regexp // … and then it means something else
}

func text(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?i)` + pattern) }

// decodings are the texts of faults.md §3 and cloud-facts.md §8: Go, the Rust core under Python,
// TypeScript, .NET and Ruby, gRPC's C core, Node, Java and the temporal and tcld commands.
var decodings = []decoding{
	// Refusals of the client certificate, by the alert's name: Go and OpenSSL write words, rustls joins them.
	{match: text(`tls: unknown certificate authority|alert: UnknownCA|tlsv1 alert unknown ca|sslv3 alert unknown ca`), code: "CL-03", level: Certain, also: []string{"CH-01", "CH-02", "CH-06", "CH-28", "CH-30"}},
	{match: text(`tls: expired certificate|alert: CertificateExpired|alert certificate expired`), code: "CL-04", level: Likely, also: []string{"CH-09", "CH-11", "CH-10"}},
	{match: text(`tls: revoked certificate|alert: CertificateRevoked|CertificateRevoked|alert certificate revoked`), code: "CL-10", level: Likely},
	{match: text(`tls: bad certificate|alert: BadCertificate|alert bad certificate`), code: "CL-05", level: Likely, also: []string{"CH-26", "CH-15", "CH-13"}},
	{match: text(`tls: unsupported certificate(?: curve)?`), unless: text(`unsupported certificate curve`), code: "CL-06", level: Certain, also: []string{"CH-15", "CH-16"}},
	{match: text(`alert: UnsupportedCertificate|alert unsupported certificate`), code: "CL-06", level: Certain, also: []string{"CH-15", "CH-16"}},
	{match: text(`tls: unknown certificate\b|alert: CertificateUnknown|alert certificate unknown`), code: "CL-09", level: Likely, also: []string{"CL-05", "CL-03"}},
	{match: text(`tls: error decrypting message|alert: DecryptError|alert decrypt error`), code: "CL-07", level: Certain},
	{match: text(`remote error: tls: access denied|alert: AccessDenied`), code: "CL-08", level: Likely},
	{match: text(`tls: certificate required|alert: CertificateRequired|certificate_required|alert certificate required`), code: "CL-01", level: Likely, also: []string{"CL-02", "AK-01"}},
	{match: text(`tls: protocol version not supported|alert: ProtocolVersion|alert protocol version`), code: "PR-08", level: Likely, also: []string{"PR-09"}},
	{match: text(`tls: no application protocol|alert: NoApplicationProtocol`), code: "PR-07", level: Certain},
	{match: text(`tls: unrecognized name|alert: Unrecogni[sz]edName`), code: "PR-14", level: Certain},
	{match: text(`remote error: tls: internal error|alert: InternalError`), code: "PR-13", level: Likely, also: []string{"PR-14"}},
	{match: text(`remote error: tls: handshake failure|alert: HandshakeFailure|alert handshake failure`), code: "CL-01", level: Likely, also: []string{"PR-10"}},

	// Things that answer in Temporal's stead.
	{match: text(`unexpected HTTP status code received from server: 403`), code: "H2-03", level: Certain},
	{match: text(`unexpected HTTP status code received from server: 401`), code: "H2-04", level: Certain},
	{match: text(`unexpected HTTP status code received from server: 404`), code: "H2-02", level: Certain},
	{match: text(`unexpected HTTP status code received from server: 429`), code: "H2-05", level: Certain},
	{match: text(`unexpected HTTP status code received from server: 50[234]`), code: "H2-06", level: Certain},
	{match: text(`unexpected HTTP status code received from server: \d{3}`), code: "H2-07", level: Certain, also: []string{"IN-08"}},
	{match: text(`407 Proxy Authentication Required`), code: "PX-02", level: Certain},
	{match: text(`connect handshake, response: "HTTP/1\.[01] 403`), code: "PX-03", level: Certain},
	{match: text(`connect handshake, response: "HTTP/1\.[01] 50[234]`), code: "PX-04", level: Certain},
	{match: text(`unable to build the proxy resolver|invalid proxy address`), code: "PX-07", level: Certain},
	{match: text(`reading server HTTP response: unexpected EOF`), code: "PX-05", level: Likely},
	{match: text(`stream terminated by RST_STREAM`), unless: text(`deadline ?exceeded`), code: "H2-10", level: Likely},
	{match: text(`too_many_pings|ENHANCE_YOUR_CALM`), code: "H2-08", level: Certain},
	{match: text(`debug data: "max_age"`), code: "H2-09", level: Certain},
	{match: text(`header list size to send violates the maximum size`), code: "H2-12", level: Certain},
	{match: text(`Decompressor is not installed|grpc-encoding .* not supported`), code: "H2-13", level: Likely},
	{match: text(`upstream connect error or disconnect/reset before headers`), code: "SY-02", level: Certain},
	{match: text(`unknown service temporal\.api\.workflowservice`), code: "SY-01", level: Certain},
	{match: text(`first record does not look like a TLS handshake|wrong version number|NotSslRecordException|InvalidContentType|not an SSL/TLS record`), code: "PR-01", level: Likely, also: []string{"PR-02", "PR-03", "PX-11"}},
	{match: text(`missing selected ALPN property`), code: "PR-06", level: Certain},

	// The server's certificate.
	{match: text(`legacy Common Name field`), code: "SV-07", level: Certain},
	{match: text(`certificate is valid for ingress\.local|default-backend|Ingress Controller Fake Certificate|TRAEFIK DEFAULT CERT`), code: "SV-05", level: Certain},
	{match: text(`doesn't contain any IP SANs|x509: cannot validate certificate for [0-9a-f.:]+`), code: "SV-06", level: Certain},
	{match: text(`x509: certificate is valid for|NotValidForName|Hostname/IP does not match certificate's altnames|No subject alternative (?:DNS )?name`), code: "SV-04", level: Certain, also: []string{"IN-18"}},
	{match: text(`NativeCertsNotFound|no native root CA certificates found`), code: "SV-02", level: Certain},
	{match: text(`CaUsedAsEndEntity`), code: "SV-13", level: Likely},
	{match: text(`x509: certificate signed by unknown authority|CERTIFICATE_VERIFY_FAILED|UnknownIssuer|unable to get local issuer certificate|self[- ]signed certificate in certificate chain|PKIX path building failed|unable to verify the first certificate`), code: "SV-01", level: Likely, also: []string{"SV-02", "PX-08", "SV-13", "SV-11"}},
	{match: text(`x509: certificate has expired or is not yet valid: current time \S+ is before`), code: "SV-09", level: Likely, also: []string{"CH-10", "SV-08"}},
	{match: text(`x509: certificate has expired or is not yet valid|invalid peer certificate: Expired`), code: "SV-08", level: Likely, also: []string{"SV-09", "CH-09", "CH-11"}},
	{match: text(`certificate specifies an incompatible key usage`), code: "CH-15", level: Likely, also: []string{"SV-14"}},

	// Files and PEM texts.
	{match: text(`did find a private key; PEM inputs may have been switched`), code: "KP-02", level: Likely, also: []string{"IN-16", "KP-30"}},
	{match: text(`found a certificate rather than a key`), code: "KP-03", level: Certain, also: []string{"KP-02"}},
	{match: text(`skipping PEM block.*CERTIFICATE REQUEST|skipping the following types: \[CERTIFICATE REQUEST`), code: "KP-04", level: Certain},
	{match: text(`TRUSTED CERTIFICATE|X509 CERTIFICATE`), code: "KP-28", level: Likely},
	{match: text(`PEM block with type ending in "PRIVATE KEY".*PUBLIC KEY`), code: "KP-05", level: Certain},
	{match: text(`private key type does not match public key type`), code: "KP-07", level: Certain},
	{match: text(`private key does not match public key|key values mismatch|KeyMismatch`), code: "KP-06", level: Certain, also: []string{"KP-08", "KP-09", "KP-10"}},
	{match: text(`unsupported certificate curve`), code: "KP-33", level: Certain},
	{match: text(`File does not contain valid private key|PrivateKeyParseError`), code: "KP-32", level: Likely, also: []string{"KP-11", "KP-12", "KP-37"}},
	{match: text(`failed to parse private key|bad decrypt|bad password read`), code: "KP-11", level: Likely, also: []string{"KP-12", "KP-37", "KP-29"}},
	{match: text(`failed to find any PEM data in key input`), code: "KP-39", level: Likely, also: []string{"KP-36", "IN-17", "KP-21"}},
	{match: text(`failed to find any PEM data|CertificateParseError|no start line`), code: "KP-39", level: Likely, also: []string{"IN-17", "KP-21", "KP-20", "KP-22", "KP-16", "KP-01"}},
	{match: text(`malformed UTCTime|x509: malformed|asn1: structure error|asn1: syntax error`), code: "KP-27", level: Certain},
	{match: text(`open [^:\n]+\.(?:pem|key|crt|cer|p12)\S*: (?:no such file or directory|permission denied)|FileNotFoundError.*\.(?:pem|key|crt)`), code: "KP-35", level: Certain},
	{match: text(`open [^:\n]+: (?:no such file or directory|permission denied)`), code: "KP-35", level: Likely},

	// What Cloud refuses on upload.
	{match: text(`received is expired as of`), code: "CH-11", level: Certain},
	{match: text(`unable to construct full certificate chain`), code: "CH-07", level: Certain},
	{match: text(`certificate with fingerprint '[^']*' already exists`), code: "CH-29", level: Certain},
	{match: text(`invalid region:`), code: "NS-13", level: Certain},
	{match: text(`cannot create namespace with provided auth method`), code: "NS-14", level: Certain},

	// API keys.
	{match: text(`non-printable ASCII characters`), code: "AK-04", level: Likely, also: []string{"IN-20"}},
	{match: text(`Jwt is missing`), code: "AK-02", level: Likely, also: []string{"AK-06"}},
	{match: text(`Jwt is expired`), code: "AK-03", level: Certain},
	{match: text(`insufficient permissions for namespace`), code: "AK-07", level: Likely, also: []string{"NS-02"}},

	// Namespaces and limits.
	{match: text(`(?:list namespaces|health check error|health check failed).*Request unauthorized`), code: "NS-03", level: Likely, also: []string{"NS-02"}},
	{match: text(`Request unauthorized`), code: "NS-02", level: Likely, also: []string{"CH-26", "IN-12", "IN-11", "AK-07", "NS-03"}},
	{match: text(`Namespace:? ['"]?default['"]? (?:is not found|was not found)`), code: "NS-11", level: Certain},
	{match: text(`Namespace \S+ was not found or otherwise could not be described`), code: "NS-01", level: Likely, also: []string{"NS-02", "IN-11", "NS-04"}},
	{match: text(`Namespace \S+ is not found|namespace not found|NamespaceNotFound`), code: "NS-01", level: Likely, also: []string{"IN-11", "IN-12", "IN-19"}},
	{match: text(`Namespace not set on request`), code: "NS-04", level: Certain},
	{match: text(`Namespace length exceeds limit`), code: "NS-05", level: Certain},
	{match: text(`Namespace has invalid state`), code: "NS-06", level: Certain},
	{match: text(`is active in cluster|Namespace unavailable:`), code: "NS-07", level: Certain},
	{match: text(`received message larger than max`), code: "SY-05", level: Certain, also: []string{"SY-06"}},
	{match: text(`trying to send message larger than max`), code: "SY-06", level: Certain},
	{match: text(`Workflow is busy\.`), code: "SY-07", level: Certain},
	{match: text(`(?:namespace|service) rate limit exceeded|concurrent poller limit exceeded`), code: "SY-04", level: Certain},
	{match: text(`shard status unknown`), code: "SY-08", level: Likely},

	// Workers and workflows.
	{match: text(`unable to find workflow type|Workflow class .* is not registered|no such workflow type|Failed to find a workflow`), code: "WF-01", level: Certain},
	{match: text(`unable to find activityType|Activity function .* is not registered|Activity .* is not registered on this worker`), code: "WF-02", level: Certain},
	{match: text(`TMPRL1100|nondeterministic workflow|NonDeterministic`), code: "WF-03", level: Certain},
	{match: text(`BlobSizeLimitError|Blob data size exceeds limit`), code: "WF-04", level: Certain},
	{match: text(`missing \d+ required positional argument`), code: "WF-13", level: Likely, also: []string{"WF-15"}},
	{match: text(`Failed decoding arguments`), code: "WF-14", level: Likely, also: []string{"WF-05"}},
	{match: text(`WorkflowExecutionAlreadyStarted|Workflow execution (?:is )?already (?:running|started)|workflow execution already started`), code: "WF-07", level: Certain},
	{match: text(`no mapping defined for search attribute|is not a valid search attribute|search attribute \S+ is not defined`), code: "WF-06", level: Certain},
	{match: text(`Activity complete after timeout`), code: "WF-10", level: Likely},

	// Addresses.
	{match: text(`(?:invalid target address|address|dial tcp:? address) https?://`), code: "IN-01", level: Certain},
	{match: text(`missing port in address`), code: "IN-02", level: Certain},
	{match: text(`lookup tcp/\d+/`), code: "IN-03", level: Certain},
	{match: text(`lookup tcp/\d+\s`), code: "IN-04", level: Certain},
	{match: text(`invalid control character in URL`), code: "IN-04", level: Likely},
	{match: text(`lookup tcp/[a-z]\w*: unknown port|address \d+: invalid port`), code: "IN-05", level: Certain},
	{match: text(`empty host: ":|resolution failed for service: :`), code: "IN-22", level: Certain},
	{match: text(`too many colons in address`), code: "IN-06", level: Likely, also: []string{"IN-07", "IN-01"}},

	// The network, at last: these words have many causes.
	{match: text(`Temporary failure in name resolution|server misbehaving`), code: "DN-02", level: Likely, also: []string{"DN-03", "DN-06"}},
	{match: text(`lookup [^\n]*i/o timeout`), code: "DN-06", level: Certain},
	{match: text(`read udp [^\n]*connection refused`), code: "DN-07", level: Certain},
	{match: text(`no such host|Name or service not known|ENOTFOUND|UnknownHostException|nodename nor servname provided`), code: "DN-01", level: Likely, also: []string{"IN-11", "IN-01", "IN-04", "DN-04"}},
	{match: text(`produced zero addresses`), code: "DN-01", level: Likely, also: []string{"IN-02", "IN-03", "IN-05", "DN-03", "DN-04"}},
	{match: text(`network is unreachable|ENETUNREACH`), code: "TC-03", level: Likely, also: []string{"DN-05"}},
	{match: text(`no route to host|EHOSTUNREACH`), code: "TC-04", level: Certain},
	{match: text(`connection refused|ECONNREFUSED`), code: "TC-01", level: Likely, also: []string{"PX-01", "IN-05"}},
	{match: text(`write: broken pipe|BrokenPipe`), code: "CL-13", level: Likely, also: []string{"CL-03", "CL-04", "CL-05"}},
	{match: text(`connection closed before server preface received`), code: "CL-11", level: Likely, also: []string{"CH-09", "CL-03", "PX-09"}},
	{match: text(`error reading server preface: EOF`), code: "PR-04", level: Likely, also: []string{"CL-11", "PX-09"}},
	{match: text(`error reading server preface: [^\n]*connection reset by peer`), code: "PR-05", level: Likely, also: []string{"CL-12", "AK-09", "IN-18"}},
	{match: text(`connection reset by peer|ECONNRESET|ConnectionReset`), code: "PR-12", level: Likely, also: []string{"PR-05", "IN-18", "TC-06", "CL-12"}},
	{match: text(`unexpected eof while reading|UnexpectedEof`), code: "PR-11", level: Likely, also: []string{"IN-18", "PR-04"}},
	{match: text(`error reading from server: EOF`), code: "H2-11", level: Likely},
	{match: text(`the connection is draining`), code: "H2-09", level: Likely, also: []string{"H2-08", "SY-09"}},
	{match: text(`waiting for connections to become ready|Failed to connect before the deadline|Timeout expired|dial tcp [^\n]*i/o timeout|context deadline exceeded|DEADLINE_EXCEEDED`), code: "TC-02", level: Likely, also: []string{"TC-05", "SV-01", "DN-06", "SY-03"}},
	{match: text(`Unauthenticated`), code: "AK-03", level: Likely, also: []string{"AK-02", "AK-06"}},
}
