package snippet

import (
	"embed"
	"strings"

	"onramp/fault"
	"onramp/sdk"
)

//go:embed askfirst
var askFirst embed.FS

// askFirstFiles names the file of each language; what is embedded ends in .txt besides.
var askFirstFiles = map[string]string{
	"python": "ask_source_first.py", "go": "asksourcefirst.go", "typescript": "ask-source-first.ts", "java": "AskSourceFirst.java",
	"dotnet": "AskSourceFirst.cs", "ruby": "ask_source_first.rb", "php": "AskSourceFirst.php",
}

// AskFirst is a wrapper for clients that signal with start while their workflows move to another server: it asks the source
// first, and goes to the target where nothing is open there.
type AskFirst struct {
	Lang    string `json:"lang"`
	Path    string `json:"path"` // a new file of the client's
	Content string `json:"content"`
}

// WriteAskFirst writes it for a language of package sdk; another is an Invalid fault at lang.
func WriteAskFirst(lang string) (AskFirst, error) {
	name, ok := askFirstFiles[lang]
	if !ok {
		return AskFirst{}, fault.New(fault.Invalid, "This is not a language of Temporal's SDKs", "Give one of "+strings.Join(sdk.IDs(), ", ")+".").In("lang")
	}
	b, err := askFirst.ReadFile("askfirst/" + name + ".txt")
	if err != nil {
		return AskFirst{}, err
	}
	return AskFirst{Lang: lang, Path: name, Content: string(b)}, nil
}
