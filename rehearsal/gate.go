//go:build !lean

package rehearsal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/common/rpc/encryption"

	"onramp/rehearsal/control"
)

// domain is what every namespace endpoint ends in.
const domain = "tmprl.cloud"

// gate stands for Temporal Cloud's: it chooses the TLS configuration of a caller and judges every call.
// It plugs into the server as TLS configuration, claim mapper and authorizer.
type gate struct {
	encryption.TLSConfigProvider // never used: all its methods are below

	authority *authority
	inside    *internode
	realm     func() *realm // as it stands now
	now       func() time.Time
	callers   *callers
	holder    atomic.Pointer[control.Server] // knows the keys of the control plane; nil without one
}

// GetFrontendServerConfig is the TLS configuration of the door.
func (g *gate) GetFrontendServerConfig() (*tls.Config, error) {
	return &tls.Config{GetConfigForClient: g.forClient, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12}, nil
}

// The services behind the door, the internal frontend among them, take calls from each other alone.

func (g *gate) GetInternodeServerConfig() (*tls.Config, error) { return g.inside.server.Clone(), nil }
func (g *gate) GetInternodeClientConfig() (*tls.Config, error) { return g.inside.client.Clone(), nil }

// Nobody inside dials the door, and there is no other cluster.

func (g *gate) GetFrontendClientConfig() (*tls.Config, error)            { return nil, nil }
func (g *gate) GetRemoteClusterClientConfig(string) (*tls.Config, error) { return nil, nil }
func (g *gate) GetExpiringCerts(time.Duration) (a, b encryption.CertExpirationMap, err error) {
	return nil, nil, nil
}

// forClient chooses by server name (SNI), which is what routes to a namespace in Cloud
// (docs.temporal.io/cloud/connectivity): a namespace's endpoint gets that namespace's client CAs; localhost, an
// address or no name gets those of all namespaces, and the call's namespace decides; any other name is cut off in the
// handshake.
func (g *gate) forClient(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	r := g.realm()
	account, cas, whose, keyed := "", r.pool, "", false
	if name := serverName(hello.ServerName); !isLocal(name) {
		s := r.byHost[name]
		if s == nil || s.is("namespace-missing") {
			if c, ok := hello.Conn.(*caller); ok {
				c.reset()
			}
			return nil, errors.New("no namespace has this endpoint")
		}
		account, cas, whose, keyed = s.id.Account, s.pool, s.id.String(), s.keyed
	}
	leaf, err := g.authority.leaf(account)
	if err != nil {
		return nil, err
	}
	wanted := tls.RequireAndVerifyClientCert
	if keyed {
		wanted = tls.NoClientCert // the API key comes with each call
	}
	return &tls.Config{
		Certificates: []tls.Certificate{*leaf},
		ClientAuth:   wanted,
		ClientCAs:    cas, // never nil: nil would be the system's roots
		NextProtos:   []string{"h2"},
		MinVersion:   tls.VersionTLS12,
		Time:         g.now,
		// A resumed session would not be judged by the CAs of today.
		SessionTicketsDisabled: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			if c, ok := hello.Conn.(*caller); ok && len(state.PeerCertificates) > 0 { // with an API key nobody shows a certificate
				g.callers.enter(c, whose, state)
			}
			return nil
		},
	}, nil
}

func serverName(sni string) string { return strings.ToLower(strings.TrimSuffix(sni, ".")) }

func isLocal(name string) bool {
	return name == "" || name == "localhost" || net.ParseIP(name) != nil
}

// GetClaims hands the TLS connection, whose client certificate was verified, and the API key on to Authorize.
func (g *gate) GetClaims(info *authorization.AuthInfo) (*authorization.Claims, error) {
	if info == nil || info.TLSConnection == nil {
		return nil, nil
	}
	return &authorization.Claims{Extensions: presented{info.TLSConnection.State, info.AuthToken}}, nil
}

const (
	workflowService = "/temporal.api.workflowservice.v1.WorkflowService/"
	healthCheck     = "/grpc.health.v1.Health/Check"
)

// withoutNamespace are the calls that Cloud answers though they name no namespace: SDKs make the first
// when they connect.
var withoutNamespace = map[string]bool{workflowService + "GetSystemInfo": true, healthCheck: true}

// administration are the calls about namespaces that in Cloud only the control plane makes
// (a comment in temporalio/sdk-typescript says so of OperatorService).
var administration = map[string]bool{
	workflowService + "RegisterNamespace":  true,
	workflowService + "UpdateNamespace":    true,
	workflowService + "DeprecateNamespace": true,
}

// Authorize lets the system's own workers through and judges everyone else as Cloud does. A refusal says
// "Request unauthorized." and no more.
func (g *gate) Authorize(ctx context.Context, c *authorization.Claims, t *authorization.CallTarget) (authorization.Result, error) {
	allow, deny := authorization.Result{Decision: authorization.DecisionAllow}, authorization.Result{Decision: authorization.DecisionDeny}
	switch {
	case c == nil:
		return deny, nil
	case c.System == authorization.RoleAdmin:
		return allow, nil // came through the internal frontend
	}
	who, ok := c.Extensions.(presented)
	if s := g.keyed(who.state); s != nil {
		return g.judgeKey(s, who.token, t)
	}
	if !ok || len(who.state.PeerCertificates) == 0 {
		return deny, nil
	}
	if s := g.realm().byName[t.Namespace]; s != nil && s.is("slow-answers") {
		dawdle(ctx)
	}
	switch g.judgeAndNote(ctx, who.state, t) {
	case allowed:
		return allow, nil
	case unknown:
		return deny, serviceerror.NewNamespaceNotFound(t.Namespace)
	}
	return deny, nil
}

// judgeAndNote judges a call and writes it into the book in one go: a change of the bundle that looks at the
// book comes before both or after both.
func (g *gate) judgeAndNote(ctx context.Context, state tls.ConnectionState, t *authorization.CallTarget) verdict {
	g.callers.mu.Lock()
	defer g.callers.mu.Unlock()
	v := g.judge(state, t)
	if v != unknown {
		g.callers.call(ctx, t.Namespace, t.Request, v)
	}
	return v
}

// slowAnswer is how long the switch slow-answers keeps each call.
const slowAnswer = 6 * time.Second

func dawdle(ctx context.Context) {
	t := time.NewTimer(slowAnswer)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// verdict on a call.
type verdict int

const (
	refused verdict = iota
	allowed
	unknown // no such namespace
)

func allowedIf(b bool) verdict {
	if b {
		return allowed
	}
	return refused
}

// judge judges one call of a connection. The connection's certificate is judged again by the CAs as they
// are now, so that a replaced CA ends the calls of connections that it let in.
func (g *gate) judge(state tls.ConnectionState, t *authorization.CallTarget) verdict {
	r, chain := g.realm(), state.PeerCertificates
	var bound *space // the namespace that the connection was made for
	if name := serverName(state.ServerName); !isLocal(name) {
		if bound = r.byHost[name]; bound == nil || bound.is("namespace-missing") {
			return refused // forgotten since
		}
	}
	switch {
	case withoutNamespace[t.APIName]:
		if bound != nil {
			return allowedIf(bound.trusts(chain, g.now()))
		}
		return allowedIf(verifies(chain, r.pool, g.now()))
	case !strings.HasPrefix(t.APIName, workflowService), administration[t.APIName]:
		return refused
	}
	if _, ok := t.Request.(interface{ GetNamespace() string }); !ok {
		return refused // the likes of ListNamespaces
	}
	if t.Namespace == "" {
		// The server answers "Namespace not set on request.", unless it is asked for a namespace's UUID.
		d, ok := t.Request.(*workflowservice.DescribeNamespaceRequest)
		return allowedIf(!ok || d.GetId() == "")
	}
	if bound != nil && t.Namespace != bound.id.String() {
		return refused
	}
	s := r.byName[t.Namespace]
	if s == nil || s.is("namespace-missing") {
		if verifies(chain, r.pool, g.now()) && t.Namespace != primitives.SystemLocalNamespace {
			return unknown
		}
		return refused
	}
	return allowedIf(s.lets(chain, g.now()))
}

// verifies reports whether a client chain, leaf first, leads to one of roots.
func verifies(chain []*x509.Certificate, roots *x509.CertPool, now time.Time) bool {
	o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool(), CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	for _, c := range chain[1:] {
		o.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(o)
	return err == nil
}
