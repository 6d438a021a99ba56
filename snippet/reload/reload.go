// Package reload presents the client certificate that lies in two files now, not the one that lay there when
// the program started.
package reload

import (
	"crypto/tls"
	"sync/atomic"
)

// ClientTLS reads the pair anew for every handshake. Give it to client.Options.ConnectionOptions.TLS.
func ClientTLS(certFile, keyFile string) *tls.Config {
	var last atomic.Pointer[tls.Certificate]
	return &tls.Config{
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(certFile, keyFile)
			if err == nil {
				last.Store(&pair)
				return &pair, nil
			}
			if old := last.Load(); old != nil {
				return old, nil // one file is new and the other is not yet
			}
			return nil, err
		},
	}
}
