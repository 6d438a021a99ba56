package code

import (
	"net/http"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/snippet"
	"onramp/views"
)

// EnvironmentForm is the page that judges an environment, before one was pasted.
func (h *Pages) EnvironmentForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showEnvironment(w, r, http.StatusOK, v, sameForm, views.EnvironmentProps{})
}

// Environment judges a pasted environment. The text is neither stored nor logged, and is not sent back.
func (h *Pages) Environment(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	shell, err := f.Pick("shell", append([]string{sameForm}, snippet.Shells...)...)
	if err == nil && f.Text("environment") == "" {
		err = fault.New(fault.Invalid, "There is no environment to judge", "Paste lines such as TEMPORAL_ADDRESS=…, or a file that holds them.").In("environment")
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showEnvironment(w, r, http.StatusUnprocessableEntity, v, shell, views.EnvironmentProps{Problems: ps})
	}
	own := ""
	if v.Migration.Mode == migration.Rehearsal {
		own = h.Acts.Places.Target(v.View).Address // there the local server is the right one
	}
	return h.showEnvironment(w, r, http.StatusOK, v, shell, judgedEnvironment(snippet.JudgeEnvironment(r.Context(), f.Values.Get("environment"), snippet.EnvChoice{Own: own}), shell))
}

func (h *Pages) showEnvironment(w http.ResponseWriter, r *http.Request, status int, v web.Visit, shell string, p views.EnvironmentProps) error {
	m := v.Migration.ID
	p.Action = web.MovePath(m, migration.StepCode, "environment")
	p.Back = views.Link{Text: "Back to the code", URL: web.MovePath(m, migration.StepCode)}
	p.Shells = append(p.Shells, views.Choice{Value: sameForm, Label: "the form you paste", Selected: shell == sameForm})
	for _, s := range snippet.Shells {
		p.Shells = append(p.Shells, views.Choice{Value: s, Label: web.ShellNames[s], Selected: s == shell})
	}
	p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "env | onramp code --judge -"}
	f := h.Frame(r, "Judge an environment", "migrations", &v, migration.StepCode)
	return h.Page(w, r, status, views.EnvironmentPage(f, p))
}

// sameForm asks for the repaired version in the form that was pasted.
const sameForm = "same"

// envLevels are the levels of a finding as the page shows them, the worst first.
var envLevels = []struct {
	level, word string
	state       views.State
}{{"danger", "Danger", views.Bad}, {"conflict", "Conflict", views.Warn}, {"repair", "Repaired", views.Warn}, {"dead", "Nothing reads it", views.Warn}, {"note", "Note", views.Idle}}

// formNames are the forms of an environment in words.
var formNames = map[string]string{"lines": "lines of variables", "yaml": "YAML", "compose": "Compose YAML", "kubernetes": "Kubernetes YAML",
	"github-actions": "GitHub Actions YAML", "toml": "TOML", "json": "JSON", "hcl": "HCL (Terraform)", "bicep": "Bicep", "properties": "properties", "dockerfile": "a Dockerfile"}

// formLangs are the languages of the forms, to show them in colour.
var formLangs = map[string]string{"yaml": "yaml", "compose": "yaml", "kubernetes": "yaml", "github-actions": "yaml", "toml": "toml", "json": "json", "hcl": "hcl", "properties": "properties", "dockerfile": "docker"}

// judgedEnvironment is an answer as the page shows it.
func judgedEnvironment(e snippet.Environment, shell string) views.EnvironmentProps {
	p := views.EnvironmentProps{Judged: true, Tag: views.Tag{State: views.Good, Word: "All is well"}, Read: "Read as " + web.Either(formNames[e.Form], "text")}
	if e.Part != "" {
		p.Read += ", " + e.Part
	}
	for _, l := range slices.Backward(envLevels) {
		n := 0
		for _, x := range e.Findings {
			if x.Level == l.level {
				n++
			}
		}
		if n > 0 && l.level != "note" {
			p.Tag = views.Tag{State: l.state, Word: l.word}
		}
	}
	for _, l := range envLevels {
		for _, x := range e.Findings {
			if x.Level != l.level {
				continue
			}
			row := views.EnvFinding{State: l.state, Word: l.word, Name: x.Name, Code: x.Code, Title: x.Title, Text: x.Text, From: x.From, To: x.To}
			if x.Code != "" {
				row.URL = web.HelpPath(x.Code)
			}
			p.Findings = append(p.Findings, row)
		}
	}
	for _, name := range e.Vocabularies {
		p.Names = append(p.Names, views.Pair{Name: web.UpperFirst(name), Value: "Read by " + snippet.ReadBy(name)})
	}
	rows := func(vars []snippet.EnvVar) (out []views.EnvRow) {
		for _, x := range vars {
			out = append(out, views.EnvRow{Name: x.Name, Value: x.Value, What: x.What, From: x.From})
		}
		return out
	}
	p.InEffect, p.CLI = rows(e.InEffect), rows(e.CLI)
	name, lang := web.Either(web.ShellNames[shell], "In the form you pasted"), web.Either(web.ShellLangs[shell], "bash")
	if shell == sameForm {
		shell, lang = "", web.Either(formLangs[e.Form], "bash")
	}
	text, err := e.Repaired(shell)
	if err != nil {
		f := fault.From(err)
		p.Missing = strings.TrimSpace(f.Title + ". " + f.Cause + " " + f.Fix)
		return p
	}
	p.Repaired = views.CodeBlockProps{ID: "repaired-env", Name: name, Label: "Repaired environment", Lang: lang, Text: text}
	return p
}
