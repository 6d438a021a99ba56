package snippet

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"onramp/namespace"
	"onramp/snippet/config"
)

// frameworkKeys are the keys of frameworks, without case and punctuation: spring.temporal.connection.target,
// SPRING_TEMPORAL_CONNECTION_TARGET and the like are one key (Spring Boot, Relaxed Binding). Sources: sdk-java
// temporal-spring-boot-autoconfigure ConnectionProperties.java; quarkus-temporal, Configuration Reference.
var frameworkKeys = map[string]known{
	"springtemporalnamespace":                          {"spring", mNamespace},
	"springtemporalconnectiontarget":                   {"spring", mAddress},
	"springtemporalconnectionapikey":                   {"spring", mAPIKey},
	"springtemporalconnectionenablehttps":              {"spring", mTLS},
	"springtemporalconnectionmtlskeyfile":              {"spring", mKey},
	"springtemporalconnectionmtlscertchainfile":        {"spring", mCert},
	"springtemporalconnectionmtlskey":                  {"spring", mKeyData},
	"springtemporalconnectionmtlscertchain":            {"spring", mCertData},
	"springtemporalconnectionmtlsservername":           {"spring", mServerName},
	"springtemporalconnectionmtlsinsecuretrustmanager": {"spring", mNoVerify},

	"quarkustemporalnamespace":                    {"quarkus", mNamespace},
	"quarkustemporalconnectiontarget":             {"quarkus", mAddress},
	"quarkustemporalconnectionapikey":             {"quarkus", mAPIKey},
	"quarkustemporalconnectionenablehttps":        {"quarkus", mTLS},
	"quarkustemporalconnectionmtlsclientcertpath": {"quarkus", mCert},
	"quarkustemporalconnectionmtlsclientkeypath":  {"quarkus", mKey},
}

// objectKeys are fields of Kubernetes objects, by the kind of object. Sources: temporal-worker-controller
// api/v1alpha1 connection_types.go; KEDA, Temporal scaler.
var objectKeys = map[string]map[string]known{
	"Connection": {"spec.hostPort": {"controller", mAddress}, "spec.tls.serverName": {"controller", mServerName},
		"spec.mutualTLSSecretRef.name": {"controller", mPairSecret}, "spec.apiKeySecretRef.name": {"controller", mAPIKeySecret}},
	"WorkerDeployment": {"spec.workerOptions.temporalNamespace": {"controller", mNamespace}, "spec.workerOptions.connectionRef.name": {"controller", mOther}, "spec.workerOptions.connection": {"controller", mOther}},
	"ScaledObject":     {"spec.triggers.metadata.endpoint": {"keda", mAddress}, "spec.triggers.metadata.namespace": {"keda", mNamespace}},
}

// flagKeys are the temporal CLI's flags.
var flagKeys = map[string]meaning{
	"address": mAddress, "namespace": mNamespace, "n": mNamespace, "api-key": mAPIKey, "tls-cert-path": mCert, "tls-key-path": mKey,
	"tls_cert_path": mCert, "tls_key_path": mKey, "tls-ca-path": mServerCA, "tls-server-name": mServerName, "tls-disable-host-verification": mNoVerify,
	"temporal-address": mAddress, "temporal-namespace": mNamespace,
}

// reading is a text with what its settings are for.
type reading struct {
	*config.Document
	known []known // of each setting, the zero value for what is none of Temporal's
}

func newReading(d *config.Document) *reading {
	r := &reading{d, make([]known, len(d.Settings))}
	some := r.classify(0)
	some = r.places() || some
	r.siblings()
	if before := len(d.Settings); !some && d.AddNamed() {
		r.known = append(r.known, make([]known, len(d.Settings)-before)...)
		r.classify(before)
	}
	return r
}

// places says what the profiles of a tool's own file are for, and whether one is Temporal's. By their keys they could be
// any program's: one address of Temporal's, by its host or its port, tells that they are Temporal's.
func (r *reading) places() (some bool) {
	of := func(s config.Setting) bool {
		g := r.Groups[s.Group]
		return g.Kind == "profile" && slices.Contains(g.Hints, "places")
	}
	if !slices.ContainsFunc(r.Settings, func(s config.Setting) bool { return of(s) && temporalHost.MatchString(s.Value.String()) }) {
		return false
	}
	for i, s := range r.Settings {
		if r.known[i] != (known{}) || !of(s) || secretName(s) {
			continue
		}
		if what, ok := telling("temporal."+s.Path, s.Value.String()); ok {
			r.known[i], some = known{"own", what}, true
		}
	}
	return some
}

// temporalHost is an address that is Temporal's by its host or its port, filled in or not.
var temporalHost = regexp.MustCompile(`^[^\s"'()]*\.(?:tmprl\.cloud|api\.temporal\.io)(?::\d+)?$|^[\w.-]+:7233$`)

// secretName reports whether a secret stands in a setting's name, which is shown.
func secretName(s config.Setting) bool { return looksSecret(s.Name) || looksSecret(s.Path) }

// classify says what the settings from a place on are for, and whether one of them is Temporal's.
func (r *reading) classify(from int) (some bool) {
	for i, s := range r.Settings[from:] {
		if secretName(s) {
			continue // a secret ran into a name
		}
		if k, ok := classify(r.Document, s); ok {
			r.known[from+i] = k
			some = some || k.what != mQueue
		}
	}
	return some
}

// siblings says what stands beside an address of Temporal Cloud that only its value tells: FLOW_SERVER_NAMESPACE beside
// FLOW_SERVER_URL, namespace beside address.
func (r *reading) siblings() {
	type place struct {
		group  int
		before string
	}
	beside := map[place]bool{}
	for i, s := range r.Settings {
		if k := r.known[i]; k.set != "own" || k.what != mAddress || len(beside) >= 20 {
			continue
		}
		if _, plain := telling(s.Path, ""); plain {
			continue
		}
		for _, before := range stems(s.Path) {
			beside[place{s.Group, before}] = true
		}
	}
	if len(beside) == 0 {
		return
	}
	for i, s := range r.Settings {
		if r.known[i] != (known{}) || secretName(s) {
			continue
		}
		for at := range beside {
			rest, ok := strings.CutPrefix(s.Path, at.before)
			if !ok || s.Group != at.group || rest == "" {
				continue
			}
			if what, ok := telling("temporal."+rest, s.Value.String()); ok && what != mAddress {
				r.known[i] = known{"own", what}
			}
		}
	}
}

// stems are what may stand before the last word of the names beside a name: FLOW_SERVER_ of FLOW_SERVER_URL, flow. of
// flow.url, Temporal__FlowServer of Temporal__FlowServerUrl; "" for a field or key alone, such as url or HostPort.
func stems(path string) []string {
	if at := strings.LastIndexByte(path, '.'); at >= 0 {
		return []string{path[:at+1]}
	}
	switch {
	case strings.ToUpper(path) == path:
		if at := strings.LastIndexByte(path, '_'); at >= 0 {
			return []string{path[:at+1]}
		}
		return nil
	case !strings.Contains(path, "_") && strings.ToLower(path) == path:
		return []string{""}
	}
	var out []string
	if at := strings.LastIndexFunc(path, unicode.IsUpper); at > 0 && at < len(path)-1 && unicode.IsLower(rune(path[at-1])) {
		out = append(out, path[:at])
	}
	if !strings.Contains(path, "_") {
		out = append(out, "")
	}
	return out
}

// of says what a setting is for. ok is false for what is none of Temporal's.
func (r *reading) of(s config.Setting) (k known, ok bool) {
	k = r.known[s.ID]
	return k, k != known{}
}

func classify(d *config.Document, s config.Setting) (k known, ok bool) {
	if k, ok := vocabulary[s.Name]; ok {
		return k, true
	}
	group := d.Groups[s.Group]
	switch {
	case s.Via == "profile":
		if what, ok := flagKeys[strings.ReplaceAll(s.Path, "_", "-")]; ok {
			return known{"file", what}, true
		}
		what, ok := profileKeys[strings.Replace(strings.Replace(s.Path, "tls_client", "tls.client", 1), "tls_server", "tls.server", 1)]
		return known{"file", what}, ok
	case fileProfile(group):
		what, ok := profileKeys[s.Path]
		if !ok {
			what, ok = profileKeys[flatKey(s.Path)]
		}
		return known{"file", what}, ok
	case s.Via == "flag":
		what, ok := flagKeys[s.Path]
		return known{"flag", what}, ok
	case group.Kind == "object":
		if k, ok := objectKey(group.Name, s.Path); ok {
			return k, true
		}
	}
	if k, ok := frameworkKeys[squeeze(s.Path)]; ok {
		return k, true
	}
	if what, ok := telling(s.Path, s.Value.String()); ok {
		return known{"own", what}, true
	}
	return known{}, false
}

// flatKey is the key that a key of the table tls stands for when it was written beside the table: documentation does.
func flatKey(path string) string {
	if rest, ok := strings.CutPrefix(path, "tls_"); ok {
		return "tls." + rest
	}
	return path
}

// objectKey looks a field up by the kind of its object; kinds were renamed: TemporalConnection is now Connection.
func objectKey(object, path string) (known, bool) {
	kind, _, _ := strings.Cut(object, " ")
	k, ok := objectKeys[strings.TrimPrefix(strings.TrimPrefix(kind, "Cluster"), "Temporal")][path]
	return k, ok
}

// squeeze takes case and punctuation off a key.
func squeeze(key string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
}

// tokens takes a key apart at its punctuation and its capitals: clientCertPath is client, cert, path.
func tokens(key string) []string {
	var out []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 {
			out = append(out, strings.ToLower(b.String()))
			b.Reset()
		}
	}
	runes := []rune(key)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			end()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			end()
		}
		b.WriteRune(r)
	}
	end()
	return out
}

// Words of a name that is told by its words alone. What no SDK and no framework reads is perhaps the code's own.
var (
	others    = []string{"ui", "web", "cors", "codec", "metrics", "prometheus", "postgres", "db", "sql", "log", "logging", "image", "version", "ops", "saas", "admin", "retention", "encryption", "identity", "build", "deployment", "search", "history", "matching", "frontend", "internal", "dynamic", "visibility", "persistence", "elasticsearch", "opensearch", "service-account", "callback", "webhook", "staging", "old", "legacy", "local", "test", "health", "timeout", "cookie", "csrf", "session", "user", "password", "workers", "nexus"}
	noise     = []string{"connection", "conn", "client", "cloud", "config", "settings", "options", "worker", "server", "service", "cluster", "grpc", "core", "default", "env", "environment", "target", "sdk", "data", "values", "global", "app", "my", "auth", "credentials", "production", "prod"}
	addresses = []string{"address", "addr", "host", "hostport", "hosturl", "url", "uri", "endpoint", "target", "hostname", "hostaddress", "hostandport", "targethost", "targeturl", "serveraddr", "broker", "server"}
)

// telling says what a name without a reader seems to be for, by its words; for a name without the word Temporal, by a
// value that is Temporal Cloud's.
func telling(path, value string) (meaning, bool) {
	if len(path) > 300 {
		return "", false
	}
	words := tokens(path)
	if n := slices.Index(words, "task"); slices.Contains(words, "taskqueue") || n >= 0 && n+1 < len(words) && words[n+1] == "queue" && n+2 >= len(words)-1 {
		return mQueue, true
	}
	at := slices.Index(words, "temporal")
	if at < 0 || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(others, w) }) {
		if at < 0 && cloudValue(value) && !slices.ContainsFunc(words, func(w string) bool { return w == "ui" || w == "name" || w == "sni" || w == "domain" }) {
			return mAddress, true
		}
		return "", false
	}
	words = words[at+1:]
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return slices.Contains(words, w) })
	}
	content := has("data", "pem", "content", "contents", "body", "base64", "b64", "raw", "string", "value", "inline") && !has("path", "file", "location")
	kind := func(path, data meaning) (meaning, bool) {
		if content {
			return data, true
		}
		return path, true
	}
	joined := strings.Join(words, "")
	var rest []string
	for _, w := range words {
		if !slices.Contains(noise, w) {
			rest = append(rest, w)
		}
	}
	last := strings.Join(rest, "")
	switch {
	case has("queue", "taskqueue"):
		return mQueue, true
	case strings.Contains(joined, "apikey") || last == "token" || last == "apitoken":
		return mAPIKey, !has("name", "ref", "secretname", "path", "file") && words[len(words)-1] != "env"
	case strings.Contains(strings.ReplaceAll(joined, "namespace", "-"), "servername") || has("sni") || last == "tlsdomain":
		return mServerName, true
	case strings.Contains(joined, "insecure") || strings.Contains(joined, "verif"):
		return mNoVerify, !strings.Contains(joined, "enable")
	case (has("ca", "cacert", "rootca", "root") || strings.Contains(joined, "serverca")) && !has("secretname", "name"):
		return mServerCA, true
	case has("cert", "crt", "certificate", "certs", "certchain") && has("key"):
		return kind(mKey, mKeyData)
	case has("cert", "crt", "certificate", "certchain", "clientcert", "pem") && !has("name", "dir", "directory", "folder", "expiry", "secret", "key", "enabled", "manager"):
		return kind(mCert, mCertData)
	case (has("key") && (has("tls", "mtls", "client", "private", "ssl") || has("path", "file", "location") && !has("api", "queue")) || has("privatekey", "clientkey")) && !has("name", "secret", "password", "passphrase"):
		return kind(mKey, mKeyData)
	case last == "namespace" || last == "ns" || last == "namespaceid" || last == "namespacename" || last == "":
		if last == "" && !has("namespace") {
			break
		}
		return mNamespace, true
	case last == "port":
		return mPort, true
	case slices.Contains([]string{"tls", "tlsenabled", "tlsenable", "usetls", "enabletls", "mtls", "mtlsenabled", "ssl", "sslenabled", "enablehttps", "https", "secure", "istls"}, last):
		return mTLS, true
	case slices.Contains(addresses, last) || last == "namespaceendpoint" || last == "namespaceaddress":
		return mAddress, true
	}
	if len(rest) == 0 && len(words) > 0 && slices.Contains([]string{"server", "service", "target", "cluster"}, words[len(words)-1]) && (cloudOrHost(value) || strings.ContainsAny(value, "$(")) {
		return mAddress, true
	}
	if len(words) > 0 && slices.Contains(addresses, words[len(words)-1]) && (cloudValue(value) || temporalHost.MatchString(value)) {
		return mAddress, true // an address of Temporal's, with a word of the code's own before it
	}
	return "", false
}

var hostPort = regexp.MustCompile(`^[\w.-]+:\d{2,5}$`)

func cloudOrHost(v string) bool { return cloudValue(v) || hostPort.MatchString(v) }

// cloudValue reports whether a value is the address of a Temporal Cloud namespace or region, whatever its name.
func cloudValue(v string) bool {
	v = strings.TrimSpace(v)
	if len(v) > 300 || strings.HasPrefix(v, "-") || strings.ContainsAny(v, " \n\"'") || !strings.Contains(v, "tmprl.cloud") && !strings.Contains(v, "api.temporal.io") {
		return false
	}
	a, _, err := namespace.ParseAddress(v)
	return err == nil && !strings.HasPrefix(a.Host, "saas-api.") || err != nil && strings.Contains(v, ".tmprl.cloud:7233")
}
