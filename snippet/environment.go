package snippet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/limit"
	"onramp/namespace"
	"onramp/snippet/config"
)

// Environment is what a pasted environment or configuration says. No secret is in it: API keys and the contents of
// certificates and keys are masked, and variables that are not Temporal's are left out.
type Environment struct {
	Form         string       // lines, yaml, compose, kubernetes, github-actions, toml, json, hcl, bicep, properties or dockerfile
	Part         string       // the service, profile or branch that was judged, such as "service worker"; "" for the whole text
	Parts        []string     // all of them, when there are several
	Vocabularies []string     // those of Vocabularies that are in use, in its order
	InEffect     []EnvVar     // what an SDK's environment configuration or the framework takes; From is where it was set
	CLI          []EnvVar     // what the temporal CLI takes, where that differs
	Findings     []EnvFinding // nil when all is well
	Given        string       // the text, with dots for what is secret in it; "" where it holds too many secrets to tell
	Masked       bool         // secrets are left out of Given
	Changed      bool         // Repaired writes something else than Given in the text's own form
	ByHand       []string     // what Repaired could not write into the text, in words: NAME: from → to
	request      *Request     // what Repaired writes for a holder
	repaired     string       // what Repaired writes in the text's own form
	missing      string       // why it cannot
}

// EnvFinding is one thing to know of a pasted environment. Code is an id of the fault catalogue, "" where it has
// none. Level is "danger", "conflict", "dead" (nothing reads it), "repair" (its meaning is certain) or "note".
type EnvFinding struct{ Code, Level, Name, Title, Text, From, To string }

// EnvChoice says what to judge of a text. All fields may be empty.
type EnvChoice struct {
	Own     string  // one local address, host:port, that is the right one: a rehearsal's
	Want    EnvWant // what the worker is to connect to
	Part    string  // the part to judge, as Parts names it; one that is not there counts as none
	Service string  // the service, container, job or command to judge, where the text has several
	Profile string  // the profile to judge, where the text has several
}

// maxEnvironment is more than any environment of one program needs.
const (
	maxEnvironment = config.MaxText
	maxAssignments = 500 // of Temporal's settings in one part
	maxFindings    = 200
)

// JudgeEnvironment reads a pasted environment or configuration file: shell lines and commands, .env files, compose,
// Kubernetes, Helm, task definitions, Terraform, Bicep, application settings of frameworks, temporal.toml and the like.
// It says which names are in use, what wins, what conflicts, and what is dead or dangerous, for the one part of the
// text that is a Temporal worker or that was chosen. It works behind limit.Shared: the error is a TooMany fault where too
// much waits, a TooLarge fault where the text took too long, or that of ctx where the caller left.
func JudgeEnvironment(ctx context.Context, text string, choice EnvChoice) (e Environment, err error) {
	err = bounded(ctx, func(ctx context.Context) { e = judgeEnvironment(ctx, text, choice) })
	return e, err
}

// judgeMemory is what reading a text of config.MaxText takes at the worst (config.TestBombs).
const judgeMemory = 128 << 20

// bounded does work behind limit.Shared.
func bounded(ctx context.Context, work func(context.Context)) error {
	var over error
	err := limit.Shared.Do(ctx, judgeMemory, func(ctx context.Context) error {
		work(ctx)
		over = ctx.Err()
		return nil
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, limit.ErrBusy):
		return fault.Wrap(err, fault.TooMany, "Too many texts are being read right now", "Try again in a few seconds.")
	case err == nil && over != nil:
		return fault.Wrap(over, fault.TooLarge, "This text takes too long to read", "Paste only the part that has Temporal's settings.")
	}
	return err
}

func judgeEnvironment(ctx context.Context, text string, choice EnvChoice) Environment {
	j := &judgement{own: choice.Own, want: choice.Want, fixed: map[int]fixing{}}
	if len(text) > maxEnvironment {
		j.find(EnvFinding{Level: "danger", Title: "This is too long for an environment", Text: "Paste only the settings of the worker."})
		j.Environment.missing = "The text was not read."
		return j.Environment
	}
	d := newReading(config.Read(ctx, text))
	parts, chosen, err := choose(d, choice)
	j.doc, j.Form, j.raw = d, d.Form, text
	if err != nil {
		j.find(EnvFinding{Level: "danger", Title: err.Error(), Text: "The text has: " + cmp.Or(labels(d, parts), "no part that has Temporal's settings") + "."})
		j.missing = "The requested part is not in the text."
		return j.Environment
	}
	j.part = chosen
	for g := chosen; g > 0; g = d.Groups[g].Parent {
		if f := d.Groups[g].Form; f != "" {
			j.Form = f
		}
	}
	if len(parts) > 1 {
		j.Parts = strings.Split(labels(d, parts), ", ")
	}
	if chosen > 0 {
		j.Part = partLabel(d, chosen)
	}
	j.all = j.assignments(chosen)
	for _, p := range d.Problems {
		j.find(EnvFinding{Level: "danger", Title: "A part of the text was not read", Text: p})
	}
	if !slices.ContainsFunc(j.all, func(a assignment) bool { return a.what != mQueue }) {
		j.nothing()
		j.write(ctx)
		return j.Environment
	}
	j.judge()
	j.branches(parts)
	j.write(ctx)
	return j.Environment
}

// write settles what comes back of the text.
func (j *judgement) write(ctx context.Context) {
	w := j.rewrite(ctx, j.raw)
	j.Given, j.Masked, j.repaired, j.Changed = w.given, w.masked, either(w.repaired, w.given), w.repaired != ""
	for _, c := range w.left {
		switch c.kind {
		case removed:
			j.ByHand = append(j.ByHand, "Take "+masked(c.at.Name)+" out.")
		case added:
			j.ByHand = append(j.ByHand, "Add "+c.name+": "+masked(c.to)+".")
		case renamed:
			j.ByHand = append(j.ByHand, "Rename "+masked(c.at.Name)+" to "+c.name+".")
		default:
			j.ByHand = append(j.ByHand, "Change "+masked(c.at.Name)+" to "+masked(c.to)+".")
		}
	}
}

// judge looks at the settings of one part.
func (j *judgement) judge() {
	for _, v := range Vocabularies {
		if slices.ContainsFunc(j.all, func(a assignment) bool { return a.set == v && a.what != mQueue }) {
			j.Vocabularies = append(j.Vocabularies, v)
		}
	}
	j.choice()
	j.twice()
	j.secrets()
	j.contents()
	j.placeholders()
	j.names()
	j.conflicts()
	j.server()
	j.tls()
	j.pair()
	j.oldProfile()
	j.kubernetes()
	j.dollars()
	j.proxy()
	j.effect()
	j.endpoint()
	j.compare()
}

// nothing says that no setting was found, and never that there is none in a text that was not understood.
func (j *judgement) nothing() {
	f := EnvFinding{Level: "note", Title: "This text contains no Temporal setting", Text: "Paste lines such as TEMPORAL_ADDRESS=…, a .env file, compose or Kubernetes YAML, or temporal.toml."}
	j.missing = "There is no Temporal setting in the text."
	if commented.MatchString(j.raw) {
		f.Title, f.Text = "Temporal's settings are commented out", "All lines with Temporal's settings are comments, so nothing reads them. Remove the comment marks and enter your values."
		j.missing = "Temporal's settings are commented out in the text."
	} else if names := j.unread(); len(names) > 0 {
		f.Title, f.Name = "Onramp does not know what these settings are for", strings.Join(names, ", ")
		f.Text = "They seem to be Temporal's, but neither an SDK nor a framework that Onramp knows reads them. Look in your code for how they are used."
		j.missing = "Onramp does not know which of the settings is the address or the namespace."
	} else if len(j.doc.Problems) > 0 || j.mentions() {
		f.Title = "Onramp found no Temporal setting that it knows"
		f.Text = "The text mentions Temporal, but no setting in it could be read as an address, a namespace, a certificate or a key. Paste the lines that hold them."
		j.missing = "Onramp did not understand the text."
	}
	if j.doc.Open {
		f.Text += " The text names other places that may set them: a file that it reads, a secret store, or values that a command leaves unchanged."
	}
	j.find(f)
}

// unread are names with Temporal in them that no rule knows.
func (j *judgement) unread() []string {
	var names []string
	for _, s := range j.doc.Settings {
		if len(names) == 12 {
			break
		}
		if name := clip(s.Path, 80); slices.Contains(tokens(s.Path), "temporal") && !slices.Contains(names, name) && !secretName(s) {
			names = append(names, name)
		}
	}
	return names
}

// commented is a setting of Temporal's behind a comment's mark.
var commented = regexp.MustCompile(`(?m)^[ \t]*(?:#|//|;|REM )[ \t]*(?:-[ \t]+)?(?:export )?TEMPORAL_\w+[ \t]*[=:]`)

// speaks is what a text about Temporal has somewhere.
var speaks = regexp.MustCompile(`(?i)temporal|tmprl`)

func (j *judgement) mentions() bool {
	return speaks.MatchString(j.raw)
}

// Repaired writes the repaired environment for a shell or another holder of Shells; "" writes the settings in the
// form in which they were given, with their names. It keeps the tutorial's names where only they were in use, for the
// code that reads them. No secret is in it. It is an Invalid fault if the text lacks what only the person knows.
func (e Environment) Repaired(shell string) (string, error) {
	if e.request == nil {
		return "", invalid("environment", "This environment cannot be repaired yet", e.missing, "Add what is missing, and check it again.")
	}
	if shell == "" && e.repaired == "" {
		return "", invalid("environment", "Onramp does not show this text again", "It is too long, or contains too many secrets to remove all of them.", "Choose a format, and Onramp writes Temporal's settings in it.")
	}
	if shell == "" {
		return e.repaired, nil
	}
	r := *e.request
	r.Shell = shell
	if s, err := Choose("shell", "shell", shell, Shells, Shells[0]); err == nil && s == "toml" {
		r.Vars, r.Style = "standard", "envconfig"
	}
	return holderWithReferences(r)
}

// judgement is an Environment in the making.
type judgement struct {
	Environment
	doc  *reading
	part int // the group that is judged
	all  []assignment
	own  string // a local address that is right
	want EnvWant
	raw  string

	fixed map[int]fixing // values of the repaired version, by a setting's place in the text
	added []EnvVar       // what the repaired version has in addition
}

// assignment is one setting of Temporal's, with what the text says of its references put in.
type assignment struct {
	known
	name    string
	value   string // references that the text does not resolve stand in it as written
	parts   config.Value
	from    config.Setting
	unknown bool // the value is elsewhere: in a secret, or in a variable that was not pasted
}

// assignments are the settings of a group that are Temporal's.
func (j *judgement) assignments(group int) []assignment {
	var out []assignment
	for _, g := range j.related(group) {
		resolver, settings := j.doc.Resolver(g)
		for i, s := range settings {
			if g != group && s.Group != g {
				continue
			}
			k, ok := j.doc.of(s)
			if !ok || s.Value == nil {
				continue
			}
			if len(out) >= maxAssignments {
				j.doc.Problems = append(j.doc.Problems, "The text has more Temporal settings than one program uses. Onramp checked the first ones.")
				return out
			}
			v := resolver.Value(i)
			a := assignment{known: k, name: s.Name, value: v.String(), parts: v, from: s}
			if s.Via == "key" {
				a.name = s.Path
			}
			a.unknown = !v.Whole() && (!keepsReferences(k.what) || strings.HasPrefix(a.value, "(")) || strings.Contains(a.value, hidden)
			if k.what == mPort && strings.Contains(a.value, ":") {
				a.what = mAddress
			}
			if k.set == "own" && !a.unknown && strings.Contains(opened(a.value), "-----BEGIN") {
				a.what = map[meaning]meaning{mCert: mCertData, mKey: mKeyData}[k.what]
				if a.what == "" {
					a.what = k.what
				}
			}
			if a.unknown && strings.HasPrefix(a.value, "(") {
				a.value = ""
			}
			if k.set == "file" && k.what == mTLS && s.Path == "tls.disabled" && v.Whole() {
				a.value = map[bool]string{true: "false", false: "true"}[on(a.value)]
			}
			out = append(out, a)
		}
	}
	return out
}

// related are the group and, for a worker deployment of the worker controller, the connection that it names.
func (j *judgement) related(group int) []int {
	out := []int{group}
	if !j.deployed(group) {
		return out
	}
	named := ""
	for _, s := range j.doc.For(group) {
		if k, _ := j.doc.of(s); k.what == mOther {
			named = s.Value.String()
		}
	}
	for g, x := range j.doc.Groups {
		if connection(x) && (named == "" || strings.HasSuffix(x.Name, " "+named)) {
			out = append(out, g)
		}
	}
	return out
}

// deployed reports whether a group is a worker deployment of the worker controller, or lies in one.
func (j *judgement) deployed(group int) bool {
	for g := group; g > 0; g = j.doc.Groups[g].Parent {
		if x := j.doc.Groups[g]; x.Kind == "object" && strings.Contains(x.Name, "WorkerDeployment") {
			return true
		}
	}
	return false
}

// fileProfile reports whether a group is a profile of temporal.toml.
func fileProfile(g config.Group) bool { return g.Kind == "profile" && slices.Contains(g.Hints, "toml") }

// connection reports whether a group is a connection of the worker controller.
func connection(g config.Group) bool {
	return g.Kind == "object" && strings.Contains(g.Name, "Connection ")
}

// keepsReferences reports whether a value may hold a variable that only the machine of the worker knows: a path may.
func keepsReferences(what meaning) bool { return what == mCert || what == mKey || what == mServerCA }

// ReadBy says who reads one of Vocabularies.
func ReadBy(vocabulary string) string { return readers[vocabulary] }

// localOther reports whether an address cannot be Temporal Cloud's and is not own, the one that is right.
func localOther(a namespace.Address, own string) bool { return local(a.Host) && a.String() != own }

// find takes a finding; of very many the first are enough.
func (j *judgement) find(f EnvFinding) {
	if len(j.Findings) < maxFindings {
		j.Findings = append(j.Findings, f)
	}
}

// of returns the assignments of a meaning in the order in which they win.
func (j *judgement) of(what meaning, sets ...string) []assignment {
	if len(sets) == 0 {
		sets = wins
	}
	var out []assignment
	for _, set := range sets {
		names := map[string]bool{}
		for _, a := range slices.Backward(j.all) {
			if a.what == what && a.set == set && !names[a.name] {
				names[a.name] = true
				out = append(out, a)
			}
		}
	}
	return out
}

func (j *judgement) has(what meaning, sets ...string) bool { return len(j.of(what, sets...)) > 0 }

// sent reports whether a value of that meaning would be sent: it is not empty, and no program decides it.
func (j *judgement) sent(what ...meaning) bool {
	return slices.ContainsFunc(what, func(m meaning) bool {
		return slices.ContainsFunc(j.of(m), func(a assignment) bool {
			return strings.TrimSpace(a.value) != "" && a.value != config.Program
		})
	})
}

// first is the value of a meaning that wins and is known, "" for none. Where a name that SDKs or a framework read is set
// elsewhere, no name of the code's own stands in for it.
func (j *judgement) first(what meaning) string {
	elsewhere := false
	for _, a := range j.of(what) {
		if a.set == "own" && elsewhere {
			return ""
		}
		elsewhere = elsewhere || a.unknown && a.set != "own"
		if !a.unknown && strings.TrimSpace(a.value) != "" {
			return strings.TrimSpace(a.value)
		}
	}
	return ""
}

// name is how a meaning is called where it was set, else in the set that is in use.
func (j *judgement) name(what meaning) string {
	if all := j.of(what); len(all) > 0 {
		return all[0].name
	}
	if to := j.readName(what); to != "" {
		return to
	}
	if slices.ContainsFunc(j.all, func(a assignment) bool { return a.set == "file" }) {
		return map[meaning]string{mAddress: "address", mNamespace: "namespace", mServerName: "tls.server_name"}[what]
	}
	return standardName(what)
}

// certain is the level of a finding about what is missing: only a text that is known to hold all can lack something.
func (j *judgement) certain() string {
	if j.doc.Open || j.doc.Code || j.Form != "lines" && j.Form != "compose" && !fileProfile(j.doc.Groups[j.part]) || slices.ContainsFunc(j.all, func(a assignment) bool {
		return a.set == "own" && a.what != mQueue || a.set == "spring" || a.set == "quarkus" || a.set == "controller" || a.set == "keda" || a.set == "flag"
	}) || len(j.doc.Problems) > 0 {
		return "note"
	}
	return "danger"
}

// host is the winning address's host, "" if it is unknown or cannot be read.
func (j *judgement) host() string {
	a, _, err := namespace.ParseAddress(j.first(mAddress))
	if err != nil {
		return ""
	}
	return a.Host
}

// label names a part, by what is around it where it has no name of its own.
func (r *reading) label(g int) string {
	x := r.Groups[g]
	s := strings.TrimSpace(fmt.Sprintf("%s %s", x.Kind, masked(x.Name)))
	if x.Name == "" && x.Parent > 0 {
		return s + " of " + r.label(x.Parent)
	}
	for up := x.Parent; up > 0 && x.Kind != "block"; up = r.Groups[up].Parent {
		if r.Groups[up].Kind == "block" {
			s += " in " + r.label(up)
		}
	}
	return s
}
