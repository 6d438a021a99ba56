package certsvc

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// Request makes a private key and a PKCS#10 request for it (PEM), to be signed by a CA elsewhere. Of spec,
// subject, DNS names and key type are used. Errors are Invalid faults naming the field, several joined.
func (s *Service) Request(spec LeafSpec) (csr []byte, key Secret, err error) {
	cn, org, ou := strings.TrimSpace(spec.CommonName), strings.TrimSpace(spec.Organization), strings.TrimSpace(spec.OrganizationalUnit)
	if spec.KeyType == "" {
		spec.KeyType = ECP384
	}
	if err := joined(
		checkNameField("cn", "The common name", cn, true),
		checkNameField("org", "The organization", org, false),
		checkNameField("ou", "The organizational unit", ou, false),
		checkKeyType(spec.KeyType),
	); err != nil {
		return nil, Secret{}, err
	}
	signer, key, err := newKey(spec.KeyType)
	if err != nil {
		return nil, Secret{}, err
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: name(cn, org, ou), DNSNames: spec.DNSNames}, signer)
	if err != nil {
		return nil, Secret{}, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), key, nil
}
