package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// judgement is what Lighthouse says of one page; a line of testdata/lighthouse.mjs.
type judgement struct {
	URL     string         `json:"url"`
	Form    string         `json:"form"` // mobile or desktop
	Scores  map[string]int `json:"scores"`
	Failing []string       `json:"failing"`
}

func (j judgement) String() string {
	var scores []string
	for _, name := range slices.Sorted(maps.Keys(j.Scores)) {
		scores = append(scores, fmt.Sprint(name, " ", j.Scores[name]))
	}
	return j.Form + ": " + strings.Join(append(scores, j.Failing...), "; ")
}

// judges is how many pages Lighthouse judges at once, each in a process of its own: it waits more than it works. What measures
// performance traces the whole browser, and works alone.
func judges(categories string) int {
	if strings.Contains(categories, "performance") {
		return 1
	}
	return 3
}

// lighthouse judges pages in one Chromium of its own, as fast as this machine is, some at once. each is called with one
// judgement after the other.
func lighthouse(t *testing.T, categories string, ask []judgement, each func(judgement)) {
	t.Helper()
	if _, err := os.Stat("node_modules/lighthouse"); err != nil {
		t.Fatalf("%v\nRun `make setup` first: it installs Lighthouse.", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	openBrowserWith(t, true, 1280, 900, chromedp.Flag("remote-debugging-port", port))
	said := make(chan judgement)
	at := judges(categories)
	failed := make(chan error, at)
	for i := range at {
		var lines strings.Builder
		mine := 0
		for j := i; j < len(ask); j += at {
			line, err := json.Marshal(map[string]string{"url": ask[j].URL, "form": ask[j].Form})
			if err != nil {
				t.Fatal(err)
			}
			lines.Write(append(line, '\n'))
			mine++
		}
		go func() { failed <- judge(t.Context(), lines.String(), mine, said, port, categories) }()
	}
	for running := at; running > 0; {
		select {
		case j := <-said:
			each(j)
		case err := <-failed:
			if running--; err != nil {
				t.Error(err)
			}
		}
	}
}

// judge runs Lighthouse over lines that ask for n judgements, and sends each of them.
func judge(ctx context.Context, lines string, n int, said chan<- judgement, port, categories string) error {
	cmd := exec.CommandContext(ctx, "node", "testdata/lighthouse.mjs", port, categories, "provided")
	cmd.Stdin = strings.NewReader(lines)
	var trouble strings.Builder
	cmd.Stderr = &trouble
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	got := 0
	for s := json.NewDecoder(out); ; got++ {
		var j judgement
		if err := s.Decode(&j); err == io.EOF {
			break
		} else if err != nil {
			return fmt.Errorf("%w: %s", err, trouble.String())
		}
		said <- j
	}
	if err := cmd.Wait(); err != nil || got != n {
		return fmt.Errorf("Lighthouse judged %d of %d pages: %w\n%s", got, n, err, trouble.String())
	}
	return nil
}

// TestLighthouse: Lighthouse gives the kinds of pages 100 of 100 for accessibility, best practices and search engines, on a
// telephone and on a desktop. With ONRAMP_E2E_LIGHTHOUSE set it judges all four categories, performance too, which on a
// machine that is busy is luck: "kinds" one page of each that is listed, "all" each page of a portal that holds something of
// everything. ONRAMP_E2E_LIGHTHOUSE_TABLE names a file for the scores.
func TestLighthouse(t *testing.T) {
	p := openPortalAtHome(t)
	how, categories := os.Getenv("ONRAMP_E2E_LIGHTHOUSE"), "accessibility,best-practices,seo"
	var pages []string
	if how != "" {
		pages, categories = furnished(t, p), categories+",performance"
		if how == "kinds" {
			pages = oneOfEach(t, pages)
		}
	} else {
		v := visit(t, p.url)
		m, _ := v.tested(true)
		pages = []string{"/", m, latest(t, v, m+"/test"), "/help/CL-03"}
	}
	pages = slices.DeleteFunc(pages, func(path string) bool { return path == "/nowhere" }) // a page that is not there is not to be found
	var ask []judgement
	for _, path := range pages {
		for _, form := range []string{"mobile", "desktop"} {
			ask = append(ask, judgement{URL: p.url + path, Form: form})
		}
	}
	of := map[judgedPage][]judgement{} // what was said of each, the newest last
	for try := range 3 {
		n := 0
		lighthouse(t, categories, ask, func(j judgement) {
			if n++; n%20 == 0 {
				t.Logf("%d of %d", n, len(ask))
			}
			at := judgedPage{strings.TrimPrefix(j.URL, p.url), j.Form}
			of[at] = append(of[at], j)
		})
		ask = slices.DeleteFunc(ask, func(j judgement) bool {
			all := of[judgedPage{strings.TrimPrefix(j.URL, p.url), j.Form}]
			last := all[len(all)-1]
			return len(last.Scores) == strings.Count(categories, ",")+1 && last.lowest() == 100
		})
		if len(ask) == 0 || try == 2 || !strings.Contains(categories, "performance") {
			break
		}
		t.Logf("%d are judged again: something else may have run beside them", len(ask))
	}
	lowest := map[string]int{}
	var rows []string
	for _, path := range pages {
		for _, form := range []string{"mobile", "desktop"} {
			j := middle(of[judgedPage{path, form}])
			if len(j.Scores) != strings.Count(categories, ",")+1 {
				t.Errorf("%s, %s, was not judged: %s", path, form, j)
			}
			for name, score := range j.Scores {
				if was, ok := lowest[name]; !ok || score < was {
					lowest[name] = score
				}
				if score < 100 {
					t.Errorf("%s: Lighthouse gives %d for %s\n%s", path, score, name, j)
				}
			}
			rows = append(rows, fmt.Sprintf("| %s | %s | %d | %d | %d | %d | %d |", path, form, j.Scores["performance"], j.Scores["accessibility"], j.Scores["best-practices"], j.Scores["seo"], len(of[judgedPage{path, form}])))
		}
	}
	if file := os.Getenv("ONRAMP_E2E_LIGHTHOUSE_TABLE"); file != "" {
		put(t, file, []byte("| page | form | performance | accessibility | best practices | SEO | judged |\n|---|---|---|---|---|---|---|\n"+strings.Join(rows, "\n")+"\n"))
	}
	t.Logf("%d pages on a telephone and a desktop, the lowest scores: %v", len(pages), lowest)
}

// judgedPage is a page in one of its forms.
type judgedPage struct{ path, form string }

// lowest is the lowest score.
func (j judgement) lowest() int {
	if len(j.Scores) == 0 {
		return 0
	}
	return slices.Min(slices.Collect(maps.Values(j.Scores)))
}

// middle is the judgement in the middle of some by its lowest score.
func middle(all []judgement) judgement {
	if len(all) == 0 {
		return judgement{}
	}
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b judgement) int { return a.lowest() - b.lowest() })
	return all[len(all)/2]
}

// oneOfEach are the first page of each listed address.
func oneOfEach(t *testing.T, pages []string) (out []string) {
	t.Helper()
	for _, pattern := range listedPages(t) {
		if i := slices.IndexFunc(pages, func(path string) bool { return isOf(pattern, path) }); i >= 0 && !slices.Contains(out, pages[i]) {
			out = append(out, pages[i])
		}
	}
	return out
}
