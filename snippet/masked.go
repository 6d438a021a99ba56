package snippet

import (
	"regexp"
	"strings"
)

// hidden stands where a secret stood.
const hidden = "••••••"

// secretPlaces are where secrets stand in a command, the secret as the last group.
var secretPlaces = []*regexp.Regexp{
	regexp.MustCompile(`(?s)()(-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\z))`),
	regexp.MustCompile(`(--(?:api-key|tls-key-data|codec-auth)(?:\s+|=))("[^"]*"|'[^']*'|[^\s"']+)`),
	regexp.MustCompile(`(?i)((?:API_KEY|KEY_DATA)(?:\s*=\s*|[ \t]+))("[^"]*"|'[^']*'|[^\s"']+)`),
	regexp.MustCompile(`(?i)(\bBearer\s+)([^\s"']+)`),
	regexp.MustCompile(`()(eyJ[A-Za-z0-9_-]{8,}[A-Za-z0-9_.-]*)`),
}

// MaskCommand returns a pasted command with dots for the API keys and private keys in it, and whether there were
// any. References to variables stay.
func MaskCommand(command string) (masked string, found bool) {
	for _, place := range secretPlaces {
		command = place.ReplaceAllStringFunc(command, func(s string) string {
			m := place.FindStringSubmatch(s)
			value := strings.Trim(m[2], `"'`)
			if value == "" || value == hidden || strings.HasPrefix(value, "$") || strings.HasPrefix(value, "%") || strings.HasPrefix(value, "(") {
				return s
			}
			found = true
			return m[1] + hidden
		})
	}
	return command, found
}

// secrets takes an API key off the command line, where the history and the list of processes show it.
func (j *judge) secrets() {
	for _, name := range []string{"--api-key", "--tls-key-data"} {
		if a := j.flag(name); a != nil && a.value.value == hidden {
			j.repair(name, "", TutorialFinding{Title: "A secret stands in the command", Text: "The shell's history keeps it and the list of processes shows it. Set " +
				map[string]string{"--api-key": "TEMPORAL_API_KEY", "--tls-key-data": "TEMPORAL_TLS_CLIENT_KEY_PATH"}[name] + " instead; if others can see this terminal or its history, replace the secret."})
		}
	}
}
