package acts

import (
	"context"
	"strings"

	"onramp/certsvc"
	"onramp/custody"
	"onramp/fault"
	"onramp/migration"
)

// IssueClient asks for a further client certificate under the migration's CA.
type IssueClient struct {
	Name      string // what people call it
	Lane      string // MakerServer or MakerRequest
	Leaf      certsvc.LeafSpec
	CSR       []byte // of MakerRequest
	Authority Authority
}

// IssueClient signs a further client certificate and returns its fingerprint. A key made here waits for its one
// download. Faults are Invalid, at the fields name, csr, ca_files, passphrase and those of certsvc.LeafSpec.
func (c Certificates) IssueClient(ctx context.Context, by Actor, id string, req IssueClient) (print string, err error) {
	defer unchanged(&err)
	v, err := c.withCertificate(ctx, id)
	if err != nil {
		return "", err
	}
	var errs []error
	if req.Name == "" {
		errs = append(errs, fault.New(fault.Invalid, "The name is missing", "Enter the service or environment that uses the certificate.").In("name"))
	}
	set := certsvc.SetRequest{Address: c.Target(v).Address, Leaf: req.Leaf}
	if v.Namespace != nil {
		set.Namespace = v.Namespace.Namespace
	}
	if req.Lane == MakerRequest {
		if set.CSR = req.CSR; strings.TrimSpace(string(req.CSR)) == "" {
			errs = append(errs, noRequest())
		}
	} else if strings.TrimSpace(req.Leaf.CommonName) == "" {
		set.Leaf.CommonName = req.Name
	}
	began := false
	err = c.use(ctx, by, v, req.Authority, func(ca certsvc.Issued) error {
		began = true
		if len(errs) > 0 {
			return join(errs...)
		}
		set.Authority = &ca
		print, err = c.issueClient(ctx, by, v, req, set)
		return err
	})
	if !began { // tell all of it at once
		err = join(append(errs, err)...)
	}
	return print, err
}

func noRequest() error {
	return fault.New(fault.Invalid, "The signing request is missing", "Paste it: openssl req -new -key client.key -out client.csr").In("csr")
}

// issueClient signs with a CA that was lent for this.
func (c Certificates) issueClient(ctx context.Context, by Actor, v migration.View, req IssueClient, set certsvc.SetRequest) (string, error) {
	issued, err := c.o.Issuer.IssueSet(set)
	if err != nil {
		return "", fault.Rename(err, map[string]string{"ca": "ca_files", "ca_key": "ca_files"})
	}
	id, print := v.Migration.ID, issued.Summary.LeafFingerprint
	made := c.newMade(by, id, certsvc.Set{Leaf: issued.Leaf}) // the CA's key is whose it was lent by
	defer made.close()
	if !issued.Leaf.Key.Empty() {
		f, err := packBundle(v, c.Target(v), issued.Bundle())
		if err := made.pack(bundleOf(by, id, print), f, err); err != nil {
			return "", err
		}
	}
	if err := made.book(); err != nil {
		return "", err
	}
	d := migration.LeafData{Name: req.Name, CertificateData: certificateData(req.Lane, issued)}
	_, err = c.write(ctx, by, id, func(v migration.View) (entry, error) {
		facts, err := v.AddLeaf(d)
		return entry{facts: facts, records: custody.SignedRecords(c.now(), id, req.Lane, d.CAFingerprint, issued.Leaf.Cert)}, err
	})
	if err != nil {
		return "", err
	}
	made.hand()
	c.o.CertificatesChanged()
	return print, nil
}

// withCertificate is a migration that has certificates: else a NotFound fault, or Conflict where it can have none.
func (d *desk) withCertificate(ctx context.Context, id string) (migration.View, error) {
	v, err := d.View(ctx, id)
	if err == nil {
		err = migration.TakesCertificates(v)
	}
	if err == nil && v.Certificate == nil {
		err = fault.New(fault.NotFound, "There are no certificates yet", "Create them first: step 2.")
	}
	return v, err
}
