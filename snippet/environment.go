package snippet

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/namespace"
)

// Environment is what a pasted environment says. No secret is in it: API keys and the contents of certificates
// and keys are masked, and variables that Temporal does not know are left out.
type Environment struct {
	Form         string       // lines, yaml, compose, kubernetes, github-actions or toml
	Vocabularies []string     // those of Vocabularies that are in use, in its order
	InEffect     []EnvVar     // what an SDK's environment configuration takes; From is the name it was set by
	CLI          []EnvVar     // what the temporal CLI takes, where that differs
	Findings     []EnvFinding // nil when all is well
	request      *Request     // what Repaired writes
	missing      string       // why it cannot
}

// EnvFinding is one thing to know of a pasted environment. Code is an id of the fault catalogue, "" where it has
// none. Level is "danger", "conflict", "dead" (nothing reads it), "repair" (its meaning is certain) or "note".
type EnvFinding struct{ Code, Level, Name, Title, Text, From, To string }

// maxEnvironment is more than any environment of one program needs.
const maxEnvironment = 256 << 10

// JudgeEnvironment reads a pasted environment: the output of env, export lines, a .env file, docker compose,
// Kubernetes or GitHub Actions YAML, temporal.toml, or lines of PowerShell, cmd, fish and systemd. It says which
// names are in use, what wins, what conflicts, and what is dead or dangerous.
func JudgeEnvironment(text string) Environment { return JudgeEnvironmentAt(text, "") }

// JudgeEnvironmentAt is JudgeEnvironment where one local address, host:port, is the right one: a rehearsal's. "" is none.
func JudgeEnvironmentAt(text, own string) Environment {
	j := &judgement{own: own}
	if len(text) > maxEnvironment {
		j.find(EnvFinding{Level: "danger", Title: "This is too long for an environment", Text: "Paste only the settings of the worker."})
		j.Environment.missing = "The text was not read."
		return j.Environment
	}
	p := readEnvironment(text)
	j.Form, j.pasted = p.form, p
	if p.broken != "" {
		j.find(EnvFinding{Level: "danger", Title: "The text is damaged", Text: p.broken})
	}
	if len(p.all) == 0 {
		j.find(EnvFinding{Level: "note", Title: "No Temporal setting is in this text", Text: "Paste lines such as TEMPORAL_ADDRESS=…, a .env file, compose or Kubernetes YAML, or temporal.toml."})
		j.missing = "There is no Temporal setting in the text."
		return j.Environment
	}
	for _, v := range Vocabularies {
		if slices.ContainsFunc(p.all, func(a assignment) bool { return a.set == v }) {
			j.Vocabularies = append(j.Vocabularies, v)
		}
	}
	j.twice()
	j.profile()
	j.secrets()
	j.names()
	j.conflicts()
	j.server()
	j.tls()
	j.pair()
	j.effect()
	j.endpoint()
	return j.Environment
}

// Repaired writes the repaired environment for a shell or another holder of Shells. It keeps the tutorial's names
// where only they were in use, for the code that reads them. The API key is not in it. It is an Invalid fault if
// the text lacks what only the person knows.
func (e Environment) Repaired(shell string) (string, error) {
	if e.request == nil {
		return "", invalid("environment", "This environment cannot be repaired yet", e.missing, "Add what is missing, and paste it again.")
	}
	r := *e.request
	r.Shell = shell
	if s, err := Choose("shell", "shell", shell, Shells, Shells[0]); err == nil && s == "toml" {
		r.Vars, r.Style = "standard", "envconfig"
	}
	c, err := Write(r)
	return c.Holder, err
}

// judgement is an Environment in the making.
type judgement struct {
	Environment
	pasted pasted
	own    string // a local address that is right
}

// ReadBy says who reads one of Vocabularies.
func ReadBy(vocabulary string) string { return readers[vocabulary] }

// local reports whether an address cannot be Temporal Cloud's and is not the one that is right.
func (j *judgement) local(a namespace.Address) bool { return local(a.Host) && a.String() != j.own }

func (j *judgement) find(f EnvFinding) { j.Findings = append(j.Findings, f) }

// of returns the assignments of a meaning in the order in which they win: variables over the file, standard
// names over others.
func (j *judgement) of(what meaning, sets ...string) []assignment {
	if len(sets) == 0 {
		sets = []string{"standard", "file", "tutorial", "course", "sample", "legacy CLI"}
	}
	var out []assignment
	for _, set := range sets {
		var names []string
		for _, a := range slices.Backward(j.pasted.all) {
			if a.what == what && a.set == set && !slices.Contains(names, a.name) {
				names = append(names, a.name)
				out = append(out, a)
			}
		}
	}
	return out
}

func (j *judgement) has(what meaning, sets ...string) bool { return len(j.of(what, sets...)) > 0 }

// first is the value of a meaning that wins and is known, "" for none.
func (j *judgement) first(what meaning) string {
	for _, a := range j.of(what) {
		if !a.unknown && strings.TrimSpace(a.value) != "" {
			return strings.TrimSpace(a.value)
		}
	}
	return ""
}

// twice finds a name with two values.
func (j *judgement) twice() {
	last := map[string]assignment{}
	for _, a := range j.pasted.all {
		before, ok := last[a.name]
		if ok && before.value != a.value && !a.unknown {
			j.find(EnvFinding{Level: "conflict", Name: a.name, Title: a.name + " is set twice", Text: "The later value wins in a shell; elsewhere it depends on the program.", From: shown(before), To: shown(a)})
		}
		last[a.name] = a
	}
}

// profile finds a profile that is named and not there.
func (j *judgement) profile() {
	name := j.first(mProfile)
	switch {
	case len(j.pasted.profiles) == 0:
		return
	case name != "" && !slices.Contains(j.pasted.profiles, name):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_PROFILE", Title: "The profile is not in the file", Text: "TEMPORAL_PROFILE names a profile that temporal.toml does not have; loading it is an error."})
	case name == "" && !slices.Contains(j.pasted.profiles, "default"):
		j.find(EnvFinding{Level: "danger", Name: "TEMPORAL_PROFILE", Title: "No profile is chosen", Text: "Without TEMPORAL_PROFILE the profile default is loaded, and the file has none: the connection would go to the local server. Set TEMPORAL_PROFILE."})
	}
}

// secrets finds a secret in a place of something else, and what is in a place of a secret.
func (j *judgement) secrets() {
	for _, a := range j.pasted.all {
		f := EnvFinding{Level: "danger", Name: a.name}
		trimmed := strings.TrimSpace(a.value)
		switch {
		case a.unknown || a.value == "":
			continue
		case (a.what == mCert || a.what == mKey || a.what == mServerCA) && strings.Contains(a.value, "-----BEGIN") && !strings.HasSuffix(a.name, "DATA") && !strings.HasSuffix(a.name, "data"):
			f.Title, f.Text = "The content stands where a path belongs", "This variable is the path of a file. Its content goes into the variable that ends in _DATA."
			if a.what == mCert && strings.Contains(a.value, "PRIVATE KEY") {
				f.Code, f.Title = "IN-16", "A private key is in the variable of a certificate"
			}
		case a.what == mCertData && strings.Contains(a.value, "PRIVATE KEY"):
			f.Code, f.Title, f.Text = "IN-16", "A private key is in the variable of a certificate", "The certificate is sent to the server. Treat this key as seen by others, and make a new pair."
		case a.what == mKeyData && strings.Contains(a.value, "BEGIN CERTIFICATE"):
			f.Code, f.Title, f.Text = "KP-03", "A certificate is where the key belongs", "Put the private key here."
		case (a.what == mCertData || a.what == mKeyData) && !strings.Contains(a.value, "BEGIN"):
			f.Code, f.Title, f.Text = "IN-17", "This is not the content of a PEM file", "A variable that ends in _DATA holds the PEM text itself. For a path there is the one that ends in _PATH."
		case a.what == mAPIKey && trimmed != a.value:
			f.Code, f.Level, f.Title, f.Text = "AK-05", "repair", "A blank or line break is around the API key", "SDKs send it as part of the key."
		case a.what == mAPIKey && len(trimmed) > 2 && strings.ContainsRune(`"'`, rune(trimmed[0])):
			f.Code, f.Level, f.Title, f.Text = "IN-20", "repair", "Quotes around the API key", "They are sent as part of the key."
		case !a.what.secret() && looksSecret(a.value):
			f.Title, f.Text = "A secret stands in "+a.name, "This variable is shown in logs and error messages. Take the secret out, and replace it: others may have seen it."
		default:
			continue
		}
		j.find(f)
	}
}

// names finds what nothing reads, or only some program.
func (j *judgement) names() {
	standard := slices.Contains(j.Vocabularies, "standard")
	for _, set := range j.Vocabularies[min(1, len(j.Vocabularies)):] {
		j.vocabulary(set, standard)
	}
	if !standard && len(j.Vocabularies) > 0 {
		j.vocabulary(j.Vocabularies[0], false)
	}
	if j.has(mOpsKey, "ops") {
		f := EnvFinding{Code: "AK-06", Level: "danger", Name: "TEMPORAL_CLOUD_API_KEY", Title: "The API key is in the wrong variable", Text: "TEMPORAL_CLOUD_API_KEY is for tcld and Terraform; SDKs and the temporal CLI read TEMPORAL_API_KEY.", To: "TEMPORAL_API_KEY"}
		if j.has(mAPIKey) || j.has(mCert) || j.has(mCertData) {
			f.Level, f.Title = "note", "TEMPORAL_CLOUD_API_KEY is not read by the worker"
			f.Text += " A worker's environment is safer without it: it may change the account."
			f.To = ""
		}
		j.find(f)
	}
}

func (j *judgement) vocabulary(set string, standard bool) {
	var names, dead []string
	for _, a := range j.pasted.all {
		if a.set != set || slices.Contains(names, a.name) {
			continue
		}
		names = append(names, a.name)
		if to := standardName(a.what); to != "" {
			dead = append(dead, a.name+" → "+to)
		}
	}
	if set == "standard" || len(names) == 0 {
		return
	}
	f := EnvFinding{Level: "note", Name: strings.Join(names, ", "), Title: "Names of another vocabulary: " + set,
		Text: "Read by " + readers[set] + ". The SDKs' environment configuration does not read them.", To: strings.Join(dead, ", ")}
	if standard {
		f.Level = "dead"
	}
	if set == "legacy CLI" && slices.ContainsFunc(names, cliReads) {
		f.Level, f.Text = "conflict", "No SDK reads these names. The temporal CLI still does, and prefers some of them to the new ones: remove them."
	}
	j.find(f)
}

// conflicts finds two values for one meaning.
func (j *judgement) conflicts() {
	for _, what := range []meaning{mAddress, mNamespace, mCert, mKey, mServerName, mAPIKey} {
		all := j.of(what)
		if len(all) < 2 {
			continue
		}
		win := all[0]
		for _, a := range all[1:] {
			if a.unknown || win.unknown || normal(what, a.value) == normal(what, win.value) {
				continue
			}
			text := "The SDKs take " + win.name + "."
			switch {
			case a.set == "file" || win.set == "file":
				text = "A variable wins over temporal.toml."
			case a.set == "legacy CLI" && cliReads(a.name):
				text += " The temporal CLI takes " + a.name + "."
			}
			j.find(EnvFinding{Level: "conflict", Name: a.name, Title: fmt.Sprintf("Two values for the %s", what), Text: text, From: shown(a), To: shown(win)})
		}
		if win.value == "" && !win.unknown && win.set == "standard" {
			j.find(EnvFinding{Level: "conflict", Name: win.name, Title: win.name + " is set and empty", Text: "An empty variable still wins over temporal.toml in the Go SDK and the temporal CLI. Remove it."})
		}
	}
}

// server finds what changes whom the worker trusts (cloud-facts.md E6).
func (j *judgement) server() {
	cloud := !local(j.host())
	for _, a := range j.of(mServerCA) {
		if cloud && (a.value != "" || a.unknown) {
			j.find(EnvFinding{Code: "SV-01", Level: "danger", Name: a.name, Title: "Cloud needs no CA here",
				Text: "This variable replaces the CAs that the server's certificate is checked against. Cloud's comes from a public CA; your own CA here makes every connection fail. Remove it."})
		}
	}
	for _, a := range j.of(mNoVerify) {
		if on(a.value) {
			j.find(EnvFinding{Code: "SV-10", Level: "danger", Name: a.name, Title: "Verification of the server is switched off", Text: "Anyone on the way can pretend to be Temporal Cloud. Remove it."})
		}
	}
}

// tls judges TEMPORAL_TLS.
func (j *judgement) tls() {
	for _, a := range j.of(mTLS) {
		f := EnvFinding{Level: "note", Name: a.name, From: shown(a), Title: "TEMPORAL_TLS is not needed",
			Text: "The certificate or the API key switches TLS on. TypeScript SDKs before 1.21.0 read it the wrong way round: true switched TLS off. Remove it."}
		switch {
		case a.unknown:
			continue
		case !on(a.value) && j.has(mAPIKey):
			f.Code, f.Level, f.Title, f.Text = "AK-09", "danger", "An API key without TLS", "The key would travel in the clear; Temporal Cloud resets such connections. Remove it."
		case !on(a.value):
			f.Code, f.Level, f.Title, f.Text = "TC-06", "danger", "TLS is switched off", "Temporal Cloud cuts connections without TLS. Remove it."
		case a.set == "file":
			continue
		}
		j.find(f)
	}
}

// pair judges certificate, key and API key together.
func (j *judgement) pair() {
	cert, key := j.has(mCert) || j.has(mCertData), j.has(mKey) || j.has(mKeyData)
	switch {
	case cert && !key:
		j.find(EnvFinding{Code: "KP-36", Level: "danger", Title: "There is a certificate and no key", Text: "If either is set the other must be too.", To: "TEMPORAL_TLS_CLIENT_KEY_PATH"})
	case key && !cert:
		j.find(EnvFinding{Code: "KP-01", Level: "danger", Title: "There is a key and no certificate", Text: "If either is set the other must be too.", To: "TEMPORAL_TLS_CLIENT_CERT_PATH"})
	}
	for _, two := range [][2]meaning{{mCert, mCertData}, {mKey, mKeyData}} {
		if j.has(two[0], "standard", "file") && j.has(two[1], "standard", "file") {
			j.find(EnvFinding{Level: "danger", Title: "Path and content of the " + string(two[0]), Text: "They exclude each other: loading both is an error. Keep one."})
		}
	}
	if j.has(mAPIKey) && cert {
		j.find(EnvFinding{Level: "conflict", Name: "TEMPORAL_API_KEY", Title: "Both an API key and a certificate", Text: "Both would be sent. Keep the one that the namespace is set up for."})
	}
	c, k := j.first(mCert), j.first(mKey)
	switch {
	case c != "" && c == k:
		j.find(EnvFinding{Code: "KP-30", Level: "danger", Title: "Certificate and key are the same file", Text: "The client certificate and its private key are two files."})
	case keyName(c) && certName(k):
		j.find(EnvFinding{Code: "KP-02", Level: "danger", Title: "Certificate and key look swapped", Text: "The file names say so.", From: masked(c), To: masked(k)})
	case caName(c):
		j.find(EnvFinding{Code: "KP-08", Level: "note", Title: "Is this the CA?", Text: "By its name the client certificate is the CA's. The worker needs the leaf; the CA is uploaded to the namespace.", From: masked(c)})
	}
	for _, p := range []string{c, k} {
		if err := judgePath("path", p); p != "" && err != nil && !looksSecret(p) && !strings.Contains(p, "-----") {
			j.find(EnvFinding{Code: "KP-35", Level: "danger", Title: fault.Title(err), Text: fault.From(err).Cause + " " + fault.From(err).Fix})
		}
	}
}

// effect lists what SDK and CLI take.
func (j *judgement) effect() {
	for _, what := range []meaning{mAddress, mNamespace, mCert, mKey, mCertData, mKeyData, mAPIKey, mServerName, mServerCA, mTLS, mNoVerify} {
		var sdk string
		if all := j.of(what, "standard", "file"); len(all) > 0 {
			sdk = all[0].name
			j.InEffect = append(j.InEffect, EnvVar{Name: sdk, Value: shown(all[0]), What: string(what), From: from(all[0])})
		}
		for _, a := range j.of(what, "legacy CLI") {
			if cliReads(a.name) {
				j.CLI = append(j.CLI, EnvVar{Name: a.name, Value: shown(a), What: string(what), From: from(a)})
				break
			}
		}
	}
}

func from(a assignment) string {
	if a.set == "file" {
		return "temporal.toml"
	}
	return "variable"
}

// host is the winning address's host, "" if it is unknown or cannot be read.
func (j *judgement) host() string {
	a, _, err := namespace.ParseAddress(j.first(mAddress))
	if err != nil {
		return ""
	}
	return a.Host
}

func on(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "1", "yes", "on":
		return true
	}
	return false
}

var (
	keyFile  = regexp.MustCompile(`(?i)(?:\.key|[-_.]key\.pem|^key\.pem|tls\.key)$`)
	certFile = regexp.MustCompile(`(?i)(?:\.crt|\.cer|\.cert|cert\.pem|certificate\.pem|client\.pem|tls\.crt)$`)
	caFile   = regexp.MustCompile(`(?i)^(?:root[-_.]?)?ca(?:[-_.]?cert)?\.(?:pem|crt|cer)$`)
)

func base(p string) string      { return path.Base(strings.ReplaceAll(p, `\`, "/")) }
func keyName(p string) bool     { return keyFile.MatchString(base(p)) }
func certName(p string) bool    { return certFile.MatchString(base(p)) && !keyName(p) }
func caName(p string) bool      { return caFile.MatchString(base(p)) }
func shown(a assignment) string { return show(a.what, a.value, a.unknown) }

// show is a value for the page: secrets are masked.
func show(what meaning, value string, unknown bool) string {
	switch {
	case unknown && value == "":
		return "(set elsewhere)"
	case value == "":
		return "(empty)"
	case what.secret():
		return "••••••"
	}
	return masked(value)
}

// secretText is what secrets look like: PEM, a JSON Web Token (Temporal Cloud's API keys are such), a long run of
// random letters; and a user's password in a URL.
var secretText = regexp.MustCompile(`-----|eyJ[A-Za-z0-9_-]{8,}|[A-Za-z0-9+=_-]{48,}|://[^/\s]*@`)

func looksSecret(s string) bool { return secretText.MatchString(s) }

// masked is a value that should hold no secret, in case it does.
func masked(s string) string {
	if looksSecret(s) {
		return "••••••"
	}
	return clip(s, 160)
}

// normal is a value as its meaning takes it, to compare.
func normal(what meaning, v string) string {
	v = strings.TrimSpace(v)
	if what == mAddress {
		if a, _, err := namespace.ParseAddress(v); err == nil {
			return a.String()
		}
	}
	return v
}
