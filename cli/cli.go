// Package cli is the command line: subcommands, settings and the wiring of all rooms.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/grpclog"

	"onramp/doctor"
	"onramp/fault"
)

// Version is set by the build (-ldflags -X).
var Version = "dev"

// The exit codes that do not follow from a verdict (docs/doctor.md). A command that a signal ended has, as shells
// count, exitSignal and the signal's number: 130 for SIGINT.
const (
	exitOK       = 0
	exitInternal = 1
	exitUsage    = 2
	exitInput    = 10
	exitWorker   = 15
	exitSignal   = 128
)

// World is what a command may touch of its surroundings, so that a test can be the operating system.
type World struct {
	Args   []string // without the program's name
	Getenv func(string) (string, bool)
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// command is one subcommand.
type command struct {
	name  string
	what  string // one line for the overview
	start func(ctx context.Context, w World, args []string) int
}

func commands() []command {
	return []command{
		{"serve", "open the portal (the default)", serve},
		{"check", "check whether a worker can connect to an endpoint, and name the fault", check},
		{"assess", "say what must change to migrate from a server to Temporal Cloud", assessCmd},
		{"cutover", "watch a migration: its gates, the drain of the server, who still starts work there", cutoverCmd},
		{"cert", "create, sign, inspect and check certificates: ca, leaf, csr, sign, inspect, lint, bundle, batch", cert},
		{"decode", "explain a pasted error text", decode},
		{"code", "print worker code and environment for a language", code},
		{"transfer", "start a test money transfer and follow it", transferCmd},
		{"audit", "verify that the audit is as it was written, or export it", audit},
		{"backup", "copy the database into one file, while the portal goes on", backup},
		{"restore", "make a data directory of a backup", restore},
		{"rehearse", "rehearse all six steps in the embedded rehearsal cloud", rehearse},
		{"cloud", "change Temporal Cloud with a Cloud Ops API key: CA certificates, filters, namespaces, API keys", cloudCmd},
		{"people", "say who may use a shared portal: add, list, role, disable, enable, team", peopleCmd},
		{"version", "print the version", version},
	}
}

// closesInOrder are the commands that hold a server open, which a signal lets them close, and the one that only a signal
// ends. Every other has nothing to
// bring to an end, and may be waiting for a pipe, a question or a network that never answers.
var closesInOrder = map[string]bool{"serve": true, "rehearse": true, "cutover watch": true}

// aMoment is how long a command that a signal ends may take to remove what it has half written.
const aMoment = 200 * time.Millisecond

// Main runs the program of the operating system and returns its exit code.
func Main() int {
	if len(os.Args) == 2 && os.Args[1] == keyAgent {
		return serveKey()
	}
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) // what goes wrong is in our own answers
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	return untilSignal(signals, World{Args: os.Args[1:], Getenv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, Run)
}

// untilSignal runs a command until it is done or a signal comes, and returns its exit code. A signal ends serve, rehearse
// and cutover watch in order, with their own code, and a second one at once; it ends every other command at once, with
// exitSignal and its number.
func untilSignal(signals <-chan os.Signal, w World, run func(context.Context, World) int) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan int, 1)
	go func() { done <- run(ctx, w) }()
	var came os.Signal
	select {
	case code := <-done:
		return code
	case came = <-signals:
	}
	stop()
	name, rest := commandOf(w.Args)
	if len(rest) > 0 && name == "cutover" {
		name += " " + rest[0]
	}
	if closesInOrder[name] {
		select {
		case code := <-done:
			return code
		case <-signals:
			return exitInternal
		}
	}
	select {
	case <-done:
	case <-signals:
	case <-time.After(aMoment):
	}
	number, _ := came.(syscall.Signal)
	return exitSignal + int(number)
}

// commandOf is the command that the arguments name, and what is left for it.
func commandOf(args []string) (name string, rest []string) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return args[0], args[1:]
	}
	return "serve", args
}

// Run runs one command and returns its exit code. It ends when ctx does.
func Run(ctx context.Context, w World) int {
	name, args := commandOf(w.Args)
	if len(w.Args) > 0 && (w.Args[0] == "--help" || w.Args[0] == "-h" || w.Args[0] == "help") {
		overview(w.Stdout)
		return exitOK
	}
	if len(w.Args) > 0 && w.Args[0] == "--version" {
		name, args = "version", nil
	}
	for _, c := range commands() {
		if c.name == name {
			return c.start(ctx, w, args)
		}
	}
	if plainWord(name) {
		fmt.Fprintf(w.Stderr, "onramp: unknown command %s\n", name)
		if near := meant(name, commands()); near != "" {
			fmt.Fprintf(w.Stderr, "  Did you mean onramp %s? ", near)
		} else {
			fmt.Fprint(w.Stderr, "  ")
		}
		fmt.Fprintln(w.Stderr, "onramp --help lists all commands.")
		return exitUsage
	} else {
		fmt.Fprintln(w.Stderr, "onramp: the first argument is not a command")
	}
	overview(w.Stderr)
	return exitUsage
}

func overview(w io.Writer) {
	fmt.Fprint(w, "Onramp takes a Temporal application from a local server to Temporal Cloud.\n\nUsage: onramp [command] [--flag value …]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-10s %s\n", c.name, c.what)
	}
	fmt.Fprint(w, "\nonramp <command> --help lists a command's flags. Every flag has an environment name: --data is ONRAMP_DATA.\n")
}

func version(_ context.Context, w World, args []string) int {
	s := newSettings("version", "print the version", w)
	asJSON := s.boolean("json", "machine output")
	if code, done := s.parse(args); done {
		return code
	}
	if *asJSON {
		return printJSON(w, map[string]string{"schema": "onramp.version/1", "version": Version, "rules": rulesDate})
	}
	_, err := fmt.Fprintf(w.Stdout, "onramp %s, rules of %s\n", Version, rulesDate)
	return unwritten(w, err)
}

// complain prints an error for people on stderr, every fault in it, and returns the exit code.
func complain(w World, err error) int {
	code := exitInternal
	for _, f := range fault.All(err) {
		field := ""
		if f.Field != "" && !strings.HasPrefix(f.Title, "--"+f.Field) {
			field = "--" + f.Field + ": "
		}
		fmt.Fprintf(w.Stderr, "onramp: %s%s\n", field, indented(sayable(f.Title)))
		for _, text := range []string{f.Cause, f.NotWrong, f.Fix} {
			if text != "" {
				fmt.Fprintf(w.Stderr, "  %s\n", indented(sayable(text)))
			}
		}
		if f.Kind != fault.Internal {
			code = exitUsage
		} else if f.Err != nil && !errors.Is(f.Err, context.Canceled) {
			fmt.Fprintf(w.Stderr, "  cause: %s\n", indented(sayable(f.Err.Error())))
		}
	}
	return code
}

// sayable is a text of an error without the secrets that somebody gave to a flag that takes none, fit for a terminal.
func sayable(s string) string {
	return printable(doctor.WithoutSecrets(s))
}

// printable takes the characters out of a text that would move a terminal's cursor or colour it.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return '�'
		}
		return r
	}, s)
}

// indented keeps the further lines of a text, which may be of somebody else's making, from looking like lines of Onramp's own.
func indented(s string) string { return strings.ReplaceAll(s, "\n", "\n    ") }

// inLine is a name that somebody else chose, fit for one line of a terminal: a line break or a tab in it is written out.
func inLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(printable(s))
}
