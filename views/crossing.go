package views

// CrossingProps is the map from this machine to Cloud. id=crossing.
type CrossingProps struct {
	Marks []MarkProps // the seven: This machine, Name, Network, Server, Certificate, Namespace, Task queue
	Label string      // what the map shows: "Run 3", "Last run", "Not tested yet"
}

// MarkProps is one mark of the map; the line before it has its state.
type MarkProps struct {
	Label string
	State State
	Word  string // "passed", "failed", "not reached"
	URL   string // where a reader finds out more, "" for none
}
