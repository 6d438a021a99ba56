package migration

import (
	"context"
	"time"

	"onramp/certsvc"
	"onramp/namespace"
)

// CloudState is the state of the rehearsal cloud.
type CloudState struct {
	Phase string // "off", "starting", "ready", "failed", "absent" (built without it)
	Err   error  // why it failed: a fault
	Took  time.Duration
}

// CloudCA is one certificate of a namespace's CA bundle.
type CloudCA struct {
	Subject     string
	Fingerprint string // SHA-256, lower-case hex
	NotAfter    time.Time
}

// CloudNamespace is a namespace as the Cloud side shows it.
type CloudNamespace struct {
	ID        namespace.ID
	CAs       []CloudCA
	BundlePEM string
	Bytes     int    // size of the bundle
	Filters   []byte // tcld's JSON; nil for none
	Created   time.Time
	Auth      string     // AuthMTLS or AuthAPIKey: the one that it takes
	Keys      []CloudKey // its API keys, newest first
}

// CloudKey is an API key as the Cloud side shows it: without the key.
type CloudKey struct {
	ID, Name         string
	Created, Expires time.Time
}

// CloudSide is the rehearsal cloud as the rooms above see it (rehearsal.Cloud). Methods are safe for
// concurrent use. Those with a ctx wait for the cloud to be ready, at most until ctx ends, and return
// an Unavailable fault when it is off, absent or failed.
type CloudSide interface {
	State() CloudState
	Address() string // "localhost:PORT", stable for the life of the process
	RootPEM() []byte // the root under which its server certificate stands
	// TrustFiles writes trust stores that hold the system's roots and the rehearsal's into dir and
	// returns the environment that makes unchanged programs use them.
	TrustFiles(dir string) (map[string]string, error)
	CreateNamespace(ctx context.Context, id namespace.ID) error // exists already: nil
	// SetCAs replaces the CA bundle as Cloud's Save does. A refusal is an Invalid fault (or several
	// joined) naming rule and certificate, and nothing changes.
	SetCAs(ctx context.Context, id namespace.ID, pem []byte) (CloudNamespace, error)
	SetFilters(ctx context.Context, id namespace.ID, filters []byte) (CloudNamespace, error)
	// SetAuth chooses AuthMTLS or AuthAPIKey for a namespace.
	SetAuth(ctx context.Context, id namespace.ID, auth string) (CloudNamespace, error)
	// CreateAPIKey makes a key that may write to this namespace, and returns it this once. Faults are Invalid,
	// in the fields key_name and key_days.
	CreateAPIKey(ctx context.Context, id namespace.ID, name string, life time.Duration) (certsvc.Secret, CloudNamespace, error)
	DeleteAPIKey(ctx context.Context, id namespace.ID, keyID string) (CloudNamespace, error)
	Namespaces(ctx context.Context) ([]CloudNamespace, error)
	Namespace(ctx context.Context, id namespace.ID) (CloudNamespace, error)
	// Callers returns who calls a namespace with which client certificate.
	Callers(ctx context.Context, id namespace.ID) (Callers, error)
	// ChangeCAs is SetCAs with what change makes of the present bundle and its callers; nobody comes in
	// between the look and the change. An error of change changes nothing and comes back as it is.
	ChangeCAs(ctx context.Context, id namespace.ID, change func(CloudNamespace, Callers) ([]byte, error)) (CloudNamespace, error)
	Reset(ctx context.Context) error // forgets every namespace and workflow
	Breaker
}
