package certsvc

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// Times that every certificate of ours keeps.
const (
	backdate   = time.Minute    // for a clock that runs behind, as tcld and step-ca do
	caMargin   = 24 * time.Hour // a leaf ends at least so long before its CA (cloud-facts X3, TC4)
	askedSlack = time.Hour      // a leaf asked for this little too long is cut, as CA and leaf are made one after the other
	defaultCA  = 365            // days; tcld's longest
	maxDays    = 3650
	day        = 24 * time.Hour
	dateLayout = "2 January 2006 15:04 MST"
)

// CA makes a certificate authority. Errors are Invalid faults naming the field, several joined.
func (s *Service) CA(spec CASpec) (Issued, error) {
	spec, err := spec.checked()
	if err != nil {
		return Issued{}, err
	}
	key, secret, err := newKey(spec.KeyType)
	if err != nil {
		return Issued{}, err
	}
	now := s.o.Now()
	t := &x509.Certificate{
		Subject:               name(spec.CommonName, spec.Organization, ""),
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(time.Duration(spec.Days) * day),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLen:            spec.PathLength,
		MaxPathLenZero:        spec.PathLength == 0, // it signs client certificates, never another CA
	}
	issued, err := s.create(t, t, key.Public(), key)
	issued.Key = secret
	return issued, err
}

// Leaf makes a client certificate and its key, signed by ca (which holds its key).
func (s *Service) Leaf(ca Issued, spec LeafSpec) (Issued, error) {
	signer, err := authorityKey(ca)
	if err != nil {
		return Issued{}, err
	}
	return s.leaf(ca, signer, spec)
}

// leaf is Leaf with the CA's key at hand.
func (s *Service) leaf(ca Issued, signer crypto.Signer, spec LeafSpec) (Issued, error) {
	if spec.KeyType == "" {
		spec.KeyType = keyTypeLike(signer.Public())
	}
	t, err := s.leafTemplate(ca, spec, nil)
	if err := joined(append(fault.All(err), checkKeyType(spec.KeyType))...); err != nil {
		return Issued{}, err
	}
	key, secret, err := newKey(spec.KeyType)
	if err != nil {
		return Issued{}, err
	}
	defer forget(key)
	issued, err := s.create(t, ca.Cert, key.Public(), signer)
	issued.Key = secret
	return issued, err
}

// Sign signs a PKCS#10 request (PEM or DER). Subject and validity come from spec where set, else from
// the request's subject; extensions are always ours. The request's self-signature is checked.
func (s *Service) Sign(ca Issued, csr []byte, spec LeafSpec) (Issued, error) {
	signer, err := authorityKey(ca)
	if err != nil {
		return Issued{}, err
	}
	req, err := readRequest(csr)
	if err != nil {
		return Issued{}, err
	}
	if sameKey(req.PublicKey, signer.Public()) {
		f := fault.New(fault.Invalid, "The request was made with the CA's own key", "Create a new key for the client, and a request from that key.").In("csr")
		f.Code = "KP-10"
		return Issued{}, f
	}
	t, err := s.leafTemplate(ca, spec, req)
	if err != nil {
		return Issued{}, err
	}
	return s.create(t, ca.Cert, req.PublicKey, signer)
}

// leafTemplate is the client certificate to sign: subject and validity from spec, then from the
// request. The error is joined Invalid faults.
func (s *Service) leafTemplate(ca Issued, spec LeafSpec, req *x509.CertificateRequest) (*x509.Certificate, error) {
	subject := name(strings.TrimSpace(spec.CommonName), strings.TrimSpace(spec.Organization), strings.TrimSpace(spec.OrganizationalUnit))
	if req != nil {
		subject = mergeNames(subject, req.Subject)
	}
	t := &x509.Certificate{
		Subject:               subject,
		DNSNames:              spec.DNSNames,
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true, // writes CA:FALSE, which cloud-facts EE1 asks for
	}
	faults := checkSubject(subject)
	for _, n := range spec.DNSNames {
		faults = append(faults, checkDNSName(n))
	}
	now := s.o.Now()
	end, f := leafEnd(now, ca.Cert.NotAfter, spec.Days)
	t.NotBefore, t.NotAfter = now.Add(-backdate), end
	if joined(faults...) == nil { // two names that are missing are not the same name
		faults = append(faults, checkDistinct(t.Subject, ca.Cert))
	}
	return t, joined(append(faults, f)...)
}

// create signs a template; the certificate is its own issuer when parent is the template.
func (s *Service) create(t, parent *x509.Certificate, pub crypto.PublicKey, signer crypto.Signer) (Issued, error) {
	serial, err := newSerial(s.o.Rand)
	if err == nil {
		t.SerialNumber = serial
		t.SubjectKeyId, err = keyID(pub)
	}
	if err == nil {
		t.SignatureAlgorithm, err = signatureAlgorithm(signer.Public())
	}
	var der []byte
	if err == nil {
		der, err = x509.CreateCertificate(s.o.Rand, t, parent, pub, signer)
	}
	var cert *x509.Certificate
	if err == nil {
		cert, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return Issued{}, fault.Wrap(err, fault.Internal, "The certificate could not be signed", "Try again, or use another CA.")
	}
	return Issued{Cert: cert, CertPEM: encodeCerts(cert)}, nil
}

// newSerial is a random positive number of 128 bits at most.
func newSerial(r io.Reader) (*big.Int, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	n := new(big.Int).SetBytes(b)
	if n.Sign() == 0 {
		return big.NewInt(1), nil
	}
	return n, nil
}

// authorityKey returns the signing key of a CA after seeing that it may and can sign.
func authorityKey(ca Issued) (crypto.Signer, error) {
	if ca.Cert == nil || ca.Key.Empty() && ca.Signer == nil {
		return nil, fault.New(fault.Invalid, "The CA's certificate or key is missing", "Provide both ca.pem and ca.key.").In("ca")
	}
	if f := maySign(ca.Cert); f != nil {
		return nil, f
	}
	key := ca.Signer
	if key == nil {
		block, _ := pem.Decode(ca.Key.Reveal())
		if block == nil {
			return nil, fault.New(fault.Invalid, "The CA's key is not PEM", "Provide ca.key as it was downloaded.").In("ca_key")
		}
		if key, _ = parseKey(block.Bytes); key == nil {
			return nil, fault.New(fault.Invalid, "The CA's key cannot be read", "Provide ca.key as it was downloaded.").In("ca_key")
		}
	}
	if !sameKey(key.Public(), ca.Cert.PublicKey) {
		f := fault.New(fault.Invalid, "The CA's key does not belong to the CA's certificate",
			"Provide the key that was created with this certificate.").In("ca_key")
		f.Code = "KP-06"
		return nil, f
	}
	if _, err := signatureAlgorithm(key.Public()); err != nil {
		f := fault.New(fault.Invalid, "Temporal Cloud accepts only CAs with RSA or ECDSA keys", "Make a CA with an ECDSA P-384 key.").In("ca")
		f.Code = "CH-25"
		return nil, f
	}
	return key, nil
}

// maySign refuses a certificate that may not sign client certificates.
func maySign(c *x509.Certificate) *fault.Fault {
	if nameless(c) {
		f := fault.New(fault.Invalid, "This CA has no name", "Make a CA with a common name: client certificates, Java, servers' CA lists and people all identify a CA by its name.").In("ca")
		f.Code, f.Cause = "CH-38", "Its subject is empty, which RFC 5280 forbids for CAs."
		return f
	}
	f := fault.New(fault.Invalid, "This certificate may not sign others", "Use a CA certificate: X.509 v3 with CA:true and, where keyUsage is present, keyCertSign.").In("ca")
	switch {
	case !c.BasicConstraintsValid:
		f.Code = "CH-04"
	case !c.IsCA:
		f.Code = "CH-03"
	case c.KeyUsage != 0 && c.KeyUsage&x509.KeyUsageCertSign == 0:
		f.Code = "CH-05"
	default:
		return nil
	}
	return f
}

// keyTypeLike is the key type for a leaf under a CA with this key.
func keyTypeLike(pub crypto.PublicKey) KeyType {
	t := KeyTypeOf(pub)
	switch {
	case slices.Contains(KeyTypes, t):
		return t
	case t == "rsa-1024", t == "rsa-3072":
		return RSA2048
	case strings.HasPrefix(string(t), "rsa-"):
		return RSA4096
	}
	return ECP384
}
