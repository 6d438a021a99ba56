package snippet

import (
	"encoding/json"
	"strings"
)

// start is the `temporal workflow start` command that starts a test transfer, with every value in it and
// quoted for the shell. It repairs the tutorial's: host:port, the template's task queue, and the input.
func (j *job) start() string {
	input, err := json.Marshal(j.lang.input())
	if err != nil {
		return "" // the table's fields always encode
	}
	args := [][2]string{{"--type", j.lang.workflow}, {"--task-queue", j.lang.queue}}
	before := ""
	quote, next := quoteBash, " \\\n  "
	switch j.shell {
	case "fish":
		quote = quoteFish
	case "powershell":
		// Windows PowerShell drops the quotes inside an argument of a program, newer ones keep them
		// (about_Parsing, $PSNativeCommandArgumentPassing): a file serves both.
		quote, next = quotePowerShell, " `\n  "
		before = "Set-Content -Path transfer.json -Encoding ascii -Value " + quotePowerShell(string(input)) + "\n"
	case "cmd":
		quote, next = quoteArgument, " ^\n  "
	}
	if j.shell == "powershell" {
		args = append(args, [2]string{"--input-file", "transfer.json"})
	} else {
		args = append(args, [2]string{"--input", string(input)})
	}
	args = append(args, [2]string{"--address", j.address.String()}, [2]string{"--namespace", j.id.String()})
	if j.auth == "mtls" {
		args = append(args, [2]string{"--tls-cert-path", j.hostCert}, [2]string{"--tls-key-path", j.hostKey})
	}
	if j.sni != "" {
		args = append(args, [2]string{"--tls-server-name", j.sni})
	}
	var b strings.Builder
	b.WriteString(before + "temporal workflow start")
	if j.auth == "api-key" {
		b.WriteString(next + "--tls") // without it the CLI ignores --tls-server-name (temporalio/cli cliext/client.go)
	}
	for _, a := range args {
		v := a[1]
		// PowerShell takes @x for splatting, a,b for a list and -x.y apart (about_Parsing).
		if !bare.MatchString(v) || j.shell == "powershell" && (strings.ContainsAny(v[:1], "@-") || strings.Contains(v, ",")) {
			v = quote(v)
		}
		b.WriteString(next + a[0] + " " + v)
	}
	return b.String()
}

// quoteArgument quotes one argument for cmd.exe and a program that splits its command line by Microsoft's
// rules, as Go's do: quotes inside become \", backslashes before a quote double.
func quoteArgument(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	slashes := 0
	for _, r := range s {
		switch r {
		case '\\':
			slashes++
			continue
		case '"':
			b.WriteString(strings.Repeat(`\`, 2*slashes+1))
		default:
			b.WriteString(strings.Repeat(`\`, slashes))
		}
		slashes = 0
		b.WriteRune(r)
	}
	b.WriteString(strings.Repeat(`\`, 2*slashes))
	b.WriteByte('"')
	return b.String()
}
