package snippet

import (
	"fmt"
	"strings"
)

// holder is the text to paste for the shell, exactly quoted. A value that the shell cannot carry gives an
// Invalid fault naming the field.
func (j *job) holder(c Commands) (string, error) {
	switch j.shell {
	case "fish":
		return j.lines(func(v EnvVar) string { return "set -gx " + v.Name + " " + quoteFish(v.Value) },
			"read --silent --global --export --prompt-str 'API key: ' "+j.names.APIKey), nil
	case "powershell":
		return j.lines(func(v EnvVar) string { return "$env:" + v.Name + " = " + quotePowerShell(v.Value) },
			"$env:"+j.names.APIKey+" = [Net.NetworkCredential]::new('', (Read-Host 'API key' -AsSecureString)).Password"), nil
	case "cmd":
		return j.cmd()
	case "dotenv":
		return j.dotenv()
	case "compose":
		return j.compose(), nil
	case "kubernetes":
		return j.kubernetes(), nil
	case "systemd":
		return j.systemd(), nil
	case "github-actions":
		return j.actions(c), nil
	case "toml":
		return j.toml(), nil
	}
	return j.lines(func(v EnvVar) string { return "export " + v.Name + "=" + quoteBash(v.Value) },
		`printf 'API key: '; read -rs `+j.names.APIKey+`; export `+j.names.APIKey), nil
}

// lines writes one line a variable; the API key is asked for, so that it gets into no history.
func (j *job) lines(line func(EnvVar) string, ask string) string {
	var b strings.Builder
	for _, v := range j.env() {
		if v.Name == j.names.APIKey {
			b.WriteString(ask + "\n")
			continue
		}
		b.WriteString(line(v) + "\n")
	}
	return b.String()
}

func (j *job) cmd() (string, error) {
	for _, v := range j.env() {
		if _, ok := quoteCmd(v.Name, v.Value); !ok {
			return "", invalid(j.field(v.Name), "cmd cannot hold this path", "cmd expands % and ends the value at a quote, however they are escaped.",
				"Rename the file or folder, or use PowerShell.")
		}
	}
	return j.lines(func(v EnvVar) string { s, _ := quoteCmd(v.Name, v.Value); return s }, "set /p "+j.names.APIKey+"=API key: "), nil
}

func (j *job) dotenv() (string, error) {
	var b strings.Builder
	for _, v := range j.env() {
		q, ok := quoteDotenv(v.Value)
		if !ok {
			fix := "Rename the file or folder."
			if strings.Contains(v.Value, `\`) {
				fix = "Write the path with forward slashes: Windows takes them too."
			}
			return "", invalid(j.field(v.Name), "A .env file cannot hold this path", "Programs that read .env files disagree on quotes, doubled backslashes and ${ in a value.", fix)
		}
		if v.Name == j.names.APIKey {
			b.WriteString("# Put the API key behind the equals sign, and keep this file out of version control.\n")
		}
		fmt.Fprintf(&b, "%s=%s\n", v.Name, q)
	}
	return b.String(), nil
}

// field is the request's field from which a variable has its value.
func (j *job) field(name string) string {
	switch name {
	case j.names.Cert:
		return "cert-path"
	case j.names.Key:
		return "key-path"
	}
	return "shell"
}

func (j *job) compose() string {
	var b strings.Builder
	b.WriteString("services:\n  worker:\n    build: .\n    environment:\n")
	for _, v := range j.env() {
		if v.Name == j.names.APIKey {
			fmt.Fprintf(&b, "      %s: # without a value: taken from the shell that runs docker compose\n", v.Name)
			continue
		}
		fmt.Fprintf(&b, "      %s: %s\n", v.Name, quoteCompose(v.Value))
	}
	if j.auth == "mtls" {
		b.WriteString("    volumes:\n")
		for _, f := range [][2]string{{j.hostCert, j.cert}, {j.hostKey, j.key}} {
			fmt.Fprintf(&b, "      - type: bind\n        source: %s\n        target: %s\n        read_only: true\n", quoteCompose(composeSource(f[0])), quoteCompose(f[1]))
		}
	}
	return b.String()
}

// composeSource makes a relative path recognisable as one.
func composeSource(path string) string {
	if strings.HasPrefix(path, "/") || strings.HasPrefix(path, ".") || len(path) > 2 && path[1] == ':' || strings.HasPrefix(path, `\\`) {
		return path
	}
	return "./" + path
}

func (j *job) kubernetes() string {
	var b strings.Builder
	if j.auth == "mtls" {
		fmt.Fprintf(&b, "# First, once, so that the key is in no file of this project:\n#   kubectl create secret tls temporal-client --cert=%s --key=%s\n", quoteBash(j.hostCert), quoteBash(j.hostKey))
	} else {
		b.WriteString("# First, once, with the API key in a file api-key.txt that holds nothing else:\n#   kubectl create secret generic temporal-api-key --from-file=api-key=api-key.txt\n")
	}
	b.WriteString(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: money-transfer-worker
spec:
  replicas: 1
  selector:
    matchLabels:
      app: money-transfer-worker
  template:
    metadata:
      labels:
        app: money-transfer-worker
    spec:
      containers:
        - name: worker
          image: money-transfer-worker:latest # the image that you build of this project
          env:
`)
	for _, v := range j.env() {
		if v.Name == j.names.APIKey {
			fmt.Fprintf(&b, "            - name: %s\n              valueFrom:\n                secretKeyRef:\n                  name: temporal-api-key\n                  key: api-key\n", v.Name)
			continue
		}
		fmt.Fprintf(&b, "            - name: %s\n              value: %s\n", v.Name, quoteKubernetes(v.Value))
	}
	if j.auth == "mtls" {
		fmt.Fprintf(&b, `          volumeMounts:
            - name: temporal-client
              mountPath: %s
              subPath: tls.crt
              readOnly: true
            - name: temporal-client
              mountPath: %s
              subPath: tls.key
              readOnly: true
      volumes:
        - name: temporal-client
          secret:
            secretName: temporal-client
            defaultMode: 0400
`, quoteYAML(j.cert), quoteYAML(j.key))
	}
	return b.String()
}

func (j *job) systemd() string {
	var b strings.Builder
	b.WriteString("# Drop-in of the worker's unit, as `systemctl edit` writes it.\n[Service]\n")
	for _, v := range j.env() {
		if v.Name == j.names.APIKey {
			fmt.Fprintf(&b, "# A file of mode 0600 with the one line %s=…; a unit is readable by everyone.\nEnvironmentFile=/etc/temporal/api-key.env\n", v.Name)
			continue
		}
		b.WriteString("Environment=" + quoteSystemd(v.Name, v.Value) + "\n")
	}
	return b.String()
}

func (j *job) actions(c Commands) string {
	var b strings.Builder
	b.WriteString("name: test transfer\non: workflow_dispatch\njobs:\n  transfer:\n    runs-on: ubuntu-latest\n    env:\n")
	for _, v := range j.env() {
		if v.Name == j.names.APIKey {
			fmt.Fprintf(&b, "      %s: ${{ secrets.TEMPORAL_API_KEY }}\n", v.Name)
			continue
		}
		fmt.Fprintf(&b, "      %s: %s\n", v.Name, quoteActions(v.Value))
	}
	b.WriteString("    steps:\n      - uses: actions/checkout@v4\n")
	if j.auth == "mtls" {
		fmt.Fprintf(&b, `      - name: Write certificate and key from the repository's secrets
        env:
          CLIENT_CERT: ${{ secrets.TEMPORAL_CLIENT_CERT }}
          CLIENT_KEY: ${{ secrets.TEMPORAL_CLIENT_KEY }}
        run: |
          umask 077
          mkdir -p -- "$(dirname -- "$%[1]s")" "$(dirname -- "$%[2]s")"
          printf '%%s\n' "$CLIENT_CERT" > "$%[1]s"
          printf '%%s\n' "$CLIENT_KEY" > "$%[2]s"
`, j.names.Cert, j.names.Key)
	}
	for _, cmd := range append(append([]string{}, c.Install...), c.Starter...) {
		fmt.Fprintf(&b, "      - run: %s\n", quoteActions(cmd))
	}
	return b.String()
}

func (j *job) toml() string {
	var b strings.Builder
	b.WriteString("# Linux ~/.config/temporalio/temporal.toml · macOS ~/Library/Application Support/temporalio/temporal.toml\n" +
		"# Windows %AppData%\\temporalio\\temporal.toml · or anywhere, with TEMPORAL_CONFIG_FILE set to its path\n[profile.default]\n")
	fmt.Fprintf(&b, "address = %s\nnamespace = %s\n", quoteTOML(j.address.String()), quoteTOML(j.id.String()))
	if j.auth == "api-key" {
		b.WriteString("# The API key stays out of files: set " + j.names.APIKey + " where the worker runs.\n")
	}
	if j.auth == "mtls" || j.sni != "" {
		b.WriteString("\n[profile.default.tls]\n")
	}
	if j.auth == "mtls" {
		fmt.Fprintf(&b, "client_cert_path = %s\nclient_key_path = %s\n", quoteTOML(j.cert), quoteTOML(j.key))
	}
	if j.sni != "" {
		fmt.Fprintf(&b, "server_name = %s\n", quoteTOML(j.sni))
	}
	return b.String()
}
