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

	"google.golang.org/grpc/grpclog"

	"onramp/fault"
)

// Version is set by the build (-ldflags -X).
var Version = "dev"

// The exit codes that do not follow from a verdict (contract.md).
const (
	exitOK       = 0
	exitInternal = 1
	exitUsage    = 2
	exitInput    = 10
	exitWorker   = 15
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
		{"check", "ask an endpoint whether a worker would connect, and name the fault", check},
		{"cert", "make, sign, inspect and judge certificates: ca, leaf, sign, inspect, lint, bundle", cert},
		{"decode", "say what a pasted error text means", decode},
		{"code", "print worker code and environment for a language", code},
		{"transfer", "start a test money transfer and follow it", transferCmd},
		{"rehearse", "walk the whole way in the embedded rehearsal cloud", rehearse},
		{"version", "print the version", version},
	}
}

// Main runs the program of the operating system and returns its exit code. The first SIGINT or SIGTERM
// ends commands in order; a second one exits at once.
func Main() int {
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, io.Discard)) // what goes wrong is in our own answers
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		stop()
		<-signals
		os.Exit(exitInternal)
	}()
	return Run(ctx, World{Args: os.Args[1:], Getenv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr})
}

// Run runs one command and returns its exit code. It ends when ctx does.
func Run(ctx context.Context, w World) int {
	name, args := "serve", w.Args
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
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
	fmt.Fprintf(w.Stderr, "onramp: there is no command %q\n", printable(name))
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
		if f.Field != "" {
			field = "--" + f.Field + ": "
		}
		fmt.Fprintf(w.Stderr, "onramp: %s%s\n", field, printable(f.Title))
		for _, text := range []string{f.Cause, f.NotWrong, f.Fix} {
			if text != "" {
				fmt.Fprintf(w.Stderr, "  %s\n", printable(text))
			}
		}
		if f.Kind != fault.Internal {
			code = exitUsage
		} else if f.Err != nil && !errors.Is(f.Err, context.Canceled) {
			fmt.Fprintf(w.Stderr, "  cause: %s\n", printable(f.Err.Error()))
		}
	}
	return code
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
