package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

var workflowRules = []rule{
	{id: "W1", what: "open workflows", moves: live,
		rule:   "An open workflow does not move by itself in a manual migration: it ends at the source, or code moves it.",
		source: docManual, wrong: "Visibility lags a little, and its counts are approximate.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			if !n.Open.known() {
				a.unread("The number of open workflows", n.Open.Read)
				return
			}
			ev := map[string]any{"open": n.Open.N}
			types := 0
			for _, t := range n.Types {
				if t.Open.known() && t.Open.N > 0 {
					types++
					if types <= 30 {
						ev[t.Name] = t.Open.N
					}
				}
			}
			switch {
			case n.Open.N == 0 && types == 0:
				a.both(Pass, Row{Title: "No workflow is open", Evidence: ev})
			case n.TypesRead != Read:
				a.both(Info, Row{Title: plural(n.Open.N, "open workflow") + "; their types could not be read: " + n.TypesRead.because(), Evidence: ev})
			default:
				ev["types"] = types
				a.both(Info, Row{Title: fmt.Sprintf("%s of %s", plural(max(n.Open.N, int64(types)), "open workflow"), plural(types, "type")), Evidence: ev,
					Fix: []Fix{developer("Start new workflows in Temporal Cloud and let these end here; keep the old workers until the last has ended.", "")}})
			}
		}},
	{id: "W2", what: "age of open workflows", moves: live,
		rule:   "Old workflows hold up the end of the old server.",
		source: ours, wrong: "A workflow that continues as new has a fresh start time: it is older than it looks.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			if n.TypesRead != Read {
				a.unread("The age of open workflows", n.TypesRead)
				return
			}
			var week, month int64
			ev := map[string]any{}
			var oldest *Oldest
			for _, t := range n.Types {
				week, month = week+t.Older7, month+t.Older30
				if t.Older7 > 0 {
					ev[t.Name] = t.Older7
				}
				if t.Oldest != nil && (oldest == nil || t.Oldest.Start.Before(oldest.Start)) {
					oldest = t.Oldest
				}
			}
			ev["older_than_7_days"], ev["older_than_30_days"] = week, month
			if oldest != nil {
				ev["oldest_workflow_id"], ev["oldest_start"] = oldest.WorkflowID, oldest.Start.Format(time.RFC3339)
			}
			partly := ""
			if !n.TypesWhole {
				partly = ", of those that were listed"
			}
			switch {
			case month > 0:
				a.add(Row{Manual: Warning, Automated: Info, Title: plural(month, "open workflow") + " began more than 30 days ago" + partly, Evidence: ev,
					Fix: []Fix{developer("Decide for each type whether you wait for it, end it, or start it again in Temporal Cloud with its state as input.", "")}})
			case week > 0:
				a.both(Info, Row{Title: plural(week, "open workflow") + " began more than 7 days ago" + partly, Evidence: ev})
			case !n.TypesWhole:
				a.both(Unknown, Row{Title: "There are more open workflows than were listed: older ones may be among them", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "No open workflow is older than 7 days", Evidence: ev})
			}
		}},
	{id: "W3", what: "end of open workflows", moves: live,
		rule:   "A workflow without an execution timeout may run for ever: the drain of its type has no bound that the server knows.",
		source: ours, wrong: "The code may end it at a time that the server does not know.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ask, unread := n.described(a, "When open workflows end")
			if !ask {
				return
			}
			var unbounded []string
			for _, t := range n.Types {
				free := slices.ContainsFunc(n.Samples, func(s Sample) bool { return s.Open && s.Type == t.Name && s.Described == Read && s.Expires == nil })
				if completed := completed(t); free && completed < fewSamples {
					unbounded = append(unbounded, t.Name)
				}
			}
			switch {
			case len(unbounded) > 0:
				a.add(Row{Manual: Warning, Automated: Pass, Title: "Nothing says when these types end: " + few(unbounded, 4), Evidence: map[string]any{"types": unbounded},
					Fix: []Fix{developer("Find out from the code what ends them, or give new ones an execution timeout.", "")}})
			case unread > 0:
				a.both(Unknown, Row{Title: plural(unread, "open workflow") + " could not be described"})
			default:
				a.both(Pass, Row{Title: "Every type has a bound, or enough closed runs to estimate from"})
			}
		}},
	{id: "W4", what: "cron workflows", moves: live,
		rule:   "A cron workflow starts its next run itself: it never drains.",
		source: docCron, wrong: "Only a sample of histories was read; an execution that begins later than it was started is a hint, no proof.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.typesWhere(func(s Sample) bool { return s.Open && s.History.Cron })
			hints := []string{}
			for _, t := range n.Types {
				if t.Cronlike > 0 && !slices.Contains(seen, t.Name) {
					hints = append(hints, t.Name)
				}
			}
			switch {
			case len(seen) > 0:
				a.add(Row{Manual: Warning, Automated: Info, Title: "Cron workflows never drain: " + few(seen, 4), Evidence: map[string]any{"types": seen, "perhaps": hints},
					Fix: []Fix{developer("Stop them here and start them in Temporal Cloud, best as a Schedule; do it between two runs.", "")}})
			case !n.Histories:
				a.unread("Cron workflows", NotAsked)
			case len(hints) > 0:
				a.both(Unknown, Row{Title: "These begin later than they were started, as cron workflows do: " + few(hints, 4), Evidence: map[string]any{"types": hints}})
			case !whole:
				a.both(Unknown, Row{Title: "No history of every open type could be read, so a cron workflow may hide"})
			default:
				a.both(Pass, Row{Title: "No cron workflow was seen"})
			}
		}},
	{id: "W5", what: "endless chains", moves: live,
		rule:   "A workflow that continues as new for ever (an entity workflow) never drains.",
		source: docManual, wrong: "Only a sample was looked at, and a chain may end.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.typesWhere(func(s Sample) bool {
				return s.Open && (s.Chained || s.History.Continued && strings.Contains(s.History.Initiator, "workflow")) && !s.History.Cron
			})
			// A description alone tells a chain too.
			for _, s := range n.Samples {
				if s.Open && s.Chained && (s.History == nil || s.History.Read != Read) && !slices.Contains(seen, s.Type) {
					seen = append(seen, s.Type)
				}
			}
			// So do closed runs of a type that is open, unless they are the runs of a cron: W4 has those.
			for _, t := range n.Types {
				cron := slices.ContainsFunc(n.Samples, func(s Sample) bool { return s.Type == t.Name && s.History != nil && s.History.Cron })
				if max(t.Open.N, int64(len(t.Ages))) > 0 && t.continues() && !cron && !slices.Contains(seen, t.Name) {
					seen = append(seen, t.Name)
				}
			}
			slices.Sort(seen)
			switch {
			case len(seen) > 0:
				a.add(Row{Manual: Warning, Automated: Pass, Title: "These continue as new, perhaps for ever: " + few(seen, 4), Evidence: map[string]any{"types": seen},
					Fix: []Fix{developer("Move each by code: read its state, end it here, start it in Temporal Cloud with that state. Clients that signal-with-start must ask this server first until then.", "")}})
			case !whole:
				a.both(Unknown, Row{Title: "Not every open type was looked at, so an endless chain may hide"})
			default:
				a.both(Pass, Row{Title: "No open workflow that was looked at continues another"})
			}
		}},
	{id: "W6", what: "child workflows", moves: live,
		rule:   "The tie between a parent and its children does not move in a manual migration.",
		source: docManual, wrong: "It is a moment's look at a sample.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ask, unread := n.described(a, "Child workflows")
			if !ask {
				return
			}
			tied, abandoned := 0, 0
			var types []string
			for _, s := range n.Samples {
				for policy, k := range s.Children {
					if policy == "ABANDON" {
						abandoned += k
						continue
					}
					tied += k
					if !slices.Contains(types, s.Type) {
						types = append(types, s.Type)
					}
				}
			}
			switch {
			case tied > 0:
				a.add(Row{Manual: Warning, Automated: Pass, Title: "Open workflows wait for children: " + few(types, 4), Evidence: map[string]any{"types": types, "pending_children": tied},
					Fix: []Fix{developer("Move parent and children together: let both end here, or start both in Temporal Cloud.", "")}})
			case abandoned > 0:
				a.both(Info, Row{Title: "Open workflows have children that outlive them", Evidence: map[string]any{"abandoned_children": abandoned}})
			case unread > 0:
				a.both(Unknown, Row{Title: plural(unread, "open workflow") + " could not be described"})
			default:
				a.both(Pass, Row{Title: "No open workflow that was looked at has children"})
			}
		}},
	{id: "W7", what: "other namespaces", moves: code,
		rule:   "In Temporal Cloud a workflow cannot start, signal or cancel a workflow of another namespace. Nexus is the way between namespaces.",
		source: docAutomated, wrong: "Only a sample of histories was read.",
		each: func(a *answer, f *Facts, n *Namespace) {
			foreign := map[string]int{}
			for _, s := range n.Samples {
				if s.ForeignParent {
					foreign["(a parent elsewhere)"]++
				}
				if s.History != nil {
					for _, k := range s.History.Foreign {
						foreign[k]++
					}
				}
			}
			off, known := atLeast(f.Cluster.ServerVersion, crossOff)
			_, whole := n.everyType(func(Sample) bool { return false })
			switch {
			case len(foreign) > 0:
				a.both(Blocker, Row{Title: "Workflows reach into other namespaces: " + few(sortedKeys(foreign), 4), Evidence: map[string]any{"namespaces": sortedKeys(foreign)},
					Fix: []Fix{developer("Offer what is called as a Nexus service in the other namespace, and call it through an endpoint.", "")}})
			case f.Config != nil && f.Config.Keys["system.enablecrossnamespacecommands"] == 1:
				a.both(Warning, Row{Title: "Commands across namespaces are switched on here; none was seen in the sample",
					Fix: []Fix{developer("Look for child workflows, signals and cancellations that name a namespace.", "")}})
			case !n.Histories:
				a.unread("Commands across namespaces", NotAsked)
			case known && !off:
				a.both(Warning, Row{Title: "Before 1.30.0 commands across namespaces are on by default; none was seen in the sample", Evidence: map[string]any{"server_version": f.Cluster.ServerVersion},
					Fix: []Fix{developer("Look for child workflows, signals and cancellations that name a namespace.", "")}})
			case !known || !whole:
				a.both(Unknown, Row{Title: "None was seen, in a sample that does not reach every type"})
			default:
				a.both(Pass, Row{Title: "No command to another namespace was seen; this version has them off by default"})
			}
		}},
	{id: "W8", what: "signals between workflows", moves: live,
		rule:   "While two servers run side by side, a workflow that signals one on the other server gets “not found”.",
		source: docManual, wrong: "Only a sample of histories was read.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.everyType(func(s Sample) bool { return s.History.External > 0 })
			n.seenOrNot(a, seen, whole, Row{Manual: Warning, Automated: Pass, Title: "These signal other workflows: " + few(seen, 4),
				Fix: []Fix{developer("Move the types that talk to each other together.", "")}}, "No signal from workflow to workflow was seen")
		}},
	{id: "W9", what: "heartbeats", moves: live,
		rule:   "Details of a heartbeat are not carried over in a manual migration.",
		source: docManual, wrong: "It is a moment's look at a sample.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ask, unread := n.described(a, "Heartbeats")
			if !ask {
				return
			}
			total := 0
			for _, s := range n.Samples {
				total += s.Heartbeats
			}
			switch {
			case total > 0:
				a.add(Row{Manual: Warning, Automated: Pass, Title: plural(total, "pending activity") + " would lose the details of a heartbeat", Evidence: map[string]any{"activities": total},
					Fix: []Fix{developer("Let these activities end here, or make them start again from the beginning.", "")}})
			case unread > 0:
				a.both(Unknown, Row{Title: plural(unread, "open workflow") + " could not be described"})
			default:
				a.both(Pass, Row{Title: "No pending activity that was looked at keeps details of a heartbeat"})
			}
		}},
	{id: "W10", what: "stuck workflows", moves: live,
		rule:   "A workflow that fails again and again does not drain.",
		source: ours, wrong: "Before 1.30.0 only a sample is known, by attempts.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			const often = 10
			retried, _ := n.sampledOpen(func(s Sample) bool { return s.MaxAttempt >= often })
			switch {
			case n.Reported.known() && n.Reported.N > 0:
				a.add(Row{Manual: Warning, Automated: Warning, Title: plural(n.Reported.N, "open workflow") + " report a problem: fix them first", Evidence: map[string]any{"reported": n.Reported.N},
					Fix: []Fix{developer("Look at them in the Temporal UI, and fix or end them before anything else.", "temporal workflow list --namespace "+shell(n.Name)+" --query "+shell("ExecutionStatus='Running' AND TemporalReportedProblems IS NOT NULL"))}})
			case len(retried) > 0:
				a.both(Warning, Row{Title: "Activities fail again and again in " + few(retried, 4), Evidence: map[string]any{"types": retried},
					Fix: []Fix{developer("Fix them first: until then their workflows do not end.", "")}})
			case n.Reported.known():
				// It counts what workflow tasks report; activities that are tried again are seen in descriptions alone.
				ask, unread := n.described(a, "Activities that fail again and again")
				switch {
				case !ask:
				case unread > 0:
					a.both(Unknown, Row{Title: "No open workflow reports a problem, and " + plural(unread, "open workflow") + " could not be described"})
				default:
					a.both(Pass, Row{Title: "No open workflow reports a problem"})
				}
			case n.Open.known() && n.Open.N == 0:
				a.both(Pass, Row{Title: "No workflow is open"})
			default:
				a.both(Unknown, Row{Title: "Stuck workflows could not be counted: " + n.Reported.Read.because()})
			}
		}},
}

// described says whether open workflows were described: where none is open there is nothing to look at (PASS), where none
// could be described it is not known. unread counts those that could not.
func (n *Namespace) described(a *answer, what string) (ask bool, unread int) {
	read := 0
	var last Outcome
	for _, s := range n.Samples {
		switch {
		case !s.Open || s.Described == NotThere:
		case s.Described == Read:
			read++
		default:
			unread, last = unread+1, s.Described
		}
	}
	switch {
	case read > 0:
		return true, unread
	case unread > 0:
		a.unread(what, last)
	case n.Open.known() && n.Open.N == 0 || n.TypesRead == Read && n.TypesWhole && len(n.Types) == 0:
		a.both(Pass, Row{Title: "No workflow is open"})
	case n.TypesRead != Read:
		a.unread(what, n.TypesRead)
	case n.Open.known() && n.Open.N > 0:
		a.unread(what, OverBudget)
	default:
		a.unread(what, n.Open.Read)
	}
	return false, unread
}

// typesWhere are the types of samples with a history for which something is true. whole says that a history of every open
// type was read, and no history that was asked for was refused.
func (n *Namespace) typesWhere(is func(Sample) bool) (types []string, whole bool) {
	types = []string{}
	read := map[string]bool{}
	for _, s := range n.Samples {
		if s.History == nil || s.History.Read != Read {
			continue
		}
		read[s.Type] = true
		if is(s) && !slices.Contains(types, s.Type) {
			types = append(types, s.Type)
		}
	}
	whole = n.TypesRead == Read && n.TypesWhole && !slices.ContainsFunc(n.Samples, func(s Sample) bool {
		return s.History != nil && s.History.Read != Read && s.History.Read != NotThere
	})
	for _, t := range n.Types {
		if t.Open.N > 0 && !read[t.Name] {
			whole = false
		}
	}
	slices.Sort(types)
	return types, whole
}

// everyType is typesWhere for what closed runs tell as well as open ones: whole says that a history of every type that ran
// within retention was read to its end.
func (n *Namespace) everyType(is func(Sample) bool) (types []string, whole bool) {
	types, whole = n.typesWhere(is)
	read := map[string]bool{}
	for _, s := range n.Samples {
		read[s.Type] = read[s.Type] || s.History != nil && s.History.Read == Read && s.History.Whole
	}
	for _, t := range n.Types {
		whole = whole && (read[t.Name] || t.Open.N == 0 && len(t.Closed) == 0 && t.ClosedR == Read)
	}
	return types, whole && (n.Closed.known() && n.Closed.N == 0 || n.ClosedTypes == Read)
}

// sampledOpen are the types of described open runs for which something is true.
func (n *Namespace) sampledOpen(is func(Sample) bool) (types []string, read int) {
	types = []string{}
	for _, s := range n.Samples {
		if !s.Open || s.Described != Read {
			continue
		}
		read++
		if is(s) && !slices.Contains(types, s.Type) {
			types = append(types, s.Type)
		}
	}
	slices.Sort(types)
	return types, read
}

// seenOrNot answers a rule about sampled histories: seen, not seen, or not known.
func (n *Namespace) seenOrNot(a *answer, seen []string, whole bool, found Row, none string) {
	switch {
	case len(seen) > 0:
		found.Evidence = map[string]any{"types": seen}
		a.add(found)
	case !n.Histories:
		a.unread(strings.ToUpper(a.rule.what[:1])+a.rule.what[1:], NotAsked)
	case !whole:
		a.both(Unknown, Row{Title: none + ", in a sample that does not reach every type"})
	default:
		a.both(Pass, Row{Title: none})
	}
}
