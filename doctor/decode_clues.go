package doctor

// A clue is one thing that a text shows, and the phrases of the tools that show it. What it means, alone and beside
// others, is in readings.
type clue struct {
	gives string
	says  []phrase
}

// sourceClues show whose words a text is in.
var sourceClues = []clue{
	{byJava, []phrase{"|io.grpc.", "javax.net.ssl.", "io.netty.", "java.lang.", "java.net.", "java.security.", "java.io.", "io.temporal.", "abstractchannel$"}},
	{byDotnet, []phrase{"system.invalidoperationexception", "|invalidoperationexception: connection failed", "system.net.", "system.io.", "system.security.", "temporalio.exceptions", "at temporalio.client", "grpc.core.rpcexception", "system.argumentexception", "unhandled exception. system"}},
	{byPython, []phrase{"runtimeerror: failed client connect", "traceback (most recent call last)", "temporalio.service.rpcerror", "temporalio.worker.", "temporalio/bridge", "|ssl.sslerror", "site-packages/temporalio"}},
	{byNode, []phrase{"transporterror:", "@temporalio/", "@grpc/grpc-js", "|serviceerror:", "node:internal", "node_modules", "at function.connect", "at nativeconnection", "errno: -"}},
	{byRuby, []phrase{"temporalio::", "grpc::unavailable", "grpc::", ".rb:", "temporalio_bridge"}},
	{byPHP, []phrase{"temporal_plugin", "rrtemporal", "roadrunner", "temporal\\client", "temporal\\exception", ".php:", ".php on line", "php fatal error", "php message:"}},
	{byGo, []phrase{"rpc error: code =", "failed reaching server:", "connection error: desc =", "|goroutine 1 [", "x509: ", "remote error: tls:", "dial tcp"}},
	{byRust, []phrase{"tonic::transport", "hyper::error", "hyper_util", "`get_system_info` call error"}},
}

// tlsClues are the words of a TLS handshake, beside the alerts (decode_alerts.go).
var tlsClues = []clue{
	{"by a server", []phrase{"tls handshake error from", "failed to complete security handshake", "serverhandshake", "grpc: server failed to", "ssl_do_handshake() failed … client:", "client certificate verification failed"}},

	{"not TLS", []phrase{"first record does not look like a tls handshake", "wrong version number", "wrong_version_number", "notsslrecordexception", "not an ssl/tls record", "invalidcontenttype", "unsupported or unrecognized ssl message", "cannot determine the frame size or a corrupted frame was received", "packet length too long", "ssl routines:openssl_internal:http_request", "server gave http response to https client"}},
	{"answered:http1", []phrase{"frame header looked like an http/1.1 header", "server gave http response to https client", "openssl_internal:http_request", "parse error: expected http/", "received http/1", "an http/1.x"}},
	{"answered:tls", []phrase{"client sent an http request to an https server", "plain http request was sent to https port", "received http/0.9 when not allowed"}},
	{"strange frame", []phrase{"http2: frame too large", "first received frame was not settings", "frame_size_error", "frame with invalid size", "unexpected http/1.x request", "settings expected", "http/2 preface", "server did not complete the http/2 handshake", "http/2 error code 'http_1_1_required'", "invalid http2 preface", "error_code = 0x1, \"protocol error"}},
	{"without TLS", []phrase{"network closed for unknown reason", "stream closed because of a broken pipe"}},
	{"TLS not set up", []phrase{"connecting to https without tls enabled", "httpsuriwithouttlssupport"}},
	{"no HTTP/2 agreed", []phrase{"missing selected alpn property", "h2notnegotiated", "http/2 was not negotiated"}},
	{"no ALPN", []phrase{"alpn negotiation failed", "requested protocol 'h2' not negotiated", "failed alpn negotiation", "openssl_internal:no_application_protocol", "peer doesn't support any known protocol"}},
	{"no common TLS", []phrase{"openssl_internal:unsupported_protocol", "ssl routines::unsupported protocol", "no appropriate protocol", "peer is incompatible", "server selected unsupported protocol version", "tls: no supported versions satisfy", "the client and server cannot communicate, because they do not possess a common algorithm"}},
	{"no common cipher", []phrase{"no cipher suites in common", "no_shared_cipher", "no shared cipher", "nociphersuitesincommon"}},

	{"unknown issuer", []phrase{"certificate signed by unknown authority", "certificate_verify_failed", "certificate verify failed", "unknownissuer", "unable to get local issuer certificate", "unable_to_get_issuer_cert", "self-signed certificate in certificate chain", "self signed certificate in certificate chain", "self_signed_cert_in_chain", "depth_zero_self_signed_cert", "pkix path building failed", "unable to find valid certification path", "trustanchors parameter must be non-empty", "unable to verify the first certificate", "unable_to_verify_leaf_signature", "untrustedroot", "partialchain", "x509: certificate is not trusted", "authority and subject key identifier mismatch", "certificate is not standards compliant"}},
	{"one certificate sent", []phrase{"unable to verify the first certificate", "unable_to_verify_leaf_signature", "partialchain"}},
	{"issuer's other key", []phrase{"verification failure\" while trying to verify candidate authority certificate", "verification error\" while trying to verify candidate authority certificate", "invalidcertificate(badsignature)", "invalid peer certificate: badsignature", "certificate signature failure"}},
	{"no roots", []phrase{"nativecertsnotfound", "no native certs found", "no native root ca certificates found", "could not get default pem root certs", "trustanchors parameter must be non-empty", "no ca certificates were loaded", "failed to load default root", "unable to load root certificates", "cannot get default pem root certs", "failed to load file: /usr/share/grpc/roots.pem"}},
	{"CA as end entity", []phrase{"causedasendentity", "ca used as end entity"}},
	{"server lacks serverAuth", []phrase{"incompatible key usage", "invalidpurpose", "does not allow extended key usage for", "extended key usage does not permit use for tls server", "requiredekunotfound", "unsupported certificate purpose", "extendedkeyusage"}},
	{"version 1", []phrase{"unsupportedcertversion"}},
	{"critical extension", []phrase{"unhandled critical extension", "unhandledcriticalextension", "unsupportedcriticalextension"}},
	{"name constraint", []phrase{"is not permitted by any constraint", "nameconstraintviolation", "excluded by constraint"}},
	{"insecure signature", []phrase{"insecure algorithm sha1", "insecure algorithm md5", "ca md too weak", "ca_md_too_weak", "algorithm constraints check failed", "unsupportedsignaturealgorithm"}},
	{"short key", []phrase{"ee key too small", "ee_key_too_small", "ca key too small", "ca_key_too_small", "tls: server sent certificate containing rsa key smaller"}},

	{"wrong name", []phrase{"certificate is valid for", "notvalidforname", "certificate not valid for name", "hostname/ip does not match certificate's altnames", "err_tls_cert_altname_invalid", "no subject alternative dns name matching", "no name matching", "certpathvalidatorexception: no subject alternative", "hostname mismatch", "ip address mismatch", "is not in peer certificate", "hostname verification check failed", "remotecertificatenamemismatch", "certificate is not valid for any names", "doesn't match … certificate", "host name … does not match the certificate"}},
	{"no IP names", []phrase{"doesn't contain any ip sans", "x509: cannot validate certificate for", "no subject alternative names matching ip address", "ip address mismatch, certificate is not valid for", "|ip: … is not in the cert's list"}},
	{"common name alone", []phrase{"legacy common name field"}},
	{"default certificate", []phrase{"is valid for ingress.local", "default-backend", "ingress controller fake certificate", "traefik default cert", ".traefik.default"}},
	{"not yet valid", []phrase{"certificate has expired or is not yet valid: current time … is before", "invalid peer certificate: notvalidyet", "notvalidyet", "certificate not valid yet", "certificate is not yet valid", "cert_not_yet_valid", "certificatenotyetvalidexception"}},
	{"out of date", []phrase{"certificate has expired or is not yet valid", "invalid peer certificate: expired", "invalidcertificate(expired", "expiredcontext", "certificate expired: verification time", "certificate has expired", "cert_has_expired", "certificateexpiredexception", "nottimevalid", "openssl_internal:certificate_has_expired", "validity check failed"}},
}

// commandClues are the words with which the temporal command and openssl explain a failure by themselves.
var commandClues = []clue{
	{"name not found", []phrase{"could not resolve \"… check the server address"}},
	{"certificate rejected", []phrase{"server rejected the client certificate"}},
	{"certificate required", []phrase{"server requires client certificates"}},
	{"unknown issuer", []phrase{"the server certificate is not trusted", "cannot verify server certificate"}},
	{"wrong name", []phrase{"the server certificate is not valid for \"", "server certificate is not valid for this host"}},
	{"not TLS", []phrase{"does not appear to use tls"}},
	{"no PEM", []phrase{"could not read client certificate from", "could not read certificate from", "no certificate or crl found"}},
	{"no PEM key", []phrase{"could not read client certificate private key from", "could not read private key from"}},
	{"bad server root", []phrase{"failed adding server ca to ca pool", "failed to add server ca"}},
	{"no host and port", []phrase{"address is not in host:port form"}},
	{"no port number", []phrase{"servname not supported for ai_socktype"}},
	{"server lacks serverAuth", []phrase{"unsuitable certificate purpose"}},
}

// networkClues are the words of names, connections and proxies.
var networkClues = []clue{
	{"name not found", []phrase{"no such host", "name or service not known", "enotfound", "unknownhostexception", "nodename nor servname provided", "could not resolve host", "no address associated with hostname", "name does not resolve", "name resolution failed for target", "dns resolution failed", "no data record of requested type", "unable to resolve host", "domain name not found", "no such host is known", "unresolvedaddressexception", "getaddrinfo: name", "failed to resolve name", "failed to lookup address information"}},
	{"resolver gave nothing", []phrase{"produced zero addresses"}},
	{"resolver failed", []phrase{"temporary failure in name resolution", "server misbehaving", "eai_again", "servfail", "try again later|"}},
	{"resolver silent", []phrase{"|lookup … i/o timeout", "dns server returned general failure … timeout", "dns request timed out", "dns resolution timed out"}},
	{"no resolver", []phrase{"read udp … connection refused"}},
	{"no target", []phrase{"targethost is required", "empty host: \":", "resolution failed for service: :", "address is required to create serviceclient", "target url: emptyhost", "emptyhost"}},
	{"bad target", []phrase{"invalid target url", "relativeurlwithoutbase", "invalid uri character", "invaliduri", "invalid uri:", "invalid address", "is not a valid address"}},

	{"refused", []phrase{"connection refused", "econnrefused", "connectionrefused", "actively refused it", "code: 111", "code: 61", "os error 111"}},
	{"no route", []phrase{"network is unreachable", "enetunreach", "networkunreachable", "network unreachable"}},
	{"host unreachable", []phrase{"no route to host", "ehostunreach", "hostunreachable", "host is unreachable"}},
	{"no local address", []phrase{"cannot assign requested address", "can't assign requested address", "addrnotavail", "eaddrnotavail", "address not available", "requested address is not valid in its context"}},
	{"no open files left", []phrase{"too many open files", "|emfile|", "|enfile|"}},
	{"reset", []phrase{"connection reset by peer", "econnreset", "connectionreset", "connection reset|", "forcibly closed by the remote host", "connection was reset"}},
	{"before TLS was done", []phrase{"socket disconnected before secure tls connection was established", "tls handshake eof", "unexpected eof while reading", "ssl peer shut down incorrectly", "remote host terminated the handshake", "remote host closed connection during handshake", "unexpected_eof_while_reading", "eof occurred in violation of protocol", "handshake failed: eof", "authentication handshake failed: eof", "received an unexpected eof or 0 bytes", "unexpectedeof"}},
	{"handshake was cut", []phrase{"authentication handshake failed: … connection reset", "closedchannelexception … sslhandler", "handshake … connection reset", "ssl handshake … closed"}},
	{"preface, then end", []phrase{"error reading server preface: eof", "server preface: unexpected eof"}},
	{"preface, then silence", []phrase{"failed to receive server preface within timeout", "server preface: … i/o timeout", "server preface: … deadline exceeded"}},
	{"preface, then reset", []phrase{"error reading server preface: … reset by peer"}},
	{"closed before preface", []phrase{"connection closed before server preface received", "connection closed before preface"}},
	{"write failed", []phrase{"write: broken pipe", "brokenpipe", "broken pipe|", "epipe|"}},
	{"dropped in a call", []phrase{"error reading from server: eof", "error reading from server: … reset by peer", "hyper::error(canceled", "h2 protocol error", "stream closed with error", "connection dropped", "transport is closing", "connection closed with unknown cause", "unexpected end of file", "channel closed|", "http/2 stream closed", "connection error received: not a result of an error", "keep-alive timed out", "keepalive failed", "keepalivetimedout", "keepalive watchdog timeout", "socket closed|", "connection abruptly terminated", "end of stream or ioexception"}},
	{"keepalive", []phrase{"keep-alive timed out", "keepalive failed", "keepalivetimedout", "keepalive watchdog timeout"}},
	{"connect timed out", []phrase{"dial tcp … i/o timeout", "connecttimeoutexception", "connection timed out", "connect timeout", "etimedout", "tcp connect error … deadline has elapsed", "error trying to connect: … timed out", "kind: timedout", "failed to connect within", "os error 110", "connectex: a connection attempt failed", "did not properly respond after a period of time", "deadline has elapsed", "tls handshake timeout"}},
	{"not connected in time", []phrase{"waiting for connections to become ready", "failed to connect before the deadline", "connect to temporal service. timeout exceeded", "deadline…waiting_for_connection", "deadline exceeded…checkhealth", "getsysteminfo…timeout expired", "getsysteminfo…deadline", "get_system_info…timeout expired", "reaching server…deadline exceeded", "connect to…deadline exceeded", "connecting to…deadline exceeded", "connection failed…deadline exceeded", "to dial…deadline exceeded", "dialing…deadline exceeded", "dial tcp…deadline exceeded", "temporal client…deadline exceeded"}},
	{"a call's time is up", []phrase{"updaterpctimeoutorcancelled", "workflow update…timeout expired", "queryworkflow…deadline", "query workflow…deadline", "querying workflow…deadline", "query…timeout expired", "updateworkflow…deadline", "update workflow…deadline", "getworkflowexecutionhistory…deadline", "signalwithstart…deadline", "signalworkflow…deadline", "startworkflowexecution…deadline"}},
	{"deadline", []phrase{"waiting for connections to become ready", "failed to connect before the deadline", "timeout expired", "context deadline exceeded", "deadline_exceeded", "deadlineexceeded", "deadline exceeded", "connect to temporal service. timeout exceeded", "waiting_for_connection", "call timeout has been reached", "healthcheck failed", "deadline of"}},
	{"handshake silent", []phrase{"handshake timed out after", "ssl handshake … timed out", "handshaketimeoutexception", "handshaketimeout", "tls handshake timeout"}},

	{"proxy wants a login", []phrase{"407 proxy authentication required", "connect tunnel failed, response 407", "http/1.1 407", "status code 407", "proxy returned an error status code: 407", "tunneling socket could not be established, statuscode=407", "proxyconnectexception … 407"}},
	{"proxy forbids", []phrase{"connect handshake, response: \"http/1.1 403", "connect handshake, response: \"http/1.0 403", "connect tunnel failed, response 403", "statuscode=403", "proxyconnectexception … 403"}},
	{"proxy cannot reach", []phrase{"connect handshake, response: \"http/1.1 50", "connect handshake, response: \"http/1.0 50", "connect tunnel failed, response 50", "statuscode=50", "proxyconnectexception … 50"}},
	{"proxy malformed", []phrase{"unable to build the proxy resolver", "invalid proxy address", "unsupported proxy scheme", "proxy url … not", "invalid address for http connect proxy"}},
	{"proxy dialled", []phrase{"proxyconnect tcp: "}},
	{"a gateway's words", []phrase{"api error response 50", "error response 502", "error response 503", "error response 504"}},
	{"no CONNECT", []phrase{"reading server http response: unexpected eof", "proxyconnectexception", "proxy handler … timed out"}},

	{"scheme in the address", []phrase{"targethost cannot have ://", "invalid target address http", "|address http:/", "|address https:/", "dial tcp address http", "lookup tcp///", "lookup http:", "lookup https:", "resolve host 'https", "scheme \"https\" not", "invalid target: https:", "target … https://", "namespace … https://"}},
	{"port missing", []phrase{"missing port in address"}},
	{"path after the port", []phrase{"lookup tcp/7233/", "lookup tcp/443/"}},
	{"blank after the port", []phrase{"lookup tcp/7233 :", "lookup tcp/443 :"}},
	{"control character", []phrase{"invalid control character in url"}},
	{"no port number", []phrase{"targethost does not have valid port", "unknown port", "invalid port", "invalidport", "port out of range"}},
	{"colons", []phrase{"too many colons in address"}},
}

// callClues are the words of HTTP/2, gRPC and the service, once a connection stands.
var callClues = []clue{
	{"stream ended", []phrase{"stream terminated by rst_stream", "received rst_stream with code", "rst_stream closed stream", "received rst_stream with error code", "stream error received: ", "http2 stream closed with code", "stream was reset"}},
	{"too many pings", []phrase{"too_many_pings", "enhance_your_calm", "too many pings"}},
	{"old connection", []phrase{"debug data: \"max_age\"", "max_age"}},
	{"big header", []phrase{"header list size to send violates", "header size exceeded max allowed size", "received metadata size exceeds"}},
	{"unknown compression", []phrase{"decompressor is not installed", "grpc-encoding … not supported", "content is compressed with", "can't find decompressor"}},
	{"gateway without backend", []phrase{"upstream connect error or disconnect/reset before headers", "no healthy upstream", "upstream request timeout", "no route … upstream"}},
	{"other service", []phrase{"unknown service temporal.api.workflowservice", "unknown service temporal.api.", "method not found: temporal.api", "service is unimplemented"}},
	{"old server", []phrase{"unknown method"}},
	{"draining", []phrase{"the connection is draining", "received goaway", "received prior goaway", "goaway received", "graceful_stop", "channel shutdown invoked"}},
	{"big answer for gRPC", []phrase{"grpc: received message larger than max"}},
	{"big answer", []phrase{"received message larger than max", "message larger than max … received", "decoded message length too large", "exceeds maximum size", "|message length too large"}},
	{"big request for gRPC", []phrase{"trying to send message larger than max"}},
	{"big request", []phrase{"encoded message length too large", "message size exceeds", "grpcmessagetoolarge", "message too large"}},
	{"busy", []phrase{"workflow is busy"}},
	{"rate limit", []phrase{"namespace rate limit exceeded", "service rate limit exceeded", "concurrent poller limit exceeded"}},
	{"shard", []phrase{"shard status unknown", "shard ownership lost", "not enough hosts to serve the request"}},
}

// namespaceClues are the words of namespaces, keys and rights.
var namespaceClues = []clue{
	{"unauthorized", []phrase{"request unauthorized"}},
	{"list of namespaces", []phrase{"list namespaces", "listnamespaces", "health check error", "health check failed"}},
	{"key is missing", []phrase{"jwt is missing", "missing authorization", "no authorization", "authorization header is missing"}},
	{"key is expired", []phrase{"jwt is expired", "api key … expired", "apikey … expired"}},
	{"bad key", []phrase{"jwt is not in the form", "jwt header", "jwt verification fails", "jwt issuer", "invalid api key", "invalid apikey"}},
	{"unauthenticated", []phrase{"unauthenticated"}},
	{"odd character in a header", []phrase{"non-printable ascii characters", "failed to parse header value", "invalid header value", "invalid metadata value", "illegal header value", "invalidheadervalue", "contains illegal characters"}},
	{"not enough rights", []phrase{"insufficient permissions for namespace", "caller does not have permission", "insufficient permission"}},
	{"denied", []phrase{"permission_denied", "permissiondenied", "permission denied (", "code = permissiondenied"}},

	{"default namespace", []phrase{"namespace default is not found", "namespace default was not found", "namespace 'default' is not found", "namespace \"default\" is not found", "namespace: default is not found", "namespace: 'default' not found", "namespace default not found", "namespace: [default] not found"}},
	{"no such namespace", []phrase{"namespace … is not found|", "namespace not found", "namespacenotfound", "namespace … not found", "namespace: … not found", "namespace … does not exist"}},
	{"namespace not described", []phrase{"was not found or otherwise could not be described"}},
	{"no namespace given", []phrase{"namespace not set on request", "missing namespace argument", "worker namespace cannot be empty"}},
	{"long namespace", []phrase{"namespace length exceeds limit"}},
	{"namespace's state", []phrase{"namespace has invalid state"}},
	{"other cluster", []phrase{"is active in cluster", "namespace unavailable:", "namespacenotactive"}},

	{"CA expired on upload", []phrase{"received is expired as of"}},
	{"no chain on upload", []phrase{"unable to construct full certificate chain"}},
	{"CA there already", []phrase{"certificate with fingerprint … already exists"}},
	{"region", []phrase{"invalid region:"}},
	{"auth method", []phrase{"cannot create namespace with provided auth method"}},
}

// fileClues are the words of files, PEM texts and key pairs.
var fileClues = []clue{
	{"key for certificate", []phrase{"did find a private key; pem inputs may have been switched"}},
	{"certificate for key", []phrase{"found a certificate rather than a key"}},
	{"request for certificate", []phrase{"skipping the following types: [certificate request", "skipping pem block … certificate request", "expecting: certificate … certificate request"}},
	{"label of OpenSSL", []phrase{"types: [trusted certificate", "types: [x509 certificate"}},
	{"public key for key", []phrase{"pem block with type ending in \"private key\" … public key"}},
	{"other kind of key", []phrase{"private key type does not match public key type", "key_type_mismatch", "key type mismatch"}},
	{"not a pair", []phrase{"private key does not match public key", "key values mismatch", "key_values_mismatch", "keymismatch"}},
	{"perhaps not a pair", []phrase{"keys may not be consistent", "inconsistentkeys"}},
	{"curve", []phrase{"unsupported certificate curve"}},
	{"key unread by Java", []phrase{"file does not contain valid private key", "inputstream does not contain valid private key", "input stream not contain valid private key", "key format is not supported", "neither rsa, dsa nor ec worked", "input stream does not contain valid private key"}},
	{"key unread by the core", []phrase{"privatekeyparseerror"}},
	{"key unread", []phrase{"failed to parse private key", "bad decrypt", "bad password read", "bad_decrypt", "failed to parse private key as rsa, ecdsa, or eddsa", "no private key found", "private key … encrypted", "interrupted or cancelled", "err_osslevp_unsupported", "decoder routines::unsupported"}},
	{"certificate unread by Java", []phrase{"does not contain valid certificates", "not contain valid certificates"}},
	{"PKCS#12 unread", []phrase{"does not contain a valid pkcs12 key", "keystore password was incorrect", "mac verify failure", "mac verify error"}},
	{"no PEM key", []phrase{"failed to find any pem data in key input"}},
	{"no PEM", []phrase{"failed to find any pem data", "certificateparseerror", "error parsing tls certificate", "no start line", "no_start_line", "invalid server root ca cert pem", "found no certificates in input stream"}},
	{"damaged", []phrase{"malformed utctime", "x509: malformed", "asn1: structure error", "asn1: syntax error", "baddertime", "invalidcertificate(badencoding", "x509: invalid", "bad_base64", "bad base64 decode", "x509: trailing data"}},
	{"negative serial", []phrase{"negative serial number"}},
	{"no name", []phrase{"empty issuer dn not allowed", "must contain at least one distinguished name", "empty subject dn not allowed", "empty_issuer", "issuer name is empty", "issuer is an empty distinguished name", "empty issuer dn", "distinguished name … required … certificate authority"}},
	{"file missing", []phrase{"no such file or directory", "the system cannot find the file specified", "the system cannot find the path specified", "filenotfound", "enoent", "errno 2]", "failed to load certificate from file", "file … does not exist", "cannot find the file", "nosuchfileexception", "no such file"}},
	{"file forbidden", []phrase{"open … permission denied", "errno 13] permission denied", "eacces", "accessdeniedexception", "access to the path … is denied"}},
	{"it is a certificate's file", []phrase{".pem|", ".key|", ".crt|", ".cer|", ".p12|", ".pfx|"}},
}
