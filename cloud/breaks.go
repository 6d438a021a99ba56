package cloud

import (
	"context"

	"onramp/namespace"
)

// BreakPart is where a switch breaks a rehearsal.
type BreakPart string

// The parts, in the order in which a connection meets them.
const (
	PartWorker  BreakPart = "worker"  // what the worker was given
	PartNetwork BreakPart = "network" // what lies between
	PartCloud   BreakPart = "cloud"   // the namespace in the rehearsal cloud
)

// Break is a switch that breaks a rehearsal on purpose. A switch is data; rehearsal sets it up.
type Break struct {
	ID    string // stable, in forms and in the saved state: "port-closed"
	Title string
	Does  string // what the switch does
	Sees  string // what a worker sees of it
	Code  string // what the check must name: a code of the doctor's catalogue
	Part  BreakPart
	// NeedsKey: the fault lies behind the client certificate, so a check needs the reader's own.
	NeedsKey bool
}

// Breaks are the switches in the order in which a connection meets their faults. Where several are on, the
// first one of this list is what a check names.
var Breaks = []Break{
	{ID: "endpoint-typo", Part: PartWorker, Code: "IN-12", Title: "A typo in the endpoint",
		Does: "Two letters of the address are swapped, so it names another namespace.",
		Sees: "The name does not resolve: produced zero addresses, or no such host."},
	{ID: "ca-key", Part: PartWorker, Code: "KP-10", Title: "The CA's key pasted as the client's",
		Does: "The worker gets a client certificate with the CA's private key.",
		Sees: "tls: private key does not match public key."},
	{ID: "other-key", Part: PartWorker, Code: "KP-06", Title: "The key of another certificate",
		Does: "The worker gets a client certificate with the key of a second one.",
		Sees: "tls: private key does not match public key."},
	{ID: "expired-leaf", Part: PartWorker, Code: "CH-09", Title: "An expired client certificate",
		Does: "The worker gets a client certificate that expired yesterday. The namespace trusts its CA.",
		Sees: "remote error: tls: expired certificate."},
	{ID: "clock", Part: PartWorker, Code: "CH-10", Title: "A clock that is a day ahead",
		Does: "The worker gets a client certificate from a machine whose clock is a day ahead, so it becomes valid tomorrow.",
		Sees: "remote error: tls: expired certificate, though it is new."},
	{ID: "port-closed", Part: PartNetwork, Code: "TC-01", Title: "The port is closed",
		Does: "Nothing listens at the worker's address: the connection is refused.",
		Sees: "connect: connection refused."},
	{ID: "port-silent", Part: PartNetwork, Code: "TC-02", Title: "A firewall drops the packets",
		Does: "The port drops connections without an answer. The check waits some seconds.",
		Sees: "i/o timeout, or context deadline exceeded."},
	{ID: "cut", Part: PartNetwork, Code: "TC-06", Title: "Connections are closed at once",
		Does: "A device on the network path accepts each connection and resets it before any data is sent.",
		Sees: "connection reset by peer, or EOF."},
	{ID: "no-answer", Part: PartNetwork, Code: "TC-05", Title: "Nobody answers",
		Does: "A device on the network path accepts each connection and never sends data. The check waits some seconds.",
		Sees: "context deadline exceeded, without details."},
	{ID: "slow-line", Part: PartNetwork, Code: "PR-15", Title: "A very slow connection",
		Does: "The server's answers arrive at 20 bytes a second, so the handshake begins and stalls.",
		Sees: "context deadline exceeded, without details."},
	{ID: "plaintext", Part: PartNetwork, Code: "PR-01", Title: "A server without TLS",
		Does: "At the address a gRPC server answers without TLS, as a local server does.",
		Sees: "tls: first record does not look like a TLS handshake."},
	{ID: "web-server", Part: PartNetwork, Code: "PR-02", Title: "A web server at the address",
		Does: "At the address a web server answers HTTP/1.1.",
		Sees: "tls: first record does not look like a TLS handshake."},
	{ID: "flapping", Part: PartNetwork, Code: "TC-10", Title: "An unreliable connection", NeedsKey: true,
		Does: "Every second connection is reset in the middle of its handshake, beginning with the first after a quiet moment.",
		Sees: "connection reset by peer now and then; a retry helps."},
	{ID: "server-name", Part: PartNetwork, Code: "SV-04", Title: "The server has a different name",
		Does: "A server with a valid certificate for another account's names answers.",
		Sees: "x509: certificate is valid for …, not localhost."},
	{ID: "tls-inspection", Part: PartNetwork, Code: "PX-08", Title: "A proxy that opens TLS",
		Does: "A device on the network path presents its own certificate, from a CA that this machine does not trust.",
		Sees: "x509: certificate signed by unknown authority."},
	{ID: "server-expired", Part: PartNetwork, Code: "SV-08", Title: "An expired server certificate",
		Does: "The server presents a certificate that expired yesterday, as it appears to a machine whose clock is ahead.",
		Sees: "x509: certificate has expired or is not yet valid."},
	{ID: "no-certificate", Part: PartWorker, Code: "CL-01", Title: "No client certificate",
		Does: "The worker is started without its certificate and key.",
		Sees: "remote error: tls: certificate required."},
	{ID: "wrong-ca", Part: PartCloud, Code: "CL-03", Title: "Another CA in the namespace", NeedsKey: true,
		Does: "The namespace holds a CA that has nothing to do with the worker's certificate.",
		Sees: "remote error: tls: unknown certificate authority."},
	{ID: "account-left-out", Part: PartWorker, Code: "IN-11", Title: "The account ID left out", NeedsKey: true,
		Does: "The worker uses the namespace's name without the account ID, as with a local server.",
		Sees: "PermissionDenied: Request unauthorized."},
	{ID: "namespace-missing", Part: PartCloud, Code: "NS-01", Title: "The namespace does not exist", NeedsKey: true,
		Does: "The cloud behaves as if the namespace had never been created.",
		Sees: "PermissionDenied: Request unauthorized. By the namespace's own endpoint: connection reset by peer."},
	{ID: "filters", Part: PartCloud, Code: "NS-02", Title: "A certificate filter that does not match", NeedsKey: true,
		Does: "The namespace accepts only certificates with the common name another-worker.",
		Sees: "PermissionDenied: Request unauthorized."},
	{ID: "slow-answers", Part: PartCloud, Code: "SY-03", Title: "Late answers", NeedsKey: true,
		Does: "Every call to the namespace waits six seconds before it is answered.",
		Sees: "context deadline exceeded, in calls and in polls."},
	{ID: "wrong-queue", Part: PartWorker, Code: "TQ-02", Title: "Another task queue", NeedsKey: true,
		Does: "A worker polls practice-transfers, and the check asks for PRACTICE_TRANSFERS.",
		Sees: "Nothing: it waits for tasks, and workflows make no progress."},
}

// PracticeQueue is the task queue that the switch wrong-queue lets a check ask for. It is never what a reader
// asked for.
const PracticeQueue = "PRACTICE_TRANSFERS"

// PracticeWorker is the identity of the worker that the switch wrong-queue lets poll another queue.
const PracticeWorker = "practice-worker"

// LookupBreak returns the switch of an id.
func LookupBreak(id string) (Break, bool) {
	for _, b := range Breaks {
		if b.ID == id {
			return b, true
		}
	}
	return Break{}, false
}

// Setup is what a worker was given to connect with.
type Setup struct {
	Address    string // host:port
	ServerName string // "" is the address's host
	Namespace  string
	CertPEM    []byte // nil for none
	KeyPEM     []byte
	TaskQueue  string
}

// Breaker breaks a rehearsal on purpose, one namespace at a time. What is on outlives a restart and ends with
// a reset. Switching off restores what was there before, since switching on changed nothing of it.
type Breaker interface {
	// Broken lists the ids of the switches that are on by Namespace ID, in the order of Breaks. It never waits.
	Broken() map[string][]string
	// SetBreak turns one switch of a namespace on or off; what is so already stays so. Errors are faults:
	// NotFound for no such switch or namespace, Unavailable where it cannot be set up here.
	SetBreak(ctx context.Context, id namespace.ID, breakID string, on bool) error
	// Bend returns what a worker of the namespace would have been given under the switches that are on. The
	// error is an Unavailable fault.
	Bend(id namespace.ID, s Setup) (Setup, error)
	// BreakAddress is where a worker meets a switch of PartNetwork that is on; "" for any other.
	BreakAddress(id namespace.ID, breakID string) string
}
