package views

// TransferProps is step 6 before a run.
// Form: POST /m/{m}/transfer, fields once, scenario, amount, source, target, reference, worker, template,
// task_queue and those of CustomProps and KeySourceProps. Test ids: start-transfer, open-drill.
type TransferProps struct {
	Migration string
	Once      string // once: new with each form, so that sending one twice starts one transfer
	Scenarios []Choice
	Asked     string // what the form asks for, as a sentence
	Changed   bool   // it asks for something else than usual: its fields stand open
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
	Twin      CodeBlockProps
	Problems  Problems
}

// CustomProps is what a transfer to one's own worker may have beside a template: another workflow type, input
// in one's own JSON, and the local server where the worker might still be.
// Fields: workflow_type, input, local_address, local_namespace; file: input_file.
type CustomProps struct {
	WorkflowType   string
	Input          string
	InputNote      string // why Input is empty although there was one
	LocalAddress   string
	LocalNamespace string
}

// FollowProps asks for a workflow that somebody else started.
// Form: POST /m/{m}/transfer/follow, fields workflow_id, run_id and those of KeySourceProps.
// Test ids: follow-workflow.
type FollowProps struct {
	WorkflowID string
	RunID      string
	Key        KeySourceProps
	Problems   Problems // of this form alone
}

// open reports whether the fields hold something that the reader should see.
func (p CustomProps) open(ps Problems) bool {
	return p.WorkflowType != "" || p.Input != "" || p.InputNote != "" || len(ps.in("workflow_type"))+len(ps.in("input")) > 0
}
