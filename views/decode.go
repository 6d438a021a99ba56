package views

// DecodeProps is the page that says what an error text means.
// Form: POST /decode, field error_text (multipart). Test ids: error-text, decode.
type DecodeProps struct {
	Answer   *VerdictProps // nil before a text was given
	Text     string        // the text as it was read, without secrets
	Matched  string        // the part of it that was recognised, "" for none
	Masked   bool          // a secret was in it
	Next     []Link        // where to go from an answer or without one
	Problems Problems
	Twin     CodeBlockProps
}

func decodedPairs(p DecodeProps) []Pair {
	var out []Pair
	if p.Matched != "" {
		out = append(out, Pair{Name: "Recognised", Value: p.Matched, Mono: true})
	}
	return append(out, Pair{Name: "Text", Value: p.Text, Mono: true})
}

func decodeLabel(p DecodeProps) string {
	if p.Answer != nil {
		return "Another error text"
	}
	return "Error text"
}
