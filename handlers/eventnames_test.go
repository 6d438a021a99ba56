package handlers_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"onramp/transfer"
)

// TestEventNames: rows of a transfer are called by Temporal's names or by ours in words, never by an internal one.
func TestEventNames(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, k := d.rehearsed()
	run := d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(t)
	d.checks.close()
	d.finish(run)
	run = d.upload(m+"/transfer", append(slices.Clone(transferForm), "key_source", "paste", "key_pem", k.key)...).to(t)
	for _, e := range []transfer.Event{
		{Event: "worker", Text: "polls"}, {Event: "started", Text: "started"}, {Event: "workflow", ID: 1, Type: "WorkflowExecutionStarted"},
		{Event: "pending", Type: "WorkflowTask", Text: "tries again"}, {Event: "pending", Activity: "withdraw", Text: "tries"},
		{Event: "note", Text: "goes on"}, {Event: "diagnosis", Text: "stuck"}, {Event: "end", Status: "COMPLETED"},
	} {
		e.At = time.Now()
		d.transfers.next <- e
	}
	d.transfers.close()
	d.finish(run)
	var got []string
	for _, m := range regexp.MustCompile(`<span class="event-type">([^<]*)</span>`).FindAllStringSubmatch(strings.ReplaceAll(d.get(run).body, "<wbr>", ""), -1) {
		got = append(got, m[1])
	}
	slices.Reverse(got)
	want := []string{"Worker", "Started", "WorkflowExecutionStarted", "Attempt", "Attempt", "Note", "Diagnosis", "End"}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are called %q, want %q", got, want)
	}
}
