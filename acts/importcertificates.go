package acts

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"strings"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// Import takes certificates that were made elsewhere, when Cloud would take them. Faults are Invalid, at the fields
// ca_pem and leaf_pem, or Conflict where workers sign in with an API key.
func (c Certificates) Import(ctx context.Context, by Actor, id, caPEM, leafPEM string) (v migration.View, err error) {
	defer unchanged(&err)
	if v, err = c.View(ctx, id); err != nil {
		return v, err
	}
	if err := migration.TakesCertificates(v); err != nil {
		return v, err
	}
	now := c.o.Now()
	cas, bad := certsvc.LintBundle([]byte(caPEM), now)
	errs := refusals(bad, "ca_pem")
	chain, _, err := certsvc.ReadCertificates([]byte(leafPEM))
	switch {
	case err != nil:
		errs = append(errs, fault.From(err).In("leaf_pem"))
	case strings.Contains(leafPEM, "PRIVATE KEY"):
		errs = append(errs, leaked("leaf_pem", "Paste certificates only. Nothing was stored."))
	case len(errs) == 0:
		errs = refusals(certsvc.LintLeaf(chain, cas, now), "leaf_pem")
	}
	if err := join(errs...); err != nil {
		return v, err
	}
	ca, leaf := issuerOf(chain[0], cas), chain[0]
	v, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SetCertificate(migration.CertificateData{Lane: LaneImport,
			CAPEM: pemText(cas...), LeafPEM: pemText(chain...), CAFingerprint: certsvc.Fingerprint(ca), LeafFingerprint: certsvc.Fingerprint(leaf),
			CASubject: certsvc.SubjectOf(ca), LeafSubject: certsvc.SubjectOf(leaf), KeyType: string(certsvc.KeyTypeOf(leaf.PublicKey)),
			CANotAfter: ca.NotAfter, LeafNotAfter: leaf.NotAfter})
		r := note(id, custody.Imported, "")
		r.Subject, r.Fingerprint, r.CAFingerprint = certsvc.SubjectOf(leaf), certsvc.Fingerprint(leaf), certsvc.Fingerprint(ca)
		return entry{facts: facts, records: []custody.Record{r}}, err
	})
	if err != nil {
		return v, err
	}
	for _, held := range []custody.Held{client(by, id), successor(by, id)} { // what was lent before is of another certificate
		if !c.lentIs(held, certsvc.Fingerprint(leaf)) {
			c.o.Keyring.Forget(held)
		}
	}
	c.o.CertificatesChanged()
	return v, nil
}

// leaked is a private key where a certificate belongs.
func leaked(field, fix string) error {
	f := fault.New(fault.Invalid, "A private key is among the certificates", fix).In(field)
	f.Code = "IN-16"
	return f
}

// issuerOf is the CA of the bundle that signed a certificate, the one of the issuer's name where none did, the first
// one when none bears it.
func issuerOf(leaf *x509.Certificate, cas []*x509.Certificate) *x509.Certificate {
	named := cas[0]
	for i := len(cas) - 1; i >= 0; i-- {
		if string(cas[i].RawSubject) == string(leaf.RawIssuer) {
			named = cas[i]
			if leaf.CheckSignatureFrom(cas[i]) == nil {
				return named
			}
		}
	}
	return named
}

// pemText is certificates in PEM.
func pemText(certs ...*x509.Certificate) string {
	var b strings.Builder
	for _, c := range certs {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
	}
	return b.String()
}
