package views

import (
	"errors"
	"time"
)

// errSecret is a cause for the log; it must never reach a page.
var errSecret = errors.New("cause-for-the-log-only")

func keyProps() KeySourceProps {
	return KeySourceProps{
		Sources: []Choice{
			{Value: "lent", Label: "Lent to Onramp until 16:50", Hint: "Held in memory only", Selected: true},
			{Value: "files", Label: "Files on this computer", Hint: "Read for this run, not kept"},
			{Value: "paste", Label: "Paste or upload it for this run"},
		},
		CertPath: "certs/client.pem", KeyPath: "certs/client.key",
	}
}

func runRows() []RunRow {
	return []RunRow{
		{Name: "Check 3", URL: "/m/payments/test/r3", State: Bad, Word: "Failed", Title: "Temporal Cloud does not know the CA that signed your certificate", Code: "CL-01", When: "14 Nov, 10:42", Stamp: "2026-11-14T10:42:00Z", Took: "155 ms"},
		{Name: "Check 2", URL: "/m/payments/test/r2", State: Good, Word: "Passed", Title: "All is well", When: "13 Nov, 09:10", Stamp: "2026-11-13T09:10:00Z", Took: "201 ms"},
	}
}

func testProps() TestProps {
	p := TestProps{
		Migration: "payments",
		Target: []Pair{
			{Name: "Endpoint", Value: "docs-assembly.a2dd6.tmprl.cloud:7233", Mono: true, Copy: true},
			{Name: "Namespace", Value: "docs-assembly.a2dd6", Mono: true},
			{Name: "Certificate", Value: "CN=payments-prod, until 11 Nov 2027", Mono: true},
		},
		Needs:  []NeedProps{{Tag{Good, "Done"}, "Namespace", "/m/payments/namespace"}, {Tag{Good, "Done"}, "Certificates", "/m/payments/certificates"}, {Tag{Wait, "Not seen yet"}, "CA uploaded", "/m/payments/upload"}},
		CanRun: true, Key: keyProps(), TaskQueue: "", LocalAddress: "localhost:7233", Spark: sparkline30(), History: checkRows(), Elsewhere: elsewhereProps(), Twin: cli("onramp check --address payments-prod.a1b2c.tmprl.cloud:7233"),
	}
	p.Crossing = CrossingProps{Label: "Not tested yet"}
	for _, m := range crossing(-1).Marks {
		p.Crossing.Marks = append(p.Crossing.Marks, MarkProps{Label: m.Label, State: Idle, Word: "not tested"})
	}
	return p
}

var stageTitles = [][3]string{
	{"input", "What you typed is understood", "1 repair: https:// left out"},
	{"pair", "Key and certificate belong together", "ECDSA P-384"},
	{"chain", "Certificates obey Cloud’s rules", "14 rules passed"},
	{"dns", "The name resolves", "3 addresses"},
	{"tcp", "Port 7233 answers", "54.82.11.3:7233"},
	{"tls", "The server proves who it is", "TLS 1.3, *.a1b2c.tmprl.cloud, chain trusted by the system’s roots and valid until March"},
	{"client-cert", "The server accepts your certificate", "alert 48: unknown certificate authority"},
	{"grpc", "Temporal answers", "server 1.32.1"},
	{"namespace", "The namespace lets you in", "payments-prod.a1b2c"},
	{"task-queue", "A worker polls the task queue", "1 worker"},
}

func stages(fail int, live bool) []StageProps {
	var out []StageProps
	for i, t := range stageTitles {
		s := StageProps{ID: t[0], Number: itoa(i + 1), Title: t[1], Live: live}
		switch {
		case i < fail:
			s.State, s.Word, s.Summary, s.Time = Good, "Passed", t[2], itoa(i*7+1)+" ms"
			if !live {
				s.Evidence = []Pair{{Name: "seen", Value: t[2], Mono: true}}
			}
		case i == fail && live:
			s.State, s.Word = Busy, "Checking"
		case i == fail:
			s.State, s.Word, s.Summary, s.Time, s.Open = Bad, "Failed", t[2], "44 ms", true
			s.Evidence = []Pair{{Name: "wanted", Value: "CA 9f3c 5e1a … c071 on the namespace", Mono: true}, {Name: "seen", Value: "alert 48 unknown_ca after the handshake", Mono: true}}
			s.Findings = []FindingProps{{Code: "CL-01", Title: "The namespace does not know your CA", URL: "/help/CL-01"}}
		default:
			s.State, s.Word = Idle, "Not reached"
		}
		out = append(out, s)
	}
	return out
}

func testLive() TestRunProps {
	p := TestRunProps{Migration: "payments", Run: "r3", Number: "3", Status: RunStatusProps{Tag: Tag{Busy, "Running"}, Text: "5 of 10 checks done ·", SinceMS: 1000}, Stages: stages(5, true), Verdict: VerdictProps{Pending: true, State: Busy, Word: "No verdict yet"}}
	p.Crossing = crossing(2)
	p.Crossing.Marks[2] = MarkProps{Label: "Network", State: Good, Word: "passed"}
	p.Crossing.Marks[3] = MarkProps{Label: "Server", State: Busy, Word: "checking"}
	return p
}

func testFailed() TestRunProps {
	return TestRunProps{
		Migration: "payments", Run: "r3", Number: "3", CanRerun: true, JSON: "/m/payments/test/r3.json",
		Status:   RunStatusProps{Tag: Tag{Bad, "Failed"}, Text: "stopped at 7 of 10 · 155 ms", When: "14 Nov 2026, 10:42", Stamp: "2026-11-14T10:42:00Z"},
		Crossing: crossing(4), Stages: stages(6, false),
		Verdict: VerdictProps{
			State: Bad, Word: "Stopped at Certificate", Code: "CL-01", HelpURL: "/help/CL-01", Level: "likely",
			Title:    "Temporal Cloud does not know the CA that signed your client certificate",
			Cause:    "The handshake reached the server, and the server refused the certificate with alert 48.",
			NotWrong: "Network, name and port are fine: the server answered and refused.",
			Evidence: []Pair{{Name: "Your certificate was signed by", Value: "CN=payments-prod CA, SHA-256 9f3c 5e1a … c071", Mono: true}, {Name: "The namespace accepts", Value: "not visible from here"}},
			Fixes:    []FixProps{{Who: "cloud-admin", Text: "Add the CA certificate to the namespace.", Command: CodeBlockProps{ID: "fix-1", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace payments-prod.a1b2c --ca-certificate-file ca.pem", Values: []string{"payments-prod.a1b2c", "ca.pem"}}}},
			Actions:  []Link{{Text: "Upload the CA certificate", URL: "/m/payments/upload"}, {Text: "Explain CL-01", URL: "/help/CL-01"}},
			Candidates: []CandidateProps{
				{Code: "CH-26", Title: "A certificate filter refuses it", Why: "looks the same to a client", URL: "/help/CH-26"},
			},
			Confirm:    "openssl s_client -connect payments-prod.a1b2c.tmprl.cloud:7233 -cert client.pem -key client.key, and wait for the alert.",
			Unseen:     "Which CAs the namespace holds: that needs Namespace Admin.",
			NotChecked: []string{"Check 8 (Temporal answers): not reached.", "The namespace's certificate filters: give them with --filters."}, Made: "Tested from onramp-7f, by the rules of 2026-11.",
			Raw: CodeBlockProps{ID: "raw", Name: "Raw evidence", Text: "remote error: tls: unknown certificate authority"},
		},
		Spark: sparkline30(), History: checkRows()[1:], Report: CodeBlockProps{ID: "report-text", Name: "Run 3", Text: "Run 3 of Payments: failed at client-cert (CL-01)"}, Twin: cli("onramp check --address payments-prod.a1b2c.tmprl.cloud:7233"),
	}
}

func testPassed() TestRunProps {
	return TestRunProps{
		Migration: "payments", Run: "r4", Number: "4", Status: RunStatusProps{Tag: Tag{Good, "Passed"}, Text: "10 of 10 · 201 ms", When: "14 Nov 2026, 11:02", Stamp: "2026-11-14T11:02:00Z"},
		Crossing: crossing(9), Stages: stages(10, false),
		Verdict: VerdictProps{State: Good, Word: "Connected", Code: "OK", Level: "certain", Title: "Your worker can use this namespace", Cause: "Every check from this machine to the task queue passed.", Actions: []Link{{Text: "Change the worker", URL: "/m/payments/code", TestID: "continue"}}, Unseen: "Whether your worker’s host reaches the endpoint too: run onramp check there."},
	}
}

func poller(ok bool) PollerProps {
	if ok {
		return PollerProps{Tag: Tag{Good, "I see your worker"}, Text: "1 worker polls TRANSFER_MONEY_TASK_QUEUE.", Facts: []Pair{{Name: "identity", Value: "4711@laptop", Mono: true}, {Name: "last seen", Value: "2 s ago"}}}
	}
	return PollerProps{Tag: Tag{Wait, "No worker yet"}, Text: "Nobody polls TRANSFER_MONEY_TASK_QUEUE. This line ticks itself.", Near: "A worker polls money-transfer: a near miss.", Fix: CodeBlockProps{ID: "poller-fix", Name: "Start the worker", Lang: "bash", Text: "python run_worker.py"}}
}

const before = "from temporalio.client import Client\nfrom temporalio.worker import Worker\n\nasync def main() -> None:\n    client: Client = await Client.connect(\"localhost:7233\", namespace=\"default\")\n"
const after = "import os\n\nfrom temporalio.client import Client, TLSConfig\nfrom temporalio.worker import Worker\n\nasync def main() -> None:\n    with open(os.environ[\"TEMPORAL_MTLS_TLS_CERT\"], \"rb\") as f:\n        client_cert = f.read()\n    # the address is host:port, without https://\n    client = await Client.connect(\n        os.environ[\"TEMPORAL_HOST_URL\"],\n        namespace=os.environ[\"TEMPORAL_NAMESPACE\"],\n        tls=TLSConfig(client_cert=client_cert),\n    )\n"

func codeProps() CodeProps {
	links := func(current string, names ...string) []Link {
		var out []Link
		for _, n := range names {
			out = append(out, Link{Text: n, URL: "?x=" + n, Current: n == current, TestID: "choose-" + n})
		}
		return out
	}
	return CodeProps{
		Migration: "payments",
		Langs:     links("Python", "Go", "Python", "TypeScript", "Java", ".NET", "Ruby", "PHP"),
		Styles:    links("explicit in code", "explicit in code", "envconfig"),
		Vars:      links("standard", "tutorial", "standard"),
		Shells:    links("bash", "bash", "PowerShell", "cmd", ".env"),
		SDK:       "temporalio 1.9.0 or newer", Repo: &Link{Text: "temporalio/money-transfer-project-template-python", URL: "https://github.com/temporalio/money-transfer-project-template-python", Away: true},
		Env: []EnvRow{
			{"TEMPORAL_ADDRESS", "docs-assembly.a2dd6.tmprl.cloud:7233", "Where the worker connects", "from your namespace"},
			{"TEMPORAL_NAMESPACE", "docs-assembly.a2dd6", "Name and account", "from your namespace"},
		},
		Holder:  CodeBlockProps{ID: "holder", Name: "bash", Lang: "bash", Text: "export TEMPORAL_ADDRESS=docs-assembly.a2dd6.tmprl.cloud:7233\nexport TEMPORAL_NAMESPACE=docs-assembly.a2dd6\nexport TEMPORAL_TLS_CLIENT_CERT_PATH=client.pem\n", Values: []string{"docs-assembly.a2dd6.tmprl.cloud:7233", "docs-assembly.a2dd6", "client.pem"}, Download: "/m/payments/code.env"},
		Trust:   CodeBlockProps{ID: "trust", Name: "bash", Lang: "bash", Text: "export SSL_CERT_FILE=trust.pem\n", Values: []string{"trust.pem"}},
		Edits:   []DiffProps{{ID: "edit-worker", File: "run_worker.py", Lang: "python", Before: before, After: after, Values: []string{"TEMPORAL_NAMESPACE"}}},
		Starter: []DiffProps{{ID: "edit-starter", File: "run_workflow.py", Lang: "python", Before: "client = await Client.connect(\"localhost:7233\")\n", After: "client = await connect()\n"}},
		Files:   []CodeBlockProps{{ID: "file-connect", Name: "connect.py", Lang: "python", Text: "import os\n\n\nasync def connect():  # used by worker and starter\n    return 7233\n"}},
		Install: CodeBlockProps{ID: "install", Name: "Install", Lang: "bash", Text: "pip install temporalio"},
		Worker:  CodeBlockProps{ID: "worker", Name: "Run the worker", Lang: "bash", Text: "python run_worker.py"},
		Start:   CodeBlockProps{ID: "start", Name: "Run the starter", Lang: "bash", Text: "python run_workflow.py"},
		CLI:     CodeBlockProps{ID: "start-cli", Name: "or the Temporal CLI", Lang: "bash", Text: "temporal workflow start \\\n  --task-queue TRANSFER_MONEY_TASK_QUEUE \\\n  --type MoneyTransfer \\\n  --input '{\"source_account\":\"85-150\"}'"},
		Reverse: []DiffProps{{ID: "reverse", File: "run_worker.py", Lang: "python", Before: after, After: before}},
		Notes:   []string{"The address takes no https:// in front."},
		Poller:  poller(false),
		Judge: JudgeProps{Action: "/m/payments/code/judge", Lang: "python", Command: "temporal workflow start --task-queue money-transfer --type MoneyTransfer --address https://x", Judged: true, Tag: Tag{Warn, "2 things to repair"},
			Findings: []JudgeFinding{{Code: "IN-01", Title: "The address has a scheme", Text: "The CLI takes host:port.", Before: "https://x", After: "x:7233", URL: "/help/IN-01"}, {Title: "The input is missing", Text: "The workflow takes one argument.", After: "--input …"}},
			Repaired: CodeBlockProps{ID: "repaired", Name: "Repaired", Lang: "bash", Text: "temporal workflow start --task-queue TRANSFER_MONEY_TASK_QUEUE"}},
		Markdown: CodeBlockProps{ID: "markdown", Name: "Markdown", Text: "# Payments to Temporal Cloud\n\n1. …", Download: "/m/payments/code.md"},
		Twin:     cli("onramp code --lang python --namespace docs-assembly.a2dd6"),
	}
}

func transferProps() TransferProps {
	return TransferProps{
		Migration: "payments",
		Scenarios: []Choice{
			{Value: "success", Label: "Success", Hint: "Withdraw, deposit, done", Selected: true},
			{Value: "flaky", Label: "The bank times out, then works", Hint: "Retries, seen live"},
			{Value: "refund", Label: "The deposit is refused", Hint: "The money goes back; ends Failed, as it should"},
			{Value: "slow", Label: "Slow", Hint: "Takes half a minute"},
		},
		Amount: "250", Source: "85-150", Target: "43-812", Reference: "onramp-7f3a",
		Workers:   []Choice{{Value: "builtin", Label: "Onramp’s built-in worker", Hint: "On its own task queue", Selected: true}, {Value: "own", Label: "My worker", Hint: "The one that you changed in step 5"}},
		Templates: []Choice{{Value: "python", Label: "Python template", Selected: true}, {Value: "go", Label: "Go template"}},
		TaskQueue: "TRANSFER_MONEY_TASK_QUEUE", Poller: poller(true), Key: keyProps(), CanStart: true,
		Custom: CustomProps{LocalAddress: "localhost:7233"}, Follow: FollowProps{Key: keyProps()},
		Twin: cli("onramp transfer --scenario success"),
	}
}

func transferRun() TransferRunProps {
	return TransferRunProps{
		Migration: "payments", Run: "t2", Number: "2",
		Asked: []Pair{{Name: "Scenario", Value: "The bank times out, then works"}, {Name: "Amount", Value: "250"}},
		Refs: TransferRefsProps{Links: []Link{{Text: "Open in Temporal Cloud UI", URL: "https://cloud.temporal.io/namespaces/a.b/workflows/w/r", Away: true}},
			Command: CodeBlockProps{ID: "equal", Name: "Temporal CLI", Lang: "bash", Text: "temporal workflow start --type MoneyTransfer"},
			Show:    CodeBlockProps{ID: "show-cli", Name: "Temporal CLI", Lang: "bash", Text: "temporal workflow show --workflow-id transfer-7f3a"}, Raw: "/m/payments/transfer/t2/history.json"},
		Again: AgainProps{Fields: []Pair{{Name: "scenario", Value: "flaky"}}, URL: "/m/payments/transfer?from=t2"},
		Acts:  TransferActsProps{Migration: "payments", Run: "t2"},
		Twin:  cli("onramp transfer --scenario flaky"),
	}
}

func transferLive() TransferRunProps {
	p := transferRun()
	p.Acts.Open, p.Acts.Following = true, true
	p.Status = TransferStatusProps{Tag: Tag{Busy, "Running"}, Text: "1.8 s", SinceMS: 1800, Lost: "The connection to localhost:7243 was lost; trying again.",
		Pending: []PendingProps{{ID: "11", Name: "Deposit", State: Wait, Text: "attempt 2 of 5 starts", Attempt: "2", Failure: "bank timed out", LeftMS: 1000, Left: "in 1.0 s"}, {ID: "12", Name: "Audit", State: Busy, Text: "attempt 1 is running", Attempt: "1", LastBeat: "3 of 10"}}, Title: "Deposit: attempt 2 in 1 s", Facts: []Pair{{Name: "Workflow ID", Value: "transfer-7f3a", Mono: true, Copy: true}}}
	p.Timeline = TimelineProps{Span: 2 * time.Second, Text: "1.8 s so far", Ticks: []Tick{{At: 0, Label: "0 s"}, {At: 0.5, Label: "1 s"}, {At: 1, Label: "2 s"}}, Rows: []TimelineRow{
		{Label: "Withdraw", Detail: "0.4 s", Bars: []BarProps{{Start: 50 * time.Millisecond, End: 450 * time.Millisecond, State: Good, Word: "completed"}}},
		{Label: "Deposit", Detail: "attempt 2", Bars: []BarProps{{Start: 500 * time.Millisecond, End: 900 * time.Millisecond, State: Bad, Word: "failed", Text: "attempt 1 failed after 0.4 s: bank timed out"}, {Queued: 900 * time.Millisecond, Due: 1400 * time.Millisecond, Start: 1500 * time.Millisecond, End: 1800 * time.Millisecond, State: Busy, Word: "running", Live: true}}},
		{Label: "Audit", Detail: "", Bars: []BarProps{{Queued: time.Second, Due: time.Second, Start: time.Second, End: 2 * time.Second, State: Idle, Word: "scheduled", Waits: true, Live: true}}},
	}}
	p.Events = EventsProps{Text: "4 events, newest first", Rows: []EventProps{
		{Key: "pending-11", Type: "Deposit", State: Busy, Text: "attempt 2 of ∞, next in 1 s", When: "+1.8 s"},
		{Key: "11", ID: "11", Type: "ActivityTaskScheduled", State: Good, Text: "Deposit", When: "+0.5 s", Payload: "{\n  \"amount\": 250\n}"},
		{Key: "7", ID: "7", Type: "ActivityTaskCompleted", State: Good, Text: "Withdraw", When: "+0.4 s"},
		{Key: "1", ID: "1", Type: "WorkflowExecutionStarted", State: Good, Text: "MoneyTransfer", When: "+0 s"},
	}}
	p.Verdict = VerdictProps{Pending: true, State: Busy}
	return p
}

func transferDone() TransferRunProps {
	p := transferLive()
	p.Status = TransferStatusProps{Tag: Tag{Good, "Completed"}, Text: "2.6 s", Title: "Transfer complete", Result: "Transfer complete (transaction IDs: W5436247, D7892346)", Facts: p.Status.Facts, Next: &Link{Text: "Back to the overview", URL: "/m/payments"}}
	p.Verdict = VerdictProps{State: Good, Word: "As it should", Code: "OK", Title: "Your namespace ran a workflow over mTLS", Cause: "Started, withdrawn, deposited after one retry, completed."}
	p.History = runRows()
	return p
}

func transferFailed() TransferRunProps {
	p := transferRun()
	p.Number = "3"
	key := keyProps()
	p.Acts = TransferActsProps{Migration: "payments", Run: "t3", Open: true, FollowAgain: true, Key: &key}
	p.Again, p.Refs.Raw, p.Refs.RawNote = AgainProps{URL: "/m/payments/transfer?from=t3"}, "", "The raw history can be read while Onramp may use the key."
	p.Status = TransferStatusProps{Tag: Tag{Warn, "Stuck"}, Text: "12 s", Title: "The workflow task fails again and again", Failure: "MoneyTransfer.run() missing 1 required positional argument: 'transfer'",
		Causes: []CauseProps{{Kind: "application", Type: "TransferFailed", Message: "the transfer failed"}, {Kind: "application", Type: "InvalidAccountError", Message: "no such account", Final: true}}}
	p.Verdict = VerdictProps{State: Bad, Word: "Stopped at Workflow", Code: "WF-20", HelpURL: "/help/WF-20", Level: "certain", Title: "The workflow was started without its input",
		Cause: "The worker wants one argument and got none.", NotWrong: "Connection, namespace and task queue are fine: the worker took the task.",
		Fixes: []FixProps{{Who: "developer", Text: "Terminate it and start it again with the input.", Command: CodeBlockProps{ID: "wf-fix", Name: "Temporal CLI", Lang: "bash", Text: "temporal workflow start --input '{}'"}}}}
	return p
}

func rehearsalProps() RehearsalProps {
	return RehearsalProps{
		Strictness: []Choice{{Value: "strict", Label: "Strict", Hint: "Refused in the handshake.", Selected: true}, {Value: "lenient", Label: "Lenient", Hint: "Let in until Onramp restarts."}},
		Methods:    []Choice{{Value: "one", Label: "One of the two", Hint: "As an account has it at first.", Selected: true}, {Value: "both", Label: "Both at once", Hint: "Temporal Support turns it on."}},
		Tag:        Tag{Good, "Ready"}, Text: "in 0.36 s",
		Facts:      []Pair{{Name: "Address", Value: "localhost:7243", Mono: true, Copy: true}, {Name: "Its root, SHA-256", Value: "1c9a 55d0 … 77e2", Mono: true}},
		Trust:      []EnvRow{{"SSL_CERT_FILE", "~/.local/share/onramp/trust.pem", "Go, the CLI, Python, TypeScript, .NET, Ruby", "system roots and the rehearsal’s"}},
		TrustCode:  CodeBlockProps{ID: "trust-env", Name: "bash", Lang: "bash", Text: "export SSL_CERT_FILE=~/.local/share/onramp/trust.pem"},
		Namespaces: cloudRows(), Migrations: homeProps().Sections[0].Cards[1:], Tally: "1",
	}
}

func helpProps() HelpProps {
	return HelpProps{Groups: []HelpGroup{
		{ID: "IN", Title: "Endpoint, namespace and other typed input", Rows: []HelpRow{{"IN-01", "The address has a scheme", "/help/IN-01", "input"}, {"IN-11", "The namespace lacks its account ID", "/help/IN-11", "input"}}},
		{ID: "CL", Title: "Is the client certificate accepted?", Rows: []HelpRow{{"CL-01", "The namespace does not know your CA", "/help/CL-01", "client-cert"}}},
	}}
}

func helpFoundProps() HelpProps {
	p := helpProps()
	p.Query = "unknown certificate authority"
	p.Found = []FoundProps{{Code: "CL-03", Title: "The namespace does not trust the issuer of this certificate", URL: "/help/CL-03", Text: "The server does not know the issuer as a CA of this namespace."}}
	return p
}

func helpEntry() HelpEntryProps {
	return HelpEntryProps{
		Code: "CL-01", Title: "The namespace does not know your CA", Stage: "Seen at check 7, client certificate",
		Cause: "The server closed the connection with alert 48 after it saw your certificate.", NotWrong: "Name, network and server are fine.",
		Fixes:          []FixProps{{Who: "cloud-admin", Text: "Add the CA certificate to the namespace.", Command: CodeBlockProps{ID: "help-fix", Name: "tcld", Lang: "bash", Text: "tcld namespace accepted-client-ca add --namespace your-namespace.a1b2c --ca-certificate-file ca.pem"}}},
		ConfirmCommand: CodeBlockProps{ID: "confirm", Name: "Command", Lang: "bash", Text: "onramp check --namespace your-namespace.a1b2c"},
		StandIns:       []Pair{{Name: "your-namespace.a1b2c", Value: "your Namespace ID"}},
		Symptoms:       []string{"remote error: tls: unknown certificate authority", "received fatal alert: UnknownCA"},
		Confirm:        "Ask a Namespace Admin for the list of CA certificates.", Unseen: "Which CAs the namespace holds.",
		Related: []Link{{Text: "CL-03 The client showed no certificate", URL: "/help/CL-03"}}, Sources: []Link{{Text: "Temporal documentation, Certificates", URL: "https://docs.temporal.io/cloud/certificates", Away: true}, {Text: "measured"}},
	}
}
