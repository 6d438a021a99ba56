package views

// TransferEndProps closes a streamed transfer page.
type TransferEndProps struct {
	Status   TransferStatusProps
	Timeline TimelineProps
	Verdict  VerdictProps
}
