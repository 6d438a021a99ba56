package views

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHighlightMarksValuesAndWords(t *testing.T) {
	for _, tt := range []struct {
		name, lang, text string
		values           []string
		want             []string // class:text, plain text left out
	}{
		{"plain", "", "a b", nil, nil},
		{"unknown language", "klingon", "import os", nil, nil},
		{"python", "python", "import os  # why\nn = 7233", nil, []string{"k:import", "c:# why", "n:7233"}},
		{"value inside a string", "python", `f("payments.a1b2c")`, []string{"payments.a1b2c"}, []string{`s:"`, "v:payments.a1b2c", `s:"`}},
		{"value in plain text", "", "ns=payments.a1b2c;", []string{"payments.a1b2c"}, []string{"v:payments.a1b2c"}},
		{"the longer value wins", "", "payments.a1b2c.tmprl.cloud", []string{"payments.a1b2c", "payments.a1b2c.tmprl.cloud"}, []string{"v:payments.a1b2c.tmprl.cloud"}},
		{"twice", "", "x y x", []string{"x"}, []string{"v:x", "v:x"}},
		{"empty value", "", "x", []string{""}, nil},
		{"shell", "bash", "export A=b", nil, []string{"f:export"}},
	} {
		var got []string
		for _, tok := range highlight(tt.lang, tt.text, tt.values) {
			if tok.class != "" {
				got = append(got, tok.class+":"+tok.text)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// Whatever the language thinks, the text that is shown is the text that was given.
func FuzzHighlightKeepsTheText(f *testing.F) {
	f.Add("python", "import os\r\nx = '''\n", "os")
	f.Add("bash", "export A='b\n", "b")
	f.Add("yaml", "a: |\n\tb", "a")
	f.Add("go", "package x\n\x00\xff", "x")
	f.Add("", "é✓\n", "✓")
	f.Fuzz(func(t *testing.T, lang, text, value string) {
		var b strings.Builder
		for _, tok := range highlight(lang, text, []string{value, "a"}) {
			b.WriteString(tok.text)
		}
		if b.String() != text {
			t.Errorf("highlight(%q, %q) shows %q", lang, text, b.String())
		}
	})
}

func TestCopiedCodeIsTheCodeItself(t *testing.T) {
	const text = "if a < b && c > \"d\" {\n\tx('é')\n}\n"
	for _, lang := range []string{"", "go", "python", "bash"} {
		doc := parse(t, render(t, code(CodeBlockProps{ID: "x", Name: "x", Lang: lang, Text: text, Values: []string{"b"}})))
		for _, n := range elements(doc) {
			if n.Data == "pre" {
				if got := rawText(n); got != text {
					t.Errorf("%s: the block holds %q, want %q", lang, got, text)
				}
			}
		}
	}
}

func TestDiffShowsWhatGoesAndWhatComes(t *testing.T) {
	for _, tt := range []struct{ name, before, after, want string }{
		{"nothing", "", "", ""},
		{"new file", "", "a\nb\n", "+a +b"},
		{"removal", "a\n", "", "-a"},
		{"same", "a\nb\n", "a\nb\n", "=a =b"},
		{"no end of line", "a", "a\n", "=a"},
		{"middle", "a\nb\nc\n", "a\nx\ny\nc\n", "=a -b +x +y =c"},
		{"insertion", "a\nc\n", "a\nb\nc\n", "=a +b =c"},
		{"blank line kept", "a\n\nb\n", "a\n\nc\n", "=a = -b +c"},
		{"repeated lines", "a\na\n", "a\na\na\n", "=a =a +a"},
	} {
		var got []string
		for _, l := range lineDiff(DiffProps{Before: tt.before, After: tt.after}) {
			got = append(got, strings.Replace(string(l.sign), " ", "=", 1)+texts([][]token{l.tokens})[0])
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, s, tt.want)
		}
	}
}

// Without the lines that go, a diff is the text after; without those that come, the text before.
func FuzzDiffLosesNothing(f *testing.F) {
	f.Add("a\nb\n", "b\nc\n")
	f.Add("", "\n\n")
	f.Add("x", "x\ny")
	f.Fuzz(func(t *testing.T, before, after string) {
		var left, right []string
		for _, l := range lineDiff(DiffProps{Before: before, After: after}) {
			text := texts([][]token{l.tokens})[0]
			if l.sign != '+' {
				left = append(left, text)
			}
			if l.sign != '-' {
				right = append(right, text)
			}
		}
		for _, side := range []struct {
			got  []string
			want string
		}{{left, before}, {right, after}} {
			want := strings.Split(side.want, "\n")
			if want[len(want)-1] == "" {
				want = want[:len(want)-1]
			}
			if strings.Join(side.got, "\n") != strings.Join(want, "\n") {
				t.Errorf("diff of %q and %q holds %q, want %q", before, after, side.got, want)
			}
		}
	})
}

func BenchmarkCodePage(b *testing.B) {
	page := CodePage(Frame{}, codeProps())
	for b.Loop() {
		if err := page.Render(b.Context(), &strings.Builder{}); err != nil {
			b.Fatal(err)
		}
	}
}
