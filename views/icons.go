package views

// State is how a thing looks: its colour and the shape of its icon. The word beside it is always given.
type State string

// The states, with the words they usually stand beside.
const (
	Idle State = "idle" // Not started, Not run, Can't start yet
	Busy State = "run"  // Checking, Running, Your turn
	Wait State = "wait" // Waiting for …
	Good State = "ok"   // Done, Passed
	Warn State = "warn" // Look again, Expires in … days
	Bad  State = "fail" // Failed, Expired
)

// Tag is a state with its word.
type Tag struct {
	State State
	Word  string
}

func stateOr(s, other State) State {
	if s == "" {
		return other
	}
	return s
}
