package acts

import (
	"bytes"
	"fmt"
	"strings"

	"onramp/certsvc"
	"onramp/custody"
)

// rowsOf is a file of n clients.
func rowsOf(n int) []byte {
	var b bytes.Buffer
	b.WriteString("name\n")
	for i := range n {
		fmt.Fprintf(&b, "worker-%d\n", i)
	}
	return b.Bytes()
}

// pairsIn are the client certificates whose keys are in the bytes of an archive that may be cut off: each stands
// right before its key.
func pairsIn(archive []byte) (prints []string) {
	const begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
	rest, last := string(archive), ""
	for {
		i := strings.Index(rest, begin)
		k := strings.Index(rest, "-----BEGIN PRIVATE KEY-----")
		if i < 0 && k < 0 {
			return prints
		}
		if k >= 0 && (i < 0 || k < i) {
			prints = append(prints, last)
			rest = rest[k+10:]
			continue
		}
		text, after, whole := strings.Cut(rest[i+len(begin):], end)
		if !whole {
			return prints
		}
		if certs, _, err := certsvc.ReadCertificates([]byte(begin + text + end + "\n")); err == nil {
			last = certsvc.Fingerprint(certs[0])
		}
		rest = after
	}
}

// unrecorded counts the keys in an archive whose certificate is not both in the audit and among the facts.
func unrecorded(w *world, archive []byte) int {
	w.t.Helper()
	lines, err := w.db.Records(w.ctx, custody.Query{Verb: custody.Signed, Limit: 1 << 20})
	w.must(err)
	audit, facts := map[string]bool{}, map[string]bool{}
	for _, r := range lines {
		audit[r.Fingerprint] = r.Person == dana.Person && r.Via == dana.Via
	}
	for _, l := range w.view().Leaves {
		facts[l.Fingerprint] = true
	}
	n := 0
	for _, p := range pairsIn(archive) {
		if !audit[p] || !facts[p] {
			n++
		}
	}
	return n
}
