package snippet

import (
	"fmt"
	"strings"
)

// Variables writes plain variables for a shell or another holder of Shells, exactly quoted, to stand beside what
// Code.Holder sets; for temporal.toml, which holds none, as bash. A value that the holder cannot carry is an Invalid
// fault in the field shell.
func Variables(shell string, vars []EnvVar) (string, error) {
	id, err := Choose("shell", "shell", shell, Shells, Shells[0])
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(map[string]string{"compose": "    environment:\n", "kubernetes": "          env:\n", "systemd": "[Service]\n", "github-actions": "    env:\n"}[id])
	for _, v := range vars {
		line, ok := "", true
		switch id {
		case "fish":
			line = "set -gx " + v.Name + " " + quoteFish(v.Value)
		case "powershell":
			line = "$env:" + v.Name + " = " + quotePowerShell(v.Value)
		case "cmd":
			line, ok = quoteCmd(v.Name, v.Value)
		case "dotenv":
			line, ok = quoteDotenv(v.Value)
			line = v.Name + "=" + line
		case "compose":
			line = "      " + v.Name + ": " + quoteCompose(v.Value)
		case "kubernetes":
			line = fmt.Sprintf("            - name: %s\n              value: %s", v.Name, quoteKubernetes(v.Value))
		case "systemd":
			line = "Environment=" + quoteSystemd(v.Name, v.Value)
		case "github-actions":
			line = "      " + v.Name + ": " + quoteActions(v.Value)
		default:
			line = "export " + v.Name + "=" + quoteBash(v.Value)
		}
		if !ok {
			return "", invalid("shell", "This holder cannot carry "+v.Name, "Its value has characters that are lost or change there.", "Choose another holder, such as PowerShell or compose.")
		}
		b.WriteString(line + "\n")
	}
	return b.String(), nil
}
