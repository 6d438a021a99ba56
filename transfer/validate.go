package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"onramp/fault"
)

// The limits of a request.
const (
	maxPayload = 2 * 1024 * 1024 // bytes of one payload in Temporal Cloud (docs.temporal.io/cloud/limits)
	maxName    = 1000            // bytes of a workflow ID, type or task queue (docs.temporal.io/cloud/limits)
	maxAmount  = 1_000_000
	maxText    = 64 // characters of an account or reference
	maxArgs    = 16
)

// account is letters, digits and the usual marks between them: "85-150".
var account = regexp.MustCompile(`^[\pL\pN][\pL\pN ._/-]*$`)

var runID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// Validate says what is wrong with a request before anything is started: Invalid faults (TooLarge for
// an input beyond 2 MB), several joined, each naming its field: template, worker, scenario, amount,
// source, target, reference, input, task-queue, workflow-type, workflow-id or run-id.
func Validate(req Request) error {
	var all []error
	add := func(f *fault.Fault) {
		if f != nil {
			all = append(all, f)
		}
	}
	for field, name := range map[string]string{"task-queue": req.TaskQueue, "workflow-type": req.WorkflowType, "workflow-id": req.WorkflowID} {
		add(checkName(field, name))
	}
	if req.RunID != "" && !runID.MatchString(req.RunID) {
		add(invalid("run-id", fmt.Sprintf("The run ID %s is not one", quote(req.RunID)), "Paste the run ID as Temporal shows it: 36 characters, like 0190c2d4-7c53-7d2e-b6a1-3f1a9d3f7c11."))
	}
	add(checkWorker(req))
	if req.FollowOnly {
		if req.WorkflowID == "" {
			add(invalid("workflow-id", "The workflow ID is missing", "Name the workflow to follow."))
		}
		return errors.Join(all...)
	}
	add(checkScenario(req))
	switch {
	case len(req.Input) > 0:
		add(checkInput(req))
	default:
		all = append(all, checkDetails(req.Details)...)
	}
	return errors.Join(all...)
}

func invalid(field, title, fix string) *fault.Fault {
	return fault.New(fault.Invalid, title, fix).In(field)
}

// checkWorker looks at who should run the transfer and as which program.
func checkWorker(req Request) *fault.Fault {
	if _, ok := LookupProfile(req.Template); !ok {
		return invalid("template", fmt.Sprintf("Unknown template %s", quote(req.Template)), "Choose one of "+list(names(profiles, func(p Profile) string { return p.Name }))+".")
	}
	switch req.Worker {
	case "", "builtin", "own":
	default:
		return invalid("worker", fmt.Sprintf("Unknown worker %s", quote(req.Worker)), "Choose builtin (Onramp runs one) or own (yours is running).")
	}
	return nil
}

func checkScenario(req Request) *fault.Fault {
	for _, s := range Scenarios {
		if req.Scenario != s {
			continue
		}
		if req.Worker == "own" && s.builtInOnly() {
			return invalid("scenario", fmt.Sprintf("Your own worker cannot run the scenario %s", quote(string(s))), "Choose the built-in worker, or one of success, refund, invalid-account and insufficient-funds: those depend only on accounts and amount.")
		}
		return nil
	}
	if req.Scenario == "" {
		return nil
	}
	return invalid("scenario", fmt.Sprintf("Unknown scenario %s", quote(string(req.Scenario))), "Choose one of "+list(names(Scenarios, func(s Scenario) string { return string(s) }))+".")
}

// checkDetails judges amount, accounts and reference; empty ones get their defaults later.
func checkDetails(d Details) []error {
	var all []error
	switch {
	case d.Amount < 0:
		all = append(all, invalid("amount", fmt.Sprintf("The amount %d is negative", d.Amount), "Enter a whole amount from 1 to 1,000,000."))
	case d.Amount > maxAmount:
		all = append(all, invalid("amount", fmt.Sprintf("The amount %d is too large for a test", d.Amount), "Enter a whole amount from 1 to 1,000,000."))
	}
	for _, f := range []struct{ field, what, value string }{
		{"source", "source account", d.SourceAccount}, {"target", "target account", d.TargetAccount}, {"reference", "reference", d.ReferenceID}} {
		switch {
		case f.value == "":
		case utf8.RuneCountInString(f.value) > maxText:
			all = append(all, invalid(f.field, fmt.Sprintf("The %s has more than %d characters", f.what, maxText), "Shorten it; the mock bank knows 85-150 and 43-812."))
		case !account.MatchString(f.value):
			all = append(all, invalid(f.field, fmt.Sprintf("The %s %s contains a character that is not allowed", f.what, quote(f.value)), "Use letters, digits, spaces and . _ / - and start with a letter or digit, like 85-150."))
		}
	}
	if d.SourceAccount != "" && d.SourceAccount == d.TargetAccount {
		all = append(all, invalid("target", "Both accounts are "+d.SourceAccount, "Choose a target account that differs from the source."))
	}
	return all
}

// checkInput judges input given as JSON.
func checkInput(req Request) *fault.Fault {
	if len(req.Input) > maxPayload {
		return fault.New(fault.TooLarge, fmt.Sprintf("The input has %d bytes, Temporal takes 2 MB", len(req.Input)), "Send a smaller input: store large data elsewhere and pass a reference to it.").In("input")
	}
	if !utf8.Valid(req.Input) {
		return invalid("input", "The input is not UTF-8 text", "Save it as UTF-8 and paste it again.")
	}
	args, err := arguments(req.Input)
	if err != nil {
		return invalid("input", "The input is not JSON: "+jsonTrouble(req.Input, err), `Write it as your workflow expects it: {"amount":250} for one argument, [1,"two"] for several.`)
	}
	if len(args) > maxArgs {
		return invalid("input", fmt.Sprintf("The input has %d arguments", len(args)), fmt.Sprintf("Pass at most %d; to pass one list as one argument, wrap it in another: [[1,2,3]].", maxArgs))
	}
	if req.Worker == "own" {
		return nil
	}
	if len(args) != 1 {
		return invalid("input", fmt.Sprintf("The built-in worker takes one argument, not %d", len(args)), "Pass one object with source_account, target_account, amount and reference_id.")
	}
	dec := json.NewDecoder(bytes.NewReader(args[0]))
	dec.DisallowUnknownFields()
	var d Details
	if err := dec.Decode(&d); err != nil {
		return invalid("input", "The built-in worker does not take this input: "+strings.TrimPrefix(err.Error(), "json: "), "Pass one object with source_account, target_account, amount (a whole number) and reference_id.")
	}
	if errs := checkDetails(d); len(errs) > 0 {
		f := *fault.From(errs[0])
		return f.In("input")
	}
	return nil
}

// arguments splits an input into the workflow's arguments: an array is one each, anything else is one.
func arguments(input json.RawMessage) ([]json.RawMessage, error) {
	trimmed := bytes.TrimSpace(input)
	if len(trimmed) == 0 {
		return nil, nil
	}
	if trimmed[0] == '[' {
		var args []json.RawMessage
		if err := json.Unmarshal(trimmed, &args); err != nil {
			return nil, err
		}
		return args, nil
	}
	var one json.RawMessage
	if err := json.Unmarshal(trimmed, &one); err != nil {
		return nil, err
	}
	return []json.RawMessage{one}, nil
}

// jsonTrouble says where JSON breaks, by line and column.
func jsonTrouble(text []byte, err error) string {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return strings.TrimPrefix(err.Error(), "json: ")
	}
	before := text[:min(int(syntax.Offset), len(text))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("line %d, character %d: %s", line, max(column, 1), syntax.Error())
}

// checkName judges a name that Temporal keeps as it is.
func checkName(field, name string) *fault.Fault {
	what := "The " + strings.ReplaceAll(strings.ReplaceAll(field, "-", " "), " id", " ID")
	switch {
	case name == "":
		return nil
	case !utf8.ValidString(name):
		return invalid(field, what+" is not UTF-8 text", "Retype it.")
	case len(name) > maxName:
		return invalid(field, fmt.Sprintf("%s has %d bytes, Temporal Cloud takes %d", what, len(name), maxName), "Shorten it.")
	case strings.TrimSpace(name) != name:
		return invalid(field, fmt.Sprintf("%s %s begins or ends with a space", what, quote(name)), "Remove the space; Temporal treats it as part of the name.")
	case strings.ContainsFunc(name, unicode.IsControl):
		return invalid(field, fmt.Sprintf("%s %s contains a control character", what, quote(name)), "Type it again instead of pasting it.")
	case field == "task-queue" && strings.HasPrefix(name, "/_sys/"):
		return invalid(field, fmt.Sprintf("%s %s is reserved for Temporal itself", what, quote(name)), "Use the task queue that your worker polls.")
	}
	return nil
}

// quote shows what a person typed, on one line and not at length.
func quote(s string) string {
	if r := []rune(s); len(r) > 40 {
		s = string(r[:40]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

func names[T any](of []T, name func(T) string) []string {
	out := make([]string, len(of))
	for i, v := range of {
		out[i] = name(v)
	}
	return out
}

// list joins words as people do: "a, b or c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
