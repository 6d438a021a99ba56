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

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/rpc/encryption"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/namespace"
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
	lenient   atomic.Bool                    // certificates that break a documented must are let in
}

// strictly judges a client certificate that leads to a CA of the namespace by what Temporal Cloud's documentation calls a
// must; one chain of several is enough.
func (g *gate) strictly(state tls.ConnectionState) error {
	if g.lenient.Load() {
		return nil
	}
	var broken []certsvc.Lint
	for _, chain := range state.VerifiedChains {
		if broken = certsvc.BrokenMusts(chain, g.now()); len(broken) == 0 {
			return nil
		}
	}
	if len(broken) == 0 {
		return nil // nobody showed a certificate
	}
	return errors.New(broken[0].Text)
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
// (docs.temporal.io/cloud/connectivity): a namespace's endpoint gets that namespace's client CAs; a regional endpoint takes
// API keys; localhost, an address or no name gets the CAs of all namespaces, or at the door of API keys none, and the
// namespace of its first call decides; any other name is cut off in the handshake.
func (g *gate) forClient(hello *tls.ClientHelloInfo) (*tls.Config, error) {
	r := g.realm()
	c, _ := hello.Conn.(*caller)
	v := &visit{}
	cas, keyed := r.pool, false
	var leaf *tls.Certificate
	var err error
	switch name := serverName(hello.ServerName); {
	case isLocal(name):
		keyed = c != nil && c.keys
		leaf, err = g.authority.leaf("")
	case isRegional(name):
		keyed, v.regional = true, true
		leaf, err = g.authority.named(name)
	default:
		s := r.byHost[name]
		if s == nil || s.is("namespace-missing") {
			if c != nil {
				c.reset()
			}
			return nil, errors.New("no namespace has this endpoint")
		}
		cas, v.namespace, keyed = s.pool, s.id.String(), !s.takes(cloud.AuthMTLS)
		leaf, err = g.authority.leaf(s.id.Account)
	}
	if err != nil {
		return nil, err
	}
	wanted := tls.RequireAndVerifyClientCert
	if v.keyed = keyed; keyed {
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
			if err := g.strictly(state); err != nil {
				return err // Go answers it with the alert bad_certificate
			}
			if c != nil {
				g.callers.enter(c, v, state)
			}
			return nil
		},
	}, nil
}

func serverName(sni string) string { return strings.ToLower(strings.TrimSuffix(sni, ".")) }

// isRegional reports whether a host is one of Temporal Cloud's regional endpoints.
func isRegional(name string) bool {
	r, ok := namespace.LookupRegion(name)
	return ok && strings.HasPrefix(r.Endpoint, name+":")
}

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
	reflection      = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"
	oldReflection   = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
)

// withoutNamespace are the calls that Cloud answers though they name no namespace: SDKs make the first
// when they connect; the recipes of Temporal's own support use grpcurl without the API's files, which needs reflection
// (temporalio/dev-success).
var withoutNamespace = map[string]bool{workflowService + "GetSystemInfo": true, healthCheck: true, reflection: true, oldReflection: true}

// nobodys are the calls that no permission of a namespace is enough for: the table of
// docs.temporal.io/cloud/manage-access/permissions-reference has none of them.
var nobodys = map[string]bool{workflowService + "ScanWorkflowExecutions": true}

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
	if !ok {
		return deny, nil
	}
	if s, keyed := g.keyed(ctx, who.state); keyed {
		return g.judgeKey(ctx, s, who.token, t)
	}
	if len(who.state.PeerCertificates) == 0 {
		return deny, keyAtOwnEndpoint(g.realm().byHost[serverName(who.state.ServerName)])
	}
	if s := g.realm().byName[t.Namespace]; s != nil && s.is("slow-answers") {
		dawdle(ctx)
	}
	if g.judgeAndNote(ctx, who.state, t) == allowed {
		return allow, nil
	}
	return deny, nil
}

// judgeAndNote judges a call and writes it into the book in one go: a change of the bundle that looks at the
// book comes before both or after both.
func (g *gate) judgeAndNote(ctx context.Context, state tls.ConnectionState, t *authorization.CallTarget) verdict {
	g.callers.mu.Lock()
	defer g.callers.mu.Unlock()
	v := g.judge(state, t)
	if !g.callers.binds(ctx, t.Namespace, v) {
		v = refused
	}
	g.callers.call(ctx, t.Namespace, t.Request, v)
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
	case !strings.HasPrefix(t.APIName, workflowService), administration[t.APIName], nobodys[t.APIName]:
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
