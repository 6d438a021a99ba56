package doctor

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"onramp/fault"
	"onramp/namespace"
)

// input is stage 0: what was typed. It repairs what has one meaning, says so, and refuses the rest.
func (r *run) input(context.Context) {
	r.paths()
	for _, f := range r.t.InputFaults {
		if !f.Fatal {
			r.warn(f.Code)
			continue
		}
		r.values["detail"] = f.Text
		for k, v := range f.Evidence {
			r.see(k, v)
		}
		r.say("%s", f.Text)
		r.target.Address, r.target.Namespace = clean(namespace.WithoutUser(r.t.Address), maxValue), clean(r.t.Namespace, maxValue)
		r.target.Auth = r.t.auth()
		r.stop(f.Code, Certain)
		return
	}
	r.target.Auth = r.t.auth()
	r.unverified()
	if !r.readAddress() || !r.readNamespace() || !r.readServerName() || !r.readAPIKey() {
		return
	}
	r.values["address"] = r.addr.String()
	r.see("host_kind", r.hostKind)
	if r.st.Summary == "" {
		ns, auth := "no namespace", "no credentials"
		if r.ns != "" {
			ns = "namespace " + r.ns
		}
		if r.target.Auth != "none" {
			auth = r.target.Auth
		}
		r.say("%s, %s, %s", r.addr, ns, auth)
	}
	if n := len(r.target.Normalised); n > 0 {
		r.st.Summary += fmt.Sprintf(" (%s)", repaired(n))
	}
}

// paths makes the user's file names known to the texts. CAPath is not among them: {ca_path} is the client
// CA, which is uploaded, and the server's root must never be.
func (r *run) paths() {
	for name, v := range map[string]string{"cert_path": r.t.CertPath, "key_path": r.t.KeyPath,
		"task_queue": r.t.TaskQueue, "workflow_type": r.t.WorkflowType} {
		if v != "" {
			r.values[name] = v
		}
	}
}

// unverified warns of an environment that tells SDKs not to look at the server's certificate (SV-10). The check
// itself always looks.
func (r *run) unverified() {
	const name = "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"
	if off, err := strconv.ParseBool(r.o.Getenv(name)); err == nil && off {
		r.see("variable", name)
		r.warn("SV-10")
	}
}

func (t Target) auth() string {
	switch {
	case len(t.CertPEM) > 0 || len(t.KeyPEM) > 0:
		return "mtls"
	case strings.TrimSpace(t.APIKey) != "":
		return "api-key"
	}
	return "none"
}

// readAddress parses the endpoint, or derives it from the namespace when none was given.
func (r *run) readAddress() bool {
	text := r.t.Address
	r.target.Address = clean(namespace.WithoutUser(text), maxValue)
	r.target.Namespace = clean(r.t.Namespace, maxValue)
	if strings.TrimSpace(text) == "" {
		id, _, err := namespace.ParseID(r.t.Namespace)
		if err != nil {
			return noAddress(r, err)
		}
		text = id.Endpoint()
		r.say("no address given: the namespace's own endpoint is %s", text)
	}
	r.guessValues(text)
	addr, repairs, err := namespace.ParseAddress(text)
	r.repaired(repairs)
	if err != nil {
		return r.refuse(err, "address", text)
	}
	r.addr = addr
	r.hostKind = namespace.HostKind(addr.Host)
	r.target.Address = addr.String()
	r.values["host"], r.values["port"] = addr.Host, strconv.Itoa(addr.Port)
	r.values["address"], r.values["server_name"] = addr.String(), addr.Host
	switch r.hostKind {
	case namespace.HostWebUI:
		r.stop("IN-08", Certain)
		return false
	case namespace.HostOpsAPI:
		r.stop("IN-09", Certain)
		return false
	}
	return true
}

// noAddress says which part is missing, with what was given: the address, or what the namespace lacks for the address to
// follow from it.
func noAddress(r *run, err error) bool {
	name := clean(strings.TrimSpace(r.t.Namespace), maxValue)
	f := fault.All(err)[0]
	v := Explain("IN-22", Certain, r.values)
	own := Fix{Who: "developer", Text: "If it is a server of your own, give its address.", Command: "onramp check --address 127.0.0.1:7233 --namespace default"}
	switch {
	case name == "":
		v.Cause = "Neither an address nor a namespace was given."
		v.Fix = []Fix{{Who: "developer", Text: "Give the Namespace ID, which the namespace's page in the Temporal Cloud UI shows: the address follows from it. Instead of payments.a1b2c give yours.",
			Command: "onramp check --namespace payments.a1b2c"}, own}
	case f.Code == "IN-11":
		v.Title = "The account ID or the address is missing"
		v.Cause = "The namespace “" + name + "” was given without an account ID, and without an address: with one of the two, Onramp would know whom to ask."
		own.Command = "onramp check --address 127.0.0.1:7233 --namespace " + name
		v.Fix = []Fix{{Who: "developer", Text: "If it is in Temporal Cloud, write the account ID behind the name: the address follows from it. Instead of a1b2c give yours.",
			Command: "onramp check --namespace " + name + ".a1b2c"}, own}
	default:
		v.Cause = "No address was given, and none follows from the namespace “" + name + "”: " + f.Cause
		v.Fix = []Fix{{Who: "developer", Text: "If it is in Temporal Cloud: " + f.Fix}, own}
		if f.Code != "NS-11" { // the name could not be typed as it is
			v.Fix[1].Command = ""
		}
	}
	r.see("namespace_given", name)
	r.say("%s", v.Title)
	if known, ok := Lookup(f.Code); ok && name != "" {
		v.Candidates = append(v.Candidates, candidate(f.Code, fill(known.Title, r.values)+"."))
	}
	v.Confirm = cmp.Or(v.Fix[0].Command, own.Command)
	r.fail(v)
	return false
}

// guessValues gives a fix its values where the address will be refused: the namespace tells its
// endpoint, and a host may be readable although what follows it is not.
func (r *run) guessValues(address string) {
	if id, _, err := namespace.ParseID(r.t.Namespace); err == nil {
		r.values["endpoint"], r.values["host"] = id.Endpoint(), id.Host()
	}
	text := strings.TrimSpace(address)
	if _, after, ok := strings.Cut(text, "://"); ok {
		text = after
	}
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = text[at+1:]
	}
	host, _, _ := strings.Cut(text, ":")
	if a, _, err := namespace.ParseAddress(host + ":7233"); err == nil {
		r.values["host"] = a.Host
	}
}

// readNamespace parses the namespace and compares it with the host. A server of one's own may have
// namespaces that Cloud would not allow, so Cloud's rules bind only at Cloud's hosts.
func (r *run) readNamespace() bool {
	host, fromHost := namespace.FromHost(r.addr.Host)
	if fromHost {
		r.values["account"] = host.Account
	}
	text := r.t.Namespace
	if strings.TrimSpace(text) == "" {
		if fromHost {
			r.setNamespace(host)
		}
		return true
	}
	id, repairs, err := namespace.ParseID(text)
	if err != nil && !r.cloudHost() && r.hostKind != namespace.HostPrivateLink {
		r.ns = clean(strings.TrimSpace(text), maxValue)
		r.target.Namespace, r.values["namespace"] = r.ns, r.ns
		return true
	}
	r.repaired(repairs)
	if err != nil {
		r.values["namespace"] = clean(strings.TrimSpace(text), maxValue)
		if fromHost {
			r.see("namespace_in_address", host.String())
			r.values["wanted"] = host.String()
		}
		return r.refuse(err, "namespace", text)
	}
	r.setNamespace(id)
	if fromHost && id != host {
		r.see("namespace_in_address", host.String())
		r.see("namespace_given", id.String())
		r.values["wanted"] = host.String()
		if !strings.EqualFold(strings.TrimSpace(r.t.ServerName), id.Host()) {
			r.say("the address belongs to %s, the namespace is %s", host, id)
			r.stop("IN-12", Certain)
			return false
		}
		r.warn("IN-12")
	}
	return true
}

func (r *run) setNamespace(id namespace.ID) {
	r.id, r.ns = id, id.String()
	r.target.Namespace, r.values["namespace"] = r.ns, r.ns
	r.values["endpoint"], r.values["account"] = id.Endpoint(), id.Account
}

// readServerName takes the override, and sees that endpoints which need one have it (IN-18).
func (r *run) readServerName() bool {
	name := strings.TrimSpace(r.t.ServerName)
	if _, after, ok := strings.Cut(name, "://"); ok {
		name = after
	}
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	if name != r.t.ServerName {
		r.repaired([]namespace.Repair{{Field: "server_name", From: clean(r.t.ServerName, maxValue), To: clean(name, maxValue), Code: "IN-04"}})
	}
	r.serverName = name
	if name == "" {
		r.serverName = r.addr.Host
	}
	r.target.ServerName = clean(r.serverName, maxValue)
	r.values["server_name"] = r.target.ServerName
	needs := r.hostKind == namespace.HostRegional || r.hostKind == namespace.HostRegionCNAME || r.hostKind == namespace.HostPrivateLink
	if needs && name == "" && r.target.Auth == "mtls" {
		r.say("%s serves many namespaces: without a server name it cannot know which certificate rules apply", r.addr.Host)
		r.stop("IN-18", Certain)
		return false
	}
	if (r.hostKind == namespace.HostLocal || isAlias(r.addr.Host)) && !r.id.IsZero() && len(r.t.ExtraRootsPEM) == 0 {
		r.note("IN-10")
	}
	return true
}

// readAPIKey trims what editors and shells add to an API key and looks at its own expiry date.
// The key itself never becomes evidence.
func (r *run) readAPIKey() bool {
	key := r.t.APIKey
	if strings.TrimSpace(key) == "" {
		return true
	}
	r.apiKey = strings.TrimSpace(key)
	if r.apiKey != key {
		r.note("AK-05")
	}
	if n := len(r.apiKey); n > 2 && strings.ContainsRune("\"'`", rune(r.apiKey[0])) && r.apiKey[0] == r.apiKey[n-1] {
		r.apiKey = strings.TrimSpace(r.apiKey[1 : n-1])
		r.note("IN-20")
	}
	for i, c := range r.apiKey {
		if c <= ' ' || c > '~' {
			r.see("character", fmt.Sprintf("U+%04X at position %d", c, i))
			r.stop("AK-04", Certain)
			return false
		}
	}
	if exp, ok := jwtExpiry(r.apiKey); ok && !r.now.Before(exp) {
		r.see("expired", exp.UTC().Format("2006-01-02 15:04 MST"))
		r.values["cause"] = fmt.Sprintf("The API key says that it expired on %s.", r.values["expired"])
		r.stop("AK-03", Certain)
		return false
	}
	return true
}

// repaired lists repairs in the report, cleaned.
func (r *run) repaired(repairs []namespace.Repair) {
	for _, p := range repairs {
		p.From, p.To = clean(p.From, maxValue), clean(p.To, maxValue)
		r.target.Normalised = append(r.target.Normalised, p)
		r.note(p.Code)
	}
}

// refuse ends the ladder with the fault of a text that has no certain meaning.
func (r *run) refuse(err error, field, text string) bool {
	f := fault.All(err)[0]
	r.see("given", clean(namespace.WithoutUser(text), maxValue))
	r.see("field", field)
	if f.Cause != "" {
		r.values["cause"] = f.Cause
	}
	r.say("%s", f.Title)
	level := Certain
	if f.Code == "IN-14" {
		level = Likely
	}
	if _, ok := Lookup(f.Code); !ok {
		r.o.Log.Warn("input refused without a code of the catalogue", "field", field, "title", f.Title)
		r.unknown(f.Title)
		return false
	}
	r.stop(f.Code, level)
	return false
}

func repaired(n int) string {
	if n == 1 {
		return "1 thing repaired"
	}
	return fmt.Sprintf("%d things repaired", n)
}
