package certsvc

import (
	"crypto/x509"
	"slices"
	"time"
)

// musts are the rules for client certificates that docs.temporal.io/cloud/certificates calls a must and that a certificate
// breaks by what it says. Left out is what Temporal's own tool breaks: its client certificates have no keyUsage
// (temporalio/tcld app/certificates.go).
var musts = []string{"CH-13", "CH-16", "CH-18", "CH-19", "CH-20", "CH-21", "CH-25"}

// BrokenMusts judges a client chain that was verified, leaf first and its root last, by the rules that Temporal Cloud's
// documentation calls a must: X.509 v3, CA:false, Digital Signature in a keyUsage that is there, RSA or ECDSA with SHA-256
// or stronger, and no name twice in the chain. How strictly Temporal Cloud enforces them in the handshake is not known.
func BrokenMusts(chain []*x509.Certificate, now time.Time) []Lint {
	if len(chain) == 0 {
		return nil
	}
	var ls lints
	ls.clientAlone(chain[0], now)
	ls.names(chain)
	return slices.DeleteFunc(ls, func(l Lint) bool { return !slices.Contains(musts, l.Code) })
}
