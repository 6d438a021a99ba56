package certsvc

import (
	"context"
	"crypto"
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// Chain is a certificate and those above it, as far as the files have them.
type Chain struct {
	Certs   []*x509.Certificate // from the client, or the lowest CA, up
	KeyFile string              // the file that holds the key of the first; "" for none
}

// Complete reports whether the chain goes up to a root: a client certificate that signed itself is none.
func (c Chain) Complete() bool { return roleOf(c.Certs[len(c.Certs)-1]) == RoleRoot }

// SignedItself reports whether the chain is one client certificate without a CA: its issuer is not missing.
func (c Chain) SignedItself() bool {
	return len(c.Certs) == 1 && roleOf(c.Certs[0]) == RoleClient && selfSigned(c.Certs[0])
}

// ChainOf is a client chain (leaf first) and the CAs above it, as far as chain and cas have them.
func ChainOf(chain, cas []*x509.Certificate) Chain {
	return Chain{Certs: newPool(append(slices.Clone(chain[1:]), cas...)...).path(chain[0])}
}

// Chains are one chain for each certificate that signed no other here, in the order of the files.
func (inv Inventory) Chains() []Chain {
	all := inv.issuers()
	var out []Chain
	for _, c := range all.certs {
		if slices.ContainsFunc(all.certs, func(below *x509.Certificate) bool {
			return !below.Equal(c) && slices.ContainsFunc(all.issuersOf(below), c.Equal)
		}) {
			continue
		}
		chain := Chain{Certs: all.path(c)}
		for _, it := range inv.Items {
			if it.key != nil && chain.KeyFile == "" && sameKey(it.key.Public(), c.PublicKey) {
				chain.KeyFile = it.File
			}
		}
		out = append(out, chain)
	}
	return out
}

// maxJudged bounds the client certificates of one inventory that are judged.
const maxJudged = 20

// Judge lints what was found: the CAs as a bundle, and each client certificate with what stands above it here. Private
// keys beside them are no finding: these files go to nobody as they are.
func (inv Inventory) Judge(now time.Time) []Lint {
	cas := inv.CAs()
	var out []Lint
	if len(cas) > 0 {
		_, out = LintBundle(encodeCerts(cas...), now)
	}
	var anchors []*x509.Certificate // nil where no CA is here: then nothing is said of it
	if len(cas) > 0 {
		anchors = cas
	}
	all := inv.issuers()
	judged := 0
	for _, c := range inv.Chains() {
		if leaf := c.Certs[0]; roleOf(leaf) == RoleClient && judged < maxJudged {
			judged++
			for _, l := range all.lintLeaf(leaf, anchors, now) {
				if !slices.ContainsFunc(out, func(x Lint) bool { return x.Code == l.Code && x.Subject == l.Subject && x.Text == l.Text }) {
					out = append(out, l)
				}
			}
		}
	}
	return lints(out).sorted()
}

// CAs are the certificates that are roots or intermediates, each once.
func (inv Inventory) CAs() []*x509.Certificate {
	return slices.DeleteFunc(inv.Certificates(), func(c *x509.Certificate) bool { return roleOf(c) == RoleClient })
}

// RoleOf says what a certificate is for by what it says itself.
func RoleOf(c *x509.Certificate) Role { return roleOf(c) }

// Certificates are every certificate, in order, each once.
func (inv Inventory) Certificates() []*x509.Certificate {
	var out []*x509.Certificate
	for _, it := range inv.Items {
		if it.cert != nil && !slices.ContainsFunc(out, it.cert.Equal) {
			out = append(out, it.cert)
		}
	}
	return out
}

// keyFor is the key of a certificate, nil for none.
func (inv Inventory) keyFor(c *x509.Certificate) crypto.Signer {
	for _, it := range inv.Items {
		if it.key != nil && sameKey(it.key.Public(), c.PublicKey) {
			return it.key
		}
	}
	return nil
}

// troubles are those of items that stand in the way of using the others.
func (inv Inventory) troubles(kinds ...ItemKind) []*fault.Fault {
	var out []*fault.Fault
	for _, it := range inv.Items {
		if it.Trouble != nil && (len(kinds) == 0 || slices.Contains(kinds, it.Kind)) {
			out = append(out, it.Trouble)
		}
	}
	return out
}

// Authority is the one CA whose certificate and key are both here. Its CertPEM goes on to its root as
// far as the files have it. The error is joined Invalid faults: locked or damaged items, no CA, no key
// for it, more than one.
func (inv Inventory) Authority() (Issued, error) {
	var found []Issued
	var cas []string
	all := inv.issuers()
	for _, c := range all.certs {
		if r := roleOf(c); r != RoleRoot && r != RoleIntermediate {
			continue
		}
		cas = append(cas, SubjectOf(c))
		key := inv.keyFor(c)
		if key == nil {
			continue
		}
		secret, err := encodeKey(key)
		if err != nil {
			return Issued{}, err
		}
		found = append(found, Issued{Cert: c, CertPEM: encodeCerts(all.path(c)...), Key: secret})
	}
	if len(found) == 1 {
		_, err := authorityKey(found[0])
		return found[0], err
	}
	if len(found) > 1 {
		f := fault.New(fault.Invalid, "There are several CAs with their keys", "Provide one CA at a time.").In("ca")
		f.Cause = "Found: " + strings.Join(cas, "; ") + "."
		return Issued{}, f
	}
	if faults := inv.troubles(); len(faults) > 0 {
		return Issued{}, joined(faults...)
	}
	if len(cas) == 0 {
		f := fault.New(fault.Invalid, "There is no CA certificate in these files", "Provide ca.pem and ca.key; a CA certificate says CA:TRUE.").In("ca")
		f.Code = "CH-31"
		return Issued{}, f
	}
	f := fault.New(fault.Invalid, "The CA's key is not in these files", "Provide the key that was created with "+cas[0]+".").In("ca_key")
	if len(inv.keys()) > 0 {
		f.Code, f.Title = "KP-06", "The key in these files is not the CA's"
	}
	return Issued{}, f
}

func (inv Inventory) keys() []crypto.Signer {
	var out []crypto.Signer
	for _, it := range inv.Items {
		if it.key != nil {
			out = append(out, it.key)
		}
	}
	return out
}

// ClientPair is the one client certificate whose key is here, with its intermediates. The error is
// joined Invalid faults.
func (inv Inventory) ClientPair() (Pair, error) {
	var found []Pair
	all := inv.issuers()
	for _, c := range all.certs {
		if key := inv.keyFor(c); roleOf(c) == RoleClient && key != nil {
			chain := all.path(c)
			if last := chain[len(chain)-1]; len(chain) > 1 && selfSigned(last) {
				chain = chain[:len(chain)-1] // the root is the namespace's to know
			}
			found = append(found, Pair{Chain: chain, Key: key})
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return Pair{}, fault.New(fault.Invalid, "There are several client certificates with their keys", "Provide one pair at a time.").In(FieldCertificate)
	}
	if faults := inv.troubles(); len(faults) > 0 {
		return Pair{}, joined(faults...)
	}
	if i := slices.IndexFunc(all.certs, func(c *x509.Certificate) bool { return roleOf(c) == RoleClient }); i >= 0 && len(inv.keys()) > 0 {
		return Pair{}, mismatch(all.certs[i], inv.keys()[0].Public(), all.certs)
	} else if i >= 0 {
		return Pair{}, problem{key: "KP-36"}.fault().In(FieldKey)
	}
	return Pair{}, problem{key: "KP-01"}.fault().In(FieldCertificate)
}

// ReadAuthority is Inspect and Authority: a CA and its key from whatever files a person has.
func ReadAuthority(files []File, passphrase string) (Issued, []Repair, error) {
	return ReadAuthorityContext(context.Background(), files, passphrase)
}

// ReadAuthorityContext is InspectContext and Authority.
func ReadAuthorityContext(ctx context.Context, files []File, passphrase string) (Issued, []Repair, error) {
	inv, err := InspectContext(ctx, files, passphrase)
	if err != nil {
		return Issued{}, nil, err
	}
	ca, err := inv.Authority()
	return ca, inv.Repairs, err
}
