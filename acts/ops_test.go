package acts

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
	"onramp/namespace"
)

// opsStandIn is the control plane of a standIn: its namespaces, changed by plans.
type opsStandIn struct {
	*standIn
	fails     error
	closed    bool
	delivered int
	deleted   []string      // API keys, by their IDs
	hold      chan struct{} // Apply waits for it where it is not nil
	sent      func()        // is called when Apply begins
	pending   *cloud.Plan   // was sent by an earlier start
}

// opsAt is the place of a standIn's control plane.
func opsAt(c *standIn) OpsPlace {
	return OpsPlace{Server: "localhost:7", Open: func(key certsvc.Secret) (OpsClient, error) {
		if key.Empty() {
			return nil, fault.New(fault.Invalid, "There is no Cloud Ops API key", "Give one.")
		}
		return &opsStandIn{standIn: c, pending: c.pending}, nil
	}, OwnKey: func(string) (certsvc.Secret, error) { return certsvc.NewSecret([]byte("own")), nil }}
}

func (o *opsStandIn) Close() error { o.closed = true; return nil }

func (o *opsStandIn) Who(context.Context) (cloud.Identity, error) {
	return cloud.Identity{Account: "a2dd6", Kind: "user", Name: "dana@example.com", Role: "owner"}, o.fails
}

func (o *opsStandIn) List(ctx context.Context) (out []cloud.Listed, err error) {
	all, err := o.Namespaces(ctx)
	for _, n := range all {
		out = append(out, cloud.Listed{ID: n.ID, Name: n.ID.String(), State: "active", MTLS: true, CAs: len(n.CAs)})
	}
	return out, err
}

func (o *opsStandIn) Look(ctx context.Context, id namespace.ID) (cloud.Detail, error) {
	n, err := o.Namespace(ctx, id)
	d := cloud.Detail{ID: id, Name: id.String(), State: "active", BundlePEM: []byte(n.BundlePEM)}
	for _, ca := range n.CAs {
		d.Settings.CAs = append(d.Settings.CAs, cloud.HeldCA{Subject: ca.Subject, SHA256: ca.Fingerprint, NotAfter: ca.NotAfter})
	}
	return d, err
}

func (o *opsStandIn) PlanCAs(_ context.Context, id namespace.ID, c cloud.CAChange) (cloud.Plan, error) {
	return cloud.Plan{Operation: rand.Text(), Kind: "update", Namespace: id, Diff: []string{"+ CA certificate"}, Request: c.Add}, nil
}

func (o *opsStandIn) PlanFilters(context.Context, namespace.ID, certsvc.Filters) (cloud.Plan, error) {
	return cloud.Plan{}, nil
}

func (o *opsStandIn) PlanAttributes(context.Context, namespace.ID, map[string]string) (cloud.Plan, error) {
	return cloud.Plan{}, nil
}

func (o *opsStandIn) PlanCreate(_ context.Context, n cloud.NewNamespace) (cloud.Plan, error) {
	return cloud.Plan{Operation: rand.Text(), Kind: cloud.KindCreate, Namespace: namespace.ID{Name: n.Name, Account: "a2dd6"}, Diff: []string{"+ namespace"}, Request: n.CAs}, nil
}

func (o *opsStandIn) PlanSignIn(_ context.Context, id namespace.ID, _ cloud.SignInChange) (cloud.Plan, error) {
	return cloud.Plan{Operation: rand.Text(), Kind: cloud.KindUpdate, Namespace: id, Diff: []string{"~ sign-in"}}, nil
}

func (o *opsStandIn) Regions(context.Context) ([]cloud.Region, error) {
	return []cloud.Region{{ID: "aws-us-east-1"}}, nil
}

func (o *opsStandIn) Pending(string) (cloud.Plan, bool) {
	if o.pending == nil {
		return cloud.Plan{}, false
	}
	return *o.pending, true
}

func (o *opsStandIn) PlanKey(_ context.Context, id namespace.ID, name string, life time.Duration) (cloud.Plan, error) {
	return cloud.Plan{Operation: rand.Text(), Kind: cloud.KindKey, Namespace: id, Diff: []string{"+ API key"}, Key: &cloud.KeyPlan{Name: name, Ends: time.Now().Add(life)}}, nil
}

func (o *opsStandIn) MakeKey(context.Context, cloud.Plan, func(cloud.Operation)) (cloud.MadeKey, error) {
	return cloud.MadeKey{ID: "k1", Secret: certsvc.NewSecret([]byte("made-for-a-worker"))}, nil
}

func (o *opsStandIn) PlanDeleteKey(_ context.Context, id namespace.ID, key string) (cloud.Plan, error) {
	return cloud.Plan{Operation: rand.Text(), Kind: cloud.KindKeyDelete, Namespace: id, Diff: []string{"- API key"}, Key: &cloud.KeyPlan{ID: key, Name: "worker"}}, nil
}

func (o *opsStandIn) Delivered(cloud.Plan) { o.delivered++ }

func (o *opsStandIn) Apply(ctx context.Context, p cloud.Plan, _ func(cloud.Operation)) (cloud.Applied, error) {
	if o.sent != nil {
		o.sent()
	}
	if o.hold != nil {
		select {
		case <-o.hold:
		case <-ctx.Done():
			return cloud.Applied{}, fault.Wrap(ctx.Err(), fault.Unavailable, "It was cut off", "Try again.")
		}
	}
	if p.Kind == cloud.KindKeyDelete {
		o.deleted = append(o.deleted, p.Key.ID)
		return cloud.Applied{Changed: true, Operation: cloud.Operation{ID: p.Operation, State: cloud.Fulfilled}, Detail: cloud.Detail{ID: p.Namespace, Name: p.Namespace.String()}}, nil
	}
	if p.Kind == cloud.KindCreate {
		if err := o.CreateNamespace(ctx, p.Namespace); err != nil {
			return cloud.Applied{}, err
		}
	}
	n, err := o.ChangeCAs(ctx, p.Namespace, func(cloud.Namespace, cloud.Callers) ([]byte, error) { return p.Request, nil })
	if err != nil {
		return cloud.Applied{}, err
	}
	d, err := o.Look(ctx, n.ID)
	return cloud.Applied{Changed: true, Operation: cloud.Operation{ID: p.Operation, State: cloud.Fulfilled}, Detail: d}, err
}

func (o *opsStandIn) Resume(_ context.Context, id namespace.ID, _ func(cloud.Operation)) (cloud.Applied, bool, error) {
	if o.pending == nil || o.pending.Namespace != id {
		return cloud.Applied{}, false, nil
	}
	return cloud.Applied{Changed: true, Operation: cloud.Operation{ID: o.pending.Operation, State: cloud.Fulfilled}, Detail: cloud.Detail{ID: id, Name: id.String()}}, true, nil
}

func (o *opsStandIn) Operation(context.Context, string) (cloud.Operation, error) {
	return cloud.Operation{}, nil
}

func (w *world) opsGiven() {
	w.t.Helper()
	w.issued()
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
}

// north is another namespace of the account.
var north = namespace.ID{Name: "north", Account: "a2dd6"}

// opsMoved is opsGiven, and the namespace has changed since.
func (w *world) opsMoved() {
	w.opsGiven()
	id, err := idOf(w.view())
	w.must(err)
	_, err = w.cloud.ChangeCAs(w.ctx, id, func(cloud.Namespace, cloud.Callers) ([]byte, error) { return []byte(w.view().Certificate.CAPEM), nil })
	w.must(err)
}

// TestCloudOps: key, difference, change: the step is done by what the namespace holds then, and the audit tells all of it
// without the key.
func TestCloudOps(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.issued()
	if _, ok := w.CloudOps.State(dana, w.m.ID); ok {
		t.Error("a key is there that nobody gave")
	}
	if err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsAddCA}); !fault.Is(err, fault.Conflict) {
		t.Errorf("planned without a key: %v", err)
	}
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsAddCA}))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	if st.Plan == nil || st.Who.Role != "owner" || len(st.List) != 1 || len(st.Detail.Settings.CAs) != 0 {
		t.Fatalf("%+v", st)
	}
	if _, ok := w.CloudOps.State(Actor{Person: "erin"}, w.m.ID); ok {
		t.Error("somebody else sees it")
	}
	if err := w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, "another"); !fault.Is(err, fault.Conflict) {
		t.Errorf("another plan: %v", err)
	}
	w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	if err := w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation); !fault.Is(err, fault.Conflict) {
		t.Errorf("made twice: %v", err)
	}
	st, _ = w.CloudOps.State(dana, w.m.ID)
	if st.Plan != nil || st.Failed != nil || len(st.Detail.Settings.CAs) != 1 || w.view().Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("%+v, step 3 %v", st, w.view().Step(migration.StepUpload))
	}
	w.must(w.CloudOps.ForgetOpsKey(w.ctx, dana, w.m.ID))
	if _, ok := w.CloudOps.State(dana, w.m.ID); ok {
		t.Error("it is not forgotten")
	}
	text := strings.Join(w.dump(), "\n")
	for _, verb := range []custody.Verb{custody.OpsKeyGiven, custody.CloudAsked, custody.CloudEnded, custody.OpsKeyForgotten} {
		if !strings.Contains(text, string(verb)) {
			t.Errorf("the audit lacks %s", verb)
		}
	}
}

// TestOpsKeyForgotten: a key goes with its migration, at the end of its time, at the end of Onramp, and after the change
// that is made with it.
func TestOpsKeyForgotten(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.opsGiven()
	client := func() *opsStandIn {
		w.CloudOps.ops.mu.Lock()
		defer w.CloudOps.ops.mu.Unlock()
		return w.CloudOps.ops.all[opsKey(dana, w.m.ID)].client.(*opsStandIn)
	}
	first := client()
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	if !first.closed {
		t.Error("the key before is still there")
	}
	second := client()
	second.hold = make(chan struct{})
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsAddCA}))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	leaving, leave := context.WithCancel(w.ctx)
	second.sent = leave // whoever asked leaves when it is under way
	w.must(w.CloudOps.ApplyOps(leaving, dana, w.m.ID, st.Plan.Operation))
	w.must(w.CloudOps.ForgetOpsKey(w.ctx, dana, w.m.ID))
	close(second.hold)
	w.CloudOps.ops.work.Wait()
	if !second.closed || w.view().Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("closed %v, step 3 %v", second.closed, w.view().Step(migration.StepUpload))
	}
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	third := client()
	w.CloudOps.ops.mu.Lock()
	s := w.CloudOps.ops.all[opsKey(dana, w.m.ID)]
	w.CloudOps.ops.mu.Unlock()
	if left := s.state.Until.Sub(w.CloudOps.now()); left <= 0 || left > OpsFor {
		t.Errorf("it stays %s", left)
	}
	w.CloudOps.ops.expire(opsKey(dana, w.m.ID), s) // as its timer does
	if !third.closed {
		t.Error("its time is over, and it is there")
	}
}

// TestOpsCreate: a namespace that is made becomes the migration's, with its CA certificate: steps 1 and 3 are done by what was
// read afterwards. Without a CA certificate none is asked for.
func TestOpsCreate(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.made(migration.Rehearsal, cloud.AuthMTLS)
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	wish := OpsWish{What: OpsCreate, Name: "north", Region: "aws-us-east-1", Days: 30, SignIn: cloud.AuthMTLS}
	if err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish); !fault.Is(err, fault.Conflict) {
		t.Errorf("without a CA certificate: %v", err)
	}
	w.must(w.issue())
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
	v := w.view()
	if v.Namespace == nil || v.Namespace.Namespace != "north.a2dd6" || v.Step(migration.StepUpload).Status != migration.Done {
		t.Errorf("%+v, step 3 %v", v.Namespace, v.Step(migration.StepUpload))
	}
	if read, at := migration.AsRead(v); read == nil || len(read.Settings.CAs) != 1 || at.IsZero() {
		t.Errorf("read: %+v", read)
	}
}

// TestOpsKeyOnce: an API key that was made is given out once, and wiped when nobody takes it.
func TestOpsKeyOnce(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.opsGiven()
	makeKey := func() *opsStandIn {
		w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
		st, _ := w.CloudOps.State(dana, w.m.ID)
		w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
		s, err := w.CloudOps.ops.of(opsKey(dana, w.m.ID))
		w.must(err)
		return s.client.(*opsStandIn)
	}
	client := makeKey()
	if st, _ := w.CloudOps.State(dana, w.m.ID); st.Waits == nil || client.delivered != 0 {
		t.Errorf("%+v", st.Waits)
	}
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsKey, Name: "worker", Days: 30}))
	st, _ := w.CloudOps.State(dana, w.m.ID)
	if err := w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation); !fault.Is(err, fault.Conflict) {
		t.Errorf("another while one waits: %v", err)
	}
	key, _, err := w.CloudOps.TakeOpsKey(w.ctx, dana, w.m.ID)
	if err != nil || string(key.Reveal()) != "made-for-a-worker" || client.delivered != 1 {
		t.Errorf("%v, delivered %d", err, client.delivered)
	}
	if _, _, err := w.CloudOps.TakeOpsKey(w.ctx, dana, w.m.ID); !fault.Is(err, fault.Conflict) {
		t.Errorf("twice: %v", err)
	}
	makeKey()
	s, err := w.CloudOps.ops.of(opsKey(dana, w.m.ID))
	w.must(err)
	waits := s.made.Secret.Reveal()
	w.must(w.CloudOps.ForgetOpsKey(w.ctx, dana, w.m.ID))
	if strings.Trim(string(waits), "\x00") != "" {
		t.Error("a key that nobody took is still there")
	}
	if text := strings.Join(w.dump(), "\n"); strings.Contains(text, "made-for-a-worker") {
		t.Error("the key is stored")
	}
}

// TestOpsRemoveGated: a CA certificate that the migration's own client certificate is under does not leave.
func TestOpsRemoveGated(t *testing.T) {
	w := newWorld(t)
	defer w.end()
	w.opsGiven()
	if err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsWish{What: OpsRemoveCA, Fingerprint: w.view().Certificate.CAFingerprint}); !fault.Is(err, fault.Conflict) {
		t.Errorf("%v", err)
	}
	for name, wish := range map[string]OpsWish{"attributes": {What: OpsAttributes, Attributes: []string{"CustomerId"}}, "filters": {What: OpsFilters, Filters: "{"},
		"sign_in": {What: OpsSignIn, SignIn: "telepathy"}} {
		err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish)
		if f := fault.From(err); f == nil || f.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOpsPlanOutlived: a plan holds for the namespace that it was shown for, as long as the migration has it: nothing is
// sent afterwards, and no API key of a namespace is made that may be somebody else's by now.
func TestOpsPlanOutlived(t *testing.T) {
	for name, wish := range map[string]OpsWish{"API key": {What: OpsKey, Name: "worker", Days: 30}, "CA": {What: OpsAddCA},
		"create": {What: OpsCreate, Name: "south", Region: "aws-us-east-1", Days: 30, SignIn: cloud.AuthMTLS}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			defer w.end()
			w.opsGiven()
			w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish))
			st, _ := w.CloudOps.State(dana, w.m.ID)
			_, err := w.Migrations.SetNamespace(w.ctx, dana, w.m.ID, north.String(), "")
			w.must(err)
			if err := w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation); !fault.Is(err, fault.Conflict) {
				t.Errorf("applied for another namespace: %v", err)
			}
			if st, _ := w.CloudOps.State(dana, w.m.ID); st.Waits != nil || st.Sending {
				t.Errorf("%+v", st)
			}
			if v := w.view(); v.Namespace.Namespace != north.String() {
				t.Errorf("the migration is at %s", v.Namespace.Namespace)
			}
			if text := strings.Join(w.dump(), "\n"); strings.Contains(text, string(custody.CloudAsked)) {
				t.Error("the audit says that it was sent")
			}
			if name == "create" {
				return
			}
			w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, wish)) // anew
			st, _ = w.CloudOps.State(dana, w.m.ID)
			w.must(w.CloudOps.ApplyOps(w.ctx, dana, w.m.ID, st.Plan.Operation))
		})
	}
}
