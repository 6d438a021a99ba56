// Package controltest is a control plane for tests: the rehearsal's own, over namespaces in memory.
package controltest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/fault"
	"onramp/namespace"
	"onramp/rehearsal/control"
)

// Account is the account of every namespace.
const Account = "a2dd6"

// Plane is a control plane that serves.
type Plane struct {
	*control.Server
	*Shelf
	Address string // host:port
	RootPEM []byte // the root of its certificate

	t    testing.TB
	pair tls.Certificate
	stop func()
}

// Start serves on a port of its own until the test ends; Spaces and TLS of the options are set here.
func Start(t testing.TB, o control.Options) *Plane {
	t.Helper()
	p := &Plane{Shelf: &Shelf{spaces: map[string]control.Space{}}, t: t}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	p.RootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.pair = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	p.serve(o, "127.0.0.1:0")
	return p
}

// Again serves the same namespaces at the same address with other options, after Stop.
func (p *Plane) Again(o control.Options) { p.serve(o, p.Address) }

func (p *Plane) serve(o control.Options, address string) {
	p.t.Helper()
	o.Spaces, o.TLS = p.Shelf, &tls.Config{Certificates: []tls.Certificate{p.pair}}
	if o.Delay == 0 {
		o.Delay = 4 * time.Millisecond
	}
	server, err := control.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Server, p.Address = server, l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	p.stop = sync.OnceFunc(func() { server.Close(); <-served })
	p.t.Cleanup(p.stop)
}

// Stop ends it; its namespaces stay.
func (p *Plane) Stop() { p.stop() }

// Key is a new key of a role.
func (p *Plane) Key(r control.Role) certsvc.Secret {
	p.t.Helper()
	secret, err := p.NewKey(Account, r, "test", time.Hour)
	if err != nil {
		p.t.Fatal(err)
	}
	return secret
}

// Shelf is namespaces in memory.
type Shelf struct {
	mu     sync.Mutex
	spaces map[string]control.Space
	puts   int
	both   bool
}

// Allow says whether the account has both sign-in methods at once.
func (s *Shelf) Allow(both bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.both = both
}

// Both reports what Allow said.
func (s *Shelf) Both() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.both
}

// Puts is how many changes were made.
func (s *Shelf) Puts() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}

// Ready is nil at once.
func (s *Shelf) Ready(context.Context) error { return nil }

// All are the namespaces.
func (s *Shelf) All() []control.Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []control.Space
	for _, sp := range s.spaces {
		out = append(out, sp)
	}
	return out
}

// Judge finds nothing: the control plane's own rules stay.
func (s *Shelf) Judge(control.Space) error { return nil }

// Put makes or replaces a namespace.
func (s *Shelf) Put(_ context.Context, next control.Space, was string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spaces[next.ID.String()].Version != was {
		return fault.New(fault.Conflict, "It was changed meanwhile", "Look again.")
	}
	s.puts++
	next.Version = rand.Text()
	s.spaces[next.ID.String()] = next
	return nil
}

// PutEndpoint does nothing: who needs one has a server.
func (s *Shelf) PutEndpoint(context.Context, string, control.Endpoint) error { return nil }

// DeleteEndpoint does nothing.
func (s *Shelf) DeleteEndpoint(context.Context, string) error { return nil }

// Set puts a namespace there as somebody else would, without an operation.
func (s *Shelf) Set(sp control.Space) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp.Version = rand.Text()
	s.spaces[sp.ID.String()] = sp
}

// Delete takes a namespace out.
func (s *Shelf) Delete(_ context.Context, id namespace.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.spaces, id.String())
	return nil
}

// RenameAttribute renames a search attribute.
func (s *Shelf) RenameAttribute(_ context.Context, id namespace.ID, from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sp := s.spaces[id.String()]
	sp.Attributes, sp.Version = map[string]string{to: sp.Attributes[from]}, rand.Text()
	s.spaces[id.String()] = sp
	return nil
}
