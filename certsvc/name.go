package certsvc

import (
	"encoding/asn1"
	"fmt"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"onramp/fault"
)

// attribute is one part of a distinguished name with its value still encoded.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// canonicalName is a distinguished name in a form to compare: every attribute with its value, empty
// ones too (tcld's CA and leaf may differ only by an empty OU, cloud-facts T2), blanks folded as X.520
// asks. It is the raw encoding when that cannot be parsed.
func canonicalName(raw []byte) string {
	rdns, ok := parseName(raw)
	if !ok {
		return string(raw)
	}
	var out []string
	for _, set := range rdns {
		var parts []string
		for _, a := range set {
			parts = append(parts, fmt.Sprintf("%s=%q", a.Type, strings.Join(strings.Fields(a.text()), " ")))
		}
		sort.Strings(parts)
		out = append(out, strings.Join(parts, "+"))
	}
	return strings.Join(out, ",")
}

// text is an attribute's value to compare, whatever its ASN.1 string type.
func (a attribute) text() string {
	if s, ok := stringText(a.Value); ok {
		return s
	}
	return string(a.Value.Bytes)
}

// sameName compares two encoded distinguished names: equal as they stand, and equal when case is
// ignored, as Temporal Cloud compares them (cloud-facts EE4).
func sameName(a, b []byte) (exact, folded bool) {
	x, y := canonicalName(a), canonicalName(b)
	return x == y, strings.EqualFold(x, y)
}

// printable replaces control, format and other invisible characters by their code points.
func printable(s string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "\\u%04X", r)
	}
	return b.String()
}

// maxNameField is the upper bound of CN, O and OU (X.520 ub-common-name and its kin), in characters.
const maxNameField = 64

// checkNameField judges one part of a subject. field is the form field, what its name in a sentence.
func checkNameField(field, what, value string, required bool) *fault.Fault {
	f := fault.New(fault.Invalid, "", "").In(field)
	switch {
	case value == "" && required:
		f.Title, f.Fix = what+" is missing", "Enter a name, such as the service's."
	case value == "":
		return nil
	case !utf8.ValidString(value) || strings.ContainsRune(value, utf8.RuneError):
		f.Title, f.Fix = what+" is not valid UTF-8 text", "Retype it."
	case utf8.RuneCountInString(value) > maxNameField:
		f.Title = fmt.Sprintf("%s has %d characters; X.509 allows %d", what, utf8.RuneCountInString(value), maxNameField)
		f.Fix = "Shorten it."
	default:
		for i, r := range value {
			if !unicode.IsPrint(r) {
				f.Title = fmt.Sprintf("%s has an invisible character (U+%04X) at position %d", what, r, utf8.RuneCountInString(value[:i])+1)
				f.Fix = "Remove it by retyping the name."
				return f
			}
		}
		return nil
	}
	return f
}
