//go:build !lean

package rehearsal

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"slices"
	"strings"
	"sync"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/namespace"
)

// realm is every namespace of the rehearsal as it stood at one moment. It never changes; a change makes
// a new one, which applies to handshakes and calls at once.
type realm struct {
	byName map[string]*space // by Namespace ID
	byHost map[string]*space // by endpoint host
	pool   *x509.CertPool    // the CAs of all
	both   bool              // a namespace may take both sign-in methods
}

func newRealm(spaces []*space, both bool) *realm {
	r := &realm{byName: map[string]*space{}, byHost: map[string]*space{}, pool: x509.NewCertPool(), both: both}
	for _, s := range spaces {
		r.byName[s.id.String()], r.byHost[s.id.Host()] = s, s
		for _, c := range s.holds {
			if s.takes(cloud.AuthMTLS) {
				r.pool.AddCert(c)
			}
		}
	}
	return r
}

// spaces returns the namespaces, oldest first.
func (r *realm) spaces() []*space {
	out := make([]*space, 0, len(r.byName))
	for _, s := range r.byName {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *space) int {
		if c := a.created.Compare(b.created); c != 0 {
			return c
		}
		return strings.Compare(a.id.String(), b.id.String())
	})
	return out
}

// with returns a realm in which s stands in the place of the namespace of the same ID.
func (r *realm) with(s *space) *realm {
	all := []*space{s}
	for _, o := range r.byName {
		if o.id != s.id {
			all = append(all, o)
		}
	}
	return newRealm(all, r.both)
}

// without returns a realm that lacks a namespace.
func (r *realm) without(id namespace.ID) *realm {
	var all []*space
	for _, o := range r.byName {
		if o.id != id {
			all = append(all, o)
		}
	}
	return newRealm(all, r.both)
}

// breaking sets up the switches that were on when the namespaces were saved.
func (r *realm) breaking(p *practice) *realm {
	var all []*space
	for _, s := range r.byName {
		all = append(all, s.breaking(p, s.broken))
	}
	return newRealm(all, r.both)
}

// space is one namespace: what it trusts and since when it is there. It never changes.
type space struct {
	id      namespace.ID
	created time.Time
	bundle  string // PEM, as uploaded
	cas     []*x509.Certificate
	signIn  string          // cloud.AuthMTLS, cloud.AuthAPIKey or cloud.AuthBoth
	keys    []apiKey        // oldest first
	filters certsvc.Filters // none lets every certificate of the CAs pass (temporalio/tcld app/namespace.go)

	// What the control plane keeps with it (package control).
	version    string            // another one for each change of the above and the below
	retention  int               // in days; 0 is the rehearsal's own
	attributes map[string]string // custom search attributes by name: "Keyword"
	rest       []byte            // of its spec: what the door enforces nothing of

	was *saved // before the bundle was changed last; nil once it was taken back, or after a start

	// What holds under the switches that are on; without any, what was saved.
	broken      []string // ids of cloud.Breaks, in their order
	holds       []*x509.Certificate
	pool        *x509.CertPool
	admits      certsvc.Filters
	shownBundle string

	mu     sync.Mutex
	judged map[[sha256.Size]byte]bool // verdicts by client chain: a worker calls often with the same one
}

// saved is what a change of a bundle changes.
type saved struct {
	bundle string
	cas    []*x509.Certificate
	broken []string
}

func newSpace(id namespace.ID, created time.Time, bundle string, cas []*x509.Certificate, f certsvc.Filters) *space {
	s := &space{id: id, created: created, bundle: bundle, cas: cas, signIn: cloud.AuthMTLS, filters: f, admits: f, shownBundle: bundle, version: randomID(), judged: map[[sha256.Size]byte]bool{}}
	s.trust(cas)
	return s
}

// trust sets the CAs that hold.
func (s *space) trust(cas []*x509.Certificate) {
	s.holds, s.pool = cas, x509.NewCertPool()
	for _, c := range cas {
		s.pool.AddCert(c)
	}
}

// takes reports whether programs sign in with cloud.AuthMTLS, or with cloud.AuthAPIKey.
func (s *space) takes(auth string) bool { return s.signIn == auth || s.signIn == cloud.AuthBoth }

// maxJudged bounds the verdicts kept by one namespace.
const maxJudged = 1024

// trusts reports whether a client chain, leaf first, leads to the namespace's CAs.
func (s *space) trusts(chain []*x509.Certificate, now time.Time) bool {
	var raw [][]byte
	for _, c := range chain {
		raw = append(raw, c.Raw)
	}
	key := sha256.Sum256(bytes.Join(raw, nil)) // DER says its own length: no two chains join to the same
	s.mu.Lock()
	defer s.mu.Unlock()
	verdict, known := s.judged[key]
	if !known {
		if len(s.judged) >= maxJudged {
			clear(s.judged)
		}
		verdict = verifies(chain, s.pool, now)
		s.judged[key] = verdict
	}
	return verdict
}

// shown is the namespace as the rehearsal cloud shows it.
func (s *space) shown() cloud.Namespace {
	n := cloud.Namespace{ID: s.id, BundlePEM: s.shownBundle, Bytes: len(s.shownBundle), Created: s.created, Auth: s.signIn, Keys: s.shownKeys()}
	if len(s.admits) > 0 {
		n.Filters = s.admits.JSON()
	}
	held := s.cas
	if s.is("wrong-ca") {
		held = s.holds
	}
	for _, c := range held {
		n.CAs = append(n.CAs, cloud.CA{Subject: certsvc.SubjectOf(c), Fingerprint: certsvc.Fingerprint(c), NotAfter: c.NotAfter})
	}
	return n
}

// lets reports whether a client chain, leaf first, may call: it leads to the namespace's CAs and the leaf
// matches a certificate filter.
func (s *space) lets(chain []*x509.Certificate, now time.Time) bool {
	if !s.takes(cloud.AuthMTLS) || !s.trusts(chain, now) {
		return false
	}
	_, ok := s.admits.Match(chain[0])
	return ok
}
