// Package snippet writes worker code, environment and commands for every SDK and shell from one table.
package snippet

// Schema is the schema name of Code's JSON, which only grows: scripts read it.
const Schema = "onramp.code/1"

// Request says what code is wanted; empty fields have the stated defaults.
type Request struct {
	Lang       string // python, go, typescript, java, dotnet, ruby, php
	Namespace  string // Namespace ID
	Address    string // default: the namespace's endpoint
	Auth       string // mtls (default), api-key
	Style      string // explicit (default), envconfig
	Vars       string // tutorial, standard (default; envconfig has only standard)
	Shell      string // bash (default), fish, powershell, cmd, dotenv, compose, kubernetes, systemd, github-actions, toml (envconfig only)
	CertPath   string // default "client.pem"
	KeyPath    string // default "client.key"
	ServerName string // only when it differs from the address's host
}

// File is a new file in the template project.
type File struct {
	Path    string `json:"path"`
	Content string `json:"content"`
}

// Edit is one change to a file of the official template; Before stands there verbatim, exactly once.
type Edit struct {
	File   string `json:"file"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// SDK names the package that the code needs.
type SDK struct {
	Package    string `json:"package"`
	MinVersion string `json:"min_version"`
}

// Commands are what the user runs, in order.
type Commands struct {
	Install []string `json:"install"`
	Worker  []string `json:"worker"`
	Starter []string `json:"starter"`
}

// Transfer is what starts a test transfer on the template's worker.
type Transfer struct {
	WorkflowType string `json:"workflow_type"`
	TaskQueue    string `json:"task_queue"`
	Input        []any  `json:"input"`
}

// Code is the answer.
type Code struct {
	Schema   string            `json:"schema"`
	Lang     string            `json:"lang"`
	SDK      SDK               `json:"sdk"`
	Env      map[string]string `json:"env"`
	Files    []File            `json:"files"`
	Edits    []Edit            `json:"edits"`
	Commands Commands          `json:"commands"`
	Transfer Transfer          `json:"transfer"`

	EnvOrder []EnvVar `json:"-"` // Env in the order to show, each with its explanation
	Holder   string   `json:"-"` // the text to paste for Request.Shell, exactly quoted
	Reverse  []Edit   `json:"-"` // back to local
	Start    string   `json:"-"` // the `temporal workflow start` command, repaired
	Repo     string   `json:"-"` // temporalio/money-transfer-project-template-python
	Notes    []string `json:"-"`
}

// EnvVar is one variable with what it is and where its value came from.
type EnvVar struct{ Name, Value, What, From string }
