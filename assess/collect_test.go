package assess

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	namespacepb "go.temporal.io/api/namespace/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// quick are options under which no test waits.
func quick() Options {
	return Options{Histories: 20, Rate: 1e6, Budget: 1000, patience: 20 * time.Second, pause: time.Nanosecond}
}

func collect(t *testing.T, s *stub, o Options) *Facts {
	t.Helper()
	f, err := Collect(t.Context(), s, "stub:7233", o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func rowsOf(f *Facts, id string) (rows []Row) {
	for _, r := range Judge(f).Rows {
		if r.ID == id {
			rows = append(rows, r)
		}
	}
	return rows
}

// verdict checks a row's worse verdict.
func verdict(t *testing.T, f *Facts, id string, want Verdict) {
	t.Helper()
	rows := rowsOf(f, id)
	if len(rows) == 0 {
		t.Errorf("%s: no row", id)
		return
	}
	if got := rows[0].Worst(); got != want {
		t.Errorf("%s: %s (%s), want %s", id, got, rows[0].Title, want)
	}
}

// TestReadsABusyServer: what a server shows becomes the rows that it should.
func TestReadsABusyServer(t *testing.T) {
	s := server()
	f := collect(t, s, quick())
	for id, want := range map[string]Verdict{"V1": Pass, "V4": Pass, "N1": Pass, "N5": Pass, "S1": Warning, "W1": Info, "W2": Warning, "W4": Pass, "W5": Warning, "W6": Warning, "W7": Blocker, "W8": Warning,
		"W9": Warning, "W10": Warning, "P2": Warning, "C1": Warning, "C2": Warning, "T1": Pass, "T2": Warning, "T3": Pass, "M1": Info, "M2": Pass, "X3": Info, "P4": Info} {
		verdict(t, f, id, want)
	}
	h := f.Namespaces[0].Samples[0].History
	// start 1, activity 1 and two more attempts, one action for two markers, child 2, signal 1, two more local attempts;
	// the change of TemporalChangeVersion is none.
	if h.Actions != 1+1+2+1+2+1+2 {
		t.Errorf("%v actions", h.Actions)
	}
	if h.Encodings["json/plain"] == 0 || h.Payload == 0 || h.Batch <= h.Payload || !slices.Equal(h.Foreign, []string{"billing"}) {
		t.Errorf("history: %+v", h)
	}
	if got := f.Namespaces[0].Schedules; got.Burst != 12 || got.N != 12 || len(got.Described) != 12 {
		t.Errorf("schedules: %+v", got)
	}
}

// TestOnlyAllowedCalls: a run makes no call but those allowed, as many as it says and no more than its budget; the door
// lets through no other, streams included.
func TestOnlyAllowedCalls(t *testing.T) {
	for _, budget := range []int{12, 30, 1000} {
		s := server()
		o := quick()
		o.Budget = budget
		f := collect(t, s, o)
		total := 0
		for _, n := range f.RPCs {
			total += n
		}
		if total != len(s.calls) || total > budget {
			t.Errorf("budget %d: %d calls were counted, %d made", budget, total, len(s.calls))
		}
		for _, c := range s.calls {
			if !slices.Contains(Allowed(), c) {
				t.Errorf("%s was called", c)
			}
		}
		if (budget < 1000) != (f.Incomplete != "") {
			t.Errorf("budget %d: incomplete %q", budget, f.Incomplete)
		}
	}
	s := server()
	d := &door{conn: s, calls: map[string]int{}, left: 10, share: 10}
	for _, method := range []string{"StartWorkflowExecution", "TerminateWorkflowExecution", "QueryWorkflow", "UpdateNamespace", "PatchSchedule", "SignalWorkflowExecution", "DeleteWorkflowExecution"} {
		if err := d.Invoke(t.Context(), workflowService+method, nil, nil); status.Code(err) != codes.PermissionDenied {
			t.Errorf("%s: %v", method, err)
		}
	}
	if _, err := d.NewStream(t.Context(), nil, workflowService+"GetSystemInfo"); err == nil {
		t.Error("a stream was opened")
	}
	if len(s.calls) > 0 {
		t.Errorf("calls were made: %v", s.calls)
	}
}

// TestCanaries: no payload, memo value, search attribute value, header, note or description reaches any output.
func TestCanaries(t *testing.T) {
	s := server()
	s.fail("ListWorkers", codes.Internal, canary)
	f := collect(t, s, quick())
	r := Judge(f)
	var file, text, markdown, pack, mapping bytes.Buffer
	asJSON, _ := json.Marshal(r)
	for _, err := range []error{f.Write(&file), WriteText(&text, r, true), WriteMarkdown(&markdown, r), WritePack(&pack, f, r), WriteMapping(&mapping, f)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, out := range map[string]string{"facts": file.String(), "JSON": string(asJSON), "text": text.String(), "Markdown": markdown.String(), "pack": unzipped(t, pack.Bytes()), "mapping": mapping.String()} {
		if strings.Contains(out, canary) {
			t.Errorf("%s holds the canary", name)
		}
		if len(out) < 50 {
			t.Errorf("%s is empty", name)
		}
	}
	if !strings.Contains(file.String(), "CustomerId") || !strings.Contains(file.String(), "note") {
		t.Error("the facts lack the keys of attributes and memos: the search may look at nothing")
	}
}

// TestStubs: servers that cannot be had to run here, and those that refuse: the rows are what they should be.
func TestStubs(t *testing.T) {
	for _, c := range stubs {
		t.Run(c.name, func(t *testing.T) {
			s := server()
			c.make(s)
			o := quick()
			o.Namespaces = []string{"payments"}
			f := collect(t, s, o)
			for id, want := range c.rows {
				verdict(t, f, id, want)
			}
		})
	}
}

// TestThrottled: a server that throttles is asked more slowly, and soon nothing more; what it has answered stands.
func TestThrottled(t *testing.T) {
	s := server()
	s.fail("CountWorkflowExecutions", codes.ResourceExhausted, "namespace rate limit exceeded")
	f := collect(t, s, quick())
	if f.Incomplete == "" || f.RPCs["CountWorkflowExecutions"] != mostSlowed {
		t.Errorf("%d calls, incomplete %q", f.RPCs["CountWorkflowExecutions"], f.Incomplete)
	}
	verdict(t, f, "V1", Pass)
	verdict(t, f, "W1", Unknown)
	verdict(t, f, "C1", Unknown)

	// Once is no reason to stop.
	s, n := server(), 0
	count := s.answers["CountWorkflowExecutions"]
	s.on("CountWorkflowExecutions", func(args any) (proto.Message, error) {
		if n++; n == 1 {
			return nil, status.Error(codes.ResourceExhausted, "slow down")
		}
		return count(args)
	})
	if f := collect(t, s, quick()); f.Incomplete != "" {
		t.Errorf("incomplete: %s", f.Incomplete)
	} else {
		verdict(t, f, "W1", Info)
	}
}

// TestRate: calls do not come faster than asked.
func TestRate(t *testing.T) {
	s := server()
	o := quick()
	o.Rate, o.Budget = 50, 12
	began := time.Now()
	f := collect(t, s, o)
	if took := time.Since(began); took < 11*time.Second/50 {
		t.Errorf("%d calls in %v", f.RPCs["GetSystemInfo"], took)
	}
}

// TestDiesInMidRun: a server that goes away in the middle leaves a report of what it had said.
func TestDiesInMidRun(t *testing.T) {
	s := server()
	dead := false
	count := s.answers["CountWorkflowExecutions"]
	s.on("CountWorkflowExecutions", func(args any) (proto.Message, error) { dead = true; return count(args) })
	for m, answer := range s.answers {
		s.answers[m] = func(args any) (proto.Message, error) {
			if dead {
				return nil, status.Error(codes.Unavailable, "connection refused")
			}
			return answer(args)
		}
	}
	f := collect(t, s, quick())
	if !strings.Contains(f.Incomplete, "stopped answering") || len(s.calls) > 20 {
		t.Errorf("%d calls; %q", len(s.calls), f.Incomplete)
	}
	verdict(t, f, "N5", Pass)
	verdict(t, f, "W2", Unknown)
	verdict(t, f, "T1", Unknown)
}

// TestStops: a run that is stopped ends with what it had read.
func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := server()
	list := s.answers["ListWorkflowExecutions"]
	s.on("ListWorkflowExecutions", func(args any) (proto.Message, error) { cancel(); return list(args) })
	f, err := Collect(ctx, s, "stub", quick())
	if err != nil || f.Incomplete == "" {
		t.Fatalf("%v, %q", err, f.Incomplete)
	}
	verdict(t, f, "N5", Pass)
	verdict(t, f, "H1", Unknown)
}

// TestLies: counts below nothing, a million namespaces, schedules without end, types without end.
func TestLies(t *testing.T) {
	s := server()
	s.on("CountWorkflowExecutions", always(&workflowservice.CountWorkflowExecutionsResponse{Count: -5}))
	page := 0
	s.on("ListNamespaces", func(any) (proto.Message, error) {
		page++
		r := &workflowservice.ListNamespacesResponse{NextPageToken: []byte("more")}
		for i := range 200 {
			r.Namespaces = append(r.Namespaces, &workflowservice.DescribeNamespaceResponse{NamespaceInfo: &namespacepb.NamespaceInfo{Name: fmt.Sprintf("ns-%d-%d", page, i)}})
		}
		return r, nil
	})
	f := collect(t, s, quick())
	if !f.More || f.Listed > maxNamespaces || page > 6 {
		t.Errorf("%d namespaces of %d pages", f.Listed, page)
	}
	if rows := rowsOf(f, "N1"); len(rows) != 2 || rows[0].Worst() != Unknown || rows[1].Worst() != Info || f.Skipped == 0 {
		t.Errorf("N1: %+v, %d skipped", rows, f.Skipped)
	}
	for _, r := range rowsOf(f, "W1") {
		if r.Manual != Unknown {
			t.Errorf("W1: %s %s", r.Manual, r.Title)
		}
	}

	s = server()
	s.on("ListSchedules", always(&workflowservice.ListSchedulesResponse{NextPageToken: []byte("again")}))
	n := 0
	s.on("ListWorkflowExecutions", func(any) (proto.Message, error) {
		r := &workflowservice.ListWorkflowExecutionsResponse{NextPageToken: []byte("again")}
		for range 1000 {
			n++
			e := execution(fmt.Sprint(n), true, time.Now().Add(-time.Hour))
			e.Type.Name, e.TaskQueue, e.HistorySizeBytes = fmt.Sprint("T", n), fmt.Sprint("Q", n), -7
			r.Executions = append(r.Executions, e)
		}
		return r, nil
	})
	o := quick()
	o.Budget = 200
	f = collect(t, s, o)
	if got := f.Namespaces[0]; len(got.Types) > maxTypes || len(got.Queues) > maxQueues || got.TypesWhole || !got.QueuesMore {
		t.Errorf("%d types, %d queues", len(got.Types), len(got.Queues))
	}
	verdict(t, f, "W2", Unknown)
	verdict(t, f, "T1", Unknown)
}

// TestLongNames: a name of a megabyte is cut, and the length is told.
func TestLongNames(t *testing.T) {
	s := server()
	long := strings.Repeat("x", 1<<20)
	s.on("ListWorkflowExecutions", func(any) (proto.Message, error) {
		e := execution(long, true, time.Now())
		e.Type.Name = long
		return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{e}}, nil
	})
	f := collect(t, s, quick())
	verdict(t, f, "P5", Blocker)
	var file bytes.Buffer
	if err := f.Write(&file); err != nil || file.Len() > 64<<10 {
		t.Errorf("the facts have %d bytes (%v)", file.Len(), err)
	}
}

// TestProgress: what is said on the way is true: calls only rise, to what was counted at the end.
func TestProgress(t *testing.T) {
	var last Progress
	var steps atomic.Int64
	o := quick()
	o.Progress = func(p Progress) {
		steps.Add(1)
		if p.Calls < last.Calls || p.Done > p.Of || p.Calls > p.Budget {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}
	f := collect(t, server(), o)
	total := 0
	for _, n := range f.RPCs {
		total += n
	}
	if last.Calls != total || last.Done != 1 || last.Of != 1 || steps.Load() < 10 {
		t.Errorf("%+v, %d calls, %d steps", last, total, steps.Load())
	}
}
