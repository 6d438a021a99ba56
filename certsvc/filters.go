package certsvc

import (
	"bytes"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"onramp/fault"
)

// MaxFilters is how many certificate filters a namespace holds (cloud-facts F3).
const MaxFilters = 25

// Filter lets a certificate in when every field that is set matches. Values are compared without
// regard to case, as a whole, or with one * first or last (cloud-facts F1, F2).
type Filter struct {
	CommonName             string `json:"commonName,omitempty"`
	Organization           string `json:"organization,omitempty"`
	OrganizationalUnit     string `json:"organizationalUnit,omitempty"`
	SubjectAlternativeName string `json:"subjectAlternativeName,omitempty"`
}

// Filters are those of a namespace: a certificate needs to match one. None lets every certificate of an
// accepted CA in (cloud-facts F5).
type Filters []Filter

// field is one field of a filter that is set, under its name in tcld's JSON.
type field struct{ name, short, value string }

func (f Filter) fields() []field {
	var out []field
	for _, p := range []field{{"commonName", "CN", f.CommonName}, {"organization", "O", f.Organization},
		{"organizationalUnit", "OU", f.OrganizationalUnit}, {"subjectAlternativeName", "SAN", f.SubjectAlternativeName}} {
		if p.value != "" {
			out = append(out, p)
		}
	}
	return out
}

// ParseFilters reads tcld's JSON, {"filters":[…]}, or the bare list. The error is joined Invalid faults
// with Code CH-27 and Field "filters[n].name", n from 0.
func ParseFilters(raw []byte) (filters Filters, err error) {
	if len(raw) > MaxPaste {
		return nil, badFilter("filters", "This is too long for filters", fmt.Sprintf("Give the filters alone: a namespace holds %d at most, and %d kB are read.", MaxFilters, MaxPaste/1000))
	}
	if busy := admitted(len(raw), func() { filters, err = parseFilters(raw) }); busy != nil {
		return nil, busy
	}
	return filters, err
}

func parseFilters(raw []byte) (Filters, error) {
	text, _ := plainText(raw)
	var doc struct {
		Filters Filters `json:"filters"`
	}
	var into any = &doc
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		into = &doc.Filters
	}
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		if _, err = d.Token(); err == io.EOF {
			err = nil
		} else {
			err = errors.New("there is text after the JSON")
		}
	}
	if err != nil {
		f := badFilter("filters", "The filters are not in tcld's JSON format", `Write {"filters":[{"commonName":"worker-*"}]} with the fields commonName, organization, organizationalUnit and subjectAlternativeName.`)
		f.Cause = jsonCause(err)
		return nil, f
	}
	return doc.Filters, doc.Filters.Validate()
}

// jsonCause says what is wrong with a JSON text without Go's words.
func jsonCause(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return fmt.Sprintf("The JSON is invalid at character %d.", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("The value at character %d has the wrong type.", kind.Offset)
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return "There is no field named " + printable(name) + "."
	}
	return ""
}

func badFilter(field, title, fix string) *fault.Fault {
	f := fault.New(fault.Invalid, title, fix).In(field)
	f.Code = "CH-27"
	return f
}

// ListedInvalid refuses values of the kind that docs.temporal.io/cloud/certificates lists as invalid though its own rule
// allows them: .example.*, which begins with a dot and ends with a *. Who is not sure whether Cloud takes them (the doctor)
// does not ask. The error is joined as that of ParseFilters.
func (fs Filters) ListedInvalid() error {
	var faults []*fault.Fault
	for i, f := range fs {
		for _, v := range f.fields() {
			if strings.HasPrefix(v.value, ".") && strings.HasSuffix(v.value, "*") {
				faults = append(faults, badFilter(fmt.Sprintf("filters[%d].%s", i, v.name), fmt.Sprintf("Filter %d: %s is not valid", i+1, printable(v.value)),
					"Temporal Cloud's documentation lists .example.* as invalid. Put the * first, as in *.example.com, or leave the dot out."))
			}
		}
	}
	return joined(faults...)
}

// Validate refuses what Cloud refuses: no filter, more than MaxFilters, one without a field, one twice,
// a lone *, a * elsewhere than first or last, or two of them. The error is joined as that of ParseFilters.
func (fs Filters) Validate() error {
	var faults []*fault.Fault
	switch {
	case len(fs) == 0:
		faults = append(faults, badFilter("filters", "There are no filters", "Add at least one. Without filters, every certificate from an accepted CA may connect."))
	case len(fs) > MaxFilters:
		faults = append(faults, badFilter("filters", fmt.Sprintf("There are %d filters; a namespace holds %d at most", len(fs), MaxFilters), "Cover several names with one filter and a *, or issue those certificates from a separate CA."))
	}
	seen := map[Filter]int{}
	for i, f := range fs {
		at := func(name string) string { return fmt.Sprintf("filters[%d].%s", i, name) }
		set := f.fields()
		if len(set) == 0 {
			faults = append(faults, badFilter(at("commonName"), fmt.Sprintf("Filter %d is empty", i+1), "Set at least one of its fields."))
		}
		same := Filter{strings.ToLower(f.CommonName), strings.ToLower(f.Organization), strings.ToLower(f.OrganizationalUnit), strings.ToLower(f.SubjectAlternativeName)}
		if first, dup := seen[same]; dup && len(set) > 0 {
			faults = append(faults, badFilter(at(set[0].name), fmt.Sprintf("Filter %d is the same as filter %d", i+1, first+1), "Remove one of them."))
		} else {
			seen[same] = i
		}
		for _, p := range set {
			if why := badPattern(p.value); why != "" {
				faults = append(faults, badFilter(at(p.name), fmt.Sprintf("Filter %d: %s=%s %s", i+1, p.short, printable(p.value), why), "Use a complete value, or one * as the first or last character."))
			}
		}
	}
	return joined(faults...)
}

// badPattern says what is wrong with a pattern, "" for nothing.
func badPattern(p string) string {
	switch n := strings.Count(p, "*"); {
	case p == "*":
		return "is only a *, which would admit everyone"
	case n > 1:
		return "has more than one *"
	case n == 1 && p[0] != '*' && p[len(p)-1] != '*':
		return "has its * in the middle"
	case printable(p) != p:
		return "has an invisible character"
	}
	return ""
}

// JSON is the filters as tcld takes them, indented, with a newline at the end.
func (fs Filters) JSON() []byte {
	if fs == nil {
		fs = Filters{}
	}
	b, err := json.MarshalIndent(struct {
		Filters Filters `json:"filters"`
	}{fs}, "", "  ")
	if err != nil {
		return nil // strings always marshal
	}
	return append(b, '\n')
}

// FieldMatch is how one field of a filter compares with a certificate.
type FieldMatch struct {
	Field   string   `json:"field"`   // "CN", "O", "OU" or "SAN"
	Pattern string   `json:"pattern"` // what the filter wants
	Values  []string `json:"values"`  // what the certificate has; empty for nothing
	Matches bool     `json:"matches"`
}

// FilterMatch is how one filter compares with a certificate: it matches when all its fields do.
type FilterMatch struct {
	Matches bool         `json:"matches"`
	Fields  []FieldMatch `json:"fields"`
}

// Match compares a certificate with each filter, field by field. ok is what Cloud would say: one filter
// matches, or there is none.
func (fs Filters) Match(c *x509.Certificate) (each []FilterMatch, ok bool) {
	ok = len(fs) == 0
	for _, f := range fs {
		m := FilterMatch{Matches: true}
		set := f.fields()
		for _, p := range set {
			fm := FieldMatch{Field: p.short, Pattern: p.value, Values: filterValues(c, p.short)}
			for _, v := range fm.Values {
				fm.Matches = fm.Matches || matchesPattern(p.value, v)
			}
			m.Fields = append(m.Fields, fm)
			m.Matches = m.Matches && fm.Matches
		}
		m.Matches = m.Matches && len(set) > 0
		each = append(each, m)
		ok = ok || m.Matches
	}
	return each, ok
}

// Lint is CH-26 with every difference when no filter matches, nil when one does.
func (fs Filters) Lint(c *x509.Certificate) *Lint {
	each, ok := fs.Match(c)
	if ok {
		return nil
	}
	var why []string
	for i, m := range each {
		for _, f := range m.Fields {
			if f.Matches {
				continue
			}
			has := "nothing"
			if len(f.Values) > 0 {
				has = strings.Join(f.Values, ", ")
			}
			why = append(why, fmt.Sprintf("filter %d requires %s=%s, the certificate has %s", i+1, f.Field, printable(f.Pattern), printable(has)))
		}
	}
	return &Lint{Code: "CH-26", Severity: SevError, Subject: SubjectOf(c), Source: srcCert,
		Text: "None of the namespace's certificate filters matches: " + strings.Join(why, "; ") + ".",
		Fix:  "Issue a client certificate that matches a filter, or change the filters of the namespace."}
}

// filterValues are a certificate's values for one field.
func filterValues(c *x509.Certificate, short string) []string {
	var out []string
	switch short {
	case "CN":
		out = []string{c.Subject.CommonName}
	case "O":
		out = c.Subject.Organization
	case "OU":
		out = c.Subject.OrganizationalUnit
	case "SAN":
		out = append(append(out, c.DNSNames...), c.EmailAddresses...)
		for _, ip := range c.IPAddresses {
			out = append(out, ip.String())
		}
		for _, u := range c.URIs {
			out = append(out, u.String())
		}
	}
	var set []string
	for _, v := range out {
		if v != "" {
			set = append(set, v)
		}
	}
	return set
}

// matchesPattern compares without regard to case, with one * first or last.
func matchesPattern(pattern, value string) bool {
	p, v := strings.ToLower(pattern), strings.ToLower(value)
	if rest, ok := strings.CutPrefix(p, "*"); ok {
		return strings.HasSuffix(v, rest)
	}
	if rest, ok := strings.CutSuffix(p, "*"); ok {
		return strings.HasPrefix(v, rest)
	}
	return p == v
}
