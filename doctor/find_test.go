package doctor

import (
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

// codesFound are the codes of what a search finds.
func codesFound(text string, limit int) (out []string) {
	for _, e := range Find(text, limit) {
		out = append(out, e.Code)
	}
	return out
}

// TestEverySymptomFindsItsPage: what the decoder knows of the texts of the field, the search finds first, or among its
// first where the decoder itself is not certain; and the words that the catalogue says tools print find their page.
func TestEverySymptomFindsItsPage(t *testing.T) {
	const first = 12 // as many as a page shows
	for _, f := range fieldTexts {
		got := codesFound(f.text, first)
		if f.code == UnknownCode {
			continue
		}
		if len(got) == 0 || got[0] != f.code {
			t.Errorf("%.90q finds %v, want %s first", f.text, got, f.code)
		}
	}
	for _, e := range Catalogue() {
		for _, s := range e.Symptoms {
			same := 0 // entries that print the very same
			for _, o := range Catalogue() {
				if slices.ContainsFunc(append(o.Symptoms, o.Title), func(x string) bool { return strings.Contains(strings.ToLower(x), strings.ToLower(s)) }) {
					same++
				}
			}
			if got := codesFound(s, max(first, same+4)); !slices.Contains(got, e.Code) {
				t.Errorf("%q finds %v, not %s, whose symptom it is", s, got, e.Code)
			}
		}
		if got := codesFound(e.Code, 3); len(got) == 0 || got[0] != e.Code {
			t.Errorf("the code %s finds %v", e.Code, got)
		}
		said, _ := e.General()
		if got := codesFound(said.Title, 3); !slices.Contains(got, e.Code) {
			t.Errorf("the title %q finds %v, not %s", said.Title, got, e.Code)
		}
	}
}

// TestFindWords: what people type into the search, and what must stand among the first three.
func TestFindWords(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"connection refused", "TC-01"},
		{"Connection Refused", "TC-01"},
		{"deadline exceeded", "TC-02"},
		{"Jwt is missing", "AK-02"},
		{"jwt missing", "AK-02"},
		{"unknown certificate authority", "CL-03"},
		{"cl-03", "CL-03"},
		{"explain CL-03 please", "CL-03"},
		{"no such host", "DN-01"},
		{"expired", "CL-04"},
		{"tls inspection", "PX-08"},
		{"missing 1 required positional argument", "WF-13"},
	} {
		got := codesFound(tt.text, 12)
		if !slices.Contains(got[:min(3, len(got))], tt.want) {
			t.Errorf("%q finds %v, want %s among the first three", tt.text, got, tt.want)
		}
	}
	if got := codesFound("authoriz", 12); len(got) == 0 {
		t.Error("the beginning of a word finds nothing")
	}
	for _, nothing := range []string{"", "   ", "zebra giraffe", strings.Repeat("x ", 3000)} {
		if got := codesFound(nothing, 12); len(got) > 0 {
			t.Errorf("%.20q finds %v", nothing, got)
		}
	}
	if got := codesFound("tls", 5); len(got) > 5 {
		t.Errorf("%d found, at most 5", len(got))
	}
}

// TestGeneralEntries: with no value known, every command of the catalogue is one that a POSIX shell reads as what it
// says, without a redirection that a stand-in made; nothing is left of a placeholder, and each stand-in is explained.
func TestGeneralEntries(t *testing.T) {
	parser := syntax.NewParser(syntax.Variant(syntax.LangPOSIX))
	commands := 0
	for _, e := range Catalogue() {
		said, used := e.General()
		texts := []string{said.Title, said.Cause, said.NotWrong, said.Unseen}
		var own []string
		for i, f := range said.Fix {
			texts = append(texts, f.Text)
			if f.Command != "" {
				own = append(own, f.Command)
				if strings.Contains(e.Fix[i].Command, "_") && !strings.Contains(f.Command, "_") && !strings.Contains(e.Fix[i].Command, "{") {
					t.Errorf("%s: %q lost its underscores: %q", e.Code, e.Fix[i].Command, f.Command)
				}
			}
		}
		if e.ConfirmIsText {
			texts = append(texts, said.Confirm)
		} else {
			own = append(own, said.Confirm)
		}
		for _, text := range append(texts, own...) {
			for _, s := range standIns {
				if strings.Contains(text, "{"+s.placeholder+"}") {
					t.Errorf("%s: a placeholder is left in %q", e.Code, text)
				}
			}
			if standIn.MatchString(text) {
				t.Errorf("%s: %q has a word to replace that nothing explains", e.Code, text)
			}
		}
		for _, command := range own {
			commands++
			file, err := parser.Parse(strings.NewReader(command), e.Code)
			if err != nil {
				t.Errorf("%s: a shell cannot read %q: %v", e.Code, command, err)
				continue
			}
			syntax.Walk(file, func(n syntax.Node) bool {
				if r, ok := n.(*syntax.Redirect); ok && r.Word != nil && !slices.Contains(redirected, r.Word.Lit()) {
					t.Errorf("%s: %q reads from or writes to %q", e.Code, command, r.Word.Lit())
				}
				return true
			})
			if name := programOf(file); !slices.Contains(programs, name) {
				t.Errorf("%s: %q starts %q, which is no program that a reader has", e.Code, command, name)
			}
		}
		for _, u := range used {
			if !slices.ContainsFunc(own, func(c string) bool { return strings.Contains(c, u.Shown) }) || u.Means == "" {
				t.Errorf("%s explains %q, which no command shows", e.Code, u.Shown)
			}
		}
		for _, s := range standIns {
			raw := e.Confirm
			if e.ConfirmIsText {
				raw = ""
			}
			for _, f := range e.Fix {
				raw += f.Command
			}
			if strings.Contains(raw, "{"+s.placeholder+"}") && !slices.ContainsFunc(used, func(u StandIn) bool { return u.Shown == s.Shown }) {
				t.Errorf("%s does not explain %s", e.Code, s.Shown)
			}
		}
	}
	if commands < 300 {
		t.Errorf("only %d commands were read", commands)
	}
	t.Logf("%d commands of %d pages", commands, len(Catalogue()))
}

// programOf is the program that a command starts first.
func programOf(file *syntax.File) (name string) {
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			if name == "" && len(n.Args) > 0 {
				name = n.Args[0].Lit()
			}
		case *syntax.DeclClause:
			if name == "" {
				name = n.Variant.Value
			}
		}
		return name == ""
	})
	return name
}

var (
	redirected = []string{"/dev/null", "client.pem", "client.key", "ca.pem", "repaired.pem", "repaired.key"}
	programs   = []string{"onramp", "temporal", "tcld", "openssl", "export", "unset", "dig", "nc", "cat", "ss", "ulimit", "ls", "sed", "tr", "iconv", "printf", "base64",
		"timedatectl", "resolvectl", "grep", "ip", "traceroute", "getent", "apt-get", "php"}
)
