package web

import (
	"fmt"

	"onramp/views"
)

// CheckTwin checks the same in a terminal.
func (h *Site) CheckTwin(v Visit) views.CodeBlockProps {
	if v.Namespace == nil {
		return views.CodeBlockProps{}
	}
	return views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp check" + h.ConnectionFlags(v)}
}

// ConnectionFlags are the flags that say where and as whom to connect.
func (h *Site) ConnectionFlags(v Visit) string {
	t := h.Acts.Places.Target(v.View)
	out := fmt.Sprintf(" --address %s --namespace %s", ShellPlain(t.Address), ShellPlain(t.Namespace))
	if UsesKeys(v) {
		out += " --api-key-path api-key.txt"
	} else {
		out += " --tls-cert-path client.pem --tls-key-path client.key"
	}
	if t.ServerName != "" {
		out += " --tls-server-name " + ShellPlain(t.ServerName)
	}
	if v.Migration.Mode.Can().OneDoor && h.Absent() == nil {
		if trust, err := h.Trust(); err == nil { // without the files the command cannot trust the rehearsal
			out += " --tls-ca-path " + ShellPlain(trust.Root)
		}
	}
	return out
}

// ShellPlain quotes a word for a POSIX shell only where it must be.
func ShellPlain(s string) string {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == ':', r == '/', r == '_', r == '-':
		default:
			return ShellWord(s)
		}
	}
	if s == "" {
		return "''"
	}
	return s
}
