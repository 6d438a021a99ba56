package doctor

// A reading is what a set of clues means. Of several that fit, the first counts, so those that need more, or say
// more, stand first. A text alone is Certain only where one cause has its words.
type reading struct {
	needs []string // clues that must be there; a|b either; !c must not
	code  string
	level Level
	also  []string // what else shows the same
	cause string   // in the place of the catalogue's, which knows what the check sees; "" is the catalogue's
}

// readings are by subject: a worker's own words first, as they say what no network fault says; the network last, as
// its words have most causes.
var readings = [][]reading{workerReadings, strangerReadings, fileReadings, alertReadings, tlsReadings, callReadings, namespaceReadings, addressReadings, networkReadings}

var workerReadings = []reading{
	{[]string{"reserved queue"}, "WK-01", Likely, []string{"SY-08"}, "Names that begin with /_sys/ belong to the server. A task queue of your own may not be called so; but servers have also said this for a moment about their own parts of a task queue with a good name, and then it passes when the worker polls again."},
	{[]string{"no PHP worker"}, "WK-04", Likely, []string{"WK-03"}, ""},
	{[]string{"nothing registered"}, "WK-02", Certain, nil, ""},
	{[]string{"no library"}, "WK-05", Likely, nil, ""},
	{[]string{"no gRPC in PHP"}, "WK-05", Certain, nil, "PHP's gRPC extension is not installed or not loaded; Temporal's PHP client needs it."},
	{[]string{"other commands, by number"}, "WF-03", Certain, nil, ""},
	{[]string{"other commands"}, "WF-03", Likely, []string{"WF-01"}, ""},
	{[]string{"event unhandled at replay"}, "WF-03", Likely, []string{"WF-18", "WF-05"}, "The worker could not go through the workflow's history again: most often its code no longer does what the history says. The innermost cause below the message says which event did not fit, or which other failure stopped the replay."},
	{[]string{"event unhandled", "!did not yield"}, "WF-18", Likely, []string{"WF-03", "WF-05"}, "The worker failed while it ran a workflow's task. The innermost cause below the message is what its code met."},
	{[]string{"did not yield"}, "WF-18", Likely, []string{"WF-03"}, "The workflow's code held its thread for longer than the worker allows (one second in Go and Java, two in Python and .NET, five in TypeScript): a blocking call, a heavy computation, or a worker without enough processor."},
	{[]string{"sandbox"}, "WF-18", Likely, []string{"WK-03"}, "The workflow's code did something that a workflow may not: reading the environment, the clock, files or the network gives another value at replay."},
	{[]string{"unknown workflow"}, "WF-01", Certain, []string{"TQ-02"}, ""},
	{[]string{"unknown activity"}, "WF-02", Certain, []string{"TQ-02"}, ""},
	{[]string{"no bundle"}, "WK-06", Likely, nil, ""},
	{[]string{"wrong client"}, "WK-07", Certain, nil, ""},
	{[]string{"declaration refused"}, "WK-03", Likely, []string{"WK-02"}, ""},
	{[]string{"no queue named"}, "WK-09", Certain, nil, ""},
	{[]string{"no timeout given"}, "WF-18", Certain, nil, "The workflow calls an activity without a timeout: set start-to-close or schedule-to-close."},
	{[]string{"big payload"}, "WF-04", Certain, nil, ""},
	{[]string{"no argument"}, "WF-13", Likely, []string{"WF-14", "WF-15"}, ""},
	{[]string{"running already"}, "WF-07", Certain, nil, ""},
	{[]string{"no search attribute"}, "WF-06", Certain, nil, ""},
	{[]string{"late activity"}, "WF-10", Likely, nil, ""},
	{[]string{"no poller", "!refused", "!reset"}, "TQ-01", Likely, []string{"TQ-02", "TQ-05"}, ""},
	{[]string{"worker ended", "!refused", "!reset"}, "WK-08", Likely, nil, ""},
}

// strangerReadings keep apart what is about other services alone.
var strangerReadings = []reading{{[]string{"to a stranger alone"}, UnknownCode, Unknown, nil, ""}}

var fileReadings = []reading{
	{[]string{"no name"}, "CH-38", Certain, nil, "A certificate has an empty name (distinguished name): Java reads no certificate whose issuer has none, and Temporal Cloud's tools make no CA without one. Other tools, such as openssl with -subj /, make such CAs without a warning."},
	{[]string{"key for certificate"}, "KP-02", Likely, []string{"IN-16", "KP-30"}, ""},
	{[]string{"certificate for key"}, "KP-03", Certain, []string{"KP-02"}, ""},
	{[]string{"request for certificate"}, "KP-04", Certain, nil, ""},
	{[]string{"label of OpenSSL"}, "KP-28", Likely, nil, ""},
	{[]string{"public key for key"}, "KP-05", Certain, nil, ""},
	{[]string{"other kind of key"}, "KP-07", Certain, []string{"KP-06"}, ""},
	{[]string{"not a pair"}, "KP-06", Certain, []string{"KP-08", "KP-09", "KP-10"}, ""},
	{[]string{"perhaps not a pair"}, "KP-06", Likely, []string{"KP-37", "CH-25"}, "The TLS library could not show that the private key belongs to the certificate: another pair's, or a kind of key that it does not know."},
	{[]string{"curve"}, "KP-33", Certain, nil, ""},
	{[]string{"PKCS#12 unread"}, "KP-15", Likely, []string{"KP-11"}, ""},
	{[]string{"key unread by the core"}, "KP-32", Likely, []string{"KP-11", "KP-37", "KP-39", "KP-36"}, "The SDK found no private key that it can read. Old releases of the SDKs on the Rust core (Python, TypeScript, .NET, Ruby) do not read the SEC1 form, BEGIN EC PRIVATE KEY; newer ones say the same of an encrypted key, a damaged one, or a text without any key."},
	{[]string{"key unread by Java"}, "KP-32", Likely, []string{"KP-11", "KP-12", "KP-37"}, ""},
	{[]string{"no PEM key"}, "KP-39", Likely, []string{"KP-36", "IN-17", "KP-21"}, ""},
	{[]string{"key unread"}, "KP-11", Likely, []string{"KP-12", "KP-37", "KP-29"}, ""},
	{[]string{"no PEM|certificate unread by Java"}, "KP-39", Likely, []string{"IN-17", "KP-21", "KP-20", "KP-22", "KP-16", "KP-01"}, ""},
	{[]string{"version 1", "before connecting"}, "CH-19", Likely, []string{"KP-27"}, "The SDK refused the client certificate before it dialled anyone: it is version 1, and rustls reads version 3 alone. openssl x509 -req makes version 1 without an extension file."},
	{[]string{"version 1"}, "CH-19", Likely, []string{"SV-13"}, "A certificate is version 1, and rustls reads version 3 alone; whether it is the client's or the server's, the text does not say."},
	{[]string{"negative serial"}, "KP-27", Certain, nil, "The serial number of a certificate is negative, which Go's TLS has not read since Go 1.23. The certificate must be issued again."},
	{[]string{"damaged"}, "KP-27", Likely, []string{"KP-26", "KP-39"}, ""},
	{[]string{"file missing|file forbidden", "it is a certificate's file", "!refused"}, "KP-35", Certain, nil, ""},
	{[]string{"file missing|file forbidden", "!refused", "!no library"}, "KP-35", Likely, nil, "A file that the program needs is not there, or may not be read. Whether it is one of the connection, the text does not say."},
	{[]string{"CA expired on upload"}, "CH-11", Certain, nil, ""},
	{[]string{"no chain on upload"}, "CH-07", Certain, nil, ""},
	{[]string{"CA there already"}, "CH-29", Certain, nil, ""},
	{[]string{"region"}, "NS-13", Certain, nil, ""},
	{[]string{"auth method"}, "NS-14", Certain, nil, ""},
}

// alertReadings are what the alerts mean that a server answered with. In a server's own log the other side sent
// them: a client that does not trust the server.
var alertReadings = []reading{
	{[]string{"by a server", "alert:42|alert:46|alert:48|unknown issuer"}, "SV-13", Likely, []string{"SV-01", "SV-04", "CL-03"}, "These are a server's words: the client that called it refused the server's certificate."},
	{[]string{"by a server", "not TLS"}, "PR-04", Likely, nil, "These are a server's words: something called its TLS port without TLS, such as a worker with TLS off or a load balancer's probe."},
	{[]string{"by a server", "alert:45|out of date"}, "SV-08", Likely, []string{"SV-09", "CL-04"}, "These are a server's words: the client that called it finds the server's certificate out of date."},
	{[]string{"by a server", "before TLS was done|handshake was cut|reset"}, UnknownCode, Unknown, nil, ""},
	{[]string{"alert:48"}, "CL-03", Certain, []string{"CH-01", "CH-02", "CH-06", "CH-28", "CH-30"}, "The server does not know the issuer of the client certificate as a CA of this namespace."},
	{[]string{"alert:45"}, "CL-04", Likely, []string{"CH-09", "CH-11", "CH-10"}, ""},
	{[]string{"alert:44"}, "CL-10", Likely, nil, ""},
	{[]string{"alert:42"}, "CL-05", Likely, []string{"CH-26", "CH-15", "CH-13", "CH-10"}, "The server refused the client certificate as bad, which leaves the reason open: the namespace's certificate filters, a purpose or a signature that it does not take, or dates."},
	{[]string{"alert:43"}, "CL-06", Certain, []string{"CH-15", "CH-16"}, ""},
	{[]string{"alert:46"}, "CL-09", Likely, []string{"CL-05", "CL-03"}, ""},
	{[]string{"alert:51"}, "CL-07", Certain, []string{"KP-34"}, ""},
	{[]string{"alert:49"}, "CL-08", Likely, []string{"CH-26", "NS-08"}, ""},
	{[]string{"alert:116", byJava}, "CL-02", Likely, []string{"CH-01", "CL-01", "AK-01"}, "The server wants a client certificate and got none. Java's key manager keeps a certificate back whose issuer is not among the CAs that the server names, so this is what a certificate of another CA looks like; that none was given at all looks the same."},
	{[]string{"alert:116"}, "CL-01", Likely, []string{"CL-02", "CH-01", "AK-01"}, "The server wants a client certificate, and none reached it: none was given to the connection, or the TLS library kept it back because its issuer is not among the CAs that the server names."},
	{[]string{"certificate required"}, "CL-01", Likely, []string{"CL-02", "CH-01", "CL-03", "AK-01"}, "The server wants a client certificate, and the command says so too where one was given whose issuer the server does not trust."},
	{[]string{"certificate rejected"}, "CL-09", Likely, []string{"CL-03", "CL-04", "CL-05", "CL-06"}, "The server refused the client certificate; the command does not say why."},
	{[]string{"alert:70"}, "PR-08", Likely, []string{"PR-09"}, ""},
	{[]string{"alert:71"}, "PR-10", Likely, []string{"PR-08", "CH-14"}, ""},
	{[]string{"alert:120"}, "PR-07", Certain, []string{"PR-06"}, ""},
	{[]string{"alert:112"}, "PR-14", Certain, []string{"IN-18"}, ""},
	{[]string{"alert:80"}, "PR-13", Likely, []string{"PR-14"}, ""},
	{[]string{"alert:40", byJava}, "CL-01", Likely, []string{"CL-02", "CH-01", "PR-10", "PR-14"}, "The server aborted the handshake without giving a reason. In TLS 1.2 that is how a server asks for a client certificate that did not come; a cipher or a server name that it does not have looks the same."},
	{[]string{"alert:40"}, "CL-01", Likely, []string{"PR-10", "CL-02", "PR-14"}, "The server aborted the handshake without giving a reason. In TLS 1.2 that is how a server asks for a client certificate that did not come; a cipher or a server name that it does not have looks the same."},
}

var tlsReadings = []reading{
	{[]string{"not TLS|strange frame", "answered:http1"}, "PR-02", Certain, []string{"PX-11"}, "What answered speaks HTTP/1: a web server, or a proxy's port. It is not gRPC."},
	{[]string{"answered:http1"}, "PR-02", Likely, []string{"PX-11"}, "What answered speaks HTTP/1: a web server, or a proxy's port. It is not gRPC."},
	{[]string{"strange frame", "answered:tls"}, "PR-04", Likely, []string{"PR-05"}, "The client spoke without TLS, and the server answered with a record of TLS: an alert."},
	{[]string{"answered:tls"}, "PR-04", Likely, []string{"PR-05"}, "The client spoke without TLS, and the server answered with TLS."},
	{[]string{"not TLS", "answered:http2"}, "PR-01", Certain, nil, ""},
	{[]string{"answered:other"}, "PR-03", Likely, nil, "What answered is neither TLS nor HTTP: another service's port."},
	{[]string{"not TLS"}, "PR-01", Likely, []string{"PR-02", "PR-03", "PX-11"}, "The client speaks TLS, and what answered does not: most often a Temporal server without TLS, as a local one is."},
	{[]string{"strange frame"}, "PR-04", Likely, []string{"PR-02", "PR-06", "PX-11"}, "What answered is not HTTP/2 as gRPC speaks it: a server that wants TLS, or a web server or proxy of HTTP/1."},
	{[]string{"without TLS"}, "PR-04", Likely, []string{"PR-05", "CL-11", "CL-13", "H2-11", "PX-09"}, "The other side closed the connection without a message. A server that wants TLS does that to a client without it; a refused client certificate or a device on the network path can look the same."},
	{[]string{"no HTTP/2 agreed"}, "PR-06", Certain, []string{"PR-07"}, ""},
	{[]string{"TLS not set up"}, "PR-04", Likely, nil, "The address asks for TLS (https), and TLS is not set up in the client."},
	{[]string{"no ALPN"}, "PR-06", Likely, []string{"PR-07"}, ""},
	{[]string{"no common TLS"}, "PR-08", Likely, []string{"PR-09"}, ""},
	{[]string{"no common cipher"}, "PR-10", Likely, nil, ""},

	{[]string{"bad server root"}, "SV-15", Certain, []string{"SV-01"}, ""},
	{[]string{"no roots"}, "SV-02", Certain, []string{"SV-15"}, "The program found no root certificates: a slim container image without ca-certificates, or SSL_CERT_FILE pointing to the wrong file."},
	{[]string{"common name alone"}, "SV-07", Certain, nil, ""},
	{[]string{"default certificate"}, "SV-05", Certain, nil, ""},
	{[]string{"no IP names"}, "SV-06", Certain, []string{"IN-18"}, ""},
	{[]string{"wrong name"}, "SV-04", Certain, []string{"IN-18"}, ""},
	{[]string{"CA as end entity"}, "SV-13", Likely, []string{"SV-15", "CH-18"}, "The server shows a CA's own certificate: a server of your own with a self-signed certificate that says CA:TRUE. rustls, under most SDKs, refuses it although openssl does not."},
	{[]string{"not yet valid"}, "SV-09", Likely, []string{"CH-10", "SV-08"}, "By this machine's clock a certificate, most often the server's, is not valid yet."},
	{[]string{"out of date"}, "SV-08", Likely, []string{"SV-09", "CH-09", "CH-11"}, "By this machine's clock a certificate has expired: most often the server's, or the clock is ahead."},
	{[]string{"server lacks serverAuth"}, "SV-14", Likely, []string{"CH-15"}, "A certificate was shown for something that it may not be used for: a server with a client's certificate, or the other way round."},
	{[]string{"insecure signature"}, "CH-13", Likely, []string{"SV-13"}, "A certificate is signed with an algorithm that the program no longer takes, such as SHA-1. Whose it is, the text does not say."},
	{[]string{"short key"}, "CH-14", Likely, []string{"SV-13"}, "A certificate's key is shorter than the program takes. Whose it is, the text does not say."},
	{[]string{"critical extension|name constraint"}, "SV-13", Likely, []string{"SV-14"}, "A CA of the chain restricts the certificates below it, or has an extension that the program does not understand."},
	{[]string{"issuer's other key"}, "SV-13", Likely, []string{"SV-01", "CH-02"}, "A CA of the right name was found, and its key is not the one that signed: it was made again."},
	{[]string{"unknown issuer", "one certificate sent"}, "SV-11", Likely, []string{"SV-01", "SV-02", "SV-13", "PX-08"}, "The server's certificate does not lead to a root that the program trusts: the server does not send its whole chain, or its CA is another one."},
	{[]string{"unknown issuer"}, "SV-01", Likely, []string{"SV-02", "PX-08", "SV-13", "SV-11"}, "The program does not trust the CA that issued the server's certificate. Temporal Cloud's is a public one, so most often a CA of your own was set as the server's root, which replaces the system's roots."},
}

var callReadings = []reading{
	{[]string{"http:403"}, "H2-03", Certain, nil, ""},
	{[]string{"http:401"}, "H2-04", Certain, nil, ""},
	{[]string{"http:404"}, "H2-02", Certain, nil, ""},
	{[]string{"http:407"}, "PX-02", Certain, nil, ""},
	{[]string{"http:429"}, "H2-05", Certain, nil, ""},
	{[]string{"http:502|http:503|http:504"}, "H2-06", Certain, nil, ""},
	{[]string{"http:other"}, "H2-07", Certain, []string{"IN-08"}, ""},
	{[]string{"proxy wants a login"}, "PX-02", Certain, nil, ""},
	{[]string{"proxy forbids"}, "PX-03", Certain, nil, ""},
	{[]string{"proxy cannot reach"}, "PX-04", Certain, nil, ""},
	{[]string{"proxy malformed"}, "PX-07", Certain, nil, ""},
	{[]string{"no CONNECT"}, "PX-05", Likely, []string{"PX-01", "PX-06"}, ""},
	{[]string{"too many pings"}, "H2-08", Likely, []string{"H2-05"}, ""},
	{[]string{"old connection"}, "H2-09", Certain, nil, ""},
	{[]string{"stream ended", "deadline"}, UnknownCode, Unknown, nil, ""},
	{[]string{"stream ended"}, "H2-10", Likely, []string{"H2-11"}, ""},
	{[]string{"big header"}, "H2-12", Certain, nil, ""},
	{[]string{"unknown compression"}, "H2-13", Likely, nil, ""},
	{[]string{"gateway without backend"}, "SY-02", Certain, nil, ""},
	{[]string{"other service"}, "SY-01", Certain, nil, ""},
	{[]string{"old server", byGo}, "SY-01", Likely, []string{"H2-13"}, "The server speaks gRPC and does not know this call: an older Temporal server, or another service."},
	{[]string{"big answer for gRPC"}, "SY-05", Certain, []string{"SY-06"}, ""},
	{[]string{"big request for gRPC"}, "SY-06", Certain, nil, ""},
	{[]string{"big answer"}, "SY-05", Likely, []string{"SY-06", "WF-04"}, ""},
	{[]string{"big request"}, "SY-06", Likely, []string{"WF-04"}, ""},
	{[]string{"busy"}, "SY-07", Certain, nil, ""},
	{[]string{"rate limit"}, "SY-04", Certain, nil, ""},
	{[]string{"shard"}, "SY-08", Likely, nil, ""},
}

var namespaceReadings = []reading{
	{[]string{"odd character in a header"}, "AK-04", Likely, []string{"IN-20"}, ""},
	{[]string{"key is missing"}, "AK-02", Likely, []string{"AK-06"}, ""},
	{[]string{"key is expired"}, "AK-03", Certain, nil, "The API key has expired."},
	{[]string{"bad key"}, "AK-03", Likely, []string{"AK-06", "IN-20"}, ""},
	{[]string{"not enough rights"}, "AK-07", Likely, []string{"NS-02"}, ""},
	{[]string{"list of namespaces", "unauthorized"}, "NS-03", Likely, []string{"NS-02"}, ""},
	{[]string{"unauthorized"}, "NS-02", Likely, []string{"CH-26", "IN-12", "IN-11", "AK-07", "NS-03"}, ""},
	{[]string{"default namespace"}, "NS-11", Certain, nil, ""},
	{[]string{"namespace not described", "refused"}, "TC-01", Likely, []string{"IN-10", "NS-01"}, ""},
	{[]string{"namespace not described"}, "NS-01", Likely, []string{"NS-02", "IN-11", "NS-04"}, ""},
	{[]string{"no such namespace", "!unknown workflow"}, "NS-01", Likely, []string{"IN-11", "IN-12", "IN-19"}, ""},
	{[]string{"no namespace given"}, "NS-04", Certain, nil, ""},
	{[]string{"long namespace"}, "NS-05", Certain, nil, ""},
	{[]string{"namespace's state"}, "NS-06", Certain, nil, ""},
	{[]string{"other cluster"}, "NS-07", Certain, nil, ""},
	{[]string{"no such workflow"}, "WF-19", Likely, []string{"NS-01", "WF-08"}, ""},
	{[]string{"unread argument"}, "WF-14", Likely, []string{"WF-05"}, ""},
}

var addressReadings = []reading{
	{[]string{"scheme in the address"}, "IN-01", Certain, nil, ""},
	{[]string{"port missing"}, "IN-02", Certain, nil, ""},
	{[]string{"no host and port"}, "IN-02", Likely, []string{"IN-06", "IN-07", "IN-24"}, "The address is not a host and a port with a colon between them."},
	{[]string{"path after the port"}, "IN-03", Certain, nil, ""},
	{[]string{"blank after the port"}, "IN-04", Certain, nil, ""},
	{[]string{"control character"}, "IN-04", Likely, nil, ""},
	{[]string{"no port number"}, "IN-05", Likely, []string{"IN-03", "IN-04"}, ""},
	{[]string{"no target"}, "IN-22", Certain, nil, ""},
	{[]string{"IPv6 without brackets"}, "IN-07", Certain, nil, "The IPv6 address has no brackets, so nobody can tell it from its port: write {address}."},
	{[]string{"colons"}, "IN-06", Likely, []string{"IN-07", "IN-01"}, ""},
	{[]string{"bad target"}, "IN-24", Likely, []string{"IN-01", "IN-02", "IN-22"}, "The SDK cannot read the address that it was given."},
}

var networkReadings = []reading{
	{[]string{"proxy dialled", "name not found|refused|connect timed out|no route|host unreachable|deadline|reset"}, "PX-01", Likely, []string{"PX-07", "PX-03"}, "The program dialled the proxy that its environment names, and did not reach it: the proxy's address is wrong, the proxy is down, or this network does not lead to it."},
	{[]string{"denied", "a gateway's words"}, "H2-06", Likely, []string{"H2-03", "PX-04"}, "The refusal is not in Temporal's words: something between the program and Temporal, a gateway or a proxy, answered that it could not reach what is behind it."},
	{[]string{"no open files left"}, "TC-12", Likely, nil, ""},
	{[]string{"no local address"}, "TC-11", Likely, []string{"TC-03", "DN-05"}, ""},
	{[]string{"no resolver"}, "DN-07", Certain, nil, ""},
	{[]string{"resolver silent"}, "DN-06", Certain, nil, ""},
	{[]string{"resolver failed"}, "DN-02", Likely, []string{"DN-03", "DN-06", "PX-13"}, "The DNS server failed, refused or did not answer in time."},
	{[]string{"name not found", "to an alias"}, "IN-10", Likely, []string{"DN-01"}, "{host} is a name of a container or of its host, which only its own network knows; Temporal Cloud is reached by the namespace's endpoint."},
	{[]string{"name not found", "to Cloud"}, "DN-01", Likely, []string{"IN-11", "PX-13", "IN-04", "DN-04"}, "No address was found for {host}: misspelt, a namespace that does not exist, or a network whose DNS knows no public names."},
	{[]string{"name not found"}, "DN-01", Likely, []string{"IN-11", "PX-13", "IN-01", "IN-04", "DN-04"}, "No address was found for the server's name: misspelt, a namespace that does not exist, or a network whose DNS knows no public names and that reaches the internet through a proxy."},
	{[]string{"resolver gave nothing"}, "DN-01", Likely, []string{"IN-02", "IN-03", "IN-05", "DN-03", "DN-04"}, "gRPC found no address: the name is not known, or the address is not host:port."},

	{[]string{"refused", "to this machine", "proxy's port"}, "PX-01", Likely, []string{"IN-10", "TC-01"}, "The program dialled {address}, a usual port of proxies on this machine, and nothing listens there."},
	{[]string{"refused", "to this machine|to an alias"}, "IN-10", Likely, []string{"TC-01", "PX-01"}, "The program dialled {address}, the machine or container that it runs in, and nothing listens there: the address of the local server is still set, or no address reached the worker and the SDK's default was taken."},
	{[]string{"refused"}, "TC-01", Likely, []string{"PX-01", "IN-05", "IN-10"}, "Nothing listens at {address}, or a firewall on the way refuses."},
	{[]string{"no route"}, "TC-03", Likely, []string{"DN-05"}, ""},
	{[]string{"host unreachable"}, "TC-04", Likely, []string{"TC-03"}, ""},
	{[]string{"closed before preface"}, "CL-11", Likely, []string{"PR-04", "CH-09", "CL-03", "PX-09"}, "The server ended the connection before it said anything: it refused the client certificate, or it wants TLS and the client spoke without it, as RoadRunner does where .rr.yaml has no temporal.tls. A device on the network path can look the same."},
	{[]string{"preface, then silence"}, "H2-01", Likely, []string{"TC-05", "PR-04"}, "The connection is open, but the server sends no HTTP/2: it is overloaded or of another kind, or one of the two speaks TLS and the other does not."},
	{[]string{"preface, then end"}, "PR-04", Likely, []string{"CL-11", "PX-09"}, "The server ended the connection before it said anything, as servers with TLS do to a client without it."},
	{[]string{"preface, then reset"}, "PR-05", Likely, []string{"CL-12", "AK-09", "IN-18"}, ""},
	{[]string{"write failed"}, "CL-13", Likely, []string{"PR-04", "CL-03", "CL-04", "CL-05"}, "The other side had ended the connection while the program still wrote, so its reason, if it gave one, was lost."},
	{[]string{"handshake was cut"}, "PR-12", Likely, []string{"IN-18", "PX-13", "NS-08"}, ""},
	{[]string{"before TLS was done"}, "PR-11", Likely, []string{"IN-18", "PX-13", "PX-08", "NS-01", "NS-08"}, "The connection ended during the TLS handshake: a firewall or other device on the network path, a server name that is not served here, or a network whose proxy the SDK does not use."},
	{[]string{"keepalive"}, "H2-11", Likely, []string{"TC-02"}, ""},
	{[]string{"reset"}, "PR-12", Likely, []string{"PR-05", "IN-18", "TC-06", "CL-12", "PX-13"}, "The other side, or a device on the network path, cut the connection without a message."},
	{[]string{"handshake silent"}, "TC-05", Likely, []string{"PR-15", "PX-13"}, ""},
	{[]string{"dropped in a call"}, "H2-11", Likely, []string{"SY-09", "TC-10"}, ""},
	{[]string{"draining"}, "H2-09", Likely, []string{"H2-08", "SY-09"}, ""},
	{[]string{"connect timed out", "to this machine"}, "IN-10", Likely, []string{"TC-05"}, "{address}, the machine or container that the program runs in, gave no answer: the address of the local server is still set, or no address reached the worker and the SDK's default was taken."},
	{[]string{"connect timed out", "to a private address"}, "TC-02", Likely, []string{"TC-09", "TC-05", "DN-12", "PX-13"}, "{address} gave no answer. It is an address of a private network: a route, a firewall or the security group of a private endpoint blocks it."},
	{[]string{"connect timed out"}, "TC-02", Likely, []string{"TC-05", "PX-13", "NS-08"}, "{address} gave no answer: a firewall drops the packets, or the host is down."},
	{[]string{"deadline", "to this machine|to an alias"}, "IN-10", Likely, []string{"TC-05", "SY-03"}, "The program gave up waiting for {address}, which is the machine or container network that it runs in: the address of the local server is still set, or no address reached the worker and the SDK's default was taken."},
	{[]string{"not connected in time"}, "TC-02", Likely, []string{"PR-04", "PX-13", "SV-01", "CL-01", "DN-06", "TC-05", "SY-03"}, "The program gave up waiting for a connection. gRPC says no more, whatever kept the connection from being made: most often nothing answers, because a firewall drops the packets, and a handshake of TLS that fails again and again looks the same."},
	{[]string{"unauthenticated"}, "AK-03", Likely, []string{"AK-02", "AK-06"}, ""},
	{[]string{"denied"}, "NS-02", Likely, []string{"AK-07", "H2-03"}, ""},
	{[]string{"deadline"}, UnknownCode, Unknown, nil, ""}, // openReadings
}

// titles are in the place of the catalogue's, which knows what the check sees, where a text shows less. By the clue that a
// reading names first.
var titles = map[string]string{"not connected in time": "No connection was made in time", "proxy dialled": "The proxy cannot be reached"}

// An openReading is of a text that Onramp knows and that does not tell which cause it has: the code stays unknown, and the
// candidates are in the order of how often each is behind such words.
type openReading struct {
	needs        []string
	title, cause string
	also         []string
}

var openReadings = []openReading{
	{[]string{"deadline", "a call's time is up"}, "The call got no answer in time",
		"The program gave up waiting for the answer to a call. The text does not say what was slow: a query or an update waits for a worker, every call for the service, and the first one for the connection.",
		[]string{"TQ-01", "WF-12", "SY-03", "TC-02", "PR-04"}},
	{[]string{"deadline"}, "The program gave up waiting, and the text does not say for what",
		"These are gRPC's words for every wait that took too long: for the connection, which a firewall, DNS, a proxy or a handshake of TLS that fails again and again can keep from being made, or for the answer to a call.",
		[]string{"TC-02", "PR-04", "SV-01", "PX-13", "DN-06", "TC-05", "SY-03", "TQ-01"}},
}
