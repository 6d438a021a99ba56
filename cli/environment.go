package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/snippet"
)

// environmentSchema names the JSON of `onramp code --judge`.
const environmentSchema = "onramp.environment/1"

// maxEnvironmentFile bounds what --judge reads.
const maxEnvironmentFile = 256 << 10

// judged is the JSON of `onramp code --judge`. It holds no secret.
type judged struct {
	Schema       string          `json:"schema"`
	Form         string          `json:"form"`
	Part         string          `json:"part,omitempty"`
	Parts        []string        `json:"parts,omitempty"`
	Vocabularies []string        `json:"vocabularies"`
	InEffect     []judgedVar     `json:"in_effect"`
	CLI          []judgedVar     `json:"cli"`
	Findings     []judgedFinding `json:"findings"`
	Repaired     string          `json:"repaired"`
	NotRepaired  string          `json:"not_repaired,omitempty"`
	Changed      bool            `json:"changed"` // repaired is something else than what was given
	Masked       bool            `json:"masked"`  // secrets were left out of it
	ByHand       []string        `json:"by_hand,omitempty"`
}

type judgedVar struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	What  string `json:"what"`
	From  string `json:"from"`
}

type judgedFinding struct {
	Code  string `json:"code,omitempty"`
	Level string `json:"level"`
	Name  string `json:"name,omitempty"`
	Title string `json:"title"`
	Text  string `json:"text"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
}

// judging says what `onramp code --judge` judges, and how it answers.
type judging struct {
	path   string // file, or - for stdin
	choice snippet.EnvChoice
	shell  string // of the repaired version; "" is the form of the file
	asJSON bool
}

// judgeEnvironment is `onramp code --judge FILE|-`: what an environment or configuration file says, and the repaired
// version in its own form or for a shell. The exit code is 0 when nothing is dangerous, else that of the first danger's
// class, 10 where it has none.
func judgeEnvironment(ctx context.Context, w World, j judging) int {
	shell := j.shell
	text, err := readEnvironmentText(w, j.path)
	if err == nil {
		_, err = snippet.Variables(shell, nil) // is there such a shell?
	}
	if err != nil {
		complain(w, err)
		return exitUsage
	}
	e, err := snippet.JudgeEnvironment(ctx, text, j.choice)
	if err != nil {
		return complain(w, err)
	}
	repaired, err := e.Repaired(shell)
	code := exitOK
	for _, f := range e.Findings {
		if f.Level == "danger" && code == exitOK {
			code = exitInput
			if known, ok := doctor.Lookup(f.Code); ok {
				code = doctor.ExitCode(doctor.Verdict{Code: f.Code, Stage: known.Stage})
			}
		}
	}
	if code == exitOK && len(e.Vocabularies) == 0 && len(e.InEffect) == 0 && err != nil {
		code = exitInput // no Temporal setting that is known
	}
	if j.asJSON {
		out := judged{Schema: environmentSchema, Form: e.Form, Part: e.Part, Parts: e.Parts, Vocabularies: e.Vocabularies, InEffect: judgedVars(e.InEffect), CLI: judgedVars(e.CLI),
			Findings: []judgedFinding{}, Repaired: repaired, Changed: e.Changed || shell != "", Masked: e.Masked, ByHand: e.ByHand}
		if out.Vocabularies == nil {
			out.Vocabularies = []string{}
		}
		for _, f := range e.Findings {
			out.Findings = append(out.Findings, judgedFinding(f))
		}
		if err != nil {
			out.NotRepaired = fault.Title(err)
		}
		if c := printJSON(w, out); c != exitOK {
			return c
		}
		return code
	}
	if shell == "" && !e.Changed {
		repaired = ""
	}
	writeEnvironment(w.Stdout, e, repaired, err)
	return code
}

func judgedVars(vars []snippet.EnvVar) []judgedVar {
	out := []judgedVar{}
	for _, v := range vars {
		out = append(out, judgedVar(v))
	}
	return out
}

// readEnvironmentText reads a file, or stdin for "-".
func readEnvironmentText(w World, path string) (string, error) {
	in := w.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fault.Wrap(err, fault.Invalid, "The environment cannot be read", "Give the path of a file, or - for stdin.").In("judge")
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxEnvironmentFile+1))
	switch {
	case err != nil:
		return "", fault.Wrap(err, fault.Invalid, "The environment cannot be read", "Give the path of a file, or - for stdin.").In("judge")
	case len(b) > maxEnvironmentFile:
		return "", fault.New(fault.TooLarge, "This is too long for an environment", "Give only the settings of the worker: at most 256 kB.").In("judge")
	}
	return string(b), nil
}

func writeEnvironment(out io.Writer, e snippet.Environment, repaired string, missing error) {
	b := &strings.Builder{}
	fmt.Fprintf(b, "Read as %s.\n", e.Form)
	if e.Part != "" {
		fmt.Fprintf(b, "Checked: %s\n", e.Part)
	}
	for _, v := range e.Vocabularies {
		if v == "own" {
			fmt.Fprintln(b, "Names of your own: no SDK and no framework that Onramp knows reads them; perhaps your own code does")
			continue
		}
		fmt.Fprintf(b, "Names: %s, read by %s\n", v, snippet.ReadBy(v))
	}
	for _, list := range []struct {
		title string
		vars  []snippet.EnvVar
	}{{"In effect", e.InEffect}, {"The temporal CLI uses instead", e.CLI}} {
		if len(list.vars) > 0 {
			fmt.Fprintf(b, "\n%s\n", list.title)
		}
		for _, v := range list.vars {
			fmt.Fprintf(b, "  %-32s %s (%s)\n", v.Name, v.Value, v.From)
		}
	}
	for _, f := range e.Findings {
		fmt.Fprintf(b, "\n%s: %s\n  %s\n", strings.TrimSpace(f.Level+" "+f.Code), f.Title, f.Text)
		switch {
		case f.From != "" && f.To != "":
			fmt.Fprintf(b, "  %s -> %s\n", f.From, f.To)
		case f.From != "" || f.To != "":
			fmt.Fprintf(b, "  %s\n", f.From+f.To)
		}
	}
	for _, x := range e.ByHand {
		fmt.Fprintf(b, "\nTo change by hand: %s\n", x)
	}
	switch {
	case missing != nil:
		f := fault.From(missing)
		fmt.Fprintf(b, "\n%s. %s\n", f.Title, f.Cause)
	case repaired != "":
		fmt.Fprintf(b, "\n# Repaired\n%s\n", strings.TrimRight(repaired, "\n"))
		if e.Masked {
			fmt.Fprint(b, "\n•••••• stands for a secret in your text: keep yours.\n")
		}
	case len(e.ByHand) == 0 && len(e.InEffect) > 0:
		fmt.Fprint(b, "\nNothing was repaired.\n")
	}
	fmt.Fprint(out, b.String())
}
