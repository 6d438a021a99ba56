package doctor

import (
	"regexp"
	"strings"

	"onramp/namespace"
)

// asker is what a printed command needs to ask the same question as the one that was asked: without it a person who
// follows it would see another fault.
type asker struct {
	auth            string // mtls, api-key, none
	address, space  string
	cert, key       string
	roots, hostname string // "" where the command needs none
}

// Complete gives the commands of a verdict what a target has besides its address and namespace: the files of
// certificate and key, the server's roots and its TLS name. Other rooms (transfer) use it for verdicts of theirs; run
// does it for its own.
func Complete(v Verdict, t Target) Verdict {
	a := asker{auth: t.auth(), address: namespace.WithoutUser(t.Address), space: t.Namespace, cert: either(t.CertPath, defaults["cert_path"]), key: either(t.KeyPath, defaults["key_path"]), roots: t.rootsPath()}
	if addr, _, err := namespace.ParseAddress(t.Address); err == nil {
		a.address = addr.String()
		if t.ServerName != addr.Host {
			a.hostname = t.ServerName
		}
	}
	if t.Plaintext {
		a.auth, a.roots, a.hostname = "none", "", ""
	}
	return a.complete(v)
}

func (a asker) complete(v Verdict) Verdict {
	v.Confirm = a.command(v.Confirm)
	fixes := make([]Fix, len(v.Fix))
	for i, f := range v.Fix {
		f.Command = a.command(f.Command)
		fixes[i] = f
	}
	v.Fix = fixes
	return v
}

// certVariables are those that name the client's files in an export.
var certVariables = regexp.MustCompile(` TEMPORAL_TLS_CLIENT_(CERT|KEY)_PATH=\S+`)

// asksServer are the temporal commands that connect to a server and are printed with a fix.
var asksServer = regexp.MustCompile(`^temporal (workflow|task-queue|operator|schedule|worker) `)

// command completes one command. Those of other programs, and several in a row, stay as they are.
func (a asker) command(command string) string {
	if command == "" || strings.ContainsAny(command, ";&|") {
		return command
	}
	body, end := command, ""
	if rest, ok := strings.CutSuffix(command, " </dev/null"); ok {
		body, end = rest, " </dev/null"
	}
	values := shellSafe(map[string]string{"address": a.address, "space": a.space, "cert": a.cert, "key": a.key, "roots": a.roots, "name": a.hostname})
	add := func(flag, value string) {
		if value != "" && !strings.Contains(body, flag+" ") {
			body += " " + flag + " " + value
		}
	}
	asks := strings.HasPrefix(body, "onramp check")
	switch {
	case asks, asksServer.MatchString(body):
		if !asks {
			add("--address", values["address"])
			add("--namespace", values["space"])
		}
		switch a.auth {
		case "mtls":
			add("--tls-cert-path", values["cert"])
			add("--tls-key-path", values["key"])
		default:
			body = strings.Replace(body, " --tls-cert-path client.pem --tls-key-path client.key", "", 1)
			if a.auth == "api-key" && !asks { // onramp check reads the variable itself
				add("--api-key", `"$TEMPORAL_API_KEY"`)
			}
		}
		add("--tls-ca-path", values["roots"])
		add("--tls-server-name", values["name"])
	case strings.HasPrefix(body, "openssl s_client"):
		if a.auth != "mtls" {
			body = strings.Replace(body, " -cert client.pem -key client.key", "", 1)
		}
		add("-CAfile", values["roots"])
	case strings.HasPrefix(body, "export TEMPORAL_ADDRESS=") && strings.Contains(body, " TEMPORAL_NAMESPACE="): // all that a worker needs
		if a.auth != "mtls" {
			body = certVariables.ReplaceAllString(body, "")
		}
		for _, v := range []struct{ name, value string }{{"TEMPORAL_TLS_SERVER_CA_CERT_PATH", values["roots"]}, {"TEMPORAL_TLS_SERVER_NAME", values["name"]}} {
			if v.value != "" && !strings.Contains(body, v.name) {
				body += " " + v.name + "=" + v.value
			}
		}
	}
	return body + end
}

// complete completes what a run prints.
func (r *run) complete(command string) string {
	return asker{auth: r.target.Auth, address: r.values["address"], space: r.ns, cert: either(r.values["cert_path"], defaults["cert_path"]),
		key: either(r.values["key_path"], defaults["key_path"]), roots: r.t.rootsPath(), hostname: r.givenName()}.command(command)
}

// rootsPath is the file of the server's roots where the target has its own: the one that was given, or the name
// that Onramp gives to the root of a server of one's own.
func (t Target) rootsPath() string {
	switch {
	case t.CAPath != "":
		return t.CAPath
	case len(t.RootsPEM) > 0, len(t.ExtraRootsPEM) > 0:
		return "server-root.pem"
	}
	return ""
}

// givenName is the TLS server name where it is not the address's own.
func (r *run) givenName() string {
	if r.serverName == r.addr.Host {
		return ""
	}
	return r.serverName
}
