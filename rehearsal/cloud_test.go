//go:build !lean

package rehearsal

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.uber.org/goleak"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

func TestCloseLeavesNothingBehind(t *testing.T) {
	alone(t)
	before := goleak.IgnoreCurrent()
	c := started(t, Options{})
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	cl, err := dial(t, c, id, ca.leaf(t).pair(), "")
	if err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, cl, "greet")
	cl.Close()
	idle, err := net.Dial("tcp", c.Address()) // somebody who never says anything
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	began := time.Now()
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped after %s", time.Since(began))
	if err := leaks(before); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", c.Address()); err == nil {
		t.Errorf("still listens: %v", conn.Close())
	}
	if err := c.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	if err := c.Start(testContext(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Start after Close: %v", err)
	}
	if err := c.Reset(testContext(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Reset after Close: %v", err)
	}
}

func TestCloseAtAnyMoment(t *testing.T) {
	alone(t)
	before := goleak.IgnoreCurrent()
	for name, o := range map[string]Options{"memory": {}, "file": {Dir: t.TempDir()}} {
		for _, wait := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond} {
			t.Run(name+" after "+wait.String(), func(t *testing.T) {
				c := newCloud(t, o)
				c.StartBackground()
				started := make(chan error, 1)
				go func() { started <- c.Start(context.Background()) }()
				ctx, cancel := context.WithTimeout(context.Background(), wait)
				defer cancel()
				<-ctx.Done()
				var both sync.WaitGroup
				for range 2 {
					both.Go(func() {
						if err := c.Close(); err != nil {
							t.Errorf("Close: %v", err)
						}
					})
				}
				both.Wait()
				if err := <-started; err != nil && !fault.Is(err, fault.Unavailable) {
					t.Errorf("Start: %v", err)
				}
			})
		}
	}
	// Right after namespaces came: the server starts workers of its own for each.
	for range 5 {
		c := started(t, Options{})
		for range 5 {
			newNamespace(t, c)
		}
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if err := leaks(before); err != nil {
		t.Error(err)
	}
}

func TestStartTogether(t *testing.T) {
	c := newCloud(t, Options{})
	if s := c.State(); s.Phase != cloud.Off {
		t.Errorf("phase %q before the start", s.Phase)
	}
	if err := c.Ready(testContext(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Ready before the start: %v", err)
	}
	if _, err := c.Namespaces(testContext(t)); !fault.Is(err, fault.Unavailable) {
		t.Errorf("Namespaces before the start: %v", err)
	}
	address := c.Address()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := c.Start(testContext(t)); err != nil {
				t.Errorf("Start: %v", err)
			}
		})
	}
	all.Wait()
	if s := c.State(); s.Phase != cloud.Ready || s.Err != nil || s.Took <= 0 || c.Address() != address {
		t.Errorf("state %+v at %s, was %s", s, c.Address(), address)
	}
}

func TestLeavingBeforeItIsReady(t *testing.T) {
	c := newCloud(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := c.Start(ctx)
	if !fault.Is(err, fault.Unavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := c.Ready(testContext(t)); err != nil { // it started all the same
		t.Error(err)
	}
}

// Callers who come before the server are served by it.
func TestCallersWait(t *testing.T) {
	c := newCloud(t, Options{})
	conn, err := net.Dial("tcp", c.Address())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := c.Start(testContext(t)); err != nil {
		t.Fatal(err)
	}
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	if err := describe(mustDial(t, c, id, ca.leaf(t).pair(), ""), id.String()); err != nil {
		t.Error(err)
	}
}

func TestTwoClouds(t *testing.T) {
	ca := newCA(t, "ours")
	id := namespace.ID{Name: "payments", Account: "a1b2c"}
	var clouds []*Cloud
	for range 2 {
		c := started(t, Options{})
		if err := c.CreateNamespace(testContext(t), id); err != nil {
			t.Fatal(err)
		}
		setCAs(t, c, id, ca)
		clouds = append(clouds, c)
	}
	first, second := mustDial(t, clouds[0], id, ca.leaf(t).pair(), ""), mustDial(t, clouds[1], id, ca.leaf(t).pair(), id.Host())
	runWorkflow(t, first, "only-in-the-first")
	var notFound *serviceerror.NotFound
	if _, err := result(t, second, "only-in-the-first"); !errors.As(err, &notFound) {
		t.Errorf("the second cloud knows the first one's workflow: %v", err)
	}
	if err := clouds[0].Close(); err != nil {
		t.Fatal(err)
	}
	runWorkflow(t, second, "after-the-other-ended")
}

func TestReset(t *testing.T) {
	for name, dir := range map[string]string{"memory": "", "file": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			c := started(t, Options{Dir: dir})
			ca := newCA(t, "ours")
			id := newNamespace(t, c, ca)
			pair := ca.leaf(t).pair()
			runWorkflow(t, mustDial(t, c, id, pair, ""), "greet")
			address, root := c.Address(), string(c.RootPEM())

			var all sync.WaitGroup
			for range 3 { // together: one reset answers all, or each its own
				all.Go(func() {
					if err := c.Reset(testContext(t)); err != nil {
						t.Errorf("Reset: %v", err)
					}
				})
			}
			all.Wait()
			if c.Address() != address || string(c.RootPEM()) != root {
				t.Errorf("address %s was %s; same root: %v", c.Address(), address, string(c.RootPEM()) == root)
			}
			if left, err := c.Namespaces(testContext(t)); err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
			if _, err := handshake(t, c, clientTLS(c, pair, "")); err == nil || !strings.Contains(err.Error(), "unknown certificate authority") {
				t.Errorf("the forgotten CA: %v", err)
			}
			if err := c.CreateNamespace(testContext(t), id); err != nil {
				t.Fatal(err)
			}
			setCAs(t, c, id, ca)
			cl := mustDial(t, c, id, pair, id.Host())
			var notFound *serviceerror.NotFound
			if _, err := result(t, cl, "greet"); !errors.As(err, &notFound) {
				t.Errorf("the forgotten workflow: %v", err)
			}
			runWorkflow(t, cl, "greet")
			if dir != "" {
				if files, err := filepath.Glob(filepath.Join(dir, databasePattern)); err != nil || len(files) != 1 {
					t.Errorf("databases %v, %v", files, err)
				}
			}
		})
	}
}

// A start and resets that come together: it is ready when the last has finished, and one reset answers all
// that wait.
func TestResetWhileStarting(t *testing.T) {
	c := newCloud(t, Options{})
	queued := func() (starts, resets int) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.queued, c.resets
	}
	c.work <- struct{}{} // nothing begins yet
	c.begin(false)
	c.begin(true)
	c.begin(true)
	if starts, resets := queued(); starts != 2 || resets != 1 {
		t.Errorf("%d starts, %d of them resets; want 2 and 1", starts, resets)
	}
	<-c.work
	if err := c.Ready(testContext(t)); err != nil {
		t.Fatal(err)
	}
	if starts, resets := queued(); starts != 0 || resets != 0 {
		t.Errorf("ready with %d starts and %d resets to come", starts, resets)
	}
}

func TestAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		addr string
		kind fault.Kind
	}{
		{"", ""}, {"127.0.0.1:0", ""}, {"localhost:0", ""}, {"127.0.0.9:0", ""},
		{taken.Addr().String(), fault.Unavailable},
		{"0.0.0.0:0", fault.Invalid}, {":0", fault.Invalid}, {"192.0.2.1:7233", fault.Invalid}, {"example.com:7233", fault.Invalid},
		{"7233", fault.Invalid}, {"127.0.0.1", fault.Invalid},
	} {
		t.Run(tt.addr, func(t *testing.T) {
			c, err := New(Options{Addr: tt.addr})
			if tt.kind != "" {
				if f := fault.From(err); err == nil || f.Kind != tt.kind || f.Field != "rehearsal-addr" || f.Fix == "" {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// "localhost" is either address family.
func TestBothFamilies(t *testing.T) {
	if l, err := net.Listen("tcp", "[::1]:0"); err != nil {
		t.Logf("no IPv6 loopback here: %v", err)
		return
	} else if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	c := sharedCloud(t)
	_, port, err := net.SplitHostPort(c.Address())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Errorf("%s: %v", host, err)
			continue
		}
		_ = conn.Close() // nothing was written
	}
}

// A start that fails says why, sends callers away at once, and a reset repairs it.
func TestFailedStart(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, stateFile), []byte(`{"schema":`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newCloud(t, Options{Dir: dir})
	err := c.Start(testContext(t))
	f := fault.From(err)
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(f.Fix, "Reset") || f.Err == nil {
		t.Fatalf("got %#v", f)
	}
	if s := c.State(); s.Phase != cloud.Failed || s.Err == nil {
		t.Errorf("state %+v", s)
	}
	conn, err := net.DialTimeout("tcp", c.Address(), within)
	if err == nil { // else it was cut before we looked
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(conn)
	}
	if err == nil || !strings.Contains(err.Error(), "reset") {
		t.Errorf("a caller of the failed cloud got %v", err)
	}
	if err := c.Start(testContext(t)); err == nil {
		t.Error("the damage went away by itself")
	}
	if err := c.Reset(testContext(t)); err != nil {
		t.Fatalf("Reset: %v", err)
	}
	ca := newCA(t, "ours")
	id := newNamespace(t, c, ca)
	runWorkflow(t, mustDial(t, c, id, ca.leaf(t).pair(), ""), "greet")
}

func TestTwoOnOneDirectory(t *testing.T) {
	dir := t.TempDir()
	first := started(t, Options{Dir: dir})
	second := newCloud(t, Options{Dir: dir})
	err := second.Start(testContext(t))
	if f := fault.From(err); !fault.Is(err, fault.Unavailable) || !strings.Contains(f.Title, "Another Onramp") {
		t.Fatalf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := second.Start(testContext(t)); err != nil {
		t.Errorf("after the first has gone: %v", err)
	}
}

// The server's own opinion that it is at its end becomes the state of the cloud, and not the end of the
// process.
func TestServerGivesUp(t *testing.T) {
	c := started(t, Options{})
	l := serverLog{c.o.Log, c.watch}
	l.Fatal("Failed to serve on history listener")
	if s := c.State(); s.Phase != cloud.Failed || !strings.Contains(fault.From(s.Err).Err.Error(), "history listener") {
		t.Errorf("state %+v", s)
	}
	if err := c.Start(testContext(t)); err != nil {
		t.Fatalf("started again: %v", err)
	}
	newNamespace(t, c, newCA(t, "ours"))
}
