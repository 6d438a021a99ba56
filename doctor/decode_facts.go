package doctor

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"onramp/namespace"
)

// facts are the names and numbers that stand in a text near its clues.
type facts struct {
	values   map[string]string // for the catalogue's placeholders
	kind     string            // of the address: where the program wanted to connect
	stranger string            // every address of the text is another service's: the first of them
	asked    string            // the name that was asked for, where the server's is another
	proved   []string          // the names that the server's certificate has
}

// The kinds of an address, as clues.
const (
	toCloud    = "to Cloud"
	toHere     = "to this machine"
	toAlias    = "to an alias"
	toPrivate  = "to a private address"
	toStranger = "to a stranger"
	toOther    = "to another address"
)

// places are the clues that follow from the address.
func (f facts) places() []string {
	var out []string
	if f.kind != "" {
		out = append(out, f.kind)
	}
	if f.stranger != "" {
		out = append(out, "to a stranger alone")
	}
	if _, port, ok := strings.Cut(f.values["address"], ":"); ok && slices.Contains([]string{"3128", "8080", "8888", "1080"}, port) {
		out = append(out, "proxy's port")
	}
	return out
}

// around is how much of a text beside a clue is looked at for facts, in bytes, where the text is too long to be
// looked at whole.
const around = 400

// vicinity is the part of a text that facts are taken from.
func vicinity(t errorText, clues map[string]hit) string {
	const whole = 16 << 10
	if len(t.flat) <= whole {
		return t.flat
	}
	var b strings.Builder
	b.WriteString(t.flat[:whole/4])
	for _, h := range clues {
		b.WriteByte(' ')
		b.WriteString(t.flat[max(0, h.from-around):min(len(t.flat), h.to+around)])
		if b.Len() > 4*whole {
			break
		}
	}
	return strings.ToValidUTF8(b.String(), "")
}

var (
	// host:port, an IPv6 address in brackets, and where the text has both ends of a connection, the far one.
	hostPort = regexp.MustCompile(`(?i)(->|/)?(?:((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.%]+\]|[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*)):(\d{1,5})(?:[^\d:.]|\.?$|\.\D|: )`)
	// A name that was looked up, without a port.
	lookedUp  = regexp.MustCompile(`(?i)(?:lookup|enotfound|eai_again|unknownhostexception:?|could not resolve(?: host:?)?|resolve host(?:name)?:?|target dns:|no such host(?: is known)?\.? \(|unable to resolve host)\s*['"]?([a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?)`)
	cloudHost = regexp.MustCompile(`(?i)\b(?:[a-z0-9-]+\.)+(?:tmprl\.cloud|api\.temporal\.io|vpce\.amazonaws\.com)\b`)

	quotedNamespace = regexp.MustCompile(`(?i)namespace:? ['"]?([a-z][a-z0-9-]*\.[a-z0-9]+)\b`)
	quotedType      = regexp.MustCompile(`(?i)(?:workflow type|activitytype|activity function|activity type|workflow class)[=: ]+['"]?([\w.-]+)`)
	quotedKnown     = regexp.MustCompile(`(?i)(?:known types are|supported types:|available (?:workflows|activities):) ?\[?([\w, .-]{1,200})`)
	quotedQueue     = regexp.MustCompile(`(?i)task ?queue:? ['"]([\w./-]+)['"]`)
	shownHTTP       = regexp.MustCompile(`(?:http status code(?: received from server)?:?|unexpected http status code received from server:|mapped from http status code|header with status:|response with status:|status code:) ?(\d{3})\b`)
	openedFile      = regexp.MustCompile(`(?i)(?:open|stat|file|directory: ?|'|") ?['"]?([^\s'":]{1,200}\.(?:pem|key|crt|cer|p12|pfx))\b`)

	// The name that was asked for and the names that came, in the words of Go, rustls, Node, the JDK, BoringSSL and
	// Python: a0, a1 … asked, p0, p1 … proved.
	namesSaid = []struct {
		find          *regexp.Regexp
		asked, proved int
	}{
		{regexp.MustCompile(`(?i)certificate is valid for ([^"]{1,600}?), not ([^\s"',;)]+)`), 2, 1},
		{regexp.MustCompile(`(?i)certificate not valid for name "?([^"\s;]+)"?; certificate is (?:only )?valid for ([^{}]{1,600})`), 1, 2},
		{regexp.MustCompile(`(?i)notvalidfornamecontext ?\{ ?expected: ?(?:dnsname|ipaddress)\(([^)]+)\), ?presented: ?\[([^\]]{0,600})`), 1, 2},
		{regexp.MustCompile(`(?i)host: ([^\s]+?)\.? is not in the cert's altnames: ([^}\n]{1,600})`), 1, 2},
		{regexp.MustCompile(`(?i)no (?:subject alternative (?:dns )?name|subject alternative names|name) matching (?:ip address )?([^\s]+) found`), 1, 0},
		{regexp.MustCompile(`(?i)peer name ([^\s]+) is not in peer certificate`), 1, 0},
		{regexp.MustCompile(`(?i)certificate is not valid for ['"]([^'"]+)['"]`), 1, 0},
		{regexp.MustCompile(`(?i)cannot validate certificate for (\S+) because`), 1, 0},
	}
	oneName = regexp.MustCompile(`(?i)(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)+`)
)

// shownStatus is the HTTP status that gRPC's libraries say they got in the place of an answer, as a clue.
func shownStatus(low string) (clue string, from, to int, ok bool) {
	for _, anchor := range []string{"http status code", "header with status:", "response with status:", "status code:"} {
		i := strings.Index(low, anchor)
		if i < 0 {
			continue
		}
		start := max(0, i-40)
		m := shownHTTP.FindStringSubmatchIndex(low[start:min(len(low), i+120)])
		if m == nil || anchor == "status code:" && !strings.Contains(low, "grpc") {
			continue
		}
		n, _ := strconv.Atoi(low[start+m[2] : start+m[3]])
		from, to = start+m[0], start+m[1]
		switch n {
		case 401, 403, 404, 407, 429, 502, 503, 504:
			return "http:" + strconv.Itoa(n), from, to, true
		}
		return "http:other", from, to, true
	}
	return "", 0, 0, false
}

func alertClue(n uint8) string { return "alert:" + strconv.Itoa(int(n)) }

func factsOf(t errorText, clues map[string]hit) facts {
	text := vicinity(t, clues)
	f := facts{values: map[string]string{}}
	f.address(text)
	f.names(text)
	for name, find := range map[string]*regexp.Regexp{"namespace": quotedNamespace, "workflow_type": quotedType, "task_queue": quotedQueue, "file": openedFile} {
		if m := find.FindStringSubmatch(text); m != nil {
			f.values[name] = m[1]
		}
	}
	if m := quotedKnown.FindStringSubmatch(text); m != nil {
		f.values["known"] = strings.TrimSpace(m[1])
	}
	if m := shownHTTP.FindStringSubmatch(strings.ToLower(text)); m != nil {
		f.values["status"] = m[1]
	}
	return f
}

// address takes the address that the text speaks of: one of Temporal Cloud's before any other, then the one at the
// far end of a connection.
func (f *facts) address(text string) {
	type found struct {
		host, port, kind string
		far              bool
	}
	var all []found
	web := map[string]bool{}
	for _, m := range requested.FindAllStringSubmatch(text, 20) {
		web[strings.ToLower(m[1])] = true
	}
	kindOf := func(host, port string) string {
		kind := kindOf(host, port)
		if kind == toOther && web[strings.ToLower(host)] {
			return toStranger
		}
		return kind
	}
	for _, m := range requested.FindAllStringSubmatch(text, 20) {
		all = append(all, found{host: m[1], kind: kindOf(m[1], "")})
	}
	for _, m := range hostPort.FindAllStringSubmatch(text, 100) {
		if kind := kindOf(m[2], m[3]); kind != "" {
			all = append(all, found{m[2], m[3], kind, m[1] == "->"})
		}
	}
	for _, m := range lookedUp.FindAllStringSubmatch(text, 20) {
		if kind := kindOf(m[1], ""); kind != "" && !slices.Contains(noHosts, strings.ToLower(m[1])) {
			all = append(all, found{host: m[1], kind: kind})
		}
	}
	for _, h := range cloudHost.FindAllString(text, 20) {
		all = append(all, found{host: h, kind: kindOf(h, "")})
	}
	best, strangers := -1, 0
	rank := func(a found) int {
		switch {
		case a.kind == toCloud && a.port != "":
			return 4
		case a.kind == toCloud:
			return 3
		case a.far:
			return 2
		case a.kind != toStranger:
			return 1
		}
		return 0
	}
	for i, a := range all {
		if a.kind == toStranger {
			strangers++
		}
		if best < 0 || rank(a) > rank(all[best]) {
			best = i
		}
	}
	if best < 0 {
		return
	}
	a := all[best]
	f.kind = a.kind
	if strangers == len(all) {
		f.stranger = a.host
		if a.port != "" {
			f.stranger += ":" + a.port
		}
	}
	f.values["host"], f.values["address"] = a.host, a.host
	if a.port != "" {
		f.values["port"], f.values["address"] = a.port, a.host+":"+a.port
	}
	if id, ok := namespace.FromHost(strings.ToLower(a.host)); ok {
		f.values["namespace"], f.values["wanted"], f.values["endpoint"] = id.String(), id.String(), id.Endpoint()
		f.values["server_name"], f.values["account"] = id.Host(), id.Account
		if a.port == "" {
			f.values["port"], f.values["address"] = "7233", id.Endpoint()
		}
	}
}

// noHosts are words that follow those of a look-up and are no host's name.
var noHosts = []string{"address", "addresses", "information", "failed", "failure", "error", "of", "for", "the", "name", "names", "host", "hostname", "timed", "udp", "tcp", "dns", "on", "is", "a", "to"}

// codeFiles end a name that is a file of code with a line's number, not a host with a port.
var codeFiles = []string{"go", "js", "ts", "tsx", "mjs", "cjs", "py", "java", "kt", "scala", "rs", "rb", "php", "cs", "c", "h", "cc", "cpp", "hpp", "ex", "exs", "swift", "yaml", "yml", "json", "toml", "log", "sh", "txt", "html", "xml", "jar"}

// strangePorts are the usual ports of what stands beside a worker and is not Temporal.
var strangePorts = map[string]string{"5432": "PostgreSQL", "3306": "MySQL", "6379": "Redis", "27017": "MongoDB", "9042": "Cassandra", "9200": "Elasticsearch",
	"9092": "Kafka", "5672": "RabbitMQ", "2379": "etcd", "4317": "OpenTelemetry", "4318": "OpenTelemetry", "8125": "StatsD", "8126": "Datadog", "11211": "memcached", "6001": "RoadRunner's RPC", "22": "SSH", "25": "mail", "53": "DNS"}

// strangeHosts are services beside Temporal that workers often call.
var strangeHosts = []string{"github.com", "githubusercontent.com", "gitlab.com", "googleapis.com", "sentry.io", "datadoghq.com", "newrelic.com", "openai.com", "anthropic.com", "stripe.com", "slack.com"}

// requested is a web address that a program asked for: gRPC has none.
var requested = regexp.MustCompile(`(?i)\b(?:request to|get|post|put|head|fetch(?:ing)?|download(?:ing)?) "?https?://([a-z0-9.-]+)`)

// kindOf is where a host and its port lead, "" for what is no address.
func kindOf(host, port string) string {
	low := strings.ToLower(strings.Trim(host, "[]"))
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return ""
	}
	if ip, err := netip.ParseAddr(low); err == nil {
		switch {
		case strangePorts[port] != "":
			return toStranger
		case ip.IsLoopback(), ip.IsUnspecified():
			return toHere
		case ip.IsPrivate(), ip.IsLinkLocalUnicast():
			return toPrivate
		}
		return toOther
	}
	last := low[strings.LastIndexByte(low, '.')+1:]
	switch kind := namespace.HostKind(low); {
	case slices.Contains(codeFiles, last), strings.Trim(last, "0123456789") == "":
		return ""
	case kind == namespace.HostNamespace, kind == namespace.HostRegional, kind == namespace.HostRegionCNAME, kind == namespace.HostPrivateLink,
		strings.HasSuffix(low, ".tmprl.cloud"), strings.HasSuffix(low, ".api.temporal.io"):
		return toCloud
	case low == "localhost" || strings.HasSuffix(low, ".localhost"):
		if strangePorts[port] != "" {
			return toStranger
		}
		return toHere
	case strangePorts[port] != "", slices.ContainsFunc(strangeHosts, func(s string) bool { return low == s || strings.HasSuffix(low, "."+s) }):
		return toStranger
	case isAlias(low):
		if !strings.Contains(low, ".") && port != "7233" && port != "7243" && port != "" {
			return "" // one word and a number: most likely no address at all
		}
		return toAlias
	case strings.Contains(low, "."):
		return toOther
	}
	return ""
}

// names takes the name that was asked for and those that the server has.
func (f *facts) names(text string) {
	for _, n := range namesSaid {
		m := n.find.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		f.asked = strings.Trim(m[n.asked], `"\.`)
		if n.proved > 0 {
			f.proved = oneName.FindAllString(m[n.proved], 20)
		}
		break
	}
	if f.asked == "" {
		return
	}
	f.values["server_name"] = f.asked
	f.values["names"] = strings.Join(f.proved, ", ")
	f.values["server"] = f.values["names"]
	if f.values["address"] == "" || len(f.proved) > 0 && slices.Contains(f.proved, f.values["host"]) {
		f.values["host"], f.values["address"] = f.asked, f.asked
	}
	// What the certificate proves tells nothing of the namespace's own name: *.account.tmprl.cloud is every namespace's.
	if _, ok := namespace.FromHost(strings.ToLower(f.asked)); !ok {
		for _, k := range []string{"namespace", "wanted", "endpoint"} {
			delete(f.values, k)
		}
	}
}

// causeOf is a cause in the text's own names, "" where the reading's words stand.
func (f facts) causeOf(code string) string {
	switch code {
	case "SV-04", "SV-06":
		if f.asked == "" {
			return "The server's certificate is for other names than the one that was asked for."
		}
		names := "other names"
		if len(f.proved) > 0 {
			names = strings.Join(f.proved, ", ")
		}
		cause := "The program asked for " + f.asked + ", but the server identified itself as " + names + "."
		if slices.ContainsFunc(f.proved, func(s string) bool { return strings.HasSuffix(s, ".tmprl.cloud") }) {
			cause += " It is Temporal Cloud; the name that was dialled is not the one that its certificate has, as with a private endpoint: set the TLS server name as well as the address."
		}
		return cause
	case "WF-01", "WF-02":
		if f.values["known"] != "" && f.values["workflow_type"] != "" {
			return "The worker was asked for " + f.values["workflow_type"] + "; it knows: " + f.values["known"] + "."
		}
	case "KP-35":
		if f.values["file"] != "" {
			return "The file " + f.values["file"] + " is not there, or may not be read, on the machine or in the container where the program runs."
		}
	}
	return ""
}
