package views

import "time"

// KeySourceProps asks where the client certificate and its key come from for a run. The key itself is
// never sent back to the page.
// Fields: key_source=lent|files|paste, cert_path, key_path, cert_pem, key_pem (files: cert_file, key_file
// are <input type=file>, the form is multipart).
type KeySourceProps struct {
	APIKey   bool     // the migration signs in with an API key: the one field is api_key
	Sources  []Choice // lent, files, paste
	CertPath string
	KeyPath  string
	CertPEM  string
	NeedCert bool // paste asks for the certificate too; else it is known
}

// TestProps is step 4 before a run.
// Form: POST /m/{m}/test, fields of KeySourceProps, task_queue, local_address, local_namespace. Test ids: run-checks.
type TestProps struct {
	Migration string
	Target    []Pair // what will be checked: endpoint, namespace, certificate
	Needs     []NeedProps
	CanRun    bool // every need is met
	Key       KeySourceProps
	TaskQueue string
	// LocalAddress and LocalNamespace are where the application runs today, where the reader says so.
	LocalAddress, LocalNamespace string
	Crossing                     CrossingProps
	Spark                        SparkProps
	History                      []CheckRow
	Elsewhere                    ElsewhereProps
	Twin                         CodeProps
	Problems                     Problems
}

// TestRunProps is one check run. Its live parts: run-status, crossing, stage-<id>, verdict.
// Test ids: run-again, verdict, stage-<id>.
type TestRunProps struct {
	Migration string
	Run       string // id
	Number    string
	Status    RunStatusProps
	Crossing  CrossingProps
	Stages    []StageProps // the ten, always
	Verdict   VerdictProps
	Reported  *ReportedProps // nil for a check that Onramp made itself
	Spark     SparkProps
	History   []CheckRow
	Compare   *Link     // with the check before it
	Asked     []Pair    // hidden fields of Run again: what was asked
	CanRerun  bool      // the lent key is still there: POST /m/{m}/test with key_source=lent
	JSON      string    // address of the report as JSON
	Report    CodeProps // the report as text, for Copy report
	Twin      CodeProps
	// Environment leads to the page that judges the worker's environment, after a run that failed.
	Environment *Link
}

// RunStatusProps is the line above the checks. id=run-status.
type RunStatusProps struct {
	Tag   Tag
	Text  string // "stopped at 5 of 10 · 155 ms"
	When  string
	Stamp string
}

// StageProps is one check. id=stage-<ID>. While Live is set the row has a fixed height and does not open.
type StageProps struct {
	ID       string // input, pair, chain, dns, tcp, tls, client-cert, grpc, namespace, task-queue
	Number   string
	Title    string
	State    State
	Word     string // "Passed", "Checking", "Not reached"
	Summary  string
	Time     string // "12 ms", "" before
	Evidence []Pair
	Findings []FindingProps
	Live     bool
	Open     bool
}

// FindingProps is something seen: an id of the catalogue.
type FindingProps struct {
	Code, Title, URL string
}

// VerdictProps is the answer of a check or transfer. id=verdict. Pending reserves its place.
type VerdictProps struct {
	Pending    bool
	State      State
	Word       string // "All is well", "Stopped at Certificate"
	Title      string
	Cause      string
	NotWrong   string
	Level      string // "certain", "likely", "unknown"
	Code       string // CL-01; "" or "OK" shows no link
	HelpURL    string
	Evidence   []Pair // wanted / seen
	Fixes      []FixProps
	Actions    []Link // at most three; the first is the primary
	Candidates []CandidateProps
	Confirm    string
	Unseen     string
	NotChecked []string // sentences: what nobody should draw conclusions about
	Made       string   // "Tested from worker-1, by the rules of 2026-11."
	Raw        CodeProps
}

// FixProps is one thing to do and who can.
type FixProps struct {
	Who     string // "Namespace Admin"
	Text    string
	Command CodeProps
}

// CandidateProps is another fault that looks the same from here.
type CandidateProps struct {
	Code, Title, Why, URL string
}

// TransferProps is step 6 before a run.
// Form: POST /m/{m}/transfer, fields once, scenario, amount, source, target, reference, worker, template,
// task_queue and those of CustomProps and KeySourceProps. Test ids: start-transfer, open-drill.
type TransferProps struct {
	Migration string
	Once      string // once: new with each form, so that sending one twice starts one transfer
	Scenarios []Choice
	Amount    string
	Source    string // source account
	Target    string // target account
	Reference string
	Workers   []Choice // builtin, own
	Templates []Choice // of the own worker
	TaskQueue string
	Custom    CustomProps
	Poller    PollerProps
	Key       KeySourceProps
	Follow    FollowProps
	Needs     []NeedProps
	CanStart  bool
	History   []RunRow
	Twin      CodeProps
	Problems  Problems
}

// PollerProps says whether a worker polls the task queue. id=poller.
type PollerProps struct {
	Tag   Tag // "1 worker polling", "No worker"
	Text  string
	Facts []Pair // identity, last seen, task queue
	Near  string // "A worker polls money-transfer: near miss", "" for none
	Fix   CodeProps
}

// TransferRunProps is one transfer. Its live parts: transfer-status, timeline, verdict, transfer-acts, events
// and its rows, transfer-links, transfer-refs. Test ids: transfer-status, transfer-again, raw-history.
type TransferRunProps struct {
	Migration string
	Run       string
	Number    string
	Status    TransferStatusProps
	Timeline  TimelineProps
	Events    EventsProps
	Verdict   VerdictProps
	Asked     []Pair // scenario, amount, accounts …
	Refs      TransferRefsProps
	Acts      TransferActsProps
	Again     AgainProps
	Twin      CodeProps
	History   []RunRow
}

// TransferStatusProps is how the transfer stands. id=transfer-status.
type TransferStatusProps struct {
	Tag     Tag
	Title   string // "Transfer complete", "Deposit: attempt 2 in 1 s"
	Text    string
	Facts   []Pair // workflow id, run id, task queue, time
	Result  string // "" for none
	Failure string
	Causes  []CauseProps
	Pending []PendingProps
	Lost    string // the connection to Temporal is lost now: what that means
	SinceMS int64  // > 0: it runs, and began so long ago; counted on by the script
	Next    *Link  // "Finish migration", once it is done
}

// TransferEndProps closes a streamed transfer page.
type TransferEndProps struct {
	Status   TransferStatusProps
	Timeline TimelineProps
	Verdict  VerdictProps
}

// TimelineProps is the Gantt chart and its twin as a list. id=timeline.
type TimelineProps struct {
	Span time.Duration // the whole width; 0 shows the empty state
	Text string        // "2.6 s in all"
	Rows []TimelineRow
}

// TimelineRow is one lane.
type TimelineRow struct {
	Label  string // "Withdraw"
	Detail string // "0.4 s · attempt 2"
	Bars   []BarProps
}

// BarProps is one bar, from the start of the workflow.
type BarProps struct {
	Start, End time.Duration
	State      State
	Word       string // "completed", "failed", "running"
	Text       string // for the list: "attempt 1 failed after 0.2 s: bank timed out"
	Live       bool   // still growing: dotted edge
}

// EventsProps is the workflow's history, newest first. id=events.
type EventsProps struct {
	Rows []EventProps
	Text string // "12 events, newest first"
	Cut  string // that older ones are left out, "" when none is
}

// EventProps is one event with Temporal's own name. id=event-<Key>.
type EventProps struct {
	Key     string // unique on the page: the event id, or "pending-5"
	ID      string // "7", "" when it is not of the history
	Type    string // ActivityTaskScheduled
	State   State
	Text    string
	When    string // "+0.4 s"
	Stamp   string
	Payload string // decoded, shown on demand
}
