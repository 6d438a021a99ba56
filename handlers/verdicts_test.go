package handlers_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
	"onramp/transfer"
)

var (
	aTag        = regexp.MustCompile(`<[^>]*>`)
	placeholder = regexp.MustCompile(`<[a-z][a-z_ -]*>|\{[a-z_]+\}`)
	repairLink  = regexp.MustCompile(`<a class="btn go" href="([^"]*)" data-testid="repair">`)
)

// said is the text of a page's main part as a reader sees it.
func said(body string) string {
	return html.UnescapeString(aTag.ReplaceAllString(mainOfAll(body), " "))
}

func mainOfAll(body string) string {
	if i := strings.Index(body, "<main"); i >= 0 {
		return body[i:]
	}
	return body
}

// ended is a check of a migration that ended with a report, as the store keeps it.
func (d *desk) endedWith(m, id string, rep doctor.Report) string {
	d.t.Helper()
	move := strings.TrimPrefix(m, "/m/")
	asked := runs.CheckRequest{Address: rep.Target.Address, Namespace: rep.Target.Namespace, Auth: rep.Target.Auth, TaskQueue: "TRANSFER_MONEY_TASK_QUEUE"}
	r, err := d.db.AddRun(d.t.Context(), runs.Run{Owner: "a test", Lease: time.Now().Add(time.Hour), Request: runs.Scrubber{}.JSON(asked),
		Row: runs.Row{Outcome: migration.Outcome{ID: id, MigrationID: move, Kind: migration.CheckRun, State: migration.RunRunning, Started: time.Now()}}})
	check(d.t, err)
	var lines []runs.Line
	for _, s := range rep.Stages {
		lines = append(lines, runs.Line{Kind: runs.EntryStage, Data: s})
	}
	r, es, _ := runs.Past(r, time.Now(), lines, runs.Judged(rep))
	_, err = d.db.AddEntries(d.t.Context(), r.ID, es[:len(es)-1])
	check(d.t, err)
	check(d.t, d.db.EndRun(d.t.Context(), r, es[len(es)-1], nil))
	return m + "/test/" + id
}

// TestEveryVerdictOnItsPage: over the whole catalogue, the page of a run that ended so holds no place that was left to be
// filled in, says what was seen once, and has one action, which opens a page that is there, at a part that is there.
func TestEveryVerdictOnItsPage(t *testing.T) {
	for _, auth := range []string{"mtls", "api-key"} {
		t.Run(auth, func(t *testing.T) { everyVerdict(t, auth) })
	}
}

func everyVerdict(t *testing.T, auth string) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	if auth == "api-key" {
		m = strings.TrimSuffix(d.post("/new", "name", "Keyed", "lang", "go", "mode", "rehearsal", "auth", auth).to(t), "/namespace")
		d.post(m+"/namespace", "namespace", "orders.a1b2c").to(t)
	}
	// What a run knows of itself, by the names of the catalogue's texts.
	values := map[string]string{"address": "localhost:7299", "host": "localhost", "port": "7299", "namespace": "docs-assembly.a2dd6", "account": "a2dd6", "server_name": "localhost",
		"endpoint": "docs-assembly.a2dd6.tmprl.cloud:7233", "task_queue": "TRANSFER_MONEY_TASK_QUEUE", "workflow_type": "MoneyTransfer", "workflow_id": "transfer-1", "wanted": "docs-assembly.a2dd6",
		"near": "money-transfer", "deployment": "payments", "build": "v2"}
	places := map[string]string{}
	for _, e := range doctor.Catalogue() {
		rep := doctor.Report{Schema: doctor.Schema, TestedFrom: "here", Rules: doctor.RulesDate, TookMS: 12, Verdict: doctor.Explain(e.Code, doctor.Likely, values),
			Target: doctor.ReportTarget{Address: "localhost:7299", Namespace: "docs-assembly.a2dd6", Auth: auth}}
		for _, other := range e.Related {
			rep.Verdict.Candidates = append(rep.Verdict.Candidates, doctor.Candidate{Code: other, Why: "It looks the same."})
		}
		stage := doctor.Stage{ID: e.Stage, Status: doctor.Fail, Summary: "broken", Evidence: map[string]any{"asked": true, "sent": true, "grpc_message": "seen but once"}, Findings: append([]string{e.Code}, e.Related...)}
		rep.Stages = []doctor.Stage{stage}
		page := d.get(d.endedWith(m, "run-"+strings.ToLower(e.Code), rep)).want(t, 200, "The server asked for a certificate").lacks(t, "asked true", "sent true", "Namespace Admin in Temporal Cloud", ">tcld namespace")
		text := said(page.body)
		if auth == "api-key" && strings.Contains(text, "accepts your certificate") {
			t.Errorf("%s: a run with an API key speaks of its certificate", e.Code)
		}
		if left := placeholder.FindAllString(text, -1); len(left) > 0 {
			t.Errorf("%s: its page holds %q", e.Code, left)
		}
		links := repairLink.FindAllStringSubmatch(page.body, -1)
		if n := strings.Count(page.body, `class="btn go"`); n != 1 || len(links) != 1 {
			t.Errorf("%s: its page has %d primary actions, %d of which repair", e.Code, n, len(links))
			continue
		}
		places[html.UnescapeString(links[0][1])] = e.Code
	}
	for url, code := range places {
		path, anchor, _ := strings.Cut(url, "#")
		if page := d.get(path).want(t, 200); anchor != "" && !strings.Contains(page.body, fmt.Sprintf("id=%q", anchor)) {
			t.Errorf("%s leads to %s, and there is no %s", code, path, anchor)
		}
	}
	if auth == "mtls" && len(places) < 8 {
		t.Errorf("all faults are repaired at %v", places)
	}
}

// TestRefusedFiles: a file of a run that cannot be had is a page for who asked with a browser, and JSON for a program.
func TestRefusedFiles(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _, run, k := d.moved()
	d.post(m + "/certificates/forget").to(t)
	live := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(t)
	d.finish(live)
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for path, back := range map[string]string{run + "/history.json": run, m + "/test/nope.json": "", m + "/transfer/nope/history.json": ""} {
		page := d.get(path, "Accept", browser)
		if page.status < 400 || !strings.Contains(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.body, "<h1") {
			t.Errorf("%s answers a browser %d, %s", path, page.status, page.header.Get("Content-Type"))
		}
		if back != "" && !strings.Contains(page.body, `href="`+back+`"`) {
			t.Errorf("%s: no way back to the run", path)
		}
		for _, accept := range []string{"application/json", "*/*", ""} {
			if r := d.get(path, "Accept", accept); r.status != page.status || !strings.Contains(r.header.Get("Content-Type"), "application/json") {
				t.Errorf("%s answers %q with %d, %s", path, accept, r.status, r.header.Get("Content-Type"))
			}
		}
	}
}

// TestTransferThatCannotBegin: a transfer that fails on its key says what a check would say, and leads to where the key
// is given again.
func TestTransferThatCannotBegin(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _, _ := d.tested()
	v := doctor.Explain("KP-06", doctor.Certain, nil)
	r, err := d.db.AddRun(t.Context(), runs.Run{Owner: "a test", Lease: time.Now().Add(time.Hour), Request: runs.Scrubber{}.JSON(runs.TransferRequest{Scenario: transfer.Success}),
		Row: runs.Row{Outcome: migration.Outcome{ID: "wrong-key", MigrationID: strings.TrimPrefix(m, "/m/"), Kind: migration.TransferRun, State: migration.RunRunning, Started: time.Now()}}})
	check(t, err)
	r, es, _ := runs.Past(r, time.Now(), nil, runs.Ending{State: migration.RunFailed, Title: v.Title, Code: v.Code, Result: transfer.Result{Status: transfer.NotStarted, Verdict: v}})
	check(t, d.db.EndRun(t.Context(), r, es[len(es)-1], nil))
	page := d.get(m+"/transfer/wrong-key").want(t, 200, "KP-06", v.Title, "The transfer was not started", "Start again with the right key").lacks(t, "Open step 1", ">unknown<")
	link := repairLink.FindStringSubmatch(page.body)
	if link == nil {
		t.Fatal("nothing leads to where it is repaired")
	}
	path, anchor, _ := strings.Cut(html.UnescapeString(link[1]), "#")
	if anchor != "key_source" || !strings.Contains(d.get(path).want(t, 200).body, `id="key_source"`) {
		t.Errorf("it leads to %s#%s", path, anchor)
	}
}
