package namespace

import (
	"regexp"
	"strings"
	"unicode"

	"onramp/fault"
)

// value is one value found in a longer text, with the kind of its key.
type value struct {
	text      string
	line      string // what to show it was taken from
	address   bool   // its key says that it is an address
	namespace bool   // its key says that it is a namespace
}

var (
	continued = regexp.MustCompile("[\\\\`^][ \\t]*\\r?\\n[ \\t]*")
	flags     = regexp.MustCompile(`(?:^|\s)(--(?:address|namespace|host-url|host|tls-server-name|target-host)|-n)(?:\s+|=)("[^"]*"|'[^']*'|\S+)`)
	newline   = regexp.MustCompile(`[\r\n\x{85}\x{2028}\x{2029}]+`)
)

// several reads a text of more than one value: an environment, a file, a command, a sentence. It
// reports false when the text is a single value or holds none. Lines it does not know are left out of
// every text it makes: they may hold secrets.
func several(t *trail) (Paste, *fault.Fault, bool) {
	if !strings.ContainsFunc(t.text, unicode.IsSpace) && !strings.Contains(t.text, "=") {
		return Paste{}, nil, false
	}
	lines := newline.Split(continued.ReplaceAllString(t.text, " "), -1)
	var found []value
	for _, l := range lines {
		found = append(found, values(strings.TrimFunc(l, unicode.IsSpace))...)
	}
	if len(found) == 0 {
		if len(lines) > 1 || secret.MatchString(t.text) {
			return Paste{}, refuse(t.field, codeNotCloud, "There is no namespace in this text",
				"None of its lines is a Namespace ID, an endpoint or a variable that holds one.",
				"Paste only the Namespace ID, such as orders.a1b2c, or its endpoint."), true
		}
		return Paste{}, nil, false
	}
	return agree(t, found)
}

// values finds what one line says of a namespace or an address.
func values(line string) []value {
	if line == "" || len(line) > maxValue || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "// ") || strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
		return nil
	}
	if m := flags.FindAllStringSubmatch(line, -1); m != nil {
		var out []value
		for _, f := range m {
			ns := f[1] == "--namespace" || f[1] == "-n"
			out = append(out, value{text: f[2], line: f[1] + " " + f[2], address: !ns, namespace: ns})
		}
		return out
	}
	if key, v, ok := assignment(line); ok {
		ns, known := knownKey(key)
		if !known {
			if strings.HasPrefix(strings.ToUpper(key), "TEMPORAL_") || secret.MatchString(v) {
				return nil // another setting of the same environment
			}
			if _, f := (&trail{text: v}).single(); f != nil {
				return nil
			}
			return []value{{text: v, line: line}}
		}
		return []value{{text: v, line: line, address: !ns, namespace: ns}}
	}
	words := strings.FieldsFunc(line, unicode.IsSpace)
	if len(words) == 1 {
		if secret.MatchString(line) {
			return nil
		}
		return []value{{text: line, line: line}}
	}
	var out []value
	for _, w := range words {
		if p, f := (&trail{text: w}).single(); f == nil && p.Kind != PasteID {
			v := value{text: w, line: line}
			if secret.MatchString(line) {
				v.line = w
			}
			out = append(out, v)
		}
	}
	return out
}

// single reads one value.
func (t *trail) single() (Paste, *fault.Fault) {
	t.unhide()
	t.unwrap()
	return t.one()
}

// agree makes one paste of the values, or the fault of the first when none names a namespace.
func agree(t *trail, found []value) (Paste, *fault.Fault, bool) {
	var out Paste
	var first *fault.Fault
	var repairs []Repair
	elsewhere := "" // an address that does not name the namespace
	for _, v := range found {
		inner := &trail{field: t.field, text: v.text}
		if f := inner.tooMuch(); f != nil {
			return Paste{}, f, true
		}
		p, f := inner.single()
		switch {
		case f != nil && v.address && (f.Code == "IN-18" || f.Code == "IN-10"):
			elsewhere = inner.text
			if first == nil {
				first = f
			}
			continue
		case f != nil && (first == nil || v.namespace):
			first = f
			continue
		case f != nil:
			continue
		case !out.ID.IsZero() && out.ID != p.ID:
			return Paste{}, refuse(t.field, "IN-12", "Two namespaces in one text",
				"It names “"+out.ID.String()+"” and “"+p.ID.String()+"”. Endpoint and namespace belong together.",
				"Paste the one that you mean."), true
		}
		if out.ID.IsZero() || p.Kind == PasteEndpoint {
			out.ID, out.Address, out.Kind = p.ID, p.Address, p.Kind
		}
		if v.text != v.line {
			repairs = join(repairs, Repair{Field: t.field, From: visible(v.line), To: visible(inner.start()), Code: codeWrapped,
				Text: "Took the value out of the text around it."})
		}
		repairs = join(repairs, p.Repairs...)
	}
	if out.ID.IsZero() || first != nil && elsewhere == "" {
		return Paste{}, first, true
	}
	if elsewhere != "" && out.Address.IsZero() {
		a := &trail{field: "address", text: elsewhere}
		if addr, f := a.address(); f == nil {
			out.Address = addr
			if r, ok := LookupRegion(addr.Host); ok {
				out.Region = r.ID
			}
			if HostKind(addr.Host) == HostLocal {
				out.Address = Address{}
				repairs = join(repairs, Repair{Field: "address", From: visible(addr.String()), To: out.ID.Endpoint(), Code: "IN-10",
					Text: "The address was still the local server's."})
			} else {
				repairs = append(repairs, a.repairs...)
			}
		}
	}
	if !strings.Contains(t.text, "\n") && !secret.MatchString(t.text) {
		repairs = join(t.repairs, repairs...)
	}
	out.Repairs = repairs
	return out, nil, true
}

// start is the text before the first repair.
func (t *trail) start() string {
	if len(t.repairs) > 0 {
		return t.repairs[0].From
	}
	return t.text
}
