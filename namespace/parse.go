package namespace

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"onramp/fault"
)

// What is read at most, in bytes: an environment file fits the one, a long link of the Cloud UI the other.
const (
	maxPaste = 16 << 10
	maxValue = 2 << 10
)

// Parse reads whatever a person pastes to name a namespace: the Namespace ID, its endpoint with or
// without scheme, port and path, a link of the Cloud UI, an environment line or file, a command with
// --namespace or --address. It repairs what can mean only one thing and lists it in Repairs. The error
// is an Invalid fault with the code of the catalogue, which names the part and the rule.
// Parse of what ID.String returns gives that ID without repairs.
func Parse(s string) (Paste, error) {
	p, f := parse("namespace", s)
	if f != nil {
		return Paste{}, f
	}
	return p, nil
}

// ParseID reads a field that is a Namespace ID. It repairs what Parse repairs; an endpoint or link in
// its place is listed as IN-25. The error is as Parse's; repairs made before it are not returned.
func ParseID(s string) (ID, []Repair, error) {
	p, f := parse("namespace", s)
	if f != nil {
		return ID{}, nil, f
	}
	if p.Kind != PasteID {
		p.Repairs = append(p.Repairs, Repair{Field: "namespace", From: visible(strings.TrimSpace(s)), To: p.ID.String(), Code: codeMixedUp,
			Text: "Took the Namespace ID out of the " + map[string]string{PasteEndpoint: "endpoint", PasteUILink: "link"}[p.Kind] + "."})
	}
	return p.ID, p.Repairs, nil
}

func parse(field, s string) (Paste, *fault.Fault) {
	t := &trail{field: field, text: s}
	if f := t.tooMuch(); f != nil {
		return Paste{}, f
	}
	t.unhide()
	if f := t.tooMuch(); f != nil { // what hidden characters broke up is whole now
		return Paste{}, f
	}
	if p, f, ok := several(t); ok {
		return p, f
	}
	t.unwrap()
	return t.one()
}

// prepare is what a field of one value goes through first.
func (t *trail) prepare() *fault.Fault {
	if f := t.tooMuch(); f != nil {
		return f
	}
	if secret.MatchString(t.text) {
		return t.secret()
	}
	t.unhide()
	t.unwrap()
	if secret.MatchString(t.text) { // hidden characters had broken it up
		return t.secret()
	}
	return nil
}

// secret is what private keys and API keys look like.
var secret = regexp.MustCompile(`PRIVATE KEY|\beyJ[A-Za-z0-9_-]{10,}|\btmprl_[A-Za-z0-9_-]{10,}`)

// tooMuch refuses what cannot be one value, before any of it can reach a text: long pastes and
// secrets. An environment that holds a secret beside the namespace is read line by line instead.
func (t *trail) tooMuch() *fault.Fault {
	if len(t.text) > maxPaste || !strings.ContainsFunc(t.text, unicode.IsSpace) && len(t.text) > maxValue {
		return refuse(t.field, codeNotCloud, "This is too long",
			"A Namespace ID or endpoint is one line; an environment file has at most 16 KB.", "Paste only the Namespace ID or the endpoint.")
	}
	if strings.Contains(t.text, "PRIVATE KEY") || !strings.ContainsAny(t.text, "\n=") && secret.MatchString(t.text) {
		return t.secret()
	}
	return nil
}

func (t *trail) secret() *fault.Fault {
	return refuse(t.field, "IN-16", "A secret is in the wrong field",
		"This looks like a private key or an API key. It was not stored.", "Give the Namespace ID, such as orders.a1b2c. Keys have fields of their own.")
}

// one reads a single value.
func (t *trail) one() (Paste, *fault.Fault) {
	switch {
	case t.text == "":
		return Paste{}, refuse(t.field, codeEmpty, "There is no namespace", "The field is empty.",
			"Give the Namespace ID, such as orders.a1b2c, or its endpoint.")
	case isPlaceholder(t.text):
		return Paste{}, placeholder(t.field, t.text)
	case strings.ContainsFunc(t.text, unicode.IsSpace):
		return Paste{}, innerBlank(t.field, t.text)
	}
	if id, ok := uiPath(t.text); ok {
		return t.link(id)
	}
	p := splitHost(t.text)
	if f := lookalike(t.field, p.host); f != nil {
		return Paste{}, f
	}
	host := strings.TrimSuffix(lower(p.host), ".")
	if p.v6 {
		return Paste{}, notNamed(t.field, HostKind(p.host), p.host)
	}
	hasPort := p.scheme != "" || len(p.ports) > 0
	switch kind := HostKind(host); kind {
	case HostNamespace:
		return t.endpoint()
	case HostWebUI:
		if id, ok := FromHost(strings.TrimPrefix(host, "web.")); ok {
			return t.link(id.String())
		}
		return Paste{}, webUI(t.field, p)
	case HostOpsAPI:
		return Paste{}, opsAPI(t.field)
	case HostRegional, HostRegionCNAME, HostPrivateLink, HostIP:
		return Paste{}, notNamed(t.field, kind, host)
	case HostLocal:
		if host == "" || host != "localhost" && !strings.Contains(host, ".") && !hasPort {
			return Paste{}, bareName(t.field, host+p.rest)
		}
		return Paste{}, notNamed(t.field, kind, host)
	}
	if strings.HasSuffix(host, "."+domain) {
		if f := t.judgeHost(p); f != nil {
			return Paste{}, f
		}
		return Paste{}, notCloud(t.field, host)
	}
	return t.dotted(p, host, hasPort)
}

// dotted reads a name with dots that is no host of Cloud: the Namespace ID itself, or a mistake.
func (t *trail) dotted(p parts, host string, hasPort bool) (Paste, *fault.Fault) {
	if m := misspelt.FindStringSubmatch(host); m != nil {
		f := notCloud(t.field, host)
		f.Fix = "Use “" + m[1] + "." + domain + "”: endpoints end in " + domain + "."
		return Paste{}, f
	}
	i := strings.LastIndexByte(host, '.')
	name, account := host[:i], host[i+1:]
	digit := strings.ContainsAny(account, "0123456789")
	if hasPort && !digit || strings.Contains(name, ".") && !digit {
		return Paste{}, notCloud(t.field, host)
	}
	if !hasPort && p.rest != "" {
		t.to("IN-03", strings.TrimSuffix(t.text, p.rest), "Removed what follows the Namespace ID.")
	}
	if hasPort {
		t.strip()
		t.to(codeWrapped, p.host, "Removed the port: this is the Namespace ID, not the endpoint.")
	}
	t.to("IN-13", host, "Cloud's names are lower case.")
	id, f := newID(t.field, name, account)
	if f != nil {
		return Paste{}, f
	}
	return Paste{ID: id, Kind: PasteID, Repairs: t.repairs}, nil
}

// misspelt are endpoints with a wrong end; [1] is the Namespace ID.
var misspelt = regexp.MustCompile(`^([a-z0-9-]+\.[a-z0-9]+)\.(?:tmprl|tmpl|tmpr|tmprl-cloud|trmpl|temprl|tmporl|temporal|tmprlcloud)\.(?:cloud|clou|cloude|com|io|clod|cluod)$`)

// endpoint reads the endpoint of a namespace. Its port can only be 7233 (docs.temporal.io/cloud/namespaces).
func (t *trail) endpoint() (Paste, *fault.Fault) {
	p := t.strip()
	id, _ := FromHost(p.host)
	t.to("IN-13", withPorts(id.Host(), p.ports), "Cloud's names are lower case.")
	p.host = id.Host()
	a, f := t.port(p)
	if f != nil || a.Port != Port {
		t.to("IN-05", id.Endpoint(), "The gRPC port of a namespace is 7233.")
	}
	return Paste{ID: id, Address: id.Address(), Kind: PasteEndpoint, Repairs: t.repairs}, nil
}

// uiPath returns the namespace in a link of the Cloud UI, with or without its host.
func uiPath(s string) (string, bool) {
	p := splitHost(s)
	path := p.rest
	switch {
	case p.host == "namespaces" && len(p.ports) == 0 && p.scheme == "":
		path = "/namespaces" + p.rest
	case p.host != "" && HostKind(p.host) != HostWebUI:
		return "", false
	}
	_, rest, ok := strings.Cut(path, "/namespaces/")
	if !ok {
		return "", false
	}
	if i := strings.IndexAny(rest, `/?#\`); i >= 0 {
		rest = rest[:i]
	}
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	return rest, rest != ""
}

// link reads the namespace that a link of the Cloud UI names.
func (t *trail) link(name string) (Paste, *fault.Fault) {
	inner := &trail{field: t.field, text: name}
	p, f := inner.linked()
	if f != nil {
		return Paste{}, f
	}
	p.Kind, p.Repairs = PasteUILink, append(t.repairs, inner.repairs...)
	return p, nil
}

func (t *trail) linked() (Paste, *fault.Fault) {
	t.unhide()
	t.unwrap()
	t.to("IN-13", lower(t.text), "Cloud's names are lower case.")
	name, account, ok := strings.Cut(t.text, ".")
	if !ok {
		return Paste{}, bareName(t.field, t.text)
	}
	id, f := newID(t.field, name, account)
	if f != nil {
		return Paste{}, f
	}
	return Paste{ID: id}, nil
}
