package doctor

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// fieldText is a text as people bring it, made up here after public reports: the kind, where the kind is seen, and the
// right answer.
type fieldText struct {
	kind   string
	source string // public; "" is the issue's own sample of the kind
	text   string
	code   string
	level  Level
	also   string // codes that must be among the candidates, "" for none
	says   string // words that the answer must have, | between alternatives' parts that must all be there
}

const core = "RuntimeError: Failed client connect: "

// gh is an issue or pull request on GitHub.
func gh(at string) string { return "https://github.com/" + strings.Replace(at, "#", "/issues/", 1) }

var fieldTexts = []fieldText{
	// The words of alerts.
	{"alerts in other words", "", `javax.net.ssl.SSLException: error:10000412:SSL routines:OPENSSL_internal:SSLV3_ALERT_BAD_CERTIFICATE`, "CL-05", Likely, "CH-26", ""},
	{"alerts in other words", "", "io.grpc.StatusRuntimeException: UNAVAILABLE: ssl exception\nCaused by: javax.net.ssl.SSLException: error:10000415:SSL routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_EXPIRED", "CL-04", Likely, "CH-09,CH-11", ""},
	{"alerts in other words", "", `error:10000418:SSL routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA`, "CL-03", Certain, "CH-01", ""},
	{"alerts in other words", "", "UNAVAILABLE: ssl exception\nCaused by: javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_expired", "CL-04", Likely, "CH-11", ""},
	{"alerts in other words", "", "UNAVAILABLE: io exception\nCaused by: javax.net.ssl.SSLHandshakeException: Received fatal alert: handshake_failure", "CL-01", Likely, "CL-02,PR-10", ""},
	{"alerts in other words", gh("adoptium/adoptium-support#1147"), "java.net.ConnectException: Received fatal alert: handshake_failure\n\tat io.netty.handler.ssl.SslHandler.handleUnwrapThrowable(SslHandler.java:1227)", "CL-01", Likely, "PR-10", ""},
	{"alerts in other words", gh("kedacore/keda#7343"), `connection error: desc = "error reading server preface: remote error: tls: certificate required"`, "CL-01", Likely, "CL-02,AK-01", ""},
	{"alerts in other words", gh("netty/netty#14417"), `javax.net.ssl.SSLHandshakeException: error:1000045c:SSL routines:OPENSSL_internal:TLSV1_ALERT_CERTIFICATE_REQUIRED`, "CL-02", Likely, "CH-01,CL-01", "key manager"},
	{"alerts in other words", gh("nodejs/help#2692"), `Error: write EPROTO 0A000412:error:0A000412:SSL routines:ssl3_read_bytes:sslv3 alert bad certificate:../deps/openssl/ssl/record/rec_layer_s3.c:1590:SSL alert number 42`, "CL-05", Likely, "CH-26", ""},
	{"alerts in other words", "https://docs.openssl.org/3.2/man3/SSL_alert_type_string/", `error:0A00045C:SSL routines:ssl3_read_bytes:tlsv13 alert certificate required:SSL alert number 116`, "CL-01", Likely, "CL-02", ""},
	{"alerts in other words", "https://learn.microsoft.com/dotnet/api/system.security.authentication.authenticationexception", `System.Security.Authentication.AuthenticationException: Authentication failed because the remote party sent a TLS alert: 'UnknownCA'.`, "CL-03", Certain, "CH-01", ""},
	{"alerts in other words", gh("cert-manager/cert-manager#2421"), `http: TLS handshake error from 10.1.2.3:51000: remote error: tls: bad certificate`, "SV-13", Likely, "SV-01", "server's words"},

	// HTTP/2 framing.
	{"framing and shown bytes", "", `error reading server preface: http2: frame too large, note that the frame header looked like an HTTP/1.1 header`, "PR-02", Certain, "PX-11", ""},
	{"framing and shown bytes", "", `io.grpc.StatusRuntimeException: UNAVAILABLE: Network closed for unknown reason`, "PR-04", Likely, "PR-05,H2-11", ""},
	{"framing and shown bytes", "", core + "`get_system_info` call error after connection: Status { code: Unknown, message: \"transport error\", source: Some(tonic::transport::Error(Transport, hyper::Error(Io, Custom { kind: BrokenPipe, error: \"stream closed because of a broken pipe\" }))) }", "PR-04", Likely, "PR-05", ""},
	{"framing and shown bytes", "", `Http2Exception: First received frame was not SETTINGS. Hex dump for first 5 bytes: 1503030002`, "PR-04", Likely, "PR-05", "TLS"},
	{"framing and shown bytes", gh("grpc/grpc-java#5584"), `io.grpc.netty.shaded.io.netty.handler.codec.http2.Http2Exception: First received frame was not SETTINGS. Hex dump for first 5 bytes: 485454502f`, "PR-02", Certain, "PX-11", ""},
	{"framing and shown bytes", gh("grpc/grpc#16026"), `Status{code=INTERNAL, description=http2 exception, cause=Http2Exception: First received frame was not SETTINGS. Hex dump for first 5 bytes: 1503010002`, "PR-04", Likely, "PR-05", ""},
	{"framing and shown bytes", gh("grpc-ecosystem/grpc-spring#359"), `io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 0000120400000000000003000003e8`, "PR-01", Certain, "", ""},
	{"framing and shown bytes", gh("grpc-ecosystem/grpc-spring#623"), `io.netty.handler.ssl.NotSslRecordException: not an SSL/TLS record: 485454502f312e3120343030`, "PR-02", Certain, "PX-11", ""},
	{"framing and shown bytes", gh("beego/beego#1702"), `net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x15\x03\x01\x00\x02\x02F"`, "PR-04", Likely, "PR-05", ""},
	{"framing and shown bytes", gh("grpc/grpc-java#7851"), `UNAVAILABLE: Network closed for unknown reason at io.grpc.Status.asRuntimeException(Status.java:533)`, "PR-04", Likely, "H2-11", ""},
	{"framing and shown bytes", gh("Burgyn/MMLib.SwaggerForOcelot#174"), `System.IO.IOException: Cannot determine the frame size or a corrupted frame was received.`, "PR-01", Likely, "PR-02", ""},

	{"framing and shown bytes", gh("grpc/grpc-java#11516"), `Status{code=INTERNAL, description=error in frame handler, cause=java.io.IOException: FRAME_SIZE_ERROR: 4740180}`, "PR-02", Certain, "PX-11", ""},
	{"framing and shown bytes", "https://pkg.go.dev/google.golang.org/grpc#MaxCallRecvMsgSize", `rpc error: code = ResourceExhausted desc = grpc: received message larger than max (1213486160 vs. 4194304)`, "PR-02", Likely, "PX-11", ""},
	{"framing and shown bytes", gh("adnanh/webhook#411"), `http: TLS handshake error from 10.1.2.3:50416: tls: first record does not look like a TLS handshake`, "PR-04", Likely, "", "server's words"},
	{"framing and shown bytes", gh("temporalio/samples-typescript#242"), `details: 'last connection error: failed to receive server preface within timeout'`, "H2-01", Likely, "TC-05,PR-04", ""},
	{"framing and shown bytes", gh("rpcpool/yellowstone-grpc#512"), `tonic::transport::Error(Transport, ConnectError(HttpsUriWithoutTlsSupport(())))`, "PR-04", Likely, "", "https"},
	{"framing and shown bytes", gh("temporalio/sdk-rust#964"), `Poll failure: Unhandled grpc error when polling: Status { code: Cancelled, message: "operation was canceled", source: Some(tonic::transport::Error(Transport, hyper::Error(Canceled, "connection closed"))) }`, "H2-11", Likely, "", ""},

	{"framing and shown bytes", gh("roadrunner-server/roadrunner#1237"), "endure_call_serve_fn: got initial serve error from the Vertex roadrunner_temporal.Plugin, stopping execution, error: temporal_plugin_serve: failed reaching server: last connection error: connection closed before server preface received", "CL-11", Likely, "PR-04", "temporal.tls"},
	{"framing and shown bytes", gh("michelangelo-ai/michelangelo#836"), `failed reaching server: connection error: desc = "error reading server preface: http2: frame too large"`, "PR-04", Likely, "PR-02", ""},
	{"framing and shown bytes", gh("osmosis-labs/beaker#122"), `status: Unknown, message: "h2 protocol error: http2 error: connection error detected: frame with invalid size"`, "PR-04", Likely, "PR-02", ""},

	// Addresses.
	{"the address in the text", "", "UNAVAILABLE: io exception\nCaused by: AbstractChannel$AnnotatedConnectException: finishConnect(..) failed: Connection refused: /127.0.0.1:7233", "IN-10", Likely, "TC-01", "127.0.0.1:7233"},
	{"the address in the text", "", `dial tcp 10.2.3.4:7233: i/o timeout`, "TC-02", Likely, "TC-09", "10.2.3.4:7233"},
	{"the address in the text", "", `x509: certificate is valid for *.a2dd6.tmprl.cloud, not vpce-1.us-east-1.vpce.amazonaws.com`, "SV-04", Certain, "IN-18", "asked for vpce-1.us-east-1.vpce.amazonaws.com|identified itself as *.a2dd6.tmprl.cloud"},
	{"the address in the text", gh("temporalio/samples-java#595"), `AnnotatedConnectException: finishConnect(..) failed: Connection refused: localhost/127.0.0.1:7233`, "IN-10", Likely, "TC-01", "127.0.0.1:7233"},
	{"the address in the text", gh("temporalio/sdk-typescript#582"), `Error: 14 UNAVAILABLE: No connection established. Last error: connect ECONNREFUSED ::1:7233. Resolution note: host.docker.internal:7233`, "IN-10", Likely, "TC-01", ""},
	{"the address in the text", gh("temporalio/temporal#2097"), `grpc: error while dialing: dial tcp: lookup temporal on 127.0.0.11:53: no such host`, "IN-10", Likely, "DN-01", "temporal"},
	{"the address in the text", gh("temporalio/helm-charts#291"), `dial tcp: lookup temporal-frontend.temporal.svc.cluster.local on 10.96.0.10:53: no such host`, "IN-10", Likely, "DN-01", "temporal-frontend.temporal.svc.cluster.local"},
	{"the address in the text", gh("airbytehq/airbyte#18079"), `Caused by: java.lang.RuntimeException: java.net.UnknownHostException: orders-temporal-svc`, "IN-10", Likely, "DN-01", "orders-temporal-svc"},
	{"alerts in other words", gh("openssl/openssl#25962"), "[NettyClientTransport<7>: (orders.q7w8e.tmprl.cloud/203.0.113.7:7233)] ClientTls completed\njavax.net.ssl.SSLException: error:1000045c:SSL routines:OPENSSL_internal:TLSV1_ALERT_CERTIFICATE_REQUIRED", "CL-02", Likely, "CH-01,CL-01", ""},
	{"the address in the text", gh("temporalio/sdk-rust#541"), `dial tcp: lookup orders.q7w8e.tmprl.cloud on 8.8.8.8:53: no such host`, "DN-01", Likely, "IN-11", "orders.q7w8e.tmprl.cloud"},
	{"the address in the text", "https://docs.temporal.io/cloud/connectivity/aws-connectivity", `Error: Hostname/IP does not match certificate's altnames: Host: vpce-0a.us-east-1.vpce.amazonaws.com. is not in the cert's altnames: DNS:*.q7w8e.tmprl.cloud`, "SV-04", Certain, "IN-18", "asked for vpce-0a.us-east-1.vpce.amazonaws.com|identified itself as *.q7w8e.tmprl.cloud"},
	{"the address in the text", "https://www.postgresql.org/docs/current/server-start.html", `dial tcp 127.0.0.1:5432: connect: connection refused`, UnknownCode, Unknown, "", "5432"},
	{"the address in the text", "", `FetchError: request to https://packages.example.com/@temporalio%2fworker failed, reason: getaddrinfo ENOTFOUND packages.example.com`, UnknownCode, Unknown, "", "packages.example.com"},

	{"the address in the text", gh("nodejs/help#1882"), `FetchError: request to https://orders.example.com/ failed, reason: unable to verify the first certificate`, UnknownCode, Unknown, "", "orders.example.com"},
	{"the address in the text", "", `dial tcp: address https://orders.q7w8e.tmprl.cloud:7233: too many colons in address`, "IN-01", Certain, "", "orders.q7w8e.tmprl.cloud:7233"},

	// rustls.
	{"rustls in newer words", "", core + `Server connection error: tonic::transport::Error(Transport, InvalidCertificate(Other(OtherError(UnsupportedCertVersion))))`, "CH-19", Likely, "", "client certificate"},
	{"rustls in newer words", "", `InvalidCertificate(ExpiredContext { time: UnixTime(1742381579), not_after: UnixTime(1428883199) })`, "SV-08", Likely, "SV-09", ""},
	{"rustls in newer words", "", `invalid peer certificate: certificate expired: verification time 1742381579 (UNIX), but certificate is not valid after 1428883199 (313498380 seconds ago)`, "SV-08", Likely, "SV-09", ""},
	{"rustls in newer words", "", `invalid peer certificate: certificate not valid for name "vpce-0a.us-east-1.vpce.amazonaws.com"; certificate is only valid for DnsName("*.a1b2c.tmprl.cloud")`, "SV-04", Certain, "IN-18", "identified itself as *.a1b2c.tmprl.cloud"},
	{"rustls in newer words", gh("rustls/rustls#2364"), `tonic::transport::Error(Transport, InvalidCertificate(Other(OtherError(UnsupportedCertVersion))))`, "CH-19", Likely, "", "version 1"},
	{"rustls in newer words", gh("briansmith/webpki#267"), `error trying to connect: invalid peer certificate contents: invalid peer certificate: UnsupportedCertVersion`, "CH-19", Likely, "SV-13", "does not say"},
	{"rustls in newer words", gh("temporalio/sdk-python#1113"), core + `Server connection error: tonic::transport::Error(Transport, ConnectError(Custom { kind: InvalidData, error: InvalidCertificate(UnknownIssuer) }))`, "SV-01", Likely, "SV-02,PX-08,SV-13", ""},
	{"rustls in newer words", "https://docs.rs/rustls/latest/rustls/enum.CertificateError.html", `InvalidCertificate(NotValidForNameContext { expected: DnsName("10-1-2-3.internal.example"), presented: ["DnsName(\"*.q7w8e.tmprl.cloud\")"] })`, "SV-04", Certain, "IN-18", "10-1-2-3.internal.example|*.q7w8e.tmprl.cloud"},
	{"rustls in newer words", "https://docs.rs/rustls/latest/rustls/enum.CertificateError.html", `invalid peer certificate: certificate not valid yet: verification time 1428883199 (UNIX), but certificate is not valid before 1742381579`, "SV-09", Likely, "SV-08", ""},
	{"rustls in newer words", gh("quinn-rs/quinn#1733"), `invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))`, "SV-13", Likely, "", ""},

	// A CA without a name.
	{"a CA without a name", "", "IllegalArgumentException: File does not contain valid certificates: client.pem\nCaused by: java.security.cert.CertificateParsingException: Empty issuer DN not allowed in X509Certificates", "CH-38", Certain, "", "empty name"},
	{"a CA without a name", "", `Must contain at least one Distinguished Name when creating Certificate Authority (CA)`, "CH-38", Certain, "", ""},
	{"a CA without a name", gh("bcgit/bc-java#2387"), `IllegalArgumentException: certificate issuer is an empty distinguished name`, "CH-38", Certain, "", ""},
	{"a CA without a name", gh("cert-manager/cert-manager#4464"), `Certificate will be issued with an empty Issuer DN, which contravenes RFC 5280 and could break some strict clients`, "CH-38", Certain, "", ""},
	{"a CA without a name", gh("ssllabs/ssllabs-scan#744"), `CertificateException: Empty issuer DN not allowed in X509Certificates`, "CH-38", Certain, "", ""},

	// The client's CA as the only server root.
	{"the client's CA as server root", "", `failed reaching server: connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"`, "SV-01", Likely, "SV-02,PX-08", "ca.crt|1.2.4"},
	{"the client's CA as server root", gh("temporalio/samples-typescript#252"), `Failed to connect before the deadline; connection closed with error unable to get local issuer certificate`, "SV-01", Likely, "SV-02", "server CA empty"},
	{"the client's CA as server root", gh("coinbase/temporal-ruby#260"), `Handshake failed with fatal error SSL_ERROR_SSL: error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED.`, "SV-01", Likely, "SV-02", ""},
	{"the client's CA as server root", gh("temporalio/sdk-typescript#1258"), `TransportError: tonic::transport::Error(Transport, hyper::Error(Connect, Custom { kind: InvalidData, error: InvalidCertificateData("invalid peer certificate: UnknownIssuer") }))`, "SV-01", Likely, "SV-02", ""},
	{"the client's CA as server root", gh("grpc/grpc#18998"), `ssl_transport_security.cc:1238: Handshake failed with fatal error SSL_ERROR_SSL: error:1000007d:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED`, "SV-01", Likely, "SV-11", ""},
	{"the client's CA as server root", gh("nodejs/node#16336"), `Error: unable to verify the first certificate, code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'`, "SV-11", Likely, "SV-01", ""},

	// .NET.
	{".NET and its variables", "", "InvalidOperationException: Connection failed: `get_system_info` call error after connection: Status { code: Unknown, message: \"transport error\", source: Some(tonic::transport::Error(Transport, hyper::Error(Io, Custom { kind: InvalidData, error: \"received fatal alert: CertificateRequired\" }))) }", "CL-01", Likely, "CL-02", "1.11.0"},
	{".NET and its variables", gh("temporalio/sdk-dotnet#215"), `Unhandled exception. System.InvalidOperationException: Connection failed: Server connection error: tonic::transport::Error(Transport, ConnectError(Custom { kind: UnexpectedEof, error: "tls handshake eof" }))`, "PR-11", Likely, "PX-13", "HttpConnectProxy"},
	{".NET and its variables", "https://learn.microsoft.com/aspnet/core/grpc/troubleshoot", `Grpc.Core.RpcException: Status(StatusCode="Internal", Detail="Error starting gRPC call. HttpRequestException: The SSL connection could not be established, see inner exception. AuthenticationException: The remote certificate is invalid because of errors in the certificate chain: PartialChain")`, "SV-11", Likely, "SV-01", ""},
	{".NET and its variables", "https://learn.microsoft.com/aspnet/core/grpc/troubleshoot", `Grpc.Core.RpcException: Status(StatusCode="Unavailable", Detail="Bad gRPC response. HTTP status code: 502")`, "H2-06", Certain, "", ""},

	// Settings that are there and do not reach the connection.
	{"a setting that does not reach the connection", "", "InvalidOperationException: Connection failed: `get_system_info` call error after connection: Status { code: Unknown, message: \"transport error\", source: Some(tonic::transport::Error(Transport, hyper::Error(Io, Custom { kind: InvalidData, error: \"received fatal alert: CertificateRequired\" }))) }", "CL-01", Likely, "CL-02", "1.11.0"},
	{"a setting that does not reach the connection", gh("temporalio/sdk-dotnet#584"), "Unhandled exception. System.InvalidOperationException: Connection failed: `get_system_info` call error after connection: Status { code: Unknown, message: \"transport error\", source: Some(tonic::transport::Error(Transport, hyper::Error(Io, Custom { kind: InvalidData, error: \"received fatal alert: CertificateRequired\" }))) }\n   at Temporalio.Bridge.Client.ConnectAsync", "CL-01", Likely, "CL-02", "1.11.0"},
	{"a setting that does not reach the connection", gh("temporalio/cli#810"), `level=ERROR msg="failed reaching server: last connection error: connection error: desc = \"error reading server preface: read tcp 10.0.0.7:54595->203.0.113.9:7233: read: connection reset by peer\""`, "PR-05", Likely, "AK-09", "API key alone"},
	{"a setting that does not reach the connection", gh("kedacore/keda#6703"), `error getting temporal client: failed reaching server: connection error: desc = "error reading server preface: read tcp 10.2.3.4:40112->203.0.113.9:7233: read: connection reset by peer"`, "PR-05", Likely, "AK-09", "API key alone"},
	{"no fault of the connection", gh("temporalio/sdk-python#1098"), "Failed activation on workflow HelloAgent with ID orders-1 and run ID 01993e0a-60d4-729b-986c-40c623c0c9e7\nTypeError: Stub.get_response() got an unexpected keyword argument 'conversation_id'", "WF-18", Likely, "WF-03", "innermost cause"},
	{"a proxy that the SDK does not use", gh("temporalio/sdk-python#814"), "Client connection not established Failed client connect: `get_system_info` call error after connection: Status { code: PermissionDenied, message: \"encountered c2c service api error response 503\", metadata: MetadataMap { headers: {\"content-type\": \"application/grpc\"} }, source: None }.", "H2-06", Likely, "H2-03", "not in Temporal's words"},
	{"a proxy that the SDK does not use", "", "Post \"https://saas-api.tmprl.cloud\": proxyconnect tcp: dial tcp: lookup proxy.corp.example: no such host", "PX-01", Likely, "PX-07", "dialled the proxy"},
	{"a setting that does not reach the connection", gh("temporalio/temporal#2035"), `error starting scanner: context deadline exceeded`, UnknownCode, Unknown, "TC-02,PR-04,SV-01", "does not say for what"},

	// A proxy that the SDK does not use.
	{"a proxy that the SDK does not use", "", core + `Server connection error: tonic::transport::Error(Transport, ConnectError(Custom { kind: UnexpectedEof, error: "tls handshake eof" }))`, "PR-11", Likely, "PX-13", "http_connect_proxy_config"},
	{"a proxy that the SDK does not use", "", core + `Server connection error: tonic::transport::Error(Transport, ConnectError(ConnectError("dns error", Custom { kind: Uncategorized, error: "failed to lookup address information: Name or service not known" })))`, "DN-01", Likely, "PX-13", "http_connect_proxy_config"},
	{"a proxy that the SDK does not use", gh("atlanhq/application-sdk#2165"), `temporalio.service.RPCError: tls handshake eof`, "PR-11", Likely, "PX-13", "http_connect_proxy_config"},
	{"a proxy that the SDK does not use", gh("temporalio/sdk-rust#309"), `TransportError: tonic::transport::Error(Transport, hyper::Error(Connect, ConnectError("tcp connect error", Os { code: 110, kind: TimedOut, message: "Connection timed out" })))`, "TC-02", Likely, "PX-13", "http-connect"},
	{"a proxy that the SDK does not use", gh("grpc/grpc-java#5279"), `io.grpc.StatusRuntimeException: UNAVAILABLE: io exception Caused by: java.net.UnknownHostException: orders.q7w8e.tmprl.cloud`, "DN-01", Likely, "PX-13", "-Dhttps.proxyHost"},
	{"a proxy that the SDK does not use", "https://pkg.go.dev/google.golang.org/grpc#NewClient", `failed to do connect handshake, response: "HTTP/1.1 403 Forbidden\r\n"`, "PX-03", Certain, "", ""},

	// What the temporal command says by itself.
	{"the temporal command's own words", gh("temporalio/cli#795"), `Could not resolve "orders.q7w8e.tmprl.cloud" — check the server address.`, "DN-01", Likely, "IN-11", "orders.q7w8e.tmprl.cloud"},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `The server requires client certificates (mTLS). Configure both --tls-cert-path and --tls-key-path.`, "CL-01", Likely, "CL-02,CL-03", "does not trust"},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `Error: failed connecting to Temporal server at orders.q7w8e.tmprl.cloud:7233: TLS handshake failed: server rejected the client certificate`, "CL-09", Likely, "CL-03,CL-05", ""},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `The server certificate is not trusted. Configure its CA certificate with --tls-ca-path.`, "SV-01", Likely, "SV-13,PX-08", ""},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `The server certificate is not valid for "vpce-7.us-east-1.vpce.amazonaws.com". Set --tls-server-name to a certificate name.`, "SV-04", Certain, "IN-18", "asked for vpce-7.us-east-1.vpce.amazonaws.com"},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `The server at 127.0.0.1:7233 does not appear to use TLS. Disable TLS, or check the address.`, "PR-01", Likely, "PR-02", ""},
	{"the temporal command's own words", "https://docs.temporal.io/cli", `Error: failed to build client options: invalid TLS config: failed adding server CA to CA pool`, "SV-15", Certain, "", ""},
	{"the temporal command's own words", "https://docs.openssl.org/master/man1/openssl-s_client/", `Could not read client certificate private key from client.key`, "KP-39", Likely, "KP-36", ""},

	// Start-up.
	{"no fault of the connection", "", `TransportError: tonic::transport::Error(Transport, hyper::Error(Connect, ConnectError("tcp connect error", Os { code: 99, kind: AddrNotAvailable, message: "Cannot assign requested address" })))`, "TC-11", Likely, "", "IPv6"},
	{"no fault of the connection", "", `[TMPRL1101] Potential deadlock detected: workflow didn't yield within 2 second(s).`, "WF-18", Likely, "", "blocking call"},
	{"no fault of the connection", "", `Unknown workflow type "OrderFlow". Known types are [PaymentFlow].`, "WF-01", Certain, "", "OrderFlow|PaymentFlow"},
	{"no fault of the connection", "", `ValueError: At least one activity, Nexus service, or workflow must be specified`, "WK-02", Certain, "", ""},
	{"no fault of the connection", "", `RuntimeError: Failed validating workflow OrderFlow`, "WK-03", Likely, "", ""},
	{"no fault of the connection", "", `task queue name cannot start with reserved prefix /_sys/`, "WK-01", Likely, "SY-08", ""},
	{"no fault of the connection", "", `serve error from the plugin *rrtemporal.Plugin stopping execution, error: temporal_plugin_serve: worker info should contain at least 1 worker`, "WK-04", Likely, "", ""},
	{"no fault of the connection", "", `temporalio.worker.workflow_sandbox._restrictions.RestrictedWorkflowAccessError: Cannot access os.environ.get from inside a workflow.`, "WF-18", Likely, "", "environment"},
	{"no fault of the connection", gh("temporalio/temporal#8363"), `Error while polling for workflow tasks error=Status { code: InvalidArgument, message: "task queue name cannot start with reserved prefix /_sys/" }`, "WK-01", Likely, "SY-08", "again"},
	{"no fault of the connection", gh("PostHog/posthog#97404"), "  File \"worker.py\", line 12\nValueError: At least one activity, Nexus service, or workflow must be specified", "WK-02", Certain, "", ""},
	{"no fault of the connection", gh("temporalio/sdk-typescript#1273"), `AddrNotAvailable, message: "Can't assign requested address"`, "TC-11", Likely, "TC-03", ""},
	{"no fault of the connection", gh("temporalio/sdk-python#450"), `Cannot access pathlib.Path.resolve.__call__ from inside a workflow. If this is code from a module not used in a workflow, mark the import as pass through`, "WF-18", Likely, "", ""},
	{"no fault of the connection", gh("Baldinof/roadrunner-bundle#175"), `goridge_frame_receive: validation failed on the message sent to STDOUT, see: https://docs.roadrunner.dev/error-codes/stdout-crc, invalid message: <!DOCTYPE html>`, "WK-04", Likely, "", "stdout"},
	{"no fault of the connection", gh("temporalio/roadrunner-temporal#769"), `temporal_plugin_serve: failed to connect to the Temporal server at "localhost:7233": context deadline exceeded; ensure it is reachable`, "IN-10", Likely, "TC-05,SY-03", "localhost:7233"},
	{"no fault of the connection", gh("temporalio/sdk-typescript#850"), `Error: Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/node_modules/@temporalio/core-bridge/releases/x86_64-unknown-linux-gnu/index.node)`, "WK-05", Likely, "", "musl"},
	{"no fault of the connection", gh("temporalio/sdk-java#1066"), `io.temporal.internal.sync.PotentialDeadlockException: [TMPRL1101] Potential deadlock detected. Workflow thread "workflow-method" didn't yield control for over a second.`, "WF-18", Likely, "", ""},
	// A key that the Rust core does not read.
	{"a key that the SDK does not read", gh("temporalio/sdk-python#371"), core + `Server connection error: tonic::transport::Error(Transport, PrivateKeyParseError)`, "KP-32", Likely, "KP-11,KP-37,KP-39", "BEGIN EC PRIVATE KEY|openssl pkcs8 -topk8"},
	{"a key that the SDK does not read", gh("grpc/grpc-rust#1143"), `Error: tonic::transport::Error(Transport, PrivateKeyParseError)`, "KP-32", Likely, "KP-11,KP-36", "SDKs on the Rust core"},
	{"a key that the SDK does not read", gh("grpc/grpc-rust#39"), `TransportError: tonic::transport::Error(Transport, PrivateKeyParseError)`, "KP-32", Likely, "KP-39", ""},
	{"a key that the SDK does not read", gh("quarkusio/quarkus#46279"), `java.lang.IllegalArgumentException: Input stream does not contain valid private key.`, "KP-32", Likely, "KP-11,KP-12", "Java's TLS reads PKCS#8 only"},
	// IPv6 addresses without brackets.
	{"an IPv6 address without brackets", gh("temporalio/temporal#3629"), `{"level":"warn","msg":"error creating sdk client","error":"failed reaching server: last connection error: connection error: desc = \"transport: Error while dialing dial tcp: address 2001:db8:6e0:c883:1d45::11:7233: too many colons in address\""}`, "IN-07", Certain, "", "[2001:db8:6e0:c883:1d45::11]:7233"},
	{"an IPv6 address without brackets", gh("grafana/k6#203"), `dial tcp: address fe80::1:7233: too many colons in address`, "IN-07", Certain, "", "[fe80::1]:7233"},
	{"an IPv6 address without brackets", gh("owncast/owncast#1398"), `listen tcp: address ::1:7233: too many colons in address`, "IN-07", Certain, "", "[::1]:7233"},
	{"an IPv6 address without brackets", gh("sipcapture/heplify#137"), `dial tcp: address 10.2.3.4:7233,10.2.3.5:7233: too many colons in address`, "IN-06", Likely, "IN-07,IN-01", ""},
	// A replay that does not fit, and a workflow that holds its worker.
	{"no fault of the connection", gh("airbytehq/airbyte#42880"), "io.grpc.StatusRuntimeException: INVALID_ARGUMENT: io.temporal.internal.statemachines.InternalWorkflowTaskException: Failure handling event 84 of type 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED' during replay. {WorkflowTaskStartedEventId=0, CurrentStartedEventId=83}", "WF-03", Likely, "WF-18", "innermost"},
	{"no fault of the connection", gh("airbytehq/airbyte#15393"), "io.temporal.internal.replay.InternalWorkflowTaskException: Failure handling event 19 of type 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED' during replay. {PreviousStartedEventId=17}", "WF-03", Likely, "WF-18", ""},
	{"no fault of the connection", gh("airbytehq/airbyte#20014"), "io.temporal.internal.statemachines.InternalWorkflowTaskException: Failure handling event 40 of type 'EVENT_TYPE_WORKFLOW_TASK_STARTED' during execution. {WorkflowTaskStartedEventId=40, CurrentStartedEventId=40}", "WF-18", Likely, "WF-03", "innermost"},
	{"no fault of the connection", gh("temporalio/sdk-go#513"), "unknown command CommandType: Timer, ID: 9, possible causes are nondeterministic workflow definition code or incompatible change in the workflow definition", "WF-03", Likely, "", ""},
	{"no fault of the connection", gh("temporalio/sdk-java#869"), "io.temporal.worker.NonDeterministicException: Failure handling event 13 of type 'EVENT_TYPE_TIMER_STARTED' during replay.", "WF-03", Likely, "", ""},
	{"no fault of the connection", gh("temporalio/sdk-dotnet#64"), `{"message": "Workflow with ID 6c1f4a2e-9b0d-4a53-8f0e-0d9c1b7a2e11 deadlocked after 00:00:02", "applicationFailureInfo": {"type": "InvalidOperationException"}}`, "WF-18", Likely, "WF-03", "blocking call"},
	{"no fault of the connection", gh("temporalio/sdk-go#773"), `deadlock detected: workflow goroutine "root" didn't yield for over a second`, "WF-18", Likely, "", "blocking call"},
	{"no fault of the connection", gh("temporalio/sdk-typescript#2426"), `WARN temporalio_sdk_core::worker::workflow: Failing workflow task failure=Failure { failure: Some(Failure { message: "Script execution timed out after 5000ms", source: "TypeScriptSDK" }) }`, "WF-18", Likely, "", "five in TypeScript"},
	{"the address in the text", gh("temporalio/temporal#9734"), `failed reaching server: context deadline exceeded (localhost:7233)`, "IN-10", Likely, "TC-05,SY-03", "localhost:7233"},
	{"the address in the text", gh("TracecatHQ/tracecat#1127"), `Connecting to Temporal server at temporal:7233 failed: context deadline exceeded`, "IN-10", Likely, "TC-05", "temporal:7233"},
	{"the address in the text", gh("PostHog/posthog#37411"), core + `Server connection error: tonic::transport::Error(Transport, ConnectError(ConnectError("tcp connect error", 127.0.0.1:7233, Os { code: 111, kind: ConnectionRefused, message: "Connection refused" })))`, "IN-10", Likely, "TC-01", "127.0.0.1:7233"},
	{"the address in the text", gh("temporalio/sdk-php#39"), `stream_socket_client(): Unable to connect to tcp://127.0.0.1:6001 (Connection refused)`, UnknownCode, Unknown, "", "6001"},
	{"the address in the text", gh("airbytehq/airbyte#11277"), "io.grpc.StatusRuntimeException: DEADLINE_EXCEEDED: Deadline exceeded after 4.978502629s.\n\tat io.temporal.serviceclient.WorkflowServiceStubsImpl.lambda$checkHealth$2(WorkflowServiceStubsImpl.java:286)", "TC-02", Likely, "TC-05", "gave up waiting"},
	{"framing and shown bytes", gh("temporalio/sdk-python#631"), `gRPC call poll_workflow_task_queue retried 52 times error=Status { code: Internal, message: "protocol error: received message with invalid compression flag: 60 (valid flags are 0 and 1) while receiving response with status: 504 Gateway Timeout", metadata: MetadataMap { headers: {"content-type": "text/html"} }, source: None }`, "H2-06", Certain, "", ""},
	{"no fault of the connection", gh("temporalio/sdk-java#333"), "io.grpc.StatusRuntimeException: NOT_FOUND: namespace: [ORDERS] not found\n\tat io.temporal.api.workflowservice.v1.WorkflowServiceGrpc$WorkflowServiceBlockingStub.pollActivityTaskQueue", "NS-01", Likely, "IN-11", ""},
	{"the address in the text", "https://pkg.go.dev/net#Dialer", `dial tcp 127.0.0.1:7233: i/o timeout`, "IN-10", Likely, "TC-05", "127.0.0.1:7233"},
}

// Every text of the field gets its answer; none advises the check for what is no fault of the connection, none has an
// address that the text does not have.
func TestFieldTexts(t *testing.T) {
	for i, c := range fieldTexts {
		t.Run(fmt.Sprintf("%02d %s", i, c.code), func(t *testing.T) {
			d := Decode(c.text)
			if d.Code != c.code || d.Level != c.level {
				t.Errorf("%q\n  is %s %s (by %q), want %s %s", c.text, d.Code, d.Level, d.Matched, c.code, c.level)
			}
			for code := range strings.SplitSeq(c.also, ",") {
				if code != "" && !slices.ContainsFunc(d.Candidates, func(x Candidate) bool { return x.Code == code }) {
					t.Errorf("%q: %s is not among the candidates %v", c.text, code, d.Candidates)
				}
			}
			all := d.Title + " " + d.Cause + " " + d.NotWrong + " " + d.Confirm
			for _, f := range d.Fix {
				all += " " + f.Text + " " + f.Command
			}
			for part := range strings.SplitSeq(c.says, "|") {
				if !strings.Contains(all, part) {
					t.Errorf("%q: %q is not in the answer: %s", c.text, part, all)
				}
			}
			for _, never := range []string{"<namespace>", "<account>", "{", "}"} {
				if plain := strings.NewReplacer("{ …, proxy: { type:", "", "' } })", "", "{ HttpConnectProxy = new() { TargetHost", "", `" } }`, "", "tls: { clientCertPair: { crt, key } }", "", "new() { ClientCert = …, ClientPrivateKey = … }", "").Replace(all); strings.Contains(plain, never) {
					t.Errorf("%q: the answer has %q: %s", c.text, never, all)
				}
			}
			if c.kind == "no fault of the connection" && c.code != "IN-10" && strings.Contains(all, "onramp check") {
				t.Errorf("%q: the check is advised: %s", c.text, all)
			}
		})
	}
}

// The page's table of texts is this one.
func TestFieldPage(t *testing.T) {
	var b strings.Builder
	kinds := []string{}
	siblings := map[string]int{}
	for _, c := range fieldTexts {
		if !slices.Contains(kinds, c.kind) {
			kinds = append(kinds, c.kind)
		}
		if c.source != "" {
			siblings[c.kind]++
		}
	}
	fmt.Fprintf(&b, "%d texts of %d kinds.\n\n| kind | source | right answer | test |\n|---|---|---|---|\n", len(fieldTexts), len(kinds))
	for i, c := range fieldTexts {
		if c.source == "" {
			continue
		}
		answer := fmt.Sprintf("%s, %s", c.code, c.level)
		switch {
		case c.code == UnknownCode && c.also != "":
			answer = "unknown, in this order: " + strings.ReplaceAll(c.also, ",", ", ")
		case c.code == UnknownCode:
			answer = "unknown: not Temporal's"
		case c.also != "":
			answer += "; beside it " + strings.ReplaceAll(c.also, ",", ", ")
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `TestFieldTexts/%02d_%s` |\n", c.kind, c.source, answer, i, c.code)
	}
	for _, k := range kinds {
		if siblings[k] < 3 {
			t.Errorf("%s has %d siblings from public sources, want 3", k, siblings[k])
		}
	}
	fieldPart(t, "decoder", b.String())
}

// fieldPart holds a part of docs/field.md against what a test makes, or writes it with -update.
func fieldPart(t *testing.T, name, text string) {
	t.Helper()
	const page = "../docs/field.md"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	open, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(string(b), open)
	old, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %q", page, name)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+open+text+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("the part %q of %s is another: write it again with -update", name, page)
	}
}
