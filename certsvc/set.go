package certsvc

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// SetRequest asks for what one application needs: a CA and a client certificate under it.
type SetRequest struct {
	Namespace string // Namespace ID, for default names; may be empty
	Address   string // host:port; only carried along for the bundle

	CA   CASpec // CommonName default "<namespace's name> CA"
	Leaf LeafSpec

	// CSR, when not nil, is signed (browser and CSR lanes); else the server makes the client's key.
	CSR []byte
	// Authority, when not nil, signs in the place of a new CA; CA is not used then. Its CertPEM goes on
	// to the namespace, so for an intermediate it holds the root too.
	Authority *Issued
}

// Set is a CA and a client certificate whose chain was judged by every rule.
type Set struct {
	Namespace string
	Address   string
	CA        Issued // with its key
	Leaf      Issued // with its key unless a request was signed
	Summary   Summary
}

// Summary is what may be stored and shown of a Set: no key, no secret.
type Summary struct {
	CASubject       string    `json:"ca_subject"`
	CAFingerprint   string    `json:"ca_sha256"`
	CAKeyType       KeyType   `json:"ca_key_type"`
	CANotBefore     time.Time `json:"ca_not_before"`
	CANotAfter      time.Time `json:"ca_not_after"`
	LeafSubject     string    `json:"leaf_subject"`
	LeafFingerprint string    `json:"leaf_sha256"`
	LeafKeyType     KeyType   `json:"leaf_key_type"`
	LeafNotBefore   time.Time `json:"leaf_not_before"`
	LeafNotAfter    time.Time `json:"leaf_not_after"`
	ServerMadeKey   bool      `json:"server_made_key"`
	Checks          []Check   `json:"checks"` // every rule that was judged, all passed
}

// setFields are the names that the fields of a CASpec and a LeafSpec have in one form together.
var setFields = map[bool]map[string]string{
	true:  {"common_name": "ca_common_name", "days": "ca_days"},
	false: {"days": "leaf_days"},
}

// IssueSet makes a CA and a client certificate, or signs a request, and judges the result by every
// rule before it hands it out. Everything asked is checked first, so nothing is half made. Errors are
// joined Invalid faults whose Field is one of ca_common_name, organization, ca_days, key_type,
// common_name, organizational_unit, dns_names, leaf_days, csr, ca, ca_key.
func (s *Service) IssueSet(req SetRequest) (Set, error) {
	req = req.withDefaults()
	if err := s.checkSet(req); err != nil {
		return Set{}, err
	}
	out := Set{Namespace: req.Namespace, Address: req.Address}
	var err error
	if req.Authority != nil {
		out.CA = *req.Authority
	} else if out.CA, err = s.CA(req.CA); err != nil {
		return Set{}, joined(renamed(err, true)...)
	}
	if req.CSR != nil {
		out.Leaf, err = s.Sign(out.CA, req.CSR, req.Leaf)
	} else {
		out.Leaf, err = s.Leaf(out.CA, req.Leaf)
	}
	if err != nil {
		return Set{}, joined(renamed(err, false)...)
	}
	out.Summary, err = s.summarise(out, req.Authority != nil)
	if err != nil {
		return Set{}, err
	}
	return out, nil
}

// withDefaults fills names that were left open from the namespace.
func (r SetRequest) withDefaults() SetRequest {
	ns, _, _ := strings.Cut(r.Namespace, ".")
	if r.CA.CommonName == "" && ns != "" {
		r.CA.CommonName = ns + " CA"
	}
	if r.Leaf.CommonName == "" && r.CSR == nil {
		r.Leaf.CommonName = ns
	}
	return r
}

// checkSet judges everything that was asked without making a key.
func (s *Service) checkSet(req SetRequest) error {
	var faults []*fault.Fault
	ca := &x509.Certificate{NotAfter: s.o.Now().AddDate(20, 0, 0)} // as long as needed where the CA's own days are wrong
	if req.Authority != nil {
		if _, err := authorityKey(*req.Authority); err != nil {
			return err
		}
		ca = req.Authority.Cert
		if _, found := LintBundle(req.Authority.CertPEM, s.o.Now()); len(found) > 0 && found[0].Severity == SevError {
			return found[0].fault("ca")
		}
	} else {
		spec, err := req.CA.checked()
		faults = append(faults, renamed(err, true)...)
		if !slices.ContainsFunc(faults, func(f *fault.Fault) bool { return f.Field == "ca_days" }) {
			ca.NotAfter = s.o.Now().Add(time.Duration(spec.Days) * day)
		}
		if raw, err := marshalName(name(spec.CommonName, spec.Organization, "")); err == nil {
			ca.RawSubject, ca.RawIssuer = raw, raw
		}
	}
	var request *x509.CertificateRequest
	if req.CSR != nil {
		var err error
		if request, err = readRequest(req.CSR); err != nil {
			return joined(append(faults, renamed(err, false)...)...)
		}
	} else if req.Leaf.KeyType != "" {
		faults = append(faults, checkKeyType(req.Leaf.KeyType))
	}
	_, err := s.leafTemplate(Issued{Cert: ca}, req.Leaf, request)
	return joined(append(faults, renamed(err, false)...)...)
}

// renamed gives the faults of a CA (ca true) or leaf the field names of the form that asks for both.
func renamed(err error, ca bool) []*fault.Fault {
	var out []*fault.Fault
	for _, f := range fault.All(err) {
		if to, ok := setFields[ca][f.Field]; ok {
			f = f.In(to)
		}
		out = append(out, f)
	}
	return out
}

// summarise judges what was made. With a CA of ours any finding is our defect; a CA that was brought
// may have notes and warnings. Nothing leaves with an error.
func (s *Service) summarise(set Set, brought bool) (Summary, error) {
	ca, leaf := set.CA.Cert, set.Leaf.Cert
	checks, lints := judgeSet(set.CA.CertPEM, leaf, s.o.Now())
	for _, l := range lints {
		if brought && l.Severity != SevError {
			continue
		}
		f := l.fault("ca")
		if !brought {
			f.Kind, f.Err = fault.Internal, fmt.Errorf("certsvc: own output breaks %s", l.Code)
		}
		return Summary{}, f
	}
	return Summary{
		CASubject: SubjectOf(ca), CAFingerprint: Fingerprint(ca), CAKeyType: KeyTypeOf(ca.PublicKey), CANotBefore: ca.NotBefore, CANotAfter: ca.NotAfter,
		LeafSubject: SubjectOf(leaf), LeafFingerprint: Fingerprint(leaf), LeafKeyType: KeyTypeOf(leaf.PublicKey), LeafNotBefore: leaf.NotBefore, LeafNotAfter: leaf.NotAfter,
		ServerMadeKey: !set.Leaf.Key.Empty(), Checks: checks,
	}, nil
}
