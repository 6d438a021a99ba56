package assess

import (
	"fmt"
	"strings"
)

// floorAPS is what a namespace in Temporal Cloud can do at least, in actions a second, and busyAPS where to think of more.
const (
	floorAPS = 500
	busyAPS  = 400
)

var otherRules = []rule{
	{id: "X1", what: "Nexus endpoints", moves: config,
		rule:   "An endpoint in Temporal Cloud leads to a namespace and a task queue, never to a URL. An account has 100.",
		source: docLimits, wrong: "Only administrators of the server may list endpoints.",
		whole: func(a *answer, f *Facts) {
			if f.Nexus.Listed != Read {
				a.unread("Nexus endpoints", f.Nexus.Listed)
				return
			}
			var external, names []string
			for _, e := range f.Nexus.Endpoints {
				names = append(names, e.Name)
				if e.External {
					external = append(external, e.Name)
				}
			}
			switch {
			case len(external) > 0:
				a.both(Blocker, Row{Title: "Endpoints lead to a URL, which Temporal Cloud does not do: " + few(external, 4), Evidence: map[string]any{"endpoints": external},
					Fix: []Fix{developer("Serve it with a Nexus worker in a namespace, and create an endpoint to that.", "")}})
			case len(names) > 0:
				a.both(Warning, Row{Title: plural(len(names), "Nexus endpoint") + " to create again in Temporal Cloud: " + few(names, 4), Evidence: map[string]any{"endpoints": names},
					Fix: []Fix{admin("Create them with the new Namespace IDs, and allow the calling namespaces.", "tcld nexus endpoint create --name "+shell(names[0])+" --target-namespace NAME."+accountHere+" --target-task-queue QUEUE --allow-namespace CALLER."+accountHere)}})
			default:
				a.both(Pass, Row{Title: "There are no Nexus endpoints"})
			}
		}},
	{id: "X2", what: "standalone activities", moves: code,
		rule:   "Standalone activities are billed in Temporal Cloud; Onramp does not know at which stage of release they are there.",
		source: docActions, wrong: "The server may have them off.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			switch {
			case n.Described != Read:
				a.unread("Standalone activities", n.Described)
			case !n.Standalone:
				a.both(Pass, Row{Title: "This namespace has no standalone activities"})
			case !n.Activities.known():
				a.unread("Standalone activities", n.Activities.Read)
			case n.Activities.N > 0:
				a.both(Unknown, Row{Title: plural(n.Activities.N, "standalone activity") + ": ask whether Temporal Cloud has them for you", Evidence: map[string]any{"activities": n.Activities.N}})
			default:
				a.both(Pass, Row{Title: "No standalone activity was seen"})
			}
		}},
	{id: "X3", what: "local activities", moves: config,
		rule:   "All local activities of one workflow task are one action.",
		source: docActions, wrong: "SDKs record them under different names; other markers count alike.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			seen, whole := n.everyType(func(s Sample) bool { return s.History.MarkerTasks > 0 })
			n.seenOrNot(a, seen, whole, Row{Manual: Info, Automated: Info, Title: "These record markers, such as local activities: " + few(seen, 4)}, "No marker was seen")
		}},
	{id: "A1", what: "authentication", moves: code,
		rule:   "Temporal Cloud knows clients by a client certificate (mTLS) or an API key, and people by its own roles. A claim mapper or authorizer of yours does not come along.",
		source: "https://docs.temporal.io/cloud/security", wrong: "No RPC shows an authorizer or a claim mapper.",
		whole: func(a *answer, f *Facts) {
			denied := f.List == Refused || f.Cluster.Info == Refused || f.Cluster.Clusters == Refused
			for _, n := range f.Namespaces {
				denied = denied || n.Described == Refused || n.AttributesR == Refused
			}
			ev := map[string]any{"tls": f.TLS, "api_key": f.APIKey, "refusals": denied}
			fix := []Fix{developer("Give every client and worker a client certificate or an API key for Temporal Cloud; onramp code --lang LANGUAGE prints the change.", "")}
			switch {
			case f.APIKey:
				a.both(Warning, Row{Title: "This server judges tokens: its roles must become roles and service accounts in Temporal Cloud", Evidence: ev, Fix: fix})
			case denied:
				a.both(Warning, Row{Title: "This server refuses some callers: its rules must become roles in Temporal Cloud", Evidence: ev, Fix: fix})
			default:
				a.both(Info, Row{Title: "Clients must learn to identify themselves: here they need " + map[bool]string{true: "TLS", false: "nothing"}[f.TLS], Evidence: ev, Fix: fix})
			}
		}},
	{id: "A2", what: "dynamic configuration", moves: config,
		rule:   "Temporal Cloud has no dynamic configuration: limits that were raised here go back to Temporal Cloud's.",
		source: docLimits, wrong: "The file that you gave need not be what the server runs with.",
		whole: func(a *answer, f *Facts) {
			if f.Config == nil {
				a.both(Unknown, Row{Title: "The server's dynamic configuration cannot be read from outside", Fix: []Fix{platform("Give the file.", again(f)+" --dynamic-config FILE")}})
				return
			}
			over := 0
			for _, k := range sortedKeys(f.Config.Keys) {
				if most, known := dynamicLimits[k]; known && f.Config.Keys[k] > most {
					over++
					a.both(Warning, Row{Subject: k, Title: fmt.Sprintf("%s is %d here and %d in Temporal Cloud", k, f.Config.Keys[k], most), Evidence: map[string]any{"here": f.Config.Keys[k], "cloud": most},
						Fix: []Fix{developer("Change what needs the higher limit.", "")}})
				}
			}
			if over == 0 {
				a.both(Pass, Row{Title: "No limit in the file is above Temporal Cloud's", Evidence: map[string]any{"other_keys": f.Config.Others}})
			}
		}},
	{id: "Q1", what: "queries of visibility", moves: code,
		rule:   "Temporal Cloud's visibility knows no ORDER BY and answers 30 calls a second; a namespace's own credentials may not list namespaces or call the operator service.",
		source: docFilters, wrong: "Onramp sees only the code that you give it, and knows text: a query that is put together elsewhere is not found, and one to another database may be.",
		whole: func(a *answer, f *Facts) {
			c := f.Code
			look := developer("Let Onramp look for it in your source code; nothing of the code is kept.", again(f)+" --code DIR")
			switch {
			case c == nil:
				a.both(Unknown, Row{Title: "What your programs ask of visibility cannot be read from a server", Fix: []Fix{look}})
				return
			case c.Read != Read:
				a.both(Unknown, Row{Title: "The source code could not be read: " + either(c.Why, c.Read.because()), Fix: []Fix{look}})
				return
			}
			at := map[string][]string{}
			for _, h := range c.Found {
				at[h.What] = append(at[h.What], fmt.Sprintf("%s:%d", h.File, h.Line))
			}
			for _, p := range codePatterns {
				if where := at[p.what]; len(where) > 0 {
					a.both(Warning, Row{Subject: p.what, Title: p.title + ": " + few(where, 4), Evidence: map[string]any{"where": where, "more": c.More}, Fix: []Fix{developer(p.fix, "")}})
				}
			}
			ev := map[string]any{"files": c.Files}
			switch {
			case !c.Whole:
				a.both(Unknown, Row{Title: "Only a part of the source code was looked at: " + plural(c.Files, "file") + " that mention Temporal", Evidence: ev, Fix: []Fix{look}})
			case c.Files == 0:
				a.both(Unknown, Row{Title: "No source file there mentions Temporal", Evidence: ev, Fix: []Fix{look}})
			case len(c.Found) == 0:
				a.both(Pass, Row{Title: "Nothing of it stands in the code that was given: " + plural(c.Files, "file") + " that mention Temporal", Evidence: ev})
			}
		}},
	{id: "M1", what: "rate of actions", moves: config,
		rule:   "A namespace in Temporal Cloud can do 500 actions a second at first; the limit follows its use of the last seven days.",
		source: docCapacity, wrong: "Without the server's metric the rate is an estimate from samples, and an average hides peaks.",
		whole: func(a *answer, f *Facts) {
			act := actionsOf(f)
			switch {
			case f.Metrics != nil && f.Metrics.Read == Read:
				for _, n := range sortedKeys(f.Metrics.Rate) {
					rate := f.Metrics.Rate[n]
					ev := map[string]any{"actions_a_second": rate, "seconds_watched": f.Metrics.Seconds}
					row := Row{Namespace: n, Title: fmt.Sprintf("%.1f actions a second now", rate), Evidence: ev}
					if rate > busyAPS {
						row.Fix = []Fix{admin("Ask for provisioned capacity for the first week, until the limit has followed your use.", "")}
						a.both(Warning, row)
						continue
					}
					row.Title += "; peaks are not known from two looks"
					a.both(Info, row)
				}
				if len(f.Metrics.Rate) == 0 {
					a.both(Unknown, Row{Title: "The metrics count no action of a namespace"})
				}
			case f.Metrics != nil:
				a.both(Unknown, Row{Title: "The metrics could not be read: " + f.Metrics.Why})
			case act.High == nil:
				a.both(Unknown, Row{Title: "The rate of actions is not known: " + act.Why, Fix: []Fix{platform("Give the address of the server's metrics.", again(f)+" --metrics http://HOST:PORT/metrics")}})
			case *act.High/secondsOfMonth > busyAPS:
				a.both(Warning, Row{Title: fmt.Sprintf("Perhaps %.0f actions a second on average", *act.High/secondsOfMonth), Evidence: map[string]any{"high_a_month": *act.High},
					Fix: []Fix{admin("Measure it before you move, and ask for provisioned capacity for the first week.", again(f)+" --metrics http://HOST:PORT/metrics")}})
			default:
				a.both(Info, Row{Title: fmt.Sprintf("About %s actions a month, %.2f a second on average; peaks are not known", human(*act.Likely), *act.Likely/secondsOfMonth), Evidence: map[string]any{"low": *act.Low, "likely": *act.Likely, "high": *act.High},
					Fix: []Fix{platform("Measure the peak from the server's own counter.", again(f)+" --metrics http://HOST:PORT/metrics")}})
			}
		}},
	{id: "M2", what: "system namespaces", moves: config,
		rule:   "The server's own namespaces are not yours to move.",
		source: ours, wrong: "A namespace of yours may bear such a name.",
		whole: func(a *answer, f *Facts) {
			if f.List != Read {
				a.unread("System namespaces", f.List)
				return
			}
			a.both(Pass, Row{Title: plural(len(f.System), "system namespace") + " left out", Evidence: map[string]any{"namespaces": f.System}})
		}},
	{id: "Z1", what: "target namespace", moves: config,
		rule:   "The automated migration needs a namespace in which no workflow ever ran; every custom search attribute must exist there.",
		source: docAutomated, wrong: "Retention hides workflows that ran long ago: “never” cannot be read.",
		whole: func(a *answer, f *Facts) {
			if f.Target == nil {
				a.both(Unknown, Row{Title: "No namespace in Temporal Cloud was given to look at", Fix: []Fix{admin("Give it once it exists.", again(f)+" --target-namespace NAME."+accountHere+" --target-address HOST:7233")}})
				return
			}
			t := f.Target
			ev := map[string]any{"address": t.Address, "namespace": t.Namespace}
			if t.Reached != Read {
				a.unread("The namespace in Temporal Cloud", t.Reached)
				return
			}
			switch {
			case !t.Executions.known():
				a.unread("Whether a workflow ran there", t.Executions.Read)
			case t.Executions.N > 0:
				ev["executions"] = t.Executions.N
				a.add(Row{Manual: Info, Automated: Blocker, Title: "Workflows ran in the target namespace already: " + plural(t.Executions.N, "execution"), Evidence: ev,
					Fix: []Fix{admin("For the automated migration, create another namespace and use it for nothing else.", "")}})
			default:
				a.both(Pass, Row{Title: "No workflow is known in the target namespace", Evidence: ev})
			}
			var missing, unread []string
			for _, k := range sortedKeys(t.Missing) {
				switch t.Missing[k] {
				case Read:
				case NotThere:
					missing = append(missing, k)
				default:
					unread = append(unread, k)
				}
			}
			if len(missing) > 0 {
				a.both(Blocker, Row{Subject: "search attributes of the target", Title: "Search attributes are missing in the target namespace: " + few(missing, 4), Evidence: map[string]any{"missing": missing},
					Fix: []Fix{admin("Create them before workers start.", "tcld namespace search-attributes add --namespace "+shell(t.Namespace)+" --search-attribute "+shell(missing[0]+"=TYPE"))}})
			}
			if len(unread) > 0 {
				a.both(Unknown, Row{Subject: "search attributes of the target", Title: "Whether these exist in the target namespace could not be read: " + few(unread, 4)})
			}
		}},
}

// dynamicLimits are keys of dynamic configuration with Temporal Cloud's limit for the same thing.
var dynamicLimits = map[string]int64{
	"limit.blobsize.error":                  largestPayload,
	"limit.memosize.error":                  largestPayload,
	"limit.historysize.error":               historyBytes,
	"limit.historycount.error":              historyEvents,
	"limit.maxidlength":                     longestID,
	"history.maximumsignalsperexecution":    signalsOfRun,
	"history.maxtotalupdates":               updatesOfRun,
	"history.maxinflightupdates":            10,
	"limit.numpendingactivities.error":      2000,
	"limit.numpendingchildexecutions.error": 2000,
	"limit.numpendingsignals.error":         2000,
	"limit.numpendingcancelrequests.error":  2000,
}

// human is a number as people say it: 1,200,000 is "1.2 million".
func human(n float64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f billion", n/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f million", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.0f thousand", n/1e3)
	}
	return strings.TrimSuffix(fmt.Sprintf("%.0f", n), ".0")
}
