//go:build !lean

package rehearsal

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"onramp/fault"
)

// filters are the certificate filters of a namespace (cloud-facts.md §2.4): a client certificate must
// match one of them, in every field that it sets. None lets every certificate pass.
type filters struct {
	raw  []byte // tcld's JSON; nil for none
	list []filter
}

// filter is one certificate filter. A value matches as a whole, whatever its case, or with one * at its
// start or end.
type filter struct {
	CommonName             string `json:"commonName"`
	Organization           string `json:"organization"`
	OrganizationalUnit     string `json:"organizationalUnit"`
	SubjectAlternativeName string `json:"subjectAlternativeName"`
}

// maxFilters is Cloud's limit (cloud-facts.md F3).
const maxFilters = 25

// maxFilterBytes bounds what is parsed.
const maxFilterBytes = 64 << 10

// parseFilters reads tcld's JSON, {"filters":[{…}]}; nothing, or no filter, is none. Errors are Invalid
// faults, several joined.
func parseFilters(raw []byte) (filters, error) {
	refuse := func(cause, fix string) error {
		return &fault.Fault{Kind: fault.Invalid, Field: "filters", Title: "The certificate filters were not saved", Cause: cause, Fix: fix, Who: "cloud-admin"}
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return filters{}, nil
	}
	const shape = `Give them as tcld does: {"filters":[{"commonName":"worker-*"}]}.`
	if len(raw) > maxFilterBytes {
		return filters{}, refuse("They are larger than any 25 filters can be.", shape)
	}
	var doc struct {
		Filters []filter `json:"filters"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields() // a misspelt field would let everybody in
	if err := d.Decode(&doc); err != nil {
		f := fault.From(refuse("They are not the JSON of certificate filters, or hold a field that Cloud does not know.", shape))
		f.Err = err
		return filters{}, f
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return filters{}, refuse("Something follows the JSON of the filters.", shape)
	}
	var errs []error
	if len(doc.Filters) > maxFilters {
		errs = append(errs, refuse(fmt.Sprintf("There are %d; Cloud takes at most %d for a namespace.", len(doc.Filters), maxFilters), "Join filters with a * at the start or end of a value."))
	}
	for i, f := range doc.Filters {
		if f == (filter{}) {
			errs = append(errs, refuse(fmt.Sprintf("Filter %d sets no field.", i+1), "Set at least one of commonName, organization, organizationalUnit and subjectAlternativeName."))
		}
		if j := slices.Index(doc.Filters, f); j < i {
			errs = append(errs, refuse(fmt.Sprintf("Filter %d is the same as filter %d.", i+1, j+1), "Leave one of them out."))
		}
		for _, v := range []string{f.CommonName, f.Organization, f.OrganizationalUnit, f.SubjectAlternativeName} {
			if n := strings.Count(v, "*"); n > 1 || n == 1 && (v == "*" || !strings.HasPrefix(v, "*") && !strings.HasSuffix(v, "*")) {
				errs = append(errs, refuse(fmt.Sprintf("Filter %d holds the value %q: Cloud takes one * at its start or at its end, not both, not alone.", i+1, v), "Write worker-* or *.prod, or the whole value."))
			}
		}
	}
	if err := errors.Join(errs...); err != nil || len(doc.Filters) == 0 {
		return filters{}, err
	}
	return filters{raw: bytes.Clone(bytes.TrimSpace(raw)), list: doc.Filters}, nil
}

// match reports whether a client certificate passes.
func (f filters) match(c *x509.Certificate) bool {
	if len(f.list) == 0 {
		return true
	}
	sans := slices.Concat(c.DNSNames, c.EmailAddresses)
	for _, ip := range c.IPAddresses {
		sans = append(sans, ip.String())
	}
	for _, u := range c.URIs {
		sans = append(sans, u.String())
	}
	return slices.ContainsFunc(f.list, func(f filter) bool {
		return matches(f.CommonName, []string{c.Subject.CommonName}) &&
			matches(f.Organization, c.Subject.Organization) &&
			matches(f.OrganizationalUnit, c.Subject.OrganizationalUnit) &&
			matches(f.SubjectAlternativeName, sans)
	})
}

// matches reports whether one of values matches a filter's value; an unset one matches all.
func matches(want string, values []string) bool {
	if want == "" {
		return true
	}
	want = strings.ToLower(want)
	return slices.ContainsFunc(values, func(v string) bool {
		v = strings.ToLower(v)
		switch {
		case strings.HasPrefix(want, "*"):
			return strings.HasSuffix(v, want[1:])
		case strings.HasSuffix(want, "*"):
			return strings.HasPrefix(v, want[:len(want)-1])
		}
		return v == want
	})
}
