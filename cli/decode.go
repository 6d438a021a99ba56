package cli

import (
	"context"
	"io"
	"strings"

	"onramp/doctor"
	"onramp/fault"
)

// decode is `onramp decode`: an error text on stdin, its meaning on stdout. A text that is not known is an
// honest unknown, and no failure of the command.
func decode(_ context.Context, w World, args []string) int {
	s := newSettings("decode", "explain an error text of an SDK or the temporal CLI, read from stdin", w)
	asJSON := s.boolean("json", "machine output ("+doctor.DecodeSchema+")")
	if code, done := s.parse(args); done {
		return code
	}
	text, err := io.ReadAll(io.LimitReader(w.Stdin, doctor.MaxDecode+1))
	switch {
	case err != nil:
		return complain(w, fault.Wrap(err, fault.Invalid, "The text cannot be read from stdin", "Pipe it in: onramp decode < error.txt"))
	case len(text) > doctor.MaxDecode:
		return complain(w, fault.New(fault.TooLarge, "The text is longer than 1 MB", "Pass only the error and the lines around it, not the whole log: tail -n 200 worker.log | onramp decode."))
	case strings.TrimSpace(string(text)) == "":
		return complain(w, fault.New(fault.Invalid, "There is no text on stdin", "Pipe it in: onramp decode < error.txt"))
	}
	d := doctor.Decode(string(text))
	if *asJSON {
		return printJSON(w, d)
	}
	known, _ := doctor.Lookup(d.Code)
	if known.Stage == "" || known.Group == "WK" { // said before any stage of a connection
		known.Stage = "unknown"
	}
	return unwritten(w, doctor.WriteVerdict(w.Stdout, doctor.Verdict{Stage: known.Stage, Code: d.Code, Level: d.Level, Title: d.Title, Cause: d.Cause,
		NotWrong: d.NotWrong, Fix: d.Fix, Candidates: d.Candidates, Confirm: d.Confirm}, colour(w)))
}
