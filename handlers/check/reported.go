package check

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode"

	"github.com/go-chi/chi/v5"

	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/runs"
	"onramp/views"
)

// elsewhereProps is the part of step 4 for a check on another host.
func (h *Pages) elsewhereProps(v web.Visit, sent testFields) views.ElsewhereProps {
	p := sent.elsewhere
	p.Migration, p.Here = v.Migration.ID, h.Acts.Places.OwnComputer()
	p.CertPath, p.KeyPath = cmp.Or(p.CertPath, "client.pem"), cmp.Or(p.KeyPath, "client.key")
	p.Queue = cmp.Or(p.Queue, sent.queue)
	if v.Namespace != nil {
		p.Print = h.checkCommands(v, p, "", "print")
	}
	return p
}

// MakeCommand makes the command for the worker's host, with a one-time address for its report. The address is
// shown in this answer and nowhere else.
func (h *Pages) MakeCommand(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	e := views.ElsewhereProps{Open: true, CertPath: f.Text("else_cert_path"), KeyPath: f.Text("else_key_path"), Queue: f.Text("else_queue"), By: f.Text("else_by")}
	err = errors.Join(onePath("else_cert_path", e.CertPath), onePath("else_key_path", e.KeyPath), onePath("else_queue", e.Queue))
	status := http.StatusOK
	var ps views.Problems
	if err == nil {
		var token string
		token, until, inviteErr := h.Acts.Checks.Invite(r.Context(), v.By, v.Migration.ID, e.By)
		if err = inviteErr; err == nil {
			e.Until = until.Local().Format("15:04")
			e.CertPath, e.KeyPath = cmp.Or(e.CertPath, "client.pem"), cmp.Or(e.KeyPath, "client.key")
			e.Commands = h.checkCommands(v, e, h.Base(r)+"/report/"+token+".json", "post")
		}
	}
	if err != nil {
		if ps, err = web.Problems(fault.Rename(err, map[string]string{"by": "else_by"})); err != nil {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	return h.showTest(w, r, status, v, testFields{elsewhere: e}, ps)
}

// onePath refuses what cannot stand in a command on one line.
func onePath(field, s string) error {
	if len(s) > 500 || strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\uFFFD' || r == '\u2028' || r == '\u2029'
	}) {
		return fault.New(fault.Invalid, "This cannot be used in a command", "Use at most 500 characters on one line.").In(field)
	}
	return nil
}

// checkCommands are the check of this migration for each shell; it posts its report, or prints it.
func (h *Pages) checkCommands(v web.Visit, e views.ElsewhereProps, post, id string) []views.CodeBlockProps {
	t := h.Acts.Places.Target(v.View)
	var out []views.CodeBlockProps
	for _, sh := range []struct {
		id, name, lang string
		word, path     func(string) string
	}{{"bash", "bash", "bash", web.ShellPlain, homePath}, {"powershell", "PowerShell", "powershell", psWord, psPath}} {
		words := []string{"onramp check", "--address " + sh.word(t.Address), "--namespace " + sh.word(t.Namespace)}
		if v.Migration.Auth == cloud.AuthAPIKey {
			words = append(words, "--api-key-path api-key.txt")
		} else {
			words = append(words, "--tls-cert-path "+sh.path(e.CertPath), "--tls-key-path "+sh.path(e.KeyPath))
		}
		if t.ServerName != "" {
			words = append(words, "--tls-server-name "+sh.word(t.ServerName))
		}
		if v.Migration.Mode.Can().OneDoor && h.Absent() == nil {
			if trust, err := h.Trust(); err == nil {
				words = append(words, "--tls-ca-path "+sh.path(trust.Root))
			}
		}
		if e.Queue != "" {
			words = append(words, "--task-queue "+sh.word(e.Queue))
		}
		label := "Command for " + sh.name + " that prints the report"
		if post != "" {
			words, label = append(words, "--post "+sh.word(post)), "Command for "+sh.name+" that posts the report"
		} else {
			words = append(words, "--json")
		}
		out = append(out, views.CodeBlockProps{ID: id + "-" + sh.id, Name: sh.name, Label: label, Lang: sh.lang, Text: strings.Join(words, " "), TestID: id + "-" + sh.id})
	}
	return out
}

// homePath is a path for a POSIX shell: a leading ~/ stays what it means.
func homePath(s string) string {
	if rest, ok := strings.CutPrefix(s, "~/"); ok && rest != "" {
		return "~/" + web.ShellPlain(rest)
	}
	return web.ShellPlain(s)
}

// psWord quotes a word for PowerShell, where a typographic quote ends a text as well.
func psWord(s string) string {
	if s == web.ShellPlain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			b.WriteRune(r)
		}
		b.WriteRune(r)
	}
	return b.String() + "'"
}

func psPath(s string) string {
	for _, home := range []string{"~/", `~\`} {
		if rest, ok := strings.CutPrefix(s, home); ok && rest != "" {
			return "(Join-Path $HOME " + psWord(rest) + ")"
		}
	}
	return psWord(s)
}

// KeepReport takes a pasted report and leads to its run.
func (h *Pages) KeepReport(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	run, err := h.Acts.Checks.Record(r.Context(), v.By, v.Migration.ID, []byte(f.Values.Get("report")), f.Text("report_by"), runs.ViaPaste)
	if err == nil {
		return web.SeeOther(w, r, web.RunPath(run.Outcome), "reported")
	}
	status := web.StatusOf(err)
	if !fault.Is(err, fault.TooLarge) { // which is for the reader to repair too
		if _, err := web.Problems(err); err != nil {
			return err
		}
		status = http.StatusUnprocessableEntity
	}
	ps := fault.All(fault.Rename(err, map[string]string{"by": "report_by"}))
	return h.showTest(w, r, status, v, testFields{elsewhere: views.ElsewhereProps{Open: true, By: f.Text("report_by")}}, ps)
}

// TakeReport takes a report that `onramp check --post` sends to a one-time address.
func (h *Pages) TakeReport(w http.ResponseWriter, r *http.Request) error {
	text, err := io.ReadAll(io.LimitReader(r.Body, doctor.MaxReport+1))
	if err != nil {
		return fault.Wrap(err, fault.TooLarge, "This is longer than a report", "Send what onramp check --json prints, and nothing else.")
	}
	run, err := h.Acts.Checks.Take(r.Context(), h.By(r), chi.URLParam(r, "token"), text)
	if err != nil {
		return err
	}
	from := run.Reported()
	return web.SendJSON(w, r, http.StatusOK, struct {
		Schema string `json:"schema"`
		Run    int    `json:"run"`
		URL    string `json:"url"`
		Counts bool   `json:"counts"`
		Why    string `json:"why,omitempty"`
	}{"onramp.posted/1", run.Number, h.Base(r) + web.RunPath(run.Outcome), from != nil && from.Counts, why(from)})
}

func why(from *runs.Reported) string {
	if from == nil {
		return ""
	}
	return from.Why
}

// reportedProps says where a run came from; nil for one of Onramp's own.
func reportedProps(run runs.Run) *views.ReportedProps {
	from := run.Reported()
	if from == nil {
		return nil
	}
	who, how := web.Either(from.By, "Somebody"), "pasted its report here"
	if from.Via == runs.ViaPost {
		how = "sent its report to a one-time address"
	}
	p := &views.ReportedProps{Text: fmt.Sprintf("%s ran onramp check on %s and %s, %s. Onramp did not see this check and cannot prove it.", who, from.Host, how, web.Moment(from.At)),
		Tag: views.Tag{State: views.Good, Word: "Counts for step 4, as reported"}}
	if !from.Counts {
		p.Tag, p.Why = views.Tag{State: views.Idle, Word: "Does not count for step 4"}, web.UpperFirst(from.Why)+"."
	}
	return p
}
