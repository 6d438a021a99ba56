package snippet

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"onramp/snippet/config"
)

// What was given is repaired where it stands: the bytes of a wrong value change, and all others stay. Every change is
// read again by the format's own reader, and stays only if it says what was meant and nothing else has changed.

// Bounds of a repair.
const (
	maxRepaired = 64 << 10 // bytes of a text that comes back
	maxReads    = 30       // times that a text is read again, fewer for a long one
)

// alteration is one thing that the repaired version has otherwise.
type alteration struct {
	kind     changeKind
	at       config.Setting // what it is about; for added, what it goes beside
	from, to string         // of a value: what programs take now, and then; of what is added: its value
	name     string         // of what is renamed or added
}

type changeKind byte

const (
	changed changeKind = iota
	removed
	renamed
	added
)

// fixing is a value and the one to have instead.
type fixing struct{ from, to string }

// changes are all that the findings ask for.
func (j *judgement) changes() []alteration {
	var out []alteration
	known := map[int]bool{}
	for _, s := range j.doc.Settings {
		if f, ok := j.fixed[s.ID]; ok && f.from != f.to {
			out = append(out, alteration{kind: changed, at: s, from: f.from, to: f.to})
		}
	}
	for _, a := range j.all {
		if known[a.from.ID] {
			continue
		}
		known[a.from.ID] = true
		switch {
		case j.unwanted(a):
			out = append(out, alteration{kind: removed, at: a.from})
		case a.set == "ops" && a.what == mOpsKey && j.opsOnly() && (a.unknown || strings.TrimSpace(a.value) != "") && !j.has(mAPIKey) && !j.has(mCert) && !j.has(mCertData):
			out = append(out, alteration{kind: renamed, at: a.from, name: "TEMPORAL_API_KEY"})
		case a.set == "file" && a.from.Via == "key" && flatKey(a.from.Path) != a.from.Path:
			out = append(out, alteration{kind: renamed, at: a.from, name: flatKey(a.from.Path)})
		}
	}
	for _, v := range j.added {
		beside := j.of(mAddress)
		if v.What == string(mServerName) && len(j.of(mCert)) > 0 && j.of(mCert)[0].set == "file" {
			beside = j.of(mCert) // the table of TLS
		}
		if len(beside) > 0 {
			out = append(out, alteration{kind: added, at: beside[0].from, from: beside[0].from.Value.String(), to: v.Value, name: v.Name})
		}
	}
	return out
}

// unwanted reports whether a setting must not be there: with it every connection fails, or nobody is checked.
func (j *judgement) unwanted(a assignment) bool {
	switch a.what {
	case mServerCA:
		return !local(j.host()) && !systemRoots(a.value) && a.set != "own" && j.of(mAddress) != nil && (a.value != "" || a.unknown)
	case mNoVerify:
		return on(a.value) && a.set != "own" && !local(j.host())
	case mTLS:
		return a.set == "standard" && !a.unknown && boolean(a.value) && !on(a.value) && !local(j.host())
	}
	return false
}

// rewritten is what was given as it comes back.
type rewritten struct {
	given    string // without its secrets; "" where it holds too many to tell
	masked   bool   // secrets were taken out
	repaired string // the same with the changes; "" where there are none
	left     []alteration
}

// rewrite repairs the text where it stands.
func (j *judgement) rewrite(ctx context.Context, raw string) rewritten {
	text, changes := config.Clean(raw), j.changes()
	if len(text) > maxRepaired {
		return rewritten{masked: true, left: changes}
	}
	secrets, ok := secretsIn(text, j.doc)
	if !ok {
		return rewritten{masked: true, left: changes}
	}
	var masks []patch
	for _, s := range united(secrets) {
		masks = append(masks, patch{s, hidden})
	}
	out := rewritten{given: edited(text, masks), masked: len(masks) > 0}
	if len(changes) == 0 {
		return out
	}
	if len(changes) > maxReads {
		out.left = changes
		return out
	}
	p := &patching{ctx: ctx, text: text, before: j.doc, reads: max(4, min(maxReads, 200_000/(len(text)+1)))}
	var edits []patch
	edits, out.left = p.all(changes)
	if len(edits) > 0 {
		out.repaired = edited(text, append(edits, masks...))
	}
	return out
}

// patching is a text on its way to being repaired.
type patching struct {
	ctx    context.Context
	text   string
	before *reading
	reads  int // that are left
}

// all makes as many of the changes as it can, and returns the others.
func (p *patching) all(changes []alteration) (edits []patch, left []alteration) {
	ways := make([][][]patch, len(changes))
	for i, c := range changes {
		if ways[i] = p.ways(c); len(ways[i]) > 0 {
			edits = append(edits, ways[i][0]...)
		}
	}
	if !slices.ContainsFunc(ways, func(w [][]patch) bool { return len(w) == 0 }) && p.means(edits, changes) {
		return edits, nil
	}
	edits = nil
	var made []alteration
	for i, c := range changes {
		done := false
		for _, way := range ways[i] {
			if done = p.means(append(slices.Clone(edits), way...), append(slices.Clone(made), c)); done {
				edits, made = append(edits, way...), append(made, c)
				break
			}
		}
		if !done {
			left = append(left, c)
		}
	}
	return edits, left
}

// entry is a setting, to be found again.
type entry struct{ group, path, name, via, value string }

func entries(r *reading) []entry {
	names := make([]string, len(r.Groups))
	for i, g := range r.Groups {
		if i > 0 {
			names[i] = names[g.Parent] + "\x00" + g.Kind + " " + g.Name
		}
	}
	out := make([]entry, len(r.Settings))
	for i, s := range r.Settings {
		out[i] = entry{names[s.Group], s.Path, s.Name, s.Via, s.Value.String()}
	}
	return out
}

// means reports whether a text with some edits says what the changes ask for, and all else as before.
func (p *patching) means(edits []patch, changes []alteration) bool {
	if p.reads--; p.reads < 0 || p.ctx.Err() != nil {
		return false
	}
	text := edited(p.text, edits)
	after := newReading(config.Read(p.ctx, text))
	if after.Form != p.before.Form || len(after.Problems) > len(p.before.Problems) || json.Valid([]byte(p.text)) && !json.Valid([]byte(text)) {
		return false
	}
	was, is := entries(p.before), entries(after)
	var more []int // settings of after that were added
	byID := map[int]alteration{}
	for _, c := range changes {
		if c.kind != added {
			byID[c.at.ID] = c
			continue
		}
		n := slices.IndexFunc(is, func(e entry) bool {
			return e.group == was[c.at.ID].group && (e.name == c.name || e.path == c.name || strings.HasSuffix(e.path, "."+c.name)) && e.value == c.to
		})
		if n < 0 {
			return false
		}
		more = append(more, n)
	}
	at := 0
	for id, e := range was {
		for slices.Contains(more, at) {
			at++
		}
		c, ours := byID[id]
		if ours && c.kind == removed {
			continue
		}
		if at >= len(is) {
			return false
		}
		now := is[at]
		switch {
		case ours && c.kind == renamed:
			if now.value != e.value || now.group != e.group || now.name != c.name && now.path != c.name {
				return false
			}
		case now.group != e.group || now.path != e.path || now.via != e.via:
			return false
		case ours:
			resolver, settings := after.Resolver(after.Settings[at].Group)
			i := slices.IndexFunc(settings, func(s config.Setting) bool { return s.ID == after.Settings[at].ID })
			if i < 0 || resolver.Value(i).String() != c.to {
				return false
			}
		case now.value != e.value:
			if !slices.ContainsFunc(changes, func(c alteration) bool { return c.kind == changed && e.value == c.from && now.value == c.to }) {
				return false // where the wrong value comes from may change, and nothing else
			}
		}
		at++
	}
	for slices.Contains(more, at) {
		at++
	}
	return at == len(is)
}

// ways are the edits that may make a change, the likeliest first.
func (p *patching) ways(c alteration) [][]patch {
	switch c.kind {
	case changed:
		return p.valueWays(c)
	case renamed:
		var out [][]patch
		for _, at := range p.places(c.at.Name, c.at.Line, 2) {
			out = append(out, []patch{{span{at, at + len(c.at.Name)}, c.name}})
		}
		return out
	case removed:
		return p.removeWays(c)
	}
	return p.addWays(c)
}

// valueWays are the places where a value may stand, and what to write there.
func (p *patching) valueWays(c alteration) (out [][]patch) {
	written := c.at.Value.String()
	type pair struct{ old, new string }
	var pairs []pair
	if before, after, ok := strings.Cut(c.from, c.to); ok && strings.HasPrefix(written, before) && strings.HasSuffix(written, after) && len(before)+len(after) < len(written) {
		pairs = append(pairs, pair{written, written[len(before) : len(written)-len(after)]})
	}
	if more, ok := strings.CutPrefix(c.to, c.from); ok {
		pairs = append(pairs, pair{written, written + more})
	}
	pairs = append(pairs, pair{written, c.to}, pair{c.from, c.to}, pair{base64.StdEncoding.EncodeToString([]byte(written)), base64.StdEncoding.EncodeToString([]byte(c.to))})
	seen := map[patch]bool{}
	for _, one := range pairs {
		if one.old == "" {
			continue
		}
		for _, at := range p.places(one.old, c.at.Line, 3) {
			e := patch{span{at, at + len(one.old)}, one.new}
			if !seen[e] {
				seen[e] = true
				out = append(out, []patch{e})
			}
		}
	}
	return out
}

// places are where a word stands by itself, those nearest to a line first.
func (p *patching) places(word string, line, most int) []int {
	from, to := lineSpan(p.text, max(1, line))
	type place struct{ at, far int }
	var all []place
	for at := 0; len(all) < 500; {
		n := strings.Index(p.text[at:], word)
		if n < 0 {
			break
		}
		at += n
		if standsAlone(p.text, at, at+len(word)) {
			far := 0
			switch {
			case at > to:
				far = 2 * strings.Count(p.text[to:at], "\n")
			case at < from:
				far = 2*strings.Count(p.text[at:from], "\n") + 1
			}
			all = append(all, place{at, far})
		}
		at += len(word)
	}
	slices.SortStableFunc(all, func(a, b place) int { return a.far - b.far })
	var out []int
	for _, x := range all[:min(most, len(all))] {
		out = append(out, x.at)
	}
	return out
}

// standsAlone reports whether a piece of a text is no part of a longer word.
func standsAlone(text string, from, to int) bool {
	part := func(c byte) bool {
		return c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
	}
	return (from == 0 || !part(text[from-1]) || !part(text[from])) && (to >= len(text) || !part(text[to]) || !part(text[to-1]))
}

// removeWays are the pieces of the text that may hold a setting and nothing else.
func (p *patching) removeWays(c alteration) (out [][]patch) {
	cut := func(from, to int) { out = append(out, []patch{{span{from, to}, ""}}) }
	for _, at := range p.places(c.at.Name, c.at.Line, 3) {
		value := p.valueAfter(c, at)
		from, to := p.lines(at, value)
		cut(from, to)
		if f, t, ok := p.item(at); ok { // of a YAML list
			cut(f, t)
		}
		if f, t, ok := p.braces(at); ok {
			if n := listEnd.FindStringIndex(p.text[t:]); n != nil {
				cut(f, t+n[1])
			}
			if n := listStart.FindStringIndex(p.text[:f]); n != nil {
				cut(n[0], t)
			}
			cut(f, t)
		}
		if c.at.Path != c.at.Name || c.at.Via != "env" { // of JSON: the comma before it goes too
			if n := listStart.FindStringIndex(p.text[:from]); n != nil {
				cut(n[0], to-1)
			}
		}
		word := at
		for word > from && !strings.ContainsRune(" \t,;{\"'", rune(p.text[word-1])) {
			word--
		}
		end := value
		for _, before := range flagBefore.FindAllStringIndex(p.text[:word], -1) {
			if before[1] == word {
				cut(before[0], end)
			}
		}
		if word > 0 && (p.text[word-1] == ',' || p.text[word-1] == ' ') {
			cut(word-1, end)
		}
		if end < len(p.text) && (p.text[end] == ',' || p.text[end] == ' ') {
			cut(word, end+1)
		}
	}
	return out
}

var (
	listEnd    = regexp.MustCompile(`^[ \t]*,[ \t]*\n?`)
	listStart  = regexp.MustCompile(`,\s*$`)
	flagBefore = regexp.MustCompile(`(?:\s|\\\n)+-{1,2}[A-Za-z][\w-]*[ =]["']?$|\s+\\\n\s*$|\s+$`)
)

// valueAfter is where the value of a setting ends whose name stands at a place.
func (p *patching) valueAfter(c alteration, at int) int {
	rest := p.text[at:min(len(p.text), at+40_000)]
	value := c.at.Value.String()
	if n := strings.Index(rest, value); n >= 0 && value != "" && strings.Count(rest[:n], "\n") < 4 {
		end := at + n + len(value)
		if end < len(p.text) && (p.text[end] == '"' || p.text[end] == '\'') {
			end++
		}
		return end
	}
	if lines := strings.Split(strings.TrimSpace(value), "\n"); len(lines) > 1 {
		if n := strings.Index(rest, strings.TrimSpace(lines[len(lines)-1])); n >= 0 {
			return at + n + len(strings.TrimSpace(lines[len(lines)-1]))
		}
	}
	_, to := lineSpan(p.text[at:], 1)
	return at + to
}

// lines are the whole lines from one place to another, with the end of the last.
func (p *patching) lines(from, to int) (int, int) {
	from = strings.LastIndexByte(p.text[:from], '\n') + 1
	if n := strings.IndexByte(p.text[to:], '\n'); n >= 0 {
		return from, to + n + 1
	}
	return from, len(p.text)
}

// item is the element of a YAML list that a place is in, as whole lines.
func (p *patching) item(at int) (from, to int, ok bool) {
	from, _ = p.lines(at, at)
	for range 6 {
		line := p.text[from:]
		indent := len(line) - len(strings.TrimLeft(line, " \t"))
		if strings.HasPrefix(line[indent:], "- ") {
			to = from
			for to < len(p.text) {
				_, next := p.lines(to, to)
				to = next
				rest := p.text[to:]
				if in := len(rest) - len(strings.TrimLeft(rest, " \t")); rest == "" || in <= indent {
					break
				}
			}
			return from, to, true
		}
		if from == 0 {
			break
		}
		from, _ = p.lines(from-1, from-1)
	}
	return 0, 0, false
}

// braces are the braces around a place, with what is in them.
func (p *patching) braces(at int) (from, to int, ok bool) {
	depth := 0
	for from = at; from > max(0, at-4000); from-- {
		switch p.text[from] {
		case '}':
			depth++
		case '{':
			if depth--; depth < 0 {
				depth = 0
				for to = from + 1; to < min(len(p.text), from+8000); to++ {
					switch p.text[to] {
					case '{':
						depth++
					case '}':
						if depth--; depth < 0 {
							for from > 0 && (p.text[from-1] == ' ' || p.text[from-1] == '\t') {
								from--
							}
							return from, to + 1, true
						}
					}
				}
				return 0, 0, false
			}
		}
	}
	return 0, 0, false
}

// addWays write a further setting as the one beside it is written.
func (p *patching) addWays(c alteration) (out [][]patch) {
	put := func(at int, text string) { out = append(out, []patch{{span{at, at}, text}}) }
	last := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	old, name := c.at.Name, last(c.name)
	if old == c.name || p.before.Settings[c.at.ID].Path == c.at.Name {
		name = c.name
	}
	like := func(s string) string {
		return strings.Replace(strings.Replace(s, old, name, 1), c.from, c.to, 1)
	}
	for _, at := range p.places(old, c.at.Line, 2) {
		value := p.valueAfter(c, at)
		from, to := p.lines(at, value)
		line := p.text[from:to]
		if !strings.HasSuffix(line, "\n") {
			line = "\n" + line
		}
		put(to, like(line))
		if json.Valid([]byte(p.text)) {
			put(from, like(strings.TrimSuffix(strings.TrimRight(line, "\n"), ","))+",\n")
		}
		if f, t, ok := p.item(at); ok {
			put(t, like(p.text[f:t]))
		}
		if f, t, ok := p.braces(at); ok {
			body := p.text[f:t]
			lead := p.text[strings.LastIndexByte(p.text[:f], '\n')+1 : f]
			put(t, ","+like(body))
			put(t, ",\n"+lead+like(body))
			put(t, "\n"+lead+like(body))
		}
		word := p.text[at:value]
		put(value, ","+like(word))
		for _, m := range flagBefore.FindAllStringIndex(p.text[:at], -1) {
			if m[1] == at {
				put(value, like(p.text[m[0]:value]))
			}
		}
		put(value, " "+like(word))
		out = append(out, p.above(c, at)...)
	}
	return out
}

// above puts a setting under a key that stands above another: a namespace beside the connection whose target is known.
func (p *patching) above(c alteration, at int) (out [][]patch) {
	keys := strings.Split(c.name, ".")
	if len(keys) < 2 {
		return nil
	}
	line := regexp.MustCompile(`(?m)^([ \t]*)` + regexp.QuoteMeta(keys[len(keys)-2]) + `:[ \t]*\n([ \t]+)`)
	all := line.FindAllStringSubmatchIndex(p.text[:at], -1)
	if len(all) == 0 {
		return nil
	}
	m := all[len(all)-1]
	return append(out, []patch{{span{m[4], m[4]}, p.text[m[4]:m[5]] + keys[len(keys)-1] + ": " + quoteYAML(c.to) + "\n"}})
}
