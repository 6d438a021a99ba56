package snippet

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
)

// language is one row of the table: everything Onramp knows of an SDK and of its official template.
// The template is the newest commit of temporalio/<repo>; what edits replace was read there.
type language struct {
	id       string // python
	name     string // Python
	repo     string // money-transfer-project-template-python
	pkg      string // temporalio
	min      versions
	workflow string // workflow type
	queue    string
	fields   []field // of the one argument, in the template's order; nil for Ruby's Struct
	worker   []string
	starter  []string
	install  func(*job) []string
	proxy    string   // how a worker is told of an HTTP proxy
	after    []string // what a project of our own needs after install
	files    []source
	edits    []change
	format   func(string) (string, error) // of a new file, where the language has one way
	more     func(*job) []string          // notes
}

// versions are the first releases of the SDK that have what the code uses.
type versions struct{ explicit, apiKey, envconfig string }

// field is one JSON key of the argument and its value in the test transfer.
type field struct {
	key   string
	value any
}

// source is a new file, a text/template with << >>.
type source struct{ path, text string }

// change is an edit; after is a text/template. when, if set, says for which jobs.
type change struct {
	file, before, after string
	when                func(*job) bool
}

// languages is the table, in the order to show it.
var languages = []*language{&python, &golang, &typescript, &java, &dotnet, &ruby, &php}

func lookup(id string) *language {
	for _, l := range languages {
		if l.id == id {
			return l
		}
	}
	return nil
}

// The test transfer is the templates' own: 250 from 85-150 to 43-812 (temporalio/money-transfer-project-*).
const (
	sourceAccount = "85-150"
	targetAccount = "43-812"
	amount        = 250
	reference     = "12345"
)

// input is the argument of the test transfer, in the JSON shape of the language's template.
func (l *language) input() any { return object(l.fields) }

// object marshals its fields in their order.
type object []field

// MarshalJSON writes the fields in the order of the template, as its SDK does.
func (o object) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		v, err := json.Marshal(f.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", f.key, v)
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}

// render fills the new files and the edits.
func (l *language) render(j *job) ([]File, []Edit, error) {
	var files []File
	for _, s := range l.files {
		text, err := fill(s.text, j)
		if err != nil {
			return nil, nil, fmt.Errorf("%s of %s: %w", s.path, l.id, err)
		}
		if l.format != nil {
			if text, err = l.format(text); err != nil {
				return nil, nil, fmt.Errorf("%s of %s: %w", s.path, l.id, err)
			}
		}
		files = append(files, File{Path: s.path, Content: strings.TrimSpace(text) + "\n"})
	}
	var edits []Edit
	for _, c := range l.edits {
		if c.when != nil && !c.when(j) {
			continue
		}
		after, err := fill(c.after, j)
		if err != nil {
			return nil, nil, fmt.Errorf("an edit of %s of %s: %w", c.file, l.id, err)
		}
		edits = append(edits, Edit{File: c.file, Before: c.before, After: after})
	}
	return files, edits, nil
}

// fill runs a text/template. It sees the names of the variables and MTLS, APIKey…, Envconfig, SNI.
func fill(text string, j *job) (string, error) {
	t, err := template.New("").Delims("<<", ">>").Option("missingkey=error").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, struct {
		names
		MTLS, Envconfig, SNI bool
	}{j.names, j.auth == "mtls", j.style == "envconfig", j.sni != ""})
	return b.String(), err
}

func (l *language) notes(j *job) []string {
	out := []string{}
	if j.vars == "tutorial" {
		out = append(out, "The tutorial's fifth variable, NAMESPACE_NAME, only names the files of its certificate step. The worker does not read it.")
	}
	if j.auth == "api-key" {
		out = append(out, "TEMPORAL_CLOUD_API_KEY is the variable of tcld and Terraform. SDKs and the temporal CLI read TEMPORAL_API_KEY.",
			"A key can do whatever its owner may do. Give the worker the key of a service account that may write to this namespace only.")
	}
	if l.more != nil {
		out = append(out, l.more(j)...)
	}
	if j.shell == "kubernetes" && j.auth == "mtls" {
		out = append(out, "The Secret holds tls.crt and tls.key only. Leave out the ca.crt that cert-manager adds, or do not use it: set as the server's root, it makes every connection to Temporal Cloud fail.")
	}
	return append(out, "Behind a proxy: "+l.proxy)
}

func (j *job) commands() Commands {
	return Commands{Install: j.lang.install(j), Worker: j.lang.worker, Starter: j.lang.starter}
}
