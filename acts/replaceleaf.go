package acts

import (
	"context"
	"crypto/x509"
	"strings"
	"time"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// NewLeaf asks for the client certificate that comes in a replacement.
type NewLeaf struct {
	Lane    string // MakerServer, MakerBrowser, LaneCSR or LaneImport
	PEM     string // of LaneImport
	Spec    certsvc.LeafSpec
	CSR     []byte // of MakerBrowser and LaneCSR
	CAKey   []byte // of the new CA, where the person brings it
	KeyPass string // of CAKey
	Lend    bool   // Onramp may use the client's key for tests for a while
	LentKey []byte // where the browser made it
}

// TakeLeaf makes, signs or takes the client certificate under the new CA. A key made here waits for its one download.
// Faults are at the fields leaf_pem, csr, ca_key, lend, common_name, organization, leaf_days and key_type.
func (r Replacements) TakeLeaf(ctx context.Context, by Actor, id string, req NewLeaf) (err error) {
	defer unchanged(&err)
	v, err := asSeen(ctx, r.Book, id)
	if err != nil {
		return err
	}
	re := v.Replacement()
	if err := re.CanTakeLeaf(); err != nil {
		return err
	}
	cas, _, err := certsvc.ReadCertificates([]byte(re.NewCA.PEM))
	if err != nil {
		return err
	}
	if req.Lane == LaneImport {
		leaf, err := importLeaf(req.PEM, cas, r.o.Now())
		if err != nil {
			return err
		}
		rec := note(id, custody.Imported, "")
		rec.Subject, rec.Fingerprint, rec.CAFingerprint = certsvc.SubjectOf(leaf.Cert), leaf.Fingerprint(), re.NewCA.Fingerprint
		_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
			facts, err := v.SetNewLeaf(leafData(LaneImport, re, leaf))
			return entry{facts: facts, records: []custody.Record{rec}}, err
		})
		return fault.Rename(err, map[string]string{"leaf": "leaf_pem"})
	}
	return r.signer(ctx, by, v, req, func(ca certsvc.Issued) error {
		return r.signLeaf(ctx, by, v, ca, cas, req)
	})
}

// signLeaf signs with a CA that was lent for this.
func (r Replacements) signLeaf(ctx context.Context, by Actor, v migration.View, ca certsvc.Issued, cas []*x509.Certificate, req NewLeaf) error {
	re, id := v.Replacement(), v.Migration.ID
	var leaf certsvc.Issued
	var err error
	switch {
	case req.Lane == MakerServer:
		leaf, err = r.o.Issuer.Leaf(ca, req.Spec)
	case strings.TrimSpace(string(req.CSR)) == "":
		return fault.New(fault.Invalid, "The signing request is missing", "Paste it, or let this browser or Onramp make the key.").In("csr")
	default:
		leaf, err = r.o.Issuer.Sign(ca, req.CSR, req.Spec)
	}
	if err != nil {
		return fault.Rename(err, map[string]string{"days": "leaf_days", "organizational_unit": "organization", "dns_names": "common_name", "ca": "ca_key", "": "common_name"})
	}
	defer clear(leaf.Key.Reveal())
	if err := join(refusals(certsvc.LintLeaf([]*x509.Certificate{leaf.Cert}, cas, r.o.Now()), "common_name")...); err != nil {
		return err
	}
	made := r.newMade(by, id, certsvc.Set{Leaf: leaf})
	defer made.close()
	if !leaf.Key.Empty() {
		f, err := packBundle(v, r.Target(v), certsvc.Bundle{Address: r.Target(v).Address, Namespace: v.Namespace.Namespace, CAPEM: []byte(re.NewCA.PEM), ClientPEM: leaf.CertPEM, ClientKey: leaf.Key})
		if err := made.pack(bundleOf(by, id, leaf.Fingerprint()), f, err); err != nil {
			return err
		}
	}
	if err := made.book(); err != nil {
		return err
	}
	if err := made.lendWhat(IssueSet{Lend: req.Lend, LentKey: req.LentKey}); err != nil {
		return err
	}
	_, err = r.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.SetNewLeaf(leafData(req.Lane, re, leaf))
		return entry{facts: facts, records: custody.SignedRecords(r.now(), id, req.Lane, re.NewCA.Fingerprint, leaf.Cert)}, err
	})
	if err != nil {
		return fault.Rename(err, map[string]string{"leaf": "common_name"})
	}
	made.publishTo(successor(by, id))
	return nil
}

// signer lends the CA that signs the new client certificate to work: as the person brings its key, else from the
// archive that still waits for its download, else from custody while it is open.
func (r Replacements) signer(ctx context.Context, by Actor, v migration.View, req NewLeaf, work func(certsvc.Issued) error) error {
	re, id := v.Replacement(), v.Migration.ID
	want := re.NewCA.Fingerprint
	if len(req.CAKey) > 0 {
		ca, _, err := certsvc.ReadAuthority([]certsvc.File{{Name: certsvc.FileCA, Content: []byte(re.NewCA.PEM)}, {Name: certsvc.FileCAKey, Content: req.CAKey}}, req.KeyPass)
		if err != nil {
			return fault.From(err).In("ca_key")
		}
		defer clear(ca.Key.Reveal())
		return work(ca)
	}
	for _, held := range r.keysWaiting(by, v) {
		if ca, err := r.waiting(held); err == nil && ca.Fingerprint() == want {
			defer clear(ca.Key.Reveal())
			return work(ca)
		}
	}
	if s, err := r.o.Keeper.Status(ctx, id); err == nil && s.Kept && s.Open && s.CAFingerprint == want {
		began := false
		err := r.o.Keeper.Use(ctx, by, id, func(ca certsvc.Issued) error { began = true; return work(ca) })
		if began {
			return err
		}
	}
	return fault.New(fault.Invalid, "The key of the CA is missing", "Paste ca.key, or choose the file. It signs this one certificate and is forgotten.").In("ca_key")
}

// keysWaiting are the downloads that may hold the key of the CA that signs.
func (r Replacements) keysWaiting(by Actor, v migration.View) []custody.Held {
	re := v.Replacement()
	var out []custody.Held
	candidates := []custody.Held{newCAKeyOf(by, v.Migration.ID, re.NewCA.Fingerprint)}
	if re.What == migration.ReplaceLeaf && v.Certificate != nil {
		candidates = append(candidates, caKeyOf(by, v.Migration.ID, v.Certificate.LeafFingerprint))
	}
	for _, held := range candidates {
		if _, ok := r.o.Vault.Waiting(held); ok {
			out = append(out, held)
		}
	}
	return out
}

// HasCAKey reports whether the key of the CA that signs the new client certificate still waits here.
func (r Replacements) HasCAKey(by Actor, v migration.View) bool { return len(r.keysWaiting(by, v)) > 0 }

// importLeaf reads a client certificate that another PKI issued under the new CA.
func importLeaf(text string, cas []*x509.Certificate, now time.Time) (certsvc.Issued, error) {
	chain, _, err := certsvc.ReadCertificates([]byte(text))
	if err != nil {
		return certsvc.Issued{}, fault.From(err).In("leaf_pem")
	}
	if strings.Contains(text, "PRIVATE KEY") {
		return certsvc.Issued{}, leaked("leaf_pem", "Paste certificates only. Nothing was stored.")
	}
	if err := join(refusals(certsvc.LintLeaf(chain, cas, now), "leaf_pem")...); err != nil {
		return certsvc.Issued{}, err
	}
	return certsvc.Issued{Cert: chain[0], CertPEM: []byte(pemText(chain...))}, nil
}

// leafData are the public facts of a new client certificate.
func leafData(lane string, re *migration.Replacement, leaf certsvc.Issued) migration.CertificateData {
	return migration.CertificateData{Lane: lane, CAPEM: re.NewCA.PEM, LeafPEM: string(leaf.CertPEM), CAFingerprint: re.NewCA.Fingerprint,
		LeafFingerprint: leaf.Fingerprint(), CASubject: re.NewCA.Subject, LeafSubject: certsvc.SubjectOf(leaf.Cert),
		KeyType: string(certsvc.KeyTypeOf(leaf.Cert.PublicKey)), CANotAfter: re.NewCA.NotAfter, LeafNotAfter: leaf.Cert.NotAfter}
}
