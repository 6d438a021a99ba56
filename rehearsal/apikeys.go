//go:build !lean

package rehearsal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// apiKey is what the rehearsal keeps of an API key: never the key, only its hash.
type apiKey struct {
	id, name         string
	hash             [sha256.Size]byte
	created, expires time.Time
}

// The bounds of API keys: at most two years and 20 keys for a service account (docs.temporal.io/cloud/api-keys).
const (
	maxKeyLife = 2 * 365 * 24 * time.Hour
	maxKeys    = 20
	maxKeyName = 64
)

// presented is what a caller shows: its TLS connection and the header authorization, "" for none.
type presented struct {
	state tls.ConnectionState
	token string
}

// AuthInfoRequired says that GetClaims is asked for callers without credentials too: a refusal depends on the
// namespace whose endpoint they called.
func (g *gate) AuthInfoRequired() bool { return false }

// keyed reports whether a connection signs in with API keys, and the namespace whose endpoint it was made for: nil for a
// regional endpoint and for the door of API keys, where each call names it. API keys use the namespace endpoint
// (docs.temporal.io/cloud/namespaces), which the server name (SNI) chooses, or the regional one.
func (g *gate) keyed(ctx context.Context, state tls.ConnectionState) (*space, bool) {
	name := serverName(state.ServerName)
	if !isLocal(name) && !isRegional(name) {
		s := g.realm().byHost[name]
		return s, s != nil && !s.takes(cloud.AuthMTLS)
	}
	return nil, g.callers.signsInWithKeys(ctx)
}

// keyAtOwnEndpoint refuses who shows no certificate at the endpoint of a namespace that takes both methods, on a connection
// from before it did: new ones end in the handshake. Its API keys use the regional endpoint
// (docs.temporal.io/cloud/namespaces); what Temporal Cloud answers here is not documented.
func keyAtOwnEndpoint(s *space) error {
	if s == nil || s.signIn != cloud.AuthBoth {
		return nil
	}
	return control.Refusal(codes.PermissionDenied, "a namespace that takes both sign-in methods takes API keys at its regional endpoint alone")
}

// The refusals of API keys, status Unauthenticated. The first is Temporal Cloud's as seen in public on a
// regional endpoint (PostHog/posthog#63981). Cloud's words for the other two were not found in public:
// unverified.
const (
	textNoKey      = "Jwt is missing"
	textKeyExpired = "Jwt is expired"
	textKeyUnknown = "Jwt verification fails"
)

// judgeKey judges one call with an API key: at the endpoint of the namespace s, or where s is nil of the one that it
// names.
func (g *gate) judgeKey(ctx context.Context, s *space, header string, t *authorization.CallTarget) (authorization.Result, error) {
	allow, deny := authorization.Result{Decision: authorization.DecisionAllow}, authorization.Result{Decision: authorization.DecisionDeny}
	// The words with which Cloud refuses a key whose owner has no role on the namespace (temporalio/sdk-typescript#1765).
	noRole := authorization.Result{Decision: authorization.DecisionDeny, Reason: fmt.Sprintf("caller has insufficient permissions for namespace '%s'", t.Namespace)}
	kind, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(kind, "Bearer") || token == "" {
		return deny, status.Error(codes.Unauthenticated, textNoKey)
	}
	who := g.holds(s, token, t.Namespace)
	switch {
	case who.state == control.Unknown:
		return deny, status.Error(codes.Unauthenticated, textKeyUnknown)
	case who.state == control.Ended:
		return deny, status.Error(codes.Unauthenticated, textKeyExpired)
	case t.APIName == healthCheck:
		return deny, nil // it names no namespace to have a role on (temporalio/temporal-worker-controller#225)
	case withoutNamespace[t.APIName]:
		return allow, nil
	case !strings.HasPrefix(t.APIName, workflowService), administration[t.APIName], nobodys[t.APIName]:
		return deny, nil
	}
	if _, ok := t.Request.(interface{ GetNamespace() string }); !ok {
		return deny, nil // the likes of ListNamespaces
	}
	if t.Namespace == "" {
		if d, ok := t.Request.(*workflowservice.DescribeNamespaceRequest); ok && d.GetId() != "" {
			return deny, nil
		}
		return allow, nil // the server answers "Namespace not set on request."
	}
	if s == nil {
		if named := g.realm().byName[t.Namespace]; named != nil && (!named.takes(cloud.AuthAPIKey) || !g.callers.inRegion(ctx, named)) {
			return deny, nil // it takes certificates, or is elsewhere
		}
	}
	if s != nil && t.Namespace != s.id.String() || !control.MayCall(who.may, callName(t.APIName)) {
		return noRole, nil
	}
	g.callers.mu.Lock()
	defer g.callers.mu.Unlock()
	if !g.callers.binds(ctx, t.Namespace, allowed) {
		return noRole, nil
	}
	if who.own { // a deletion that looks at the book comes before both or after both
		if _, key := g.realm().keyOf(s, token); key == nil {
			return deny, status.Error(codes.Unauthenticated, textKeyUnknown)
		}
	}
	g.callers.keyCall(ctx, t.Namespace, t.Request, who.id)
	return allow, nil
}

// holder is what a token gives in a namespace.
type holder struct {
	state control.KeyState
	may   control.Permission
	id    string // of the key
	own   bool   // it was made on a namespace's page, not in the control plane
}

// holds says whether a token is good, and what its holder may do in a namespace: Write with a key that was made for that
// one on its page, else what its owner was given in the control plane.
func (g *gate) holds(s *space, token, name string) holder {
	owner, key := g.realm().keyOf(s, token)
	if key == nil {
		h := holder{state: control.Unknown}
		if p := g.holder.Load(); p != nil {
			h.state, h.may = p.Holder(token, name)
			h.id, _ = cloud.KeyClaims(token)
		}
		return h
	}
	h := holder{state: control.Good, id: key.id, own: true}
	switch {
	case !g.now().Before(key.expires):
		h.state = control.Ended
	case owner.id.String() == name:
		h.may = control.Write
	}
	return h
}

// keyOf finds a key and its namespace, s first.
func (r *realm) keyOf(s *space, token string) (*space, *apiKey) {
	hash := sha256.Sum256([]byte(token))
	all := r.spaces()
	if s != nil {
		all = append([]*space{s}, all...)
	}
	for _, o := range all {
		for i := range o.keys {
			if subtle.ConstantTimeCompare(o.keys[i].hash[:], hash[:]) == 1 {
				return o, &o.keys[i]
			}
		}
	}
	return nil, nil
}

// like takes over what has nothing to do with CAs and filters from the namespace that s replaces.
func (s *space) like(old *space) *space {
	s.signIn, s.keys, s.broken, s.was = old.signIn, old.keys, old.broken, old.was
	s.retention, s.attributes, s.rest = old.retention, old.attributes, old.rest
	return s
}

// SetAuth chooses how workers sign in to a namespace: cloud.AuthMTLS, as a new one has it, cloud.AuthAPIKey, or
// cloud.AuthBoth where the account has that. CAs and keys stay for the way back.
func (c *Cloud) SetAuth(ctx context.Context, id namespace.ID, auth string) (cloud.Namespace, error) {
	return c.ChangeAuth(ctx, id, func(cloud.Namespace, cloud.Callers) (string, error) { return auth, nil })
}

// ChangeAuth is SetAuth with what change makes of the present namespace and its callers: nobody comes in, makes a call or
// changes the namespace between the look and the change. An error of change changes nothing.
func (c *Cloud) ChangeAuth(ctx context.Context, id namespace.ID, change func(cloud.Namespace, cloud.Callers) (string, error)) (cloud.Namespace, error) {
	var shown cloud.Namespace
	err := c.change(ctx, func(*server) error {
		old, err := c.space(id)
		if err != nil {
			return err
		}
		c.gate.callers.mu.Lock()
		defer c.gate.callers.mu.Unlock()
		auth, err := change(old.shown(), c.gate.callers.of(old))
		if err == nil {
			err = mayTake(c.realm.Load(), old, auth)
		}
		if err != nil {
			return err
		}
		s := newSpace(id, old.created, old.bundle, old.cas, old.filters).like(old)
		s.signIn = auth
		s = s.breaking(c.practice, s.broken)
		shown = s.shown()
		return c.commit(c.realm.Load().with(s))
	})
	if err != nil {
		return cloud.Namespace{}, err
	}
	return shown, nil
}

// mayTake refuses a sign-in method that a namespace cannot have. An account has both at once on request
// (docs.temporal.io/cloud/namespaces).
func mayTake(r *realm, s *space, auth string) error {
	switch {
	case auth != cloud.AuthMTLS && auth != cloud.AuthAPIKey && auth != cloud.AuthBoth:
		return fault.New(fault.Invalid, "Unknown sign-in method", "Choose mTLS or API keys, or both where the account has both.").In("auth")
	case auth != cloud.AuthBoth || auth == s.signIn:
		return nil
	case !r.both:
		return &fault.Fault{Kind: fault.Conflict, Field: "auth", Title: "This account has one sign-in method a namespace",
			Cause:    "A namespace that takes client certificates and API keys at once is a pre-release feature, which Temporal Support turns on for an account.",
			NotWrong: "The namespace is as it was.", Fix: "Ask Temporal Support to turn it on. To practise, give both methods to the account on the rehearsal cloud's page.", Who: "cloud-admin"}
	case len(s.cas) == 0:
		return &fault.Fault{Kind: fault.Conflict, Field: "auth", Title: "The namespace has no CA certificate", Cause: "Without one the namespace cannot take client certificates.",
			NotWrong: "The namespace is as it was.", Fix: "Upload a CA certificate first.", Who: "cloud-admin"}
	}
	return nil
}

// CreateAPIKey makes an API key for one namespace, with the role Write on it and no other, and returns it: this
// once, for only its hash is kept. name is for people; life is at most two years. Faults are Invalid.
func (c *Cloud) CreateAPIKey(ctx context.Context, id namespace.ID, name string, life time.Duration) (cloud.NewKey, cloud.Namespace, error) {
	name = strings.TrimSpace(name)
	var made cloud.NewKey
	shown, err := c.edit(ctx, id, func(old *space) (*space, error) {
		switch {
		case name == "" || utf8.RuneCountInString(name) > maxKeyName || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
			return nil, fault.New(fault.Invalid, "The API key needs a name", fmt.Sprintf("Give one of 1 to %d characters, on one line.", maxKeyName)).In("key_name")
		case life <= 0 || life > maxKeyLife:
			return nil, fault.New(fault.Invalid, "An API key lasts at most two years", "Choose 1 to 730 days.").In("key_days")
		case len(old.keys) >= maxKeys:
			return nil, fault.New(fault.Invalid, fmt.Sprintf("The namespace has %d API keys", maxKeys), "Delete one first: a service account has at most 20.").In("key_name")
		}
		now := c.o.Now().UTC().Truncate(time.Second)
		k := apiKey{id: randomID(), name: name, created: now, expires: now.Add(life)}
		token := k.token(id)
		k.hash = sha256.Sum256([]byte(token))
		made = cloud.NewKey{Key: k.shown(), Secret: certsvc.NewSecret([]byte(token))}
		s := newSpace(id, old.created, old.bundle, old.cas, old.filters).like(old)
		s.keys = append(slices.Clone(old.keys), k)
		return s, nil
	})
	if err != nil {
		return cloud.NewKey{}, cloud.Namespace{}, err
	}
	return made, shown, nil
}

// DeleteAPIKey deletes a key; its next call is refused. One that is gone already is no fault. may, nil for none, looks at
// who calls: nobody comes in or makes a call between its look and the change, and its error changes nothing.
func (c *Cloud) DeleteAPIKey(ctx context.Context, id namespace.ID, keyID string, may func(cloud.Callers) error) (cloud.Namespace, error) {
	var shown cloud.Namespace
	err := c.change(ctx, func(*server) error {
		old, err := c.space(id)
		if err != nil {
			return err
		}
		c.gate.callers.mu.Lock()
		defer c.gate.callers.mu.Unlock()
		if may != nil {
			if err := may(c.gate.callers.of(old)); err != nil {
				return err
			}
		}
		s := newSpace(id, old.created, old.bundle, old.cas, old.filters).like(old)
		s.keys = slices.DeleteFunc(slices.Clone(old.keys), func(k apiKey) bool { return k.id == keyID })
		s = s.breaking(c.practice, s.broken)
		shown = s.shown()
		return c.commit(c.realm.Load().with(s))
	})
	if err != nil {
		return cloud.Namespace{}, err
	}
	return shown, nil
}

// token is the key in the shape of Cloud's: a JSON Web Token whose claims tell its end. Nobody verifies a
// signature here, since the whole key is known by its hash: in its place stand 256 random bits.
func (k apiKey) token(id namespace.ID) string {
	part := func(v map[string]any) string {
		b, _ := json.Marshal(v) // strings and numbers: cannot fail
		return base64.RawURLEncoding.EncodeToString(b)
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails: the program ends if the system has no randomness
	return part(map[string]any{"alg": "none", "typ": "JWT", "kid": "rehearsal"}) + "." +
		part(map[string]any{"account_id": id.Account, "aud": []string{"temporal.io"}, "exp": k.expires.Unix(), "iss": "onramp-rehearsal", "jti": k.id, "key_id": k.id}) + "." +
		base64.RawURLEncoding.EncodeToString(random)
}

func randomID() string { return strings.ToLower(rand.Text()) }

// shownKeys are the keys as the rehearsal cloud shows them, newest first.
func (s *space) shownKeys() []cloud.Key {
	var out []cloud.Key
	for _, k := range slices.Backward(s.keys) {
		out = append(out, k.shown())
	}
	return out
}

func (k apiKey) shown() cloud.Key {
	return cloud.Key{ID: k.id, Name: k.name, Created: k.created, Expires: k.expires}
}

// savedKey is an apiKey in the state file.
type savedKey struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	SHA256  string    `json:"sha256"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
}

func (s *space) savedKeys() []savedKey {
	var out []savedKey
	for _, k := range s.keys {
		out = append(out, savedKey{k.id, k.name, hex.EncodeToString(k.hash[:]), k.created, k.expires})
	}
	return out
}

// restore takes over how workers sign in from the state file.
func (s *space) restore(auth string, keys []savedKey) (*space, error) {
	if auth == cloud.AuthAPIKey || auth == cloud.AuthBoth {
		s.signIn = auth
	}
	for _, k := range keys {
		hash, err := hex.DecodeString(k.SHA256)
		if err != nil || len(hash) != sha256.Size {
			return nil, fmt.Errorf("API key %s: its hash is damaged", k.ID)
		}
		s.keys = append(s.keys, apiKey{k.ID, k.Name, [sha256.Size]byte(hash), k.Created, k.Expires})
	}
	return s, nil
}

var _ authorization.ClaimMapperWithAuthInfoRequired = (*gate)(nil)
