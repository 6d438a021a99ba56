package doctor

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// reports are the whole reports of the laboratory's faults, a file for each stage that a verdict names: every sentence, status
// and piece of evidence, not only the code. What differs from run to run is blanked. -update writes them.
const reportsDir = "testdata/reports"

// blanks is what differs from run to run, and what stands in its place.
var blanks = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?( UTC)?)?`), "DATE"},
	{regexp.MustCompile(`\b\d{1,2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{4}(,? \d\d:\d\d( UTC)?)?`), "DATE"},
	{regexp.MustCompile(`\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){7,}\b`), "HEX"},
	{regexp.MustCompile(`\b[0-9a-fA-F]{16,}\b`), "HEX"},
	{regexp.MustCompile(`(127\.0\.0\.\d+|\[::1\]|localhost):\d{4,5}\b`), "$1:PORT"},
	{regexp.MustCompile(`/tmp/[^\s"',;:]+`), "/tmp/FILE"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?(ns|µs|ms)\b`), "TOOK"},
	{regexp.MustCompile(`\bport \d{5}\b`), "port PORT"},
	{regexp.MustCompile(`"grpc_code":"(Unavailable|DeadlineExceeded)","grpc_message":"([^"\\]|\\.)*"`), `"grpc_code":"$1","grpc_message":"GO'S WORDS"`}, // of whichever end was seen first
	{regexp.MustCompile(`(nc -vz (-w \d )?127\.0\.0\.\d+) \d{4,5}\b`), "$1 PORT"},
	{regexp.MustCompile(`(dial|read|write) tcp 127[^ ]*: (connect|read|write): connection reset`), "connection reset"},
	{regexp.MustCompile(`"first_try":"(closed|error)"`), `"first_try":"EITHER"`},
	{regexp.MustCompile(`"proof":"(a session ticket|the server's first frame)"`), `"proof":"EITHER"`}, // whichever comes first
}

// told is a report as the goldens keep it.
func told(row faultRow, r Report) string {
	var b strings.Builder
	v := r.Verdict
	fmt.Fprintf(&b, "== %s\n%s %s at %s: %s\n", row.name, v.Code, v.Level, v.Stage, v.Title)
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(&b, "  %s: %s\n", name, text)
		}
	}
	line("cause", v.Cause)
	line("not wrong", v.NotWrong)
	for _, f := range v.Fix {
		line("fix, "+f.Who, strings.Join(append([]string{f.Text}, f.Command), " | "))
	}
	line("confirm", v.Confirm)
	line("unseen", v.Unseen)
	for _, c := range v.Candidates {
		text, _ := json.Marshal(c)
		line("candidate", string(text))
	}
	for _, s := range r.Stages {
		if s.Status == NotReached {
			continue
		}
		evidence, _ := json.Marshal(s.Evidence)
		fmt.Fprintf(&b, "- %s %s: %s %v %s\n", s.ID, s.Status, s.Summary, s.Findings, evidence)
	}
	line("not checked", strings.Join(r.NotChecked, " | "))
	text := b.String()
	for _, x := range blanks {
		text = x.find.ReplaceAllString(text, x.put)
	}
	return text
}

// sameReports compares whole reports with those that were kept. What differs is made again, alone: beside hundreds of others a
// silent peer may look slow, and a slow one silent.
func sameReports(t *testing.T, rows []faultRow, reports []Report) {
	t.Helper()
	files := map[string][]string{}
	for i, row := range rows {
		files[row.stage] = append(files[row.stage], told(row, reports[i]))
	}
	if *update {
		if err := os.MkdirAll(reportsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for stage, texts := range files {
			slices.Sort(texts)
			if err := os.WriteFile(filepath.Join(reportsDir, stage+".golden"), []byte(strings.Join(texts, "\n")), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	kept, names := map[string]string{}, 0
	for stage := range files {
		text, err := os.ReadFile(filepath.Join(reportsDir, stage+".golden"))
		if err != nil {
			t.Fatal(err)
		}
		for one := range strings.SplitSeq(strings.TrimPrefix(string(text), "== "), "\n== ") {
			name, rest, _ := strings.Cut(one, "\n")
			kept[name] = strings.TrimSpace(rest)
			names++
		}
	}
	if names != len(rows) || len(kept) != len(rows) {
		t.Errorf("%d reports are kept of %d faults: run with -update and read what differs", names, len(rows))
	}
	for i, row := range rows {
		said := func(r Report) string {
			_, rest, _ := strings.Cut(told(row, r), "\n")
			return strings.TrimSpace(rest)
		}
		if got := said(reports[i]); got != kept[row.name] {
			for again := 3; again > 0 && got != kept[row.name]; again-- {
				got = said(runFault(t, row))
			}
			if got != kept[row.name] {
				t.Errorf("%s: the report is not the one that was kept\n%s", row.name, cmp.Diff(kept[row.name], got))
			}
		}
	}
}
