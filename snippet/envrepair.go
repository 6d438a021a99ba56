package snippet

import (
	"slices"
	"strings"

	"onramp/fault"
	"onramp/namespace"
)

// endpoint judges address, namespace and server name, and settles what Repaired writes.
func (j *judgement) endpoint() {
	r := Request{Lang: "go", Auth: "mtls", Style: "explicit", Vars: j.vars()}
	id, ok := j.namespace()
	addr, haveAddr := j.address()
	j.fileReferences()
	j.flatKeys()
	switch {
	case haveAddr && localOther(addr, j.own):
		j.missing = "The address is not one of Temporal Cloud."
		return
	case !ok:
		j.missing = "The Namespace ID (name, dot, account ID) is missing or cannot be read."
		if all := j.of(mNamespace); len(all) > 0 && all[0].unknown {
			j.missing = "The Namespace ID is not in the text: it is set elsewhere."
		}
		return
	}
	r.Namespace = id.String()
	j.fix(mNamespace, id.String())
	j.trim()
	if haveAddr {
		r.Address = addr.String()
		j.fix(mAddress, addr.String())
		if other, cloud := namespace.FromHost(addr.Host); cloud && other != id {
			j.find(EnvFinding{Code: "IN-12", Level: "danger", Title: "Endpoint and namespace do not belong together",
				Text: "The address is the endpoint of " + other.String() + "; the namespace is " + id.String() + ".", From: addr.String(), To: id.Endpoint()})
			j.missing = "Address and namespace do not belong together: which one is right?"
			return
		}
	}
	j.credentials(&r)
	r.ServerName = j.serverName(r, id, addr)
	if r.Auth == "mtls" {
		r.CertPath, r.KeyPath = j.usable(mCert), j.usable(mKey)
		if keyName(r.CertPath) && certName(r.KeyPath) {
			r.CertPath, r.KeyPath = r.KeyPath, r.CertPath
		}
		if r.CertPath != "" && r.CertPath == r.KeyPath {
			r.CertPath, r.KeyPath = "", ""
		}
	}
	j.request = &r
}

// credentials finds out how the worker signs in.
func (j *judgement) credentials(r *Request) {
	cert := j.has(mCert) || j.has(mCertData) || j.has(mPairSecret)
	if key := j.has(mKey) || j.has(mKeyData) || j.has(mPairSecret); !(cert && key) && (j.has(mAPIKey) || j.has(mAPIKeySecret) || j.has(mOpsKey, "ops")) {
		r.Auth = "api-key"
	}
	if cert || r.Auth != "mtls" {
		return
	}
	if len(j.Vocabularies) == 1 && j.Vocabularies[0] == "keda" {
		return // it has its credentials from a TriggerAuthentication
	}
	f := EnvFinding{Code: "CL-01", Level: j.certain(), Title: "There is no certificate and no API key", Text: "Temporal Cloud refuses a client that presents neither."}
	if f.Level == "note" || fileProfile(j.doc.Groups[j.part]) { // a profile is filled in from the environment
		f.Code, f.Level = "", "note"
		f.Title, f.Text = "This text contains neither a certificate nor an API key", "Temporal Cloud refuses a client that presents neither. Perhaps they are set elsewhere, or under a name that Onramp does not know."
	}
	j.find(f)
}

// fix notes the value that a meaning's winning setting has in the repaired version.
func (j *judgement) fix(what meaning, value string) {
	all := j.of(what)
	if len(all) == 0 {
		j.added = append(j.added, EnvVar{Name: j.name(what), Value: value, What: string(what)})
		return
	}
	for _, a := range all {
		if what == mAddress && j.first(mPort) != "" {
			return // the port is a setting of its own
		}
		if !a.unknown && strings.TrimSpace(a.value) != value && (a.from.ID == all[0].from.ID || normal(what, a.value) == normal(what, all[0].value)) {
			j.fixed[a.from.ID] = fixing{a.value, value}
		}
	}
}

// trim takes the blanks around paths.
func (j *judgement) trim() {
	for _, what := range []meaning{mCert, mKey} {
		for _, a := range j.of(what) {
			if v := strings.TrimSpace(a.value); !a.unknown && v != a.value && j.fixed[a.from.ID] == (fixing{}) {
				j.fixed[a.from.ID] = fixing{a.value, v}
			}
		}
	}
}

// vars are the tutorial's names where nothing standard but the namespace is set, else the standard ones.
func (j *judgement) vars() string {
	for _, a := range j.all {
		if (a.set == "standard" || a.set == "file") && a.what != mNamespace {
			return "standard"
		}
	}
	for _, a := range j.all {
		if a.set == "tutorial" {
			return "tutorial"
		}
	}
	return "standard"
}

// namespace is the Namespace ID, from the namespace or, where that lacks, from the endpoint.
func (j *judgement) namespace() (namespace.ID, bool) {
	v := j.first(mNamespace)
	owner, haveOwner := namespace.FromHost(j.host())
	name := j.name(mNamespace)
	if v == "" || looksSecret(v) {
		if haveOwner && !j.has(mNamespace) && !j.connectionOnly() {
			j.find(EnvFinding{Code: "NS-04", Level: "repair", Name: name, Title: "No namespace is set", Text: "Onramp reads it from the endpoint. SDKs do not: they use default.", To: owner.String()})
			return owner, true
		}
		if haveOwner && j.has(mNamespace) && v == "" {
			j.elsewhere(mNamespace)
			return owner, true
		}
		if !j.has(mNamespace) && j.deployed(j.part) {
			return namespace.ID{}, false // the worker controller sets it
		}
		if !j.has(mNamespace) && len(j.Vocabularies) == 1 && j.Vocabularies[0] == "controller" {
			j.find(EnvFinding{Level: "note", Title: "The namespace is set elsewhere", Text: "A connection of the worker controller has none: each worker deployment names its own."})
		} else if !j.has(mNamespace) {
			level := j.certain()
			if j.has(mAddress) && j.first(mAddress) == "" {
				level = "note" // a server of one's own may have the namespace default
			}
			f := EnvFinding{Code: "NS-04", Level: level, Name: name, Title: "No namespace is set", Text: "SDKs use the namespace default, which Temporal Cloud does not have."}
			if level == "note" {
				f.Title, f.Text = "Onramp found no namespace in this text", "Perhaps it is set elsewhere, or under a name that Onramp does not know. Without one, SDKs use the namespace default, which Temporal Cloud does not have."
			}
			j.find(f)
		} else {
			j.elsewhere(mNamespace)
		}
		return namespace.ID{}, false
	}
	if placeholderText(v) {
		return namespace.ID{}, false // told already
	}
	if all, to := j.of(mNamespace), j.readName(mNamespace); all[0].set == "own" && to != "" {
		j.find(EnvFinding{Code: "NS-04", Level: "conflict", Name: all[0].name, Title: "No SDK reads the namespace under this name", Text: "The other settings have the names that SDKs read, and this one does not: without code of your own that reads it, the namespace is default.", To: to})
	}
	if v == "default" {
		f := EnvFinding{Code: "NS-11", Level: "danger", Name: name, Title: "Still the namespace default", Text: "default is the local server's namespace. Cloud's have a name, a dot and an account ID."}
		if haveOwner {
			f.From, f.To = v, owner.String()
		}
		if j.of(mNamespace)[0].parts.Defaulted() {
			f.Level = "note"
			f.Text += onlyDefault
		}
		if j.other() {
			f.Level = "note"
			f.Text = "default is a usual name on a server of one's own. In Temporal Cloud namespaces have a name, a dot and an account ID."
		}
		j.find(f)
		return owner, haveOwner
	}
	id, repairs, err := namespace.ParseID(v)
	if f := fault.From(err); err != nil && f.Code == "IN-11" {
		if haveOwner && owner.Name == strings.ToLower(v) {
			j.find(EnvFinding{Code: "IN-11", Level: "repair", Name: name, Title: f.Title, Text: "“" + short(v) + "” is only the name. The address ends in the account ID, " + owner.Account + ".", From: masked(v), To: owner.String()})
			return owner, true
		}
		if j.other() {
			return namespace.ID{}, false // a server of one's own has such names
		}
		if haveOwner {
			j.find(EnvFinding{Code: "IN-11", Level: "danger", Name: name, Title: f.Title, Text: "“" + short(v) + "” is only a name, and not that of the address, " + owner.String() + ". Which one is right?", From: masked(v)})
			return namespace.ID{}, false
		}
	}
	if err != nil && j.other() {
		return namespace.ID{}, false
	}
	found := len(j.Findings)
	j.parsed(name, repairs, err)
	if err != nil && len(j.Findings) > found && (j.of(mNamespace)[0].parts.Defaulted() || j.first(mAddress) == "" && j.of(mNamespace)[0].set == "own") {
		last := &j.Findings[len(j.Findings)-1]
		last.Level = "conflict" // a server of one's own may have such a name
		if j.of(mNamespace)[0].parts.Defaulted() {
			last.Text += onlyDefault
		}
	}
	return id, err == nil
}

// readName is the name of a meaning that whatever reads the other settings reads, "" where that is not known.
func (j *judgement) readName(what meaning) string {
	for _, set := range []string{"standard", "spring", "quarkus"} {
		if slices.ContainsFunc(j.all, func(a assignment) bool { return a.set == set && a.what != what && a.what != mTLS }) {
			return setNames[set][what]
		}
	}
	return ""
}

// setNames are the names of settings that may be missing.
var setNames = map[string]map[meaning]string{
	"standard": {mAddress: "TEMPORAL_ADDRESS", mNamespace: "TEMPORAL_NAMESPACE", mServerName: "TEMPORAL_TLS_SERVER_NAME"},
	"spring":   {mAddress: "spring.temporal.connection.target", mNamespace: "spring.temporal.namespace", mServerName: "spring.temporal.connection.mtls.server-name"},
	"quarkus":  {mAddress: "quarkus.temporal.connection.target", mNamespace: "quarkus.temporal.namespace"},
}

// elsewhere says that a value is not in the text.
func (j *judgement) elsewhere(what meaning) {
	all := j.of(what)
	if !all[0].unknown && strings.TrimSpace(all[0].value) == "" {
		code := map[meaning]string{mAddress: "IN-22", mNamespace: "NS-04"}[what]
		j.find(EnvFinding{Code: code, Level: "conflict", Name: all[0].name, Title: "The " + string(what) + " is empty", Text: "The text sets " + all[0].name + " to nothing. Enter the value."})
	}
	if all[0].unknown && all[0].set != "file" {
		j.find(EnvFinding{Level: "note", Name: all[0].name, Title: "The " + string(what) + " is set elsewhere", Text: "Its value is not in this text, so Onramp did not check it.", From: shown(all[0])})
	}
}

// other reports whether the address is a server of one's own.
func (j *judgement) other() bool {
	a, _, err := namespace.ParseAddress(j.first(mAddress))
	return err == nil && localOther(a, j.own) && j.first(mAddress) != "" && namespace.HostKind(a.Host) != namespace.HostLocal
}

// address is the address after repair. Codes come from the namespace room.
func (j *judgement) address() (namespace.Address, bool) {
	v := j.first(mAddress)
	if v == "" || looksSecret(v) {
		if all := j.of(mAddress); len(all) > 0 && (all[0].unknown || v == "") {
			j.elsewhere(mAddress)
		} else if !j.has(mAddress) && j.deployed(j.part) {
			j.find(EnvFinding{Level: "note", Title: "The worker controller sets address and namespace", Text: "It gives the worker TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE from the connection and the worker deployment. Onramp did not check what is not in this text."})
		} else if !j.has(mAddress) {
			f := EnvFinding{Code: "IN-22", Level: j.certain(), Name: j.name(mAddress), Title: "There is no address",
				Text: "SDKs then dial localhost:7233, with TLS once a certificate or key is set, and fail with “first record does not look like a TLS handshake”."}
			if f.Level == "note" {
				f.Title, f.Text = "Onramp found no address in this text", "Perhaps it is set elsewhere, or under a name that Onramp does not know. Without one, SDKs dial localhost:7233."
			}
			j.find(f)
		}
		return namespace.Address{}, false
	}
	if placeholderText(v) {
		return namespace.Address{}, false // told already
	}
	name := j.name(mAddress)
	if port := j.first(mPort); port != "" && !strings.Contains(v, ":") && len(port) < 6 {
		v += ":" + port
	}
	a, repairs, err := namespace.ParseAddress(v)
	if id, ok := accountFor(v, j.first(mNamespace), err); ok {
		j.find(EnvFinding{Code: "IN-11", Level: "repair", Name: name, Title: "The account ID is missing in the host", Text: "The namespace ends in the account ID, " + id.Account + ".", From: masked(v), To: id.Endpoint()})
		a, repairs, err = namespace.ParseAddress(id.Endpoint())
	}
	if err == nil && localOther(a, j.own) {
		repairs = nil // it is to be replaced, not repaired
	}
	j.parsed(name, repairs, err)
	if err == nil && namespace.HostKind(a.Host) == namespace.HostLocal && localOther(a, j.own) {
		f := EnvFinding{Code: "IN-10", Level: "danger", Name: name, Title: "Still pointing at the local server", Text: "The address is this machine's.", From: masked(v)}
		if !loopback(a.Host) {
			f.Text = "The address is a name that only containers and machines of the same network know, not Temporal Cloud's."
		}
		if j.of(mAddress)[0].parts.Defaulted() {
			f.Level = "note"
			f.Text += onlyDefault
		}
		j.find(f)
	} else if err == nil && localOther(a, j.own) {
		j.find(EnvFinding{Level: "note", Name: name, Title: "The address is not Temporal Cloud's", Text: "It is a server of your own, or a name of your own for a private endpoint. Onramp checks for what Temporal Cloud needs.", From: masked(v)})
	}
	return a, err == nil
}

// accountFor is the Namespace ID of the text, where it has the account that the host of an address lacks: payments.a1b2c for
// payments.tmprl.cloud.
func accountFor(address, inNamespace string, err error) (namespace.ID, bool) {
	if f := fault.From(err); f == nil || f.Code != "IN-11" {
		return namespace.ID{}, false
	}
	id, _, err := namespace.ParseID(inNamespace)
	host, _, _ := strings.Cut(address, ":")
	return id, err == nil && strings.EqualFold(host, id.Name+".tmprl.cloud")
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
		if other && r.Auth == "mtls" && !j.has(mCert) && !j.has(mCertData) && !j.has(mPairSecret) && !j.has(mKey) && !j.has(mKeyData) {
			j.find(EnvFinding{Code: "IN-18", Level: "note", Name: j.name(mServerName), Title: "With client certificates this endpoint needs the TLS server name",
				Text: "The address does not name the namespace. With an API key, which is not in this text either, it needs none.", To: id.Host()})
		} else if other && r.Auth == "mtls" {
			j.added = append(j.added, EnvVar{Name: j.name(mServerName), Value: id.Host(), What: string(mServerName)})
			j.find(EnvFinding{Code: "IN-18", Level: "repair", Name: j.name(mServerName), Title: "This endpoint needs the TLS server name", Text: "The address does not name the namespace.", To: id.Host()})
		}
		return ""
	}
	a, _, err := namespace.ParseAddress(v)
	switch {
	case err != nil || looksSecret(v):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "This is not a server name", Text: "A TLS server name is a host name without scheme and port."})
		return ""
	case strings.EqualFold(a.Host, addr.Host) || addr.IsZero() && strings.EqualFold(a.Host, id.Host()):
		j.find(EnvFinding{Level: "dead", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "The TLS server name is redundant", Text: "It is the address's own host. Remove it.", From: masked(v)})
		return ""
	case a.Host != v:
		j.fix(mServerName, a.Host)
		j.find(EnvFinding{Level: "repair", Name: "TEMPORAL_TLS_SERVER_NAME", Title: "A server name has no scheme and no port", Text: "It is a host name.", From: masked(v), To: masked(a.Host)})
	}
	return a.Host
}

// usable is a path that can be written again, else "" for the usual name.
func (j *judgement) usable(what meaning) string {
	p := j.first(what)
	if p == "" || looksSecret(p) || judgePath("path", p) != nil {
		return ""
	}
	for _, a := range j.of(what) {
		if strings.TrimSpace(a.value) == p && !a.parts.Whole() {
			carried, ok := carry(a.parts)
			if !ok {
				return ""
			}
			return carried
		}
	}
	return p
}

// connectionOnly reports whether the text has a connection of the worker controller and no deployment.
func (j *judgement) connectionOnly() bool {
	return len(j.Vocabularies) == 1 && j.Vocabularies[0] == "controller" && !j.has(mNamespace)
}

const onlyDefault = " It is only the default in the text: the variable that it names may have a different value."

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1" || host == "0.0.0.0"
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
