package handlers_test

import (
	"encoding/json"
	"onramp/acts"
	"onramp/migration"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/doctor"
)

// report is a migration's report in its three forms, all of which must answer.
func (d *desk) report(m string) (rep acts.Report, page, md string) {
	d.t.Helper()
	check(d.t, json.Unmarshal([]byte(d.get(m+"/report.json").want(d.t, 200).body), &rep))
	page, _ = seen(d.t, d.get(m+"/report").want(d.t, 200).body, false)
	return rep, page, d.get(m+"/report.md").want(d.t, 200).body
}

func proofs(rep acts.Report) string {
	var out []string
	for _, s := range rep.Steps {
		out = append(out, s.ID+" "+string(s.Status)+" "+s.Proof)
	}
	return strings.Join(out, "\n")
}

// TestReport: a report tells what was proved by which run, in the same words on the page and as Markdown, and what was
// not: at the beginning, after a whole rehearsal, after a change that sends steps back, and of what somebody only says.
func TestReport(t *testing.T) {
	d := sit(t, deskOptions{})
	fresh := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	rep, page, md := d.report(fresh)
	if rep.Schema != "onramp.report/1" || rep.Rules != doctor.RulesDate || rep.Onramp == "" || !rep.Rehearsal || rep.Check != nil || rep.Worker != nil || rep.Transfer != nil || len(rep.NotProved) < 6 {
		t.Errorf("report of nothing: %+v", rep)
	}
	for _, text := range []string{page, md} {
		if !strings.Contains(strings.ReplaceAll(text, "\\", ""), "of 6 steps are done") || strings.Contains(text, "All six") {
			t.Errorf("report of nothing:\n%s", text)
		}
	}
	d.post(fresh+"/settings/delete", "confirm", "Money transfer rehearsal").to(t)

	m, checked, moved, _ := d.moved()
	rep, page, md = d.report(m)
	if got, want := proofs(rep), "namespace done recorded\ncertificates done recorded\nupload done observed\ntest done observed\ncode rehearsed \ntransfer done observed"; got != want {
		t.Errorf("proofs\n%s\nwant\n%s", got, want)
	}
	last := func(run string) string { return run[strings.LastIndexByte(run, '/')+1:] }
	v := d.view(m)
	if rep.Check == nil || rep.Check.Run.ID != last(checked) || rep.Check.Run.By == "" || len(rep.Check.Stages) == 0 || rep.Check.TestedFrom == "" {
		t.Errorf("check %+v", rep.Check)
	}
	if x := rep.Transfer; x == nil || x.Run.ID != last(moved) || x.WorkflowID == "" || x.RunID != "run-1" || x.Status != "COMPLETED" || x.Scenario != "success" {
		t.Errorf("transfer %+v", x)
	}
	if rep.Worker != nil { // Onramp's own did the work
		t.Errorf("worker %+v", rep.Worker)
	}
	if len(rep.Certificates) != 2 || rep.Certificates[0].SHA256 != v.Certificate.CAFingerprint || rep.Certificates[1].SHA256 != v.Certificate.LeafFingerprint || rep.Certificates[1].Expires.IsZero() {
		t.Errorf("certificates %+v", rep.Certificates)
	}
	if len(rep.NotProved) != 2 || rep.NotProved[0].What != "Temporal Cloud" || rep.NotProved[1].Step != migration.StepCode {
		t.Errorf("not proved: %+v", rep.NotProved)
	}
	for _, text := range []string{page, strings.ReplaceAll(md, "\\", "")} {
		for _, want := range []string{"5 of 6 steps are done", "observed by Onramp: 3, recorded: 2", "rehearsed with Onramp's own worker; yours has not been seen", "It proves nothing about a namespace in Temporal Cloud", "docs-assembly.a2dd6", "localhost:7299", v.Certificate.CAFingerprint,
			v.Certificate.LeafFingerprint, "Observed by Onramp", "run-1", rep.Transfer.WorkflowID, d.srv.URL + checked, d.srv.URL + moved, " UTC", doctor.RulesDate} {
			if !strings.Contains(text, want) {
				t.Errorf("the report lacks %q:\n%s", want, text)
			}
		}
	}

	// Another namespace sends steps back; one of them is then noted, which proves nothing either.
	d.post(m+"/namespace", "namespace", "other-space.a2dd6").to(t)
	d.post(m+"/note", "step", "code", "why", "the platform team | `rolled` <b>it</b> out\x1b[31m\u202e").to(t)
	rep, page, md = d.report(m)
	if got, want := proofs(rep), "namespace done recorded\ncertificates done recorded\nupload look-again \ntest look-again \ncode done noted\ntransfer look-again "; got != want {
		t.Errorf("proofs after a change\n%s\nwant\n%s", got, want)
	}
	if rep.Check != nil || rep.Transfer != nil || rep.Worker != nil || len(rep.NotProved) != 5 {
		t.Errorf("what no longer counts is still there: %+v", rep)
	}
	for _, text := range []string{page, strings.ReplaceAll(md, "\\", "")} {
		for _, want := range []string{"2 of 6 steps are done", "Look again: no longer proved", "Noted by a person, not observed", "Nobody observed it.", "the platform team | `rolled` <b>it</b> out\uFFFD[31m\uFFFD"} {
			if !strings.Contains(text, want) {
				t.Errorf("the report lacks %q:\n%s", want, text)
			}
		}
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Error("a sign that changes how a terminal or a line reads is in the report")
		}
	}
	if strings.Contains(md, "<b>") || strings.Contains(d.get(m+"/report").body, "<b>it") {
		t.Error("what somebody typed became markup")
	}
	d.get("/m/nope/report.json").want(t, 404, `"not-found"`)
	d.get("/m/nope/report").want(t, 404)
	d.get("/m/nope/report.md").want(t, 404)
}

// TestReportOfExpired: certificates that have expired are named, and nothing is called proved without that.
func TestReportOfExpired(t *testing.T) {
	now := time.Now()
	d := sit(t, deskOptions{now: func() time.Time { return now }})
	m, _, _, _ := d.moved()
	now = now.AddDate(2, 0, 0)
	rep, page, _ := d.report(m)
	if !rep.Certificates[0].Expired || !rep.Certificates[1].Expired || rep.Steps[1].Status != migration.LookAgain || rep.Steps[1].Proof != "" {
		t.Errorf("report %+v", rep)
	}
	for _, want := range []string{"4 of 6 steps are done", "It expired on " + now.AddDate(-1, 0, -1).UTC().Format("2 Jan 2006"), "(fail) Expired expired "} {
		if !strings.Contains(page, want) {
			t.Errorf("the report lacks %q:\n%s", want, page)
		}
	}
}

// TestReportHoldsNoSecret: keys that were lent, pasted or typed where they do not belong, API keys, passphrases, and
// what the workflow was given and gave back are in no form of the report.
func TestReportHoldsNoSecret(t *testing.T) {
	d := sit(t, deskOptions{})
	const passphrase, token = "correct horse 4711 battery", "eyJhbGciOiJFUzI1NiIsImtpZCI6IldwNEZzQSJ9.eyJhY2NvdW50X2lkIjoiYTJkZDYiLCJhdWQiOlsidGVtcG9yYWwuaW8iXX0.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU"
	m, _, _, k := d.moved()
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(t)
	d.post(m+"/certificates/key/keep", "ca_key", k.key, "passphrase", passphrase, "again", passphrase)
	form := slices.Clone(transferForm)
	for i, s := range form {
		if s == "r-1" {
			form[i] = "reference-canary"
		}
	}
	run := d.upload(m+"/transfer", append(form, "key_source", "lent", "once", "canary")...).to(t)
	d.finish(run)
	d.post(m+"/namespace", "namespace", "other-space.a2dd6").to(t)
	d.post(m+"/note", "step", "code", "why", "the worker signs in with "+token).want(t, 422, "This is a secret").lacks(t, "PRIVATE KEY")
	d.post(m+"/note", "step", "code", "why", "by hand").to(t)
	noted := d.view(m).Facts // an earlier version took such a reason
	old := noted[len(noted)-1]
	old.ID, old.Data = 0, json.RawMessage(`{"step":"code","why":"the worker signs in with `+token+`"}`)
	_, err := d.db.Record(t.Context(), []migration.Fact{old}, nil)
	check(t, err)
	all := ""
	for _, form := range []string{"", ".md", ".json"} {
		all += d.get(m+"/report"+form).want(t, 200).body
	}
	body := strings.Split(strings.TrimSpace(k.key), "\n")
	for what, secret := range map[string]string{"a private key": "PRIVATE KEY", "the key's text": body[1], "a passphrase": passphrase, "an API key": token[:40], "what the workflow was given": "reference-canary",
		"an account": "85-150", "what the workflow gave back": "W-1 D-1"} {
		if strings.Contains(all, secret) || strings.Contains(strings.ReplaceAll(all, "\\", ""), secret) {
			t.Errorf("%s is in the report", what)
		}
	}
	if !strings.Contains(all, "the worker signs in with") {
		t.Error("the note that held an API key is not in the report: this test proves nothing")
	}
}
