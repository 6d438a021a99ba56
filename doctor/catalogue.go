package doctor

import (
	"slices"
	"strings"
	"sync"
)

// Entry is one fault of the catalogue (docs/doctor.md lists them). Texts may hold {address}, {host}, {namespace},
// {server_name}, {task_queue}, {cert_path}, {key_path}, {ca_path} and names of the stage's evidence;
// they are filled with the user's values.
type Entry struct {
	Code     string
	Group    string // "IN", "KP", …
	Title    string
	Stage    string // where its verdict falls
	Cause    string
	NotWrong string
	Fix      []Fix
	Confirm  string
	// ConfirmIsText: Confirm is a sentence, not a command.
	ConfirmIsText bool
	Unseen        string
	Symptoms      []string // what tools print
	Related       []string
	Sources       []string
}

// OK is the code of a verdict without a fault; UnknownCode is that of an honest "unknown".
const (
	OK          = "OK"
	UnknownCode = "unknown"
)

// The stages that only a catalogue entry can have: what a running workflow shows.
const stageWorkflow = "workflow"

// groups are the catalogue's parts, in the order of a check.
var groups = []struct {
	name    string
	entries *[]Entry
}{
	{"IN", &inEntries}, {"KP", &kpEntries}, {"CH", &chEntries}, {"DN", &dnEntries}, {"TC", &tcEntries},
	{"PX", &pxEntries}, {"SV", &svEntries}, {"PR", &prEntries}, {"CL", &clEntries}, {"H2", &h2Entries},
	{"SY", &syEntries}, {"NS", &nsEntries}, {"AK", &akEntries}, {"TQ", &tqEntries}, {"WF", &wfEntries}, {"WK", &wkEntries},
}

// index is the catalogue, put together once: in order, and by id.
var index = sync.OnceValues(func() ([]Entry, map[string]Entry) {
	var all []Entry
	byCode := map[string]Entry{}
	for _, g := range groups {
		for _, e := range *g.entries {
			e.Group = g.name
			words := byStage[e.Stage]
			if g.name == "AK" && e.Stage == "namespace" {
				words = withKey
			}
			e.NotWrong = either(e.NotWrong, words.notWrong)
			e.Confirm = either(e.Confirm, words.confirm)
			e.Unseen = either(e.Unseen, words.unseen)
			if len(e.Sources) == 0 {
				e.Sources = groupSources[g.name]
			}
			all = append(all, e)
			byCode[e.Code] = e
		}
	}
	return all, byCode
})

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Lookup returns the entry of an id.
func Lookup(code string) (Entry, bool) {
	_, byCode := index()
	e, ok := byCode[code]
	return e, ok
}

// Catalogue returns every entry in the order of a check.
func Catalogue() []Entry {
	all, _ := index()
	return slices.Clone(all)
}

// Explain makes the verdict of a catalogue id with the user's values filled in; other rooms
// (transfer) use it for theirs. The values "cause", "title" and "not_wrong" replace the entry's own
// texts where they are set. A code that is not in the catalogue gives an unknown.
func Explain(code string, level Level, values map[string]string) Verdict {
	if code == OK {
		return Verdict{Code: OK, Level: Certain, Title: "Your worker can use this namespace", Fix: []Fix{}, Candidates: []Candidate{}}
	}
	e, ok := Lookup(code)
	if !ok {
		return unknownVerdict("", values)
	}
	v := Verdict{
		Code: e.Code, Level: level, Stage: e.Stage,
		Title: fill(e.Title, values), Cause: fill(e.Cause, values), NotWrong: fill(e.NotWrong, values),
		Fix: []Fix{}, Candidates: []Candidate{},
		Confirm: fill(e.Confirm, shellSafe(values)), Unseen: fill(e.Unseen, values),
	}
	for _, f := range e.Fix {
		v.Fix = append(v.Fix, Fix{Who: f.Who, Text: fill(f.Text, values), Command: fill(f.Command, shellSafe(values))})
	}
	for name, to := range map[string]*string{"title": &v.Title, "cause": &v.Cause, "not_wrong": &v.NotWrong} {
		if s := values[name]; s != "" {
			*to = clean(s, maxSentence)
		}
	}
	return v
}

// unknownVerdict says honestly that no entry explains what was seen at a stage.
func unknownVerdict(stage string, values map[string]string) Verdict {
	v := Verdict{
		Code: UnknownCode, Level: Unknown, Stage: stage,
		Title:      "Not a fault that Onramp knows",
		Cause:      "Nothing in the catalogue explains what the check saw. The stage's evidence shows it unchanged.",
		Candidates: []Candidate{},
		Fix: []Fix{{Who: "developer", Text: "Run the check again. If the answer stays the same, send this report to the people " +
			"who run the network and to Temporal support: it holds no secret."}},
		Confirm: "onramp check --address {address} --namespace {namespace} --json",
	}
	v.Confirm = fill(v.Confirm, shellSafe(values))
	if s := values["cause"]; s != "" {
		v.Cause = clean(s, maxSentence)
	}
	return v
}

// exitByStage are the exit codes (docs/doctor.md) by the stage at which a verdict fell.
var exitByStage = map[string]int{
	"input": 10, "pair": 10, "chain": 10,
	"dns": 11, "tcp": 11,
	"tls": 12, "grpc": 12,
	"client-cert": 13,
	"namespace":   14,
	"task-queue":  15, stageWorkflow: 15,
}

// exitByGroup are those that follow the kind of fault, wherever it was seen.
var exitByGroup = map[string]int{"PX": 11, "AK": 13, "WF": 15, "WK": 15}

// ExitCode returns the exit code of a verdict (docs/doctor.md): 0 for OK, by the stage at which it fell
// otherwise, 1 for unknown without a stage.
func ExitCode(v Verdict) int {
	if v.Code == OK {
		return 0
	}
	group, _, _ := strings.Cut(v.Code, "-")
	if code, ok := exitByGroup[group]; ok {
		return code
	}
	if code, ok := exitByStage[v.Stage]; ok {
		return code
	}
	return 1
}
