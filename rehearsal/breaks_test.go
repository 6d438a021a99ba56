//go:build !lean

package rehearsal

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"onramp/cloud"
	"onramp/fault"
	"onramp/namespace"
)

func turn(t testing.TB, c *Cloud, id namespace.ID, breakID string, on bool) {
	t.Helper()
	if err := c.SetBreak(testContext(t), id, breakID, on); err != nil {
		t.Fatalf("%s, on %v: %v", breakID, on, err)
	}
}

// TestBreaksOutliveARestart: what was on is on again after Close and New, with what it needs; switched off
// then, the namespace holds what was saved; and Reset forgets all of it.
func TestBreaksOutliveARestart(t *testing.T) {
	dir := t.TempDir()
	ca := newCA(t, "own")
	id := namespace.ID{Name: "payments", Account: "a1b2c"}
	all := []string{"plaintext", "wrong-ca", "filters", "wrong-queue"}
	first := started(t, Options{Dir: dir})
	if err := first.CreateNamespace(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	setCAs(t, first, id, ca)
	for _, b := range all {
		turn(t, first, id, b, true)
		turn(t, first, id, b, true) // on is on
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := started(t, Options{Dir: dir})
	if got := second.Broken()[id.String()]; !slices.Equal(got, all) {
		t.Fatalf("on after the restart: %v, want %v", got, all)
	}
	n, err := second.Namespace(testContext(t), id)
	if err != nil || len(n.CAs) != 1 || n.CAs[0].Subject != "CN=Somebody else's CA,O=Onramp practice" || len(n.Filters) == 0 {
		t.Errorf("the rehearsal cloud shows %+v, %v", n, err)
	}
	s, err := second.Bend(id, cloud.Setup{Address: second.Address(), Namespace: id.String()})
	if err != nil || s.Address != second.BreakAddress(id, "plaintext") || s.TaskQueue != cloud.PracticeQueue {
		t.Errorf("bent to %+v, %v", s, err)
	}
	greeting(t, s.Address)
	for _, b := range all {
		turn(t, second, id, b, false)
	}
	n, err = second.Namespace(testContext(t), id)
	if err != nil || n.BundlePEM != string(ca.pem()) || n.Filters != nil || len(second.Broken()) > 0 {
		t.Errorf("after all is off: %+v, %v, on %v", n, err, second.Broken())
	}
	closed(t, s.Address)
	runWorkflow(t, mustDial(t, second, id, ca.leaf(t).pair(), ""), "mended")

	turn(t, second, id, "plaintext", true)
	at := second.BreakAddress(id, "plaintext")
	if err := second.Reset(testContext(t)); err != nil {
		t.Fatal(err)
	}
	closed(t, at)
	if len(second.Broken()) > 0 {
		t.Errorf("on after the reset: %v", second.Broken())
	}
	if err := second.SetBreak(testContext(t), id, "plaintext", true); !fault.Is(err, fault.NotFound) {
		t.Errorf("a namespace that was forgotten: %v", err)
	}
	if err := second.SetBreak(testContext(t), id, "no-such", true); !fault.Is(err, fault.NotFound) {
		t.Errorf("a switch that is not there: %v", err)
	}
}

// greeting fails the test unless a server without TLS says its first words at the address.
func greeting(t testing.TB, address string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, within)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(within))
	b := make([]byte, 4)
	if _, err := io.ReadFull(conn, b); err != nil || b[3] != 4 {
		t.Errorf("%s said % x, %v; want HTTP/2 SETTINGS", address, b, err)
	}
}

// closed fails the test when anything listens at the address.
func closed(t testing.TB, address string) {
	t.Helper()
	if conn, err := net.DialTimeout("tcp", address, within); err == nil {
		conn.Close()
		t.Errorf("%s still answers", address)
	}
}

// TestMendedOnTheCloudSide: what a Namespace Admin does there to repair the fault turns its switch off and
// leaves others on; saving the wrong bundle again as it is shown repairs nothing and loses nothing.
func TestMendedOnTheCloudSide(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "own")
	id := newNamespace(t, c, ca)
	for _, b := range []string{"wrong-ca", "filters", "namespace-missing", "cut"} {
		turn(t, c, id, b, true)
	}
	shown, err := c.Namespace(testContext(t), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.SetCAs(testContext(t), id, []byte(shown.BundlePEM)); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(c.Broken()[id.String()], "wrong-ca") {
		t.Error("saved as shown: it counts as repaired")
	}
	turn(t, c, id, "wrong-ca", false)
	if n, err := c.Namespace(testContext(t), id); err != nil || n.BundlePEM != string(ca.pem()) {
		t.Errorf("the own bundle is lost: %+v, %v", n, err)
	}
	turn(t, c, id, "wrong-ca", true)
	setCAs(t, c, id, ca)
	if _, err := c.SetFilters(testContext(t), id, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.CreateNamespace(testContext(t), id); err != nil {
		t.Fatal(err)
	}
	if got := c.Broken()[id.String()]; !slices.Equal(got, []string{"cut"}) {
		t.Errorf("still on: %v, want cut alone", got)
	}
	if _, err := mustDial(t, c, id, ca.leaf(t).pair(), "").WorkflowService().DescribeNamespace(testContext(t), &workflowservice.DescribeNamespaceRequest{Namespace: id.String()}); err != nil {
		t.Errorf("repaired by hand: %v", err)
	}
	turn(t, c, id, "cut", false)
}

// TestEntrancesLeaveNothingBehind: flipped by many at once, with connections inside, entrances end with all
// that came through them, and the door lets the namespace's worker in all the while.
func TestEntrancesLeaveNothingBehind(t *testing.T) {
	c := sharedCloud(t)
	ca := newCA(t, "own")
	id := newNamespace(t, c, ca)
	leaf := ca.leaf(t)
	var all sync.WaitGroup
	for _, b := range cloud.Breaks {
		if b.Part != cloud.PartNetwork {
			continue
		}
		all.Go(func() {
			for range 3 {
				turn(t, c, id, b.ID, true)
				at := c.BreakAddress(id, b.ID)
				var inside []net.Conn
				for range 4 {
					if conn, err := net.DialTimeout("tcp", at, 50*time.Millisecond); err == nil {
						inside = append(inside, conn)
						go tls.Client(conn, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}).Handshake()
					}
				}
				turn(t, c, id, b.ID, false)
				for _, conn := range inside {
					_ = conn.SetReadDeadline(time.Now().Add(within))
					if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("%s: a connection stays open", b.ID)
					}
					conn.Close()
				}
			}
		})
	}
	all.Go(func() { runWorkflow(t, mustDial(t, c, id, leaf.pair(), ""), "meanwhile") })
	all.Wait()
	if len(c.rigs) > 0 || len(c.Broken()) > 0 {
		t.Errorf("left behind: %v, on %v", c.rigs, c.Broken())
	}
}

// TestTypo: another name that Cloud could have, in the same account.
func TestTypo(t *testing.T) {
	for _, name := range []string{"payments", "aa", "ab", "a-b", "xx", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a1"} {
		id := namespace.ID{Name: name, Account: "a1b2c"}
		got := typo(id)
		p, _, err := namespace.ParseID(got.String())
		if err != nil || p != got || got == id || got.Account != id.Account {
			t.Errorf("typo(%s) = %s, %v", id, got, err)
		}
	}
}
