package assess

import (
	"fmt"
	"slices"
	"strings"

	"onramp/fault"
)

var (
	oldestAutomated = release{1, 22, 6}
	streamByDefault = release{1, 24, 0}
	tellsFailover   = release{1, 29, 0}
	tellsLimits     = release{1, 30, 0}
	crossOff        = release{1, 30, 0} // from here on commands across namespaces are off by default
)

// The largest failover version, and what its increment must divide.
const failoverRoom = 1_000_000

var serverRules = []rule{
	{id: "V1", what: "server version", moves: config,
		rule:   "The automated migration needs server 1.22.6 or later at the source. The manual migration has no such rule.",
		source: docAutomated, wrong: "A build of your own may say a version that it is not.",
		whole: func(a *answer, f *Facts) {
			v := f.Cluster.ServerVersion
			yes, known := atLeast(v, oldestAutomated)
			ev := map[string]any{"server_version": v}
			switch {
			case v == "":
				a.unread("The server's version", f.Cluster.System)
			case !known:
				a.both(Unknown, Row{Title: "“" + v + "” is no version that can be compared with 1.22.6", Evidence: ev})
			case yes:
				a.both(Pass, Row{Title: "Server " + v + " is new enough for both ways to migrate", Evidence: ev})
			default:
				a.add(Row{Manual: Info, Automated: Blocker, Title: "Server " + v + " is too old for the automated migration", Evidence: ev,
					Fix: []Fix{platform("Upgrade the server to 1.22.6 or later, one minor version at a time, or take the manual migration.", "")}})
			}
		}},
	{id: "V2", what: "replication stream", moves: config,
		rule:   "On server 1.22 and 1.23 the automated migration needs the dynamic configuration history.enableReplicationStream.",
		source: docAutomated, wrong: "No RPC shows dynamic configuration: it may be set already.",
		whole: func(a *answer, f *Facts) {
			v := f.Cluster.ServerVersion
			old, known := atLeast(v, oldestAutomated)
			newer, known2 := atLeast(v, streamByDefault)
			switch {
			case v == "" || !known || !known2:
				a.unread("Whether the replication stream must be switched on", Failed)
			case newer || !old:
				a.both(Pass, Row{Title: "This version needs no switch for the replication stream", Evidence: map[string]any{"server_version": v}})
			case f.Config != nil && f.Config.Keys["history.enablereplicationstream"] == 1:
				a.both(Pass, Row{Title: "history.enableReplicationStream is set in the dynamic configuration file", Evidence: map[string]any{"server_version": v}})
			default:
				a.add(Row{Manual: Pass, Automated: Warning, Title: "Server " + v + " replicates by stream only when it is switched on", Evidence: map[string]any{"server_version": v},
					Fix: []Fix{platform("Set this in the server's dynamic configuration before the automated migration.", "history.enableReplicationStream:\n  - value: true")}})
			}
		}},
	{id: "V3", what: "kind of server", moves: config,
		rule:   "A development server keeps its data in SQLite. There is nothing on it that must be kept: start new workflows in Temporal Cloud.",
		source: ours, wrong: "Somebody may run real work on SQLite.",
		whole: func(a *answer, f *Facts) {
			switch store := f.Cluster.Persistence; {
			case f.Cluster.Info != Read:
				a.unread("What the server keeps its data in", f.Cluster.Info)
			case store == "":
				a.both(Unknown, Row{Title: "The server does not say what it keeps its data in"})
			case store == "sqlite":
				a.both(Info, Row{Title: "This is a development server (SQLite)", Evidence: map[string]any{"persistence_store": store},
					Fix: []Fix{developer("Move your code and start new workflows in Temporal Cloud; what runs here can end here.", "")}})
			default:
				a.both(Pass, Row{Title: "The server keeps its data in " + store, Evidence: map[string]any{"persistence_store": store}})
			}
		}},
	{id: "V4", what: "history shards", moves: config,
		rule:   "The automated migration needs a number of history shards that is a power of two.",
		source: docAutomated, wrong: "The replication proxy has other modes in its source code; the documentation names none.",
		whole: func(a *answer, f *Facts) {
			n := f.Cluster.Shards
			ev := map[string]any{"history_shard_count": n}
			switch {
			case f.Cluster.Info != Read:
				a.unread("The number of history shards", f.Cluster.Info)
			case n <= 0:
				a.both(Unknown, Row{Title: "The server does not say how many history shards it has", Evidence: ev})
			case n&(n-1) == 0:
				a.both(Pass, Row{Title: fmt.Sprintf("The number of history shards, %d, is a power of two", n), Evidence: ev})
			default:
				a.add(Row{Manual: Pass, Automated: Blocker, Title: fmt.Sprintf("The number of history shards, %d, is not a power of two", n), Evidence: ev,
					Fix: []Fix{platform("The number of shards cannot be changed on a server that has data: take the manual migration, or ask your Temporal account team.", "")}})
			}
		}},
	{id: "V5", what: "failover versions", moves: config,
		rule:   "If global namespaces were ever on, the automated migration needs failover versions of at most 1,000,000 and an increment that divides 1,000,000.",
		source: docAutomated, wrong: "No RPC says whether global namespaces were ever on.",
		whole: func(a *answer, f *Facts) {
			first, by := f.Cluster.InitialFailover, f.Cluster.Increment
			ev := map[string]any{"initial_failover_version": first, "failover_version_increment": by}
			told, known := atLeast(f.Cluster.ServerVersion, tellsFailover)
			switch {
			case f.Cluster.Info != Read:
				a.unread("The failover versions", f.Cluster.Info)
			case by == 0 && (!told || !known):
				a.add(Row{Manual: Pass, Automated: Unknown, Title: "This version does not say its failover versions", Evidence: ev,
					Fix: []Fix{platform("Read them with the older command and give them to your Temporal account team.", "tctl admin cluster describe")}})
			case by <= 0 || first < 0:
				a.add(Row{Manual: Pass, Automated: Unknown, Title: "The server does not say its failover versions", Evidence: ev})
			case first > failoverRoom || failoverRoom%by != 0:
				a.add(Row{Manual: Pass, Automated: Warning, Title: "The failover versions do not fit the automated migration", Evidence: ev,
					Fix: []Fix{platform("If global namespaces were ever enabled here, talk to your Temporal account team: these values cannot be changed afterwards.", "")}})
			default:
				a.both(Pass, Row{Title: "The failover versions fit the automated migration", Evidence: ev})
			}
		}},
	{id: "V6", what: "cluster name", moves: config,
		rule:   "Clusters that are migrated at the same time need different names.",
		source: docAutomated, wrong: "Onramp sees this cluster only: others of yours may have the same name.",
		whole: func(a *answer, f *Facts) {
			ev := map[string]any{"cluster_name": f.Cluster.Name, "clusters": f.Cluster.Remote}
			switch {
			case f.Cluster.Info != Read:
				a.unread("The cluster's name", f.Cluster.Info)
			case count(f.Cluster.Remote, f.Cluster.Name) > 1:
				a.add(Row{Manual: Pass, Automated: Warning, Title: "Two clusters have the name " + f.Cluster.Name, Evidence: ev,
					Fix: []Fix{platform("Ask your Temporal account team before you migrate both.", "")}})
			case f.Cluster.Name == "active":
				a.add(Row{Manual: Pass, Automated: Info, Title: "The cluster has the default name, active", Evidence: ev,
					Fix: []Fix{platform("If you migrate a second cluster that also has the default name, ask your Temporal account team first.", "")}})
			default:
				a.both(Pass, Row{Title: "The cluster's name is " + f.Cluster.Name, Evidence: ev})
			}
		}},
	{id: "V7", what: "visibility store", moves: config,
		rule:   "Counting executions needs advanced visibility: SQL from server 1.20, or Elasticsearch.",
		source: docFilters, wrong: "A server may have two visibility stores and name one.",
		whole: func(a *answer, f *Facts) {
			v := f.Cluster.Visibility
			ev := map[string]any{"visibility_store": v}
			switch {
			case f.Cluster.Info != Read:
				a.unread("The visibility store", f.Cluster.Info)
			case v == "":
				a.both(Unknown, Row{Title: "The server does not say what its visibility store is", Evidence: ev})
			case strings.Contains(v, "cassandra"):
				a.both(Unknown, Row{Title: "Standard visibility on Cassandra cannot count: rows that need counts are not known", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "The visibility store is " + v, Evidence: ev})
			}
		}},
}

func count(list []string, s string) (n int) {
	for _, x := range list {
		if x == s {
			n++
		}
	}
	return n
}

// The default number of namespaces of an account in Temporal Cloud.
const namespacesAtFirst = 10

var namespaceRules = []rule{
	{id: "N1", what: "namespaces", moves: config,
		rule:   "An account in Temporal Cloud starts with 10 namespaces; the number grows on request and with use.",
		source: docLimits, wrong: "Your account may have a larger quota already.",
		whole: func(a *answer, f *Facts) {
			ev := map[string]any{"namespaces": f.Listed}
			if f.Skipped > 0 {
				a.both(Unknown, Row{Title: plural(f.Skipped, "namespace") + " could not be assessed before the run ended", Evidence: map[string]any{"skipped": f.Skipped},
					Fix: []Fix{platform("Name those that matter, or give a larger budget.", again(f)+" --namespace NAME --budget 5000")}})
			}
			switch {
			case f.List != Read:
				a.unread("The list of namespaces", f.List, platform("Name each namespace to assess.", again(f)+" --namespace NAME"))
			case f.More:
				a.both(Info, Row{Title: fmt.Sprintf("There are more than %d namespaces", f.Listed), Evidence: ev,
					Fix: []Fix{admin("Ask for a larger quota before you create them, and assess them by name.", "")}})
			case f.Listed > namespacesAtFirst:
				a.both(Info, Row{Title: fmt.Sprintf("There are %d namespaces; an account starts with %d", f.Listed, namespacesAtFirst), Evidence: ev,
					Fix: []Fix{admin("Open a support ticket for a larger quota of namespaces before you create them.", "")}})
			default:
				a.both(Pass, Row{Title: plural(f.Listed, "namespace") + ", within the 10 that an account starts with", Evidence: ev})
			}
		}},
	{id: "N2", what: "namespace name", moves: config,
		rule:   "A name has 2 to 39 characters: lower-case letters, digits and hyphens, a letter first, a letter or digit last.",
		source: docNames, wrong: "It cannot: the rule looks at the name alone.",
		each: func(a *answer, f *Facts, n *Namespace) {
			as := a.as[n.Name]
			if n.Name == "default" {
				a.both(Pass, Row{Subject: n.Name, Title: "The rules allow the name; the commands here propose “" + as + "”, so that nothing gets there by default", Evidence: map[string]any{"proposed": as}})
				return
			}
			if _, err := nameAsIs(n.Name); err == nil {
				a.both(Pass, Row{Subject: n.Name, Title: "The name can be used in Temporal Cloud as it is"})
				return
			}
			a.both(Warning, Row{Subject: n.Name, Title: "The name breaks Temporal Cloud's rules", Evidence: map[string]any{"proposed": as},
				Fix: []Fix{admin("Create it as "+as+"; nothing else has to follow from the old name.", createCommand(as, n))}})
		}},
	{id: "N3", what: "clients that name no namespace", moves: code,
		rule:   "In Temporal Cloud every namespace is named NAME.ACCOUNT, and none is the default: a client that sets no namespace asks for “default”, which is not there.",
		source: docNames, wrong: "Onramp does not see your code: it may set the namespace everywhere.",
		each: func(a *answer, f *Facts, n *Namespace) {
			if n.Name != "default" {
				a.both(Pass, Row{Subject: n.Name, Title: "Clients of this namespace must name it already"})
				return
			}
			a.both(Warning, Row{Subject: n.Name, Title: "Clients and workers that set no namespace use this one",
				Fix: []Fix{developer("Set the namespace in every client, worker and script; TEMPORAL_NAMESPACE does it where the SDK reads the environment.", "export TEMPORAL_NAMESPACE="+a.as[n.Name]+"."+accountHere)}})
		}},
	{id: "N4", what: "environments", moves: config,
		rule:   "A namespace each for development and production keeps their workflows, limits and access apart.",
		source: "https://docs.temporal.io/best-practices/managing-namespace", wrong: "It is a guess by the names of workers and task queues.",
		each: func(a *answer, f *Facts, n *Namespace) {
			seen := map[string]bool{}
			for _, q := range n.Queues {
				for _, s := range append(slices.Concat(q.Workflows.Identities, q.Activities.Identities), q.Name) {
					if e := environment(s); e != "" {
						seen[e] = true
					}
				}
			}
			if len(seen) > 1 {
				a.both(Info, Row{Subject: n.Name, Title: "Workers of several environments seem to share this namespace", Evidence: map[string]any{"environments": sortedKeys(seen)},
					Fix: []Fix{admin("Consider a namespace for each environment.", "")}})
				return
			}
			a.both(Pass, Row{Subject: n.Name, Title: "Nothing says that several environments share this namespace"})
		}},
	{id: "N5", what: "retention", moves: config,
		rule:   "Temporal Cloud keeps closed workflows for 1 to 90 days.",
		source: docLimits, wrong: "It cannot: the server says its own setting.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			if n.Described != Read {
				a.unread("The retention", n.Described)
				return
			}
			days := n.Retention.Hours() / 24
			ev := map[string]any{"retention_days": days}
			switch {
			case n.Retention <= 0:
				a.both(Unknown, Row{Title: "The server does not say a retention", Evidence: ev})
			case n.Retention > 90*day:
				a.both(Warning, Row{Title: fmt.Sprintf("Retention is %.0f days; Temporal Cloud keeps at most 90", days), Evidence: ev,
					Fix: []Fix{admin("Set 90 days, and export closed histories to a bucket of yours with Workflow History Export.", "tcld namespace retention set --namespace NAME."+accountHere+" --retention-days 90")}})
			case n.Retention < day:
				a.both(Info, Row{Title: "Retention is less than the day that Temporal Cloud keeps at least", Evidence: ev})
			default:
				a.both(Pass, Row{Title: "The retention, " + fault.Lasts(n.Retention) + ", can be kept", Evidence: ev,
					Fix: []Fix{admin("Set the same retention when you create the namespace: Temporal Cloud's default is 30 days.", "")}})
			}
		}},
	{id: "N6", what: "archival", moves: config,
		rule:   "Temporal Cloud has no archival. Workflow History Export writes closed histories to a bucket of yours (S3 or GCS).",
		source: docExport, wrong: "The namespace may follow a default of the server that the server does not say.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			switch on := n.Archival; {
			case n.Described != Read:
				a.unread("Archival", n.Described)
			case on.History == "enabled" || on.Visibility == "enabled":
				a.both(Warning, Row{Title: "Archival is on, and Temporal Cloud has none", Evidence: map[string]any{"history": on.History, "visibility": on.Visibility},
					Fix: []Fix{admin("Set up Workflow History Export, and keep a way to read the old archive.", "")}})
			case on.History == "unset" || on.Visibility == "unset":
				a.both(Unknown, Row{Title: "The server does not say whether it archives", Evidence: map[string]any{"history": on.History, "visibility": on.Visibility}})
			default:
				a.both(Pass, Row{Title: "Archival is off"})
			}
		}},
	{id: "N7", what: "replication", moves: config,
		rule:   "A namespace that is replicated between clusters needs a word with Temporal before an automated migration.",
		source: docAutomated, wrong: "Other clusters may be configured and unused.",
		each: func(a *answer, _ *Facts, n *Namespace) {
			ev := map[string]any{"global": n.Global, "clusters": n.Clusters}
			switch {
			case n.Described != Read:
				a.unread("Replication", n.Described)
			case len(n.Clusters) > 1:
				a.add(Row{Manual: Info, Automated: Warning, Title: fmt.Sprintf("The namespace is replicated between %d clusters", len(n.Clusters)), Evidence: ev,
					Fix: []Fix{platform("Tell your Temporal account team which cluster is active before you plan an automated migration.", "")}})
			default:
				a.both(Pass, Row{Title: "The namespace lives on one cluster", Evidence: ev})
			}
		}},
	{id: "N8", what: "size limits", moves: code,
		rule:   "A payload in Temporal Cloud is at most 2 MB, and the limit is fixed.",
		source: docLimits, wrong: "A raised limit need not be used; see P1 for what was seen.",
		each: func(a *answer, f *Facts, n *Namespace) {
			told, known := atLeast(f.Cluster.ServerVersion, tellsLimits)
			switch {
			case n.Described != Read:
				a.unread("The size limits", n.Described)
			case n.Limits == nil || n.Limits.Blob == 0:
				why := "The server does not say its size limits"
				if known && !told {
					why = "This version does not say its size limits (1.30.0 and later do)"
				}
				a.both(Unknown, Row{Title: why})
			case n.Limits.Blob > largestPayload || n.Limits.Memo > largestPayload:
				v, title := Warning, "This server allows payloads larger than Temporal Cloud does"
				if largest, _ := n.largest(); largest > largestPayload {
					v, title = Blocker, "This server allows payloads larger than Temporal Cloud does, and they are used"
				}
				a.both(v, Row{Title: title, Evidence: map[string]any{"blob_size_limit": n.Limits.Blob, "memo_size_limit": n.Limits.Memo},
					Fix: []Fix{developer("Keep large data in a store of yours and pass a reference to it, with a payload codec or by hand.", "")}})
			default:
				a.both(Pass, Row{Title: "The size limits are those of Temporal Cloud or lower", Evidence: map[string]any{"blob_size_limit": n.Limits.Blob, "memo_size_limit": n.Limits.Memo}})
			}
		}},
}

// environment guesses the environment that a name speaks of, "" for none.
func environment(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !(r >= 'a' && r <= 'z') })
	for _, w := range words {
		switch w {
		case "prod", "production", "prd":
			return "production"
		case "dev", "development", "local":
			return "development"
		case "staging", "stage", "stg", "test", "qa", "uat":
			return "staging"
		}
	}
	return ""
}

// createCommand makes a namespace in Temporal Cloud with tcld.
func createCommand(as string, n *Namespace) string {
	days := int(min(max(n.Retention.Hours()/24, 1), 90))
	if n.Retention <= 0 {
		days = 30
	}
	return fmt.Sprintf("tcld namespace create --namespace %s --region aws-us-east-1 --retention-days %d --ca-certificate-file ca.pem", shell(as), days)
}
