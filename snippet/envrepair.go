package snippet

import (
	"strings"

	"onramp/fault"
	"onramp/namespace"
)

// endpoint judges address, namespace and server name, and settles what Repaired writes.
func (j *judgement) endpoint() {
	r := Request{Lang: "go", Auth: "mtls", Style: "explicit", Vars: j.vars()}
	id, ok := j.namespace()
	addr, haveAddr := j.address()
	switch {
	case !ok:
		j.missing = "The Namespace ID (name, dot, account ID) is missing or cannot be read."
		return
	case haveAddr && j.local(addr):
		j.missing = "The address is not one of Temporal Cloud."
		return
	}
	r.Namespace = id.String()
	if haveAddr {
		r.Address = addr.String()
		if other, cloud := namespace.FromHost(addr.Host); cloud && other != id {
			j.find(EnvFinding{Code: "IN-12", Level: "danger", Title: "Endpoint and namespace do not belong together",
				Text: "The address is the endpoint of " + other.String() + "; the namespace is " + id.String() + ".", From: addr.String(), To: id.Endpoint()})
			j.missing = "Address and namespace do not belong together: which of them is right?"
			return
		}
	}
	cert := j.has(mCert) || j.has(mCertData)
	if key := j.has(mKey) || j.has(mKeyData); !(cert && key) && (j.has(mAPIKey) || j.has(mOpsKey, "ops")) {
		r.Auth = "api-key"
	}
	if !cert && r.Auth == "mtls" {
		j.find(EnvFinding{Code: "CL-01", Level: "danger", Title: "There is no certificate and no API key", Text: "Temporal Cloud refuses a client that shows neither."})
	}
	r.ServerName = j.serverName(r, id, addr)
	if r.Auth == "mtls" {
		r.CertPath, r.KeyPath = usable(j.first(mCert)), usable(j.first(mKey))
		if keyName(r.CertPath) && certName(r.KeyPath) {
			r.CertPath, r.KeyPath = r.KeyPath, r.CertPath
		}
		if r.CertPath != "" && r.CertPath == r.KeyPath {
			r.CertPath, r.KeyPath = "", ""
		}
	}
	j.request = &r
}

// vars are the tutorial's names where nothing standard but the namespace is set, else the standard ones.
func (j *judgement) vars() string {
	for _, a := range j.pasted.all {
		if (a.set == "standard" || a.set == "file") && a.what != mNamespace {
			return "standard"
		}
	}
	for _, a := range j.pasted.all {
		if a.set == "tutorial" {
			return "tutorial"
		}
	}
	return "standard"
}

// namespace is the Namespace ID, from the namespace or, where that lacks, from the endpoint.
func (j *judgement) namespace() (namespace.ID, bool) {
	v := j.first(mNamespace)
	if v == "" || looksSecret(v) {
		if a, _, err := namespace.ParseAddress(j.first(mAddress)); err == nil {
			if id, ok := namespace.FromHost(a.Host); ok {
				j.find(EnvFinding{Code: "NS-04", Level: "repair", Name: "TEMPORAL_NAMESPACE", Title: "No namespace is set", Text: "It is read from the endpoint. SDKs do not do that: they take default.", To: id.String()})
				return id, true
			}
		}
		if !j.has(mNamespace) {
			j.find(EnvFinding{Code: "NS-04", Level: "danger", Name: "TEMPORAL_NAMESPACE", Title: "No namespace is set", Text: "SDKs take the namespace default, which Temporal Cloud does not have."})
		}
		return namespace.ID{}, false
	}
	if v == "default" {
		j.find(EnvFinding{Code: "NS-11", Level: "danger", Name: "TEMPORAL_NAMESPACE", Title: "Still the namespace default", Text: "default is the local server's namespace. Cloud's have a name, a dot and an account ID."})
		return namespace.ID{}, false
	}
	id, repairs, err := namespace.ParseID(v)
	j.parsed(j.of(mNamespace)[0].name, repairs, err)
	return id, err == nil
}

// address is the address after repair. Codes come from the namespace room.
func (j *judgement) address() (namespace.Address, bool) {
	v := j.first(mAddress)
	if v == "" || looksSecret(v) {
		if !j.has(mAddress) {
			j.find(EnvFinding{Code: "IN-22", Level: "danger", Name: "TEMPORAL_ADDRESS", Title: "There is no address",
				Text: "SDKs then dial localhost:7233, with TLS once a certificate or key is set, and fail with “first record does not look like a TLS handshake”."})
		}
		return namespace.Address{}, false
	}
	name := j.of(mAddress)[0].name
	if port := j.first(mPort); port != "" && !strings.Contains(v, ":") && len(port) < 6 {
		v += ":" + port
	}
	a, repairs, err := namespace.ParseAddress(v)
	j.parsed(name, repairs, err)
	if err == nil && namespace.HostKind(a.Host) == namespace.HostLocal && j.local(a) {
		j.find(EnvFinding{Code: "IN-10", Level: "danger", Name: name, Title: "Still pointing at the local server", Text: "The address is this machine's.", From: masked(v)})
	}
	return a, err == nil
}

// parsed turns the repairs and the refusal of the namespace room into findings.
func (j *judgement) parsed(name string, repairs []namespace.Repair, err error) {
	for _, r := range repairs {
		j.find(EnvFinding{Code: r.Code, Level: "repair", Name: name, Title: name + " needs a repair", Text: maskedText(r.Text), From: masked(r.From), To: masked(r.To)})
	}
	if err != nil {
		f := fault.From(err)
		j.find(EnvFinding{Code: f.Code, Level: "danger", Name: name, Title: f.Title, Text: maskedText(f.Cause + " " + f.Fix)})
	}
}

// maskedText keeps a sentence about a pasted value from showing a secret.
func maskedText(s string) string {
	return secretText.ReplaceAllString(s, "••••••")
}

// serverName is the TLS server name to keep.
func (j *judgement) serverName(r Request, id namespace.ID, addr namespace.Address) string {
	v := j.first(mServerName)
	kind := namespace.HostKind(addr.Host)
	other := kind == namespace.HostRegional || kind == namespace.HostPrivateLink || kind == namespace.HostRegionCNAME
	if v == "" {
		if other && r.Auth == "mtls" {
			j.find(EnvFinding{Code: "IN-18", Level: "repair", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "This endpoint needs the TLS server name", Text: "The address does not name the namespace.", To: id.Host()})
		}
		return ""
	}
	a, _, err := namespace.ParseAddress(v)
	switch {
	case err != nil || looksSecret(v):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "This is not a server name", Text: "A TLS server name is a host name without scheme and port."})
		return ""
	case strings.EqualFold(a.Host, addr.Host) || addr.IsZero() && strings.EqualFold(a.Host, id.Host()):
		j.find(EnvFinding{Level: "dead", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "The TLS server name says nothing new", Text: "It is the address's own host. Remove it.", From: masked(v)})
		return ""
	case a.Host != v:
		j.find(EnvFinding{Level: "repair", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "A server name has no scheme and no port", Text: "It is a host name.", From: masked(v), To: masked(a.Host)})
	}
	return a.Host
}

// usable is a path that can be written again, else "" for the usual name.
func usable(p string) string {
	if p == "" || looksSecret(p) || judgePath("path", p) != nil {
		return ""
	}
	return p
}
