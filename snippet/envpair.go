package snippet

import (
	"path"
	"regexp"
	"strings"

	"encoding/base64"
	"onramp/fault"
	"onramp/namespace"
)

// pair judges certificate, key and API key together.
func (j *judgement) pair() {
	cert, key := j.has(mCert) || j.has(mCertData), j.has(mKey) || j.has(mKeyData)
	level := j.certain()
	switch {
	case cert && !key:
		j.find(EnvFinding{Code: "KP-36", Level: level, Title: map[string]string{"danger": "There is a certificate but no key", "note": "Onramp found a certificate but no key"}[level], Text: "If one is set, the other must be too.", To: "TEMPORAL_TLS_CLIENT_KEY_PATH"})
	case key && !cert:
		j.find(EnvFinding{Code: "KP-01", Level: level, Title: map[string]string{"danger": "There is a key but no certificate", "note": "Onramp found a key but no certificate"}[level], Text: "If one is set, the other must be too.", To: "TEMPORAL_TLS_CLIENT_CERT_PATH"})
	}
	for _, two := range [][2]meaning{{mCert, mCertData}, {mKey, mKeyData}} {
		if j.has(two[0], "standard", "file") && j.has(two[1], "standard", "file") {
			j.find(EnvFinding{Level: "danger", Title: "Path and content of the " + string(two[0]), Text: "They exclude each other: loading both is an error. Keep one."})
		}
	}
	j.both()
	c, k := j.first(mCert), j.first(mKey)
	switch {
	case c != "" && c == k:
		j.find(EnvFinding{Code: "KP-30", Level: "danger", Title: "Certificate and key are the same file", Text: "The client certificate and its private key are two files."})
	case keyName(c) && certName(k):
		j.find(EnvFinding{Code: "KP-02", Level: "danger", Title: "Certificate and key look swapped", Text: "The file names say so.", From: masked(c), To: masked(k)})
		j.swap()
	}
	j.authority()
	j.paths()
}

// paths finds paths that no SDK can open. What the code's own name holds may be a folder, or be completed by the code.
func (j *judgement) paths() {
	for _, what := range []meaning{mCert, mKey} {
		p := j.first(what)
		err := judgePath("path", p)
		if p == "" || err == nil || looksSecret(p) || strings.Contains(p, "-----") {
			continue
		}
		f := EnvFinding{Code: "KP-35", Level: "danger", Title: fault.Title(err), Text: fault.From(err).Cause + " " + fault.From(err).Fix}
		set := ""
		for _, a := range j.of(what) {
			if set == "" && strings.TrimSpace(a.value) == p {
				set = a.set
			}
		}
		switch set {
		case "own", "tutorial", "course", "sample":
			f.Code, f.Level, f.Text = "", "note", fault.From(err).Cause+" This works only if your code makes the path of a file of it."
		}
		j.find(f)
	}
}

// swap gives certificate and key each other's place.
func (j *judgement) swap() {
	c, k := j.of(mCert)[0], j.of(mKey)[0]
	if !c.unknown && !k.unknown {
		j.fixed[c.from.ID], j.fixed[k.from.ID] = fixing{c.value, k.value}, fixing{k.value, c.value}
	}
}

// effect lists what SDK and CLI take.
func (j *judgement) effect() {
	for _, what := range []meaning{mAddress, mPort, mNamespace, mCert, mKey, mCertData, mKeyData, mAPIKey, mPairSecret, mAPIKeySecret, mServerName, mServerCA, mTLS, mNoVerify} {
		var sdk string
		if all := j.of(what, "standard", "file", "spring", "quarkus", "controller"); len(all) > 0 {
			sdk = all[0].name
			j.InEffect = append(j.InEffect, EnvVar{Name: sdk, Value: shown(all[0]), What: string(what), From: from(all[0])})
		} else if all := j.of(what, "own", "flag", "keda"); len(all) > 0 {
			j.InEffect = append(j.InEffect, EnvVar{Name: all[0].name, Value: shown(all[0]), What: string(what), From: from(all[0])})
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
	switch a.set {
	case "file":
		if a.from.Via == "profile" && strings.Contains(a.name, ".") {
			return "a profile of the temporal CLI"
		}
		return "temporal.toml"
	case "spring", "quarkus", "controller":
		return readers[a.set]
	case "keda":
		return readers[a.set]
	case "own":
		return "perhaps your code's own"
	case "flag":
		return "an option of the command"
	}
	return "variable"
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
)

func base(p string) string      { return path.Base(strings.ReplaceAll(p, `\`, "/")) }
func keyName(p string) bool     { return keyFile.MatchString(base(p)) }
func certName(p string) bool    { return certFile.MatchString(base(p)) && !keyName(p) }
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

// boolean reports whether a value is a switch's.
func boolean(v string) bool {
	switch strings.ToLower(strings.TrimSpace(v)) {
	case "true", "false", "1", "0", "yes", "no", "on", "off":
		return true
	}
	return false
}

// systemRoots reports whether a file is the bundle of public CAs that systems come with.
func systemRoots(p string) bool {
	return strings.HasSuffix(p, "/ca-certificates.crt") || strings.HasSuffix(p, "/ca-bundle.crt") || strings.HasSuffix(p, "/etc/ssl/cert.pem") || strings.HasSuffix(p, "/tls-ca-bundle.pem") || strings.HasSuffix(p, "cacert.pem") && strings.Contains(p, "certifi")
}

// opened is a text without the base64 around it, where there is one.
func opened(s string) string {
	if strings.Contains(s, "-----BEGIN") || len(s) > 64<<10 {
		return s
	}
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil || !strings.Contains(string(b), "-----BEGIN") {
		return s
	}
	return string(b)
}

// secretText is what secrets look like: PEM, a JSON Web Token (Temporal Cloud's API keys are such), a long run of
// random letters; and a user's password in a URL.
var secretText = regexp.MustCompile(`-----|eyJ[A-Za-z0-9_-]{8,}|[A-Za-z0-9+=_-]{48,}|://[^/\s]*@`)

func looksSecret(s string) bool { return secretText.MatchString(s) || len(bareUsers(s)) > 0 }

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
