package config

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	gtext "github.com/yuin/goldmark/text"
)

// Markdown is how people hand on configuration: a README, the text of an issue, a runbook. Its code blocks are of
// several formats, and each is a text of its own. CommonMark 0.31, parsed by goldmark.

const maxBlocks = 100 // code blocks of a text

var (
	fence   = regexp.MustCompile("(?m)^[ \t>]*(?:(?:[-*+]|\\d+[.)])[ \t]+)*(?:```+|~~~+)")
	quoting = regexp.MustCompile(`(?m)^[ \t]*(?:(?:>|[-*+]|\d+[.)])[ \t]*){12}`)
)

// block is a code block, or what stands around the code blocks.
type block struct {
	text, info, heading string
	first               int // line
}

// markdown reads the code blocks of a Markdown text, each by its own format, into groups of their own. It reports
// whether the text is Markdown.
func (d *Document) markdown(text string, group int) bool {
	if !fence.MatchString(text) || quoting.MatchString(text) || d.texts > 1 {
		return false
	}
	blocks, around := codeBlocks(text)
	if len(blocks) == 0 || yamlSure.MatchString(around) && !headed.MatchString(around) {
		return false
	}
	blocks = sessions(blocks)
	if len(blocks) == 1 && !prose(around) {
		d.block(blocks[0], group)
		return true
	}
	d.Markdown = true
	for i, b := range blocks {
		if d.stopped() {
			return true
		}
		g := d.group("block", blockName(i+1, b), group)
		if g == group {
			d.full()
			return true
		}
		form, dialect := d.Form, d.Dialect
		d.Form, d.Dialect = "", ""
		d.block(b, g)
		d.Groups[g].Form = d.Form
		d.Form, d.Dialect = either(form, d.Form), either(dialect, d.Dialect)
	}
	if prose(around) {
		d.loose(asides(around), 1, d.group("block", "text", group))
	}
	d.Open = true // a text about a configuration does not hold all of it
	return true
}

// block reads one code block.
func (d *Document) block(b block, group int) {
	d.line += b.first - 1
	defer func() { d.line -= b.first - 1 }()
	mark, problems := len(d.Settings), len(d.Problems)
	d.texts++
	defer func() { d.texts-- }()
	if f := byInfo[b.info]; f != nil {
		if f(d, b.text, group) {
			return
		}
		d.Settings, d.Problems, d.Form = d.Settings[:mark], d.Problems[:problems], ""
	}
	read(d, b.text, group)
}

// byInfo are the readers of the formats that a fence can name. What else a fence names is told by the text.
var byInfo = map[string]func(d *Document, text string, group int) bool{
	"yaml": (*Document).yaml, "yml": (*Document).yaml, "json": (*Document).json, "jsonc": (*Document).json, "json5": (*Document).json, "toml": (*Document).toml,
	"hcl": (*Document).hcl, "terraform": (*Document).hcl, "tf": (*Document).hcl, "bicep": (*Document).bicep,
	"sh": shellBlock, "bash": shellBlock, "shell": shellBlock, "zsh": shellBlock, "console": shellBlock, "terminal": shellBlock, "env": shellBlock, "dotenv": shellBlock,
	"powershell": shellBlock, "pwsh": shellBlock, "ps1": shellBlock, "bat": shellBlock, "batch": shellBlock, "cmd": shellBlock, "fish": shellBlock, "shell-session": shellBlock,
}

func shellBlock(d *Document, text string, group int) bool {
	if yamlSure.MatchString(text) && !assignLine.MatchString(text) {
		return false // the fence names the wrong format
	}
	d.lines(text, group)
	return true
}

func blockName(n int, b block) string {
	name := strconv.Itoa(n)
	if b.heading != "" {
		name += " (" + b.heading + ")"
	}
	return name
}

// codeBlocks are the code blocks of a text, and the text with them blanked.
func codeBlocks(text string) (blocks []block, around string) {
	source := []byte(text)
	root := parser.NewParser(parser.WithBlockParsers(parser.DefaultBlockParsers()...)).Parse(gtext.NewReader(source))
	rest := bytes.Clone(source)
	heading, line, counted := "", 1, 0
	lineAt := func(at int) int { // places only grow
		if at > counted {
			line += strings.Count(text[counted:at], "\n")
			counted = at
		}
		return line
	}
	_ = ast.Walk(root, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering || n.Type() == ast.TypeInline {
			return ast.WalkContinue, nil
		}
		lines := n.Lines()
		switch x := n.(type) {
		case *ast.Heading:
			if lines.Len() > 0 {
				heading = clipped(strings.Trim(strings.TrimSpace(string(lines.Value(source))), "#*`_ "))
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if lines.Len() == 0 || len(blocks) >= maxBlocks {
				break
			}
			b := block{heading: heading, first: lineAt(lines.At(0).Start)}
			if f, ok := x.(*ast.FencedCodeBlock); ok {
				b.info = strings.ToLower(strings.Trim(string(f.Language(source)), "{}. "))
			}
			var body strings.Builder
			for i := range lines.Len() {
				at := lines.At(i)
				body.Write(at.Value(source))
				for k := at.Start; k < at.Stop; k++ {
					if rest[k] != '\n' {
						rest[k] = ' '
					}
				}
			}
			b.text = body.String()
			if strings.TrimSpace(b.text) != "" {
				blocks = append(blocks, b)
			}
			return ast.WalkSkipChildren, nil
		}
		return ast.WalkContinue, nil
	})
	return blocks, string(rest)
}

// clipped is a heading that fits into a label.
func clipped(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == ',' || r == '(' || r == ')' || r == '`' || r == '*' || r < ' ' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > 40 {
		return strings.TrimSpace(string(r[:40]))
	}
	return s
}

// sessions joins blocks of one shell under one heading that set different variables: a person types them one after the
// other. Two that set the same variable are two ways to do it.
func sessions(blocks []block) []block {
	var out []block
	for _, b := range blocks {
		if n := len(out) - 1; n >= 0 && b.heading == out[n].heading && typed[b.info] && out[n].info == b.info && apart(out[n].text, b.text) {
			gap := b.first - out[n].first - strings.Count(out[n].text, "\n")
			if gap >= 0 && len(out[n].text)+gap+len(b.text) < maxShell {
				out[n].text += strings.Repeat("\n", gap) + b.text
				continue
			}
		}
		out = append(out, b)
	}
	return out
}

var typed = map[string]bool{"sh": true, "bash": true, "shell": true, "zsh": true, "console": true, "terminal": true, "fish": true, "powershell": true, "pwsh": true, "ps1": true, "cmd": true, "bat": true}

// apart reports whether two texts set no variable of the same name.
func apart(a, b string) bool {
	set := map[string]bool{}
	for _, m := range assignedName.FindAllStringSubmatch(a, -1) {
		set[m[1]] = true
	}
	for _, m := range assignedName.FindAllStringSubmatch(b, -1) {
		if set[m[1]] {
			return false
		}
	}
	return len(set) > 0
}

var (
	assignedName = regexp.MustCompile(`(?m)(?:^|[ \t"':])([A-Z][A-Z0-9_]{2,})[ \t]*=`)
	headed       = regexp.MustCompile(`(?m)^#{1,6}[ \t]+\S`)
	tableLine    = regexp.MustCompile("(?m)^\\|[ \t]*`?[A-Z][A-Z0-9_]+`?[ \t]*\\|")
	aside        = regexp.MustCompile("`([A-Z][A-Z0-9_]{2,}=[^`\\n]+)`")
	bareLine     = regexp.MustCompile(`(?m)^(?:export[ \t]+)?[A-Z][A-Z0-9_]{2,}=\S.*$`)
)

// prose reports whether what stands around the code blocks sets something.
func prose(around string) bool {
	return tableLine.MatchString(around) || aside.MatchString(around) || bareLine.MatchString(around)
}

// asides are the settings in what stands around the code blocks, each on its line.
func asides(around string) string {
	lines := strings.Split(around, "\n")
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimSpace(l), "|") || bareLine.MatchString(l) {
			continue
		}
		lines[i] = ""
		if m := aside.FindStringSubmatch(l); m != nil {
			lines[i] = m[1]
		}
	}
	return strings.Join(lines, "\n")
}
