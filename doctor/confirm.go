package doctor

import "strings"

// complete gives a printed command what the target has besides address and namespace, so that it asks the same
// question: the files of certificate and key, the server's roots and its TLS name. Without them a person who
// follows it would see another fault. Commands of other programs, and several in a row, stay as they are.
func (r *run) complete(command string) string {
	if strings.ContainsAny(command, ";&|") {
		return command
	}
	body, end := command, ""
	if rest, ok := strings.CutSuffix(command, " </dev/null"); ok {
		body, end = rest, " </dev/null"
	}
	values := shellSafe(map[string]string{"cert": either(r.values["cert_path"], defaults["cert_path"]), "key": either(r.values["key_path"], defaults["key_path"]), "roots": r.rootsPath(), "name": r.givenName()})
	add := func(flag, value string) {
		if value != "" && !strings.Contains(body, flag+" ") {
			body += " " + flag + " " + value
		}
	}
	asks := strings.HasPrefix(body, "onramp check")
	switch {
	case asks, strings.HasPrefix(body, "temporal ") && strings.Contains(body, "--address"):
		switch r.target.Auth {
		case "mtls":
			add("--tls-cert-path", values["cert"])
			add("--tls-key-path", values["key"])
		default:
			body = strings.Replace(body, " --tls-cert-path client.pem --tls-key-path client.key", "", 1)
			if r.target.Auth == "api-key" && !asks { // onramp check reads the variable itself
				add("--api-key", `"$TEMPORAL_API_KEY"`)
			}
		}
		add("--tls-ca-path", values["roots"])
		add("--tls-server-name", values["name"])
	case strings.HasPrefix(body, "openssl s_client"):
		if r.target.Auth != "mtls" {
			body = strings.Replace(body, " -cert client.pem -key client.key", "", 1)
		}
		add("-CAfile", values["roots"])
	}
	return body + end
}

// rootsPath is the file of the server's roots where the target has its own: the one that was given, or the name
// that Onramp gives to the root of a server of one's own.
func (r *run) rootsPath() string {
	switch {
	case r.t.CAPath != "":
		return r.t.CAPath
	case len(r.t.RootsPEM) > 0, len(r.t.ExtraRootsPEM) > 0:
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
