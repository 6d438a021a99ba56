package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
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

// lighthouse judges pages in a Chromium of its own, in turn.
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
	var lines strings.Builder
	for _, a := range ask {
		line, err := json.Marshal(map[string]string{"url": a.URL, "form": a.Form})
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), "node", "testdata/lighthouse.mjs", port, categories)
	cmd.Stdin = strings.NewReader(lines.String())
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n := 0
	s := bufio.NewScanner(out)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var j judgement
		if err := json.Unmarshal(s.Bytes(), &j); err != nil {
			t.Fatalf("%v: %s", err, s.Text())
		}
		n++
		each(j)
	}
	if err := cmd.Wait(); err != nil || n != len(ask) {
		t.Fatalf("Lighthouse judged %d of %d pages: %v\n%s", n, len(ask), err, said.String())
	}
}

// TestLighthouse: Lighthouse gives the kinds of pages 100 of 100 for accessibility, best practices and search engines, on a
// telephone and on a desktop. With ONRAMP_E2E_LIGHTHOUSE set it judges every page, and its performance too, which on a
// machine that is busy is luck.
func TestLighthouse(t *testing.T) {
	p := openPortalAtHome(t)
	all, categories := os.Getenv("ONRAMP_E2E_LIGHTHOUSE") != "", "accessibility,best-practices,seo"
	var pages []string
	if all {
		pages = furnished(t, p)
		categories += ",performance"
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
	lowest := map[string]int{}
	lighthouse(t, categories, ask, func(j judgement) {
		for name, score := range j.Scores {
			if was, ok := lowest[name]; !ok || score < was {
				lowest[name] = score
			}
			if score < 100 {
				t.Errorf("%s: Lighthouse gives %d for %s\n%s", strings.TrimPrefix(j.URL, p.url), score, name, j)
			}
		}
		if len(j.Scores) != strings.Count(categories, ",")+1 {
			t.Errorf("%s was not judged: %s", j.URL, j)
		}
	})
	t.Logf("%d pages on a telephone and a desktop, the lowest scores: %v", len(pages), lowest)
}
