package code

import (
	"net/http"
	"slices"
	"strings"

	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/namespace"
	"onramp/snippet"
	"onramp/views"
)

// EnvironmentForm is the page that checks an environment, before one was pasted.
func (h *Pages) EnvironmentForm(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	return h.showEnvironment(w, r, http.StatusOK, v, sameForm, views.EnvironmentProps{})
}

// Environment checks a pasted environment. The text is neither stored nor logged, and comes back without its secrets.
func (h *Pages) Environment(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	shell, wrong := f.Pick("shell", append([]string{sameForm}, snippet.Shells...)...)
	if wrong == nil && f.Text("environment") == "" {
		wrong = fault.New(fault.Invalid, "There is nothing to check", "Paste lines such as TEMPORAL_ADDRESS=…, or a file that holds them.").In("environment")
	}
	e, err := snippet.JudgeEnvironment(r.Context(), f.Values.Get("environment"), h.environmentChoice(v, f.Text("part")))
	if err != nil {
		return err
	}
	if wrong != nil {
		ps, err := web.Problems(wrong)
		if err != nil {
			return err
		}
		return h.showEnvironment(w, r, http.StatusUnprocessableEntity, v, shell, givenBack(views.EnvironmentProps{Problems: ps}, e))
	}
	return h.showEnvironment(w, r, http.StatusOK, v, shell, givenBack(judgedEnvironment(e, shell), e))
}

// environmentChoice is the part to check, and what the migration wants of it.
func (h *Pages) environmentChoice(v web.Visit, part string) snippet.EnvChoice {
	c := snippet.EnvChoice{Part: part, Want: snippet.EnvWant{Whose: "This migration", Auth: v.Migration.Auth}}
	target := h.Acts.Places.Target(v.View)
	c.Want.Namespace, _, _ = namespace.ParseID(target.Namespace) // not chosen yet: nothing to compare
	c.Want.Address, _, _ = namespace.ParseAddress(target.Address)
	if v.Certificate != nil {
		c.Want.CAPEM = v.Certificate.CAPEM
	}
	if v.Migration.Mode == migration.Rehearsal {
		c.Own = target.Address // there the local server is the right one
	}
	return c
}

// givenBack puts what was pasted into its box again.
func givenBack(p views.EnvironmentProps, e snippet.Environment) views.EnvironmentProps {
	p.Given = e.Given
	switch {
	case e.Given == "" && e.Masked:
		p.Hidden = "Your text is not shown again: it is too long, or contains too many secrets. Paste it again to check it again."
	case e.Masked:
		p.Hidden = "•••••• stands for each of your secrets. They count as set, and you can check the text again as it is."
	}
	for _, part := range e.Parts {
		p.Parts = append(p.Parts, views.Choice{Value: part, Label: part, Selected: part == e.Part})
	}
	return p
}

func (h *Pages) showEnvironment(w http.ResponseWriter, r *http.Request, status int, v web.Visit, shell string, p views.EnvironmentProps) error {
	m := v.Migration.ID
	p.Action = web.MovePath(m, migration.StepCode, "environment")
	p.Back = views.Link{Text: "Back to the code", URL: web.MovePath(m, migration.StepCode)}
	p.Shells = append(p.Shells, views.Choice{Value: sameForm, Label: "the form you paste", Selected: shell == sameForm})
	for _, s := range snippet.Shells {
		p.Shells = append(p.Shells, views.Choice{Value: s, Label: web.ShellNames[s], Selected: s == shell})
	}
	p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: environmentTwin(h.Acts.Places.Target(v.View).Namespace)}
	f := h.Frame(r, "Check your environment", "migrations", &v, migration.StepCode)
	return h.Page(w, r, status, views.EnvironmentPage(f, p))
}

// environmentTwin is the command that does the same.
func environmentTwin(id string) string {
	if id == "" {
		return "env | onramp code --judge -"
	}
	return "env | onramp code --judge - --namespace " + id
}

// sameForm asks for the repaired version in the form that was pasted.
const sameForm = "same"

type envLevel struct {
	level, word string
	state       views.State
}

// envLevels are the levels of a finding as the page shows them, the worst first.
var envLevels = []envLevel{{"danger", "Danger", views.Bad}, {"conflict", "Conflict", views.Warn}, {"repair", "Repaired", views.Warn}, {"dead", "Nothing reads it", views.Warn}, {"note", "Note", views.Idle}}

// formNames are the forms of an environment in words.
var formNames = map[string]string{"lines": "lines of variables", "yaml": "YAML", "compose": "Compose YAML", "kubernetes": "Kubernetes YAML",
	"github-actions": "GitHub Actions YAML", "toml": "TOML", "json": "JSON", "hcl": "HCL (Terraform)", "bicep": "Bicep", "properties": "properties", "dockerfile": "a Dockerfile"}

// formLangs are the languages of the forms, to show them in colour.
var formLangs = map[string]string{"yaml": "yaml", "compose": "yaml", "kubernetes": "yaml", "github-actions": "yaml", "toml": "toml", "json": "json", "hcl": "hcl", "properties": "properties", "dockerfile": "docker"}

// judgedEnvironment is an answer as the page shows it.
func judgedEnvironment(e snippet.Environment, shell string) views.EnvironmentProps {
	name, lang, same := web.Either(web.ShellNames[shell], "In the form you pasted"), web.Either(web.ShellLangs[shell], "bash"), shell == sameForm
	if same {
		shell, lang = "", web.Either(formLangs[e.Form], "bash")
	}
	text, err := e.Repaired(shell)
	p := views.EnvironmentProps{Judged: true, Whole: same, Tag: views.Tag{State: views.Good, Word: "Nothing to change"}, Read: "Read as " + web.Either(formNames[e.Form], "text")}
	if e.Part != "" {
		p.Read += ", " + e.Part
	}
	word := func(l envLevel) string {
		if l.level == "repair" && (err != nil || shell == "" && !e.Changed) {
			return "To repair" // no repaired version follows
		}
		return l.word
	}
	for _, l := range slices.Backward(envLevels) {
		n := 0
		for _, x := range e.Findings {
			if x.Level == l.level {
				n++
			}
		}
		if n > 0 && l.level != "note" {
			p.Tag = views.Tag{State: l.state, Word: word(l)}
		}
	}
	for _, l := range envLevels {
		for _, x := range e.Findings {
			if x.Level != l.level {
				continue
			}
			row := views.EnvFinding{State: l.state, Word: word(l), Name: x.Name, Code: x.Code, Title: x.Title, Text: x.Text, From: x.From, To: x.To}
			if x.Code != "" {
				row.URL = web.HelpPath(x.Code)
			}
			p.Findings = append(p.Findings, row)
		}
	}
	for _, name := range e.Vocabularies {
		pair := views.Pair{Name: web.UpperFirst(name), Value: "Read by " + snippet.ReadBy(name)}
		if name == "own" {
			pair = views.Pair{Name: "Your own", Value: "No SDK and no framework that Onramp knows reads them; perhaps your own code does"}
		}
		p.Names = append(p.Names, pair)
	}
	rows := func(vars []snippet.EnvVar) (out []views.EnvRow) {
		for _, x := range vars {
			out = append(out, views.EnvRow{Name: x.Name, Value: x.Value, What: x.What, From: x.From})
		}
		return out
	}
	p.InEffect, p.CLI = rows(e.InEffect), rows(e.CLI)
	p.ByHand = e.ByHand
	switch {
	case err != nil:
		f := fault.From(err)
		p.Missing = strings.TrimSpace(f.Title + ". " + f.Cause + " " + f.Fix)
	case shell != "" || e.Changed:
		p.Repaired = views.CodeBlockProps{ID: "repaired-env", Name: name, Label: "Repaired environment", Lang: lang, Text: text}
	}
	return p
}
