package handlers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"onramp/assess"
	"onramp/doctor"
	"onramp/migration"
)

// assessForm is the form of an assessment as a person sends it.
var assessForm = []string{"address", "temporal.internal:7233", "namespaces", "payments, orders", "tls", "off", "histories", "20", "rate", "2", "budget", "500"}

// assessor is a source whose answer tests set.
type assessor struct {
	facts  func() *assess.Facts
	begun  chan struct{} // closed once reading has begun, where it is set; then it goes on until it is stopped
	target doctor.Target
	asked  assess.Options
}

// known are the facts of a small server; open workflows of it are as many as given.
func known(open int64) *assess.Facts {
	n := assess.Namespace{Name: "pay<b>ments", Described: assess.Read, Retention: 72 * time.Hour, AttributesR: assess.Read, Attributes: []assess.Attribute{{Name: "CustomerId", Type: "Keyword", Used: assess.Count{N: 3, Read: assess.Read}}},
		Open: assess.Count{N: open, Read: assess.Read}, Closed: assess.Count{Read: assess.Read}, TypesRead: assess.Read, TypesWhole: true}
	return &assess.Facts{Schema: assess.FactsSchema, At: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC), Address: "temporal.internal:7233", List: assess.Read, Listed: 1, RPCs: map[string]int{"GetSystemInfo": 1}, Budget: 500,
		Cluster: assess.Cluster{System: assess.Read, Info: assess.Read, ServerVersion: "1.29.1", Shards: 512, Persistence: "postgres12", Visibility: "postgres12"}, Namespaces: []assess.Namespace{n}}
}

// Assess implements runs.Assessor.
func (a *assessor) Assess(ctx context.Context, t doctor.Target, o assess.Options) (*assess.Facts, *doctor.Verdict, error) {
	a.target, a.asked = t, o
	o.Progress(assess.Progress{Phase: "task queues", Namespace: "pay<b>ments", Of: 2, Calls: 41, Budget: 500})
	if a.begun != nil {
		close(a.begun)
		<-ctx.Done()
	}
	if a.facts == nil {
		return known(3), nil, nil
	}
	if f := a.facts(); f != nil {
		return f, nil, nil
	}
	return nil, &doctor.Verdict{Code: "TC-01", Level: doctor.Certain, Stage: "tcp", Title: "Nothing is listening at temporal.internal:7233", Fix: []doctor.Fix{{Who: "developer", Text: "Start it."}}}, nil
}

// TestAssessPages: the form, an assessment that is under way and is stopped, one that ended, its files, its comparison, and
// a source that cannot be reached.
func TestAssessPages(t *testing.T) {
	source := &assessor{}
	d := sit(t, deskOptions{assessor: source})
	m := d.lent()
	d.get(m).want(t, 200, m+"/assess")
	d.get(m+"/assess").want(t, 200, "Assess the server you use today", `value="localhost:7233"`).lacks(t, "Assessments")

	run := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(run)
	if source.target.Address != "temporal.internal:7233" || !source.target.Plaintext || len(source.asked.Namespaces) != 2 || source.asked.Budget != 500 || source.asked.Rate != 2 || source.asked.Histories != 20 {
		t.Errorf("asked %+v of %s", source.asked, source.target.Address)
	}
	page := d.get(run).lacks(t, "live-feed").want(t, 200, "Act on the ", "1 custom search attribute must be created", "tcld namespace search-attributes add", "pay&lt;b&gt;ments", "3 workflows open", run+".zip", "1.29.1").lacks(t, "<b>ments", "stop-assessment")
	if page.header.Get("Refresh") != "" || strings.Contains(page.body, "http-equiv") {
		t.Error("the page of one that has ended asks again")
	}
	d.get(run+"?verdict=BLOCKER").want(t, 200).lacks(t, "1 custom search attribute")
	d.get(run+"?verdict=WARNING&namespace=pay%3Cb%3Ements").want(t, 200, "1 custom search attribute").lacks(t, "V4")
	for ext, says := range map[string]string{".json": `"onramp.assess/1"`, ".md": "# What must change", ".csv": "cluster_name,cloud_region", ".facts": `"onramp.facts/1"`, ".zip": "PK"} {
		d.get(run+ext).want(t, 200, says)
	}
	d.get(m+"/assess?from="+run[strings.LastIndexByte(run, '/')+1:]).want(t, 200, `value="temporal.internal:7233"`, `value="500"`, "Assessments")

	source.facts = func() *assess.Facts { return known(0) }
	later := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(later)
	d.get(later+"?with="+run[strings.LastIndexByte(run, '/')+1:]).want(t, 200, "What has changed since Assessment 1", "W1 open workflows")
	d.get(later+"?with=nothing").want(t, 404)

	source.facts = func() *assess.Facts { return nil }
	failed := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(failed)
	d.get(failed).want(t, 200, "Nothing is listening at", "TC-01", "Start it.")
	d.get(failed+".json").want(t, 410)

	source.facts, source.begun = nil, make(chan struct{})
	live := d.upload(m+"/assess", assessForm...).to(t)
	<-source.begun
	source.begun = nil
	d.logged(live[strings.LastIndexByte(live, '/')+1:], 1)
	going := d.get(live).want(t, 200, "namespace 1 of 2, pay&lt;b&gt;ments: task queues", "41 of at most 500 calls", live+"/stop")
	// A browser with JavaScript follows the stream; only one without loads the page again.
	going.want(t, 200, m+"/events?on=run:"+live[strings.LastIndexByte(live, '/')+1:], `<noscript><meta http-equiv="refresh" content="2"></noscript>`)
	if going.header.Get("Refresh") != "" {
		t.Error("every browser loads the page again")
	}
	s := d.follow(m + "/events?on=run:" + live[strings.LastIndexByte(live, '/')+1:])
	d.get(live+".json").want(t, 409)
	d.upload(m+"/assess", assessForm...).want(t, 429, "already running")
	d.post(live+"/stop", "x", "y").to(t)
	d.finish(live)
	all := ""
	for _, e := range s.rest() {
		all += e.name + ": " + e.data + "\n"
	}
	for _, want := range []string{`id="assess-status"`, "41 of at most 500 calls", "end:"} {
		if !strings.Contains(all, want) {
			t.Errorf("the stream lacks %s: %s", want, all)
		}
	}
	d.get(live).want(t, 200, "3 workflows open")
}

// TestReviews: a finding is marked as reviewed with a name, a day and a note; the mark stands in the next assessment, is
// filtered by, goes into the files and the audit, is taken back, and asks to be looked at again when the row is worse.
func TestReviews(t *testing.T) {
	source := &assessor{}
	d := sit(t, deskOptions{assessor: source})
	m := d.lent()
	assessed := func() string {
		run := d.upload(m+"/assess", assessForm...).to(t)
		d.finish(run)
		return run
	}
	findings := func(run string) map[string]assess.Row {
		var rep assess.Report
		check(t, json.Unmarshal([]byte(d.get(run+".json").body), &rep))
		out := map[string]assess.Row{}
		for _, r := range rep.Rows {
			out[r.ID] = r
		}
		return out
	}
	first := assessed()
	s1 := findings(first)["S1"]
	back := d.post(first+"/review?namespace=pay%3Cb%3Ements&verdict=WARNING", "finding", s1.Finding, "why", "the platform team <creates> them").to(t)
	if back != first+"?namespace=pay%3Cb%3Ements&verdict=WARNING" {
		t.Errorf("led to %s", back)
	}
	d.get(back).want(t, 200, "by "+reader.Name+" on ", "as WARNING: the platform team &lt;creates&gt; them", "Take the mark back")

	second := assessed()
	d.get(second).want(t, 200, "as WARNING: the platform team &lt;creates&gt; them", "Reviewed 1")
	d.get(second+"?reviewed=yes").want(t, 200, "custom search attribute must be created").lacks(t, "Clients must learn")
	d.get(second+"?reviewed=no").want(t, 200).lacks(t, "custom search attribute must be created")
	if got := findings(second)["S1"].Reviewed; got == nil || got.By != reader.Name || got.As != assess.Warning || got.At.IsZero() {
		t.Errorf("the JSON says %+v", got)
	}
	d.get(second+".md").want(t, 200, "Reviewed by "+reader.Name, "the platform team &lt;creates&gt; them")
	d.get("/audit").want(t, 200, "Finding reviewed", s1.Finding)
	d.get(m).want(t, 200, "Finding S1 of the assessment reviewed")

	source.facts = func() *assess.Facts { // more attributes than fit
		f := known(3)
		for i := range 41 {
			f.Namespaces[0].Attributes = append(f.Namespaces[0].Attributes, assess.Attribute{Name: "K" + strings.Repeat("k", i), Type: "Keyword", Used: assess.Count{N: 1, Read: assess.Read}})
		}
		return f
	}
	worse := assessed()
	d.get(worse).want(t, 200, "It is BLOCKER now, and was WARNING when it was reviewed")
	d.get(worse+"?reviewed=no").want(t, 200, "more search attributes than Temporal Cloud allows")

	d.post(second+"/review", "finding", s1.Finding, "open", "yes").to(t)
	d.get(second).want(t, 200).lacks(t, "Take the mark back")
	before := d.snapshot()
	d.post(second+"/review", "finding", s1.Finding, "open", "yes").to(t) // it is so already
	d.post(second+"/review", "finding", "S1-nothing").want(t, 404, "no such finding")
	d.post(second+"/review", "finding", s1.Finding, "why", strings.Repeat("x", 501)).want(t, 422, "too long")
	d.post(second+"/review", "finding", s1.Finding, "why", "-----BEGIN PRIVATE KEY-----\nc2Vj\n-----END PRIVATE KEY-----").want(t, 422, "This is a secret").lacks(t, "c2Vj")
	if d.snapshot() != before {
		t.Error("something was stored")
	}
}

// TestFindingsFeedTheJourney: what an assessment found stands on the pages of the steps that it concerns, with the
// migration's own values; before there is one, the pages lead to it.
func TestFindingsFeedTheJourney(t *testing.T) {
	source := &assessor{facts: func() *assess.Facts {
		f := known(3)
		n := &f.Namespaces[0]
		n.Name, n.Histories = "default", true
		n.Workers = assess.Workers{Listed: assess.Read, SDKs: []assess.SDK{{Name: "temporal-python", Version: "1.4.0", N: 1}}}
		n.Samples = []assess.Sample{{WorkflowID: "w", RunID: "r", Type: "T", Status: "Completed", History: &assess.History{Read: assess.Read, Whole: true, Payload: 3 << 20, PayloadIn: "WorkflowExecutionStarted"}}}
		return f
	}}
	d := sit(t, deskOptions{assessor: source})
	d.get("/new").want(t, 200, `href="/assess"`)
	m := strings.TrimSuffix(d.post("/new", "name", "Orders", "lang", "python", "mode", "cloud", "auth", "mtls").to(t), "/namespace")
	for _, page := range []string{m, m + "/namespace"} {
		d.get(page).want(t, 200, "Before step 1, see what must change", `href="`+m+`/assess"`)
	}
	d.finish(d.upload(m+"/assess", assessForm...).to(t))
	d.get(m).want(t, 200, "The server you use today, temporal.internal:7233: grade B. Fix 1 blocker", "Assessment 1")
	d.get(m+"/namespace").want(t, 200, "Found on the server you use today", "1 custom search attribute must be created", "tcld namespace search-attributes add --namespace main.ACCOUNT")
	d.post(m+"/namespace", "namespace", "orders-prod.a1b2c").to(t)
	d.get(m+"/namespace").want(t, 200, "tcld namespace search-attributes add --namespace orders-prod.a1b2c").lacks(t, "main.ACCOUNT")
	d.get(m+"/code").want(t, 200, "too old for API keys: temporal-python 1.4.0", "TEMPORAL_NAMESPACE=orders-prod.a1b2c")
	d.get(m+"/test").want(t, 200, "A payload of 3.0 MiB is larger than Temporal Cloud takes").lacks(t, "temporal-python 1.4.0")
	if other := strings.TrimSuffix(d.post("/new", "name", "Ledger", "lang", "go", "mode", "cloud", "auth", "mtls").to(t), "/namespace"); strings.Contains(d.get(other+"/code").body, "temporal-python") {
		t.Error("another migration shows it")
	}
}

// TestMappingIsImported: the four-column CSV of an assessment is what the board imports, as it is: a migration each, with
// where it comes from. What stands in it for the account is the account of the form; without one the rows are refused.
func TestMappingIsImported(t *testing.T) {
	source := &assessor{facts: func() *assess.Facts {
		f := known(3)
		f.Cluster.Name = "eu"
		one, two := f.Namespaces[0], f.Namespaces[0]
		one.Name, two.Name = "default", "My_Orders"
		f.Namespaces = []assess.Namespace{one, two}
		return f
	}}
	d := sit(t, deskOptions{assessor: source})
	m := d.lent()
	run := d.upload(m+"/assess", assessForm...).to(t)
	d.finish(run)
	csv := d.get(run + ".csv").body
	how := []string{"lang", "go", "auth", "mtls"}
	d.upload("/migrations/import", append(how, "@list_file", csv, "confirm", "yes")...).want(t, 422, "account")
	d.upload("/migrations/import", append(how, "@list_file", csv, "account", "a1b2c")...).want(t, 200, "2 migrations would be made", "eu / My_Orders", "my-orders.a1b2c")
	d.upload("/migrations/import", append(how, "@list_file", csv, "account", "a1b2c", "confirm", "yes")...).to(t)
	for _, want := range []struct{ source, id string }{{"default", "main.a1b2c"}, {"My_Orders", "my-orders.a1b2c"}} {
		found := false
		all, err := d.db.List(t.Context(), migration.Query{Limit: 100})
		check(t, err)
		for _, x := range all {
			v, err := d.acts.Book.View(t.Context(), x.ID)
			check(t, err)
			found = found || v.Source != nil && *v.Source == migration.SourceData{Cluster: "eu", Namespace: want.source} && v.Namespace != nil && v.Namespace.Namespace == want.id && v.Namespace.Region == ""
		}
		if !found {
			t.Errorf("no migration from %s to %s", want.source, want.id)
		}
	}
}

// TestRefusedAssessments: what is not to be read is refused at its field, and nothing is started; secrets are not sent back.
func TestRefusedAssessments(t *testing.T) {
	d := sit(t, deskOptions{assessor: &assessor{}})
	m := d.lent()
	before := d.snapshot()
	for name, c := range map[string][]string{
		"no address":             {"address", "", "The address is missing"},
		"a control character":    {"address", "a\x01b:7233", "not an address"},
		"a rate of a thousand":   {"rate", "1000", "from 0.1 to 50"},
		"no rate":                {"rate", "fast", "not a number"},
		"not a number at all":    {"rate", "NaN", "not a number"},
		"a budget of nothing":    {"budget", "0", "not a number"},
		"a budget without end":   {"budget", "1000000000", "100000"},
		"histories below none":   {"histories", "-1", "from 0 to 1000"},
		"another way to connect": {"tls", "maybe", "one of those offered"},
	} {
		t.Run(name, func(t *testing.T) {
			d.upload(m+"/assess", with(assessForm, c[0], c[1])...).want(t, 422, c[2], "Nothing was changed")
		})
	}
	r := d.upload(m+"/assess", append(with(assessForm, "tls", "on"), "cert_pem", "no certificate", "key_pem", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWtleQ==\n-----END PRIVATE KEY-----\n")...).want(t, 422, "cannot be used as a pair")
	if strings.Contains(r.body, "c2VjcmV0LWtleQ") {
		t.Error("the page sends the key back")
	}
	if d.snapshot() != before {
		t.Error("something was stored")
	}
}

// TestSourceSecretsLeaveNoTrace: what a source asks for is used for the run, and is in no table afterwards.
func TestSourceSecretsLeaveNoTrace(t *testing.T) {
	source := &assessor{}
	d := sit(t, deskOptions{assessor: source})
	m := d.lent()
	run := d.upload(m+"/assess", append(with(assessForm, "tls", "on"), "api_key", "tmprl_verysecretsource")...).to(t)
	d.finish(run)
	if source.target.APIKey != "tmprl_verysecretsource" || source.target.Plaintext {
		t.Errorf("the source was dialled without its key")
	}
	if strings.Contains(d.snapshot(), "verysecretsource") || strings.Contains(d.get(run).body+d.get(run+".facts").body+d.get(m+"/assess?from="+run[strings.LastIndexByte(run, '/')+1:]).body, "verysecretsource") {
		t.Error("the key is stored or shown")
	}
}

// TestFactsPage: a facts file becomes the report, as a page and as each file, and nothing is stored; what is none is refused.
func TestFactsPage(t *testing.T) {
	d := sit(t, deskOptions{})
	var file bytes.Buffer
	check(t, known(3).Write(&file))
	before := d.snapshot()
	d.get("/assess").want(t, 200, "onramp assess --address localhost:7233 --facts facts.json")
	d.upload("/assess", "@facts", file.String(), "as", "page").want(t, 200, "1 custom search attribute must be created", "pay&lt;b&gt;ments")
	for as, says := range map[string]string{"json": `"onramp.assess/1"`, "md": "# What must change", "csv": "cluster_name", "zip": "PK"} {
		d.upload("/assess", "@facts", file.String(), "as", as).want(t, 200, says)
	}
	var rep assess.Report
	check(t, json.Unmarshal([]byte(d.upload("/assess", "@facts", file.String(), "as", "json").body), &rep))
	if rep.Source.ServerVersion != "1.29.1" || len(rep.Rows) < 50 {
		t.Errorf("%d rows", len(rep.Rows))
	}
	large := strings.Repeat(" ", 1<<20) + file.String()
	d.upload("/assess", "@facts", large, "as", "page").want(t, 200)
	for name, text := range map[string]string{"nothing": "", "no JSON": "<html>", "another file": `{"schema":"onramp.check/1"}`} {
		t.Run(name, func(t *testing.T) { d.upload("/assess", "@facts", text, "as", "page").want(t, 422, "facts") })
	}
	d.upload("/assess", "@facts", strings.Repeat("x", 9<<20), "as", "page").want(t, 413)
	if d.snapshot() != before {
		t.Error("something was stored")
	}
}
