package views

// TransferEndProps closes a streamed transfer page.
type TransferEndProps struct {
	Status   TransferStatusProps
	Timeline TimelineProps
	Verdict  VerdictProps
	Ended    string // address of the run's page once it has ended
}

// TestEndProps closes a streamed check page.
type TestEndProps struct {
	Verdict VerdictProps
	Ended   string // as in TransferEndProps
}
