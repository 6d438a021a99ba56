package help

import (
	"fmt"
	"net/http"
	"strings"

	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/runs"
	"onramp/views"
)

// maxErrorText bounds a pasted error text: an error, not a log.
const maxErrorText = 64 << 10

// DecodeForm is the page before a text was pasted.
func (h *Pages) DecodeForm(w http.ResponseWriter, r *http.Request) error {
	return h.showDecode(w, r, http.StatusOK, views.DecodeProps{})
}

// Decode says what a pasted error text means. The text is neither stored nor logged, and what is shown of it
// has no secret and nothing that a page or a terminal would carry out.
func (h *Pages) Decode(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err == nil {
		switch text := f.Raw("error_text"); {
		case strings.TrimSpace(text) == "":
			err = fault.New(fault.Invalid, "There is no text", "Paste the error that was printed.").In("error_text")
		case len(text) > maxErrorText:
			err = tooLongError()
		default:
			return h.showDecode(w, r, http.StatusOK, decoded(doctor.Decode(text)))
		}
	} else if fault.Is(err, fault.TooLarge) {
		err = tooLongError()
	}
	return h.showDecode(w, r, web.StatusOf(err), views.DecodeProps{Problems: fault.All(err)})
}

func tooLongError() error {
	return fault.New(fault.TooLarge, "The text is longer than 64 kB", "Paste only the error, not the whole log.").In("error_text")
}

func (h *Pages) showDecode(w http.ResponseWriter, r *http.Request, status int, p views.DecodeProps) error {
	p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp decode < error.txt"}
	return h.Page(w, r, status, views.DecodePage(h.Frame(r, "Explain an error text", "help", nil, ""), p))
}

// decoded is what a text means, as the page shows it.
func decoded(d doctor.Decoded) views.DecodeProps {
	v := views.VerdictProps{State: views.Bad, Word: "This is", Title: d.Title, Cause: d.Cause, NotWrong: d.NotWrong,
		Level: string(d.Level), Code: d.Code, Confirm: d.Confirm}
	p := views.DecodeProps{Answer: &v, Text: d.Text, Matched: d.Matched, Masked: d.Masked}
	if d.Code == doctor.UnknownCode {
		v.State, v.Word, v.Level, v.Code = views.Warn, "Not known", "", ""
		p.Next = append(p.Next, views.Link{Text: "Test the connection of a migration to find the cause", URL: "/"})
	} else {
		v.HelpURL = web.HelpPath(d.Code)
		v.Actions = []views.Link{{Text: "Explain " + d.Code, URL: v.HelpURL}}
		if d.Level == doctor.Likely {
			v.Word, v.Level = "Most likely this is", ""
		}
	}
	for i, f := range d.Fix {
		v.Fixes = append(v.Fixes, web.FixProps(f, fmt.Sprintf("fix-%d", i+1)))
	}
	v.Candidates = web.Candidates(d.Candidates, runs.CheckRequest{})
	p.Next = append(p.Next, views.Link{Text: "Every fault that Onramp knows", URL: "/help"})
	return p
}
