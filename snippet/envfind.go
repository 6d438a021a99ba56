package snippet

import (
	"regexp"
	"slices"
	"strings"
)

// placeholderWord is what documentation and templates print where a value belongs.
var placeholderWord = regexp.MustCompile(`(?i)^<[^<>]+>$|^\[[^\[\]]+\]$|\byour[-_ ]|^your\w+$|^my[-_](?:temporal[-_])?(?:namespace|account|api[-_]?key|key|cert)|\*{3,}|\.{3}|…|^x{3,}|xxx|change[-_ ]?me|replace[-_ ]?(?:me|with|this)|\btodo\b|fill[-_ ]?(?:me|in)|<[A-Za-z][\w .|-]*>|^(?:api[-_]?key|key|secret|token|placeholder|example|dummy|test-key|namespace|none|null|undefined)(?:[-_]here)?$|[-_]here$|__[A-Z_]+__|^insert[-_ ]`)

// capitals are an endpoint whose parts are words in capitals, as documentation prints it.
var capitals = regexp.MustCompile(`^(?:[A-Z][A-Z_-]{2,}\.)+tmprl\.cloud`)

// placeholderText reports whether a value is a placeholder, not one that a program could use.
func placeholderText(v string) bool {
	v = strings.TrimSpace(v)
	if v == "" || len(v) >= 300 {
		return false
	}
	v = drawn.ReplaceAllStringFunc(v, func(run string) string {
		if distinct(run) < 16 {
			return run
		}
		return "0"
	})
	return placeholderWord.MatchString(v) || capitals.MatchString(v)
}

// drawn is a line of a key or a token, in base64: by chance any short word stands in one of a hundred.
var drawn = regexp.MustCompile(`[A-Za-z0-9+/_=-]{40,}`)

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// placeholders names the values that were never filled in. Address and namespace with the account's place unfilled are
// told by the namespace room.
func (j *judgement) placeholders() {
	for _, a := range j.all {
		if a.unknown || !placeholderText(a.value) && !pathPlaceholder(a) {
			continue
		}
		f := EnvFinding{Code: "IN-26", Level: "danger", Name: a.name, Title: "A placeholder was not filled in", Text: "The value of " + a.name + " is a placeholder. Replace it with your own.", From: masked(a.value)}
		switch a.what {
		case mAPIKey, mOpsKey:
			f.From = ""
			if a.set == "own" {
				f.Level = "conflict"
			}
		case mAddress, mNamespace:
		case mCert, mKey, mServerCA, mServerName:
			f.Code, f.Level = "", "note"
			f.Title, f.Text = "Is this a placeholder?", "By its words the value of "+a.name+" was never filled in."
		case mCertData, mKeyData:
			f.From = ""
		default:
			continue
		}
		j.find(f)
	}
}

// pathPlaceholder reports whether a path is one that documentation prints.
func pathPlaceholder(a assignment) bool {
	return (a.what == mCert || a.what == mKey) && (strings.HasPrefix(strings.ToLower(a.value), "/path/to/") || strings.HasPrefix(strings.ToLower(a.value), "path/to/") || strings.Contains(a.value, "/absolute/path/"))
}

// contents judges the text of certificates and keys in variables.
func (j *judgement) contents() {
	for _, a := range j.all {
		if a.what != mCertData && a.what != mKeyData || a.unknown || a.value == "" {
			continue
		}
		f := EnvFinding{Level: "danger", Name: a.name}
		switch {
		case strings.Contains(a.value, "-----") && strings.Contains(a.value, `\n`) && !strings.Contains(strings.TrimSpace(a.value), "\n"):
			f.Code, f.Title = "KP-21", "Line breaks are written out as \\n"
			f.Text = "SDKs take the value as it is and cannot read such a PEM text. Put real line breaks into it."
			if a.from.Quote == '"' {
				f.Level = "note"
				f.Text = "Some programs that read .env files turn \\n between double quotes into line breaks; a shell and Docker's --env-file do not, and then the SDKs cannot read the PEM text."
			}
			if a.set == "own" || a.set == "course" {
				f.Level = "note"
				f.Text = "This works only if your code turns \\n into line breaks."
			}
		case opened(a.value) != a.value:
			f.Code, f.Title = "KP-22", "The PEM is base64-encoded once too often"
			f.Text = "SDKs take the PEM text itself and do not decode it. Decode it once, or give the path of a file."
			if a.set != "standard" && a.set != "file" {
				f.Level = "note"
				f.Text = "This works only if your code decodes it before it gives it to the SDK."
			}
		default:
			continue
		}
		j.find(f)
	}
}

// fileReferences finds variables in temporal.toml, which nothing expands.
func (j *judgement) fileReferences() {
	for _, a := range j.all {
		if a.set != "file" || a.parts.Whole() || a.from.Via == "profile" || strings.Contains(a.value, "${namespace}") {
			continue
		}
		j.find(EnvFinding{Level: "conflict", Name: a.name, Title: "temporal.toml expands no variables", Text: "SDKs and the temporal CLI take this value as it is written, unless something fills in the file first."})
		return
	}
}

// flatKeys finds keys of the table tls that stand beside it, where nothing reads them.
func (j *judgement) flatKeys() {
	var names, to []string
	for _, a := range j.all {
		if a.set == "file" && a.from.Via == "key" && flatKey(a.from.Path) != a.from.Path {
			names, to = append(names, a.from.Path), append(to, flatKey(a.from.Path))
		}
	}
	if len(names) > 0 {
		j.find(EnvFinding{Level: "danger", Name: strings.Join(names, ", "), Title: "temporal.toml has no such keys", Text: "No SDK reads them here: in temporal.toml they belong in the profile's table tls, such as [profile.default.tls], without tls_ before them.", To: strings.Join(to, ", ")})
	}
}

// kubernetes judges Secrets for the worker controller and cert-manager. The controller of 1.2.1 to 1.2.3 and 1.3.0 took
// ca.crt of the client's Secret for the only root of the server; from 1.2.4 and 1.3.1 it is one more root
// (temporal-worker-controller internal/controller/clientpool/clientpool.go at those tags).
func (j *judgement) kubernetes() {
	if local(j.host()) {
		return
	}
	controlled := j.has(mPairSecret)
	f := EnvFinding{Code: "SV-01", Level: "note", Name: "ca.crt", Title: "Leave ca.crt out of the client's Secret",
		Text: "The Temporal worker controller 1.2.1 to 1.2.3 and 1.3.0 treats ca.crt as the only CA that may have issued the server's certificate, and then cannot connect to Temporal Cloud. Update it to 1.2.4, 1.3.1 or newer, or leave ca.crt out: Temporal Cloud's certificate is from a public CA."}
	for _, keys := range j.doc.Tables("Secret") {
		if slices.Contains(keys, "ca.crt") && slices.Contains(keys, "tls.crt") {
			if controlled {
				f.Level = "conflict"
			}
			j.find(f)
			return
		}
	}
	names := map[string]bool{}
	for _, s := range j.doc.Settings {
		names[s.Name] = true
	}
	if names["ca.crt"] && names["tls.crt"] {
		j.find(f)
		return
	}
	if !controlled {
		return
	}
	for _, g := range j.doc.Groups {
		if strings.HasPrefix(g.Name, "Certificate ") {
			f.Title = "cert-manager puts ca.crt into the client's Secret"
			j.find(f)
			return
		}
	}
}

// dollarName is a shell's line that sets what a variable holds, not the variable: its name stands behind a dollar sign.
var dollarName = regexp.MustCompile(`(?im)^[ \t]*(?:export|declare|readonly|local)[ \t]+(?:-\w+[ \t]+)?\$\{?(\w*temporal\w*)\}?=`)

// dollars finds such lines.
func (j *judgement) dollars() {
	var names []string
	for _, m := range dollarName.FindAllStringSubmatch(j.raw, 20) {
		if !slices.Contains(names, m[1]) && !looksSecret(m[1]) {
			names = append(names, m[1])
		}
	}
	if len(names) > 0 {
		j.find(EnvFinding{Level: "dead", Name: strings.Join(names, ", "), Title: "A dollar sign stands before the name that is set",
			Text: "A shell puts the variable's value in its place, so such a line does not set " + strings.Join(names, ", ") + ". Write export NAME=… without the dollar sign."})
	}
}

// proxyNames are the variables that name a proxy.
var proxyNames = []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "grpc_proxy", "GRPC_PROXY"}

// proxy says which SDKs do not read the proxy's variables.
func (j *judgement) proxy() {
	for _, s := range j.doc.For(j.part) {
		if !slices.Contains(proxyNames, s.Name) || s.Value.String() == "" {
			continue
		}
		j.find(EnvFinding{Level: "note", Name: s.Name, Title: "Not every SDK reads " + s.Name, Text: ProxyNote})
		return
	}
}

// ProxyNote says how each SDK is told of a proxy. Sources: temporalio/features issue 323; sdk-core client proxy.rs, which
// knows an option and no variable; grpc-go reads HTTPS_PROXY; grpc-java asks the JVM's ProxySelector.
const ProxyNote = "The Go SDK reads HTTPS_PROXY. Workers of Python, TypeScript, .NET and Ruby do not: they take an option of the connection (Python http_connect_proxy_config, TypeScript proxy of NativeConnection, .NET HttpConnectProxy, Ruby http_connect_proxy). Java takes the JVM's -Dhttps.proxyHost and -Dhttps.proxyPort."
