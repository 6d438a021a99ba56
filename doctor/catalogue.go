package doctor

// Entry is one fault of the catalogue (faults.md §3). Texts may hold {address}, {host}, {namespace},
// {server_name}, {task_queue}, {cert_path}, {key_path}, {ca_path} and names of the stage's evidence;
// they are filled with the user's values.
type Entry struct {
	Code     string
	Group    string // "IN", "KP", …
	Title    string
	Stage    string // where its verdict falls
	Cause    string
	NotWrong string
	Fix      []Fix
	Confirm  string
	Unseen   string
	Symptoms []string // what tools print
	Related  []string
	Sources  []string
}

// Lookup returns the entry of an id.
func Lookup(code string) (Entry, bool) { panic("unwritten") }

// Catalogue returns every entry in the order of faults.md.
func Catalogue() []Entry { panic("unwritten") }

// Explain makes the verdict of a catalogue id with the user's values filled in; other rooms
// (transfer) use it for theirs.
func Explain(code string, level Level, values map[string]string) Verdict { panic("unwritten") }

// ExitCode returns contract.md's exit code of a verdict: 0 for OK, by the stage at which it fell
// otherwise, 1 for unknown without a stage.
func ExitCode(v Verdict) int { panic("unwritten") }
