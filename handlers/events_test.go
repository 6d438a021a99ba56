package handlers_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"onramp/doctor"
	"onramp/migration"
	"onramp/transfer"
)

// event is one server-sent event.
type event struct{ id, name, data string }

// stream is an open event stream.
type stream struct {
	t    testing.TB
	resp *http.Response
	in   *bufio.Scanner
	stop context.CancelFunc
}

// follow opens a stream, which must be one.
func (d *desk) follow(path string, headers ...string) *stream {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), 20*time.Second)
	r := d.request("GET", path, nil, headers...).WithContext(ctx)
	resp, err := d.client.Do(r)
	check(d.t, err)
	s := &stream{d.t, resp, bufio.NewScanner(resp.Body), cancel}
	s.in.Buffer(nil, 1<<20)
	d.t.Cleanup(s.close)
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" || resp.Header.Get("Content-Encoding") != "" ||
		resp.Header.Get("X-Accel-Buffering") != "no" || resp.Header.Get("Cache-Control") != "no-store" {
		d.t.Fatalf("GET %s is no stream: %d %v", path, resp.StatusCode, resp.Header)
	}
	return s
}

func (s *stream) close() { s.stop(); s.resp.Body.Close() }

// next is the next event; false when the stream has ended.
func (s *stream) next() (event, bool) {
	var e event
	var data []string
	for s.in.Scan() {
		switch name, value, _ := strings.Cut(s.in.Text(), ": "); name {
		case "id":
			e.id = value
		case "event":
			e.name = value
		case "data", "data:":
			data = append(data, value)
		case "":
			if e.name != "" || value == "" && s.in.Text() == "" && len(data) > 0 {
				e.data = strings.Join(data, "\n")
				return e, true
			}
		}
	}
	return e, false
}

// swap is the next event "swap"; the others are passed over.
func (s *stream) swap() event {
	s.t.Helper()
	for {
		e, ok := s.next()
		if !ok {
			s.t.Fatalf("the stream ended: %v", s.in.Err())
		}
		if e.name == "swap" {
			return e
		}
	}
}

// upTo is every event up to one with an id. What is there together comes together: a test that wants events one by one
// waits for each before it sends the next.
func (s *stream) upTo(id string) []event {
	s.t.Helper()
	var all []event
	for {
		e, ok := s.next()
		if !ok {
			s.t.Fatalf("the stream ended before entry %s: %v", id, s.in.Err())
		}
		if all = append(all, e); e.id == id {
			return all
		}
	}
}

// rest is every event until the stream ends.
func (s *stream) rest() []event {
	s.t.Helper()
	var all []event
	for {
		e, ok := s.next()
		if !ok {
			break
		}
		all = append(all, e)
	}
	if err := s.in.Err(); err != nil {
		s.t.Errorf("the stream broke: %v", err)
	}
	return all
}

func names(all []event) (out []string) {
	for _, e := range all {
		out = append(out, e.name)
	}
	return out
}

func ids(all []event) (out []string) {
	for _, e := range all {
		if e.id != "" {
			out = append(out, e.id)
		}
	}
	return out
}

// byHand is a rehearsal whose check the test plays stage by stage.
func (d *desk) byHand() (m, run, id string) {
	d.t.Helper()
	m, k := d.rehearsed()
	run = d.upload(m+"/test", "key_source", "paste", "key_pem", k.key).to(d.t)
	return m, run, run[strings.LastIndexByte(run, '/')+1:]
}

func (d *desk) stage(id string, s doctor.Status) {
	d.t.Helper()
	select {
	case d.checks.next <- doctor.Stage{ID: id, Status: s, MS: 2, Summary: "sum of " + id}:
	case <-time.After(10 * time.Second):
		d.t.Fatal("nobody takes the stage")
	}
}

// TestRunStream: the present state first, then each entry once, in order, and the end.
func TestRunStream(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, run, id := d.byHand()
	d.stage("input", doctor.Running)
	d.stage("input", doctor.Pass)
	d.logged(id, 2)
	page := d.get(run).want(t, 200, `id="stage-input"`, "Checking").body
	if !strings.Contains(page, m+"/events?on=run:"+id+"&amp;after=2") {
		t.Error("the page does not follow the run from what it shows")
	}
	s := d.follow(m + "/events?on=run:" + id)
	first := s.swap()
	if first.id != "2" || !strings.Contains(first.data, `id="stage-input"`) || !strings.Contains(first.data, "sum of input") ||
		!strings.Contains(first.data, `id="stage-task-queue"`) || !strings.Contains(first.data, `id="crossing"`) || !strings.Contains(first.data, `id="verdict"`) {
		t.Errorf("the first event is not the present state up to entry 2: id %q\n%.600s", first.id, first.data)
	}
	var rest []event
	d.stage("pair", doctor.Running)
	rest = append(rest, s.upTo("3")...)
	d.stage("pair", doctor.Pass)
	rest = append(rest, s.upTo("4")...)
	d.stage("chain", doctor.Fail)
	rest = append(rest, s.upTo("5")...)
	d.checks.close()
	rest = append(rest, s.rest()...)
	if got := ids(rest); !slices.Equal(got, []string{"3", "4", "5", "6"}) {
		t.Errorf("ids %v, want 3 to 6, each once", got)
	}
	want := []string{"swap", "say", "swap", "alarm", "swap", "say", "swap", "end"}
	if got := names(rest); !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
	last := rest[len(rest)-2].data
	if !strings.Contains(last, "Connected") || !strings.Contains(last, `id="run-status"`) {
		t.Errorf("the last swap lacks the verdict\n%.600s", last)
	}
	// Who comes after the end gets all of it and is sent away.
	again := d.follow(m + "/events?on=run:" + id).rest()
	if got := names(again); !slices.Equal(got, []string{"swap", "end"}) || again[0].id != "6" || !strings.Contains(again[0].data, "Connected") {
		t.Errorf("after the end: %v", got)
	}
}

// TestResume: however a reader comes back, and wherever it was cut, it sees every entry once.
func TestResume(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, _, id := d.byHand()
	path := m + "/events?on=run:" + id
	for _, stage := range doctor.StageIDs {
		d.stage(stage, doctor.Pass)
	}
	d.checks.close()
	d.finish(id)
	n := len(doctor.StageIDs) + 1 // and the end
	for after := range n + 1 {
		for how, s := range map[string]*stream{
			"after":                      d.follow(path + fmt.Sprintf("&after=%d", after)),
			"Last-Event-ID":              d.follow(path, "Last-Event-ID", fmt.Sprint(after)),
			"Last-Event-ID before after": d.follow(path+"&after=1", "Last-Event-ID", fmt.Sprint(after)),
		} {
			rest := s.rest()
			// What is there together comes together, with the number of its last entry.
			if got, want := ids(rest), []string{fmt.Sprint(n)}; after == n && len(got) > 0 || after < n && !slices.Equal(got, want) {
				t.Errorf("%s=%d: ids %v, want %v", how, after, got, want)
			}
			if rest[len(rest)-1].name != "end" {
				t.Errorf("%s=%d: events %v", how, after, names(rest))
			}
			for _, e := range rest {
				if e.name != "swap" {
					continue
				}
				for _, stage := range doctor.StageIDs {
					if !strings.Contains(e.data, "sum of "+stage) {
						t.Errorf("%s=%d: the swap lacks %s", how, after, stage)
					}
				}
				if !strings.Contains(e.data, "Connected") {
					t.Errorf("%s=%d: the swap lacks the verdict", how, after)
				}
			}
		}
	}
	// A number beyond the log is of lines that a power cut took: the reader is shown all that there is again.
	again := d.follow(path + "&after=9000").rest()
	if got := names(again); !slices.Equal(got, []string{"swap", "end"}) {
		t.Fatalf("after=9000: %v", got)
	}
	if got := ids(again); !slices.Equal(got, []string{fmt.Sprint(n)}) {
		t.Errorf("after=9000: ids %v, want that of the last entry, %d", got, n)
	}
	for _, stage := range doctor.StageIDs {
		if !strings.Contains(again[0].data, "sum of "+stage) {
			t.Errorf("after=9000: the swap lacks %s", stage)
		}
	}
}

// TestStreamIsRefusedBeforeItBegins: what is wrong is said with a status, not in the stream.
func TestStreamIsRefusedBeforeItBegins(t *testing.T) {
	d := sit(t, deskOptions{})
	m, check, _ := d.tested()
	other := strings.TrimSuffix(d.post("/rehearse-now").to(t), "/namespace")
	id := check[strings.LastIndexByte(check, '/')+1:]
	for path, want := range map[string]int{
		m + "/events":                            404,
		m + "/events?on=everything":              404,
		m + "/events?on=run:":                    404,
		m + "/events?on=run:nope":                404,
		other + "/events?on=run:" + id:           404,
		"/m/nope/events?on=migration":            404,
		m + "/events?on=run:" + id + "&after=x":  422,
		m + "/events?on=run:" + id + "&after=-1": 422,
	} {
		if r := d.get(path); r.status != want || strings.Contains(r.header.Get("Content-Type"), "event-stream") {
			t.Errorf("GET %s answered %d %s, want %d", path, r.status, r.header.Get("Content-Type"), want)
		}
	}
	d.get(m+"/events?on=migration", "Sec-Fetch-Site", "cross-site").want(t, 403)
}

// TestStreamsEndWithTheServer: a stop ends every open stream and streamed page, so that the server drains.
func TestStreamsEndWithTheServer(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, run, id := d.byHand()
	streams := []*stream{d.follow(m + "/events?on=run:" + id), d.follow(m + "/events?on=migration"), d.follow(m + "/events?on=poller")}
	for _, s := range streams {
		s.swap()
	}
	page, err := d.client.Do(d.request("GET", run+"?follow=1", nil))
	check(t, err)
	defer page.Body.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := d.srv.Config.Shutdown(ctx); err != nil {
		t.Errorf("the server does not drain: %v", err)
	}
	for i, s := range streams {
		if got := names(s.rest()); slices.Contains(got, "end") {
			t.Errorf("stream %d was told that its run has ended, so its reader will not come back", i)
		}
	}
}

// TestMigrationStream: the overview ticks itself when a fact is observed.
func TestMigrationStream(t *testing.T) {
	d := sit(t, deskOptions{pollers: func(context.Context, transfer.Request) ([]transfer.Poller, error) {
		return []transfer.Poller{{Identity: "me@here", LastAccess: time.Now()}}, nil
	}})
	m, k := d.rehearsed()
	s := d.follow(m + "/events?on=migration")
	first := s.swap()
	for _, part := range []string{`id="steps"`, `id="turn"`, `id="activity"`, `id="upload-status"`} {
		if !strings.Contains(first.data, part) {
			t.Errorf("the first event lacks %s", part)
		}
	}
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(t)
	d.post(m+"/code/worker", "queue", "q").to(t)
	for {
		e, ok := s.next()
		if !ok {
			t.Fatal("the stream ended")
		}
		if e.name == "say" {
			if e.data != "4 of 6 done" {
				t.Errorf("said %q", e.data)
			}
			break
		}
	}
	if e := s.swap(); !strings.Contains(e.data, "me@here") {
		t.Error("the new fact is not in the next swap")
	}
}

// TestPollerStream: the page sees the worker come, the fact is written, and the stream ends.
func TestPollerStream(t *testing.T) {
	var found atomic.Pointer[[]transfer.Poller]
	found.Store(&[]transfer.Poller{})
	asked := make(chan transfer.Request, 100)
	d := sit(t, deskOptions{pollers: func(_ context.Context, req transfer.Request) ([]transfer.Poller, error) {
		select {
		case asked <- req:
		default: // the test has seen enough
		}
		return *found.Load(), nil
	}})
	m, k := d.rehearsed()
	look := []string{"queue", "TRANSFER_MONEY_TASK_QUEUE"}
	d.get(m+"/code").want(t, 200, "while it may use a client key").lacks(t, "on=poller")
	d.post(m+"/code/worker", look...).want(t, 422, "Cannot look", "allow that in step 2")
	d.post(m+"/certificates/lend", "lend", "on", "lent_key", k.key).to(t)
	d.get(m+"/code").want(t, 200, "on=poller&amp;queue=TRANSFER_MONEY_TASK_QUEUE", "Start the worker, then choose Look for my worker.")
	s := d.follow(m + "/events?on=poller&queue=TRANSFER_MONEY_TASK_QUEUE")
	if first := s.swap(); !strings.Contains(first.data, "Not seen yet") || d.asked.Load() > 0 {
		t.Errorf("before anybody asked for a look, %d were made\n%.400s", d.asked.Load(), first.data)
	}
	d.post(m+"/code/worker", look...).to(t)
	const looking = "Nobody polls TRANSFER_MONEY_TASK_QUEUE yet. Start the worker. Onramp looks every 3 seconds until "
	if e := s.swap(); !strings.Contains(e.data, looking) || !strings.Contains(e.data, "No worker") {
		t.Errorf("while it looks: %.400s", e.data)
	}
	d.get(m+"/code").want(t, 200, looking)
	found.Store(&[]transfer.Poller{{Identity: "worker@host", LastAccess: time.Now()}})
	d.post(m+"/code/worker", look...).to(t)
	var all []event
	for _, e := range s.rest() {
		if !(e.name == "swap" && strings.Contains(e.data, looking)) { // the first look, once more
			all = append(all, e)
		}
	}
	if got := names(all); !slices.Equal(got[max(0, len(got)-2):], []string{"say", "end"}) || !strings.Contains(all[0].data, "worker@host") || !strings.Contains(all[0].data, `id="poller"`) {
		t.Errorf("events %v\n%.400s", got, all[0].data)
	}
	req := <-asked
	if req.TaskQueue != "TRANSFER_MONEY_TASK_QUEUE" || req.Target.Namespace != "docs-assembly.a2dd6" || string(req.Target.ExtraRootsPEM) != "root" || !strings.Contains(string(req.Target.KeyPEM), "PRIVATE KEY") {
		t.Errorf("looked for %q in %q", req.TaskQueue, req.Target.Namespace)
	}
	d.get(m).want(t, 200, "worker@host")
}

// TestFollowedPages: without JavaScript a run is a page that grows to its end.
func TestFollowedPages(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	_, run, _ := d.byHand()
	d.get(run).want(t, 200, run+"?follow=1")
	resp, err := d.client.Do(d.request("GET", run+"?follow=1", nil))
	check(t, err)
	defer resp.Body.Close()
	var page strings.Builder
	part := make([]byte, 4096)
	read := func(until string) {
		t.Helper()
		for !strings.Contains(page.String(), until) {
			n, err := resp.Body.Read(part)
			page.Write(part[:n])
			if err != nil && !strings.Contains(page.String(), until) {
				t.Fatalf("the page ended before %q: %v\n%s", until, err, mainOf(page.String()))
			}
		}
	}
	d.stage("input", doctor.Pass)
	d.stage("pair", doctor.Running) // a row is shown once, when its check has ended
	read("sum of input")
	d.stage("pair", doctor.Pass)
	read("sum of pair")
	d.checks.close()
	read("Connected")
	read("</html>")

	d.finish(run)
	d.get(run+"?follow=1").want(t, 200, "Connected", "sum of pair").lacks(t, "<live-feed")
}

// TestTransferStream: a transfer's page is complete at every entry, and says when it is stuck.
func TestTransferStream(t *testing.T) {
	d := sit(t, deskOptions{byHand: true})
	m, _, _ := d.byHand()
	d.checks.close()
	d.until(m, "the test passed", func(v migration.View) bool { return v.Step(migration.StepTest).Status == migration.Done })
	d.post(m+"/certificates/forget", "x", "y").to(t)
	k := d.lentAgain(m)
	run := d.upload(m+"/transfer", append(slices.Clone(transferForm), "key_source", "paste", "cert_pem", k.cert, "key_pem", k.key)...).to(t)
	id := run[strings.LastIndexByte(run, '/')+1:]
	s := d.follow(m + "/events?on=run:" + id)
	s.swap()
	var all []event
	stuck := doctor.Explain("TQ-01", doctor.Certain, map[string]string{"task_queue": "q-1"})
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for i, e := range []transfer.Event{
		{Event: "workflow", ID: 1, At: at, Type: "WorkflowExecutionStarted", Text: "Started", Data: transfer.Data{WorkflowID: "w-1", RunID: "r-1"}},
		{Event: "diagnosis", At: at.Add(time.Second), Text: stuck.Title, Verdict: &stuck},
		{Event: "activity", At: at.Add(2 * time.Second), ID: 7, Type: "ActivityTaskCompleted", Activity: "withdraw", ActivityID: "5", Attempt: 2, State: "completed", Text: "Withdrawn <b>"},
	} {
		select {
		case d.transfers.next <- e:
		case <-time.After(10 * time.Second):
			t.Fatal("nobody takes the event")
		}
		all = append(all, s.upTo(fmt.Sprint(i+1))...)
	}
	d.transfers.close()
	all = append(all, s.rest()...)
	if got := ids(all); !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Errorf("ids %v", got)
	}
	var swaps, alarms []event
	for _, e := range all {
		switch e.name {
		case "swap":
			swaps = append(swaps, e)
		case "alarm":
			alarms = append(alarms, e)
		}
	}
	if len(alarms) != 1 || alarms[0].data != stuck.Title {
		t.Errorf("alarms %v, want the diagnosis", alarms)
	}
	for i, want := range []string{"w-1", "Stuck, still following", "Withdrawn &lt;b&gt;", "Transfer complete"} {
		row := `data-grow="event-list"` // the event's own row
		if i == 3 {
			row = `id="transfer-acts"`
		}
		if !strings.Contains(swaps[i].data, want) || !strings.Contains(swaps[i].data, row) {
			t.Errorf("swap %d lacks %q\n%.1500s", i+1, want, swaps[i].data)
		}
	}
	d.get(run).want(t, 200, "Withdraw", "ActivityTaskCompleted", "w-1", "Transfer complete", "A workflow ran in the rehearsal")
	d.get(run+"?follow=1").want(t, 200, "WorkflowExecutionStarted", "Transfer complete", "</html>")
}

// lentAgain makes certificates with a key that the test has.
func (d *desk) lentAgain(m string) keys {
	d.t.Helper()
	pem := d.get(m+"/certificates/client.pem").want(d.t, 200).body
	return keys{cert: pem, key: d.lastKey}
}
