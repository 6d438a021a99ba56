package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"onramp/namespace"
	"onramp/snippet"
)

// code is `onramp code`: worker code and environment.
func code(ctx context.Context, w World, args []string) int {
	s := newSettings("code", "print worker code and environment for a language", w)
	var r snippet.Request
	lang := s.text("lang", "", "python, go, typescript, java, dotnet, ruby or php")
	ns := s.text("namespace", "", "Namespace ID, name.account", "TEMPORAL_NAMESPACE")
	address := s.text("address", "", "`host:port`; default: the namespace's endpoint", "TEMPORAL_ADDRESS", "TEMPORAL_HOST_URL")
	auth := s.text("auth", "", "mtls (default) or api-key")
	style := s.text("style", "", "explicit (default) or envconfig")
	vars := s.text("vars", "", "names of the variables: standard (default) or tutorial")
	shell := s.text("shell", "", "bash (default), fish, powershell, cmd, dotenv, compose, kubernetes, systemd, github-actions or toml (envconfig only)")
	cert := s.text("cert-path", "", "client certificate; default client.pem", "TEMPORAL_TLS_CLIENT_CERT_PATH", "TEMPORAL_MTLS_TLS_CERT")
	key := s.text("key-path", "", "its private key; default client.key", "TEMPORAL_TLS_CLIENT_KEY_PATH", "TEMPORAL_MTLS_TLS_KEY")
	serverName := s.text("tls-server-name", "", "TLS server name, when it differs from the address", "TEMPORAL_TLS_SERVER_NAME")
	judge := s.text("judge", "", "check the environment or configuration in this `file` instead (- for stdin); the repaired version keeps its format, or uses that of --shell")
	profile := s.text("profile", "", "with --judge: the profile to check, where the file has several")
	service := s.text("service", "", "with --judge: the service, container or job to check, where the file has several; default: the one that is a Temporal worker")
	asJSON := s.boolean("json", "machine output (onramp.code/1; with --judge onramp.environment/1)")
	if code, done := s.parse(args); done {
		return code
	}
	if *judge != "" {
		want, err := wanted(s, *ns, *address, *auth)
		if err != nil {
			complain(w, err)
			return exitUsage
		}
		return judgeEnvironment(ctx, w, judging{path: *judge, choice: snippet.EnvChoice{Service: *service, Profile: *profile, Want: want}, shell: *shell, asJSON: *asJSON})
	}
	r = snippet.Request{Lang: *lang, Namespace: *ns, Address: *address, Auth: *auth, Style: *style, Vars: *vars,
		Shell: *shell, CertPath: *cert, KeyPath: *key, ServerName: *serverName}
	c, err := snippet.Write(r)
	if err != nil {
		complain(w, err)
		return exitUsage
	}
	if *asJSON {
		return printJSON(w, c)
	}
	writeCode(w, c)
	return exitOK
}

// wanted is what --judge compares a file with: the flags that were given, not what the environment says.
func wanted(s *settings, id, address, auth string) (want snippet.EnvWant, err error) {
	given := func(name, value string) string {
		if s.from[name] != "--"+name {
			return ""
		}
		want.Whose = "Your target"
		return value
	}
	var problems []error
	if v := given("namespace", id); v != "" {
		var err error
		want.Namespace, _, err = namespace.ParseID(v)
		problems = append(problems, err)
	}
	if v := given("address", address); v != "" {
		var err error
		want.Address, _, err = namespace.ParseAddress(v)
		problems = append(problems, err)
		if owner, ok := namespace.FromHost(want.Address.Host); ok && want.Namespace.IsZero() {
			want.Namespace = owner
		}
	}
	if v := given("auth", auth); v != "" {
		var err error
		want.Auth, err = snippet.Choose("auth", "auth method", v, snippet.Auths, "")
		problems = append(problems, err)
	}
	return want, errors.Join(problems...)
}

// writeCode prints code as a person reads it: environment, files, edits, commands.
func writeCode(w World, c snippet.Code) {
	out := &strings.Builder{}
	title := func(format string, a ...any) { fmt.Fprintf(out, "\n# "+format+"\n", a...) }
	title("1. Environment")
	out.WriteString(strings.TrimRight(c.Holder, "\n") + "\n")
	if len(c.Commands.Install) > 0 {
		title("2. Install (%s %s or newer)", c.SDK.Package, c.SDK.MinVersion)
		out.WriteString(strings.Join(c.Commands.Install, "\n") + "\n")
	}
	title("3. Change %s", c.Repo)
	for _, f := range c.Files {
		fmt.Fprintf(out, "\n--- new file %s\n%s\n", f.Path, strings.TrimRight(f.Content, "\n"))
	}
	for _, e := range c.Edits {
		fmt.Fprintf(out, "\n--- %s\n", e.File)
		for _, l := range strings.Split(strings.TrimRight(e.Before, "\n"), "\n") {
			out.WriteString("- " + l + "\n")
		}
		for _, l := range strings.Split(strings.TrimRight(e.After, "\n"), "\n") {
			out.WriteString("+ " + l + "\n")
		}
	}
	title("4. Run the worker")
	out.WriteString(strings.Join(c.Commands.Worker, "\n") + "\n")
	title("5. Start a test transfer")
	out.WriteString(strings.Join(c.Commands.Starter, "\n") + "\n")
	if c.Start != "" {
		out.WriteString("# or with the temporal CLI:\n" + c.Start + "\n")
	}
	for _, n := range c.Notes {
		fmt.Fprintf(out, "\nNote: %s\n", n)
	}
	fmt.Fprint(w.Stdout, strings.TrimLeft(out.String(), "\n"))
}
