package config

import (
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// shell reads what a POSIX shell takes: assignments, exports, branches, and the settings in commands. What its parser
// does not take is read line by line.
func (d *Document) shell(text string, first, group int) {
	d.dialect("shell")
	if len(text) > maxShell {
		d.chunks(text, first, group)
		return
	}
	s := &script{d: d, first: first}
	file, err := s.parse(text)
	if err != nil || spacedValue.MatchString(text) {
		d.chunks(text, first, group)
		return
	}
	s.statements(file.Stmts, group)
}

// chunks reads a text that does not parse as a whole, one command with its continuations at a time.
func (d *Document) chunks(text string, first, group int) {
	rest, number := text, first
	loose, looseAt := strings.Builder{}, first
	flush := func() {
		if loose.Len() > 0 {
			d.loose(loose.String(), looseAt, group)
			loose.Reset()
		}
	}
	for rest != "" && !d.stopped() {
		at := number
		end := 0
		for { // a line with what its backslashes, carets or backticks continue
			n := strings.IndexByte(rest[end:], '\n')
			if n < 0 {
				end = len(rest)
				break
			}
			end += n + 1
			number++
			if body := strings.TrimRight(rest[:end-1], " \t"); end > maxShell || !strings.HasSuffix(body[max(0, len(body)-1):], `\`) {
				break
			}
		}
		line := rest[:end]
		rest = rest[end:]
		s := &script{d: d, first: at}
		if file, err := s.parse(line); err == nil && !spacedValue.MatchString(line) && !colonPair.MatchString(line) {
			flush()
			s.statements(file.Stmts, group)
			continue
		}
		if loose.Len() == 0 {
			looseAt = at
		}
		loose.WriteString(line)
	}
	flush()
}

var (
	// spacedValue is a line of a .env file whose value has blanks and no quotes, or blanks around its equals sign.
	spacedValue = regexp.MustCompile(`(?m)^(?:export[ \t]+)?[A-Za-z_]\w*=-----BEGIN |^[A-Za-z_]\w*[ \t]+=|^[A-Za-z_]\w*[ \t]*(?:\?|::?)=|^[A-Za-z_]\w*=[ \t]+[^\s#]`)
	// colonPair is a line that a shell takes for a command and a person for a pair.
	colonPair = regexp.MustCompile(`^["']?[A-Za-z_][\w.-]*["']?:[ \t]`)
)

// opener is what makes the shell's parser call itself. Their number is bounded, not their nesting: a text can hide that.
var opener = regexp.MustCompile("[({`|&]|<<|\\b(?:if|while|until|for|select|case|do|then|else|elif|time|coproc|function)\\b|!")

const maxOpeners = 1500

// placeholders like <your namespace> would be redirections.
var bracketed = regexp.MustCompile(`<([A-Za-z/.~][\w .:/|-]{0,60})>`)

var (
	hide = strings.NewReplacer("<", "\u2039", ">", "\u203a", " ", "\u2007", "|", "\u2223")
	bare = strings.NewReplacer("\u2039", "<", "\u203a", ">", "\u2007", " ", "\u2223", "|")
)

type script struct {
	d     *Document
	first int
	text  string
}

func (s *script) parse(text string) (*syntax.File, error) {
	if len(opener.FindAllStringIndex(text, maxOpeners+1)) > maxOpeners {
		return nil, errTooDeep
	}
	text = bracketed.ReplaceAllStringFunc(text, hide.Replace)
	s.text = text
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "")
}

type parseError string

func (e parseError) Error() string { return string(e) }

const errTooDeep = parseError("nested too deeply")

func (s *script) line(n syntax.Node) int { return s.first + int(n.Pos().Line()) - 1 }

func (s *script) source(n syntax.Node) string {
	from, to := int(n.Pos().Offset()), int(n.End().Offset())
	if from > to || to > len(s.text) {
		return ""
	}
	return bare.Replace(s.text[from:to])
}

func (s *script) statements(list []*syntax.Stmt, group int) {
	for _, st := range list {
		if s.d.stopped() {
			return
		}
		s.statement(st, group)
	}
}

// statement reads one statement, and the file that a here-document writes.
func (s *script) statement(st *syntax.Stmt, group int) {
	into := false
	for _, r := range st.Redirs {
		into = into || r.Op == syntax.RdrOut || r.Op == syntax.AppOut
		if r.Hdoc != nil && s.d.texts < maxTexts {
			s.d.text(s.source(r.Hdoc), group, s.line(r.Hdoc)-1)
		}
	}
	if call, ok := st.Cmd.(*syntax.CallExpr); ok && !into && len(call.Args) > 0 && says[call.Args[0].Lit()] {
		return // it only prints
	}
	s.command(st.Cmd, group)
}

// says are commands that print their words.
var says = map[string]bool{"echo": true, "printf": true, "print": true, "log": true, "info": true, "warn": true, "error": true, "die": true}

func (s *script) command(c syntax.Command, group int) {
	switch c := c.(type) {
	case *syntax.CallExpr:
		s.call(c, group)
	case *syntax.DeclClause:
		s.d.Exports = true
		for _, a := range c.Args {
			if a.Name == nil && a.Naked && a.Value != nil {
				s.quotedPair(a.Value, group)
				continue
			}
			s.assign(a, group)
		}
	case *syntax.BinaryCmd:
		s.statement(c.X, group)
		s.statement(c.Y, group)
	case *syntax.Block:
		s.statements(c.Stmts, group)
	case *syntax.Subshell:
		s.statements(c.Stmts, group)
	case *syntax.FuncDecl:
		s.command(c.Body.Cmd, group)
	case *syntax.WhileClause:
		s.statements(c.Do, group)
	case *syntax.ForClause:
		s.statements(c.Do, group)
	case *syntax.TimeClause:
		if c.Stmt != nil {
			s.command(c.Stmt.Cmd, group)
		}
	case *syntax.IfClause:
		s.branches(c, group)
	case *syntax.CaseClause:
		for _, item := range c.Items {
			var names []string
			for _, p := range item.Patterns {
				names = append(names, s.source(p))
			}
			s.statements(item.Stmts, s.d.group("branch", s.source(c.Word)+" is "+strings.Join(names, " or "), group))
		}
	}
}

func (s *script) branches(c *syntax.IfClause, group int) {
	condition := ""
	for at := c; at != nil; at = at.Else {
		name := "else"
		if len(at.Cond) > 0 {
			condition = strings.TrimRight(s.source(at.Cond[0]), "; \n")
			name = "if " + condition
		} else {
			name = "else of " + condition
		}
		if len(name) > 80 {
			name = name[:80]
		}
		s.statements(at.Then, s.d.group("branch", strings.ToValidUTF8(name, ""), group))
	}
}

func (s *script) assign(a *syntax.Assign, group int) {
	if a.Name == nil || a.Naked || a.Array != nil {
		return
	}
	if s.set(a.Name.Value, a.Value, group, s.line(a)) {
		s.d.dialect("shell")
	}
}

// quotedPair reads a whole assignment in quotes: export "NAME=value".
func (s *script) quotedPair(w *syntax.Word, group int) {
	v, quote := s.word(w)
	if len(v) == 0 || v[0].Ref != "" || v[0].Raw != "" {
		return
	}
	name, rest, ok := strings.Cut(v[0].Text, "=")
	if !ok || !variableName.MatchString(name) {
		return
	}
	v = append(Value{{Text: rest}}, v[1:]...)
	s.d.add(Setting{Name: name, Value: v, Quote: quote, Group: group, Line: s.line(w), Via: "env"})
}

var variableName = regexp.MustCompile(`^[A-Za-z_]\w*$`)

func (s *script) set(name string, w *syntax.Word, group, line int) bool {
	v, quote := s.word(w)
	s.d.add(Setting{Name: name, Value: v, Quote: quote, Group: group, Line: line, Via: "env"})
	return true
}

// word is a word's value, and its quote when it stands in one.
func (s *script) word(w *syntax.Word) (Value, byte) {
	if w == nil {
		return Lit(""), 0
	}
	var quote byte
	if len(w.Parts) == 1 {
		switch w.Parts[0].(type) {
		case *syntax.SglQuoted:
			quote = '\''
		case *syntax.DblQuoted:
			quote = '"'
		}
	}
	v := s.parts(w.Parts, false)
	if len(v) == 0 {
		v = Lit("")
	}
	if v.Whole() && quote != '\'' {
		v = everydayBraces.split(v.String())
	}
	return v, quote
}

// everydayBraces are references that a shell does not know: templates of other programs.
var everydayBraces = references{at: regexp.MustCompile(`\{\{([^{}]*)\}\}|#\{([^{}]*)\}#|%([A-Z][A-Z0-9_]{2,})%`)}

func (s *script) parts(list []syntax.WordPart, quoted bool) Value {
	var v Value
	for _, p := range list {
		switch p := p.(type) {
		case *syntax.Lit:
			v = append(v, Part{Text: bare.Replace(unescape(p.Value, quoted))})
		case *syntax.SglQuoted:
			text := p.Value
			if p.Dollar {
				text = strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\\`, `\`, `\'`, `'`).Replace(text)
			}
			v = append(v, Part{Text: bare.Replace(text)})
		case *syntax.DblQuoted:
			v = append(v, s.parts(p.Parts, true)...)
		case *syntax.ParamExp:
			part := Part{Raw: s.source(p)}
			if p.Param != nil && p.Index == nil && p.Slice == nil && p.Repl == nil && !p.Length && !p.Excl {
				part.Ref = p.Param.Value
				if p.Exp != nil {
					d := s.parts(wordParts(p.Exp.Word), quoted)
					switch op := p.Exp.Op.String(); {
					case (op == ":-" || op == "-" || op == ":=" || op == "=") && d.Whole():
						part.Default, part.HasDefault = d.String(), true
					case op == ":?" || op == "?":
					default:
						part.Ref = ""
					}
				}
			}
			v = append(v, part)
		case *syntax.CmdSubst: // $(A) is a variable of make's
			part := Part{Raw: s.source(p)}
			if name, ok := strings.CutPrefix(part.Raw, "$("); ok && upper(strings.TrimSuffix(name, ")")) {
				part.Ref = strings.TrimSuffix(name, ")")
			}
			v = append(v, part)
		default:
			v = append(v, Part{Raw: s.source(p)})
		}
	}
	return v
}

func wordParts(w *syntax.Word) []syntax.WordPart {
	if w == nil {
		return nil
	}
	return w.Parts
}

// unescape undoes the shell's backslashes, but not those of a Windows path.
func unescape(s string, quoted bool) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			next := s[i+1]
			switch {
			case next == '\n':
				i++
				continue
			case quoted && strings.IndexByte("\"\\$`", next) < 0, !quoted && letter(next):
			default:
				i++
				b.WriteByte(next)
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
