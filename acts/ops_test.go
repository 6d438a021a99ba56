package acts

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

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
	fails  error
	closed bool
	hold   chan struct{} // Apply waits for it where it is not nil
	sent   func()        // is called when Apply begins
}

// opsAt is the place of a standIn's control plane.
func opsAt(c *standIn) OpsPlace {
	return OpsPlace{Server: "localhost:7", Open: func(key certsvc.Secret) (OpsClient, error) {
		if key.Empty() {
			return nil, fault.New(fault.Invalid, "There is no Cloud Ops API key", "Give one.")
		}
		return &opsStandIn{standIn: c}, nil
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

func (o *opsStandIn) PlanCreate(context.Context, cloud.NewNamespace) (cloud.Plan, error) {
	return cloud.Plan{}, nil
}

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
	n, err := o.ChangeCAs(ctx, p.Namespace, func(cloud.Namespace, cloud.Callers) ([]byte, error) { return p.Request, nil })
	if err != nil {
		return cloud.Applied{}, err
	}
	d, err := o.Look(ctx, n.ID)
	return cloud.Applied{Changed: true, Operation: cloud.Operation{ID: p.Operation, State: cloud.Fulfilled}, Detail: d}, err
}

func (o *opsStandIn) Resume(context.Context, namespace.ID, func(cloud.Operation)) (cloud.Applied, bool, error) {
	return cloud.Applied{}, false, nil
}

func (o *opsStandIn) Operation(context.Context, string) (cloud.Operation, error) {
	return cloud.Operation{}, nil
}

func (w *world) opsGiven() {
	w.t.Helper()
	w.issued()
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
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
	if err := w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsAddCA, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("planned without a key: %v", err)
	}
	w.must(w.CloudOps.GiveOpsKey(w.ctx, dana, w.m.ID, certsvc.Secret{}))
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsAddCA, ""))
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
	w.must(w.CloudOps.PlanOps(w.ctx, dana, w.m.ID, OpsAddCA, ""))
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
