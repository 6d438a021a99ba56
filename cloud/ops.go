package cloud

import (
	"context"
	"errors"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/namespace"
)

// What follows is Temporal Cloud's control plane with the key of a person: the Cloud Ops API. Nothing here changes
// anything without a Plan that somebody was shown.

// Identity is whose key it is.
type Identity struct {
	Account string    `json:"account"`
	Kind    string    `json:"kind"` // "user" or "service-account"
	ID      string    `json:"id"`
	Name    string    `json:"name"` // the user's mail address, or the service account's name
	Role    string    `json:"role"` // account-level: "owner", "admin", "developer", "finance-admin", "read", "metrics-read"; "" for one of one namespace
	Scope   string    `json:"scope,omitempty"`
	KeyName string    `json:"key_name,omitempty"`
	KeyEnds time.Time `json:"key_expires,omitzero"`
}

// Listed is a namespace in a list.
type Listed struct {
	ID      namespace.ID `json:"-"`
	Name    string       `json:"namespace"`
	State   string       `json:"state"` // "active", "updating" …
	Region  string       `json:"region,omitempty"`
	MTLS    bool         `json:"mtls"`
	APIKeys bool         `json:"api_keys"`
	CAs     int          `json:"ca_certificates"`
}

// HeldCA is a CA certificate that a namespace holds.
type HeldCA struct {
	Subject  string    `json:"subject"`
	SHA256   string    `json:"sha256"`
	SHA1     string    `json:"sha1"` // as tcld names it
	NotAfter time.Time `json:"not_after"`
}

// Settings are what a plan compares: the part of a namespace that Onramp changes.
type Settings struct {
	MTLS          bool              `json:"mtls"`
	APIKeys       bool              `json:"api_keys"`
	CAs           []HeldCA          `json:"ca_certificates"`
	Filters       certsvc.Filters   `json:"filters"`
	RetentionDays int               `json:"retention_days"`
	Attributes    map[string]string `json:"search_attributes"` // name → "Keyword"
	Regions       []string          `json:"regions"`
	Rules         []string          `json:"connectivity_rules,omitempty"` // IDs
}

// Detail is a namespace as the Cloud Ops API shows it.
type Detail struct {
	ID               namespace.ID      `json:"-"`
	Name             string            `json:"namespace"`
	State            string            `json:"state"`
	Version          string            `json:"resource_version"`
	Operation        string            `json:"async_operation_id,omitempty"`
	Settings         Settings          `json:"settings"`
	BundlePEM        []byte            `json:"-"`
	MTLSAddress      string            `json:"mtls_grpc_address,omitempty"` // empty: the API gives none
	GRPCAddress      string            `json:"grpc_address,omitempty"`
	Web              string            `json:"web_address,omitempty"`
	ActiveRegion     string            `json:"active_region,omitempty"`
	ActionsPerSecond int               `json:"actions_per_second_limit,omitempty"`
	DeleteProtection bool              `json:"delete_protection"`
	Encryption       string            `json:"encryption_validation,omitempty"` // "disabled", "warn", "deny"; "" where it is not told
	Codec            string            `json:"codec_server,omitempty"`
	Rules            []string          `json:"connectivity_rules,omitempty"`
	Private          []string          `json:"private_connectivity,omitempty"` // regions
	Tags             map[string]string `json:"tags,omitempty"`
	Description      string            `json:"description,omitempty"`
	Expired          []HeldCA          `json:"expired_ca_certificates,omitempty"`
	Unreadable       bool              `json:"unreadable_ca_bundle,omitempty"` // Onramp cannot read the CA bundle that is there
}

// Terraform reports whether the namespace says of itself that Terraform keeps it: by a tag, or its description. A "no" means
// nothing: nobody has to say so.
func (d Detail) Terraform() bool {
	said := strings.ToLower(d.Description)
	for name, value := range d.Tags {
		said += "\n" + strings.ToLower(name+"="+value)
	}
	return strings.Contains(said, "terraform")
}

// Region is where a namespace can be.
type Region struct {
	ID    string `json:"id"` // "aws-us-east-1": the provider first
	Place string `json:"place,omitempty"`
}

// Operation is a change under way or its end.
type Operation struct {
	ID    string `json:"id"`
	State string `json:"state"` // "running", "fulfilled", "failed", "rejected", "cancelled"
	Why   string `json:"failure_reason,omitempty"`
}

// Over reports whether an operation has ended.
func (o Operation) Over() bool { return o.State != Running }

// The states of an operation.
const (
	Running     = "running"
	Fulfilled   = "fulfilled"
	OpFailed    = "failed"
	OpRejected  = "rejected"
	OpCancelled = "cancelled"
)

// Plan is a change that was worked out and not made: what stands, what would stand, and the request that makes it.
type Plan struct {
	Operation string // its own id, chosen before anything is sent
	Kind      string // KindUpdate, KindCreate, KindKey or KindKeyDelete
	For       string // what it is made for, as whoever plans it says; "" for nothing in particular
	From      string // the namespace that For had when it was planned; "" for none
	Namespace namespace.ID
	Before    Settings
	After     Settings
	Diff      []string // one line a difference, for people; empty: nothing would change
	Warnings  []string // what a person should know before agreeing
	Shuts     bool     // it shuts every way to the namespace but those that it names: whoever agrees says so in so many words
	Request   []byte   // wire form of the request; it holds no secret
	Key       *KeyPlan // of the kinds "api-key" and "api-key-delete"
}

// The kinds of plans.
const (
	KindUpdate = "update"
	KindCreate = "create"
	KindKey    = "api-key"
	// KindKeyDelete deletes an API key; Before and After are the same.
	KindKeyDelete = "api-key-delete"
)

// KeyPlan is an API key to make, for a service account that may work in one namespace and nowhere else, or one to delete.
type KeyPlan struct {
	ID    string // of the key to delete, as the control plane names it
	Name  string // of the service account and of the key
	Owner string // the service account, where it is there already
	Ends  time.Time
}

// MadeKey is an API key that was just made, with the key itself: this once.
type MadeKey struct {
	ID, Owner string
	Ends      time.Time
	Secret    certsvc.Secret
}

// Nothing reports whether a plan would change nothing.
func (p Plan) Nothing() bool { return len(p.Diff) == 0 }

// Needs is the role or permission that making the plan takes, in Temporal Cloud's words.
func (p Plan) Needs() string {
	switch p.Kind {
	case KindCreate:
		return NeedsCreate
	case KindKeyDelete:
		return "Global Admin or Account Owner, or Namespace Admin on " + p.Namespace.String() + " for a key of its service accounts"
	}
	return "Namespace Admin on " + p.Namespace.String()
}

// Applied is what came of a plan.
type Applied struct {
	Changed   bool // false: Temporal Cloud says that there was nothing to change
	Operation Operation
	Detail    Detail // afterwards
}

// CAChange says what becomes of a CA bundle.
type CAChange struct {
	Add    []byte   // PEM to put beside what is there
	Set    []byte   // PEM that replaces everything
	Remove []string // fingerprints: SHA-256, or SHA-1 as tcld has it
}

// SignInChange says how workers are to sign in to a namespace. Both at once is what an account has on request alone
// (temporalio/terraform-provider-temporalcloud#340).
type SignInChange struct {
	MTLS, APIKeys bool
	CAs           []byte // PEM that goes beside what is there, where MTLS is turned on
}

// RuleChange says which connectivity rules of the account a namespace gets and loses, by their IDs.
type RuleChange struct {
	Attach, Detach []string
}

// Rule is a connectivity rule of an account: a way by which the namespaces that it is attached to can be reached.
type Rule struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`                 // "public" or "private"
	Connection string `json:"connection,omitempty"` // of a private one: the VPC endpoint, the PSC connection or the private endpoint
	Region     string `json:"region,omitempty"`
	State      string `json:"state"`
}

// NewNamespace is a namespace to make.
type NewNamespace struct {
	Name, Region  string
	RetentionDays int
	Auth          string // AuthMTLS or AuthAPIKey
	CAs           []byte // PEM, with AuthMTLS
	Attributes    map[string]string
}

// Looker looks at an account with a key of the Cloud Ops API. Every error is a fault; Where says at what it fell.
type Looker interface {
	Who(ctx context.Context) (Identity, error)
	List(ctx context.Context) ([]Listed, error)
	Look(ctx context.Context, id namespace.ID) (Detail, error)
	Regions(ctx context.Context) ([]Region, error)
}

// Planner works out changes and sends nothing that changes anything.
type Planner interface {
	PlanCAs(ctx context.Context, id namespace.ID, c CAChange) (Plan, error)
	PlanFilters(ctx context.Context, id namespace.ID, f certsvc.Filters) (Plan, error)
	PlanAttributes(ctx context.Context, id namespace.ID, types map[string]string) (Plan, error)
	PlanSignIn(ctx context.Context, id namespace.ID, s SignInChange) (Plan, error)
	PlanCreate(ctx context.Context, n NewNamespace) (Plan, error)
}

// Applier makes changes that somebody agreed to.
type Applier interface {
	// Apply sends a plan, waits for its end and compares. The plan's operation is kept before it is sent, so that Resume
	// finds it after a crash. progress may be nil.
	Apply(ctx context.Context, p Plan, progress func(Operation)) (Applied, error)
	// Resume brings what was sent before to its end: the operation that is kept for a namespace. found is false where none
	// is kept, or where the kept one never reached Temporal Cloud.
	Resume(ctx context.Context, id namespace.ID, progress func(Operation)) (a Applied, found bool, err error)
	Operation(ctx context.Context, id string) (Operation, error)
}

// KeyMaker makes API keys for workers.
type KeyMaker interface {
	PlanKey(ctx context.Context, id namespace.ID, name string, life time.Duration) (Plan, error)
	// MakeKey makes the service account, where it is not there, and the key. A key that an earlier call made and nobody got,
	// because the program ended, is deleted first.
	MakeKey(ctx context.Context, p Plan, progress func(Operation)) (MadeKey, error)
	// PlanDeleteKey works out the deletion of an API key, by its ID. Who still uses the key is for the caller to know. Apply
	// carries it out.
	PlanDeleteKey(ctx context.Context, id namespace.ID, keyID string) (Plan, error)
	// Delivered says that somebody has the key of a plan; before that it counts as one that nobody got.
	Delivered(p Plan)
}

// Where an error of the Cloud Ops API fell.
const (
	AtBundle   = "bundle"   // what would be sent breaks a rule; nothing was sent
	AtNetwork  = "network"  // the API is not reached
	AtKey      = "key"      // the key is refused
	AtRight    = "right"    // the namespace is not there, or the key may not
	AtConflict = "conflict" // it was changed meanwhile, or is being changed
	AtChange   = "change"   // it was sent and did not become what was asked for
)

// Fallen is an error that says where it fell.
type Fallen struct {
	At  string
	Err error // a fault
}

func (f *Fallen) Error() string { return f.Err.Error() }

// Unwrap returns the fault.
func (f *Fallen) Unwrap() error { return f.Err }

// Where is where an error of the Cloud Ops API fell; "" where it does not say.
func Where(err error) string {
	var f *Fallen
	if errors.As(err, &f) {
		return f.At
	}
	return ""
}
