// Package control is the control plane of the rehearsal cloud: it serves CloudService of go.temporal.io/cloud-sdk, as
// saas-api.tmprl.cloud does, and the older services there that tcld calls, over the namespaces that the rehearsal's door
// judges callers by. What Temporal documents it does as documented; where nothing is documented it answers in words of its
// own, which say so (ours).
package control

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"

	"onramp/certsvc"
	"onramp/namespace"
)

// Space is a namespace as the door judges callers by it, and what the control plane keeps with it.
type Space struct {
	ID            namespace.ID
	Created       time.Time
	Version       string // another one after each change, whoever made it
	Bundle        []byte // PEM
	Filters       certsvc.Filters
	Keyed         bool // it takes API keys
	Both          bool // Keyed, and it takes client certificates too; without it a keyed one takes none
	RetentionDays int
	Attributes    map[string]string // custom search attributes: their types in the server's words, "KeywordList"
	Rest          []byte            // wire form of a NamespaceSpec: all that the door enforces nothing of, unknown fields too
}

// Spaces are the namespaces of the rehearsal cloud.
type Spaces interface {
	// Ready waits until the others can be asked, at most until ctx ends.
	Ready(ctx context.Context) error
	All() []Space
	// Both reports whether the account has both sign-in methods at once, which Temporal Support turns on.
	Both() bool
	// Judge returns the rules of Temporal Cloud that a namespace would break, as joined faults.
	Judge(s Space) error
	// Put makes a namespace ("" for was) or replaces it while its version is was. Faults: Conflict when it is another.
	Put(ctx context.Context, s Space, was string) error
	Delete(ctx context.Context, id namespace.ID) error
	RenameAttribute(ctx context.Context, id namespace.ID, from, to string) error
	// PutEndpoint makes a Nexus endpoint ("" for was) or changes the one that is named was.
	PutEndpoint(ctx context.Context, was string, e Endpoint) error
	DeleteEndpoint(ctx context.Context, name string) error // one that is not there: nil
}

// Endpoint is a Nexus endpoint as the embedded server knows it.
type Endpoint struct{ Name, Namespace, TaskQueue string }

// Outcome is how the operations of a control plane end.
type Outcome string

// The outcomes. Slow ends as fulfilled, later.
const (
	Fulfilled Outcome = "fulfilled"
	Failed    Outcome = "failed"
	Rejected  Outcome = "rejected"
	Cancelled Outcome = "cancelled"
	Slow      Outcome = "slow"
)

// Outcomes in the order in which they are offered.
var Outcomes = []Outcome{Fulfilled, Failed, Rejected, Cancelled, Slow}

// Options of a Server.
type Options struct {
	Spaces  Spaces
	Address string // where the data plane is dialled with certificates, shown as the endpoint of a namespace
	// KeyAddress is where it is dialled with API keys; "" is Address.
	KeyAddress string
	Actions    int    // actions a second of each namespace, as shown; 0 is Temporal Cloud's at first
	File       string // keeps identities and operations; "" keeps nothing
	TLS        *tls.Config
	Outcome    Outcome       // "" is Fulfilled
	Delay      time.Duration // of an operation; 0 is a second
	Log        *slog.Logger
	Now        func() time.Time
}

// slowDelay is how long an operation takes with the outcome Slow.
const slowDelay = time.Minute

// Server is the control plane. It is safe for concurrent use.
type Server struct {
	o     Options
	grpc  *grpc.Server
	life  context.Context
	end   context.CancelFunc
	tasks sync.WaitGroup

	mu     sync.Mutex
	book   book
	ops    map[string]*operation
	drafts map[string]Space  // namespaces that are being made
	stuck  map[string]string // namespaces whose change failed: the operation
	rules  allRules
	// endpoints are the Nexus endpoints of every account.
	endpoints []*endpoint
	rates     rates
}

// New returns a Server with the state of Options.File.
func New(o Options) (*Server, error) {
	if o.Delay == 0 {
		o.Delay = time.Second
	}
	if o.Outcome == Slow {
		o.Delay = slowDelay
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.KeyAddress, o.Actions = cmp.Or(o.KeyAddress, o.Address), cmp.Or(o.Actions, actionsLimit)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{o: o, ops: map[string]*operation{}, drafts: map[string]Space{}, stuck: map[string]string{}, rules: allRules{}}
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.load(); err != nil {
		return nil, err
	}
	s.grpc = grpc.NewServer(grpc.Creds(credentials.NewTLS(o.TLS)), grpc.ChainUnaryInterceptor(s.intercept), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error { return unknown(s, stream) }),
		grpc.MaxRecvMsgSize(1<<20), grpc.ConnectionTimeout(20*time.Second))
	parts := service{namespaces: namespaces{s}, changes: changes{s}, access: access{s}, keys: keys{s}, rules: rules{s}, endpoints: endpoints{s}}
	cloudservice.RegisterCloudServiceServer(s.grpc, parts)
	serveOlder(s, parts)
	return s, nil
}

// service is everything that is served: what none of the parts has answers Unimplemented.
type service struct {
	unserved
	namespaces
	changes
	access
	keys
	rules
	endpoints
}

// unserved stands one step deeper than the parts, so that theirs come first.
type unserved struct {
	cloudservice.UnimplementedCloudServiceServer
}

// Serve answers callers until Close.
func (s *Server) Serve(l net.Listener) error { return s.grpc.Serve(l) }

// Close ends every call and the operations that run: those are failed at the next start.
func (s *Server) Close() {
	s.end()
	s.grpc.Stop()
	s.tasks.Wait()
}

// Gone drops what belongs to a namespace that was deleted, by its ID: its service accounts with their keys, the permissions in
// it, its tags.
func Gone(s *Server, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.book.gone(id)
	return s.save()
}

// Forget drops what belongs to namespaces that are gone, after the rehearsal was reset: operations, rules, tags, the
// service accounts of one namespace and the permissions in one. Users and their keys stay.
func (s *Server) Forget() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.ops)
	clear(s.drafts)
	clear(s.stuck)
	clear(s.rules)
	s.endpoints = nil
	s.book.forget()
	return s.save()
}

// ourMark ends every text of which nothing public tells Temporal Cloud's own words.
const ourMark = " [the rehearsal's words: Temporal Cloud's are not documented]"

// ours is a refusal in the rehearsal's own words, and often of its own choice of code.
func ours(c codes.Code, format string, a ...any) error {
	return status.Error(c, fmt.Sprintf(format, a...)+ourMark)
}

// Refusal is a refusal of the door in the rehearsal's own words, marked as such.
func Refusal(c codes.Code, text string) error { return ours(c, "%s", text) }

// errUnauthorized is what Temporal Cloud answers where a role is missing, and in some other cases
// (temporalio/terraform-provider-temporalcloud#107, #264, #391).
var errUnauthorized = status.Error(codes.PermissionDenied, "Request unauthorized")
