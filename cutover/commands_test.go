package cutover

import (
	"strings"
	"testing"
	"time"

	"onramp/assess"
)

// TestCommandsRun: a command holds what is known of both sides, and no text that a shell would choke on.
func TestCommandsRun(t *testing.T) {
	one, none := Polled{N: 1, Read: assess.Read}, Polled{Read: assess.Read}
	f := &Facts{Source: Half{Address: "old:7233", Namespace: "shop", Reached: assess.Read}, Target: Half{Address: "shop.a1b2c.tmprl.cloud:7233", Namespace: "shop.a1b2c", Reached: assess.Read},
		Queues: []Queue{{Name: "orders", Kind: "workflow", Source: one, Target: none}}}
	r := Judge(f)
	all := ""
	for _, g := range r.Gates {
		for _, x := range g.Fix {
			all += x.Command + "\n"
			if strings.Contains(x.Command, "…") || strings.Contains(x.Command, "LANGUAGE") || strings.Contains(x.Command, "onramp code --namespace") {
				t.Errorf("%s: %s", g.ID, x.Command)
			}
			if strings.Contains(x.Command, inPython) && !strings.Contains(x.Text, orYours) {
				t.Errorf("%s does not say to replace the language: %s", g.ID, x.Text)
			}
		}
	}
	for _, want := range []string{"onramp code --lang python --namespace shop.a1b2c", "onramp cutover status --address old:7233 --namespace shop --target-namespace shop.a1b2c"} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in:\n%s", want, all)
		}
	}
	for _, g := range r.InLanguage("java").Gates {
		for _, x := range g.Fix {
			if strings.Contains(x.Text+x.Command, "python") {
				t.Errorf("%s in Java: %s %s", g.ID, x.Text, x.Command)
			}
		}
	}
}

// TestStopsFirst: a headline and a line of a watch name every stop before what is next, and a row says what its look said.
func TestStopsFirst(t *testing.T) {
	open, stop, passed := Gate{ID: "G0", Name: "Assessed", State: Open, Title: "Assess."}, Gate{ID: "G1", Name: "Target ready", State: Red, Title: "Not ready."}, Gate{ID: "G2", Name: "Known", State: Passed}
	for _, c := range []struct {
		name               string
		r                  Report
		headline, line, is string
	}{
		{"two stops", Report{Gates: []Gate{open, stop, passed, {ID: "G9", Name: "Drained", State: Red}}, Next: "G0"}, "Stop and look at G1, target ready; G9, drained. Not ready.", "stop G1, G9", "Stop"},
		{"none", Report{Gates: []Gate{open, passed}, Next: "G0"}, "Next: G0, assessed.", "next G0", "Open"},
		{"all", Report{Gates: []Gate{passed}}, "All 1 gates passed", "1 of 1 gates", "Done"},
	} {
		if got := c.r.Headline(); !strings.HasPrefix(got, c.headline) {
			t.Errorf("%s: %s", c.name, got)
		}
		if got := WatchLine(c.r); !strings.Contains(got, c.line) || strings.Contains(got, "stop ") && strings.Contains(got, "next ") {
			t.Errorf("%s: %s", c.name, got)
		}
		if _, word := WordOf(c.r.Headline()); word != c.is {
			t.Errorf("%s: the row says %q", c.name, word)
		}
	}
}

// TestWhyWindow: an hour is the minimum, and said to be.
func TestWhyWindow(t *testing.T) {
	if got := whyWindow(13 * time.Second); !strings.HasPrefix(got, "the minimum") || !strings.Contains(got, "13 seconds") {
		t.Error(got)
	}
	if got := whyWindow(time.Hour); !strings.HasPrefix(got, "three times") {
		t.Error(got)
	}
}
