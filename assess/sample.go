package assess

import "time"

// Sample is one workflow run that was looked at closely: described, and where histories are sampled, read. Sizes are bytes.
type Sample struct {
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Type       string    `json:"type"`
	Open       bool      `json:"open"`
	Status     string    `json:"status"`
	Start      time.Time `json:"start"`
	Largest    bool      `json:"largest"` // chosen for its size, so that it stands for nothing else

	Described     Outcome        `json:"described"`
	HistoryLength int64          `json:"history_length"`
	HistorySize   int64          `json:"history_size"`
	Expires       *time.Time     `json:"expires,omitempty"` // the whole chain ends then; nil: it has no such bound
	Original      time.Time      `json:"original_start,omitzero"`
	Chained       bool           `json:"chained"`            // it is not the first run of its chain
	Children      map[string]int `json:"children,omitempty"` // pending, by parent close policy
	Pending       map[string]int `json:"pending,omitempty"`  // activities, children, nexus operations
	MaxAttempt    int32          `json:"max_attempt"`
	Heartbeats    int            `json:"heartbeats"` // pending activities that keep details of a heartbeat
	ForeignParent bool           `json:"foreign_parent"`
	SearchKeys    []string       `json:"search_attribute_keys,omitempty"`
	MemoKeys      []string       `json:"memo_keys,omitempty"`

	History *History `json:"history,omitempty"`
}

// History is what is kept of a history: sizes, encodings, counts and names.
type History struct {
	Read        Outcome        `json:"read"`
	Whole       bool           `json:"whole"` // read to its last event
	Events      int            `json:"events"`
	Bytes       int64          `json:"bytes"`
	Identity    string         `json:"identity"` // who started it
	Cron        bool           `json:"cron"`
	Continued   bool           `json:"continued"`
	Initiator   string         `json:"initiator"`
	ByParent    bool           `json:"by_parent"`
	BySchedule  bool           `json:"by_schedule"`
	Payload     int64          `json:"largest_payload"`
	PayloadIn   string         `json:"largest_payload_in"` // the event's type
	Batch       int64          `json:"largest_batch"`      // events of one workflow task's completion
	Encodings   map[string]int `json:"encodings"`
	Signals     int            `json:"signals"`
	Updates     int            `json:"updates"`
	External    int            `json:"external_signals"` // to a workflow of the same namespace
	Foreign     []string       `json:"foreign_namespaces,omitempty"`
	Resets      int            `json:"resets"`
	MarkerTasks int            `json:"marker_tasks"` // workflow tasks that recorded markers
	Queues      []string       `json:"activity_queues,omitempty"`
	SDKName     string         `json:"sdk_name"`
	SDKVersion  string         `json:"sdk_version"`
	Actions     float64        `json:"actions"` // billable actions that the history shows
	Unsure      float64        `json:"actions_unsure"`
}
