package doctor

import "io"

// WriteVerdict writes one verdict for people as WriteText does, for rooms whose verdict comes without a
// report (a transfer's). The error is the writer's.
func WriteVerdict(w io.Writer, v Verdict, color bool) error {
	p := &printer{color: color}
	p.verdict(Report{Verdict: v})
	_, err := io.WriteString(w, p.b.String())
	return err
}
