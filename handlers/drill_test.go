package handlers_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"onramp/runs"
	"slices"
	"strings"
	"testing"
)

var drillForm = []string{"once", "one", "count", "20", "rate", "5", "concurrency", "50", "seconds", "120", "scenario", "success", "amount", "250", "worker", "builtin",
	"template", "python", "task_queue", "q", "beside", "none", "beside_address", "localhost:7233", "beside_namespace", "default", "key_source", "lent"}

// with is a form with some fields changed.
func with(form []string, change ...string) []string {
	out := slices.Clone(form)
	for i := 0; i+1 < len(change); i += 2 {
		for j := 0; j < len(out); j += 2 {
			if out[j] == change[i] {
				out[j+1] = change[i+1]
			}
		}
	}
	return out
}

// lent is tested with the client key lent.
func (d *desk) lent() string {
	d.t.Helper()
	m, _, k := d.tested()
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(d.t)
	return m
}

// TestDrillPages: the form, a drill that is under way and is stopped, one that ended, its JSON, its comparison.
func TestDrillPages(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	d.get(m+"/transfer").want(t, 200, m+"/transfer/drill")
	d.get(m+"/transfer/drill").want(t, 200, "Starts a second", "At most 2,000 transfers", `value="20"`, "None yet")
	run := d.upload(m+"/transfer/drill", drillForm...).to(t)
	if again := d.upload(m+"/transfer/drill", drillForm...).to(t); again != run {
		t.Errorf("one form sent twice led to %s and %s", run, again)
	}
	d.finish(run)
	d.get(run).want(t, 200, "1 of 20 transfers did not end as they should", "The whole transfer", "61 ms", "TERMINATED", "&lt;b&gt;gone", "128 ms", run+".json", "Rate-limited responses", "All balances match", "ms, log scale", "No 99th percentile: it needs 100 transfers, this drill has 20.", "median 61 ms", run+".svg", run+".csv").
		lacks(t, "<live-feed", "What changes when you move", "stop-drill", "99 ms", "Compare with")
	var res runs.DrillResult
	check(t, json.Unmarshal([]byte(d.get(run+".json").want(t, 200).body), &res))
	if res.Schema != "onramp.drill/1" || len(res.Reports) != 1 || res.Reports[0].Planned != 20 {
		t.Errorf("result %+v", res)
	}
	d.get(m+"/runs").want(t, 200, "Load drills", run)
	d.get(m+"/transfer/drill?from="+run[strings.LastIndexByte(run, '/')+1:]).want(t, 200, `value="20"`)

	both := d.upload(m+"/transfer/drill", with(drillForm, "once", "two", "beside", "local")...).to(t)
	d.finish(both)
	d.get(both).want(t, 200, `data-testid="legend"`, "Share of transfers, %", "A median 61 ms", "B median 30 ms")
	d.get(both).want(t, 200, "What changes when you move", "× 2.0", "A transfer takes 31 ms longer at the median: 61 ms instead of 30 ms.", "localhost:7233, default")

	d.ops.begun = make(chan struct{})
	live := d.upload(m+"/transfer/drill", with(drillForm, "once", "three")...).to(t)
	<-d.ops.begun
	d.get(live).want(t, 200, "<live-feed", "5 of 20 ended as they should, 0 did not, 2 under way", live+"/stop", "about 3.0 s left")
	d.get(live+".json").want(t, 409)
	d.upload(m+"/transfer/drill", with(drillForm, "once", "four")...).want(t, 429, "A load drill of this migration is already running")
	d.post(live+"/stop", "x", "y").to(t)
	d.finish(live)
	d.get(live).want(t, 200, "Interrupted", "61 ms")
	d.get(live+"?follow=1").want(t, 200, "5 of 20", "Interrupted", "</html>")
	d.post(live+"/stop", "x", "y").to(t) // twice is once
}

// TestRefusedDrills: what a drill must refuse: 422 with the values kept, the field named, nothing started.
func TestRefusedDrills(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	before := d.snapshot()
	for _, tt := range []struct {
		name, field, value, says string
	}{
		{"10^12 transfers", "count", "1000000000000", "up to 2000"},
		{"more than an integer", "count", "99999999999999999999", "whole number"},
		{"minus one", "count", "-1", "up to 2000"},
		{"no number", "count", "many", "whole number"},
		{"a fast rate", "rate", "1000000", "up to 50"},
		{"no rate", "rate", "0", "above 0"},
		{"not a number at all", "rate", "NaN", "up to 50"},
		{"without end", "rate", "Inf", "up to 50"},
		{"too many at once", "concurrency", "100000", "up to 200"},
		{"a year", "seconds", "31536000", "up to 600"},
		{"for ever", "seconds", "1e300", "up to 600"},
		{"slow", "scenario", "slow", "success, flaky or refund"},
		{"Unknown scenario", "scenario", "lottery", "Choose one of"},
		{"a negative amount", "amount", "-250", "from 1 to 1,000,000"},
		{"another comparison", "beside", "mars", "one of those offered"},
		{"another worker", "worker", "robot", "builtin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := d.upload(m+"/transfer/drill", with(drillForm, "once", tt.name, tt.field, tt.value)...).want(t, 422, "to change", tt.says, "Nothing was changed")
			if !strings.Contains(r.body, "aria-invalid") && !strings.Contains(r.body, `-error"`) {
				t.Error("no field is marked")
			}
		})
	}
	d.upload(m+"/transfer/drill", with(drillForm, "once", "beside", "beside", "local", "beside_address", "http://")...).want(t, 422, "to change")
	if after := d.snapshot(); after != before {
		t.Error("a refused drill changed what is stored")
	}
	if got := d.ops.all(); len(got) > 0 {
		t.Errorf("a refused drill did %q", got)
	}
}

// TestDrillBesideDrill: a drill is laid over another of the same migration, on the page and in both files; one that is
// not there, not ended, or itself is refused.
func TestDrillBesideDrill(t *testing.T) {
	d := sit(t, deskOptions{})
	m := d.lent()
	start := func(once, count string) string {
		run := d.upload(m+"/transfer/drill", with(drillForm, "once", once, "count", count)...).to(t)
		return run
	}
	one, two := start("one", "20"), ""
	d.finish(one)
	two = start("two", "120")
	d.finish(two)
	id := func(run string) string { return run[strings.LastIndexByte(run, '/')+1:] }
	d.get(one).want(t, 200, "Load drill 2", one+"?with="+id(two)).lacks(t, `data-testid="legend"`)
	page := d.get(one+"?with="+id(two)).want(t, 200, "Load drill 1: localhost:7299, docs-assembly.a2dd6", "Load drill 2: localhost:7299, docs-assembly.a2dd6", "A median 61 ms", "Transfers of B",
		one+".svg?with="+id(two), one+".csv?with="+id(two), "A transfer takes no longer at the median").body
	if n := strings.Count(page, "plot-second"); n < 3 {
		t.Errorf("%d bars of the second drill", n)
	}
	d.get(two).want(t, 200, "99 ms").lacks(t, "No 99th percentile")
	for _, bad := range []string{"nope", id(one), "%3Cb%3E"} {
		d.get(one+"?with="+bad).want(t, 404)
		d.get(one+".svg?with="+bad).want(t, 404)
		d.get(one+".csv?with="+bad).want(t, 404)
	}

	svg := d.get(one+".svg?with="+id(two)).want(t, 200)
	if got := svg.header.Get("Content-Disposition"); got != "attachment; filename=load-drill-"+strings.TrimPrefix(m, "/m/")+"-1.svg" {
		t.Errorf("Content-Disposition %q", got)
	}
	texts := 0
	for read := xml.NewDecoder(strings.NewReader(svg.body)); ; {
		token, err := read.Token()
		if err == io.EOF {
			break
		}
		check(t, err)
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "text" {
				texts++
			}
			for _, a := range e.Attr {
				if strings.Contains(a.Value, "://") && a.Name.Local != "xmlns" {
					t.Errorf("the drawing is not whole by itself: %s=%s", a.Name.Local, a.Value)
				}
			}
		}
	}
	if texts < 15 || !strings.Contains(svg.body, "prefers-color-scheme: dark") || !strings.Contains(svg.body, "ms, log scale") {
		t.Errorf("%d texts in the drawing\n%s", texts, svg.body)
	}

	table := d.get(one+".csv?with="+id(two)).want(t, 200)
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	check(t, err)
	head := []string{"target", "address", "namespace", "span", "measure", "value (ms)", "transfers (count)"}
	if !slices.Equal(rows[0], head) || strings.Count(table.body, "\r\n") != len(rows) || len(rows) != 1+2*(6+3) {
		t.Errorf("%d rows\n%s", len(rows), table.body)
	}
	for _, want := range []string{"A,localhost:7299,docs-assembly.a2dd6,total,median,61,20\r\n", "\"99th percentile: needs 100 transfers, this drill has 20\",,20\r\n", "B,localhost:7299,docs-assembly.a2dd6,total,99th percentile,99,120\r\n", "total,up to,90.5,6\r\n"} {
		if !strings.Contains(table.body, want) {
			t.Errorf("no %q in\n%s", want, table.body)
		}
	}
}
