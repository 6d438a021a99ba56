package handlers_test

import (
	"encoding/json"
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
	d.get(m+"/transfer/drill").want(t, 200, "Starts a second", "At most 2,000 transfers", `value="20"`, "No run yet")
	run := d.upload(m+"/transfer/drill", drillForm...).to(t)
	if again := d.upload(m+"/transfer/drill", drillForm...).to(t); again != run {
		t.Errorf("one form sent twice led to %s and %s", run, again)
	}
	d.finish(run)
	d.get(run).want(t, 200, "1 of 20 transfers did not end as they should", "The whole transfer", "61 ms", "TERMINATED", "&lt;b&gt;gone", "up to 128 ms", run+".json", "Answers of the rate limit").
		lacks(t, "<live-feed", "What changes when you move", "stop-drill")
	var res runs.DrillResult
	check(t, json.Unmarshal([]byte(d.get(run+".json").want(t, 200).body), &res))
	if res.Schema != "onramp.drill/1" || len(res.Reports) != 1 || res.Reports[0].Planned != 20 {
		t.Errorf("result %+v", res)
	}
	d.get(m+"/runs").want(t, 200, "Load drills", run)
	d.get(m+"/transfer/drill?from="+run[strings.LastIndexByte(run, '/')+1:]).want(t, 200, `value="20"`)

	both := d.upload(m+"/transfer/drill", with(drillForm, "once", "two", "beside", "local")...).to(t)
	d.finish(both)
	d.get(both).want(t, 200, "What changes when you move", "× 2.0", "A transfer takes 31 ms longer at the median: 61 ms instead of 30 ms.", "localhost:7233, default")

	d.ops.begun = make(chan struct{})
	live := d.upload(m+"/transfer/drill", with(drillForm, "once", "three")...).to(t)
	<-d.ops.begun
	d.get(live).want(t, 200, "<live-feed", "5 of 20 ended as they should, 0 did not, 2 under way", live+"/stop")
	d.get(live+".json").want(t, 409)
	d.upload(m+"/transfer/drill", with(drillForm, "once", "four")...).want(t, 429, "A drill of this migration is under way")
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
		{"no scenario", "scenario", "lottery", "Choose one of"},
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
