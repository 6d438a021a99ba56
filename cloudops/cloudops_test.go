package cloudops

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/cloud-sdk/api/cloudservice/v1"
	nspb "go.temporal.io/cloud-sdk/api/namespace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
	"onramp/rehearsal/control/controltest"
)

var payments = namespace.ID{Name: "payments", Account: controltest.Account}

func newCA(t testing.TB, name string, days int) []byte {
	t.Helper()
	made, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: name, Organization: "test", Days: days})
	if err != nil {
		t.Fatal(err)
	}
	return made.CertPEM
}

// client is a Client with a key of a role; edit changes its options.
func client(t testing.TB, p *controltest.Plane, r control.Role, edit ...func(*Options)) *Client {
	t.Helper()
	o := Options{Server: p.Address, RootsPEM: p.RootPEM, Key: p.Key(r), Pause: time.Millisecond, Journal: NewJournal(t.TempDir())}
	for _, e := range edit {
		e(&o)
	}
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// plane is a control plane with the namespace payments, which holds a CA certificate and a field that nobody knows.
func plane(t testing.TB, o control.Options) *controltest.Plane {
	t.Helper()
	p := controltest.Start(t, o)
	p.Set(control.Space{ID: payments, Created: time.Now(), Bundle: newCA(t, "first", 300), RetentionDays: 30, Rest: []byte{0xf2, 0x06, 3, 'n', 'e', 'w'}})
	return p
}

func held(p *controltest.Plane) control.Space { return p.All()[0] }

// TestChanges: each change from plan to end, and the same once more, which is nothing.
func TestChanges(t *testing.T) {
	p := plane(t, control.Options{})
	c := client(t, p, control.Owner)
	next := newCA(t, "next", 300)
	first := certsvc.TcldFingerprint(certificates(held(p).Bundle)[0])
	for _, tt := range []struct {
		name string
		plan func() (cloud.Plan, error)
		diff []string // each begins one line of the difference
	}{
		{"add a CA", func() (cloud.Plan, error) { return c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: next}) }, []string{"+ CA certificate CN=next"}},
		{"add a filter", func() (cloud.Plan, error) {
			return c.PlanFilters(t.Context(), payments, certsvc.Filters{{CommonName: "worker"}})
		}, []string{"+ certificate filter CN=worker"}},
		{"add search attributes", func() (cloud.Plan, error) {
			return c.PlanAttributes(t.Context(), payments, map[string]string{"Customer": "keyword_list", "Amount": "Double"})
		}, []string{"+ search attribute Amount (Double)", "+ search attribute Customer (KeywordList)"}},
		{"clear the filters", func() (cloud.Plan, error) { return c.PlanFilters(t.Context(), payments, nil) }, []string{"- certificate filter CN=worker"}},
		{"remove the first CA as tcld names it", func() (cloud.Plan, error) {
			return c.PlanCAs(t.Context(), payments, cloud.CAChange{Remove: []string{first}})
		}, []string{"- CA certificate CN=first"}},
		{"set the bundle", func() (cloud.Plan, error) {
			return c.PlanCAs(t.Context(), payments, cloud.CAChange{Set: []byte(base64.StdEncoding.EncodeToString(next))})
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := tt.plan()
			if err != nil {
				t.Fatal(err)
			}
			if len(plan.Diff) != len(tt.diff) {
				t.Fatalf("difference %q", plan.Diff)
			}
			for i, want := range tt.diff {
				if !strings.HasPrefix(plan.Diff[i], want) {
					t.Errorf("difference %q, want %q", plan.Diff[i], want)
				}
			}
			if plan.Nothing() {
				return
			}
			before := p.Puts()
			var seen []string
			a, err := c.Apply(t.Context(), plan, func(o cloud.Operation) { seen = append(seen, o.State) })
			if err != nil || !a.Changed || a.Operation.ID != plan.Operation || p.Puts() != before+1 || seen[len(seen)-1] != cloud.Fulfilled {
				t.Fatalf("%+v, %v, %v", a, seen, err)
			}
			again, err := c.Apply(t.Context(), plan, nil) // the same request: the same operation
			if err != nil || p.Puts() != before+1 {
				t.Errorf("sent again: %+v, %v", again, err)
			}
			if plan, err = tt.plan(); tt.name == "remove the first CA as tcld names it" {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("removed again: %v", err)
				}
			} else if err != nil || !plan.Nothing() {
				t.Errorf("planned again: %q, %v", plan.Diff, err)
			}
		})
	}
	if got := held(p); !bytes.Contains(got.Rest, []byte{0xf2, 0x06, 3, 'n', 'e', 'w'}) {
		t.Errorf("the field that nobody knows is gone: %x", got.Rest)
	}
}

// TestCreate makes namespaces, and refuses before sending what Temporal Cloud would refuse without saying why.
func TestCreate(t *testing.T) {
	p := controltest.Start(t, control.Options{})
	c := client(t, p, control.Developer)
	good := cloud.NewNamespace{Name: "orders", Region: "aws-us-east-1", RetentionDays: 30, Auth: cloud.AuthMTLS, CAs: newCA(t, "first", 300)}
	for _, tt := range []struct {
		name string
		edit func(*cloud.NewNamespace)
		want string
	}{
		{"a region without its provider", func(n *cloud.NewNamespace) { n.Region = "us-west-2" }, "Write aws-us-west-2"},
		{"a region without a hyphen", func(n *cloud.NewNamespace) { n.Region = "aws-us-east1" }, "Write aws-us-east-1"},
		{"no region at all", func(n *cloud.NewNamespace) { n.Region = "moon" }, "Use one of"},
		{"the account in the name", func(n *cloud.NewNamespace) { n.Name = "orders.a2dd6" }, "without the account ID"},
		{"91 days", func(n *cloud.NewNamespace) { n.RetentionDays = 91 }, "30 days"},
		{"an unknown attribute type", func(n *cloud.NewNamespace) { n.Attributes = map[string]string{"A": "Float"} }, "Keyword"},
		{"a CA's key", func(n *cloud.NewNamespace) {
			set, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "k", Organization: "test"})
			if err != nil {
				t.Fatal(err)
			}
			n.CAs = set.Key.Reveal()
		}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ask := good
			tt.edit(&ask)
			_, err := c.PlanCreate(t.Context(), ask)
			if cloud.Where(err) != cloud.AtBundle || !strings.Contains(fault.From(err).Fix, tt.want) {
				t.Errorf("%v: %+v", cloud.Where(err), fault.From(err))
			}
		})
	}
	plan, err := c.PlanCreate(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Apply(t.Context(), plan, nil)
	if err != nil || a.Detail.Name != "orders.a2dd6" || len(a.Detail.Settings.CAs) != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestBadBundles: what Temporal Cloud would refuse is refused here first, with the rule's name, and nothing is sent.
func TestBadBundles(t *testing.T) {
	p := plane(t, control.Options{})
	c := client(t, p, control.Owner)
	ca, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "k", Organization: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var many []byte
	for i := range 16 {
		many = append(many, newCA(t, fmt.Sprintf("ca %d", i), 300)...)
	}
	for _, tt := range []struct {
		name   string
		change cloud.CAChange
		code   string
	}{
		{"nothing", cloud.CAChange{Add: []byte(" ")}, "KP-01"},
		{"a key", cloud.CAChange{Add: ca.Key.Reveal()}, "IN-16"},
		{"a CA with its key", cloud.CAChange{Add: slices.Concat(ca.CertPEM, ca.Key.Reveal())}, "IN-16"},
		{"seventeen", cloud.CAChange{Add: many}, ""},
		{"the only one removed", cloud.CAChange{Remove: []string{certsvc.Fingerprint(certificates(held(p).Bundle)[0])}}, ""},
		{"one that is not there removed", cloud.CAChange{Remove: []string{"ab"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.PlanCAs(t.Context(), payments, tt.change)
			if cloud.Where(err) != cloud.AtBundle || tt.code != "" && fault.From(err).Code != tt.code {
				t.Errorf("%q %v: %+v", cloud.Where(err), err, fault.From(err))
			}
		})
	}
	for what, bundle := range map[string][]byte{"base64 of PEM": []byte(base64.StdEncoding.EncodeToString(ca.CertPEM)), "DER": certificates(ca.CertPEM)[0].Raw} {
		if plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: bundle}); err != nil || len(plan.Diff) != 1 {
			t.Errorf("%s: %q, %v", what, plan.Diff, err)
		}
	}
	if p.Puts() != 0 {
		t.Error("something was sent")
	}
}

// TestExpiredCA: an expired CA in the present bundle is named before anything is sent, and leaves it with the next change
// of the bundle.
func TestExpiredCA(t *testing.T) {
	now := time.Now().Add(20 * 24 * time.Hour)
	p := plane(t, control.Options{Now: func() time.Time { return now }})
	sp := held(p)
	sp.Bundle = slices.Concat(newCA(t, "short", 10), sp.Bundle)
	p.Set(sp)
	c := client(t, p, control.Owner, func(o *Options) { o.Now = func() time.Time { return now } })
	_, err := c.PlanFilters(t.Context(), payments, certsvc.Filters{{CommonName: "worker"}})
	if cloud.Where(err) != cloud.AtBundle || !strings.Contains(fault.From(err).Cause, "CN=short") {
		t.Errorf("filters: %+v", fault.From(err))
	}
	d, err := c.Look(t.Context(), payments)
	if err != nil || len(d.Expired) != 1 {
		t.Errorf("%+v, %v", d.Expired, err)
	}
	plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
	if err != nil || len(plan.Diff) != 2 || !strings.HasPrefix(plan.Diff[0], "- CA certificate CN=short") {
		t.Fatalf("%q, %v", plan.Diff, err)
	}
	if _, err := c.Apply(t.Context(), plan, nil); err != nil {
		t.Error(err)
	}
}

// TestEnds: an operation that does not end well changes nothing, says so, and leaves the journal.
func TestEnds(t *testing.T) {
	for _, outcome := range []control.Outcome{control.Failed, control.Rejected, control.Cancelled} {
		t.Run(string(outcome), func(t *testing.T) {
			p := plane(t, control.Options{Outcome: outcome})
			c := client(t, p, control.Owner)
			plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
			if err != nil {
				t.Fatal(err)
			}
			a, err := c.Apply(t.Context(), plan, nil)
			if cloud.Where(err) != cloud.AtChange || a.Operation.State != string(outcome) || p.Puts() != 0 {
				t.Errorf("%+v, %v", a, err)
			}
			if _, found, err := c.Resume(t.Context(), payments, nil); found || err != nil {
				t.Errorf("still in the journal: %v", err)
			}
		})
	}
}

// TestTwoAdmins: the second of two at once overwrites nothing and sees what the first changed.
func TestTwoAdmins(t *testing.T) {
	p := plane(t, control.Options{})
	one, two := client(t, p, control.Owner), client(t, p, control.GlobalAdmin)
	a, err := one.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "of the first", 300)})
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "of the second", 300)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.Apply(t.Context(), a, nil); err != nil {
		t.Fatal(err)
	}
	_, err = two.Apply(t.Context(), b, nil)
	if cloud.Where(err) != cloud.AtConflict || !strings.Contains(fault.From(err).Cause, "+ CA certificate CN=of the first") {
		t.Errorf("%+v", fault.From(err))
	}
	if p.Puts() != 1 {
		t.Errorf("%d changes", p.Puts())
	}
}

// TestKilled: a crash between plan and call, between call and answer, and while it is looked at loses no change and makes
// none twice.
func TestKilled(t *testing.T) {
	for _, tt := range []struct {
		name  string
		crash func(t *testing.T, c *Client, p cloud.Plan)
		found bool
	}{
		{"before the call", func(t *testing.T, c *Client, p cloud.Plan) {
			if err := c.o.Journal.put(c.o.Server, p); err != nil {
				t.Fatal(err)
			}
		}, false},
		{"after the call, before its answer", func(t *testing.T, c *Client, p cloud.Plan) {
			if err := c.o.Journal.put(c.o.Server, p); err != nil {
				t.Fatal(err)
			}
			if _, err := c.send(t.Context(), p); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"while it is looked at", func(t *testing.T, c *Client, p cloud.Plan) {
			ctx, cancel := context.WithCancel(t.Context())
			_, err := c.Apply(ctx, p, func(cloud.Operation) { cancel() })
			if err == nil {
				t.Fatal("it was not cut off")
			}
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plane(t, control.Options{Delay: 40 * time.Millisecond})
			dir := t.TempDir()
			keep := func(o *Options) { o.Journal = NewJournal(dir) }
			c := client(t, p, control.Owner, keep)
			next := newCA(t, "next", 300)
			plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: next})
			if err != nil {
				t.Fatal(err)
			}
			tt.crash(t, c, plan)
			after := client(t, p, control.Owner, keep)
			_, found, err := after.Resume(t.Context(), payments, nil)
			if err != nil || found != tt.found {
				t.Fatalf("resumed %v, %v", found, err)
			}
			plan, err = after.PlanCAs(t.Context(), payments, cloud.CAChange{Add: next})
			if err != nil || plan.Nothing() != tt.found {
				t.Fatalf("planned again: %q, %v", plan.Diff, err)
			}
			if !plan.Nothing() {
				if _, err := after.Apply(t.Context(), plan, nil); err != nil {
					t.Fatal(err)
				}
			}
			if files, err := os.ReadDir(dir); p.Puts() != 1 || err != nil || len(files) != 0 {
				t.Errorf("%d changes, %v left, %v", p.Puts(), files, err)
			}
		})
	}
}

// TestServerAway: a server that goes in the middle of an operation is asked again until it is back.
func TestServerAway(t *testing.T) {
	file := filepath.Join(t.TempDir(), "control.json")
	p := plane(t, control.Options{File: file, Delay: 20 * time.Millisecond})
	c := client(t, p, control.Owner)
	plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
	if err != nil {
		t.Fatal(err)
	}
	once := sync.OnceFunc(func() { p.Stop(); p.Again(control.Options{File: file}) })
	_, err = c.Apply(t.Context(), plan, func(cloud.Operation) { once() })
	// What this server had under way when it went has failed: that end is told, and nothing hangs.
	if cloud.Where(err) != cloud.AtChange || !strings.Contains(fault.From(err).Cause, "stopped") {
		t.Errorf("%+v", fault.From(err))
	}
}

// losing loses changes: those named arrived, and their answer did not, or never arrived.
type losing struct {
	cloudservice.CloudServiceClient
	how []string // "answer" or "request", of the next changes
}

func (l *losing) UpdateNamespace(ctx context.Context, in *cloudservice.UpdateNamespaceRequest, opts ...grpc.CallOption) (*cloudservice.UpdateNamespaceResponse, error) {
	if len(l.how) == 0 {
		return l.CloudServiceClient.UpdateNamespace(ctx, in, opts...)
	}
	how := l.how[0]
	l.how = l.how[1:]
	if how == "answer" {
		if _, err := l.CloudServiceClient.UpdateNamespace(ctx, in, opts...); err != nil {
			return nil, err
		}
	}
	return nil, status.Error(codes.Unavailable, "connection reset by peer")
}

// TestLost: a change whose request or answer is lost on the way is made once, and its end is told. One that never arrives
// is in the journal.
func TestLost(t *testing.T) {
	for _, tt := range []struct {
		name  string
		how   []string
		made  int
		where string
	}{
		{"the answer", []string{"answer"}, 1, ""},
		{"the request", []string{"request"}, 1, ""},
		{"the request, then the answer", []string{"request", "answer"}, 1, ""},
		{"every request", []string{"request", "request", "request", "request"}, 0, cloud.AtNetwork},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := plane(t, control.Options{})
			dir := t.TempDir()
			c := client(t, p, control.Owner, func(o *Options) { o.Journal = NewJournal(dir) })
			plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
			if err != nil {
				t.Fatal(err)
			}
			c.api = &losing{c.api, tt.how}
			_, err = c.Apply(t.Context(), plan, nil)
			if tt.where == "" && err != nil || tt.where != "" && cloud.Where(err) != tt.where || p.Puts() != tt.made {
				t.Errorf("%d changes, %+v", p.Puts(), fault.From(err))
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) != 1-tt.made {
				t.Errorf("the journal has %v, %v", files, err)
			}
		})
	}
}

// TestRefusedKeys: a key that is wrong, over, of a role too low, or revoked in the middle. None is ever shown.
func TestRefusedKeys(t *testing.T) {
	p := plane(t, control.Options{Delay: 2 * time.Second}) // long enough to revoke a key in the middle of a change
	for _, tt := range []struct{ key, where string }{{"nonsense", cloud.AtKey}, {string(p.Key(control.ReadOnly).Reveal()), cloud.AtRight}} {
		c := client(t, p, control.Owner, func(o *Options) { o.Key = certsvc.NewSecret([]byte(tt.key)) })
		_, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
		if cloud.Where(err) != tt.where || strings.Contains(fmt.Sprintf("%+v %v", fault.From(err), fault.From(err).Err), tt.key) {
			t.Errorf("%q: %+v", cloud.Where(err), fault.From(err))
		}
	}
	for _, key := range []string{"", " \n", "two words", "Bearer abc"} {
		if _, err := Open(Options{Key: certsvc.NewSecret([]byte(key))}); cloud.Where(err) != cloud.AtKey {
			t.Errorf("%q: %v", key, err)
		}
	}
	for _, server := range []string{"https://saas-api.tmprl.cloud", "saas-api.tmprl.cloud", ":443"} {
		if _, err := Open(Options{Server: server, Key: certsvc.NewSecret([]byte("k"))}); cloud.Where(err) != cloud.AtNetwork {
			t.Errorf("%q: %v", server, err)
		}
	}
	c := client(t, p, control.Owner)
	plan, err := c.PlanCAs(t.Context(), payments, cloud.CAChange{Add: newCA(t, "next", 300)})
	if err != nil {
		t.Fatal(err)
	}
	revoke := client(t, p, control.GlobalAdmin)
	mine, err := c.api.GetCurrentIdentity(t.Context(), &cloudservice.GetCurrentIdentityRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	_, err = c.Apply(t.Context(), plan, func(cloud.Operation) {
		once.Do(func() {
			if _, err := revoke.api.DeleteApiKey(t.Context(), &cloudservice.DeleteApiKeyRequest{KeyId: mine.GetPrincipalApiKey().GetId(), ResourceVersion: mine.GetPrincipalApiKey().GetResourceVersion()}); err != nil {
				t.Fatal(err)
			}
			for err == nil { // a deletion is an operation too: it takes its time
				_, err = c.api.GetCurrentIdentity(t.Context(), &cloudservice.GetCurrentIdentityRequest{})
			}
		})
	})
	if cloud.Where(err) != cloud.AtKey {
		t.Errorf("revoked in the middle: %+v", fault.From(err))
	}
	if _, found, err := client(t, p, control.Owner, func(o *Options) { o.Journal = c.o.Journal }).Resume(t.Context(), payments, nil); err != nil || !found && p.Puts() != 1 { // else the key went between the end and the look after it
		t.Errorf("another key sees it to its end: %v, %v", found, err)
	}
	_ = c.Close()
	if _, err := c.Who(t.Context()); err == nil {
		t.Error("a closed client answers")
	}
}

// TestMakeKey: a key for a worker, its service account once, and one that nobody got deleted.
func TestMakeKey(t *testing.T) {
	p := controltest.Start(t, control.Options{})
	p.Set(control.Space{ID: payments, Created: time.Now().Add(-time.Hour), Keyed: true, RetentionDays: 30})
	dir := t.TempDir()
	c := client(t, p, control.Owner, func(o *Options) { o.Journal = NewJournal(dir) })
	plan, err := c.PlanKey(t.Context(), payments, "worker", 24*time.Hour)
	if err != nil || len(plan.Diff) != 2 {
		t.Fatalf("%q, %v", plan.Diff, err)
	}
	key, err := c.MakeKey(t.Context(), plan, nil)
	if err != nil || key.Secret.Empty() {
		t.Fatalf("%+v, %v", key, err)
	}
	c.Delivered(plan)
	if state, may := p.Holder(string(key.Secret.Reveal()), payments.String()); state != control.Good || may != control.Write {
		t.Errorf("the key may %v", may)
	}
	if plan, err = c.PlanKey(t.Context(), payments, "worker", 24*time.Hour); err != nil || len(plan.Diff) != 1 || plan.Key.Owner != key.Owner {
		t.Fatalf("a second key: %q, %v", plan.Diff, err)
	}
	// The program ends when the key was made and nobody has it yet.
	if _, err := c.MakeKey(t.Context(), plan, nil); err != nil {
		t.Fatal(err)
	}
	third, err := c.PlanKey(t.Context(), payments, "worker", 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.MakeKey(t.Context(), third, nil); err != nil {
		t.Fatal(err)
	}
	all, err := c.api.GetApiKeys(t.Context(), &cloudservice.GetApiKeysRequest{OwnerId: key.Owner})
	if err != nil || len(all.GetApiKeys()) != 2 {
		t.Errorf("%d keys, want the first and the third: %v, %v", len(all.GetApiKeys()), all, err)
	}
	if _, err := c.PlanKey(t.Context(), payments, "worker", 900*24*time.Hour); cloud.Where(err) != cloud.AtBundle {
		t.Errorf("900 days: %v", err)
	}
}

// TestUnknownStateGoesOn: a state of an operation that this program does not know is not an end.
func TestUnknownStateGoesOn(t *testing.T) {
	if op := operationOf(nil); op.Over() {
		t.Error("no operation is over")
	}
	var spec nspb.NamespaceSpec
	if got := settingsOf(proto.CloneOf(&spec)); got.MTLS || got.APIKeys {
		t.Errorf("%+v", got)
	}
	if !errors.Is(at(cloud.AtKey, errForgotten), errForgotten) {
		t.Error("the fault is lost")
	}
}

// TestLists: every page, and whose key it is.
func TestLists(t *testing.T) {
	p := controltest.Start(t, control.Options{})
	for i := range 250 {
		p.Set(control.Space{ID: namespace.ID{Name: fmt.Sprintf("n-%03d", i), Account: controltest.Account}, Created: time.Now(), Keyed: true, RetentionDays: 1})
	}
	c := client(t, p, control.Developer)
	all, err := c.List(t.Context())
	if err != nil || len(all) != 250 || !slices.IsSortedFunc(all, func(a, b cloud.Listed) int { return strings.Compare(a.Name, b.Name) }) {
		t.Errorf("%d, %v", len(all), err)
	}
	who, err := c.Who(t.Context())
	if err != nil || who.Role != "developer" || who.Account != controltest.Account || who.KeyEnds.IsZero() || who.Kind != "user" {
		t.Errorf("%+v, %v", who, err)
	}
}

// TestUnreached: what no wait mends is told at once, not after the SDK's seven tries.
func TestUnreached(t *testing.T) {
	p := plane(t, control.Options{})
	p.Stop()
	for _, tt := range []struct {
		name string
		edit func(*Options)
		says string
	}{
		{"nothing listens", func(*Options) {}, "connection refused"},
		{"no such name", func(o *Options) { o.Server = "nowhere.invalid:443" }, "The connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, p, control.Owner, tt.edit)
			_, err := c.Who(t.Context())
			if cloud.Where(err) != cloud.AtNetwork || !strings.Contains(fault.From(err).Cause, tt.says) {
				t.Errorf("%+v", fault.From(err))
			}
		})
	}
	p.Again(control.Options{})
	c := client(t, p, control.Owner, func(o *Options) { o.RootsPEM = newCA(t, "another root", 30) })
	if _, err := c.Who(t.Context()); cloud.Where(err) != cloud.AtNetwork || !strings.Contains(fault.From(err).Cause, "unknown authority") {
		t.Errorf("%+v", fault.From(err))
	}
}

// TestSignIn: the method is changed with what the spec holds besides; nobody is left without one; a CA certificate comes with
// client certificates where there is none; what cuts workers off is said.
func TestSignIn(t *testing.T) {
	p := plane(t, control.Options{})
	c := client(t, p, control.Owner)
	if _, err := c.PlanSignIn(t.Context(), payments, cloud.SignInChange{}); cloud.Where(err) != cloud.AtBundle {
		t.Errorf("none: %v", err)
	}
	plan, err := c.PlanSignIn(t.Context(), payments, cloud.SignInChange{APIKeys: true})
	if err != nil || len(plan.Diff) != 2 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "client certificate") {
		t.Fatalf("%q, %q, %v", plan.Diff, plan.Warnings, err)
	}
	done, err := c.Apply(t.Context(), plan, nil)
	if err != nil || !done.Detail.Settings.APIKeys || done.Detail.Settings.MTLS || len(done.Detail.Settings.CAs) != 1 {
		t.Fatalf("%+v, %v", done.Detail.Settings, err)
	}
	next := newCA(t, "next", 300)
	back, err := c.PlanSignIn(t.Context(), payments, cloud.SignInChange{MTLS: true, CAs: next})
	if err != nil || len(back.Diff) != 3 || len(back.Warnings) != 1 {
		t.Fatalf("%q, %q, %v", back.Diff, back.Warnings, err)
	}
	if done, err = c.Apply(t.Context(), back, nil); err != nil || len(done.Detail.Settings.CAs) != 2 {
		t.Errorf("%+v, %v", done.Detail.Settings, err)
	}
	keyed := namespace.ID{Name: "keyed", Account: controltest.Account}
	p.Set(control.Space{ID: keyed, Created: time.Now().Add(-time.Hour), Keyed: true, RetentionDays: 30})
	if _, err := c.PlanSignIn(t.Context(), keyed, cloud.SignInChange{MTLS: true}); cloud.Where(err) != cloud.AtBundle {
		t.Errorf("client certificates without a CA certificate: %v", err)
	}
}

// TestPending: a change that was sent for something and whose end nobody saw is found by that, also the making of a namespace.
func TestPending(t *testing.T) {
	p := plane(t, control.Options{})
	c := client(t, p, control.Owner)
	plan, err := c.PlanCreate(t.Context(), cloud.NewNamespace{Name: "north", Region: "aws-us-east-1", RetentionDays: 7, Auth: cloud.AuthAPIKey})
	if err != nil {
		t.Fatal(err)
	}
	plan.For, plan.From = "ledger", "payments.a2dd6"
	if err := c.o.Journal.put(c.o.Server, plan); err != nil {
		t.Fatal(err)
	}
	if p, found := c.Pending("ledger"); !found || p.Namespace.Name != "north" || p.Kind != cloud.KindCreate || p.From != "payments.a2dd6" {
		t.Errorf("%v, %v", p, found)
	}
	for _, what := range []string{"", "other"} {
		if p, found := c.Pending(what); found {
			t.Errorf("%q: %v", what, p)
		}
	}
}

// TestTerraform: a namespace that names Terraform is warned of with every plan; one that does not says nothing.
func TestTerraform(t *testing.T) {
	for name, tt := range map[string]struct {
		d    cloud.Detail
		want bool
	}{
		"tag":         {cloud.Detail{Tags: map[string]string{"managed-by": "Terraform"}}, true},
		"tag's name":  {cloud.Detail{Tags: map[string]string{"terraform": "yes"}}, true},
		"description": {cloud.Detail{Description: "kept by terraform, see infra"}, true},
		"neither":     {cloud.Detail{Tags: map[string]string{"team": "payments"}, Description: "payments"}, false},
	} {
		if got := tt.d.Terraform(); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
