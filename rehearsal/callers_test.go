//go:build !lean

package rehearsal

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/namespace"
	"onramp/transfer"
)

// callersOf waits until the callers of a namespace are as wanted, and returns them.
func callersOf(t *testing.T, c *Cloud, id namespace.ID, want func([]cloud.Caller) bool) []cloud.Caller {
	t.Helper()
	ctx := testContext(t)
	for {
		got, err := c.Callers(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if want(got.List) {
			return got.List
		}
		select {
		case <-ctx.Done():
			t.Fatalf("the callers never became as wanted: %+v", got.List)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func TestCallers(t *testing.T) {
	c := sharedCloud(t)
	oldCA, newCA := newCA(t, "old"), newCA(t, "new")
	id := newNamespace(t, c, oldCA, newCA)
	other := newNamespace(t, c, oldCA)
	ctx := testContext(t)
	started := time.Now()

	leaf := oldCA.leaf(t)
	byHost := mustDial(t, c, id, leaf.pair(), id.Host())
	if _, err := byHost.DescribeWorkflowExecution(ctx, "nobody", ""); err == nil {
		t.Fatal("a workflow that nobody started was described")
	}
	// poll asks for tasks until it is told to stop, so that the call is sure to have arrived by then.
	poll := func(cl client.Client, identity, queue string) (stop func()) {
		t.Helper()
		ctx, cancel := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = cl.WorkflowService().PollWorkflowTaskQueue(ctx, &workflowservice.PollWorkflowTaskQueueRequest{Namespace: id.String(),
				Identity: identity, TaskQueue: &taskqueue.TaskQueue{Name: "sticky", NormalName: queue, Kind: enums.TASK_QUEUE_KIND_STICKY}})
		}()
		stop = sync.OnceFunc(func() { cancel(); <-ended })
		t.Cleanup(stop)
		return stop
	}
	stop := poll(byHost, "worker-1@host", queue)

	got := callersOf(t, c, id, func(l []cloud.Caller) bool { return len(l) == 1 && l[0].Identity != "" })
	stop()
	one := got[0]
	if one.Leaf != certsvc.Fingerprint(leaf.cert) || one.CA != certsvc.Fingerprint(oldCA.cert) || one.CASubject != certsvc.SubjectOf(oldCA.cert) ||
		one.Identity != "worker-1@host" || one.Open != 1 || one.Calls < 3 || one.Refused != 0 || !slices.Equal(one.TaskQueues, []string{queue}) {
		t.Errorf("one caller by its endpoint, named by its second call: %+v", one)
	}
	if one.First.Before(started) || one.Last.Before(one.First) {
		t.Errorf("it came at %v and called last at %v; the test began at %v", one.First, one.Last, started)
	}

	// A second program under the new CA, through localhost: a connection that has not said which namespace
	// it is for belongs to each that trusts it, until it calls.
	newLeaf := newCA.leaf(t)
	local := mustDial(t, c, id, newLeaf.pair(), "")
	callersOf(t, c, id, func(l []cloud.Caller) bool {
		return slices.ContainsFunc(l, func(x cloud.Caller) bool {
			return x.CA == certsvc.Fingerprint(newCA.cert) && x.Open == 1 && x.Identity == ""
		})
	})
	stop = poll(local, "worker-2@host", queue)
	callersOf(t, c, id, func(l []cloud.Caller) bool {
		return len(l) == 2 && slices.ContainsFunc(l, func(x cloud.Caller) bool { return x.Identity == "worker-2@host" && x.Open == 1 })
	})
	stop()
	if l, err := c.Callers(ctx, other); err != nil || len(l.List) != 0 {
		t.Errorf("another namespace of the same CA has callers: %+v, %v", l.List, err)
	}

	// A look that refuses changes nothing; one that agrees is the change.
	no := errors.New("no")
	if _, err := c.ChangeCAs(ctx, id, func(_ cloud.Namespace, l cloud.Callers) ([]byte, error) {
		if len(l.List) != 2 {
			t.Errorf("the change sees %d callers", len(l.List))
		}
		return newCA.pem(), no
	}); !errors.Is(err, no) {
		t.Errorf("the refusal came back as %v", err)
	}
	if ns, err := c.Namespace(ctx, id); err != nil || len(ns.CAs) != 2 {
		t.Errorf("a refused change left %d CAs, %v", len(ns.CAs), err)
	}
	if _, err := c.ChangeCAs(ctx, id, func(n cloud.Namespace, _ cloud.Callers) ([]byte, error) { return []byte("junk"), nil }); err == nil {
		t.Error("junk became a bundle")
	}
	if ns, err := c.ChangeCAs(ctx, id, func(cloud.Namespace, cloud.Callers) ([]byte, error) { return newCA.pem(), nil }); err != nil || len(ns.CAs) != 1 {
		t.Errorf("the change left %d CAs, %v", len(ns.CAs), err)
	}
	// The old caller is refused on its open connection, and the book says so.
	stop = poll(byHost, "worker-1@host", queue)
	callersOf(t, c, id, func(l []cloud.Caller) bool {
		return slices.ContainsFunc(l, func(x cloud.Caller) bool { return x.Identity == "worker-1@host" && x.Refused > 0 && x.Open == 1 })
	})
	stop()

	// Who hangs up is not open any more, but was there.
	byHost.Close()
	local.Close()
	callersOf(t, c, id, func(l []cloud.Caller) bool {
		return len(l) == 2 && !slices.ContainsFunc(l, func(x cloud.Caller) bool { return x.Open != 0 })
	})
}

// Onramp's own connections are told from those of a program that calls itself the same and presents the same certificate,
// whoever dials them: the doctor or the transfer room.
func TestCallersKnowTheirOwn(t *testing.T) {
	own := &doctor.OwnCalls{}
	c := started(t, Options{Own: own.Has})
	ca := newCA(t, "ca")
	id := newNamespace(t, c, ca)
	leaf := ca.leaf(t)
	key, err := x509.MarshalPKCS8PrivateKey(leaf.key)
	if err != nil {
		t.Fatal(err)
	}
	target := doctor.Target{Address: c.Address(), Namespace: id.String(), ServerName: id.Host(), CertPEM: leaf.pem(),
		KeyPEM: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), ExtraRootsPEM: c.RootPEM()}
	if v := doctor.New(doctor.Options{Own: own}).Run(testContext(t), target, nil).Verdict; v.Code != doctor.OK {
		t.Fatalf("the check: %s %s", v.Code, v.Title)
	}
	if _, err := transfer.New(transfer.Options{Own: own}).Pollers(testContext(t), transfer.Request{Target: target, Template: "go", Worker: "own", TaskQueue: queue}); err != nil {
		t.Fatal(err)
	}
	mine := callersOf(t, c, id, func(l []cloud.Caller) bool {
		return len(l) > 0 && !slices.ContainsFunc(l, func(x cloud.Caller) bool { return x.Open > 0 })
	})
	if slices.ContainsFunc(mine, func(x cloud.Caller) bool { return !x.Own }) {
		t.Errorf("a check and a look are taken for another's: %+v", mine)
	}
	if _, err := transfer.New(transfer.Options{}).Pollers(testContext(t), transfer.Request{Target: target, Template: "go", Worker: "own", TaskQueue: queue}); err != nil {
		t.Fatal(err)
	}
	theirs := callersOf(t, c, id, func(l []cloud.Caller) bool {
		return slices.ContainsFunc(l, func(x cloud.Caller) bool { return !x.Own })
	})
	for _, x := range theirs {
		if !x.Own && x.Leaf != certsvc.Fingerprint(leaf.cert) {
			t.Errorf("another process is seen as %+v", x)
		}
	}
}

// The book keeps within its bounds, whatever names callers give themselves.
func TestCallersBound(t *testing.T) {
	b := newCallers(time.Now, nil)
	for i := range maxCallers + 10 {
		b.makeRoom()
		b.rows[callerKey{identity: string(rune(i + 1))}] = &cloud.Caller{Last: time.Unix(int64(i), 0)}
	}
	if len(b.rows) != maxCallers {
		t.Fatalf("%d rows", len(b.rows))
	}
	if _, kept := b.rows[callerKey{identity: string(rune(1))}]; kept {
		t.Error("the quietest was kept")
	}
}
