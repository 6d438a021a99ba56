package handlers_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"onramp/assess"
	"onramp/cutover"
	"onramp/doctor"
)

// cutoverForm is the form of a look as a person sends it.
var cutoverForm = []string{"address", "temporal.internal:7233", "namespace", "default", "tls", "off", "silent", "7", "rate", "2", "budget", "500", "key_source", "lent"}

// crosser is two servers whose answer tests set.
type crosser struct {
	facts func() *cutover.Facts
	begun chan struct{} // closed once reading has begun, where it is set; then it goes on until it is stopped
	ends  cutover.Ends
	asked cutover.Options
}

// crossedFacts are those of a source with open workflows of one type, a straggler and a twin.
func crossedFacts(open int64) *cutover.Facts {
	n := func(n int64) assess.Count { return assess.Count{N: n, Read: assess.Read} }
	now := time.Now().UTC().Truncate(time.Second)
	return &cutover.Facts{Schema: cutover.FactsSchema, At: now, Window: time.Hour, WindowFrom: "as asked for", Silent: 168 * time.Hour,
		Source: cutover.Half{Address: "temporal.internal:7233", Namespace: "default", Reached: assess.Read, ServerVersion: "1.29.1", Open: n(open), RPCs: map[string]int{"GetSystemInfo": 1}},
		Target: cutover.Half{Reached: assess.Read, Open: n(2), Starts: n(1), RPCs: map[string]int{"GetSystemInfo": 1}},
		Starts: cutover.Starts{Read: assess.Read, Looked: 1, External: 1, Who: []cutover.Straggler{{Identity: "7@cron-box <b>", Starts: 1, Types: []string{"Order"}, Latest: now, Example: "order-9"}}, ByType: map[string]int{"Order": 1}, Schedules: []cutover.Schedule{}, SchedR: assess.Read},
		Twins:  cutover.Twins{Read: assess.Read, Whole: true, Looked: 1, Found: []cutover.Twin{{WorkflowID: "cart<b>", SourceType: "Cart", TargetType: "Cart", SourceStart: now, TargetStart: now, StartedBy: "2@web", Confirmed: true}}},
		Types:  []cutover.Type{{Name: "Order", Open: n(open), First: 5, Closed1: 2, Unpolled: []string{"shop"}}}, TypesWhole: true}
}

// Cross implements runs.Crosser.
func (c *crosser) Cross(ctx context.Context, e cutover.Ends, o cutover.Options) (*cutover.Facts, *doctor.Verdict, error) {
	c.ends, c.asked = e, o
	o.Progress(cutover.Progress{Phase: "task queues", Side: "source", Calls: 17})
	if c.begun != nil {
		close(c.begun)
		<-ctx.Done()
	}
	if c.facts == nil {
		return crossedFacts(3), nil, nil
	}
	if f := c.facts(); f != nil {
		return f, nil, nil
	}
	return nil, &doctor.Verdict{Code: "TC-01", Level: doctor.Certain, Stage: "tcp", Title: "Nothing is listening at temporal.internal:7233", Fix: []doctor.Fix{{Who: "developer", Text: "Start it."}}}, nil
}

// TestCutoverPages: the form, a look that is under way and is stopped, one that ended, the next one filled in with it, and a
// source that cannot be reached.
func TestCutoverPages(t *testing.T) {
	source := &crosser{}
	d := sit(t, deskOptions{crosser: source})
	m := d.lent()
	d.get(m).want(t, 200, m+"/cutover")
	d.get(m+"/cutover").want(t, 200, `value="localhost:7233"`, "Look at both sides", "not assessed yet", "Assess the source").lacks(t, "cutover-reviewed").lacks(t, "Looks so far", "cutover-headline")
	assessed := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(assessed)

	run := d.upload(m+"/cutover", append(cutoverForm, "window", "0.5", "queues", "shop\n\nbank", "acknowledged", "cart-1", "reviewed", "on")...).to(t)
	d.finish(run)
	o := source.asked
	if source.ends.Source.Address != "temporal.internal:7233" || !source.ends.Source.Plaintext || len(source.ends.Target.KeyPEM) == 0 || o.Namespace != "default" || o.TargetNamespace == "" || o.Window != 30*time.Minute ||
		o.Silent != 7*24*time.Hour || o.Rate != 2 || o.Budget != 500 || len(o.Queues) != 2 || len(o.Said.Acknowledged) != 1 || o.Said.WarningsReviewedBy != reader.Name || o.Assessment == nil || o.Assessment.Address != "temporal.internal:7233" {
		t.Errorf("asked %+v", o)
	}
	says := []string{"Stop and look at G7, no twins", "cart&lt;b&gt;", "7@cron-box &lt;b&gt;", "No worker polls shop", "What going back means now", "G10", "1.29.1", "Drain of the source"}
	page := d.get(run).want(t, 200, append(says, run+".json")...).lacks(t, "cart<b>", "stop-look", "cron-box <b>")
	if page.header.Get("Refresh") != "" {
		t.Error("the page of one that has ended asks again")
	}
	var rep cutover.Report
	check(t, json.Unmarshal([]byte(d.get(run+".json").want(t, 200, `"onramp.cutover.status/1"`).body), &rep))
	if len(rep.Gates) != 9 || rep.ExitCode() != cutover.ExitRed {
		t.Errorf("%d gates, exit %d", len(rep.Gates), rep.ExitCode())
	}
	d.get(m+"/cutover").want(t, 200, append(says, "Looked ", `value="temporal.internal:7233"`, `value="0.5"`, "shop\nbank", "Looks so far")...).lacks(t, "cutover-stale")
	d.get(m+"/cutover?from=nothing").want(t, 404)

	source.facts = func() *cutover.Facts { return nil }
	failed := d.upload(m+"/cutover", cutoverForm...).to(t)
	d.finish(failed)
	d.get(failed).want(t, 200, "Nothing is listening at", "TC-01", "Start it.")
	d.get(failed+".json").want(t, 410)
	d.get(m+"/cutover").want(t, 200, "Stop and look at G7", ">Stop<") // the last that saw something

	source.facts, source.begun = nil, make(chan struct{})
	live := d.upload(m+"/cutover", cutoverForm...).to(t)
	<-source.begun
	source.begun = nil
	d.logged(live[strings.LastIndexByte(live, '/')+1:], 1)
	going := d.get(live).want(t, 200, "at the source: task queues, 17 calls", live+"/stop")
	if going.header.Get("Refresh") == "" {
		t.Error("the page does not ask again by itself")
	}
	d.get(live+".json").want(t, 409)
	d.upload(m+"/cutover", cutoverForm...).want(t, 429, "already")
	d.post(live+"/stop", "x", "y").to(t)
	d.finish(live)
	d.get(live).want(t, 200, "Stop and look at G7")
}

// TestRefusedLooks: what cannot be looked at is refused at its field, and nothing is started; secrets are not sent back.
func TestRefusedLooks(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	before := d.snapshot()
	for name, c := range map[string][]string{
		"no address":          {"address", "", "The address is missing"},
		"a control character": {"address", "a\x01b:7233", "not an address"},
		"no namespace":        {"namespace", "", "The namespace is missing"},
		"a rate of thousands": {"rate", "1000", "from 0.1 to 50"},
		"no number":           {"rate", "NaN", "not a number"},
		"a window of words":   {"window", "a while", "not a number"},
		"no silence":          {"silent", "0", "not a number"},
		"silence for ever":    {"silent", "1000", "not a time to be silent for"},
		"no budget":           {"budget", "0", "not a number"},
		"another way":         {"tls", "maybe", "one of those offered"},
		"many task queues":    {"queues", strings.Repeat("q\n", 31), "too many task queues"},
	} {
		t.Run(name, func(t *testing.T) {
			d.upload(m+"/cutover", with(append([]string{"window", "", "queues", ""}, cutoverForm...), c[0], c[1])...).want(t, 422, c[2], "Nothing was changed")
		})
	}
	r := d.upload(m+"/cutover", append(with(cutoverForm, "tls", "on"), "source_cert_pem", "no certificate", "source_key_pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----\n")...).want(t, 422, "cannot be used as a pair")
	if strings.Contains(r.body, "c2VjcmV0LWtleQ") {
		t.Error("the page sends the key back")
	}
	if d.snapshot() != before {
		t.Error("something was stored")
	}
}

// TestCutoverSecretsLeaveNoTrace: what the source asks for is used for the look, and is in no table afterwards.
func TestCutoverSecretsLeaveNoTrace(t *testing.T) {
	source := &crosser{}
	d := sit(t, deskOptions{crosser: source})
	m := d.lent()
	run := d.upload(m+"/cutover", append(with(cutoverForm, "tls", "on"), "source_api_key", "tmprl_verysecretsource")...).to(t)
	d.finish(run)
	if source.ends.Source.APIKey != "tmprl_verysecretsource" || source.ends.Source.Plaintext {
		t.Error("the source was dialled without its key")
	}
	if strings.Contains(d.snapshot(), "verysecretsource") || strings.Contains(d.get(run).body+d.get(m+"/cutover").body, "verysecretsource") {
		t.Error("the key is stored or shown")
	}
}

// TestGatesByHand: a gate is passed by hand with a name and a reason; that stands on the page, in the next look, in the report
// and in the audit, and is taken back.
func TestGatesByHand(t *testing.T) {
	source := &crosser{}
	d := sit(t, deskOptions{crosser: source})
	m := d.lent()
	first := d.upload(m+"/cutover", cutoverForm...).to(t)
	d.finish(first)
	d.get(m+"/cutover").want(t, 200, "Pass G7 by hand", "Pass G9 by hand").lacks(t, "No longer pass")
	before := d.snapshot()
	for name, c := range map[string]struct {
		gate, why, says string
		code            int
	}{
		"no reason": {"G9", "  ", "The reason is missing", 422},
		"a novel":   {"G9", strings.Repeat("x", 501), "too long", 422},
		"a key":     {"G9", "-----BEGIN PRIVATE KEY-----\nc2Vj\n-----END PRIVATE KEY-----", "This is a secret", 422},
		"no gate":   {"G5", "because", "no such gate", 404},
		"markup":    {"<b>", "because", "no such gate", 404},
	} {
		d.post(m+"/cutover/gate", "gate", c.gate, "why", c.why).want(t, c.code, c.says).lacks(t, "c2Vj", "<b>because")
		if d.snapshot() != before {
			t.Fatalf("%s: something was stored", name)
		}
	}

	d.post(m+"/cutover/gate", "gate", "G9", "why", "the last ones are <tests>").to(t)
	says := "Overridden by " + reader.Name + " because the last ones are &lt;tests&gt;"
	d.get(m+"/cutover").want(t, 200, says, "No longer pass G9 by hand").lacks(t, "Pass G9 by hand")
	d.get(first).want(t, 200).lacks(t, says, "by hand") // it shows what was seen then
	later := d.upload(m+"/cutover", cutoverForm...).to(t)
	d.finish(later)
	if got := source.asked.Said.Overrides["G9"]; got != reader.Name+" because the last ones are <tests>" {
		t.Errorf("the next look is told %q", got)
	}
	rep, page, md := d.report(m)
	if c := rep.Cutover; c == nil || len(c.Gates) != 9 || c.Gates[7].State != cutover.Overridden || !strings.Contains(c.Gates[7].By, "<tests>") {
		t.Errorf("the report: %+v", c)
	}
	for _, text := range []string{page, strings.ReplaceAll(md, "\\", "")} {
		for _, want := range []string{"Cut-over, as last seen", "Stop and look at G7", "G9 Drained", "Overridden by " + reader.Name} {
			if !strings.Contains(text, want) {
				t.Errorf("the report lacks %q", want)
			}
		}
	}
	d.get("/audit").want(t, 200, "Gate passed by hand")

	d.post(m+"/cutover/gate", "gate", "G9", "open", "yes").to(t)
	d.post(m+"/cutover/gate", "gate", "G9", "open", "yes").to(t) // it is so already
	d.get(m+"/cutover").want(t, 200, "Pass G9 by hand").lacks(t, says, "No longer pass")
	d.get("/audit").want(t, 200, "Gate no longer passed by hand")
}

// TestGateReadsReviews: a look knows which warnings of the last assessment are marked as reviewed, and by whom; a mark that is
// taken back, or of a row that has become worse, is none. The report counts them too.
func TestGateReadsReviews(t *testing.T) {
	source, target := &assessor{}, &crosser{}
	d := sit(t, deskOptions{assessor: source, crosser: target})
	m := d.lent()
	run := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(run)
	look := func() cutover.Assessed {
		t.Helper()
		d.finish(d.upload(m+"/cutover", cutoverForm...).to(t))
		if target.asked.Assessment == nil {
			t.Fatal("the look knows no assessment")
		}
		return *target.asked.Assessment
	}
	if a := look(); a.Warnings == 0 || a.Reviewed != 0 {
		t.Fatalf("before any mark: %+v", a)
	}
	var rep assess.Report
	check(t, json.Unmarshal([]byte(d.get(run+".json").body), &rep))
	var last string
	for _, row := range rep.Rows {
		if row.Manual == assess.Warning {
			d.post(run+"/review", "finding", row.Finding, "why", "").to(t)
			last = row.Finding
		}
	}
	if a := look(); a.Reviewed != a.Warnings || len(a.ReviewedBy) != 1 || a.ReviewedBy[0] != reader.Name {
		t.Errorf("with a mark on each: %+v", a)
	}
	said, page, _ := d.report(m)
	if x := said.Assessment; x == nil || x.Grade != rep.Grade || x.Reviewed == 0 || x.ToReview != 0 || x.Server != "temporal.internal:7233" || !strings.Contains(page, "The server you leave, assessed") {
		t.Errorf("the report: %+v", x)
	}
	d.post(run+"/review", "finding", last, "open", "yes").to(t)
	if a := look(); a.Reviewed != a.Warnings-1 {
		t.Errorf("with one taken back: %+v", a)
	}
}
