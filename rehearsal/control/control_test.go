package control

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	"go.temporal.io/cloud-sdk/api/identity/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	opspb "go.temporal.io/cloud-sdk/api/operation/v1"
	"go.temporal.io/cloud-sdk/api/resource/v1"
	"go.temporal.io/cloud-sdk/cloudclient"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
)

// shelf is Spaces in memory.
type shelf struct {
	mu   sync.Mutex
	all  map[string]Space
	both atomic.Bool
}

func (s *shelf) Both() bool { return s.both.Load() }

func (s *shelf) Ready(context.Context) error { return nil }

func (s *shelf) All() []Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Space
	for _, sp := range s.all {
		out = append(out, sp)
	}
	return out
}

func (s *shelf) Judge(Space) error { return nil }

func (s *shelf) Put(_ context.Context, next Space, was string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[next.ID.String()].Version != was {
		return fault.New(fault.Conflict, "changed meanwhile", "Look again.")
	}
	next.Version = newID()
	s.all[next.ID.String()] = next
	return nil
}

func (s *shelf) Delete(_ context.Context, id namespace.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, id.String())
	return nil
}

func (s *shelf) PutEndpoint(context.Context, string, Endpoint) error { return nil }
func (s *shelf) DeleteEndpoint(context.Context, string) error        { return nil }

func (s *shelf) RenameAttribute(_ context.Context, id namespace.ID, from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := s.all[id.String()]
	sp.Attributes = map[string]string{to: sp.Attributes[from]}
	sp.Version = newID()
	s.all[id.String()] = sp
	return nil
}

// world is a control plane and its owner's client.
type world struct {
	*Server
	t       *testing.T
	shelf   *shelf
	address string
	roots   *x509.CertPool
	owner   cloudservice.CloudServiceClient
}

const testAccount = "a2dd6"

func newWorld(t *testing.T, o Options) *world {
	t.Helper()
	w := &world{t: t, shelf: &shelf{all: map[string]Space{}}, roots: x509.NewCertPool()}
	set, err := certsvc.New(certsvc.Options{}).IssueSet(certsvc.SetRequest{Namespace: "x.y", CA: certsvc.CASpec{CommonName: "test", Organization: "test"},
		Leaf: certsvc.LeafSpec{CommonName: "server", Organization: "test"}})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(set.Leaf.CertPEM, set.Leaf.Key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	w.roots.AppendCertsFromPEM(set.CA.CertPEM)
	o.Spaces, o.TLS = w.shelf, &tls.Config{Certificates: []tls.Certificate{pair}}
	if o.Delay == 0 {
		o.Delay = 4 * time.Millisecond
	}
	if w.Server, err = New(o); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- w.Serve(l) }()
	t.Cleanup(func() { w.Close(); <-served })
	w.address = l.Addr().String()
	w.owner = w.as(Owner)
	return w
}

// as is a client with a key of a role.
func (w *world) as(r Role) cloudservice.CloudServiceClient {
	w.t.Helper()
	secret, err := w.NewKey(testAccount, r, "test", time.Hour)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.with(string(secret.Reveal()))
}

// with is a client with a key. It takes the certificate for what it is: its client's chain is right, its name and use are
// those of another.
func (w *world) with(key string) cloudservice.CloudServiceClient {
	w.t.Helper()
	c, err := cloudclient.New(cloudclient.Options{APIKey: key, HostPort: w.address, DisableRetry: true, TLSConfig: &tls.Config{
		InsecureSkipVerify: true, VerifyConnection: func(state tls.ConnectionState) error {
			_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: w.roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			return err
		}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = c.Close() })
	return c.CloudService()
}

// ends waits for an operation and returns how it ended.
func (w *world) ends(op *opspb.AsyncOperation) *opspb.AsyncOperation {
	w.t.Helper()
	return w.endsIn(testAccount, op)
}

func (w *world) endsIn(account string, op *opspb.AsyncOperation) *opspb.AsyncOperation {
	w.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		w.mu.Lock()
		now := w.ops[account+"/"+op.GetId()]
		if now != nil && now.over() {
			defer w.mu.Unlock()
			return now.show()
		}
		w.mu.Unlock()
		select {
		case <-tick.C:
		case <-w.t.Context().Done():
			w.t.Fatal("the operation does not end")
		}
	}
}

func ca(t *testing.T, name string, days int) []byte {
	t.Helper()
	made, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: name, Organization: "test", Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return made.CertPEM
}

// made is a namespace that takes certificates of a CA.
func (w *world) made(name string) *nspb.Namespace {
	w.t.Helper()
	out, err := w.owner.CreateNamespace(w.t.Context(), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: name, RetentionDays: 30,
		Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, MtlsAuth: &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: ca(w.t, "first", 300)}}})
	if err != nil {
		w.t.Fatal(err)
	}
	if op := w.ends(out.GetAsyncOperation()); op.GetState() != opspb.AsyncOperation_STATE_FULFILLED {
		w.t.Fatal(op)
	}
	return w.get(out.GetNamespace())
}

func (w *world) get(id string) *nspb.Namespace {
	w.t.Helper()
	got, err := w.owner.GetNamespace(w.t.Context(), &cloudservice.GetNamespaceRequest{Namespace: id})
	if err != nil {
		w.t.Fatal(err)
	}
	return got.GetNamespace()
}

// TestSpecs: what a spec may ask for, at create and at update, each with its answer.
func TestSpecs(t *testing.T) {
	w := newWorld(t, Options{})
	base := w.made("payments")
	for _, c := range []struct {
		name string
		edit func(*nspb.NamespaceSpec)
		code codes.Code
		text string
	}{
		{"the same", func(*nspb.NamespaceSpec) {}, codes.InvalidArgument, "nothing to change"},
		{"white space in the bundle alone", func(s *nspb.NamespaceSpec) {
			s.MtlsAuth.AcceptedClientCa = []byte("\n# ours\r\n" + strings.ReplaceAll(string(s.MtlsAuth.AcceptedClientCa), "\n", "\r\n"))
		}, codes.InvalidArgument, "nothing to change"},
		{"retention of 0 days", func(s *nspb.NamespaceSpec) { s.RetentionDays = 0 }, codes.InvalidArgument, "retention_days"},
		{"retention of 91 days", func(s *nspb.NamespaceSpec) { s.RetentionDays = 91 }, codes.InvalidArgument, "retention_days"},
		{"base64 of a good PEM", func(s *nspb.NamespaceSpec) {
			s.MtlsAuth.AcceptedClientCa = []byte(base64.StdEncoding.EncodeToString(s.MtlsAuth.AcceptedClientCa))
		}, codes.InvalidArgument, "invalid ca certificate: 1 error occurred"},
		{"base64 of the PEM", func(s *nspb.NamespaceSpec) {
			s.MtlsAuth.AcceptedClientCa = []byte("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t")
		}, codes.InvalidArgument, "invalid ca certificate: 1 error occurred"},
		{"the last CA removed", func(s *nspb.NamespaceSpec) { s.MtlsAuth.AcceptedClientCa = nil }, codes.InvalidArgument, "accepted_client_ca is empty"},
		{"enabled forgotten", func(s *nspb.NamespaceSpec) { s.MtlsAuth.Enabled = false }, codes.InvalidArgument, "neither"},
		{"both methods", func(s *nspb.NamespaceSpec) { s.ApiKeyAuth = &nspb.ApiKeyAuthSpec{Enabled: true} }, codes.InvalidArgument, "both enabled: an account has that on request alone" + ourMark},
		{"26 filters", func(s *nspb.NamespaceSpec) {
			for i := range 26 {
				s.MtlsAuth.CertificateFilters = append(s.MtlsAuth.CertificateFilters, &nspb.CertificateFilterSpec{CommonName: strings.Repeat("x", i+1)})
			}
		}, codes.InvalidArgument, "certificate_filters"},
		{"an empty filter", func(s *nspb.NamespaceSpec) { s.MtlsAuth.CertificateFilters = []*nspb.CertificateFilterSpec{{}} }, codes.InvalidArgument, "certificate_filters"},
		{"another region", func(s *nspb.NamespaceSpec) { s.Replicas = []*nspb.ReplicaSpec{{Region: "aws-eu-west-1"}} }, codes.InvalidArgument, "regions"},
		{"another name", func(s *nspb.NamespaceSpec) { s.Name = "orders" }, codes.InvalidArgument, "name"},
		{"an unknown attribute type", func(s *nspb.NamespaceSpec) {
			s.SearchAttributes = map[string]nspb.NamespaceSpec_SearchAttributeType{"A": 99}
		}, codes.InvalidArgument, "type 99"},
		{"six Text attributes", func(s *nspb.NamespaceSpec) {
			s.SearchAttributes = map[string]nspb.NamespaceSpec_SearchAttributeType{}
			for _, n := range "abcdef" {
				s.SearchAttributes[string(n)] = nspb.NamespaceSpec_SEARCH_ATTRIBUTE_TYPE_TEXT
			}
		}, codes.InvalidArgument, "at most 5"},
		{"a codec over http", func(s *nspb.NamespaceSpec) { s.CodecServer = &nspb.CodecServerSpec{Endpoint: "http://codec"} }, codes.InvalidArgument, "https"},
		{"a rule that is not there", func(s *nspb.NamespaceSpec) { s.ConnectivityRuleIds = []string{"none"} }, codes.InvalidArgument, "connectivity rule"},
		{"regions in the place of replicas, and another retention", func(s *nspb.NamespaceSpec) { s.Replicas, s.RetentionDays = nil, 7 }, codes.OK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := proto.CloneOf(base.GetSpec())
			c.edit(spec)
			_, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion()})
			if status.Code(err) != c.code || !strings.Contains(status.Convert(err).Message(), c.text) {
				t.Errorf("%v, want %s with %q", err, c.code, c.text)
			}
		})
	}
}

// TestCreate: what cannot be made.
func TestCreate(t *testing.T) {
	w := newWorld(t, Options{})
	w.made("payments")
	good := func() *nspb.NamespaceSpec {
		return &nspb.NamespaceSpec{Name: "orders", RetentionDays: 30, Regions: []string{"gcp-us-central1"}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}} //lint:ignore SA1019 as Terraform sends it
	}
	for _, c := range []struct {
		name string
		edit func(*nspb.NamespaceSpec)
		code codes.Code
		text string
	}{
		{"a region without its provider", func(s *nspb.NamespaceSpec) { s.Regions = []string{"us-west-2"} }, codes.InvalidArgument, "invalid region: us-west-2"}, //lint:ignore SA1019 as above
		{"a region misspelt", func(s *nspb.NamespaceSpec) { s.Regions = []string{"aws-us-east1"} }, codes.PermissionDenied, "Request unauthorized"},              //lint:ignore SA1019 as above
		{"two methods", func(s *nspb.NamespaceSpec) {
			s.MtlsAuth = &nspb.MtlsAuthSpec{Enabled: true, AcceptedClientCa: ca(t, "a", 300)}
		}, codes.InvalidArgument, "cannot create namespace with provided auth method"},
		{"a name in capitals", func(s *nspb.NamespaceSpec) { s.Name = "Orders" }, codes.InvalidArgument, "no name"},
		{"one that is there", func(s *nspb.NamespaceSpec) { s.Name = "payments" }, codes.AlreadyExists, "exists"},
		{"a good one", func(*nspb.NamespaceSpec) {}, codes.OK, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := good()
			c.edit(spec)
			_, err := w.owner.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: spec})
			if status.Code(err) != c.code || !strings.Contains(status.Convert(err).Message(), c.text) {
				t.Errorf("%v, want %s with %q", err, c.code, c.text)
			}
		})
	}
}

// TestExpiredCABlocks: one expired CA in the bundle blocks every change but the one that removes it.
func TestExpiredCABlocks(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Options{Now: func() time.Time { return now }})
	base := w.made("payments")
	bundle := append(ca(t, "short", 10), base.GetSpec().GetMtlsAuth().GetAcceptedClientCa()...)
	spec := proto.CloneOf(base.GetSpec())
	spec.MtlsAuth.AcceptedClientCa = bundle
	out, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion()})
	if err != nil {
		t.Fatal(err)
	}
	w.ends(out.GetAsyncOperation())
	now = now.Add(20 * 24 * time.Hour)
	w.owner = w.as(Owner) // the first key is over
	base = w.get(base.GetNamespace())
	spec = proto.CloneOf(base.GetSpec())
	spec.RetentionDays = 7
	_, err = w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion()})
	if msg := status.Convert(err).Message(); !strings.Contains(msg, "received is expired as of") || !strings.Contains(msg, "CN=short") {
		t.Errorf("with an expired CA: %v", err)
	}
	spec.MtlsAuth.AcceptedClientCa = ca(t, "new", 300)
	if _, err = w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion()}); err != nil {
		t.Errorf("without it: %v", err)
	}
}

// TestVersions: a stale version changes nothing, one request sent twice is one change, and what no field of ours names
// comes back as it went in.
func TestVersions(t *testing.T) {
	w := newWorld(t, Options{})
	base := w.made("payments")
	spec := proto.CloneOf(base.GetSpec())
	spec.ProtoReflect().SetUnknown([]byte{0xf2, 0x06, 3, 'n', 'e', 'w'}) // field 110, a string
	spec.Description = "money"
	req := &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion(), AsyncOperationId: "one"}
	first, err := w.owner.UpdateNamespace(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if got := w.get(base.GetNamespace()); got.GetState() != resource.ResourceState_RESOURCE_STATE_UPDATING && w.ends(first.GetAsyncOperation()) == nil {
		t.Errorf("while it is changed: %s", got.GetState())
	}
	again, err := w.owner.UpdateNamespace(t.Context(), req)
	if err != nil || again.GetAsyncOperation().GetId() != "one" {
		t.Errorf("sent again: %v, %v", again, err)
	}
	w.ends(first.GetAsyncOperation())
	got := w.get(base.GetNamespace())
	if got.GetResourceVersion() == base.GetResourceVersion() || got.GetSpec().GetDescription() != "money" || string(got.GetSpec().ProtoReflect().GetUnknown()) != string(spec.ProtoReflect().GetUnknown()) {
		t.Errorf("afterwards: %v", got)
	}
	other := proto.CloneOf(req)
	other.Spec.RetentionDays = 5
	if _, err := w.owner.UpdateNamespace(t.Context(), other); status.Code(err) != codes.InvalidArgument {
		t.Errorf("the id of another request: %v", err)
	}
	other.AsyncOperationId = "two"
	if _, err := w.owner.UpdateNamespace(t.Context(), other); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("stale: %v", err)
	}
}

// TestOutcomes: every end of an operation that is not the good one changes nothing.
func TestOutcomes(t *testing.T) {
	for outcome, want := range map[Outcome]opspb.AsyncOperation_State{Failed: opspb.AsyncOperation_STATE_FAILED,
		Rejected: opspb.AsyncOperation_STATE_REJECTED, Cancelled: opspb.AsyncOperation_STATE_CANCELLED} {
		t.Run(string(outcome), func(t *testing.T) {
			w := newWorld(t, Options{})
			base := w.made("payments")
			w.o.Outcome = outcome
			spec := proto.CloneOf(base.GetSpec())
			spec.RetentionDays = 7
			out, err := w.owner.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: base.GetNamespace(), Spec: spec, ResourceVersion: base.GetResourceVersion()})
			if err != nil {
				t.Fatal(err)
			}
			if got := w.ends(out.GetAsyncOperation()).GetState(); got != want {
				t.Errorf("ended %s", got)
			}
			if got := w.get(base.GetNamespace()); got.GetSpec().GetRetentionDays() != 30 || (outcome == Failed) != (got.GetState() == resource.ResourceState_RESOURCE_STATE_UPDATE_FAILED) {
				t.Errorf("afterwards %v", got)
			}
		})
	}
}

// TestRoles: who may do what, by the documented table.
func TestRoles(t *testing.T) {
	w := newWorld(t, Options{})
	base := w.made("payments")
	id := base.GetNamespace()
	robot := func(p Permission, ns string) string {
		out, err := w.owner.CreateServiceAccount(t.Context(), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: p.String() + ns,
			NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: ns, Access: &identity.NamespaceAccess{Permission: p}}}})
		if err != nil {
			t.Fatal(err)
		}
		w.ends(out.GetAsyncOperation())
		key, err := w.owner.CreateApiKey(t.Context(), &cloudservice.CreateApiKeyRequest{Spec: &identity.ApiKeySpec{OwnerId: out.GetServiceAccountId(),
			OwnerType: identity.OwnerType_OWNER_TYPE_SERVICE_ACCOUNT, DisplayName: "k", ExpiryTime: timestamppb.New(time.Now().Add(time.Hour))}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.with(key.GetToken()).GetAccount(t.Context(), &cloudservice.GetAccountRequest{}); status.Code(err) != codes.Unauthenticated && w.ends(key.GetAsyncOperation()) == nil {
			t.Errorf("before its operation ends: %v", err)
		}
		w.ends(key.GetAsyncOperation())
		return key.GetToken()
	}
	readKey, writeKey, adminKey := robot(Read, id), robot(Write, id), robot(Admin, id)
	callers := map[string]cloudservice.CloudServiceClient{"owner": w.owner, "admin": w.as(GlobalAdmin), "developer": w.as(Developer), "reader": w.as(ReadOnly),
		"ns-read": w.with(readKey), "ns-write": w.with(writeKey), "ns-admin": w.with(adminKey)}
	update := func(c cloudservice.CloudServiceClient) error {
		_, err := c.UpdateNamespace(t.Context(), &cloudservice.UpdateNamespaceRequest{Namespace: id, Spec: base.GetSpec(), ResourceVersion: base.GetResourceVersion()})
		if status.Convert(err).Message() == "nothing to change" {
			return nil // it got as far as that
		}
		return err
	}
	for call, c := range map[string]struct {
		do  func(cloudservice.CloudServiceClient) error
		may string
	}{
		"GetNamespaces": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.GetNamespaces(t.Context(), &cloudservice.GetNamespacesRequest{})
			return err
		}, "owner admin developer reader ns-read ns-write ns-admin"},
		"GetNamespace": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.GetNamespace(t.Context(), &cloudservice.GetNamespaceRequest{Namespace: id})
			return err
		}, "owner admin ns-read ns-write ns-admin"},
		"UpdateNamespace": {update, "owner admin ns-admin"},
		"GetConnectivityRules": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.GetConnectivityRules(t.Context(), &cloudservice.GetConnectivityRulesRequest{})
			return err
		}, "owner admin developer"},
		"UpdateNamespaceTags": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.UpdateNamespaceTags(t.Context(), &cloudservice.UpdateNamespaceTagsRequest{Namespace: id, TagsToUpsert: map[string]string{"a": "b"}})
			return err
		}, "owner admin"},
		"CreateServiceAccount of the namespace": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.CreateServiceAccount(t.Context(), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: newID(),
				NamespaceScopedAccess: &identity.NamespaceScopedAccess{Namespace: id, Access: &identity.NamespaceAccess{Permission: Write}}}})
			return err
		}, "owner admin ns-admin"},
		"CreateServiceAccount of the account": {func(c cloudservice.CloudServiceClient) error {
			_, err := c.CreateServiceAccount(t.Context(), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: newID(),
				Access: &identity.Access{AccountAccess: &identity.AccountAccess{Role: Developer}}}})
			return err
		}, "owner admin"},
	} {
		for name, client := range callers {
			err := c.do(client)
			may := strings.Contains(" "+c.may+" ", " "+name+" ")
			if may != (err == nil) || !may && status.Code(err) != codes.PermissionDenied {
				t.Errorf("%s by %s: %v", call, name, err)
			}
		}
	}
	for _, c := range []struct {
		call              string
		read, write, none bool
	}{{"PollWorkflowTaskQueue", false, true, false}, {"StartWorkflowExecution", false, true, false}, {"ListWorkflowExecutions", true, true, false}, {"GetSystemInfo", true, true, false}} {
		if MayCall(Read, c.call) != c.read || MayCall(Write, c.call) != c.write || MayCall(None, c.call) != c.none {
			t.Errorf("%s", c.call)
		}
	}
	if s, p := w.Holder(readKey, id); s != Good || p != Read {
		t.Errorf("the door sees %v, %v", s, p)
	}
	if s, p := w.Holder(readKey, "other.a2dd6"); s != Good || p != None {
		t.Errorf("the door sees %v, %v elsewhere", s, p)
	}
	if s, _ := w.Holder("nonsense", id); s != Unknown {
		t.Errorf("the door sees %v of a token that is none", s)
	}
}

// TestKeptAcrossAStart: identities, operations and rules outlive the process; what was under way has failed, and no key
// stands in the file.
func TestKeptAcrossAStart(t *testing.T) {
	file := t.TempDir() + "/control.json"
	w := newWorld(t, Options{File: file, Delay: time.Hour})
	secret, err := w.NewKey(testAccount, Owner, "kept", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.owner.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{AsyncOperationId: "mine", Spec: &nspb.NamespaceSpec{Name: "orders", RetentionDays: 30,
		Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}}})
	if err != nil || out.GetAsyncOperation().GetState() != opspb.AsyncOperation_STATE_PENDING {
		t.Fatal(out, err)
	}
	w.Close()
	again := newWorld(t, Options{File: file})
	op, err := again.with(string(secret.Reveal())).GetAsyncOperation(t.Context(), &cloudservice.GetAsyncOperationRequest{AsyncOperationId: "mine"})
	if err != nil || op.GetAsyncOperation().GetState() != opspb.AsyncOperation_STATE_FAILED {
		t.Errorf("%v, %v", op, err)
	}
}

// TestKeysAreJudged: no key, a wrong one, one that is over, and a call without a version.
func TestKeysAreJudged(t *testing.T) {
	now := time.Now()
	w := newWorld(t, Options{Now: func() time.Time { return now }})
	if _, err := w.with("nonsense").GetAccount(t.Context(), &cloudservice.GetAccountRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a wrong key: %v", err)
	}
	now = now.Add(2 * time.Hour)
	if _, err := w.owner.GetAccount(t.Context(), &cloudservice.GetAccountRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("a key that is over: %v", err)
	}
	who, err := w.as(Owner).GetCurrentIdentity(t.Context(), &cloudservice.GetCurrentIdentityRequest{})
	if err != nil || who.GetUser().GetSpec().GetAccess().GetAccountAccess().GetRole() != Owner || who.GetPrincipalApiKey().GetSpec().GetExpiryTime() == nil {
		t.Errorf("%v, %v", who, err)
	}
}

// TestGone: what a namespace gave to somebody is gone with it, whoever deletes it, and after a reset: one that is made with
// its name later lets nobody of before in.
func TestGone(t *testing.T) {
	const id = "orders.a2dd6"
	for name, end := range map[string]func(*world, cloudservice.CloudServiceClient) error{
		"the control plane": func(w *world, c cloudservice.CloudServiceClient) error {
			out, err := c.DeleteNamespace(t.Context(), &cloudservice.DeleteNamespaceRequest{Namespace: id, ResourceVersion: w.get(id).GetResourceVersion()})
			if err == nil {
				w.ends(out.GetAsyncOperation())
			}
			return err
		},
		"somebody else": func(w *world, _ cloudservice.CloudServiceClient) error { return Gone(w.Server, id) },
		"a reset":       func(w *world, _ cloudservice.CloudServiceClient) error { return w.Forget() },
	} {
		w := newWorld(t, Options{})
		secret, err := w.NewKey(testAccount, Developer, "dev", time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		developer := w.with(string(secret.Reveal()))
		made, err := developer.CreateNamespace(t.Context(), &cloudservice.CreateNamespaceRequest{Spec: &nspb.NamespaceSpec{Name: "orders", RetentionDays: 30,
			Replicas: []*nspb.ReplicaSpec{{Region: "aws-us-east-1"}}, ApiKeyAuth: &nspb.ApiKeyAuthSpec{Enabled: true}}})
		if err != nil {
			t.Fatal(err)
		}
		w.ends(made.GetAsyncOperation())
		robot, err := w.owner.CreateServiceAccount(t.Context(), &cloudservice.CreateServiceAccountRequest{Spec: &identity.ServiceAccountSpec{Name: "wide",
			Access: &identity.Access{AccountAccess: &identity.AccountAccess{Role: ReadOnly}, NamespaceAccesses: map[string]*identity.NamespaceAccess{id: {Permission: Write}, "other.a2dd6": {Permission: Read}}}}})
		if err != nil {
			t.Fatal(err)
		}
		w.ends(robot.GetAsyncOperation())
		if _, p := w.Holder(string(secret.Reveal()), id); p != Admin {
			t.Fatalf("who made it has %v", p)
		}
		if err := end(w, developer); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, p := w.Holder(string(secret.Reveal()), id); p != None {
			t.Errorf("deleted by %s: who made it has %v in its successor", name, p)
		}
		have, err := w.owner.GetServiceAccount(t.Context(), &cloudservice.GetServiceAccountRequest{ServiceAccountId: robot.GetServiceAccountId()})
		if err != nil {
			t.Fatal(err)
		}
		left := have.GetServiceAccount().GetSpec().GetAccess().GetNamespaceAccesses()
		if left[id] != nil || name != "a reset" && left["other.a2dd6"] == nil {
			t.Errorf("deleted by %s: a service account of the account has %v", name, left)
		}
	}
}
