package views

// TestProps is step 4 before a run.
// Form: POST /m/{m}/test, fields of KeySourceProps, task_queue, local_address, local_namespace. Test ids: run-checks.
type TestProps struct {
	Migration string
	Target    []Pair     // what will be checked: endpoint, namespace, certificate
	Dial      *DialProps // what will be dialled; nil at a portal for one person
	Needs     []NeedProps
	CanRun    bool // every need is met
	Key       KeySourceProps
	TaskQueue string
	// LocalAddress and LocalNamespace are where the application runs today, where the reader says so.
	LocalAddress, LocalNamespace string
	Crossing                     CrossingProps
	Found                        AssessFoundProps
	Spark                        SparkProps
	History                      []CheckRow
	Elsewhere                    ElsewhereProps
	Twin                         CodeBlockProps
	Problems                     Problems
}

// more reports whether the folded fields hold something that the reader should see.
func (p TestProps) more() bool {
	return p.TaskQueue+p.LocalAddress+p.LocalNamespace != "" || len(p.Problems) > 0
}

// ElsewhereProps is the part of step 4 that lets the check run where the worker runs.
// Forms: POST /m/{m}/test/elsewhere (fields else_cert_path, else_key_path, else_queue, else_by) makes Commands;
// POST /m/{m}/test/report (fields report, report_by) takes a result. Test ids: make-command, report, send-report.
type ElsewhereProps struct {
	Migration         string
	CertPath, KeyPath string
	Queue, By         string
	Commands          []CodeBlockProps // one a shell, with a one-time address; none before it was made
	Until             string           // how long the address is good
	Here              bool             // the portal is reachable from this computer only
	Print             []CodeBlockProps // one a shell: prints the report, to be pasted
	Open              bool
	Problems          Problems
}
