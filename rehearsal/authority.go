//go:build !lean

package rehearsal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync"
	"time"
)

// serverLife is how long the server's certificates last. They live in memory and are new at each start.
const serverLife = 10 * 365 * 24 * time.Hour

// authority issues the certificates that the rehearsal shows to its callers: leaves under an own root.
// A CA as server certificate would not do: the SDKs on rustls refuse it (CaUsedAsEndEntity).
type authority struct {
	root    *x509.Certificate
	rootPEM []byte
	key     *ecdsa.PrivateKey

	mu     sync.Mutex
	leaves map[string]*tls.Certificate // by account, or "host " and a host; "" is the local names
}

// newAuthority makes a root of this common name.
func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	root := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Onramp rehearsal"}, CommonName: name},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(serverLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	a := &authority{key: key, root: root, leaves: map[string]*tls.Certificate{}}
	der, err := a.sign(root, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	a.root, err = x509.ParseCertificate(der)
	a.rootPEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, err
}

func (a *authority) sign(template *x509.Certificate, public *ecdsa.PublicKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, template, a.root, public, a.key)
}

// leaf returns the server certificate for an account, "*.<account>.tmprl.cloud" as Cloud's is
// (reported in PeerDB-io/peerdb#4215), or for account "" the one for localhost. It is made at first use.
func (a *authority) leaf(account string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.leaves[account]; l != nil {
		return l, nil
	}
	l, err := a.issue(account, func(*x509.Certificate) {})
	if err == nil {
		a.leaves[account] = l
	}
	return l, err
}

// named returns the server certificate for one host, made at first use.
func (a *authority) named(host string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if l := a.leaves["host "+host]; l != nil {
		return l, nil
	}
	l, err := a.issue("", func(t *x509.Certificate) {
		t.Subject.CommonName, t.DNSNames, t.IPAddresses = host, []string{host}, nil
	})
	if err == nil {
		a.leaves["host "+host] = l
	}
	return l, err
}

// local is a certificate for this machine, changed by f before it is signed.
func (a *authority) local(f func(*x509.Certificate)) (*tls.Certificate, error) { return a.issue("", f) }

func (a *authority) issue(account string, f func(*x509.Certificate)) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Onramp rehearsal"}},
		NotBefore:             a.root.NotBefore,
		NotAfter:              a.root.NotAfter.Add(-24 * time.Hour),
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if account == "" {
		t.Subject.CommonName = "localhost"
		t.DNSNames, t.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	} else {
		t.Subject.CommonName = "*." + account + "." + domain
		t.DNSNames = []string{t.Subject.CommonName}
	}
	f(t)
	der, err := a.sign(t, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, nil
}
