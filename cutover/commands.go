package cutover

import (
	"strings"

	"onramp/assess"
)

// inPython is the language of a command as long as nobody has said theirs; orYours tells so beside it.
const (
	inPython = " --lang python"
	orYours  = " Replace python with your language."
)

// InLanguage is the report with its commands in a language, by its ID; "" leaves the report as it is.
func (r Report) InLanguage(lang string) Report {
	if lang == "" {
		return r
	}
	gates := make([]Gate, len(r.Gates))
	for i, g := range r.Gates {
		fix := make([]Fix, len(g.Fix))
		for k, x := range g.Fix {
			x.Text, x.Command = strings.TrimSuffix(x.Text, orYours), strings.ReplaceAll(x.Command, inPython, " --lang "+assess.Shell(lang))
			fix[k] = x
		}
		g.Fix = fix
		gates[i] = g
	}
	r.Gates = gates
	return r
}

// ofBoth is a command of onramp cutover for the two sides of facts; more are its other flags, "" for none. How Onramp is let
// in is no part of facts.
func ofBoth(f *Facts, command, more string) string {
	words := []string{"onramp cutover", command}
	for _, x := range [][2]string{{"--address", f.Source.Address}, {"--namespace", f.Source.Namespace}, {"--target-namespace", f.Target.Namespace}} {
		if x[1] != "" {
			words = append(words, x[0], assess.Shell(x[1]))
		}
	}
	if a := f.Target.Address; a != "" && a != f.Target.Namespace+".tmprl.cloud:7233" {
		words = append(words, "--target-address", assess.Shell(a))
	}
	if more != "" {
		words = append(words, more)
	}
	return strings.Join(words, " ")
}
