package assess

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"onramp/acts"
	"onramp/assess"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/limit"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// fields is the form of an assessment as it was sent, without secrets.
type fields struct {
	address, namespaces, histories, rate, budget, tls, server string
	certPEM, caPEM                                            string
}

// Form asks for an assessment; with ?from=<run>, filled in with what that one was asked.
func (h *Pages) Form(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	f := fields{address: "localhost:7233", histories: "20", rate: "2", budget: strconv.Itoa(assess.DefaultBudget), tls: "off"}
	if id := r.URL.Query().Get("from"); id != "" {
		run, err := h.Runs.Run(r.Context(), v.Migration.ID, id)
		if err != nil {
			return err
		}
		f = f.of(run.AssessRequest())
	}
	return h.show(w, r, v, f, nil)
}

func (f fields) of(a runs.AssessRequest) fields {
	f.address, f.namespaces, f.server = a.Address, strings.Join(a.Namespaces, ", "), a.ServerName
	f.histories, f.rate, f.budget = strconv.Itoa(a.Histories), strconv.FormatFloat(a.Rate, 'g', -1, 64), strconv.Itoa(a.Budget)
	if a.TLS {
		f.tls = "on"
	}
	return f
}

func (h *Pages) show(w http.ResponseWriter, r *http.Request, v web.Visit, f fields, ps views.Problems) error {
	past, err := h.History(r, v, migration.AssessRun, web.ShownRuns)
	if err != nil {
		return err
	}
	p := views.AssessProps{Migration: v.Migration.ID, Address: f.address, Namespaces: f.namespaces, Histories: f.histories, Rate: f.rate, Budget: f.budget, ServerName: f.server,
		CertPEM: f.certPEM, CAPEM: f.caPEM, History: past, Problems: ps,
		TLS:  []views.Choice{{Value: "off", Label: "Without TLS", Hint: "A server on your computer or in your own network", Selected: f.tls != "on"}, {Value: "on", Label: "With TLS", Selected: f.tls == "on"}},
		Twin: terminal()}
	return h.Page(w, r, web.StatusFor(ps), views.AssessPage(h.Frame(r, "Assess", "migrations", &v, ""), p))
}

func terminal() views.CodeBlockProps {
	return views.CodeBlockProps{ID: "twin", Name: "Terminal", Lang: "bash", Text: "onramp assess --address localhost:7233 --facts facts.json"}
}

// Start starts an assessment and leads to its page.
func (h *Pages) Start(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	sent, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	f := fields{address: sent.Text("address"), namespaces: sent.Text("namespaces"), histories: sent.Text("histories"), rate: sent.Text("rate"), budget: sent.Text("budget"), server: sent.Text("server_name")}
	f.certPEM, f.caPEM = sent.Raw("cert_pem"), sent.Raw("ca_pem")
	o, err := f.options()
	var choice error
	f.tls, choice = sent.Pick("tls", "off", "on")
	err = fault.Unchanged(errors.Join(err, choice))
	var run runs.Run
	if err == nil {
		t := doctor.Target{Address: f.address, ServerName: f.server, Plaintext: f.tls != "on"}
		if !t.Plaintext {
			t.CertPEM, t.KeyPEM, t.RootsPEM, t.APIKey = sent.Bytes("cert_pem", "cert_file"), sent.Bytes("key_pem", "key_file"), sent.Bytes("ca_pem", "ca_file"), strings.TrimSpace(sent.Values.Get("api_key"))
		}
		run, err = h.Acts.Assessments.Start(r.Context(), v.By, v.Migration.ID, acts.Assess{Target: t, Options: o})
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.show(w, r, v, f, ps)
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// options reads the numbers and names of the form; every mistake is told.
func (f fields) options() (o assess.Options, err error) {
	bad := func(field, what string) error {
		return fault.New(fault.Invalid, "This is not a number", "Enter "+what+".").In(field)
	}
	var errs []error
	if o.Histories, err = strconv.Atoi(f.histories); err != nil {
		errs = append(errs, bad("histories", "how many histories to sample in a namespace, such as 20; 0 reads none"))
	}
	if o.Budget, err = strconv.Atoi(f.budget); err != nil || o.Budget == 0 {
		errs = append(errs, bad("budget", "how many calls at most, such as 1000"))
	}
	if o.Rate, err = strconv.ParseFloat(f.rate, 64); err != nil || !(o.Rate > 0) {
		errs = append(errs, bad("rate", "calls a second, such as 2"))
	}
	for n := range strings.FieldsFuncSeq(f.namespaces, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
		o.Namespaces = append(o.Namespaces, n)
	}
	return o, errors.Join(errs...)
}

// FactsForm is the page beside a migration: what an assessment is, and where a facts file is judged.
func (h *Pages) FactsForm(w http.ResponseWriter, r *http.Request) error {
	return h.showFacts(w, r, views.AssessFactsProps{})
}

func (h *Pages) showFacts(w http.ResponseWriter, r *http.Request, p views.AssessFactsProps) error {
	p.Command = views.CodeBlockProps{ID: "assess-command", Name: "Terminal", Lang: "bash", Text: "onramp assess --address localhost:7233 --facts facts.json", TestID: "assess-command"}
	return h.Page(w, r, web.StatusFor(p.Problems), views.AssessFactsPage(h.Frame(r, "Assess a server", "", nil, ""), p))
}

// JudgeFacts judges a facts file: as a page, or as the file that was asked for. Nothing of it is stored or dialled.
func (h *Pages) JudgeFacts(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ReadForm(r)
	var f *assess.Facts
	as := "page"
	if err == nil {
		f, as, err = facts(r.Context(), form)
	}
	if err != nil {
		ps, err := web.Problems(err)
		if err != nil {
			return err
		}
		return h.showFacts(w, r, views.AssessFactsProps{Problems: ps})
	}
	if as != "page" {
		return send(w, r, f, assess.Judge(f), as, "assessment")
	}
	rep := report(assess.Judge(f), "", filter{}, mark{})
	return h.showFacts(w, r, views.AssessFactsProps{Report: &rep})
}

func facts(ctx context.Context, form web.Form) (f *assess.Facts, as string, err error) {
	if as, err = form.Pick("as", "page", "md", "json", "zip", "csv"); err != nil {
		return nil, "", err
	}
	files, err := form.Files("facts", "facts_text")
	if err != nil {
		return nil, "", err
	}
	if len(files) != 1 {
		return nil, "", fault.New(fault.Invalid, "There is no facts file", "Choose the file that onramp assess --facts wrote.").In("facts")
	}
	// A stranger's JSON takes many times its length in memory: all who bring some take one share of the machine.
	err = limit.Shared.Do(ctx, 16*int64(len(files[0].Content)), func(context.Context) (err error) {
		f, err = assess.ReadFacts(bytes.NewReader(files[0].Content))
		return err
	})
	if err != nil {
		return nil, "", fault.From(err).In("facts")
	}
	return f, as, nil
}

// send answers with a file made of facts and their report.
func send(w http.ResponseWriter, r *http.Request, f *assess.Facts, rep assess.Report, as, name string) error {
	var b bytes.Buffer
	kind := map[string]string{"md": "text/markdown; charset=utf-8", "zip": "application/zip", "csv": "text/csv; charset=utf-8", "facts": "application/json"}[as]
	var err error
	switch as {
	case "json":
		return web.SendJSON(w, r, http.StatusOK, rep)
	case "md":
		err = assess.WriteMarkdown(&b, rep)
	case "zip":
		err = assess.WritePack(&b, f, rep)
	case "csv":
		err = assess.WriteMapping(&b, f)
	case "facts":
		err = f.Write(&b)
		as = "facts.json"
	default:
		return fault.New(fault.NotFound, "There is no such file", "Choose one from the report's page.")
	}
	if err != nil {
		return err
	}
	return web.SendFile(w, r, kind, fmt.Sprintf("%s.%s", name, as), b.Bytes())
}
