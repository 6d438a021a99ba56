package doctor

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Find returns entries that a text is about, the best first, at most limit: those whose code it names, what the
// decoder reads in it, and those that have its words, most of all in what tools print. The text may be a word, a
// sentence, or an error as it was printed; nothing of it is kept.
func Find(text string, limit int) []Entry {
	var out []Entry
	add := func(code string) {
		if e, ok := Lookup(code); ok && !slices.ContainsFunc(out, func(o Entry) bool { return o.Code == code }) {
			out = append(out, e)
		}
	}
	text = strings.TrimSpace(text)
	if text == "" || limit <= 0 {
		return nil
	}
	for _, word := range strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		add(word)
	}
	d, answers := Decode(text), questioned(text)
	if !slices.Contains(answers, d.Code) { // the decoder found more in the text than the question has
		add(d.Code)
	}
	for _, code := range answers {
		add(code)
	}
	add(d.Code)
	hits := byWords(text)
	// A phrase that tools print says more than the decoder's other candidates, and what the decoder reads in the whole of
	// what they print most of all.
	for _, code := range readPhrases(hits) {
		add(code)
	}
	for _, h := range hits {
		if h.phrase {
			add(h.code)
		}
	}
	for _, c := range d.Candidates {
		add(c.Code)
	}
	for _, h := range hits {
		add(h.code)
	}
	return out[:min(len(out), limit)]
}

// questions are what people type in their own words, or the first words of an error that many faults begin with, and
// the entries that answer, the likeliest first. Every word must be in the text, as the beginning of one of its own.
var questions = []struct {
	words string
	codes []string
}{
	{"io exception", []string{"TC-01", "TC-02", "DN-01", "SV-01", "CL-11"}},        // grpc-java's words for any failed connection
	{"transporterror", []string{"TC-01", "DN-01", "TC-02", "SV-01", "CL-03"}},      // the Core SDK's
	{"error while dialing", []string{"TC-01", "DN-01", "TC-02", "PX-01", "SV-01"}}, // grpc-go's
	{"permission denied", []string{"NS-02", "AK-07", "KP-35"}},
	{"deadline exceeded", []string{"TC-02", "TQ-01", "TC-05", "PX-06", "DN-10"}},
	{"rotat", []string{"CH-09", "CH-17", "CH-28"}},
	{"renew", []string{"CH-09", "CH-17", "CH-28"}},
	{"upload", []string{"CL-03", "CL-05", "CH-28"}},
	{"stuck", []string{"TQ-01", "TQ-02", "WF-01", "WF-13"}},
	{"no worker", []string{"TQ-01", "TQ-02", "TQ-07"}},
}

// longQuestion is how many words a question has at most; a longer text is an error to decode.
const longQuestion = 8

// questioned are the entries that answer a question.
func questioned(text string) []string {
	words := wordsOf(text)
	if docs, _ := library(); len(words) > longQuestion || slices.ContainsFunc(docs, func(d document) bool { return d.title == strings.ToLower(text) }) {
		return nil // an entry's own title finds that entry
	}
	for _, q := range questions {
		if !slices.ContainsFunc(strings.Fields(q.words), func(want string) bool {
			return !slices.ContainsFunc(words, func(w string) bool { return w == want || len(want) > 3 && strings.HasPrefix(w, want) })
		}) {
			return q.codes
		}
	}
	return nil
}

// weights are what a word counts where it stands.
const (
	weightSymptom = 4.0
	weightTitle   = 3.0
	weightRest    = 1.0
)

// document is an entry as it is searched.
type document struct {
	code   string
	words  map[string]float64 // with the weight of the best place
	title  string             // in lower case, for phrases, as prints
	prints []string           // the symptoms
}

// library is every entry as it is searched, and in how many each word is.
var library = sync.OnceValues(func() ([]document, map[string]int) {
	var docs []document
	in := map[string]int{}
	for _, e := range Catalogue() {
		e, _ = e.General()
		d := document{code: e.Code, words: map[string]float64{}, title: strings.ToLower(e.Title)}
		for _, s := range e.Symptoms {
			d.prints = append(d.prints, strings.ToLower(s))
		}
		put := func(weight float64, texts ...string) {
			for _, t := range texts {
				for _, w := range wordsOf(t) {
					d.words[w] = max(d.words[w], weight)
				}
			}
		}
		put(weightSymptom, e.Symptoms...)
		put(weightTitle, e.Title, e.Code)
		put(weightRest, e.Cause, e.NotWrong, e.Unseen)
		for _, f := range e.Fix {
			put(weightRest, f.Text, f.Command)
		}
		for w := range d.words {
			in[w]++
		}
		docs = append(docs, d)
	}
	return docs, in
})

// wordsOf are the words of a text in lower case, single letters left out.
func wordsOf(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return slices.DeleteFunc(words, func(w string) bool { return len(w) < 2 })
}

type wordHit struct {
	code   string
	score  float64
	phrase bool     // the text stands as it is in the title or the symptoms
	prints []string // the symptoms where it does
}

// readPhrases are the codes that the decoder reads in symptoms that hold a phrase, the most frequent first.
func readPhrases(hits []wordHit) []string {
	times := map[string]int{}
	var codes []string
	for _, h := range hits {
		for _, s := range h.prints {
			if d := Decode(s); d.Code != UnknownCode {
				if times[d.Code]++; times[d.Code] == 1 {
					codes = append(codes, d.Code)
				}
			}
		}
	}
	slices.SortStableFunc(codes, func(a, b string) int { return times[b] - times[a] })
	return codes
}

// byWords are the entries that have the words of a text: each word counts by how few entries have it and where it
// stands, and what has less than half of the best score, or less than half of the words that any entry knows, is left
// out. The last word may be a beginning.
func byWords(text string) []wordHit {
	docs, in := library()
	words := slices.Compact(slices.Sorted(slices.Values(wordsOf(text))))
	all := wordsOf(text)
	if len(words) == 0 || len(words) > 60 { // a log, not a question
		return nil
	}
	last, phrase := all[len(all)-1], strings.ToLower(strings.Join(strings.Fields(text), " "))
	known := 0
	for _, w := range words {
		if in[w] > 0 || w == last {
			known++
		}
	}
	var hits []wordHit
	for _, d := range docs {
		h := wordHit{code: d.code}
		if len(phrase) > 3 {
			for _, s := range d.prints {
				if strings.Contains(s, phrase) {
					h.prints = append(h.prints, s)
				}
			}
			h.phrase = len(h.prints) > 0 || strings.Contains(d.title, phrase)
		}
		found := 0
		for _, w := range words {
			weight, n := d.words[w], in[w]
			if weight == 0 && w == last && len(w) > 2 {
				for other, x := range d.words {
					if x > weight && strings.HasPrefix(other, w) {
						weight, n = x, in[other]
					}
				}
			}
			if weight > 0 {
				found++
				h.score += weight * math.Log(1+float64(len(docs))/float64(n))
			}
		}
		if h.phrase {
			h.score *= 2
		}
		if h.phrase || found > 0 && 2*found >= known {
			hits = append(hits, h)
		}
	}
	slices.SortStableFunc(hits, func(a, b wordHit) int {
		if a.phrase != b.phrase {
			if a.phrase {
				return -1
			}
			return 1
		}
		return cmp.Compare(b.score, a.score)
	})
	if len(hits) > 0 {
		best := hits[0].score
		hits = slices.DeleteFunc(hits, func(h wordHit) bool { return !h.phrase && 2*h.score < best })
	}
	return hits
}
