package assess

import (
	"encoding/json"
	"io"
	"time"

	"onramp/fault"
)

// Facts are what was read of a server, as one file: names, counts, sizes and times. Names are as the server gave them,
// bounded in length; whoever prints them makes them safe first (clean).
type Facts struct {
	Schema     string         `json:"schema"`
	At         time.Time      `json:"at"` // when reading began, by this machine's clock
	Address    string         `json:"address"`
	TLS        bool           `json:"tls"`
	APIKey     bool           `json:"api_key"` // an API key was needed or given; never the key
	Cluster    Cluster        `json:"cluster"`
	List       Outcome        `json:"namespaces_listed"`
	More       bool           `json:"namespaces_more"` // there are more than were listed
	Listed     int            `json:"namespaces_count"`
	System     []string       `json:"system_namespaces"`
	Skipped    int            `json:"namespaces_skipped"` // not assessed: the run ended before
	Namespaces []Namespace    `json:"namespaces"`
	Nexus      Endpoints      `json:"nexus"`
	Metrics    *Metrics       `json:"metrics,omitempty"`
	Config     *DynamicConfig `json:"dynamic_config,omitempty"`
	Code       *CodeLook      `json:"code,omitempty"` // nil: no source code was given
	Target     *Target        `json:"target,omitempty"`
	RPCs       map[string]int `json:"rpcs"`
	Budget     int            `json:"budget"`
	Incomplete string         `json:"incomplete,omitempty"`
	TookMS     float64        `json:"took_ms"`
}

// Cluster is what the server says of itself.
type Cluster struct {
	System          Outcome  `json:"system"`
	Info            Outcome  `json:"info"`
	ServerVersion   string   `json:"server_version"`
	ID              string   `json:"id"`
	Name            string   `json:"name"`
	Shards          int32    `json:"shards"`
	Persistence     string   `json:"persistence"`
	Visibility      string   `json:"visibility"`
	InitialFailover int64    `json:"initial_failover_version"`
	Increment       int64    `json:"failover_version_increment"`
	Clusters        Outcome  `json:"clusters_listed"`
	Remote          []string `json:"clusters"` // names of all clusters it knows, its own among them
}

// Count is a number of executions by a query, approximate as visibility is.
type Count struct {
	N    int64   `json:"n"`
	Read Outcome `json:"read"`
}

// known reports a count that may be judged.
func (c Count) known() bool { return c.Read == Read }

// Namespace is one namespace of the source.
type Namespace struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"`
	Described   Outcome        `json:"described"`
	Retention   time.Duration  `json:"retention"`
	Archival    Archival       `json:"archival"`
	Global      bool           `json:"global"`
	Clusters    []string       `json:"clusters"`
	Limits      *Limits        `json:"limits,omitempty"`
	Attributes  []Attribute    `json:"attributes"`
	AttributesR Outcome        `json:"attributes_read"`
	Open        Count          `json:"open"`
	Closed      Count          `json:"closed"`
	TypesRead   Outcome        `json:"types_read"`
	TypesWhole  bool           `json:"types_whole"`       // every open run was listed: types and ages are complete
	ClosedTypes Outcome        `json:"closed_types_read"` // the newest closed runs were listed, to learn the types that are not open now
	Types       []Type         `json:"types"`
	Samples     []Sample       `json:"samples"`
	Histories   bool           `json:"histories"` // histories were sampled
	Schedules   Schedules      `json:"schedules"`
	Queues      []Queue        `json:"queues"`
	QueuesMore  bool           `json:"queues_more"`
	Workers     Workers        `json:"workers"`
	Deployments Count          `json:"deployments"`
	Rules       Count          `json:"versioning_rules"`
	Batches     Count          `json:"batches_running"`
	Activities  Count          `json:"standalone_activities"`
	Standalone  bool           `json:"standalone_capability"`
	Reported    Count          `json:"reported_problems"`
	LongestID   map[string]int `json:"longest_ids"` // bytes, by what: workflow ID, workflow type, task queue
	Reuse       Reuse          `json:"reuse"`
}

// Reuse is how soon the runs that were listed followed one another under one workflow ID.
type Reuse struct {
	Read   Outcome   `json:"read"`   // of the lists that the starts come from; NotAsked in facts of before 29 November 2026
	Whole  bool      `json:"whole"`  // every run in retention was compared
	Runs   int       `json:"runs"`   // that were compared
	Found  []Restart `json:"found"`  // started within a second after another run; a few of them
	Unsure int       `json:"unsure"` // began so too, and the server does not say whether they were started or went on from the run before
}

// Restart is a start of a workflow ID within a second after the one before.
type Restart struct {
	WorkflowID string  `json:"workflow_id"`
	After      float64 `json:"after"` // seconds
}

// Archival says whether histories and visibility are archived.
type Archival struct {
	History    string `json:"history"`
	Visibility string `json:"visibility"`
}

// Limits are the sizes that the server allows, in bytes.
type Limits struct {
	Blob int64 `json:"blob"`
	Memo int64 `json:"memo"`
}

// Attribute is a custom search attribute; Used counts the executions in retention that have a value.
type Attribute struct {
	Name string `json:"name"`
	Type string `json:"type"`
	Used Count  `json:"used"`
}

// Type is a workflow type with what is open and what has closed. Durations are seconds.
type Type struct {
	Name     string    `json:"name"`
	Open     Count     `json:"open"`
	Older7   int64     `json:"older_7d"`
	Older30  int64     `json:"older_30d"`
	Oldest   *Oldest   `json:"oldest,omitempty"`
	dropped  int       // listed, and not in Ages
	Ages     []float64 `json:"ages"`     // of open runs, at Facts.At, at most maxAges
	Cronlike int64     `json:"cronlike"` // open runs whose execution began later than they were started
	Closed   []Closed  `json:"closed"`
	ClosedR  Outcome   `json:"closed_read"`
	Window   float64   `json:"window"` // seconds before Facts.At since which Closed is complete; 0: not known
	Started  Count     `json:"started_7d"`
}

// Oldest is the open run that began first.
type Oldest struct {
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Start      time.Time `json:"start"`
}

// Closed is one closed run: how long it lived, how long before Facts.At it closed, and how it ended.
type Closed struct {
	Lived  float64 `json:"lived"`
	Before float64 `json:"before"`
	Status string  `json:"status"`
	Bytes  int64   `json:"bytes"`
}

// Schedules of a namespace.
type Schedules struct {
	Listed    Outcome    `json:"listed"`
	More      bool       `json:"more"`
	N         int        `json:"n"`
	Count     Count      `json:"count"`
	Paused    int        `json:"paused"`
	Burst     int        `json:"burst"` // the most that are due in one second, of the times that the server foretells
	BurstAt   time.Time  `json:"burst_at,omitzero"`
	Described []Schedule `json:"described"`
}

// Schedule is one schedule that was described.
type Schedule struct {
	ID        string        `json:"id"`
	Read      Outcome       `json:"read"`
	Overlap   string        `json:"overlap"`
	Catchup   time.Duration `json:"catchup"`
	Limited   bool          `json:"limited"`
	Remaining int64         `json:"remaining"`
	Running   int           `json:"running"`
	Buffered  int64         `json:"buffered"`
	Paused    bool          `json:"paused"`
	KeepID    bool          `json:"keep_original_id"`
	Type      string        `json:"type"`
	Queue     string        `json:"queue"`
}

// Queue is a task queue that open work or a schedule names.
type Queue struct {
	Name       string  `json:"name"`
	Workflows  Pollers `json:"workflow_pollers"`
	Activities Pollers `json:"activity_pollers"`
	HasOpen    bool    `json:"has_open"` // open workflows name it as theirs
	Scheduled  bool    `json:"scheduled"`
	ForTasks   bool    `json:"for_activities"` // activities of sampled histories name it
	Limit      float64 `json:"rate_limit"`     // a rate limit that was set by API, tasks a second
	Fairness   bool    `json:"fairness"`
}

// Pollers are who polled one kind of a queue in the last five minutes.
type Pollers struct {
	Read       Outcome  `json:"read"`
	N          int      `json:"n"`
	Identities []string `json:"identities"` // a few of them
}

// Workers are the SDKs that poll, by name and version.
type Workers struct {
	Listed Outcome `json:"listed"`
	SDKs   []SDK   `json:"sdks"`
}

// SDK is a version of an SDK and how many workers or sampled histories show it.
type SDK struct {
	Name    string `json:"name"` // as it calls itself: temporal-go
	Version string `json:"version"`
	N       int    `json:"n"`
	Sampled bool   `json:"sampled"` // known by a history, not by a worker that runs
}

// Endpoints are the Nexus endpoints of the server.
type Endpoints struct {
	Listed    Outcome    `json:"listed"`
	Endpoints []Endpoint `json:"endpoints"`
}

// Endpoint is a Nexus endpoint; External has a URL as its target.
type Endpoint struct {
	Name      string `json:"name"`
	External  bool   `json:"external"`
	Namespace string `json:"namespace"`
	Queue     string `json:"queue"`
}

// Metrics are the server's own counter of actions, from two looks.
type Metrics struct {
	Read    Outcome            `json:"read"`
	Why     string             `json:"why,omitempty"`
	Seconds float64            `json:"seconds"` // between the looks
	Rate    map[string]float64 `json:"rate"`    // actions a second, by namespace
	Total   map[string]float64 `json:"total"`   // since the server started
}

// DynamicConfig is the file that the user gave, as far as rules know its keys.
type DynamicConfig struct {
	Keys   map[string]int64 `json:"keys"`   // the largest number under each key that is a number or true (1)
	Others int              `json:"others"` // keys that no rule knows
}

// Target is the side in Temporal Cloud, where it was given.
type Target struct {
	Address    string             `json:"address"`
	Namespace  string             `json:"namespace"`
	Reached    Outcome            `json:"reached"`
	Executions Count              `json:"executions"`
	Missing    map[string]Outcome `json:"attributes"` // by name: read is there, not-there is not
}

// CodeLook is what was found in source code that the user gave: where, and nothing of the code.
type CodeLook struct {
	Read  Outcome   `json:"read"`
	Why   string    `json:"why,omitempty"`
	Files int       `json:"files"` // that mention Temporal
	Whole bool      `json:"whole"` // all of them were looked at
	Found []CodeHit `json:"found"`
	More  int       `json:"more"` // found besides
}

// CodeHit is one line of source code.
type CodeHit struct {
	What string `json:"what"`
	File string `json:"file"` // in the directory that was given
	Line int    `json:"line"`
}

// maxFacts bounds a facts file that is read back.
const maxFacts = 64 << 20

// ReadFacts reads a facts file. What is no facts file is an Invalid fault.
func ReadFacts(r io.Reader) (*Facts, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxFacts+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The facts file cannot be read", "Give a file that onramp assess --facts wrote.")
	}
	if len(b) > maxFacts {
		return nil, fault.New(fault.TooLarge, "The facts file is too large", "Give a file that onramp assess --facts wrote; they are at most 64 MiB.")
	}
	var f Facts
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "This is not a facts file", "Give a file that onramp assess --facts wrote.")
	}
	if f.Schema != FactsSchema {
		return nil, fault.New(fault.Invalid, "This is not a facts file of this version of Onramp", "Give a file that onramp assess --facts wrote with this version.")
	}
	return &f, nil
}

// Write writes the facts as one file.
func (f *Facts) Write(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(f)
}
