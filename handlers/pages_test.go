package handlers_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"html"
	"io"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/certsvc"
	"onramp/cloud"
	"onramp/doctor"
	"onramp/fault"
	"onramp/handlers"
	"onramp/migration"
	"onramp/snippet"
	"onramp/transfer"
)

// TestJourneyOfPages: each page says how far the migration is and what comes next.
func TestJourneyOfPages(t *testing.T) {
	d := sit(t, deskOptions{pollers: func(context.Context, transfer.Request) ([]transfer.Poller, error) {
		return []transfer.Poller{{Identity: "onramp built-in worker", LastAccess: time.Now()}, {Identity: "worker@host", LastAccess: time.Now().Add(-time.Second)}}, nil
	}})
	d.get("/").want(t, 200, "Just show me", "<title>Onramp</title>")
	made := d.post("/new", "name", "Payments <b>", "lang", "go", "mode", "rehearsal", "auth", "mtls").to(t)
	if made != "/m/payments-b/namespace" {
		t.Fatalf("created at %s", made)
	}
	m := "/m/payments-b"
	d.get(m).want(t, 200, "0 of 6 done", "Payments &lt;b&gt;", "[Rehearsal]", `data-testid="continue"`, "Go · mTLS").lacks(t, "<b>")
	d.get(made).want(t, 200, `value="payments-b.a2dd6"`, "payments-b.a2dd6.tmprl.cloud:7233")
	for _, step := range []string{"upload", "transfer"} {
		d.get(m+"/"+step).want(t, 200, "Can&#39;t start yet")
	}
	if next := d.post(made, "namespace", " https://Docs-Assembly.a2dd6.tmprl.cloud/ ", "region", "aws-us-east-1").to(t); next != m+"/certificates" {
		t.Errorf("Save and continue leads to %s", next)
	}
	d.get(made).want(t, 200, `value="docs-assembly.a2dd6"`, "Saved ", "Save and continue")
	d.post(m+"/certificates", serverLane...).to(t)
	d.get(m+"/certificates").want(t, 200, "CN=payments", "364 days left", "363 days left", "rules passed", "ECDSA P-256", "openssl req", "onramp cert leaf")
	d.get(m+"/upload").want(t, 200, "BEGIN CERTIFICATE", "1 of 16 certificates", "/cloud/docs-assembly.a2dd6?m=payments-b", "Not saved yet", "accepted-client-ca add", "onramp cert lint client.pem")
	d.get("/cloud/docs-assembly.a2dd6?m=payments-b").want(t, 200, "Rehearsal cloud", "Back to Payments")
	ca := d.get(m + "/certificates/ca.pem").body
	d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", ca, "m", "payments-b").to(t)
	d.get(m+"/upload").want(t, 200, "Done", "Continue: Test the connection")
	d.get(m+"/test").want(t, 200, "localhost:7299", "onramp check --address localhost:7299 --namespace docs-assembly.a2dd6", "--tls-ca-path", "Not tested yet")

	key := unzip(t, d.post(m+"/certificates/bundle.zip").body)["client.key"]
	run := d.upload(m+"/test", "key_source", "paste", "key_pem", key).to(t)
	d.finish(run)
	d.get(run).want(t, 200, "Connected", "10 of 10 stages passed · 12 ms", "Continue: Change the worker", run+".json").lacks(t, "<live-feed")
	d.get(m).want(t, 200, "4 of 6 done", "check 1 passed", "Connection test passed", run)
	d.get(m+"/code").want(t, 200, "TRANSFER_MONEY_TASK_QUEUE", "localhost:7299", "SSL_CERT_FILE", `aria-current="true" data-testid="lang-go"`)
	d.get(m+"/transfer").want(t, 200, "The worker inside Onramp", "The money arrives")
	run = d.upload(m+"/transfer", append(slices.Clone(transferForm), "key_source", "paste", "key_pem", key)...).to(t)
	d.finish(run)
	d.get(run).want(t, 200, "Transfer complete", "done W-1 D-1", "WorkflowExecutionCompleted", "Withdraw", "85-150", "A workflow ran in the rehearsal")
	d.until(m, "five", func(v migration.View) bool { return v.DoneCount == 5 && v.Step(migration.StepCode).Evidence != "" })
	d.get(m).want(t, 200, "5 of 6 done, step 5 rehearsed", "All that Onramp can show", "rehearsed with Onramp&#39;s own worker; yours has not been seen", "Next: your own worker").lacks(t, "Your turn")
	d.get("/").want(t, 200, ">Rehearsed<", "Nothing needs your action.")
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", key).to(t)
	d.post(m + "/code/worker").to(t)
	d.get(m).want(t, 200, "6 of 6 done", "worker worker@host polls TRANSFER_MONEY_TASK_QUEUE", "Onramp&#39;s own worker polled")
	d.get(m+"/runs").want(t, 200, run, "Passed")
	d.get("/").want(t, 200, "card-payments-b", "6 of 6")
	d.get("/rehearsal").want(t, 200, "Ready", "360 ms", "docs-assembly.a2dd6", "localhost:7299")
}

// TestFailedCheck: the page of a failed run speaks the one grammar, stands open at the failure and leads on.
func TestFailedCheck(t *testing.T) {
	d := sit(t, deskOptions{code: "CL-03"})
	m, k := d.rehearsed()
	run := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(t)
	d.finish(run)
	e, ok := doctor.Lookup("CL-03")
	if !ok {
		t.Fatal("CL-03 is not in the catalogue")
	}
	page := d.get(run).want(t, 200, "Stopped at Certificate", "alert 48", "a, b", "/help/CL-03", "Open step 3: upload the CA certificate", "stopped at 7 of 10", "Not reached", "Not wrong:")
	if !strings.Contains(html.UnescapeString(page.body), e.Title) {
		t.Errorf("the page lacks the title %q", e.Title)
	}
	verdict, first := strings.Index(page.body, `id="verdict"`), strings.Index(page.body, `id="stage-input"`)
	if verdict < 0 || verdict > first {
		t.Error("the verdict does not stand above the checks")
	}
	if !strings.Contains(page.body, `id="verdict-ev-0"`) || strings.Contains(page.body, `id="stage-client-cert-ev-`) {
		t.Error("what was seen does not stand in the verdict alone")
	}
	d.get(m).want(t, 200, "Failed", "check 1 failed")
	d.get(m+"/runs").want(t, 200, "CL-03")
	d.get(run+"?follow=1").want(t, 200, "Stopped at Certificate", "</html>")
}

// TestTwins: what a page shows is there for machines too, and an error as well.
func TestTwins(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, run, _ := d.byHand()
	r := d.get(run+".json").want(t, 409)
	var e struct {
		Error struct{ Kind, Title, Request string }
	}
	check(t, json.Unmarshal([]byte(r.body), &e))
	if e.Error.Kind != "conflict" || e.Error.Request == "" || r.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("while it runs: %s", r.body)
	}
	d.stage("input", doctor.Pass)
	d.stage("task-queue", doctor.Skip)
	d.checks.close()
	d.finish(run)
	d.get(run).want(t, 200, "1 of 10 stages passed, 1 skipped", ">skipped<")
	var rep doctor.Report
	check(t, json.Unmarshal([]byte(d.get(run+".json").want(t, 200).body), &rep))
	if rep.Schema != "onramp.check/1" || rep.Verdict.Code != "OK" || rep.Target.Address != "localhost:7299" {
		t.Errorf("report %+v", rep)
	}
	d.get(m+"/transfer/"+run[strings.LastIndexByte(run, '/')+1:]).want(t, 404)
	d.get(m+"/transfer/nope.json").want(t, 404, `"not-found"`)
	md := d.get(m+"/code.md?lang=python&style=envconfig&shell=toml").want(t, 200, "# Money transfer rehearsal", "```toml", "docs-assembly.a2dd6", "Only for the rehearsal")
	if got := md.header.Get("Content-Type"); got != "text/markdown; charset=utf-8" {
		t.Errorf("code.md is %s", got)
	}
}

// TestCodeChoices: every choice that is offered is a page; the address holds all of it.
func TestCodeChoices(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.get(m+"/code").want(t, 200, "your-namespace.a1b2c", "Choose the namespace")
	see := func(lang, style, vars, shell string) {
		t.Helper()
		q := url.Values{"lang": {lang}, "style": {style}, "vars": {vars}, "shell": {shell}}
		d.get(m+"/code?"+q.Encode()).want(t, 200, `aria-current="true" data-testid="lang-`+lang+`"`, `aria-current="true" data-testid="style-`+style+`"`)
	}
	for _, lang := range snippet.Langs() {
		see(lang, snippet.Styles[0], snippet.Vars[0], snippet.Shells[0])
	}
	for _, style := range snippet.Styles {
		for _, vars := range snippet.Vars {
			see("python", style, vars, "bash")
		}
		for _, shell := range snippet.Shells {
			see("python", style, "standard", shell)
		}
	}
	d.get(m+"/code?lang=cobol&style=%3Cscript%3E&vars=x&shell=y").want(t, 422, "There is no such language", "“cobol”", "The code below is for Python", "There is no such shell").lacks(t, "<script>")
	d.get(m+"/code?lang=ts&shell=k8s").want(t, 200, `aria-current="true" data-testid="lang-typescript"`, `aria-current="true" data-testid="shell-kubernetes"`).lacks(t, "code-fallback")
	d.get(m+"/code.zip?lang=cobol").want(t, 422, "There is no such language")
	d.get(m+"/code.md?lang=go&shell=tcsh").want(t, 422, "There is no such shell")
	d.post(m+"/code/judge?lang=cobol", "command", "temporal workflow start").want(t, 422, "There is no such language")
	d.post(m+"/code/judge", "lang", "cobol", "command", "temporal workflow start").want(t, 422, "There is no such language")
	d.post(m+"/code/worker?lang=cobol", "queue", "q").want(t, 422, "There is no such language")
}

// TestJudgeKeepsNoSecret: an API key in a pasted command is sent back in no form.
func TestJudgeKeepsNoSecret(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	for _, command := range []string{"temporal workflow start --api-key c4nary", "export TEMPORAL_API_KEY=c4nary\ntemporal workflow start", "c4nary.py --api-key c4nary-2"} {
		d.post(m+"/code/judge", "lang", "go", "command", command).want(t, 200, "••••••").lacks(t, "key c4nary", "KEY=c4nary")
		d.fragment(m+"/code/judge", "lang", "go", "command", command).want(t, 200, "••••••").lacks(t, "key c4nary", "KEY=c4nary")
	}
}

// TestJudge: the tutorial's own command is judged, in the page and as a fragment.
func TestJudge(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	command := "temporal workflow start \\\n --task-queue money-transfer \\\n --type MoneyTransfer \\\n --tls-cert-path c --tls-key-path k \\\n --namespace docs-assembly.a2dd6 \\\n --address https://docs-assembly.a2dd6.tmprl.cloud:7233"
	d.post(m+"/code/judge", "command", command, "lang", "python").want(t, 200, "things to repair", "TRANSFER_MONEY_TASK_QUEUE", "--input", "--task-queue money-transfer")
	d.fragment(m+"/code/judge", "command", command, "lang", "python").want(t, 200, `id="judge"`, "things to repair").lacks(t, `id="main"`)
}

// TestPreview: what follows from a text as it is typed.
func TestPreview(t *testing.T) {
	d := sit(t, deskOptions{})
	for _, tt := range []struct{ in, want string }{
		{"", "appear here as you type"},
		{"pay.a1b2c", "pay.a1b2c.tmprl.cloud:7233"},
		{"https://cloud.temporal.io/namespaces/pay.a1b2c", "https://cloud.temporal.io/namespaces/pay.a1b2c/workflows"},
		{"pay", "Not a Namespace ID"},
		{"<script>", "Not a Namespace ID"},
		{"PAY.a1b2c", "became"},
	} {
		d.fragment("/preview/namespace", "namespace", tt.in).want(t, 200, `id="ns-preview"`, tt.want).lacks(t, "<script>", "<main")
	}
}

// TestUploadFollowsTheBundle: step 3 is done while the namespace holds the CA, and not a moment longer.
func TestUploadFollowsTheBundle(t *testing.T) {
	d := sit(t, deskOptions{})
	m, k := d.rehearsed()
	step := func() migration.Status {
		t.Helper()
		v, err := d.acts.Book.View(t.Context(), strings.TrimPrefix(m, "/m/"))
		check(t, err)
		return v.Step(migration.StepUpload).Status
	}
	if got := step(); got != migration.Done {
		t.Fatalf("after the upload: %s", got)
	}
	other, err := certsvc.New(certsvc.Options{}).CA(certsvc.CASpec{CommonName: "Another CA", KeyType: certsvc.ECP256})
	check(t, err)
	d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", string(other.CertPEM), "m", strings.TrimPrefix(m, "/m/")).to(t)
	if got := step(); got == migration.Done {
		t.Error("done although another CA took the place of ours")
	}
	r := d.post("/cloud/docs-assembly.a2dd6", "ca_bundle", string(other.CertPEM)+k.ca, "m", "made-up")
	if got := r.to(t); got != "/cloud/docs-assembly.a2dd6" {
		t.Errorf("leads to %s", got)
	}
	if got := step(); got != migration.Done {
		t.Errorf("with both CAs: %s", got)
	}
	saved := d.get("/cloud/docs-assembly.a2dd6", "Cookie", r.header.Get("Set-Cookie")).want(t, 200, "Saved. The namespace accepts clients of 2 CAs", "Another CA", "2 of 16 certificates")
	if !strings.Contains(strings.Join(saved.header.Values("Set-Cookie"), ""), "Max-Age=0") {
		t.Error("it would be said again")
	}
	d.post("/rehearsal/reset").to(t)
	d.get("/cloud/docs-assembly.a2dd6").want(t, 404)
	d.get("/cloud/not-a-namespace").want(t, 404)
	d.post("/cloud", "namespace", "new.a1b2c").to(t)
	d.get("/cloud").want(t, 200, "new.a1b2c", "0 CA certificates")
}

// TestNotes: a step done outside needs a reason, and is shown as such.
func TestNotes(t *testing.T) {
	d := sit(t, deskOptions{})
	m, _ := d.rehearsed()
	d.post(m+"/note", "step", "code", "why", "deployed by <i>the platform team</i>").to(t)
	d.get(m).want(t, 200, "done outside: deployed by &lt;i&gt;", "noted as done outside").lacks(t, "<i>the")
}

// TestWithoutRehearsal: pages say what is missing, and nothing pretends.
func TestWithoutRehearsal(t *testing.T) {
	d := sit(t, deskOptions{noCloud: true})
	d.get("/").want(t, 200, "switched off")
	d.get("/new").want(t, 200, "switched off")
	d.get("/rehearsal").want(t, 200, "switched off")
	d.get("/cloud").want(t, 200, "switched off")
	d.get("/cloud/ab.a1b2c").want(t, 200, "switched off")
	for _, path := range []string{"/rehearse-now", "/rehearsal/reset"} {
		d.post(path).want(t, 503, "No rehearsal cloud is running here")
	}
	m := strings.TrimSuffix(d.post("/new", "name", "Real", "lang", "python", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	d.get(m+"/namespace").want(t, 200).lacks(t, "docs-assembly", "[Rehearsal]")
	d.post(m+"/namespace", "namespace", "pay.a1b2c").to(t)
	d.get(m+"/upload").want(t, 200, "Create certificates")
	d.post(m+"/certificates", serverLane...).to(t)
	d.get(m+"/upload").want(t, 200, "https://cloud.temporal.io/namespaces/pay.a1b2c", "a Namespace Admin")
	d.get(m+"/test").want(t, 200, "pay.a1b2c.tmprl.cloud:7233").lacks(t, "--tls-ca-path")
	d.get(m+"/code").want(t, 200, "pay.a1b2c.tmprl.cloud:7233").lacks(t, "SSL_CERT_FILE")
	d.get(m+"/transfer").want(t, 200, `value="own" checked`)
}

// TestCloudStates: while the rehearsal cloud starts, or when it failed, its pages say so.
func TestCloudStates(t *testing.T) {
	d := sit(t, deskOptions{})
	for phase, want := range map[cloud.Phase]string{"absent": "built without", "failed": "could not start", "off": "switched off"} {
		d.cloud.mu.Lock()
		d.cloud.state = cloud.State{Phase: phase, Err: fault.New(fault.Unavailable, "The disk is full", "Make room.")}
		d.cloud.mu.Unlock()
		d.get("/rehearsal").want(t, 200, want)
		d.post("/rehearse-now").want(t, 503)
	}
	d.cloud.mu.Lock()
	d.cloud.state = cloud.State{Phase: "starting"}
	d.cloud.mu.Unlock()
	d.get("/").want(t, 200, "Just show me") // the first page does not wait for it
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	d.post(m+"/namespace", "namespace", "a-b.a1b2c").to(t) // this waits until it answers
}

// TestHelp: every fault has its page.
func TestHelp(t *testing.T) {
	d := sit(t, deskOptions{})
	index := d.get("/help").want(t, 200)
	for _, e := range doctor.Catalogue() {
		index.want(t, 200, `href="/help/`+e.Code+`"`)
		d.get("/help/"+e.Code).want(t, 200, e.Code).lacks(t, "{address}", "{namespace}", "{host}", "{cert_path}")
	}
	d.get("/help/cl-01").want(t, 200, "CL-01")
	d.get("/help/XX-99").want(t, 404)
}

// TestTheme: the choice is kept, and rendered by the server from the first byte on.
func TestTheme(t *testing.T) {
	d := sit(t, deskOptions{})
	d.get("/").want(t, 200).lacks(t, "data-theme=\"dark\"")
	r := d.post("/theme", "theme", "dark", "return", "/help?x=1")
	if got := r.to(t); got != "/help?x=1" {
		t.Errorf("back to %s", got)
	}
	cookie := strings.Split(r.header.Get("Set-Cookie"), ";")[0]
	d.get("/", "Cookie", cookie).want(t, 200, `data-theme="dark"`)
	d.get("/", "Cookie", "onramp_theme=neon").want(t, 200).lacks(t, "neon")
	if r := d.fragment("/theme", "theme", "light"); r.status != 204 || r.header.Get("Set-Cookie") == "" {
		t.Errorf("for the script: %d", r.status)
	}
}

// TestSaidOnce: what a redirect says is one of our sentences, and is said once.
func TestSaidOnce(t *testing.T) {
	d := sit(t, deskOptions{})
	m := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	r := d.post(m+"/namespace", "namespace", "docs-assembly.a2dd6")
	r.to(t)
	cookie := strings.Split(r.header.Get("Set-Cookie"), ";")[0]
	if got := d.get(m+"/namespace", "Cookie", cookie).want(t, 200, "Namespace saved").header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("Set-Cookie %q", got)
	}
	d.get(m+"/namespace", "Cookie", "onramp_said=<script>").want(t, 200).lacks(t, "<script>", "toast\">")
}

// TestPacked: pages are packed for who takes that, and plain for who does not.
func TestPacked(t *testing.T) {
	d := sit(t, deskOptions{})
	plain := d.get("/help", "Accept-Encoding", "identity").want(t, 200)
	for accept, packed := range map[string]bool{"gzip": true, "gzip, deflate, br": true, "br": false, "gzip;q=0": false, "": false} {
		r := d.get("/help", "Accept-Encoding", accept).want(t, 200)
		body := r.body
		if got := r.header.Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("Accept-Encoding %q: packed is %v", accept, got)
			continue
		}
		if packed {
			z, err := gzip.NewReader(strings.NewReader(body))
			check(t, err)
			b, err := io.ReadAll(z)
			check(t, err)
			body = string(b)
		}
		if body != plain.body || r.header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("Accept-Encoding %q: another page, or Vary is %q", accept, r.header.Get("Vary"))
		}
	}
}

// TestLog: one line a request, by route, with the cause of what failed.
func TestLog(t *testing.T) {
	d := sit(t, deskOptions{})
	d.get("/m/secret-name?token=hunter2")
	d.post("/new", "name", "hunter3")
	lines := strings.Split(strings.TrimSpace(d.log.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines, want 2:\n%s", len(lines), d.log)
	}
	for _, s := range []string{"msg=request", "method=GET", "route=/m/{m}", "status=404", "took=", "id=", "err="} {
		if !strings.Contains(lines[0], s) {
			t.Errorf("the line lacks %q: %s", s, lines[0])
		}
	}
	if strings.Contains(d.log.String(), "hunter") {
		t.Errorf("a value of a query or form is in the log:\n%s", d.log)
	}
}

// TestOptions: what is required is missed at once.
func TestOptions(t *testing.T) {
	d := sit(t, deskOptions{})
	full := handlers.Options{Acts: d.acts, Runs: d.runs, Audit: d.keeper, Addr: "127.0.0.1:80"}
	h, err := handlers.New(full)
	check(t, err)
	h.CloseStreams()
	h.CloseStreams()
	for name, without := range map[string]func(*handlers.Options){
		"Acts": func(o *handlers.Options) { o.Acts = nil }, "Runs": func(o *handlers.Options) { o.Runs = nil },
		"Audit": func(o *handlers.Options) { o.Audit = nil }, "Addr": func(o *handlers.Options) { o.Addr = "here" },
	} {
		o := full
		without(&o)
		if _, err := handlers.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}
