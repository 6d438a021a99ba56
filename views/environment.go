package views

// EnvironmentProps is the page that checks a pasted environment or configuration. What was given comes back in its box
// without its secrets.
// Form: POST Action, fields environment, shell, part. Test ids: environment, judge-environment, environment-answer.
type EnvironmentProps struct {
	Action   string
	Back     Link
	Shells   []Choice // what the repaired version is written for
	Parts    []Choice // services, profiles, blocks: which one is checked; nil where there is one
	Problems Problems // Field "environment"
	Given    string   // what stands in the box
	Hidden   string   // what was taken out of it, in words; "" for nothing
	Judged   bool
	Tag      Tag
	Read     string // "Read as Kubernetes YAML"
	Names    []Pair // vocabularies in use, and who reads each
	InEffect []EnvRow
	CLI      []EnvRow
	Findings []EnvFinding
	Repaired CodeBlockProps // Text "" where nothing was repaired
	Whole    bool           // Repaired is what was given, with the changes; else Temporal's settings for another holder
	ByHand   []string       // changes that could not be written into the text
	Missing  string         // why there is no repaired version
	Twin     CodeBlockProps
}

// EnvFinding is one thing to know of the environment.
type EnvFinding struct {
	State                                  State
	Word                                   string // Danger, Conflict, Not read, Repaired, Note
	Name, Code, URL, Title, Text, From, To string
}
