package assess

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"onramp/fault"
)

var scheduleRules = []rule{
	{id: "C1", what: "schedules", moves: live,
		rule:   "Schedules must be created again in Temporal Cloud. A namespace starts with 10 schedule requests a second.",
		source: docLimits, wrong: "The list lags a little, and only the next times of each schedule are known.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			s := n.Schedules
			total := int64(s.N)
			if s.Count.known() {
				total = max(total, s.Count.N)
			}
			ev := map[string]any{"schedules": total, "paused": s.Paused}
			fix := []Fix{admin("Create them in Temporal Cloud paused, pause them here, then start them there; backfill what fell in between.", "")}
			switch {
			case s.Listed == Off:
				a.both(Pass, Row{Title: "Schedules are switched off in this namespace", Evidence: ev})
			case s.Listed != Read && !s.Count.known():
				a.unread("Schedules", s.Listed)
			case s.Burst > 10:
				ev["due_in_one_second"], ev["at"] = s.Burst, s.BurstAt.Format(time.RFC3339)
				a.both(Warning, Row{Title: fmt.Sprintf("%s, and %d of them are due in the same second", plural(total, "schedule"), s.Burst), Evidence: ev,
					Fix: append(fix, developer("Give them jitter, so that they do not all start at once.", ""))})
			case s.Listed != Read:
				a.both(Unknown, Row{Title: plural(total, "schedule") + "; their times could not be read: " + s.Listed.because(), Evidence: ev, Fix: fix})
			case total > 0:
				a.both(Info, Row{Title: plural(total, "schedule") + " to create in Temporal Cloud", Evidence: ev, Fix: fix})
			default:
				a.both(Pass, Row{Title: "There are no schedules", Evidence: ev})
			}
		}},
	{id: "C2", what: "schedule policies", moves: live,
		rule:   "A schedule's count of runs, what it remembers of its last run and what waits in its buffer are not copied. Runs at both servers do not see each other for the overlap policy.",
		source: docSchedules, wrong: "At most 30 schedules are described.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			s := n.Schedules
			var special []string
			read, unread := 0, Outcome("")
			ev := map[string]any{}
			for _, d := range s.Described {
				if d.Read != Read {
					if d.Read != NotThere {
						unread = d.Read
					}
					continue
				}
				read++
				var why []string
				if d.Overlap == "ALLOW_ALL" {
					why = append(why, "runs overlap")
				}
				if d.Limited {
					why = append(why, fmt.Sprintf("%d runs are left", d.Remaining))
				}
				if d.Buffered > 0 {
					why = append(why, fmt.Sprintf("%d starts are buffered", d.Buffered))
				}
				if len(why) > 0 {
					special = append(special, d.ID)
					ev[d.ID] = strings.Join(why, ", ")
				} else if d.Running > 0 {
					ev[d.ID] = fmt.Sprintf("%d running, catch-up %s", d.Running, fault.Lasts(d.Catchup))
				}
			}
			switch {
			case len(special) > 0:
				a.both(Warning, Row{Title: "These schedules need care when they are handed over: " + few(special, 4), Evidence: ev,
					Fix: []Fix{developer("Hand each over by hand, between two runs, with the number of runs that are left.", "")}})
			case s.Listed == Off:
				a.both(Pass, Row{Title: "Schedules are switched off in this namespace"})
			case s.Listed != Read:
				a.unread("Schedules", s.Listed)
			case unread != "":
				a.unread("Some schedules", unread)
			case read < s.N:
				a.both(Unknown, Row{Title: fmt.Sprintf("%d of %d schedules were described; none of them needs special care", read, s.N), Evidence: ev})
			case s.N == 0:
				a.both(Pass, Row{Title: "There are no schedules"})
			default:
				a.both(Pass, Row{Title: "No schedule needs special care", Evidence: ev})
			}
		}},
	{id: "C3", what: "batch jobs and resets", moves: live,
		rule:   "Temporal Cloud runs one batch job at a time in a namespace, 50 executions a second. A reset is one action.",
		source: docLimits, wrong: "Retention hides older jobs; resets are seen in sampled histories only.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			resets, whole := n.typesWhere(func(s Sample) bool { return s.History.Resets > 0 })
			switch {
			case n.Batches.known() && n.Batches.N > 0:
				a.both(Warning, Row{Title: plural(n.Batches.N, "batch job") + " running", Evidence: map[string]any{"running": n.Batches.N},
					Fix: []Fix{developer("Let it end before you start to migrate.", "")}})
			case len(resets) > 0:
				a.both(Info, Row{Title: "Workflows were reset: " + few(resets, 4), Evidence: map[string]any{"types": resets}})
			case n.Batches.Read == Off:
				a.both(Pass, Row{Title: "Batch jobs are switched off in this namespace"})
			case !n.Batches.known():
				a.unread("Batch jobs", n.Batches.Read)
			case !whole:
				a.both(Unknown, Row{Title: "No batch job is running; whether workflows were reset is not known of every type"})
			default:
				a.both(Pass, Row{Title: "No batch job is running, and no reset was seen"})
			}
		}},
	{id: "C4", what: "reuse of workflow IDs", moves: code,
		rule:   "Temporal Cloud starts one workflow ID once a second at most. A server of your own does not check every start, unless it is told to.",
		source: docLimits, wrong: "Only runs that the server still keeps and lists are compared: a start that was refused, or that joined a run, is not among them.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			r := n.Reuse
			ev := map[string]any{"runs_compared": r.Runs}
			logs := developer("Look for “Too many starts for workflow” in the logs of your starters.", "")
			switch {
			case len(r.Found) > 0:
				var ids []string
				soonest := r.Found[0].After
				for _, f := range r.Found {
					ids, soonest = append(ids, f.WorkflowID), min(soonest, f.After)
				}
				slices.Sort(ids)
				ids = slices.Compact(ids)
				ev["workflow_ids"], ev["soonest_seconds"] = ids, soonest
				a.both(Warning, Row{Title: "Started again within a second: " + few(ids, 4), Evidence: ev,
					Fix: []Fix{developer("Give each start a workflow ID of its own. Where the ID must be the same, let the client wait a second: Temporal Cloud refuses the start before that (ResourceExhausted).", "")}})
			case r.Read != Read:
				a.unread("Starts of one workflow ID", r.Read, logs)
			case r.Unsure > 0:
				ev["runs"] = r.Unsure
				a.both(Unknown, Row{Title: plural(r.Unsure, "run") + " began within a second after another of the same workflow ID; the server does not say whether somebody started them", Evidence: ev, Fix: []Fix{logs}})
			case !r.Whole:
				a.both(Unknown, Row{Title: "No workflow ID was started twice within a second, of the " + plural(r.Runs, "run") + " that were compared; there are more", Evidence: ev, Fix: []Fix{logs}})
			default:
				a.both(Pass, Row{Title: "No workflow ID was started twice within a second", Evidence: ev})
			}
		}},
}

// The versions that brought versioning by rules (release notes of the temporal CLI 0.13.1) and Worker Deployments.
var rulesSince, deploymentsSince = release{1, 24, 0}, release{1, 27, 0}

// apiKeySince is the first release of an SDK that connects with an API key, by the name that the SDK calls itself.
// Java's takes one since 1.24, but its worker began with a health check that Temporal Cloud refuses, until 1.28.1 (pull
// request 2438 of sdk-java).
var apiKeySince = map[string]release{
	"temporal-go": {1, 26, 0}, "temporal-python": {1, 6, 0}, "temporal-typescript": {1, 9, 4}, "temporal-java": {1, 28, 1},
	"temporal-dotnet": {1, 1, 0}, "temporal-php": {2, 9, 0}, "temporal-php-2": {2, 9, 0}, "temporal-ruby": {0, 2, 0},
}

var workerRules = []rule{
	{id: "T1", what: "task queues", moves: live,
		rule:   "A workflow ends only where a worker polls its task queue: the old workers must stay until the drain is over.",
		source: docManual, wrong: "Only pollers of the last five minutes are known; activities may use queues that no sampled history names.",
		each: func(a *answer, f *Facts, n *Namespace) {
			var lonely, polled []string
			var unread []Outcome
			ev := map[string]any{}
			for _, q := range n.Queues {
				if q.Workflows.Read != Read || q.Activities.Read != Read {
					if unread = append(unread, q.Workflows.Read); q.Workflows.Read == Read {
						unread = append(unread, q.Activities.Read)
					}
					continue
				}
				needs := q.HasOpen && q.Workflows.N == 0 || q.ForTasks && q.Activities.N == 0 && q.Workflows.N == 0
				if needs {
					lonely = append(lonely, q.Name)
				} else {
					polled = append(polled, q.Name)
				}
				ev[q.Name] = fmt.Sprintf("%s, %s", plural(q.Workflows.N, "workflow poller"), plural(q.Activities.N, "activity poller"))
			}
			switch {
			case len(lonely) > 0:
				a.both(Warning, Row{Title: "Work waits on task queues that nobody polls: " + few(lonely, 4), Evidence: ev,
					Fix: []Fix{developer("Start their workers again, or end what waits: it will not drain.", "temporal task-queue describe --address "+shell(f.Address)+" --namespace "+shell(n.Name)+" --task-queue "+shell(lonely[0]))}})
			case len(unread) > 0:
				a.unread("Some task queues", unread[len(unread)-1])
			case n.QueuesMore:
				a.both(Unknown, Row{Title: fmt.Sprintf("There are more than %d task queues; those that were looked at are polled", maxQueues), Evidence: ev})
			case n.TypesRead != Read:
				a.unread("Which task queues there are", n.TypesRead)
			case len(polled) > 0:
				a.both(Pass, Row{Title: "Every task queue with open work is polled", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "No open work names a task queue"})
			}
		}},
	{id: "T2", what: "SDK versions", moves: code,
		rule:   "API keys need Go 1.26, Python 1.6, TypeScript 1.9.4, Java 1.28.1, .NET 1.1, PHP 2.9 or Ruby 0.2. Client certificates (mTLS) work with every version.",
		source: "https://docs.temporal.io/cloud/api-keys and the SDKs' release tags", wrong: "A worker that does not poll now is not seen; without heartbeats the version is that of a sampled history.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			var old []string
			ev := map[string]any{}
			unknown := false
			_, whole := n.typesWhere(func(Sample) bool { return false })
			for _, s := range n.Workers.SDKs {
				ev[s.Name+" "+s.Version] = s.N
				min, known := apiKeySince[s.Name]
				yes, readable := atLeast(s.Version, min)
				switch {
				case !known || !readable:
					unknown = true
				case !yes:
					old = append(old, s.Name+" "+s.Version)
				}
			}
			switch {
			case len(old) > 0:
				a.both(Warning, Row{Title: "These SDKs are too old for API keys: " + few(old, 4), Evidence: ev,
					Fix: []Fix{developer("Upgrade them, or connect with client certificates, which work with every version.", "")}})
			case len(n.Workers.SDKs) == 0 && n.Workers.Listed != Read && n.Workers.Listed != NotServed:
				a.unread("The workers' SDKs", n.Workers.Listed)
			case len(n.Workers.SDKs) == 0:
				a.both(Unknown, Row{Title: "No worker and no sampled history says the version of its SDK"})
			case n.Workers.Listed != Read && !whole || n.Workers.Listed != Read && n.Workers.Listed != NotServed:
				a.both(Unknown, Row{Title: "The SDKs of sampled histories can use client certificates and API keys; the workers could not be listed: " + n.Workers.Listed.because(), Evidence: ev})
			case unknown:
				a.both(Unknown, Row{Title: "Some SDKs or their versions are not ones that Onramp knows", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "The SDKs that were seen can use client certificates and API keys", Evidence: ev})
			}
		}},
	{id: "T3", what: "worker versioning", moves: code,
		rule:   "Worker Deployments work in Temporal Cloud, up to 100 in a namespace. Versioning by rules from before 2025 is being removed.",
		source: docLimits, wrong: "At most ten task queues were asked for rules.",
		each: func(a *answer, f *Facts, n *Namespace) {
			hasRules, _ := atLeast(f.Cluster.ServerVersion, rulesSince)
			hasDeployments, told := atLeast(f.Cluster.ServerVersion, deploymentsSince)
			ev := map[string]any{"deployments": n.Deployments.N, "versioning_rules": n.Rules.N}
			switch {
			case n.Rules.known() && n.Rules.N > 0:
				a.both(Warning, Row{Title: "Task queues use the old versioning rules, which are being removed", Evidence: ev,
					Fix: []Fix{developer("Move to Worker Deployments.", "")}})
			case n.Deployments.known() && n.Deployments.N >= 100:
				a.both(Warning, Row{Title: "There are 100 Worker Deployments or more", Evidence: ev, Fix: []Fix{developer("Delete those that are not used.", "")}})
			case n.Rules.Read == NotServed && !hasRules: // build ID sets, which came before rules, are not asked for
				a.both(Unknown, Row{Title: "Whether this version's worker versioning is in use cannot be read", Evidence: ev,
					Fix: []Fix{developer("If your workers set a build ID, move to Worker Deployments.", "")}})
			case !n.Rules.known() && n.Rules.Read != NotServed && n.Rules.Read != Off:
				a.unread("Versioning rules", n.Rules.Read)
			case !n.Deployments.known() && n.Deployments.Read != Off && (n.Deployments.Read != NotServed || !told || hasDeployments):
				a.unread("Worker Deployments", n.Deployments.Read)
			case n.Deployments.N > 0:
				a.both(Info, Row{Title: plural(n.Deployments.N, "Worker Deployment") + ": set the current version again in Temporal Cloud", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "No worker versioning is in use", Evidence: ev})
			}
		}},
	{id: "T4", what: "rate limits of task queues", moves: config,
		rule:   "Limits that were set by API must be set again. Fairness adds a tenth of an action to each.",
		source: docActions, wrong: "Only task queues with open work, schedules or sampled activities were asked.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			var set []string
			read := 0
			for _, q := range n.Queues {
				if q.Workflows.Read == Read {
					read++
				}
				if q.Limit > 0 || q.Fairness {
					set = append(set, q.Name)
				}
			}
			switch {
			case len(set) > 0:
				a.both(Info, Row{Title: "Rate limits or fairness are set on " + few(set, 4), Evidence: map[string]any{"task_queues": set},
					Fix: []Fix{admin("Set them again in Temporal Cloud.", "")}})
			case read < len(n.Queues):
				a.unread("Some task queues", n.Queues[slices.IndexFunc(n.Queues, func(q Queue) bool { return q.Workflows.Read != Read })].Workflows.Read)
			default:
				a.both(Pass, Row{Title: "No task queue that was asked has a limit of its own"})
			}
		}},
}
