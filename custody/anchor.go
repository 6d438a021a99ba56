package custody

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// anchorSchema names the lines that hold a head.
const anchorSchema = "onramp.anchor/1"

type anchorLine struct {
	Schema  string    `json:"schema"`
	Chain   string    `json:"chain"` // ChainKey.ID
	At      time.Time `json:"at"`
	Records int64     `json:"records"`
	Head    string    `json:"head"`
	Tag     string    `json:"tag"` // MAC of all that stands before it
}

func (k ChainKey) tag(l anchorLine) string {
	return k.sum([]byte(anchorSchema), fmt.Appendf(nil, "\n%s\n%d\n%d\n%s", l.Chain, l.At.UnixNano(), l.Records, l.Head)).String()
}

// Anchor is a head as one line of JSON, to be kept where whoever changes the database cannot change it. It has its
// line break, no secret, and always the same length for the same number of digits.
func (k ChainKey) Anchor(h Head, at time.Time) []byte {
	l := anchorLine{Schema: anchorSchema, Chain: k.ID(), At: at.UTC().Truncate(time.Second), Records: h.Records, Head: h.MAC.String()}
	l.Tag = k.tag(l)
	b, _ := json.Marshal(l) // always marshals
	return append(b, '\n')
}

// Anchors are the heads in lines that Anchor wrote, in their order; what stands around the JSON, as syslog's date, is
// passed over, and so are lines of other chains. The error is that of a line of this chain which was changed, with its
// number.
func (k ChainKey) Anchors(text []byte) ([]Head, error) {
	var out []Head
	lines, n, mine := bufio.NewScanner(bytes.NewReader(text)), 0, k.ID()
	for lines.Scan() {
		n++
		at := bytes.IndexByte(lines.Bytes(), '{')
		var l anchorLine
		if at < 0 || json.Unmarshal(lines.Bytes()[at:], &l) != nil || l.Schema != anchorSchema || l.Chain != mine {
			continue
		}
		mac, err := ParseMAC(l.Head)
		if err != nil || l.Tag != k.tag(l) {
			return out, fmt.Errorf("line %d is not as Onramp wrote it", n)
		}
		out = append(out, Head{l.Records, mac})
	}
	return out, lines.Err()
}
