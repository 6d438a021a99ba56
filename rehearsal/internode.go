//go:build !lean

package rehearsal

import (
	"crypto/tls"
	"crypto/x509"
	"time"
)

// internodeName is the name of every service behind the door; nobody looks it up (RFC 2606 §2).
const internodeName = "internode.onramp.invalid"

// internode is how the services behind the door know each other. They listen on ports of loopback, which any user of
// the machine can find and dial, so each shows a certificate of a root that this process makes at its start and uses
// once: no file has it, the server certificates at the door stand under another, and no tenant's CA counts.
type internode struct{ server, client *tls.Config }

func newInternode() (*internode, error) {
	root, err := newAuthority("Onramp rehearsal internode root")
	if err != nil {
		return nil, err
	}
	cert, err := root.local(func(t *x509.Certificate) {
		t.Subject.CommonName, t.DNSNames, t.IPAddresses = internodeName, []string{internodeName}, nil
		t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	})
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(root.root)
	// The certificate lives as long as the process: a clock that is set while it runs must not end it.
	born := time.Now()
	still := func() time.Time { return born }
	return &internode{
		server: &tls.Config{Certificates: []tls.Certificate{*cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
			MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}, SessionTicketsDisabled: true, Time: still},
		client: &tls.Config{Certificates: []tls.Certificate{*cert}, RootCAs: pool, ServerName: internodeName,
			MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}, Time: still},
	}, nil
}
