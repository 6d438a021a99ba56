package doctor

import (
	"slices"
	"strings"

	"onramp/namespace"
)

// DecodeSchema is the schema name of Decoded's JSON, which only grows: scripts read it.
const DecodeSchema = "onramp.decode/1"

// MaxDecode is how much of a pasted text is read, in bytes: an error with the log around it.
const MaxDecode = 1 << 20

// Decoded is what a pasted error text means.
type Decoded struct {
	Schema     string      `json:"schema"`
	Code       string      `json:"code"` // of the catalogue, or "unknown"
	Level      Level       `json:"level"`
	Title      string      `json:"title"`
	Cause      string      `json:"cause"`
	NotWrong   string      `json:"not_wrong,omitempty"`
	Fix        []Fix       `json:"fix"`
	Candidates []Candidate `json:"candidates"`
	Confirm    string      `json:"confirm,omitempty"`
	Matched    string      `json:"matched,omitempty"` // the part of the text that was recognised
	Text       string      `json:"text,omitempty"`    // the text with secrets masked, cut to what is worth showing
	Masked     bool        `json:"masked,omitempty"`  // a secret was in it
}

// maxShown is how much of a text is shown again, in runes.
const maxShown = 2000

// Decode says what an error text of any SDK or of the CLI means: the text is made plain (readError), looked through
// for what it shows (clues), and what it shows is read (readings). It is sure only where one cause has that text; a
// text that it does not know is unknown, never a guess. Secrets in the text are masked, and nothing is kept. Time and
// memory grow with the text's length, of which MaxDecode bytes are read.
func Decode(text string) Decoded {
	if len(text) > MaxDecode {
		text = text[:MaxDecode]
	}
	text, masked := mask(strings.ToValidUTF8(text, "�"))
	shown := strings.TrimSpace(text)
	shown = clean(strings.ToValidUTF8(shown[:min(len(shown), 4*maxShown+4)], ""), maxShown)
	e := lookThrough(readError(text))
	d := e.answer()
	d.Schema, d.Text, d.Masked = DecodeSchema, shown, masked
	return d
}

// hit is where a clue was found.
type hit struct{ from, to int }

// evidence is what a text shows.
type evidence struct {
	text  errorText
	clues map[string]hit
	facts facts

	bracketed string // the IPv6 address that the text has without brackets, with them
}

// allClues are the tables of clues.
var allClues = [][]clue{sourceClues, workerClues, fileClues, tlsClues, callClues, namespaceClues, networkClues, commandClues}

// lookThrough finds the clues of a text, and then the facts that stand around them.
func lookThrough(t errorText) *evidence {
	e := &evidence{text: t, clues: map[string]hit{}}
	e.phrases()
	e.computed()
	e.facts = factsOf(t, e.clues)
	if e.bracketed != "" {
		e.facts.values["address"] = e.bracketed
	}
	for _, where := range e.facts.places() {
		e.clues[where] = hit{}
	}
	return e
}

func (e *evidence) phrases() {
	has := gramsOf(e.text.low)
	for _, table := range allClues {
		for _, c := range table {
			if _, found := e.clues[c.gives]; found {
				continue
			}
			for _, p := range c.says {
				if !has.may(p) {
					continue
				}
				if from, to, ok := p.find(e.text.low); ok {
					e.clues[c.gives] = hit{from, to}
					break
				}
			}
		}
	}
}

// computed finds the clues that are no fixed words: alerts, statuses of HTTP, bytes that were shown, and whether the
// Rust core failed before it dialled anyone.
func (e *evidence) computed() {
	low := e.text.low
	if n, from, to, ok := numberedAlert(low); ok {
		e.clues[alertClue(n)] = hit{from, to}
	} else if n, from, to, ok := namedAlert(low); ok {
		e.clues[alertClue(n)] = hit{from, to}
	}
	if b, from, to := shownBytes(low); b != nil {
		if a := answered(b); a != "" {
			e.clues[a] = hit{from, to}
		}
	}
	if status, from, to, ok := shownStatus(low); ok {
		e.clues[status] = hit{from, to}
	}
	if from, to, ok := manyColons.find(low); ok {
		if a, ok := bracketed(e.text.flat[:from]); ok {
			e.clues["IPv6 without brackets"] = hit{from, to}
			e.bracketed = a
		}
	}
	if from, to, ok := phrase("error(transport, invalidcertificate(").find(low); ok {
		e.clues["before connecting"] = hit{from, to}
	}
}

// manyColons is what Go's dialler says of an address that it cannot take apart, which it names just before.
const manyColons phrase = ": too many colons in address"

// bracketed writes the address at the end of a text with brackets; ok is false where it is no IPv6 address without
// them.
func bracketed(before string) (address string, ok bool) {
	a, repairs, err := namespace.ParseAddress(before[strings.LastIndexByte(before, ' ')+1:])
	if err != nil || !slices.ContainsFunc(repairs, func(r namespace.Repair) bool { return r.Code == "IN-07" }) {
		return "", false
	}
	return a.String(), true
}

// fits says whether a reading's needs are met, and where the text shows the first of them.
func (e *evidence) fits(r reading) (hit, bool) {
	var at hit
	for i, need := range r.needs {
		if absent, ok := strings.CutPrefix(need, "!"); ok {
			if _, there := e.clues[absent]; there {
				return at, false
			}
			continue
		}
		found := false
		for one := range strings.SplitSeq(need, "|") {
			if h, ok := e.clues[one]; ok {
				if found = true; i == 0 || at == (hit{}) {
					at = h
				}
				break
			}
		}
		if !found {
			return at, false
		}
	}
	return at, true
}

// answer is the first reading that fits. Where another text beside it is as sure of another cause, a log holds two
// faults, and neither is certain.
func (e *evidence) answer() Decoded {
	var best *reading
	var at hit
	var others []string
	for _, table := range readings {
		for i := range table {
			r := &table[i]
			h, ok := e.fits(*r)
			switch {
			case !ok:
			case best == nil:
				best, at = r, h
			case r.level == Certain && r.code != best.code && !slices.Contains(best.also, r.code) && !slices.Contains(others, r.code) && !relatedTo(best.code, r.code):
				others = append(others, r.code)
			}
		}
	}
	if best == nil || best.code == UnknownCode {
		return e.unknown()
	}
	level := best.level
	if len(others) > 0 {
		level = Likely
	}
	return e.explain(*best, level, others[:min(len(others), 3)], at)
}

func relatedTo(code, other string) bool {
	e, _ := Lookup(code)
	return slices.Contains(e.Related, other)
}

// explain fills the catalogue's words with what the text says, and with nothing else.
func (e *evidence) explain(r reading, level Level, others []string, at hit) Decoded {
	entry, _ := Lookup(r.code)
	said := e.facts.values
	words := spoken(said)
	if r.cause != "" {
		words["cause"] = fill(r.cause, words)
	}
	if c := e.facts.causeOf(r.code); c != "" {
		words["cause"] = c
	}
	if t := titles[r.needs[0]]; t != "" {
		words["title"] = t
	}
	v := Explain(r.code, level, words)
	d := Decoded{Code: v.Code, Level: level, Title: v.Title, Cause: v.Cause, Fix: []Fix{}, Candidates: []Candidate{},
		Matched: clean(e.text.flat[at.from:at.to], maxValue)}
	d.Confirm, _ = command(entry.Confirm, said)
	for i, f := range entry.Fix {
		if e.facts.kind == toHere && f.Who == "network" && len(entry.Fix) > 1 {
			continue // no firewall of theirs stands between a program and its own machine
		}
		do, used := command(f.Command, said)
		d.Fix = append(d.Fix, Fix{Who: f.Who, Text: explained(v.Fix[i].Text, used), Command: do})
	}
	onlyHere := level == Certain
	for _, code := range append(slices.Clone(r.also), others...) {
		c, _ := Lookup(code)
		d.Candidates = append(d.Candidates, candidate(code, fill(c.Title, words)+"."))
		onlyHere = onlyHere && c.Stage == entry.Stage
	}
	if onlyHere || entry.Group == "WK" { // what a stage says that it rules out is true of that stage alone
		d.NotWrong = v.NotWrong
	}
	d.Fix = append(e.ofTheSDK(r), d.Fix...)
	if len(d.Matched) == 0 {
		d.Matched = clean(e.text.flat, maxValue)
	}
	return d
}

// ofTheSDK are the fixes that only the SDK whose words these are needs.
func (e *evidence) ofTheSDK(r reading) []Fix {
	var out []Fix
	source := e.source()
	if s := sdks[source]; s.certificate != "" && (r.code == "CL-01" || r.code == "CL-02") {
		out = append(out, Fix{Who: "developer", Text: "Make sure the certificate reaches the connection; the variables take effect only where the program loads them. In " + s.name + ": " + s.certificate + "."})
	}
	if slices.Contains(r.also, "PX-13") {
		switch {
		case sdks[source].proxy != "":
			out = append(out, Fix{Who: "developer", Text: "If this network reaches the internet through a proxy: " + sdks[source].name + "'s workers do not read HTTPS_PROXY. Configure the connection: " + sdks[source].proxy})
		case source == byRust:
			for i, f := range proxyOptions(byPython, byNode, byDotnet, byRuby) {
				if i == 0 {
					f.Text = "If this network reaches the internet through a proxy: the SDKs on the Rust core do not read HTTPS_PROXY. " + f.Text
				}
				out = append(out, f)
			}
		}
	}
	return out
}

// source is the SDK whose words the text is in, "" where they could be anyone's.
func (e *evidence) source() string {
	for _, c := range sourceClues {
		if _, ok := e.clues[c.gives]; ok {
			return c.gives
		}
	}
	return ""
}

// unknown is the honest answer: to nothing that is known, or to a fault of something else than Temporal.
func (e *evidence) unknown() Decoded {
	d := Decoded{Code: UnknownCode, Level: Unknown, Title: "Onramp does not recognise this text", Candidates: []Candidate{},
		Cause: "The same words can have many causes, or nobody has described this one yet."}
	if s := e.facts.stranger; s != "" {
		d.Cause = "The text speaks of " + clean(s, maxValue) + ", which by its name or port is not Temporal's. Something other than the connection to Temporal failed."
		d.Fix = []Fix{{Who: "developer", Text: "Look for the cause there. If Temporal's own address is on another line, paste only that line."}}
		return d
	}
	check, _ := command("onramp check --address {address} --namespace {namespace}", e.facts.values)
	for _, r := range openReadings {
		at, ok := e.fits(reading{needs: r.needs})
		if !ok {
			continue
		}
		d.Title, d.Cause, d.Matched = r.title, r.cause, clean(e.text.flat[at.from:at.to], maxValue)
		words := spoken(e.facts.values)
		for _, code := range r.also {
			c, _ := Lookup(code)
			d.Candidates = append(d.Candidates, candidate(code, fill(c.Title, words)+"."))
		}
		d.Fix = append([]Fix{{Who: "developer", Text: "Run the check where the worker runs: it finds out which of these it is. If it passes, look whether a worker polls the task queue.", Command: check}},
			e.ofTheSDK(reading{code: UnknownCode, also: r.also})...)
		return d
	}
	d.Fix = []Fix{{Who: "developer", Text: "If the connection fails, run the check where the worker runs: it finds the cause rather than reading the message.", Command: check}}
	return d
}
