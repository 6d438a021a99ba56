package views

// CodeProps is step 5. GET /m/{m}/code?lang=&style=&vars=&shell=; the links carry the whole query.
// Test ids: lang-<lang>, poller, judge-command, continue.
type CodeProps struct {
	Migration string
	Langs     []Link
	Auths     []Link
	Styles    []Link
	Vars      []Link
	Shells    []Link
	SDK       string // "temporalio 1.9.0 or newer"
	Repo      *Link  // the official template
	Unknown   *NeedProps
	Found     AssessFoundProps
	Env       []EnvRow
	Holder    CodeBlockProps // the text to paste for the chosen shell
	Trust     CodeBlockProps // in a rehearsal: the variables that make programs trust it
	Edits     []DiffProps
	Starter   []DiffProps
	Files     []CodeBlockProps // new files
	Install   CodeBlockProps
	Worker    CodeBlockProps
	Start     CodeBlockProps // how to start the starter, or the repaired CLI command
	CLI       CodeBlockProps
	Reverse   []DiffProps
	Notes     []string
	Poller    PollerProps
	Judge     JudgeProps
	Markdown  CodeBlockProps // all of it as Markdown; Raw or Download is its address
	Other     string         // said when the code is for another way to sign in than the migration's
	Fallback  []string       // what the address asked for and is not there, and what is shown instead
	Zip       string         // address of the project, ready to run
	// Environment leads to the page that judges a pasted environment.
	Environment Link
	Look        WorkerLookProps
	Next        *Link
	Twin        CodeBlockProps
}

// WorkerLookProps is the button that looks for a worker once, without the script too.
// Form: POST Action, fields queue, api_key. Test ids: look-for-worker.
type WorkerLookProps struct {
	Action, Queue string
	Key           bool // an API key is asked for: none is kept
	First         bool // it is what to do next
	Problems      Problems
}

// JudgeProps is the form that judges a pasted command. id=judge.
// Form: POST /m/{m}/code/judge, fields command, lang. Test ids: judge-command, judge-submit.
type JudgeProps struct {
	Action   string // with the whole choice of the page
	Lang     string
	Command  string
	Judged   bool
	Tag      Tag // "3 things to repair", "Nothing to repair"
	Findings []JudgeFinding
	Repaired CodeBlockProps
	Problems Problems // Field "command"
}

// JudgeFinding is one thing wrong with the command.
type JudgeFinding struct {
	Code, Title, Text, Before, After, URL string
}

// runStep is the number of the part that runs the worker.
func runStep(p CodeProps) string {
	if len(p.Starter) > 0 {
		return "4"
	}
	return "3"
}
