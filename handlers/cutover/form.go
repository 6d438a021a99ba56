package cutover

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"onramp/acts"
	"onramp/assess"
	"onramp/cutover"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// fields is the form of a look as it was sent, without secrets.
type fields struct {
	address, namespace, tls, server              string
	certPEM, caPEM                               string
	window, silent, rate, budget, queues, agreed string
	reviewed                                     bool
}

// staleAfter is how old a look may be and still be decided by.
const staleAfter = time.Hour

// Form is the cut-over as it was last seen, and the form for the next look; with ?from=<run>, filled in with what that one
// was asked.
func (h *Pages) Form(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f, err := h.next(r, v)
	if err != nil {
		return err
	}
	return h.show(w, r, v, f, web.KeyFields{}, asked{})
}

// next is the form of the next look, filled in with what the last one was asked, or the one of ?from=<run>.
func (h *Pages) next(r *http.Request, v web.Visit) (fields, error) {
	f := fields{address: "localhost:7233", namespace: "default", tls: "off", silent: "7", rate: "2", budget: strconv.Itoa(assess.DefaultBudget)}
	from, err := h.last(r, v)
	if err != nil {
		return f, err
	}
	if id := r.URL.Query().Get("from"); id != "" {
		run, err := h.Runs.Run(r.Context(), v.Migration.ID, id)
		if err != nil {
			return f, err
		}
		from = &run
	}
	if from != nil {
		f = f.of(from.CrossRequest())
	}
	return f, nil
}

// asked is what was refused: a look, or that a gate passes by hand.
type asked struct {
	look      views.Problems
	gate, why string // the gate, and the reason that was given
	override  views.Problems
}

// last is the newest look that read something; nil where there is none.
func (h *Pages) last(r *http.Request, v web.Visit) (*runs.Run, error) {
	past, err := h.Runs.Rows(r.Context(), v.Migration.ID, migration.CutoverRun, web.ShownRuns)
	if err != nil {
		return nil, err
	}
	for _, row := range past {
		if !row.Over() || !row.HasResult {
			continue
		}
		run, err := h.Runs.Run(r.Context(), v.Migration.ID, row.ID)
		if err != nil {
			return nil, err
		}
		if res, ok := runs.ReadCrossed(run); ok && res.Facts != nil {
			return &run, nil
		}
	}
	return nil, nil
}

func (f fields) of(a runs.CrossRequest) fields {
	if a.Address == "" {
		return f
	}
	f.address, f.namespace, f.server = a.Address, a.Namespace, a.ServerName
	f.rate, f.budget, f.reviewed = number(a.Rate), strconv.Itoa(a.Budget), a.ReviewedBy != ""
	f.window, f.silent = "", number(a.Silent/(24*time.Hour).Seconds())
	if a.Window > 0 {
		f.window = number(a.Window / time.Hour.Seconds())
	}
	f.queues, f.agreed = strings.Join(a.Queues, "\n"), strings.Join(a.Acknowledged, "\n")
	if a.TLS {
		f.tls = "on"
	}
	return f
}

func number(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

func (h *Pages) show(w http.ResponseWriter, r *http.Request, v web.Visit, f fields, key web.KeyFields, refused asked) error {
	ps := refused.look
	past, err := h.History(r, v, migration.CutoverRun, web.ShownRuns)
	if err != nil {
		return err
	}
	last, err := h.last(r, v)
	if err != nil {
		return err
	}
	assessed, err := h.Runs.Rows(r.Context(), v.Migration.ID, migration.AssessRun, web.ShownRuns)
	if err != nil {
		return err
	}
	p := views.CutoverProps{Migration: v.Migration.ID, Assessed: slices.ContainsFunc(assessed, func(row runs.Row) bool { return row.Over() && row.HasResult }), Address: f.address, Namespace: f.namespace, ServerName: f.server, CertPEM: f.certPEM, CAPEM: f.caPEM,
		Window: f.window, Silent: f.silent, Rate: f.rate, Budget: f.budget, Queues: f.queues, Agreed: f.agreed, Reviewed: f.reviewed,
		Changed: len(ps) > 0 || f.window != "" || f.queues != "" || f.agreed != "", History: past, Problems: ps, CanLook: v.Namespace != nil,
		Key: h.KeySource(v, key, web.MovePath(v.Migration.ID, "cutover")), Needs: web.Needs(v, migration.StepNamespace),
		TLS: []views.Choice{{Value: "off", Label: "Without TLS", Hint: "A server on your computer or in your own network", Selected: f.tls != "on"}, {Value: "on", Label: "With TLS", Selected: f.tls == "on"}}}
	command := "onramp cutover status --address localhost:7233 --target-namespace NAME.ACCOUNT"
	if v.Namespace != nil {
		command = "onramp cutover watch --address " + assess.Shell(f.address) + " --namespace " + assess.Shell(f.namespace) + " --target-namespace " + assess.Shell(h.Acts.Places.Target(v.View).Namespace)
	}
	p.Twin = views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: command}
	if last != nil {
		if res, ok := runs.ReadCrossed(*last); ok && res.Facts != nil {
			res.Facts.Said.Overrides = acts.Overrides(v.View) // as they stand now
			rep := report(cutover.Judge(res.Facts).InLanguage(v.Migration.Lang), web.RunPath(last.Outcome))
			for i := range rep.Gates {
				h.byHand(&rep.Gates[i], v, refused)
			}
			age := h.Now().Sub(last.Ended)
			p.Report, p.LastURL, p.Looked, p.Stale = &rep, web.RunPath(last.Outcome), fault.Lasts(max(age, time.Second).Round(time.Second))+" ago", age > staleAfter
		}
	}
	return h.Page(w, r, web.StatusFor(append(slices.Clone(ps), refused.override...)), views.CutoverPage(h.Frame(r, "Cut-over", "migrations", &v, ""), p))
}

// Look begins a look and leads to its page.
func (h *Pages) Look(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := fields{address: sent.Text("address"), namespace: sent.Text("namespace"), server: sent.Text("source_server_name"), window: sent.Text("window"), silent: sent.Text("silent"),
		rate: sent.Text("rate"), budget: sent.Text("budget"), queues: sent.Raw("queues"), agreed: sent.Raw("acknowledged"), reviewed: sent.Text("reviewed") == "on"}
	f.certPEM, f.caPEM = sent.Raw("source_cert_pem"), sent.Raw("source_ca_pem")
	o, err := f.options()
	var choice error
	f.tls, choice = sent.Pick("tls", "off", "on")
	creds, credsErr := h.Credentials(v, sent)
	err = fault.Unchanged(errors.Join(err, choice, credsErr))
	var run runs.Run
	if err == nil {
		t := doctor.Target{Address: f.address, Namespace: f.namespace, ServerName: f.server, Plaintext: f.tls != "on"}
		if !t.Plaintext {
			t.CertPEM, t.KeyPEM, t.RootsPEM = sent.Bytes("source_cert_pem", "source_cert_file"), sent.Bytes("source_key_pem", "source_key_file"), sent.Bytes("source_ca_pem", "source_ca_file")
			t.APIKey = strings.TrimSpace(sent.Values.Get("source_api_key"))
		}
		run, err = h.Acts.Cutovers.Look(r.Context(), v.By, v.Migration.ID, acts.Crossing{Credentials: creds, Source: t, Options: o, Reviewed: f.reviewed})
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.show(w, r, v, f, web.ReadKeyFields(sent), asked{look: ps})
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// options reads the numbers and names of the form; every mistake is told.
func (f fields) options() (o cutover.Options, err error) {
	bad := func(field, what string) error {
		return fault.New(fault.Invalid, "This is not a number", "Enter "+what+".").In(field)
	}
	var errs []error
	if o.Budget, err = strconv.Atoi(f.budget); err != nil || o.Budget == 0 {
		errs = append(errs, bad("budget", "how many calls at most, such as 1000"))
	}
	if o.Rate, err = strconv.ParseFloat(f.rate, 64); err != nil || !(o.Rate > 0) {
		errs = append(errs, bad("rate", "calls a second, such as 2"))
	}
	span := func(field, text, what string, unit time.Duration) time.Duration {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil || !(x > 0) || x > 1e5 {
			errs = append(errs, bad(field, what))
			return 0
		}
		return time.Duration(x * float64(unit))
	}
	if f.window != "" {
		o.Window = span("window", f.window, "hours, such as 1 or 0.5", time.Hour)
	}
	o.Silent = span("silent", f.silent, "days, such as 7", 24*time.Hour)
	o.Namespace, o.Wait = f.namespace, true
	o.Queues, o.Said.Acknowledged = lines(f.queues), lines(f.agreed)
	if f.namespace == "" {
		errs = append(errs, fault.New(fault.Invalid, "The namespace is missing", "Enter its name at the source, such as default.").In("namespace"))
	}
	return o, errors.Join(errs...)
}

// lines are the lines of a text that hold something.
func lines(text string) (out []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}
