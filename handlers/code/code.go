package code

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"onramp/cloud"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/snippet"
	"onramp/views"
)

// inkOf is the name by which a language is coloured, on the page and in Markdown.
func inkOf(lang string) string {
	if lang == "dotnet" {
		return "csharp"
	}
	return lang
}

// codeQuery is the choice on the code page: all of it is in the address.
type codeQuery struct{ lang, auth, style, vars, shell string }

func (q codeQuery) with(change func(*codeQuery)) string {
	change(&q)
	return "?" + url.Values{"lang": {q.lang}, "auth": {q.auth}, "style": {q.style}, "vars": {q.vars}, "shell": {q.shell}}.Encode()
}

// readCodeQuery takes the choice from an address. What is missing is the migration's or the default, and choices that
// exclude each other become those that go together. What Onramp does not know is an Invalid fault each; the choice is
// usable all the same, with the default in its place.
func readCodeQuery(v web.Visit, values url.Values) (codeQuery, error) {
	var errs []error
	pick := func(name, what, def string, allowed []string) string {
		got, err := snippet.Choose(name, what, values.Get(name), allowed, def)
		if err != nil {
			errs = append(errs, err)
			return def
		}
		return got
	}
	q := codeQuery{lang: pick("lang", "language", v.Migration.Lang, snippet.Langs()), auth: pick("auth", "auth method", v.Migration.Auth, snippet.Auths),
		style: pick("style", "style", snippet.Styles[0], snippet.Styles), vars: pick("vars", "set of variable names", snippet.Vars[0], snippet.Vars),
		shell: pick("shell", "shell", snippet.Shells[0], snippet.Shells)}
	if q.style == "envconfig" {
		q.vars = "standard" // environment configuration reads no other names
	} else if q.shell == "toml" {
		q.shell = snippet.Shells[0] // only environment configuration reads it
	}
	return q, errors.Join(errs...)
}

// snippetRequest is the code wanted, with the migration's values, or with marked places before there are any.
func (h *Pages) snippetRequest(v web.Visit, q codeQuery) snippet.Request {
	req := snippet.Request{Lang: q.lang, Namespace: placeholder, Auth: q.auth, Style: q.style, Vars: q.vars, Shell: q.shell}
	if v.Namespace != nil {
		t := h.Acts.Places.Target(v.View)
		req.Namespace, req.Address, req.ServerName = t.Namespace, t.Address, t.ServerName
		if own := h.Acts.Places.Of(v.Migration.Mode).Own; own != nil { // as in Target, by what the reader chose
			req.Address = own.Address()
			if q.auth == cloud.AuthAPIKey {
				req.Address = own.KeyAddress()
			}
		}
	}
	return req
}

// placeholder stands for a namespace that is not chosen yet.
const placeholder = "your-namespace.a1b2c"

// Code is step 5.
func (h *Pages) Code(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	q, err := readCodeQuery(v, r.URL.Query())
	if err != nil { // the page with what there is, and what there is not
		return h.showCode(w, r, http.StatusUnprocessableEntity, v, q, func(p *views.CodeProps) { p.Fallback = fallback(err, q) })
	}
	return h.showCode(w, r, http.StatusOK, v, q, nil)
}

// fallback says what of the address Onramp does not know, and what is shown instead.
func fallback(err error, q codeQuery) []string {
	now := map[string]string{"lang": web.LangName(q.lang), "auth": web.AuthName(q.auth), "style": q.style, "vars": q.vars, "shell": web.ShellNames[q.shell]}
	var out []string
	for _, f := range fault.All(err) {
		out = append(out, f.Title+". "+f.Cause+" The code below is for "+now[f.Field]+".")
	}
	return out
}

// showCode shows step 5; change puts in what a form found.
func (h *Pages) showCode(w http.ResponseWriter, r *http.Request, status int, v web.Visit, q codeQuery, change func(*views.CodeProps)) error {
	c, err := snippet.Write(h.snippetRequest(v, q))
	if err != nil {
		return err
	}
	var judge views.JudgeProps
	judge.Action, judge.Lang = web.MovePath(v.Migration.ID, migration.StepCode, "judge")+q.with(func(*codeQuery) {}), q.lang
	values := userValues(v, c)
	block := func(id, name, lang, text string) views.CodeBlockProps {
		return views.CodeBlockProps{ID: id, Name: name, Lang: lang, Text: text, Values: values}
	}
	m := v.Migration.ID
	p := views.CodeProps{Migration: m, SDK: strings.TrimSpace(c.SDK.Package + " " + c.SDK.MinVersion + " or newer"), Unknown: web.Need(v, migration.StepNamespace), Found: web.AssessFound(v, migration.StepCode),
		Holder: block("env", web.ShellNames[q.shell], web.Either(web.ShellLangs[q.shell], "bash"), c.Holder), Notes: c.Notes,
		Install: block("install", "Install", "bash", strings.Join(c.Commands.Install, "\n")),
		Worker:  block("run-worker", "Run the worker", "bash", strings.Join(c.Commands.Worker, "\n")),
		Start:   block("run-starter", "Run the starter", "bash", strings.Join(c.Commands.Starter, "\n")),
		CLI:     block("cli", "Or with the Temporal CLI", "bash", c.Start),
		Judge:   judge, Poller: h.Poller(v, c.Transfer.TaskQueue, ""),
		Twin: views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: codeTwin(v, q)}}
	if c.Repo != "" {
		p.Repo = &views.Link{Text: c.Repo, URL: "https://github.com/" + c.Repo, Away: true}
	}
	for _, e := range c.EnvOrder {
		p.Env = append(p.Env, views.EnvRow{Name: e.Name, Value: e.Value, What: e.What, From: e.From})
	}
	p.Edits, p.Starter = edits(c, inkOf(q.lang), values)
	for i, e := range c.Reverse {
		p.Reverse = append(p.Reverse, views.DiffProps{ID: fmt.Sprintf("reverse-%d", i+1), File: e.File, Lang: inkOf(q.lang), Before: e.Before, After: e.After, Values: values})
	}
	for i, f := range c.Files {
		p.Files = append(p.Files, block(fmt.Sprintf("file-%d", i+1), f.Path, inkOf(q.lang), f.Content))
	}
	if v.Migration.Mode.Can().OneDoor && h.Absent() == nil {
		t, err := h.Trust()
		if err != nil {
			return err
		}
		p.Trust = t.ForShell(q.shell)
		if h.Acts.Places.State().Moved {
			p.Fallback = append(p.Fallback, "Another program took the port of the last start, so the address of the rehearsal changed. Copy the variables again where you have used them.")
		}
	}
	if q.auth != v.Migration.Auth {
		p.Other = "This migration signs in with " + web.AuthName(v.Migration.Auth) + "; the code below is for " + web.AuthName(q.auth) + ". Checks and transfers still sign in as the migration does."
	}
	if v.Migration.Mode.Can().OneDoor && q.auth == cloud.AuthAPIKey {
		p.Notes = append(p.Notes, "Only in the rehearsal: its one address serves every namespace, so the TLS server name chooses the endpoint that takes API keys. Temporal Cloud's address names the namespace itself.")
	}
	p.Zip = web.MovePath(m, "code.zip") + q.with(func(*codeQuery) {})
	p.Environment = views.Link{Text: "Check the environment you have", URL: web.MovePath(m, migration.StepCode, "environment"), TestID: "environment-link"}
	if v.Namespace != nil && (web.UsesKeys(v) || h.Acts.Checks.CanLook(v.By, v.View)) {
		p.Look = views.WorkerLookProps{Action: web.MovePath(m, migration.StepCode, "worker") + q.with(func(*codeQuery) {}), Queue: c.Transfer.TaskQueue, Key: web.UsesKeys(v)}
	}
	if change != nil {
		change(&p)
	}
	text := markdown(v, q, c, p.Trust.Text)
	p.Markdown = views.CodeBlockProps{ID: "markdown", Name: "code.md", Lang: "markdown", Text: text, Raw: web.MovePath(m, "code.md") + q.with(func(*codeQuery) {})}
	if v.Step(migration.StepCode).Status == migration.Done || v.Step(migration.StepTest).Status == migration.Done {
		p.Next = web.NextLink(v.View, migration.StepCode)
	}
	p.Look.First = p.Look.Action != "" && v.Step(migration.StepCode).Status != migration.Done && (p.Next == nil || !v.Migration.Mode.Can().Built)
	codeLinks(&p, web.MovePath(m, migration.StepCode), q)
	f := h.Frame(r, "Change the worker", "migrations", &v, migration.StepCode)
	f.Path = web.MovePath(m, migration.StepCode)
	if v.Step(migration.StepCode).Status != migration.Done && h.Acts.Checks.CanLook(v.By, v.View) {
		f.Feed = web.MovePath(m, "events") + "?on=poller&queue=" + url.QueryEscape(c.Transfer.TaskQueue)
	}
	return h.Page(w, r, status, views.CodePage(f, p))
}

// codeLinks are the choices as links.
func codeLinks(p *views.CodeProps, base string, q codeQuery) {
	for _, l := range snippet.Langs() {
		p.Langs = append(p.Langs, views.Link{Text: web.LangName(l), URL: base + q.with(func(q *codeQuery) { q.lang = l }), Current: l == q.lang, Said: "code", TestID: "lang-" + l})
	}
	for _, a := range snippet.Auths {
		p.Auths = append(p.Auths, views.Link{Text: map[string]string{"mtls": "Certificates", "api-key": "API key"}[a], URL: base + q.with(func(q *codeQuery) { q.auth = a }), Current: a == q.auth, TestID: "auth-" + a})
	}
	for _, s := range snippet.Styles {
		text := map[string]string{"explicit": "In code", "envconfig": "Environment configuration"}[s]
		p.Styles = append(p.Styles, views.Link{Text: text, URL: base + q.with(func(q *codeQuery) { q.style = s }), Current: s == q.style, TestID: "style-" + s})
	}
	for _, s := range snippet.Vars {
		if q.style == "envconfig" && s != "standard" {
			continue
		}
		text := map[string]string{"standard": "Standard names", "tutorial": "The tutorial's names"}[s]
		p.Vars = append(p.Vars, views.Link{Text: text, URL: base + q.with(func(q *codeQuery) { q.vars = s }), Current: s == q.vars, TestID: "vars-" + s})
	}
	for _, s := range snippet.Shells {
		if s == "toml" && q.style != "envconfig" {
			continue
		}
		p.Shells = append(p.Shells, views.Link{Text: web.ShellNames[s], URL: base + q.with(func(q *codeQuery) { q.shell = s }), Current: s == q.shell, TestID: "shell-" + s})
	}
}

// userValues are the reader's own values in the code, to be marked.
func userValues(v web.Visit, c snippet.Code) []string {
	if v.Namespace == nil {
		return []string{placeholder}
	}
	var out []string
	for _, e := range c.EnvOrder {
		if e.Value != "" {
			out = append(out, e.Value)
		}
	}
	return append(out, v.Namespace.Namespace)
}

// edits parts the changes of the worker from those of the starter, which is often forgotten.
func edits(c snippet.Code, lang string, values []string) (worker, starter []views.DiffProps) {
	for i, e := range c.Edits {
		d := views.DiffProps{ID: fmt.Sprintf("edit-%d", i+1), File: e.File, Lang: lang, Before: e.Before, After: e.After, Values: values}
		name := strings.ToLower(e.File)
		if strings.Contains(name, "start") || strings.Contains(name, "run_workflow") || strings.Contains(name, "client") && !strings.Contains(name, "worker") {
			starter = append(starter, d)
		} else {
			worker = append(worker, d)
		}
	}
	return worker, starter
}

// codeTwin prints the same in a terminal.
func codeTwin(v web.Visit, q codeQuery) string {
	ns := placeholder
	if v.Namespace != nil {
		ns = v.Namespace.Namespace
	}
	return fmt.Sprintf("onramp code --lang %s --namespace %s --auth %s --style %s --vars %s --shell %s", q.lang, ns, q.auth, q.style, q.vars, q.shell)
}

// CodeMarkdown is all of it as Markdown, for a colleague or a coding agent: places instead of secrets.
func (h *Pages) CodeMarkdown(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	q, err := readCodeQuery(v, r.URL.Query())
	if err != nil {
		return err
	}
	c, err := snippet.Write(h.snippetRequest(v, q))
	if err != nil {
		return err
	}
	trust := ""
	if v.Migration.Mode.Can().OneDoor && h.Absent() == nil {
		t, err := h.Trust()
		if err != nil {
			return err
		}
		trust = t.ForShell(q.shell).Text
	}
	return web.Send(w, r, http.StatusOK, "text/markdown; charset=utf-8", []byte(markdown(v, q, c, trust)))
}

func markdown(v web.Visit, q codeQuery, c snippet.Code, trust string) string {
	var b strings.Builder
	fence := func(lang, text string) {
		if text = strings.TrimRight(text, "\n"); text != "" {
			fmt.Fprintf(&b, "```%s\n%s\n```\n\n", lang, text)
		}
	}
	fmt.Fprintf(&b, "# %s: connect the %s worker to Temporal Cloud\n\n", v.Migration.Name, web.LangName(q.lang))
	fmt.Fprintf(&b, "Template: %s. Needs %s %s or newer. The private key stays in its file and does not appear below.\n\n", c.Repo, c.SDK.Package, c.SDK.MinVersion)
	b.WriteString("## Set these variables\n\n")
	fence(web.Either(web.ShellLangs[q.shell], "bash"), c.Holder)
	if trust != "" {
		b.WriteString("Only for the rehearsal:\n\n")
		fence(web.Either(web.ShellLangs[q.shell], "bash"), trust)
	}
	b.WriteString("## Change the code\n\n")
	fence("bash", strings.Join(c.Commands.Install, "\n"))
	for _, e := range c.Edits {
		fmt.Fprintf(&b, "In `%s`, replace\n\n", e.File)
		fence(inkOf(q.lang), e.Before)
		b.WriteString("with\n\n")
		fence(inkOf(q.lang), e.After)
	}
	for _, f := range c.Files {
		fmt.Fprintf(&b, "New file `%s`:\n\n", f.Path)
		fence(inkOf(q.lang), f.Content)
	}
	b.WriteString("## Run it\n\n")
	fence("bash", strings.Join(c.Commands.Worker, "\n"))
	b.WriteString("Then start a workflow:\n\n")
	fence("bash", strings.Join(c.Commands.Starter, "\n"))
	b.WriteString("Or with the Temporal CLI:\n\n")
	fence("bash", c.Start)
	for _, n := range c.Notes {
		fmt.Fprintf(&b, "- %s\n", n)
	}
	return b.String()
}

// Judge says what is wrong with a pasted command.
func (h *Pages) Judge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	values := r.URL.Query()
	if f.Text("lang") != "" {
		values.Set("lang", f.Text("lang"))
	}
	q, err := readCodeQuery(v, values)
	if err != nil {
		return err
	}
	p := views.JudgeProps{Action: web.MovePath(v.Migration.ID, migration.StepCode, "judge") + q.with(func(*codeQuery) {}), Lang: q.lang, Command: f.Raw("command")}
	status := http.StatusOK
	if f.Text("command") == "" {
		status = http.StatusUnprocessableEntity
		p.Problems = views.Problems{fault.New(fault.Invalid, "There is no command to check", "Paste the command that begins with temporal workflow start.").In("command")}
	} else {
		findings, repaired, err := snippet.JudgeCommand(r.Context(), p.Command, q.lang)
		if err != nil {
			return err
		}
		p.Judged = true
		p.Command, _ = snippet.MaskCommand(p.Command) // a secret is not sent back
		p.Tag = views.Tag{State: views.Good, Word: "Nothing to repair"}
		if len(findings) > 0 {
			p.Tag = views.Tag{State: views.Warn, Word: web.Many(len(findings), "thing to repair", "things to repair")}
			p.Repaired = views.CodeBlockProps{ID: "repaired", Name: "Repaired", Label: "Repaired command", Lang: "bash", Text: repaired}
		}
		for _, x := range findings {
			jf := views.JudgeFinding{Code: x.Code, Title: x.Title, Text: x.Text, Before: x.Before, After: x.After}
			if x.Code != "" {
				jf.URL = web.HelpPath(x.Code)
			}
			p.Findings = append(p.Findings, jf)
		}
	}
	if web.WantsFragment(r) {
		return h.Parts(w, r, status, views.Judge(p))
	}
	return h.showCode(w, r, status, v, q, func(c *views.CodeProps) {
		p.Action, p.Lang = c.Judge.Action, c.Judge.Lang
		c.Judge = p
	})
}
