package doctor

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"strings"
)

// maxFilters is Cloud's limit of certificate filters on a namespace (docs.temporal.io/cloud/certificates).
const maxFilters = 25

// filter is one certificate filter in tcld's JSON. Every field that is set must match.
type filter struct {
	CommonName         string `json:"commonName"`
	Organization       string `json:"organization"`
	OrganizationalUnit string `json:"organizationalUnit"`
	SAN                string `json:"subjectAlternativeName"`
}

// filterField is one field of a filter with what a certificate has for it.
type filterField struct{ name, pattern string }

func (f filter) fields() []filterField {
	var out []filterField
	for _, p := range []filterField{{"CN", f.CommonName}, {"O", f.Organization}, {"OU", f.OrganizationalUnit}, {"SAN", f.SAN}} {
		if p.pattern != "" {
			out = append(out, p)
		}
	}
	return out
}

// parseFilters reads tcld's JSON, {"filters":[…]} or a bare list, and refuses what Cloud refuses:
// more than 25, an empty filter, a lone * and a * elsewhere than first or last.
func parseFilters(raw []byte) ([]filter, error) {
	var doc struct {
		Filters []filter `json:"filters"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		if json.Unmarshal(raw, &doc.Filters) != nil {
			return nil, fmt.Errorf("the certificate filters are not in tcld's JSON format")
		}
	}
	if len(doc.Filters) == 0 {
		return nil, fmt.Errorf("the file holds no certificate filter")
	}
	if len(doc.Filters) > maxFilters {
		return nil, fmt.Errorf("%d certificate filters: Cloud takes at most %d", len(doc.Filters), maxFilters)
	}
	for i, f := range doc.Filters {
		fields := f.fields()
		if len(fields) == 0 {
			return nil, fmt.Errorf("certificate filter %d is empty", i+1)
		}
		for _, p := range fields {
			if why := badPattern(p.pattern); why != "" {
				return nil, fmt.Errorf("certificate filter %d, %s=%s: %s", i+1, p.name, p.pattern, why)
			}
		}
	}
	return doc.Filters, nil
}

func badPattern(p string) string {
	switch n := strings.Count(p, "*"); {
	case p == "*":
		return "a * alone would admit everyone"
	case n > 1:
		return "only one * is allowed"
	case n == 1 && !strings.HasPrefix(p, "*") && !strings.HasSuffix(p, "*"):
		return "the * must come first or last"
	}
	return ""
}

// matches reports whether a pattern matches a text, without regard to case.
func matches(pattern, text string) bool {
	pattern, text = strings.ToLower(pattern), strings.ToLower(text)
	if rest, ok := strings.CutPrefix(pattern, "*"); ok {
		return strings.HasSuffix(text, rest)
	}
	if rest, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(text, rest)
	}
	return pattern == text
}

// certFields are the texts of a certificate that a filter field is compared with.
func certFields(cert *x509.Certificate, name string) []string {
	switch name {
	case "CN":
		return []string{cert.Subject.CommonName}
	case "O":
		return cert.Subject.Organization
	case "OU":
		return cert.Subject.OrganizationalUnit
	}
	san := append(append([]string{}, cert.DNSNames...), cert.EmailAddresses...)
	for _, ip := range cert.IPAddresses {
		san = append(san, ip.String())
	}
	for _, u := range cert.URIs {
		san = append(san, u.String())
	}
	return san
}

func fieldMatches(f filterField, cert *x509.Certificate) bool {
	for _, text := range certFields(cert, f.name) {
		if matches(f.pattern, text) {
			return true
		}
	}
	return false
}

// matchAny reports whether one filter matches in all its fields.
func matchAny(filters []filter, cert *x509.Certificate) bool {
	for _, f := range filters {
		all := true
		for _, p := range f.fields() {
			all = all && fieldMatches(p, cert)
		}
		if all {
			return true
		}
	}
	return false
}

// explainFilters says field by field why each filter does not match.
func explainFilters(filters []filter, cert *x509.Certificate) []string {
	var out []string
	for i, f := range filters {
		for _, p := range f.fields() {
			if fieldMatches(p, cert) {
				continue
			}
			has := strings.Join(certFields(cert, p.name), ", ")
			if has == "" {
				has = "nothing"
			}
			out = append(out, fmt.Sprintf("filter %d requires %s=%s, the certificate has %s", i+1, p.name, p.pattern, has))
		}
	}
	return out
}
