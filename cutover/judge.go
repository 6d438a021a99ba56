package cutover

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"onramp/assess"
	"onramp/doctor"
	"onramp/fault"
)

// gate is one gate's rule.
type gate struct {
	id, name string
	rule     string
	source   string // where it is written
	wrong    string // when the answer can be wrong
	back     string // how the step before it is taken back
	judge    func(f *Facts, earlier map[string]State) answer
}

// answer is what a rule says of facts.
type answer struct {
	state    State
	title    string
	evidence map[string]any
	fix      []Fix
}

func developer(text, command string) Fix { return Fix{Who: "developer", Text: text, Command: command} }
func platform(text, command string) Fix  { return Fix{Who: "platform", Text: text, Command: command} }
func admin(text, command string) Fix     { return Fix{Who: "cloud-admin", Text: text, Command: command} }

// unread is the answer where something could not be read.
func unread(what string, o assess.Outcome) answer {
	return answer{Unknown, what + " could not be read: " + o.Because() + ".", map[string]any{"outcome": string(o)}, nil}
}

// Judge makes a report of facts. It asks nobody: the same facts give the same report.
func Judge(f *Facts) Report {
	r := Report{Schema: StatusSchema, Rules: doctor.RulesDate, At: f.At, Window: f.Window.Seconds(), Gates: []Gate{}, Incomplete: assess.Clean(f.Incomplete), TookMS: f.TookMS,
		Source: sideOf(f.Source), Target: sideOf(f.Target), Twins: []Twin{}, Stragglers: []Straggler{}}
	r.Source.Starts = assess.Count{N: int64(f.Starts.External), Read: f.Starts.Read}
	if f.Starts.Unread > 0 || f.Starts.More > 0 {
		r.Source.Starts.Read = assess.OverBudget
	}
	for _, q := range f.Queues {
		if q.Kind != "workflow" {
			continue
		}
		for _, x := range []struct {
			to *Side
			p  Polled
		}{{&r.Source, q.Source}, {&r.Target, q.Target}} {
			x.to.Queues++
			if x.p.Read == assess.Read && x.p.N == 0 {
				x.to.Unpolled++
			}
		}
	}
	earlier := map[string]State{}
	for _, g := range gates {
		a := g.judge(f, earlier)
		if by := f.Said.Overrides[g.id]; by != "" && a.state != Passed {
			a.state, a.title = Overridden, "Overridden by "+by+". "+a.title
		}
		earlier[g.id] = a.state
		out := Gate{ID: g.id, Name: g.name, State: a.state, Title: assess.Clean(a.title), Evidence: safe(a.evidence), At: f.At, Rule: g.rule, Source: g.source, CanBeWrong: g.wrong, Back: g.back, Fix: []Fix{}}
		for _, x := range a.fix {
			lines := strings.Split(x.Command, "\n")
			for i := range lines {
				lines[i] = assess.Clean(lines[i])
			}
			out.Fix = append(out.Fix, Fix{Who: x.Who, Text: assess.Clean(x.Text), Command: strings.Join(lines, "\n")})
		}
		out.Hash = hashOf(out.Evidence)
		r.Gates = append(r.Gates, out)
		if r.Next == "" && a.state != Passed && a.state != Overridden {
			r.Next = g.id
		}
	}
	for _, t := range f.Twins.Found {
		t.WorkflowID, t.SourceType, t.TargetType, t.SourceRun, t.TargetRun, t.StartedBy = assess.Clean(t.WorkflowID), assess.Clean(t.SourceType), assess.Clean(t.TargetType), assess.Clean(t.SourceRun), assess.Clean(t.TargetRun), assess.Clean(t.StartedBy)
		r.Twins = append(r.Twins, t)
	}
	for _, s := range f.Starts.Who {
		types := []string{}
		for _, t := range s.Types {
			types = append(types, assess.Clean(t))
		}
		s.Identity, s.Types, s.Example = assess.Clean(s.Identity), types, assess.Clean(s.Example)
		r.Stragglers = append(r.Stragglers, s)
	}
	r.Meter = meterOf(f)
	r.Back = backOf(f)
	return r
}

func sideOf(h Half) Side {
	return Side{Address: assess.Clean(h.Address), Namespace: assess.Clean(h.Namespace), ServerVersion: assess.Clean(h.ServerVersion), ClusterID: assess.Clean(h.ClusterID), Open: h.Open, Starts: h.Starts, ClosedHour: h.ClosedHour, RPCs: h.RPCs}
}

// safe makes evidence fit for a terminal and a page: names are a server's, and may hold anything.
func safe(e map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range e {
		switch v := v.(type) {
		case string:
			out[assess.Clean(k)] = assess.Clean(v)
		case []string:
			list := make([]string, len(v))
			for i, s := range v {
				list[i] = assess.Clean(s)
			}
			out[assess.Clean(k)] = list
		default:
			out[assess.Clean(k)] = v
		}
	}
	return out
}

// hashOf names evidence, so that two looks can be told to have seen the same.
func hashOf(e map[string]any) string {
	b, err := json.Marshal(e)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// GateTexts are all gates as documentation shows them.
func GateTexts() (out []Gate) {
	for _, g := range gates {
		out = append(out, Gate{ID: g.id, Name: g.name, Rule: g.rule, Source: g.source, CanBeWrong: g.wrong, Back: g.back})
	}
	return out
}

// backOf says what going back means now.
func backOf(f *Facts) string {
	starters := "Point the starters back to the source."
	switch {
	case f.Target.Reached != assess.Read || !f.Target.Open.Known():
		return "Not known: the target could not be read. Whatever runs there ends there, or by hand."
	case f.Target.Open.N == 0 && f.Target.ClosedDay.Known() && f.Target.ClosedDay.N == 0 && f.Target.Starts.Known() && f.Target.Starts.N == 0:
		return "Nothing has run at the target in the last day: going back costs nothing. Leave the starters at the source, or point them there again."
	}
	var parts []string
	if n := len(unpolledAtSource(f)); n > 0 {
		parts = append(parts, "Start the source's workers again first: "+plural(n, "task queue")+" there "+isAre(n)+" polled by nobody.")
	}
	parts = append(parts, starters)
	if n := f.Target.Open.N; n > 0 {
		parts = append(parts, fmt.Sprintf("%s %s open at the target, and nothing moves back: let %s end there, and keep the target's workers until then.", plural(n, "workflow"), isAre(n), itThem(n)))
	} else {
		parts = append(parts, "Nothing is open at the target; what ended there stays there.")
	}
	if n := len(f.Twins.Found) + f.Twins.More; n > 0 {
		parts = append(parts, plural(n, "workflow ID")+" "+isAre(n)+" open on both sides: decide for each which one goes on.")
	}
	return strings.Join(parts, " ")
}

func unpolledAtSource(f *Facts) (names []string) {
	for _, q := range f.Queues {
		if q.Kind == "workflow" && q.Source.Read == assess.Read && q.Source.N == 0 && q.Target.N > 0 {
			names = append(names, q.Name)
		}
	}
	return names
}

func isAre[N int | int64](n N) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func itThem[N int | int64](n N) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// plural is a number with its word.
func plural[N int | int64](n N, one string) string {
	if n == 1 {
		return "1 " + one
	}
	if strings.HasSuffix(one, "y") && !strings.HasSuffix(one, "ey") {
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(one, "y"))
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// spell is a duration in words, to the second.
func spell(d time.Duration) string { return fault.Lasts(d.Round(time.Second)) }

// last is a duration after "the last": an hour is "hour".
func last(d time.Duration) string {
	s := spell(d)
	if one, ok := strings.CutPrefix(s, "1 "); ok && !strings.Contains(one, " ") {
		return one
	}
	return s
}

func few(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
