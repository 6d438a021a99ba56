package views

import "strings"

// diffLine is one line of a change: '+', '-' or ' ', and its tokens without the line's end.
type diffLine struct {
	sign   byte
	tokens []token
}

// lineDiff compares two texts line by line: what stays, what goes, what comes.
func lineDiff(d DiffProps) []diffLine {
	before := lines(highlight(d.Lang, d.Before, nil))
	after := lines(highlight(d.Lang, d.After, d.Values))
	a, b := texts(before), texts(after)

	// longest[i][j] is how many lines a[i:] and b[j:] have in common
	longest := make([][]int, len(a)+1)
	for i := range longest {
		longest[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}

	var out []diffLine
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, diffLine{' ', after[j]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || longest[i+1][j] >= longest[i][j+1]):
			out = append(out, diffLine{'-', before[i]})
			i++
		default:
			out = append(out, diffLine{'+', after[j]})
			j++
		}
	}
	return out
}

// lines cuts tokens at the ends of lines, which are left out.
func lines(ts []token) [][]token {
	var out [][]token
	var line []token
	open := false // the line has begun
	for _, t := range ts {
		for i, part := range strings.Split(t.text, "\n") {
			if i > 0 {
				out = append(out, line)
				line, open = nil, false
			}
			if part != "" {
				line, open = append(line, token{t.class, part}), true
			}
		}
	}
	if open {
		out = append(out, line)
	}
	return out
}

// texts is each line as plain text.
func texts(ls [][]token) []string {
	out := make([]string, len(ls))
	for i, l := range ls {
		var b strings.Builder
		for _, t := range l {
			b.WriteString(t.text)
		}
		out[i] = b.String()
	}
	return out
}
