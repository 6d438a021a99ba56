package cutover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/assess"
)

const (
	fresh      = 24 * time.Hour   // how old an assessment may be
	freshPoll  = 90 * time.Second // how old a poll may be: a poll waits up to a minute for a task, and is dated when it began
	judged     = "Onramp's judgement"
	manual     = "https://docs.temporal.io/cloud/migrate/manual"
	visibility = "https://docs.temporal.io/visibility"
)

// gates are the gates in their order. Those about schedules (G5, G8) and about what is kept (G11) are not among them: Onramp
// moves no schedule, and no server says what you keep.
var gates = []gate{
	{"G0", "Assessed", "The source was assessed within the last day, nothing found there stops the migration, and somebody went through the warnings: each is marked as reviewed, or one person says so of all.", judged,
		"An assessment reads samples: what it did not see it does not warn of.", "Nothing to take back.", judgeAssessed},
	{"G1", "Reachable", "A worker would connect to the target: address, certificate or key, and namespace.", "https://docs.temporal.io/cloud/connectivity",
		"It was tried from this machine. Try it from where the workers run: onramp check --post.", "Nothing to take back.", judgeReachable},
	{"G2", "Search attributes", "Every custom search attribute that is in use at the source exists at the target.", "https://docs.temporal.io/search-attribute",
		"It shows that the name exists there, not its type. Retention hides attributes that were used long ago. Temporal Cloud's words for an unknown attribute are not verified.", "None needed: an attribute that nobody uses does no harm, and cannot be removed.", judgeAttributes},
	{"G3", "Workers", "For each task queue that is polled at the source, a worker polls the target now, and nothing waits there.", "https://docs.temporal.io/task-queue",
		"Only queues are known that open or recent work names: give others with --task-queue. The server knows pollers of the last five minutes, by its own clock.", "Stop the workers at the target.", judgeWorkers},
	{"G4", "First workflow", "A workflow of yours, or the money transfer, completed at the target, on a worker of yours.", judged,
		"That one completed says little of other types.", "Nothing to take back: it has ended.", judgeCanary},
	{"G6", "Starters moved", "No client starts work at the source any more, and some is started at the target.", judged,
		"A client that starts work more rarely than the window is long is not seen: give --window. Servers before 1.23 cannot tell children from other starts.", "Point the starters back to the source.", judgeStarters},
	{"G7", "No twins", "No workflow ID is open on both sides.", "https://docs.temporal.io/workflow-execution/workflowid-runid",
		"Visibility lags by seconds: look again after the last start at the source.", "By hand, for each ID: decide which one goes on.", judgeTwins},
	{"G9", "Drained", "No workflow is open at the source, counted twice at least a minute apart, and nothing there starts one.", manual,
		"Counts are approximate, and visibility lags; nobody sees a client that starts work tomorrow.", "Nothing to take back.", judgeDrained},
	{"G10", "Silent", "Nothing started, nothing closed and nobody polled at the source for as long as you agreed.", judged,
		"The server knows pollers of the last five minutes only, and executions for as long as its retention.", "Start the source's workers again.", judgeSilent},
}

func judgeAssessed(f *Facts, _ map[string]State) answer {
	again := developer("Assess the source, and give the file that it writes.", "onramp assess --address "+assess.Shell(f.Source.Address)+" --namespace "+assess.Shell(f.Source.Namespace)+" --facts facts.json\n"+ofBoth(f, "status", "--assessment facts.json"))
	a := f.Assessment
	if a == nil {
		return answer{Open, "No assessment of the source was given.", nil, []Fix{again}}
	}
	ev := map[string]any{"assessed": a.At.Format(time.RFC3339), "address": a.Address, "blockers": a.Blockers, "warnings": a.Warnings, "unknown": a.Unknown, "reviewed": a.Reviewed, "reviewed_by": f.Said.WarningsReviewedBy}
	by := f.Said.WarningsReviewedBy // who says so of all of them
	if by == "" && a.Reviewed >= a.Warnings {
		by = few(a.ReviewedBy, 3)
		ev["reviewed_by"] = by
	}
	switch {
	case !strings.EqualFold(strings.TrimSpace(a.Address), strings.TrimSpace(f.Source.Address)) || !slices.Contains(a.Namespaces, assess.Clean(f.Source.Namespace)):
		return answer{Open, "The assessment is of another server or namespace: " + a.Address + ", " + few(a.Namespaces, 3) + ".", ev, []Fix{again}}
	case a.Blockers > 0:
		return answer{Red, "The assessment found " + plural(a.Blockers, "blocker") + ".", ev, []Fix{developer("Do what the assessment says of each, then assess again.", "")}}
	case f.At.Sub(a.At) > fresh:
		return answer{Open, "The assessment is " + spell(f.At.Sub(a.At)) + " old: assess again.", ev, []Fix{again}}
	case a.Warnings > 0 && by == "" && a.Reviewed > 0:
		return answer{Open, fmt.Sprintf("%d of the %s of the assessment %s reviewed, %d %s not.", a.Reviewed, plural(a.Warnings, "warning"), isAre(a.Reviewed), a.Warnings-a.Reviewed, isAre(a.Warnings-a.Reviewed)), ev,
			[]Fix{developer("Mark the others as reviewed in the assessment, then look again.", "")}}
	case a.Warnings > 0 && by == "":
		return answer{Open, "Nobody has said that they went through the " + plural(a.Warnings, "warning") + " of the assessment.", ev,
			[]Fix{developer("Go through them, then say who did.", ofBoth(f, "status", "--warnings-reviewed-by NAME"))}}
	}
	title := "Assessed " + spell(f.At.Sub(a.At)) + " ago, without a blocker."
	if a.Warnings > 0 {
		title += " " + by + " went through the " + plural(a.Warnings, "warning") + "."
	}
	if a.Unknown > 0 {
		title += " " + plural(a.Unknown, "check") + " could not be answered."
	}
	return answer{Passed, title, ev, nil}
}

func judgeReachable(f *Facts, _ map[string]State) answer {
	if f.Check == nil {
		return answer{Unknown, "The connection to the target was not checked.", nil, nil}
	}
	ev := map[string]any{"code": f.Check.Code, "tested_from": f.Check.From, "target": f.Target.Address}
	if f.Check.Code != "OK" {
		return answer{Red, "A worker on this machine would not connect: " + f.Check.Title + ".", ev, []Fix{developer("See what is wrong and how it is put right.", "onramp check --address "+assess.Shell(f.Target.Address)+" --namespace "+assess.Shell(f.Target.Namespace))}}
	}
	return answer{Passed, "A worker on this machine would connect.", ev, nil}
}

func judgeAttributes(f *Facts, _ map[string]State) answer {
	var missing, unknown, unused, there []string
	var create []assess.Attribute
	for _, at := range f.Attributes {
		if at.Name == "" {
			return unread("The source's search attributes", at.Used.Read)
		}
		switch {
		case at.AtTarget == assess.Read:
			there = append(there, at.Name)
		case at.AtTarget == assess.NotThere && at.Used.Known() && at.Used.N == 0:
			unused = append(unused, at.Name)
		case at.AtTarget == assess.NotThere:
			missing = append(missing, at.Name)
			create = append(create, assess.Attribute{Name: at.Name, Type: at.Type})
		default:
			unknown = append(unknown, at.Name)
		}
	}
	ev := map[string]any{"missing": missing, "there": there, "unused": unused, "not_known": unknown}
	switch {
	case len(missing) > 0:
		return answer{Open, plural(len(missing), "search attribute") + " " + isAre(len(missing)) + " missing at the target: " + few(missing, 5) + ".", ev,
			[]Fix{admin("Create them. They cannot be removed later, so read the list first.", assess.AttributeCommand(f.Target.Namespace, create))}}
	case len(unknown) > 0:
		return answer{Unknown, "Whether " + plural(len(unknown), "search attribute") + " " + isAre(len(unknown)) + " at the target is not known: " + few(unknown, 5) + ".", ev, nil}
	case len(f.Attributes) == 0:
		return answer{Passed, "The source has no custom search attribute.", ev, nil}
	case len(unused) > 0:
		return answer{Passed, "All that are in use are at the target; not there, and not in use: " + few(unused, 5) + ".", ev, nil}
	}
	return answer{Passed, "Every custom search attribute of the source is at the target: " + few(there, 5) + ".", ev, nil}
}

func judgeWorkers(f *Facts, _ map[string]State) answer {
	if len(f.Queues) == 0 {
		return answer{Unknown, "No task queue of the source is known.", nil, []Fix{developer("Name the task queues of your workers.", ofBoth(f, "status", "--task-queue NAME"))}}
	}
	var lack, waits, ready, blind []string
	polledAtSource := 0
	for _, q := range f.Queues {
		name := q.says()
		switch {
		case q.Source.Read != assess.Read || q.Target.Read != assess.Read:
			blind = append(blind, name)
			continue
		case q.Source.N > 0:
			polledAtSource++
		case q.Target.N == 0:
			continue // nobody polls it on either side
		}
		switch {
		case q.Target.N == 0 || f.At.Sub(q.Target.Freshest) > freshPoll:
			if q.Source.N > 0 {
				lack = append(lack, name)
			}
		case q.Target.BacklogR == assess.Read && q.Target.Backlog > 0:
			waits = append(waits, fmt.Sprintf("%s: %d", name, q.Target.Backlog))
		default:
			ready = append(ready, name)
		}
	}
	ev := map[string]any{"without_workers": lack, "waiting_tasks": waits, "ready": ready, "not_known": blind, "polled_at_source": polledAtSource}
	switch {
	case len(lack) > 0:
		return answer{Open, "No worker polls the target for " + plural(len(lack), "task queue") + ": " + few(lack, 5) + ".", ev, []Fix{developer("Start workers with the target's address, namespace and credentials; leave those of the source as they are."+orYours, "onramp code"+inPython+" --namespace "+assess.Shell(f.Target.Namespace))}}
	case len(waits) > 0:
		return answer{Open, "Tasks wait at the target: " + few(waits, 5) + ".", ev, []Fix{developer("Add workers at the target, or look why they are slow.", "")}}
	case len(blind) > 0:
		return answer{Unknown, "Who polls " + plural(len(blind), "task queue") + " could not be read: " + few(blind, 5) + ".", ev, nil}
	case len(ready) == 0:
		return answer{Open, "No worker polls the target.", ev, []Fix{developer("Start workers with the target's address, namespace and credentials."+orYours, "onramp code"+inPython+" --namespace "+assess.Shell(f.Target.Namespace))}}
	}
	return answer{Passed, "Workers poll the target: " + few(ready, 6) + ".", ev, nil}
}

// says names a queue and the kind of its tasks.
func (q Queue) says() string {
	if q.Kind == "activity" {
		return q.Name + " (activities)"
	}
	return q.Name + " (workflows)"
}

// ownIdentity begins how Onramp's own worker calls itself.
const ownIdentity = "onramp"

func judgeCanary(f *Facts, _ map[string]State) answer {
	if f.CanariesR != assess.Read {
		return unread("What completed at the target", f.CanariesR)
	}
	var own, blind int
	for _, c := range f.Canaries {
		switch {
		case c.Read != assess.Read || c.WorkedBy == "":
			blind++
		case strings.HasPrefix(c.WorkedBy, ownIdentity):
			own++
		default:
			return answer{Passed, "“" + c.WorkflowID + "” (" + c.Type + ") completed at the target, worked on by " + c.WorkedBy + ".",
				map[string]any{"workflow_id": c.WorkflowID, "type": c.Type, "closed": c.Closed.Format(time.RFC3339), "started_by": c.StartedBy, "worked_by": c.WorkedBy}, nil}
		}
	}
	ev := map[string]any{"by_onramp": own, "not_readable": blind}
	switch {
	case blind > 0:
		return answer{Unknown, "Who worked on what completed at the target could not be read.", ev, nil}
	case own > 0:
		return answer{Open, "Only Onramp's own worker has completed a workflow at the target.", ev, []Fix{developer("Start one of yours there, with your own worker.", "onramp transfer --worker own --address "+assess.Shell(f.Target.Address)+" --namespace "+assess.Shell(f.Target.Namespace))}}
	}
	return answer{Open, "No workflow of a type of yours, and no money transfer, has completed at the target.", ev, []Fix{developer("Start one there that does no harm, or the money transfer.", "onramp transfer --worker own --address "+assess.Shell(f.Target.Address)+" --namespace "+assess.Shell(f.Target.Namespace))}}
}

func judgeStarters(f *Facts, _ map[string]State) answer {
	s := f.Starts
	if s.Read != assess.Read {
		a := unread("Who starts work at the source", s.Read)
		if s.Read == assess.Failed {
			a.title += " Servers before 1.23 cannot be asked."
		}
		return a
	}
	who := []string{}
	for _, w := range s.Who {
		who = append(who, fmt.Sprintf("%s (%d)", w.Identity, w.Starts))
	}
	ev := map[string]any{"window": spell(f.Window), "window_from": f.WindowFrom, "external_starts": s.External, "looked_at": s.Looked, "continued": s.Continued, "not_readable": s.Unread, "not_looked_at": s.More, "who": who, "by_schedules": s.Scheduled.N}
	within := "within the last " + Last(f.Window)
	switch {
	case s.External > 0:
		title := plural(s.External, "start") + " at the source " + within + ", by " + few(who, 3) + "."
		if s.More > 0 {
			title = "At least " + title
		}
		return answer{Open, title, ev, []Fix{developer("Point these clients to the target. Those that signal with start need to ask the source first."+orYours, ofBoth(f, "stragglers", "")+"\nonramp cutover router"+inPython)}}
	case s.Unread > 0 || s.More > 0:
		return answer{Unknown, fmt.Sprintf("%s %s could not be looked at.", plural(int64(s.Unread)+s.More, "start"), within), ev, []Fix{developer("Look at more of them, or at a shorter time.", ofBoth(f, "status", "--histories 500 --window 1h"))}}
	case f.Target.Reached != assess.Read || !f.Target.Starts.Known():
		o := f.Target.Starts.Read
		if f.Target.Reached != assess.Read {
			o = f.Target.Reached
		}
		return answer{Unknown, "Nobody starts work at the source " + within + "; starts at the target could not be read: " + o.Because() + ".", ev, nil}
	case f.Target.Starts.N == 0:
		return answer{Open, "Nobody started work " + within + ", at neither side.", ev, []Fix{developer("Point the starters to the target. If work is rare, give a longer --window.", "")}}
	}
	ev["target_starts"] = f.Target.Starts.N
	return answer{Passed, "Nobody started work at the source " + within + "; at the target " + plural(f.Target.Starts.N, "start") + ".", ev, nil}
}

func judgeTwins(f *Facts, _ map[string]State) answer {
	t := f.Twins
	if !f.Source.Open.Known() {
		return unread("What is open at the source", f.Source.Open.Read)
	}
	if t.Read != assess.Read {
		return unread("What is open at the target", t.Read)
	}
	var ids []string
	acknowledged := 0
	for _, x := range t.Found {
		if x.Acknowledged {
			acknowledged++
			continue
		}
		ids = append(ids, x.WorkflowID)
	}
	n := len(ids) + t.More
	ev := map[string]any{"compared": t.Looked, "twins": ids, "acknowledged": acknowledged, "more": t.More}
	switch {
	case n > 0:
		return answer{Red, plural(n, "workflow ID") + " " + isAre(n) + " open on both sides: " + few(ids, 5) + ".", ev,
			[]Fix{developer("Decide for each which one goes on, and let clients that signal with start ask the source first."+orYours, ofBoth(f, "twins", "")+"\nonramp cutover router"+inPython)}}
	case !t.Whole:
		return answer{Unknown, "Not every open workflow ID could be compared.", ev, []Fix{developer("Give a larger --budget.", "")}}
	case acknowledged > 0:
		return answer{Passed, plural(acknowledged, "workflow ID") + " " + isAre(acknowledged) + " open on both sides, and acknowledged.", ev, nil}
	}
	if t.Looked == 0 {
		return answer{Passed, "Nothing is open at the source.", ev, nil}
	}
	return answer{Passed, "None of the " + plural(t.Looked, "open workflow ID") + " of the source is open at the target.", ev, nil}
}

func judgeDrained(f *Facts, earlier map[string]State) answer {
	open := f.Source.Open
	if !open.Known() {
		return unread("What is open at the source", open.Read)
	}
	var unpolled []string
	pending := 0
	for _, t := range f.Types {
		for _, q := range t.Unpolled {
			if !slices.Contains(unpolled, q) {
				unpolled = append(unpolled, q)
			}
		}
		if t.Oldest != nil {
			pending += t.Oldest.Nexus
		}
	}
	listed := int64(0)
	for _, t := range f.Types {
		listed += t.Open.N
	}
	schedules := []string{}
	pause := ""
	for _, s := range f.Starts.Schedules {
		schedules = append(schedules, s.ID)
		if len(schedules) <= 10 {
			pause += "temporal schedule toggle --pause --reason 'moved to Temporal Cloud' --schedule-id " + assess.Shell(s.ID) + " --address " + assess.Shell(f.Source.Address) + " --namespace " + assess.Shell(f.Source.Namespace) + "\n"
		}
	}
	ev := map[string]any{"open": open.N, "listed": listed, "queues_without_pollers": unpolled, "schedules": schedules, "batch_jobs": f.Batches.N, "pending_nexus_operations": pending, "stuck": f.Stuck}
	if f.Second != nil {
		ev["second_count"], ev["seconds_between"], ev["described"], ev["still_open"] = f.Second.Open.N, int(f.Second.After.Seconds()), f.Second.Described, f.Second.StillOpen
	}
	fixSchedules := developer("Schedules start work at the source: create each at the target, then pause it here. Onramp touches none.", strings.TrimSpace(pause))
	switch {
	case open.N > 0 && len(unpolled) > 0:
		return answer{Red, plural(open.N, "workflow") + " " + isAre(open.N) + " open at the source, and nobody polls " + few(unpolled, 5) + " there.", ev, []Fix{developer("Start the source's workers again: without them its workflows never end.", "")}}
	case open.N > 0 || listed > 0:
		n := max(open.N, listed)
		a := answer{Open, plural(n, "workflow") + " " + isAre(n) + " open at the source.", ev, nil}
		if len(f.Stuck) > 0 {
			a.fix = append(a.fix, developer("Put right first what fails again and again: "+few(f.Stuck, 5)+".", ""))
		}
		if len(schedules) > 0 {
			a.fix = append(a.fix, fixSchedules)
		}
		return a
	case f.Starts.SchedR != assess.Read:
		return unread("The source's schedules", f.Starts.SchedR)
	case len(schedules) > 0:
		return answer{Open, "Nothing is open at the source, and " + plural(len(schedules), "schedule") + " there still " + startS(len(schedules)) + " work.", ev, []Fix{fixSchedules}}
	case !f.Batches.Known() && f.Batches.Read != assess.NotServed:
		return unread("The source's batch jobs", f.Batches.Read)
	case f.Batches.N > 0:
		return answer{Open, plural(f.Batches.N, "batch job") + " " + isAre(f.Batches.N) + " running at the source.", ev, nil}
	case f.Second == nil:
		return answer{Open, "Nothing is open at the source, counted once: look again in a minute.", ev, nil}
	case !f.Second.Open.Known():
		return unread("The second count", f.Second.Open.Read)
	case f.Second.Open.N > 0 || len(f.Second.StillOpen) > 0:
		n := max(f.Second.Open.N, int64(len(f.Second.StillOpen)))
		return answer{Open, "The second look found " + plural(n, "open workflow") + " at the source.", ev, nil}
	case f.Second.Failed > 0:
		return answer{Unknown, plural(f.Second.Failed, "workflow") + " of the source could not be described.", ev, nil}
	case earlier["G6"] != Passed && earlier["G6"] != Overridden:
		return answer{Open, "Nothing is open at the source now, and gate G6 has not passed: work may still be started there.", ev, nil}
	}
	return answer{Passed, fmt.Sprintf("Nothing is open at the source, counted twice %s apart.", spell(f.Second.After)), ev, nil}
}

func startS(n int) string {
	if n == 1 {
		return "starts"
	}
	return "start"
}

func judgeSilent(f *Facts, earlier map[string]State) answer {
	s := f.Silence
	polled := []string{}
	blind := 0
	for _, q := range f.Queues {
		if q.Source.Read != assess.Read {
			blind++
		} else if q.Source.N > 0 {
			polled = append(polled, q.says())
		}
	}
	ev := map[string]any{"for": spell(f.Silent), "starts": s.Starts.N, "closes": s.Closes.N, "polled": polled, "retention": spell(f.Source.Retention)}
	switch {
	case !s.Starts.Known():
		return unread("Starts at the source", s.Starts.Read)
	case !s.Closes.Known():
		return unread("Ends at the source", s.Closes.Read)
	case s.Starts.N > 0 || s.Closes.N > 0:
		return answer{Open, fmt.Sprintf("Within the last %s %s and %s at the source.", Last(f.Silent), plural(s.Starts.N, "start"), plural(s.Closes.N, "end")), ev, nil}
	case len(polled) > 0:
		return answer{Open, "Workers still poll the source: " + few(polled, 5) + ".", ev, []Fix{platform("Stop the source's workers once gate G9 has passed.", "")}}
	case earlier["G9"] != Passed && earlier["G9"] != Overridden:
		return answer{Open, "It is silent, and gate G9 has not passed: the source has not drained.", ev, nil}
	case blind > 0:
		return answer{Unknown, "Who polls the source could not be read.", ev, nil}
	case f.Source.Retention <= 0:
		return answer{Unknown, "How long the source keeps what has ended could not be read, so silence proves nothing.", ev, nil}
	case f.Source.Retention < f.Silent:
		return answer{Unknown, "The source keeps what has ended for " + spell(f.Source.Retention) + ", less than the " + spell(f.Silent) + " that it must be silent.", ev, []Fix{developer("Agree on a shorter time, or look in on it daily.", ofBoth(f, "status", fmt.Sprintf("--silent %.0fh", f.Source.Retention.Hours())))}}
	}
	return answer{Passed, "Nothing started, nothing closed and nobody polled at the source for " + spell(f.Silent) + ".", ev, nil}
}
