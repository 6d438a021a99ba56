package views

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// palette is the light and the dark value of each token, in one setting of the page.
type palette map[string][2]string

var (
	block = regexp.MustCompile(`(?s)(:root|\[data-rehearsal\]|\[data-cloud\]) \{([^}]*)\}`)
	pair  = regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
)

// palettes reads the stylesheet: the plain page, the rehearsal's and the rehearsal cloud's.
func palettes(t *testing.T) map[string]palette {
	out := map[string]palette{}
	for _, b := range block.FindAllStringSubmatch(stylesheet(t), -1) {
		p := palette{}
		for k, v := range out[":root"] {
			p[k] = v
		}
		for _, m := range pair.FindAllStringSubmatch(b[2], -1) {
			p[m[1]] = [2]string{m[2], m[3]}
		}
		if _, again := out[b[1]]; !again && len(p) > 0 {
			out[b[1]] = p
		}
	}
	if len(out) != 3 {
		t.Fatalf("%d palettes, want 3", len(out))
	}
	return out
}

// Text reaches 4.5:1 on everything that it stands on, control borders 3:1 (WCAG 1.4.3, 1.4.11).
func TestColoursAreReadable(t *testing.T) {
	type rule struct {
		on, text []string
		least    float64
	}
	rules := []rule{
		{[]string{"paper", "card", "sunk"}, []string{"ink", "ink-2", "ink-3", "tide", "tide-hi", "ok", "warn", "fail", "run", "wait"}, 4.5},
		{[]string{"paper", "card"}, []string{"edge"}, 3},
		{[]string{"tide", "tide-hi"}, []string{"on-tide"}, 4.5},
		{[]string{"tide-wash"}, []string{"tide", "ink", "ink-2"}, 4.5},
		{[]string{"ink"}, []string{"paper"}, 4.5},
	}
	for _, s := range []string{"ok", "warn", "fail", "run", "wait"} {
		rules = append(rules, rule{[]string{s + "-wash"}, []string{s, "ink", "ink-2", "tide"}, 4.5})
	}
	// code in a diff keeps its colours on the washes
	rules = append(rules, rule{[]string{"ok-wash", "fail-wash"}, []string{"wait", "ok", "warn", "run", "ink-3", "fail"}, 4.5})
	for where, p := range palettes(t) {
		for _, r := range rules {
			for _, on := range r.on {
				for _, text := range r.text {
					for i, scheme := range []string{"light", "dark"} {
						if c := contrast(t, p[text][i], p[on][i]); c < r.least {
							t.Errorf("%s %s: --%s on --%s is %.2f:1, want %.1f", where, scheme, text, on, c, r.least)
						}
					}
				}
			}
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + .05) / (min(x, y) + .05)
}

// luminance is WCAG's relative luminance of #rrggbb.
func luminance(t *testing.T, colour string) float64 {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 {
		t.Fatalf("not a colour: %q", colour)
	}
	sum := 0.0
	for i, weight := range []float64{.0722, .7152, .2126} {
		c := float64(n>>(8*i)&0xff) / 255
		if c <= .04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// Logical properties only: right-to-left must stay free.
func TestStylesheetKnowsNoLeftOrRight(t *testing.T) {
	css := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(stylesheet(t), "")
	for i, line := range strings.Split(css, "\n") {
		for _, word := range regexp.MustCompile(`[a-z-]+`).FindAllString(line, -1) {
			if regexp.MustCompile(`(^|-)(left|right)(-|$)`).MatchString(word) || word == "float" {
				t.Errorf("line %d: %s: %s", i+1, word, strings.TrimSpace(line))
			}
		}
	}
}

// A class that no page uses is dead weight; one that no style knows is a typing error waiting.
func TestStylesheetAndPagesAgree(t *testing.T) {
	used := map[string]bool{}
	for _, p := range pages() {
		for _, n := range elements(parse(t, render(t, p.html))) {
			for _, c := range strings.Fields(attribute(n, "class")) {
				used[c] = true
			}
		}
	}
	css := regexp.MustCompile(`(?s)/\*.*?\*/|url\([^)]*\)`).ReplaceAllString(stylesheet(t), "")
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`\.(-?[a-z_][a-z0-9_-]*)`).FindAllStringSubmatch(css, -1) {
		known[m[1]] = true
	}
	var dead []string
	for c := range known {
		if !used[c] {
			dead = append(dead, "."+c)
		}
	}
	if len(dead) > 0 {
		t.Errorf("styles that no page uses: %s", strings.Join(dead, " "))
	}
	var unknown []string
	for c := range used {
		if !known[c] {
			unknown = append(unknown, c)
		}
	}
	if len(unknown) > 0 {
		t.Errorf("classes that no style knows: %s", strings.Join(unknown, " "))
	}
}
