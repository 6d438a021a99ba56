package assess

import (
	"fmt"
	"strings"
	"time"
)

var moment = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// well are the facts of a server on which nothing is to be found, as far as a server can say so.
func well() *Facts {
	known := func(n int64) Count { return Count{N: n, Read: Read} }
	history := func() *History {
		return &History{Read: Read, Whole: true, Events: 11, Bytes: 2000, Payload: 300, PayloadIn: "WorkflowExecutionStarted", Batch: 400,
			Encodings: map[string]int{"binary/encrypted": 3}, SDKName: "temporal-go", SDKVersion: "1.38.0", Actions: 3}
	}
	n := Namespace{Name: "payments", ID: "id-1", Described: Read, Retention: 72 * time.Hour, Archival: Archival{"disabled", "disabled"}, Clusters: []string{"active"},
		Limits: &Limits{Blob: 2 << 20, Memo: 2 << 20}, Attributes: []Attribute{}, AttributesR: Read, Open: known(1), Closed: known(40), TypesRead: Read, TypesWhole: true, ClosedTypes: Read, Histories: true,
		Schedules: Schedules{Listed: Read, Count: known(0)}, Workers: Workers{Listed: Read, SDKs: []SDK{{Name: "temporal-go", Version: "1.38.0", N: 2}}},
		Deployments: known(0), Rules: known(0), Batches: known(0), Reported: known(0), LongestID: map[string]int{"workflow ID": 20},
		Reuse: Reuse{Read: Read, Whole: true, Runs: 41, Found: []Restart{}}}
	t := Type{Name: "Transfer", Open: known(1), Ages: []float64{600}, Oldest: &Oldest{WorkflowID: "t-1", RunID: "r", Start: moment.Add(-10 * time.Minute)}, ClosedR: Read, Window: 3600, Started: known(40)}
	for i := range 40 {
		t.Closed = append(t.Closed, Closed{Lived: float64(60 * (i + 1)), Before: float64(i * 80), Status: "Completed", Bytes: 2000})
	}
	n.Types = []Type{t}
	expires := moment.Add(time.Hour)
	n.Samples = []Sample{
		{WorkflowID: "t-1", RunID: "r", Type: "Transfer", Open: true, Status: "Running", Start: moment.Add(-10 * time.Minute), Described: Read, HistoryLength: 11, HistorySize: 2000, Expires: &expires, History: history()},
		{WorkflowID: "t-2", RunID: "r2", Type: "Transfer", Status: "Completed", History: history()},
	}
	poll := Pollers{Read: Read, N: 1, Identities: []string{"1@host"}}
	n.Queues = []Queue{{Name: "transfers", Workflows: poll, Activities: poll, HasOpen: true}}
	return &Facts{Schema: FactsSchema, At: moment, Address: "temporal.example:7233", List: Read, Listed: 1, System: []string{"temporal-system"}, Budget: 1000, RPCs: map[string]int{"GetSystemInfo": 1},
		Cluster:    Cluster{System: Read, Info: Read, ServerVersion: "1.31.0", ID: "c", Name: "east", Shards: 4096, Persistence: "postgres12", Visibility: "postgres12", InitialFailover: 1, Increment: 10, Clusters: Read, Remote: []string{"east"}},
		Namespaces: []Namespace{n}, Nexus: Endpoints{Listed: Read}, Config: &DynamicConfig{Keys: map[string]int64{}}, Code: &CodeLook{Read: Read, Files: 3, Whole: true, Found: []CodeHit{}},
		Target: &Target{Address: "x.tmprl.cloud:7233", Namespace: "x.a1b2c", Reached: Read, Executions: known(0)}}
}

// finding is one row's verdicts after one fact of a well server was changed.
type finding struct {
	id, name          string
	change            func(f *Facts, n *Namespace)
	manual, automated Verdict
}

func same(id, name string, v Verdict, change func(*Facts, *Namespace)) finding {
	return finding{id, name, change, v, v}
}

func none(*Facts, *Namespace) {}

func attribute(name, typ string, used int64) Attribute {
	return Attribute{Name: name, Type: typ, Used: Count{N: used, Read: Read}}
}

func attributes(n int, typ string) (out []Attribute) {
	for i := range n {
		out = append(out, attribute(fmt.Sprintf("A%d", i), typ, 1))
	}
	return out
}

var findings = []finding{
	same("V1", "1.31.0", Pass, none),
	{"V1", "1.22.5", func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "1.22.5" }, Info, Blocker},
	same("V1", "1.22.6", Pass, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "1.22.6" }),
	same("V1", "a pre-release of the boundary", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "1.22.6-rc.1" }),
	same("V1", "a build of one's own", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "acme-main" }),
	same("V1", "no version", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion, f.Cluster.System = "", Refused }),
	same("V2", "1.31.0", Pass, none),
	{"V2", "1.23.1", func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "1.23.1" }, Pass, Warning},
	same("V2", "1.23.1, switched on", Pass, func(f *Facts, _ *Namespace) {
		f.Cluster.ServerVersion = "1.23.1"
		f.Config.Keys["history.enablereplicationstream"] = 1
	}),
	same("V2", "no version", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "" }),
	same("V3", "PostgreSQL", Pass, none),
	same("V3", "SQLite", Info, func(f *Facts, _ *Namespace) { f.Cluster.Persistence = "sqlite" }),
	same("V3", "refused", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.Info = Refused }),
	same("V4", "4096", Pass, none),
	same("V4", "1", Pass, func(f *Facts, _ *Namespace) { f.Cluster.Shards = 1 }),
	{"V4", "1000", func(f *Facts, _ *Namespace) { f.Cluster.Shards = 1000 }, Pass, Blocker},
	same("V4", "before 1.18", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.Shards = 0 }),
	same("V4", "a negative number", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.Shards = -8 }),
	same("V5", "1 and 10", Pass, none),
	{"V5", "an increment that does not divide", func(f *Facts, _ *Namespace) { f.Cluster.Increment = 7 }, Pass, Warning},
	{"V5", "a version too large", func(f *Facts, _ *Namespace) { f.Cluster.InitialFailover = 2_000_000 }, Pass, Warning},
	{"V5", "before 1.29", func(f *Facts, _ *Namespace) {
		f.Cluster.ServerVersion, f.Cluster.InitialFailover, f.Cluster.Increment = "1.28.1", 0, 0
	}, Pass, Unknown},
	same("V6", "a name of its own", Pass, none),
	{"V6", "the default name", func(f *Facts, _ *Namespace) { f.Cluster.Name, f.Cluster.Remote = "active", []string{"active"} }, Pass, Info},
	{"V6", "twice the same", func(f *Facts, _ *Namespace) { f.Cluster.Remote = []string{"east", "east"} }, Pass, Warning},
	same("V6", "refused", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.Info = Refused }),
	same("V7", "SQL", Pass, none),
	same("V7", "Cassandra", Unknown, func(f *Facts, _ *Namespace) { f.Cluster.Visibility = "cassandra" }),

	same("N1", "one", Pass, none),
	same("N1", "eleven", Info, func(f *Facts, _ *Namespace) { f.Listed = 11 }),
	same("N1", "a million", Info, func(f *Facts, _ *Namespace) { f.Listed, f.More = 1000, true }),
	same("N1", "refused", Unknown, func(f *Facts, _ *Namespace) { f.List = Refused }),
	same("N2", "payments", Pass, none),
	same("N2", "My_NS", Warning, func(_ *Facts, n *Namespace) { n.Name = "My_NS" }),
	same("N2", "forty characters", Warning, func(_ *Facts, n *Namespace) { n.Name = strings.Repeat("a", 40) }),
	same("N3", "payments", Pass, none),
	same("N3", "default", Warning, func(_ *Facts, n *Namespace) { n.Name = "default" }),
	same("N4", "one environment", Pass, none),
	same("N4", "two environments", Info, func(_ *Facts, n *Namespace) {
		n.Queues[0].Workflows.Identities = []string{"1@prod-worker-3"}
		n.Queues[0].Activities.Identities = []string{"7@dev-laptop"}
	}),
	same("N5", "three days", Pass, none),
	same("N5", "120 days", Warning, func(_ *Facts, n *Namespace) { n.Retention = 120 * day }),
	same("N5", "an hour", Info, func(_ *Facts, n *Namespace) { n.Retention = time.Hour }),
	same("N5", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Described = Refused }),
	same("N6", "off", Pass, none),
	same("N6", "on", Warning, func(_ *Facts, n *Namespace) { n.Archival.History = "enabled" }),
	same("N6", "not said", Unknown, func(_ *Facts, n *Namespace) { n.Archival.Visibility = "unset" }),
	same("N7", "one cluster", Pass, none),
	{"N7", "two clusters", func(_ *Facts, n *Namespace) { n.Global, n.Clusters = true, []string{"east", "west"} }, Info, Warning},
	same("N7", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Described = Refused }),
	same("N8", "2 MiB", Pass, none),
	same("N8", "8 MiB, unused", Warning, func(_ *Facts, n *Namespace) { n.Limits.Blob = 8 << 20 }),
	same("N8", "8 MiB, used", Blocker, func(_ *Facts, n *Namespace) { n.Limits.Blob, n.Samples[0].History.Payload = 8<<20, 3<<20 }),
	same("N8", "before 1.30", Unknown, func(f *Facts, n *Namespace) { f.Cluster.ServerVersion, n.Limits = "1.29.0", nil }),

	same("S1", "none", Pass, none),
	same("S1", "two", Warning, func(_ *Facts, n *Namespace) { n.Attributes = attributes(2, "Keyword") }),
	same("S1", "as many as fit", Warning, func(_ *Facts, n *Namespace) { n.Attributes = attributes(40, "Keyword") }),
	same("S1", "one too many", Blocker, func(_ *Facts, n *Namespace) { n.Attributes = attributes(41, "Keyword") }),
	same("S1", "six of Text", Blocker, func(_ *Facts, n *Namespace) { n.Attributes = attributes(6, "Text") }),
	same("S1", "refused", Unknown, func(_ *Facts, n *Namespace) { n.AttributesR = Refused }),
	same("S2", "none", Pass, none),
	same("S2", "good names", Pass, func(_ *Facts, n *Namespace) { n.Attributes = []Attribute{attribute("Order.Id-1", "Keyword", 1)} }),
	same("S2", "an umlaut", Blocker, func(_ *Facts, n *Namespace) { n.Attributes = []Attribute{attribute("Größe", "Keyword", 1)} }),
	same("S2", "65 characters", Blocker, func(_ *Facts, n *Namespace) {
		n.Attributes = []Attribute{attribute(strings.Repeat("a", 65), "Keyword", 1)}
	}),
	same("S2", "refused", Unknown, func(_ *Facts, n *Namespace) { n.AttributesR = Refused }),
	same("S3", "in use", Pass, func(_ *Facts, n *Namespace) { n.Attributes = []Attribute{attribute("A", "Int", 7)} }),
	same("S3", "not in use", Info, func(_ *Facts, n *Namespace) { n.Attributes = []Attribute{attribute("A", "Int", 0)} }),
	same("S3", "not counted", Unknown, func(_ *Facts, n *Namespace) {
		n.Attributes = []Attribute{{Name: "A", Type: "Int", Used: Count{Read: Throttled}}}
	}),
	same("S3", "refused", Unknown, func(_ *Facts, n *Namespace) { n.AttributesR = Refused }),
	same("S4", "SQL", Pass, func(_ *Facts, n *Namespace) { n.Attributes = attributes(1, "Keyword") }),
	same("S4", "Elasticsearch before 1.20", Warning, func(f *Facts, n *Namespace) {
		f.Cluster.ServerVersion, f.Cluster.Visibility, n.Attributes = "1.19.0", "elasticsearch", attributes(1, "Keyword")
	}),
	same("S4", "no version", Unknown, func(f *Facts, n *Namespace) {
		f.Cluster.ServerVersion, f.Cluster.Visibility, n.Attributes = "", "elasticsearch", attributes(1, "Keyword")
	}),

	same("W1", "none open", Pass, idle),
	same("W1", "one open", Info, none),
	same("W1", "not counted", Unknown, func(_ *Facts, n *Namespace) { n.Open = Count{Read: Throttled} }),
	same("W1", "a negative count", Unknown, func(_ *Facts, n *Namespace) { n.Open = Count{Read: Nonsense} }),
	same("W2", "ten minutes", Pass, none),
	same("W2", "eight days", Info, func(_ *Facts, n *Namespace) { n.Types[0].Older7 = 1 }),
	{"W2", "forty days", func(_ *Facts, n *Namespace) { n.Types[0].Older7, n.Types[0].Older30 = 1, 1 }, Warning, Info},
	same("W2", "a list that was cut", Unknown, func(_ *Facts, n *Namespace) { n.TypesWhole = false }),
	same("W2", "not listed", Unknown, func(_ *Facts, n *Namespace) { n.TypesRead = Refused }),
	same("W3", "a timeout", Pass, none),
	same("W3", "none open", Pass, idle),
	{"W3", "no timeout and nothing closed", func(_ *Facts, n *Namespace) { n.Samples[0].Expires, n.Types[0].Closed = nil, nil }, Warning, Pass},
	same("W3", "not described", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = Refused }),
	same("W4", "no cron", Pass, none),
	{"W4", "cron", func(_ *Facts, n *Namespace) { n.Samples[0].History.Cron = true }, Warning, Info},
	same("W4", "a hint", Unknown, func(_ *Facts, n *Namespace) { n.Types[0].Cronlike = 1 }),
	same("W4", "no histories", Unknown, noHistories),
	same("W5", "no chain", Pass, none),
	{"W5", "a chain", func(_ *Facts, n *Namespace) { n.Samples[0].Chained = true }, Warning, Pass},
	{"W5", "a chain, without histories", func(f *Facts, n *Namespace) {
		noHistories(f, n)
		n.Samples[0].Chained = true
	}, Warning, Pass},
	{"W5", "closed runs that continued, none looked at", func(f *Facts, n *Namespace) {
		noHistories(f, n)
		n.Types[0].Closed[3].Status = "ContinuedAsNew"
	}, Warning, Pass},
	same("W5", "a type that was not looked at", Unknown, another),
	same("W6", "no children", Pass, none),
	{"W6", "children", func(_ *Facts, n *Namespace) { n.Samples[0].Children = map[string]int{"TERMINATE": 2} }, Warning, Pass},
	same("W6", "children that outlive", Info, func(_ *Facts, n *Namespace) { n.Samples[0].Children = map[string]int{"ABANDON": 2} }),
	same("W6", "not described", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = Unanswered }),
	same("W7", "none seen", Pass, none),
	same("W7", "seen", Blocker, func(_ *Facts, n *Namespace) { n.Samples[1].History.Foreign = []string{"billing"} }),
	same("W7", "none seen, before 1.30", Warning, func(f *Facts, _ *Namespace) { f.Cluster.ServerVersion = "1.29.1" }),
	same("W7", "switched on", Warning, func(f *Facts, _ *Namespace) { f.Config.Keys["system.enablecrossnamespacecommands"] = 1 }),
	same("W7", "a type that was not looked at", Unknown, another),
	same("W8", "none seen", Pass, none),
	{"W8", "seen", func(_ *Facts, n *Namespace) { n.Samples[1].History.External = 1 }, Warning, Pass},
	same("W8", "a type that was not looked at", Unknown, another),
	same("W9", "none", Pass, none),
	{"W9", "details", func(_ *Facts, n *Namespace) { n.Samples[0].Heartbeats = 1 }, Warning, Pass},
	same("W9", "not described", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = Throttled }),
	same("W10", "none", Pass, none),
	same("W10", "reported", Warning, func(_ *Facts, n *Namespace) { n.Reported.N = 2 }),
	same("W10", "attempts", Warning, func(_ *Facts, n *Namespace) { n.Samples[0].MaxAttempt = 40 }),
	same("W10", "none, not described", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = Refused }),
	same("W10", "before 1.30", Unknown, func(_ *Facts, n *Namespace) { n.Reported = Count{Read: Failed} }),

	same("H1", "eleven events", Pass, none),
	same("H1", "12,000 events", Warning, func(_ *Facts, n *Namespace) { n.Samples[0].HistoryLength = 12000 }),
	same("H1", "45,000 events", Blocker, func(_ *Facts, n *Namespace) { n.Samples[0].HistoryLength = 45000 }),
	same("H1", "a history that lies", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = Nonsense }),
	same("H2", "few", Pass, none),
	same("H2", "9,000", Warning, func(_ *Facts, n *Namespace) { n.Samples[0].History.Signals = 9000 }),
	same("H2", "no histories", Unknown, noHistories),
	same("H3", "few", Pass, none),
	same("H3", "1,700", Warning, func(_ *Facts, n *Namespace) { n.Samples[0].History.Updates = 1700 }),
	same("H3", "no histories", Unknown, noHistories),
	same("H4", "few", Pass, none),
	same("H4", "600", Warning, func(_ *Facts, n *Namespace) { n.Samples[0].Pending = map[string]int{"activities": 600} }),
	same("H4", "not described", Unknown, func(_ *Facts, n *Namespace) { n.Samples[0].Described = OverBudget }),

	same("P1", "300 bytes", Pass, none),
	same("P1", "1.5 MiB", Warning, func(_ *Facts, n *Namespace) { n.Samples[1].History.Payload = 3 << 19 }),
	same("P1", "3 MiB", Blocker, func(_ *Facts, n *Namespace) { n.Samples[1].History.Payload = 3 << 20 }),
	same("P1", "a task of 5 MiB", Blocker, func(_ *Facts, n *Namespace) { n.Samples[1].History.Batch = 5 << 20 }),
	same("P1", "no histories", Unknown, noHistories),
	same("P1", "closed runs not listed", Unknown, func(_ *Facts, n *Namespace) { n.ClosedTypes = Unanswered }),
	same("P1", "a history of 100 MB", Unknown, func(_ *Facts, n *Namespace) {
		n.Samples[1].History = &History{Read: TooLarge}
	}),
	same("P1", "a type that was not looked at", Unknown, another),
	same("P2", "encrypted", Pass, none),
	same("P2", "plain", Warning, func(_ *Facts, n *Namespace) { encode(n, "json/plain") }),
	same("P2", "a codec of one's own", Unknown, func(_ *Facts, n *Namespace) { encode(n, "acme/zip") }),
	same("P2", "encrypted, a history refused", Unknown, func(_ *Facts, n *Namespace) { n.Samples[1].History = &History{Read: Refused} }),
	same("P2", "some", Info, func(_ *Facts, n *Namespace) { n.Samples[0].History.Encodings = map[string]int{"json/plain": 1} }),
	same("P3", "encrypted", Info, none),
	same("P3", "plain", Unknown, func(_ *Facts, n *Namespace) { encode(n, "json/plain") }),
	same("P4", "none", Pass, none),
	same("P4", "attributes", Info, func(_ *Facts, n *Namespace) { n.Attributes = attributes(1, "Text") }),
	same("P4", "refused", Unknown, func(_ *Facts, n *Namespace) { n.AttributesR = Refused }),
	same("P5", "short", Pass, none),
	same("P5", "950 bytes", Warning, func(_ *Facts, n *Namespace) { n.LongestID["workflow ID"] = 950 }),
	same("P5", "2,000 bytes", Blocker, func(_ *Facts, n *Namespace) { n.LongestID["workflow ID"] = 2000 }),
	same("P5", "not listed", Unknown, func(_ *Facts, n *Namespace) { n.TypesRead = Refused }),

	same("C1", "none", Pass, none),
	same("C1", "three", Info, func(_ *Facts, n *Namespace) { n.Schedules.N = 3 }),
	same("C1", "eleven in one second", Warning, func(_ *Facts, n *Namespace) { n.Schedules.N, n.Schedules.Burst = 11, 11 }),
	same("C1", "switched off", Pass, func(_ *Facts, n *Namespace) { n.Schedules = Schedules{Listed: Off, Count: Count{Read: NotServed}} }),
	same("C1", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Schedules = Schedules{Listed: Refused, Count: Count{Read: Refused}} }),
	same("C2", "none", Pass, none),
	same("C2", "plain", Pass, func(_ *Facts, n *Namespace) { schedule(n, Schedule{Read: Read, ID: "s", Overlap: "SKIP"}) }),
	same("C2", "runs overlap", Warning, func(_ *Facts, n *Namespace) { schedule(n, Schedule{Read: Read, ID: "s", Overlap: "ALLOW_ALL"}) }),
	same("C2", "limited", Warning, func(_ *Facts, n *Namespace) { schedule(n, Schedule{Read: Read, ID: "s", Limited: true, Remaining: 3}) }),
	same("C2", "buffered", Warning, func(_ *Facts, n *Namespace) { schedule(n, Schedule{Read: Read, ID: "s", Buffered: 1}) }),
	same("C2", "not described", Unknown, func(_ *Facts, n *Namespace) { schedule(n, Schedule{Read: Throttled, ID: "s"}) }),
	same("C3", "none", Pass, none),
	same("C3", "running", Warning, func(_ *Facts, n *Namespace) { n.Batches.N = 1 }),
	same("C3", "resets", Info, func(_ *Facts, n *Namespace) { n.Samples[1].History.Resets = 1 }),
	same("C3", "no histories", Unknown, noHistories),
	same("C3", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Batches = Count{Read: Refused} }),
	same("C4", "none", Pass, none),
	same("C4", "half a second after", Warning, func(_ *Facts, n *Namespace) { n.Reuse.Found = []Restart{{WorkflowID: "t-1", After: 0.5}} }),
	same("C4", "retried, or started", Unknown, func(_ *Facts, n *Namespace) { n.Reuse.Unsure = 1 }),
	same("C4", "more runs than were compared", Unknown, func(_ *Facts, n *Namespace) { n.Reuse.Whole = false }),
	same("C4", "facts of before", Unknown, func(_ *Facts, n *Namespace) { n.Reuse = Reuse{} }),

	same("T1", "polled", Pass, none),
	same("T1", "nobody polls", Warning, func(_ *Facts, n *Namespace) { n.Queues[0].Workflows.N = 0 }),
	same("T1", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Queues[0].Workflows.Read = Refused }),
	same("T2", "new", Pass, none),
	same("T2", "Python 1.4", Warning, func(_ *Facts, n *Namespace) {
		n.Workers.SDKs = []SDK{{Name: "temporal-python", Version: "1.4.0", N: 1}}
	}),
	same("T2", "an SDK of somebody's", Unknown, func(_ *Facts, n *Namespace) { n.Workers.SDKs = []SDK{{Name: "acme-sdk", Version: "1.4.0", N: 1}} }),
	same("T2", "sampled histories alone", Pass, func(_ *Facts, n *Namespace) { n.Workers.Listed = NotServed }),
	same("T2", "sampled histories alone, the list refused", Unknown, func(_ *Facts, n *Namespace) { n.Workers.Listed = Refused }),
	same("T2", "nobody says", Unknown, func(_ *Facts, n *Namespace) { n.Workers = Workers{Listed: NotServed} }),
	same("T3", "none", Pass, none),
	same("T3", "deployments", Info, func(_ *Facts, n *Namespace) { n.Deployments.N = 2 }),
	same("T3", "old rules", Warning, func(_ *Facts, n *Namespace) { n.Rules.N = 1 }),
	same("T3", "old rules switched off", Pass, func(_ *Facts, n *Namespace) { n.Rules = Count{Read: Off} }),
	same("T3", "before rules", Unknown, func(f *Facts, n *Namespace) {
		f.Cluster.ServerVersion, n.Rules, n.Deployments = "1.23.0", Count{Read: NotServed}, Count{Read: NotServed}
	}),
	same("T3", "rules, before deployments", Pass, func(f *Facts, n *Namespace) {
		f.Cluster.ServerVersion, n.Deployments = "1.25.0", Count{Read: NotServed}
	}),
	same("T3", "rules are gone", Pass, func(_ *Facts, n *Namespace) { n.Rules = Count{Read: NotServed} }),
	same("T3", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Rules = Count{Read: Refused} }),
	same("T4", "none", Pass, none),
	same("T4", "a limit", Info, func(_ *Facts, n *Namespace) { n.Queues[0].Limit = 5 }),
	same("T4", "refused", Unknown, func(_ *Facts, n *Namespace) { n.Queues[0].Workflows.Read = Refused }),

	same("X1", "none", Pass, none),
	same("X1", "to a worker", Warning, func(f *Facts, _ *Namespace) {
		f.Nexus.Endpoints = []Endpoint{{Name: "pay", Namespace: "payments", Queue: "q"}}
	}),
	same("X1", "to a URL", Blocker, func(f *Facts, _ *Namespace) { f.Nexus.Endpoints = []Endpoint{{Name: "pay", External: true}} }),
	same("X1", "refused", Unknown, func(f *Facts, _ *Namespace) { f.Nexus.Listed = Refused }),
	same("X2", "none", Pass, none),
	same("X2", "some", Unknown, func(_ *Facts, n *Namespace) { n.Standalone, n.Activities = true, Count{N: 4, Read: Read} }),
	same("X2", "none of them ran", Pass, func(_ *Facts, n *Namespace) { n.Standalone, n.Activities = true, Count{Read: Read} }),
	same("X3", "none", Pass, none),
	same("X3", "some", Info, func(_ *Facts, n *Namespace) { n.Samples[1].History.MarkerTasks = 2 }),
	same("X3", "no histories", Unknown, noHistories),
	same("A1", "nothing", Info, none),
	same("A1", "a key", Warning, func(f *Facts, _ *Namespace) { f.TLS, f.APIKey = true, true }),
	same("A1", "a refusal", Warning, func(_ *Facts, n *Namespace) { n.AttributesR = Refused }),
	same("A2", "nothing above", Pass, none),
	same("A2", "a limit above", Warning, func(f *Facts, _ *Namespace) { f.Config.Keys["limit.blobsize.error"] = 8 << 20 }),
	same("A2", "no file", Unknown, func(f *Facts, _ *Namespace) { f.Config = nil }),
	same("Q1", "clean code", Pass, none),
	same("Q1", "no code", Unknown, func(f *Facts, _ *Namespace) { f.Code = nil }),
	same("Q1", "code that sorts", Warning, func(f *Facts, _ *Namespace) { f.Code.Found = []CodeHit{{"ORDER BY", "list.go", 7}} }),
	same("Q1", "code of something else", Unknown, func(f *Facts, _ *Namespace) { f.Code.Files = 0 }),
	same("Q1", "code that is too much", Unknown, func(f *Facts, _ *Namespace) { f.Code.Whole = false }),
	same("Q1", "no directory", Unknown, func(f *Facts, _ *Namespace) { f.Code = &CodeLook{Read: Failed, Why: "the directory cannot be read"} }),
	same("M1", "few", Info, none),
	same("M1", "busy by the counter", Warning, func(f *Facts, _ *Namespace) {
		f.Metrics = &Metrics{Read: Read, Seconds: 10, Rate: map[string]float64{"payments": 450}}
	}),
	same("M1", "idle by the counter", Info, func(f *Facts, _ *Namespace) {
		f.Metrics = &Metrics{Read: Read, Seconds: 10, Rate: map[string]float64{"payments": 4}}
	}),
	same("M1", "busy by samples", Warning, func(_ *Facts, n *Namespace) { n.Types[0].Started.N = 50_000_000 }),
	same("M1", "no histories", Unknown, noHistories),
	same("M2", "left out", Pass, none),
	same("M2", "refused", Unknown, func(f *Facts, _ *Namespace) { f.List = Refused }),
	same("Z1", "unused", Pass, none),
	{"Z1", "used", func(f *Facts, _ *Namespace) { f.Target.Executions.N = 3 }, Info, Blocker},
	same("Z1", "not given", Unknown, func(f *Facts, _ *Namespace) { f.Target = nil }),
	same("Z1", "an attribute is missing", Blocker, func(f *Facts, _ *Namespace) { f.Target.Missing = map[string]Outcome{"A": NotThere} }),
	same("Z1", "an attribute may be missing", Unknown, func(f *Facts, _ *Namespace) { f.Target.Missing = map[string]Outcome{"A": Failed} }),
}

func idle(_ *Facts, n *Namespace) {
	n.Open.N, n.Types[0].Open.N, n.Types[0].Ages, n.Types[0].Oldest, n.Samples = 0, 0, nil, nil, n.Samples[1:]
	n.Queues = nil
}

func noHistories(_ *Facts, n *Namespace) {
	n.Histories = false
	for i := range n.Samples {
		n.Samples[i].History = nil
	}
}

// another adds an open type that no sample shows.
func another(_ *Facts, n *Namespace) {
	n.Types = append(n.Types, Type{Name: "Other", Open: Count{N: 1, Read: Read}, Ages: []float64{1}, ClosedR: Read, Started: Count{Read: Read}})
}

func encode(n *Namespace, name string) {
	for i := range n.Samples {
		n.Samples[i].History.Encodings = map[string]int{name: 2}
	}
}

func schedule(n *Namespace, s Schedule) { n.Schedules.N, n.Schedules.Described = 1, []Schedule{s} }
