package e2e

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// listening are the TCP addresses at which a process listens, from the kernel's tables, as any user of the machine reads
// them (whose they are, only the owner sees; a stranger tries them all).
func listening(t testing.TB, pid int) []netip.AddrPort {
	t.Helper()
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	ours := map[string]bool{}
	fds, err := os.ReadDir(filepath.Join(proc, "fd"))
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join(proc, "fd", fd.Name())); err == nil { // it may have closed it meanwhile
			if inode, ok := strings.CutPrefix(to, "socket:["); ok {
				ours[strings.TrimSuffix(inode, "]")] = true
			}
		}
	}
	var out []netip.AddrPort
	for _, table := range []string{"tcp", "tcp6"} {
		f, err := os.Open(filepath.Join(proc, "net", table))
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

// Another user of the machine finds every port of the built program in the kernel's table, and gets nothing there: not in
// plaintext, not with TLS, not with a certificate of their own. A tenant gets its own namespace, at the door alone.
func TestStrangersGetNothingFromTheProgram(t *testing.T) {
	h, p := hold(t)
	pair, err := tls.LoadX509KeyPair(h.Cert, h.Key)
	if err != nil {
		t.Fatal(err)
	}
	with := func(c *tls.Certificate) func() credentials.TransportCredentials {
		return func() credentials.TransportCredentials {
			return credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
				if c == nil {
					return &tls.Certificate{}, nil
				}
				return c, nil
			}})
		}
	}
	const workflows, operator = "/temporal.api.workflowservice.v1.WorkflowService/", "/temporal.api.operatorservice.v1.OperatorService/"
	exec := &common.WorkflowExecution{WorkflowId: "nobody's"}
	calls := []struct {
		method    string
		req, resp proto.Message
		own       bool // a tenant may make it at the door
	}{
		{workflows + "DescribeNamespace", &workflowservice.DescribeNamespaceRequest{Namespace: h.Namespace}, &workflowservice.DescribeNamespaceResponse{}, true},
		{workflows + "StartWorkflowExecution", &workflowservice.StartWorkflowExecutionRequest{Namespace: h.Namespace, WorkflowId: "planted", RequestId: "planted",
			WorkflowType: &common.WorkflowType{Name: "Greet"}, TaskQueue: &taskqueue.TaskQueue{Name: "greetings"}}, &workflowservice.StartWorkflowExecutionResponse{}, true},
		{workflows + "TerminateWorkflowExecution", &workflowservice.TerminateWorkflowExecutionRequest{Namespace: h.Namespace, WorkflowExecution: exec}, &workflowservice.TerminateWorkflowExecutionResponse{}, true},
		{workflows + "ListNamespaces", &workflowservice.ListNamespacesRequest{}, &workflowservice.ListNamespacesResponse{}, false},
		{workflows + "DescribeNamespace", &workflowservice.DescribeNamespaceRequest{Namespace: "temporal-system"}, &workflowservice.DescribeNamespaceResponse{}, false},
		{operator + "DeleteNamespace", &operatorservice.DeleteNamespaceRequest{Namespace: h.Namespace}, &operatorservice.DeleteNamespaceResponse{}, false},
		{"/grpc.health.v1.Health/Check", &healthpb.HealthCheckRequest{}, &healthpb.HealthCheckResponse{}, true},
		{"/temporal.server.api.adminservice.v1.AdminService/DescribeCluster", &emptypb.Empty{}, &emptypb.Empty{}, false},
		{"/temporal.server.api.historyservice.v1.HistoryService/DescribeHistoryHost", &emptypb.Empty{}, &emptypb.Empty{}, false},
		{"/temporal.server.api.matchingservice.v1.MatchingService/ListTaskQueuePartitions", &emptypb.Empty{}, &emptypb.Empty{}, false},
	}
	_, door, _ := strings.Cut(h.Address, ":")
	ports := listening(t, p.cmd.Process.Pid)
	portal := openPortal(t, t.TempDir(), "127.0.0.1:0") // the same server, and the pages' port
	var its []netip.AddrPort
	const services = 7 // the pages, the two doors, and four behind them
	within(t, "the portal's rehearsal cloud listens", func() bool {
		its = listening(t, portal.cmd.Process.Pid)
		return len(its) >= services
	})
	if len(ports) < services-1 {
		t.Fatalf("found only the ports %v", ports)
	}
	ports = append(ports, its...)
	tries, through, owns := 0, 0, 0
	for _, who := range []struct {
		name   string
		creds  func() credentials.TransportCredentials
		tenant bool
	}{
		{"in plaintext", insecure.NewCredentials, false},
		{"without a certificate", with(nil), false},
		{"with a foreign certificate", with(selfMade(t)), false},
		{"as a tenant", with(&pair), true},
	} {
		for _, port := range ports {
			for _, call := range calls {
				conn, err := grpc.NewClient("passthrough:///"+port.String(), grpc.WithTransportCredentials(who.creds()))
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				err = conn.Invoke(ctx, call.method, call.req, call.resp)
				cancel()
				_ = conn.Close()
				tries++
				atDoor := fmt.Sprint(port.Port()) == door
				// Unauthenticated where an API key is asked for; Unimplemented where there is no such service.
				away := status.Code(err) == codes.Unavailable || status.Code(err) == codes.Unauthenticated || status.Code(err) == codes.Unimplemented
				if atDoor && who.tenant { // there the gate answers
					away = away || status.Code(err) == codes.PermissionDenied ||
						status.Code(err) == codes.NotFound && strings.Contains(err.Error(), "temporal-system")
					if call.own {
						if owns++; away {
							t.Errorf("a tenant's own call at the door, %s: %v", call.method, err)
						}
						continue
					}
				}
				if !away {
					through++
					t.Errorf("%s at %s, %s: got through (%v)", who.name, port, call.method, err)
				}
			}
		}
	}
	t.Logf("%d calls at %d ports of two programs: %d got through; %d were a tenant's own at the door", tries, len(ports), through, owns)
}

// selfMade is a client certificate that nobody trusts.
func selfMade(t testing.TB) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stranger"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
