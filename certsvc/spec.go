package certsvc

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

// checked trims a CASpec, fills its defaults and judges it.
func (s CASpec) checked() (CASpec, error) {
	s.CommonName, s.Organization = strings.TrimSpace(s.CommonName), strings.TrimSpace(s.Organization)
	if s.Days == 0 {
		s.Days = defaultCA
	}
	if s.KeyType == "" {
		s.KeyType = ECP384
	}
	return s, joined(
		checkNameField("common_name", "The CA's common name", s.CommonName, true),
		checkNameField("organization", "The organization", s.Organization, false),
		checkDays(s.Days),
		checkKeyType(s.KeyType),
		checkPathLength(s.PathLength),
	)
}

func checkPathLength(n int) *fault.Fault {
	if n >= 0 && n <= MaxPathLength {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("A path length of %d is not supported", n),
		fmt.Sprintf("Use 0 for a CA that signs only client certificates, or up to %d to allow intermediate CAs below it.", MaxPathLength)).In("path_length")
}

// leafEnd is when a client certificate ends: days from now, or, for 0, a day before its CA.
func leafEnd(now, caEnd time.Time, days int) (time.Time, *fault.Fault) {
	latest := caEnd.Add(-caMargin)
	most := int(latest.Add(askedSlack).Sub(now) / day)
	if most < 1 && (days != 0 || !latest.After(now)) {
		f := fault.New(fault.Invalid, "The CA expires too soon to issue a client certificate",
			"Make a new CA, then the client certificate.").In("days")
		f.Code = "CH-12"
		f.Cause = fmt.Sprintf("The CA expires on %s, and a client certificate must expire at least a day before its CA.", caEnd.UTC().Format(dateLayout))
		return time.Time{}, f
	}
	if days == 0 {
		return latest, nil
	}
	if f := checkDays(days); f != nil {
		return time.Time{}, f
	}
	end := now.Add(time.Duration(days) * day)
	if !end.After(latest) {
		return end, nil
	}
	if end.Sub(latest) <= askedSlack {
		return latest, nil
	}
	f := fault.New(fault.Invalid, fmt.Sprintf("%d days is longer than this CA allows", days),
		fmt.Sprintf("Enter %d days at most, or leave it empty for the longest validity.", most)).In("days")
	f.Code = "CH-12"
	f.Cause = fmt.Sprintf("The CA expires on %s, and a client certificate must expire at least a day before its CA.", caEnd.UTC().Format(dateLayout))
	return time.Time{}, f
}

// MaxLeafDays is the longest validity that a client certificate can have now under a CA that ends at caEnd, in
// days; 0 where the CA ends too soon.
func MaxLeafDays(caEnd, now time.Time) int {
	return min(max(int(caEnd.Add(askedSlack-caMargin).Sub(now)/day), 0), maxDays)
}

// checkDays keeps a number of days within reason; 0 is not for it.
func checkDays(n int) *fault.Fault {
	if n >= 1 && n <= maxDays {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("A validity of %d days is not supported", n),
		fmt.Sprintf("Enter 1 to %d days; Temporal's own tool allows 365 for a CA.", maxDays)).In("days")
}

func checkKeyType(t KeyType) *fault.Fault {
	if slices.Contains(KeyTypes, t) {
		return nil
	}
	return fault.New(fault.Invalid, "Unknown key type",
		"Choose ec-p384, ec-p256, rsa-2048 or rsa-4096.").In("key_type")
}

// checkSubject judges every part of a client certificate's subject.
func checkSubject(n pkix.Name) []*fault.Fault {
	faults := []*fault.Fault{checkNameField("common_name", "The common name", n.CommonName, true)}
	for _, part := range []struct {
		field, what string
		values      []string
	}{
		{"organization", "The organization", n.Organization},
		{"organizational_unit", "The organizational unit", n.OrganizationalUnit},
		{"csr", "The request's country", n.Country},
		{"csr", "The request's locality", n.Locality},
		{"csr", "The request's province", n.Province},
	} {
		for _, v := range part.values {
			faults = append(faults, checkNameField(part.field, part.what, v, false))
		}
	}
	return faults
}

// checkDNSName judges one subject alternative name.
func checkDNSName(n string) *fault.Fault {
	ok := n != "" && len(n) <= 253
	for _, label := range strings.Split(strings.TrimPrefix(n, "*."), ".") {
		ok = ok && label != "" && len(label) <= 63 && label[0] != '-' && label[len(label)-1] != '-'
		for _, r := range label {
			ok = ok && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z')
		}
	}
	if ok {
		return nil
	}
	return fault.New(fault.Invalid, fmt.Sprintf("%q is not a DNS name", short(n)), "Use letters, digits, hyphens and dots, as in worker.acme.internal.").In("dns_names")
}

// checkDistinct refuses a client subject equal to its CA's or its CA's issuer's, ignoring case
// (cloud-facts EE4).
func checkDistinct(subject pkix.Name, ca *x509.Certificate) *fault.Fault {
	bare := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if cn := bare(subject.CommonName); ca.Raw != nil && !strings.EqualFold(cn, bare(ca.Subject.CommonName)) && !strings.EqualFold(cn, bare(ca.Issuer.CommonName)) {
		return nil // names with different common names are different
	}
	raw, err := marshalName(subject)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The subject cannot be encoded", "Use plain text in every field.").In("common_name")
	}
	for _, other := range [][]byte{ca.RawSubject, ca.RawIssuer} {
		exact, folded := sameName(raw, other)
		if !folded {
			continue
		}
		f := fault.New(fault.Invalid, "The client would have the same name as its CA",
			"Give the client another common name, such as the service's.").In("common_name")
		f.Cause = "Temporal Cloud requires every distinguished name in a chain to be unique, ignoring case."
		f.Code = "CH-20"
		if !exact {
			f.Code = "CH-21"
		}
		return f
	}
	return nil
}

// name is a subject of up to three parts; empty ones are left out.
func name(cn, o, ou string) pkix.Name {
	n := pkix.Name{CommonName: cn}
	if o != "" {
		n.Organization = []string{o}
	}
	if ou != "" {
		n.OrganizationalUnit = []string{ou}
	}
	return n
}

// mergeNames takes each part from a where it is set, else from b. Attributes other than CN, O, OU, C,
// L and ST are left behind.
func mergeNames(a, b pkix.Name) pkix.Name {
	if a.CommonName == "" {
		a.CommonName = b.CommonName
	}
	if len(a.Organization) == 0 {
		a.Organization = b.Organization
	}
	if len(a.OrganizationalUnit) == 0 {
		a.OrganizationalUnit = b.OrganizationalUnit
	}
	a.Country, a.Locality, a.Province = b.Country, b.Locality, b.Province
	return a
}

// joined joins the faults that are not nil.
func joined(faults ...*fault.Fault) error {
	var errs []error
	for _, f := range faults {
		if f != nil && !slices.ContainsFunc(errs, func(e error) bool { return *fault.From(e) == *f }) {
			errs = append(errs, f)
		}
	}
	if len(errs) == 1 {
		return errs[0]
	}
	return errors.Join(errs...)
}

// marshalName encodes a subject as a certificate would.
func marshalName(n pkix.Name) ([]byte, error) { return asn1.Marshal(n.ToRDNSequence()) }
