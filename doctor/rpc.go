package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
)

// rpcConn is gRPC over the connection that the stages before made: grpc itself never dials, resolves,
// proxies, retries or waits, so a failure has one reason.
type rpcConn struct {
	cc      *grpc.ClientConn
	svc     workflowservice.WorkflowServiceClient
	given   *givenBack
	apiKey  string
	ns      string
	failure error // making the client failed
}

var errUsedUp = errors.New("the connection of this check has ended")

// newRPC returns the gRPC client over conn. A plain connection has the zero state.
func newRPC(r *run, conn *givenBack, state tls.ConnectionState) *rpcConn {
	c := &rpcConn{given: conn, apiKey: r.apiKey, ns: r.ns}
	var once sync.Once
	dial := func(context.Context, string) (net.Conn, error) {
		var out net.Conn
		once.Do(func() { out = conn })
		if out == nil {
			return nil, errUsedUp
		}
		return out, nil
	}
	// As the SDKs do: the server name where one was set, the address otherwise.
	authority := r.addr.String()
	if r.serverName != r.addr.Host {
		authority = r.serverName
	}
	c.cc, c.failure = grpc.NewClient("passthrough:///"+r.addr.String(),
		grpc.WithTransportCredentials(&doneTLS{state: state, plain: r.t.Plaintext}), grpc.WithAuthority(authority),
		grpc.WithContextDialer(dial), grpc.WithNoProxy(), grpc.WithDisableRetry(), grpc.WithDisableServiceConfig(),
		grpc.WithIdleTimeout(0), grpc.WithUserAgent("onramp"),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.Config{BaseDelay: time.Minute, MaxDelay: time.Minute, Multiplier: 1},
			MinConnectTimeout: r.o.Budgets.RPC}),
	)
	if c.failure == nil {
		c.svc = workflowservice.NewWorkflowServiceClient(c.cc)
	}
	return c
}

func (c *rpcConn) close() {
	if c.cc != nil {
		c.cc.Close()
	}
	c.given.Close()
}

// context adds what Cloud routes and authorises by: the namespace's header and the API key. The key
// is added here alone, and the client exists only after stage tls has passed.
func (c *rpcConn) context(ctx context.Context, plain bool) context.Context {
	if c.ns != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "temporal-namespace", c.ns)
	}
	if c.apiKey != "" && !plain {
		ctx = metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+c.apiKey)
	}
	return ctx
}

// doneTLS tells gRPC that the handshake was made already.
type doneTLS struct {
	state tls.ConnectionState
	plain bool
}

func (d *doneTLS) ClientHandshake(_ context.Context, _ string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	level := credentials.PrivacyAndIntegrity
	if d.plain {
		level = credentials.NoSecurity
	}
	return conn, credentials.TLSInfo{State: d.state, CommonAuthInfo: credentials.CommonAuthInfo{SecurityLevel: level}}, nil
}

func (d *doneTLS) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("doctor has no server side")
}

func (d *doneTLS) Info() credentials.ProtocolInfo {
	protocol := "tls"
	if d.plain {
		protocol = "insecure"
	}
	return credentials.ProtocolInfo{SecurityProtocol: protocol}
}

func (d *doneTLS) Clone() credentials.TransportCredentials { c := *d; return &c }
func (d *doneTLS) OverrideServerName(string) error         { return nil }
