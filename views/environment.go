package views

// EnvironmentProps is the page that judges a pasted environment. Nothing that was pasted comes back: what is
// shown of it is masked where it looks like a secret.
// Form: POST Action, fields environment, shell. Test ids: environment, judge-environment, environment-answer.
type EnvironmentProps struct {
	Action   string
	Back     Link
	Shells   []Choice // what the repaired version is written for
	Problems Problems // Field "environment"
	Judged   bool
	Tag      Tag
	Read     string // "Read as Kubernetes YAML"
	Names    []Pair // vocabularies in use, and who reads each
	InEffect []EnvRow
	CLI      []EnvRow
	Findings []EnvFinding
	Repaired CodeBlockProps
	Missing  string // why there is no repaired version
	Twin     CodeBlockProps
}

// EnvFinding is one thing to know of the environment.
type EnvFinding struct {
	State                                  State
	Word                                   string // Danger, Conflict, Not read, Repaired, Note
	Name, Code, URL, Title, Text, From, To string
}
