package cli

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"onramp/doctor"
	"onramp/fault"
)

const rulesDate = doctor.RulesDate

// settings are the flags of one command. Each has an environment name by one rule: --tls-cert-path is
// ONRAMP_TLS_CERT_PATH. A flag wins over its environment name, which wins over the other names a flag may
// have (TEMPORAL_…), which win over the default. All mistakes are reported together.
type settings struct {
	fs       *flag.FlagSet
	w        World
	name     string
	what     string
	asText   map[string]*string
	others   map[string][]string // further environment names, in order
	from     map[string]string   // where a value came from, for messages
	problems []error
	after    []func() error  // checks that need parsed values
	files    []string        // arguments that are not flags, where takesFiles allows them
	mayHold  map[string]bool // flags whose own code deals with a secret

	takesFiles bool
	arguments  string // what these are, as the help writes them; "" is files
	exits      string // exit codes, where they are not those of every command
}

func newSettings(name, what string, w World) *settings {
	s := &settings{fs: flag.NewFlagSet(name, flag.ContinueOnError), w: w, name: name, what: what,
		asText: map[string]*string{}, others: map[string][]string{}, from: map[string]string{},
		mayHold: map[string]bool{"input": true}}
	s.fs.SetOutput(io.Discard)
	return s
}

// text declares a text flag; others are further environment names that it takes its default from.
func (s *settings) text(name, def, usage string, others ...string) *string {
	p := s.fs.String(name, def, usage)
	s.asText[name], s.others[name] = p, others
	return p
}

func (s *settings) boolean(name, usage string) *bool { return s.fs.Bool(name, false, usage) }

// duration is a text flag that must be a positive duration of at most max.
func (s *settings) duration(name, def, usage string, max time.Duration) *time.Duration {
	d := new(time.Duration)
	p := s.text(name, def, usage)
	s.after = append(s.after, func() error {
		v, err := time.ParseDuration(*p)
		if err != nil || v <= 0 || v > max {
			return fault.New(fault.Invalid, "This is not a duration", fmt.Sprintf("Use a number and a unit, at most %s, such as 5s or 500ms.", fault.Lasts(max))).In(name)
		}
		*d = v
		return nil
	})
	return d
}

// oneOf is a text flag with a closed set of values.
func (s *settings) oneOf(name, def, usage string, values ...string) *string {
	p := s.text(name, def, usage+": "+strings.Join(values, ", "))
	s.after = append(s.after, func() error {
		for _, v := range values {
			if *p == v {
				return nil
			}
		}
		return fault.New(fault.Invalid, "This is not an allowed value", "Give one of "+strings.Join(values, ", ")+".").In(name)
	})
	return p
}

// envName is the one rule.
func envName(flagName string) string {
	return "ONRAMP_" + strings.ToUpper(strings.ReplaceAll(flagName, "-", "_"))
}

// maxProblems is how many mistakes of one command line are told.
const maxProblems = 20

// parse reads environment and arguments. done says that the command is over, with its exit code:
// help was asked for, or something was wrong and all of it has been reported. A mistake never repeats what was
// given: a secret may stand at the wrong flag.
func (s *settings) parse(args []string) (code int, done bool) {
	s.fs.VisitAll(func(f *flag.Flag) {
		for _, name := range append([]string{envName(f.Name)}, s.others[f.Name]...) {
			if v, ok := s.w.Getenv(name); ok && v != "" {
				s.from[f.Name] = name
				if err := f.Value.Set(v); err != nil {
					s.problems = append(s.problems, fault.New(fault.Invalid, name+" is not a valid value", "Give true or false.").In(f.Name))
				}
				return
			}
		}
	})
	if s.readArguments(args) {
		s.usage(s.w.Stdout)
		return exitOK, true
	}
	s.fs.Visit(func(f *flag.Flag) { s.from[f.Name] = "--" + f.Name })
	secret := s.misplacedSecrets()
	for _, check := range s.after {
		if err := check(); err != nil {
			s.problems = append(s.problems, err)
		}
	}
	if secret {
		s.problems = s.problems[:1] // what else is wrong with such a value is no news, and might quote it
	}
	if len(s.problems) > 0 {
		complain(s.w, errors.Join(s.problems...))
		return exitUsage, true
	}
	return 0, false
}

// readArguments reads the arguments to their end, past every mistake. help says that --help is among them.
func (s *settings) readArguments(args []string) (help bool) {
	all := len(args)
	for len(s.problems) < maxProblems {
		err := s.fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			return true
		}
		rest := s.fs.Args()
		nth := all - len(rest) // of the argument that was read last
		switch {
		case err != nil && strings.HasPrefix(err.Error(), "bad flag syntax: "):
			// Package flag leaves what is no flag at all, as "---json" and "-=", where it is.
			s.wrong(fmt.Sprintf("argument %d is not a flag", nth+1))
			rest = rest[1:]
		case err != nil:
			s.wrong(flagProblem(err, args[len(args)-len(rest)-1], nth))
		case len(rest) == 0:
			return false
		case s.takesFiles:
			s.files = append(s.files, rest[0])
			rest = rest[1:]
		default:
			s.wrong(fmt.Sprintf("onramp %s takes only flags, and argument %d is not one", s.name, nth+1))
			rest = rest[1:]
		}
		args = rest
	}
	return false
}

func (s *settings) wrong(title string) {
	s.problems = append(s.problems, fault.New(fault.Invalid, title, "See onramp "+s.name+" --help."))
}

// misplacedSecrets puts a problem first where a flag that takes no secret was given one by its look: a private key
// or an API key.
func (s *settings) misplacedSecrets() (found bool) {
	s.fs.VisitAll(func(f *flag.Flag) {
		if p := s.asText[f.Name]; p != nil && !s.mayHold[f.Name] && !found && doctor.HoldsSecret(*p) {
			found = true
			s.problems = append([]error{fault.New(fault.Invalid, "This is a secret, from "+s.origin(f.Name),
				"The flag does not take secrets, so it was not used and is not shown. Pass an API key with --api-key-path FILE or TEMPORAL_API_KEY, and a private key by its file name.").In(f.Name)}, s.problems...)
		}
	})
	for _, name := range s.files {
		if !found && doctor.HoldsSecret(name) {
			found = true
			s.problems = append([]error{fault.New(fault.Invalid, "A secret was given where a file name belongs", "Give the name of the file that contains it.")}, s.problems...)
		}
	}
	return found
}

// flagProblem is package flag's complaint with flags as people type them and without their values; given is the
// argument that was read last, the nth.
func flagProblem(err error, given string, nth int) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: -"); ok {
		if plainWord(name) && strings.HasPrefix(given, "--") { // -pSECRET is how other programs take a password
			return "there is no flag --" + name
		}
		return fmt.Sprintf("argument %d is not a flag of this command", nth)
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: -"); ok {
		return "--" + name + " needs a value"
	}
	if name, _, ok := strings.Cut(strings.TrimLeft(given, "-"), "="); ok && strings.HasPrefix(text, "invalid ") {
		return "--" + name + " takes true or false"
	}
	return fmt.Sprintf("argument %d cannot be read", nth)
}

// plainWord reports whether an argument is the name of something, mistyped, and no secret: a few letters with dashes.
func plainWord(s string) bool {
	return s != "" && len(s) <= 24 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz-") == ""
}

// origin says where a flag's value came from: "--address", "TEMPORAL_HOST_URL" or "default".
func (s *settings) origin(name string) string {
	if from, ok := s.from[name]; ok {
		return from
	}
	return "default"
}

func (s *settings) usage(w io.Writer) {
	files := ""
	if s.takesFiles && s.arguments == "" {
		files = " file …"
	}
	fmt.Fprintf(w, "onramp %s: %s\n\nUsage: onramp %s%s [--flag value …]%s\n\n", s.name, s.what, s.name, s.arguments, files)
	s.fs.VisitAll(func(f *flag.Flag) {
		def := ""
		if f.DefValue != "" && f.DefValue != "false" {
			def = " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(w, "  --%s\n        %s%s\n        environment: %s\n", f.Name, f.Usage, def,
			strings.Join(append([]string{envName(f.Name)}, s.others[f.Name]...), ", "))
	})
	if s.exits != "" {
		fmt.Fprintf(w, "\nExit codes:\n  %s\n", strings.ReplaceAll(s.exits, "\n", "\n  "))
	}
}

func printJSON(w World, v any) int {
	enc := json.NewEncoder(w.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return unwritten(w, enc.Encode(v))
}

// unwritten says that an answer could not be written, and returns the exit code: an answer that nobody gets
// must not look like a good one.
func unwritten(w World, err error) int {
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(w.Stderr, "onramp: cannot write the answer:", err)
	return exitInternal
}

// dataDir is the default of --data: the user's data directory by the XDG rule, the platform's elsewhere.
func dataDir(getenv func(string) (string, bool)) string {
	if d, ok := getenv("XDG_DATA_HOME"); ok && filepath.IsAbs(d) {
		return filepath.Join(d, "onramp")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "onramp-data"
	}
	if d, err := os.UserConfigDir(); err == nil && d != filepath.Join(home, ".config") {
		return filepath.Join(d, "onramp") // macOS and Windows keep data beside settings
	}
	return filepath.Join(home, ".local", "share", "onramp")
}

// jsonLine is v as JSON on one line.
func jsonLine(v any) (string, error) {
	b := &strings.Builder{}
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", err
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
