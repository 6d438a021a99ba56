package cutover

import (
	"fmt"
	"io"
	"strings"
	"time"

	"onramp/assess"
	"onramp/fault"
)

var whoSays = map[string]string{"developer": "developer", "cloud-admin": "Temporal Cloud admin", "network": "network team", "platform": "whoever runs the server"}

// errWriter keeps the first error of many writes.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) print(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}

// Word is a state as a reader meets it.
func (s State) Word() string {
	switch s {
	case Passed:
		return "passed"
	case Overridden:
		return "overridden"
	case Red:
		return "stop"
	case Unknown:
		return "not known"
	}
	return "open"
}

var colours = map[State]string{Red: "\x1b[31m", Open: "\x1b[33m", Unknown: "\x1b[35m", Passed: "\x1b[32m", Overridden: "\x1b[36m"}

// Headline is the first sentence of a report: what to do next.
func (r Report) Headline() string {
	passed := 0
	for _, g := range r.Gates {
		if g.State == Passed || g.State == Overridden {
			passed++
		}
	}
	if stops := r.stops(); len(stops) > 0 {
		names := make([]string, len(stops))
		for i, g := range stops {
			names[i] = g.ID + ", " + lower(g.Name)
		}
		return fmt.Sprintf("Stop and look at %s. %s", strings.Join(names, "; "), stops[0].Title)
	}
	for _, g := range r.Gates {
		if g.ID == r.Next {
			return fmt.Sprintf("Next: %s, %s. %s (%d of %d gates passed)", g.ID, lower(g.Name), g.Title, passed, len(r.Gates))
		}
	}
	return fmt.Sprintf("All %d gates passed: the source can be switched off.", len(r.Gates))
}

// stops are the gates that say stop: they come before whatever is next.
func (r Report) stops() (out []Gate) {
	for _, g := range r.Gates {
		if g.State == Red {
			out = append(out, g)
		}
	}
	return out
}

// WordOf is what a look said, by its headline: Stop, Open or Done; "" for a text that is none.
func WordOf(headline string) (State, string) {
	switch first, _, _ := strings.Cut(headline, " "); first {
	case "Stop":
		return Red, "Stop"
	case "Next:":
		return Open, "Open"
	case "All":
		return Passed, "Done"
	}
	return Unknown, ""
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

func count(c assess.Count) string {
	if !c.Known() {
		return "not known"
	}
	return fmt.Sprint(c.N)
}

// Compared are both sides next to each other, a row a thing: its name, the source's, the target's.
func (r Report) Compared() [][3]string {
	within := "Starts from outside, last " + Last(time.Duration(r.Window*float64(time.Second)))
	return [][3]string{
		{"Address", r.Source.Address, r.Target.Address},
		{"Namespace", r.Source.Namespace, r.Target.Namespace},
		{"Server version", either(r.Source.ServerVersion), either(r.Target.ServerVersion)},
		{"Open workflows", count(r.Source.Open), count(r.Target.Open)},
		{within, count(r.Source.Starts), count(r.Target.Starts)},
		{"Ended in the last hour", count(r.Source.ClosedHour), count(r.Target.ClosedHour)},
		{"Task queues without workers", queues(r.Source), queues(r.Target)},
	}
}

func queues(s Side) string { return fmt.Sprintf("%d of %d", s.Unpolled, s.Queues) }

func either(s string) string {
	if s == "" {
		return "not known"
	}
	return s
}

// WriteStatus writes a report for a terminal; colour marks the states.
func WriteStatus(w io.Writer, r Report, colour bool) error {
	e := &errWriter{w: w}
	e.print("%s\n\n", r.Headline())
	rows := r.Compared()
	wide, mid := 0, len("Source")
	for _, row := range rows {
		wide, mid = max(wide, runes(row[0])), max(mid, runes(row[1]))
	}
	e.print("%s  %s  %s\n", pad("", wide), pad("Source", mid), "Target")
	for _, row := range rows {
		e.print("%s  %s  %s\n", pad(row[0], wide), pad(row[1], mid), row[2])
	}
	if r.Incomplete != "" {
		e.print("\nIncomplete: %s\n", r.Incomplete)
	}
	e.print("\nGates\n")
	for _, g := range r.Gates {
		word := pad(g.State.Word(), 10)
		if colour {
			word = colours[g.State] + word + "\x1b[0m"
		}
		e.print("  %s %s %s\n", pad(g.ID, 3), word, pad(g.Name, 17)+" "+g.Title)
		if g.State == Passed {
			continue
		}
		for _, f := range g.Fix {
			e.print("      → %s (%s)\n", f.Text, whoSays[f.Who])
			for line := range strings.SplitSeq(f.Command, "\n") {
				if line != "" {
					e.print("          %s\n", line)
				}
			}
		}
	}
	e.print("  Schedules (G5, G8) and what you keep (G11) are yours to look at: docs/cutover.md.\n")
	e.meter(r.Meter, r.At)
	e.twins(r.Twins)
	e.stragglers(r)
	e.print("\nWhat going back means now\n  %s\n", r.Back)
	e.print("\n%s\n", r.reads())
	return e.err
}

// reads says what was asked of both sides.
func (r Report) reads() string {
	total := func(m map[string]int) (n int) {
		for _, k := range m {
			n += k
		}
		return n
	}
	return fmt.Sprintf("Read: %s at the source, %d at the target, %s; nothing was changed · rule set %s", plural(total(r.Source.RPCs), "call"), total(r.Target.RPCs), fault.Took(time.Duration(r.TookMS*float64(time.Millisecond))), r.Rules)
}

func (e *errWriter) meter(m Meter, at time.Time) {
	e.print("\nDrain of the source\n  %s\n", m.Sentence(at))
	if m.Change != nil {
		e.print("  Since the look before, %s ago: %s, %s.%s\n", spell(time.Duration(m.Change.Seconds*float64(time.Second))), plural(m.Change.Starts, "start"), plural(m.Change.Closes, "end"), disagree(m.Change))
	}
	for _, t := range m.Types {
		least := ""
		if t.AtLeast {
			least = "at least "
		}
		e.print("  %s: %d open, %s%d ended in the last hour; %s\n", t.Type, t.Open, least, t.Closed1, t.When(at))
		if t.Endless != "" {
			e.print("    never drains by itself: %s\n", t.Endless)
		}
		if len(t.Unpolled) > 0 {
			e.print("    no worker polls %s\n", few(t.Unpolled, 5))
		}
		if t.Oldest != "" {
			e.print("    oldest: %s, %s%s\n", t.Oldest, spell(time.Duration(t.Age*float64(time.Second))), pending(t))
		}
	}
	if len(m.Stuck) > 0 {
		e.print("  Stuck: %s\n", few(m.Stuck, 10))
	}
}

func disagree(c *Change) string {
	if c.Disagree == 0 {
		return ""
	}
	return fmt.Sprintf(" The counts disagree by %d: visibility lags.", c.Disagree)
}

func pending(t MeterType) string {
	if t.Activity == "" {
		return ""
	}
	return fmt.Sprintf(", in activity %s, attempt %d", t.Activity, t.Attempt)
}

func (e *errWriter) twins(twins []Twin) {
	if len(twins) == 0 {
		return
	}
	e.print("\nOpen on both sides\n")
	for _, t := range twins {
		said := ""
		switch {
		case t.Acknowledged:
			said = "; acknowledged"
		case !t.Confirmed:
			said = "; listed, could not be described"
		}
		e.print("  %s: %s at the source since %s, %s at the target since %s, started by %s%s\n", t.WorkflowID, t.SourceType, clock(t.SourceStart), t.TargetType, clock(t.TargetStart), either(t.StartedBy), said)
	}
}

func (e *errWriter) stragglers(r Report) {
	if len(r.Stragglers) == 0 {
		return
	}
	e.print("\nWho still starts work at the source, in the last %s\n", Last(time.Duration(r.Window*float64(time.Second))))
	for _, s := range r.Stragglers {
		e.print("  %s: %s (%s), the latest %s as %s\n", either(s.Identity), plural(s.Starts, "start"), few(s.Types, 4), clock(s.Latest), s.Example)
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// WatchLine is one look of a watch, for a terminal or a log.
func WatchLine(r Report) string {
	var passed, total int
	for _, g := range r.Gates {
		total++
		if g.State == Passed || g.State == Overridden {
			passed++
		}
	}
	open := "open not known"
	if r.Meter.Known {
		open = fmt.Sprintf("%d open at the source", r.Meter.Open)
	}
	parts := []string{r.At.UTC().Format("15:04:05 UTC"), open}
	if c := r.Meter.Change; c != nil {
		parts = append(parts, fmt.Sprintf("+%d -%d since the look before", c.Starts, c.Closes))
	}
	parts = append(parts, count(r.Target.Open)+" at the target", "starts at the source "+count(r.Source.Starts), plural(len(r.Twins), "twin"), fmt.Sprintf("%d of %d gates", passed, total))
	if stops := r.stops(); len(stops) > 0 {
		ids := make([]string, len(stops))
		for i, g := range stops {
			ids[i] = g.ID
		}
		parts = append(parts, "stop "+strings.Join(ids, ", "))
	} else if r.Next != "" {
		parts = append(parts, "next "+r.Next)
	}
	line := strings.Join(parts, " · ")
	if r.Incomplete != "" {
		line += " · incomplete: " + r.Incomplete
	}
	return line
}

// TwinsReport is onramp cutover twins.
type TwinsReport struct {
	Schema     string    `json:"schema"`
	At         time.Time `json:"at"`
	State      State     `json:"state"`
	Title      string    `json:"title"`
	Compared   int       `json:"compared"`
	Twins      []Twin    `json:"twins"`
	source     Half
	More       int            `json:"more"`
	RPCs       map[string]int `json:"rpcs"`
	Incomplete string         `json:"incomplete,omitempty"`
}

// StragglersReport is onramp cutover stragglers.
type StragglersReport struct {
	Schema     string         `json:"schema"`
	At         time.Time      `json:"at"`
	State      State          `json:"state"`
	Title      string         `json:"title"`
	Window     float64        `json:"window_seconds"`
	WindowFrom string         `json:"window_from"`
	Stragglers []Straggler    `json:"stragglers"`
	Scheduled  assess.Count   `json:"started_by_schedules"`
	RPCs       map[string]int `json:"rpcs"`
	Incomplete string         `json:"incomplete,omitempty"`
}

// JudgeTwins makes the report of a look at twins alone.
func JudgeTwins(f *Facts) TwinsReport {
	a := judgeTwins(f, nil)
	r := Judge(f)
	rpcs := map[string]int{}
	for _, m := range []map[string]int{f.Source.RPCs, f.Target.RPCs} {
		for k, n := range m {
			rpcs[k] += n
		}
	}
	return TwinsReport{Schema: TwinsSchema, At: f.At, State: a.state, Title: assess.Clean(a.title), Compared: f.Twins.Looked, source: f.Source, Twins: r.Twins, More: f.Twins.More, RPCs: rpcs, Incomplete: r.Incomplete}
}

// JudgeStragglers makes the report of a look at stragglers alone: passed where nobody starts work at the source.
func JudgeStragglers(f *Facts) StragglersReport {
	here := *f
	here.Target.Reached, here.Target.Starts = assess.Read, assess.Count{N: 1, Read: assess.Read} // what the target has is not asked here
	a := judgeStarters(&here, nil)
	if a.state == Passed {
		a.title = "Nobody started work at the source within the last " + Last(f.Window) + "."
	}
	return StragglersReport{Schema: StragglersSchema, At: f.At, State: a.state, Title: assess.Clean(a.title), Window: f.Window.Seconds(), WindowFrom: f.WindowFrom, Stragglers: Judge(f).Stragglers, Scheduled: f.Starts.Scheduled, RPCs: f.Source.RPCs, Incomplete: assess.Clean(f.Incomplete)}
}

// exitOf is the exit code of one state.
func exitOf(s State) int { return Report{Gates: []Gate{{State: s}}}.ExitCode() }

// ExitCode is 0 where there is none, 21 where there are some, 22 where it is not known.
func (r TwinsReport) ExitCode() int { return exitOf(r.State) }

// ExitCode is 0 where there is none, 20 where there are some, 22 where it is not known.
func (r StragglersReport) ExitCode() int { return exitOf(r.State) }

// WriteTwins writes it for a terminal.
func WriteTwins(w io.Writer, r TwinsReport) error {
	e := &errWriter{w: w}
	e.print("%s\n", r.Title)
	if r.Incomplete != "" {
		e.print("Incomplete: %s\n", r.Incomplete)
	}
	e.twins(r.Twins)
	if r.More > 0 {
		e.print("  and %d more\n", r.More)
	}
	if len(r.Twins) > 0 {
		e.print("\nDecide for each which one goes on; Onramp ends neither. To look at one:\n  temporal workflow describe --workflow-id %s --address %s --namespace %s\nTo keep new ones from coming: onramp cutover router --lang python (or your language)\n", assess.Shell(r.Twins[0].WorkflowID), assess.Shell(r.source.Address), assess.Shell(r.source.Namespace))
	}
	return e.err
}

// WriteStragglers writes it for a terminal.
func WriteStragglers(w io.Writer, r StragglersReport) error {
	e := &errWriter{w: w}
	e.print("%s\n", r.Title)
	if r.Incomplete != "" {
		e.print("Incomplete: %s\n", r.Incomplete)
	}
	e.stragglers(Report{Stragglers: r.Stragglers, Window: r.Window})
	if r.Scheduled.Known() && r.Scheduled.N > 0 {
		e.print("\nSchedules of the source started %s besides.\n", plural(r.Scheduled.N, "run"))
	}
	e.print("\nLooked back %s: %s. Children, schedules, and runs that go on from an earlier one are not counted.\n", spell(time.Duration(r.Window*float64(time.Second))), r.WindowFrom)
	return e.err
}

func runes(s string) int { return len([]rune(s)) }

func pad(s string, n int) string { return s + strings.Repeat(" ", max(n-runes(s), 0)) }

// Seen is a gate's evidence in a line.
func (g Gate) Seen() string {
	var parts []string
	for _, k := range sortedKeys(g.Evidence) {
		name := strings.ReplaceAll(k, "_", " ")
		switch v := g.Evidence[k].(type) {
		case nil:
		case []string:
			if len(v) > 0 {
				parts = append(parts, name+": "+few(v, 6))
			}
		case string:
			if v != "" {
				parts = append(parts, name+": "+v)
			}
		default:
			parts = append(parts, fmt.Sprintf("%s: %v", name, v))
		}
	}
	return strings.Join(parts, "; ")
}

// Reads says what a look asked of both sides, and how long it took.
func (r Report) Reads() string { return r.reads() }
