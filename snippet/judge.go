package snippet

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/namespace"
)

// TutorialFinding is one thing wrong with a pasted `temporal workflow start …` command. Code is an id of the
// fault catalogue, "" where it has none. Before and After are the part of the command and what replaces it;
// After is "" where only the person knows the value or where the part is to be left out.
type TutorialFinding struct{ Code, Title, Text, Before, After string }

// JudgeCommand says what is wrong with a pasted `temporal workflow start …` command (docs/code.md) for
// a template, and returns it repaired. Lines before the command that set variables are judged with it. Secrets
// come back as dots (MaskCommand). Without findings the command comes back as it was; judging a repaired command again finds only what After could not
// repair. It works behind limit.Shared, with errors as JudgeEnvironment's.
func JudgeCommand(ctx context.Context, command, lang string) (findings []TutorialFinding, repaired string, err error) {
	err = bounded(ctx, func(context.Context) { findings, repaired = judgeCommand(command, lang) })
	return findings, repaired, err
}

func judgeCommand(command, lang string) (findings []TutorialFinding, repaired string) {
	command, _ = MaskCommand(command) // nothing below sees a secret
	id, err := Choose("lang", "language", lang, Langs(), "")
	if err != nil {
		return []TutorialFinding{{Title: fault.Title(err), Text: fault.From(err).Fix}}, command
	}
	j := &judge{lang: lookup(id), dialect: dialectOf(strings.ReplaceAll(command, "\r\n", "\n")), set: map[string]bool{}}
	before, start := j.settings(command)
	if !j.read(start) {
		return append(j.findings, TutorialFinding{Title: "This is not a temporal workflow start command",
			Text: "Paste the command that begins with “temporal workflow start”."}), command
	}
	j.address()
	j.namespace()
	j.queue()
	j.workflowType()
	j.input()
	j.roots()
	j.secrets()
	if len(j.findings) == 0 {
		return nil, command
	}
	return j.findings, before + j.first + j.write()
}

// judge is a command on its way to being repaired.
type judge struct {
	lang     *language
	dialect  dialect
	findings []TutorialFinding
	set      map[string]bool // variables set in the lines before the command
	host     string          // of the literal address
	first    string          // a line that must run before the command
	head     []word          // temporal workflow start
	args     []argument
}

// argument is a flag with its value, or a lone word.
type argument struct {
	flag  string // canonical name, "" for a lone word
	raw   string // as written, flag and value
	value word
	has   bool // whether it has a value
}

// short flags and aliases of `temporal workflow start` (temporal 1.9.1 --help).
var flagNames = map[string]string{"-t": "--task-queue", "-w": "--workflow-id", "-i": "--input", "-n": "--namespace", "--name": "--type"}

// switches are flags without a value.
var switches = map[string]bool{"--tls": true, "--input-base64": true, "--fail-existing": true, "--tls-disable-host-verification": true, "--detailed": true}

// setting is a line that sets a variable: export X=v, set X=v, set "X=v", $env:X = 'v', set -gx X v.
var setting = regexp.MustCompile(`^\s*(?:export\s+|set\s+(?:-\S+\s+)*|\$env:)?"?([A-Za-z_][A-Za-z0-9_]*)(?:\s*=\s*|\s+)(.*?)"?\s*$`)

// settings judges the lines before the command and returns them, and the command.
func (j *judge) settings(command string) (before, start string) {
	at := regexp.MustCompile(`(?m)^[ \t$>]*temporal\s`).FindStringIndex(command)
	if at == nil {
		return "", command
	}
	var b strings.Builder
	for line := range strings.Lines(command[:at[0]]) {
		m := setting.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil || !strings.Contains(line, "=") && !strings.HasPrefix(strings.TrimSpace(line), "set -") {
			b.WriteString(line)
			continue
		}
		name, value := m[1], strings.Trim(m[2], `"'`)
		j.set[name] = true
		if name != "TEMPORAL_HOST_URL" && name != "TEMPORAL_ADDRESS" {
			b.WriteString(line)
			continue
		}
		if to, ok := j.judgeAddress(name, strings.TrimSpace(line), value); ok {
			line = strings.Replace(line, value, to, 1)
		}
		b.WriteString(line)
	}
	return b.String(), command[at[0]:]
}

// read takes the command apart and reports whether it is one.
func (j *judge) read(command string) bool {
	ws := words(command, j.dialect)
	for len(ws) > 0 && (ws[0].raw == "$" || ws[0].raw == ">") {
		ws = ws[1:] // the prompt
	}
	if len(ws) < 3 || ws[0].value != "temporal" || ws[1].value != "workflow" || ws[2].value != "start" && ws[2].value != "execute" {
		return false
	}
	j.head = ws[:3]
	for ws = ws[3:]; len(ws) > 0; ws = ws[1:] {
		w := ws[0]
		a := argument{raw: w.raw, value: w}
		if strings.HasPrefix(w.value, "-") && len(w.value) > 1 {
			name, value, joined := strings.Cut(w.value, "=")
			if long, ok := flagNames[name]; ok {
				name = long
			}
			a.flag = name
			switch {
			case joined:
				_, raw, _ := strings.Cut(w.raw, "=")
				a.value, a.has = word{raw, value}, true
			case !switches[name] && len(ws) > 1:
				a.value, a.has = ws[1], true
				a.raw += " " + ws[1].raw
				ws = ws[1:]
			}
		}
		j.args = append(j.args, a)
	}
	return true
}

// flag returns a flag's argument by its canonical name.
func (j *judge) flag(name string) *argument {
	i := slices.IndexFunc(j.args, func(a argument) bool { return a.flag == name })
	if i < 0 {
		return nil
	}
	return &j.args[i]
}

// repair records a finding and gives the flag its new value, already quoted; "" takes the flag away.
func (j *judge) repair(name, value string, f TutorialFinding) {
	a := j.flag(name)
	if a != nil {
		f.Before = a.raw
	}
	if value != "" {
		f.After = name + " " + value
	}
	j.findings = append(j.findings, f)
	switch {
	case value == "":
		j.args = slices.DeleteFunc(j.args, func(a argument) bool { return a.flag == name })
	case a != nil:
		a.raw, a.value = f.After, word{value, value}
	default:
		j.args = append(j.args, argument{flag: name, raw: f.After, value: word{value, value}, has: true})
	}
}

func (j *judge) note(before string, f TutorialFinding) {
	f.Before = before
	j.findings = append(j.findings, f)
}

// quoted writes a value for the command's shell.
func (j *judge) quoted(s string) string {
	if bare.MatchString(s) {
		return s
	}
	return j.dialect.quote(s)
}

// hostURL is the tutorial's variable, as bash, PowerShell and cmd write it.
var hostURL = regexp.MustCompile(`^(?:\$\{TEMPORAL_HOST_URL\}|\$TEMPORAL_HOST_URL|\$env:TEMPORAL_HOST_URL|%TEMPORAL_HOST_URL%)$`)

// address is defect (a): the tutorial's address is a URL, and the CLI takes host:port.
func (j *judge) address() {
	a := j.flag("--address")
	if a == nil || !a.has {
		return
	}
	if hostURL.MatchString(a.value.value) {
		if j.set["TEMPORAL_HOST_URL"] {
			return // judged where it is set
		}
		j.repair("--address", map[string]string{
			"bash": `"${TEMPORAL_HOST_URL#https://}"`, "powershell": `($env:TEMPORAL_HOST_URL -replace '^https://')`, "cmd": `%TEMPORAL_HOST_URL:https://=%`,
		}[j.dialect.name], TutorialFinding{Code: "IN-01", Title: "TEMPORAL_HOST_URL is not an address",
			Text: "The tutorial sets TEMPORAL_HOST_URL to https://…, and the temporal CLI takes host:port. Set the variable without https://, or remove it here."})
		return
	}
	if a.value.variable() || strings.HasPrefix(a.value.value, "(") {
		return
	}
	if to, ok := j.judgeAddress("--address", a.raw, a.value.value); ok {
		a.raw, a.value = "--address "+j.quoted(to), word{to, to}
	}
	if addr, _, err := namespace.ParseAddress(a.value.value); err == nil {
		j.host = addr.Host
	}
}

// judgeAddress judges a literal address where it stands and returns it repaired.
func (j *judge) judgeAddress(name, before, value string) (string, bool) {
	if strings.ContainsAny(value, "$%") && !strings.Contains(value, "://") {
		return "", false
	}
	addr, repairs, err := namespace.ParseAddress(value)
	for _, r := range repairs {
		title := map[string]string{"IN-01": "The address is a URL", "IN-02": "The port is missing", "IN-03": "There is a path after the port"}[r.Code]
		if title == "" {
			title = "The address is not host:port"
		}
		j.findings = append(j.findings, TutorialFinding{Code: r.Code, Title: title, Text: "The temporal CLI and the SDKs take host:port. " + r.Text, Before: r.From, After: r.To})
	}
	if err != nil {
		f := fault.From(err)
		j.note(before, TutorialFinding{Code: f.Code, Title: f.Title, Text: f.Cause + " " + f.Fix})
		return "", false
	}
	return addr.String(), addr.String() != value
}

func (j *judge) namespace() {
	a := j.flag("--namespace")
	if a == nil || !a.has || a.value.variable() {
		return
	}
	id, repairs, err := namespace.ParseID(a.value.value)
	if err != nil {
		f := fault.From(err)
		if owner, ok := namespace.FromHost(j.host); ok && (f.Code == "IN-11" || f.Code == "NS-11") {
			j.repair("--namespace", owner.String(), TutorialFinding{Code: f.Code, Title: f.Title, Text: f.Cause})
			return
		}
		j.note(a.raw, TutorialFinding{Code: f.Code, Title: f.Title, Text: f.Cause + " " + f.Fix})
		return
	}
	if len(repairs) > 0 {
		r := repairs[len(repairs)-1]
		j.repair("--namespace", id.String(), TutorialFinding{Code: r.Code, Title: "This is not a complete Namespace ID", Text: r.Text})
	}
	if owner, ok := namespace.FromHost(j.host); ok && owner != id {
		j.note(a.raw, TutorialFinding{Code: "IN-12", Title: "Endpoint and namespace do not belong together",
			Text: fmt.Sprintf("The address is the endpoint of %s. Make both the same namespace.", owner)})
	}
}

// queue is defect (b): the tutorial starts on a queue that the template's worker does not poll.
func (j *judge) queue() {
	a := j.flag("--task-queue")
	switch {
	case a != nil && (a.value.variable() || a.value.value == j.lang.queue):
	case a == nil || !a.has:
		j.repair("--task-queue", j.lang.queue, TutorialFinding{Code: "TQ-02", Title: "The task queue is missing",
			Text: "The worker of the " + j.lang.name + " template polls " + j.lang.queue + "."})
	default:
		j.repair("--task-queue", j.lang.queue, TutorialFinding{Code: "TQ-02", Title: "No worker polls this task queue",
			Text: "The worker of the " + j.lang.name + " template polls " + j.lang.queue + ". A workflow started on “" + short(a.value.value) + "” would wait forever."})
	}
}

func (j *judge) workflowType() {
	a := j.flag("--type")
	switch {
	case a != nil && (a.value.variable() || a.value.value == j.lang.workflow):
	case a == nil || !a.has:
		j.repair("--type", j.lang.workflow, TutorialFinding{Code: "WF-01", Title: "The workflow type is missing",
			Text: "The " + j.lang.name + " template registers " + j.lang.workflow + "."})
	default:
		j.repair("--type", j.lang.workflow, TutorialFinding{Code: "WF-01", Title: "The worker does not know this workflow type",
			Text: "The " + j.lang.name + " template registers " + j.lang.workflow + ", not “" + short(a.value.value) + "”. Case matters."})
	}
}

// input is defect (c): without the argument the template's workflow fails its task for ever.
func (j *judge) input() {
	want, err := json.Marshal(j.lang.input())
	if err != nil || j.flag("--input-file") != nil || j.flag("--input-base64") != nil {
		return
	}
	a := j.flag("--input")
	f := TutorialFinding{Code: "WF-13", Title: "The input is missing",
		Text: "The workflow expects the transfer as its only argument. Without it a worker fails the workflow task forever, and the workflow never progresses."}
	if a != nil && a.has {
		if a.value.variable() || j.fits(a.value.value, want) {
			return
		}
		f = TutorialFinding{Code: "WF-14", Title: "The input is not the template's",
			Text: "The " + j.lang.name + " template reads different keys, or this is not valid JSON. A transfer with empty fields would run or fail."}
	}
	if j.dialect.name != "powershell" {
		j.repair("--input", j.dialect.quote(string(want)), f)
		return
	}
	// See start: Windows PowerShell would drop the quotes inside.
	if a != nil {
		f.Before = a.raw
	}
	f.After = "--input-file transfer.json"
	j.findings = append(j.findings, f)
	j.args = slices.DeleteFunc(j.args, func(a argument) bool { return a.flag == "--input" })
	j.args = append(j.args, argument{flag: "--input-file", raw: f.After, value: word{"transfer.json", "transfer.json"}, has: true})
	j.first = "Set-Content -Path transfer.json -Encoding ascii -Value " + quotePowerShell(string(want)) + "\n"
}

// fits reports whether an input has the keys that the template reads.
func (j *judge) fits(given string, want []byte) bool {
	var got, exp map[string]json.RawMessage
	if json.Unmarshal([]byte(given), &got) != nil || json.Unmarshal(want, &exp) != nil {
		return false
	}
	return slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(exp)))
}

// roots takes away what only a self-hosted server needs: Cloud's server certificate is under a public root.
func (j *judge) roots() {
	for _, name := range []string{"--tls-ca-path", "--tls-ca-data"} {
		if a := j.flag(name); a != nil && !local(j.host) {
			j.repair(name, "", TutorialFinding{Code: "SV-01", Title: "Cloud needs no CA here",
				Text: "This flag replaces the CAs that the server's certificate is checked against. Temporal Cloud's comes from a public CA; with your own CA here, every connection fails."})
		}
	}
	if a := j.flag("--tls-disable-host-verification"); a != nil {
		j.repair(a.flag, "", TutorialFinding{Title: "The server would not be verified", Text: "Without verification, anyone on the network path can pretend to be Temporal Cloud."})
	}
}

func local(host string) bool {
	k := namespace.HostKind(host)
	return host != "" && (k == namespace.HostLocal || k == namespace.HostIP || k == namespace.HostOther)
}

// write puts the command together, one flag a line.
func (j *judge) write() string {
	var b strings.Builder
	for i, w := range j.head {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.raw)
	}
	for _, a := range j.args {
		b.WriteString(j.dialect.next + a.raw)
	}
	return b.String()
}
