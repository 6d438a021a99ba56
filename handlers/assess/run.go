package assess

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"

	"onramp/assess"
	"onramp/fault"
	"onramp/handlers/web"
	"onramp/migration"
	"onramp/runs"
	"onramp/views"
)

// Run is one assessment: how far it is, then its report; with ?with=<run> what has changed since another. While it reads, its
// page follows the run's stream; without JavaScript it is loaded again every two seconds.
func (h *Pages) Run(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.AssessRun)
	if err != nil {
		return err
	}
	return h.showRun(w, r, v, run, mark{})
}

func (h *Pages) showRun(w http.ResponseWriter, r *http.Request, v web.Visit, run runs.Run, mark mark) error {
	past, err := h.Runs.Rows(r.Context(), v.Migration.ID, migration.AssessRun, web.ShownRuns)
	if err != nil {
		return err
	}
	rows, err := h.History(r, v, migration.AssessRun, web.ShownRuns)
	if err != nil {
		return err
	}
	own := web.RunPath(run.Outcome)
	p := views.AssessRunProps{Migration: v.Migration.ID, Run: run.ID, Number: fmt.Sprint(run.Number), Title: run.Title, History: rows,
		Again: web.MovePath(v.Migration.ID, "assess") + "?from=" + run.ID}
	if !run.Over() {
		s, err := h.read(r.Context(), v, run)
		if err != nil {
			return err
		}
		run = s.Run
		p.Status, p.Title = s.status(), s.Run.Title
		if !run.Over() {
			f := h.frame(r, v, run)
			f.Feed, f.Again = web.FeedPath(v, run, s.seq), 2
			return h.Page(w, r, http.StatusOK, views.AssessRunPage(f, p))
		}
	}
	p.Status.Tag = web.RunTag(run.Row)
	res, _ := runs.ReadAssessed(run)
	switch {
	case res.Facts != nil:
		rep := h.judged(v, res.Facts)
		shown := report(rep, own, filterOf(r), mark)
		p.Report = &shown
		if err := h.compare(r, v, rep, own, past, &p); err != nil {
			return err
		}
	case res.Verdict != nil:
		p.Verdict = views.VerdictProps{State: views.Bad, Word: "Not read", Title: res.Verdict.Title, Cause: res.Verdict.Cause, NotWrong: res.Verdict.NotWrong, Level: string(res.Verdict.Level), Code: res.Verdict.Code}
		if p.Verdict.Code == "unknown" {
			p.Verdict.Code = ""
		} else {
			p.Verdict.HelpURL = web.HelpPath(p.Verdict.Code)
		}
		for i, f := range res.Verdict.Fix {
			p.Verdict.Fixes = append(p.Verdict.Fixes, web.FixProps(f, fmt.Sprintf("fix-%d", i+1)))
		}
	}
	return h.Page(w, r, web.StatusFor(mark.problems), views.AssessRunPage(h.frame(r, v, run), p))
}

// compare fills in what has changed since the assessment that the address names, and which there are.
func (h *Pages) compare(r *http.Request, v web.Visit, rep assess.Report, own string, past []runs.Row, p *views.AssessRunProps) error {
	with := r.URL.Query().Get("with")
	for _, x := range past {
		if x.ID != p.Run && x.Over() && x.HasResult {
			p.Others = append(p.Others, views.Link{Text: fmt.Sprintf("Assessment %d", x.Number), URL: own + "?with=" + x.ID, Current: x.ID == with})
		}
	}
	if with == "" {
		return nil
	}
	other, err := h.Runs.Run(r.Context(), v.Migration.ID, with)
	if err != nil {
		return err
	}
	was, ok := runs.ReadAssessed(other)
	if !ok || was.Facts == nil {
		return fault.New(fault.NotFound, "There is no such assessment to compare with", "Choose one from the page of the assessment.")
	}
	p.ComparedWith = fmt.Sprintf("Assessment %d", other.Number)
	for _, c := range assess.Compare(assess.Judge(was.Facts), rep) {
		p.Changes = append(p.Changes, views.AssessChange{What: strings.TrimSpace(c.ID + " " + c.Subject + in(c.Namespace, c.Subject)), Before: c.Before, After: c.After, Title: c.Title})
	}
	return nil
}

// File is an assessment as a file: its report as JSON or Markdown, the ticket pack, the mapping CSV, or the facts.
func (h *Pages) File(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.AssessRun)
	if err != nil {
		return err
	}
	res, _ := runs.ReadAssessed(run)
	if res.Facts == nil {
		return web.NotEnded(run)
	}
	return send(w, r, res.Facts, h.judged(v, res.Facts), strings.TrimPrefix(path.Ext(r.URL.Path), "."), fmt.Sprintf("assessment-%s-%d", v.Migration.ID, run.Number))
}

// Stop ends an assessment; what was read is kept.
func (h *Pages) Stop(w http.ResponseWriter, r *http.Request) error {
	v, err := h.Move(r)
	if err != nil {
		return err
	}
	run, err := h.RunOf(r, v, migration.AssessRun)
	if err != nil {
		return err
	}
	if err := h.Acts.Transfers.Stop(r.Context(), v.By, v.Migration.ID, run.ID); err != nil && !fault.Is(err, fault.Conflict) {
		return err // one that has ended already is what was asked for
	}
	return web.SeeOther(w, r, web.RunPath(run.Outcome), "")
}

// filter is what a reader asked to see of a report. reviewed is yes, no or "" for both.
type filter struct{ namespace, verdict, reviewed string }

func filterOf(r *http.Request) filter {
	q := r.URL.Query()
	return filter{q.Get("namespace"), q.Get("verdict"), q.Get("reviewed")}
}

// takes reports whether a row is to be shown.
func (f filter) takes(row assess.Row) bool {
	return (f.namespace == "" || row.Namespace == f.namespace) && (f.verdict == "" || string(row.Worst()) == f.verdict) &&
		(f.reviewed == "" || (f.reviewed == "yes") == (row.Reviewed != nil && !row.Again()))
}

// at is the address of a report that is filtered so.
func (f filter) at(own string) string {
	q := url.Values{}
	for name, v := range map[string]string{"namespace": f.namespace, "verdict": f.verdict, "reviewed": f.reviewed} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return own
	}
	return own + "?" + q.Encode()
}

// mostRows is how many rows a page shows.
const mostRows = 200

var states = map[assess.Verdict]views.State{assess.Blocker: views.Bad, assess.Warning: views.Warn, assess.Unknown: views.Wait, assess.Info: views.Idle, assess.Pass: views.Good}

// report is a report as a page shows it. own is its address, "" for one that has none: then it is not filtered.
func report(rep assess.Report, own string, f filter, m mark) views.AssessReport {
	out := views.AssessReport{State: views.Good, Headline: rep.Headline(), Incomplete: rep.Incomplete, Drain: rep.Drain.Sentence(rep.At), Actions: rep.Actions.Sentence(), NotIn: strings.Join(rep.Actions.Unknown, ", "),
		Storage: rep.Actions.Storage.Sentence(), Prices: rep.Actions.Prices,
		About: []views.Pair{{Name: "Server", Value: rep.Source.Address, Mono: true}, {Name: "Version", Value: web.Either(rep.Source.ServerVersion, "not said")}, {Name: "Grade", Value: rep.Grade + ". " + assess.GradeMeans(rep.Grade)},
			{Name: "Manual migration", Value: rep.Tally(false)}, {Name: "Automated migration", Value: rep.Tally(true)}, {Name: "Read", Value: web.Moment(rep.At) + ", rule set " + rep.Rules}}}
	for i, f := range rep.Needs {
		out.Needs = append(out.Needs, web.FixProps(f, fmt.Sprintf("needs-%d", i+1)))
	}
	switch rep.ExitCode() {
	case assess.ExitBlocker:
		out.State = views.Bad
	case assess.ExitWarning:
		out.State = views.Warn
	case assess.ExitUnknown:
		out.State = views.Wait
	}
	seen, reviewed := map[assess.Verdict]int{}, 0
	for i, row := range rep.Rows {
		worst := row.Worst()
		seen[worst]++
		if row.Reviewed != nil && !row.Again() {
			reviewed++
		}
		if !f.takes(row) {
			continue
		}
		if out.Shown++; out.Shown > mostRows {
			out.More++
			continue
		}
		p := rowProps(row, i)
		if own != "" && worst != assess.Pass && worst != assess.Info {
			p.MarkAt = f.at(own + "/review")
			if m.finding == row.Finding {
				p.Typed, p.Problems = m.why, m.problems
			}
		}
		out.Add(p)
	}
	for _, t := range rep.Drain.Types[:min(len(rep.Drain.Types), mostRows)] {
		out.Types = append(out.Types, views.AssessType{Namespace: t.Namespace, Type: t.Type, Open: fmt.Sprint(t.Open), When: t.Sentence(rep.At)})
	}
	if own == "" {
		return out
	}
	at := func(namespace, verdict, reviewed string) string { return filter{namespace, verdict, reviewed}.at(own) }
	out.Levels = append(out.Levels, views.Link{Text: "All", URL: at(f.namespace, "", f.reviewed), Current: f.verdict == ""})
	for _, v := range []assess.Verdict{assess.Blocker, assess.Warning, assess.Unknown, assess.Info, assess.Pass} {
		if seen[v] > 0 {
			out.Levels = append(out.Levels, views.Link{Text: fmt.Sprintf("%s %d", v, seen[v]), URL: at(f.namespace, string(v), f.reviewed), Current: f.verdict == string(v)})
		}
	}
	if len(rep.Source.Namespaces) > 1 {
		out.Namespaces = append(out.Namespaces, views.Link{Text: "All", URL: at("", f.verdict, f.reviewed), Current: f.namespace == ""})
		for _, n := range rep.Source.Namespaces[:min(len(rep.Source.Namespaces), 30)] {
			out.Namespaces = append(out.Namespaces, views.Link{Text: n, URL: at(n, f.verdict, f.reviewed), Current: f.namespace == n})
		}
	}
	if reviewed > 0 {
		for _, x := range []struct{ text, reviewed string }{{"All", ""}, {"To review", "no"}, {fmt.Sprintf("Reviewed %d", reviewed), "yes"}} {
			out.Reviewed = append(out.Reviewed, views.Link{Text: x.text, URL: at(f.namespace, f.verdict, x.reviewed), Current: f.reviewed == x.reviewed})
		}
	}
	for _, x := range []struct{ text, ext string }{{"Report as Markdown", ".md"}, {"Report as JSON", ".json"}, {"Ticket pack", ".zip"}, {"Mapping CSV", ".csv"}, {"Facts", ".facts"}} {
		out.Files = append(out.Files, views.Link{Text: x.text, URL: own + x.ext, TestID: "assess" + strings.ReplaceAll(x.ext, ".", "-")})
	}
	return out
}

func rowProps(row assess.Row, i int) views.AssessRow {
	p := views.AssessRow{ID: row.ID, Subject: row.Subject + in(row.Namespace, row.Subject), Title: strings.TrimSuffix(row.Title, ".") + ".", Group: string(row.Worst()),
		Finding: row.Finding, Tag: views.Tag{State: states[row.Worst()], Word: string(row.Worst())}, Seen: assess.Evidence(row), Rule: row.Rule, Source: row.Source, Wrong: row.CanBeWrong}
	if m := row.Reviewed; m != nil {
		p.Reviewed = fmt.Sprintf("by %s on %s as %s", m.By, web.Day(m.At), m.As)
		if m.Why != "" {
			p.Reviewed += ": " + m.Why
		}
		if row.Again() {
			p.Again = fmt.Sprintf("It is %s now, and was %s when it was reviewed: look at it again.", row.Worst(), m.As)
		}
	}
	if row.Manual != row.Automated {
		p.Ways = fmt.Sprintf("Manual: %s, automated: %s.", row.Manual, row.Automated)
	}
	for k, f := range row.Fix {
		p.Fixes = append(p.Fixes, web.FixProps(f, fmt.Sprintf("row-%d-%d", i+1, k+1)))
	}
	if strings.HasPrefix(row.Source, "https://") && !strings.Contains(row.Source, " ") {
		p.SourceURL = row.Source
	}
	return p
}

func in(namespace, subject string) string {
	if namespace == "" || namespace == subject {
		return ""
	}
	return " in " + namespace
}
