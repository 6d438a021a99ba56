// Package cloud is Temporal Cloud's control plane as the rooms above see it: small interfaces, one a
// capability, and their types. What a place can do is asked as a capability, never as "is this a rehearsal?".
package cloud

import (
	"context"
	"time"

	"onramp/certsvc"
	"onramp/namespace"
)

// How workers sign in to a namespace. AuthBoth is "flexible auth": an account has it on request to Temporal Support.
const (
	AuthMTLS   = "mtls"
	AuthAPIKey = "api-key"
	AuthBoth   = "both"
)

// Abilities are what Onramp can see and do at a kind of place, as far as rules on paper ask for it. The
// interfaces of a Place say the same of a place that is there.
type Abilities struct {
	Bundle   bool // the CA bundle of a namespace can be read, and saved
	Callers  bool // who calls, and with which client certificate, can be seen
	Built    bool // the worker inside Onramp does the work of the application's
	OneDoor  bool // every loopback address leads to the same server
	Practice bool // nothing that is made here is real, and it is marked so
}

// Phase is how far an own cloud is.
type Phase string

const (
	Off      Phase = "off"
	Starting Phase = "starting"
	Ready    Phase = "ready"
	Failed   Phase = "failed"
	Absent   Phase = "absent" // Onramp was built without it
)

// State is the state of a server of Onramp's own.
type State struct {
	Phase Phase
	Err   error // why it failed: a fault
	Took  time.Duration
	Moved bool // its address is another than at the start before: somebody else has that one
}

// CA is one certificate of a namespace's CA bundle.
type CA struct {
	Subject     string
	Fingerprint string // SHA-256, lower-case hex
	NotAfter    time.Time
}

// Namespace is a namespace as the control plane shows it.
type Namespace struct {
	ID        namespace.ID
	CAs       []CA
	BundlePEM string
	Bytes     int    // size of the bundle
	Filters   []byte // tcld's JSON; nil for none
	Created   time.Time
	Auth      string // AuthMTLS, AuthAPIKey or AuthBoth: what it takes
	Keys      []Key  // its API keys, newest first
}

// Takes reports whether programs sign in to the namespace with AuthMTLS, or with AuthAPIKey; of AuthBoth whether with either.
func (n Namespace) Takes(auth string) bool { return n.Auth == auth || n.Auth == AuthBoth }

// Fingerprints of the namespace's CA certificates, in the bundle's order.
func (n Namespace) Fingerprints() []string {
	out := make([]string, 0, len(n.CAs))
	for _, c := range n.CAs {
		out = append(out, c.Fingerprint)
	}
	return out
}

// Key is an API key as the control plane shows it: without the key.
type Key struct {
	ID, Name         string
	Created, Expires time.Time
}

// NewKey is an API key that was just made, with the key itself: this once.
type NewKey struct {
	Key
	Secret certsvc.Secret
}

// Place is where migrations of one kind go. Each field is a capability; nil says that Onramp cannot do that there.
// Methods with a ctx wait for the place to be ready, at most until ctx ends, and return an Unavailable fault when
// it is off, absent or failed. All are safe for concurrent use.
type Place struct {
	Own        Own
	Namespaces Namespaces
	CAs        CAs
	Filters    Filters
	SignIn     SignIn
	Keys       Keys
	Callers    CallerBook
	Breaks     Breaker
	Adjust     Adjustments
}

// Limits of a namespace, each a second.
type Limits struct {
	Actions    int // of workflows and activities
	Schedules  int // requests about schedules, and starts by them
	Visibility int // calls that list, search or count
}

// FirstLimits are those that Temporal Cloud grants a namespace at first (docs.temporal.io/cloud/limits).
var FirstLimits = Limits{Actions: 500, Schedules: 10, Visibility: 30}

// Unlimited in a field of Limits is no limit.
const Unlimited = -1

// Full is a Place with everything that one value can do.
func Full(everything interface {
	Own
	Namespaces
	CAs
	Filters
	SignIn
	Keys
	CallerBook
	Breaker
}) Place {
	e := everything
	return Place{Own: e, Namespaces: e, CAs: e, Filters: e, SignIn: e, Keys: e, Callers: e, Breaks: e}
}

// Own is a place whose server runs in this process.
type Own interface {
	State() State
	Address() string // "localhost:PORT", stable for the life of the process
	// KeyAddress is where programs with an API key dial without a server name; as stable.
	KeyAddress() string
	Limits() Limits  // of each namespace
	RootPEM() []byte // the root under which its server certificate stands
	// TrustFiles writes trust stores that hold the system's roots and the server's into dir and
	// returns the environment that makes unchanged programs use them.
	TrustFiles(dir string) (map[string]string, error)
	// Reset forgets every namespace and workflow. A fault that is Unchanged says that it was not begun; with another one it may
	// have been done, or goes on.
	Reset(ctx context.Context) error
}

// Namespaces finds and makes namespaces.
type Namespaces interface {
	Namespaces(ctx context.Context) ([]Namespace, error)
	Namespace(ctx context.Context, id namespace.ID) (Namespace, error)
	CreateNamespace(ctx context.Context, id namespace.ID) error // exists already: nil
	// DeleteNamespace deletes a namespace with its workflows; one that is not there: nil.
	DeleteNamespace(ctx context.Context, id namespace.ID) error
}

// CAs changes the CA bundle of a namespace.
type CAs interface {
	// ChangeCAs replaces the bundle, as Cloud's Save does, by what change makes of the present one and its callers;
	// nobody comes in between the look and the change. A refusal is an Invalid fault (or several joined) naming rule
	// and certificate, and nothing changes. An error of change changes nothing and comes back as it is.
	ChangeCAs(ctx context.Context, id namespace.ID, change func(Namespace, Callers) ([]byte, error)) (Namespace, error)
	// TakeBackCAs makes the bundle what it was before the change that gave after; what was there is not judged anew.
	// A Conflict fault when it was changed again meanwhile.
	TakeBackCAs(ctx context.Context, after Namespace) error
}

// Filters changes the certificate filters of a namespace.
type Filters interface {
	// ChangeFilters replaces the filters (tcld's JSON; nil clears them) by what change makes of the present namespace;
	// nobody comes in between the look and the change. An error of change changes nothing and comes back as it is.
	ChangeFilters(ctx context.Context, id namespace.ID, change func(Namespace) ([]byte, error)) (Namespace, error)
}

// SignIn chooses AuthMTLS, AuthAPIKey or AuthBoth for a namespace.
type SignIn interface {
	// ChangeAuth chooses what change makes of the present namespace and its callers; nobody comes in between the look and
	// the change. CA certificates, certificate filters and API keys stay. An error of change changes nothing and comes back
	// as it is. Faults are of field auth: Conflict for AuthBoth where the account has it not, or where the namespace has no
	// CA certificate; Invalid for what is none of the three.
	ChangeAuth(ctx context.Context, id namespace.ID, change func(Namespace, Callers) (string, error)) (Namespace, error)
}

// Keys makes and deletes API keys.
type Keys interface {
	// CreateAPIKey makes a key that may write to this namespace, and returns it this once. Faults are Invalid,
	// in the fields key_name and key_days.
	CreateAPIKey(ctx context.Context, id namespace.ID, name string, life time.Duration) (NewKey, Namespace, error)
	// DeleteAPIKey deletes a key; one that is gone already is no fault. may, nil for none, looks at who calls, and nobody
	// comes in between its look and the change: an error of it changes nothing and comes back as it is.
	DeleteAPIKey(ctx context.Context, id namespace.ID, keyID string, may func(Callers) error) (Namespace, error)
}

// Adjusted are what a namespace has beside who may call it.
type Adjusted struct {
	RetentionDays int
	Attributes    map[string]string // custom search attributes: their types in the server's words, "KeywordList"
}

// Adjustments changes what a namespace has beside who may call it, and how strictly the place judges who calls.
type Adjustments interface {
	Of(ctx context.Context, id namespace.ID) (Adjusted, error)
	// SetRetention sets for how many days closed workflows stay. A refusal is an Invalid fault of field retention.
	SetRetention(ctx context.Context, id namespace.ID, days int) error
	// AddAttributes adds custom search attributes; none can be removed. A refusal is an Invalid fault of field search_attributes.
	AddAttributes(ctx context.Context, id namespace.ID, more map[string]string) error
	// Lenient reports whether client certificates that break what Temporal Cloud's documentation calls a must are let in;
	// SetLenient lasts until the process ends.
	Lenient() bool
	SetLenient(on bool)
	// BothMethods reports whether the practised account has AuthBoth, as Temporal Support turns it on: not at first.
	// SetBothMethods turns it on or off, and the place keeps it; off is a Conflict fault while a namespace takes both.
	BothMethods() bool
	SetBothMethods(ctx context.Context, on bool) error
}

// CallerBook knows who calls a namespace with which client certificate.
type CallerBook interface {
	Callers(ctx context.Context, id namespace.ID) (Callers, error)
}
