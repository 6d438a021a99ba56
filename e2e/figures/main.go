// Command figures runs the tests and benchmarks that print the figures of the goals for reliability and security, and
// writes them to docs/figures.json and docs/figures.md.
//
// A test prints "figure: R9 p99=4ms ratio=2.1": the id, then what it measured. Figures that were not run keep what was
// printed before, with its date and commit; those that never were are "not measured".
//
//	go -C e2e run ./figures [-quick] [-only R9,S3] [-note TEXT]
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// printed is what one run of a figure's test printed.
type printed struct {
	Result string `json:"result"`
	Ratio  string `json:"ratio,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	Date   string `json:"date"`
	Commit string `json:"commit"`
	Took   string `json:"took"`
	Note   string `json:"note,omitempty"`
}

func main() {
	quick := flag.Bool("quick", false, "only what takes seconds and needs no quiet machine")
	only := flag.String("only", "", "`ids` with commas between them")
	note := flag.String("note", "", "`what` to say of this run, such as that other programs ran")
	flag.Parse()
	if err := run(*quick, *only, *note); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(quick bool, only, note string) error {
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	file := filepath.Join(root, "docs", "figures.json")
	known := map[string]printed{}
	switch text, err := os.ReadFile(file); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := json.Unmarshal(text, &known); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	commit, err := exec.Command("git", "-C", root, "rev-parse", "--short=10", "HEAD").Output()
	if err != nil {
		return fmt.Errorf("git: %w", err)
	}
	bad, ran := 0, map[string]output{}
	for _, f := range figures {
		if f.test == "" && f.script == nil || quick && !f.quick || only != "" && !slices.Contains(strings.Split(only, ","), f.id) {
			continue
		}
		which := f.room + f.test + strings.Join(f.script, " ")
		out, again := ran[which]
		if !again {
			out = f.run(root)
			ran[which] = out
		}
		p := f.read(out)
		p.Date, p.Commit, p.Note = time.Now().UTC().Format("2006-01-02"), strings.TrimSpace(string(commit)), note
		if p.Failed {
			bad++
		}
		known[f.id] = p
		fmt.Printf("%-5s %s %s\n", f.id, p.Took, p.Result)
		if err := save(root, file, known); err != nil { // each as it comes: a run that is cut short keeps what it has
			return err
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d failed", bad)
	}
	return save(root, file, known)
}

var line = regexp.MustCompile(`figure: (\S+) (.*)`)

// output is what a test printed; several figures may stand in one.
type output struct {
	text   string
	failed bool
	took   time.Duration
}

// run runs a figure's test or script.
func (f figure) run(root string) output {
	args := []string{"test", f.room, "-count=1", "-v", "-timeout", "20m", "-run", "^$", "-bench", "^" + f.test + "$", "-benchtime", f.times()}
	if strings.HasPrefix(f.test, "Test") {
		args = []string{"test", f.room, "-count=1", "-v", "-timeout", "20m", "-run", "^" + f.test + "$"}
	}
	cmd := exec.Command("go", append(args, f.flags...)...)
	if f.script != nil {
		cmd = exec.Command(filepath.Join(root, f.script[0]), f.script[1:]...)
	}
	cmd.Dir = root
	if f.journey {
		cmd.Dir = filepath.Join(root, "e2e")
	}
	began := time.Now()
	text, err := cmd.CombinedOutput()
	return output{string(text), err != nil, time.Since(began)}
}

// read is what a figure's test printed of it.
func (f figure) read(out output) (p printed) {
	p.Failed, p.Took = out.failed, out.took.Round(time.Second).String()
	for _, m := range line.FindAllStringSubmatch(out.text, -1) {
		if m[1] != f.id {
			continue
		}
		var words []string
		for _, word := range strings.Fields(m[2]) {
			if r, ok := strings.CutPrefix(word, "ratio="); ok {
				p.Ratio = r
				continue
			}
			words = append(words, strings.ReplaceAll(strings.Replace(word, "=", " ", 1), "_", " "))
		}
		p.Result = strings.Join(words, ", ")
	}
	switch {
	case p.Failed:
		fmt.Fprintln(os.Stderr, out.text[max(0, len(out.text)-2000):])
		p.Result = strings.TrimSuffix("the test failed: "+p.Result, ": ")
	case p.Result == "":
		p.Failed, p.Result = true, "the test printed no figure"
	}
	return p
}

// save writes both files.
func save(root, file string, known map[string]printed) error {
	text, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "docs", "figures.md"), []byte(page(known)), 0o644); err != nil {
		return err
	}
	return saveFirst(filepath.Join(root, "README.md"), known)
}

// first are the figures that the README shows, between two marks.
var first = []string{"R1", "R2", "R4", "R5", "R12", "S2", "S5", "S7", "S10", "S14"}

const begin, end = "<!-- figures -->\n", "<!-- end of figures -->"

// saveFirst writes them there.
func saveFirst(readme string, known map[string]printed) error {
	text, err := os.ReadFile(readme)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return fmt.Errorf("%s has no place for figures between %q and %q", readme, begin, end)
	}
	var b strings.Builder
	b.WriteString("| | goal | printed |\n|---|---|---|\n")
	for _, f := range figures {
		if slices.Contains(first, f.id) {
			result := "not measured"
			if p, ok := known[f.id]; ok {
				result = p.Result
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", f.what, f.target, result)
		}
	}
	return os.WriteFile(readme, []byte(before+begin+b.String()+end+after), 0o644)
}

// page is docs/figures.md.
func page(known map[string]printed) string {
	var b strings.Builder
	b.WriteString(`# Figures for reliability and security

Generated by ` + "`make figures`" + ` (` + "`make figures ONLY=R9,S3`" + ` for some) from what tests and benchmarks print; do not edit. Each row says when and at which commit it was printed. A ratio is to the idle portal or to a bare server in the same run. ` + "`make test`" + ` runs those marked *quick* too. The figures of speed stand in [BENCHMARKS.md](BENCHMARKS.md).

| id | figure | target | printed | ratio | how | date | commit |
|---|---|---|---|---|---|---|---|
`)
	measured, notes := 0, map[string]string{}
	for _, f := range figures {
		p, ok := known[f.id]
		how := f.why
		if f.script != nil {
			how = "`" + strings.Join(f.script, " ") + "`"
		}
		if f.test != "" {
			room := strings.TrimPrefix(f.room, "./")
			if f.journey {
				room = "e2e"
			}
			how = "`" + strings.TrimPrefix(room+"."+f.test, "..") + "`"
			if f.quick {
				how += ", quick"
			}
		}
		if !ok {
			fmt.Fprintf(&b, "| %s | %s | %s | not measured | | %s | | |\n", f.id, f.what, f.target, how)
			continue
		}
		measured++
		date := p.Date
		if p.Note != "" {
			if notes[p.Note] == "" {
				notes[p.Note] = fmt.Sprint(len(notes) + 1)
			}
			date += " (" + notes[p.Note] + ")"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", f.id, f.what, f.target, p.Result, p.Ratio, how, date, p.Commit)
	}
	fmt.Fprintf(&b, "\n%d of %d rows are measured.\n", measured, len(figures))
	for n := range len(notes) {
		for note, number := range notes {
			if number == fmt.Sprint(n+1) {
				fmt.Fprintf(&b, "\n(%s) %s\n", number, note)
			}
		}
	}
	return b.String()
}
