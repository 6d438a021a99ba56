//go:build !lean

package rehearsal

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/api/adminservice/v1"
	"go.temporal.io/server/api/historyservice/v1"
	"go.temporal.io/server/api/matchingservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"onramp/namespace"
)

// listening are the addresses at which this process takes TCP connections, as any user of the machine finds them: the
// kernel's tables, and the sockets that are ours.
func listening(t testing.TB) []netip.AddrPort {
	t.Helper()
	ours := map[string]bool{}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil { // one of them is of this very reading
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				ours[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	var out []netip.AddrPort
	for _, table := range []string{"/proc/self/net/tcp", "/proc/self/net/tcp6"} {
		f, err := os.Open(table)
		if os.IsNotExist(err) {
			continue // no IPv6 here
		} else if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			field := strings.Fields(lines.Text())
			const listens = "0A"
			if len(field) < 10 || field[3] != listens || !ours[field[9]] {
				continue
			}
			ip, port, _ := strings.Cut(field[1], ":")
			words, err := hex.DecodeString(ip)
			n, perr := strconv.ParseUint(port, 16, 16)
			if err != nil || perr != nil {
				t.Fatalf("%s: %q", table, field[1])
			}
			for i := 0; i+4 <= len(words); i += 4 { // each word in the order of this machine
				binary.BigEndian.PutUint32(words[i:], binary.NativeEndian.Uint32(words[i:]))
			}
			addr, _ := netip.AddrFromSlice(words)
			out = append(out, netip.AddrPortFrom(addr, uint16(n)))
		}
	}
	return out
}

// strangerCall is a call that somebody makes who read the port from the kernel's table.
type strangerCall struct {
	method    string
	req, resp proto.Message
	tenant    bool // a tenant may make it at the door, for the namespace is its own or the call is about none
}

func strangerCalls(own, other namespace.ID, workflowID string) []strangerCall {
	const operator, admin, server = "/temporal.api.operatorservice.v1.OperatorService/", "/temporal.server.api.adminservice.v1.AdminService/", "/temporal.server.api."
	start := func(ns, id string) proto.Message {
		return &workflowservice.StartWorkflowExecutionRequest{Namespace: ns, WorkflowId: id, RequestId: id,
			WorkflowType: &common.WorkflowType{Name: "Greet"}, TaskQueue: &taskqueue.TaskQueue{Name: queue}}
	}
	return []strangerCall{
		{workflowService + "DescribeNamespace", &workflowservice.DescribeNamespaceRequest{Namespace: own.String()}, &workflowservice.DescribeNamespaceResponse{}, true},
		{workflowService + "GetSystemInfo", &workflowservice.GetSystemInfoRequest{}, &workflowservice.GetSystemInfoResponse{}, true},
		{healthCheck, &healthpb.HealthCheckRequest{Service: "temporal.api.workflowservice.v1.WorkflowService"}, &healthpb.HealthCheckResponse{}, true},
		{workflowService + "DescribeNamespace", &workflowservice.DescribeNamespaceRequest{Namespace: other.String()}, &workflowservice.DescribeNamespaceResponse{}, false},
		{workflowService + "DescribeNamespace", &workflowservice.DescribeNamespaceRequest{Namespace: "temporal-system"}, &workflowservice.DescribeNamespaceResponse{}, false},
		{workflowService + "ListNamespaces", &workflowservice.ListNamespacesRequest{}, &workflowservice.ListNamespacesResponse{}, false},
		{workflowService + "RegisterNamespace", &workflowservice.RegisterNamespaceRequest{Namespace: "planted", WorkflowExecutionRetentionPeriod: durationpb.New(retention)}, &workflowservice.RegisterNamespaceResponse{}, false},
		{workflowService + "StartWorkflowExecution", start(other.String(), "planted"), &workflowservice.StartWorkflowExecutionResponse{}, false},
		{workflowService + "ListWorkflowExecutions", &workflowservice.ListWorkflowExecutionsRequest{Namespace: other.String()}, &workflowservice.ListWorkflowExecutionsResponse{}, false},
		{workflowService + "TerminateWorkflowExecution", &workflowservice.TerminateWorkflowExecutionRequest{Namespace: other.String(),
			WorkflowExecution: &common.WorkflowExecution{WorkflowId: workflowID}}, &workflowservice.TerminateWorkflowExecutionResponse{}, false},
		{healthCheck, &healthpb.HealthCheckRequest{Service: server + "history"}, &healthpb.HealthCheckResponse{}, true},
		{admin + "DescribeCluster", &adminservice.DescribeClusterRequest{}, &adminservice.DescribeClusterResponse{}, false},
		{"/temporal.server.api.historyservice.v1.HistoryService/DescribeHistoryHost", &historyservice.DescribeHistoryHostRequest{}, &historyservice.DescribeHistoryHostResponse{}, false},
		{"/temporal.server.api.matchingservice.v1.MatchingService/ListTaskQueuePartitions", &matchingservice.ListTaskQueuePartitionsRequest{}, &matchingservice.ListTaskQueuePartitionsResponse{}, false},
		{operator + "DeleteNamespace", &operatorservice.DeleteNamespaceRequest{Namespace: other.String()}, &operatorservice.DeleteNamespaceResponse{}, false},
	}
}

// turnedAway reports that the call did not reach what it asks for. Behind the door only a connection that never came about
// counts: any answer came from inside. At the door the gate may answer too, which knows no namespace but tenants' and no
// service but Temporal Cloud's.
func turnedAway(err error, door bool) bool {
	switch status.Code(err) {
	case codes.Unavailable:
		return true
	case codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return door
	case codes.NotFound:
		return door && strings.Contains(err.Error(), "temporal-system")
	}
	return false
}

// Every port of the process refuses whoever is not a tenant, and a tenant everything but its own namespace at the door:
// the kernel shows the ports to every user of the machine.
func TestStrangersOnThisMachine(t *testing.T) {
	c := sharedCloud(t)
	ownCA, otherCA, foreign := newCA(t, "tenant"), newCA(t, "neighbour"), newCA(t, "foreign")
	own, other := newNamespace(t, c, ownCA), newNamespace(t, c, otherCA)
	neighbour := mustDial(t, c, other, otherCA.leaf(t).pair(), "")
	const running = "the-neighbour's"
	if _, err := neighbour.WorkflowService().StartWorkflowExecution(testContext(t), &workflowservice.StartWorkflowExecutionRequest{Namespace: other.String(), WorkflowId: running,
		RequestId: running, WorkflowType: &common.WorkflowType{Name: "Greet"}, TaskQueue: &taskqueue.TaskQueue{Name: queue}}); err != nil {
		t.Fatal(err)
	}
	// forged has the names of the root that the services trust, without its key.
	forged := issue(t, x509.Certificate{Subject: pkix.Name{Organization: []string{"Onramp rehearsal"}, CommonName: "Onramp rehearsal internode root"}, IsCA: true,
		KeyUsage: x509.KeyUsageCertSign}, nil).leaf(t, func(x *x509.Certificate) { x.DNSNames = []string{"internode.onramp.invalid"} })
	with := func(pair *tls.Certificate, sni string) credentials.TransportCredentials {
		conf := clientTLS(c, pair, sni)
		conf.InsecureSkipVerify = true // a stranger does not mind whom it talks to
		return credentials.NewTLS(conf)
	}
	ports := listening(t)
	if len(ports) < len(services) {
		t.Fatalf("found only the ports %v", ports)
	}
	tries, through, atDoor := 0, 0, 0
	for _, who := range []struct {
		name   string
		creds  func() credentials.TransportCredentials
		tenant bool
	}{ // at the door of API keys a tenant with a certificate is nobody unless by its endpoint
		{"in plaintext", insecure.NewCredentials, false},
		{"without a certificate", func() credentials.TransportCredentials { return with(nil, "") }, false},
		{"without a certificate, by the internal name", func() credentials.TransportCredentials { return with(nil, "internode.onramp.invalid") }, false},
		{"with a foreign certificate", func() credentials.TransportCredentials { return with(foreign.leaf(t).pair(), "") }, false},
		{"with a forged one", func() credentials.TransportCredentials { return with(forged.pair(), "") }, false},
		{"as a tenant", func() credentials.TransportCredentials { return with(ownCA.leaf(t).pair(), "") }, true},
		{"as a tenant by its endpoint", func() credentials.TransportCredentials { return with(ownCA.leaf(t).pair(), own.Host()) }, true},
		{"as a tenant's CA", func() credentials.TransportCredentials { return with(ownCA.pair(), "") }, false},
	} {
		for _, port := range ports {
			for _, call := range strangerCalls(own, other, running) {
				conn, err := grpc.NewClient("passthrough:///"+port.String(), grpc.WithTransportCredentials(who.creds()))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(testContext(t), 20*time.Second)
				err = conn.Invoke(ctx, call.method, call.req, call.resp)
				cancel()
				_ = conn.Close()
				tries++
				keys := int(port.Port()) == c.keyDoor.port()
				door := keys || int(port.Port()) == c.door.port()
				switch away := turnedAway(err, door) || keys && status.Code(err) == codes.Unauthenticated; {
				case door && who.tenant && (!keys || who.name == "as a tenant by its endpoint") && call.tenant:
					if away {
						t.Errorf("%s at the door, %s: %v, and it is the tenant's own", who.name, call.method, err)
					}
					atDoor++
				case !away:
					through++
					t.Errorf("%s at %s, %s: got through (%v)", who.name, port, call.method, err)
				}
			}
		}
	}
	t.Logf("%d calls at %d ports: %d got through; %d were a tenant's own at the door", tries, len(ports), through, atDoor)
	if _, err := neighbour.WorkflowService().DescribeWorkflowExecution(testContext(t), &workflowservice.DescribeWorkflowExecutionRequest{Namespace: other.String(),
		Execution: &common.WorkflowExecution{WorkflowId: running}}); err != nil {
		t.Errorf("the neighbour's workflow afterwards: %v", err)
	}
}

// The rehearsal's files are its owner's alone, those of an earlier version and its directory too.
func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "rehearsal")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask
		t.Fatal(err)
	}
	c := started(t, Options{Dir: dir})
	newNamespace(t, c)
	loose := func() (out []string) {
		for _, f := range append([]string{dir}, files(t, dir)...) {
			info, err := os.Stat(f)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm()&0o077 != 0 {
				out = append(out, fmt.Sprintf("%s %s", filepath.Base(f), info.Mode()))
			}
		}
		return out
	}
	if l := loose(); len(l) > 0 {
		t.Errorf("others may read %v", l)
	}
	names := files(t, dir)
	if !slices.ContainsFunc(names, func(f string) bool { return strings.HasSuffix(f, "-wal") }) {
		t.Errorf("SQLite's companions are not among %v: what was looked at?", names)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files(t, dir), dir) {
		if err := os.Chmod(f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	started(t, Options{Dir: dir})
	if l := loose(); len(l) > 0 {
		t.Errorf("after a start on loose files others may read %v", l)
	}
}

// A database is never readable by others, not while it is being made either.
func TestDatabaseIsBornPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "workflows-1.db.new")
	if err := bear(file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %s", info.Mode())
	}
	if err := bear(file); err == nil {
		t.Error("it took over a file that somebody else put there")
	}
}

func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, filepath.Join(dir, e.Name()))
	}
	return out
}
