package control

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"golang.org/x/time/rate"
)

// versionHeader names the version of the API that a client was built for; gRPC calls must carry it
// (docs.temporal.io/ops).
const versionHeader = "temporal-cloud-api-version"

// callerKey finds the caller of a call in its context.
type callerKey struct{}

// caller is who makes a call.
type caller struct {
	*owner
	key *key
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// intercept judges each call: its key, its version, its rate, and by the table of permissions.
func (s *Server) intercept(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	who, err := signedIn(s, md)
	if err != nil {
		return nil, err
	}
	if len(md.Get(versionHeader)) == 0 {
		return nil, ours(codes.InvalidArgument, "the header %s is missing", versionHeader)
	}
	if !s.allowed(who) {
		return nil, ours(codes.ResourceExhausted, "rate limit exceeded: 40 requests a second for a user, 80 for a service account, 160 for an account")
	}
	call := path.Base(info.FullMethod)
	n, known := needs[call]
	if known && !s.mayCall(who, n, req) {
		return nil, errUnauthorized
	}
	if err := s.o.Spaces.Ready(ctx); err != nil {
		return nil, status.Error(codes.Unavailable, "the rehearsal cloud is not ready")
	}
	return next(context.WithValue(ctx, callerKey{}, who), req)
}

// signedIn is who sent a call.
func signedIn(s *Server, md metadata.MD) (caller, error) {
	kind, secret, _ := strings.Cut(strings.Join(md.Get("authorization"), ""), " ")
	if !strings.EqualFold(kind, "Bearer") || secret == "" {
		return caller{}, ours(codes.Unauthenticated, "no API key: send the header authorization with Bearer and the key")
	}
	return s.whose(secret)
}

// unknown answers a call of a service that is not served. Who has no key is not told even that.
func unknown(s *Server, stream grpc.ServerStream) error {
	md, _ := metadata.FromIncomingContext(stream.Context())
	if _, err := signedIn(s, md); err != nil {
		return err
	}
	return status.Error(codes.Unimplemented, "unknown service")
}

// whose is who a token belongs to.
func (s *Server) whose(token string) (caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.book.find(token)
	switch {
	case k == nil:
		return caller{}, ours(codes.Unauthenticated, "the API key is not known")
	case !k.usable(s.o.Now()):
		return caller{}, ours(codes.Unauthenticated, "the API key has expired, is disabled or is not active yet")
	}
	o := s.book.owner(k.account, k.shown.GetSpec().GetOwnerId())
	if o == nil {
		return caller{}, ours(codes.Unauthenticated, "the owner of the API key is gone")
	}
	return caller{o, k}, nil
}

// mayCall judges by the table. What names a namespace of another account is refused there.
func (s *Server) mayCall(who caller, n need, req any) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case n.own:
		return true
	case n.roles != nil:
		return slices.Contains(n.roles, who.role())
	}
	named, ok := req.(interface{ GetNamespace() string })
	if !ok {
		return false
	}
	have := who.in(named.GetNamespace())
	if who.role() == Developer && s.justMade(named.GetNamespace()) {
		// Seen of namespaces that a Developer had made less than a minute before (terraform-provider-temporalcloud#391).
		return false
	}
	return atLeast(have, n.in)
}

// readAfterCreate is for how many operations' length a Developer may not read what they have just made.
const readAfterCreate = 2

func (s *Server) justMade(id string) bool {
	for _, sp := range s.o.Spaces.All() {
		if sp.ID.String() == id {
			return s.o.Now().Sub(sp.Created) < readAfterCreate*s.o.Delay
		}
	}
	return false
}

// rates are the limits of docs.temporal.io/ops: 160 requests a second an account, 40 a user, 80 a service account.
type rates map[string]*rate.Limiter

func (r *rates) take(name string, a second) bool {
	if *r == nil {
		*r = rates{}
	}
	l := (*r)[name]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(a), int(a))
		(*r)[name] = l
	}
	return l.AllowN(time.Now(), 1)
}

// second is a number of calls in a second.
type second int

func (s *Server) allowed(who caller) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	own := second(40)
	if who.robot != nil {
		own = 80
	}
	return s.rates.take("account "+who.account, 160) && s.rates.take("owner "+who.id(), own)
}
