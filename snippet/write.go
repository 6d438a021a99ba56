package snippet

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"onramp/fault"
	"onramp/namespace"
	"onramp/sdk"
)

// Write returns the code. Errors are Invalid faults naming the field, several joined.
func Write(r Request) (Code, error) {
	j, err := newJob(r)
	if err != nil {
		return Code{}, err
	}
	c := Code{Schema: Schema, Lang: j.lang.id, SDK: j.sdk(), Env: map[string]string{}, EnvOrder: j.env(),
		Repo: "temporalio/" + j.lang.repo, Notes: j.notes,
		Transfer: Transfer{WorkflowType: j.lang.workflow, TaskQueue: j.lang.queue, Input: []any{j.lang.input()}}}
	for _, v := range c.EnvOrder {
		c.Env[v.Name] = v.Value
	}
	c.Files, c.Edits, err = j.lang.render(j)
	if err != nil {
		return Code{}, fault.Wrap(err, fault.Internal, "Onramp could not write this code", "Report this: its table of code is damaged.")
	}
	for _, e := range slices.Backward(c.Edits) {
		c.Reverse = append(c.Reverse, Edit{File: e.File, Before: e.After, After: e.Before})
	}
	c.Commands = j.commands()
	c.Start = j.start()
	if c.Holder, err = j.holder(c.Commands); err != nil {
		return Code{}, err
	}
	c.Notes = append(c.Notes, j.lang.notes(j)...)
	return c, nil
}

// job is a Request judged and completed, and what the templates are filled with.
type job struct {
	lang    *language
	id      namespace.ID
	address namespace.Address
	names   names
	auth    string
	style   string
	vars    string
	shell   string
	cert    string // paths as the worker sees them
	key     string
	hostCert,
	hostKey string // paths on the machine that has the files
	sni   string // TLS server name override, "" for none
	from  string // where the address came from
	notes []string
}

// names are the names of the variables that the code reads.
type names struct{ Address, Namespace, Cert, Key, APIKey, ServerName string }

// The two vocabularies: what every SDK's envconfig and the CLI read
// (docs.temporal.io/references/client-environment-configuration), and what the tutorial uses. The tutorial has no name
// for an API key or a server name; those are the standard ones.
var (
	standardNames = names{"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_API_KEY", "TEMPORAL_TLS_SERVER_NAME"}
	tutorialNames = names{"TEMPORAL_HOST_URL", "TEMPORAL_NAMESPACE", "TEMPORAL_MTLS_TLS_CERT", "TEMPORAL_MTLS_TLS_KEY", "TEMPORAL_API_KEY", "TEMPORAL_TLS_SERVER_NAME"}
)

// The values of a Request's fields, the default first.
var (
	Auths  = []string{"mtls", "api-key"}
	Styles = []string{"explicit", "envconfig"}
	Vars   = []string{"standard", "tutorial"}
	Shells = []string{"bash", "fish", "powershell", "cmd", "dotenv", "compose", "kubernetes", "systemd", "github-actions", "toml"}
)

// aliases are what people call a language or a shell.
var aliases = map[string]string{
	"py": "python", "golang": "go", "ts": "typescript", "node": "typescript", "javascript": "typescript", "js": "typescript",
	"csharp": "dotnet", "c#": "dotnet", ".net": "dotnet", "net": "dotnet", "rb": "ruby",
	"zsh": "bash", "sh": "bash", "pwsh": "powershell", "ps": "powershell", ".env": "dotenv", "docker-compose": "compose", "docker": "compose",
	"k8s": "kubernetes", "github": "github-actions", "temporal.toml": "toml", "apikey": "api-key", "api_key": "api-key",
}

// Langs returns the ids of the languages in the order to show them.
func Langs() []string { return sdk.IDs() }

// newJob judges a request. Every wrong field gives its own fault.
func newJob(r Request) (*job, error) {
	j := &job{cert: "client.pem", key: "client.key"}
	var errs []error
	add := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	lang, err := Choose("lang", "language", r.Lang, Langs(), "")
	add(err)
	j.lang = lookup(lang)
	j.auth, err = Choose("auth", "auth method", r.Auth, Auths, Auths[0])
	add(err)
	j.style, err = Choose("style", "style", r.Style, Styles, Styles[0])
	add(err)
	j.vars, err = Choose("vars", "set of variable names", r.Vars, Vars, Vars[0])
	add(err)
	j.shell, err = Choose("shell", "shell", r.Shell, Shells, Shells[0])
	add(err)
	if j.style == "envconfig" && j.vars == "tutorial" {
		add(invalid("vars", "envconfig has no such names", "The SDKs' environment configuration reads TEMPORAL_ADDRESS and its like, not the tutorial's names.",
			"Use the standard names, or the explicit style with the tutorial's names."))
	}
	if j.shell == "toml" && j.style == "explicit" {
		add(invalid("shell", "Explicit code does not read temporal.toml", "Only the SDKs' environment configuration and the temporal CLI read that file.",
			"Use the envconfig style with temporal.toml, or another way to hold the environment."))
	}
	j.names = standardNames
	if j.vars == "tutorial" {
		j.names = tutorialNames
	}
	add(j.endpoint(r))
	add(j.paths(r))
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return j, nil
}

// endpoint judges namespace, address and server name, and derives what was left empty.
func (j *job) endpoint(r Request) error {
	var errs []error
	id, repairs, err := namespace.ParseID(r.Namespace)
	if err != nil {
		errs = append(errs, err)
	}
	j.id, j.address, j.from = id, id.Address(), "derived from the Namespace ID"
	j.repaired(repairs)
	if strings.TrimSpace(r.Address) != "" {
		a, repairs, err := namespace.ParseAddress(r.Address)
		if err != nil {
			errs = append(errs, err)
		}
		j.address, j.from = a, "the address that was set"
		j.repaired(repairs)
		if other, ok := namespace.FromHost(a.Host); ok && !id.IsZero() && other != id {
			f := invalid("address", "Endpoint and namespace do not belong together", fmt.Sprintf("The address is the endpoint of %s; the namespace is %s.", other, id),
				fmt.Sprintf("Use %s, or the namespace %s.", id.Endpoint(), other))
			f.Code = "IN-12"
			errs = append(errs, f)
		}
	}
	j.sni = strings.TrimSpace(r.ServerName)
	if j.sni != "" {
		a, _, err := namespace.ParseAddress(j.sni)
		if err != nil || a.String() != a.Host+":7233" || strings.Contains(j.sni, ":") {
			errs = append(errs, invalid("tls-server-name", "This is not a server name", "A TLS server name is a host name without scheme and port.",
				"Use the namespace's host, such as orders.a1b2c.tmprl.cloud, or leave it empty."))
		}
	}
	if len(errs) == 0 {
		j.serverName()
	}
	return errors.Join(errs...)
}

// serverName drops an override that says nothing and adds the one that an endpoint needs
// (docs.temporal.io/cloud/connectivity).
func (j *job) serverName() {
	if strings.EqualFold(j.sni, j.address.Host) {
		j.sni = ""
	}
	if j.sni != "" {
		return
	}
	switch kind := namespace.HostKind(j.address.Host); {
	case kind != namespace.HostRegional && kind != namespace.HostPrivateLink && kind != namespace.HostRegionCNAME:
	case j.auth == "mtls":
		j.sni = j.id.Host()
		j.notes = append(j.notes, "The address does not name the namespace, so the TLS server name is set to "+j.sni+". A namespace in more than one region needs the name of its active region's host instead.")
	case kind == namespace.HostPrivateLink:
		j.notes = append(j.notes, "With an API key a private endpoint needs the regional endpoint's host as TLS server name, such as us-east-1.aws.api.temporal.io: give it.")
	}
}

func (j *job) repaired(repairs []namespace.Repair) {
	for _, r := range repairs {
		j.notes = append(j.notes, fmt.Sprintf("Read “%s” as “%s”. %s", r.From, r.To, r.Text))
	}
}

// paths judges the paths of certificate and key, and moves them into the container where there is one.
func (j *job) paths(r Request) error {
	if j.auth == "api-key" {
		return nil
	}
	var errs []error
	for _, p := range []struct {
		field, given string
		to           *string
	}{{"cert-path", r.CertPath, &j.cert}, {"key-path", r.KeyPath, &j.key}} {
		if p.given == "" {
			continue
		}
		*p.to = p.given
		if err := judgePath(p.field, p.given); err != nil {
			errs = append(errs, err)
		}
	}
	if path.Clean(j.cert) == path.Clean(j.key) {
		errs = append(errs, invalid("key-path", "Certificate and key are the same file", "The client certificate and its private key are two files.",
			"Give the path of the private key."))
	}
	j.hostCert, j.hostKey = j.cert, j.key
	if j.shell == "compose" || j.shell == "kubernetes" {
		j.cert, j.key = inContainer(j.cert, "client.pem"), inContainer(j.key, "client.key")
	}
	return errors.Join(errs...)
}

// inContainer is the path at which a container sees a file: an absolute one stays, in its shortest form. What it goes
// through need not be in the container, and docker compose shortens the target of a mount itself. A colon ends a
// target for Docker and is refused by Kubernetes (VolumeMount v1, mountPath).
func inContainer(file, name string) string {
	if strings.HasPrefix(file, "/") && !strings.Contains(file, ":") {
		return path.Clean(file)
	}
	return "/etc/temporal/" + name
}

// isFolder reports a path that can only be a folder's: its last part is empty, "." or "..", or it is a drive. In a path that
// does not begin with a slash a backslash parts names too, as in Windows.
func isFolder(file string) bool {
	if !strings.HasPrefix(file, "/") {
		file = strings.ReplaceAll(file, `\`, "/")
	}
	switch last := file[strings.LastIndexByte(file, '/')+1:]; last {
	case "", ".", "..":
		return true
	default:
		return len(file) == 2 && file[1] == ':'
	}
}

// judgePath refuses what no environment can carry unharmed, and what no SDK can open.
func judgePath(field, file string) error {
	for _, r := range file {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar {
			return invalid(field, "There is a line break or control character in the path", fmt.Sprintf("The path holds U+%04X, which an environment variable cannot carry everywhere.", r),
				"Give the path on one line, or move the file.")
		}
	}
	switch {
	case strings.TrimSpace(file) != file:
		return invalid(field, "There is a space around the path", "Many environments strip spaces at the ends of a path.", "Remove them, or rename the file.")
	case strings.HasPrefix(file, "~/") || strings.HasPrefix(file, `~\`):
		return invalid(field, "The path starts with ~", "Only a shell expands ~; an SDK looks for a folder of that name.", "Write the full path.")
	case strings.Contains(file, "PRIVATE KEY") || strings.Contains(file, "BEGIN CERTIFICATE"):
		return invalid(field, "This is the content, not a path", "The code reads the file itself.", "Give the path of the file.")
	case len(file) > 4096:
		return invalid(field, "The path is too long", "A path has at most 4096 bytes.", "Move the file.")
	case file != "" && isFolder(file):
		return invalid(field, "The path is a folder's", "An SDK opens a file; this path ends where a file's name would be.", "Give the path of the file itself.")
	}
	return nil
}

// env is the environment that the code reads, in the order to show it.
func (j *job) env() []EnvVar {
	out := []EnvVar{
		{j.names.Address, j.address.String(), "Where gRPC connects: host:port, without https://.", j.from},
		{j.names.Namespace, j.id.String(), "The Namespace ID: name, dot, account ID.", "the namespace that was set"},
	}
	if j.auth == "api-key" {
		out = append(out, EnvVar{j.names.APIKey, "", "The API key. Onramp does not know it: put it in where the worker runs, and nowhere else.", "yours, from the Temporal Cloud UI or tcld apikey create"})
	} else {
		out = append(out,
			EnvVar{j.names.Cert, j.cert, "Path of the client certificate (PEM). Not the CA.", "the certificate step"},
			EnvVar{j.names.Key, j.key, "Path of its private key (PEM, PKCS#8).", "the certificate step"})
	}
	if j.sni != "" {
		out = append(out, EnvVar{j.names.ServerName, j.sni, "The name in the server's certificate, because the address differs from it.", "derived from the Namespace ID"})
	}
	return out
}

func (j *job) sdk() SDK {
	v := j.lang.min.explicit
	if j.auth == "api-key" {
		v = j.lang.min.apiKey
	}
	if j.style == "envconfig" {
		v = j.lang.min.envconfig
	}
	return SDK{Package: j.lang.pkg, MinVersion: v}
}

// Choose returns a field's value: by its own name, by an alias, or the default; "" and a fault otherwise.
func Choose(field, what, given string, from []string, standard string) (string, error) {
	v := strings.ToLower(strings.TrimSpace(given))
	if a, ok := aliases[v]; ok {
		v = a
	}
	switch {
	case v == "" && standard != "":
		return standard, nil
	case v == "":
		return "", invalid(field, "There is no "+what, "The field is empty.", "Choose one of "+strings.Join(from, ", ")+".")
	case !slices.Contains(from, v):
		return "", invalid(field, "There is no such "+what, "“"+short(given)+"” is not one that Onramp knows.", "Choose one of "+strings.Join(from, ", ")+".")
	}
	return v, nil
}

// short makes a text fit for a sentence.
func short(s string) string { return clip(s, 40) }

// clip makes a text printable and at most so many characters long.
func clip(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}

func invalid(field, title, cause, fix string) *fault.Fault {
	return &fault.Fault{Kind: fault.Invalid, Field: field, Title: title, Cause: cause, Fix: fix, Who: "developer"}
}
