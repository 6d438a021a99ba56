package transfer

// Scenarios are all of them, in the order in which they are offered.
var Scenarios = []Scenario{Success, Flaky, Refund, InvalidAccount, Slow, InsufficientFunds}

// shape changes the details so that a bank with the templates' accounts does what the scenario wants.
// Flaky and Slow need no change: the built-in bank reads them from the details.
func (s Scenario) shape(d Details) Details {
	d.Scenario = s
	switch s {
	case Refund:
		d.TargetAccount = unknownAccount
	case InvalidAccount:
		d.SourceAccount = unknownAccount
	case InsufficientFunds:
		d.Amount = max(d.Amount, beyondBalance)
	}
	return d
}

// ends is the status with which a transfer of the scenario should end.
func (s Scenario) ends() string {
	switch s {
	case Refund, InvalidAccount, InsufficientFunds:
		return Failed
	}
	return Completed
}

// builtInOnly reports whether only the built-in worker can play the scenario.
func (s Scenario) builtInOnly() bool { return s == Flaky || s == Slow }

// The statuses of a transfer.
const (
	Running        = "RUNNING"
	Completed      = "COMPLETED"
	Failed         = "FAILED"
	Canceled       = "CANCELED"
	Terminated     = "TERMINATED"
	TimedOut       = "TIMED_OUT"
	ContinuedAsNew = "CONTINUED_AS_NEW" // followed on into the next run
	NotStarted     = "NOT_STARTED"
	NotFound       = "NOT_FOUND" // to follow, but it is not there
)
