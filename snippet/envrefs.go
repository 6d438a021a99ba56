package snippet

import (
	"strings"

	"onramp/snippet/config"
)

// A path may hold variables that only the worker's machine knows. On the way through Write, which quotes everything,
// each is a word that no path has; afterwards it becomes the holder's own way to name a variable.
const (
	refOpen  = "ONRAMPref"
	refClose = "ferPMARNO"
)

// carry writes a path with its variables as such words. ok is false where a reference is no plain variable.
func carry(v config.Value) (path string, ok bool) {
	var b strings.Builder
	for _, p := range v {
		if p.Raw == "" {
			b.WriteString(p.Text)
			continue
		}
		if !plainName(p.Ref) {
			return "", false
		}
		b.WriteString(refOpen + p.Ref + refClose)
	}
	return b.String(), true
}

func plainName(s string) bool {
	for i, r := range s {
		if r != '_' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != "" && len(s) < 100 && !strings.Contains(s, refOpen) && !strings.Contains(s, refClose)
}

// holderWithReferences is Write's holder with the variables of paths as the holder names them.
func holderWithReferences(r Request) (string, error) {
	shell, err := Choose("shell", "shell", r.Shell, Shells, Shells[0])
	if err != nil {
		return "", err
	}
	cert, key := r.CertPath, r.KeyPath
	c, err := Write(r)
	if err != nil || !strings.Contains(cert+key, refOpen) {
		return c.Holder, err
	}
	text := c.Holder
	for _, path := range []string{cert, key} {
		for _, q := range quotings(shell, path) {
			text = strings.ReplaceAll(text, q[0], q[1])
		}
	}
	if strings.Contains(text, refOpen) && shell != "compose" && shell != "dotenv" {
		return "", invalid("shell", "This format cannot hold a path with a variable", "A path names a variable of the worker's machine, and "+shell+" does not expand variables in a value.",
			"Write the full path, or choose another format, such as bash or compose.")
	}
	text = strings.ReplaceAll(text, refOpen, "${")
	return strings.ReplaceAll(text, refClose, "}"), nil
}

// quotings are how a holder writes a path that carries variables, and how it should.
func quotings(shell, path string) [][2]string {
	if !strings.Contains(path, refOpen) {
		return nil
	}
	name := func(before, after string) string {
		return strings.ReplaceAll(strings.ReplaceAll(path, refOpen, before), refClose, after)
	}
	switch shell {
	case "bash":
		return [][2]string{{quoteBash(path), `"` + escapeDouble(path, "${", "}") + `"`}}
	case "fish":
		return [][2]string{{quoteFish(path), `"` + escapeDouble(path, "$", "") + `"`}}
	case "powershell":
		inner := strings.NewReplacer("`", "``", `"`, "`\"", "$", "`$").Replace(path)
		inner = strings.ReplaceAll(strings.ReplaceAll(inner, refOpen, "${env:"), refClose, "}")
		return [][2]string{{quotePowerShell(path), `"` + inner + `"`}}
	case "cmd":
		return [][2]string{{path, name("%", "%")}}
	case "kubernetes":
		return [][2]string{{quoteKubernetes(path), quoteYAML(name("$(", ")"))}}
	}
	return nil
}

// escapeDouble writes a path between double quotes of a shell.
func escapeDouble(path, open, end string) string {
	s := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(path)
	return strings.ReplaceAll(strings.ReplaceAll(s, refOpen, open), refClose, end)
}
