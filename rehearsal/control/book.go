package control

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"go.temporal.io/cloud-sdk/api/identity/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/certsvc"
)

// owner is who an API key belongs to: a user or a service account.
type owner struct {
	account string
	user    *identity.User
	robot   *identity.ServiceAccount
}

func (o *owner) id() string {
	if o.user != nil {
		return o.user.GetId()
	}
	return o.robot.GetId()
}

// role is the account-level role. A service account of one namespace has Read-Only
// (docs.temporal.io/cloud/manage-access/service-accounts).
func (o *owner) role() Role {
	switch {
	case o.user != nil:
		return o.user.GetSpec().GetAccess().GetAccountAccess().GetRole()
	case o.robot.GetSpec().GetNamespaceScopedAccess() != nil:
		return ReadOnly
	}
	return o.robot.GetSpec().GetAccess().GetAccountAccess().GetRole()
}

// in is the permission in a namespace: Owners and Global Admins are Namespace Admins everywhere.
func (o *owner) in(namespace string) Permission {
	if _, account, _ := strings.Cut(namespace, "."); account != o.account {
		return None
	}
	if r := o.role(); r == Owner || r == GlobalAdmin {
		return Admin
	}
	if o.user != nil {
		return o.user.GetSpec().GetAccess().GetNamespaceAccesses()[namespace].GetPermission()
	}
	if scoped := o.robot.GetSpec().GetNamespaceScopedAccess(); scoped != nil {
		if scoped.GetNamespace() != namespace {
			return None
		}
		return scoped.GetAccess().GetPermission()
	}
	return o.robot.GetSpec().GetAccess().GetNamespaceAccesses()[namespace].GetPermission()
}

// key is an API key: never the key itself, only its hash.
type key struct {
	account string
	hash    [sha256.Size]byte
	shown   *identity.ApiKey
}

func (k *key) usable(now time.Time) bool {
	return k.shown.GetState() == resource.ResourceState_RESOURCE_STATE_ACTIVE && !k.shown.GetSpec().GetDisabled() && now.Before(k.shown.GetSpec().GetExpiryTime().AsTime())
}

// book are the identities of every account. It is guarded by Server.mu.
type book struct {
	owners []*owner
	keys   []*key
	labels map[string]tagged // tags, by Namespace ID
}

func (b *book) forget() {
	gone := map[string]bool{}
	b.owners = slices.DeleteFunc(b.owners, func(o *owner) bool {
		gone[o.id()] = o.robot.GetSpec().GetNamespaceScopedAccess() != nil
		return gone[o.id()]
	})
	b.keys = slices.DeleteFunc(b.keys, func(k *key) bool { return gone[k.shown.GetSpec().GetOwnerId()] })
	for _, o := range b.owners {
		clear(o.access().GetNamespaceAccesses())
	}
	clear(b.labels)
}

func (b *book) owner(account, id string) *owner {
	for _, o := range b.owners {
		if o.account == account && o.id() == id {
			return o
		}
	}
	return nil
}

func (b *book) key(account, id string) *key {
	for _, k := range b.keys {
		if k.account == account && k.shown.GetId() == id {
			return k
		}
	}
	return nil
}

// find is the key of a token, nil for none.
func (b *book) find(token string) *key {
	hash := sha256.Sum256([]byte(token))
	var found *key
	for _, k := range b.keys {
		if subtle.ConstantTimeCompare(k.hash[:], hash[:]) == 1 {
			found = k
		}
	}
	return found
}

// token is a key in the shape of Cloud's: a JSON Web Token whose claims tell its end. In the place of a signature stand
// 256 random bits, for the whole is known by its hash.
func token(account, id string, ends time.Time) string {
	part := func(v map[string]any) string {
		b, _ := json.Marshal(v) // strings and numbers: cannot fail
		return base64.RawURLEncoding.EncodeToString(b)
	}
	random := make([]byte, 32)
	rand.Read(random) // never fails: the program ends if the system has no randomness
	return part(map[string]any{"alg": "none", "typ": "JWT", "kid": "rehearsal"}) + "." +
		part(map[string]any{"account_id": account, "aud": []string{"temporal.io"}, "exp": ends.Unix(), "iss": "onramp-rehearsal", "jti": id, "key_id": id}) + "." +
		base64.RawURLEncoding.EncodeToString(random)
}

func newID() string { return strings.ToLower(rand.Text()) }

// hand makes a key for an owner and returns it with its token; s.mu is held.
func (s *Server) hand(o *owner, spec *identity.ApiKeySpec, state resource.ResourceState) (*key, string) {
	now := timestamppb.New(s.o.Now())
	k := &key{account: o.account, shown: &identity.ApiKey{Id: newID(), ResourceVersion: newID(), Spec: spec, State: state, CreatedTime: now, LastModifiedTime: now}}
	t := token(o.account, k.shown.GetId(), spec.GetExpiryTime().AsTime())
	k.hash = sha256.Sum256([]byte(t))
	s.book.keys = append(s.book.keys, k)
	return k, t
}

// NewKey makes a user of an account with a role and an API key for the Cloud Ops API, which it returns: this once, for
// only its hash is kept. The user of a role is made once.
func (s *Server) NewKey(account string, r Role, name string, life time.Duration) (certsvc.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	label := strings.ToLower(strings.TrimPrefix(r.String(), "ROLE_"))
	email := label + "@" + account + ".rehearsal.invalid"
	var o *owner
	for _, known := range s.book.owners {
		if known.account == account && known.user.GetSpec().GetEmail() == email {
			o = known
		}
	}
	now := timestamppb.New(s.o.Now())
	if o == nil {
		o = &owner{account: account, user: &identity.User{Id: newID(), ResourceVersion: newID(), State: resource.ResourceState_RESOURCE_STATE_ACTIVE, CreatedTime: now, LastModifiedTime: now,
			Spec: &identity.UserSpec{Email: email, Access: &identity.Access{AccountAccess: &identity.AccountAccess{Role: r}}}}}
		s.book.owners = append(s.book.owners, o)
	}
	_, t := s.hand(o, &identity.ApiKeySpec{OwnerId: o.id(), OwnerType: identity.OwnerType_OWNER_TYPE_USER, DisplayName: name,
		ExpiryTime: timestamppb.New(s.o.Now().Add(life))}, resource.ResourceState_RESOURCE_STATE_ACTIVE)
	return certsvc.NewSecret([]byte(t)), s.save()
}

// KeyState is what the door needs to know of an API key.
type KeyState int

// The states of a token: nobody's, over or switched off, or good.
const (
	Unknown KeyState = iota
	Ended
	Good
)

// Holder says what the holder of a token may do in a namespace.
func (s *Server) Holder(token, namespace string) (KeyState, Permission) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.book.find(token)
	if k == nil {
		return Unknown, None
	}
	if !k.usable(s.o.Now()) {
		return Ended, None
	}
	o := s.book.owner(k.account, k.shown.GetSpec().GetOwnerId())
	if o == nil {
		return Unknown, None
	}
	return Good, o.in(namespace)
}
